//! How many threads work, and where.
//!
//! Each call makes a pool of its own and lets it go: rayon's global pool would leave a forked child without threads, waiting for
//! ever, and making one costs a few dozen microseconds, against milliseconds of work.

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};

/// Threads to use if the caller does not say: `PCAPFRAME_THREADS`, else as many as affinity and cgroups allow.
pub fn default_threads() -> usize {
    let from_environment = std::env::var("PCAPFRAME_THREADS").ok().and_then(|value| value.trim().parse().ok());
    from_environment
        .filter(|&threads| threads > 0)
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

pub fn pool(threads: usize) -> Result<ThreadPool> {
    ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("pcapframe-{i}"))
        .build()
        .map_err(|error| Error::Memory(format!("{threads} threads could not be started: {error}; pass a smaller threads=")))
}

/// Below this many rows a second thread is not worth its start.
const PARALLEL_FROM: usize = 1 << 18;

/// Runs `work`, whose parallel iterators then use a pool fit for so many rows.
pub fn install<R: Send>(rows: usize, work: impl FnOnce() -> R + Send) -> Result<R> {
    let threads = if rows < PARALLEL_FROM { 1 } else { default_threads() };
    Ok(pool(threads)?.install(work))
}

/// `work` on each of `items`, in parallel if there are enough rows that each concerns.
pub fn map<T: Sync, R: Send>(rows: usize, items: &[T], work: impl Fn(&T) -> R + Sync + Send) -> Result<Vec<R>> {
    if rows < PARALLEL_FROM {
        return Ok(items.iter().map(work).collect());
    }
    Ok(pool(default_threads())?.install(|| items.par_iter().map(work).collect()))
}

/// The value of each row, worked out in parallel if there are enough.
pub fn collect<T: Send>(rows: usize, value: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    let pool = if rows < PARALLEL_FROM { None } else { pool(default_threads()).ok() };
    match pool {
        Some(pool) => pool.install(|| (0..rows).into_par_iter().map(value).collect()),
        None => (0..rows).map(value).collect(),
    }
}

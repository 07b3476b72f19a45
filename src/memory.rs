//! How much memory there is, so that a capture too large for it is an error, and soon, and not the end of the process.
//!
//! Linux gives out address space without looking whether there is memory for it: whoever takes too much is killed and not told. So
//! what columns will need is compared with what is free, before a large source is read and again while it is.

use std::sync::OnceLock;

use crate::error::{Error, Result};

const WAY_OUT: &str =
    "read fewer columns with columns=, go through the capture with scan_pcap, or convert it with `pcapframe convert`";

/// Blocks, chunks and the heaps of threads take no more than this.
#[cfg(target_os = "linux")]
const RESERVE: u64 = 64 << 20;
/// Nobody asks whether so little is there.
const ALWAYS: u64 = 64 << 20;

/// Memory for the columns of one source.
#[derive(Debug)]
pub struct Room {
    /// What the user allows, whatever is free.
    limit: Option<u64>,
    /// What is free, and what was taken when that was found out; None where nothing tells.
    free: OnceLock<Option<u64>>,
}

impl Default for Room {
    fn default() -> Self {
        Self { limit: limit(), free: OnceLock::new() }
    }
}

impl Room {
    /// Fails if there is no room for `rows` rows of `width` bytes, which are there already if `began`.
    pub fn check(&self, rows: u64, width: u64, began: bool) -> Result<()> {
        let needed = rows.saturating_mul(width);
        self.lacks(needed, began).map_or(Ok(()), |free| {
            let (about, so_far) = if began { ("", " so far") } else { ("about ", "") };
            Err(Error::Memory(format!(
                "{about}{rows} packets{so_far}, {} of columns, but {} are free: {WAY_OUT}",
                text(needed),
                text(free)
            )))
        })
    }

    /// Fails if there is no room for `flows` flows, which are there already and take so many bytes.
    pub fn check_flows(&self, flows: u64, needed: u64) -> Result<()> {
        self.lacks(needed, true).map_or(Ok(()), |free| {
            Err(Error::Memory(format!(
                "{flows} flows so far, which take {}, but {} are free: take them in batches, with scan_flows",
                text(needed),
                text(free)
            )))
        })
    }

    /// Fails if `bytes` of a source, which are there already, have filled all room.
    pub fn check_bytes(&self, bytes: u64) -> Result<()> {
        self.lacks(bytes, true).map_or(Ok(()), |free| {
            let what = "the source's bytes, which were to be kept, are";
            Err(Error::Memory(format!("{what} {} so far, but {} are free: {WAY_OUT}", text(bytes), text(free))))
        })
    }

    /// What is free, if that is less than `needed`.
    fn lacks(&self, needed: u64, began: bool) -> Option<u64> {
        if needed < ALWAYS && self.limit.is_none() {
            return None;
        }
        let taken = if began { needed } else { 0 };
        let free = self.free.get_or_init(|| self.limit.or_else(|| available().map(|free| free.saturating_add(taken))));
        free.filter(|free| needed > *free)
    }

    /// Whether so many bytes are free.
    pub fn has(&self, bytes: u64) -> bool {
        self.lacks(bytes, false).is_none()
    }

    /// Whether more is free than `rows` rows of `width` bytes would take: then nobody needs to know how many there are.
    pub fn is_ample(&self, rows: u64, width: u64) -> bool {
        self.check(rows, width, false).is_ok()
    }
}

/// Room for `more` values behind those of `values`, or the error that says so.
pub fn reserve<T>(values: &mut Vec<T>, more: usize) -> Result<()> {
    values.try_reserve(more).map_err(|_| {
        let bytes = (values.len() + more).saturating_mul(size_of::<T>()) as u64;
        Error::Memory(format!("out of memory: there are no {} in one piece", text(bytes)))
    })
}

/// The values of `items`, of which there are `count`.
pub fn collect<T>(items: impl Iterator<Item = T>, count: usize) -> Result<Vec<T>> {
    let mut values = Vec::new();
    reserve(&mut values, count)?;
    values.extend(items);
    Ok(values)
}

/// `PCAPFRAME_MEMORY`: bytes that columns may take, whatever is free.
fn limit() -> Option<u64> {
    std::env::var("PCAPFRAME_MEMORY").ok()?.trim().parse().ok()
}

fn text(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} bytes"),
    }
}

/// Bytes that columns can take, beside what reading itself needs; None where nothing tells.
#[cfg(target_os = "linux")]
fn available() -> Option<u64> {
    let least = [linux::of_machine(), linux::of_groups(), linux::of_process()].into_iter().flatten().min()?;
    Some((least - least / 16).saturating_sub(RESERVE))
}

#[cfg(not(target_os = "linux"))]
fn available() -> Option<u64> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::read_to_string;
    use std::path::{Path, PathBuf};

    /// `MemAvailable`: what the kernel would give without swapping (proc(5)).
    pub fn of_machine() -> Option<u64> {
        let line = field(&read_to_string("/proc/meminfo").ok()?, "MemAvailable:")?;
        line.checked_mul(1024)
    }

    /// What the limit on address space leaves (`RLIMIT_AS`).
    pub fn of_process() -> Option<u64> {
        let limits = read_to_string("/proc/self/limits").ok()?;
        let limit = field(&limits, "Max address space")?;
        let pages: u64 = read_to_string("/proc/self/statm").ok()?.split_whitespace().next()?.parse().ok()?;
        // As large as a page is at least; where pages are larger, more is left than this says.
        Some(limit.saturating_sub(pages.saturating_mul(4096)))
    }

    /// What the control groups leave, each being inside another.
    pub fn of_groups() -> Option<u64> {
        let groups = read_to_string("/proc/self/cgroup").ok()?;
        groups.lines().filter_map(of_group).min()
    }

    /// `line` is the number of a hierarchy, its controllers and the path in it (cgroups(7)); version 2 names no controllers.
    fn of_group(line: &str) -> Option<u64> {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let root = match controllers {
            "" => Path::new("/sys/fs/cgroup"),
            "memory" => Path::new("/sys/fs/cgroup/memory"),
            _ => return None,
        };
        let folder = root.join(path.trim_start_matches('/'));
        folder.ancestors().take_while(|folder| folder.starts_with(root)).filter_map(|folder| left(folder.to_owned())).min()
    }

    /// What a group's limit leaves; the page cache counts as used there, but is given back.
    fn left(folder: PathBuf) -> Option<u64> {
        let number = |name: &str| read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
        let limit = number("memory.max").or_else(|| number("memory.limit_in_bytes"))?;
        let used = number("memory.current").or_else(|| number("memory.usage_in_bytes"))?;
        let about = read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let cache = |name: &str| field(&about, &format!("total_{name} ")).or_else(|| field(&about, &format!("{name} ")));
        let cached = cache("inactive_file").unwrap_or(0) + cache("active_file").unwrap_or(0);
        Some(limit.saturating_sub(used.saturating_sub(cached)))
    }

    /// The number behind a name at the beginning of a line.
    fn field(text: &str, name: &str) -> Option<u64> {
        text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn this_machine_has_memory() {
            assert!(of_machine().is_some_and(|bytes| bytes > 1 << 20));
        }

        #[test]
        fn fields_of_files_of_proc() {
            let text =
                "MemTotal:  100 kB\nMemAvailable:   24 kB\nMax address space         unlimited            unlimited  bytes\n";
            assert_eq!(field(text, "MemAvailable:"), Some(24));
            assert_eq!(field(text, "Max address space"), None);
            assert_eq!(field(text, "Swap"), None);
        }

        #[test]
        fn a_group_leaves_its_limit_without_what_is_used_and_not_cached() {
            let folder = std::env::temp_dir().join(format!("pcapframe-group-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
            assert_eq!(left(folder.clone()), None);
            write("memory.max", "max\n");
            write("memory.current", "700\n");
            assert_eq!(left(folder.clone()), None);
            write("memory.max", "1000\n");
            assert_eq!(left(folder.clone()), Some(300));
            write("memory.stat", "anon 5\ninactive_file 100\nactive_file 50\n");
            assert_eq!(left(folder.clone()), Some(450));
            write("memory.current", "2000\n");
            assert_eq!(left(folder.clone()), Some(0));
            std::fs::remove_dir_all(&folder).unwrap();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(free: u64) -> Room {
        Room { limit: None, free: OnceLock::from(Some(free)) }
    }

    #[test]
    fn little_is_always_there() {
        room(0).check(1 << 20, 63, false).unwrap();
        assert!(room(0).check(1 << 20, 64, false).is_err());
        assert!(Room { limit: Some(10), free: OnceLock::new() }.check(11, 1, true).is_err());
    }

    #[test]
    fn more_than_there_is_is_an_error_that_names_the_way_out() {
        let error = room(100_000_000).check(5_000_000, 39, false).unwrap_err().to_string();
        assert!(
            error.starts_with("about 5000000 packets, 195.0 MB of columns, but 100.0 MB are free: read fewer columns"),
            "{error}"
        );
        let error = room(100_000_000).check(5_000_000, 39, true).unwrap_err().to_string();
        assert!(error.starts_with("5000000 packets so far, 195.0 MB of columns"), "{error}");
    }

    #[test]
    fn flows_have_a_way_out_of_their_own() {
        room(100_000_000).check_flows(1_000_000, 99_000_000).unwrap();
        let error = room(100_000_000).check_flows(1_000_000, 150_000_000).unwrap_err().to_string();
        assert_eq!(
            error,
            "1000000 flows so far, which take 150.0 MB, but 100.0 MB are free: take them in batches, with scan_flows"
        );
    }

    #[test]
    fn what_can_not_be_had_is_an_error() {
        assert!(matches!(reserve(&mut Vec::<u64>::new(), usize::MAX / 16), Err(Error::Memory(_))));
        assert!(matches!(collect([1_u8].into_iter(), isize::MAX as usize), Err(Error::Memory(_))));
        assert_eq!(collect(0..3, 3).unwrap(), [0, 1, 2]);
    }

    #[test]
    fn sizes_as_people_read_them() {
        let texts = [0, 999, 1000, 1_950_000, 18_400_000_000].map(text);
        assert_eq!(texts, ["0 bytes", "999 bytes", "1.0 kB", "1.9 MB", "18.4 GB"]);
    }
}

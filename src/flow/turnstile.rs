//! Something that threads take one after the other, each when it is its turn.

use std::hint;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a thread looks again and again whether it is its turn: what it waits for takes about a microsecond.
const LOOKS: u32 = 1 << 10;
/// How often it lets others run after that, before it sleeps for a while.
const YIELDS: u32 = 1 << 8;
const NAP: Duration = Duration::from_micros(50);

/// A thing, and the number of those who have had it.
#[derive(Default)]
pub struct Turnstile<T> {
    turn: AtomicU64,
    inner: Mutex<T>,
}

impl<T> Turnstile<T> {
    /// Waits for the turn of `ticket`, does the work and passes the turn on. None if those before will never come.
    #[inline]
    pub fn take<R>(&self, ticket: u64, abandoned: &AtomicBool, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        if self.turn.load(Ordering::Acquire) != ticket && !self.wait(ticket, abandoned) {
            return None;
        }
        let result = work(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner));
        self.turn.store(ticket + 1, Ordering::Release);
        Some(result)
    }

    /// Whether the turn has come.
    #[cold]
    fn wait(&self, ticket: u64, abandoned: &AtomicBool) -> bool {
        debug_assert!(self.turn() <= ticket, "nobody has a ticket twice");
        let mut looks = 0;
        while self.turn.load(Ordering::Acquire) != ticket {
            match looks {
                0..LOOKS => hint::spin_loop(),
                _ if abandoned.load(Ordering::Relaxed) => return false,
                LOOKS.. if looks < LOOKS + YIELDS => thread::yield_now(),
                _ => thread::sleep(NAP),
            }
            looks = looks.saturating_add(1);
        }
        true
    }

    /// Whose turn it is.
    pub fn turn(&self) -> u64 {
        self.turn.load(Ordering::Acquire)
    }

    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_come_in_the_order_of_tickets() {
        let (turnstile, abandoned) = (Turnstile::<Vec<u64>>::default(), AtomicBool::new(false));
        thread::scope(|scope| {
            for thread in 0..4 {
                let (turnstile, abandoned) = (&turnstile, &abandoned);
                scope.spawn(move || {
                    for ticket in (0..200).filter(|ticket| ticket % 4 == 3 - thread) {
                        turnstile.take(ticket, abandoned, |tickets| tickets.push(ticket)).unwrap();
                    }
                });
            }
        });
        let mut turnstile = turnstile;
        assert_eq!(*turnstile.get_mut(), (0..200).collect::<Vec<u64>>());
    }

    #[test]
    fn nobody_waits_for_those_who_never_come() {
        let (turnstile, abandoned) = (Turnstile::<u8>::default(), AtomicBool::new(false));
        thread::scope(|scope| {
            let waiting = scope.spawn(|| turnstile.take(1, &abandoned, |_| ()));
            thread::sleep(Duration::from_millis(1));
            abandoned.store(true, Ordering::Relaxed);
            assert_eq!(waiting.join().unwrap(), None);
        });
    }
}

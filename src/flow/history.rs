//! What has happened in a connection, in the letters of Zeek's `history`: upper case is what the originator did.

/// What a letter stands for. <https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Event {
    Syn,
    SynAck,
    Ack,
    Data,
    Fin,
    Reset,
    /// FIN and RST in one segment.
    Inconsistent,
    /// SYN with FIN or RST in one segment.
    SeveralFlags,
    Retransmission,
    ZeroWindow,
    /// Acknowledged data that was not captured.
    Gap,
    /// Originator and responder were exchanged.
    Flip,
}

/// A letter for each [`Event`], as the originator's.
const LETTERS: &[u8; 12] = b"SHADFRIQTWG^";
/// Bits of a letter: 1 more than its place, and the side.
const BITS: u32 = 5;
const PER_WORD: usize = (u64::BITS / BITS) as usize;
const WORDS: usize = 3;

/// The first 36 letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct History([u64; WORDS]);

impl History {
    #[cold]
    pub fn push(&mut self, event: Event, originator: bool) {
        let code = (event as u64 + 1) << 1 | u64::from(originator);
        // Words fill up one after the other, each from its lower end.
        let used = |word: u64| (u64::BITS - word.leading_zeros()).div_ceil(BITS) as usize;
        if let Some(word) = self.0.iter_mut().find(|word| used(**word) < PER_WORD) {
            *word |= code << (used(*word) as u32 * BITS);
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl std::fmt::Display for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for word in self.0 {
            for place in 0..PER_WORD as u32 {
                let code = word >> (place * BITS) & 31;
                if code == 0 {
                    return Ok(());
                }
                let letter = LETTERS[(code >> 1) as usize - 1];
                let letter = if code & 1 == 1 { letter } else { letter.to_ascii_lowercase() };
                std::fmt::Write::write_char(f, letter.into())?;
            }
        }
        Ok(())
    }
}

/// Whether the letter of something that happens often is due once more: at the first, tenth, hundredth time and so on.
#[inline]
pub fn is_due(count: u32) -> bool {
    count.checked_ilog10().is_some_and(|power| 10_u32.pow(power) == count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters() {
        let mut history = History::default();
        assert!(history.is_empty());
        assert_eq!(history.to_string(), "");
        let steps = [(Event::Syn, true), (Event::SynAck, false), (Event::Ack, true), (Event::Flip, true), (Event::Gap, false)];
        for (event, originator) in steps {
            history.push(event, originator);
        }
        assert_eq!(history.to_string(), "ShA^g");
    }

    #[test]
    fn the_first_36_letters_are_kept() {
        let mut history = History::default();
        let mut expected = String::new();
        for step in 0..60_u8 {
            let (event, originator) = if step % 2 == 0 { (Event::Retransmission, false) } else { (Event::Syn, true) };
            history.push(event, originator);
            if step < 36 {
                expected.push(if originator { 'S' } else { 't' });
                assert_eq!(history.to_string(), expected);
            }
        }
        assert_eq!(history.to_string(), expected);
    }

    #[test]
    fn powers_of_ten_are_due() {
        let due: Vec<u32> = (0..=20_000).filter(|count| is_due(*count)).collect();
        assert_eq!(due, [1, 10, 100, 1000, 10_000]);
    }
}

use super::flag::{ACK, FIN, RST, SYN};
use super::*;

/// Sender (0 or 1), flags, sequence number, acknowledgment, payload.
type Sent = (usize, u16, u32, u32, u32);

const SYN_ACK: u16 = SYN | ACK;
const FIN_ACK: u16 = FIN | ACK;
const RST_ACK: u16 = RST | ACK;
/// The beginning of an ordinary connection, from sequence numbers 100 and 500.
const HANDSHAKE: [Sent; 3] = [(0, SYN, 100, 0, 0), (1, SYN_ACK, 500, 101, 0), (0, ACK, 101, 501, 0)];

/// A connection of these segments, a second apart.
fn tcp(segments: &[Sent]) -> Tcp {
    let mut tcp = Tcp::default();
    let mut flipped = false;
    for (second, (from, flags, seq, ack, payload)) in segments.iter().enumerate() {
        let segment =
            Segment { time: second as i64 * 1_000_000_000, seq: *seq, ack: *ack, payload: *payload, window: 1000, flags: *flags };
        let from = if flipped { 1 - from } else { *from };
        flipped ^= tcp.add(&segment, from, &Rules::default());
    }
    tcp
}

fn outcome(segments: &[Sent]) -> (&'static str, String) {
    let tcp = tcp(segments);
    (CONN_STATES[usize::from(tcp.conn_state())].0, tcp.history.to_string())
}

fn after_handshake(more: &[Sent]) -> Vec<Sent> {
    [&HANDSHAKE, more].concat()
}

#[test]
fn every_state() {
    let syn = HANDSHAKE[0];
    let cases: Vec<(Vec<Sent>, &str, &str)> = vec![
        (vec![syn], "S0", "S"),
        (vec![syn, syn], "S0", "S"),
        (vec![syn, (1, RST_ACK, 0, 101, 0)], "REJ", "Sr"),
        (HANDSHAKE[..2].to_vec(), "S1", "Sh"),
        (HANDSHAKE.to_vec(), "S1", "ShA"),
        (after_handshake(&[(0, ACK, 101, 501, 9), (1, ACK, 501, 110, 5)]), "S1", "ShADd"),
        (after_handshake(&[(0, FIN_ACK, 101, 501, 0), (1, FIN_ACK, 501, 102, 0), (0, ACK, 102, 502, 0)]), "SF", "ShAFf"),
        (after_handshake(&[(0, FIN_ACK, 101, 501, 0)]), "S2", "ShAF"),
        (after_handshake(&[(1, FIN_ACK, 501, 101, 0)]), "S3", "ShAf"),
        (after_handshake(&[(0, RST, 101, 0, 0)]), "RSTO", "ShAR"),
        (after_handshake(&[(1, RST, 501, 0, 0)]), "RSTR", "ShAr"),
        (vec![syn, (0, RST, 101, 0, 0)], "RSTOS0", "SR"),
        (vec![syn, (0, FIN, 101, 0, 0)], "SH", "SF"),
        (vec![(0, ACK, 7, 7, 1), (1, ACK, 7, 8, 1)], "OTH", "Dd"),
        // Without the SYN, the one who answers seems to begin.
        (vec![(0, SYN_ACK, 500, 101, 0)], "OTH", "H"),
    ];
    for (segments, state, history) in cases {
        assert_eq!(outcome(&segments), (state, history.to_owned()), "{segments:?}");
    }
}

#[test]
fn a_syn_ack_before_its_syn() {
    let segments = [(0, SYN_ACK, 500, 101, 0), (1, SYN, 100, 0, 0), (1, ACK, 101, 501, 0), (1, ACK, 101, 501, 4)];
    // Capitals are the originator's from the exchange on.
    assert_eq!(outcome(&segments), ("S1", "Hs^AD".to_owned()));
    assert_eq!(tcp(&segments).sizes(), [4, 0]);
}

#[test]
fn retransmitted_and_out_of_order() {
    let data = |seq, payload| (0, ACK, seq, 501, payload);
    // 101..111, 121..131 (ten are missing), the missing ones, both again.
    let t = tcp(&after_handshake(&[data(101, 10), data(121, 10), data(111, 10), data(111, 10), data(101, 10)]));
    assert_eq!((t.ends[0].out_of_order, t.ends[0].retransmitted), (1, 2));
    assert_eq!(t.history.to_string(), "ShADT");
    // The missing ones in two pieces, the later first.
    let t = tcp(&after_handshake(&[data(101, 10), data(121, 10), data(116, 5), data(111, 5), data(111, 5)]));
    assert_eq!((t.ends[0].out_of_order, t.ends[0].retransmitted), (2, 1));
    let t = tcp(&after_handshake(&[data(101, 10), data(111, 10)]));
    assert_eq!((t.ends[0].out_of_order, t.ends[0].retransmitted), (0, 0));
}

#[test]
fn sequence_numbers_wrap() {
    let start = u32::MAX - 4;
    let t = tcp(&[(0, SYN, start, 0, 0), (1, SYN_ACK, 1, start + 1, 0), (0, ACK, start + 1, 2, 10), (0, ACK, 6, 2, 10)]);
    assert_eq!(t.sizes(), [20, 0]);
    assert_eq!(t.ends[0].retransmitted, 0);
}

#[test]
fn acknowledged_but_not_captured() {
    assert_eq!(outcome(&after_handshake(&[(1, ACK, 501, 151, 0)])).1, "ShAaG");
    assert_eq!(outcome(&after_handshake(&[(0, ACK, 101, 501, 50), (1, ACK, 501, 151, 0)])).1, "ShADa");
}

#[test]
fn the_handshake_is_timed_from_the_last_syn() {
    assert_eq!(tcp(&HANDSHAKE).handshake(), Some(2_000_000_000));
    let again = [HANDSHAKE[0], HANDSHAKE[0], HANDSHAKE[1], HANDSHAKE[2]];
    assert_eq!(tcp(&again).handshake(), Some(2_000_000_000));
    assert_eq!(tcp(&HANDSHAKE[..2]).handshake(), None);
    assert_eq!(tcp(&HANDSHAKE[1..]).handshake(), None);
}

#[test]
fn a_new_syn_begins_a_new_connection() {
    let syn = |seq| Segment { seq, flags: SYN, ..Segment::default() };
    let open = tcp(&HANDSHAKE);
    assert!(!open.is_reused_by(&syn(100)) && open.is_reused_by(&syn(101)));
    let closed = tcp(&after_handshake(&[(0, RST, 101, 0, 0)]));
    assert!(closed.is_reused_by(&syn(100)), "after the end any SYN does");
    assert!(!closed.is_reused_by(&Segment { flags: ACK, ..syn(0) }));
}

#[test]
fn when_a_connection_is_over() {
    let linger = Rules::default().linger;
    let deadline = |segments: &[Sent]| tcp(segments).deadline;
    assert_eq!(deadline(&HANDSHAKE), i64::MAX);
    let fin = after_handshake(&[(0, FIN_ACK, 101, 501, 0)]);
    assert_eq!(deadline(&fin), i64::MAX, "half closed");
    let both = [&fin[..], &[(1, FIN_ACK, 501, 102, 0), (0, ACK, 102, 502, 0)]].concat();
    assert_eq!(deadline(&both), 4_000_000_000 + linger);
    assert_eq!(deadline(&after_handshake(&[(1, RST, 501, 0, 0)])), 3_000_000_000 + linger);
}

#[test]
fn no_segments_panic() {
    // Every flag, at the ends of the sequence space.
    let mut t = Tcp::default();
    for step in 0..100_000_u32 {
        let word = step.wrapping_mul(0x9e37_79b9);
        let numbers = [0, 1, u32::MAX, 1 << 31, word];
        let segment = Segment {
            time: i64::from(word) << 31,
            seq: numbers[(step % 5) as usize],
            ack: numbers[(step / 5 % 5) as usize],
            payload: numbers[(step / 25 % 5) as usize],
            window: word as u16,
            flags: (word >> 20) as u16 & 511,
        };
        t.add(&segment, (word >> 9) as usize & 1, &Rules::default());
        let _ = (t.conn_state(), t.sizes(), t.handshake(), t.history.to_string());
    }
}

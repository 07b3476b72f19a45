//! The samples that fuzzing and mutations begin with: one of every link type and every tunnel, all of which decode to the end.

mod common;

use common::decoding::{decoded, link_types};
use common::samples::{ETHERNET, PORT, links, tunnels};
use pcapframe::wire::{Context, Depth, Packet, Stop, Tunnel};

/// Those that do not decode to what they carry.
fn unread<'a>(samples: impl Iterator<Item = (u16, &'a [u8])>) -> Vec<(u16, &'a [u8], Packet)> {
    let context = Context::new(Depth::Transport);
    let packets = samples.map(|(link_type, data)| (link_type, data, decoded(link_type, data, data.len() as u32, &context)));
    packets.filter(|(.., packet)| (packet.sport, packet.stop) != (PORT, Stop::Complete)).collect()
}

#[test]
fn every_link_type() {
    let samples = links();
    assert_eq!(unread(samples.iter().map(|(link_type, data)| (*link_type, &data[..]))), []);
    let missing: Vec<_> = link_types().iter().filter(|known| !samples.iter().any(|(sample, _)| sample == *known)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_tunnel() {
    let samples = tunnels();
    assert_eq!(unread(samples.iter().map(|data| (ETHERNET, &data[..]))), []);
    let context = Context::new(Depth::Transport);
    let tunnel = |data: &Vec<u8>| decoded(ETHERNET, data, data.len() as u32, &context).tunnel as u8;
    let found: Vec<u8> = samples.iter().map(tunnel).collect();
    let missing: Vec<_> = Tunnel::ALL.iter().filter(|(_, number, _)| !found.contains(number)).map(|(name, ..)| name).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

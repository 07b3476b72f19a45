//! Link layers: what a capture's link type says a packet begins with.

pub mod arcnet;
pub mod arista;
pub mod atm;
pub mod avs;
pub mod chdlc;
pub mod cisco_metadata;
pub mod dsa;
pub mod enc;
pub mod erf;
pub mod ethernet;
pub mod fabricpath;
pub mod fddi;
pub mod frame_relay;
pub mod ieee80211;
pub mod ipnet;
pub mod ipoib;
pub mod isl;
pub mod juniper;
pub mod llc;
pub mod macsec;
pub mod nflog;
pub mod null;
pub mod pbb;
pub mod pflog;
pub mod pktap;
pub mod ppi;
pub mod ppp;
pub mod pppoe;
pub mod prism;
pub mod radiotap;
pub mod sll;
pub mod sll2;
pub mod token_ring;
pub mod vlan;

use super::dispatch::Next;
use super::packet::Packet;

/// Whether what comes next may change the link columns: a tag, or an Ethernet header in the place of the one in front.
pub fn goes_on(next: Next, packet: &Packet) -> bool {
    match next {
        Next::EtherType(number) => vlan::is_tag(number) || number == fabricpath::ETHERTYPE,
        Next::Length(_) => isl::is_announced(packet),
        _ => false,
    }
}

//! Community ID, version 1: one text for a flow in all programs that know it.
//!
//! <https://github.com/corelight/community-id-spec>

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rayon::prelude::*;
use sha1::{Digest, Sha1};

use crate::flow::key::{Ports, partner};
use crate::flow::table::Table;

const SCTP: u8 = 132;

/// The IDs of all flows of a table, in its order.
pub fn community_ids(table: &Table, seed: u16) -> Vec<String> {
    let ends = ["src", "dst"].map(|name| table.addresses(name));
    let [sport, dport] = ["sport", "dport"].map(|name| table.named::<u16>(name));
    let [protocol, version] = ["protocol", "ip_version"].map(|name| table.named::<u8>(name));
    let [message, code] = ["icmp_type", "icmp_code"].map(|name| table.named::<u8>(name));
    (0..table.rows())
        .into_par_iter()
        .map(|row| {
            let [Some(src), Some(dst)] = ends.each_ref().map(|end| end[row]) else { return String::new() };
            let ports = match protocol[row] {
                1 | 58 => icmp(message[row], code[row], version[row]),
                6 | 17 | SCTP => Some(Ports::new(sport[row], dport[row])),
                _ => None,
            };
            community_id(seed, src, dst, protocol[row], ports)
        })
        .collect()
}

fn icmp(message: u8, code: u8, ip_version: u8) -> Option<Ports> {
    let partner = partner(message, ip_version);
    Some(Ports { src: message.into(), dst: partner.unwrap_or(code).into(), one_way: partner.is_none() })
}

/// The ID of what goes on between two ends.
pub fn community_id(seed: u16, src: IpAddr, dst: IpAddr, protocol: u8, ports: Option<Ports>) -> String {
    let Ports { src: sport, dst: dport, one_way } = ports.unwrap_or_default();
    let (one, other) = ((bytes(src), sport), (bytes(dst), dport));
    let (low, high) = if one_way || one <= other { (one, other) } else { (other, one) };
    let mut hash = Sha1::new();
    hash.update(seed.to_be_bytes());
    hash.update(&low.0);
    hash.update(&high.0);
    hash.update([protocol, 0]);
    if ports.is_some() {
        hash.update(low.1.to_be_bytes());
        hash.update(high.1.to_be_bytes());
    }
    format!("1:{}", STANDARD.encode(hash.finalize()))
}

fn bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(src: &str, dst: &str, protocol: u8, ports: Option<Ports>) -> String {
        community_id(0, src.parse().unwrap(), dst.parse().unwrap(), protocol, ports)
    }

    /// From the baselines of the specification's repository, and both directions the same.
    #[test]
    fn baselines() {
        let tcp = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=";
        assert_eq!(id("128.232.110.120", "66.35.250.204", 6, Some(Ports::new(34855, 80))), tcp);
        assert_eq!(id("66.35.250.204", "128.232.110.120", 6, Some(Ports::new(80, 34855))), tcp);
        let sctp = "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=";
        assert_eq!(id("192.168.170.8", "192.168.170.56", 132, Some(Ports::new(7, 80))), sctp);
        let rsvp = "1:ikv3kmf89luf73WPz1jOs49S768=";
        assert_eq!((id("1.2.3.4", "5.6.7.8", 46, None), id("5.6.7.8", "1.2.3.4", 46, None)), (rsvp.into(), rsvp.into()));
        // An echo, and a message that has no answer.
        assert_eq!(id("1.2.3.4", "5.6.7.8", 1, icmp(8, 0, 4)), "1:crodRHL2FEsHjbv3UkRrfbs4bZ0=");
        assert_eq!(id("1.2.3.4", "5.6.7.8", 1, icmp(11, 0, 4)), "1:f/YiSyWqczrTgfUCZlBUnvHRcPk=");
        let udp = "1:d/FP5EW3wiY1vCndhwleRRKHowQ=";
        assert_eq!(id("192.168.1.52", "8.8.8.8", 17, Some(Ports::new(54585, 53))), udp);
    }
}

//! ★ The table of flow columns: every column, declared once.
//!
//! A row is the documentation, the group, the name, the kind, which flows have the field, and the getter. Tables, numpy properties,
//! the Arrow schema, the stubs and the reference page follow from it. The order here is the order everywhere.

use arrow_buffer::{ArrowNativeType, Buffer};

use crate::flow::history::{Event, History};
use crate::flow::state::Flow;
use crate::flow::statistics::{Bulks, Sample, Sizes, Spread, Statistics};
use crate::flow::table::Table;
use crate::flow::tcp::{ORIGINATOR, RESPONDER, Tcp, code};
use crate::parallel;

/// A flow that is over, with all that is known of it.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub flow: &'a Flow,
    pub tcp: Option<&'a Tcp>,
    /// Of more than one packet: what is to be known of a single one is in the flow.
    pub statistics: Option<&'a Statistics>,
}

/// Where the values of a column come from.
pub enum Get<T> {
    /// From what is known of the flows, when they are over: a block of them at a time, so that a column's kind is looked at once a
    /// block.
    Kept(fn(&[Record], &mut [T])),
    /// From other columns, when it is first asked for: until then it takes no memory.
    Made(fn(&Table) -> Vec<T>),
}

pub enum Getter {
    U8(Get<u8>),
    U16(Get<u16>),
    U32(Get<u32>),
    U64(Get<u64>),
    F64(Get<f64>),
    /// Nanoseconds since 1970.
    Time(Get<i64>),
    /// Nanoseconds.
    Duration(Get<i64>),
    /// An IPv4 address itself or the place of an IPv6 address: which end of the key.
    Ip(Get<u32>),
    /// A place in [`crate::flow::tcp::CONN_STATES`].
    State(Get<u8>),
    /// Letters, as places in the table's list of texts.
    Letters(fn(&Record) -> History),
    /// Something of each of the first packets, which the table keeps by itself.
    Steps(OfStep),
    /// A text for each flow, made of other columns when it is asked for.
    CommunityId,
}

/// What is known of one of the first packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfStep {
    Size,
    Gap,
    Direction,
}

/// Which flows have the field; the others are 0 in numpy and null in Arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    Always,
    /// Those where it is not 0.
    NotZero,
    /// Those of transports with ports.
    Ports,
    /// ICMP and ICMPv6.
    Icmp,
    /// TCP.
    Tcp,
    /// Those of which another column has at least so much.
    AtLeast(&'static str, u32),
}

/// What is made only when it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Core,
    /// What only the schema of Zeek needs.
    Zeek,
    /// Sizes, times and flags.
    Statistics,
    /// The first packets one by one.
    Sequence,
}

pub struct Column {
    pub name: &'static str,
    pub doc: &'static str,
    pub group: Group,
    pub presence: Presence,
    pub getter: Getter,
}

macro_rules! getter {
    (Letters, $get:expr) => {
        Getter::Letters($get)
    };
    (Steps, $of:expr) => {
        Getter::Steps($of)
    };
    (CommunityId, $_:expr) => {
        Getter::CommunityId
    };
    (MadeU32, $make:expr) => {
        Getter::U32(Get::Made($make))
    };
    (MadeU64, $make:expr) => {
        Getter::U64(Get::Made($make))
    };
    (MadeF64, $make:expr) => {
        Getter::F64(Get::Made($make))
    };
    (MadeDuration, $make:expr) => {
        Getter::Duration(Get::Made($make))
    };
    ($kind:ident, $get:expr) => {
        Getter::$kind(Get::Kept(|records, out| {
            for (out, record) in out.iter_mut().zip(records) {
                *out = $get(record);
            }
        }))
    };
}

macro_rules! columns {
    ($($(#[doc = $doc:literal])* $group:ident $name:ident: $kind:ident, $presence:expr, $get:expr;)*) => {
        pub static COLUMNS: &[Column] = &[$(Column {
            name: stringify!($name),
            doc: concat!($($doc, "\n"),*),
            group: Group::$group,
            presence: $presence,
            getter: getter!($kind, $get),
        }),*];
    };
}

use Presence::{Always, AtLeast, Icmp, NotZero, Ports, Tcp as OfTcp};

#[rustfmt::skip]
columns! {
    /// IP address of the forward end: who sent the first packet, or the SYN if its SYN-ACK came first.
    Core src: Ip, Always, |r: &Record| r.flow.key.addresses[r.forward_end()];
    /// IP address of the other end.
    Core dst: Ip, Always, |r: &Record| r.flow.key.addresses[1 - r.forward_end()];
    /// Port of the forward end.
    Core sport: U16, Ports, |r: &Record| r.ports()[0];
    /// Port of the other end.
    Core dport: U16, Ports, |r: &Record| r.ports()[1];
    /// Type of the forward end's ICMP messages; a reply's type belongs to its request's flow.
    Core icmp_type: U8, Icmp, |r: &Record| r.icmp()[0];
    /// Code of ICMP messages that have no reply; those of each code are a flow of their own.
    Core icmp_code: U8, Icmp, |r: &Record| r.icmp()[1];
    /// IANA number of the transport protocol.
    Core protocol: U8, Always, |r: &Record| r.flow.key.protocol;
    /// 4 or 6.
    Core ip_version: U8, Always, |r: &Record| r.flow.key.ip_version;
    /// VLAN identifier of the outermost tag.
    Core vlan_id: U16, NotZero, |r: &Record| r.flow.key.vlan;
    /// What carried the packets, as `Tunnel`.
    Core tunnel: U8, Always, |r: &Record| r.flow.key.tunnel;
    /// The tunnel's network: VNI, GRE key, I-SID. Numbers that differ by direction, as TEIDs do, are left out.
    Core tunnel_id: U32, NotZero, |r: &Record| r.flow.key.network;
    /// Time of the earliest packet.
    Core first_seen: Time, Always, |r: &Record| r.flow.first_seen;
    /// Time of the latest packet.
    Core last_seen: Time, Always, |r: &Record| r.flow.last_seen;
    /// From the earliest packet to the latest.
    Core duration: MadeDuration, Always, |t| combined(t, "last_seen", "first_seen", i64::saturating_sub);
    /// Packets of both directions.
    Core packets_total: MadeU64, Always, |t| combined(t, "packets_fwd", "packets_rev", u64::saturating_add);
    /// Packets of the forward end.
    Core packets_fwd: U64, Always, |r: &Record| r.flow.packets[0].into();
    /// Packets of the other end.
    Core packets_rev: U64, Always, |r: &Record| r.flow.packets[1].into();
    /// Bytes on the wire, link headers included, of both directions.
    Core bytes_total: MadeU64, Always, |t| combined(t, "bytes_fwd", "bytes_rev", u64::saturating_add);
    /// Bytes on the wire that the forward end sent.
    Core bytes_fwd: U64, Always, |r: &Record| r.flow.bytes[0];
    /// Bytes on the wire that the other end sent.
    Core bytes_rev: U64, Always, |r: &Record| r.flow.bytes[1];
    /// Bytes of IP packets, their headers included, of both directions.
    Core ip_bytes_total: MadeU64, Always, |t| combined(t, "ip_bytes_fwd", "ip_bytes_rev", u64::saturating_add);
    /// Bytes of IP packets that the forward end sent.
    Core ip_bytes_fwd: U64, Always, |r: &Record| r.flow.ip_bytes[0];
    /// Bytes of IP packets that the other end sent.
    Core ip_bytes_rev: U64, Always, |r: &Record| r.flow.ip_bytes[1];
    /// Bytes of transport payload of both directions, as often as they were sent.
    Core payload_bytes_total: MadeU64, Always, |t| combined(t, "payload_bytes_fwd", "payload_bytes_rev", u64::saturating_add);
    /// Bytes of transport payload that the forward end sent.
    Core payload_bytes_fwd: U64, Always, |r: &Record| r.flow.payload_bytes[0];
    /// Bytes of transport payload that the other end sent.
    Core payload_bytes_rev: U64, Always, |r: &Record| r.flow.payload_bytes[1];
    /// Why the flow ended, as `EndReason`: flowEndReason of IPFIX (RFC 5102).
    Core end_reason: U8, Always, |r: &Record| r.flow.end_reason as u8;
    /// What became of the connection: Zeek's `conn_state`, as `SF`, `S0` or `REJ`.
    Core conn_state: State, Always, |r: &Record| r.conn_state();
    /// What happened, in order: Zeek's `history`, the forward end in capitals; at most 36 letters.
    Core history: Letters, NotZero, |r: &Record| r.history();
    /// TCP window of the forward end's first packet, not scaled.
    Core window_fwd: U16, OfTcp, |r: &Record| r.window(ORIGINATOR);
    /// TCP window of the other end's first packet, not scaled.
    Core window_rev: U16, OfTcp, |r: &Record| r.window(RESPONDER);
    /// Round-trip time of TCP's handshake: from the SYN to the ACK that answers the SYN-ACK.
    Core handshake_rtt: Duration, NotZero, |r: &Record| r.tcp.and_then(Tcp::handshake).unwrap_or(0);
    /// TCP segments of the forward end whose payload had been sent before.
    Core retransmitted_fwd: U32, OfTcp, |r: &Record| r.tcp.map_or(0, |tcp| tcp.ends[ORIGINATOR].retransmitted);
    /// TCP segments of the other end whose payload had been sent before.
    Core retransmitted_rev: U32, OfTcp, |r: &Record| r.tcp.map_or(0, |tcp| tcp.ends[RESPONDER].retransmitted);
    /// TCP segments of the forward end that came late: payload for a gap in what was seen.
    Core out_of_order_fwd: U32, OfTcp, |r: &Record| r.tcp.map_or(0, |tcp| tcp.ends[ORIGINATOR].out_of_order);
    /// TCP segments of the other end that came late: payload for a gap in what was seen.
    Core out_of_order_rev: U32, OfTcp, |r: &Record| r.tcp.map_or(0, |tcp| tcp.ends[RESPONDER].out_of_order);
    /// Community ID, version 1, with seed 0.
    Core community_id: CommunityId, Always, ();
    /// Number of the flow's first packet among those that were read.
    Core first_row: U64, Always, |r: &Record| r.flow.first_row;
    /// Payload bytes of the originator as Zeek counts them: of TCP by sequence numbers.
    Zeek zeek_orig_bytes: U64, AtLeast("zeek_duration", 1), |r: &Record| r.zeek_sizes()[0];
    /// Payload bytes of the responder as Zeek counts them: of TCP by sequence numbers.
    Zeek zeek_resp_bytes: U64, AtLeast("zeek_duration", 1), |r: &Record| r.zeek_sizes()[1];
    /// Port of the originator as Zeek has it: of ICMP the message's type.
    Zeek zeek_orig_p: U16, Always, |r: &Record| r.raw_ports()[0];
    /// Port of the responder as Zeek has it: of ICMP the type that answers the message, or its code.
    Zeek zeek_resp_p: U16, Always, |r: &Record| r.raw_ports()[1];
    /// How long the connection lasted until both ends had closed it.
    Zeek zeek_duration: Duration, NotZero, |r: &Record| r.zeek_duration();
    /// Bytes on the wire of packets of both ends: least.
    Statistics size_min_total: MadeU32, AtLeast("packets_total", 1), |t| least(t, "size_min_fwd", "size_min_rev");
    /// Bytes on the wire of packets of both ends: mean.
    Statistics size_mean_total: MadeF64, AtLeast("packets_total", 1), |t| ratio(t, "bytes_total", "packets_total");
    /// Bytes on the wire of packets of both ends: standard deviation (of a sample).
    Statistics size_std_total: F64, AtLeast("packets_total", 2), |r: &Record| r.sizes(2).std();
    /// Bytes on the wire of packets of both ends: greatest.
    Statistics size_max_total: MadeU32, AtLeast("packets_total", 1), |t| combined(t, "size_max_fwd", "size_max_rev", u32::max);
    /// Bytes on the wire of packets of the forward end: least.
    Statistics size_min_fwd: U32, AtLeast("packets_fwd", 1), |r: &Record| r.sizes(0).min() as u32;
    /// Bytes on the wire of packets of the forward end: mean.
    Statistics size_mean_fwd: MadeF64, AtLeast("packets_fwd", 1), |t| ratio(t, "bytes_fwd", "packets_fwd");
    /// Bytes on the wire of packets of the forward end: standard deviation (of a sample).
    Statistics size_std_fwd: F64, AtLeast("packets_fwd", 2), |r: &Record| r.sizes(0).std();
    /// Bytes on the wire of packets of the forward end: greatest.
    Statistics size_max_fwd: U32, AtLeast("packets_fwd", 1), |r: &Record| r.sizes(0).max() as u32;
    /// Bytes on the wire of packets of the other end: least.
    Statistics size_min_rev: U32, AtLeast("packets_rev", 1), |r: &Record| r.sizes(1).min() as u32;
    /// Bytes on the wire of packets of the other end: mean.
    Statistics size_mean_rev: MadeF64, AtLeast("packets_rev", 1), |t| ratio(t, "bytes_rev", "packets_rev");
    /// Bytes on the wire of packets of the other end: standard deviation (of a sample).
    Statistics size_std_rev: F64, AtLeast("packets_rev", 2), |r: &Record| r.sizes(1).std();
    /// Bytes on the wire of packets of the other end: greatest.
    Statistics size_max_rev: U32, AtLeast("packets_rev", 1), |r: &Record| r.sizes(1).max() as u32;
    /// Bytes of transport payload of packets of both ends: least.
    Statistics payload_min_total: MadeU32, AtLeast("packets_total", 1), |t| least(t, "payload_min_fwd", "payload_min_rev");
    /// Bytes of transport payload of packets of both ends: mean.
    Statistics payload_mean_total: MadeF64, AtLeast("packets_total", 1), |t| ratio(t, "payload_bytes_total", "packets_total");
    /// Bytes of transport payload of packets of both ends: standard deviation (of a sample).
    Statistics payload_std_total: F64, AtLeast("packets_total", 2), |r: &Record| r.payloads(2).std();
    /// Bytes of transport payload of packets of both ends: greatest.
    Statistics payload_max_total: MadeU32, AtLeast("packets_total", 1), |t| combined(t, "payload_max_fwd", "payload_max_rev", u32::max);
    /// Bytes of transport payload of packets of the forward end: least.
    Statistics payload_min_fwd: U32, AtLeast("packets_fwd", 1), |r: &Record| r.payloads(0).min() as u32;
    /// Bytes of transport payload of packets of the forward end: mean.
    Statistics payload_mean_fwd: MadeF64, AtLeast("packets_fwd", 1), |t| ratio(t, "payload_bytes_fwd", "packets_fwd");
    /// Bytes of transport payload of packets of the forward end: standard deviation (of a sample).
    Statistics payload_std_fwd: F64, AtLeast("packets_fwd", 2), |r: &Record| r.payloads(0).std();
    /// Bytes of transport payload of packets of the forward end: greatest.
    Statistics payload_max_fwd: U32, AtLeast("packets_fwd", 1), |r: &Record| r.payloads(0).max() as u32;
    /// Bytes of transport payload of packets of the other end: least.
    Statistics payload_min_rev: U32, AtLeast("packets_rev", 1), |r: &Record| r.payloads(1).min() as u32;
    /// Bytes of transport payload of packets of the other end: mean.
    Statistics payload_mean_rev: MadeF64, AtLeast("packets_rev", 1), |t| ratio(t, "payload_bytes_rev", "packets_rev");
    /// Bytes of transport payload of packets of the other end: standard deviation (of a sample).
    Statistics payload_std_rev: F64, AtLeast("packets_rev", 2), |r: &Record| r.payloads(1).std();
    /// Bytes of transport payload of packets of the other end: greatest.
    Statistics payload_max_rev: U32, AtLeast("packets_rev", 1), |r: &Record| r.payloads(1).max() as u32;
    /// Time between packets of both ends: least.
    Statistics iat_min_total: Duration, AtLeast("packets_total", 2), |r: &Record| r.gaps(2).min() as i64;
    /// Time between packets of both ends: mean.
    Statistics iat_mean_total: Duration, AtLeast("packets_total", 2), |r: &Record| nanoseconds(r.gaps(2).mean());
    /// Time between packets of both ends: standard deviation (of a sample).
    Statistics iat_std_total: Duration, AtLeast("packets_total", 3), |r: &Record| nanoseconds(r.gaps(2).std());
    /// Time between packets of both ends: greatest.
    Statistics iat_max_total: Duration, AtLeast("packets_total", 2), |r: &Record| r.gaps(2).max() as i64;
    /// Time between packets of the forward end: least.
    Statistics iat_min_fwd: Duration, AtLeast("packets_fwd", 2), |r: &Record| r.gaps(0).min() as i64;
    /// Time between packets of the forward end: mean.
    Statistics iat_mean_fwd: Duration, AtLeast("packets_fwd", 2), |r: &Record| nanoseconds(r.gaps(0).mean());
    /// Time between packets of the forward end: standard deviation (of a sample).
    Statistics iat_std_fwd: Duration, AtLeast("packets_fwd", 3), |r: &Record| nanoseconds(r.gaps(0).std());
    /// Time between packets of the forward end: greatest.
    Statistics iat_max_fwd: Duration, AtLeast("packets_fwd", 2), |r: &Record| r.gaps(0).max() as i64;
    /// Time between packets of the other end: least.
    Statistics iat_min_rev: Duration, AtLeast("packets_rev", 2), |r: &Record| r.gaps(1).min() as i64;
    /// Time between packets of the other end: mean.
    Statistics iat_mean_rev: Duration, AtLeast("packets_rev", 2), |r: &Record| nanoseconds(r.gaps(1).mean());
    /// Time between packets of the other end: standard deviation (of a sample).
    Statistics iat_std_rev: Duration, AtLeast("packets_rev", 3), |r: &Record| nanoseconds(r.gaps(1).std());
    /// Time between packets of the other end: greatest.
    Statistics iat_max_rev: Duration, AtLeast("packets_rev", 2), |r: &Record| r.gaps(1).max() as i64;
    /// Time of the earliest packet of the forward end.
    Statistics first_seen_fwd: Time, AtLeast("packets_fwd", 1), |r: &Record| r.seen(0)[0];
    /// Time of the latest packet of the forward end.
    Statistics last_seen_fwd: Time, AtLeast("packets_fwd", 1), |r: &Record| r.seen(0)[1];
    /// Time of the earliest packet of the other end.
    Statistics first_seen_rev: Time, AtLeast("packets_rev", 1), |r: &Record| r.seen(1)[0];
    /// Time of the latest packet of the other end.
    Statistics last_seen_rev: Time, AtLeast("packets_rev", 1), |r: &Record| r.seen(1)[1];
    /// Packets of both ends with TCP's flag FIN.
    Statistics fin_total: MadeU32, OfTcp, |t| combined(t, "fin_fwd", "fin_rev", u32::saturating_add);
    /// Packets of the forward end with TCP's flag FIN.
    Statistics fin_fwd: U32, OfTcp, |r: &Record| r.flags(0, 0);
    /// Packets of the other end with TCP's flag FIN.
    Statistics fin_rev: U32, OfTcp, |r: &Record| r.flags(1, 0);
    /// Packets of both ends with TCP's flag SYN.
    Statistics syn_total: MadeU32, OfTcp, |t| combined(t, "syn_fwd", "syn_rev", u32::saturating_add);
    /// Packets of the forward end with TCP's flag SYN.
    Statistics syn_fwd: U32, OfTcp, |r: &Record| r.flags(0, 1);
    /// Packets of the other end with TCP's flag SYN.
    Statistics syn_rev: U32, OfTcp, |r: &Record| r.flags(1, 1);
    /// Packets of both ends with TCP's flag RST.
    Statistics rst_total: MadeU32, OfTcp, |t| combined(t, "rst_fwd", "rst_rev", u32::saturating_add);
    /// Packets of the forward end with TCP's flag RST.
    Statistics rst_fwd: U32, OfTcp, |r: &Record| r.flags(0, 2);
    /// Packets of the other end with TCP's flag RST.
    Statistics rst_rev: U32, OfTcp, |r: &Record| r.flags(1, 2);
    /// Packets of both ends with TCP's flag PSH.
    Statistics psh_total: MadeU32, OfTcp, |t| combined(t, "psh_fwd", "psh_rev", u32::saturating_add);
    /// Packets of the forward end with TCP's flag PSH.
    Statistics psh_fwd: U32, OfTcp, |r: &Record| r.flags(0, 3);
    /// Packets of the other end with TCP's flag PSH.
    Statistics psh_rev: U32, OfTcp, |r: &Record| r.flags(1, 3);
    /// Packets of both ends with TCP's flag ACK.
    Statistics ack_total: MadeU32, OfTcp, |t| combined(t, "ack_fwd", "ack_rev", u32::saturating_add);
    /// Packets of the forward end with TCP's flag ACK.
    Statistics ack_fwd: U32, OfTcp, |r: &Record| r.flags(0, 4);
    /// Packets of the other end with TCP's flag ACK.
    Statistics ack_rev: U32, OfTcp, |r: &Record| r.flags(1, 4);
    /// Packets of both ends with TCP's flag URG.
    Statistics urg_total: MadeU32, OfTcp, |t| combined(t, "urg_fwd", "urg_rev", u32::saturating_add);
    /// Packets of the forward end with TCP's flag URG.
    Statistics urg_fwd: U32, OfTcp, |r: &Record| r.flags(0, 5);
    /// Packets of the other end with TCP's flag URG.
    Statistics urg_rev: U32, OfTcp, |r: &Record| r.flags(1, 5);
    /// Packets of both ends with TCP's flag ECE.
    Statistics ece_total: MadeU32, OfTcp, |t| combined(t, "ece_fwd", "ece_rev", u32::saturating_add);
    /// Packets of the forward end with TCP's flag ECE.
    Statistics ece_fwd: U32, OfTcp, |r: &Record| r.flags(0, 6);
    /// Packets of the other end with TCP's flag ECE.
    Statistics ece_rev: U32, OfTcp, |r: &Record| r.flags(1, 6);
    /// Packets of both ends with TCP's flag CWR.
    Statistics cwr_total: MadeU32, OfTcp, |t| combined(t, "cwr_fwd", "cwr_rev", u32::saturating_add);
    /// Packets of the forward end with TCP's flag CWR.
    Statistics cwr_fwd: U32, OfTcp, |r: &Record| r.flags(0, 7);
    /// Packets of the other end with TCP's flag CWR.
    Statistics cwr_rev: U32, OfTcp, |r: &Record| r.flags(1, 7);
    /// Bytes of headers behind the fixed part of IP's (20 or 40 bytes), of the forward end.
    Statistics header_bytes_fwd: U64, Always, |r: &Record| r.header_bytes(0);
    /// The least of these in a packet of the forward end.
    Statistics header_min_fwd: U32, AtLeast("packets_fwd", 1), |r: &Record| r.header_min(0);
    /// Packets of the forward end with payload.
    Statistics data_packets_fwd: U32, Always, |r: &Record| r.data_packets(0);
    /// Bytes of headers behind the fixed part of IP's (20 or 40 bytes), of the other end.
    Statistics header_bytes_rev: U64, Always, |r: &Record| r.header_bytes(1);
    /// The least of these in a packet of the other end.
    Statistics header_min_rev: U32, AtLeast("packets_rev", 1), |r: &Record| r.header_min(1);
    /// Packets of the other end with payload.
    Statistics data_packets_rev: U32, Always, |r: &Record| r.data_packets(1);
    /// Bulks of the forward end: four or more packets with payload in a row, within a second each.
    Statistics bulks_fwd: U32, Always, |r: &Record| r.bulks(0).count;
    /// Packets in the bulks of the forward end.
    Statistics bulk_packets_fwd: U32, Always, |r: &Record| r.bulks(0).packets;
    /// Bytes of payload in the bulks of the forward end.
    Statistics bulk_bytes_fwd: U64, Always, |r: &Record| r.bulks(0).bytes;
    /// Duration of the bulks of the forward end, all together.
    Statistics bulk_duration_fwd: Duration, Always, |r: &Record| r.bulks(0).duration as i64;
    /// Bulks of the other end: four or more packets with payload in a row, within a second each.
    Statistics bulks_rev: U32, Always, |r: &Record| r.bulks(1).count;
    /// Packets in the bulks of the other end.
    Statistics bulk_packets_rev: U32, Always, |r: &Record| r.bulks(1).packets;
    /// Bytes of payload in the bulks of the other end.
    Statistics bulk_bytes_rev: U64, Always, |r: &Record| r.bulks(1).bytes;
    /// Duration of the bulks of the other end, all together.
    Statistics bulk_duration_rev: Duration, Always, |r: &Record| r.bulks(1).duration as i64;
    /// Subflows: parts of the flow with no silence longer than a second.
    Statistics subflows: U32, Always, |r: &Record| r.statistics.map_or(1, |s| s.subflows);
    /// How many times the flow was silent for longer than 5 seconds.
    Statistics idle_count: U32, Always, |r: &Record| r.statistics.map_or(0, |s| s.idle_count);
    /// How long the flow was active before it became idle: least.
    Statistics active_min: Duration, AtLeast("idle_count", 1), |r: &Record| r.active().min() as i64;
    /// How long the flow was active before it became idle: mean.
    Statistics active_mean: Duration, AtLeast("idle_count", 1), |r: &Record| nanoseconds(r.active().mean());
    /// How long the flow was active before it became idle: standard deviation (of a sample).
    Statistics active_std: Duration, AtLeast("idle_count", 2), |r: &Record| nanoseconds(r.active().std());
    /// How long the flow was active before it became idle: greatest.
    Statistics active_max: Duration, AtLeast("idle_count", 1), |r: &Record| r.active().max() as i64;
    /// How long the flow was idle before it became active: least.
    Statistics idle_min: Duration, AtLeast("idle_count", 1), |r: &Record| r.idle().min() as i64;
    /// How long the flow was idle before it became active: mean.
    Statistics idle_mean: Duration, AtLeast("idle_count", 1), |r: &Record| nanoseconds(r.idle().mean());
    /// How long the flow was idle before it became active: standard deviation (of a sample).
    Statistics idle_std: Duration, AtLeast("idle_count", 2), |r: &Record| nanoseconds(r.idle().std());
    /// How long the flow was idle before it became active: greatest.
    Statistics idle_max: Duration, AtLeast("idle_count", 1), |r: &Record| r.idle().max() as i64;
    /// Bytes on the wire of each of the flow's first packets; 0 where it has no such packet.
    Sequence sequence_sizes: Steps, Always, OfStep::Size;
    /// Time of each since the packet before; 0 for the first one and where the flow has no such packet.
    Sequence sequence_iats: Steps, Always, OfStep::Gap;
    /// Direction of each: 1 forward, -1 reverse; 0 where the flow has no such packet.
    Sequence sequence_directions: Steps, Always, OfStep::Direction;
}

/// To the nearest one.
fn nanoseconds(value: f64) -> i64 {
    value.round() as i64
}

/// Two columns in one.
fn combined<T: ArrowNativeType>(table: &Table, one: &str, other: &str, with: fn(T, T) -> T) -> Vec<T> {
    let (one, other) = (table.named::<T>(one), table.named::<T>(other));
    parallel::collect(table.rows(), |row| with(one[row], other[row]))
}

/// A sum for each of so many; 0 of none.
#[allow(clippy::cast_precision_loss, reason = "means are fractions")]
fn ratio(table: &Table, sum: &str, count: &str) -> Vec<f64> {
    let (sum, count) = (table.named::<u64>(sum), table.named::<u64>(count));
    parallel::collect(table.rows(), |row| if count[row] == 0 { 0.0 } else { sum[row] as f64 / count[row] as f64 })
}

/// The least of both directions, of which one may have no packets.
fn least(table: &Table, forward: &str, reverse: &str) -> Vec<u32> {
    let (forward, reverse) = (table.named::<u32>(forward), table.named::<u32>(reverse));
    let packets = [table.named::<u64>("packets_fwd"), table.named::<u64>("packets_rev")];
    parallel::collect(table.rows(), |row| match (packets[0][row] > 0, packets[1][row] > 0) {
        (true, true) => forward[row].min(reverse[row]),
        (true, false) => forward[row],
        _ => reverse[row],
    })
}

const ICMP: [u8; 2] = [1, 58];
const UDP: u8 = 17;
const TCP: u8 = 6;

impl Record<'_> {
    #[inline]
    fn sizes(&self, side: usize) -> Sample {
        self.spread(side, |s| &s.sizes, &self.flow.bytes)
    }

    #[inline]
    fn payloads(&self, side: usize) -> Sample {
        self.spread(side, |s| &s.payloads, &self.flow.payload_bytes)
    }

    /// Of a direction, or of both for 2.
    #[inline]
    fn spread(&self, side: usize, of: impl Fn(&Statistics) -> &[Sizes; 2], sums: &[u64; 2]) -> Sample {
        let Some(statistics) = self.statistics else {
            let (packets, sum) = if side == 2 { (1, sums[0] + sums[1]) } else { (self.flow.packets[side], sums[side]) };
            return if packets == 0 { Sample::default() } else { Spread::of_one(sum).sample(1) };
        };
        match (side, of(statistics)) {
            (2, [forward, reverse]) => forward.spread(sums[0]).with(&reverse.spread(sums[1])).sample(self.flow.total_packets()),
            (side, both) => both[side].spread(sums[side]).sample(self.flow.packets[side].into()),
        }
    }

    #[inline]
    fn gaps(&self, side: usize) -> Sample {
        let packets = if side == 2 { self.flow.total_packets() } else { self.flow.packets[side].into() };
        self.statistics.map_or(Sample::default(), |s| s.gaps[side].sample(packets.saturating_sub(1)))
    }

    /// Something of each direction: of one packet `value`, where that is its direction.
    #[inline]
    fn of<T: Default>(&self, side: usize, kept: impl Fn(&Statistics) -> T, value: T) -> T {
        match self.statistics {
            Some(statistics) => kept(statistics),
            None if self.flow.packets[side] == 0 => T::default(),
            None => value,
        }
    }

    fn flags(&self, side: usize, bit: usize) -> u32 {
        self.of(side, |s| s.flags[side][bit], u32::from(self.flow.first.flags >> bit & 1))
    }

    /// When the first and the last packet came.
    fn seen(&self, side: usize) -> [i64; 2] {
        self.of(side, |s| [s.first_seen[side], s.last_seen[side]], [self.flow.first_seen; 2])
    }

    fn header_bytes(&self, side: usize) -> u64 {
        self.of(side, |s| s.header_bytes[side], self.flow.first.header.into())
    }

    fn header_min(&self, side: usize) -> u32 {
        let least = |s: &Statistics| if self.flow.packets[side] == 0 { 0 } else { s.header_min[side] };
        self.of(side, least, self.flow.first.header)
    }

    fn data_packets(&self, side: usize) -> u32 {
        self.of(side, |s| s.data_packets[side], u32::from(self.flow.payload_bytes[side] > 0))
    }

    fn bulks(&self, side: usize) -> Bulks {
        self.statistics.map_or(Bulks::default(), |s| s.bulks[side])
    }

    #[inline]
    fn active(&self) -> Sample {
        self.statistics.map_or(Sample::default(), |s| s.active.sample(s.idle_count.into()))
    }

    #[inline]
    fn idle(&self) -> Sample {
        self.statistics.map_or(Sample::default(), |s| s.idle.sample(s.idle_count.into()))
    }

    fn window(&self, end: usize) -> u16 {
        match self.tcp {
            Some(_) if self.flow.attempt && end == ORIGINATOR => self.flow.first.window,
            Some(tcp) => tcp.ends[end].window,
            None => 0,
        }
    }

    /// Which end of the key is the forward one.
    fn forward_end(&self) -> usize {
        usize::from(!self.flow.forward_is_low)
    }

    fn raw_ports(&self) -> [u16; 2] {
        let forward = self.forward_end();
        [self.flow.key.ports[forward], self.flow.key.ports[1 - forward]]
    }

    fn is_icmp(&self) -> bool {
        ICMP.contains(&self.flow.key.protocol)
    }

    fn ports(&self) -> [u16; 2] {
        if self.is_icmp() { [0, 0] } else { self.raw_ports() }
    }

    fn icmp(&self) -> [u8; 2] {
        let [message, code] = self.raw_ports();
        match (self.is_icmp(), self.flow.key.one_way) {
            (true, true) => [message as u8, code as u8],
            (true, false) => [message as u8, 0],
            _ => [0, 0],
        }
    }

    fn conn_state(&self) -> u8 {
        match (self.flow.key.protocol, self.tcp, self.flow.packets.map(|packets| packets > 0)) {
            (TCP, Some(tcp), _) => tcp.conn_state(),
            (UDP, _, [true, true]) => const { code("SF") },
            (UDP, _, [true, false]) => const { code("S0") },
            (UDP, _, [false, true]) => const { code("SHR") },
            _ => const { code("OTH") },
        }
    }

    fn history(&self) -> History {
        if let Some(tcp) = self.tcp {
            return tcp.history;
        }
        let mut history = History::default();
        if self.flow.key.protocol == UDP {
            if self.flow.guessed {
                history.push(Event::Flip, true);
            }
            // The first packet is that of the end whose letter comes first.
            let sides = if self.flow.guessed { [1, 0] } else { [0, 1] };
            for side in sides.into_iter().filter(|side| self.flow.packets[*side] > 0) {
                history.push(Event::Data, side == 0);
            }
        }
        history
    }

    /// Zeek tells nothing of connections of one moment.
    fn zeek_sizes(&self) -> [u64; 2] {
        if self.zeek_duration() == 0 {
            return [0, 0];
        }
        match (self.tcp, self.flow.key.protocol) {
            (Some(tcp), _) => tcp.sizes(),
            (_, UDP) => self.flow.payload_bytes,
            _ if self.is_icmp() => self.flow.payload_bytes,
            _ => [0, 0],
        }
    }

    fn zeek_duration(&self) -> i64 {
        let last = self.tcp.map_or(self.flow.last_seen, |tcp| tcp.last_time.min(self.flow.last_seen));
        last.saturating_sub(self.flow.first_seen).max(0)
    }
}

impl Getter {
    /// The values of a column that follows from others; None of those that are kept.
    pub fn make(&self, table: &Table) -> Option<Buffer> {
        fn make<T: ArrowNativeType>(get: &Get<T>, table: &Table) -> Option<Buffer> {
            match get {
                Get::Kept(_) => None,
                Get::Made(make) => Some(make(table).into()),
            }
        }
        match self {
            Self::U8(get) | Self::State(get) => make(get, table),
            Self::U16(get) => make(get, table),
            Self::U32(get) | Self::Ip(get) => make(get, table),
            Self::U64(get) => make(get, table),
            Self::F64(get) => make(get, table),
            Self::Time(get) | Self::Duration(get) => make(get, table),
            Self::Letters(_) | Self::Steps(_) | Self::CommunityId => None,
        }
    }

    /// Whether the column follows from others.
    pub fn is_made(&self) -> bool {
        matches!(self, Self::U32(Get::Made(_)) | Self::U64(Get::Made(_)) | Self::F64(Get::Made(_)) | Self::Duration(Get::Made(_)))
    }
}

/// The column's place in the table.
pub fn find(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|column| column.name == name)
}

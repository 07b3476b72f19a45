//! Ports that tell who answers, where the beginning of a connection was not seen.

const TCP: u8 = 6;
const UDP: u8 = 17;

/// The ports that Zeek's default scripts count as a server's (`likely_server_ports`), in ascending order.
const TCP_PORTS: &[u16] = &[
    21, 22, 25, 53, 80, 81, 88, 102, 110, 135, 139, 143, 389, 443, 445, 502, 563, 585, 587, 614, 631, 636, 989, 990, 992, 993,
    995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389, 5060, 5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080,
    8888, 9001, 20000,
];
const UDP_PORTS: &[u16] = &[
    53, 67, 88, 111, 123, 137, 161, 162, 389, 443, 514, 1812, 2123, 2152, 3389, 3544, 4011, 4789, 5060, 5072, 5353, 5355, 6081,
    8472, 20000,
];

pub fn is_server_port(protocol: u8, port: u16) -> bool {
    let ports = match protocol {
        TCP => TCP_PORTS,
        UDP => UDP_PORTS,
        _ => return false,
    };
    ports.binary_search(&port).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_in_order() {
        assert!(TCP_PORTS.is_sorted() && UDP_PORTS.is_sorted());
        assert!(is_server_port(TCP, 22) && is_server_port(UDP, 3544));
        assert!(!is_server_port(UDP, 22) && !is_server_port(132, 22));
    }
}

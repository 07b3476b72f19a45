//! Captures of both formats, well formed or not, made record by record.

/// The byte order of a file or section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

impl Order {
    pub const BOTH: [Self; 2] = [Self::Little, Self::Big];

    pub fn u16(self, value: u16) -> [u8; 2] {
        if self == Self::Big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    pub fn u32(self, value: u32) -> [u8; 4] {
        if self == Self::Big { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    pub fn words(self, values: &[u32]) -> Vec<u8> {
        values.iter().flat_map(|value| self.u32(*value)).collect()
    }
}

/// A classic capture.
#[derive(Clone, Debug)]
pub struct Classic {
    order: Order,
    modified: bool,
    pub bytes: Vec<u8>,
}

impl Classic {
    pub const MICROSECONDS: u32 = 0xa1b2_c3d4;
    pub const NANOSECONDS: u32 = 0xa1b2_3c4d;
    pub const MODIFIED: u32 = 0xa1b2_cd34;

    /// Version 2.4, microseconds, Ethernet.
    pub fn new(order: Order) -> Self {
        Self::with_header(order, Self::MICROSECONDS, (2, 4), 1)
    }

    pub fn with_header(order: Order, magic: u32, version: (u16, u16), link_type: u32) -> Self {
        let version = [order.u16(version.0), order.u16(version.1)].concat();
        let bytes = [order.u32(magic).to_vec(), version, order.words(&[0, 0, 65535, link_type])].concat();
        Self { order, modified: magic == Self::MODIFIED, bytes }
    }

    /// A record whose header holds these four numbers.
    #[must_use]
    pub fn raw(mut self, header: [u32; 4], data: &[u8]) -> Self {
        self.bytes.extend(self.order.words(&header));
        if self.modified {
            self.bytes.extend([7; 8]);
        }
        self.bytes.extend(data);
        self
    }

    /// A packet that was captured as a whole.
    #[must_use]
    pub fn packet(self, seconds: u32, fraction: u32, data: &[u8]) -> Self {
        self.raw([seconds, fraction, data.len() as u32, data.len() as u32], data)
    }
}

/// A pcapng capture.
#[derive(Clone, Debug)]
pub struct Blocks {
    order: Order,
    pub bytes: Vec<u8>,
}

impl Blocks {
    /// Begins with a section header.
    pub fn new(order: Order) -> Self {
        Self { order, bytes: Vec::new() }.section(order)
    }

    /// Another section, whose byte order may be another.
    #[must_use]
    pub fn section(mut self, order: Order) -> Self {
        self.order = order;
        let version = [order.u16(1), order.u16(0)].concat();
        self.block(0x0a0d_0d0a, &[order.u32(0x1a2b_3c4d).to_vec(), version, vec![0xff; 8]].concat())
    }

    #[must_use]
    pub fn block(self, kind: u32, body: &[u8]) -> Self {
        let padded = body.len().next_multiple_of(4);
        let length = (padded + 12) as u32;
        self.uneven_block(kind, length, body, length)
    }

    /// A block that gives its length as it likes.
    #[must_use]
    pub fn uneven_block(mut self, kind: u32, length: u32, body: &[u8], trailing: u32) -> Self {
        self.bytes.extend(self.order.words(&[kind, length]));
        self.bytes.extend(body);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.bytes.extend(self.order.u32(trailing));
        self
    }

    pub fn option(&self, code: u16, value: &[u8]) -> Vec<u8> {
        let padding = value.len().next_multiple_of(4) - value.len();
        [&self.order.u16(code)[..], &self.order.u16(value.len() as u16), value, &vec![0; padding]].concat()
    }

    #[must_use]
    pub fn interface(self, link_type: u16, snaplen: u32, options: &[u8]) -> Self {
        let body = [&self.order.u16(link_type)[..], &[0; 2], &self.order.u32(snaplen), options].concat();
        self.block(1, &body)
    }

    /// An interface with `if_tsresol` and `if_tsoffset`.
    #[must_use]
    pub fn clock(self, resolution: u8, offset: i64) -> Self {
        let offset = if self.order == Order::Big { offset.to_be_bytes() } else { offset.to_le_bytes() };
        let options = [self.option(9, &[resolution]), self.option(14, &offset), self.option(0, &[])].concat();
        self.interface(1, 0, &options)
    }

    #[must_use]
    pub fn enhanced(self, interface: u32, units: u64, length: u32, data: &[u8]) -> Self {
        let header = self.order.words(&[interface, (units >> 32) as u32, units as u32, data.len() as u32, length]);
        self.block(6, &[header, data.to_vec()].concat())
    }

    #[must_use]
    pub fn obsolete(self, interface: u16, units: u64, length: u32, data: &[u8]) -> Self {
        let interface = [self.order.u16(interface), self.order.u16(0xffff)].concat();
        let header = self.order.words(&[(units >> 32) as u32, units as u32, data.len() as u32, length]);
        self.block(2, &[interface, header, data.to_vec()].concat())
    }

    #[must_use]
    pub fn simple(self, length: u32, data: &[u8]) -> Self {
        let length = self.order.u32(length);
        self.block(3, &[&length[..], data].concat())
    }
}

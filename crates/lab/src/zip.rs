//! ZIP archives written octet by octet (APPNOTE 6.3), so that they can lie.

/// One member. [`Member::new`] is stored and in order; every field is a knob.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name, in both headers.
    pub name: Vec<u8>,
    /// Its octets as stored in the archive.
    pub stored: Vec<u8>,
    /// Size and CRC of its content.
    pub size: u64,
    /// CRC-32 of its content.
    pub crc: u32,
    /// 0 stored, 8 deflated.
    pub method: u16,
    /// General purpose bits; bit 11 says that names are UTF-8, bit 0 that it is encrypted.
    pub flags: u16,
    /// Extra field of the local header.
    pub extra: Vec<u8>,
    /// Name in the central directory, where it shall differ.
    pub central_name: Option<Vec<u8>>,
    /// Size in the central directory, where it shall differ.
    pub central_size: Option<u64>,
    /// Whether sizes and place stand in ZIP64 fields.
    pub zip64: bool,
    /// External attributes: the Unix mode in the upper half.
    pub external: u32,
    /// Place of the local header as the directory has it, where it shall differ.
    pub at: Option<u64>,
    /// Left out of the central directory.
    pub hidden: bool,
}

impl Member {
    /// Stored, in order.
    #[must_use]
    pub fn new(name: &str, content: &[u8]) -> Self {
        Self {
            name: name.as_bytes().to_vec(),
            stored: content.to_vec(),
            size: content.len() as u64,
            crc: crc32(content),
            method: 0,
            flags: 1 << 11,
            extra: Vec::new(),
            central_name: None,
            central_size: None,
            zip64: false,
            external: 0,
            at: None,
            hidden: false,
        }
    }

    /// Deflated in stored blocks: as long as before, and method 8 all the same.
    #[must_use]
    pub fn deflated(name: &str, content: &[u8]) -> Self {
        let mut stored = Vec::new();
        let mut blocks = content.chunks(0xffff).peekable();
        if content.is_empty() {
            stored.extend([1, 0, 0, 0xff, 0xff]);
        }
        while let Some(block) = blocks.next() {
            let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
            stored.push(u8::from(blocks.peek().is_none()));
            stored.extend(length.to_le_bytes());
            stored.extend((!length).to_le_bytes());
            stored.extend(block);
        }
        Self { stored, method: 8, ..Self::new(name, content) }
    }

    /// `size` zeros deflated to a hundredth and less: a small bomb.
    #[must_use]
    pub fn zeros(name: &str, size: u64) -> Self {
        let mut crc = Crc::new();
        let block = [0; 1 << 16];
        let mut left = size;
        while left > 0 {
            let now = left.min(block.len() as u64);
            crc.update(&block[..usize::try_from(now).unwrap_or(0)]);
            left -= now;
        }
        Self {
            stored: deflated_zeros(size),
            size,
            crc: crc.finish(),
            method: 8,
            ..Self::new(name, b"")
        }
    }

    /// A symbolic link as Unix programs write it.
    #[must_use]
    pub fn link(name: &str, target: &str) -> Self {
        Self { external: 0o120_777 << 16, ..Self::new(name, target.as_bytes()) }
    }
}

/// An archive.
#[derive(Clone, Debug, Default)]
pub struct Zip {
    /// The members, in this order.
    pub members: Vec<Member>,
    /// The archive's comment.
    pub comment: Vec<u8>,
    /// Octets before the first member.
    pub prefix: Vec<u8>,
    /// Octets between the last member and the directory.
    pub gap: Vec<u8>,
    /// The number of members as the end record has it, where it shall differ.
    pub count: Option<u16>,
}

impl Zip {
    /// An archive of these members.
    #[must_use]
    pub fn new(members: Vec<Member>) -> Self {
        Self { members, ..Self::default() }
    }

    /// The whole file.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let mut central = Vec::new();
        let mut count = 0_u64;
        for member in &self.members {
            let at = out.len() as u64;
            out.extend(member.local());
            out.extend(&member.stored);
            if !member.hidden {
                central.extend(member.central(member.at.unwrap_or(at)));
                count += 1;
            }
        }
        out.extend(&self.gap);
        let (start, length) = (out.len() as u64, central.len() as u64);
        out.extend(&central);
        let large = count >= 0xffff || start >= 0xffff_ffff;
        if large {
            let end64 = out.len() as u64;
            out.extend(b"PK\x06\x06");
            w64(&mut out, 44);
            w16(&mut out, 45);
            w16(&mut out, 45);
            w32(&mut out, 0);
            w32(&mut out, 0);
            for value in [count, count, length, start] {
                w64(&mut out, value);
            }
            out.extend(b"PK\x06\x07");
            w32(&mut out, 0);
            w64(&mut out, end64);
            w32(&mut out, 1);
        }
        out.extend(b"PK\x05\x06");
        let entries = self.count.unwrap_or(u16::try_from(count).unwrap_or(u16::MAX));
        for value in [0, 0, entries, entries] {
            w16(&mut out, value);
        }
        w32(&mut out, cut(length));
        w32(&mut out, if large { u32::MAX } else { cut(start) });
        w16(&mut out, u16::try_from(self.comment.len()).unwrap_or(u16::MAX));
        out.extend(&self.comment);
        out
    }
}

impl Member {
    fn local(&self) -> Vec<u8> {
        let packed = self.stored.len() as u64;
        let mut extra = self.extra.clone();
        if self.zip64 {
            w16(&mut extra, 1);
            w16(&mut extra, 16);
            w64(&mut extra, self.size);
            w64(&mut extra, packed);
        }
        let mut out = b"PK\x03\x04".to_vec();
        for value in [if self.zip64 { 45 } else { 20 }, self.flags, self.method, 0, 0x21] {
            w16(&mut out, value);
        }
        w32(&mut out, self.crc);
        for value in [packed, self.size] {
            w32(&mut out, if self.zip64 { u32::MAX } else { cut(value) });
        }
        w16(&mut out, length16(&self.name));
        w16(&mut out, length16(&extra));
        out.extend(&self.name);
        out.extend(extra);
        out
    }

    fn central(&self, at: u64) -> Vec<u8> {
        let packed = self.stored.len() as u64;
        let size = self.central_size.unwrap_or(self.size);
        let name = self.central_name.as_ref().unwrap_or(&self.name);
        let mut extra = Vec::new();
        if self.zip64 {
            w16(&mut extra, 1);
            w16(&mut extra, 24);
            w64(&mut extra, size);
            w64(&mut extra, packed);
            w64(&mut extra, at);
        }
        let version = if self.zip64 { 45 } else { 20 };
        let mut out = b"PK\x01\x02".to_vec();
        // Made by Unix, so that the mode in the external attributes counts.
        for value in [3 << 8 | version, version, self.flags, self.method, 0, 0x21] {
            w16(&mut out, value);
        }
        w32(&mut out, self.crc);
        for value in [packed, size] {
            w32(&mut out, if self.zip64 { u32::MAX } else { cut(value) });
        }
        w16(&mut out, length16(name));
        w16(&mut out, length16(&extra));
        for _ in 0..3 {
            w16(&mut out, 0);
        }
        w32(&mut out, self.external);
        w32(&mut out, if self.zip64 { u32::MAX } else { cut(at) });
        out.extend(name);
        out.extend(extra);
        out
    }
}

/// CRC-32 as ZIP has it (ISO 3309).
#[must_use]
pub fn crc32(octets: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(octets);
    crc.finish()
}

struct Crc {
    table: [u32; 256],
    state: u32,
}

impl Crc {
    fn new() -> Self {
        let mut table = [0; 256];
        for (n, slot) in (0_u32..).zip(&mut table) {
            *slot = (0..8).fold(n, |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 });
        }
        Self { table, state: u32::MAX }
    }

    fn update(&mut self, octets: &[u8]) {
        for octet in octets {
            let index = (self.state as u8 ^ octet) as usize;
            self.state = self.state >> 8 ^ self.table[index];
        }
    }

    fn finish(self) -> u32 {
        !self.state
    }
}

/// One block with the fixed codes: a zero, then "258 more of the octet before" (RFC 1951 §3.2.6).
fn deflated_zeros(size: u64) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0b011, 3); // last block, fixed codes
    let mut left = size;
    while left > 0 {
        // Literal 0: 8 bits 0011_0000; bits of a code go most significant first.
        bits.put(0b0000_1100, 8);
        left -= 1;
        while left >= 258 {
            bits.put(0b1010_0011, 8); // length 258 is code 285: 1100_0101
            bits.put(0, 5); // distance 1
            left -= 258;
        }
    }
    bits.put(0, 7); // end of block
    bits.finish()
}

#[derive(Default)]
struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        self.held |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.held as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.out.push(self.held as u8);
        }
        self.out
    }
}

fn w16(out: &mut Vec<u8>, value: u16) {
    out.extend(value.to_le_bytes());
}

fn w32(out: &mut Vec<u8>, value: u32) {
    out.extend(value.to_le_bytes());
}

fn w64(out: &mut Vec<u8>, value: u64) {
    out.extend(value.to_le_bytes());
}

fn cut(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn length16(octets: &[u8]) -> u16 {
    u16::try_from(octets.len()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert!(deflated_zeros(1 << 20).len() < 1 << 13);
    }
}

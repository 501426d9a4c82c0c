//! A ZIP written byte by byte, so that it can lie.

/// What a member says of itself that is not so.
#[derive(Clone, Copy)]
pub(crate) struct Lie<'a> {
    pub(crate) local_name: Option<&'a [u8]>,
    pub(crate) flags: u16,
    pub(crate) local_flags: Option<u16>,
    pub(crate) method: u16,
    pub(crate) size: Option<u32>,
    pub(crate) crc: Option<u32>,
    pub(crate) made_by: u16,
    pub(crate) external: u32,
    pub(crate) at: Option<u32>,
    pub(crate) extra: &'a [u8],
    /// Zeros in the local header, and these octets behind the content.
    pub(crate) descriptor: Option<&'a [u8]>,
}

pub(crate) const NONE: Lie<'static> = Lie {
    local_name: None,
    flags: 1 << 11,
    local_flags: None,
    method: 0,
    size: None,
    crc: None,
    made_by: 20,
    external: 0,
    at: None,
    extra: &[],
    descriptor: None,
};

#[derive(Default)]
pub(crate) struct Liar {
    pub(crate) out: Vec<u8>,
    central: Vec<u8>,
    count: u16,
}

fn w16(v: &mut Vec<u8>, x: u16) {
    v.extend(x.to_le_bytes());
}

fn w32(v: &mut Vec<u8>, x: u32) {
    v.extend(x.to_le_bytes());
}

impl Liar {
    pub(crate) fn add(self, name: &str, data: &[u8], lie: Lie<'_>) -> Self {
        self.add_raw(name.as_bytes(), data, lie)
    }

    pub(crate) fn add_raw(mut self, name: &[u8], data: &[u8], lie: Lie<'_>) -> Self {
        let at = lie.at.unwrap_or(self.out.len() as u32);
        let local = lie.local_name.unwrap_or(name);
        let size = data.len() as u32;
        let crc = lie.crc.unwrap_or_else(|| crc32fast::hash(data));
        let o = &mut self.out;
        w32(o, 0x0403_4b50);
        w16(o, 20);
        w16(o, lie.local_flags.unwrap_or(lie.flags));
        w16(o, lie.method);
        w32(o, 0);
        let streamed = lie.descriptor.is_some();
        w32(o, if streamed { 0 } else { crc });
        w32(o, if streamed { 0 } else { size });
        w32(o, if streamed { 0 } else { lie.size.unwrap_or(size) });
        w16(o, local.len() as u16);
        w16(o, lie.extra.len() as u16);
        o.extend(local);
        o.extend(lie.extra);
        o.extend(data);
        o.extend(lie.descriptor.unwrap_or_default());
        let c = &mut self.central;
        w32(c, 0x0201_4b50);
        w16(c, lie.made_by);
        w16(c, 20);
        w16(c, lie.flags);
        w16(c, lie.method);
        w32(c, 0);
        w32(c, crc);
        w32(c, size);
        w32(c, lie.size.unwrap_or(size));
        w16(c, name.len() as u16);
        w16(c, lie.extra.len() as u16);
        w16(c, 0);
        w16(c, 0);
        w16(c, 0);
        w32(c, lie.external);
        w32(c, at);
        c.extend(name);
        c.extend(lie.extra);
        self.count += 1;
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let count = self.count;
        self.finish_with(count, b"")
    }

    pub(crate) fn finish_with(mut self, count: u16, comment: &[u8]) -> Vec<u8> {
        let at = self.out.len() as u32;
        let size = self.central.len() as u32;
        self.out.extend(&self.central);
        w32(&mut self.out, 0x0605_4b50);
        self.out.extend([0; 4]);
        w16(&mut self.out, count);
        w16(&mut self.out, count);
        w32(&mut self.out, size);
        w32(&mut self.out, at);
        w16(&mut self.out, comment.len() as u16);
        self.out.extend(comment);
        self.out
    }
}

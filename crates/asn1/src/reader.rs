//! Pulling values out of a stream.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use crate::{Error, Limits, Result, Tag, value::split_header};

/// Octets held in memory while streaming. Small enough for a core's own
/// cache, large enough that system calls do not count.
const BUFFER: usize = 128 << 10;

/// Longest identifier and length octets: one and nine.
const LONGEST_HEADER: usize = 10;

/// The identifier and length octets of a value in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The identifier octet.
    pub tag: Tag,
    /// Length of the contents; `None` is indefinite.
    pub length: Option<u64>,
    /// Offset of the identifier octet in the stream.
    pub at: u64,
    /// Number of identifier and length octets.
    pub width: usize,
}

/// A whole value taken out of a stream, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Offset of its first octet in the stream.
    pub at: u64,
    /// The value as received, header and end-of-contents included.
    pub octets: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Frame {
    Definite { end: u64 },
    Indefinite,
}

/// Pulls BER or DER values out of any [`Read`], forwards only.
///
/// Constructed values are entered with [`open`](Self::open) and left with
/// [`close`](Self::close); values of moderate size are taken whole with
/// [`capture`](Self::capture); OCTET STRINGs of any size are read through
/// [`octets`](Self::octets).
///
/// ```
/// use std::io::Read as _;
/// use ceralacca_asn1::{Limits, Reader, Tag};
///
/// # fn main() -> ceralacca_asn1::Result<()> {
/// let stream = [0x30, 0x80, 0x02, 0x01, 0x07, 0x24, 0x80, 0x04, 0x01, b'a', 0x04, 0x01, b'b', 0, 0, 0, 0];
/// let mut reader = Reader::new(&stream[..], Limits::default());
/// reader.open(Tag::SEQUENCE)?;
/// assert_eq!(reader.capture()?.octets, [0x02, 0x01, 0x07]);
/// let mut text = String::new();
/// reader.octets()?.read_to_string(&mut text)?;
/// assert_eq!(text, "ab");
/// reader.close()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Offset in the stream of `buffer[start]`.
    offset: u64,
    frames: Vec<Frame>,
    limits: Limits,
    /// Octets of structure seen so far.
    structure: u64,
}

impl<R: Read> Reader<R> {
    /// A reader at the start of `source`.
    pub fn new(source: R, limits: Limits) -> Self {
        Self::with_buffer(source, limits, BUFFER)
    }

    /// A reader that holds `size` octets (at least 512) in memory.
    pub fn with_buffer(source: R, limits: Limits, size: usize) -> Self {
        Self {
            source,
            buffer: vec![0; size.max(512)].into_boxed_slice(),
            start: 0,
            end: 0,
            offset: 0,
            frames: Vec::new(),
            limits,
            structure: 0,
        }
    }

    /// Offset of the next octet in the stream.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The header of the next value in the value that is open, or `None` at
    /// its end (at the end of the stream where nothing is open).
    ///
    /// # Errors
    /// A malformed header, or a value that leaves the enclosing one.
    pub fn peek(&mut self) -> Result<Option<Header>> {
        let frame = self.frames.last().copied();
        if let Some(Frame::Definite { end }) = frame
            && self.offset >= end
        {
            return Ok(None);
        }
        self.fill(LONGEST_HEADER)?;
        let ready = &self.buffer[self.start..self.end];
        match (frame, ready) {
            (None, []) => return Ok(None),
            (Some(Frame::Indefinite), [0, 0, ..]) => return Ok(None),
            _ => {}
        }
        let (tag, width, length) = split_header(ready, self.offset)?;
        let header = Header { tag, length, at: self.offset, width };
        if let Some(end) = self.enclosing_end() {
            let needed = length.unwrap_or(2).checked_add(self.offset + width as u64);
            if needed.is_none_or(|needed| needed > end) {
                return Err(Error::BadLength { at: self.offset });
            }
        }
        Ok(Some(header))
    }

    /// Enters the next value, which must be constructed and have `tag`.
    ///
    /// # Errors
    /// Another value or none; nesting over the limit.
    pub fn open(&mut self, tag: Tag) -> Result<Header> {
        let header = self.expect(tag)?;
        self.count(header.width as u64)?;
        self.enter(header)?;
        Ok(header)
    }

    /// Leaves the value that is open; everything in it must have been read.
    ///
    /// # Errors
    /// Values are left in it.
    pub fn close(&mut self) -> Result<()> {
        if self.peek()?.is_some() {
            return Err(Error::TrailingData { at: self.offset });
        }
        if let Some(Frame::Indefinite) = self.frames.pop() {
            let at = self.offset;
            self.consume(2);
            if self.enclosing_end().is_some_and(|end| self.offset > end) {
                return Err(Error::BadLength { at });
            }
        }
        Ok(())
    }

    /// Takes the next value whole.
    ///
    /// # Errors
    /// No value left, a malformed one, or one over the limit of structure octets.
    pub fn capture(&mut self) -> Result<Captured> {
        let header = self.peek()?.ok_or(Error::Truncated { at: self.offset })?;
        let mut octets = Vec::new();
        // Values that wait for their end-of-contents; their ends may be anywhere.
        let mut open = 0usize;
        loop {
            self.fill(LONGEST_HEADER)?;
            let ready = &self.buffer[self.start..self.end];
            if open > 0
                && let [0, 0, ..] = ready
            {
                self.take(2, &mut octets)?;
                open -= 1;
            } else {
                let (_, width, length) = split_header(ready, self.offset)?;
                if length.is_none() {
                    open += 1;
                    if open > self.limits.depth {
                        return Err(self.limit("levels", self.limits.depth as u64));
                    }
                }
                let total = length.unwrap_or(0).checked_add(width as u64);
                let total = total.ok_or(Error::BadLength { at: self.offset })?;
                self.take(total, &mut octets)?;
            }
            if open == 0 {
                break;
            }
        }
        if let Some(end) = self.enclosing_end()
            && self.offset > end
        {
            return Err(Error::BadLength { at: header.at });
        }
        Ok(Captured { at: header.at, octets })
    }

    /// Reads the next value, an OCTET STRING, as a stream: primitive, or in
    /// pieces nested to any permitted depth.
    ///
    /// The stream must be read to its end before the reader is used again.
    ///
    /// # Errors
    /// Another value or none.
    pub fn octets(&mut self) -> Result<Octets<'_, R>> {
        let header =
            self.peek()?.ok_or(Error::Missing { expected: Tag::OCTET_STRING, at: self.offset })?;
        let base = self.frames.len();
        let mut octets = Octets { reader: self, base, left: 0, pieces: 0, done: false };
        octets.begin(header)?;
        Ok(octets)
    }

    /// Whether the stream holds octets behind what was read; `false` at its end.
    ///
    /// # Errors
    /// The source failed.
    pub fn has_more(&mut self) -> Result<bool> {
        self.fill(1)?;
        Ok(self.start < self.end)
    }

    /// Reads the rest of the stream away, returning how many octets it had.
    ///
    /// # Errors
    /// The source failed.
    pub fn drain(&mut self) -> Result<u64> {
        let from = self.offset;
        while self.has_more()? {
            self.consume(self.end - self.start);
        }
        Ok(self.offset - from)
    }

    fn expect(&mut self, tag: Tag) -> Result<Header> {
        match self.peek()? {
            Some(header) if header.tag == tag => Ok(header),
            Some(header) => {
                Err(Error::UnexpectedTag { expected: tag, found: header.tag, at: header.at })
            }
            None => Err(Error::Missing { expected: tag, at: self.offset }),
        }
    }

    /// Consumes the header of a constructed value and opens a frame for it.
    fn enter(&mut self, header: Header) -> Result<()> {
        if !header.tag.is_constructed() {
            return Err(Error::BadContents { what: "constructed value", at: header.at });
        }
        if self.frames.len() >= self.limits.depth {
            return Err(self.limit("levels", self.limits.depth as u64));
        }
        let contents = header.at + header.width as u64;
        let frame = match header.length.map(|length| contents.checked_add(length)) {
            Some(Some(end)) => Frame::Definite { end },
            Some(None) => return Err(Error::BadLength { at: header.at }),
            None => Frame::Indefinite,
        };
        self.consume(header.width);
        self.frames.push(frame);
        Ok(())
    }

    /// End of the innermost definite-length value that is open.
    fn enclosing_end(&self) -> Option<u64> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Definite { end } => Some(*end),
            Frame::Indefinite => None,
        })
    }

    /// Moves `total` octets of structure from the stream to `out`. What is not
    /// there is never allocated for.
    fn take(&mut self, total: u64, out: &mut Vec<u8>) -> Result<()> {
        self.count(total)?;
        let mut left = total;
        while left > 0 {
            self.fill(1)?;
            let ready = &self.buffer[self.start..self.end];
            if ready.is_empty() {
                return Err(Error::Truncated { at: self.offset });
            }
            let step = ready.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            out.extend_from_slice(&ready[..step]);
            self.consume(step);
            left -= step as u64;
        }
        Ok(())
    }

    fn count(&mut self, octets: u64) -> Result<()> {
        self.structure = self.structure.saturating_add(octets);
        if self.structure > self.limits.structure_bytes {
            return Err(self.limit("octets of structure", self.limits.structure_bytes));
        }
        Ok(())
    }

    fn limit(&self, what: &'static str, limit: u64) -> Error {
        Error::Limit { what, limit, at: self.offset }
    }

    /// Makes at least `wanted` octets ready, fewer only at the end of the stream.
    fn fill(&mut self, wanted: usize) -> Result<()> {
        if self.end - self.start >= wanted {
            return Ok(());
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < wanted {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => break,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn consume(&mut self, octets: usize) {
        self.start += octets;
        self.offset += octets as u64;
    }
}

impl<R: Read + Seek> Reader<R> {
    /// Goes past the next value, which must have a definite length, without
    /// reading its contents.
    ///
    /// A value that ends behind the end of the stream is not noticed here:
    /// whatever is wanted behind it will be missing.
    ///
    /// # Errors
    /// No value left, an indefinite length, or the source cannot seek.
    pub fn skip(&mut self) -> Result<Header> {
        let header = self.peek()?.ok_or(Error::Truncated { at: self.offset })?;
        let length = header.length.and_then(|length| length.checked_add(header.width as u64));
        let total = length.ok_or(Error::BadLength { at: header.at })?;
        let ready = (self.end - self.start) as u64;
        if let Some(beyond) = total.checked_sub(ready) {
            let beyond = i64::try_from(beyond).map_err(|_| Error::BadLength { at: header.at })?;
            self.source.seek(SeekFrom::Current(beyond))?;
            self.start = self.end;
        } else {
            self.start += total as usize;
        }
        self.offset = self.offset.checked_add(total).ok_or(Error::BadLength { at: header.at })?;
        Ok(header)
    }
}

/// The octets of one OCTET STRING, pieces joined, as a stream.
///
/// Errors of the encoding come out as [`io::Error`]s that hold an [`Error`];
/// `Error::from` takes it out again.
#[derive(Debug)]
pub struct Octets<'r, R> {
    reader: &'r mut Reader<R>,
    /// Frames that were open before the string.
    base: usize,
    /// Octets left in the primitive piece at hand.
    left: u64,
    pieces: u64,
    done: bool,
}

impl<R: Read> Octets<'_, R> {
    /// Number of primitive pieces met so far; 1 for a primitive string.
    #[must_use]
    pub fn pieces(&self) -> u64 {
        self.pieces
    }

    fn begin(&mut self, header: Header) -> Result<()> {
        match header.tag {
            Tag::OCTET_STRING => {
                self.reader.consume(header.width);
                // A primitive value has a definite length: `split_header` sees to it.
                self.left = header.length.unwrap_or(0);
                self.pieces += 1;
                Ok(())
            }
            Tag::OCTET_STRING_CONSTRUCTED => {
                let limit = self.reader.limits.string_depth;
                if self.reader.frames.len() - self.base >= limit {
                    return Err(self.reader.limit("levels of OCTET STRINGs", limit as u64));
                }
                self.reader.enter(header)
            }
            found => {
                Err(Error::UnexpectedTag { expected: Tag::OCTET_STRING, found, at: header.at })
            }
        }
    }

    /// Goes on to the next octet, if there is one.
    fn advance(&mut self) -> Result<()> {
        while self.left == 0 && !self.done {
            if self.reader.frames.len() == self.base {
                self.done = true;
            } else if let Some(header) = self.reader.peek()? {
                self.begin(header)?;
            } else {
                self.reader.close()?;
            }
        }
        if self.left > 0 {
            self.reader.fill(1)?;
            if self.reader.start == self.reader.end {
                return Err(Error::Truncated { at: self.reader.offset });
            }
        }
        Ok(())
    }
}

impl<R: Read> BufRead for Octets<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.advance().map_err(Error::into_io)?;
        let ready = &self.reader.buffer[self.reader.start..self.reader.end];
        Ok(&ready[..ready.len().min(usize::try_from(self.left).unwrap_or(usize::MAX))])
    }

    fn consume(&mut self, octets: usize) {
        self.left -= octets as u64;
        self.reader.consume(octets);
    }
}

impl<R: Read> Read for Octets<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ready = self.fill_buf()?;
        let step = ready.len().min(out.len());
        out[..step].copy_from_slice(&ready[..step]);
        self.consume(step);
        Ok(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der;

    /// Hands out one octet at a time, as the worst of pipes does.
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let step = out.len().min(1).min(self.0.len());
            out[..step].copy_from_slice(&self.0[..step]);
            self.0 = &self.0[step..];
            Ok(step)
        }
    }

    fn sample() -> Vec<u8> {
        let mut octets = vec![0x30, 0x80];
        octets.extend(der::integer(7));
        octets.extend([0xa0, 0x80, 0x24, 0x80]);
        octets.extend([0x24, 0x04, 0x04, 0x02, b'a', b'b']);
        octets.extend([0x04, 0x00, 0x04, 0x01, b'c']);
        octets.extend([0, 0, 0, 0]);
        octets.extend([0x31, 0x80, 0x05, 0x00, 0x00, 0x00]);
        octets.extend([0, 0]);
        octets
    }

    fn read(source: impl Read) -> Result<(Vec<u8>, Captured, Captured)> {
        let mut reader = Reader::new(source, Limits::default());
        reader.open(Tag::SEQUENCE)?;
        let first = reader.capture()?;
        reader.open(Tag::context_constructed(0))?;
        let mut content = Vec::new();
        reader.octets()?.read_to_end(&mut content)?;
        reader.close()?;
        let last = reader.capture()?;
        reader.close()?;
        Ok((content, first, last))
    }

    #[test]
    fn pieces_are_joined_and_spans_kept() {
        let octets = sample();
        for _ in 0..2 {
            let (content, first, last) = read(Drip(&octets)).unwrap();
            assert_eq!(content, b"abc");
            assert_eq!(first, Captured { at: 2, octets: vec![2, 1, 7] });
            assert_eq!(last.octets, [0x31, 0x80, 5, 0, 0, 0]);
            assert_eq!(last.at, octets.len() as u64 - 8);
        }
        assert_eq!(read(&octets[..]).unwrap().0, b"abc");
    }

    #[test]
    fn a_value_is_gone_past_without_being_read() {
        for size in [0, 1, 500, 600, 3000] {
            let octets = der::sequence(&[der::octet_string(&vec![7; size]), der::integer(9)]);
            for end in 0..=octets.len() {
                let source = io::Cursor::new(&octets[..end]);
                let mut reader = Reader::with_buffer(source, Limits::default(), 512);
                let read = |reader: &mut Reader<_>| {
                    reader.open(Tag::SEQUENCE)?;
                    let header = reader.skip()?;
                    assert_eq!(header.length, Some(size as u64));
                    let last = reader.capture()?;
                    reader.close()?;
                    Ok::<_, Error>(last)
                };
                let result = read(&mut reader);
                assert_eq!(result.is_ok(), end == octets.len(), "{size} {end}");
                if let Ok(last) = result {
                    assert_eq!(last, Captured { at: end as u64 - 3, octets: vec![2, 1, 9] });
                }
            }
        }
        let indefinite = [0x30, 0x80, 0, 0];
        let mut reader = Reader::new(io::Cursor::new(&indefinite[..]), Limits::default());
        assert!(matches!(reader.skip(), Err(Error::BadLength { at: 0 })));
    }

    #[test]
    fn truncation_fails_at_every_octet() {
        let octets = sample();
        for end in 0..octets.len() {
            assert!(read(&octets[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn flipped_bits_never_panic() {
        let octets = sample();
        for bit in 0..octets.len() * 8 {
            let mut flipped = octets.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = read(&flipped[..]);
        }
    }

    #[test]
    fn nesting_and_sizes_are_limited() {
        let run = || {
            let nested = [0x30, 0x80].repeat(10_000);
            let mut reader = Reader::new(&nested[..], Limits::default());
            let result = (0..10_000).try_for_each(|_| reader.open(Tag::SEQUENCE).map(|_| ()));
            assert!(matches!(result, Err(Error::Limit { .. })));
            let mut reader = Reader::new(&nested[..], Limits::default());
            assert!(matches!(reader.capture(), Err(Error::Limit { .. })));
            let strings = [0x24, 0x80].repeat(10_000);
            let mut reader = Reader::new(&strings[..], Limits::default());
            let result = reader.octets().and_then(|mut o| Ok(o.read_to_end(&mut Vec::new())?));
            assert!(matches!(result, Err(Error::Limit { .. })), "{result:?}");
        };
        std::thread::Builder::new().stack_size(64 << 10).spawn(run).unwrap().join().unwrap();

        let small = Limits { structure_bytes: 100, ..Limits::default() };
        let octets = der::octet_string(&[0; 200]);
        assert!(matches!(Reader::new(&octets[..], small).capture(), Err(Error::Limit { .. })));
        let mut content = Vec::new();
        Reader::new(&octets[..], small).octets().unwrap().read_to_end(&mut content).unwrap();
        assert_eq!(content.len(), 200);
    }

    #[test]
    fn lengths_past_the_end_of_numbers_are_refused() {
        let octets = [0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];
        let mut reader = Reader::new(&octets[..], Limits::default());
        assert!(matches!(reader.open(Tag::SEQUENCE), Err(Error::BadLength { at: 0 })));
    }

    #[test]
    fn end_of_contents_stands_inside_its_parent() {
        let octets = [0x30, 0x05, 0x30, 0x80, 0x05, 0x00, 0x00, 0x00];
        let mut reader = Reader::new(&octets[..], Limits::default());
        reader.open(Tag::SEQUENCE).unwrap();
        reader.open(Tag::SEQUENCE).unwrap();
        reader.capture().unwrap();
        assert!(matches!(reader.close(), Err(Error::BadLength { at: 6 })));
    }

    #[test]
    fn a_value_may_not_leave_its_parent() {
        let mut reader =
            Reader::new(&[0x30, 0x03, 0x04, 0x05, 0, 0, 0, 0, 0][..], Limits::default());
        reader.open(Tag::SEQUENCE).unwrap();
        assert!(matches!(reader.peek(), Err(Error::BadLength { at: 2 })));
    }
}

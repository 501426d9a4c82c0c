//! Values in memory, with their exact spans.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use crate::{Error, Limits, Oid, Result, Tag, time};

/// One value of a buffer: what it is, where it stands, its octets as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    tag: Tag,
    /// Header, contents and, if indefinite, end-of-contents.
    raw: &'a [u8],
    header: usize,
    indefinite: bool,
    at: u64,
}

impl<'a> Value<'a> {
    /// Parses exactly one value that fills `octets`.
    ///
    /// # Errors
    /// A malformed value, or octets behind it.
    pub fn parse(octets: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor::new(octets);
        let value = cursor.next_value()?.ok_or(Error::Truncated { at: 0 })?;
        cursor.finish()?;
        Ok(value)
    }

    /// Parses the first value of `octets`; what follows is left alone.
    ///
    /// # Errors
    /// A malformed value.
    pub fn parse_prefix(octets: &'a [u8]) -> Result<Self> {
        Cursor::new(octets).next_value()?.ok_or(Error::Truncated { at: 0 })
    }

    /// The identifier octet.
    #[must_use]
    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// The value as received, header and end-of-contents included.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The contents octets, without end-of-contents.
    #[must_use]
    pub fn contents(&self) -> &'a [u8] {
        &self.raw[self.header..self.raw.len() - if self.indefinite { 2 } else { 0 }]
    }

    /// Offset of the first octet in the buffer first given.
    #[must_use]
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Whether the length is indefinite (BER only).
    #[must_use]
    pub fn is_indefinite(&self) -> bool {
        self.indefinite
    }

    /// A cursor over the values inside.
    #[must_use]
    pub fn children(&self) -> Cursor<'a> {
        Cursor { rest: self.contents(), at: self.at + self.header as u64 }
    }

    /// This value if it has `tag`.
    ///
    /// # Errors
    /// [`Error::UnexpectedTag`].
    pub fn expect(self, tag: Tag) -> Result<Self> {
        if self.tag == tag {
            Ok(self)
        } else {
            Err(Error::UnexpectedTag { expected: tag, found: self.tag, at: self.at })
        }
    }

    /// The one value inside, as EXPLICIT tagging has it.
    ///
    /// # Errors
    /// No value inside, or more than one.
    pub fn inner(&self) -> Result<Value<'a>> {
        let mut children = self.children();
        let value = children
            .next_value()?
            .ok_or(Error::Truncated { at: self.at + self.raw.len() as u64 })?;
        children.finish()?;
        Ok(value)
    }

    /// OBJECT IDENTIFIER.
    ///
    /// # Errors
    /// Another tag or malformed contents.
    pub fn oid(&self) -> Result<Oid> {
        Oid::from_contents(self.expect(Tag::OID)?.contents(), self.at)
    }

    /// Contents of an INTEGER: two's complement, big-endian, at least one octet.
    ///
    /// # Errors
    /// Another tag or no contents.
    pub fn integer(&self) -> Result<&'a [u8]> {
        let contents = self.expect(Tag::INTEGER)?.contents();
        if contents.is_empty() { Err(self.malformed("INTEGER")) } else { Ok(contents) }
    }

    /// Non-negative INTEGER that fits 64 bits.
    ///
    /// # Errors
    /// Another tag, a negative or a larger number.
    pub fn u64(&self) -> Result<u64> {
        let contents = self.integer()?;
        let used = if contents[0] == 0 { &contents[1..] } else { contents };
        if contents[0] & 0x80 != 0 || used.len() > 8 {
            return Err(self.malformed("INTEGER"));
        }
        Ok(used.iter().fold(0, |acc, octet| acc << 8 | u64::from(*octet)))
    }

    /// BOOLEAN; any non-zero octet is true, as BER has it.
    ///
    /// # Errors
    /// Another tag or malformed contents.
    pub fn boolean(&self) -> Result<bool> {
        match self.expect(Tag::BOOLEAN)?.contents() {
            [octet] => Ok(*octet != 0),
            _ => Err(self.malformed("BOOLEAN")),
        }
    }

    /// Octets of an OCTET STRING, pieces joined.
    ///
    /// # Errors
    /// Another tag, or pieces that are no OCTET STRINGs.
    pub fn octets(&self) -> Result<Cow<'a, [u8]>> {
        if self.tag.primitive() != Tag::OCTET_STRING {
            self.expect(Tag::OCTET_STRING)?;
        }
        self.joined()
    }

    /// Octets of an implicitly tagged OCTET STRING, pieces joined.
    ///
    /// # Errors
    /// Pieces that are no OCTET STRINGs.
    pub fn joined(&self) -> Result<Cow<'a, [u8]>> {
        if !self.tag.is_constructed() {
            return Ok(Cow::Borrowed(self.contents()));
        }
        let limit = Limits::default().string_depth;
        let mut joined = Vec::new();
        let mut stack = vec![self.children()];
        while let Some(cursor) = stack.last_mut() {
            let Some(piece) = cursor.next_value()? else {
                stack.pop();
                continue;
            };
            match piece.tag {
                Tag::OCTET_STRING => joined.extend_from_slice(piece.contents()),
                Tag::OCTET_STRING_CONSTRUCTED if stack.len() < limit => {
                    stack.push(piece.children())
                }
                Tag::OCTET_STRING_CONSTRUCTED => {
                    let what = "levels of OCTET STRINGs";
                    return Err(Error::Limit { what, limit: limit as u64, at: piece.at });
                }
                found => {
                    return Err(Error::UnexpectedTag {
                        expected: Tag::OCTET_STRING,
                        found,
                        at: piece.at,
                    });
                }
            }
        }
        Ok(Cow::Owned(joined))
    }

    /// BIT STRING: number of unused bits in the last octet, and the octets.
    ///
    /// # Errors
    /// Another tag or malformed contents.
    pub fn bit_string(&self) -> Result<(u8, &'a [u8])> {
        match self.expect(Tag::BIT_STRING)?.contents() {
            [unused @ 0..=7, bits @ ..] if *unused == 0 || !bits.is_empty() => Ok((*unused, bits)),
            _ => Err(self.malformed("BIT STRING")),
        }
    }

    /// UTCTime or GeneralizedTime, as UTC.
    ///
    /// # Errors
    /// Another tag, malformed text, or local time without a zone.
    pub fn time(&self) -> Result<DateTime<Utc>> {
        match self.tag {
            Tag::UTC_TIME => time::parse_utc(self.contents()).ok_or(self.malformed("UTCTime")),
            Tag::GENERALIZED_TIME => {
                time::parse_generalized(self.contents()).ok_or(self.malformed("GeneralizedTime"))
            }
            found => Err(Error::UnexpectedTag { expected: Tag::UTC_TIME, found, at: self.at }),
        }
    }

    /// Text of any string type; what cannot be read becomes U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        let contents = self.contents();
        match self.tag {
            Tag::BMP_STRING => {
                let units = contents.chunks_exact(2).map(|c| u16::from_be_bytes([c[0], c[1]]));
                char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
            }
            Tag::UNIVERSAL_STRING => contents
                .chunks_exact(4)
                .map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]]))
                .map(|code| char::from_u32(code).unwrap_or('\u{fffd}'))
                .collect(),
            // T.61 in certificates is Latin-1 in practice.
            Tag::TELETEX_STRING if std::str::from_utf8(contents).is_err() => {
                contents.iter().map(|octet| char::from(*octet)).collect()
            }
            _ => String::from_utf8_lossy(contents).into_owned(),
        }
    }

    fn malformed(&self, what: &'static str) -> Error {
        Error::BadContents { what, at: self.at }
    }
}

/// Walks the values of a buffer in order.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
    at: u64,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `octets`.
    #[must_use]
    pub fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets, at: 0 }
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left, as received.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The identifier octet of the next value, if there is one.
    #[must_use]
    pub fn peek(&self) -> Option<Tag> {
        self.rest.first().map(|octet| Tag(*octet))
    }

    /// The next value, or `None` at the end.
    ///
    /// # Errors
    /// A malformed value or one that leaves the buffer.
    pub fn next_value(&mut self) -> Result<Option<Value<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (tag, header, length) = split_header(self.rest, self.at)?;
        let total = match length {
            Some(length) => usize::try_from(length)
                .ok()
                .and_then(|length| header.checked_add(length))
                .filter(|total| *total <= self.rest.len())
                .ok_or(Error::Truncated { at: self.at + self.rest.len() as u64 })?,
            None => indefinite_end(self.rest, self.at)?,
        };
        let (raw, rest) = self.rest.split_at(total);
        let value = Value { tag, raw, header, indefinite: length.is_none(), at: self.at };
        self.rest = rest;
        self.at += total as u64;
        Ok(Some(value))
    }

    /// The next value, which must have `tag`.
    ///
    /// # Errors
    /// Another value, or none.
    pub fn expect(&mut self, tag: Tag) -> Result<Value<'a>> {
        self.next_value()?.ok_or(Error::Missing { expected: tag, at: self.at })?.expect(tag)
    }

    /// The next value whatever it is.
    ///
    /// # Errors
    /// None left, or malformed.
    pub fn any(&mut self) -> Result<Value<'a>> {
        self.next_value()?.ok_or(Error::Truncated { at: self.at })
    }

    /// The next value if it has `tag`; otherwise nothing is consumed.
    ///
    /// # Errors
    /// A malformed value.
    pub fn optional(&mut self, tag: Tag) -> Result<Option<Value<'a>>> {
        if self.peek() == Some(tag) { self.next_value() } else { Ok(None) }
    }

    /// All values that are left.
    ///
    /// # Errors
    /// The first malformed value.
    pub fn collect_all(mut self) -> Result<Vec<Value<'a>>> {
        let mut values = Vec::new();
        while let Some(value) = self.next_value()? {
            values.push(value);
        }
        Ok(values)
    }

    /// Succeeds when nothing is left.
    ///
    /// # Errors
    /// [`Error::TrailingData`].
    pub fn finish(self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Error::TrailingData { at: self.at }) }
    }
}

/// Splits identifier and length octets: tag, header length, contents length
/// (`None` is indefinite).
pub(crate) fn split_header(octets: &[u8], at: u64) -> Result<(Tag, usize, Option<u64>)> {
    let truncated = Error::Truncated { at: at + octets.len() as u64 };
    let [identifier, first, ..] = *octets else { return Err(truncated) };
    if identifier & 0x1f == 0x1f {
        return Err(Error::HighTagNumber { at });
    }
    let tag = Tag(identifier);
    match first {
        0..=0x7f => Ok((tag, 2, Some(u64::from(first)))),
        0x80 if tag.is_constructed() => Ok((tag, 2, None)),
        0x81..=0x88 => {
            let count = usize::from(first & 0x7f);
            let length = octets.get(2..2 + count).ok_or(truncated)?;
            let length = length.iter().fold(0, |acc, octet| acc << 8 | u64::from(*octet));
            Ok((tag, 2 + count, Some(length)))
        }
        _ => Err(Error::BadLength { at }),
    }
}

/// Where the indefinite-length value at the start of `octets` ends, its
/// end-of-contents included. Walks without recursion, in one pass.
fn indefinite_end(octets: &[u8], at: u64) -> Result<usize> {
    let limit = Limits::default().depth;
    let mut position = 2;
    let mut open = 1;
    while open > 0 {
        let rest = &octets[position..];
        let here = at + position as u64;
        if let [0, 0, ..] = rest {
            position += 2;
            open -= 1;
            continue;
        }
        let (_, header, length) = split_header(rest, here)?;
        match length {
            Some(length) => {
                position = usize::try_from(length)
                    .ok()
                    .and_then(|length| (position + header).checked_add(length))
                    .filter(|end| *end <= octets.len())
                    .ok_or(Error::Truncated { at: at + octets.len() as u64 })?;
            }
            None => {
                open += 1;
                position += header;
                if open > limit {
                    return Err(Error::Limit { what: "levels", limit: limit as u64, at: here });
                }
            }
        }
    }
    Ok(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cover_header_and_end_of_contents() {
        // SEQUENCE indefinite { OCTET STRING constructed { "ab", "c" } }, NULL behind.
        let octets = [0x30, 0x80, 0x24, 0x80, 4, 2, b'a', b'b', 4, 1, b'c', 0, 0, 0, 0, 5, 0];
        let mut cursor = Cursor::new(&octets);
        let outer = cursor.any().unwrap();
        assert_eq!(outer.raw(), &octets[..15]);
        assert!(outer.is_indefinite());
        let string = outer.inner().unwrap();
        assert_eq!(string.at(), 2);
        assert_eq!(string.octets().unwrap().as_ref(), b"abc");
        assert_eq!(cursor.any().unwrap().tag(), Tag::NULL);
        assert!(cursor.is_empty());
    }

    #[test]
    fn truncation_never_panics_and_always_fails() {
        let octets = [0x30, 0x80, 0x24, 0x80, 4, 2, b'a', b'b', 0, 0, 0x02, 0x82, 0, 1, 9, 0, 0];
        assert!(Value::parse(&octets).is_ok());
        for end in 0..octets.len() {
            assert!(Value::parse(&octets[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn ten_thousand_levels_in_a_small_stack() {
        let run = || {
            let nested = [0x30, 0x80].repeat(10_000);
            assert!(matches!(Value::parse(&nested), Err(Error::Limit { .. })));
            let strings = [0x24, 0x80].repeat(40);
            let mut closed = strings.clone();
            closed.extend([0, 0].repeat(40));
            let value = Value::parse(&closed).unwrap();
            assert!(matches!(value.octets(), Err(Error::Limit { .. })));
        };
        std::thread::Builder::new().stack_size(64 << 10).spawn(run).unwrap().join().unwrap();
    }

    #[test]
    fn declared_lengths_allocate_nothing() {
        assert!(matches!(
            Value::parse(&[0x04, 0x88, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0]),
            Err(Error::Truncated { .. })
        ));
        assert!(matches!(Value::parse(&[0x04, 0x80, 0, 0]), Err(Error::BadLength { .. })));
        assert!(matches!(Value::parse(&[0x04, 0xff, 0, 0]), Err(Error::BadLength { .. })));
    }
}

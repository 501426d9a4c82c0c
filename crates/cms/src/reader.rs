//! SignedData out of a stream, in one pass.

use std::io::{BufRead, Read, Seek};
use std::ops::Range;

use asn1::{Header, Octets, Oid, Reader, Tag, Value};

use crate::{
    Error, Limits, Result, SignedData, oids,
    signed_data::{Frame, members, signer_infos},
};

/// Where the parts of a SignedData stand in its stream, in octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spans {
    /// `encapContentInfo`, header and end-of-contents included.
    pub encapsulated: Range<u64>,
    /// Whether `encapContentInfo`, or anything in it, has an indefinite length
    /// or comes in pieces: the file is BER, not DER.
    pub is_ber: bool,
    /// End of the ContentInfo; what stands behind it belongs to nobody.
    pub end: u64,
    /// Octets behind the ContentInfo.
    pub trailing: u64,
}

/// Reads a SignedData from any [`Read`]: first its head, then the content as a
/// stream, then the rest.
///
/// ```text
/// open -> content (if attached, to its end) -> finish
/// ```
#[derive(Debug)]
pub struct SignedDataReader<R> {
    reader: Reader<R>,
    limits: Limits,
    head: SignedData,
    /// `encapContentInfo` as it stands if there is no content in it.
    encapsulated: Vec<u8>,
    encapsulated_at: u64,
    has_content: bool,
    content_taken: bool,
    is_ber: bool,
}

impl<R: Read> SignedDataReader<R> {
    /// Reads up to the content.
    ///
    /// # Errors
    /// Not a ContentInfo, another content type, a malformed head.
    pub fn open(source: R, limits: Limits) -> Result<Self> {
        Self::start(Reader::new(source, limits.encoding), limits)
    }

    fn start(mut reader: Reader<R>, limits: Limits) -> Result<Self> {
        let read = || Error::reading("SignedData");
        let outer = reader.open(Tag::SEQUENCE).map_err(|error| match error {
            asn1::Error::Io(error) => Error::Io(error),
            _ => Error::NotCms,
        })?;
        let content_type = match reader.peek().map_err(read())? {
            Some(header) if header.tag == Tag::OID => {
                oid(&reader.capture().map_err(read())?.octets)?
            }
            _ => return Err(Error::NotCms),
        };
        if content_type != oids::SIGNED_DATA {
            return Err(Error::NotSignedData { found: content_type });
        }
        let explicit = reader.open(Tag::context_constructed(0)).map_err(read())?;
        let signed_data = reader.open(Tag::SEQUENCE).map_err(read())?;
        let version = reader.capture().map_err(read())?.octets;
        let version = Value::parse(&version).and_then(|v| v.u64()).map_err(read())?;
        let announced = reader.capture().map_err(read())?.octets;
        if announced.first() != Some(&Tag::SET.0) {
            return Err(read()(asn1::Error::Missing { expected: Tag::SET, at: reader.offset() }));
        }
        let digest_algorithms = members(&announced, "digest algorithms", limits.members)?;
        let encapsulated = reader.open(Tag::SEQUENCE).map_err(read())?;
        let raw_type = reader.capture().map_err(read())?.octets;
        let content_type = oid(&raw_type)?;
        let explicit_content = reader.peek().map_err(read())?;
        if explicit_content.is_some() {
            reader.open(Tag::context_constructed(0)).map_err(read())?;
        }
        let headers =
            [Some(outer), Some(explicit), Some(signed_data), Some(encapsulated), explicit_content];
        Ok(Self {
            reader,
            limits,
            head: SignedData { version, digest_algorithms, ..SignedData::new(content_type) },
            encapsulated: detached_content(&encapsulated, &raw_type),
            encapsulated_at: encapsulated.at,
            has_content: explicit_content.is_some(),
            content_taken: false,
            is_ber: headers.iter().flatten().any(|header| header.length.is_none()),
        })
    }

    /// What is known before the content: version, digest algorithms and
    /// content type; its other fields are still empty.
    #[must_use]
    pub fn head(&self) -> &SignedData {
        &self.head
    }

    /// Whether the content is inside.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.has_content
    }

    /// Where `encapContentInfo` begins in the stream.
    #[must_use]
    pub fn encapsulated_start(&self) -> u64 {
        self.encapsulated_at
    }

    /// The content as a stream, pieces joined; `None` for a detached signature
    /// or when it was taken before. It must be read to its end before
    /// [`finish`](Self::finish).
    ///
    /// # Errors
    /// The content is no OCTET STRING.
    pub fn content(&mut self) -> Result<Option<Content<'_, R>>> {
        if !self.has_content || self.content_taken {
            return Ok(None);
        }
        self.content_taken = true;
        let read = || Error::reading("the content");
        if let Some(header) = self.reader.peek().map_err(read())? {
            self.is_ber |= header.tag.is_constructed();
        }
        let octets = self.reader.octets().map_err(read())?;
        Ok(Some(Content { octets }))
    }

    /// Reads what stands behind the content. Content that was not taken is
    /// read past.
    ///
    /// # Errors
    /// A malformed structure, or more members than the limits allow.
    pub fn finish(mut self) -> Result<(SignedData, Spans)> {
        let read = || Error::reading("SignedData");
        if let Some(mut content) = self.content()? {
            std::io::copy(&mut content, &mut std::io::sink())
                .map_err(|error| Error::from_read("the content", error))?;
        }
        if self.has_content {
            self.reader.close().map_err(read())?;
        }
        self.reader.close().map_err(read())?;
        let encapsulated = self.encapsulated_at..self.reader.offset();
        let mut data = self.head;
        data.stored.encapsulated = (!self.has_content).then_some(self.encapsulated);
        let mut next = self.reader.peek().map_err(read())?;
        if next.is_some_and(|header| header.tag == Tag::context_constructed(0)) {
            let captured = self.reader.capture().map_err(Error::reading("the certificates"))?;
            data.certificates = members(&captured.octets, "certificates", self.limits.members)?;
            data.stored.certificates = Frame::of(&captured.octets, &data.certificates);
            next = self.reader.peek().map_err(read())?;
        }
        if next.is_some_and(|header| header.tag == Tag::context_constructed(1)) {
            let captured = self.reader.capture().map_err(Error::reading("the revocation lists"))?;
            data.crls = members(&captured.octets, "revocation lists", self.limits.members)?;
            data.stored.crls = Frame::of(&captured.octets, &data.crls);
            next = self.reader.peek().map_err(read())?;
        }
        match next {
            Some(header) if header.tag == Tag::SET => {
                let captured = self.reader.capture().map_err(Error::reading("the signers"))?;
                data.signer_infos = signer_infos(&captured.octets, &self.limits)?;
            }
            Some(header) => {
                let (expected, found, at) = (Tag::SET, header.tag, header.at);
                return Err(read()(asn1::Error::UnexpectedTag { expected, found, at }));
            }
            None => {
                let at = self.reader.offset();
                return Err(read()(asn1::Error::Missing { expected: Tag::SET, at }));
            }
        }
        // SignedData, [0], ContentInfo.
        for _ in 0..3 {
            self.reader.close().map_err(read())?;
        }
        let end = self.reader.offset();
        let trailing = self.reader.drain().map_err(read())?;
        Ok((data, Spans { encapsulated, is_ber: self.is_ber, end, trailing }))
    }
}

impl<R: Read + Seek> SignedDataReader<R> {
    /// Goes past content that is one primitive OCTET STRING without reading
    /// it, and says where its octets stand. `None` when there is no content,
    /// when it comes in pieces, or when it was taken before: then nothing is done.
    ///
    /// # Errors
    /// The content is no OCTET STRING; the source cannot seek.
    pub fn skip_content(&mut self) -> Result<Option<Range<u64>>> {
        let read = || Error::reading("the content");
        if !self.has_content || self.content_taken {
            return Ok(None);
        }
        match self.reader.peek().map_err(read())? {
            Some(header) if header.tag == Tag::OCTET_STRING => {}
            _ => return Ok(None),
        }
        self.content_taken = true;
        let header = self.reader.skip().map_err(read())?;
        Ok(Some(header.at + header.width as u64..self.reader.offset()))
    }
}

/// The content of a SignedData as a stream.
#[derive(Debug)]
pub struct Content<'r, R> {
    octets: Octets<'r, R>,
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.octets.read(out)
    }
}

impl<R: Read> BufRead for Content<'_, R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.octets.fill_buf()
    }

    fn consume(&mut self, octets: usize) {
        self.octets.consume(octets);
    }
}

/// Reads a whole SignedData that is in memory, with its content if attached.
/// For time-stamp tokens and detached signatures, not for files of unknown size.
///
/// # Errors
/// As [`SignedDataReader`]; octets behind the ContentInfo are an error here.
pub fn parse(octets: &[u8], limits: &Limits) -> Result<(SignedData, Option<Vec<u8>>)> {
    let reader = Reader::with_buffer(octets, limits.encoding, octets.len().min(16 << 10));
    let mut reader = SignedDataReader::start(reader, *limits)?;
    let mut content = None;
    if let Some(mut stream) = reader.content()? {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map_err(|error| Error::from_read("the content", error))?;
        content = Some(bytes);
    }
    let (data, spans) = reader.finish()?;
    if spans.trailing > 0 {
        return Err(Error::reading("SignedData")(asn1::Error::TrailingData { at: spans.end }));
    }
    Ok((data, content))
}

/// An `encapContentInfo` without content, from the header it was found with
/// and its content type.
fn detached_content(header: &Header, content_type: &[u8]) -> Vec<u8> {
    let mut octets = vec![header.tag.0];
    match header.length {
        None => octets.push(0x80),
        Some(length) if header.width == 2 => octets.push(length as u8),
        // Lengths may be written with more octets than they need.
        Some(length) => {
            let width = header.width - 2;
            octets.push(0x80 | width as u8);
            octets.extend(&length.to_be_bytes()[8 - width.min(8)..]);
        }
    }
    octets.extend(content_type);
    if header.length.is_none() {
        octets.extend([0, 0]);
    }
    octets
}

fn oid(octets: &[u8]) -> Result<Oid> {
    Value::parse(octets).and_then(|value| value.oid()).map_err(Error::reading("SignedData"))
}

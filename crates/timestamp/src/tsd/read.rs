//! TimeStampedData out of a stream, in one pass (RFC 5544 §2).

use std::io::Read;
use std::ops::Range;

use asn1::{Octets, Oid, Reader, Tag, Value};

use super::{MetaData, TIMESTAMPED_DATA, TemporalEvidence, TimeStampedData, reading};
use crate::{Error, Result};

/// Where the parts of a TimeStampedData stand in its stream, in octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TsdSpans {
    /// From `version` to the end of `content`: what a renewal keeps as it stands.
    pub body: Range<u64>,
    /// Whether lengths are indefinite or the content comes in pieces: BER, not DER.
    pub is_ber: bool,
    /// End of the ContentInfo; what stands behind it belongs to nobody.
    pub end: u64,
    /// Octets behind the ContentInfo.
    pub trailing: u64,
}

/// Reads a TimeStampedData from any [`Read`]: its head, the content as a stream, the evidence.
///
/// ```text
/// open -> content (if inside, to its end) -> finish
/// ```
#[derive(Debug)]
pub struct TsdReader<R> {
    reader: Reader<R>,
    version: u64,
    data_uri: Option<String>,
    metadata: Option<MetaData>,
    body_at: u64,
    has_content: bool,
    content_taken: bool,
    is_ber: bool,
}

impl<R: Read> TsdReader<R> {
    /// Reads up to the content.
    ///
    /// # Errors
    /// Not a ContentInfo, another content type, a malformed head.
    pub fn open(source: R, limits: asn1::Limits) -> Result<Self> {
        let mut reader = Reader::new(source, limits);
        let read = || reading("TimeStampedData");
        let outer = reader.open(Tag::SEQUENCE).map_err(|error| match error {
            asn1::Error::Io(error) => Error::Io(error),
            _ => Error::NotTimeStampedData,
        })?;
        match reader.peek().map_err(read())? {
            Some(header) if header.tag == Tag::OID => {
                let found: Result<Oid> = {
                    let octets = reader.capture().map_err(read())?.octets;
                    Value::parse(&octets).and_then(|value| value.oid()).map_err(read())
                };
                if found? != TIMESTAMPED_DATA {
                    return Err(Error::NotTimeStampedData);
                }
            }
            _ => return Err(Error::NotTimeStampedData),
        }
        let explicit = reader.open(Tag::context_constructed(0)).map_err(read())?;
        let data = reader.open(Tag::SEQUENCE).map_err(read())?;
        let body_at = reader.offset();
        let version = reader.capture().map_err(read())?.octets;
        let version = Value::parse(&version).and_then(|value| value.u64()).map_err(read())?;
        let mut next = reader.peek().map_err(read())?;
        let mut data_uri = None;
        if next.is_some_and(|header| header.tag.primitive() == Tag::IA5_STRING) {
            let octets = reader.capture().map_err(read())?.octets;
            data_uri = Some(Value::parse(&octets).map_err(read())?.text());
            next = reader.peek().map_err(read())?;
        }
        let mut metadata = None;
        if next.is_some_and(|header| header.tag == Tag::SEQUENCE) {
            let octets = reader.capture().map_err(read())?.octets;
            metadata = Some(MetaData::parse(&octets).map_err(reading("the metadata"))?);
            next = reader.peek().map_err(read())?;
        }
        let has_content = next.is_some_and(|header| header.tag.primitive() == Tag::OCTET_STRING);
        let pieces = next.is_some_and(|header| has_content && header.tag.is_constructed());
        Ok(Self {
            reader,
            version,
            data_uri,
            metadata,
            body_at,
            has_content,
            content_taken: false,
            is_ber: pieces || [outer, explicit, data].iter().any(|h| h.length.is_none()),
        })
    }

    /// The metadata, which the first time-stamp may be over.
    #[must_use]
    pub fn metadata(&self) -> Option<&MetaData> {
        self.metadata.as_ref()
    }

    /// Whether the content is inside.
    #[must_use]
    pub fn has_content(&self) -> bool {
        self.has_content
    }

    /// The content as a stream, pieces joined; `None` when it is elsewhere or was taken before. It
    /// must be read to its end before [`finish`](Self::finish).
    ///
    /// # Errors
    /// The content is no OCTET STRING.
    pub fn content(&mut self) -> Result<Option<Octets<'_, R>>> {
        if !self.has_content || self.content_taken {
            return Ok(None);
        }
        self.content_taken = true;
        Ok(Some(self.reader.octets().map_err(reading("the content"))?))
    }

    /// Reads what stands behind the content. Content that was not taken is read past.
    ///
    /// # Errors
    /// A malformed structure, or more time-stamps than anybody needs.
    pub fn finish(mut self) -> Result<(TimeStampedData, TsdSpans)> {
        let read = || reading("TimeStampedData");
        if let Some(mut content) = self.content()? {
            std::io::copy(&mut content, &mut std::io::sink())
                .map_err(|error| reading("the content")(asn1::Error::from(error)))?;
        }
        let body = self.body_at..self.reader.offset();
        let evidence = self.reader.capture().map_err(reading("the temporal evidence"))?;
        let evidence = TemporalEvidence::parse(&evidence.octets)?;
        // TimeStampedData, [0], ContentInfo.
        for _ in 0..3 {
            self.reader.close().map_err(read())?;
        }
        let end = self.reader.offset();
        let trailing = self.reader.drain().map_err(read())?;
        let Self { version, data_uri, metadata, is_ber, .. } = self;
        let data = TimeStampedData { version, data_uri, metadata, evidence };
        Ok((data, TsdSpans { body, is_ber, end, trailing }))
    }
}

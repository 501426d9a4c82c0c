//! AlgorithmIdentifier (RFC 5280 §4.1.1.2).

use asn1::{Cursor, Oid, Tag, Value, der};

use crate::{Error, Result, error::Context};

/// An algorithm and its parameters.
///
/// ```text
/// AlgorithmIdentifier ::= SEQUENCE {
///     algorithm   OBJECT IDENTIFIER,
///     parameters  ANY DEFINED BY algorithm OPTIONAL }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlgorithmIdentifier {
    /// The algorithm.
    pub oid: Oid,
    /// The parameters as received, tag and length included.
    pub parameters: Option<Vec<u8>>,
}

impl AlgorithmIdentifier {
    /// An algorithm without parameters.
    #[must_use]
    pub fn bare(oid: Oid) -> Self {
        Self { oid, parameters: None }
    }

    /// An algorithm with NULL for parameters.
    #[must_use]
    pub fn with_null(oid: Oid) -> Self {
        Self { oid, parameters: Some(der::null()) }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// Not an AlgorithmIdentifier.
    pub fn parse(value: &Value<'_>) -> Result<Self> {
        let what = "AlgorithmIdentifier";
        let mut fields = value.expect(Tag::SEQUENCE).context(what)?.children();
        Self::parse_fields(&mut fields).context(what)
    }

    fn parse_fields(fields: &mut Cursor<'_>) -> asn1::Result<Self> {
        let oid = fields.expect(Tag::OID)?.oid()?;
        let parameters = fields.next_value()?.map(|value| value.raw().to_vec());
        if let Some(extra) = fields.next_value()? {
            return Err(asn1::Error::TrailingData { at: extra.at() });
        }
        Ok(Self { oid, parameters })
    }

    /// Reads octets that hold nothing else.
    ///
    /// # Errors
    /// Not an AlgorithmIdentifier, or more than that.
    pub fn from_der(octets: &[u8]) -> Result<Self> {
        Self::parse(&Value::parse(octets).context("AlgorithmIdentifier")?)
    }

    /// The encoding.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        der::sequence(&[der::oid(&self.oid), self.parameters.clone().unwrap_or_default()])
    }

    /// Whether there are no parameters, or only NULL: the two ways of saying
    /// "none" (RFC 5754 §2).
    #[must_use]
    pub fn has_no_parameters(&self) -> bool {
        self.parameters.as_deref().is_none_or(|raw| raw == [0x05, 0x00])
    }

    /// Whether both mean the same algorithm: equal, or one says NULL where the
    /// other says nothing.
    #[must_use]
    pub fn same_meaning(&self, other: &Self) -> bool {
        self.oid == other.oid
            && (self.parameters == other.parameters
                || (self.has_no_parameters() && other.has_no_parameters()))
    }

    pub(crate) fn require_no_parameters(&self) -> Result<()> {
        if self.has_no_parameters() {
            Ok(())
        } else {
            Err(Error::malformed("algorithm parameters: there should be none"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_absent_mean_the_same() {
        let oid = Oid::new("2.16.840.1.101.3.4.2.1");
        let (bare, null) = (AlgorithmIdentifier::bare(oid), AlgorithmIdentifier::with_null(oid));
        assert_ne!(bare, null);
        assert!(bare.same_meaning(&null) && null.same_meaning(&bare));
        for one in [&bare, &null] {
            assert_eq!(AlgorithmIdentifier::from_der(&one.to_der()).unwrap(), *one);
        }
        let odd = AlgorithmIdentifier { oid, parameters: Some(der::integer(1)) };
        assert!(!odd.same_meaning(&null));
    }

    #[test]
    fn truncated_or_longer_is_refused() {
        let whole = AlgorithmIdentifier::with_null(Oid::new("1.2.840.113549.1.1.1")).to_der();
        for end in 0..whole.len() {
            assert!(AlgorithmIdentifier::from_der(&whole[..end]).is_err(), "{end}");
        }
        let three = der::sequence(&[der::oid(&Oid::new("1.2.3")), der::null(), der::null()]);
        assert!(AlgorithmIdentifier::from_der(&three).is_err());
    }
}

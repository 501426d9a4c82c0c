//! What can keep a certificate, CRL or OCSP response from being read.

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The object could not be read. What it says, however bad, is never an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The octets do not have the ASN.1 shape of the object.
    #[error("the {object} is not well-formed")]
    Encoding {
        /// The object read: `certificate`, `CRL`, `OCSP response`.
        object: &'static str,
        /// The flaw and where it is.
        #[source]
        source: asn1::Error,
    },
    /// Well-formed ASN.1 that the object's own rules forbid.
    #[error("the {object} breaks a rule of its format at octet {at}: {rule}")]
    Structure {
        /// The object read.
        object: &'static str,
        /// The rule, with its clause.
        rule: &'static str,
        /// Octet offset in the object.
        at: u64,
    },
    /// Neither DER nor a PEM block of the object asked for.
    #[error("no {object} found in these {octets} octets")]
    NotFound {
        /// The object looked for.
        object: &'static str,
        /// How many octets were searched.
        octets: usize,
    },
    /// A PEM block whose body is not base64 (RFC 7468 §3).
    #[error("the PEM block {label} is not base64")]
    Base64 {
        /// The label of the block, cleaned for display.
        label: String,
        /// Why it could not be decoded.
        #[source]
        source: base64::DecodeError,
    },
    /// The responder answered without a response (RFC 6960 §4.2.1).
    #[error("the OCSP responder refused to answer: {status}")]
    OcspRefused {
        /// Its reason.
        status: crate::OcspRefusal,
    },
    /// A response type other than id-pkix-ocsp-basic (RFC 6960 §4.2.1).
    #[error("the OCSP response is of an unknown type")]
    OcspType {
        /// The object identifier found.
        found: asn1::Oid,
    },
}

impl Error {
    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Encoding { source, .. } => source.hint(),
            Self::NotFound { .. } => Some("check that the file is the one meant, as DER or PEM"),
            Self::Structure { .. } | Self::Base64 { .. } | Self::OcspType { .. } => {
                Some("the file is damaged or of another kind: ask its issuer for it again")
            }
            Self::OcspRefused { .. } => Some("try again later, or give the CRL instead"),
        }
    }

    /// Wraps an encoding error of `object`.
    pub(crate) fn encoding(object: &'static str) -> impl Fn(asn1::Error) -> Self + Copy {
        move |source| Self::Encoding { object, source }
    }
}

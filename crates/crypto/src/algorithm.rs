//! Signature algorithms and what their identifiers say (RFC 3279, 4055, 5754,
//! 5758, 8419, 8692, 8702; BSI TR-03111 §5.2.1).

use std::fmt;

use asn1::{Oid, Tag};

use crate::{
    AlgorithmIdentifier, DigestAlgorithm, Error, PssParameters, Result,
    digest::DigestAlgorithm::{
        Md5, Ripemd160, Sha1, Sha3_224, Sha3_256, Sha3_384, Sha3_512, Sha224, Sha256, Sha384,
        Sha512, Sha512_224, Sha512_256, Shake128, Shake256,
    },
};

/// How a signature value is made from a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1 {
        /// The digest of the message.
        digest: DigestAlgorithm,
    },
    /// RSASSA-PSS (RFC 8017 §8.1); the fields are those of [`PssParameters`].
    RsaPss {
        /// The digest of the message.
        digest: DigestAlgorithm,
        /// The digest inside MGF1, or a SHAKE used directly.
        mgf_digest: DigestAlgorithm,
        /// Octets of the salt.
        salt_len: u32,
        /// The trailer field: 1.
        trailer: u32,
    },
    /// ECDSA with a DER value (RFC 5753, SEC 1 §4.1).
    Ecdsa {
        /// The digest of the message.
        digest: DigestAlgorithm,
    },
    /// ECDSA with the plain value r‖s (BSI TR-03111 §5.2.1.1).
    PlainEcdsa {
        /// The digest of the message.
        digest: DigestAlgorithm,
    },
    /// DSA (FIPS 186-4). Verification only.
    Dsa {
        /// The digest of the message.
        digest: DigestAlgorithm,
    },
    /// Ed25519 (RFC 8032 §5.1), pure.
    Ed25519,
    /// Ed448 (RFC 8032 §5.2), pure, empty context.
    Ed448,
}

pub(crate) const RSA_ENCRYPTION: Oid = Oid::new("1.2.840.113549.1.1.1");
pub(crate) const RSASSA_PSS: Oid = Oid::new("1.2.840.113549.1.1.10");
pub(crate) const EC_PUBLIC_KEY: Oid = Oid::new("1.2.840.10045.2.1");
pub(crate) const ID_DSA: Oid = Oid::new("1.2.840.10040.4.1");
pub(crate) const ED25519: Oid = Oid::new("1.3.101.112");
pub(crate) const ED448: Oid = Oid::new("1.3.101.113");
const ECDSA_WITH_SPECIFIED: Oid = Oid::new("1.2.840.10045.4.3");

type Table = &'static [(Oid, DigestAlgorithm)];

/// The first identifier of a digest is the one that is written.
const RSA: Table = &[
    (Oid::new("1.2.840.113549.1.1.4"), Md5),
    (Oid::new("1.2.840.113549.1.1.5"), Sha1),
    (Oid::new("1.3.14.3.2.29"), Sha1),
    (Oid::new("1.3.36.3.3.1.2"), Ripemd160),
    (Oid::new("1.2.840.113549.1.1.14"), Sha224),
    (Oid::new("1.2.840.113549.1.1.11"), Sha256),
    (Oid::new("1.2.840.113549.1.1.12"), Sha384),
    (Oid::new("1.2.840.113549.1.1.13"), Sha512),
    (Oid::new("1.2.840.113549.1.1.15"), Sha512_224),
    (Oid::new("1.2.840.113549.1.1.16"), Sha512_256),
    (Oid::new("2.16.840.1.101.3.4.3.13"), Sha3_224),
    (Oid::new("2.16.840.1.101.3.4.3.14"), Sha3_256),
    (Oid::new("2.16.840.1.101.3.4.3.15"), Sha3_384),
    (Oid::new("2.16.840.1.101.3.4.3.16"), Sha3_512),
];

const ECDSA: Table = &[
    (Oid::new("1.2.840.10045.4.1"), Sha1),
    (Oid::new("1.2.840.10045.4.3.1"), Sha224),
    (Oid::new("1.2.840.10045.4.3.2"), Sha256),
    (Oid::new("1.2.840.10045.4.3.3"), Sha384),
    (Oid::new("1.2.840.10045.4.3.4"), Sha512),
    (Oid::new("2.16.840.1.101.3.4.3.9"), Sha3_224),
    (Oid::new("2.16.840.1.101.3.4.3.10"), Sha3_256),
    (Oid::new("2.16.840.1.101.3.4.3.11"), Sha3_384),
    (Oid::new("2.16.840.1.101.3.4.3.12"), Sha3_512),
    (Oid::new("1.3.6.1.5.5.7.6.32"), Shake128),
    (Oid::new("1.3.6.1.5.5.7.6.33"), Shake256),
];

const PLAIN_ECDSA: Table = &[
    (Oid::new("0.4.0.127.0.7.1.1.4.1.1"), Sha1),
    (Oid::new("0.4.0.127.0.7.1.1.4.1.2"), Sha224),
    (Oid::new("0.4.0.127.0.7.1.1.4.1.3"), Sha256),
    (Oid::new("0.4.0.127.0.7.1.1.4.1.4"), Sha384),
    (Oid::new("0.4.0.127.0.7.1.1.4.1.5"), Sha512),
    (Oid::new("0.4.0.127.0.7.1.1.4.1.6"), Ripemd160),
    (Oid::new("0.4.0.127.0.7.1.1.4.1.8"), Sha3_224),
    (Oid::new("0.4.0.127.0.7.1.1.4.1.9"), Sha3_256),
    (Oid::new("0.4.0.127.0.7.1.1.4.1.10"), Sha3_384),
    (Oid::new("0.4.0.127.0.7.1.1.4.1.11"), Sha3_512),
];

const DSA: Table = &[
    (Oid::new("1.2.840.10040.4.3"), Sha1),
    (Oid::new("1.3.14.3.2.27"), Sha1),
    (Oid::new("2.16.840.1.101.3.4.3.1"), Sha224),
    (Oid::new("2.16.840.1.101.3.4.3.2"), Sha256),
    (Oid::new("2.16.840.1.101.3.4.3.3"), Sha384),
    (Oid::new("2.16.840.1.101.3.4.3.4"), Sha512),
    (Oid::new("2.16.840.1.101.3.4.3.5"), Sha3_224),
    (Oid::new("2.16.840.1.101.3.4.3.6"), Sha3_256),
    (Oid::new("2.16.840.1.101.3.4.3.7"), Sha3_384),
    (Oid::new("2.16.840.1.101.3.4.3.8"), Sha3_512),
];

/// id-RSASSA-PSS-SHAKE128 and -SHAKE256 (RFC 8702 §3.2): everything is fixed,
/// no parameters.
const PSS_SHAKE: Table =
    &[(Oid::new("1.3.6.1.5.5.7.6.30"), Shake128), (Oid::new("1.3.6.1.5.5.7.6.31"), Shake256)];

fn find(table: Table, oid: &Oid) -> Option<DigestAlgorithm> {
    table.iter().find(|row| row.0 == *oid).map(|row| row.1)
}

fn written(table: Table, digest: DigestAlgorithm) -> Option<Oid> {
    table.iter().find(|row| row.1 == digest).map(|row| row.0)
}

impl SignatureAlgorithm {
    /// RSASSA-PSS with these parameters.
    #[must_use]
    pub fn pss(parameters: PssParameters) -> Self {
        let PssParameters { digest, mgf_digest, salt_len, trailer } = parameters;
        Self::RsaPss { digest, mgf_digest, salt_len, trailer }
    }

    /// The RSASSA-PSS parameters, if it is that.
    #[must_use]
    pub fn pss_parameters(&self) -> Option<PssParameters> {
        match *self {
            Self::RsaPss { digest, mgf_digest, salt_len, trailer } => {
                Some(PssParameters { digest, mgf_digest, salt_len, trailer })
            }
            _ => None,
        }
    }

    /// What a `signatureAlgorithm` means. CMS writers also put the bare key
    /// algorithm there (RFC 3370 §3.2): its digest is `message_digest`, the
    /// digestAlgorithm beside it.
    ///
    /// # Errors
    /// Unknown algorithm, malformed parameters, or a bare key algorithm and no
    /// `message_digest`.
    pub fn from_identifier(
        identifier: &AlgorithmIdentifier,
        message_digest: Option<DigestAlgorithm>,
    ) -> Result<Self> {
        let oid = identifier.oid;
        let given = || message_digest.ok_or(Error::DigestNotStated { oid });
        if oid == RSASSA_PSS {
            // Without parameters the standards leave the digest open for a key
            // (RFC 4055 §3.1) and forbid it for a signature.
            let parameters = identifier.parameters.as_deref();
            let missing = Error::malformed("RSASSA-PSS signature algorithm: no parameters");
            return Ok(Self::pss(PssParameters::from_der(parameters.ok_or(missing)?)?));
        }
        if oid == ED25519 || oid == ED448 {
            if identifier.parameters.is_some() {
                return Err(Error::malformed("EdDSA algorithm: it has no parameters"));
            }
            return Ok(if oid == ED25519 { Self::Ed25519 } else { Self::Ed448 });
        }
        if oid == EC_PUBLIC_KEY {
            // Old writers copy the whole key algorithm, curve included.
            return Ok(Self::Ecdsa { digest: given()? });
        }
        if oid == ID_DSA {
            return Ok(Self::Dsa { digest: given()? });
        }
        if oid == ECDSA_WITH_SPECIFIED {
            // ANSI X9.62-2005: the digest is the parameter.
            let raw = identifier.parameters.as_deref().unwrap_or_default();
            let inner = AlgorithmIdentifier::from_der(raw)?;
            return Ok(Self::Ecdsa { digest: DigestAlgorithm::from_identifier(&inner)? });
        }
        let found = if oid == RSA_ENCRYPTION {
            Some(Self::RsaPkcs1 { digest: given()? })
        } else if let Some(digest) = find(RSA, &oid) {
            Some(Self::RsaPkcs1 { digest })
        } else if let Some(digest) = find(ECDSA, &oid) {
            Some(Self::Ecdsa { digest })
        } else if let Some(digest) = find(PLAIN_ECDSA, &oid) {
            Some(Self::PlainEcdsa { digest })
        } else if let Some(digest) = find(PSS_SHAKE, &oid) {
            Some(Self::pss(PssParameters::of_digest(digest)))
        } else {
            find(DSA, &oid).map(|digest| Self::Dsa { digest })
        };
        let unsupported = || Error::UnsupportedAlgorithm { kind: "signature", oid };
        let found = found
            .filter(|found| found.digest().is_some_and(DigestAlgorithm::is_available))
            .ok_or_else(unsupported)?;
        // dsa-with-SHA1 was seen with the domain parameters of its key.
        let copied = matches!(found, Self::Dsa { .. })
            && identifier
                .parameters
                .as_ref()
                .is_some_and(|raw| raw.first() == Some(&Tag::SEQUENCE.0));
        if !copied {
            identifier.require_no_parameters()?;
        }
        Ok(found)
    }

    /// The identifier, with parameters as the RFCs want them: NULL for RSA
    /// PKCS#1 v1.5, absent for ECDSA, DSA and EdDSA. A digest for which no
    /// combined identifier exists gives the bare key algorithm.
    #[must_use]
    pub fn identifier(&self) -> AlgorithmIdentifier {
        match *self {
            Self::RsaPkcs1 { digest } => {
                AlgorithmIdentifier::with_null(written(RSA, digest).unwrap_or(RSA_ENCRYPTION))
            }
            Self::RsaPss { digest, mgf_digest, salt_len, trailer } => {
                let parameters = PssParameters { digest, mgf_digest, salt_len, trailer };
                match written(PSS_SHAKE, digest) {
                    Some(oid) if parameters == PssParameters::of_digest(digest) => {
                        AlgorithmIdentifier::bare(oid)
                    }
                    _ => AlgorithmIdentifier {
                        oid: RSASSA_PSS,
                        parameters: Some(parameters.to_der()),
                    },
                }
            }
            Self::Ecdsa { digest } => {
                AlgorithmIdentifier::bare(written(ECDSA, digest).unwrap_or(EC_PUBLIC_KEY))
            }
            Self::PlainEcdsa { digest } => {
                AlgorithmIdentifier::bare(written(PLAIN_ECDSA, digest).unwrap_or(EC_PUBLIC_KEY))
            }
            Self::Dsa { digest } => {
                AlgorithmIdentifier::bare(written(DSA, digest).unwrap_or(ID_DSA))
            }
            Self::Ed25519 => AlgorithmIdentifier::bare(ED25519),
            Self::Ed448 => AlgorithmIdentifier::bare(ED448),
        }
    }

    /// The digest the signature is made over; none for EdDSA, which signs the
    /// message.
    #[must_use]
    pub fn digest(&self) -> Option<DigestAlgorithm> {
        match *self {
            Self::RsaPkcs1 { digest }
            | Self::RsaPss { digest, .. }
            | Self::Ecdsa { digest }
            | Self::PlainEcdsa { digest }
            | Self::Dsa { digest } => Some(digest),
            Self::Ed25519 | Self::Ed448 => None,
        }
    }

    /// Its name: "RSA PKCS#1 v1.5 SHA-256",
    /// "RSASSA-PSS SHA-256, MGF1 SHA-256, salt 32".
    #[must_use]
    pub fn name(&self) -> String {
        match *self {
            Self::RsaPkcs1 { digest } => format!("RSA PKCS#1 v1.5 {digest}"),
            Self::RsaPss { digest, mgf_digest, salt_len, trailer } => {
                let mgf = if mgf_digest.is_shake() { "mask" } else { "MGF1" };
                let mut name = format!("RSASSA-PSS {digest}, {mgf} {mgf_digest}, salt {salt_len}");
                if trailer != 1 {
                    name.push_str(&format!(", trailer {trailer}"));
                }
                name
            }
            Self::Ecdsa { digest } => format!("ECDSA {digest}"),
            Self::PlainEcdsa { digest } => format!("plain ECDSA {digest}"),
            Self::Dsa { digest } => format!("DSA {digest}"),
            Self::Ed25519 => "Ed25519".to_owned(),
            Self::Ed448 => "Ed448".to_owned(),
        }
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(oid: &str, digest: Option<DigestAlgorithm>) -> Result<SignatureAlgorithm> {
        SignatureAlgorithm::from_identifier(
            &AlgorithmIdentifier::bare(Oid::parse(oid).unwrap()),
            digest,
        )
    }

    #[test]
    fn every_identifier_is_read_back() {
        for (table, make) in [
            (RSA, (|digest| SignatureAlgorithm::RsaPkcs1 { digest }) as fn(_) -> _),
            (ECDSA, |digest| SignatureAlgorithm::Ecdsa { digest }),
            (PLAIN_ECDSA, |digest| SignatureAlgorithm::PlainEcdsa { digest }),
            (DSA, |digest| SignatureAlgorithm::Dsa { digest }),
            (PSS_SHAKE, |digest| SignatureAlgorithm::pss(PssParameters::of_digest(digest))),
        ] {
            for (oid, digest) in table {
                let expected = make(*digest);
                for identifier in
                    [AlgorithmIdentifier::bare(*oid), AlgorithmIdentifier::with_null(*oid)]
                {
                    let found = SignatureAlgorithm::from_identifier(&identifier, None).unwrap();
                    assert_eq!(found, expected, "{oid}");
                }
                let again = SignatureAlgorithm::from_identifier(&expected.identifier(), None);
                assert_eq!(again.unwrap(), expected);
                let odd = AlgorithmIdentifier { oid: *oid, parameters: Some(vec![2, 1, 0]) };
                assert!(SignatureAlgorithm::from_identifier(&odd, None).is_err(), "{oid}");
            }
        }
        for algorithm in [SignatureAlgorithm::Ed25519, SignatureAlgorithm::Ed448] {
            let identifier = algorithm.identifier();
            let found = SignatureAlgorithm::from_identifier(&identifier, Some(Sha512)).unwrap();
            assert_eq!(found, algorithm);
            assert_eq!(found.digest(), None);
            let null = AlgorithmIdentifier::with_null(identifier.oid);
            assert!(SignatureAlgorithm::from_identifier(&null, None).is_err());
        }
    }

    #[test]
    fn bare_key_algorithms_take_the_message_digest() {
        let cases = [
            ("1.2.840.113549.1.1.1", SignatureAlgorithm::RsaPkcs1 { digest: Sha384 }),
            ("1.2.840.10045.2.1", SignatureAlgorithm::Ecdsa { digest: Sha384 }),
            ("1.2.840.10040.4.1", SignatureAlgorithm::Dsa { digest: Sha384 }),
        ];
        for (oid, expected) in cases {
            assert_eq!(read(oid, Some(Sha384)).unwrap(), expected);
            assert!(matches!(read(oid, None), Err(Error::DigestNotStated { .. })));
        }
        // A combined identifier keeps its own digest whatever stands beside it.
        let own = read("1.2.840.113549.1.1.11", Some(Sha1)).unwrap();
        assert_eq!(own, SignatureAlgorithm::RsaPkcs1 { digest: Sha256 });
        // ecdsa-with-Specified.
        let specified = AlgorithmIdentifier {
            oid: ECDSA_WITH_SPECIFIED,
            parameters: Some(Sha512.identifier().to_der()),
        };
        let found = SignatureAlgorithm::from_identifier(&specified, None).unwrap();
        assert_eq!(found, SignatureAlgorithm::Ecdsa { digest: Sha512 });
    }

    #[test]
    fn pss_parameters_are_read_never_assumed() {
        assert!(matches!(
            read("1.2.840.113549.1.1.10", Some(Sha256)),
            Err(Error::Malformed { .. })
        ));
        let odd = SignatureAlgorithm::RsaPss {
            digest: Sha256,
            mgf_digest: Sha1,
            salt_len: 17,
            trailer: 1,
        };
        let found = SignatureAlgorithm::from_identifier(&odd.identifier(), Some(Sha512)).unwrap();
        assert_eq!(found, odd);
        assert_eq!(odd.name(), "RSASSA-PSS SHA-256, MGF1 SHA-1, salt 17");
        assert!(read("1.2.3.4", Some(Sha256)).is_err());
    }

    #[test]
    fn what_is_written() {
        let rsa = SignatureAlgorithm::RsaPkcs1 { digest: Sha256 }.identifier();
        assert_eq!(rsa.oid.to_string(), "1.2.840.113549.1.1.11");
        assert_eq!(rsa.parameters.as_deref(), Some(&[5, 0][..]));
        let ecdsa = SignatureAlgorithm::Ecdsa { digest: Sha256 }.identifier();
        assert_eq!(ecdsa.to_der(), [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]);
        let sha1 = SignatureAlgorithm::RsaPkcs1 { digest: Sha1 }.identifier();
        assert_eq!(sha1.oid.to_string(), "1.2.840.113549.1.1.5");
    }
}

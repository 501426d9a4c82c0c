//! What can be asked of a lab: who shall exist, how, and who is revoked.
//!
//! The `new` of each specification is something in order; every public field is
//! a knob to put it out of order.

use asn1::Oid;
use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Result,
    certificate::{Criticality, key_usage},
    key::{Hash, KeyKind},
    names::{self, Birth, MARK},
    oids,
};

/// Why a certificate was revoked (RFC 5280 §5.3.1); the number is the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum Reason {
    Unspecified = 0,
    KeyCompromise = 1,
    CaCompromise = 2,
    AffiliationChanged = 3,
    Superseded = 4,
    CessationOfOperation = 5,
    /// Suspension: it may be lifted.
    CertificateHold = 6,
    PrivilegeWithdrawn = 9,
    AaCompromise = 10,
}

/// One line of an authority's register.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Revocation {
    /// Who was revoked.
    pub id: String,
    /// From when on.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: Reason,
    /// When a suspension ended; before that instant it stands in CRLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<DateTime<Utc>>,
}

/// A signer to be made. [`SignerSpec::new`] is a qualified signer in order;
/// every field is a knob to put something out of order.
#[derive(Clone, Debug)]
pub struct SignerSpec {
    /// Name in the lab.
    pub id: String,
    /// Surname of an invented person.
    pub surname: String,
    /// Given name.
    pub given_name: String,
    /// Date of birth and sex, for the codice fiscale.
    pub birth: Birth,
    /// Office held: `title` of the subject.
    pub title: Option<String>,
    /// Organisation that vouches for it.
    pub organisation: Option<String>,
    /// What stands before the codice fiscale in `serialNumber`: `TINIT-`
    /// (EN 319 412-1 §5.1.3), or `IT:` as before 2019.
    pub tax_code_prefix: &'static str,
    /// Kind of key.
    pub key: KeyKind,
    /// Start of validity.
    pub not_before: DateTime<Utc>,
    /// End of validity.
    pub not_after: DateTime<Utc>,
    /// Who issues it.
    pub issuer: String,
    /// Digest of the certificate's signature; `None` is the one that suits the issuer's key.
    pub hash: Option<Hash>,
    /// Bits of keyUsage; `None` leaves the extension out.
    pub key_usage: Option<Vec<u8>>,
    /// Whether QcStatements and the qualified policies are there.
    pub qualified: bool,
    /// Text of the limits of use in the userNotice.
    pub notice: String,
    /// Whether the URLs of OCSP, issuer and CRL are there.
    pub pointers: Pointers,
    /// Further complete Extension values.
    pub extensions: Vec<Vec<u8>>,
}

/// Which URLs a certificate carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointers {
    /// OCSP, caIssuers and CRL.
    All,
    /// caIssuers and CRL.
    CrlOnly,
    /// OCSP and caIssuers.
    OcspOnly,
    /// None: nothing can be fetched.
    Nothing,
}

impl SignerSpec {
    /// A qualified signer in order, valid from a day before `now` for three years, with a P-256 key.
    #[must_use]
    pub fn new(id: &str, surname: &str, given_name: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: id.to_owned(),
            surname: surname.to_owned(),
            given_name: given_name.to_owned(),
            birth: Birth { year: 1970, month: 5, day: 12, female: false },
            title: None,
            organisation: None,
            tax_code_prefix: "TINIT-",
            key: KeyKind::P256,
            not_before: now - TimeDelta::days(1),
            not_after: now + TimeDelta::days(3 * 365),
            issuer: "ca".to_owned(),
            hash: None,
            key_usage: Some(vec![key_usage::NON_REPUDIATION]),
            qualified: true,
            notice: format!("Certificato di prova, senza alcun valore. {MARK}"),
            pointers: Pointers::All,
            extensions: Vec::new(),
        }
    }

    /// With another key.
    #[must_use]
    pub fn key(self, key: KeyKind) -> Self {
        Self { key, ..self }
    }

    /// With an office.
    #[must_use]
    pub fn title(self, title: &str) -> Self {
        Self { title: Some(title.to_owned()), ..self }
    }

    /// Valid between these instants.
    #[must_use]
    pub fn validity(self, not_before: DateTime<Utc>, not_after: DateTime<Utc>) -> Self {
        Self { not_before, not_after, ..self }
    }

    /// The codice fiscale in its subject.
    ///
    /// # Errors
    /// The name does not give one.
    pub fn tax_code(&self) -> Result<String> {
        names::tax_code(&self.surname, &self.given_name, self.birth)
    }
}

/// A TSA to be made.
#[derive(Clone, Debug)]
pub struct TsaSpec {
    /// Name in the lab; the server stamps at `/<id>`.
    pub id: String,
    /// Who issues it.
    pub issuer: String,
    /// Kind of key, unless another TSA's key is shared.
    pub key: KeyKind,
    /// Takes the key of this entity instead of making one.
    pub share_key_of: Option<String>,
    /// extKeyUsage; `None` leaves it out.
    pub purposes: Option<(Criticality, Vec<Oid>)>,
    /// Start of validity.
    pub not_before: DateTime<Utc>,
    /// End of validity.
    pub not_after: DateTime<Utc>,
}

impl TsaSpec {
    /// A TSA whose certificate was issued a year before `now` and ends at `not_after`.
    #[must_use]
    pub fn expiring(id: &str, now: DateTime<Utc>, not_after: DateTime<Utc>) -> Self {
        Self { not_after, ..Self::new(id, now) }
    }

    /// A TSA in order, valid for ten years.
    #[must_use]
    pub fn new(id: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: id.to_owned(),
            issuer: "tsa-root".to_owned(),
            key: KeyKind::P256,
            share_key_of: None,
            purposes: Some((Criticality::Critical, vec![oids::TIME_STAMPING])),
            not_before: now - TimeDelta::days(365),
            not_after: now + TimeDelta::days(10 * 365),
        }
    }
}

/// An authority to be made.
#[derive(Clone, Debug)]
pub struct AuthoritySpec {
    /// Name in the lab; CRLs are at `/crl/<id>.crl`.
    pub id: String,
    /// Common name, without the mark every name carries.
    pub common_name: String,
    /// Who issues it; `None` makes a root.
    pub issuer: Option<String>,
    /// Kind of key.
    pub key: KeyKind,
    /// pathLenConstraint.
    pub path_length: Option<u8>,
    /// Bits of keyUsage.
    pub key_usage: Vec<u8>,
    /// Whether basicConstraints says it is an authority.
    pub constrained: bool,
    /// Start of validity.
    pub not_before: DateTime<Utc>,
    /// End of validity.
    pub not_after: DateTime<Utc>,
}

impl AuthoritySpec {
    /// A root in order: five years old, valid for twenty.
    #[must_use]
    pub fn root(id: &str, common_name: &str, now: DateTime<Utc>) -> Self {
        Self {
            id: id.to_owned(),
            common_name: common_name.to_owned(),
            issuer: None,
            key: KeyKind::P384,
            path_length: None,
            key_usage: vec![key_usage::KEY_CERT_SIGN, key_usage::CRL_SIGN],
            constrained: true,
            not_before: now - TimeDelta::days(5 * 365),
            not_after: now + TimeDelta::days(20 * 365),
        }
    }

    /// An authority issued by another: four years old, valid for fifteen, issuing no authorities.
    #[must_use]
    pub fn issuing(id: &str, common_name: &str, issuer: &str, now: DateTime<Utc>) -> Self {
        Self {
            issuer: Some(issuer.to_owned()),
            path_length: Some(0),
            not_before: now - TimeDelta::days(4 * 365),
            not_after: now + TimeDelta::days(15 * 365),
            ..Self::root(id, common_name, now)
        }
    }
}

/// What [`crate::Pki::create`] makes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The instant validities are counted from.
    pub now: DateTime<Utc>,
    /// Decides serial numbers. Keys come from OpenSSL's own generator.
    pub seed: [u8; 32],
    /// Where the lab will be served, without a slash at the end; it stands in the certificates.
    pub base_url: String,
    /// Key of `root`.
    pub root_key: KeyKind,
    /// Key of `ca`.
    pub ca_key: KeyKind,
    /// Key of `tsa-root`.
    pub tsa_root_key: KeyKind,
    /// Key of `tsa`; `tsa-b` always has P-256.
    pub tsa_key: KeyKind,
    /// Key of the OCSP responder.
    pub ocsp_key: KeyKind,
    /// The signers.
    pub signers: Vec<SignerSpec>,
    /// Who is revoked or suspended from the start.
    pub revocations: Vec<Revocation>,
    /// How long the revocation data written to disk stay valid.
    pub revocation_validity: TimeDelta,
    /// Password of every PKCS#12 file. It protects nothing and stands beside them.
    pub pin: String,
}

/// Password of the PKCS#12 files unless told otherwise.
pub const DEFAULT_PIN: &str = "esercizio";

/// Port of `lab init` when none is given.
pub const DEFAULT_PORT: u16 = 18318;

/// The URL of a lab on this port.
#[must_use]
pub fn base_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

impl Config {
    /// The lab people get: RSA and EC keys mixed as in the field, seven signers —
    /// `presidente`, `segretario`, and one each expired, suspended, revoked, not yet
    /// valid and without non-repudiation.
    #[must_use]
    pub fn new(now: DateTime<Utc>, seed: [u8; 32], port: u16) -> Self {
        let day = TimeDelta::days(1);
        let woman = |spec: SignerSpec| SignerSpec {
            birth: Birth { year: 1974, month: 11, day: 3, female: true },
            ..spec
        };
        let signer = |id, surname, given| SignerSpec::new(id, surname, given, now);
        let office = |spec: SignerSpec| SignerSpec {
            organisation: Some(format!("Comune di Esempio - {MARK}")),
            ..spec
        };
        let signers = vec![
            woman(office(signer("presidente", "PROVADINI", "ADA")))
                .title("Presidente del Consiglio comunale")
                .key(KeyKind::Rsa(2048)),
            office(signer("segretario", "FINTOLI", "LUCA")).title("Segretario comunale"),
            signer("scaduto", "SCADUTELLI", "CARLO").validity(now - day * 1000, now - day * 30),
            woman(signer("sospeso", "SOSPESINI", "MARIA"))
                .validity(now - day * 90, now + day * 1000),
            signer("revocato", "REVOCANTI", "PAOLO").validity(now - day * 90, now + day * 1000),
            signer("non-ancora-valido", "FUTURELLI", "ENZO")
                .validity(now + day * 30, now + day * 1000),
            SignerSpec {
                key_usage: Some(vec![key_usage::DIGITAL_SIGNATURE]),
                ..signer("senza-non-ripudio", "AUTENTICI", "BRUNO")
            },
        ];
        let revoked =
            |id: &str, at, reason| Revocation { id: id.to_owned(), at, reason, lifted: None };
        Self {
            now,
            seed,
            base_url: base_url(port),
            root_key: KeyKind::P384,
            ca_key: KeyKind::Rsa(3072),
            tsa_root_key: KeyKind::P384,
            tsa_key: KeyKind::Rsa(3072),
            ocsp_key: KeyKind::P256,
            signers,
            revocations: vec![
                revoked("sospeso", now - day, Reason::CertificateHold),
                revoked("revocato", now - day * 2, Reason::KeyCompromise),
            ],
            revocation_validity: TimeDelta::days(365),
            pin: DEFAULT_PIN.to_owned(),
        }
    }

    /// The same people with EC keys only: made in milliseconds, for tests.
    #[must_use]
    pub fn quick(now: DateTime<Utc>) -> Self {
        let mut config = Self::new(now, [0; 32], DEFAULT_PORT);
        config.ca_key = KeyKind::P256;
        config.tsa_key = KeyKind::P256;
        for signer in &mut config.signers {
            signer.key = KeyKind::P256;
        }
        config
    }
}

//! What CRLs and OCSP responses say about certificates, as facts: the types.
//!
//! How a fact comes about is in [`crate::evaluate()`]; freshness, and whether
//! the certificate of a signer was itself valid and not revoked, is judged
//! later, from the times and the signer's certificate each fact carries.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    Certificate, Crl, Fingerprint, OcspResponse, ReasonSet, RevocationReason, SignatureCheck,
};

/// A CRL or OCSP response and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevocationSource {
    /// Where it comes from.
    pub origin: RevocationOrigin,
    /// The object.
    #[serde(flatten)]
    pub object: RevocationObject,
}

impl RevocationSource {
    /// A CRL.
    #[must_use]
    pub fn crl(crl: Crl, origin: RevocationOrigin) -> Self {
        Self { origin, object: RevocationObject::Crl(crl) }
    }

    /// An OCSP response.
    #[must_use]
    pub fn ocsp(response: OcspResponse, origin: RevocationOrigin) -> Self {
        Self { origin, object: RevocationObject::Ocsp(response) }
    }
}

/// The two kinds of revocation data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "der", rename_all = "snake_case")]
pub enum RevocationObject {
    /// A CRL.
    Crl(Crl),
    /// An OCSP response.
    Ocsp(OcspResponse),
}

/// Where revocation data come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RevocationOrigin {
    /// The signature or time-stamp itself.
    Embedded,
    /// A file the user gave.
    Given {
        /// Its name.
        name: String,
    },
    /// The network, in this run.
    Fetched {
        /// The URL asked.
        url: String,
    },
}

/// Which kind of revocation data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationKind {
    /// A CRL.
    Crl,
    /// An OCSP response.
    Ocsp,
}

/// What is known of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum RevocationStatus {
    /// Not revoked when the data were issued.
    Good,
    /// Revoked, or suspended when the reason is `certificateHold`.
    Revoked {
        /// Since when.
        at: DateTime<Utc>,
        /// Why; `unspecified` when not said.
        reason: RevocationReason,
        /// invalidityDate of the CRL entry.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invalid_since: Option<DateTime<Utc>>,
    },
    /// The responder does not know the certificate.
    Unknown,
    /// The object does not decide.
    Undetermined,
}

/// Whether the signer of the object may speak about the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "as", rename_all = "snake_case")]
pub enum Authorisation {
    /// It signed with the key that issued the certificate.
    Issuer,
    /// A CRL signed with another key of the same issuer, under the same anchor (RFC 5280 §6.3.3 (f)).
    IssuerOtherKey,
    /// An indirect CRL by the issuer the certificate's distribution point
    /// names, under the same anchor (RFC 5280 §6.3.3 (b) (1), (f)).
    CrlIssuer,
    /// A responder the issuer itself delegated (RFC 6960 §4.2.2.2).
    Delegate,
    /// The signer is an anchor for revocation data.
    Anchor,
    /// It may not.
    Refused {
        /// Why.
        reason: Refusal,
    },
}

/// Why a signer may not speak about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No certificate of the name or key the object states is at hand.
    SignerUnknown,
    /// Its keyUsage lacks cRLSign.
    NoCrlSign,
    /// No path to an anchor of the certificate's issuer.
    NotUnderSameAnchor,
    /// A responder not issued by the certificate's own issuer.
    NotIssuedByIssuer,
    /// A responder without the purpose OCSPSigning.
    NoOcspSigning,
    /// A responder whose certificate has critical extensions that are not processed.
    UnprocessedCriticalExtension,
    /// The object is not signed with the key of the signer it names.
    SignatureInvalid,
    /// No more signature checks are allowed: nobody looked.
    Limit,
}

/// Why an object decides nothing, though it is about the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unusable {
    /// A delta CRL whose base is not at hand (RFC 5280 §5.2.4).
    Delta,
    /// A CRL of another issuer that is no indirect one (RFC 5280 §6.3.3 (b) (1)).
    NotIndirect,
    /// A CRL for some reasons only, those for the others not at hand (RFC 5280 §6.3.3 (d)).
    SomeReasons,
    /// The CRL is for other kinds of certificates.
    OtherCertificates,
    /// The CRL is for another distribution point.
    OtherDistributionPoint,
    /// A critical extension that is not processed.
    UnprocessedCriticalExtension {
        /// Its object identifier.
        oid: String,
    },
    /// An extension that can not be read or is repeated.
    MalformedExtension {
        /// Its object identifier.
        oid: String,
    },
    /// The signed and the outer signature algorithm differ.
    AlgorithmsDiffer,
    /// certHash is that of another certificate.
    OtherCertHash,
}

/// Who signed an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevocationSigner {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Its certificate.
    pub certificate: Certificate,
    /// It carries ocsp-nocheck: its own status need not be asked.
    pub no_check: bool,
}

/// What one object says about one certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevocationFact {
    /// The certificate.
    pub certificate: Fingerprint,
    /// The certificate of its issuer.
    pub issuer: Fingerprint,
    /// Kind of the object.
    pub kind: RevocationKind,
    /// Where the object comes from.
    pub origin: RevocationOrigin,
    /// SHA-256 of the object.
    pub object: Fingerprint,
    /// What counts: `good` and `unknown` only from a usable object.
    pub status: RevocationStatus,
    /// What the object says, whoever signed it.
    pub claim: RevocationStatus,
    /// thisUpdate.
    pub this_update: DateTime<Utc>,
    /// nextUpdate.
    pub next_update: Option<DateTime<Utc>>,
    /// producedAt of an OCSP response.
    pub produced_at: Option<DateTime<Utc>>,
    /// What checking the signature brought; `None` when no signer was found.
    pub signature: Option<SignatureCheck>,
    /// Who signed it.
    pub signer: Option<RevocationSigner>,
    /// Whether the signer may.
    pub authorisation: Authorisation,
    /// ExpiredCertsOnCRL or archiveCutoff.
    pub expired_since: Option<DateTime<Utc>>,
    /// certHash of OCSP: whether it is that of the certificate; `None` without.
    pub cert_hash_matches: Option<bool>,
    /// The certificate had not expired when the object was issued, or the
    /// object says it still covers it (EN 319 102-1 §5.2.6, ITU-T X.509).
    pub covers_certificate: bool,
    /// The reasons a CRL speaks of for this certificate; all, for OCSP.
    #[serde(default = "all_reasons")]
    pub reasons: ReasonSet,
    /// The complete CRL a delta CRL was combined with: it must be acceptable
    /// as well, though it need not be fresh (RFC 5280 §5.2.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Fingerprint>,
    /// CRLs for the other reasons, which must be acceptable and fresh as well
    /// for the status to hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub complements: Vec<Fingerprint>,
    /// Why it decides nothing; empty when it may.
    pub unusable: Vec<Unusable>,
}

fn all_reasons() -> ReasonSet {
    ReasonSet::ALL
}

impl RevocationFact {
    /// Signed, by somebody entitled to, and about this certificate as a whole.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.is_trustworthy() && self.unusable.is_empty()
    }

    /// Whether `at` lies between thisUpdate and nextUpdate.
    #[must_use]
    pub fn is_current_at(&self, at: DateTime<Utc>) -> bool {
        self.this_update <= at && self.next_update.is_none_or(|next| at <= next)
    }

    /// Signed by somebody entitled to.
    pub(crate) fn is_trustworthy(&self) -> bool {
        self.signature.as_ref().is_some_and(SignatureCheck::is_valid)
            && !matches!(self.authorisation, Authorisation::Refused { .. })
    }

    /// Lets a claim count as far as the object decides.
    pub(crate) fn settle(mut self) -> Self {
        let partial = |reason: &Unusable| matches!(reason, Unusable::Delta | Unusable::SomeReasons);
        self.status = match self.claim {
            claim if self.is_usable() => claim,
            // A list that is not complete still revokes what it names.
            RevocationStatus::Revoked { reason, .. }
                if reason != RevocationReason::RemoveFromCrl
                    && self.is_trustworthy()
                    && self.unusable.iter().all(partial) =>
            {
                self.claim
            }
            _ => RevocationStatus::Undetermined,
        };
        self
    }
}

/// Why no revocation data are needed for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationExemption {
    /// noRevAvail (RFC 9608), in a certificate that is no CA.
    NoRevAvail,
    /// Validity assured, short term (EN 319 412-1 §5.2).
    ShortTerm,
}

/// Whether the certificate itself says that there are no revocation data.
/// ocsp-nocheck counts for responders only and is in [`RevocationSigner::no_check`].
#[must_use]
pub fn revocation_exemption(certificate: &Certificate) -> Option<RevocationExemption> {
    let extensions = certificate.extensions();
    if certificate.is_ca() {
        None
    } else if extensions.no_rev_avail {
        Some(RevocationExemption::NoRevAvail)
    } else if extensions.validity_assured_short_term {
        Some(RevocationExemption::ShortTerm)
    } else {
        None
    }
}

/// The fact that decides at `at`: the newest that is current and covers the
/// certificate; of equally new ones the worst. `None` when none does, which is
/// never "good". The signers' own certificates are the caller's to judge.
#[must_use]
pub fn deciding(facts: &[RevocationFact], at: DateTime<Utc>) -> Option<&RevocationFact> {
    let revoked = |fact: &RevocationFact| matches!(fact.status, RevocationStatus::Revoked { .. });
    let named = |object: &Fingerprint| facts.iter().find(|fact| fact.object == *object);
    let decides = |fact: &&RevocationFact| {
        let good = fact.status == RevocationStatus::Good && fact.covers_certificate;
        let whole = fact.complements.iter().all(|other| {
            named(other).is_some_and(|other| other.is_trustworthy() && other.is_current_at(at))
        });
        fact.is_current_at(at) && (good && whole || revoked(fact))
    };
    facts.iter().filter(decides).max_by_key(|fact| (fact.this_update, revoked(fact)))
}

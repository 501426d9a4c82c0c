//! What CRLs and OCSP responses at hand say about one certificate, as facts
//! (RFC 5280 §6.3, RFC 6960 §3.2, §4.2.2.2).
//!
//! Pure over its arguments. Freshness, and whether the certificate of a signer
//! was itself valid and not revoked, is judged later, from the times and the
//! signer's certificate each fact carries. Delta and indirect lists and lists
//! for some reasons are facts that never say "good".

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    AnchorPurpose, Certificate, Crl, Fingerprint, GeneralName, OcspResponse, OcspStatus,
    PathBudget, PathValidator, RevocationReason, SignatureCheck, SimplePathBuilder, SingleResponse,
    TrustAnchor, ocsp::may_sign_ocsp,
};

/// Certificates tried as signer of one object, against sets made of many
/// certificates of one name; issuers met have up to 3 keys in use at a time.
const SIGNER_CANDIDATES: usize = 8;

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
}

/// Why an object decides nothing, though it is about the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unusable {
    /// A delta CRL, which needs its base: not evaluated yet.
    Delta,
    /// An indirect CRL: not evaluated yet.
    Indirect,
    /// A CRL for some reasons only: not evaluated yet.
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
    /// Why it decides nothing; empty when it may.
    pub unusable: Vec<Unusable>,
}

impl RevocationFact {
    /// Signed, by somebody entitled to, and about this certificate as a whole.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        self.is_trustworthy() && self.unusable.is_empty()
    }

    fn is_trustworthy(&self) -> bool {
        self.signature.as_ref().is_some_and(SignatureCheck::is_valid)
            && !matches!(self.authorisation, Authorisation::Refused { .. })
    }

    /// Lets a claim count as far as the object decides.
    fn settle(mut self) -> Self {
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

/// One fact for each source that speaks of `certificate`, in the order given.
///
/// `issuer` is the certificate above it in the path. `pool` and `anchors` may
/// hold signers of CRLs and OCSP responses.
#[must_use]
pub fn evaluate(
    certificate: &Certificate,
    issuer: &Certificate,
    sources: &[RevocationSource],
    pool: &[Certificate],
    anchors: &[TrustAnchor],
) -> Vec<RevocationFact> {
    let case = Case { certificate, issuer, pool, anchors };
    sources
        .iter()
        .filter_map(|source| match &source.object {
            RevocationObject::Crl(crl) => case.crl(crl, &source.origin),
            RevocationObject::Ocsp(response) => case.ocsp(response, &source.origin),
        })
        .map(RevocationFact::settle)
        .collect()
}

struct Case<'a> {
    certificate: &'a Certificate,
    issuer: &'a Certificate,
    pool: &'a [Certificate],
    anchors: &'a [TrustAnchor],
}

/// Who signed an object, and with what right.
type Signer<'a> = (Option<SignatureCheck>, Option<&'a Certificate>, Authorisation);

impl<'a> Case<'a> {
    fn crl(&self, crl: &'a Crl, origin: &RevocationOrigin) -> Option<RevocationFact> {
        let own = crl.issuer().matches(self.certificate.issuer());
        // A list by somebody else is about this certificate only where it says so.
        let delegated = self
            .certificate
            .extensions()
            .crl_distribution_points
            .iter()
            .flat_map(|point| &point.crl_issuer)
            .any(|name| matches!(name, GeneralName::Directory(n) if n.matches(crl.issuer())));
        if !own && !delegated {
            return None;
        }
        let claim = match crl.lookup(self.certificate.serial()) {
            Ok(Some(entry)) => RevocationStatus::Revoked {
                at: entry.revoked_at,
                reason: entry.reason,
                invalid_since: entry.invalid_since,
            },
            Ok(None) => RevocationStatus::Good,
            Err(_) => RevocationStatus::Undetermined,
        };
        let (signature, signer, authorisation) = self.crl_signer(crl);
        let expired_since = crl.expired_certs_on_crl();
        Some(RevocationFact {
            certificate: self.certificate.fingerprint(),
            issuer: self.issuer.fingerprint(),
            kind: RevocationKind::Crl,
            origin: origin.clone(),
            object: crl.fingerprint(),
            status: RevocationStatus::Undetermined,
            claim,
            this_update: crl.this_update(),
            next_update: crl.next_update(),
            produced_at: None,
            signature,
            signer: signer.map(describe),
            authorisation,
            expired_since,
            cert_hash_matches: None,
            covers_certificate: self.covers(crl.this_update(), expired_since),
            unusable: self.crl_unusable(crl, own),
        })
    }

    fn crl_unusable(&self, crl: &Crl, own: bool) -> Vec<Unusable> {
        let scope = crl.scope();
        let is_ca = self.certificate.is_ca();
        let wrong_kind = scope.only_attribute_certificates
            || scope.only_user_certificates && is_ca
            || scope.only_ca_certificates && !is_ca;
        let mut all: Vec<Unusable> = [
            (scope.delta, Unusable::Delta),
            (scope.indirect || !own, Unusable::Indirect),
            (scope.only_some_reasons, Unusable::SomeReasons),
            (wrong_kind, Unusable::OtherCertificates),
            (!self.point_matches(crl), Unusable::OtherDistributionPoint),
            (!crl.algorithms_agree(), Unusable::AlgorithmsDiffer),
        ]
        .into_iter()
        .filter_map(|(applies, reason)| applies.then_some(reason))
        .collect();
        for oid in crl.unprocessed_critical() {
            all.push(Unusable::UnprocessedCriticalExtension { oid: oid.to_string() });
        }
        for oid in crl.malformed() {
            all.push(Unusable::MalformedExtension { oid: oid.to_string() });
        }
        all
    }

    /// RFC 5280 §6.3.3 (b)(2)(i): a list for one point is for the certificates
    /// that name it; without points a certificate names its issuer.
    fn point_matches(&self, crl: &Crl) -> bool {
        let Some(point) = &crl.scope().distribution_point else { return true };
        let point = point.names(crl.issuer());
        let issuer = self.certificate.issuer();
        let own = &self.certificate.extensions().crl_distribution_points;
        if own.is_empty() {
            let issuer = GeneralName::Directory(issuer.clone());
            return point.iter().any(|name| name.matches(&issuer));
        }
        own.iter().any(|named| {
            let base = named.crl_issuer.iter().find_map(|name| match name {
                GeneralName::Directory(name) => Some(name),
                _ => None,
            });
            let names = named.names(base.unwrap_or(issuer));
            names.iter().any(|one| point.iter().any(|two| one.matches(two)))
        })
    }

    fn crl_signer(&self, crl: &Crl) -> Signer<'a> {
        let candidates = self.everybody(&[], |candidate| {
            candidate.subject().matches(crl.issuer())
                || *candidate == *self.issuer && crl.issuer().matches(self.certificate.issuer())
        });
        let mut candidates = candidates;
        candidates.sort_by_key(|candidate| {
            let key = candidate.extensions().subject_key_identifier.as_deref();
            // Stable: among equals the path's own issuer stays first.
            u8::from(crl.authority_key().is_some() && key.is_some() && key != crl.authority_key())
        });
        self.best(candidates, |c| crl.verify_signed_by(c), |c| self.may_sign_crl(c))
    }

    fn may_sign_crl(&self, signer: &Certificate) -> Authorisation {
        let refused = |reason| Authorisation::Refused { reason };
        if signer.key_usage().is_some_and(|usage| !usage.crl_sign()) {
            return refused(Refusal::NoCrlSign);
        }
        if signer.spki() == self.issuer.spki() {
            return Authorisation::Issuer;
        }
        if self.is_anchor(signer) {
            return Authorisation::Anchor;
        }
        if signer.key_usage().is_none() {
            // RFC 5280 §4.2.1.3: a certificate for checking CRLs says so. Without it
            // anybody certified under the issuer's name could sign its CRLs.
            return refused(Refusal::NoCrlSign);
        }
        let anchors_of = |certificate: &Certificate| -> BTreeSet<Fingerprint> {
            let search = SimplePathBuilder::default().paths(
                certificate,
                self.pool,
                self.anchors,
                &PathBudget::default(),
            );
            search.paths.iter().map(|path| path.anchor().certificate.fingerprint()).collect()
        };
        if anchors_of(signer).is_disjoint(&anchors_of(self.issuer)) {
            refused(Refusal::NotUnderSameAnchor)
        } else {
            Authorisation::IssuerOtherKey
        }
    }

    fn ocsp(
        &self,
        response: &'a OcspResponse,
        origin: &RevocationOrigin,
    ) -> Option<RevocationFact> {
        let single = response.about(self.certificate, self.issuer)?;
        let claim = match single.status {
            OcspStatus::Good => RevocationStatus::Good,
            OcspStatus::Revoked { at, reason } => {
                RevocationStatus::Revoked { at, reason, invalid_since: None }
            }
            OcspStatus::Unknown => RevocationStatus::Unknown,
        };
        let candidates =
            self.everybody(response.certificates(), |c| response.responder().matches(c));
        let (signature, signer, authorisation) =
            self.best(candidates, |c| response.verify_signed_by(c), |c| self.may_sign_ocsp(c));
        let cert_hash_matches = single.cert_hash_matches(self.certificate);
        let expired_since = single.archive_cutoff;
        Some(RevocationFact {
            certificate: self.certificate.fingerprint(),
            issuer: self.issuer.fingerprint(),
            kind: RevocationKind::Ocsp,
            origin: origin.clone(),
            object: response.fingerprint(),
            status: RevocationStatus::Undetermined,
            claim,
            this_update: single.this_update,
            next_update: single.next_update,
            produced_at: Some(response.produced_at()),
            signature,
            signer: signer.map(describe),
            authorisation,
            expired_since,
            cert_hash_matches,
            covers_certificate: cert_hash_matches == Some(true)
                || self.covers(single.this_update, expired_since),
            unusable: ocsp_unusable(response, single, cert_hash_matches),
        })
    }

    fn may_sign_ocsp(&self, signer: &Certificate) -> Authorisation {
        let refused = |reason| Authorisation::Refused { reason };
        if signer.spki() == self.issuer.spki() {
            return Authorisation::Issuer;
        }
        if self.is_anchor(signer) {
            return Authorisation::Anchor;
        }
        let direct = signer.issuer().matches(self.issuer.subject())
            && signer.verify_issued_by(self.issuer).is_valid();
        let extensions = signer.extensions();
        if !direct {
            refused(Refusal::NotIssuedByIssuer)
        } else if !may_sign_ocsp(extensions) {
            refused(Refusal::NoOcspSigning)
        } else if !extensions.unprocessed_critical.is_empty() || !extensions.repeated.is_empty() {
            refused(Refusal::UnprocessedCriticalExtension)
        } else {
            Authorisation::Delegate
        }
    }

    fn is_anchor(&self, signer: &Certificate) -> bool {
        self.anchors.iter().any(|a| a.certificate == *signer && a.serves(AnchorPurpose::Revocation))
    }

    /// Every distinct certificate at hand that `fits`, the issuer first.
    fn everybody(
        &self,
        sent: &'a [Certificate],
        fits: impl Fn(&Certificate) -> bool,
    ) -> Vec<&'a Certificate> {
        let mut seen = BTreeSet::new();
        let anchors = self.anchors.iter().map(|anchor| &anchor.certificate);
        std::iter::once(self.issuer)
            .chain(sent)
            .chain(self.pool)
            .chain(anchors)
            .filter(|candidate| seen.insert(candidate.fingerprint()) && fits(candidate))
            .take(SIGNER_CANDIDATES)
            .collect()
    }

    /// The candidate that signed and may; else one that signed; else the first.
    fn best(
        &self,
        candidates: Vec<&'a Certificate>,
        verify: impl Fn(&Certificate) -> SignatureCheck,
        authorise: impl Fn(&Certificate) -> Authorisation,
    ) -> Signer<'a> {
        let unknown = Authorisation::Refused { reason: Refusal::SignerUnknown };
        let mut best: Signer<'a> = (None, None, unknown.clone());
        for candidate in candidates {
            let check = verify(candidate);
            if check.is_valid() {
                let authorisation = authorise(candidate);
                let accepted = !matches!(authorisation, Authorisation::Refused { .. });
                let first = !best.0.as_ref().is_some_and(SignatureCheck::is_valid);
                if accepted || first {
                    best = (Some(check), Some(candidate), authorisation);
                }
                if accepted {
                    break;
                }
            } else if best.0.is_none() {
                best = (Some(check), None, unknown.clone());
            }
        }
        best
    }

    /// EN 319 102-1 §5.2.6: data issued after the certificate expired count
    /// only when they reach back to its expiry.
    fn covers(&self, this_update: DateTime<Utc>, expired_since: Option<DateTime<Utc>>) -> bool {
        let reach = expired_since.map_or(this_update, |since| since.min(this_update));
        self.certificate.not_after() >= reach
    }
}

fn ocsp_unusable(
    response: &OcspResponse,
    single: &SingleResponse,
    cert_hash_matches: Option<bool>,
) -> Vec<Unusable> {
    let critical = response.unprocessed_critical().iter().chain(&single.unprocessed_critical);
    let mut all: Vec<Unusable> = critical
        .map(|oid| Unusable::UnprocessedCriticalExtension { oid: oid.to_string() })
        .collect();
    if cert_hash_matches == Some(false) {
        all.push(Unusable::OtherCertHash);
    }
    all
}

fn describe(certificate: &Certificate) -> RevocationSigner {
    RevocationSigner {
        fingerprint: certificate.fingerprint(),
        certificate: certificate.clone(),
        no_check: certificate.extensions().ocsp_no_check,
    }
}

//! The building blocks that look at the signed object itself: format checking (§5.2.2), the signing
//! certificate (§5.2.3), the signature policy (§5.2.4), cryptographic verification (§5.2.7) and
//! acceptance (§5.2.8). Signatures and time-stamp tokens pass through the same ones.

use super::{Engine, ledger::Ledger, path::AlgorithmUse, revocation::within};
use crate::{
    Time,
    catalogue::{Code, Value},
    facts::{
        AlgorithmFacts, AttributeCheck, AttributeFacts, CertificateReference, ChainFacts,
        ContentDigest, Fingerprint, KeyFacts, MatchedForm, PolicyDocument, ReferenceFacts,
        ReferenceForm, SignatureFacts, SignatureValue, StructuralFinding, TimestampFacts,
    },
    indication::SubIndication,
    policy::Level,
};

/// What a signature and a time-stamp token have in common.
pub(super) struct Signed<'a> {
    pub(super) id: &'a str,
    pub(super) structure: &'a [StructuralFinding],
    pub(super) signer: &'a str,
    pub(super) certificate: Option<&'a Fingerprint>,
    pub(super) digest_algorithm: &'a str,
    pub(super) algorithm: &'a AlgorithmFacts,
    pub(super) key: Option<&'a KeyFacts>,
    pub(super) content: ContentDigest,
    pub(super) value: &'a SignatureValue,
    pub(super) attributes: &'a AttributeFacts,
    pub(super) references: &'a ReferenceFacts,
    /// Digests of the files under a manifest.
    pub(super) reference_digests: &'a [String],
}

impl<'a> From<&'a SignatureFacts> for Signed<'a> {
    fn from(facts: &'a SignatureFacts) -> Self {
        Self {
            id: &facts.id,
            structure: &facts.structure,
            signer: &facts.signer_identifier,
            certificate: facts.certificate.as_ref(),
            digest_algorithm: &facts.digest_algorithm,
            algorithm: &facts.algorithm,
            key: facts.key.as_ref(),
            content: facts.content,
            value: &facts.value,
            attributes: &facts.attributes,
            references: &facts.references,
            reference_digests: &facts.reference_digests,
        }
    }
}

impl<'a> From<&'a TimestampFacts> for Signed<'a> {
    fn from(facts: &'a TimestampFacts) -> Self {
        Self {
            id: &facts.id,
            structure: &facts.structure,
            signer: facts.tsa_name.as_deref().unwrap_or("TSA"),
            certificate: facts.certificate.as_ref(),
            digest_algorithm: &facts.digest_algorithm,
            algorithm: &facts.algorithm,
            key: facts.key.as_ref(),
            content: facts.content,
            value: &facts.value,
            attributes: &facts.attributes,
            references: &facts.references,
            reference_digests: &facts.reference_digests,
        }
    }
}

impl Signed<'_> {
    /// The algorithms of the signature itself.
    pub(super) fn algorithm_uses(&self) -> Vec<AlgorithmUse<'_>> {
        let own_digest = self.algorithm.digest.as_deref();
        let mut uses = vec![AlgorithmUse {
            object: self.id.to_owned(),
            key: Some((self.algorithm.scheme, self.key.and_then(|key| key.bits))),
            digest: own_digest.or(Some(self.digest_algorithm)),
        }];
        if own_digest.is_some_and(|digest| digest != self.digest_algorithm) {
            uses.push(AlgorithmUse {
                object: self.id.to_owned(),
                key: None,
                digest: Some(self.digest_algorithm),
            });
        }
        let told = |digest: &&String| {
            own_digest == Some(digest.as_str()) || **digest == self.digest_algorithm
        };
        let references = self.reference_digests.iter().filter(|digest| !told(digest));
        uses.extend(references.map(|digest| AlgorithmUse {
            object: self.id.to_owned(),
            key: None,
            digest: Some(digest),
        }));
        uses
    }
}

impl Engine<'_> {
    /// §5.2.2: what the parsers saw.
    pub(super) fn check_format(&self, signed: &Signed<'_>, ledger: &mut Ledger) {
        for note in signed.structure {
            ledger.raise(
                self,
                note.code,
                SubIndication::FormatFailure,
                note.location.as_deref().unwrap_or(signed.id),
                [("detail", (&note.detail).into())],
            );
        }
        // Without exactly one message-digest no building block can bind the content: the signature
        // does not conform to its base format to the extent that it cannot be processed (§5.2.2).
        if lacks_message_digest(signed) {
            let sub = SubIndication::FormatFailure;
            ledger.raise(self, Code::MessageDigestMissing, sub, signed.id, []);
            // One too many is not one missing; what ends here would not be told later.
            for name in signed.attributes.duplicated.iter().filter(|one| *one == "message-digest") {
                let value = [("attribute", name.into())];
                ledger.raise(self, Code::AttributeDuplicated, sub, signed.id, value);
            }
        }
    }

    /// §5.2.3: the signing certificate, and that the signature refers to it.
    pub(super) fn check_signing_certificate(&self, signed: &Signed<'_>, ledger: &mut Ledger) {
        let sub = SubIndication::NoSigningCertificateFound;
        let Some(certificate) = signed.certificate else {
            // What cannot be read names nobody.
            let signer = if signed.signer.is_empty() { "?" } else { signed.signer };
            let signer = [("signer", signer.into())];
            ledger.raise(self, Code::SigningCertificateNotFound, sub, signed.id, signer);
            return;
        };
        let references = signed.references;
        if references.form == ReferenceForm::Absent {
            // Acceptance (§5.2.8) decides about a missing attribute.
            return;
        }
        // Any reference may be the one, but where both attributes are there, both must name it (RFC 5035 §5.4).
        let of = |form: ReferenceForm| {
            references.references.iter().filter(move |reference| reference.form == form)
        };
        let matches =
            |reference: &&CertificateReference| reference.certificate.as_ref() == Some(certificate);
        let wanted = match references.form {
            ReferenceForm::Both => &[ReferenceForm::V1, ReferenceForm::V2][..],
            ReferenceForm::V1 => &[ReferenceForm::V1],
            ReferenceForm::V2 => &[ReferenceForm::V2],
            ReferenceForm::Absent => &[],
        };
        if !wanted.iter().all(|form| of(*form).any(|reference| matches(&reference))) {
            ledger.raise(self, Code::SigningCertificateMismatch, sub, signed.id, []);
        } else if references
            .references
            .iter()
            .filter(matches)
            .any(|reference| reference.issuer_serial_matches == Some(false))
        {
            let code = Code::SigningCertificateIssuerSerialMismatch;
            ledger.raise(self, code, sub, signed.id, []);
        }
    }

    /// §5.2.4, as far as it concerns the signature policy.
    pub(super) fn check_signature_policy(&self, facts: &SignatureFacts, ledger: &mut Ledger) {
        let error = SubIndication::PolicyProcessingError;
        let unavailable = SubIndication::SignaturePolicyNotAvailable;
        let Some(policy) = &facts.policy else {
            ledger.raise(self, Code::SignaturePolicyMissing, error, &facts.id, []);
            return;
        };
        let values = || [("policy", Value::from(&policy.identifier))];
        let accepted = &self.policy.accepted_signature_policies;
        if !accepted.is_empty() && !accepted.contains(&policy.identifier) {
            ledger.raise(self, Code::SignaturePolicyNotAccepted, error, &facts.id, values());
        }
        if policy.identifier.is_empty() {
            // The implied policy has no document.
            return;
        }
        match policy.document {
            PolicyDocument::NotAvailable => ledger.raise(
                self,
                Code::SignaturePolicyUnavailable,
                unavailable,
                &facts.id,
                values(),
            ),
            PolicyDocument::Mismatch => {
                ledger.raise(self, Code::SignaturePolicyHashMismatch, error, &facts.id, values());
            }
            PolicyDocument::Matches | PolicyDocument::ZeroHash => {}
        }
        if !policy.store {
            ledger.raise(self, Code::SignaturePolicyStoreMissing, unavailable, &facts.id, values());
        }
    }

    /// §5.2.7: the content found, its digest, the signature value.
    pub(super) fn check_cryptography(&self, signed: &Signed<'_>, ledger: &mut Ledger) {
        let digest = || {
            [(
                "algorithm",
                Value::from(if signed.digest_algorithm.is_empty() {
                    "?"
                } else {
                    signed.digest_algorithm
                }),
            )]
        };
        match signed.content {
            ContentDigest::ContentMissing => ledger.raise(
                self,
                Code::ContentMissing,
                SubIndication::SignedDataNotFound,
                signed.id,
                [],
            ),
            ContentDigest::Mismatch => ledger.raise(
                self,
                Code::ContentDigestMismatch,
                SubIndication::HashFailure,
                signed.id,
                digest(),
            ),
            ContentDigest::OtherAlgorithm => ledger.raise(
                self,
                Code::ContentDigestOtherAlgorithm,
                SubIndication::SignedDataNotFound,
                signed.id,
                digest(),
            ),
            ContentDigest::NotComputed => ledger.raise(
                self,
                Code::ContentNotChecked,
                SubIndication::Generic,
                signed.id,
                digest(),
            ),
            ContentDigest::Intact | ContentDigest::NoReference => {}
        }
        let failed = SubIndication::SigCryptoFailure;
        if signed.attributes.algorithm_protection == Some(false) {
            ledger.raise(self, Code::AlgorithmProtectionMismatch, failed, signed.id, []);
        }
        match signed.value {
            SignatureValue::Invalid => {
                ledger.raise(self, Code::SignatureValueInvalid, failed, signed.id, []);
            }
            SignatureValue::Unsupported { algorithm } => ledger.raise(
                self,
                Code::SignatureAlgorithmUnsupported,
                SubIndication::Generic,
                signed.id,
                [("algorithm", algorithm.into())],
            ),
            SignatureValue::Unchecked => ledger.raise(
                self,
                Code::SignatureValueUnchecked,
                SubIndication::Generic,
                signed.id,
                [],
            ),
            SignatureValue::Valid { matched, tolerance } => {
                if *matched == MatchedForm::DerSorted {
                    ledger.raise(self, Code::SignedAttributesReordered, failed, signed.id, []);
                }
                if let Some(tolerance) = tolerance {
                    let detail = [("detail", tolerance.into())];
                    ledger.raise(self, Code::SignatureTolerance, failed, signed.id, detail);
                }
            }
        }
    }

    /// §5.2.8, the attributes every signed object must have.
    pub(super) fn accept_attributes(
        &self,
        signed: &Signed<'_>,
        chain: Option<&ChainFacts>,
        ledger: &mut Ledger,
    ) {
        let sub = SubIndication::SigConstraintsFailure;
        let attributes = signed.attributes;
        if !attributes.present {
            ledger.raise(self, Code::SignedAttributesMissing, sub, signed.id, []);
        }
        if signed.references.form == ReferenceForm::Absent {
            ledger.raise(self, Code::SigningCertificateAttributeMissing, sub, signed.id, []);
        }
        if signed.references.form == ReferenceForm::Both {
            ledger.raise(self, Code::SigningCertificateAttributeTwice, sub, signed.id, []);
        }
        for name in &attributes.duplicated {
            let value = [("attribute", name.into())];
            ledger.raise(self, Code::AttributeDuplicated, sub, signed.id, value);
        }
        for name in &attributes.malformed {
            let value = [("attribute", name.into())];
            ledger.raise(self, Code::AttributeMalformed, sub, signed.id, value);
        }
        self.accept_references(signed, chain, ledger);
        if attributes.present {
            match attributes.content_type {
                AttributeCheck::Absent => {
                    ledger.raise(self, Code::ContentTypeMissing, sub, signed.id, []);
                }
                AttributeCheck::Mismatch => {
                    ledger.raise(self, Code::ContentTypeMismatch, sub, signed.id, []);
                }
                AttributeCheck::Ok | AttributeCheck::NotApplicable => {}
            }
        }
    }

    fn accept_references(
        &self,
        signed: &Signed<'_>,
        chain: Option<&ChainFacts>,
        ledger: &mut Ledger,
    ) {
        let sub = SubIndication::SigConstraintsFailure;
        let references = &signed.references.references;
        if references.is_empty() {
            return;
        }
        if let Some(chain) = chain {
            let stray = references.iter().any(|reference| {
                reference.certificate.as_ref().is_none_or(|certificate| {
                    !chain.certificates.contains(certificate) && !chain.is_anchor(certificate)
                })
            });
            if stray {
                ledger.raise(self, Code::ReferenceOutOfPath, sub, signed.id, []);
            }
            let unnamed = chain.certificates.iter().any(|certificate| {
                !chain.is_anchor(certificate)
                    && !references
                        .iter()
                        .any(|reference| reference.certificate.as_ref() == Some(certificate))
            });
            if unnamed {
                ledger.raise(self, Code::PathNotReferenced, sub, signed.id, []);
            }
        }
        for reference in references {
            let digest = AlgorithmUse {
                object: signed.id.to_owned(),
                key: None,
                digest: Some(&reference.digest_algorithm),
            };
            if !self.weaknesses(&[digest], self.now).is_empty() {
                ledger.raise(
                    self,
                    Code::ReferenceWeakDigest,
                    SubIndication::CryptoConstraintsFailureNoPoe,
                    signed.id,
                    [("algorithm", (&reference.digest_algorithm).into())],
                );
            }
        }
    }

    /// §5.2.8, the claimed signing time.
    pub(super) fn accept_signing_time(&self, facts: &SignatureFacts, ledger: &mut Ledger) {
        let sub = SubIndication::SigConstraintsFailure;
        if !facts.attributes.present {
            // Told already, by the lack of all of them.
            return;
        }
        let Some(time) = facts.claimed_signing_time else {
            // A countersignature or a signature with a malformed one: the row decides all the same.
            ledger.raise(self, Code::SigningTimeMissing, sub, &facts.id, []);
            return;
        };
        let Some(fingerprint) = &facts.certificate else { return };
        let outside =
            self.certificate(fingerprint).is_some_and(|certificate| !within(certificate, time));
        if outside {
            ledger.raise(
                self,
                Code::SigningTimeOutOfRange,
                sub,
                &facts.id,
                [("time", time.into()), ("certificate", self.name(fingerprint).into())],
            );
        }
    }

    /// Every digest and the signature value, trust aside; `None` = content not at hand.
    pub(super) fn intact(&self, signed: &Signed<'_>) -> Option<bool> {
        let fails = |code| self.policy.level(code) == Level::Fail;
        let broken_structure = signed.structure.iter().any(|note| fails(note.code))
            || (lacks_message_digest(signed) && fails(Code::MessageDigestMissing))
            || (signed.attributes.algorithm_protection == Some(false)
                && fails(Code::AlgorithmProtectionMismatch));
        let tolerated = match signed.value {
            SignatureValue::Valid { matched, tolerance } => {
                (*matched != MatchedForm::DerSorted
                    || self.policy.level(Code::SignedAttributesReordered) != Level::Fail)
                    && (tolerance.is_none()
                        || self.policy.level(Code::SignatureTolerance) != Level::Fail)
            }
            SignatureValue::Invalid => false,
            SignatureValue::Unsupported { .. } | SignatureValue::Unchecked => {
                return if broken_structure || signed.content == ContentDigest::Mismatch {
                    Some(false)
                } else {
                    None
                };
            }
        };
        match signed.content {
            _ if !tolerated || broken_structure => Some(false),
            ContentDigest::Intact => Some(true),
            ContentDigest::Mismatch | ContentDigest::NoReference => Some(false),
            ContentDigest::ContentMissing
            | ContentDigest::OtherAlgorithm
            | ContentDigest::NotComputed => None,
        }
    }

    /// Raises the signature's own algorithms at `at`.
    pub(super) fn accept_algorithms(&self, signed: &Signed<'_>, at: Time, ledger: &mut Ledger) {
        self.raise_weaknesses(&signed.algorithm_uses(), at, true, signed.id, ledger);
    }
}

/// Signed attributes without exactly one readable message-digest (RFC 5652 §11.2).
fn lacks_message_digest(signed: &Signed<'_>) -> bool {
    signed.attributes.present
        && (signed.attributes.message_digest != AttributeCheck::Ok
            || signed.content == ContentDigest::NoReference)
}

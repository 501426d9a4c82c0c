//! A small world written by hand: Root → CA → signer, an OCSP delegate with ocsp-nocheck, and a
//! time-stamp authority under a root of its own. No cryptography: facts only.

#![allow(dead_code, unreachable_pub, missing_docs)]

use ceralacca_validation::{
    Facts, Indication, Policy, Report, SubIndication, Time, Times, catalogue::Code, facts::*, judge,
};
use std::collections::BTreeMap;

pub const NOW: &str = "2026-06-01T12:00:00Z";

pub fn t(text: &str) -> Time {
    text.parse().expect("a time")
}

pub fn fp(name: &str) -> Fingerprint {
    Fingerprint::new(name)
}

pub fn rsa_sha256() -> AlgorithmFacts {
    AlgorithmFacts {
        scheme: Scheme::Rsa,
        digest: Some("SHA-256".into()),
        name: "sha256WithRSAEncryption".into(),
    }
}

pub fn key() -> KeyFacts {
    KeyFacts { kind: "RSA".into(), bits: Some(3072), curve: None }
}

pub fn certificate(name: &str, issuer: &str, from: &str, to: &str) -> CertificateFacts {
    CertificateFacts {
        subject: NameFacts {
            dn: format!("CN={name}"),
            common_name: Some(name.into()),
            ..NameFacts::default()
        },
        issuer: NameFacts {
            dn: format!("CN={issuer}"),
            common_name: Some(issuer.into()),
            ..NameFacts::default()
        },
        serial_number: "1a2b".into(),
        not_before: t(from),
        not_after: t(to),
        key: key(),
        signature: rsa_sha256(),
        self_signed: name == issuer,
        key_usage: Some(vec!["keyCertSign".into(), "cRLSign".into()]),
        extended_key_usage: None,
        ocsp_nocheck: false,
        no_revocation_available: false,
        qc: QcFacts::default(),
        usage_limits: Vec::new(),
    }
}

pub fn signer_certificate() -> CertificateFacts {
    let mut signer =
        certificate("Mario Rossi", "TEST CA", "2025-01-01T00:00:00Z", "2028-01-01T00:00:00Z");
    signer.subject.surname = Some("ROSSI".into());
    signer.subject.given_name = Some("MARIO".into());
    signer.subject.serial_number = Some("TINIT-RSSMRA80A01H501U".into());
    signer.subject.title = Some("Segretario comunale::058091".into());
    signer.subject.organisation = Some("Comune di Prova".into());
    signer.key_usage = Some(vec!["nonRepudiation".into()]);
    signer.qc.compliance = true;
    signer
}

pub fn anchor(name: &str) -> AnchorFacts {
    AnchorFacts {
        name: name.into(),
        fingerprint: Some(fp(name)),
        purposes: vec![AnchorPurpose::Signature, AnchorPurpose::TimeStamp],
        trusted_from: None,
        sunset: None,
        service: None,
    }
}

pub fn chain(names: &[&str]) -> ChainFacts {
    ChainFacts {
        certificates: names.iter().map(|name| fp(name)).collect(),
        anchor: names.last().map(|name| anchor(name)),
        problems: Vec::new(),
        missing_issuer: None,
    }
}

pub fn crl(id: &str, issuer: &str, this_update: &str) -> RevocationFacts {
    RevocationFacts {
        id: id.into(),
        kind: RevocationKind::Crl,
        source: RevocationSource::Given,
        status: CertificateStatus::Good,
        this_update: Some(t(this_update)),
        next_update: Some(t("2026-07-01T00:00:00Z")),
        produced_at: None,
        issuer: Some(fp(issuer)),
        signature: SignatureCheck::Valid,
        authorisation: Authorisation::Issuer,
        responder_id_matches: None,
        cert_hash_matches: None,
        covers_expired_since: None,
        algorithm: rsa_sha256(),
        problems: Vec::new(),
        object: Some(fp(id)),
        base: None,
        complements: Vec::new(),
    }
}

pub fn ocsp(id: &str, this_update: &str) -> RevocationFacts {
    RevocationFacts {
        kind: RevocationKind::Ocsp,
        produced_at: Some(t(this_update)),
        authorisation: Authorisation::Delegate,
        responder_id_matches: Some(true),
        ..crl(id, "ocsp", this_update)
    }
}

pub fn attributes() -> AttributeFacts {
    AttributeFacts {
        present: true,
        duplicated: Vec::new(),
        malformed: Vec::new(),
        content_type: AttributeCheck::Ok,
        message_digest: AttributeCheck::Ok,
        algorithm_protection: None,
    }
}

pub fn references(certificate: &str) -> ReferenceFacts {
    ReferenceFacts {
        form: ReferenceForm::V2,
        references: vec![CertificateReference {
            form: ReferenceForm::V2,
            digest_algorithm: "SHA-256".into(),
            certificate: Some(fp(certificate)),
            issuer_serial_matches: Some(true),
        }],
    }
}

pub fn valid_value() -> SignatureValue {
    SignatureValue::Valid { matched: MatchedForm::AsReceived, tolerance: None }
}

pub fn signature() -> SignatureFacts {
    SignatureFacts {
        id: "1".into(),
        format: "CAdES".into(),
        level: "CAdES-BASELINE-B".into(),
        countersigns: None,
        structure: Vec::new(),
        signer_identifier: "CN=TEST CA, 1a2b".into(),
        certificate: Some(fp("signer")),
        digest_algorithm: "SHA-256".into(),
        algorithm: rsa_sha256(),
        key: Some(key()),
        content: ContentDigest::Intact,
        value: valid_value(),
        attributes: attributes(),
        references: references("signer"),
        claimed_signing_time: Some(t("2026-03-01T09:00:00Z")),
        policy: None,
        properties: SignedPropertyFacts::default(),
        extended_type: None,
        countersignatures: 0,
        timestamps: Vec::new(),
        reference_digests: Vec::new(),
    }
}

pub fn stamp(id: &str, kind: TimestampKind, time: &str) -> TimestampFacts {
    TimestampFacts {
        id: id.into(),
        kind,
        structure: Vec::new(),
        gen_time: Some(t(time)),
        accuracy_micros: Some(1_000_000),
        ordering: false,
        imprint_algorithm: "SHA-256".into(),
        imprint_matches: Some(true),
        hash_index_valid: None,
        certificate: Some(fp("tsa")),
        digest_algorithm: "SHA-256".into(),
        algorithm: rsa_sha256(),
        key: Some(key()),
        content: ContentDigest::Intact,
        value: valid_value(),
        attributes: attributes(),
        references: references("tsa"),
        tsa_name: Some("TEST TSA".into()),
        tsa_name_matches: Some(true),
        policy: Some("1.2.3.4".into()),
        serial_number: Some("07".into()),
        covers: Vec::new(),
        proves: ProofFacts::default(),
        reference_digests: Vec::new(),
    }
}

/// CAdES-B, everything good.
pub fn b_level() -> Facts {
    let mut ocsp_certificate =
        certificate("TEST OCSP", "TEST CA", "2025-06-01T00:00:00Z", "2027-06-01T00:00:00Z");
    ocsp_certificate.key_usage = Some(vec!["digitalSignature".into()]);
    ocsp_certificate.ocsp_nocheck = true;
    let mut tsa =
        certificate("TEST TSA", "TEST TSA ROOT", "2024-01-01T00:00:00Z", "2034-01-01T00:00:00Z");
    tsa.key_usage = Some(vec!["digitalSignature".into()]);
    tsa.extended_key_usage =
        Some(ExtendedKeyUsageFacts { purposes: vec!["1.3.6.1.5.5.7.3.8".into()], critical: true });
    let root = |name: &str| certificate(name, name, "2015-01-01T00:00:00Z", "2045-01-01T00:00:00Z");
    Facts {
        input: InputFacts {
            format: "CAdES".into(),
            layers: vec![LayerFacts { kind: "cades".into(), name: None }],
            notes: Vec::new(),
        },
        certificates: BTreeMap::from([
            (fp("root"), root("TEST ROOT")),
            (
                fp("ca"),
                certificate("TEST CA", "TEST ROOT", "2020-01-01T00:00:00Z", "2035-01-01T00:00:00Z"),
            ),
            (fp("signer"), signer_certificate()),
            (fp("ocsp"), ocsp_certificate),
            (fp("tsaroot"), root("TEST TSA ROOT")),
            (fp("tsa"), tsa),
        ]),
        chains: BTreeMap::from([
            (fp("signer"), vec![chain(&["signer", "ca", "root"])]),
            (fp("ocsp"), vec![chain(&["ocsp", "ca", "root"])]),
            (fp("tsa"), vec![chain(&["tsa", "tsaroot"])]),
        ]),
        revocation: BTreeMap::from([
            (fp("signer"), vec![ocsp("ocsp-1", "2026-05-31T00:00:00Z")]),
            (fp("ca"), vec![crl("crl-root", "root", "2026-05-30T00:00:00Z")]),
            (fp("tsa"), vec![crl("crl-tsa", "tsaroot", "2026-05-30T00:00:00Z")]),
        ]),
        signatures: vec![signature()],
        timestamps: Vec::new(),
    }
}

/// CAdES-T stamped on 1 March 2026 at ten, everything good.
pub fn t_level() -> Facts {
    let mut facts = b_level();
    facts.signatures[0].level = "CAdES-BASELINE-T".into();
    facts.signatures[0].timestamps =
        vec![stamp("1/t1", TimestampKind::Signature, "2026-03-01T10:00:00Z")];
    facts
}

/// CAdES-T with a content time-stamp instead, at `time`.
pub fn content_stamped(time: &str) -> Facts {
    let mut facts = b_level();
    facts.signatures[0].timestamps = vec![stamp("1/c1", TimestampKind::Content, time)];
    facts
}

/// Only a time-stamp.
pub fn lone_stamp() -> Facts {
    let mut facts = b_level();
    facts.input.format = "TST".into();
    facts.signatures.clear();
    facts.timestamps = vec![stamp("t1", TimestampKind::Standalone, "2026-03-01T10:00:00Z")];
    facts
}

pub fn revoke(facts: &mut Facts, name: &str, at: &str, reason: RevocationReason) {
    for data in facts.revocation.get_mut(&fp(name)).expect("revocation data") {
        data.status = CertificateStatus::Revoked { at: t(at), reason };
    }
}

pub fn cert<'a>(facts: &'a mut Facts, name: &str) -> &'a mut CertificateFacts {
    facts.certificates.get_mut(&fp(name)).expect("a certificate")
}

pub fn data<'a>(facts: &'a mut Facts, name: &str) -> &'a mut RevocationFacts {
    &mut facts.revocation.get_mut(&fp(name)).expect("revocation data")[0]
}

pub fn problem(facts: &mut Facts, code: Code, name: &str) {
    facts.chains.get_mut(&fp("signer")).expect("chains")[0].problems.push(PathProblem {
        code,
        certificate: Some(fp(name)),
        detail: "observed".into(),
    });
}

pub fn judged_with(facts: &Facts, policy: &Policy) -> Report {
    // Facts always travel through JSON here, so that every scenario also proves the round trip.
    let saved = facts.to_json().expect("json");
    let read = Facts::from_json(&saved).expect("facts");
    assert_eq!(&read, facts);
    judge(&read, policy, &Times::now(t(NOW)))
}

pub fn judged(facts: &Facts) -> Report {
    judged_with(facts, &Policy::default())
}

/// Asserts the result of the first signature.
#[track_caller]
pub fn expect(report: &Report, indication: Indication, sub: Option<SubIndication>) {
    let signature = &report.signatures[0];
    assert_eq!(
        (signature.indication, signature.sub_indication),
        (indication, sub),
        "{:#?}",
        signature.findings
    );
}

#[track_caller]
pub fn passed(report: &Report) {
    expect(report, Indication::TotalPassed, None);
}

#[track_caller]
pub fn undecided(report: &Report, sub: SubIndication) {
    expect(report, Indication::Indeterminate, Some(sub));
}

#[track_caller]
pub fn failed(report: &Report, sub: SubIndication) {
    expect(report, Indication::TotalFailed, Some(sub));
}

pub fn has(report: &Report, code: Code) -> bool {
    report.signatures.iter().flat_map(|signature| &signature.findings).any(|f| f.code == code)
}

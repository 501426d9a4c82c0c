//! Revocation lists that decide together, and what a search that found nothing leaves behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_validation::{
    Policy, SubIndication as S, Times, Verdict,
    catalogue::Code,
    facts::*,
    gather::{self, Evidence},
    judge,
    policy::Level,
};
use chrono::TimeDelta;
use common::*;
use lab::{Config, Pki, crl::CrlSpec};
use x509::{Certificate, Crl, TrustAnchor};

/// The signer's status told by two lists for some reasons each, the newer completed by the older.
fn partitioned() -> Facts {
    let mut facts = b_level();
    let mut older = crl("parte-1", "ca", "2026-05-29T00:00:00Z");
    older.problems.push(Code::RsiScope);
    let mut newer = crl("parte-2", "ca", "2026-05-31T00:00:00Z");
    newer.complements = vec![fp("parte-1")];
    facts.revocation.insert(fp("signer"), vec![older, newer]);
    facts
}

/// The signer's status told by a delta list over a base that has run out.
fn with_delta() -> Facts {
    let mut facts = b_level();
    let mut base = crl("base", "ca", "2026-05-01T00:00:00Z");
    base.next_update = Some(t("2026-05-08T00:00:00Z"));
    let mut delta = crl("delta", "ca", "2026-05-31T00:00:00Z");
    delta.base = Some(fp("base"));
    facts.revocation.insert(fp("signer"), vec![base, delta]);
    facts
}

fn strict_freshness() -> Policy {
    let mut policy = Policy::default();
    policy.set(Code::RevocationNotFresh, Level::Fail);
    policy
}

#[test]
fn a_list_completed_by_others_stands_or_falls_with_each() {
    passed(&judged(&partitioned()));
    let broken: [fn(&mut RevocationFacts); 5] = [
        |part| part.signature = SignatureCheck::Invalid,
        |part| part.authorisation = Authorisation::None,
        |part| part.problems.push(Code::RsiUnusable),
        |part| part.this_update = Some(t("2026-06-02T00:00:00Z")),
        |part| part.object = None,
    ];
    for (index, spoil) in broken.iter().enumerate() {
        let mut facts = partitioned();
        spoil(data(&mut facts, "signer"));
        let report = judged(&facts);
        undecided(&report, S::CertificateChainGeneralFailure);
        assert!(has(&report, Code::RevocationUnacceptable), "{index}");
    }
}

#[test]
fn every_list_for_some_reasons_must_be_fresh() {
    let policy = strict_freshness();
    let mut facts = partitioned();
    // The signer alone is looked at here: the authority's list stays fresh.
    passed(&judged_with(&facts, &policy));
    data(&mut facts, "signer").next_update = Some(t("2026-05-30T00:00:00Z"));
    undecided(&judged_with(&facts, &policy), S::TryLater);
}

#[test]
fn a_delta_list_speaks_for_a_base_that_need_not_be_fresh() {
    passed(&judged_with(&with_delta(), &strict_freshness()));
    let mut facts = with_delta();
    data(&mut facts, "signer").signature = SignatureCheck::Invalid;
    undecided(&judged(&facts), S::CertificateChainGeneralFailure);
    let mut facts = with_delta();
    facts.revocation.get_mut(&fp("signer")).unwrap()[1].status = CertificateStatus::Revoked {
        at: t("2026-05-30T00:00:00Z"),
        reason: RevocationReason::KeyCompromise,
    };
    undecided(&judged(&facts), S::RevokedNoPoe);
}

#[test]
fn an_issuer_of_lists_needs_a_chain_of_its_own() {
    let lister = || {
        let mut facts = b_level();
        let issuer =
            certificate("LISTE", "TEST CA", "2020-01-01T00:00:00Z", "2035-01-01T00:00:00Z");
        facts.certificates.insert(fp("lister"), issuer);
        facts.chains.insert(fp("lister"), vec![chain(&["lister", "ca", "root"])]);
        let list = crl("lista", "lister", "2026-05-31T00:00:00Z");
        facts.revocation.insert(fp("signer"), vec![list]);
        facts
    };
    // Nothing says whether its own certificate was revoked.
    let report = judged(&lister());
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiIssuerStatusUnknown));
    // ocsp-nocheck is for responders.
    let mut facts = lister();
    cert(&mut facts, "lister").ocsp_nocheck = true;
    undecided(&judged(&facts), S::CertificateChainGeneralFailure);
    // Its authority's list, or its own, does.
    for by in ["ca", "lister"] {
        let mut facts = lister();
        let own = crl("lista-propria", by, "2026-05-31T00:00:00Z");
        facts.revocation.insert(fp("lister"), vec![own]);
        passed(&judged(&facts));
        revoke(&mut facts, "lister", "2026-05-01T00:00:00Z", RevocationReason::KeyCompromise);
        let report = judged(&facts);
        undecided(&report, S::CertificateChainGeneralFailure);
        assert!(has(&report, Code::RsiIssuerRevoked), "{by}");
    }
    let mut facts = lister();
    facts.chains.remove(&fp("lister"));
    let report = judged(&facts);
    undecided(&report, S::CertificateChainGeneralFailure);
    assert!(has(&report, Code::RsiIssuerUntrusted));
}

#[test]
fn the_chain_model_judges_each_authority_when_it_issued() {
    let chain_model = Policy { validity_model: x509::ValidityModel::Chain, ..Policy::default() };
    // The signer's certificate is of 1 January 2025; its authority's ran out, or was revoked, since.
    let mut expired = b_level();
    cert(&mut expired, "ca").not_after = t("2026-01-01T00:00:00Z");
    data(&mut expired, "ca").covers_expired_since = Some(t("2020-01-01T00:00:00Z"));
    undecided(&judged(&expired), S::OutOfBoundsNotRevoked);
    let mut revoked = b_level();
    revoke(&mut revoked, "ca", "2026-01-01T00:00:00Z", RevocationReason::CessationOfOperation);
    undecided(&judged(&revoked), S::RevokedCaNoPoe);
    for facts in [&expired, &revoked] {
        passed(&judged_with(facts, &chain_model));
    }
    // Before it issued, no model and no stamp passes over it.
    let mut stamped = t_level();
    revoke(&mut stamped, "ca", "2024-12-31T00:00:00Z", RevocationReason::KeyCompromise);
    undecided(&judged_with(&stamped, &chain_model), S::RevokedCaNoPoe);
    let mut late = t_level();
    cert(&mut late, "ca").not_before = t("2025-06-01T00:00:00Z");
    passed(&judged(&late));
    let report = judged_with(&late, &chain_model);
    assert_ne!(report.verdict, Verdict::TotalPassed);
    // The signer himself is judged at the time of the signature under both.
    let mut signer = b_level();
    cert(&mut signer, "signer").not_after = t("2026-05-31T12:00:00Z");
    undecided(&judged_with(&signer, &chain_model), S::OutOfBoundsNotRevoked);
}

/// A signer of the lab, with lists instead of responders.
struct Desk {
    anchors: Vec<TrustAnchor>,
    pool: Vec<Certificate>,
    crls: Vec<Crl>,
    signer: Certificate,
}

fn desk(list: &CrlSpec) -> Desk {
    let pki = Pki::create(&Config::quick(t(NOW))).unwrap();
    let der = |id: &str| Certificate::from_der(pki.certificate(id).unwrap()).unwrap();
    let crl = |id: &str, spec: &CrlSpec| Crl::from_der(&pki.crl_with(id, spec).unwrap()).unwrap();
    Desk {
        anchors: pki.roots().map(|root| TrustAnchor::new(der(&root.id), "lab")).collect(),
        pool: vec![der("ca")],
        crls: vec![crl("root", &in_order()), crl("ca", list)],
        signer: der("presidente"),
    }
}

fn in_order() -> CrlSpec {
    CrlSpec::new(t(NOW) - TimeDelta::minutes(10), t(NOW) + TimeDelta::days(7))
}

impl Desk {
    fn facts(&self) -> Facts {
        let evidence = Evidence {
            anchors: &self.anchors,
            certificates: &self.pool,
            crls: &self.crls,
            ..Evidence::default()
        };
        gather::certificate(&self.signer, &evidence)
    }

    fn chains(&self) -> Vec<ChainFacts> {
        self.facts().chains[&self.signer.fingerprint().into()].clone()
    }
}

/// Certificates of the same name, each with a key of its own that is none.
fn impostors(of: &Certificate, count: usize) -> Vec<Certificate> {
    let key = of.spki();
    let end = of.der().windows(key.len()).position(|part| part == key).unwrap() + key.len();
    let impostor = |n: usize| {
        let mut octets = of.der().to_vec();
        octets[end - 2] ^= u8::try_from(n / 255).unwrap();
        octets[end - 1] ^= u8::try_from(n % 255 + 1).unwrap();
        Certificate::from_der(&octets).unwrap()
    };
    (0..count).map(impostor).collect()
}

#[test]
fn a_spoilt_list_is_named_for_what_it_is() {
    let desk = desk(&CrlSpec { bad_signature: true, ..in_order() });
    let facts = desk.facts();
    let list = &facts.revocation[&desk.signer.fingerprint().into()][0];
    assert_eq!(list.signature, SignatureCheck::Invalid);
    let report = ceralacca_validation::judge_certificate(
        &facts,
        &desk.signer.fingerprint().into(),
        &Policy::default(),
        &Times::now(t(NOW)),
    );
    assert_eq!(report.sub_indication, Some(S::CertificateChainGeneralFailure));
    let codes: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&Code::RsiSignatureInvalid), "{codes:?}");
    assert!(!codes.contains(&Code::RsiIssuerUnknown), "{codes:?}");
}

#[test]
fn every_failed_candidate_stands_in_the_facts() {
    let mut desk = desk(&in_order());
    let alone = desk.chains();
    assert_eq!(alone.len(), 1);
    desk.pool.extend(impostors(&desk.pool[0], 3));
    let chains = desk.chains();
    let failed: Vec<_> = chains.iter().filter(|chain| chain.anchor.is_none()).collect();
    assert_eq!((chains.len(), failed.len()), (4, 3));
    assert_eq!(chains[0], alone[0], "the chain that holds stays first");
    for chain in failed {
        assert_eq!(chain.problems[0].code, Code::CertificateSignatureInvalid);
        assert_eq!(chain.certificates, [desk.signer.fingerprint().into()]);
    }
}

#[test]
fn class_17_a_search_that_ends_at_its_limit_says_so() {
    let mut desk = desk(&in_order());
    let real = desk.pool.remove(0);
    desk.pool.extend(impostors(&real, 150));
    let facts = desk.facts();
    let note = facts.input.notes.iter().find(|note| note.code == Code::SearchLimited);
    assert!(note.is_some_and(|note| note.detail.starts_with("signature checks")), "{note:?}");
    let report = judge(&facts, &Policy::default(), &Times::now(t(NOW)));
    assert_eq!(report.verdict, Verdict::NoSignature);
    assert!(report.findings.iter().any(|finding| finding.code == Code::SearchLimited));
}

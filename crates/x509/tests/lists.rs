//! CRLs that decide together or through others: delta, indirect, scoped
//! (RFC 5280 §5.2.4, §5.2.5, §5.3.3, §6.3.3).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use asn1::{Tag, der};
use ceralacca_x509::{
    Authorisation, Certificate, Crl, Refusal, RevocationFact, RevocationOrigin, RevocationReason,
    RevocationSource, RevocationStatus, Unusable, deciding, evaluate,
};
use common::*;

struct List<'a> {
    signer: &'a Key,
    issuer: &'a str,
    from: u32,
    number: u64,
    entries: Vec<Vec<u8>>,
    extensions: Vec<Vec<u8>>,
}

impl<'a> List<'a> {
    fn of(issuer: &'a Issued, from: u32, number: u64) -> Self {
        let (signer, issuer) = (&issuer.key, issuer.name.as_str());
        Self { signer, issuer, from, number, entries: vec![], extensions: vec![] }
    }

    fn entry(mut self, entry: Vec<u8>) -> Self {
        self.entries.push(entry);
        self
    }

    fn extension(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    fn delta(self, base: u64) -> Self {
        self.extension(extension("2.5.29.27", true, &der::integer(base)))
    }

    fn scope(self, parts: &[Vec<u8>]) -> Self {
        self.extension(extension("2.5.29.28", true, &der::sequence(parts)))
    }

    fn der(&self) -> Vec<u8> {
        let list = if self.entries.is_empty() { vec![] } else { der::sequence(&self.entries) };
        let number = extension("2.5.29.20", false, &der::integer(self.number));
        let extensions = der::sequence(&[&[number], &self.extensions[..]].concat());
        let tbs = der::sequence(&[
            der::integer(1),
            algorithm(),
            name(self.issuer),
            der::time(day(self.from)),
            der::time(day(self.from + 7)),
            list,
            der::explicit(0, &extensions),
        ]);
        self.signer.sign(&tbs, &[])
    }

    fn source(&self) -> RevocationSource {
        RevocationSource::crl(Crl::from_der(&self.der()).unwrap(), RevocationOrigin::Embedded)
    }
}

struct Scene {
    root: Issued,
    sub: Issued,
    leaf: Issued,
}

fn scene(extra: Vec<Vec<u8>>) -> Scene {
    let root = root("Radice");
    let sub = sub_ca("CA", &root);
    let leaf = leaf("Firmatario", &sub, extra);
    Scene { root, sub, leaf }
}

impl Scene {
    fn facts(&self, lists: &[&List<'_>], pool: &[&Issued]) -> Vec<RevocationFact> {
        let sources: Vec<_> = lists.iter().map(|list| list.source()).collect();
        let pool: Vec<Certificate> = pool.iter().map(|one| one.certificate.clone()).collect();
        let (leaf, issuer) = (&self.leaf.certificate, &self.sub.certificate);
        let facts = evaluate(leaf, issuer, &sources, &pool, &[anchor(&self.root)]);
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(serde_json::from_str::<Vec<RevocationFact>>(&text).unwrap(), facts);
        facts
    }

    fn decides(&self, lists: &[&List<'_>], at: u32) -> Option<RevocationStatus> {
        deciding(&self.facts(lists, &[]), day(at)).map(|fact| fact.status)
    }
}

fn revoked(at: u32, reason: RevocationReason) -> Option<RevocationStatus> {
    Some(RevocationStatus::Revoked { at: day(at), reason, invalid_since: None })
}

const GOOD: Option<RevocationStatus> = Some(RevocationStatus::Good);

fn reasons(octets: &[u8]) -> Vec<u8> {
    [&[0x83, u8::try_from(octets.len()).unwrap()], octets].concat()
}

/// distributionPoint [0] with a fullName.
fn point(name: &[u8]) -> Vec<u8> {
    let full = der::tlv(Tag::context_constructed(0), name);
    der::tlv(Tag::context_constructed(0), &full)
}

fn directory(common_name: &str) -> Vec<u8> {
    der::tlv(Tag::context_constructed(4), &name(common_name))
}

/// cRLDistributionPoints with one point.
fn points(parts: &[Vec<u8>]) -> Vec<u8> {
    extension("2.5.29.31", false, &der::sequence(&[der::sequence(parts)]))
}

fn crl_issuer(common_name: &str) -> Vec<u8> {
    der::tlv(Tag::context_constructed(2), &directory(common_name))
}

/// An entry of an indirect list about a certificate of another issuer.
fn entry_of(serial: u64, at: u32, issuer: &str) -> Vec<u8> {
    let names = der::sequence(&[directory(issuer)]);
    let list = der::sequence(&[extension("2.5.29.29", true, &names)]);
    der::sequence(&[der::integer(serial), der::time(day(at)), list])
}

#[test]
fn a_delta_with_its_base() {
    let scene = scene(vec![]);
    let base = List::of(&scene.sub, 100, 10);
    let quiet = List::of(&scene.sub, 102, 12).delta(10);
    let facts = scene.facts(&[&base, &quiet], &[]);
    assert_eq!(facts[1].base, Some(facts[0].object));
    assert_eq!(facts[1].status, RevocationStatus::Good);
    assert_eq!(scene.decides(&[&base, &quiet], 103), GOOD);
    // The base has run out, the delta still speaks for both.
    assert_eq!(scene.decides(&[&base, &quiet], 108), GOOD);
    assert_eq!(scene.decides(&[&base], 108), None);

    let news = List::of(&scene.sub, 102, 12).delta(10).entry(crl_entry(77, 101, Some(1)));
    let compromised = revoked(101, RevocationReason::KeyCompromise);
    assert_eq!(scene.decides(&[&news, &base], 103), compromised);
    assert_eq!(scene.decides(&[&base, &news], 101), GOOD, "not issued yet");

    let held = List::of(&scene.sub, 100, 10).entry(crl_entry(77, 90, Some(6)));
    let hold = revoked(90, RevocationReason::CertificateHold);
    assert_eq!(scene.decides(&[&held, &quiet], 103), hold);
    let released = List::of(&scene.sub, 102, 12).delta(10).entry(crl_entry(77, 101, Some(8)));
    assert_eq!(scene.decides(&[&held, &released], 103), GOOD);
}

#[test]
fn class_33_a_delta_without_its_base_is_never_good() {
    let scene = scene(vec![]);
    let delta = List::of(&scene.sub, 102, 12).delta(10);
    let old = List::of(&scene.sub, 90, 9);
    let scoped = List::of(&scene.sub, 100, 10).scope(&[vec![0x81, 1, 0xff]]);
    for bases in [vec![], vec![&old], vec![&scoped]] {
        let lists: Vec<&List<'_>> = bases.into_iter().chain([&delta]).collect();
        let facts = scene.facts(&lists, &[]);
        let fact = facts.last().unwrap();
        assert_eq!(fact.unusable, [Unusable::Delta]);
        assert_eq!(fact.status, RevocationStatus::Undetermined);
    }
    // A base another key signed is none either.
    let extensions = vec![usage(&[6])];
    let other = Spec { subject: "CA", serial: 3, from: 0, to: 2000, extensions }.issue(&scene.root);
    let foreign = List { signer: &other.key, ..List::of(&scene.sub, 100, 10) };
    let facts = scene.facts(&[&foreign, &delta], &[&other]);
    assert_eq!(facts[0].authorisation, Authorisation::IssuerOtherKey);
    assert_eq!(facts[1].status, RevocationStatus::Undetermined);
}

#[test]
fn lists_for_some_reasons_complete_each_other() {
    let scene = scene(vec![]);
    let some = |from, number| List::of(&scene.sub, from, number).scope(&[reasons(&[6, 0x40])]);
    let rest =
        |from, number| List::of(&scene.sub, from, number).scope(&[reasons(&[7, 0x3f, 0x80])]);
    assert_eq!(scene.decides(&[&some(100, 1)], 103), None);
    let facts = scene.facts(&[&some(100, 1), &rest(102, 2)], &[]);
    assert_eq!(facts[1].complements, [facts[0].object]);
    assert_eq!(scene.decides(&[&some(100, 1), &rest(102, 2)], 103), GOOD);
    // The older one has run out: half a statement is none.
    assert_eq!(scene.decides(&[&some(100, 1), &rest(102, 2)], 108), None);
    let named = rest(102, 2).entry(crl_entry(77, 101, Some(5)));
    let ceased = revoked(101, RevocationReason::CessationOfOperation);
    assert_eq!(scene.decides(&[&some(100, 1), &named], 103), ceased);
    let named = some(100, 1).entry(crl_entry(77, 99, Some(1)));
    let compromised = revoked(99, RevocationReason::KeyCompromise);
    assert_eq!(scene.decides(&[&named, &rest(102, 2)], 103), compromised);
}

#[test]
fn reasons_of_the_distribution_point_bind_a_full_list() {
    let uri = point(&url(6, "http://crl.example/parte"));
    let flags = der::tlv(Tag::context(1), &[6, 0x40]);
    let scene = scene(vec![points(&[uri.clone(), flags])]);
    let list = List::of(&scene.sub, 100, 1).scope(std::slice::from_ref(&uri));
    assert_eq!(scene.facts(&[&list], &[])[0].unusable, [Unusable::SomeReasons]);
    // A list for everything by the issuer needs no point (§6.3.3).
    assert_eq!(scene.decides(&[&List::of(&scene.sub, 100, 1)], 103), GOOD);
}

#[test]
fn an_indirect_list_by_the_issuer_the_certificate_names() {
    let scene = scene(vec![points(&[crl_issuer("Lista")])]);
    let spec = |extensions| Spec { subject: "Lista", serial: 8, from: 0, to: 2000, extensions };
    let issuer = spec(vec![usage(&[6])]).issue(&scene.root);
    let indirect = || List::of(&issuer, 100, 1).scope(&[vec![0x84, 1, 0xff]]);
    let only = |list: &List<'_>, pool: &[&Issued]| scene.facts(&[list], pool).remove(0);

    let fact = only(&indirect(), &[&issuer]);
    assert_eq!(fact.authorisation, Authorisation::CrlIssuer);
    assert_eq!(fact.status, RevocationStatus::Good);
    let other = indirect().entry(entry_of(77, 90, "Altra CA")).entry(crl_entry(77, 91, None));
    assert_eq!(only(&other, &[&issuer]).status, RevocationStatus::Good, "of another issuer");
    let named = indirect().entry(entry_of(5, 90, "CA")).entry(crl_entry(77, 91, Some(1)));
    let compromised = revoked(91, RevocationReason::KeyCompromise).unwrap();
    assert_eq!(only(&named, &[&issuer]).status, compromised);

    let plain = List::of(&issuer, 100, 1);
    assert_eq!(only(&plain, &[&issuer]).unusable, [Unusable::NotIndirect]);
    let fact = only(&indirect(), &[]);
    let reason = Refusal::SignerUnknown;
    assert_eq!(fact.authorisation, Authorisation::Refused { reason });
    for (extensions, by, reason) in [
        (vec![usage(&[0])], &scene.root, Refusal::NoCrlSign),
        (vec![], &scene.root, Refusal::NoCrlSign),
        (vec![usage(&[6])], &root("Altra"), Refusal::NotUnderSameAnchor),
    ] {
        let issuer = spec(extensions).issue(by);
        let list = List::of(&issuer, 100, 1).scope(&[vec![0x84, 1, 0xff]]);
        let fact = only(&list, &[&issuer]);
        assert_eq!(fact.authorisation, Authorisation::Refused { reason });
        assert_eq!(fact.status, RevocationStatus::Undetermined);
    }
    // Nobody asked this issuer: it says nothing about the certificate.
    let stranger =
        Spec { subject: "Estranea", serial: 8, from: 0, to: 2000, extensions: vec![usage(&[6])] };
    let stranger = stranger.issue(&scene.root);
    let list = List::of(&stranger, 100, 1).scope(&[vec![0x84, 1, 0xff]]);
    assert!(scene.facts(&[&list], &[&stranger]).is_empty());
}

#[test]
fn names_of_points_relative_to_the_issuer() {
    let pair = der::sequence(&[der::oid(&asn1::Oid::new("2.5.4.3")), der::utf8_string("Lista 1")]);
    let relative = |tag| {
        let name = der::tlv(Tag::context_constructed(1), &pair);
        der::tlv(Tag::context_constructed(tag), &name)
    };
    let scene = scene(vec![points(&[relative(0)])]);
    let list = List::of(&scene.sub, 100, 1).scope(&[relative(0)]);
    assert_eq!(scene.decides(&[&list], 103), GOOD);
    let ca = asn1::Value::parse(&name("CA")).unwrap().contents().to_vec();
    let whole = der::sequence(&[ca, der::set_of(std::slice::from_ref(&pair))]);
    let full = point(&der::tlv(Tag::context_constructed(4), &whole));
    assert_eq!(scene.decides(&[&List::of(&scene.sub, 100, 1).scope(&[full])], 103), GOOD);
    let other = point(&directory("Lista 1"));
    assert_eq!(scene.decides(&[&List::of(&scene.sub, 100, 1).scope(&[other])], 103), None);
}

#[test]
fn a_spoilt_signature_is_told_from_an_unknown_signer() {
    let scene = scene(vec![]);
    let mut octets = List::of(&scene.sub, 100, 1).der();
    let last = octets.len() - 1;
    octets[last] ^= 1;
    let spoilt = RevocationSource::crl(Crl::from_der(&octets).unwrap(), RevocationOrigin::Embedded);
    let (leaf, issuer) = (&scene.leaf.certificate, &scene.sub.certificate);
    let fact = evaluate(leaf, issuer, &[spoilt], &[], &[anchor(&scene.root)]).remove(0);
    let reason = Refusal::SignatureInvalid;
    assert_eq!(fact.authorisation, Authorisation::Refused { reason });
    assert_eq!(fact.signer.unwrap().certificate, *issuer);
    assert_eq!(fact.status, RevocationStatus::Undetermined);
}

#[test]
fn class_33_damaged_scopes_never_turn_revoked_into_good() {
    let scene = scene(vec![points(&[crl_issuer("CA")])]);
    let list = List::of(&scene.sub, 100, 12)
        .delta(10)
        .scope(&[point(&directory("CA")), reasons(&[6, 0x40]), vec![0x84, 1, 0xff]])
        .entry(entry_of(77, 90, "CA"));
    let base = List { number: 10, ..List::of(&scene.sub, 100, 10) };
    let base = base.entry(crl_entry(77, 80, Some(1))).source();
    let octets = list.der();
    let (leaf, issuer) = (&scene.leaf.certificate, &scene.sub.certificate);
    let mut read = 0;
    for damaged in (0..octets.len()).map(|end| octets[..end].to_vec()).chain(
        (0..octets.len() * 8).map(|bit| {
            let mut one = octets.clone();
            one[bit / 8] ^= 1 << (bit % 8);
            one
        }),
    ) {
        let Ok(crl) = Crl::from_der(&damaged) else { continue };
        read += 1;
        let _ = crl.lookup_issued_by(crl.issuer(), &[77]).unwrap();
        let source = RevocationSource::crl(crl, RevocationOrigin::Embedded);
        let sources = [base.clone(), source];
        let facts = evaluate(leaf, issuer, &sources, &[], &[anchor(&scene.root)]);
        assert!(facts.iter().all(|fact| fact.status != RevocationStatus::Good), "{damaged:02x?}");
    }
    assert!(read > 100);
}

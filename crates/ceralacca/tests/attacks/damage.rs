//! Files in order of every kind, cut at each power of two and with one bit turned: the verdict never
//! improves, and what passes all the same has the content that was signed.

use ceralacca::validation::Verdict;
use chrono::TimeDelta;
use lab::archive::{ArchiveStamp, Index, IndexVersion, UnsignedForm};
use lab::cms::{Framing, attribute};
use lab::m7m::M7m;
use lab::parts::Parts;
use lab::tsd::{MetaData, Tsd};
use lab::{Hash, oids, wrap};

use crate::common::*;

/// A kind of file: what it is called, its octets, and whether its content can be taken out.
struct Sample {
    name: &'static str,
    octets: Vec<u8>,
    content: bool,
}

fn samples(desk: &Desk, names: &[&str]) -> Vec<Sample> {
    let sample = |name, octets| Sample { name, octets, content: true };
    let signed = desk.signed();
    let stamped = desk.odd(|signer| *signer = signer.clone().stamped("tsa", then() + minutes(1)));
    let mut archived = Parts::read(&stamped).unwrap();
    let (issued, next) = (then() + minutes(2), now() + TimeDelta::days(7));
    desk.pki.add_long_term(&mut archived, &["presidente", "tsa"], issued, next).unwrap();
    let long_term = archived.build();
    let mut old = archived.clone();
    let stamp = ArchiveStamp::new("tsa-b", then() + minutes(5));
    let index = Index::of(&archived, 0, IndexVersion::V3, Hash::Sha256).unwrap();
    desk.pki.archive_v3(&mut archived, 0, &index, &stamp).unwrap();
    desk.pki.archive_v2(&mut old, 0, UnsignedForm::Framed, &stamp).unwrap();
    let mut countersigned = Parts::read(&signed).unwrap();
    let value = countersigned.signers[0].value().unwrap();
    let info = lab::cms::countersignature_at(&desk.pki, "segretario", &value, then()).unwrap();
    countersigned.signers[0].unsigned.push(attribute(&oids::COUNTERSIGNATURE, &[info]));
    countersigned.add_certificates(&[desk.pki.certificate("segretario").unwrap()]).unwrap();
    let mut tsd = Tsd::new(&desk.pki, &signed, "tsa", then() + minutes(5));
    tsd.metadata = Some(MetaData::named(true, "verbale.p7m", "application/pkcs7-mime"));
    let content = CONTENT;
    let imprint = Hash::Sha256.digest(content).unwrap();
    let fault = lab::tsa::Fault::None;
    let token = desk.pki.timestamp_token("tsa", Hash::Sha256, &imprint, then(), &fault).unwrap();
    let all = vec![
        sample("b.p7m", signed.clone()),
        sample("ber.p7m", desk.file(|file| file.framing = Framing::Chunked(20))),
        sample(
            "two.p7m",
            desk.file(|file| {
                file.signers = ["presidente", "segretario"]
                    .map(|id| lab::cms::OddSigner::at(id, then()))
                    .into();
            }),
        ),
        sample("t.p7m", stamped),
        sample("lt.p7m", long_term),
        sample("lta.p7m", archived.build()),
        sample("v2.p7m", old.build()),
        sample("counter.p7m", countersigned.build()),
        sample("nested.p7m", lab::cms::sign(&desk.pki, "segretario", &signed, then()).unwrap()),
        sample("text.p7m", wrap::base64_lines(&signed, 64, "\r\n").into_bytes()),
        sample("pem.p7m", wrap::pem("PKCS7", &signed).into_bytes()),
        sample("mail.p7m", wrap::smime(&signed).into_bytes()),
        sample("a.tsd", tsd.build().unwrap()),
        sample("a.m7m", M7m::new(&desk.pki, &signed, "tsa", then() + minutes(5)).build().unwrap()),
        Sample { name: "a.tsr", octets: lab::tsa::granted(&token), content: false },
    ];
    let chosen: Vec<_> = all.into_iter().filter(|one| names.contains(&one.name)).collect();
    assert_eq!(chosen.len(), names.len());
    chosen
}

/// What a report has to lose, worst first.
fn rank(verdict: Option<Verdict>) -> u8 {
    match verdict {
        None => 0,
        Some(Verdict::TotalPassed) => 2,
        Some(_) => 1,
    }
}

#[test]
fn damaged_signatures_never_get_a_better_verdict() {
    damaged(&["b.p7m", "ber.p7m", "two.p7m", "counter.p7m", "nested.p7m"]);
}

#[test]
fn damaged_texts_never_get_a_better_verdict() {
    damaged(&["text.p7m", "pem.p7m", "mail.p7m"]);
}

#[test]
fn damaged_stamps_never_get_a_better_verdict() {
    damaged(&["t.p7m", "a.tsr"]);
}

#[test]
fn damaged_archives_never_get_a_better_verdict() {
    damaged(&["lt.p7m", "lta.p7m", "v2.p7m"]);
}

#[test]
fn damaged_stamped_files_never_get_a_better_verdict() {
    damaged(&["a.tsd", "a.m7m"]);
}

fn damaged(names: &[&str]) {
    let desk = Desk::new();
    let beside = desk.put("c", CONTENT);
    for Sample { name, octets, content } in samples(&desk, names) {
        let given = (!content).then_some(&*beside);
        let judge = |octets: &[u8]| {
            let path = desk.put(name, octets);
            desk.judge_with(&path, given, &Default::default()).ok()
        };
        let whole = judge(&octets).unwrap_or_else(|| panic!("{name} is not read"));
        assert_eq!(whole.verdict, Verdict::TotalPassed, "{name}: {whole:#?}");
        let count = whole.signatures.len() + whole.timestamps.len();

        let mut cut = 1;
        while cut < octets.len() {
            for end in [cut - 1, cut, octets.len() - cut] {
                let report = judge(&octets[..end]);
                let verdict = report.as_ref().map(|report| report.verdict);
                // Text and trailing line ends may be cut where they say nothing.
                if verdict == Some(Verdict::TotalPassed) {
                    let left = &octets[end..];
                    assert!(!content || desk.extracted(name) == CONTENT, "{name} cut at {end}");
                    assert!(left.len() <= 64, "{name} cut at {end} of {}", octets.len());
                }
            }
            cut *= 2;
        }

        // What already failed does not get better: the content altered, then damaged further.
        let mut altered = octets.clone();
        if let Some(at) = octets.windows(CONTENT.len()).position(|window| window == CONTENT) {
            altered[at] ^= 1;
        } else {
            altered = Vec::new();
        }
        let step = (octets.len() / 150).max(1);
        for at in (3..octets.len()).step_by(step) {
            let bit = 1 << (at % 8);
            let mut flipped = octets.clone();
            flipped[at] ^= bit;
            if let Some(report) = judge(&flipped) {
                let found = report.signatures.len() + report.timestamps.len();
                if report.verdict == Verdict::TotalPassed {
                    assert!(found <= count, "{name} bit at {at}");
                    assert!(!content || desk.extracted(name) == CONTENT, "{name} bit at {at}");
                }
            }
            if !altered.is_empty() {
                let place = altered.len();
                let mut twice = altered.clone();
                twice[at] ^= bit;
                if twice != octets {
                    let verdict = judge(&twice).map(|report| report.verdict);
                    assert!(rank(verdict) < 2, "{name} of {place} octets, bit at {at}");
                }
            }
        }
        println!("{name}: {} octets", octets.len());
    }
}

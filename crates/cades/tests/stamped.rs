//! Time-stamped envelopes (RFC 5544, M7M) of every form, nesting and size, honest and hostile:
//! attack classes 15 (deep nesting), 16 (declared lengths) and 30 (token substitution).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use asn1::{Tag, der};
use ceralacca_cades::{
    Container, Covered, Envelope, EnvelopeKind, Error, NotAtHand, SignedFile, StampedLayer, Wanted,
    read, read_whole,
};
use chrono::{DateTime, TimeDelta, Utc};
use cms::Limits;
use crypto::{DigestAlgorithm, Hasher};
use lab::cms::{Framing, Odd};
use lab::key::Hash;
use lab::m7m::{Body, M7m, Over};
use lab::tsd::{Evidence, MetaData, Tsd};
use lab::{Config, Pki};
use timestamp::tsd::TemporalEvidence;

const CONTENT: &[u8] = b"Il Consiglio approva, con undici voti favorevoli e tre contrari.";

fn now() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn pki() -> Pki {
    Pki::create(&Config::quick(now())).unwrap()
}

fn signed(pki: &Pki, content: &[u8]) -> Vec<u8> {
    lab::cms::sign(pki, "presidente", content, now()).unwrap()
}

fn whole(octets: &[u8]) -> SignedFile {
    read_whole(&mut Cursor::new(octets), &Limits::default()).unwrap()
}

/// The innermost content.
fn extracted(octets: &[u8], wanted: &Wanted) -> Vec<u8> {
    let mut out = Vec::new();
    let file = read(octets, &Limits::default(), wanted, &mut out).unwrap();
    assert!(file.broken.is_none(), "{:?}", file.broken);
    assert!(!file.opaque);
    out
}

fn outermost(file: &SignedFile) -> &StampedLayer {
    match &file.envelopes[0] {
        Envelope::Stamped(layer) => layer,
        Envelope::Signed(_) => panic!("a signed envelope"),
    }
}

/// What each time-stamp is over.
fn covered(layer: &StampedLayer) -> Vec<Result<Option<Covered>, NotAtHand>> {
    let stamps = layer.time_stamps().into_iter().enumerate();
    stamps.map(|(index, raw)| layer.covered(index, &timestamp::read_tsr(raw).unwrap().0)).collect()
}

const FRAMINGS: [Framing; 6] = [
    Framing::Definite,
    Framing::Indefinite,
    Framing::Chunked(7),
    Framing::Chunked(1),
    Framing::DefiniteChunked(20),
    Framing::Nested { piece: 5, levels: 3 },
];

#[test]
fn every_form_of_time_stamped_data_is_read() {
    let pki = pki();
    let other = asn1::Oid::new("1.2.3.4.5");
    let metadata = |protected| MetaData {
        other: vec![lab::tsd::other_metadata(&other, "protocollo")],
        ..MetaData::named(protected, "verbale.txt", "text/plain")
    };
    for framing in FRAMINGS {
        for (metadata, over) in [
            (None, Covered::Content),
            (Some(MetaData::default()), Covered::Content),
            (Some(metadata(false)), Covered::Content),
            (Some(metadata(true)), Covered::MetadataAndContent),
        ] {
            for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
                let octets = Tsd {
                    framing,
                    metadata: metadata.clone(),
                    data_uri: Some("https://comune.example/verbale".into()),
                    evidence: vec![Evidence { hash, ..Evidence::new("tsa", now()) }],
                    trailing: vec![0; 3],
                    ..Tsd::new(&pki, CONTENT, "tsa", now())
                }
                .build()
                .unwrap();
                let file = whole(&octets);
                let layer = outermost(&file);
                assert_eq!(covered(layer), [Ok(Some(over))], "{framing:?} {metadata:?} {hash:?}");
                assert_eq!(layer.trailing, 3);
                assert_eq!(layer.is_ber, framing != Framing::Definite);
                let Container::Tsd(data) = &layer.container else { panic!("no tsd") };
                assert_eq!(data.data_uri.as_deref(), Some("https://comune.example/verbale"));
                let read = data.metadata.as_ref();
                assert_eq!(
                    read.map(|m| (m.file_name.as_deref(), m.media_type.as_deref())),
                    metadata.as_ref().map(|m| (m.file_name.as_deref(), m.media_type.as_deref()))
                );
                if let Some(read) = read.filter(|read| read.file_name.is_some()) {
                    assert_eq!(read.other, [other]);
                }
                assert_eq!(extracted(&octets, &Wanted::default()), CONTENT);
            }
        }
    }
}

#[test]
fn metadata_are_hashed_in_der_or_as_stored() {
    // The metadata in BER; the stamp over their DER, as the standard asks, or over what is stored.
    let pki = pki();
    let stored = [&[0x30, 0x80, 1, 1, 1][..], &der::utf8_string("a.txt"), &[0, 0]].concat();
    let canonical = der::sequence(&[der::boolean(true), der::utf8_string("a.txt")]);
    for (hashed, over) in [
        (&canonical, Some(Covered::MetadataAndContent)),
        (&stored, Some(Covered::MetadataAndContent)),
        (&Vec::new(), Some(Covered::Content)),
        (&b"x".to_vec(), None),
    ] {
        let imprint = Hash::Sha256.digest(&[hashed.as_slice(), CONTENT].concat()).unwrap();
        let token = pki
            .timestamp_token("tsa", Hash::Sha256, &imprint, now(), &lab::tsa::Fault::None)
            .unwrap();
        let evidence = der::constructed(Tag::context_constructed(0), &[der::sequence(&[token])]);
        let data =
            der::sequence(&[der::integer(1), stored.clone(), der::octet_string(CONTENT), evidence]);
        let octets =
            der::sequence(&[der::oid(&timestamp::tsd::TIMESTAMPED_DATA), der::explicit(0, &data)]);
        assert_eq!(covered(outermost(&whole(&octets))), [Ok(over)]);
    }
}

#[test]
fn chains_of_time_stamps_and_what_breaks_them() {
    let pki = pki();
    let stamp = |hours, with_crl, hash| Evidence {
        with_crl,
        hash,
        ..Evidence::new("tsa", now() + TimeDelta::hours(hours))
    };
    let evidence = vec![
        stamp(0, true, Hash::Sha1),
        stamp(1, true, Hash::Sha512),
        stamp(2, false, Hash::Sha256),
    ];
    for framing in FRAMINGS {
        let tsd =
            Tsd { framing, evidence: evidence.clone(), ..Tsd::new(&pki, CONTENT, "tsa", now()) };
        let octets = tsd.build().unwrap();
        let file = whole(&octets);
        let layer = outermost(&file);
        assert_eq!(layer.crls().count(), 2);
        let fine = Ok(Some(Covered::Previous));
        assert_eq!(covered(layer), [Ok(Some(Covered::Content)), fine, fine], "{framing:?}");
        // A stamp that leaves out the revocation list before it covers something else.
        let wrong = Tsd { renewal_without_crl: true, ..tsd }.build().unwrap();
        let file = whole(&wrong);
        assert_eq!(covered(outermost(&file))[1..], [Ok(None), Ok(None)]);
    }
}

#[test]
fn a_stamp_of_another_content_covers_nothing() {
    let pki = pki();
    let tsd = Tsd::new(&pki, CONTENT, "tsa", now()).build().unwrap();
    let at = tsd.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    for octet in at..at + CONTENT.len() {
        let mut altered = tsd.clone();
        altered[octet] ^= 1;
        assert_eq!(covered(outermost(&whole(&altered))), [Ok(None)]);
    }
    // Content elsewhere: nothing to compare, and nothing is fetched.
    let detached = Tsd {
        detached: true,
        data_uri: Some("http://127.0.0.1:1/".into()),
        ..Tsd::new(&pki, CONTENT, "tsa", now())
    };
    let octets = detached.build().unwrap();
    let file = whole(&octets);
    assert!(!outermost(&file).attached);
    assert_eq!(covered(outermost(&file)), [Err(NotAtHand)]);
}

#[test]
fn messages_in_every_form_met_are_read() {
    let pki = pki();
    let p7m = signed(&pki, CONTENT);
    let wrapped = signed(&pki, &p7m);
    let bodies = [Body::Binary, Body::Base64, Body::Pem];
    for envelope_body in bodies {
        for stamp_body in bodies {
            for (line, stamp_first, bare_token) in [
                ("\r\n", false, false),
                ("\n", true, true),
                ("\n", false, true),
                ("\r\n", true, false),
            ] {
                for (over, hash) in [
                    (Over::Decoded, Hash::Sha1),
                    (Over::Transported, Hash::Sha256),
                    (Over::Transported, Hash::Sha384),
                    (Over::Decoded, Hash::Sha512),
                ] {
                    let octets = M7m {
                        envelope_body,
                        // What a part claims of itself is not believed.
                        envelope_claim: "binary",
                        stamp_body,
                        stamp_claim: "7bit",
                        bare_token,
                        over,
                        hash,
                        line,
                        stamp_first,
                        ..M7m::new(&pki, &wrapped, "tsa", now())
                    }
                    .build()
                    .unwrap();
                    let file = whole(&octets);
                    let expected = match (over, envelope_body) {
                        (Over::Decoded, Body::Base64 | Body::Pem) => Covered::Decoded,
                        _ => Covered::Transported,
                    };
                    let case = format!("{envelope_body:?} {stamp_body:?} {line:?} {over:?}");
                    assert_eq!(covered(outermost(&file)), [Ok(Some(expected))], "{case}");
                    assert_eq!(file.envelopes.len(), 3, "{case}");
                    assert_eq!(file.signed().count(), 2);
                    assert!(file.broken.is_none());
                    assert_eq!(extracted(&octets, &Wanted::default()), CONTENT, "{case}");
                    assert_eq!(extracted(&octets, &Wanted::outermost(2)), p7m, "{case}");
                    let Container::M7m(message) = &outermost(&file).container else { panic!() };
                    assert_eq!(message.file_name.as_deref(), Some("verbale.p7m"));
                }
            }
        }
    }
    for stamps in [0, 2] {
        let octets = M7m { stamps, ..M7m::new(&pki, &p7m, "tsa", now()) }.build().unwrap();
        let result =
            read(&octets[..], &Limits::default(), &Wanted::default(), &mut std::io::sink());
        let Err(Error::Stamped(timestamp::Error::NotM7m { .. })) = result else {
            panic!("{stamps}: {result:?}")
        };
    }
}

#[test]
fn envelopes_stand_inside_one_another_in_any_order() {
    let pki = pki();
    let tsd = |content: &[u8]| {
        Tsd { framing: Framing::Chunked(100), ..Tsd::new(&pki, content, "tsa", now()) }
            .build()
            .unwrap()
    };
    let m7m = |content: &[u8]| M7m::new(&pki, content, "tsa", now()).build().unwrap();
    let base64 = |content: &[u8]| lab::wrap::base64(content).into_bytes();
    type Wrap<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;
    let p7m = |content: &[u8]| signed(&pki, content);
    let orders: [(&[Wrap<'_>], &str); 6] = [
        (&[&p7m, &tsd], "ts"),
        (&[&p7m, &p7m, &tsd], "tss"),
        (&[&tsd, &p7m], "st"),
        (&[&p7m, &p7m, &m7m, &tsd], "tmss"),
        (&[&tsd, &tsd], "tt"),
        (&[&p7m, &base64, &tsd, &base64, &p7m, &m7m, &p7m], "smsts"),
    ];
    for (order, kinds) in orders {
        let octets = order.iter().fold(CONTENT.to_vec(), |content, wrap| wrap(&content));
        let file = whole(&octets);
        let found: String = file
            .envelopes
            .iter()
            .map(|envelope| match envelope {
                Envelope::Signed(_) => 's',
                Envelope::Stamped(layer) => match layer.container {
                    Container::Tsd(_) => 't',
                    Container::M7m(_) => 'm',
                },
            })
            .collect();
        assert_eq!(found, kinds);
        assert_eq!(extracted(&octets, &Wanted::default()), CONTENT);
        for layer in file.stamped() {
            assert!(covered(layer).iter().all(|stamp| matches!(stamp, Ok(Some(_)))), "{kinds}");
        }
    }
    // A message in base64 is nothing anybody makes: it is content like any other.
    let message = base64(&m7m(&p7m(CONTENT)));
    assert_eq!(extracted(&p7m(&message), &Wanted::default()), message);
    // One layer at a time, each is what the one before held.
    let inner = tsd(&signed(&pki, CONTENT));
    let outer = signed(&pki, &inner);
    assert_eq!(extracted(&outer, &Wanted::outermost(1)), inner);
    assert_eq!(extracted(&extracted(&outer, &Wanted::outermost(1)), &Wanted::default()), CONTENT);
}

#[test]
fn class_15_nesting_ends_at_its_limit() {
    let pki = pki();
    // A tsd around a tsd around …: one token serves, the walk does not look at it.
    let layer = |content: &[u8]| {
        Tsd { evidence: vec![Evidence::new("tsa", now())], ..Tsd::new(&pki, content, "tsa", now()) }
            .build()
            .unwrap()
    };
    let mut octets = CONTENT.to_vec();
    for depth in 1..=12 {
        octets = layer(&octets);
        let file = read(&octets[..], &Limits::default(), &Wanted::default(), &mut std::io::sink());
        match file {
            Ok(file) => assert!(depth <= 8 && file.envelopes.len() == depth, "{depth}"),
            Err(Error::Cms(cms::Error::TooManyLayers { limit: 8 })) => assert!(depth > 8),
            Err(error) => panic!("{depth}: {error}"),
        }
    }
    // Constructed values and pieces of a string, a million deep, on a small stack.
    let head = der::oid(&timestamp::tsd::TIMESTAMPED_DATA);
    let deep = |unit: &[u8]| {
        let open = [&[0x30, 0x80], &head[..], &[0xa0, 0x80, 0x30, 0x80, 2, 1, 1]].concat();
        let mut octets = open;
        for _ in 0..1_000_000 {
            octets.extend_from_slice(unit);
        }
        octets
    };
    for unit in [&[0x30, 0x80][..], &[0x24, 0x80], &[0xa0, 0x80], &[0xa0, 0x80, 0x30, 0x80]] {
        let octets = deep(unit);
        let run = move || {
            let file =
                read(&octets[..], &Limits::default(), &Wanted::default(), &mut std::io::sink());
            match file {
                Ok(file) => assert!(file.broken.is_some()),
                Err(error) => assert!(!matches!(error, Error::Io(_)), "{error}"),
            }
        };
        std::thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap().join().unwrap();
    }
}

#[test]
fn class_16_declared_lengths_cost_nothing() {
    let head = der::oid(&timestamp::tsd::TIMESTAMPED_DATA);
    let max = [0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    for tail in [
        [&[4u8][..], &max, b"x"].concat(),
        [&[0x30][..], &max, &[1, 1, 0]].concat(),
        [&[0x16][..], &max, b"http"].concat(),
        [&[4, 1, b'x', 0xa0][..], &max, &[0x30]].concat(),
        [&[0x24][..], &max, &[4, 1, b'x']].concat(),
    ] {
        let octets =
            [&[0x30, 0x80], &head[..], &[0xa0, 0x80, 0x30, 0x80, 2, 1, 1], &tail[..]].concat();
        match read(&octets[..], &Limits::default(), &Wanted::default(), &mut std::io::sink()) {
            Ok(file) => {
                assert_eq!(file.broken.unwrap().kind, EnvelopeKind::TimeStampedData);
            }
            Err(Error::Stamped(timestamp::Error::Encoding {
                source: asn1::Error::Limit { .. },
                ..
            })) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn cut_files_are_broken_and_flipped_ones_never_cover_another_content() {
    let pki = pki();
    let p7m = signed(&pki, CONTENT);
    let tsd = Tsd {
        metadata: Some(MetaData::named(true, "a", "text/plain")),
        evidence: vec![Evidence::new("tsa", now()), Evidence::new("tsa", now())],
        ..Tsd::new(&pki, CONTENT, "tsa", now())
    };
    let limits = Limits::default();
    let files = [
        (tsd.build().unwrap(), 0),
        (Tsd { framing: Framing::Definite, ..tsd.clone() }.build().unwrap(), 0),
        // The line break behind the last boundary is nobody's.
        (M7m::new(&pki, &p7m, "tsa", now()).build().unwrap(), 2),
    ];
    for (octets, slack) in &files {
        for end in 0..octets.len() - slack {
            match read(&octets[..end], &limits, &Wanted::default(), &mut std::io::sink()) {
                Ok(file) => assert!(file.broken.is_some(), "{end}"),
                Err(error) => assert!(!matches!(error, Error::Io(_)), "{end}: {error}"),
            }
        }
        let content = extracted(octets, &Wanted::outermost(1));
        for index in 0..octets.len() {
            let mut flipped = octets.clone();
            flipped[index] ^= 1 << (index % 8);
            let mut out = Vec::new();
            let Ok(file) = read(&flipped[..], &limits, &Wanted::outermost(1), &mut out) else {
                continue;
            };
            let Some(Envelope::Stamped(layer)) = file.envelopes.first() else { continue };
            let Some(Ok((token, _))) =
                layer.time_stamps().first().map(|raw| timestamp::read_tsr(raw))
            else {
                continue;
            };
            if let Ok(Some(_)) = layer.covered(0, &token) {
                assert_eq!(out, content, "bit in {index}");
            }
        }
    }
}

#[test]
fn evidence_of_other_kinds_is_named() {
    let other = asn1::Oid::new("1.2.3.4");
    for (evidence, expected) in [
        (
            der::constructed(Tag::context_constructed(2), &[der::oid(&other), der::null()]),
            TemporalEvidence::Other(other),
        ),
        (
            der::constructed(Tag::context_constructed(1), &[der::integer(1)]),
            TemporalEvidence::EvidenceRecord(vec![0xa1, 3, 2, 1, 1]),
        ),
    ] {
        let data = der::sequence(&[der::integer(1), der::octet_string(CONTENT), evidence]);
        let octets =
            der::sequence(&[der::oid(&timestamp::tsd::TIMESTAMPED_DATA), der::explicit(0, &data)]);
        let file = whole(&octets);
        let Container::Tsd(data) = &outermost(&file).container else { panic!() };
        assert_eq!(data.evidence, expected);
        assert!(outermost(&file).time_stamps().is_empty());
    }
}

/// A TimeStampedData of any size that stands nowhere: head, so many zeros, tail.
struct Sparse {
    head: Cursor<Vec<u8>>,
    zeros: u64,
    tail: Cursor<Vec<u8>>,
}

impl Read for Sparse {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.head.read(out)?;
        if read > 0 || out.is_empty() {
            return Ok(read);
        }
        if self.zeros > 0 {
            let step = out.len().min(usize::try_from(self.zeros).unwrap_or(usize::MAX));
            out[..step].fill(0);
            self.zeros -= step as u64;
            return Ok(step);
        }
        self.tail.read(out)
    }
}

/// Both ParER readers end at 2 GiB; DER lengths change their width at 4 GiB.
#[test]
fn content_of_more_than_four_gib_flows_through() {
    const SIZE: u64 = (1 << 32) + 11;
    let pki = pki();
    // The imprint is another content's: computing the right one would hash everything once more.
    let imprint = Hash::Sha256.digest(CONTENT).unwrap();
    let token =
        pki.timestamp_token("tsa", Hash::Sha256, &imprint, now(), &lab::tsa::Fault::None).unwrap();
    let evidence = der::constructed(Tag::context_constructed(0), &[der::sequence(&[token])]);
    let string = der::header(Tag::OCTET_STRING, SIZE);
    let inside = 3 + string.len() as u64 + SIZE + evidence.len() as u64;
    let data = der::header(Tag::SEQUENCE, inside);
    let explicit = der::header(Tag::context_constructed(0), data.len() as u64 + inside);
    let oid = der::oid(&timestamp::tsd::TIMESTAMPED_DATA);
    let outer = der::header(
        Tag::SEQUENCE,
        oid.len() as u64 + explicit.len() as u64 + data.len() as u64 + inside,
    );
    let head = [outer, oid, explicit, data, der::integer(1), string].concat();
    let source = Sparse { head: Cursor::new(head), zeros: SIZE, tail: Cursor::new(evidence) };
    let mut sink = std::io::sink();
    let file = read(source, &Limits::default(), &Wanted::default(), &mut sink).unwrap();
    let layer = outermost(&file);
    assert_eq!(layer.content.as_ref().unwrap().length, Some(SIZE));
    assert_eq!(covered(layer), [Ok(None)]);
}

/// The octets of encapContentInfo as stored, whatever stands around them (EN 319 122-1 §A.2.4).
#[test]
fn stored_octets_are_hashed_on_request_in_any_layer() {
    let pki = pki();
    let algorithms: BTreeSet<_> = [DigestAlgorithm::Sha256, DigestAlgorithm::Sha1].into();
    for framing in FRAMINGS {
        let p7m = Odd { framing, ..Odd::new(&pki, CONTENT, "presidente") }.build().unwrap();
        let tsd = Tsd { framing, ..Tsd::new(&pki, &p7m, "tsa", now()) }.build().unwrap();
        let wrapped = lab::wrap::base64(&p7m).into_bytes();
        let around = signed(&pki, &wrapped);
        for (octets, place) in [(&p7m, 0), (&tsd, 1), (&wrapped, 0), (&around, 1)] {
            let first = whole(octets);
            let layer = first.signed().last().unwrap();
            let span = layer.spans.encapsulated.clone();
            assert!(layer.encapsulated.running(DigestAlgorithm::Sha256).is_none());
            let stored = &p7m[span.start as usize..span.end as usize];
            let mut wanted = Wanted::default();
            wanted.encapsulated.insert(place, (span, algorithms.clone()));
            let second =
                read(&octets[..], &Limits::default(), &wanted, &mut std::io::sink()).unwrap();
            let layer = second.signed().last().unwrap();
            for algorithm in &algorithms {
                let mut running = layer.encapsulated.running(*algorithm).unwrap();
                running.update(b"what follows");
                let mut expected = Hasher::new(*algorithm);
                expected.update(&[stored, b"what follows"].concat());
                assert_eq!(running.finish(), expected.finish(), "{framing:?} {place}");
            }
        }
    }
    // Detached: the content follows, and without it there is nothing to go on with.
    let p7s = lab::cms::sign_detached(&pki, "presidente", CONTENT, now()).unwrap();
    let span = whole(&p7s).signed().next().unwrap().spans.encapsulated.clone();
    let stored = p7s[span.start as usize..span.end as usize].to_vec();
    let mut wanted = Wanted::default();
    wanted.encapsulated.insert(0, (span, algorithms));
    let mut file = read(&p7s[..], &Limits::default(), &wanted, &mut std::io::sink()).unwrap();
    let layer = file.signed_mut().next().unwrap();
    assert!(layer.encapsulated.running(DigestAlgorithm::Sha256).is_none());
    std::io::copy(&mut &CONTENT[..], &mut layer.encapsulated).unwrap();
    layer.encapsulated.complete();
    let running = layer.encapsulated.running(DigestAlgorithm::Sha256).unwrap();
    let expected = crypto::digest(DigestAlgorithm::Sha256, &[&stored, CONTENT].concat());
    assert_eq!(running.finish(), expected);
}

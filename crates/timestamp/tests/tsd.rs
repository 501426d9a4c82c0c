//! TimeStampedData written, renewed and read back; OpenSSL agrees on the stamps inside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::io::{Cursor, Read, Write};
use std::process::Command;

use ceralacca_timestamp as timestamp;
use chrono::{DateTime, Utc};
use lab::key::Hash;
use lab::tsa::Fault;
use lab::{Config, Pki};
use timestamp::tsd::{
    NewMetaData, TimeStampAndCrl, TimeStampedData, TsdFinished, TsdReader, TsdWriter,
    renew_evidence,
};
use timestamp::{Error, Token, read_tsr};

fn now() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

fn token(pki: &Pki, octets: &[u8]) -> Token {
    let imprint = Hash::Sha256.digest(octets).unwrap();
    let raw = pki.timestamp_token("tsa", Hash::Sha256, &imprint, now(), &Fault::None).unwrap();
    read_tsr(&raw).unwrap().0
}

fn metadata() -> NewMetaData {
    NewMetaData {
        file_name: Some("verbale n° 1.txt".into()),
        media_type: Some("text/plain".into()),
    }
}

/// Writes with an expectation that may be wrong; says how often the content was needed.
fn written(pki: &Pki, content: &[u8], expected: u64) -> (Vec<u8>, u32) {
    let stamps = [TimeStampAndCrl::new(&token(pki, content), None)];
    let (mut out, mut guess, mut times) = (Cursor::new(Vec::new()), expected, 0);
    loop {
        times += 1;
        out.set_position(0);
        let size = content.len() as u64;
        let mut writer = TsdWriter::begin(&mut out, &metadata(), size, guess).unwrap();
        writer.write_all(content).unwrap();
        match writer.finish(&stamps).unwrap() {
            TsdFinished::Complete(_) => return (out.into_inner(), times),
            TsdFinished::Again { evidence, .. } => guess = evidence,
        }
    }
}

fn read(octets: &[u8]) -> (TimeStampedData, timestamp::tsd::TsdSpans, Vec<u8>) {
    let mut reader = TsdReader::open(octets, asn1::Limits::default()).unwrap();
    let mut content = Vec::new();
    reader.content().unwrap().unwrap().read_to_end(&mut content).unwrap();
    let (data, spans) = reader.finish().unwrap();
    (data, spans, content)
}

#[test]
fn what_is_written_is_der_and_reads_back_at_every_size() {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    for size in [0, 1, 100, 127, 128, 255, 256, 60_000, 65_535, 65_536, 70_000] {
        let content: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
        for expected in [0, 8 << 10, 70_000] {
            let (octets, times) = written(&pki, &content, expected);
            assert!(times <= 2, "{size} {expected}");
            let (data, spans, back) = read(&octets);
            assert!(back == content, "{size}");
            assert!(!spans.is_ber);
            assert_eq!((spans.end, spans.trailing), (octets.len() as u64, 0));
            // Strict DER: one value, written again the same.
            assert_eq!(asn1::Value::parse(&octets).unwrap().raw(), octets);
            let metadata = data.metadata.as_ref().unwrap();
            assert!(!metadata.hash_protected);
            assert_eq!(metadata.file_name.as_deref(), Some("verbale n° 1.txt"));
            assert_eq!(data.prefixes(), [Vec::<u8>::new()]);
            let (token, _) = read_tsr(&data.time_stamps()[0].time_stamp).unwrap();
            assert!(token.info.imprint.matches(&content));
        }
    }
    let mut out = Cursor::new(Vec::new());
    let mut writer = TsdWriter::begin(&mut out, &metadata(), 5, 100).unwrap();
    writer.write_all(b"four").unwrap();
    let result = writer.finish(&[]);
    assert!(matches!(result, Err(Error::ContentSize { expected: 5, found: 4 })));
}

#[test]
fn a_renewal_keeps_every_octet_of_what_was_there() {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    let content = b"Il Consiglio approva.".repeat(40);
    let crl = pki.crl("ca", now(), now() + chrono::TimeDelta::days(30)).unwrap();
    let chunked = lab::tsd::Tsd {
        framing: lab::cms::Framing::Chunked(64),
        metadata: Some(lab::tsd::MetaData::named(true, "a.txt", "text/plain")),
        ..lab::tsd::Tsd::new(&pki, &content, "tsa", now())
    };
    for octets in [written(&pki, &content, 0).0, chunked.build().unwrap()] {
        let (data, spans, _) = read(&octets);
        let mut stamps = data.time_stamps().to_vec();
        let (first, _) = read_tsr(&stamps[0].time_stamp).unwrap();
        stamps[0] = TimeStampAndCrl::new(&first, Some(&crl));
        stamps.push(TimeStampAndCrl::new(&token(&pki, &stamps[0].covered()[0]), None));
        let mut out = Vec::new();
        let size = renew_evidence(&octets[..], &spans.body, &stamps, &mut out).unwrap();
        assert_eq!(size, out.len() as u64);
        let (renewed, again, back) = read(&out);
        assert_eq!(back, content);
        let body = |octets: &[u8], spans: &timestamp::tsd::TsdSpans| {
            octets[spans.body.start as usize..spans.body.end as usize].to_vec()
        };
        assert_eq!(body(&out, &again), body(&octets, &spans));
        assert_eq!(renewed.time_stamps(), stamps);
        assert_eq!(renewed.time_stamps()[0].time_stamp, data.time_stamps()[0].time_stamp);
        let (second, _) = read_tsr(&renewed.time_stamps()[1].time_stamp).unwrap();
        assert!(second.info.imprint.matches(&renewed.time_stamps()[0].raw));
        assert!(!second.info.imprint.matches(&data.time_stamps()[0].raw));
    }
}

#[test]
fn openssl_verifies_the_stamp_taken_out() {
    let pki = Pki::create(&Config::quick(now())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let content = b"Il Consiglio approva.";
    let (octets, _) = written(&pki, content, 0);
    let (data, ..) = read(&octets);
    std::fs::write(at("verbale.txt"), content).unwrap();
    std::fs::write(at("altro.txt"), b"Il Consiglio respinge.").unwrap();
    std::fs::write(at("token.der"), &data.time_stamps()[0].time_stamp).unwrap();
    let root = lab::wrap::pem("CERTIFICATE", pki.certificate("tsa-root").unwrap());
    std::fs::write(at("root.pem"), root).unwrap();
    let verify = |file: &str| {
        Command::new("openssl")
            .args(["ts", "-verify", "-token_in", "-in"])
            .arg(at("token.der"))
            .arg("-data")
            .arg(at(file))
            .arg("-CAfile")
            .arg(at("root.pem"))
            .args(["-attime", &now().timestamp().to_string()])
            .output()
            .unwrap()
    };
    let ran = verify("verbale.txt");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(!verify("altro.txt").status.success());
}

//! ASiC containers from end to end: made, signed again, stamped, extended, taken apart, tampered with.
//! The authority is the lab's, over loopback; OpenSSL, unzip and 7z are asked for their word.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use archive::{Archive, Limits, Writer};
use ceralacca::online::{HttpClient, HttpConfig, HttpFetch, HttpTimestampAuthority};
use ceralacca::validation::{Code, Indication, Level, SubIndication, Verdict};
use ceralacca::{
    Budget, ContainerType, DigestAlgorithm, Error, Evidence, ExtendOptions, LongTerm, Note,
    Placing, Policy, Report, Secret, SignOptions, SigningKey, StampOptions, TargetLevel, Times,
    VerifyOptions, cosign_container, extend_container, extract_container, sign_container,
    stamp_container, stamp_file, verify_file,
};
use chrono::{DateTime, TimeDelta, Utc};

const MINUTES: &[u8] = b"Il Consiglio approva con 12 voti favorevoli.";

struct Desk {
    dir: tempfile::TempDir,
    _lab: lab::Running,
    evidence: Evidence,
    client: HttpClient,
    tsa: String,
    pki: PathBuf,
    now: DateTime<Utc>,
}

impl Desk {
    fn new() -> Self {
        let now: DateTime<Utc> = "2026-03-01T10:00:00Z".parse().unwrap();
        let lab = lab::Lab::start(&lab::Config::quick(now), Arc::new(move || now)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let pki = dir.path().join("lab");
        lab::disk::write(&pki, &lab.pki(), lab::DEFAULT_PIN).unwrap();
        let mut evidence = Evidence::default();
        evidence.add_trust(&pki.join("trust")).unwrap();
        let allow_net = vec!["127.0.0.1/32".parse().unwrap()];
        let client = HttpClient::new(HttpConfig { allow_net, ..HttpConfig::default() }).unwrap();
        let tsa = lab.tsa_url("tsa");
        Self { dir, _lab: lab, evidence, client, tsa, pki, now }
    }

    fn key(&self, name: &str) -> SigningKey {
        let signers = self.pki.join("signers");
        let pin = fs::read(signers.join(format!("{name}.pin"))).unwrap();
        let pin = Secret::from_file_contents(pin);
        SigningKey::from_pkcs12(&signers.join(format!("{name}.p12")), &pin).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), octets).unwrap();
        self.path(name)
    }

    /// Recording, minutes and an attachment.
    fn sitting(&self) -> Vec<PathBuf> {
        vec![
            self.put("Seduta città 1.mp4", vec![7; 300_000]),
            self.put("verbale.pdf", MINUTES),
            self.put("allegato & 100%.txt", b""),
        ]
    }

    fn sign(&self, files: &[PathBuf], kind: ContainerType, keys: &[&str], out: &str) -> PathBuf {
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        let keys: Vec<_> = keys.iter().map(|name| self.key(name)).collect();
        let options = SignOptions { keys: &keys, signing_time: self.now, ..SignOptions::default() };
        sign_container(&files, &self.path(out), kind, &options).unwrap().output
    }

    fn extended(&self, out: &str) -> PathBuf {
        self.sign(&self.sitting(), ContainerType::Extended, &["presidente"], out)
    }

    fn judge_at(&self, path: &Path, at: DateTime<Utc>) -> Result<Report, Error> {
        let fetch = HttpFetch::new(self.client.clone());
        verify_file(
            path,
            &VerifyOptions {
                evidence: &self.evidence,
                fetch: Some(&fetch),
                content: None,
                content_digest: None,
                policy: &Policy::default(),
                times: &Times::now(at),
                progress: None,
            },
        )
    }

    fn judge(&self, path: &Path) -> Report {
        self.judge_at(path, self.now).unwrap()
    }

    fn passes(&self, path: &Path) -> Report {
        let report = self.judge(path);
        assert_eq!(report.verdict, Verdict::TotalPassed, "{path:?}: {report:#?}");
        report
    }

    fn extend(&self, input: &Path, level: TargetLevel, out: &str) -> Result<PathBuf, Error> {
        let authority = HttpTimestampAuthority::new(self.client.clone(), &self.tsa, None).unwrap();
        let fetch = HttpFetch::new(self.client.clone());
        let options = ExtendOptions {
            level,
            signatures: &[],
            authorities: &[&authority],
            evidence: &self.evidence,
            fetch: Some(&fetch),
            budget: Budget::default(),
            content: None,
            now: self.now,
            allow: &[],
            placing: Placing::default(),
            progress: None,
        };
        Ok(extend_container(input, &self.path(out), &options)?.output)
    }

    fn stamp(&self, input: &Path, out: &str) -> PathBuf {
        let authority = HttpTimestampAuthority::new(self.client.clone(), &self.tsa, None).unwrap();
        let options = StampOptions {
            authorities: &[&authority],
            digest: DigestAlgorithm::Sha256,
            placing: Placing::default(),
            progress: None,
        };
        stamp_container(input, &self.path(out), &options).unwrap().output
    }

    /// The container with other members: `None` takes one away.
    fn forge(&self, path: &Path, changes: &[(&str, Option<&[u8]>)], out: &str) -> PathBuf {
        let mut from = Archive::open(File::open(path).unwrap(), &Limits::default()).unwrap();
        let mut writer = Writer::new(Cursor::new(Vec::new()));
        for member in from.members().to_vec() {
            if changes.iter().all(|(name, _)| *name != member.name) {
                writer.copy(&mut from, &member).unwrap();
            }
        }
        for (name, octets) in changes {
            if let Some(octets) = octets {
                writer.add_bytes(name, octets).unwrap();
            }
        }
        self.put(out, writer.finish().unwrap().into_inner())
    }
}

fn members(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut from = Archive::open(File::open(path).unwrap(), &Limits::default()).unwrap();
    assert!(from.findings().is_empty(), "{:?}", from.findings());
    let all = from.members().to_vec();
    all.iter().map(|m| (m.name.clone(), from.read_small(m, 1 << 30).unwrap())).collect()
}

fn names(path: &Path) -> Vec<String> {
    members(path).into_iter().map(|(name, _)| name).collect()
}

fn member(path: &Path, name: &str) -> Vec<u8> {
    members(path).into_iter().find(|(found, _)| found == name).unwrap().1
}

fn codes(report: &Report) -> Vec<Code> {
    let own = report.signatures.iter().flat_map(|s| s.findings.iter().map(|f| f.code));
    own.chain(report.findings.iter().map(|f| f.code)).collect()
}

/// Everything of `old` stands in `new` as it was, but for the members named.
fn kept(old: &Path, new: &Path, but: &[&str]) {
    let new = members(new);
    for (name, octets) in members(old) {
        if !but.contains(&name.as_str()) {
            assert!(new.contains(&(name.clone(), octets)), "{name} was changed");
        }
    }
}

#[test]
fn several_files_are_signed_together() {
    let desk = Desk::new();
    let files = desk.sitting();
    let output =
        desk.sign(&files, ContainerType::Extended, &["presidente", "segretario"], "seduta.asice");
    let expected = [
        "mimetype",
        "Seduta città 1.mp4",
        "verbale.pdf",
        "allegato & 100%.txt",
        "META-INF/ASiCManifest001.xml",
        "META-INF/signature001.p7s",
    ];
    assert_eq!(names(&output), expected);
    let raw = fs::read(&output).unwrap();
    assert_eq!(&raw[30..69], b"mimetypeapplication/vnd.etsi.asic-e+zip");
    let manifest = String::from_utf8(member(&output, expected[4])).unwrap();
    assert!(manifest.contains("URI=\"Seduta%20citt%C3%A0%201.mp4\""), "{manifest}");
    assert!(manifest.contains("URI=\"allegato%20%26%20100%25.txt\""));
    assert!(manifest.contains("MimeType=\"video/mp4\""));

    let report = desk.passes(&output);
    assert_eq!(report.format, "ASiC-E");
    let ids: Vec<_> = report.signatures.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["1", "2"]);
    assert!(report.signatures.iter().all(|s| s.intact == Some(true)));
    let layers: Vec<_> =
        report.layers.iter().map(|l| (l.kind.as_str(), l.name.as_deref().unwrap())).collect();
    assert_eq!(
        layers,
        [("asic", "application/vnd.etsi.asic-e+zip"), ("cades", "META-INF/signature001.p7s")]
    );
    assert!(!codes(&report).contains(&Code::ContainerFileUncovered));
    let mut findings = report.signatures[0].findings.iter();
    let covered = findings.find(|f| f.code == Code::ContainerFilesCovered).unwrap();
    assert!(covered.message.contains("verbale.pdf"), "{covered:?}");
}

#[test]
fn one_file_in_the_simple_container() {
    let desk = Desk::new();
    let file = desk.put("verbale.pdf", MINUTES);
    let output =
        desk.sign(std::slice::from_ref(&file), ContainerType::Simple, &["presidente"], "v.asics");
    assert_eq!(names(&output), ["mimetype", "verbale.pdf", "META-INF/signature.p7s"]);
    assert_eq!(desk.passes(&output).format, "ASiC-S");

    let two = [file.as_path(), &desk.put("b", b"b")];
    let keys = [desk.key("presidente")];
    let options = SignOptions { keys: &keys, signing_time: desk.now, ..SignOptions::default() };
    let refused = sign_container(&two, &desk.path("x"), ContainerType::Simple, &options);
    let error = refused.unwrap_err();
    assert!(matches!(error, Error::ContainerFiles { files: 2, .. }));
    assert!(error.hint().unwrap().contains("asic-e"));
    assert!(!desk.path("x").exists());
}

/// EN 319 162-1 §4.3: an ASiC-S may hold a time-stamp over its file instead of a signature.
#[test]
fn one_file_under_a_time_stamp() {
    let desk = Desk::new();
    let authority = HttpTimestampAuthority::new(desk.client.clone(), &desk.tsa, None).unwrap();
    let file = desk.put("verbale.pdf", MINUTES);
    let options = StampOptions {
        authorities: &[&authority],
        digest: DigestAlgorithm::Sha256,
        placing: Placing::default(),
        progress: None,
    };
    let token = stamp_file(&file, &desk.path("v.tsr"), &options).unwrap().output;
    let container = |content: &[u8]| {
        let mut writer = Writer::new(Cursor::new(Vec::new()));
        writer.add_bytes("mimetype", b"application/vnd.etsi.asic-s+zip").unwrap();
        writer.add_bytes("verbale.pdf", content).unwrap();
        writer.add_bytes("META-INF/timestamp.tst", &fs::read(&token).unwrap()).unwrap();
        desk.put("t.asics", writer.finish().unwrap().into_inner())
    };
    let report = desk.passes(&container(MINUTES));
    assert!(report.signatures.is_empty());
    assert_eq!(report.timestamps[0].intact, Some(true));
    let report = desk.judge(&container(b"altro"));
    assert_eq!(report.timestamps[0].intact, Some(false));
    assert_eq!(report.verdict, Verdict::TotalFailed);
}

#[test]
fn names_that_cannot_stand_together_are_refused() {
    let desk = Desk::new();
    fs::create_dir(desk.path("altro")).unwrap();
    let (a, b) = (desk.put("verbale.pdf", b"a"), desk.put("altro/Verbale.pdf", b"b"));
    let keys = [desk.key("presidente")];
    let options = SignOptions { keys: &keys, signing_time: desk.now, ..SignOptions::default() };
    let sign = |files: &[&Path]| {
        sign_container(files, &desk.path("x"), ContainerType::Extended, &options).unwrap_err()
    };
    assert_eq!(sign(&[&a, &b]).code(), "NAME_COLLISION");
    assert_eq!(sign(&[&desk.put("mimetype", b"")]).code(), "NAME_COLLISION");
    assert_eq!(sign(&[&desk.put("META-INF", b"")]).code(), "NAME_COLLISION");
    assert_eq!(sign(&[&desk.put("Seduta 10:30.mp4", b"")]).code(), "NAME_NOT_ALLOWED");
    assert_eq!(sign(&[]).code(), "CONTAINER_FILES");
    assert!(!desk.path("x").exists());
}

#[test]
fn tampering_is_found_and_named() {
    let desk = Desk::new();
    let good = desk.extended("s.asice");
    let forge =
        |changes: &[(&str, Option<&[u8]>)]| desk.judge(&desk.forge(&good, changes, "f.asice"));
    let one = |report: &Report| {
        let own = &report.signatures[0];
        (own.intact, own.indication, own.sub_indication)
    };
    let altered = forge(&[("verbale.pdf", Some(b"Il Consiglio respinge."))]);
    assert_eq!(
        one(&altered),
        (Some(false), Indication::TotalFailed, Some(SubIndication::HashFailure))
    );
    assert!(codes(&altered).contains(&Code::ContainerFileAltered));

    let missing = forge(&[("verbale.pdf", None)]);
    assert_eq!(
        one(&missing),
        (None, Indication::Indeterminate, Some(SubIndication::SignedDataNotFound))
    );
    assert!(codes(&missing).contains(&Code::ContainerFileMissing));

    // A file that nobody signed travels along: said, on every signature.
    let added = forge(&[("aggiunta.pdf", Some(b"x"))]);
    assert_eq!(one(&added).1, Indication::TotalPassed);
    let own = added.signatures[0].findings.iter().map(|f| f.code);
    assert!(own.clone().any(|code| code == Code::ContainerFileUncovered));

    // The manifest is what is signed: changed together with the file, it is not signed any more.
    let name = "META-INF/ASiCManifest001.xml";
    let xml = String::from_utf8(member(&good, name)).unwrap();
    let cut = xml.replace("verbale.pdf", "allegato%20%26%20100%25.txt");
    let other = forge(&[(name, Some(cut.as_bytes()))]);
    assert_eq!(one(&other).0, Some(false));

    // A second manifest that claims the signature for more files changes nothing.
    let more = xml.replace("verbale.pdf", "aggiunta.pdf");
    for name in ["META-INF/ASiCManifest000.xml", "META-INF/ASiCManifest002.xml"] {
        let report = forge(&[(name, Some(more.as_bytes())), ("aggiunta.pdf", Some(MINUTES))]);
        assert_eq!(one(&report).0, Some(true), "{name}");
        assert!(codes(&report).contains(&Code::ContainerFileUncovered), "{name}");
    }

    // Without its manifest nobody knows what a signature is over.
    let orphan = forge(&[(name, None)]);
    assert_eq!(one(&orphan).0, None);
    assert!(codes(&orphan).contains(&Code::ContainerManifestMissing));
    let dtd = b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
    let hostile = forge(&[(name, Some(dtd))]);
    assert!(codes(&hostile).contains(&Code::ContainerManifestUnreadable));
    assert_ne!(hostile.verdict, Verdict::TotalPassed);

    // An ASiC-S with a second file: which one is signed?
    let file = desk.put("solo.txt", MINUTES);
    let simple = desk.sign(&[file], ContainerType::Simple, &["presidente"], "s.asics");
    let two = desk.judge(&desk.forge(&simple, &[("altro.txt", Some(MINUTES))], "f.asics"));
    assert_ne!(two.verdict, Verdict::TotalPassed);
    assert!(codes(&two).contains(&Code::ContainerObjectAmbiguous));
    let swapped = desk.judge(&desk.forge(&simple, &[("solo.txt", Some(b"altro"))], "g.asics"));
    assert_eq!(one(&swapped).2, Some(SubIndication::HashFailure));
}

/// An archive manifest lists a file that nobody signed like all others: it stays unsigned, and that is
/// said when extending and ever after. What lost a signature is not extended.
#[test]
fn extending_does_not_sign() {
    let desk = Desk::new();
    let good = desk.extended("s.asice");
    let added = desk.forge(&good, &[("aggiunta.pdf", Some(b"x"))], "f.asice");
    let authority = HttpTimestampAuthority::new(desk.client.clone(), &desk.tsa, None).unwrap();
    let fetch = HttpFetch::new(desk.client.clone());
    let extend = |input: &Path, out: &str| {
        let options = ExtendOptions {
            level: TargetLevel::Lta,
            signatures: &[],
            authorities: &[&authority],
            evidence: &desk.evidence,
            fetch: Some(&fetch),
            budget: Budget::default(),
            content: None,
            now: desk.now,
            allow: &[],
            placing: Placing::default(),
            progress: None,
        };
        extend_container(input, &desk.path(out), &options)
    };
    let unsigned = |note: &Note| match note {
        Note::Unsigned { files, more } => Some((files.clone(), *more)),
        _ => None,
    };
    let extended = extend(&added, "lta.asice").unwrap();
    let told = extended.notes.iter().find_map(unsigned);
    assert_eq!(told, Some((vec!["aggiunta.pdf".to_owned()], 0)));
    let report = desk.judge(&extended.output);
    assert_eq!(report.signatures[0].level, "CAdES-BASELINE-LTA");
    let own = report.signatures[0].findings.iter().filter(|f| f.level != Level::Info);
    let named: Vec<_> = own.filter(|f| f.code == Code::ContainerFileUncovered).collect();
    assert_eq!(named.len(), 1, "{named:#?}");
    assert!(named[0].message.contains("aggiunta.pdf"));
    let clean = extend(&good, "pulito.asice").unwrap();
    assert!(clean.notes.iter().find_map(unsigned).is_none());

    let keys = [desk.key("segretario")];
    let options = SignOptions { keys: &keys, signing_time: desk.now, ..SignOptions::default() };
    let both = cosign_container(&good, &desk.path("c.asice"), &options).unwrap().output;
    let robbed = desk.forge(&both, &[("META-INF/signature002.p7s", None)], "r.asice");
    let report = desk.judge(&robbed);
    assert_ne!(report.verdict, Verdict::TotalPassed);
    assert!(codes(&report).contains(&Code::ContainerSignatureMissing));
    assert!(matches!(extend(&robbed, "x.asice"), Err(Error::ContainerAltered { .. })));
}

#[test]
fn tolerated_oddities_of_other_writers() {
    let desk = Desk::new();
    let good = desk.extended("s.asice");
    let odd = |mimetype: Option<&[u8]>| {
        let forged = desk.forge(&good, &[("mimetype", mimetype)], "o.asice");
        desk.passes(&forged)
    };
    // Misplaced with a line end; absent.
    for mimetype in [Some(&b"application/vnd.etsi.asic-e+zip\r\n"[..]), None] {
        let report = odd(mimetype);
        assert_eq!(report.format, "ASiC-E");
        assert!(codes(&report).contains(&Code::ContainerDeviation));
    }
    // Under a name that says nothing.
    let plain = desk.path("senza");
    fs::copy(desk.forge(&good, &[("mimetype", None)], "p.asice"), &plain).unwrap();
    assert_eq!(desk.passes(&plain).format, "ASiC-E");
    // Another prefix for the manifest's namespace, as signed: the corpus has one.
}

#[test]
fn a_second_signature_leaves_everything_as_it_is() {
    let desk = Desk::new();
    let keys = [desk.key("segretario")];
    let options = SignOptions { keys: &keys, signing_time: desk.now, ..SignOptions::default() };
    let good = desk.extended("s.asice");
    let both = cosign_container(&good, &desk.path("c.asice"), &options).unwrap().output;
    kept(&good, &both, &[]);
    assert!(names(&both).contains(&"META-INF/ASiCManifest002.xml".to_owned()));
    assert_eq!(desk.passes(&both).signatures.len(), 2);
    let again = cosign_container(&both, &desk.path("x.asice"), &options).unwrap_err();
    assert_eq!(again.code(), "ALREADY_SIGNED");
    // Nobody signs beside what is altered.
    let forged = desk.forge(&good, &[("verbale.pdf", Some(b"x"))], "forged.asice");
    let refused = cosign_container(&forged, &desk.path("x.asice"), &options).unwrap_err();
    assert_eq!((refused.code(), desk.path("x.asice").exists()), ("ALTERED", false));

    let file = desk.put("verbale.pdf", MINUTES);
    let simple = desk.sign(&[file], ContainerType::Simple, &["presidente"], "s.asics");
    let forged = desk.forge(&simple, &[("verbale.pdf", Some(b"x"))], "forged.asics");
    let refused = cosign_container(&forged, &desk.path("x.asics"), &options).unwrap_err();
    assert_eq!(refused.code(), "ALTERED");
    let both = cosign_container(&simple, &desk.path("c.asics"), &options).unwrap().output;
    kept(&simple, &both, &["META-INF/signature.p7s"]);
    assert_eq!(names(&both), names(&simple));
    assert_eq!(desk.passes(&both).signatures.len(), 2);
}

#[test]
fn stamped_and_extended_to_the_archive_and_renewed() {
    let desk = Desk::new();
    let good = desk.extended("s.asice");
    let stamped = desk.stamp(&good, "m.asice");
    kept(&good, &stamped, &[]);
    let report = desk.passes(&stamped);
    assert_eq!(report.timestamps.len(), 1);
    assert_eq!(report.timestamps[0].intact, Some(true));

    let level = |path: &Path| desk.passes(path).signatures[0].level.clone();
    let p7s = "META-INF/signature001.p7s";
    let t = desk.extend(&good, TargetLevel::T, "t.asice").unwrap();
    kept(&good, &t, &[p7s]);
    assert_eq!(level(&t), "CAdES-BASELINE-T");
    let lt = desk.extend(&t, TargetLevel::Lt, "lt.asice").unwrap();
    kept(&t, &lt, &[p7s]);
    assert_eq!(level(&lt), "CAdES-BASELINE-LT");

    let lta = desk.extend(&lt, TargetLevel::Lta, "lta.asice").unwrap();
    kept(&lt, &lta, &[]);
    let report = desk.passes(&lta);
    assert_eq!(report.signatures[0].level, "CAdES-BASELINE-LTA");
    assert_eq!(report.timestamps.len(), 1);
    assert_eq!(report.timestamps[0].intact, Some(true));
    let newest = "META-INF/ASiCArchiveManifest.xml";
    assert!(names(&lta).contains(&newest.to_owned()));
    // From a plain signature in one go.
    assert_eq!(
        level(&desk.extend(&good, TargetLevel::Lta, "b.asice").unwrap()),
        "CAdES-BASELINE-LTA"
    );

    // What the archive manifest covers does not change any more.
    let sealed = desk.extend(&lta, TargetLevel::Lt, "x.asice").unwrap_err();
    assert_eq!(sealed.code(), "SEALED");

    let renewed = desk.extend(&lta, TargetLevel::Lta, "lta2.asice").unwrap();
    let first = "META-INF/ASiCArchiveManifest001.xml";
    assert_eq!(member(&renewed, first), member(&lta, newest));
    let xml = String::from_utf8(member(&renewed, newest)).unwrap();
    assert!(xml.contains("ASiCArchiveManifest001.xml\" Rootfile=\"true\""), "{xml}");
    for name in names(&lta).iter().filter(|name| *name != "mimetype" && *name != newest) {
        let uri = name.replace(' ', "%20").replace('à', "%C3%A0");
        let uri = if name.contains('&') { "allegato%20%26%20100%25.txt".to_owned() } else { uri };
        assert!(xml.contains(&format!("URI=\"{uri}\"")), "{name} is not covered");
    }
    // The first archive time-stamp got its validation data before it was covered.
    let before = member(&lta, "META-INF/timestamp001.tst");
    let after = member(&renewed, "META-INF/timestamp001.tst");
    assert!(after.len() > before.len());
    kept(&lta, &renewed, &[newest, "META-INF/timestamp001.tst"]);
    let report = desk.passes(&renewed);
    assert_eq!(report.timestamps.len(), 2);
    assert!(report.timestamps.iter().all(|stamp| stamp.intact == Some(true)));

    // An altered file is neither stamped nor extended.
    let forged = desk.forge(&lta, &[("verbale.pdf", Some(b"x"))], "forged.asice");
    let refused = desk.extend(&forged, TargetLevel::Lta, "y.asice").unwrap_err();
    assert_eq!(refused.code(), "ALTERED");
    let report = desk.judge(&forged);
    assert_eq!(report.timestamps[0].intact, Some(false));

    // Years later: the archive time-stamp keeps the signature provable.
    let later = desk.now + TimeDelta::days(30);
    let report = desk.judge_at(&lta, later).unwrap();
    assert_eq!(report.signatures[0].indication, Indication::TotalPassed);
}

#[test]
fn signed_up_to_the_archive_at_once() {
    let desk = Desk::new();
    let authority = HttpTimestampAuthority::new(desk.client.clone(), &desk.tsa, None).unwrap();
    let fetch = HttpFetch::new(desk.client.clone());
    let long_term = LongTerm {
        archive: true,
        evidence: &desk.evidence,
        fetch: Some(&fetch),
        budget: Budget::default(),
    };
    let (first, second) = ([desk.key("presidente")], [desk.key("segretario")]);
    let options = SignOptions {
        keys: &first,
        signing_time: desk.now,
        authorities: &[&authority],
        long_term: Some(long_term),
        ..SignOptions::default()
    };
    let files = desk.sitting();
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    let both = |path: &Path, signatures: usize, stamps: usize| {
        let report = desk.passes(path);
        assert_eq!(report.signatures.len(), signatures);
        assert!(report.signatures.iter().all(|s| s.level == "CAdES-BASELINE-LTA"), "{report:#?}");
        // The archive time-stamp is the container's, not the signature's.
        assert!(report.signatures.iter().all(|s| s.timestamps.len() == 1));
        assert_eq!(report.timestamps.len(), stamps);
    };
    let output = desk.path("s.asice");
    let signed = sign_container(&files, &output, ContainerType::Extended, &options).unwrap();
    assert_eq!(signed.archived.len(), 1);
    both(&output, 1, 1);
    let again = desk.path("c.asice");
    let signed =
        cosign_container(&output, &again, &SignOptions { keys: &second, ..options }).unwrap();
    assert_eq!(signed.archived.len(), 1);
    kept(&output, &again, &["META-INF/ASiCArchiveManifest.xml", "META-INF/timestamp001.tst"]);
    both(&again, 2, 2);
    both(&desk.extend(&again, TargetLevel::Lta, "r.asice").unwrap(), 2, 3);
}

#[test]
fn a_simple_container_is_extended_in_its_signature() {
    let desk = Desk::new();
    let file = desk.put("verbale.pdf", MINUTES);
    let simple = desk.sign(&[file], ContainerType::Simple, &["presidente"], "s.asics");
    for (level, name, found) in [
        (TargetLevel::T, "t.asics", "CAdES-BASELINE-T"),
        (TargetLevel::Lt, "lt.asics", "CAdES-BASELINE-LT"),
        (TargetLevel::Lta, "lta.asics", "CAdES-BASELINE-LTA"),
    ] {
        let extended = desk.extend(&simple, level, name).unwrap();
        kept(&simple, &extended, &["META-INF/signature.p7s"]);
        let report = desk.passes(&extended);
        assert_eq!(report.signatures[0].level, found);
        assert!(report.timestamps.is_empty());
    }
    let renewed = desk.extend(&desk.path("lta.asics"), TargetLevel::Lta, "r.asics").unwrap();
    let report = desk.passes(&renewed);
    assert_eq!(report.signatures[0].timestamps.len(), 3);
}

#[test]
fn files_are_taken_out() {
    let desk = Desk::new();
    let good = desk.extended("s.asice");
    let out = desk.path("fuori");
    let taken = extract_container(&good, &out, Placing::default(), None).unwrap();
    assert!(taken.is_folder);
    assert_eq!(taken.objects.len(), 3);
    assert_eq!(fs::read(out.join("verbale.pdf")).unwrap(), MINUTES);
    assert!(!out.join("META-INF").exists());
    let again = extract_container(&good, &out, Placing::default(), None).unwrap_err();
    assert_eq!(again.code(), "FILE");

    let file = desk.put("verbale.pdf", MINUTES);
    let simple = desk.sign(&[file], ContainerType::Simple, &["presidente"], "s.asics");
    let taken = extract_container(&simple, &desk.path("v.pdf"), Placing::default(), None).unwrap();
    assert!(!taken.is_folder);
    assert_eq!(fs::read(taken.output).unwrap(), MINUTES);

    // A content that is damaged leaves nothing behind.
    let mut raw = fs::read(&good).unwrap();
    let at = raw.windows(MINUTES.len()).position(|w| w == MINUTES).unwrap();
    raw[at] ^= 1;
    let damaged = desk.put("d.asice", raw);
    let out = desk.path("niente");
    let error = extract_container(&damaged, &out, Placing::default(), None).unwrap_err();
    assert_eq!(error.code(), "DAMAGED");
    assert!(!out.exists());
    assert_eq!(desk.judge(&damaged).verdict, Verdict::TotalFailed);
}

/// Security class 36: what an unsafe ZIP holds is not believed, not written, not even looked at.
#[test]
fn class_36_unsafe_containers() {
    let desk = Desk::new();
    let good = fs::read(desk.extended("s.asice")).unwrap();
    let patch = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let mut raw = good.clone();
        while let Some(at) = raw.windows(from.len()).position(|w| w == from.as_bytes()) {
            raw[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
        raw
    };
    for (from, to) in [
        ("verbale.pdf", "../bale.pdf"),
        ("verbale.pdf", "/erbale.pdf"),
        ("verbale.pdf", "ver\\ale.pdf"),
        ("verbale.pdf", "mimetype\0\0\0"),
    ] {
        let path = desk.put("u.asice", patch(from, to));
        let report = desk.judge(&path);
        assert_eq!(report.verdict, Verdict::TotalFailed, "{to}");
        assert_eq!(report.signatures[0].sub_indication, Some(SubIndication::FormatFailure));
        assert!(codes(&report).contains(&Code::ContainerUnsafe));
        let out = desk.path("fuori");
        let error = extract_container(&path, &out, Placing::default(), None).unwrap_err();
        assert_eq!(error.code(), "UNSAFE_ARCHIVE");
        assert!(!out.exists());
    }
    let mut trailing = good.clone();
    trailing.push(b'\n');
    assert_eq!(desk.judge(&desk.put("t.asice", trailing)).verdict, Verdict::TotalFailed);
}

/// Class 36 and 13: no single wrong bit and no early end makes a container pass with other contents.
#[test]
fn no_flip_and_no_cut_passes() {
    let desk = Desk::new();
    let file = desk.put("v.txt", b"approva");
    let good = fs::read(desk.sign(&[file], ContainerType::Extended, &["presidente"], "s.asice"));
    let good = good.unwrap();
    let content = |path: &Path| {
        let mut from = Archive::open(File::open(path).unwrap(), &Limits::default()).unwrap();
        let member = from.member("v.txt").unwrap().clone();
        from.read_small(&member, 100).unwrap()
    };
    let offline = |path: &Path| {
        let options = VerifyOptions {
            evidence: &desk.evidence,
            fetch: None,
            content: None,
            content_digest: None,
            policy: &Policy::default(),
            times: &Times::now(desk.now),
            progress: None,
        };
        verify_file(path, &options)
    };
    let path = desk.path("bad.asice");
    for at in (0..good.len()).step_by(7) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        fs::write(&path, &bad).unwrap();
        if let Ok(report) = offline(&path)
            && !report.signatures.is_empty()
            && report.signatures.iter().all(|s| s.intact == Some(true))
        {
            // What still holds is over the same octets under the same name.
            assert_eq!(content(&path), b"approva", "octet {at}");
        }
        fs::write(&path, &good[..at]).unwrap();
        if let Ok(report) = offline(&path) {
            assert_ne!(report.verdict, Verdict::TotalPassed, "cut at {at}");
        }
    }
}

#[test]
fn ten_thousand_members() {
    let desk = Desk::new();
    let folder = desk.path("molti");
    fs::create_dir(&folder).unwrap();
    let files: Vec<PathBuf> = (0..10_000)
        .map(|i| {
            let path = folder.join(format!("allegato {i}.txt"));
            fs::write(&path, format!("allegato numero {i}")).unwrap();
            path
        })
        .collect();
    let output = desk.sign(&files, ContainerType::Extended, &["presidente"], "molti.asice");
    let start = std::time::Instant::now();
    let report = desk.passes(&output);
    println!("10,000 members judged in {:?}", start.elapsed());
    assert_eq!(report.signatures[0].intact, Some(true));
    let lta = desk.extend(&output, TargetLevel::Lta, "molti-lta.asice").unwrap();
    assert_eq!(desk.passes(&lta).signatures[0].level, "CAdES-BASELINE-LTA");
}

/// Runs another program; where it may be absent, a word about it.
fn judge(program: &str, arguments: &[&str]) -> bool {
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{program} {arguments:?}: {text}");
            true
        }
        Err(_) => {
            assert!(std::env::var_os("CERALACCA_REQUIRE_JUDGES").is_none(), "{program} is missing");
            println!("skipped: no {program}");
            false
        }
    }
}

#[test]
fn others_read_what_is_written() {
    let desk = Desk::new();
    let good = desk.sign(
        &desk.sitting(),
        ContainerType::Extended,
        &["presidente", "segretario"],
        "s.asice",
    );
    let lta = desk.extend(&good, TargetLevel::Lta, "lta.asice").unwrap();
    for path in [&good, &lta] {
        let text = path.to_str().unwrap();
        judge("unzip", &["-tqq", text]);
        judge("7z", &["t", text]);
        let manifest = desk.put("m.xml", member(path, "META-INF/ASiCManifest001.xml"));
        let p7s = desk.put("s.p7s", member(path, "META-INF/signature001.p7s"));
        let (manifest, p7s) = (manifest.to_str().unwrap(), p7s.to_str().unwrap());
        let out = desk.path("out");
        let out = out.to_str().unwrap();
        let common = ["-noverify", "-content", manifest, "-in", p7s, "-out", out];
        judge("openssl", &[&["cms", "-verify", "-binary", "-inform", "DER"], &common[..]].concat());
    }
    // The time-stamp of the archive manifest, by OpenSSL's own digest of it.
    let manifest = desk.put("a.xml", member(&lta, "META-INF/ASiCArchiveManifest.xml"));
    let token = desk.put("a.tst", member(&lta, "META-INF/timestamp001.tst"));
    let mut roots = String::new();
    for entry in fs::read_dir(desk.pki.join("trust")).unwrap() {
        File::open(entry.unwrap().path()).unwrap().read_to_string(&mut roots).ok();
    }
    let roots = desk.put("roots.pem", roots);
    let attime = desk.now.timestamp().to_string();
    judge(
        "openssl",
        &[
            "ts",
            "-verify",
            "-token_in",
            "-in",
            token.to_str().unwrap(),
            "-data",
            manifest.to_str().unwrap(),
            "-CAfile",
            roots.to_str().unwrap(),
            "-attime",
            &attime,
        ],
    );
}

//! Signatures raised from B to LTA and renewed, against a laboratory on loopback that can be told
//! to misbehave: whatever happens, the output is complete or not there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ceralacca::online::{HttpClient, HttpConfig, HttpFetch, HttpTimestampAuthority};
use ceralacca::validation::Verdict;
use ceralacca::{
    Budget, Commitment, Countersigned, Error, Evidence, ExtendOptions, Extended, Family, Fetch,
    LongTerm, Note, Obstacle, Packaging, Policy, Report, Secret, SignOptions, SignatureId,
    SignaturePolicy, Signed, SignerLocation, SignerProperties, SigningKey, Step, TargetLevel,
    Times, TimestampAuthority, VerifyOptions, cosign_file, countersign_file, extend_file,
    sign_file, sign_stream, verify_file,
};
use chrono::{DateTime, TimeDelta, Utc};
use lab::ocsp::OcspFault;
use lab::serve::CrlFault;
use lab::tsa::Fault;
use lab::{Config, Lab, Running};

const CONTENT: &[u8] = b"Verbale della seduta: voti favorevoli 12, contrari 3.\n";

fn ids(made: &[Countersigned]) -> Vec<SignatureId> {
    made.iter().map(|one| one.id.clone()).collect()
}

fn begin() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

/// A laboratory, a clock that can be moved, a folder for outputs and one for everything else.
struct Bench {
    lab: Running,
    clock: Arc<Mutex<DateTime<Utc>>>,
    pki: tempfile::TempDir,
    folder: tempfile::TempDir,
    trust: Evidence,
    client: HttpClient,
    fetch: HttpFetch,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(Mutex::new(begin()));
        let shared = clock.clone();
        let lab =
            Lab::start(&Config::quick(begin()), Arc::new(move || *shared.lock().unwrap())).unwrap();
        let pki = tempfile::tempdir().unwrap();
        lab::disk::write(&pki.path().join("lab"), &lab.pki(), lab::DEFAULT_PIN).unwrap();
        let mut trust = Evidence::default();
        trust.add_trust(&pki.path().join("lab/trust")).unwrap();
        let allow_net = vec!["127.0.0.1/32".parse().unwrap()];
        let client = HttpClient::new(HttpConfig { allow_net, ..HttpConfig::default() }).unwrap();
        let fetch = HttpFetch::new(client.clone());
        let folder = tempfile::tempdir().unwrap();
        Self { lab, clock, pki, folder, trust, client, fetch }
    }

    fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().unwrap()
    }

    fn wait(&mut self, time: TimeDelta) {
        *self.clock.lock().unwrap() += time;
        // What was fetched long ago is not at hand any more.
        self.fetch = HttpFetch::new(self.client.clone());
    }

    fn key(&self, id: &str) -> SigningKey {
        let signers = self.pki.path().join("lab/signers");
        let pin =
            Secret::from_file_contents(std::fs::read(signers.join(format!("{id}.pin"))).unwrap());
        SigningKey::from_pkcs12(&signers.join(format!("{id}.p12")), &pin).unwrap()
    }

    fn tsa(&self, id: &str) -> HttpTimestampAuthority {
        HttpTimestampAuthority::new(self.client.clone(), &self.lab.tsa_url(id), None).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, octets: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), octets).unwrap();
        self.path(name)
    }

    fn sign(&self, name: &str, keys: &[SigningKey], packaging: Packaging) -> PathBuf {
        let content = self.put("verbale.txt", CONTENT);
        let options =
            SignOptions { keys, packaging, signing_time: self.now(), ..SignOptions::default() };
        sign_file(&content, &self.path(name), &options).unwrap().output
    }

    /// Extends under the given options; the laboratory's first authority stamps.
    fn extend_with<'a>(
        &'a self,
        input: &Path,
        level: TargetLevel,
        change: impl FnOnce(&mut ExtendOptions<'a>),
    ) -> Result<Extended, Error> {
        let tsa: &'static HttpTimestampAuthority = Box::leak(Box::new(self.tsa("tsa")));
        let authorities: &'static [&dyn TimestampAuthority] =
            Box::leak(Box::new([tsa as &dyn TimestampAuthority]));
        let mut options = ExtendOptions {
            level,
            signatures: &[],
            authorities,
            evidence: &self.trust,
            fetch: Some(&self.fetch),
            budget: Budget::default(),
            content: None,
            now: self.now(),
            allow: &[],
            placing: ceralacca::Placing::default(),
            progress: None,
        };
        change(&mut options);
        let mut name = input.file_stem().unwrap().to_owned();
        name.push(format!("-{level:?}."));
        name.push(input.extension().unwrap());
        extend_file(input, &self.path(name.to_str().unwrap()), &options)
    }

    #[track_caller]
    fn extend(&self, input: &Path, level: TargetLevel) -> Extended {
        self.extend_with(input, level, |_| ())
            .unwrap_or_else(|error| panic!("{}", ceralacca::describe(&error)))
    }

    /// Judged offline: nothing but the file and the anchors.
    fn judge_at(&self, file: &Path, content: Option<&Path>, at: DateTime<Utc>) -> Report {
        let (policy, times) = (Policy::default(), Times::now(at));
        let options = VerifyOptions {
            evidence: &self.trust,
            fetch: None,
            content,
            content_digest: None,
            policy: &policy,
            times: &times,
            progress: None,
        };
        verify_file(file, &options).unwrap()
    }

    #[track_caller]
    fn passes(&self, file: &Path, levels: &[&str]) {
        let report = self.judge_at(file, None, self.now());
        let found: Vec<&str> = report.signatures.iter().map(|s| s.level.as_str()).collect();
        assert_eq!(found, levels, "{}", file.display());
        assert_eq!(report.verdict, Verdict::TotalPassed, "{report:#?}");
    }

    /// Names in the folder besides the content.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "verbale.txt")
            .collect();
        names.sort();
        names
    }
}

fn data_of(file: &Path) -> cms::SignedData {
    let octets = std::fs::read(file).unwrap();
    let opened = cms::armor::open(&octets[..], 4).unwrap();
    let reader = cms::SignedDataReader::open(opened.source, cms::Limits::default()).unwrap();
    reader.finish().unwrap().0
}

fn id(text: &str) -> SignatureId {
    text.parse().unwrap()
}

const B: &str = "CAdES-BASELINE-B";
const T: &str = "CAdES-BASELINE-T";
const LT: &str = "CAdES-BASELINE-LT";
const LTA: &str = "CAdES-BASELINE-LTA";

#[test]
fn from_b_to_lta_and_renewed_with_every_octet_kept() {
    let bench = Bench::new();
    let mut at = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let signed = data_of(&at);
    let fields = signed.signer_infos[0].fields_before_unsigned().to_vec();
    let mut stamps = 0;
    for (level, name, new_stamps) in [
        (TargetLevel::T, T, 1),
        (TargetLevel::Lt, LT, 0),
        (TargetLevel::Lta, LTA, 1),
        (TargetLevel::Lta, LTA, 1),
    ] {
        let before = data_of(&at);
        let extended = bench.extend(&at, level);
        assert_eq!(extended.signatures[0].after.to_string(), name);
        assert_eq!(extended.stamps.len(), new_stamps);
        stamps += new_stamps;
        at = extended.output;
        let after = data_of(&at);
        assert_eq!(after.signer_infos[0].fields_before_unsigned(), fields);
        assert_eq!(after.certificates[..before.certificates.len()], before.certificates);
        assert_eq!(after.crls[..before.crls.len()], before.crls);
        let unsigned = |data: &cms::SignedData| -> Vec<Vec<u8>> {
            let set = &data.signer_infos[0].unsigned_attributes;
            set.iter().flat_map(|set| set.entries.iter().map(|e| e.raw.clone())).collect()
        };
        assert!(unsigned(&after).starts_with(&unsigned(&before)));
        if level >= TargetLevel::Lt {
            bench.passes(&at, &[name]);
        }
    }
    let report = bench.judge_at(&at, None, bench.now());
    assert_eq!(report.signatures[0].timestamps.len(), stamps);
}

#[test]
fn it_holds_years_later_and_longer_when_renewed() {
    let mut bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let archived = bench.extend(&file, TargetLevel::Lta).output;
    let year = TimeDelta::days(365);
    // The signer's certificate ends after three years, the authorities' after ten.
    let later = bench.judge_at(&archived, None, bench.now() + year * 5);
    assert_eq!(later.verdict, Verdict::TotalPassed, "{later:#?}");
    bench.wait(year * 9);
    let now = bench.now();
    bench
        .lab
        .change(|pki| {
            let spec = lab::pki::TsaSpec::new("tsa-2035", now);
            pki.add_tsa(&spec).map(|_| ())
        })
        .unwrap();
    let tsa = bench.tsa("tsa-2035");
    let authorities: [&dyn TimestampAuthority; 1] = [&tsa];
    let renewed =
        bench.extend_with(&archived, TargetLevel::Lta, |o| o.authorities = &authorities).unwrap();
    let then = bench.now() + year * 3;
    assert_ne!(bench.judge_at(&archived, None, then).verdict, Verdict::TotalPassed);
    let report = bench.judge_at(&renewed.output, None, then);
    assert_eq!(report.verdict, Verdict::TotalPassed, "{report:#?}");
}

#[test]
fn only_the_signatures_named() {
    let bench = Bench::new();
    let keys = [bench.key("presidente"), bench.key("segretario")];
    let file = bench.sign("a.p7m", &keys, Packaging::Attached);
    let before = data_of(&file);
    let second = [id("2")];
    let extended = bench.extend_with(&file, TargetLevel::Lta, |o| o.signatures = &second).unwrap();
    let after = data_of(&extended.output);
    assert_eq!(after.signer_infos[0].raw, before.signer_infos[0].raw);
    let levels: Vec<String> =
        extended.signatures.iter().map(|signature| signature.after.to_string()).collect();
    assert_eq!(levels, [B, LTA]);
    assert!(extended.stamps.iter().all(|stamp| stamp.signature == "2"));
    // The other one later, over what is there now.
    let whole = bench.extend(&extended.output, TargetLevel::Lta);
    bench.passes(&whole.output, &[LTA, LTA]);
    let none = [id("3")];
    let error = bench.extend_with(&file, TargetLevel::T, |o| o.signatures = &none).unwrap_err();
    assert_eq!((error.code(), error.family()), ("NO_SUCH_SIGNATURE", Family::Usage));
}

#[test]
fn countersignatures_go_with_the_signature_they_stand_on() {
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let options = SignOptions {
        keys: &[bench.key("segretario")],
        signing_time: bench.now(),
        ..SignOptions::default()
    };
    let first = bench.path("b.p7m");
    let (_, made) = countersign_file(&file, None, &first, &[id("1")], &options).unwrap();
    assert_eq!(ids(&made), [id("1.1")]);
    // A countersignature on a countersignature, by the first signer.
    let options = SignOptions { keys: &[bench.key("presidente")], ..options };
    let second = bench.path("c.p7m");
    let (_, made) = countersign_file(&first, None, &second, &[id("1.1")], &options).unwrap();
    assert_eq!(ids(&made), [id("1.1.1")]);
    let error = countersign_file(&second, None, &bench.path("x"), &[id("1.1")], &options);
    assert_eq!(error.unwrap_err().code(), "ALREADY_SIGNED");

    let extended = bench.extend(&second, TargetLevel::Lta);
    let stamped: Vec<(&str, bool)> =
        extended.stamps.iter().map(|stamp| (stamp.signature.as_str(), stamp.archive)).collect();
    assert_eq!(stamped, [("1", false), ("1.1", false), ("1.1.1", false), ("1", true)]);
    bench.passes(&extended.output, &[LTA, LT, LT]);
    // Now the archive time-stamp covers them: a renewal leaves them as they are …
    let renewed = bench.extend(&extended.output, TargetLevel::Lta);
    assert_eq!(renewed.stamps.len(), 1);
    bench.passes(&renewed.output, &[LTA, LT, LT]);
    // … a further one on them is refused, beside them it is not.
    let options = SignOptions { again: true, ..options };
    let refused = countersign_file(&renewed.output, None, &bench.path("x"), &[id("1.1")], &options);
    assert_eq!(refused.unwrap_err().code(), "SEALED");
    let beside = bench.path("d.p7m");
    let (_, made) = countersign_file(&renewed.output, None, &beside, &[id("1")], &options).unwrap();
    assert_eq!(ids(&made), [id("1.2")]);
    let report = bench.judge_at(&beside, None, bench.now());
    assert_eq!(report.signatures[0].level, LTA);
    assert!(report.signatures.iter().all(|signature| signature.intact == Some(true)));
}

#[test]
fn covered_countersignatures_without_a_stamp_are_left_alone() {
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let options = SignOptions {
        keys: &[bench.key("segretario")],
        signing_time: bench.now(),
        ..SignOptions::default()
    };
    let counter = bench.path("b.p7m");
    countersign_file(&file, None, &counter, &[id("1")], &options).unwrap();
    // Archived by hand, with the countersignature still at B.
    let archived = bench.path("c.p7m");
    let mut stamped = Vec::new();
    let tsa = bench.tsa("tsa");
    let mut stamp = |algorithm, digest: &[u8]| {
        let request =
            timestamp::Request { algorithm, digest: digest.to_vec(), policy: None, nonce: [7; 8] };
        let (_, token) = timestamp::obtain(&tsa, &request)?;
        stamped.push(token.info.gen_time);
        Ok(token)
    };
    let digests = [ceralacca::DigestAlgorithm::Sha256].into();
    let mut out = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&archived)
        .unwrap();
    cades::rewrite(
        std::fs::File::open(&counter).unwrap(),
        &mut out,
        &digests,
        0,
        &cms::Limits::default(),
        |data, content| cades::add_archive_time_stamp(data, &id("1"), content, &mut stamp),
    )
    .unwrap();
    let extended = bench.extend(&archived, TargetLevel::T);
    assert!(extended.stamps.is_empty(), "the archive time-stamp proves both");
    let renewed = bench.extend(&archived, TargetLevel::Lta);
    let kinds: Vec<bool> = renewed.stamps.iter().map(|stamp| stamp.archive).collect();
    assert_eq!(kinds, [true]);
    let report = bench.judge_at(&renewed.output, None, bench.now());
    assert!(report.signatures.iter().all(|signature| signature.intact == Some(true)));
}

#[test]
fn detached_signatures_need_their_content_for_the_archive_only() {
    let bench = Bench::new();
    let file = bench.sign("a.p7s", &[bench.key("presidente")], Packaging::Detached);
    let long_term = bench.extend(&file, TargetLevel::Lt).output;
    let error = bench.extend_with(&file, TargetLevel::Lta, |_| ()).unwrap_err();
    assert_eq!(error.code(), "CONTENT_NEEDED");
    let other = bench.put("other.txt", b"another content");
    for level in [TargetLevel::T, TargetLevel::Lta] {
        let error = bench.extend_with(&file, level, |o| o.content = Some(&other)).unwrap_err();
        assert_eq!((error.code(), error.family()), ("BROKEN_SIGNATURE", Family::Judgement));
    }
    let content = bench.path("verbale.txt");
    let archived = bench
        .extend_with(&long_term, TargetLevel::Lta, |o| o.content = Some(&content))
        .unwrap()
        .output;
    let report = bench.judge_at(&archived, Some(&content), bench.now());
    assert_eq!((report.verdict, report.signatures[0].level.as_str()), (Verdict::TotalPassed, LTA));
    // A content beside one that has its own inside is a misunderstanding.
    let attached = bench.sign("b.p7m", &[bench.key("presidente")], Packaging::Attached);
    let error =
        bench.extend_with(&attached, TargetLevel::T, |o| o.content = Some(&content)).unwrap_err();
    assert_eq!(error.code(), "ALREADY_ATTACHED");
}

#[test]
fn indefinite_lengths_and_text_wrapping() {
    let bench = Bench::new();
    let options = SignOptions {
        keys: &[bench.key("presidente")],
        signing_time: bench.now(),
        ..SignOptions::default()
    };
    let mut ber = Vec::new();
    sign_stream(CONTENT, &mut ber, &options).unwrap();
    assert_eq!(ber[..2], [0x30, 0x80]);
    for (name, octets) in [
        ("ber.p7m", ber.clone()),
        ("base64.p7m", lab::wrap::base64(&ber).into_bytes()),
        ("pem.p7m", lab::wrap::pem("PKCS7", &ber).into_bytes()),
    ] {
        let file = bench.put(name, &octets);
        let extended = bench.extend(&file, TargetLevel::Lta);
        bench.passes(&extended.output, &[LTA]);
    }
}

#[test]
fn offline_with_evidence_at_hand() {
    let bench = Bench::new();
    let tsa = bench.tsa("tsa");
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let error = bench.extend_with(&file, TargetLevel::Lt, |o| o.fetch = None).unwrap_err();
    assert_eq!((error.code(), error.family()), ("NO_REVOCATION_DATA", Family::Incomplete));
    let mut evidence = bench.trust.clone();
    evidence.add_crls(&bench.pki.path().join("lab/revocation")).unwrap();
    let authorities: [&dyn TimestampAuthority; 1] = [&tsa];
    let extended = bench
        .extend_with(&file, TargetLevel::Lta, |o| {
            o.fetch = None;
            o.evidence = &evidence;
            o.authorities = &authorities;
        })
        .unwrap();
    assert_eq!((extended.added.ocsp, extended.added.crls), (0, 3));
    bench.passes(&extended.output, &[LTA]);
}

#[test]
fn data_older_than_the_signature_are_said_to_be() {
    let mut bench = Bench::new();
    let mut evidence = bench.trust.clone();
    evidence.add_crls(&bench.pki.path().join("lab/revocation")).unwrap();
    bench.wait(TimeDelta::days(2));
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let extended = bench
        .extend_with(&file, TargetLevel::Lt, |o| (o.fetch, o.evidence) = (None, &evidence))
        .unwrap();
    assert!(
        matches!(&extended.notes[..], [Note::IssuedBefore { subject, .. }] if subject == "PROVADINI ADA"),
        "{:?}",
        extended.notes
    );
    // A year on nothing of it is in force any more.
    bench.wait(TimeDelta::days(400));
    let file = bench.sign("b.p7m", &[bench.key("presidente")], Packaging::Attached);
    let error = bench
        .extend_with(&file, TargetLevel::Lt, |o| (o.fetch, o.evidence) = (None, &evidence))
        .unwrap_err();
    assert_eq!(error.code(), "NO_REVOCATION_DATA");
}

/// Class 31: what an authority answers is examined before it is embedded.
#[test]
fn authorities_that_do_not_serve() {
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    for fault in [
        Fault::Down,
        Fault::Status(503),
        Fault::Garbage,
        Fault::Empty,
        Fault::WrongMediaType,
        Fault::Rejection(2),
        Fault::Waiting,
        Fault::MissingToken,
        Fault::Truncated,
        Fault::WrongImprint,
        Fault::WrongImprintAlgorithm,
        Fault::WrongNonce,
        Fault::NoNonce,
        Fault::NoPurpose,
        Fault::PurposeNotCritical,
        Fault::PurposeNotAlone,
        Fault::ExpiredCertificate,
        Fault::NoCertificate,
        Fault::WrongEss,
        Fault::NoEss,
        Fault::BadSignature,
        Fault::TwoSigners,
    ] {
        bench.lab.set_tsa_fault("tsa", fault.clone());
        for level in [TargetLevel::T, TargetLevel::Lta] {
            let error = bench.extend_with(&file, level, |_| ()).unwrap_err();
            assert_eq!(error.family(), Family::Network, "{fault:?}: {error}");
            assert_eq!(bench.files(), ["a.p7m"], "{fault:?}");
        }
        // The next one in order serves.
        let (bad, good) = (bench.tsa("tsa"), bench.tsa("tsa-b"));
        let both: [&dyn TimestampAuthority; 2] = [&bad, &good];
        let extended = bench.extend_with(&file, TargetLevel::T, |o| o.authorities = &both).unwrap();
        assert_eq!(extended.failed_authorities.len(), 1, "{fault:?}");
        std::fs::remove_file(extended.output).unwrap();
    }
    let none = bench.extend_with(&file, TargetLevel::T, |o| o.authorities = &[]).unwrap_err();
    assert_eq!((none.code(), none.family()), ("NO_AUTHORITY", Family::Usage));
}

/// The first time-stamp comes, the archive's does not: nothing of the file is left.
#[test]
fn an_authority_that_fails_half_way() {
    struct Once<'a>(&'a HttpTimestampAuthority, Mutex<usize>);
    impl TimestampAuthority for Once<'_> {
        fn name(&self) -> &str {
            "once"
        }
        fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, timestamp::AuthorityError> {
            let mut left = self.1.lock().unwrap();
            *left = left.checked_sub(1).ok_or("used up")?;
            self.0.exchange(request)
        }
    }
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let tsa = bench.tsa("tsa");
    for stamps in [0, 1] {
        let once = Once(&tsa, Mutex::new(stamps));
        let authorities: [&dyn TimestampAuthority; 1] = [&once];
        let error = bench
            .extend_with(&file, TargetLevel::Lta, |o| o.authorities = &authorities)
            .unwrap_err();
        assert_eq!(error.family(), Family::Network);
        assert_eq!(bench.files(), ["a.p7m"]);
    }
}

/// Class 33: an OCSP answer that does not decide is no answer; the list serves instead.
#[test]
fn ocsp_that_does_not_serve() {
    let mut bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    for fault in [
        OcspFault::Down,
        OcspFault::Garbage,
        OcspFault::TryLater,
        OcspFault::Unauthorized,
        OcspFault::MalformedRequest,
        OcspFault::Truncated,
        OcspFault::WrongSerial,
        OcspFault::UnknownStatus,
        OcspFault::BadSignature,
        OcspFault::WrongResponder,
        OcspFault::Stale,
        OcspFault::Future,
    ] {
        bench.lab.set_ocsp_fault(fault.clone());
        bench.lab.set_crl_fault(CrlFault::None);
        bench.wait(TimeDelta::zero());
        let extended = bench.extend(&file, TargetLevel::Lt);
        // The roots' own answers are not touched by a fault of the delegate.
        let spared = if fault == OcspFault::WrongResponder { 2 } else { 0 };
        let added = (extended.added.ocsp, extended.added.crls);
        assert_eq!(added, (spared, 3 - spared), "{fault:?}");
        bench.passes(&extended.output, &[LT]);
        std::fs::remove_file(extended.output).unwrap();
        for list in [CrlFault::Down, CrlFault::Garbage, CrlFault::BadSignature, CrlFault::Stale] {
            bench.lab.set_crl_fault(list.clone());
            bench.wait(TimeDelta::zero());
            let error = bench.extend_with(&file, TargetLevel::Lta, |_| ()).unwrap_err();
            assert_eq!(error.code(), "NO_REVOCATION_DATA", "{fault:?} {list:?}: {error}");
            assert_eq!(error.family(), Family::Network, "{fault:?} {list:?}: {error}");
            assert!(error.to_string().contains("PROVADINI ADA"), "{error}");
            assert_eq!(bench.files(), ["a.p7m"], "{fault:?} {list:?}");
        }
    }
}

#[test]
fn each_object_is_fetched_once_and_no_more_than_allowed() {
    let bench = Bench::new();
    let keys = [bench.key("presidente"), bench.key("segretario")];
    let file = bench.sign("a.p7m", &keys, Packaging::Attached);
    bench.extend(&file, TargetLevel::Lta);
    // Two signers, their authority, the stamps' authority.
    let asked = bench.lab.requests();
    let ocsp = asked.iter().filter(|line| line.contains("/ocsp")).count();
    assert_eq!(ocsp, 4, "{asked:?}");
    for (budget, what) in [
        (Budget { fetches: 1, ..Budget::default() }, "fetches"),
        (Budget { octets: 100, ..Budget::default() }, "octets fetched"),
        (Budget { time: std::time::Duration::ZERO, ..Budget::default() }, "seconds of fetching"),
        (Budget { certificates: 1, ..Budget::default() }, "certificates"),
    ] {
        let fetch = HttpFetch::new(bench.client.clone());
        let error = bench
            .extend_with(&file, TargetLevel::Lt, |o| {
                o.budget = budget;
                o.fetch = Some(&fetch);
            })
            .unwrap_err();
        let Error::Material { missing, .. } = &error else { panic!("{error:?}") };
        assert!(
            matches!(missing.step, Step::Limit { what: found, .. } if found == what),
            "{error:?}"
        );
        assert_eq!(error.family(), Family::Unsupported);
    }
}

/// Class 34: without leave, URLs in certificates do not lead to this machine.
#[test]
fn urls_in_certificates_do_not_lead_inside() {
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let guarded = HttpFetch::new(HttpClient::new(HttpConfig::default()).unwrap());
    let before = bench.lab.requests().len();
    let error =
        bench.extend_with(&file, TargetLevel::Lt, |o| o.fetch = Some(&guarded)).unwrap_err();
    assert_eq!(error.family(), Family::Network);
    assert!(error.hint().unwrap().contains("--allow-net"), "{error:?}");
    let asked = bench.lab.requests().split_off(before);
    // The authority the user named was asked, and nobody else.
    assert!(asked.iter().all(|line| line.ends_with("/tsa")), "{asked:?}");
}

#[test]
fn chains_that_lead_nowhere() {
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let nobody = Evidence::default();
    let error = bench.extend_with(&file, TargetLevel::Lt, |o| o.evidence = &nobody).unwrap_err();
    assert_eq!((error.code(), error.family()), ("NO_TRUST", Family::Usage));
    let strangers = Bench::new();
    let error = bench
        .extend_with(&file, TargetLevel::Lt, |o| {
            (o.evidence, o.fetch) = (&strangers.trust, None);
        })
        .unwrap_err();
    assert_eq!((error.code(), error.family()), ("NO_CERTIFICATE_CHAIN", Family::Incomplete));
    // T needs nobody's trust.
    bench.extend_with(&file, TargetLevel::T, |o| o.evidence = &nobody).unwrap();
}

/// A chain that is not in the file is brought from where the certificates say it is.
#[test]
fn issuers_are_fetched() {
    let bench = Bench::new();
    let mut key = bench.key("presidente");
    key.chain.clear();
    let file = bench.sign("a.p7m", &[key], Packaging::Attached);
    assert_eq!(data_of(&file).certificates.len(), 1);
    let extended = bench.extend(&file, TargetLevel::Lt);
    assert!(bench.lab.requests().iter().any(|line| line.contains("/ca/ca.cer")));
    bench.passes(&extended.output, &[LT]);
}

/// Class 44: garbage does not become respectable by a stamp.
#[test]
fn broken_signatures_are_refused() {
    let bench = Bench::new();
    let keys = [bench.key("presidente"), bench.key("segretario")];
    let file = bench.sign("a.p7m", &keys, Packaging::Attached);
    let octets = std::fs::read(&file).unwrap();
    let content = octets.windows(4).position(|w| w == &CONTENT[..4]).unwrap();
    let data = data_of(&file);
    let value = &data.signer_infos[0].signature;
    let value = octets.windows(value.len()).position(|w| w == &value[..]).unwrap();
    for (name, place) in [("content.p7m", content), ("value.p7m", value + 20)] {
        let mut spoilt = octets.clone();
        spoilt[place] ^= 1;
        let file = bench.put(name, &spoilt);
        let before = bench.lab.requests().len();
        for level in [TargetLevel::T, TargetLevel::Lt, TargetLevel::Lta] {
            let error = bench.extend_with(&file, level, |_| ()).unwrap_err();
            assert_eq!((error.code(), error.family()), ("BROKEN_SIGNATURE", Family::Judgement));
        }
        assert_eq!(bench.lab.requests().len(), before, "nobody was asked for it");
        let counter = SignOptions {
            keys: &[bench.key("segretario")],
            signing_time: bench.now(),
            again: true,
            ..SignOptions::default()
        };
        let refused = countersign_file(&file, None, &bench.path("x"), &[id("1")], &counter);
        assert_eq!(refused.unwrap_err().code(), "BROKEN_SIGNATURE");
        assert!(!bench.path("x").exists());
    }
    // The sound one beside a broken one can be named.
    let mut spoilt = octets;
    spoilt[value + 20] ^= 1;
    let file = bench.put("one.p7m", &spoilt);
    let second = [id("2")];
    bench.extend_with(&file, TargetLevel::T, |o| o.signatures = &second).unwrap();
}

#[test]
fn a_stamp_that_comes_too_late() {
    let mut bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let stamped = bench.path("stamped.p7m");
    std::fs::rename(bench.extend(&file, TargetLevel::T).output, &stamped).unwrap();
    bench.wait(TimeDelta::days(4 * 365));
    let error = bench.extend_with(&file, TargetLevel::T, |_| ()).unwrap_err();
    assert_eq!((error.code(), error.family()), ("EXPIRED_UNSTAMPED", Family::Judgement));
    let allow = ["expired".to_owned()];
    let late = bench.extend_with(&file, TargetLevel::Lt, |o| o.allow = &allow).unwrap();
    assert_eq!(late.signatures[0].after.to_string(), LT);
    // What was stamped in time goes on as ever.
    let archived = bench.extend(&stamped, TargetLevel::Lta);
    bench.passes(&archived.output, &[LTA]);
}

#[test]
fn revoked_signers_are_extended_with_a_word_and_do_not_sign() {
    let bench = Bench::new();
    let mut evidence = bench.trust.clone();
    evidence.add_crls(&bench.pki.path().join("lab/revocation")).unwrap();
    let tsa = bench.tsa("tsa");
    for (who, held) in [("revocato", false), ("sospeso", true)] {
        let file = bench.sign(&format!("{who}.p7m"), &[bench.key(who)], Packaging::Attached);
        let extended = bench.extend(&file, TargetLevel::Lt);
        assert!(
            matches!(extended.notes[..], [Note::Revoked { on_hold, .. }] if on_hold == held),
            "{:?}",
            extended.notes
        );
        let report = bench.judge_at(&extended.output, None, bench.now());
        assert_ne!(report.verdict, Verdict::TotalPassed);
        // Known from a list at hand, or found out on the way to LT.
        let content = bench.path("verbale.txt");
        let keys = [bench.key(who)];
        let authorities: [&dyn TimestampAuthority; 1] = [&tsa];
        let plain =
            SignOptions { keys: &keys, signing_time: bench.now(), ..SignOptions::default() };
        let long_term = LongTerm {
            archive: false,
            evidence: &bench.trust,
            fetch: Some(&bench.fetch),
            budget: Budget::default(),
        };
        for options in [
            SignOptions { evidence: Some(&evidence), ..plain },
            SignOptions { long_term: Some(long_term), authorities: &authorities, ..plain },
        ] {
            let error = sign_file(&content, &bench.path("x.p7m"), &options).unwrap_err();
            assert!(
                matches!(error, Error::Certificate { obstacle: Obstacle::Revoked { on_hold, .. }, .. } if on_hold == held),
                "{error:?}"
            );
            assert_eq!(error.family(), Family::Key);
            assert!(!bench.path("x.p7m").exists());
        }
    }
}

fn deep<'a>(bench: &'a Bench, archive: bool) -> LongTerm<'a> {
    let fetch: Option<&dyn Fetch> = Some(&bench.fetch);
    LongTerm { archive, evidence: &bench.trust, fetch, budget: Budget::default() }
}

#[test]
fn signed_at_lta_in_one_reading() {
    let bench = Bench::new();
    let tsa = bench.tsa("tsa");
    let authorities: [&dyn TimestampAuthority; 1] = [&tsa];
    let keys = [bench.key("presidente"), bench.key("segretario")];
    let content = bench.put("verbale.txt", CONTENT);
    let options = SignOptions {
        keys: &keys,
        signing_time: bench.now(),
        authorities: &authorities,
        long_term: Some(deep(&bench, true)),
        ..SignOptions::default()
    };
    let signed = sign_file(&content, &bench.path("a.p7m"), &options).unwrap();
    assert_eq!((signed.stamped.len(), signed.archived.len()), (2, 2));
    assert!(signed.added.ocsp >= 4 && signed.notes.is_empty(), "{signed:?}");
    bench.passes(&signed.output, &[LTA, LTA]);
    // Through a pipe, and detached.
    let mut piped = Vec::new();
    sign_stream(CONTENT, &mut piped, &options).unwrap();
    bench.passes(&bench.put("piped.p7m", &piped), &[LTA, LTA]);
    let detached = SignOptions { packaging: Packaging::Detached, ..options };
    let signed = sign_file(&content, &bench.path("a.p7s"), &detached).unwrap();
    let report = bench.judge_at(&signed.output, Some(&content), bench.now());
    assert_eq!((report.verdict, report.signatures[0].level.as_str()), (Verdict::TotalPassed, LTA));
    // No authority, no long term.
    let error = sign_file(&content, &bench.path("x"), &SignOptions { authorities: &[], ..options });
    assert_eq!(error.unwrap_err().family(), Family::Usage);
}

#[test]
fn cosigned_and_countersigned_at_lt_and_lta() {
    let bench = Bench::new();
    let tsa = bench.tsa("tsa");
    let authorities: [&dyn TimestampAuthority; 1] = [&tsa];
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let before = data_of(&file).signer_infos[0].raw.clone();
    let options = SignOptions {
        keys: &[bench.key("segretario")],
        signing_time: bench.now(),
        authorities: &authorities,
        long_term: Some(deep(&bench, false)),
        ..SignOptions::default()
    };
    let both: Signed = cosign_file(&file, None, &bench.path("b.p7m"), &options).unwrap();
    let data = data_of(&both.output);
    assert_eq!(data.signer_infos[0].raw, before, "the present one is not touched");
    let report = bench.judge_at(&both.output, None, bench.now());
    assert_eq!(report.signatures[0].level, B);
    assert_eq!(report.signatures[1].level, LT);
    let options = SignOptions { long_term: Some(deep(&bench, true)), ..options };
    let counter = bench.path("c.p7m");
    let (signed, made) =
        countersign_file(&both.output, None, &counter, &[id("1"), id("2")], &options).unwrap();
    assert_eq!(ids(&made), [id("1.1"), id("2.1")]);
    assert_eq!(signed.archived.len(), 2);
    let report = bench.judge_at(&counter, None, bench.now());
    let levels: Vec<_> =
        report.signatures.iter().map(|s| (s.id.as_str(), s.level.as_str())).collect();
    assert!(levels.contains(&("2", LTA)) && levels.contains(&("1.1", LT)), "{levels:?}");
    assert_eq!(report.verdict, Verdict::TotalPassed, "{report:#?}");
    // What is about content is not for a countersignature.
    let properties =
        SignerProperties { media_type: Some("text/plain".into()), ..SignerProperties::default() };
    let options = SignOptions { properties: Some(&properties), again: true, ..options };
    let refused = countersign_file(&counter, None, &bench.path("x"), &[id("1")], &options);
    assert_eq!(refused.unwrap_err().code(), "PROPERTY");
}

#[test]
fn what_the_signer_says() {
    let bench = Bench::new();
    let tsa = bench.tsa("tsa");
    let authorities: [&dyn TimestampAuthority; 1] = [&tsa];
    let document = b"Politica di firma del Comune di Esempio";
    let (algorithm, digest) =
        cades::policy::document_digest(document, ceralacca::DigestAlgorithm::Sha256);
    let properties = SignerProperties {
        media_type: Some("text/plain".into()),
        commitments: vec![Commitment::Approval, Commitment::Creation],
        claimed_roles: vec!["Segretario comunale".into()],
        location: Some(SignerLocation {
            country: Some("IT".into()),
            locality: Some("Esempio".into()),
            ..SignerLocation::default()
        }),
        policy: Some(SignaturePolicy {
            oid: ceralacca::Oid::parse("1.3.76.16.6").unwrap(),
            algorithm,
            digest,
            uri: Some("https://lab.invalid/politica".into()),
        }),
        content_time_stamp: true,
        ..SignerProperties::default()
    };
    let content = bench.put("verbale.txt", CONTENT);
    let options = SignOptions {
        keys: &[bench.key("segretario")],
        signing_time: bench.now(),
        authorities: &authorities,
        properties: Some(&properties),
        long_term: Some(deep(&bench, true)),
        ..SignOptions::default()
    };
    let signed = sign_file(&content, &bench.path("a.p7m"), &options).unwrap();
    let counts = (signed.content_stamped.len(), signed.stamped.len(), signed.archived.len());
    assert_eq!(counts, (1, 1, 1));
    bench.passes(&signed.output, &[LTA]);
    let data = data_of(&signed.output);
    let attributes = data.signer_infos[0].signed_attributes.as_ref().unwrap();
    for oid in [
        cades::oids::MIME_TYPE,
        cades::oids::COMMITMENT_TYPE,
        cades::oids::SIGNER_ATTRIBUTES_V2,
        cades::oids::SIGNER_LOCATION,
        cades::oids::SIGNATURE_POLICY,
        cades::oids::CONTENT_TIME_STAMP,
    ] {
        assert_eq!(attributes.all(&oid).count(), 1, "{oid}");
    }
}

/// Class 39: the file changes while the authority is asked.
#[test]
fn a_file_that_changes_meanwhile() {
    struct Meddler<'a>(&'a HttpTimestampAuthority, PathBuf);
    impl TimestampAuthority for Meddler<'_> {
        fn name(&self) -> &str {
            "meddler"
        }
        fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, timestamp::AuthorityError> {
            let mut octets = std::fs::read(&self.1)?;
            octets.push(0);
            std::fs::write(&self.1, octets)?;
            self.0.exchange(request)
        }
    }
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let tsa = bench.tsa("tsa");
    let meddler = Meddler(&tsa, file.clone());
    let authorities: [&dyn TimestampAuthority; 1] = [&meddler];
    let error =
        bench.extend_with(&file, TargetLevel::T, |o| o.authorities = &authorities).unwrap_err();
    assert_eq!(error.family(), Family::InputOutput, "{error:?}");
    assert_eq!(bench.files(), ["a.p7m"]);
}

/// Class 40: what is in the way stays; in place, the old file or the new one.
#[test]
fn outputs_in_the_way_and_in_place() {
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    bench.put("a-T.p7m", b"here already");
    let error = bench.extend_with(&file, TargetLevel::T, |_| ()).unwrap_err();
    assert_eq!(error.family(), Family::InputOutput);
    assert_eq!(std::fs::read(bench.path("a-T.p7m")).unwrap(), b"here already");
    let tsa = bench.tsa("tsa");
    let authorities: [&dyn TimestampAuthority; 1] = [&tsa];
    let mut options = ExtendOptions {
        level: TargetLevel::Lta,
        signatures: &[],
        authorities: &[],
        evidence: &bench.trust,
        fetch: Some(&bench.fetch),
        budget: Budget::default(),
        content: None,
        now: bench.now(),
        allow: &[],
        placing: ceralacca::Placing {
            overwrite: ceralacca::Overwrite::Replace,
            ..ceralacca::Placing::default()
        },
        progress: None,
    };
    let before = std::fs::read(&file).unwrap();
    extend_file(&file, &file, &options).unwrap_err();
    assert_eq!(std::fs::read(&file).unwrap(), before);
    options.authorities = &authorities;
    extend_file(&file, &file, &options).unwrap();
    bench.passes(&file, &[LTA]);
}

/// The signed file with one octet of its content changed.
fn altered(file: &Path) -> Vec<u8> {
    let mut octets = std::fs::read(file).unwrap();
    let place = octets.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    octets[place] ^= 1;
    octets
}

#[test]
fn nobody_signs_beside_or_upon_what_is_altered() {
    let bench = Bench::new();
    let keys = [bench.key("presidente")];
    let file = bench.sign("verbale.p7m", &keys, Packaging::Attached);
    let good = std::fs::read(&file).unwrap();
    // The same in BER, whose signatures come behind the content.
    let options = SignOptions { keys: &keys, signing_time: bench.now(), ..SignOptions::default() };
    let mut piped = Vec::new();
    sign_stream(CONTENT, &mut piped, &options).unwrap();
    let piped = bench.put("piped.p7m", &piped);
    // A value that is wrong, over the right content.
    let mut value = good.clone();
    let last = value.len() - 1;
    value[last] ^= 1;
    let second = [bench.key("segretario")];
    let options =
        SignOptions { keys: &second, signing_time: bench.now(), ..SignOptions::default() };
    let out = bench.path("x.p7m");
    let cases = [
        (altered(&file), "it is over another content"),
        (altered(&piped), "it is over another content"),
        (value, "its value does not verify"),
    ];
    for (octets, why) in cases {
        let bad = bench.put("bad.p7m", &octets);
        for refused in [
            cosign_file(&bad, None, &out, &options).map(drop),
            countersign_file(&bad, None, &out, &[id("1")], &options).map(drop),
        ] {
            let error = refused.unwrap_err();
            assert_eq!((error.code(), error.family()), ("BROKEN_SIGNATURE", Family::Judgement));
            assert!(error.to_string().contains(why), "{error}");
        }
        assert!(!out.exists());
    }
    // A wrong value is seen without the content; another content is not.
    let checked = ceralacca::check_cosign(&bench.path("bad.p7m"), None, &out, &options);
    assert_eq!(checked.unwrap_err().code(), "BROKEN_SIGNATURE");
    for file in [&file, &piped] {
        ceralacca::check_cosign(file, None, &out, &options).unwrap();
        cosign_file(file, None, &bench.path("both.p7m"), &options).unwrap();
        std::fs::remove_file(bench.path("both.p7m")).unwrap();
    }
    // Apart from its content.
    let p7s = bench.sign("verbale.p7s", &keys, Packaging::Detached);
    let other = bench.put("altro.txt", b"altro");
    let error = countersign_file(&p7s, Some(&other), &out, &[id("1")], &options).unwrap_err();
    assert_eq!(error.code(), "BROKEN_SIGNATURE");
    countersign_file(&p7s, None, &out, &[id("1")], &options).unwrap();
}

#[test]
fn a_person_signs_once_unless_more_is_meant() {
    let bench = Bench::new();
    let content = bench.put("verbale.txt", CONTENT);
    let twice = [bench.key("presidente"), bench.key("presidente")];
    let options = SignOptions { keys: &twice, signing_time: bench.now(), ..SignOptions::default() };
    let out = bench.path("x.p7m");
    let error = sign_file(&content, &out, &options).unwrap_err();
    assert_eq!((error.code(), error.family()), ("SAME_SIGNER", Family::Usage));
    let signed = sign_file(&content, &out, &SignOptions { again: true, ..options }).unwrap();
    assert_eq!(signed.signers.len(), 2);
    // A countersignature on one's own signature is said.
    let own = SignOptions { keys: &twice[..1], ..options };
    let (signed, made) =
        countersign_file(&out, None, &bench.path("own.p7m"), &[id("2")], &own).unwrap();
    assert_eq!(signed.notes[0].code(), "OWN_SIGNATURE");
    assert_eq!((made[0].on.clone(), made[0].of.as_ref()), (id("2"), Some(&made[0].by)));
}

#[test]
fn a_plain_signature_reaches_no_level_and_that_is_said() {
    let bench = Bench::new();
    let mut plain = lab::cms::OddSigner::at("presidente", bench.now());
    plain.ess = lab::cms::Ess::Absent;
    let pki = bench.lab.pki();
    let mut odd = lab::cms::Odd::new(&pki, CONTENT, "presidente");
    odd.signers = vec![plain];
    let file = bench.put("verbale.p7m", &odd.build().unwrap());
    let extended = bench.extend(&file, TargetLevel::Lta);
    assert_eq!(extended.signatures[0].after.to_string(), "CMS");
    assert_eq!(extended.notes[0].code(), "PLAIN_CMS");
}

#[test]
fn a_time_stamped_file_gets_the_lists_its_stamps_need() {
    let mut bench = Bench::new();
    let tsa = bench.tsa("tsa");
    let file = bench.sign("verbale.p7m", &[bench.key("presidente")], Packaging::Attached);
    let stamping = ceralacca::StampOptions {
        authorities: &[&tsa],
        digest: ceralacca::DigestAlgorithm::Sha256,
        placing: ceralacca::Placing::default(),
        progress: None,
    };
    let tsd = bench.path("verbale.tsd");
    let metadata = ceralacca::NewMetaData::of(&file, None);
    ceralacca::stamp_tsd(&file, &tsd, &metadata, &stamping).unwrap();
    bench.wait(TimeDelta::hours(1));
    // Offline there are none: an error, and nothing written.
    let offline = bench.extend_with(&tsd, TargetLevel::Lta, |options| options.fetch = None);
    assert_eq!(offline.unwrap_err().code(), "NO_REVOCATION_DATA");
    assert!(!bench.path("verbale-Lta.tsd").exists());
    // A further stamp needs none, and says so.
    let stamped = bench.extend(&tsd, TargetLevel::T);
    assert_eq!(stamped.notes[0].code(), "NO_REVOCATION_DATA");
    assert_eq!(stamped.added.crls, 0);
    let extended = bench.extend(&tsd, TargetLevel::Lta);
    assert_eq!((extended.added.crls, extended.notes.len()), (2, 0));
    bench.wait(TimeDelta::hours(1));
    let renewed = bench.extend(&extended.output, TargetLevel::Lta);
    let report = bench.judge_at(&renewed.output, None, bench.now() + TimeDelta::minutes(1));
    assert_eq!(report.timestamps.len(), 3);
    for stamp in &report.timestamps {
        assert_eq!(stamp.indication, ceralacca::validation::Status::Passed, "{stamp:?}");
    }
}

#[test]
fn stamps_that_prove_nothing_neither_serve_nor_stand_in_the_way() {
    let bench = Bench::new();
    let other = bench.sign("other.p7m", &[bench.key("segretario")], Packaging::Attached);
    let other = lab::parts::Parts::read(
        &std::fs::read(bench.extend(&other, TargetLevel::Lta).output).unwrap(),
    )
    .unwrap();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let plain = lab::parts::Parts::read(&std::fs::read(&file).unwrap()).unwrap();
    let ignored = |extended: &Extended| {
        let is = |note: &&Note| matches!(note, Note::StampIgnored { .. });
        extended.notes.iter().filter(is).count()
    };
    // Stamps of another file, the archive time-stamp among them: our own go in.
    let mut pasted = plain.clone();
    pasted.signers[0].unsigned = other.signers[0].unsigned.clone();
    let pasted = bench.put("pasted.p7m", &pasted.build());
    let extended = bench.extend(&pasted, TargetLevel::T);
    assert_eq!(extended.stamps.len(), 1);
    assert_eq!(ignored(&extended), 2);
    let extended = bench.extend(&pasted, TargetLevel::Lta);
    assert_eq!(extended.stamps.len(), 2);
    let report = bench.judge_at(&extended.output, None, bench.now());
    assert_eq!(
        report.signatures[0].time_reference,
        ceralacca::validation::report::TimeReference::SignatureTimestamp
    );
    assert_eq!(extended.signatures[0].after.to_string(), LTA);
    // A stamp of an authority nobody trusts: it neither counts nor has to be proven.
    let foreign = lab::Pki::create(&Config::quick(begin())).unwrap();
    let mut stranger = plain.clone();
    let value = stranger.signers[0].value().unwrap();
    let imprint = lab::Hash::Sha256.digest(&value).unwrap();
    let token = foreign
        .timestamp_token("tsa", lab::Hash::Sha256, &imprint, bench.now(), &Fault::None)
        .unwrap();
    stranger.signers[0].add(&lab::oids::SIGNATURE_TIME_STAMP, token);
    let stranger = bench.put("stranger.p7m", &stranger.build());
    let extended = bench.extend(&stranger, TargetLevel::Lta);
    assert_eq!((extended.stamps.len(), ignored(&extended)), (2, 1));
    bench.passes(&extended.output, &[LTA]);
}

#[test]
fn octets_behind_the_signature_are_not_dropped_without_a_word() {
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let octets = [std::fs::read(&file).unwrap(), b"behind".to_vec()].concat();
    let file = bench.put("b.p7m", &octets);
    let note = Note::TrailingOctets { octets: 6 };
    assert!(bench.extend(&file, TargetLevel::T).notes.contains(&note));
    let keys = [bench.key("segretario")];
    let options = SignOptions { keys: &keys, signing_time: bench.now(), ..SignOptions::default() };
    let signed = cosign_file(&file, None, &bench.path("c.p7m"), &options).unwrap();
    assert!(signed.notes.contains(&note));
    let (signed, _) =
        countersign_file(&file, None, &bench.path("d.p7m"), &[id("1")], &options).unwrap();
    assert!(signed.notes.contains(&note));
}

/// One limit for who makes countersignatures, who extends them and who judges them.
#[test]
fn countersignatures_are_made_as_deep_as_they_are_judged() {
    let bench = Bench::new();
    let mut file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let keys = [bench.key("segretario")];
    let options = SignOptions {
        keys: &keys,
        signing_time: bench.now(),
        again: true,
        ..SignOptions::default()
    };
    let mut on = id("1");
    for depth in 2..=cades::DEEPEST {
        let next = bench.path(&format!("{depth}.p7m"));
        let (_, made) = countersign_file(&file, None, &next, &[on], &options).unwrap();
        (file, on) = (next, made[0].id.clone());
    }
    let report = bench.judge_at(&file, None, bench.now());
    assert_eq!(report.signatures.len(), cades::DEEPEST);
    assert!(report.signatures.iter().all(|signature| signature.intact == Some(true)));
    let refused = countersign_file(&file, None, &bench.path("x.p7m"), &[on], &options).unwrap_err();
    assert_eq!(refused.family(), Family::Unsupported, "{refused}");
    assert!(!bench.path("x.p7m").exists());
}

#[test]
fn many_countersignatures_are_walked_once() {
    let bench = Bench::new();
    let file = bench.sign("a.p7m", &[bench.key("presidente")], Packaging::Attached);
    let mut parts = lab::parts::Parts::read(&std::fs::read(&file).unwrap()).unwrap();
    let value = parts.signers[0].value().unwrap();
    let info = lab::cms::countersignature(&bench.lab.pki(), "segretario", &value).unwrap();
    let certificate = bench.key("segretario").certificate.der().to_vec();
    parts.add_certificates(&[certificate]).unwrap();
    let of = |n: usize| lab::cms::attribute(&lab::oids::COUNTERSIGNATURE, &vec![info.clone(); n]);
    parts.signers[0].unsigned = vec![of(500), of(500)];
    let many = bench.put("many.p7m", &parts.build());
    let one = [id("1.7")];
    let begun = std::time::Instant::now();
    let extended = bench.extend_with(&many, TargetLevel::T, |o| o.signatures = &one).unwrap();
    assert_eq!(extended.stamps.len(), 1);
    let took = begun.elapsed();
    assert!(took < std::time::Duration::from_secs(15), "{took:?}");
    // Over the limit nothing is begun.
    parts.signers[0].unsigned.push(of(100));
    let more = bench.put("more.p7m", &parts.build());
    let refused = bench.extend_with(&more, TargetLevel::T, |o| o.signatures = &one).unwrap_err();
    assert_eq!(refused.family(), Family::Unsupported, "{refused}");
}

//! A folder with a lab in it, and the library's verbs asked from inside. The lab shares no line with
//! the code under test.
#![allow(dead_code, unreachable_pub)]

use std::path::{Path, PathBuf};

use ceralacca::validation::report::{Finding, SignatureReport};
use ceralacca::validation::{Code, Indication, SubIndication, Verdict};
use ceralacca::{
    Error, Evidence, Placing, Policy, Report, Times, TrustAnchor, VerifyOptions, extract_file,
    inspect_file, verify_file,
};
use chrono::{DateTime, TimeDelta, Utc};
use lab::cms::{Odd, OddSigner};
use lab::{Config, Pki};

/// What is signed.
pub const CONTENT: &[u8] = b"Verbale della seduta: voti favorevoli 12, contrari 3.\n";

/// When it is judged.
pub fn now() -> DateTime<Utc> {
    "2026-03-01T10:00:00Z".parse().unwrap()
}

pub fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

/// An hour before [`now`].
pub fn then() -> DateTime<Utc> {
    now() - minutes(60)
}

pub struct Desk {
    pub dir: tempfile::TempDir,
    pub pki: Pki,
    pub evidence: Evidence,
    pub at: DateTime<Utc>,
}

impl Desk {
    /// EC keys only, judged [`now`], with the roots trusted and every CRL at hand.
    pub fn new() -> Self {
        Self::of(Pki::create(&Config::quick(now())).unwrap(), now())
    }

    /// A lab of choice, judged at a time of choice, with CRLs a few minutes old.
    pub fn of(pki: Pki, at: DateTime<Utc>) -> Self {
        let mut evidence = Evidence::default();
        for root in pki.roots() {
            let certificate = x509::Certificate::from_der(&root.certificate.der).unwrap();
            evidence.anchors.push(TrustAnchor::new(certificate, "lab"));
        }
        for id in ["root", "ca", "tsa-root"] {
            let crl = pki.crl(id, at - minutes(10), at + TimeDelta::days(7)).unwrap();
            evidence.crls.push(x509::Crl::from_der(&crl).unwrap());
        }
        Self { dir: tempfile::tempdir().unwrap(), pki, evidence, at }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn put(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, octets).unwrap();
        path
    }

    /// An attached CAdES-B of [`CONTENT`], by the president.
    pub fn signed(&self) -> Vec<u8> {
        lab::cms::sign(&self.pki, "presidente", CONTENT, self.at - minutes(60)).unwrap()
    }

    /// The same, out of order.
    pub fn odd(&self, change: impl FnOnce(&mut OddSigner)) -> Vec<u8> {
        let mut signer = OddSigner::at("presidente", self.at - minutes(60));
        change(&mut signer);
        self.file(|file| file.signers = vec![signer])
    }

    /// The same, with the file out of order.
    pub fn file(&self, change: impl FnOnce(&mut Odd<'_>)) -> Vec<u8> {
        let mut file =
            Odd::new(&self.pki, CONTENT, "presidente").by(&["presidente"], self.at - minutes(60));
        change(&mut file);
        file.build().unwrap()
    }

    pub fn options<'a>(
        &'a self,
        content: Option<&'a Path>,
        policy: &'a Policy,
        times: &'a Times,
    ) -> VerifyOptions<'a> {
        VerifyOptions {
            evidence: &self.evidence,
            fetch: None,
            content,
            content_digest: None,
            policy,
            times,
            progress: None,
        }
    }

    pub fn judge_with(
        &self,
        path: &Path,
        content: Option<&Path>,
        policy: &Policy,
    ) -> Result<Report, Error> {
        verify_file(path, &self.options(content, policy, &Times::now(self.at)))
    }

    pub fn judge(&self, path: &Path) -> Result<Report, Error> {
        self.judge_with(path, None, &Policy::default())
    }

    /// The verdict on octets that must be recognised.
    #[track_caller]
    pub fn verdict(&self, name: &str, octets: impl AsRef<[u8]>) -> Report {
        let path = self.put(name, octets);
        self.judge(&path).unwrap_or_else(|error| panic!("{name}: {}", ceralacca::describe(&error)))
    }

    /// The same under the strict policy.
    #[track_caller]
    pub fn strict(&self, name: &str, octets: impl AsRef<[u8]>) -> Report {
        let path = self.put(name, octets);
        self.judge_with(&path, None, &Policy::strict()).unwrap()
    }

    /// Whether it passes; what is not recognised does not.
    pub fn passes(&self, name: &str, octets: impl AsRef<[u8]>) -> bool {
        let path = self.put(name, octets);
        self.judge(&path).is_ok_and(|report| report.verdict == Verdict::TotalPassed)
    }

    /// The content, however many layers deep.
    #[track_caller]
    pub fn extracted(&self, name: &str) -> Vec<u8> {
        let out = self.path("extracted");
        remove(&out);
        extract_file(&self.path(name), &out, Placing::default(), None)
            .unwrap_or_else(|error| panic!("{name}: {}", ceralacca::describe(&error)));
        std::fs::read(out).unwrap()
    }

    /// Whatever a stranger's file does to the verbs that read, they come back.
    pub fn survives(&self, name: &str, octets: impl AsRef<[u8]>) -> Result<Report, Error> {
        let path = self.put(name, octets);
        let _ = inspect_file(&path, None);
        let out = self.path("survived");
        remove(&out);
        if extract_file(&path, &out, Placing::default(), None).is_err() {
            assert!(!out.exists(), "{name}: an error left an output");
        }
        self.judge(&path)
    }
}

/// A file, or the folder a container was taken out into.
pub fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
    let _ = std::fs::remove_dir_all(path);
}

#[track_caller]
pub fn passed(report: &Report) {
    expect(report, Verdict::TotalPassed, None);
}

/// The verdict of the file, and why the first signature did not pass.
#[track_caller]
pub fn expect(report: &Report, verdict: Verdict, sub: Option<SubIndication>) {
    let first = report.signatures.first();
    let found = first.and_then(|signature| signature.sub_indication);
    assert_eq!((report.verdict, found), (verdict, sub), "{report:#?}");
}

/// The findings of the first signature and of the file.
pub fn findings(report: &Report) -> Vec<&Finding> {
    let own = report.signatures.first().map(|signature| &signature.findings[..]);
    own.unwrap_or_default().iter().chain(&report.findings).collect()
}

#[track_caller]
pub fn finds(report: &Report, code: Code) {
    let codes: Vec<_> = findings(report).iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&code), "{code:?} is not in {codes:?}");
}

pub fn levels(report: &Report) -> Vec<&str> {
    report.signatures.iter().map(|signature| signature.level.as_str()).collect()
}

pub fn all_passed(report: &Report) -> bool {
    let passes = |s: &SignatureReport| s.indication == Indication::TotalPassed;
    !report.signatures.is_empty() && report.signatures.iter().all(passes)
}

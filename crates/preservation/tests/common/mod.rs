//! What the tests share: a workshop with files, plans, and the outside judge.
#![allow(dead_code, unreachable_pub, clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};

use ceralacca_preservation as preservation;
use chrono::{DateTime, Utc};
use preservation::aip::{AipBuilt, AipPlan};
use preservation::metadata::{self, Metadata, Spacing};
use preservation::sip::{SipBuilt, SipPlan};
use preservation::verify::{IndexJudgement, IndexToVerify, SignatureOutcome};
use preservation::{
    Application, Container, Durability, Error, Output, Overwrite, PackageReport, silent,
};

/// A folder with two recordings, the text minutes, and room for packages.
pub struct Workshop {
    pub dir: tempfile::TempDir,
}

pub fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-03-13T08:00:00Z").unwrap().to_utc()
}

impl Workshop {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let w = Self { dir };
        fs::write(w.path("seduta-1.mp4.p7m"), vec![1u8; 300_000]).unwrap();
        fs::write(w.path("seduta-2.mp4.p7m"), vec![2u8; 1000]).unwrap();
        fs::write(w.path("verbale città.pdf.p7m"), b"minutes").unwrap();
        w
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn sip(
        &self,
        main: &[&str],
        attachments: &[&str],
        c: Container,
        out: &str,
    ) -> Result<SipBuilt, Error> {
        self.sip_with(metadata::EXAMPLE, main, attachments, c, out)
    }

    pub fn sip_with(
        &self,
        sheet: &str,
        main: &[&str],
        attachments: &[&str],
        container: Container,
        out: &str,
    ) -> Result<SipBuilt, Error> {
        let metadata = metadata::parse(sheet)?;
        let plan = self.plan(&metadata, main, attachments);
        preservation::sip::build(&plan, output(&self.path(out), container, &mut silent))
    }

    pub fn plan<'a>(
        &self,
        metadata: &'a Metadata,
        main: &[&str],
        attachments: &[&str],
    ) -> SipPlan<'a> {
        let paths = |names: &[&str]| names.iter().map(|n| self.path(n)).collect();
        SipPlan {
            metadata,
            main: paths(main),
            attachments: paths(attachments),
            created_at: now(),
            application: Application::default(),
            spacing: Spacing::Clean,
        }
    }

    pub fn aip(&self, sip: &str, container: Container, out: &str) -> Result<AipBuilt, Error> {
        let sip = self.path(sip);
        let plan = AipPlan {
            sip: &sip,
            preservation: None,
            identifier: None,
            created_at: now(),
            attached_timestamp: true,
            application: Application::default(),
        };
        preservation::aip::build(&plan, &mut seal, output(&self.path(out), container, &mut silent))
    }

    pub fn verify(&self, name: &str) -> PackageReport {
        preservation::verify::verify(&self.path(name), &mut unseal).unwrap()
    }
}

pub fn output<'a, 'p>(
    path: &'a Path,
    container: Container,
    progress: &'a mut preservation::Progress<'p>,
) -> Output<'a, 'p> {
    Output { path, container, overwrite: Overwrite::Never, durability: Durability::Batch, progress }
}

/// A stand-in for CAdES, which this crate does not know: the content behind a mark. What is tested
/// is that the right octets reach the signer and the judge, and what becomes of the outcome.
pub fn seal(content: &[u8]) -> Result<Vec<u8>, preservation::aip::SignError> {
    let mut out = b"SEALED:".to_vec();
    out.extend_from_slice(content);
    Ok(out)
}

pub fn unseal(index: IndexToVerify<'_>) -> IndexJudgement {
    match index.p7m.strip_prefix(b"SEALED:") {
        Some(content) => IndexJudgement {
            outcome: SignatureOutcome::Passed,
            content: Some(content.to_vec()),
            message: None,
        },
        None => IndexJudgement { outcome: SignatureOutcome::Failed, content: None, message: None },
    }
}

pub fn codes(report: &PackageReport) -> Vec<&'static str> {
    report
        .findings
        .iter()
        .filter(|f| f.level == preservation::Level::Fail)
        .map(|f| f.code)
        .collect()
}

/// All files below a folder, relative, sorted.
pub fn files_below(root: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else {
                out.push(path.strip_prefix(root).unwrap().to_owned());
            }
        }
    }
    out.sort();
    out
}

/// Validates with xmllint, or says that it could not. `true` = valid.
pub fn xmllint(schema: &str, file: &Path) -> Option<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared =
        std::env::var_os("CERALACCA_SHARED").map_or_else(|| "../shared".into(), PathBuf::from);
    let schema = root.join(shared).join("xsd/italy").join(schema);
    let required = std::env::var("CERALACCA_REQUIRE_JUDGES").is_ok_and(|v| v == "1");
    if !schema.exists() {
        assert!(!required, "{} is missing", schema.display());
        eprintln!("skipped: {} is not here", schema.display());
        return None;
    }
    let run = std::process::Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(&schema)
        .arg(file)
        .output();
    match run {
        Ok(out) => {
            eprint!("{}", String::from_utf8_lossy(&out.stderr));
            Some(out.status.success())
        }
        Err(e) => {
            assert!(!required, "xmllint does not run: {e}");
            eprintln!("skipped: xmllint does not run: {e}");
            None
        }
    }
}

//! The public corpus against our verdicts; writes and guards `docs/conformance.md`.
//!
//! `CERALACCA_BLESS=1 cargo test -p ceralacca --test conformance` writes the page anew.
//! Every difference needs a reason in `docs/known-divergences.toml`, and every case that waits for
//! a later release is named there with what it waits for. A difference that vanishes fails too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

#[path = "../../x509/tests/common/conformance.rs"]
mod paths;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ceralacca::{Evidence, Policy, Report, Times, VerifyOptions, verify_file};
use serde::Deserialize;
use serde_json::Value;
use validation::Code;
use validation::report::TimestampReport;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The corpus, or `None` with a printed word where it may be absent.
fn corpus() -> Option<PathBuf> {
    let shared =
        std::env::var_os("CERALACCA_SHARED").map_or(root().join("../shared"), PathBuf::from);
    let corpus = shared.join("corpus");
    if corpus.join("cases.jsonl").is_file() {
        return Some(corpus);
    }
    assert!(std::env::var_os("CERALACCA_REQUIRE_JUDGES").is_none(), "the corpus is missing");
    println!("skipped: no corpus in {}", shared.display());
    None
}

/// `docs/known-divergences.toml`.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Known {
    /// We and the expectation differ, and why.
    divergence: Vec<Entry>,
    /// The case waits for a later release.
    pending: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    kind: String,
    /// The file's name within the corpus, or the end of its path; the whole kind if absent.
    file: Option<String>,
    /// What tells cases of one file apart, as the case has it; all of them if absent.
    variant: Option<String>,
    reason: String,
}

struct Case {
    kind: String,
    file: String,
    value: Value,
}

fn cases(corpus: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(corpus.join("cases.jsonl")).unwrap();
    text.lines()
        .map(|line| {
            let value: Value = serde_json::from_str(line).unwrap();
            Case {
                kind: value["kind"].as_str().unwrap().to_owned(),
                file: value["files"]["file"].as_str().unwrap_or_default().to_owned(),
                value,
            }
        })
        .collect()
}

/// What of the expectation our report does not meet, in words.
fn differences(case: &Case, corpus: &Path) -> Vec<String> {
    if let Some(found) = paths::differences(&case.value, corpus) {
        return found;
    }
    let expected = &case.value["expected"];
    let evidence = Evidence::default();
    let times = Times::now("2026-11-23T12:00:00Z".parse().unwrap());
    let content = case.value["files"]["detached"][0].as_str().map(|file| corpus.join(file));
    let options = VerifyOptions {
        evidence: &evidence,
        fetch: None,
        content: content.as_deref(),
        content_digest: None,
        policy: &Policy::default(),
        times: &times,
        progress: None,
    };
    let report = match verify_file(&corpus.join(&case.file), &options) {
        Ok(report) => report,
        Err(error) => return vec![format!("not judged: {}", ceralacca::describe(&error))],
    };
    let mut differences = Vec::new();
    let mut differ = |what: &str, expected: &str, found: &str| {
        differences.push(format!("{what}: expected {expected}, found {found}"));
    };
    let signatures = &report.signatures;
    let intact = signatures.iter().all(|s| s.intact == Some(true));
    let broken = signatures.iter().any(|s| s.intact == Some(false));
    match expected["intact"].as_bool() {
        // A detached content that nobody gave leaves the digest open; the value may still hold.
        Some(true) if broken => differ("intact", "true", "false"),
        Some(true) if !intact && content.is_some() => differ("intact", "true", "null"),
        Some(false) if !broken => differ("intact", "false", "no"),
        _ => {}
    }
    if let Some(count) = expected["signatures"].as_u64()
        && signatures.iter().filter(|s| !s.id.contains('.')).count() as u64 != count
    {
        differ("signatures", &count.to_string(), &signatures.len().to_string());
    }
    let levels: Vec<&str> = signatures.iter().map(|s| s.level.as_str()).collect();
    for level in expected["level"].as_array().into_iter().flatten() {
        let level = ours(level.as_str().unwrap());
        if !levels.contains(&level.as_str()) {
            differ("level", &level, &levels.join(", "));
        }
    }
    let stamps = || stamps_of(&report);
    if let Some(count) = expected["timestamps"].as_u64()
        && stamps().count() as u64 != count
    {
        differ("timestamps", &count.to_string(), &stamps().count().to_string());
    }
    match expected["timestamps_intact"].as_bool() {
        Some(true) if stamps().any(is_broken) => differ("timestamps_intact", "true", "false"),
        Some(false) if !stamps().any(is_broken) => differ("timestamps_intact", "false", "no"),
        _ => {}
    }
    let class = expected["class"].as_str();
    if class == Some("tst-broken") && !stamps().any(|stamp| is_broken(stamp) || index_is_odd(stamp))
    {
        differ("timestamps", "one with a fault", "none");
    }
    differences
}

fn stamps_of(report: &Report) -> impl Iterator<Item = &TimestampReport> {
    let own = report.signatures.iter().flat_map(|signature| &signature.timestamps);
    own.chain(&report.timestamps)
}

/// What the corpus calls broken: imprint or token signature. Our `intact` has the hash index in it.
fn is_broken(stamp: &TimestampReport) -> bool {
    let by_index = stamp.findings.iter().any(|found| found.code == Code::HashIndexInvalid);
    let otherwise = stamp.findings.iter().any(|found| {
        matches!(
            found.code,
            Code::ImprintMismatch | Code::SignatureValueInvalid | Code::ContentDigestMismatch
        )
    });
    stamp.intact == Some(false) && (otherwise || !by_index)
}

fn index_is_odd(stamp: &TimestampReport) -> bool {
    let odd = [Code::HashIndexInvalid, Code::HashIndexElsewhere];
    stamp.findings.iter().any(|found| odd.contains(&found.code))
}

/// The corpus spells levels as one peer does.
fn ours(level: &str) -> String {
    match level {
        "CMS_NOT_ETSI" => "CMS".to_owned(),
        other => other.replace('_', "-"),
    }
}

/// Whether `file` is the name of the file at `path`, with as many folders as it gives.
fn is_end_of_path(file: &str, path: &str) -> bool {
    path.strip_suffix(file).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'))
}

#[test]
fn verdicts_on_the_corpus() {
    let Some(corpus) = corpus() else { return };
    let docs = root().join("docs");
    let known = std::fs::read_to_string(docs.join("known-divergences.toml")).unwrap();
    let known: Known = toml::from_str(&known).unwrap();
    let matching = |entries: &'_ [Entry], case: &Case| {
        entries.iter().position(|entry| {
            entry.kind == case.kind
                && entry.file.as_ref().is_none_or(|file| is_end_of_path(file, &case.file))
                && entry.variant.as_ref().is_none_or(|one| *one == paths::variant(&case.value))
        })
    };
    #[derive(Default)]
    struct Row {
        cases: usize,
        agree: usize,
        differ: usize,
        pending: usize,
    }
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut used = (vec![0; known.divergence.len()], vec![0; known.pending.len()]);
    let mut wrong = Vec::new();
    for case in cases(&corpus) {
        let row = rows.entry(case.kind.clone()).or_default();
        row.cases += 1;
        // Wycheproof's values are tried one by one in the crypto crate's own test.
        if case.kind == "signature-vectors" {
            row.agree += 1;
            continue;
        }
        let pending = matching(&known.pending, &case);
        if let Some(index) = pending
            && known.pending[index].file.is_none()
        {
            used.1[index] += 1;
            row.pending += 1;
            continue;
        }
        let found = differences(&case, &corpus);
        if found.is_empty() {
            row.agree += 1;
            continue;
        }
        if let Some(index) = pending {
            used.1[index] += 1;
            row.pending += 1;
        } else if let Some(index) = matching(&known.divergence, &case) {
            used.0[index] += 1;
            row.differ += 1;
        } else {
            row.differ += 1;
            wrong.push(format!("{}: {}", case.file, found.join("; ")));
        }
    }
    for (entries, counts) in [(&known.divergence, &used.0), (&known.pending, &used.1)] {
        for (entry, count) in entries.iter().zip(counts) {
            if *count == 0 {
                let file = entry.file.as_deref().unwrap_or("*");
                wrong
                    .push(format!("{} {file}: named in known-divergences but not met", entry.kind));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let mut page = String::from(
        "# Conformance\n\nOur verdicts on the public corpus. Made by\n`CERALACCA_BLESS=1 cargo test -p ceralacca --test conformance`; the same test without\n`CERALACCA_BLESS` fails when this page is stale, when a difference has no reason in\n`known-divergences.toml`, and when a difference named there has vanished.\n\n| kind | cases | agree | differ, with a reason | pending |\n|---|---:|---:|---:|---:|\n",
    );
    for (kind, row) in &rows {
        writeln!(
            page,
            "| {kind} | {} | {} | {} | {} |",
            row.cases, row.agree, row.differ, row.pending
        )
        .unwrap();
    }
    page.push_str("\nThe `signature-vectors` are Wycheproof files; every vector in them is tried by the\ntest `wycheproof` of the crate `crypto`.\n\n## Pending\n\n");
    for entry in &known.pending {
        let file = entry.file.as_deref().unwrap_or("all cases");
        writeln!(page, "- {}, {file}: {}", entry.kind, entry.reason).unwrap();
    }
    page.push_str("\n## Differences\n\n");
    for entry in &known.divergence {
        let file = entry.file.as_deref().unwrap_or("all cases");
        let variant = entry.variant.as_ref().map_or(String::new(), |one| format!(", {one}"));
        writeln!(page, "- {}, {file}{variant}: {}", entry.kind, entry.reason).unwrap();
    }
    if known.divergence.is_empty() {
        page.push_str("None.\n");
    }
    let path = docs.join("conformance.md");
    if std::env::var_os("CERALACCA_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == page, "docs/conformance.md is stale: run with CERALACCA_BLESS=1");
}

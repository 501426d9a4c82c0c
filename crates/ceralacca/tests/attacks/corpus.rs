//! Every file of the public corpus, of whatever kind, through the verbs that read: no panic, no hang, no pass
//! without trust; and the signed ones cut and flipped.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ceralacca::Report;
use ceralacca::validation::Verdict;

use crate::common::*;

/// The bar of the release is 2 s; without optimisation some times that.
const LONGEST: Duration = Duration::from_secs(10);
/// Larger ones are for the benches.
const LARGEST: u64 = 2 << 20;

fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("CERALACCA_SHARED").map_or_else(beside, PathBuf::from);
    let corpus = shared.join("corpus");
    if corpus.is_dir() {
        return Some(corpus);
    }
    assert!(std::env::var_os("CERALACCA_REQUIRE_JUDGES").is_none(), "the corpus is missing");
    println!("skipped: no corpus in {}", shared.display());
    None
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.metadata().is_ok_and(|known| known.len() <= LARGEST) {
            out.push(path);
        }
    }
    out.sort();
}

fn untrusting() -> Desk {
    let mut desk = Desk::new();
    desk.evidence = ceralacca::Evidence::default();
    desk
}

/// How many signatures and time-stamps hold.
fn holding(report: &Report) -> usize {
    let stamps = report.signatures.iter().flat_map(|signature| &signature.timestamps);
    let stamps = stamps.chain(&report.timestamps).filter(|stamp| stamp.intact == Some(true));
    let signatures = report.signatures.iter().filter(|signature| signature.intact == Some(true));
    signatures.count() + stamps.count()
}

/// The name keeps its extension: it is the last resort for telling kinds apart.
fn judged(desk: &Desk, like: &Path, octets: &[u8]) -> Option<Report> {
    let extension = like.extension().and_then(|e| e.to_str()).unwrap_or("p7m");
    let begun = Instant::now();
    let report = desk.survives(&format!("a.{extension}"), octets).ok();
    assert!(begun.elapsed() < LONGEST, "{}: {:?}", like.display(), begun.elapsed());
    let passed = report.as_ref().is_some_and(|report| report.verdict == Verdict::TotalPassed);
    assert!(!passed, "{} passes, and nobody is trusted", like.display());
    report
}

#[test]
fn every_file_of_the_corpus_is_survived() {
    let Some(corpus) = corpus() else { return };
    let desk = untrusting();
    let mut all = Vec::new();
    files(&corpus, &mut all);
    let mut judgements = 0;
    for path in &all {
        let octets = std::fs::read(path).unwrap();
        judgements += usize::from(judged(&desk, path, &octets).is_some());
    }
    println!("{} files, {judgements} of them judged", all.len());
    assert!(judgements > 100 && all.len() > 1000, "{} files, {judgements} judged", all.len());
}

#[test]
fn signed_files_of_the_corpus_damaged_hold_no_more_than_before() {
    let Some(corpus) = corpus() else { return };
    let desk = untrusting();
    let mut all = Vec::new();
    files(&corpus, &mut all);
    let signed =
        ["p7m", "p7s", "pkcs7", "cms", "tsr", "tst", "tsd", "m7m", "asics", "asice", "scs", "sce"];
    all.retain(|path| {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        let named = signed.contains(&extension.to_ascii_lowercase().as_str());
        named || ["cades", "asic"].iter().any(|kind| path.to_string_lossy().contains(kind))
    });
    assert!(all.len() > 100, "{}", all.len());
    let mut damaged = 0;
    for path in &all {
        let whole = std::fs::read(path).unwrap();
        // Hundreds of damaged copies of each: the large ones would take minutes.
        if whole.len() > 512 << 10 {
            continue;
        }
        let Some(report) = judged(&desk, path, &whole) else { continue };
        // A lone stamp holds of what is not at hand: that kind is cut and flipped in `damage`.
        if report.signatures.is_empty() {
            continue;
        }
        let most = holding(&report);
        damaged += usize::from(most > 0);
        let check = |octets: &[u8], what: &str, at: usize| {
            let found = judged(&desk, path, octets).map_or(0, |report| holding(&report));
            assert!(found <= most, "{} {what} {at}: {found} hold, {most} before", path.display());
        };
        let mut cut = 1;
        while cut < whole.len() {
            check(&whole[..cut], "cut at", cut);
            cut *= 2;
        }
        let mut octets = whole.clone();
        for n in 1..=12 {
            // Places that do not repeat from file to file.
            let at = (n * 0x9e37_79b9 + whole.len() * 31) % whole.len();
            octets[at] ^= 1 << (n % 8);
            check(&octets, "bit of octet", at);
            octets[at] ^= 1 << (n % 8);
        }
    }
    println!("{} files, {damaged} of them with something to lose", all.len());
    assert!(damaged > 30, "{damaged}");
}

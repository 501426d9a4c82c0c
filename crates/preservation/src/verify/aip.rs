//! Checking an archive package: its signed index, its files, the deposit package inside.

use std::collections::BTreeSet;

use super::sip::{
    Digests, altered, damaged, judge as judge_sip, judge_unlisted, measure, read_index,
};
use super::{IndexJudgement, IndexToVerify, Judge, SignatureOutcome};
use crate::aip::{PINDEX, PINDEX_SIGNED, SIP_FOLDER};
use crate::limits::Limits;
use crate::report::{Level, PackageFinding};
use crate::sincro::{RULE, read as read_pindex};
use crate::tree::{ReadEnd, Tree};
use crate::{Error, Progress};

/// Checks the package; gives its identifier and whether the index's signature stays undecided.
pub(super) fn check(
    tree: &mut dyn Tree,
    judge: &mut Judge<'_>,
    limits: &Limits,
    progress: &mut Progress<'_>,
    found: &mut Vec<PackageFinding>,
) -> Result<(Option<String>, bool), Error> {
    let plain = small(tree, PINDEX, limits, found)?;
    let signed = small(tree, PINDEX_SIGNED, limits, found)?;
    let judgement = match &signed {
        Some(p7m) => judge(IndexToVerify { path: PINDEX_SIGNED, p7m, plain: plain.as_deref() }),
        None => IndexJudgement::not_checked(),
    };
    let undecided = signature(&judgement, found);
    drop(signed);
    if let (Some(content), Some(plain)) = (&judgement.content, &plain)
        && content != plain
    {
        found.push(PackageFinding::fail(
            "PDA-INDEX-DIFFERS",
            RULE,
            PINDEX,
            format!(
                "L'indice «{PINDEX}» è stato alterato: non è quello firmato in «{PINDEX_SIGNED}»."
            ),
            format!(
                "The index “{PINDEX}” was altered: it is not the one signed in “{PINDEX_SIGNED}”."
            ),
        ));
    }
    // What was signed counts; the copy beside it only serves where nobody could take it out.
    let Some(bytes) = judgement.content.or(plain) else {
        return Ok((None, undecided));
    };
    let (index, problems) = read_pindex(&bytes, PINDEX, limits);
    found.extend(problems);
    let Some(index) = index else {
        return Ok((None, undecided));
    };

    let mut digests = Digests::new();
    for file in &index.files {
        if !tree.files().contains_key(&file.path) {
            found.push(PackageFinding::fail(
                "PDA-MISSING",
                RULE,
                &file.path,
                format!("Manca il file «{}».", file.path),
                format!("The file “{}” is missing.", file.path),
            ));
            continue;
        }
        let (measured, other) =
            measure(tree, &file.path, Some(file.algorithm), progress, &mut |_| Ok(()))?;
        if measured.end == ReadEnd::Damaged {
            found.push(damaged(&file.path));
        } else if other.as_ref().unwrap_or(&measured.sha256) != &file.digest {
            found.push(altered("PDA-FIXITY", "UNI 11386:2020 Hash", &file.path));
        }
        digests.insert(file.path.clone(), measured);
    }
    let listed: BTreeSet<&str> = index.files.iter().map(|f| f.path.as_str()).collect();
    judge_unlisted(
        tree,
        |p| p == PINDEX || p == PINDEX_SIGNED || listed.contains(p),
        "PDA-UNLISTED",
        RULE,
        found,
    );
    inner_sip(tree, &digests, limits, found)?;
    Ok((Some(index.identifier), undecided))
}

/// The deposit package inside, judged with the digests already taken. What the archive index has
/// said about a file is not said again.
fn inner_sip(
    tree: &mut dyn Tree,
    digests: &Digests,
    limits: &Limits,
    found: &mut Vec<PackageFinding>,
) -> Result<(), Error> {
    let mut inner = Vec::new();
    if let Some(sip) = read_index(tree, SIP_FOLDER, limits, &mut inner)? {
        judge_sip(tree, SIP_FOLDER, &sip, digests, limits, &mut inner)?;
    }
    let known: BTreeSet<String> =
        found.iter().filter(|f| f.level == Level::Fail).map(|f| f.where_.clone()).collect();
    found.extend(inner.into_iter().filter(|f| !known.contains(&f.where_)));
    Ok(())
}

fn small(
    tree: &mut dyn Tree,
    path: &str,
    limits: &Limits,
    found: &mut Vec<PackageFinding>,
) -> Result<Option<Vec<u8>>, Error> {
    if !tree.files().contains_key(path) {
        found.push(PackageFinding::fail(
            "PDA-MISSING",
            RULE,
            path,
            format!("Manca il file «{path}»."),
            format!("The file “{path}” is missing."),
        ));
        return Ok(None);
    }
    let bytes = tree.read_small(path, limits.index_bytes)?;
    if bytes.is_none() {
        found.push(damaged(path));
    }
    Ok(bytes)
}

/// Turns the caller's outcome into a finding; true when it leaves the package undecided.
fn signature(judgement: &IndexJudgement, found: &mut Vec<PackageFinding>) -> bool {
    let more = |lang_it: bool| {
        judgement
            .message
            .as_ref()
            .map_or(String::new(), |m| format!(" {}", if lang_it { &m.it } else { &m.en }))
    };
    let (code, level, it, en) = match judgement.outcome {
        SignatureOutcome::Passed => (
            "PDA-SIGNATURE",
            Level::Info,
            "La firma dell'indice è valida.",
            "The signature on the index is valid.",
        ),
        SignatureOutcome::Failed => (
            "PDA-SIGNATURE-FAILED",
            Level::Fail,
            "La firma dell'indice NON è valida.",
            "The signature on the index is NOT valid.",
        ),
        SignatureOutcome::Indeterminate => (
            "PDA-SIGNATURE-UNDECIDED",
            Level::Warn,
            "Sulla firma dell'indice non si può decidere.",
            "The signature on the index cannot be decided.",
        ),
        SignatureOutcome::NotChecked => (
            "PDA-SIGNATURE-UNCHECKED",
            Level::Warn,
            "La firma dell'indice non è stata verificata.",
            "The signature on the index was not checked.",
        ),
    };
    found.push(PackageFinding::new(
        code,
        level,
        "UNI 11386:2020 firma",
        PINDEX_SIGNED,
        format!("{it}{}", more(true)),
        format!("{en}{}", more(false)),
    ));
    !matches!(judgement.outcome, SignatureOutcome::Passed | SignatureOutcome::Failed)
}

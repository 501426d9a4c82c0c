//! What a judgement rests on: trust, chains, revocation data, policy and times, from the flags.

use std::path::{Path, PathBuf};

use ceralacca::online::HttpFetch;
use ceralacca::validation::catalogue::Value;
use ceralacca::validation::report::Finding;
use ceralacca::validation::{self, ReferenceTime, Report, Times, Verdict};
use ceralacca::{DigestAlgorithm, Evidence, Fetch, Policy, Progress, VerifyOptions};
use chrono::{DateTime, Utc};

use crate::args::TrustArgs;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::instant;
use crate::lang::{Lang, Text};
use crate::network::{self, Remembered};
use crate::outcome::{Outcome, Tone};
use crate::settings::Settings;
use crate::translate::said;

/// What every file of a run is judged by.
pub(crate) struct Grounds {
    evidence: Evidence,
    fetch: Option<HttpFetch>,
    policy: Policy,
    times: Times,
    /// What did not come from the network now, but from an earlier run.
    pub(crate) remembered: Remembered,
}

/// The content of a detached signature, or its digest.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Content<'a> {
    /// The file.
    pub(crate) file: Option<&'a Path>,
    /// Its digest, where the file is elsewhere.
    pub(crate) digest: Option<(DigestAlgorithm, &'a [u8])>,
}

impl Grounds {
    /// Loads what the flags name.
    ///
    /// # Errors
    /// Exit 4: a file that cannot be read or holds something else; exit 2: a wrong time; exit 5: a
    /// policy file.
    pub(crate) fn load(
        settings: &Settings,
        now: DateTime<Utc>,
        trust: &TrustArgs,
        chain: &[PathBuf],
    ) -> Result<Self, Failure> {
        let mut evidence = Evidence::default();
        for path in &settings.trust.value {
            evidence.add_trust(path)?;
        }
        for path in chain {
            evidence.add_chain(path)?;
        }
        for path in &trust.crl {
            evidence.add_crls(path)?;
        }
        for path in &trust.ocsp {
            evidence.add_ocsp(path)?;
        }
        let at = trust.at.as_deref().map(|at| instant::parse("--at", at)).transpose()?;
        let remembered = Remembered::default();
        let all = network::Reuse::All;
        Ok(Self {
            evidence,
            fetch: trust
                .online
                .then(|| network::fetch_noting(settings, now, all, &remembered))
                .transpose()?,
            remembered,
            policy: policy(settings.policy.value.as_deref())?,
            times: Times { at, ..Times::now(now) },
        })
    }

    /// With a time at which the signatures existed, on the person's word.
    ///
    /// # Errors
    /// Exit 2: no time.
    pub(crate) fn existing_at(mut self, time: Option<&str>) -> Result<Self, Failure> {
        if let Some(time) = time {
            let time = instant::parse("--reference-time", time)?;
            self.times.reference_time = Some(ReferenceTime::given(time));
        }
        Ok(self)
    }

    /// With documents of signature policies at hand.
    ///
    /// # Errors
    /// Exit 4: one that cannot be read.
    pub(crate) fn with_policy_documents(mut self, paths: &[PathBuf]) -> Result<Self, Failure> {
        for path in paths {
            self.evidence.add_policy_document(path)?;
        }
        Ok(self)
    }

    /// The options for one file.
    pub(crate) fn options<'a>(
        &'a self,
        content: Content<'a>,
        progress: Option<&'a Progress<'a>>,
    ) -> VerifyOptions<'a> {
        VerifyOptions {
            evidence: &self.evidence,
            fetch: self.fetch.as_ref().map(|fetch| fetch as &dyn Fetch),
            content: content.file,
            content_digest: content.digest,
            policy: &self.policy,
            times: &self.times,
            progress,
        }
    }

    /// Nobody is trusted: worth saying beside a verdict that suffers from it.
    pub(crate) fn warning(&self) -> Option<Warning> {
        self.evidence.anchors.is_empty().then(|| {
            Warning::new(
                "NO_TRUST",
                Text::fixed(
                    "non è indicata nessuna autorità di fiducia: aggiungere --trust FILE o cartella",
                    "no trust anchor was given: add --trust with a file or folder",
                ),
            )
        })
    }
}

/// A built-in policy by name. In a configuration file the name may have been taken for a path
/// relative to it.
fn policy(named: Option<&Path>) -> Result<Policy, Failure> {
    let Some(path) = named else { return Ok(Policy::default()) };
    path.file_name()
        .and_then(|name| Policy::named(name.to_str()?))
        .filter(|_| !path.is_file())
        .ok_or_else(|| Failure::later("verify --policy FILE"))
}

/// The library's language.
pub(crate) fn language(lang: Lang) -> validation::Lang {
    match lang {
        Lang::It => validation::Lang::It,
        Lang::En => validation::Lang::En,
    }
}

/// The exit code of a judgement.
pub(crate) fn exit(report: &Report) -> Exit {
    match validation::exit_code(report) {
        0 => Exit::Done,
        1 => Exit::Failed,
        9 => Exit::Nothing,
        _ => Exit::Indeterminate,
    }
}

/// How a verdict is shown.
pub(crate) fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::TotalPassed => Tone::Good,
        Verdict::TotalFailed => Tone::Bad,
        Verdict::Indeterminate | Verdict::NoSignature => Tone::Doubt,
    }
}

/// Adds the report's text to what is shown for people.
pub(crate) fn tell(outcome: &mut Outcome, report: &Report, lang: Lang) {
    let italian = (lang == Lang::It).then(|| in_italian(report));
    let text = validation::text::render(italian.as_ref().unwrap_or(report), language(lang));
    for (n, line) in text.lines().enumerate() {
        let body = line.trim_start_matches(' ');
        let tone = match n {
            0 if exit(report) == Exit::Indeterminate => Tone::Doubt,
            0 => tone(report.verdict),
            _ => Tone::Plain,
        };
        outcome.say(tone, (line.len() - body.len()) / 2, Text::same(body));
    }
}

/// The report for programs, in the language of the run.
pub(crate) fn data(report: &mut Report, lang: Lang) -> serde_json::Value {
    if lang == Lang::It {
        // Only the sentences speak Italian: the values observed stay as they are for programs.
        let mut italian = in_italian(report);
        italian.localise(language(lang));
        take_messages(report, italian);
    } else {
        report.localise(language(lang));
    }
    // A report holds nothing that JSON cannot carry.
    serde_json::to_value(&*report).unwrap_or_default()
}

/// With what the libraries say in English, inside findings, said in Italian.
fn in_italian(report: &Report) -> Report {
    let mut report = report.clone();
    for finding in findings(&mut report) {
        translate_values(finding);
    }
    report
}

/// Says the observed values of a finding in Italian, where they are sentences of ours.
pub(crate) fn translate_values(finding: &mut Finding) {
    for value in finding.values.values_mut() {
        if let Value::Text(text) = value {
            *text = said(text);
        }
    }
}

/// Every finding of a report, always in the same order.
fn findings(report: &mut Report) -> Vec<&mut Finding> {
    let mut all: Vec<&mut Finding> = report.findings.iter_mut().collect();
    for signature in &mut report.signatures {
        all.extend(signature.findings.iter_mut());
        all.extend(signature.timestamps.iter_mut().flat_map(|stamp| stamp.findings.iter_mut()));
    }
    all.extend(report.timestamps.iter_mut().flat_map(|stamp| stamp.findings.iter_mut()));
    all
}

/// Takes the sentences of a localised copy, legal notes included.
fn take_messages(report: &mut Report, mut from: Report) {
    report.localise(validation::Lang::It);
    for (own, other) in findings(report).into_iter().zip(findings(&mut from)) {
        own.message = std::mem::take(&mut other.message);
    }
}

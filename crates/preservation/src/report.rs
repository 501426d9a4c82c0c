//! What a check found: sentences in two languages, findings, and the verdict over a package.

use archive::names::is_hostile;
use serde::Serialize;

/// The language of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Italian, the language of the clerk and of the norm.
    #[default]
    It,
    /// English.
    En,
}

/// One plain sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// In Italian.
    pub it: String,
    /// In English.
    pub en: String,
}

impl Message {
    /// Makes a message of its two sentences.
    pub fn new(it: impl Into<String>, en: impl Into<String>) -> Self {
        Self { it: it.into(), en: en.into() }
    }

    /// The sentence in one language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::It => &self.it,
            Lang::En => &self.en,
        }
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For information.
    Info,
    /// To be looked at; the package is not invalid for it.
    Warn,
    /// The package does not hold what it promises.
    Fail,
}

/// Which kind of package was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum PackageKind {
    /// Deposit package (*pacchetto di versamento*, PdV).
    #[serde(rename = "SIP")]
    Sip,
    /// Archive package (*pacchetto di archiviazione*, PdA).
    #[serde(rename = "AIP")]
    Aip,
    /// A damaged container whose kind could not be told.
    #[serde(rename = "UNKNOWN")]
    Unknown,
}

/// The verdict over one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Everything promised is there and unaltered, and the index's signature passed.
    Valid,
    /// Something is altered, contradictory, added or dangerous.
    Invalid,
    /// Nothing is altered, but something needed for the judgement is absent: a file the index
    /// promises (then some finding has [`Level::Fail`]), or the means to judge the index's
    /// signature (then none has).
    Incomplete,
}

/// One thing found while checking a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFinding {
    /// Stable name, such as `PDV-FIXITY`; never translated.
    pub code: &'static str,
    /// Its weight.
    pub level: Level,
    /// The rule it rests on, such as `UNI 11386:2020 Hash` or `AgID Allegato 5 IdDoc`.
    pub rule: &'static str,
    /// The path inside the package, or an empty text for the package as a whole. Control and
    /// direction characters are replaced, since it comes from outside.
    pub where_: String,
    /// The sentence.
    pub message: Message,
}

impl PackageFinding {
    pub(crate) fn new(
        code: &'static str,
        level: Level,
        rule: &'static str,
        where_: &str,
        it: impl AsRef<str>,
        en: impl AsRef<str>,
    ) -> Self {
        Self {
            code,
            level,
            rule,
            where_: clean(where_),
            message: Message::new(clean(it.as_ref()), clean(en.as_ref())),
        }
    }

    pub(crate) fn fail(
        code: &'static str,
        rule: &'static str,
        where_: &str,
        it: impl AsRef<str>,
        en: impl AsRef<str>,
    ) -> Self {
        Self::new(code, Level::Fail, rule, where_, it, en)
    }

    pub(crate) fn warn(
        code: &'static str,
        rule: &'static str,
        where_: &str,
        it: impl AsRef<str>,
        en: impl AsRef<str>,
    ) -> Self {
        Self::new(code, Level::Warn, rule, where_, it, en)
    }

    /// Whether this finding speaks only of something absent, not of something altered.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        matches!(self.code, "PDV-MISSING" | "PDA-MISSING")
    }
}

/// Replaces control and bidirectional-format characters, which could forge a terminal's output.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if is_hostile(c) { '\u{FFFD}' } else { c }).collect()
}

/// What was counted in a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct FileCount {
    /// Files, folders not counted.
    pub count: u64,
    /// Their bytes together.
    pub bytes: u64,
}

/// The outcome of `verify` for one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageReport {
    /// Deposit or archive package.
    pub kind: PackageKind,
    /// The verdict.
    pub verdict: Verdict,
    /// Files found in the package.
    pub files: FileCount,
    /// The package's own identifier, as its index gives it.
    pub identifier: Option<String>,
    /// Everything found, in the order of the checks.
    pub findings: Vec<PackageFinding>,
}

impl PackageReport {
    /// Whether some finding has [`Level::Fail`] (exit code 1 of the command line).
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.findings.iter().any(|f| f.level == Level::Fail)
    }

    /// The report with its sentences in one language, in the shape of `package verify --json`.
    #[must_use]
    pub fn view(&self, lang: Lang) -> ReportView<'_> {
        ReportView {
            kind: self.kind,
            verdict: self.verdict,
            files: self.files,
            identifier: self.identifier.as_deref(),
            findings: self
                .findings
                .iter()
                .map(|f| FindingView {
                    code: f.code,
                    level: f.level,
                    rule: f.rule,
                    where_: &f.where_,
                    message: f.message.text(lang),
                })
                .collect(),
        }
    }

    /// One sentence over the whole package.
    #[must_use]
    pub fn summary(&self) -> Message {
        let first =
            self.findings.iter().max_by_key(|f| (f.level, std::cmp::Reverse(self.position(f))));
        let n = self.files.count;
        match (self.verdict, first) {
            (Verdict::Valid, _) => Message::new(
                format!("Il pacchetto è valido: {n} file, tutti presenti e inalterati."),
                format!("The package is valid: {n} files, all present and unaltered."),
            ),
            (Verdict::Invalid, Some(f)) => Message::new(
                format!("Il pacchetto NON è valido. {}", f.message.it),
                format!("The package is NOT valid. {}", f.message.en),
            ),
            (Verdict::Incomplete, Some(f)) => Message::new(
                format!("Il pacchetto è incompleto. {}", f.message.it),
                format!("The package is incomplete. {}", f.message.en),
            ),
            (Verdict::Invalid, None) => {
                Message::new("Il pacchetto NON è valido.", "The package is NOT valid.")
            }
            (Verdict::Incomplete, None) => {
                Message::new("Il pacchetto è incompleto.", "The package is incomplete.")
            }
        }
    }

    fn position(&self, finding: &PackageFinding) -> usize {
        self.findings.iter().position(|f| std::ptr::eq(f, finding)).unwrap_or(usize::MAX)
    }
}

/// A report in one language; serialises as `data` of `package verify --json` (the caller adds
/// `signatures`).
#[derive(Debug, Clone, Serialize)]
pub struct ReportView<'a> {
    /// Deposit or archive package.
    pub kind: PackageKind,
    /// The verdict.
    pub verdict: Verdict,
    /// Files found in the package.
    pub files: FileCount,
    /// The package's own identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<&'a str>,
    /// Everything found.
    pub findings: Vec<FindingView<'a>>,
}

/// A finding in one language.
#[derive(Debug, Clone, Serialize)]
pub struct FindingView<'a> {
    /// Stable name.
    pub code: &'a str,
    /// Its weight.
    pub level: Level,
    /// The rule it rests on.
    pub rule: &'a str,
    /// The path inside the package.
    #[serde(rename = "where")]
    pub where_: &'a str,
    /// The sentence.
    pub message: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_cannot_forge_the_output() {
        let f = PackageFinding::fail("X", "r", "a\u{1b}[2J\u{202e}b\n", "x\u{7}", "y");
        assert_eq!(f.where_, "a\u{FFFD}[2J\u{FFFD}b\u{FFFD}");
        assert_eq!(f.message.it, "x\u{FFFD}");
    }

    #[test]
    fn the_view_has_the_keys_of_the_contract() {
        let report = PackageReport {
            kind: PackageKind::Sip,
            verdict: Verdict::Invalid,
            files: FileCount { count: 1, bytes: 2 },
            identifier: None,
            findings: vec![PackageFinding::fail("PDV-FIXITY", "r", "a", "it", "en")],
        };
        let json = serde_json::to_value(report.view(Lang::En)).unwrap();
        assert_eq!(json["kind"], "SIP");
        assert_eq!(json["verdict"], "INVALID");
        assert_eq!(json["files"]["count"], 1);
        assert_eq!(json["findings"][0]["where"], "a");
        assert_eq!(json["findings"][0]["level"], "fail");
        assert_eq!(json["findings"][0]["message"], "en");
        assert!(report.summary().it.contains("NON è valido"));
    }
}

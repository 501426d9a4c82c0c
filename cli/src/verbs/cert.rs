//! `cert show` and `cert verify`: one certificate, and the judgement of its path.

use std::collections::BTreeSet;
use std::path::Path;

use ceralacca::validation::explain::Explanation;
use ceralacca::validation::facts::{
    CertificateStatus, ChainFacts, Facts, Fingerprint, RevocationFacts, RevocationKind,
    RevocationReason, RevocationSource,
};
use ceralacca::validation::{self, Status, SubIndication};
use ceralacca::{Certificate, CertificateView, Evidence, load_certificates};
use serde_json::{Value, json};

use crate::args::{CertShow, CertVerify};
use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::instant;
use crate::judging::{self, Content, Grounds};
use crate::lang::{Lang, Text, both};
use crate::network::Remembered;
use crate::outcome::{Outcome, Tone};
use crate::signing;
use crate::spool::Input;

use super::{Run, inspect};

/// Shows a certificate.
///
/// # Errors
/// The file cannot be read or holds no certificate.
pub(crate) fn show(args: &CertShow, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let (certificate, others) = load(&args.cert)?;
    let view = CertificateView::of(&certificate);
    let mut data = serde_json::to_value(&view).unwrap_or_default();
    if let Value::Object(map) = &mut data {
        map.insert("name".to_owned(), signing::name(&certificate).into());
        map.insert("tax_code".to_owned(), certificate.tax_code().into());
    }
    let mut outcome = Outcome::of(&args.cert).data(data);
    outcome.say(Tone::Strong, 0, Text::same(signing::name(&certificate)));
    outcome.say(Tone::Plain, 1, Text::same(view.subject.clone()));
    if let Some(code) = certificate.tax_code() {
        outcome.say(Tone::Plain, 1, both!("codice fiscale {code}", "tax code {code}"));
    }
    inspect::tell_certificate(&mut outcome, 1, &view);
    for (kind, urls) in [("OCSP", &view.ocsp), ("CRL", &view.crl)] {
        for url in urls {
            outcome.say(Tone::Faint, 1, Text::same(format!("{kind}: {}", clean::url(url))));
        }
    }
    run.emit(&with_others(outcome, others));
    Ok(run.exit())
}

/// Judges the path of a certificate.
///
/// # Errors
/// As [`show`]; trust that cannot be read, a wrong time.
pub(crate) fn verify(args: &CertVerify, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let grounds = Grounds::load(run.settings, run.now, &args.trust, &args.chain.chain)?;
    let (certificate, others) = load(&args.cert)?;
    let options = grounds.options(Content::default(), None);
    let facts = ceralacca::certificate_facts(&certificate, &options);
    let own = certificate.fingerprint().into();
    let mut report = validation::judge_certificate(&facts, &own, options.policy, options.times);
    let (exit, tone, said) = match report.indication {
        Status::Passed => (Exit::Done, Tone::Good, Text::fixed("valido", "valid")),
        Status::Failed => (Exit::Failed, Tone::Bad, Text::fixed("NON valido", "NOT valid")),
        Status::Indeterminate => (
            Exit::Indeterminate,
            Tone::Doubt,
            Text::fixed("non verificabile", "cannot be verified"),
        ),
    };
    let lang = run.lang();
    let mut outcome = Outcome::of(&args.cert);
    let name = signing::name(&certificate);
    let (it, en) = (said.get(Lang::It), said.get(Lang::En));
    let codes = match report.sub_indication {
        Some(sub) => format!("{}, {}", report.indication.as_str(), sub.as_str()),
        None => report.indication.as_str().to_owned(),
    };
    outcome.say(
        tone,
        0,
        both!("certificato di {name}: {it} [{codes}]", "certificate of {name}: {en} [{codes}]"),
    );
    if let Some(sub) = report.sub_indication {
        let explain = |lang| {
            let subject = validation::explain::Subject::Signature;
            let language = judging::language(lang);
            let told =
                validation::explain::explain_findings(sub, &report.findings, subject, language);
            of_certificate(sub, told, lang)
        };
        let (it, en) = (explain(Lang::It), explain(Lang::En));
        let why = Text::new(format!("Perché: {}", it.why), format!("Why: {}", en.why));
        let next = Text::new(format!("Cosa fare: {}", it.next), format!("What to do: {}", en.next));
        outcome.say(Tone::Plain, 1, why);
        outcome.say(Tone::Plain, 1, next);
    }
    if !report.chain.is_empty() {
        let chain = report.chain.join(" > ");
        outcome.say(Tone::Plain, 1, both!("percorso: {chain}", "path: {chain}"));
    }
    let names = Names { facts: &facts, evidence: options.evidence };
    let tried = tried(&names, &own);
    tell_tried(&mut outcome, &tried);
    let answers = answers(&names, &tried);
    tell_answers(&mut outcome, &answers, &grounds.remembered);
    for finding in &report.findings {
        let (code, mut shown) = (finding.code.as_str(), finding.clone());
        if lang == Lang::It {
            judging::translate_values(&mut shown);
        }
        let (template, language) =
            (shown.code.text(judging::language(lang)), judging::language(lang));
        let rome = |time| validation::text::rome(time, language);
        let message = validation::catalogue::fill(template, &shown.values, rome);
        outcome.say(Tone::Plain, 1, Text::same(format!("- {code}: {message}")));
    }
    for finding in &mut report.findings {
        let mut shown = finding.clone();
        if lang == Lang::It {
            judging::translate_values(&mut shown);
        }
        shown.localise(judging::language(lang));
        finding.message = shown.message;
    }
    let data = json!({
        "name": name,
        "tax_code": certificate.tax_code(),
        "fingerprint": certificate.fingerprint().to_string(),
        "indication": report.indication,
        "sub_indication": report.sub_indication,
        "chain": report.chain,
        "paths": tried.iter().map(Tried::json).collect::<Vec<_>>(),
        "revocation": answers.iter().map(Answer::json).collect::<Vec<_>>(),
        "findings": report.findings,
    });
    let mut outcome = outcome.data(data).exit(exit);
    if exit == Exit::Indeterminate {
        outcome.warnings.extend(grounds.warning());
    }
    run.emit(&with_others(outcome, others));
    Ok(run.exit())
}

/// The explanation, where the one for signatures speaks of a signature that is not there.
fn of_certificate(sub: SubIndication, told: Explanation, lang: Lang) -> Explanation {
    use SubIndication as S;
    let pick = |it: &'static str, en: &'static str| match lang {
        Lang::It => it,
        Lang::En => en,
    };
    let revoked = (
        pick("Il certificato è revocato.", "The certificate is revoked."),
        pick(
            "Vale solo ciò che fu firmato prima, se una data certa lo prova.",
            "Only what was signed before counts, if a proof of that date exists.",
        ),
    );
    let ended = (
        pick(
            "Il certificato è scaduto o non ancora valido.",
            "The certificate has expired or not begun.",
        ),
        pick(
            "Per sapere se valeva in un altro giorno, ripeti con --at.",
            "To learn whether it was valid on another day, repeat with --at.",
        ),
    );
    let (why, next) = match sub {
        S::Revoked | S::RevokedNoPoe => revoked,
        S::RevokedCaNoPoe => {
            (pick("L'autorità è revocata.", "The authority is revoked."), revoked.1)
        }
        S::Expired | S::NotYetValid | S::OutOfBoundsNotRevoked => ended,
        S::CryptoConstraintsFailure | S::CryptoConstraintsFailureNoPoe => (
            pick(
                "Il certificato usa un metodo che oggi non è più sicuro.",
                "The certificate uses a method that is no longer safe today.",
            ),
            pick("Chiedi un certificato nuovo.", "Ask for a new certificate."),
        ),
        S::ChainConstraintsFailure => {
            (told.why, pick("Chiedi il certificato giusto.", "Ask for the right certificate."))
        }
        S::NoCertificateChainFoundNoPoe => (
            pick("L'autorità oggi non è più di fiducia.", "The authority is no longer trusted."),
            revoked.1,
        ),
        _ => return told,
    };
    Explanation { why, next }
}

/// A way from the certificate upwards that was tried.
struct Tried<'f> {
    /// Names of its certificates, the certificate first.
    names: Vec<String>,
    facts: &'f ChainFacts,
}

impl Tried<'_> {
    /// Whether it ends at an anchor and breaks no rule.
    fn serves(&self) -> bool {
        self.facts.anchor.is_some() && self.facts.problems.is_empty()
    }

    fn json(&self) -> Value {
        let problems = self.facts.problems.iter().map(|problem| {
            json!({
                "code": problem.code.as_str(),
                "certificate": problem.certificate,
                "detail": clean::line(&problem.detail),
            })
        });
        json!({
            "certificates": self.names,
            "fingerprints": self.facts.certificates,
            "anchor": self.facts.anchor.as_ref().map(|anchor| clean::line(&anchor.name)),
            "missing_issuer": self.facts.missing_issuer.as_deref().map(clean::line),
            "problems": problems.collect::<Vec<_>>(),
        })
    }
}

/// Every way that was tried, with what became of it.
fn tried<'f>(names: &Names<'f>, own: &Fingerprint) -> Vec<Tried<'f>> {
    let chains = names.facts.chains.get(own).into_iter().flatten();
    chains
        .map(|chain| Tried {
            names: chain.certificates.iter().map(|one| names.of(one)).collect(),
            facts: chain,
        })
        .collect()
}

/// Where certificates have their names from.
struct Names<'f> {
    facts: &'f Facts,
    evidence: &'f Evidence,
}

impl Names<'_> {
    /// A certificate as people call it.
    fn of(&self, fingerprint: &Fingerprint) -> String {
        if let Some(certificate) = self.facts.certificate(fingerprint) {
            let name = &certificate.subject;
            let person = match (&name.surname, &name.given_name) {
                (Some(surname), Some(given)) => Some(format!("{surname} {given}")),
                _ => None,
            };
            let shown = person.or_else(|| name.common_name.clone());
            let shown = shown.or_else(|| name.organisation.clone());
            return clean::line(&shown.unwrap_or_else(|| name.dn.clone())).into_owned();
        }
        // On a path that failed a certificate is known by its fingerprint alone.
        let given = self.evidence.certificates.iter();
        let anchors = self.evidence.anchors.iter().map(|anchor| &anchor.certificate);
        let known =
            given.chain(anchors).find(|one| Fingerprint::from(one.fingerprint()) == *fingerprint);
        known.map_or_else(|| fingerprint.0.chars().take(16).collect(), signing::name)
    }
}

fn tell_tried(outcome: &mut Outcome, all: &[Tried<'_>]) {
    for one in all.iter().filter(|one| !one.serves()) {
        let way = one.names.join(" > ");
        let why: Vec<String> = one
            .facts
            .problems
            .iter()
            .map(|problem| format!("{} ({})", problem.code.as_str(), clean::line(&problem.detail)))
            .collect();
        let text = match (&one.facts.missing_issuer, why.is_empty()) {
            (Some(issuer), _) => {
                let issuer = clean::line(issuer).into_owned();
                both!(
                    "percorso non riuscito: {way}; manca un'autorità fidata che sia {issuer}",
                    "path that failed: {way}; no trusted authority is {issuer}"
                )
            }
            (None, false) => {
                let why = why.join(", ");
                both!("percorso non riuscito: {way}; {why}", "path that failed: {way}; {why}")
            }
            (None, true) => both!("percorso non riuscito: {way}", "path that failed: {way}"),
        };
        outcome.say(Tone::Faint, 1, text);
    }
}

/// What one list or OCSP response says about one certificate.
struct Answer<'f> {
    about: String,
    by: Option<String>,
    facts: &'f RevocationFacts,
}

impl Answer<'_> {
    fn status(&self) -> &'static str {
        match self.facts.status {
            CertificateStatus::Good => "good",
            CertificateStatus::Revoked { .. } => "revoked",
            CertificateStatus::Unknown => "unknown",
        }
    }

    fn json(&self) -> Value {
        let revoked = match &self.facts.status {
            CertificateStatus::Revoked { at, reason } => {
                Some(json!({ "at": instant::json(*at), "reason": reason }))
            }
            _ => None,
        };
        json!({
            "certificate": self.about,
            "kind": self.facts.kind,
            "source": self.facts.source,
            "status": self.status(),
            "revoked": revoked,
            "this_update": self.facts.this_update.map(instant::json),
            "next_update": self.facts.next_update.map(instant::json),
            "produced_at": self.facts.produced_at.map(instant::json),
            "issuer": self.by,
            "problems": self.facts.problems.iter().map(|code| code.as_str()).collect::<Vec<_>>(),
        })
    }
}

/// The revocation data about each certificate of the ways tried, certificate by certificate.
fn answers<'f>(names: &Names<'f>, all: &[Tried<'_>]) -> Vec<Answer<'f>> {
    let mut seen = BTreeSet::new();
    let certificates = all.iter().flat_map(|one| &one.facts.certificates);
    certificates
        .filter(|fingerprint| seen.insert((*fingerprint).clone()))
        .flat_map(|fingerprint| {
            let found = names.facts.revocation.get(fingerprint).into_iter().flatten();
            found.map(|answer| Answer {
                about: names.of(fingerprint),
                by: answer.issuer.as_ref().map(|issuer| names.of(issuer)),
                facts: answer,
            })
        })
        .collect()
}

fn tell_answers(outcome: &mut Outcome, answers: &[Answer<'_>], known: &Remembered) {
    let remembered =
        |facts: &RevocationFacts| facts.object.as_ref().is_some_and(|object| known.has(&object.0));
    for answer in answers {
        let kind = match answer.facts.kind {
            RevocationKind::Ocsp => "OCSP",
            RevocationKind::Crl => "CRL",
        };
        let source = match answer.facts.source {
            RevocationSource::Embedded => Text::fixed("nel file", "in the file"),
            RevocationSource::Given => Text::fixed("fornita", "given"),
            RevocationSource::Online if remembered(answer.facts) => {
                Text::fixed("dalla memoria locale", "from the local cache")
            }
            RevocationSource::Online => Text::fixed("scaricata ora", "fetched now"),
        };
        let status = match &answer.facts.status {
            CertificateStatus::Good => Text::fixed("non revocato", "not revoked"),
            CertificateStatus::Unknown => Text::fixed("sconosciuto", "unknown"),
            CertificateStatus::Revoked { at, reason } => {
                let (it, en) = (instant::shown_in(*at, Lang::It), instant::shown_in(*at, Lang::En));
                if *reason == RevocationReason::CertificateHold {
                    Text::new(format!("sospeso dal {it}"), format!("suspended since {en}"))
                } else {
                    Text::new(format!("revocato dal {it}"), format!("revoked since {en}"))
                }
            }
        };
        let when = answer.facts.this_update.map(instant::shown);
        let when = when.unwrap_or_else(|| Text::same("?"));
        let Answer { about, by, .. } = answer;
        let by = by.as_deref().unwrap_or("?");
        let line = |lang: Lang, of: &str, from: &str| {
            let (source, status, when) = (source.get(lang), status.get(lang), when.get(lang));
            format!("{about}: {status} ({kind} {source}, {of} {when}, {from} {by})")
        };
        let text = Text::new(line(Lang::It, "del", "di"), line(Lang::En, "of", "by"));
        outcome.say(Tone::Faint, 1, text);
    }
}

/// The first certificate of a file, and how many others it holds.
fn load(path: &Path) -> Result<(Certificate, usize), Failure> {
    let source = Input::of(path)?;
    let mut found = load_certificates(source.path())?;
    if found.is_empty() {
        return Err(ceralacca::Error::NoCertificate { path: path.to_owned() }.into());
    }
    let first = found.remove(0);
    Ok((first, found.len()))
}

fn with_others(outcome: Outcome, others: usize) -> Outcome {
    if others == 0 {
        return outcome;
    }
    outcome.warning(Warning::new(
        "MORE_CERTIFICATES",
        if others == 1 {
            Text::fixed(
                "il file contiene un altro certificato: si guarda solo il primo",
                "the file holds one more certificate: only the first one is looked at",
            )
        } else {
            both!(
                "il file contiene altri {others} certificati: si guarda solo il primo",
                "the file holds {others} more certificates: only the first one is looked at"
            )
        },
    ))
}

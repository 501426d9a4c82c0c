//! `cert show` and `cert verify`: one certificate, and the judgement of its path.

use std::path::Path;

use ceralacca::validation::{self, Status};
use ceralacca::{Certificate, CertificateView, load_certificates};
use serde_json::{Value, json};

use crate::args::{CertShow, CertVerify};
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::judging::{self, Content, Grounds};
use crate::lang::{Lang, Text, both};
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
    let mut report = ceralacca::verify_certificate(&certificate, &options);
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
    for finding in &mut report.findings {
        finding.localise(judging::language(lang));
    }
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
            validation::explain::explain(sub, subject, judging::language(lang))
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
    for finding in &report.findings {
        let (code, message) = (finding.code.as_str(), &finding.message);
        outcome.say(Tone::Plain, 1, Text::same(format!("- {code}: {message}")));
    }
    let data = json!({
        "name": name,
        "tax_code": certificate.tax_code(),
        "fingerprint": certificate.fingerprint().to_string(),
        "indication": report.indication,
        "sub_indication": report.sub_indication,
        "chain": report.chain,
        "findings": report.findings,
    });
    let mut outcome = outcome.data(data).exit(exit);
    if exit == Exit::Indeterminate {
        outcome.warnings.extend(grounds.warning());
    }
    run.emit(&with_others(outcome, others));
    Ok(run.exit())
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
        both!(
            "il file contiene altri {others} certificati: si guarda solo il primo",
            "the file holds {others} more certificates: only the first one is looked at"
        ),
    ))
}

//! The report as text: the verdict in plain words first, one sentence why, what to do next, then the details.
//!
//! Times are in Europe/Rome with their offset. What comes from files was cleaned when the report was
//! made and is cleaned once more here, because a report may have been read back from JSON.

use crate::{
    Time,
    catalogue::{Code, Lang, fill},
    clean::clean,
    explain::{
        Caveat, Explanation, Reason, Subject, caveat, depends_on_time, explain, explain_findings,
        headline, nothing, passed,
    },
    facts::{PolicyDocument, TimestampKind},
    indication::{Indication, Status, SubIndication, Verdict},
    policy::Level,
    report::{Finding, LegalNote, Report, SignatureReport, Signer, TimeReference, TimestampReport},
};
use chrono_tz::Europe::Rome;
use std::fmt::Write as _;

/// A moment in Europe/Rome with its offset: `07/03/2026 10:15:00 +01:00` in Italian, year first in English.
pub fn rome(time: Time, lang: Lang) -> String {
    let local = time.with_timezone(&Rome);
    local.format(lang.pick("%d/%m/%Y %H:%M:%S %:z", "%Y-%m-%d %H:%M:%S %:z")).to_string()
}

/// The verdict in three sentences: headline, why, what to do next.
pub fn summary(report: &Report, lang: Lang) -> (String, Explanation) {
    let only_stamps = report.signatures.is_empty();
    let subject = if only_stamps { Subject::Timestamp } else { Subject::Signature };
    let outcomes: Vec<(Indication, Option<Explanation>)> = if only_stamps {
        let stamps = report.timestamps.iter();
        stamps.map(|one| (Indication::from(one.indication), why_stamp(one, lang))).collect()
    } else {
        let signatures = report.signatures.iter();
        signatures.map(|one| (one.indication, why_signature(report, one, lang))).collect()
    };
    let same = |indication: Indication| Verdict::from(indication) == report.verdict;
    let count = outcomes.iter().filter(|(indication, _)| same(*indication)).count();
    let worst = outcomes.iter().find(|(indication, _)| same(*indication)).and_then(|(_, why)| *why);
    let head = headline(report.verdict, subject, count, outcomes.len(), lang);
    match report.verdict {
        Verdict::NoSignature => (head, nothing(lang)),
        Verdict::TotalPassed => match caveat_of(report) {
            Some(known) => {
                let (rest, told) = caveat(known, lang);
                (format!("{head}, {rest}"), told)
            }
            None => (head, passed(subject, lang)),
        },
        Verdict::TotalFailed | Verdict::Indeterminate => {
            (head, worst.unwrap_or_else(|| explain(SubIndication::Generic, subject, lang)))
        }
    }
}

/// What stands beside a verdict that everything passed.
fn caveat_of(report: &Report) -> Option<Caveat> {
    if report.expected_signers.iter().any(|expected| expected.signature.is_none()) {
        return Some(Caveat::SignerMissing);
    }
    let uncovered = |findings: &[Finding]| {
        findings
            .iter()
            .any(|one| one.code == Code::ContainerFileUncovered && one.level <= Level::Warn)
    };
    let of_signatures = report.signatures.iter().any(|one| uncovered(&one.findings));
    (of_signatures || (!report.signatures.is_empty() && uncovered(&report.findings)))
        .then_some(Caveat::FileUncovered)
}

/// Why a signature did not pass; `None` = it did.
fn why_signature(report: &Report, signature: &SignatureReport, lang: Lang) -> Option<Explanation> {
    let sub = signature.sub_indication?;
    let subject = Subject::Signature;
    if archive_lapsed(report, signature, sub) {
        return Some(Reason::ArchiveNotRenewed.explain(subject, lang));
    }
    let reason = Reason::of(sub, &signature.findings);
    let later = signature.claimed_signing_time.is_some_and(|time| time > report.validation_time);
    if later && depends_on_time(sub) && reason != Some(Reason::NotYetValid) {
        return Some(Reason::LaterThanCheck.explain(subject, lang));
    }
    Some(explain_findings(sub, &signature.findings, subject, lang))
}

fn why_stamp(stamp: &TimestampReport, lang: Lang) -> Option<Explanation> {
    let sub = stamp.sub_indication?;
    Some(explain_findings(sub, &stamp.findings, Subject::Timestamp, lang))
}

/// Whether the newest archive time-stamp over a signature fell with its authority's certificate.
fn archive_lapsed(report: &Report, signature: &SignatureReport, sub: SubIndication) -> bool {
    let around = report.timestamps.iter().filter(|stamp| stamp.covers.contains(&signature.id));
    let archives =
        signature.timestamps.iter().chain(around).filter(|stamp| {
            TimestampKind::named(&stamp.kind).is_some_and(TimestampKind::is_archive)
        });
    let newest = archives.max_by_key(|stamp| stamp.time);
    depends_on_time(sub)
        && newest.is_some_and(|stamp| {
            stamp.tsa_valid_until.is_some_and(|until| until < report.validation_time)
                && stamp.indication != Status::Passed
        })
}

/// The whole report as text, each line ended by a line feed.
pub fn render(report: &Report, lang: Lang) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_report(&mut out, report, lang);
    out
}

fn write_report(out: &mut String, report: &Report, lang: Lang) -> std::fmt::Result {
    let (head, told) = summary(report, lang);
    writeln!(out, "{head}")?;
    writeln!(out, "{}: {}", lang.pick("Perché", "Why"), told.why)?;
    writeln!(out, "{}: {}", lang.pick("Cosa fare", "What to do"), told.next)?;
    for expected in report.expected_signers.iter().filter(|e| e.signature.is_none()) {
        let role = expected.role.as_deref().map(|role| format!(", {}", clean(role)));
        writeln!(
            out,
            "{} {}{}",
            lang.pick("Manca la firma attesa di", "Missing the expected signature of"),
            clean(&expected.tax_code),
            role.unwrap_or_default()
        )?;
    }
    writeln!(out)?;
    let layers: Vec<_> = report
        .layers
        .iter()
        .map(|layer| match &layer.name {
            Some(name) => format!("{} ({})", clean(&layer.kind), clean(name)),
            None => clean(&layer.kind),
        })
        .collect();
    // One plain layer is the format once more.
    let plain = matches!(layers.as_slice(), [one] if one.eq_ignore_ascii_case(&report.format));
    let via = if layers.is_empty() || plain {
        String::new()
    } else {
        format!(", {}", layers.join(" > "))
    };
    let format = match report.format.as_str() {
        "UNKNOWN" => lang.pick("sconosciuto", "unknown").to_owned(),
        name => clean(name),
    };
    writeln!(out, "{}: {format}{via}", lang.pick("Formato", "Format"))?;
    writeln!(
        out,
        "{}: {} ({} {})",
        lang.pick("Controllo al", "Checked at"),
        rome(report.validation_time, lang),
        lang.pick("regole", "policy"),
        clean(&report.policy)
    )?;
    write_findings(out, &report.findings, "", lang)?;
    for signature in &report.signatures {
        writeln!(out)?;
        write_signature(out, report, signature, lang)?;
    }
    for stamp in &report.timestamps {
        writeln!(out)?;
        write_stamp(out, stamp, "", lang)?;
    }
    Ok(())
}

fn write_signature(
    out: &mut String,
    report: &Report,
    signature: &SignatureReport,
    lang: Lang,
) -> std::fmt::Result {
    let outcome = match signature.indication {
        Indication::TotalPassed => lang.pick("valida", "valid"),
        Indication::TotalFailed => lang.pick("NON valida", "NOT valid"),
        Indication::Indeterminate => lang.pick("non verificabile", "cannot be verified"),
    };
    writeln!(
        out,
        "{} {}: {outcome} [{}]",
        lang.pick("Firma", "Signature"),
        clean(&signature.id),
        codes(signature.indication.as_str(), signature.sub_indication)
    )?;
    match &signature.signer {
        Some(signer) => writeln!(out, "  {}", signer_line(signer, lang))?,
        None => writeln!(out, "  {}", lang.pick("Firmatario ignoto", "Unknown signer"))?,
    }
    if let Some(told) = why_signature(report, signature, lang) {
        writeln!(out, "  {}: {}", lang.pick("Perché", "Why"), told.why)?;
        writeln!(out, "  {}: {}", lang.pick("Cosa fare", "What to do"), told.next)?;
    }
    let intact = match signature.intact {
        Some(true) => lang.pick("integro", "intact"),
        Some(false) => lang.pick("NON integro", "NOT intact"),
        None => lang.pick("non controllato", "not checked"),
    };
    writeln!(
        out,
        "  {}: {}; {}: {intact}",
        lang.pick("Livello", "Level"),
        level(signature, lang),
        lang.pick("contenuto", "content")
    )?;
    if let Some(time) = signature.claimed_signing_time {
        let label = lang.pick("Data dichiarata da chi firma", "Time claimed by the signer");
        writeln!(out, "  {label}: {}", rome(time, lang))?;
    }
    write_properties(out, signature, lang)?;
    if let (Some(time), Some(basis)) =
        (signature.best_signature_time, basis(signature.time_reference, lang))
    {
        let label = lang.pick("Esisteva già il", "Proven to exist on");
        writeln!(out, "  {label} {} ({basis})", rome(time, lang))?;
    }
    if let Some(plain) = &signature.without_time_reference {
        writeln!(
            out,
            "  {}: {}",
            lang.pick("Senza il riferimento fornito", "Without the given time reference"),
            codes(plain.indication.as_str(), plain.sub_indication)
        )?;
    }
    if let Some(time) = signature.try_again {
        let label = lang.pick("Nuova prova attesa entro il", "New proof due by");
        writeln!(out, "  {label} {}", rome(time, lang))?;
    }
    for stamp in &signature.timestamps {
        write_stamp(out, stamp, "  ", lang)?;
    }
    write_notes(out, &signature.legal_notes, "  ", lang)?;
    // What was said of the file as a whole need not be said again of each signature.
    let own = signature.findings.iter().filter(|one| {
        let same = |known: &Finding| {
            (known.code, known.level, &known.values) == (one.code, one.level, &one.values)
        };
        !report.findings.iter().any(same)
    });
    write_findings(out, own, "  ", lang)
}

/// `CAdES-XL, type 1`.
fn level(signature: &SignatureReport, lang: Lang) -> String {
    let name = clean(&signature.level);
    match signature.extended_type {
        Some(number) => format!("{name}, {} {number}", lang.pick("tipo", "type")),
        None => name,
    }
}

/// What the signer says of himself and of what he signs.
fn write_properties(out: &mut String, signature: &SignatureReport, lang: Lang) -> std::fmt::Result {
    let said = &signature.signed_properties;
    let mut line = |label: &str, text: String| writeln!(out, "  {label}: {text}");
    let list = |texts: &[String]| texts.iter().map(|one| clean(one)).collect::<Vec<_>>().join("; ");
    if !said.claimed_roles.is_empty() {
        let label = lang.pick("Ruolo dichiarato da chi firma", "Role claimed by the signer");
        line(label, list(&said.claimed_roles))?;
    }
    if !said.certified_attributes.is_empty() {
        let label = lang
            .pick("Attributi certificati, non controllati", "Certified attributes, not checked");
        line(label, list(&said.certified_attributes))?;
    }
    if !said.commitments.is_empty() {
        let named: Vec<_> =
            said.commitments.iter().map(|one| commitment(&one.kind, lang)).collect();
        line(lang.pick("Significato della firma", "Meaning of the signature"), named.join("; "))?;
    }
    if let Some(place) = &said.location {
        let parts = place.locality.iter().chain(&place.address).chain(&place.country);
        let parts: Vec<_> = parts.map(|part| clean(part)).collect();
        let label = lang.pick("Luogo dichiarato da chi firma", "Place claimed by the signer");
        line(label, parts.join(", "))?;
    }
    let hints = said.content_hints.as_ref().and_then(|hints| hints.description.as_ref());
    if let Some(kind) = said.mime_type.as_ref().or(hints) {
        let label =
            lang.pick("Tipo del contenuto, secondo chi firma", "Kind of content, as signed");
        line(label, clean(kind))?;
    }
    if let Some(policy) = &signature.signature_policy {
        let document = match policy.document {
            PolicyDocument::Matches => lang.pick("documento controllato", "document checked"),
            PolicyDocument::Mismatch => lang.pick("documento diverso", "another document"),
            PolicyDocument::NotAvailable => {
                lang.pick("documento non a disposizione", "document not at hand")
            }
            PolicyDocument::ZeroHash => lang.pick("senza impronta", "without a digest"),
        };
        let label = lang.pick("Politica di firma", "Signature policy");
        if policy.identifier.is_empty() {
            line(label, lang.pick("sottintesa", "implied").to_owned())?;
        } else {
            line(label, format!("{} ({document})", clean(&policy.identifier)))?;
        }
        for notice in &policy.notices {
            line(lang.pick("Avvertenza della politica", "Notice of the policy"), clean(notice))?;
        }
    }
    Ok(())
}

/// A commitment (EN 319 122-1 §5.2.3) in words.
fn commitment(kind: &str, lang: Lang) -> String {
    let words = match kind {
        "proofOfOrigin" => {
            lang.pick("ha creato, approvato e inviato", "created, approved and sent it")
        }
        "proofOfReceipt" => lang.pick("ha ricevuto", "received it"),
        "proofOfDelivery" => lang.pick("ha consegnato", "delivered it"),
        "proofOfSender" => lang.pick("ha inviato", "sent it"),
        "proofOfApproval" => lang.pick("approva il contenuto", "approves the content"),
        "proofOfCreation" => lang.pick("ha creato il contenuto", "created the content"),
        other => return clean(other),
    };
    words.to_owned()
}

fn write_stamp(
    out: &mut String,
    stamp: &TimestampReport,
    indent: &str,
    lang: Lang,
) -> std::fmt::Result {
    let outcome = match stamp.indication {
        Status::Passed => lang.pick("valida", "valid"),
        Status::Failed => lang.pick("NON valida", "NOT valid"),
        Status::Indeterminate => lang.pick("non verificabile", "cannot be verified"),
    };
    let time = stamp.time.map_or_else(|| "?".to_owned(), |time| rome(time, lang));
    writeln!(
        out,
        "{indent}{} ({}): {outcome} [{}], {time}, {}",
        lang.pick("Marca temporale", "Time-stamp"),
        clean(&stamp.kind),
        codes(stamp.indication.as_str(), stamp.sub_indication),
        stamp.tsa.as_deref().map_or_else(|| "?".to_owned(), clean)
    )?;
    let deeper = format!("{indent}  ");
    write_notes(out, &stamp.legal_notes, &deeper, lang)?;
    write_findings(out, &stamp.findings, &deeper, lang)
}

fn write_notes(
    out: &mut String,
    notes: &[LegalNote],
    indent: &str,
    lang: Lang,
) -> std::fmt::Result {
    for note in notes {
        let text = fill(note.text.text(lang), &note.values, |time| rome(time, lang));
        let label = lang.pick("Nota di legge", "Note of law");
        writeln!(out, "{indent}{label} {}: {text}", clean(&note.code))?;
    }
    Ok(())
}

fn write_findings<'f>(
    out: &mut String,
    findings: impl IntoIterator<Item = &'f Finding>,
    indent: &str,
    lang: Lang,
) -> std::fmt::Result {
    for finding in findings {
        let label = match finding.level {
            Level::Fail => lang.pick("errore", "error"),
            Level::Warn => lang.pick("avviso", "warning"),
            Level::Info | Level::Ignore => lang.pick("nota", "note"),
        };
        let text = fill(finding.code.text(lang), &finding.values, |time| rome(time, lang));
        writeln!(
            out,
            "{indent}- {label} {}: {text} ({})",
            finding.code.as_str(),
            clean(&finding.clause)
        )?;
    }
    Ok(())
}

/// `ROSSI MARIO (CF …), titolo, certificato di ISSUER (si dichiara qualificato), valido fino al …`
fn signer_line(signer: &Signer, lang: Lang) -> String {
    let mut line = clean(&signer.name);
    if let Some(tax_code) = &signer.tax_code {
        let _ = write!(line, " (CF {})", clean(tax_code));
    }
    for part in [&signer.title, &signer.organisation].into_iter().flatten() {
        let _ = write!(line, ", {}", clean(part));
    }
    let _ = write!(
        line,
        ", {} {}",
        lang.pick("certificato di", "certificate by"),
        clean(&signer.issuer)
    );
    match (&signer.qualification, signer.claims_qualified) {
        (Some(qualification), _) => {
            let _ = write!(line, " ({})", clean(qualification));
        }
        // Without a trusted list the claim is all there is, and is called so.
        (None, true) => {
            line.push_str(lang.pick(" (si dichiara qualificato)", " (claims to be qualified)"));
        }
        (None, false) => {}
    }
    let _ = write!(
        line,
        ", {} {}",
        lang.pick("valido fino al", "valid until"),
        rome(signer.valid_until, lang)
    );
    line
}

fn codes(indication: &str, sub: Option<SubIndication>) -> String {
    match sub {
        Some(sub) => format!("{indication}, {}", sub.as_str()),
        None => indication.to_owned(),
    }
}

/// What a best signature time rests on; `None` = nothing, so that it is not shown as proven.
fn basis(reference: TimeReference, lang: Lang) -> Option<&'static str> {
    Some(match reference {
        TimeReference::ArchiveTimestamp => lang.pick("marca di archivio", "archive time-stamp"),
        TimeReference::SignatureTimestamp => {
            lang.pick("marca sulla firma", "time-stamp on the signature")
        }
        TimeReference::Timestamp => lang.pick("marca sul file", "time-stamp on the file"),
        TimeReference::Protocol => lang.pick("registro di protocollo", "protocol register"),
        TimeReference::Pec => lang.pick("posta certificata", "certified mail"),
        TimeReference::Receipt => lang.pick("rapporto di versamento", "deposit receipt"),
        TimeReference::Given => {
            lang.pick("data fornita da chi controlla", "time given by the user")
        }
        TimeReference::Claimed | TimeReference::None => return None,
    })
}

//! `inspect`: structure, layers, certificates. Never a verdict.

use std::path::Path;

use ceralacca::{
    CertificateView, ContainerView, Inspection, LayerView, SignerView, StampedView, TimestampView,
};

use crate::args::Inspect;
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::instant;
use crate::lang::{Lang, Text, both};
use crate::outcome::{Outcome, Tone};
use crate::settings::Settings;
use crate::spool::Input;
use crate::translate::said;

use super::{Run, share};

/// Looks into each file.
///
/// # Errors
/// None: each file has its own outcome.
pub(crate) fn run(args: &Inspect, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let settings = run.settings;
    let work = |input: &std::path::PathBuf| {
        look(input, settings).unwrap_or_else(|failure| Outcome::of(input).failure(failure))
    };
    Ok(run.each(&args.files, |_| false, work))
}

fn look(input: &Path, settings: &Settings) -> Result<Outcome, Failure> {
    let source = Input::of(input)?;
    let bar = share::bar(source.path(), settings);
    let progress = |done| bar.set(done);
    let inspection = ceralacca::inspect_file(source.path(), Some(&progress))?;
    let data = serde_json::to_value(&inspection).unwrap_or_default();
    let mut outcome = Outcome::of(input).data(data);
    tell(&mut outcome, input, &inspection);
    if let Some(broken) = &inspection.broken {
        outcome = outcome.failure(unreadable(broken));
    }
    Ok(outcome)
}

/// The file is of a kind that is known, and cannot be read to its end. What was read is shown all the
/// same.
fn unreadable(why: &str) -> Failure {
    let why = clean::line(why).into_owned();
    Failure::new(
        "BROKEN",
        Exit::Unsupported,
        Text::new(
            format!("il file non si legge fino in fondo: {}", said(&why)),
            format!("the file cannot be read to its end: {why}"),
        ),
    )
    .hint(Text::fixed(
        "il file è incompleto o danneggiato: chiederlo o copiarlo di nuovo",
        "the file is incomplete or damaged: ask for it or copy it again",
    ))
}

fn tell(outcome: &mut Outcome, input: &Path, inspection: &Inspection) {
    let (shown, format, size) = (clean::path(input), inspection.format, inspection.size);
    outcome.say(
        Tone::Strong,
        0,
        both!("{shown}: {format}, {size} byte", "{shown}: {format}, {size} bytes"),
    );
    for (n, layer) in inspection.layers.iter().enumerate() {
        tell_layer(outcome, n + 1, layer);
    }
    if let Some(stamp) = &inspection.timestamp {
        tell_stamp(outcome, 1, stamp);
    }
    if let Some(container) = &inspection.container {
        tell_container(outcome, container);
    }
    outcome.say(
        Tone::Faint,
        0,
        Text::fixed(
            "questo è ciò che il file dice di sé; se è vero lo dice «ceralacca verifica»",
            "this is what the file says of itself; whether it is true is for `ceralacca verify` to say",
        ),
    );
}

/// Members told one by one; of more only the number.
const MEMBERS: usize = 40;

fn tell_container(outcome: &mut Outcome, container: &ContainerView) {
    for member in container.members.iter().take(MEMBERS) {
        let (name, size) = (&member.name, member.size);
        let tone = if member.data_object { Tone::Plain } else { Tone::Faint };
        outcome.say(tone, 1, both!("{name} ({size} byte)", "{name} ({size} bytes)"));
    }
    let more = container.members.len().saturating_sub(MEMBERS);
    if more > 0 {
        outcome.say(Tone::Faint, 1, both!("… e altri {more}", "… and {more} more"));
    }
    for manifest in &container.manifests {
        let name = &manifest.name;
        let (count, target) = (manifest.covers.len(), manifest.target.as_deref().unwrap_or("?"));
        outcome.say(
            Tone::Plain,
            1,
            match &manifest.broken {
                Some(why) => Text::new(
                    format!("elenco {name}: illeggibile, {}", said(why)),
                    format!("manifest {name}: unreadable, {why}"),
                ),
                None => both!(
                    "elenco {name}: {count} file, per {target}",
                    "manifest {name}: {count} files, for {target}"
                ),
            },
        );
    }
    for stamp in &container.timestamps {
        outcome.say(Tone::Plain, 1, Text::same(stamp.name.as_str()));
        if let Some(view) = &stamp.timestamp {
            tell_stamp(outcome, 2, view);
        }
    }
    for note in &container.notes {
        outcome.say(Tone::Doubt, 1, Text::new(said(note), note.clone()));
    }
}

fn tell_layer(outcome: &mut Outcome, n: usize, layer: &LayerView) {
    let member = layer.member.iter().map(|name| format!("{name} > "));
    let wrapping = layer.wrapping.iter().map(|w| format!("{w} > "));
    let wrapping: String = member.chain(wrapping).collect();
    let encoding = if layer.ber { "BER" } else { "DER" };
    let form = if layer.kind == "m7m" { "M7M".to_owned() } else { format!("TSD {encoding}") };
    outcome.say(
        Tone::Plain,
        1,
        match layer.content {
            Some(size) if layer.stamped.is_some() => both!(
                "strato {n}: {wrapping}busta {form} con marca temporale e contenuto ({size} byte)",
                "layer {n}: {wrapping}{form} envelope with time-stamp and content ({size} bytes)"
            ),
            None if layer.stamped.is_some() => both!(
                "strato {n}: {wrapping}busta {form} con marca temporale, il contenuto è altrove",
                "layer {n}: {wrapping}{form} envelope with time-stamp, its content is elsewhere"
            ),
            Some(size) => both!(
                "strato {n}: {wrapping}busta {encoding} con il contenuto ({size} byte)",
                "layer {n}: {wrapping}{encoding} envelope with its content ({size} bytes)"
            ),
            None => both!(
                "strato {n}: {wrapping}firma separata {encoding}",
                "layer {n}: {wrapping}{encoding} detached signature"
            ),
        },
    );
    if let Some(stamped) = &layer.stamped {
        tell_stamped(outcome, stamped);
    }
    for stamp in &layer.timestamps {
        tell_stamp(outcome, 2, stamp);
    }
    for signer in &layer.signers {
        tell_signer(outcome, 2, signer);
    }
    for certificate in &layer.certificates {
        let subject = &certificate.subject;
        outcome.say(Tone::Plain, 2, both!("certificato di {subject}", "certificate of {subject}"));
        tell_certificate(outcome, 3, certificate);
    }
    if layer.trailing > 0 {
        let trailing = layer.trailing;
        outcome.say(
            Tone::Doubt,
            2,
            both!("{trailing} byte dopo la fine", "{trailing} bytes behind the end"),
        );
    }
}

fn tell_stamped(outcome: &mut Outcome, stamped: &StampedView) {
    let mut say = |text: Text| outcome.say(Tone::Plain, 2, text);
    if let Some(name) = &stamped.file_name {
        say(both!("nome del contenuto: {name}", "name of the content: {name}"));
    }
    if let Some(kind) = &stamped.media_type {
        say(both!("tipo del contenuto: {kind}", "type of the content: {kind}"));
    }
    if let Some(uri) = &stamped.data_uri {
        say(both!(
            "il contenuto sarebbe all'indirizzo {uri} (non viene scaricato)",
            "the content is said to be at {uri} (it is not fetched)"
        ));
    }
    if stamped.hash_protected == Some(true) {
        say(Text::fixed(
            "la prima marca temporale copre anche questi dati",
            "the first time-stamp covers these data too",
        ));
    }
    match stamped.evidence.as_str() {
        "time-stamps" => {}
        "evidence-record" => say(Text::fixed(
            "la prova temporale è un evidence record, che questa versione non verifica ancora",
            "the evidence is an evidence record, which this release does not judge yet",
        )),
        kind => say(both!(
            "la prova temporale è di un tipo sconosciuto ({kind})",
            "the evidence is of an unknown kind ({kind})"
        )),
    }
}

fn tell_signer(outcome: &mut Outcome, indent: usize, signer: &SignerView) {
    let unknown = Text::fixed("(certificato non presente)", "(certificate not inside)");
    let (it, en) = match &signer.subject {
        Some(subject) => (subject.as_str(), subject.as_str()),
        None => (unknown.get(Lang::It), unknown.get(Lang::En)),
    };
    let (id, level) = (&signer.id, &signer.level);
    // 2/1.1 is on 2/1.
    let text = match id.rsplit_once('.') {
        None => both!("firma {id}: {it} [{level}]", "signature {id}: {en} [{level}]"),
        Some((on, _)) => both!(
            "controfirma {id}, sulla {on}: {it} [{level}]",
            "countersignature {id}, on {on}: {en} [{level}]"
        ),
    };
    outcome.say(Tone::Plain, indent, text);
    if let Some(time) = signer.signing_time {
        let when = instant::shown(time);
        let (it, en) = (when.get(Lang::It), when.get(Lang::En));
        outcome.say(Tone::Plain, indent + 1, both!("data dichiarata {it}", "claimed time {en}"));
    }
    for stamp in &signer.timestamps {
        tell_stamp(outcome, indent + 1, stamp);
    }
    for counter in &signer.countersignatures {
        tell_signer(outcome, indent + 1, counter);
    }
}

/// What a time-stamp stands for.
fn stamp_kind(kind: &str) -> Text {
    match kind {
        "content-time-stamp" => Text::fixed("marca sul contenuto", "content time-stamp"),
        "signature-time-stamp" => Text::fixed("marca sulla firma", "signature time-stamp"),
        "CAdES-C-time-stamp" => {
            Text::fixed("marca su firma e riferimenti", "time-stamp on signature and references")
        }
        "time-stamped-certs-crls-references" => {
            Text::fixed("marca sui riferimenti", "time-stamp on references")
        }
        "archive-time-stamp" | "archive-time-stamp-v2" => {
            Text::fixed("marca d'archivio di tipo vecchio", "archive time-stamp of an older kind")
        }
        "archive-time-stamp-v3" => Text::fixed("marca d'archivio", "archive time-stamp"),
        _ => Text::fixed("marca temporale", "time-stamp"),
    }
}

fn tell_stamp(outcome: &mut Outcome, indent: usize, stamp: &TimestampView) {
    let when = instant::shown(stamp.time);
    let kind = stamp_kind(stamp.kind);
    let by = stamp.authority.as_deref().unwrap_or("?");
    let line = |lang| format!("{} {}: {}, {by}", kind.get(lang), stamp.id, when.get(lang));
    outcome.say(Tone::Plain, indent, Text::new(line(Lang::It), line(Lang::En)));
    let (algorithm, imprint) = (&stamp.imprint_algorithm, &stamp.imprint);
    outcome.say(
        Tone::Faint,
        indent + 1,
        both!("impronta {algorithm} {imprint}", "imprint {algorithm} {imprint}"),
    );
}

/// What people look at in a certificate.
pub(super) fn tell_certificate(outcome: &mut Outcome, indent: usize, view: &CertificateView) {
    let from = instant::shown(view.not_before);
    let to = instant::shown(view.not_after);
    let (issuer, serial) = (&view.issuer, &view.serial_number);
    let (from_it, to_it) = (from.get(Lang::It), to.get(Lang::It));
    let (from_en, to_en) = (from.get(Lang::En), to.get(Lang::En));
    let mut say = |text: Text| outcome.say(Tone::Plain, indent, text);
    say(both!("emesso da {issuer}", "issued by {issuer}"));
    say(both!("numero di serie {serial}", "serial number {serial}"));
    say(both!("valido dal {from_it} al {to_it}", "valid from {from_en} to {to_en}"));
    let (key, usage) = (&view.key, view.key_usage.join(", "));
    say(both!("chiave {key}; uso: {usage}", "key {key}; usage: {usage}"));
    if view.ca {
        say(Text::fixed("è di un'autorità di certificazione", "it is a certification authority's"));
    }
    if view.claims_qualified {
        say(Text::fixed(
            "si dice qualificato; solo un elenco di fiducia lo conferma",
            "it claims to be qualified; only a trusted list confirms it",
        ));
    }
    for limit in &view.limits {
        say(both!("limite d'uso: {limit}", "limit of use: {limit}"));
    }
    let fingerprint = &view.fingerprint;
    say(both!("impronta SHA-256 {fingerprint}", "SHA-256 fingerprint {fingerprint}"));
}

//! What signatures of level T and beyond rest on: trust, revocation data, the network, and what
//! the signer says, from the flags.

use std::path::{Path, PathBuf};

use ceralacca::online::HttpFetch;
use ceralacca::{
    Budget, Commitment, DigestAlgorithm, Evidence, Fetch, LongTerm, Note, SignatureId,
    SignaturePolicy, SignerLocation, SignerProperties, TargetLevel,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::args::{ContentArgs, Level, StatementArgs};
use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::instant;
use crate::lang::{Lang, Text, both};
use crate::network::{self, Reuse};
use crate::outcome::{Outcome, Tone};
use crate::settings::Settings;

/// Data for later verification, and where the rest of them comes from.
pub(crate) struct Ground {
    /// Trust, chains and revocation data at hand.
    pub(crate) evidence: Evidence,
    fetch: Option<HttpFetch>,
    level: Option<TargetLevel>,
}

/// The files the flags name.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Given<'a> {
    pub(crate) crl: &'a [PathBuf],
    pub(crate) ocsp: &'a [PathBuf],
    pub(crate) chain: &'a [PathBuf],
    pub(crate) offline: bool,
}

impl Ground {
    /// Loads what the flags name. `level` permits exactly the fetches it needs.
    ///
    /// # Errors
    /// Exit 4: a file that cannot be read or holds something else; exit 2: nobody is trusted, and
    /// the level needs a chain that ends somewhere.
    pub(crate) fn load(
        settings: &Settings,
        now: DateTime<Utc>,
        level: Option<Level>,
        given: &Given<'_>,
    ) -> Result<Self, Failure> {
        let level = target(level);
        let deep = level.is_some_and(|level| level >= TargetLevel::Lt);
        let mut evidence = Evidence::default();
        // Trust is nobody's business where nothing is looked up: a signature of level B does not
        // fail for a folder that is not there.
        if deep || !given.crl.is_empty() || !given.ocsp.is_empty() {
            for path in &settings.trust.value {
                evidence.add_trust(path)?;
            }
        }
        for path in given.chain {
            evidence.add_chain(path)?;
        }
        for path in given.crl {
            evidence.add_crls(path)?;
        }
        for path in given.ocsp {
            evidence.add_ocsp(path)?;
        }
        if deep && evidence.anchors.is_empty() {
            return Err(no_trust());
        }
        let fetch = (deep && !given.offline)
            .then(|| network::fetch(settings, now, Reuse::Lists))
            .transpose()?;
        Ok(Self { evidence, fetch, level })
    }

    /// The network, if it may be used.
    pub(crate) fn fetch(&self) -> Option<&dyn Fetch> {
        self.fetch.as_ref().map(|fetch| fetch as &dyn Fetch)
    }

    /// What signing goes on to, beyond T.
    pub(crate) fn long_term(&self) -> Option<LongTerm<'_>> {
        let level = self.level.filter(|level| *level >= TargetLevel::Lt)?;
        Some(LongTerm {
            archive: level == TargetLevel::Lta,
            evidence: &self.evidence,
            fetch: self.fetch(),
            budget: Budget::default(),
        })
    }
}

/// The level beyond B; none for B itself.
pub(crate) fn target(level: Option<Level>) -> Option<TargetLevel> {
    match level? {
        Level::B => None,
        Level::T => Some(TargetLevel::T),
        Level::Lt => Some(TargetLevel::Lt),
        Level::Lta => Some(TargetLevel::Lta),
    }
}

/// Nobody is trusted where a chain must end somewhere.
fn no_trust() -> Failure {
    Failure::new(
        "NO_TRUST",
        Exit::Usage,
        Text::fixed(
            "non è indicata nessuna autorità di fiducia: senza, i dati per la verifica futura non si possono raccogliere",
            "no trust anchor was given: without one the data for later verification cannot be gathered",
        ),
    )
    .hint(Text::fixed(
        "aggiungere --trust FILE o cartella, o `trust` nel file di configurazione",
        "add --trust with a file or folder, or `trust` in the configuration file",
    ))
}

/// The name of a level for programs.
pub(crate) fn level_name(level: Option<TargetLevel>) -> &'static str {
    match level {
        None => "CAdES-BASELINE-B",
        Some(TargetLevel::T) => "CAdES-BASELINE-T",
        Some(TargetLevel::Lt) => "CAdES-BASELINE-LT",
        Some(TargetLevel::Lta) => "CAdES-BASELINE-LTA",
    }
}

/// The signatures named by `--signature`.
///
/// # Errors
/// Exit 2: not the number of a signature; exit 5: one inside another envelope.
pub(crate) fn ids(named: &[String]) -> Result<Vec<SignatureId>, Failure> {
    let mut ids = Vec::with_capacity(named.len());
    for text in named {
        let shown = clean::line(text).into_owned();
        let id = text.trim().parse::<SignatureId>().map_err(|_| {
            if text.contains('/') {
                return Failure::new(
                    "SEALED",
                    Exit::Unsupported,
                    both!(
                        "la firma {shown} sta dentro un'altra busta firmata, che cambierebbe",
                        "signature {shown} stands inside another signed envelope, which would change"
                    ),
                )
                .hint(Text::fixed(
                    "estendere o controfirmare la busta esterna, oppure estrarre prima quella interna",
                    "extend or countersign the outer envelope, or extract the inner one first",
                ));
            }
            Failure::usage(both!(
                "--signature {shown}: non è il numero di una firma",
                "--signature {shown}: not the number of a signature"
            ))
            .hint(Text::fixed(
                "«ceralacca verifica» mostra i numeri: 1, 2, 1.1 (la sua prima controfirma)",
                "`ceralacca verify` shows the numbers: 1, 2, 1.1 (its first countersignature)",
            ))
        })?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// What the signer says, from the flags.
///
/// # Errors
/// Exit 2: a value the attribute cannot hold; exit 4: a policy that cannot be read.
pub(crate) fn properties(
    statement: &StatementArgs,
    about: Option<&ContentArgs>,
    digest: DigestAlgorithm,
) -> Result<SignerProperties, Failure> {
    let mut properties = SignerProperties {
        media_type: about.and_then(|about| about.media_type.clone()),
        claimed_roles: statement.role.clone(),
        location: statement.location.as_deref().map(location).transpose()?,
        content_time_stamp: about.is_some_and(|about| about.content_timestamp),
        ..SignerProperties::default()
    };
    for text in &statement.commitment {
        properties.commitments.push(text.parse().map_err(|_| no_commitment(text))?);
    }
    if let (Some(oid), Some(file)) = (&statement.signature_policy, &statement.signature_policy_file)
    {
        let oid = oid.strip_prefix("urn:oid:").unwrap_or(oid);
        let shown = clean::line(oid).into_owned();
        let oid = ceralacca::Oid::parse(oid).ok_or_else(|| {
            Failure::usage(both!(
                "--signature-policy {shown}: non è un identificativo (OID)",
                "--signature-policy {shown}: not an object identifier"
            ))
            .hint(Text::fixed("per esempio 1.3.76.16.6", "for example 1.3.76.16.6"))
        })?;
        let (algorithm, digest) = policy_digest(file, digest)?;
        let uri = statement.signature_policy_uri.clone();
        properties.policy = Some(SignaturePolicy { oid, algorithm, digest, uri });
    }
    properties.check().map_err(refused)?;
    Ok(properties)
}

/// A value that cannot be signed. No file is at fault, so none is named.
fn refused(error: cades::Error) -> Failure {
    let mut failure =
        Failure::from(ceralacca::Error::Cades { path: PathBuf::from("-"), source: error });
    let bare = |text: &str| text.strip_prefix("-: ").unwrap_or(text).to_owned();
    failure.message = Text::new(bare(failure.say(Lang::It)), bare(failure.say(Lang::En)));
    failure
}

fn no_commitment(text: &str) -> Failure {
    let shown = clean::line(text).into_owned();
    let named: Vec<String> = Commitment::named().map(|one| one.to_string()).collect();
    let named = named.join(", ");
    Failure::new(
        "PROPERTY",
        Exit::Usage,
        both!(
            "--commitment {shown}: non è né un impegno conosciuto né un identificativo (OID)",
            "--commitment {shown}: neither a known commitment nor an object identifier"
        ),
    )
    .hint(both!("gli impegni sono: {named}", "the commitments are: {named}"))
}

/// `TOWN`, `TOWN,IT`, `TOWN,street and number,IT`; also with the country first. With several parts
/// one end is the country: "Forlì,Italia" would make a street of it.
///
/// # Errors
/// Exit 2: several parts, and no country at either end.
fn location(text: &str) -> Result<SignerLocation, Failure> {
    let mut parts: Vec<&str> =
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let is_country =
        |part: &&str| part.len() == 2 && part.bytes().all(|octet| octet.is_ascii_uppercase());
    let country =
        if parts.last().is_some_and(is_country) {
            parts.pop().map(str::to_owned)
        } else if parts.first().is_some_and(is_country) {
            Some(parts.remove(0).to_owned())
        } else if parts.len() > 1 {
            let shown = clean::line(text).into_owned();
            return Err(Failure::new(
            "PROPERTY",
            Exit::Usage,
            both!(
                "--location {shown}: lo Stato si indica con il suo codice di due lettere maiuscole",
                "--location {shown}: the country is given as its code of two capital letters"
            ),
        )
        .hint(Text::fixed("per esempio: --location Forlì,IT", "for example: --location Forlì,IT")));
        } else {
            None
        };
    let mut parts = parts.into_iter().map(str::to_owned);
    Ok(SignerLocation { country, locality: parts.next(), address: parts.collect() })
}

/// Largest policy document read; those published have some hundred KiB.
const MAX_POLICY: u64 = 64 << 20;

fn policy_digest(
    file: &Path,
    preferred: DigestAlgorithm,
) -> Result<(DigestAlgorithm, Vec<u8>), Failure> {
    use std::io::Read as _;
    let source = files::SourceFile::open(file, files::FollowLinks::Follow)?;
    let mut octets = Vec::new();
    source
        .take(MAX_POLICY + 1)
        .read_to_end(&mut octets)
        .map_err(|error| files::Error::from_io("reading", file, error))?;
    if octets.len() as u64 > MAX_POLICY {
        let shown = clean::path(file);
        return Err(Failure::new(
            "LIMIT",
            Exit::Unsupported,
            both!(
                "{shown} è troppo grande per una politica di firma",
                "{shown} is too large for a signature policy"
            ),
        ));
    }
    Ok(cades::policy::document_digest(&octets, preferred))
}

/// What is worth knowing about the data that went in.
pub(crate) fn warning(note: &Note) -> Warning {
    let text = match note {
        Note::Revoked { subject, at, on_hold } => {
            let (it, en) = (instant::shown_in(*at, Lang::It), instant::shown_in(*at, Lang::En));
            let subject = clean::line(subject).into_owned();
            if *on_hold {
                both!(
                    "il certificato di {subject} è sospeso dal {it}",
                    "the certificate of {subject} is suspended since {en}"
                )
            } else {
                both!(
                    "il certificato di {subject} è revocato dal {it}",
                    "the certificate of {subject} is revoked since {en}"
                )
            }
        }
        Note::Unsigned { files, more } => {
            let names = clean::line(&files.join(", ")).into_owned();
            let rest = if *more > 0 { format!(" (+{more})") } else { String::new() };
            both!(
                "nel contenitore ci sono file non firmati, e restano non firmati: {names}{rest}",
                "files of the container are not signed, and stay unsigned: {names}{rest}"
            )
        }
        Note::IssuedBefore { subject, issued, .. } => {
            let subject = clean::line(subject).into_owned();
            let (it, en) =
                (instant::shown_in(*issued, Lang::It), instant::shown_in(*issued, Lang::En));
            both!(
                "i dati di revoca su {subject} sono del {it}, prima della marca: per una prova più forte estendere di nuovo quando ne esce un aggiornamento",
                "the revocation data on {subject} are of {en}, before the time-stamp: for stronger proof extend again once newer ones are issued"
            )
        }
        Note::PlainCms { id, subject } => {
            let subject = clean::line(subject).into_owned();
            both!(
                "la firma {id} di {subject} è una firma CMS semplice: non indica il suo certificato, quindi non raggiunge nessun livello CAdES, qualunque cosa le si aggiunga",
                "signature {id} of {subject} is a plain CMS signature: it does not name its certificate, so it reaches no CAdES level, whatever is added"
            )
        }
        Note::OwnSignature { id, subject } => {
            let subject = clean::line(subject).into_owned();
            both!(
                "{subject} ha controfirmato la propria firma {id}: di solito controfirma un'altra persona",
                "{subject} countersigned their own signature {id}: usually another person does"
            )
        }
        Note::StampWithoutData { subject } => {
            let subject = clean::line(subject).into_owned();
            both!(
                "accanto alla marca più recente, di {subject}, non c'è una lista di revoca: per metterla, estendere con --level lta",
                "there is no revocation list beside the newest time-stamp, of {subject}: extend with --level lta to put it there"
            )
        }
        Note::StampIgnored { id, subject, other } => {
            let subject = clean::line(subject).into_owned();
            if *other {
                both!(
                    "una marca temporale di {subject} sulla firma {id} riguarda altro: non prova nulla e non è stata contata",
                    "a time-stamp of {subject} on signature {id} is over something else: it proves nothing and was not counted"
                )
            } else {
                both!(
                    "una marca temporale sulla firma {id} è di {subject}, che non porta a nessuna autorità fidata: non è stata contata; se va contata, indicare l'autorità con --trust",
                    "a time-stamp on signature {id} is of {subject}, which leads to no trusted authority: it was not counted; if it should count, name the authority with --trust"
                )
            }
        }
        Note::TrailingOctets { octets } => both!(
            "dietro la firma c'erano {octets} byte che non ne fanno parte: nel nuovo file non ci sono più",
            "behind the signature there were {octets} octets that are no part of it: they are not in the new file"
        ),
        other => Text::same(clean::line(&other.to_string()).into_owned()),
    };
    Warning::new(note.code(), text)
}

/// One line about the data that went in, if any did.
pub(crate) fn tell_added(outcome: &mut Outcome, added: ceralacca::Added) {
    if added == ceralacca::Added::default() {
        return;
    }
    let ceralacca::Added { certificates, crls, ocsp } = added;
    outcome.say(
        Tone::Faint,
        1,
        both!(
            "dati per la verifica futura: certificati {certificates}, liste di revoca {crls}, risposte OCSP {ocsp}",
            "data for later verification: certificates {certificates}, revocation lists {crls}, OCSP answers {ocsp}"
        ),
    );
}

/// The same for programs.
pub(crate) fn added(added: ceralacca::Added) -> Value {
    json!({ "certificates": added.certificates, "crls": added.crls, "ocsp": added.ocsp })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let of = |text: &str| {
            let place = location(text).unwrap();
            (place.locality.unwrap_or_default(), place.country, place.address.len())
        };
        let it = || Some("IT".to_owned());
        assert_eq!(of("Esempio"), ("Esempio".to_owned(), None, 0));
        assert_eq!(of("Esempio, IT"), ("Esempio".to_owned(), it(), 0));
        assert_eq!(of("Esempio, Piazza del Comune 1, IT"), ("Esempio".to_owned(), it(), 1));
        assert_eq!(of("IT,Esempio"), ("Esempio".to_owned(), it(), 0));
        assert_eq!(of("IT"), (String::new(), it(), 0));
        for text in ["Esempio,Italia", "Esempio, Piazza del Comune 1", "Esempio,it"] {
            assert_eq!(location(text).unwrap_err().exit, Exit::Usage, "{text}");
        }
        assert_eq!(of(""), (String::new(), None, 0));
    }

    #[test]
    fn numbers_of_signatures() {
        let of = |text: &str| ids(&[text.to_owned()]).map(|ids| ids[0].to_string());
        assert_eq!(of("1.2"), Ok("1.2".to_owned()));
        assert_eq!(of("x").map_err(|f| f.exit), Err(Exit::Usage));
        assert_eq!(of("2/1").map_err(|f| f.code), Err("SEALED"));
    }
}

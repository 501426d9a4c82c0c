//! The library's errors in both languages.
//!
//! English comes from the errors themselves; Italian stands here, one sentence for each fact. The
//! code is the library's own, the exit code follows from its family.

mod formats;
mod keys;
mod said;
mod stamps;

pub(crate) use self::said::{said, system};

use ceralacca::{Error, Family, FileKind, Obstacle, online};

use self::formats::{asic, asic_step, cades, cades_step};
use self::keys::{key, key_step, x509, x509_step};
use self::stamps::{network, network_step, timestamp, timestamp_step};
use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, with_causes};
use crate::instant;
use crate::lang::{Lang, Text};

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match unwrapped(error) {
            // These have their own codes and wordings.
            Error::Files(error) => error.into(),
            Error::Preservation(error) => error.into(),
            other => Self::of(&other),
        }
    }
}

/// A broken encoding that came through a reader, and so as an error of reading, is told as what it
/// is: the disk is well, the file is not.
fn unwrapped(error: Error) -> Error {
    match error {
        Error::Files(files::Error::Io { operation, path, source }) => {
            let source = match source.downcast::<::cms::Error>() {
                Ok(source) => return Error::Cades { path, source: source.into() },
                Err(source) => source,
            };
            match source.downcast::<::asn1::Error>() {
                Ok(source) => {
                    let source = ::cms::Error::Encoding { while_reading: "SignedData", source };
                    Error::Cades { path, source: source.into() }
                }
                Err(source) => files::Error::Io { operation, path, source }.into(),
            }
        }
        other => other,
    }
}

impl Failure {
    fn of(error: &Error) -> Self {
        let exit = match error.family() {
            Family::InputOutput => Exit::Io,
            Family::Unsupported => Exit::Unsupported,
            Family::Network => Exit::Network,
            Family::Key => Exit::Key,
            Family::Usage => Exit::Usage,
            Family::Judgement => Exit::Failed,
            Family::Incomplete => Exit::Indeterminate,
        };
        let it = clean::line(&sentence(error)).into_owned();
        let failure = Self::new(error.code(), exit, Text::new(it, english(error)));
        match (error.hint(), next_step(error)) {
            (Some(en), Some(it)) => failure.hint(Text::new(it, en)),
            (None, None) | (None, Some(_)) => failure,
            // No Italian advice for it: better English than none.
            (Some(en), None) => failure.hint(Text::same(en)),
        }
    }
}

impl From<online::Error> for Failure {
    /// Errors of setting the network up; what happens on it later comes inside others.
    fn from(error: online::Error) -> Self {
        use online::Error as E;
        let code = error.code();
        let exit = match error {
            E::BadUrl { .. }
            | E::RefusedScheme { .. }
            | E::CredentialsInUrl { .. }
            | E::BadCredentials
            | E::BadProxy { .. } => Exit::Usage,
            E::BadRoots => Exit::Io,
            _ => Exit::Network,
        };
        Self { code, exit, ..Error::from(error).into() }
    }
}

/// The library's sentence, without the counting of a list of one.
fn english(error: &Error) -> String {
    match error {
        Error::Certificate { subject, obstacle } => {
            // The library shows times in UTC; people read Rome's.
            let when = match obstacle {
                Obstacle::Expired { not_after } => {
                    format!("expired on {}", instant::shown_in(*not_after, Lang::En))
                }
                Obstacle::NotYetValid { not_before } => {
                    format!("is valid only from {}", instant::shown_in(*not_before, Lang::En))
                }
                Obstacle::Revoked { at, on_hold } => {
                    let what = if *on_hold { "suspended" } else { "revoked" };
                    format!("is {what} since {}", instant::shown_in(*at, Lang::En))
                }
                other => other.to_string(),
            };
            clean::line(&format!("the certificate of {subject} {when}")).into_owned()
        }
        Error::Cades { source: source @ ::cades::Error::Timestamp(_), .. } => with_causes(source),
        other => with_causes(other),
    }
}

fn sentence(error: &Error) -> String {
    match error {
        // Handled before.
        Error::Files(error) => error.to_string(),
        Error::Preservation(error) => error.to_string(),
        // The path would be the output's, and the fault is the authority's.
        Error::Cades { source: ::cades::Error::Timestamp(source), .. } => {
            format!("non c'è la marca temporale: {}", timestamp(source))
        }
        Error::Cades { path, source } => format!("{}: {}", clean::path(path), cades(source)),
        Error::Timestamp { path, source } => {
            format!("{}: {}", clean::path(path), timestamp(source))
        }
        Error::Key { path, source } => format!("{}: {}", clean::path(path), key(source)),
        Error::X509 { path, source } => format!("{}: {}", clean::path(path), x509(source)),
        Error::NoCertificate { path } => {
            format!("la chiave in {} non ha con sé il suo certificato", clean::path(path))
        }
        Error::KeyMismatch { path, subject } => format!(
            "la chiave in {} non corrisponde al certificato di {subject}",
            clean::path(path)
        ),
        Error::Certificate { subject, obstacle } => {
            format!("il certificato di {subject} {}", self::obstacle(*obstacle))
        }
        Error::AlreadySigned { path, subject } => {
            format!("{}: {subject} ha già firmato", clean::path(path))
        }
        Error::Container { path, source } => format!("{}: {}", clean::path(path), asic(source)),
        Error::ContainerFiles { kind, files } => {
            format!("un {} non contiene {files} file", kind.name())
        }
        Error::ContainerSeveral { path, files } => format!(
            "{}: contiene {files} file, e lì se ne può scrivere uno solo",
            clean::path(path)
        ),
        Error::ContainerKind { path, kind } => {
            format!("{}: con un {} non si può fare", clean::path(path), kind.name())
        }
        Error::ContainerSealed { path, member } => format!(
            "{}: «{member}» è coperto da una marca temporale e non può cambiare",
            clean::path(path)
        ),
        Error::ContainerAltered { path, member } => {
            format!("{}: «{member}» non è il file che fu firmato", clean::path(path))
        }
        Error::Unsupported { path, found } => {
            format!("{}: {}", clean::path(path), kind(*found))
        }
        Error::ContentNeeded { path } => {
            format!("{}: una firma separata ha bisogno del file che firma", clean::path(path))
        }
        Error::PresentSignatures { path, report } => {
            let what = match ceralacca::validation::exit_code(report) {
                1 => "non superano la verifica",
                _ => "non si possono confermare con i dati a disposizione",
            };
            format!("{}: le firme presenti {what}", clean::path(path))
        }
        Error::SameSigner { subject } => format!("{subject} è indicato due volte come firmatario"),
        Error::Empty { path } => format!("{}: il file è vuoto", clean::path(path)),
        Error::Material { path, missing } => {
            format!("{}: {}", clean::path(path), self::missing(missing))
        }
        Error::Broken { path, id, what } => {
            format!("{}: la firma {id} è guasta: {}", clean::path(path), broken(what))
        }
        Error::TooLate { path, subject, not_after } => format!(
            "{}: il certificato di {subject} è scaduto il {} e nessuna marca temporale è più vecchia",
            clean::path(path),
            instant::shown_in(*not_after, Lang::It)
        ),
        Error::LevelNotReached { path, id, level } => format!(
            "{}: la firma {id} non arriva al livello chiesto, resta {level}",
            clean::path(path)
        ),
        Error::Online(error) => network(error),
        other => said(&with_causes(other)),
    }
}

/// What could not be found, and what was tried.
fn missing(missing: &ceralacca::Missing) -> String {
    use ceralacca::Step as S;
    let subject = &missing.subject;
    let mut text = match &missing.step {
        S::Trust => format!(
            "nessuna autorità è fidata, quindi la catena di {subject} non si può completare"
        ),
        S::Issuer { name } => {
            format!("nella catena di {subject} manca il certificato di chi lo ha emesso, {name}")
        }
        S::Path => format!("il certificato di {subject} non porta a nessuna autorità fidata"),
        S::Validity { at } => {
            format!("la catena di {subject} non era valida il {}", instant::shown_in(*at, Lang::It))
        }
        S::Revocation => format!("non ci sono dati di revoca utilizzabili su {subject}"),
        S::Limit { what, limit } => {
            format!("superato il limite di {limit} ({what}), al certificato di {subject}")
        }
        _ => return missing.to_string(),
    };
    for attempt in missing.attempts.iter().take(3) {
        text.push_str("; ");
        text.push_str(&said(attempt));
    }
    text
}

fn missing_step(step: &ceralacca::Step, tried: bool) -> Option<&'static str> {
    use ceralacca::Step as S;
    Some(match step {
        S::Trust => "indicare le autorità fidate con --trust FILE o cartella",
        S::Issuer { .. } => {
            "dare il certificato di chi lo ha emesso con --chain, e quello dell'autorità con --trust"
        }
        S::Path => "dare il certificato dell'autorità con --trust",
        S::Validity { .. } => {
            "un certificato scaduto non si può più provare valido; si veda: ceralacca verifica"
        }
        S::Revocation if tried => {
            "riprovare più tardi, o dare una lista con --crl o una risposta con --ocsp; gli indirizzi della propria rete richiedono --allow-net"
        }
        S::Revocation => "dare una lista con --crl o una risposta con --ocsp",
        S::Limit { .. } => "nessun file onesto si avvicina a questo limite",
        _ => return None,
    })
}

/// Completes "la firma … è guasta".
fn broken(what: &str) -> &str {
    match what {
        "its certificate is not at hand" => "il suo certificato non è disponibile",
        "its value does not verify" => "il suo valore non corrisponde",
        "its algorithm cannot be checked" => "il suo algoritmo non si può controllare",
        "it is over another content" => "è su un altro contenuto",
        "it does not say what it is over" => "non dice su che cosa è fatta",
        other => other,
    }
}

fn next_step(error: &Error) -> Option<String> {
    let fixed = match error {
        Error::Cades { source, .. } => cades_step(source),
        Error::Timestamp { source, .. } => timestamp_step(source),
        Error::Key { source, .. } => key_step(source),
        Error::X509 { source, .. } => x509_step(source),
        Error::NoCertificate { .. } => Some("indicarlo con --cert FILE"),
        Error::KeyMismatch { .. } => Some("indicare il certificato emesso per questa chiave"),
        Error::Certificate { obstacle: Obstacle::Revoked { .. }, .. } => {
            Some("firmare con un altro certificato: una firma con questo non ha effetto")
        }
        Error::Certificate { obstacle, .. } => {
            return Some(format!(
                "usare il certificato fatto per firmare; se è proprio ciò che si vuole: --allow {}",
                obstacle.name()
            ));
        }
        Error::AlreadySigned { .. } => {
            Some("per firmare ancora con la stessa chiave aggiungere --again")
        }
        Error::Container { source, .. } => asic_step(source),
        Error::ContainerFiles { files: 0, .. } => Some("indicare i file da firmare"),
        Error::ContainerFiles { .. } => {
            Some("per più file c'è il contenitore fatto per loro: --format asic-e")
        }
        Error::ContainerSeveral { .. } => Some("indicare una cartella con -o"),
        Error::ContainerKind { .. } => Some("usare un ASiC-E: --format asic-e"),
        Error::ContainerSealed { .. } => Some(
            "lo copre una marca temporale d'archivio: si rinnova con ceralacca estendi --level lta",
        ),
        Error::ContainerAltered { .. } => Some("guardarlo con: ceralacca verifica"),
        Error::Unsupported { found, .. } => kind_step(*found),
        Error::ContentNeeded { .. } => Some("indicare il file firmato con --content FILE"),
        Error::SameSigner { .. } => Some(
            "indicare ogni chiave una volta sola; se si vogliono due firme della stessa persona: --again",
        ),
        Error::Empty { .. } => Some("controllare il percorso, e che la copia sia stata completata"),
        Error::PresentSignatures { .. } => Some("guardarle con: ceralacca verifica"),
        Error::Material { missing, .. } => {
            missing_step(&missing.step, !missing.attempts.is_empty())
        }
        Error::Broken { .. } => Some(
            "guardarla con: ceralacca verifica; chiedere una copia integra, o estendere solo le altre firme: estendi --signature",
        ),
        Error::TooLate { .. } => Some(
            "una marca di oggi non prova nulla sul giorno della firma; se c'è un'altra prova di quel giorno: --allow expired",
        ),
        Error::LevelNotReached { .. } => {
            Some("guardare che cosa contiene con: ceralacca ispeziona; e verificarla")
        }
        Error::Online(error) => network_step(error),
        _ => None,
    };
    fixed.map(str::to_owned)
}

/// Completes "il certificato di …".
fn obstacle(obstacle: Obstacle) -> String {
    match obstacle {
        Obstacle::Expired { not_after } => {
            format!("è scaduto il {}", instant::shown_in(not_after, Lang::It))
        }
        Obstacle::NotYetValid { not_before } => {
            format!("è valido solo dal {}", instant::shown_in(not_before, Lang::It))
        }
        Obstacle::NoNonRepudiation => {
            "non serve per firmare documenti: nel suo uso manca il non ripudio".to_owned()
        }
        Obstacle::AutomaticOnly => "è limitato alle procedure di firma automatica".to_owned(),
        Obstacle::Revoked { at, on_hold } => {
            let what = if on_hold { "sospeso" } else { "revocato" };
            format!("è {what} dal {}", instant::shown_in(at, Lang::It))
        }
        other => other.to_string(),
    }
}

fn kind(found: FileKind) -> &'static str {
    match found {
        FileKind::SignedData => "è una firma CMS",
        FileKind::Timestamp => "è una marca temporale",
        FileKind::TimestampedData => "è un file con la sua marca temporale (.tsd)",
        FileKind::Encrypted => "è un file CMS cifrato, che non si può verificare",
        FileKind::OtherCms => "è un file CMS di un tipo che non contiene firme",
        FileKind::SignedPdf => "è un PDF firmato, che questa versione non verifica ancora",
        FileKind::SignedXml => "è una firma XML: è riconosciuta, ma qui non si verifica",
        FileKind::Asic => "è un contenitore ASiC",
        FileKind::M7m => "è un messaggio M7M (firma e marca temporale)",
        FileKind::SignedMail => "è un messaggio di posta con firma separata: qui non si verifica",
        FileKind::Other => "non contiene né firme né marche temporali",
    }
}

fn kind_step(found: FileKind) -> Option<&'static str> {
    match found {
        FileKind::Encrypted => {
            Some("decifrarlo prima, con il programma e la chiave per cui è stato fatto")
        }
        FileKind::Timestamp => Some(
            "la marca sta accanto al suo file: indicare quello, o controllarla con: ceralacca verifica MARCA --content FILE",
        ),
        FileKind::SignedData | FileKind::TimestampedData | FileKind::M7m => None,
        FileKind::Other => Some("controllare che sia il file firmato e non l'originale"),
        FileKind::Asic => Some(
            "i contenitori si firmano, cofirmano, estendono, verificano, ispezionano ed estraggono",
        ),
        _ => Some(
            "questa versione legge .p7m, .p7s, .tsd, .m7m, .tsr, .tst, .asics e .asice; si veda «ceralacca --help»",
        ),
    }
}

impl From<ceralacca::preservation::Error> for Failure {
    fn from(error: ceralacca::preservation::Error) -> Self {
        use ceralacca::preservation::Error as E;
        let error = match error {
            E::Files(error) => return error.into(),
            // The signature's own error says what to do.
            E::Sign { source } => match source.downcast::<Error>() {
                Ok(error) => return (*error).into(),
                Err(source) => E::Sign { source },
            },
            E::Interrupted => return Self::interrupted(),
            other => other,
        };
        let exit = match &error {
            E::NoMain => Exit::Usage,
            E::InvalidSip { .. } | E::DigestMismatch { .. } => Exit::Failed,
            E::NotAPackage { .. } | E::Limit { .. } => Exit::Unsupported,
            E::Sign { .. } | E::EmptySignature => Exit::Key,
            _ => Exit::Io,
        };
        let said = error.message();
        let failure = Self::new(error.code(), exit, Text::new(said.it, said.en));
        match error.advice() {
            Some(advice) => failure.hint(Text::new(advice.it, advice.en)),
            None => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn families_become_exit_codes_and_both_languages_have_a_next_step() {
        let path = PathBuf::from("a\u{1b}.p7m");
        let cases = [
            (
                Error::Key { path: path.clone(), source: crypto::Error::WrongPassword },
                Exit::Key,
                "password",
            ),
            (
                Error::Certificate {
                    subject: "X".to_owned(),
                    obstacle: Obstacle::NoNonRepudiation,
                },
                Exit::Key,
                "no",
            ),
            (
                Error::Unsupported { path: path.clone(), found: FileKind::SignedXml },
                Exit::Unsupported,
                "XML",
            ),
            (
                Error::Timestamp {
                    path: path.clone(),
                    source: ::timestamp::Error::Answer {
                        authority: "http://tsa".to_owned(),
                        source: Box::new(::timestamp::Error::WrongNonce),
                    },
                },
                Exit::Network,
                "http://tsa",
            ),
            (
                Error::Cades { path, source: ::cades::Error::WrongContent { signer: 2 } },
                Exit::Failed,
                "2",
            ),
        ];
        for (error, exit, word) in cases {
            let failure = Failure::from(error);
            assert_eq!(failure.exit, exit, "{failure:?}");
            let hint = failure.hint.as_ref().expect("hint");
            assert_ne!(hint.get(Lang::It), hint.get(Lang::En));
            assert_ne!(failure.say(Lang::It), failure.say(Lang::En));
            for lang in [Lang::It, Lang::En] {
                assert!(failure.say(lang).contains(word), "{failure:?}");
                assert!(!failure.say(lang).contains('\u{1b}'));
            }
        }
    }
}

//! The library's errors in both languages.
//!
//! English comes from the errors themselves; Italian stands here, one sentence for each fact. The
//! code is the library's own, the exit code follows from its family.

use ceralacca::{Error, Family, FileKind, Obstacle, online};

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
        Error::PresentSignatures { path, .. } => {
            format!("{}: le firme presenti non superano la verifica", clean::path(path))
        }
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
        Error::Online(error) => network(error),
        other => with_causes(other),
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
        text.push_str(attempt);
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
        Error::PresentSignatures { .. } => Some("guardarle con: ceralacca verifica"),
        Error::Material { missing, .. } => {
            missing_step(&missing.step, !missing.attempts.is_empty())
        }
        Error::Broken { .. } => Some(
            "guardarla con: ceralacca verifica; per estendere solo le altre, indicarle con --signature",
        ),
        Error::TooLate { .. } => Some(
            "una marca di oggi non prova nulla sul giorno della firma; se c'è un'altra prova di quel giorno: --allow expired",
        ),
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

fn asic(error: &::asic::Error) -> String {
    use ::archive::Error as A;
    use ::asic::Error as E;
    match error {
        E::Archive(error) => match error {
            A::Refused { findings } => {
                let refusing = findings.iter().find(|finding| finding.problem.refuses());
                let why = refusing.map(::archive::Finding::it).unwrap_or_default();
                format!("il file ZIP non viene letto. {why}")
            }
            A::Damaged { member } => {
                format!("nel file ZIP il contenuto di «{member}» è danneggiato")
            }
            A::Name { name, problem } => {
                format!("«{name}» non può stare in un contenitore: {}", problem.it())
            }
            A::Collision { first, second } => {
                format!("«{first}» e «{second}» sono lo stesso nome per qualche sistema")
            }
            A::ContentSize { name, .. } => format!("«{name}» è cambiato mentre veniva letto"),
            A::TooManyMembers { limit } => format!("un contenitore non ha più di {limit} file"),
            other => other.to_string(),
        },
        E::NotAsic => "il file ZIP non è un contenitore ASiC".to_owned(),
        E::Limit { limit, .. } => format!("il contenitore supera il limite di {limit}"),
        other => other.to_string(),
    }
}

fn asic_step(error: &::asic::Error) -> Option<&'static str> {
    use ::archive::Error as A;
    use ::asic::Error as E;
    Some(match error {
        E::Archive(A::Refused { .. } | A::Damaged { .. }) => {
            "chiedere un'altra copia a chi ha mandato il file"
        }
        E::Archive(A::Name { .. }) => "rinominare il file",
        E::Archive(A::Collision { .. }) => "rinominare uno dei due file",
        E::Archive(A::ContentSize { .. }) => "chiudere il programma che scrive il file e riprovare",
        E::Archive(A::TooManyMembers { .. }) => "fare più contenitori",
        E::NotAsic => "controllare che sia il contenitore firmato",
        _ => return None,
    })
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
        FileKind::SignedData | FileKind::Timestamp | FileKind::TimestampedData | FileKind::M7m => {
            None
        }
        FileKind::Other => Some("controllare che sia il file firmato e non l'originale"),
        FileKind::Asic => Some(
            "i contenitori si firmano, cofirmano, estendono, verificano, ispezionano ed estraggono",
        ),
        _ => Some(
            "questa versione legge .p7m, .p7s, .tsd, .m7m, .tsr e .tst; si veda `ceralacca --help`",
        ),
    }
}

fn cades(error: &::cades::Error) -> String {
    use ::cades::Error as E;
    match error {
        E::Cms(error) => cms(error),
        E::Key { subject, source } => {
            format!("la chiave di {subject} non ha firmato: {}", key(source))
        }
        E::KeyMismatch { subject } => {
            format!("la chiave non corrisponde al certificato di {subject}")
        }
        E::Timestamp(error) => format!("non c'è la marca temporale: {}", timestamp(error)),
        E::Stamped(error) => timestamp(error),
        E::NoSigner => "non è indicato nessun firmatario".to_owned(),
        E::NotHashed { algorithm } => {
            format!("l'impronta {algorithm} del contenuto non è stata calcolata")
        }
        E::WrongContent { signer } => {
            format!("il contenuto non è quello della firma {signer}")
        }
        E::AlreadyAttached => "la firma ha già il suo contenuto dentro".to_owned(),
        E::Detached => "la firma non ha il contenuto dentro".to_owned(),
        E::NoSignature => "nel file non c'è nessuna firma".to_owned(),
        E::ContentSize { expected, found } => format!(
            "il contenuto è di {found} byte invece di {expected}: è cambiato mentre veniva letto"
        ),
        E::SignatureId { text } => {
            format!("«{text}» non indica nessuna firma: sono numerate 1, 2…, le controfirme 1.1, 1.2…")
        }
        E::NoSuchSignature { id } => format!("nel file non c'è la firma {id}"),
        E::Covered { id, by } => {
            format!("la firma {id} qui non si può cambiare: {} copre ciò che cambierebbe", cover(by))
        }
        E::EvidenceRecord { id } => format!(
            "l'evidence record della firma {id} copre tutto il file: non si può aggiungere nulla"
        ),
        E::Frozen => "una marca d'archivio di tipo vecchio copre questo file: ai suoi certificati non si può aggiungere nulla".to_owned(),
        E::ArchivedWithParent { id } => {
            format!("la controfirma {id} si archivia con la firma su cui sta")
        }
        E::Property { property, problem } => attribute(property, problem),
        E::NoAuthority => "serve una marca temporale e non è indicata nessuna autorità".to_owned(),
        E::ContentChanged => "il file è cambiato mentre veniva letto".to_owned(),
        E::Io(error) => format!("lettura o scrittura non riuscita: {error}"),
        other => with_causes(other),
    }
}

/// What covers a signature.
fn cover(by: &str) -> &str {
    match by {
        "the signature" => "la firma stessa",
        "an archive time-stamp" => "una marca d'archivio",
        "an archive time-stamp of an older kind" => "una marca d'archivio di tipo vecchio",
        "a time-stamp over references" => "una marca sui riferimenti",
        other => other,
    }
}

/// Something the signer is to say cannot be said.
fn attribute(property: &str, problem: &str) -> String {
    let it = match property {
        "commitment" => "l'impegno",
        "role" => "il ruolo",
        "country" => "lo Stato",
        "locality" => "il comune",
        "postal address" => "l'indirizzo",
        "location" => "il luogo",
        "media type" => "il tipo del contenuto",
        "policy digest" => "l'impronta della politica di firma",
        "policy address" => "l'indirizzo della politica di firma",
        other => other,
    };
    let why = match problem {
        "is neither a known name nor an object identifier" => {
            "non è né un nome conosciuto né un identificativo"
        }
        "is given twice" => "è indicato due volte",
        "is not of the form type/subtype" => "non ha la forma tipo/sottotipo",
        "is not a code of two capital letters, such as IT" => {
            "non è un codice di due lettere maiuscole, come IT"
        }
        "is empty" => "è vuoto",
        "is longer than 256 characters" => "ha più di 256 caratteri",
        "has control characters in it" => "contiene caratteri di controllo",
        "has more than six lines" => "ha più di sei righe",
        "says nothing" => "non dice nulla",
        "is not a URI" => "non è un URI",
        "is of an algorithm that is no longer used" => "è di un algoritmo che non si usa più",
        "is about content, which a countersignature has not" => {
            "riguarda il contenuto, che una controfirma non ha"
        }
        other => other,
    };
    format!("{it} {why}")
}

fn cades_step(error: &::cades::Error) -> Option<&'static str> {
    use ::cades::Error as E;
    match error {
        E::Cms(error) => cms_step(error),
        E::Key { source, .. } => key_step(source),
        E::Timestamp(error) | E::Stamped(error) => timestamp_step(error),
        E::KeyMismatch { .. } => Some("indicare il certificato emesso per questa chiave"),
        E::WrongContent { .. } => {
            Some("indicare proprio il file che è stato firmato, senza modifiche")
        }
        E::AlreadyAttached => Some("indicare solo il .p7m, senza --content"),
        E::Detached => Some("indicare il file firmato con --content"),
        E::SignatureId { .. } | E::NoSuchSignature { .. } => {
            Some("«ceralacca ispeziona» elenca le firme con i loro numeri")
        }
        E::Covered { .. } => Some(
            "aggiungerla a una copia del file di prima della marca d'archivio, o estendere la firma così com'è",
        ),
        E::EvidenceRecord { .. } => Some("si può rinnovare solo l'evidence record"),
        E::Frozen => {
            Some("per aggiungere una firma, firmare di nuovo tutto il file (firma FILE.p7m)")
        }
        E::ArchivedWithParent { .. } => Some("estendere la firma su cui sta"),
        E::NoAuthority => Some("indicare un'autorità di marcatura con --tsa"),
        E::ContentChanged => Some(
            "il file è cambiato durante la lettura: chiudere il programma che lo scrive e riprovare",
        ),
        E::ContentSize { .. } => Some(
            "il file è cambiato durante la lettura: chiudere il programma che lo scrive e riprovare",
        ),
        _ => None,
    }
}

fn cms(error: &::cms::Error) -> String {
    use ::cms::Error as E;
    match error {
        E::Encoding { while_reading, source } => {
            format!("non si riesce a leggere {while_reading}: {}", asn1(source))
        }
        E::NotSignedData { found } => format!("è un file CMS, ma non una firma (tipo {found})"),
        E::NotCms => "non è un file CMS".to_owned(),
        E::Algorithm(error) => {
            format!("l'identificativo di un algoritmo non si legge: {}", key(error))
        }
        E::TooMany { what, limit } => format!("più di {limit} elementi ({what})"),
        E::ContentSize { expected, found } => {
            format!("il contenuto è di {found} byte invece di {expected}")
        }
        E::TooManyLayers { limit } => format!("più di {limit} buste una dentro l'altra"),
        E::Mime { what } => format!("è un messaggio MIME con una parte sconosciuta ({what})"),
        E::Io(error) => format!("lettura o scrittura non riuscita: {error}"),
        other => with_causes(other),
    }
}

fn cms_step(error: &::cms::Error) -> Option<&'static str> {
    use ::cms::Error as E;
    match error {
        E::Encoding { source, .. } => asn1_step(source),
        E::NotSignedData { found } if *found == ::cms::oids::ENVELOPED_DATA => {
            Some("il file è cifrato: va decifrato prima di poterlo verificare")
        }
        E::NotSignedData { .. } | E::NotCms | E::Mime { .. } => {
            Some("controllare che sia il file firmato e non un altro")
        }
        E::ContentSize { .. } => Some(
            "il file è cambiato durante la lettura: chiudere il programma che lo scrive e riprovare",
        ),
        E::TooMany { .. } | E::TooManyLayers { .. } => {
            Some("nessun file onesto si avvicina a questo limite")
        }
        _ => None,
    }
}

fn asn1(error: &::asn1::Error) -> String {
    use ::asn1::Error as E;
    match error {
        E::Truncated { at } => format!("i dati finiscono al byte {at}, a metà di un valore"),
        E::UnexpectedTag { expected, found, at } => {
            format!("al byte {at} c'è {found} invece di {expected}")
        }
        E::Missing { expected, at } => format!("al byte {at} manca {expected}"),
        E::TrailingData { at } => format!("al byte {at} ci sono dati di troppo"),
        E::BadLength { at } => format!("al byte {at} una lunghezza è sbagliata"),
        E::HighTagNumber { at } => format!("al byte {at} c'è un'etichetta sconosciuta"),
        E::BadContents { what, at } => format!("al byte {at} un valore {what} è sbagliato"),
        E::Limit { what, limit, at } => {
            format!("al byte {at} si supera il limite di {limit} ({what})")
        }
        E::Io(error) => format!("lettura o scrittura non riuscita: {error}"),
        other => with_causes(other),
    }
}

fn asn1_step(error: &::asn1::Error) -> Option<&'static str> {
    use ::asn1::Error as E;
    match error {
        E::Truncated { .. } => Some("il file è incompleto: chiederlo o copiarlo di nuovo"),
        E::Limit { .. } => Some("nessun file onesto si avvicina a questo limite"),
        E::Io(_) => None,
        _ => Some("il file è danneggiato o di un altro tipo"),
    }
}

fn key(error: &crypto::Error) -> String {
    use crypto::Error as E;
    match error {
        E::SignatureInvalid => "il valore della firma non corrisponde a questa chiave".to_owned(),
        E::UnsupportedAlgorithm { oid, .. } => format!("algoritmo {oid} non gestito"),
        E::UnsupportedCurve { oid } => format!("curva ellittica {oid} non gestita"),
        E::Unsupported { what } => format!("non gestito: {what}"),
        E::AlgorithmMismatch { algorithm, key } => {
            format!("{algorithm} non va con una chiave di tipo {key}")
        }
        E::KeyConstraint { algorithm } => {
            format!("la chiave ammette per RSASSA-PSS altri parametri, non {algorithm}")
        }
        E::Malformed { what, .. } => format!("non si riesce a leggere: {what}"),
        E::Limit { what, limit, found } => {
            format!("{found} ({what}), mentre il limite è {limit}")
        }
        E::WrongPassword => "password sbagliata per il file della chiave".to_owned(),
        E::PasswordNeeded => {
            "il file della chiave è cifrato e non è stata data la password".to_owned()
        }
        E::NoPrivateKey => "nel file non c'è una chiave privata".to_owned(),
        E::NoCertificate => "nel file non c'è il certificato della chiave privata".to_owned(),
        E::KeyMismatch => "chiave privata e chiave pubblica non vanno insieme".to_owned(),
        E::TooWeakToSign { what } => format!("troppo debole per firmare: {what}"),
        E::SelfCheckFailed => {
            "la firma appena fatta non si verifica con la sua stessa chiave ed è stata scartata"
                .to_owned()
        }
        E::LegacyProvider { cipher, .. } => format!(
            "il file della chiave usa il vecchio cifrario {cipher}, e manca il modulo «legacy» di OpenSSL"
        ),
        other => with_causes(other),
    }
}

fn key_step(error: &crypto::Error) -> Option<&'static str> {
    use crypto::Error as E;
    Some(match error {
        E::SignatureInvalid => {
            "il file o la firma sono stati alterati, o il certificato è di un altro firmatario"
        }
        E::WrongPassword => {
            "controllare maiuscole e tastiera; una lettera accentata può essere stata scritta in un'altra codifica"
        }
        E::PasswordNeeded => "dare la password da un file, da un descrittore o a richiesta",
        E::NoPrivateKey => {
            "esportare di nuovo la chiave insieme al certificato (PKCS#12, .p12 o .pfx)"
        }
        E::NoCertificate => "esportare insieme chiave e certificato, o indicare il certificato",
        E::KeyMismatch => "indicare il certificato emesso per questa chiave",
        E::TooWeakToSign { .. } => {
            "usare una chiave RSA di almeno 2048 bit, una curva ellittica di almeno 256 bit o EdDSA, con SHA-256 o migliore"
        }
        E::LegacyProvider { .. } => {
            "installare il modulo «legacy» di OpenSSL, o esportare di nuovo la chiave con cifratura AES"
        }
        E::Limit { .. } => {
            "nessun file onesto si avvicina a questo limite: chiederne un altro a chi l'ha fatto"
        }
        E::Malformed { .. } => "il file è danneggiato o di un altro tipo",
        E::UnsupportedCurve { .. } | E::UnsupportedAlgorithm { .. } | E::Unsupported { .. } => {
            "l'algoritmo non è nell'elenco di quelli gestiti, che sta nella documentazione"
        }
        E::SelfCheckFailed => "riprovare; se si ripete, la macchina o la chiave hanno un guasto",
        _ => return None,
    })
}

fn x509(error: &::x509::Error) -> String {
    use ::x509::Error as E;
    match error {
        E::Encoding { object, source } => format!("non è un {object} ben fatto: {}", asn1(source)),
        E::Structure { object, rule, at } => {
            format!("il {object} viola una regola del suo formato al byte {at}: {rule}")
        }
        E::NotFound { object, octets } => {
            format!("nei {octets} byte del file non c'è nessun {object}")
        }
        E::Base64 { label, .. } => format!("il blocco PEM {label} non è in base64"),
        E::OcspRefused { status } => format!("il servizio OCSP non ha voluto rispondere: {status}"),
        E::OcspType { .. } => "la risposta OCSP è di un tipo sconosciuto".to_owned(),
        other => with_causes(other),
    }
}

fn x509_step(error: &::x509::Error) -> Option<&'static str> {
    use ::x509::Error as E;
    match error {
        E::Encoding { source, .. } => asn1_step(source),
        E::NotFound { .. } => Some("controllare che il file sia quello giusto, in DER o PEM"),
        E::Structure { .. } | E::Base64 { .. } | E::OcspType { .. } => {
            Some("il file è danneggiato o di un altro tipo: chiederlo di nuovo a chi lo emette")
        }
        E::OcspRefused { .. } => Some("riprovare più tardi, o dare la lista di revoca (CRL)"),
        _ => None,
    }
}

/// Why there is no time-stamp.
pub(crate) fn timestamp(error: &::timestamp::Error) -> String {
    use ::timestamp::Error as E;
    match error {
        E::NotATimestamp => "questa non è una marca temporale".to_owned(),
        E::Token(error) => format!("la marca temporale non si legge: {}", cms(error)),
        E::TstInfo(error) => format!("la marca temporale non si legge: {}", asn1(error)),
        E::Signers { found } => format!("la marca temporale ha {found} firmatari invece di uno"),
        E::Refused { status, reason } => {
            let reason = reason.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
            format!("l'autorità di marcatura ha rifiutato la richiesta: stato {status}{reason}")
        }
        E::NoToken => {
            "l'autorità di marcatura ha accettato la richiesta ma non ha mandato la marca"
                .to_owned()
        }
        E::WrongImprint => "la marca è su un'impronta diversa da quella inviata".to_owned(),
        E::WrongNonce => "la marca non ripete il numero casuale della richiesta (nonce)".to_owned(),
        E::WrongPolicy { expected, found } => {
            format!("la marca è stata fatta con la politica {found} invece di {expected}")
        }
        E::BadSignature { what } => {
            format!("la firma della marca temporale non è valida: {}", stamp_flaw(what))
        }
        E::NotForTimestamping { subject, what } => {
            let what = stamp_flaw(what);
            format!("il certificato {subject} non è fatto per le marche temporali: {what}")
        }
        E::CertificateNotValid { subject, at } => format!(
            "il certificato {subject} dell'autorità di marcatura non è valido il {}",
            instant::shown_in(*at, Lang::It)
        ),
        E::Exchange { authority, source } => {
            let why = match source.downcast_ref::<online::Error>() {
                Some(error) => network(error),
                None => source.to_string(),
            };
            format!("l'autorità di marcatura {authority} non è raggiungibile: {why}")
        }
        E::Answer { authority, source } => format!(
            "la risposta dell'autorità di marcatura {authority} non si può usare: {}",
            timestamp(source)
        ),
        E::AllFailed { reasons } => {
            let all: Vec<String> = reasons.iter().map(timestamp).collect();
            format!(
                "nessuna delle {} autorità di marcatura ha dato una marca: {}",
                reasons.len(),
                all.join("; ")
            )
        }
        E::Random(_) => "il sistema non dà numeri casuali".to_owned(),
        E::NoAuthority => "non è indicata nessuna autorità di marcatura".to_owned(),
        E::NotTimeStampedData => "questo non è un file TSD".to_owned(),
        E::Encoding { while_reading, source } => {
            format!("non si riesce a leggere {while_reading}: {}", asn1(source))
        }
        E::TooMany { what, limit } => format!("più di {limit} elementi ({what})"),
        E::BrokenChain { number, what } => {
            format!("la marca temporale {number} del file non regge: {}", stamp_flaw(what))
        }
        E::NotM7m { what } => format!("questo messaggio non è un M7M: {}", stamp_flaw(what)),
        E::M7m { what } => format!("il messaggio M7M è danneggiato: {}", stamp_flaw(what)),
        E::ContentSize { expected, found } => format!(
            "il contenuto è di {found} byte invece di {expected}: è cambiato mentre veniva letto"
        ),
        E::Io(error) => format!("lettura o scrittura non riuscita: {error}"),
        other => with_causes(other),
    }
}

/// What is wrong with a time-stamp, its certificate or the file that holds it.
fn stamp_flaw(what: &'static str) -> &'static str {
    match what {
        "the authority's certificate is not in the token" => {
            "il certificato dell'autorità non è nella marca"
        }
        "the signature value is wrong" => "il valore della firma è sbagliato",
        "the message digest is wrong" => "l'impronta firmata è sbagliata",
        "the content type is wrong" => "il tipo del contenuto è sbagliato",
        "the signing-certificate attribute names another certificate" => {
            "l'attributo del certificato di firma ne nomina un altro"
        }
        "it has no extended key usage" => "non ha l'uso esteso della chiave",
        "time-stamping is not among its purposes" => "fra i suoi scopi non ci sono le marche",
        "it has other purposes too" => "ha anche altri scopi",
        "its extended key usage is not critical" => "il suo uso esteso della chiave non è critico",
        "it is over another content" => "è su un altro contenuto",
        "it is not over the one before" => "non è sulla marca che la precede",
        "its signature is wrong" => "la sua firma è sbagliata",
        "there is none, but evidence of another kind" => "non c'è; c'è una prova di altro tipo",
        "its content type is not multipart/mixed" => "il suo tipo non è multipart/mixed",
        "it names no boundary" => "non indica il separatore delle parti",
        "it has more than one time-stamp" => "ha più di una marca temporale",
        "it has more than one signed file" => "ha più di un file firmato",
        "it has not one signed file and one time-stamp" => {
            "non ha un file firmato e una marca temporale"
        }
        "the last boundary is missing" => "manca il separatore finale",
        "a header is too long" => "un'intestazione è troppo lunga",
        "it ends in a header" => "finisce dentro un'intestazione",
        // A flaw the library learnt to name later.
        other => other,
    }
}

fn timestamp_step(error: &::timestamp::Error) -> Option<&'static str> {
    use ::timestamp::Error as E;
    match error {
        E::NotATimestamp => {
            Some("un file .tsr contiene una risposta o una marca, in DER, base64 o PEM")
        }
        E::Refused { .. } => {
            Some("chiedere all'autorità, o indicarne un'altra con un secondo --tsa")
        }
        E::NoAuthority => Some("indicarla con --tsa URL"),
        E::Exchange { .. } | E::AllFailed { .. } => Some(
            "controllare l'indirizzo e la rete, o indicare un'altra autorità con un secondo --tsa",
        ),
        E::Token(error) => cms_step(error),
        E::TstInfo(error) => asn1_step(error),
        E::Encoding { source, .. } => asn1_step(source),
        E::NotTimeStampedData | E::NotM7m { .. } => {
            Some("controllare che sia il file marcato e non un altro")
        }
        E::M7m { .. } => Some("il file è incompleto o danneggiato: chiederlo di nuovo"),
        E::BrokenChain { .. } => Some("esaminarlo con: ceralacca verifica"),
        E::TooMany { .. } => Some("nessun file onesto si avvicina a questo limite"),
        E::ContentSize { .. } => Some(
            "il file è cambiato durante la lettura: chiudere il programma che lo scrive e riprovare",
        ),
        E::Signers { .. } | E::Random(_) | E::Io(_) => None,
        _ => Some("nulla è stato scritto: indicare un'altra autorità con un secondo --tsa"),
    }
}

fn network(error: &online::Error) -> String {
    use online::Error as E;
    match error {
        E::BadUrl { url, reason } => format!("l'indirizzo «{url}» non si può usare: {reason}"),
        E::RefusedScheme { url, scheme } => {
            format!("{url} è di tipo {scheme}: si usano solo http e https")
        }
        E::CredentialsInUrl { host } => {
            format!("l'indirizzo di {host} contiene un nome utente o una password")
        }
        E::BadCredentials => {
            "il nome utente contiene due punti o un carattere di controllo".to_owned()
        }
        E::RefusedAddress { host, address, .. } => format!(
            "{host} sta all'indirizzo {address}, dove gli indirizzi scritti nei file non possono portare"
        ),
        E::RefusedName { host } => format!(
            "{host} è un nome di rete locale, dove gli indirizzi scritti nei file non possono portare"
        ),
        E::Resolve { host, .. } => format!("il nome {host} non si trova"),
        E::Connect { host, source } => format!("nessun collegamento con {host}: {source}"),
        E::Tls { host, source } => format!("nessun collegamento sicuro con {host}: {source}"),
        E::BadProxy { proxy } => format!("il proxy «{proxy}» non si può usare"),
        E::Proxy { proxy, host, reason } => {
            format!("il proxy {proxy} non ha aperto la via verso {host}: {reason}")
        }
        E::BadRoots => {
            "nel file delle autorità TLS non c'è nessun certificato leggibile".to_owned()
        }
        E::Timeout { url, after, .. } => {
            format!("{url} non ha risposto per intero entro {} s", after.as_secs_f32())
        }
        E::Status { url, code, detail } => {
            let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            format!("{url} ha risposto con lo stato HTTP {code}{detail}")
        }
        E::RedirectLoop { url } => format!("{url} rimanda a sé stesso"),
        E::TooManyRedirects { url, limit } => format!("{url} rimanda altrove più di {limit} volte"),
        E::BadRedirect { url, .. } => format!("{url} rimanda a un indirizzo che non si può usare"),
        E::TooLarge { url, limit } => format!("la risposta di {url} supera {limit} byte"),
        E::MediaType { url, expected, found, .. } => format!(
            "{url} ha risposto con {} invece di {expected}",
            found.as_deref().unwrap_or("nessun tipo")
        ),
        E::ContentCoding { url, found } => {
            format!("{url} ha mandato una risposta codificata {found}, che non era richiesta")
        }
        E::Protocol { url, .. } => format!("{url} non ha risposto in HTTP"),
        E::Interrupted { url, .. } => format!("la risposta di {url} si è interrotta"),
        other => with_causes(other),
    }
}

fn network_step(error: &online::Error) -> Option<&'static str> {
    use online::Error as E;
    Some(match error {
        E::BadUrl { .. } => "scriverlo per intero, come https://tsa.example.it/tsr",
        E::RefusedScheme { .. } => {
            "dare i dati con un file (--crl, --ocsp, --chain) o un indirizzo http o https"
        }
        E::CredentialsInUrl { .. } => "darli a parte: --tsa-user NOME --tsa-password-file FILE",
        E::BadCredentials => "controllare che nel nome utente non ci siano due punti o un a capo",
        E::RefusedAddress { .. } | E::RefusedName { .. } => {
            "se è un servizio della propria rete, indicare la rete con --allow-net"
        }
        E::Resolve { .. } => {
            "controllare il nome e la rete; dietro un proxy impostare https_proxy e http_proxy"
        }
        E::Connect { .. } => {
            "controllare la rete e che il servizio sia attivo; dietro un proxy impostare https_proxy e http_proxy"
        }
        E::Tls { .. } => {
            "se un servizio o un proxy della propria rete usa una sua autorità, indicarne il certificato con --ca-file"
        }
        E::BadProxy { .. } => "scriverlo come http://HOST:PORTA; i proxy SOCKS non sono gestiti",
        E::Proxy { .. } => "chiedere a chi gestisce il proxy di lasciar passare questo indirizzo",
        E::BadRoots => "indicare un file PEM con almeno un blocco CERTIFICATE",
        E::Timeout { .. } => "riprovare più tardi, o indicare anche un'altra autorità",
        E::Status { code: 401 | 403, .. } => {
            "controllare nome utente e password (--tsa-user, --tsa-password-file) e che il contratto abbia ancora marche"
        }
        E::Status { code: 407, .. } => {
            "il proxy chiede nome utente e password: metterli nell'impostazione del proxy"
        }
        E::Status { code: 404 | 405, .. } => "controllare il percorso dell'indirizzo",
        E::Status { code: 429 | 500..=599, .. } => {
            "il servizio ha un problema suo: riprovare più tardi"
        }
        E::MediaType { .. } => {
            "ha risposto qualcos'altro, forse una pagina di accesso o un proxy: aprire l'indirizzo in un browser"
        }
        E::TooLarge { .. } => "scaricarlo in altro modo e darlo con un file",
        E::RedirectLoop { .. } | E::TooManyRedirects { .. } | E::BadRedirect { .. } => {
            "usare l'indirizzo finale del servizio"
        }
        E::Interrupted { .. } => "riprovare",
        _ => return None,
    })
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

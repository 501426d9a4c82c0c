//! Errors of the formats: ASiC, CAdES, CMS, ASN.1.

use super::keys::{key, key_step};
use super::said::{said, system};
use super::stamps::{timestamp, timestamp_step};
use crate::failure::with_causes;

pub(super) fn asic(error: &::asic::Error) -> String {
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
            other => said(&other.to_string()),
        },
        E::NotAsic => "il file ZIP non è un contenitore ASiC".to_owned(),
        E::Limit { limit, .. } => format!("il contenitore supera il limite di {limit}"),
        other => said(&with_causes(other)),
    }
}

pub(super) fn asic_step(error: &::asic::Error) -> Option<&'static str> {
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

pub(super) fn cades(error: &::cades::Error) -> String {
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
        E::Io(error) => format!("lettura o scrittura non riuscita: {}", system(error)),
        other => said(&with_causes(other)),
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

pub(super) fn cades_step(error: &::cades::Error) -> Option<&'static str> {
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

pub(super) fn cms(error: &::cms::Error) -> String {
    use ::cms::Error as E;
    match error {
        E::Encoding { while_reading, source } => {
            format!("non si riesce a leggere {}: {}", said(while_reading), asn1(source))
        }
        E::NotSignedData { found } => format!("è un file CMS, ma non una firma (tipo {found})"),
        E::NotCms => "non è un file CMS".to_owned(),
        E::Algorithm(error) => {
            format!("l'identificativo di un algoritmo non si legge: {}", key(error))
        }
        E::TooMany { what, limit } => match *what {
            "signatures on one another" => format!("più di {limit} firme una sull'altra"),
            "signatures and countersignatures" => format!("più di {limit} firme e controfirme"),
            "time-stamps of signatures" => format!("più di {limit} marche temporali sulle firme"),
            other => format!("più di {limit} elementi ({})", said(other)),
        },
        E::ContentSize { expected, found } => {
            format!("il contenuto è di {found} byte invece di {expected}")
        }
        E::TooManyLayers { limit } => format!("più di {limit} buste una dentro l'altra"),
        E::Mime { what } => {
            format!("è un messaggio MIME con una parte sconosciuta ({})", said(what))
        }
        E::Io(error) => format!("lettura o scrittura non riuscita: {}", system(error)),
        other => said(&with_causes(other)),
    }
}

pub(super) fn cms_step(error: &::cms::Error) -> Option<&'static str> {
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

pub(super) fn asn1(error: &::asn1::Error) -> String {
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
        E::BadContents { what, at } => format!("al byte {at} un valore {} è sbagliato", said(what)),
        E::Limit { what, limit, at } => {
            format!("al byte {at} si supera il limite di {limit} ({})", said(what))
        }
        E::Io(error) => format!("lettura o scrittura non riuscita: {}", system(error)),
        other => said(&with_causes(other)),
    }
}

pub(super) fn asn1_step(error: &::asn1::Error) -> Option<&'static str> {
    use ::asn1::Error as E;
    match error {
        E::Truncated { .. } => Some("il file è incompleto: chiederlo o copiarlo di nuovo"),
        E::Limit { .. } => Some("nessun file onesto si avvicina a questo limite"),
        E::Io(_) => None,
        _ => Some("il file è danneggiato o di un altro tipo"),
    }
}

//! Why a package could not be made or looked at. A verdict is not an error.

use std::io;
use std::path::PathBuf;

use archive::names::NameProblem;

use crate::metadata::Problem;
use crate::report::{Message, PackageReport, clean};

/// The tool could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read, written or put in its place.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The metadata sheet lacks fields or has wrong ones; all of them are listed.
    #[error("the metadata sheet has {} problem(s); first: {}", .problems.len(), .problems.first().map_or("", |p| p.message.en.as_str()))]
    Metadata {
        /// Everything wrong, in the order of the sheet.
        problems: Vec<Problem>,
    },
    /// No main document was given.
    #[error("the package needs at least one main document")]
    NoMain,
    /// Two files would have the same name in the package, or names that some systems take for the
    /// same (upper and lower case, composed and decomposed accents).
    #[error("{first} and {second} would have the same name in the package")]
    NameCollision {
        /// The path inside the package that was there first.
        first: String,
        /// The one that collides with it.
        second: String,
    },
    /// A file's name may not stand in a package.
    #[error("{} cannot go into a package: {problem}", .path.display())]
    Name {
        /// The file as given.
        path: PathBuf,
        /// What is wrong with its name.
        problem: NameProblem,
    },
    /// A file does not have the digest the metadata sheet gives for it.
    #[error("{name} does not have the SHA-256 digest written in the metadata sheet")]
    DigestMismatch {
        /// The file's name.
        name: String,
        /// The digest in the sheet, lowercase hex.
        expected: String,
        /// The digest of the file as read, lowercase hex.
        found: String,
    },
    /// The metadata sheet describes a file that is not among those given.
    #[error("the metadata sheet describes {name}, which is not among the files of the package")]
    UnknownFile {
        /// The name in the sheet.
        name: String,
    },
    /// The deposit package an archive package should be made of is not valid.
    #[error("the deposit package is not valid")]
    InvalidSip {
        /// Its report.
        report: Box<PackageReport>,
    },
    /// Signing the index failed; the caller's own error is the source.
    #[error("the package index could not be signed: {source}")]
    Sign {
        /// What the signing callback answered.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The signing callback returned nothing.
    #[error("the signing of the package index returned no signature")]
    EmptySignature,
    /// The input is neither a deposit nor an archive package in a layout known here.
    #[error("{} is not a package known here", .path.display())]
    NotAPackage {
        /// The path as given.
        path: PathBuf,
    },
    /// Something is larger or more numerous than the limits allow.
    #[error("{what} exceeds the limit of {limit}")]
    Limit {
        /// What was counted.
        what: &'static str,
        /// The limit that was passed.
        limit: u64,
    },
    /// A text contains a character that XML 1.0 cannot carry.
    #[error("the text of {element} contains a character that XML cannot carry")]
    NotXmlText {
        /// The element or attribute it was meant for.
        element: String,
    },
    /// The XML could not be written.
    #[error("writing XML failed")]
    XmlWrite {
        /// The writer's own words.
        source: io::Error,
    },
    /// The ZIP container could not be written or read.
    #[error("the ZIP container failed: {source}")]
    Zip {
        /// What went wrong.
        source: archive::Error,
    },
    /// A package to be read failed below the level of findings (the disk, the share).
    #[error("reading {member} failed: {source}")]
    Read {
        /// The member being read.
        member: String,
        /// The system's own words.
        source: io::Error,
    },
    /// The caller asked to stop; what was staged is removed.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// A stable name, never translated.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Files(_) => "IO",
            Self::Metadata { .. } => "METADATA_INCOMPLETE",
            Self::NoMain => "NO_MAIN_DOCUMENT",
            Self::NameCollision { .. } => "NAME_COLLISION",
            Self::Name { .. } => "NAME_NOT_ALLOWED",
            Self::DigestMismatch { .. } => "DIGEST_MISMATCH",
            Self::UnknownFile { .. } => "UNKNOWN_FILE",
            Self::InvalidSip { .. } => "INVALID_SIP",
            Self::Sign { .. } | Self::EmptySignature => "INDEX_NOT_SIGNED",
            Self::NotAPackage { .. } => "NOT_A_PACKAGE",
            Self::Limit { .. } => "LIMIT",
            Self::NotXmlText { .. } | Self::XmlWrite { .. } => "XML",
            Self::Zip { .. } => "ZIP",
            Self::Read { .. } => "READ",
            Self::Interrupted => "INTERRUPTED",
        }
    }

    /// The sentence in both languages. For [`Error::Files`] the English one alone exists here.
    #[must_use]
    pub fn message(&self) -> Message {
        let it = match self {
            Self::Files(e) => e.to_string(),
            Self::Metadata { problems } => match problems.as_slice() {
                [one] => format!("La scheda dei metadati non va bene. {}", one.message.it),
                all => {
                    format!("La scheda dei metadati ha {} campi mancanti o sbagliati.", all.len())
                }
            },
            Self::NoMain => "Il pacchetto ha bisogno di almeno un documento principale.".into(),
            Self::NameCollision { first, second } => {
                format!("«{first}» e «{second}» avrebbero lo stesso nome nel pacchetto.")
            }
            Self::Name { path, problem } => {
                format!("«{}» non può entrare in un pacchetto: {}.", path.display(), problem.it())
            }
            Self::DigestMismatch { name, .. } => {
                format!("«{name}» non ha l'impronta SHA-256 scritta nella scheda dei metadati.")
            }
            Self::UnknownFile { name } => format!(
                "La scheda dei metadati descrive «{name}», che non è tra i file del pacchetto."
            ),
            Self::InvalidSip { report } => {
                format!("Il pacchetto di versamento non va bene. {}", report.summary().it)
            }
            Self::Sign { source } => {
                format!("Non è stato possibile firmare l'indice del pacchetto: {source}")
            }
            Self::EmptySignature => "La firma dell'indice del pacchetto è risultata vuota.".into(),
            Self::NotAPackage { path } => {
                format!("«{}» non è un pacchetto che questo programma conosce.", path.display())
            }
            Self::Limit { what, limit } => format!("Superato il limite di {limit} ({what})."),
            Self::NotXmlText { element } => {
                format!("Il testo di {element} contiene un carattere che XML non ammette.")
            }
            Self::XmlWrite { source } => format!("Scrittura dell'XML non riuscita: {source}"),
            Self::Zip { source } => format!("Lo ZIP non è riuscito: {source}"),
            Self::Read { member, source } => {
                format!("Lettura di «{member}» non riuscita: {source}")
            }
            Self::Interrupted => "Interrotto: niente è rimasto a metà.".into(),
        };
        let en = match self {
            Self::InvalidSip { report } => format!("{self}: {}", report.summary().en),
            _ => self.to_string(),
        };
        Message::new(clean(&it), clean(&en))
    }

    /// The next step, in English; the Italian one is in [`Error::advice`].
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        if let Self::Files(e) = self {
            return e.hint();
        }
        self.steps().map(|(_, en)| en)
    }

    /// The next step in both languages; for [`Error::Files`] the English one alone exists.
    #[must_use]
    pub fn advice(&self) -> Option<Message> {
        if let Self::Files(e) = self {
            return e.hint().map(|h| Message::new(h, h));
        }
        self.steps().map(|(it, en)| Message::new(it, en))
    }

    fn steps(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Metadata { .. } => (
                "completare la scheda dei metadati come indicato per ogni campo e ripetere",
                "complete the metadata sheet as said for each field, then run again",
            ),
            Self::NoMain => (
                "indicare il documento principale con --main",
                "name the main document with --main",
            ),
            Self::NameCollision { .. } | Self::Name { .. } => {
                ("rinominare il file e ripetere", "rename the file, then run again")
            }
            Self::DigestMismatch { .. } => (
                "verificare che il file sia quello giusto; se è stato rifirmato, aggiornare l'impronta nella scheda",
                "check that it is the right file; if it was signed again, update the digest in the sheet",
            ),
            Self::UnknownFile { .. } => (
                "aggiungere il file con --main o --attach, o togliere la sua sezione [[file]] dalla scheda",
                "add the file with --main or --attach, or remove its [[file]] section from the sheet",
            ),
            Self::InvalidSip { .. } => (
                "controllare il pacchetto di versamento con `package verify` e rifarlo dagli originali",
                "look at the deposit package with `package verify` and make it again from the originals",
            ),
            Self::NotAPackage { .. } => (
                "indicare la cartella o lo ZIP creato da `package sip` o `package aip`",
                "give the folder or ZIP made by `package sip` or `package aip`",
            ),
            Self::NotXmlText { .. } => (
                "togliere il carattere di controllo dal testo",
                "remove the control character from the text",
            ),
            Self::Limit { .. } => (
                "dividere il contenuto in più pacchetti",
                "divide the content into several packages",
            ),
            _ => return None,
        })
    }
}

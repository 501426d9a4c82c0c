//! Why something could not be done: a stable code, an exit code, one plain sentence and the next
//! step, in both languages.
//!
//! The libraries' errors become failures here and only here, so that one fact has one code and one
//! wording for every verb.

use std::path::Path;

use crate::clean;
use crate::exit::Exit;
use crate::lang::{Lang, Text, both};
use crate::translate::{said, system};

/// One failure, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Stable, for programs.
    pub(crate) code: &'static str,
    /// What the process answers if this is all that happened.
    pub(crate) exit: Exit,
    /// One plain sentence.
    pub(crate) message: Text,
    /// The next step.
    pub(crate) hint: Option<Text>,
}

impl Failure {
    /// A failure without a next step.
    pub(crate) fn new(code: &'static str, exit: Exit, message: Text) -> Self {
        Self { code, exit, message, hint: None }
    }

    /// The same with its next step.
    #[must_use]
    pub(crate) fn hint(mut self, hint: Text) -> Self {
        self.hint = Some(hint);
        self
    }

    /// The command itself is wrong.
    pub(crate) fn usage(message: Text) -> Self {
        Self::new("USAGE", Exit::Usage, message)
    }

    /// A verb, format or flag that a later release brings.
    pub(crate) fn later(what: &str) -> Self {
        let in_italian = crate::args::tree::in_italian(what);
        Self::new(
            "NOT_YET_AVAILABLE",
            Exit::Unsupported,
            both!(
                "«{in_italian}» non è ancora disponibile: arriverà con una versione successiva di ceralacca",
                "`{what}` is not available yet: it comes with a later release of ceralacca"
            ),
        )
        .hint(Text::fixed(
            "«ceralacca --help» elenca ciò che questa versione sa fare",
            "`ceralacca --help` lists what this release can do",
        ))
    }

    /// Ctrl-C.
    pub(crate) fn interrupted() -> Self {
        Self::new(
            "INTERRUPTED",
            Exit::Interrupted,
            Text::fixed(
                "interrotto: nessun file è rimasto a metà",
                "interrupted: no file was left half written",
            ),
        )
    }

    /// Reading or writing failed; `verb` completes "cannot …".
    pub(crate) fn io(it: &str, en: &str, path: &Path, source: &std::io::Error) -> Self {
        let shown = clean::path(path);
        let answer = clean::line(&source.to_string()).into_owned();
        let code = match source.kind() {
            std::io::ErrorKind::NotFound => "NOT_FOUND",
            std::io::ErrorKind::PermissionDenied => "PERMISSION_DENIED",
            _ => "IO",
        };
        Self::new(
            code,
            Exit::Io,
            Text::new(
                format!("non riesco a {it} {shown}: {}", said(&answer)),
                format!("cannot {en} {shown}: {answer}"),
            ),
        )
    }
}

impl From<files::Error> for Failure {
    fn from(error: files::Error) -> Self {
        use files::Error as E;
        let path = clean::path(error.path());
        let (code, it) = match &error {
            E::Exists { .. } => ("EXISTS", format!("{path} esiste già")),
            E::DiskFull { .. } => {
                ("DISK_FULL", format!("il disco è pieno: non è stato possibile scrivere {path}"))
            }
            E::ReadOnly { .. } => {
                ("READ_ONLY", format!("{path} è su un disco o in una cartella di sola lettura"))
            }
            E::Permission { operation, .. } => {
                let what = if files::is_reading(operation) { "leggere" } else { "scrivere" };
                ("PERMISSION_DENIED", format!("permesso negato: non si può {what} {path}"))
            }
            E::NotFound { .. } => ("NOT_FOUND", format!("{path} non esiste")),
            E::NotRegular { .. } => ("NOT_A_FILE", format!("{path} non è un file")),
            E::SymbolicLink { .. } => {
                ("SYMBOLIC_LINK", format!("{path} è un collegamento simbolico"))
            }
            E::Changed { .. } => {
                ("CHANGED_WHILE_READ", format!("{path} è cambiato mentre veniva letto"))
            }
            E::SameFile { .. } => {
                ("SAME_FILE", format!("{path} è sia il file di partenza sia quello da scrivere"))
            }
            E::NoName { .. } => ("NO_NAME", format!("{path} non è il nome di un file")),
            E::OutsideFolder { .. } => (
                "OUTSIDE_FOLDER",
                format!("{path} non può essere scritto dentro la cartella del pacchetto"),
            ),
            E::Io { operation, source, .. } => (
                "IO",
                format!(
                    "{} {path} non riuscita: {}",
                    if files::is_reading(operation) { "lettura di" } else { "scrittura di" },
                    system(source)
                ),
            ),
            _ => ("IO", format!("lettura o scrittura di {path} non riuscita")),
        };
        let it_hint = match &error {
            E::Exists { .. } => {
                "scegliere un altro nome con -o, o permettere la sostituzione con --overwrite"
            }
            E::DiskFull { .. } => {
                "liberare spazio o scegliere un altro disco con -o; nessun file incompleto è rimasto"
            }
            E::ReadOnly { .. } => {
                "scegliere con -o una cartella su un disco scrivibile; il file di partenza non viene mai toccato"
            }
            E::Permission { operation, .. } if files::is_reading(operation) => {
                "chiedere il permesso di leggerlo a chi gestisce il computer, o indicarne una copia"
            }
            E::Permission { .. } => {
                "scrivere in una cartella in cui si può, o chiedere il permesso a chi gestisce il computer"
            }
            E::NotFound { .. } => {
                "controllare come è scritto il percorso e che il disco o la rete siano collegati"
            }
            E::NotRegular { .. } => "indicare il percorso di un file",
            E::SymbolicLink { .. } => "indicare il file stesso invece di un collegamento",
            E::Changed { .. } => {
                "attendere che la copia o la registrazione sia finita, poi ripetere"
            }
            E::SameFile { .. } => {
                "scegliere un altro nome con -o; il file di partenza non viene mai sovrascritto"
            }
            E::NoName { .. } => "indicare il percorso di un file, non di una cartella",
            E::OutsideFolder { .. } => {
                "usare un nome relativo semplice, senza `..` e senza `/` iniziale"
            }
            _ => "",
        };
        // Same input and output, or a folder as output, is a wrong command more than a failing disk;
        // the rest is input or output.
        let exit = Exit::Io;
        let failure =
            Self::new(code, exit, Text::new(it, clean::line(&error.to_string()).into_owned()));
        match error.hint() {
            Some(en) if !it_hint.is_empty() => {
                failure.hint(Text::new(it_hint.to_owned(), en.to_owned()))
            }
            _ => failure,
        }
    }
}

/// An error's sentence with its causes, cleaned.
pub(crate) fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        // Some errors show their cause themselves.
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    clean::line(&text).into_owned()
}

/// Something worth knowing that stopped nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    /// Stable, for programs.
    pub(crate) code: &'static str,
    /// One plain sentence.
    pub(crate) message: Text,
}

impl Warning {
    /// A warning.
    pub(crate) fn new(code: &'static str, message: Text) -> Self {
        Self { code, message }
    }
}

/// A sentence for tests and logs.
impl Failure {
    /// The message in one language.
    pub(crate) fn say(&self, lang: Lang) -> &str {
        self.message.get(lang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_errors_have_a_code_and_a_next_step_in_both_languages() {
        let path = std::path::PathBuf::from("a\u{1b}b");
        for error in [
            files::Error::Exists { path: path.clone() },
            files::Error::SameFile { path: path.clone() },
            files::Error::Changed { path: path.clone(), what: "size" },
            files::Error::from_io(
                "writing",
                &path,
                std::io::Error::from(std::io::ErrorKind::StorageFull),
            ),
        ] {
            let failure = Failure::from(error);
            assert_eq!(failure.exit, Exit::Io);
            assert!(failure.hint.is_some(), "{failure:?}");
            for lang in [Lang::It, Lang::En] {
                assert!(failure.say(lang).contains("ab"), "{failure:?}");
                assert!(!failure.say(lang).contains('\u{1b}'), "{failure:?}");
            }
        }
    }
}

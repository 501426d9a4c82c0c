//! What the look at a directory found, in words for people.

use crate::names::NameProblem;

/// Something about an archive or one of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The member's name as it can be shown; empty for the archive as a whole.
    pub member: String,
    /// What it is.
    pub problem: Problem,
}

/// What is wrong, or only unusual, with an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The archive is damaged or altered.
    Structure(Damage),
    /// It has more members than [`crate::Limits::members`], or a directory too large for them.
    TooManyMembers {
        /// The limit.
        limit: usize,
    },
    /// Its contents together are far larger than any honest archive of this size holds.
    Expansion {
        /// Octets of all contents.
        size: u64,
    },
    /// The member has a name it may not have, or one that not every system can store.
    Name(NameProblem),
    /// On some system two members have the same name.
    Collision {
        /// The earlier name.
        other: String,
    },
    /// The member is a link or a special file.
    SpecialFile,
    /// The member is encrypted.
    Encrypted,
    /// The member is compressed by something else than DEFLATE.
    Method(u16),
    /// The declared sizes are impossible.
    Size,
    /// Bytes before the member are hidden, or two members share them.
    Overlap,
    /// Directory and local header say two different things.
    Disagreement,
    /// The name is UTF-8 without the flag that says so.
    UndeclaredEncoding,
    /// The archive carries a comment.
    Comment,
}

/// How an archive is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// It ends too early.
    Short,
    /// Its end is missing, or followed by something, or there are two.
    End,
    /// A header is cut short.
    Header,
    /// The directory cannot be read.
    Directory,
    /// The directory holds more than it says.
    DirectoryRest,
    /// It is split into parts.
    Split,
    /// Bytes stand hidden before the directory.
    HiddenBeforeDirectory,
    /// A local header is not where the directory says.
    LocalHeader,
    /// A member's content runs out of the file.
    Outside,
    /// What stands after a member's content contradicts the directory.
    Descriptor,
}

impl Problem {
    /// The stable name of the problem; never translated.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Structure(_) => "ZIP-STRUCTURE",
            Self::TooManyMembers { .. } => "ZIP-LIMIT",
            Self::Expansion { .. } => "ZIP-EXPANSION",
            Self::Name(_) => "ZIP-NAME",
            Self::Collision { .. } => "ZIP-DUPLICATE",
            Self::SpecialFile => "ZIP-LINK",
            Self::Encrypted => "ZIP-ENCRYPTED",
            Self::Method(_) => "ZIP-METHOD",
            Self::Size => "ZIP-SIZE",
            Self::Overlap => "ZIP-OVERLAP",
            Self::Disagreement => "ZIP-DISAGREE",
            Self::UndeclaredEncoding => "ZIP-NAME-ENCODING",
            Self::Comment => "ZIP-COMMENT",
        }
    }

    /// Whether an archive like this one is not read at all. The others are oddities of honest
    /// writers: a container is read in spite of them, and they are told.
    #[must_use]
    pub fn refuses(&self) -> bool {
        match self {
            Self::Name(problem) => problem.is_dangerous(),
            Self::UndeclaredEncoding | Self::Comment => false,
            _ => true,
        }
    }

    /// Whether it is a limit of ours that keeps the archive from being read, not the archive.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::TooManyMembers { .. } | Self::Expansion { .. })
    }
}

impl Finding {
    /// One plain sentence in Italian.
    #[must_use]
    pub fn it(&self) -> String {
        let name = &self.member;
        match &self.problem {
            Problem::Structure(damage) if name.is_empty() => {
                format!("Il file ZIP è danneggiato o alterato: {}.", damage.it())
            }
            Problem::Structure(damage) => {
                format!("Il file ZIP è danneggiato o alterato in «{name}»: {}.", damage.it())
            }
            Problem::TooManyMembers { limit } => {
                format!("Il file ZIP elenca più di {limit} file.")
            }
            Problem::Expansion { size } => {
                format!(
                    "Il file ZIP, aperto, occuperebbe {size} byte: molto più di quanto è credibile."
                )
            }
            Problem::Name(NameProblem::NotUnicode) => {
                format!("Nello ZIP il nome «{name}» non è testo Unicode.")
            }
            Problem::Name(problem) => {
                format!("Nello ZIP il nome «{name}» è pericoloso o non ammesso: {}.", problem.it())
            }
            Problem::Collision { other } => format!(
                "Nello ZIP i nomi «{other}» e «{name}» sono lo stesso nome per qualche sistema."
            ),
            Problem::SpecialFile => {
                format!("Nello ZIP «{name}» è un collegamento o un file speciale.")
            }
            Problem::Encrypted => {
                format!("Nello ZIP «{name}» è cifrato e non si può controllare.")
            }
            Problem::Method(method) => {
                format!("Nello ZIP «{name}» è compresso con un metodo non ammesso ({method}).")
            }
            Problem::Size => {
                format!("Nello ZIP la dimensione dichiarata di «{name}» è impossibile.")
            }
            Problem::Overlap => {
                format!("Nello ZIP prima di «{name}» ci sono byte nascosti o sovrapposti.")
            }
            Problem::Disagreement => {
                format!("Nello ZIP l'elenco e l'intestazione di «{name}» si contraddicono.")
            }
            Problem::UndeclaredEncoding => {
                format!("Nello ZIP il nome «{name}» non dichiara la codifica UTF-8.")
            }
            Problem::Comment => "Il file ZIP porta un commento.".into(),
        }
    }

    /// The same in English.
    #[must_use]
    pub fn en(&self) -> String {
        let name = &self.member;
        match &self.problem {
            Problem::Structure(damage) if name.is_empty() => {
                format!("The ZIP file is damaged or altered: {}.", damage.en())
            }
            Problem::Structure(damage) => {
                format!("The ZIP file is damaged or altered at “{name}”: {}.", damage.en())
            }
            Problem::TooManyMembers { limit } => {
                format!("The ZIP file lists more than {limit} files.")
            }
            Problem::Expansion { size } => {
                format!(
                    "The ZIP file would take {size} bytes once opened: far more than is credible."
                )
            }
            Problem::Name(NameProblem::NotUnicode) => {
                format!("In the ZIP the name “{name}” is not Unicode text.")
            }
            Problem::Name(problem) => {
                format!("In the ZIP the name “{name}” is dangerous or not allowed: {problem}.")
            }
            Problem::Collision { other } => format!(
                "In the ZIP the names “{other}” and “{name}” are the same name on some systems."
            ),
            Problem::SpecialFile => format!("In the ZIP “{name}” is a link or a special file."),
            Problem::Encrypted => {
                format!("In the ZIP “{name}” is encrypted and cannot be checked.")
            }
            Problem::Method(method) => {
                format!("In the ZIP “{name}” is compressed by a method not allowed ({method}).")
            }
            Problem::Size => format!("In the ZIP the declared size of “{name}” is impossible."),
            Problem::Overlap => {
                format!("In the ZIP there are hidden or overlapping bytes before “{name}”.")
            }
            Problem::Disagreement => format!(
                "In the ZIP the directory and the header of “{name}” contradict each other."
            ),
            Problem::UndeclaredEncoding => {
                format!("In the ZIP the name “{name}” does not declare its UTF-8 encoding.")
            }
            Problem::Comment => "The ZIP file carries a comment.".into(),
        }
    }
}

impl Damage {
    fn it(self) -> &'static str {
        match self {
            Self::Short => "finisce prima del previsto",
            Self::End => "la sua fine manca, è doppia o è seguita da altro",
            Self::Header => "un'intestazione è troncata",
            Self::Directory => "il suo elenco è illeggibile",
            Self::DirectoryRest => "il suo elenco contiene più di quanto dichiara",
            Self::Split => "è diviso in più parti",
            Self::HiddenBeforeDirectory => "prima del suo elenco ci sono byte nascosti",
            Self::LocalHeader => "l'intestazione non è dove l'elenco dice",
            Self::Outside => "il contenuto esce dal file",
            Self::Descriptor => "ciò che segue il contenuto contraddice l'elenco",
        }
    }

    fn en(self) -> &'static str {
        match self {
            Self::Short => "it ends too early",
            Self::End => "its end is missing, is there twice, or something follows it",
            Self::Header => "a header is cut short",
            Self::Directory => "its directory cannot be read",
            Self::DirectoryRest => "its directory holds more than it says",
            Self::Split => "it is split into parts",
            Self::HiddenBeforeDirectory => "there are hidden bytes before its directory",
            Self::LocalHeader => "its header is not where the directory says",
            Self::Outside => "its content runs out of the file",
            Self::Descriptor => "what follows the content contradicts the directory",
        }
    }
}

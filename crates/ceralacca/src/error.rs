//! What keeps a verb from doing its work.

use std::path::PathBuf;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The families errors fall into; the command line gives each an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// An input or output failed, or is in the way.
    InputOutput,
    /// Not recognisable, unsupported, encrypted, or over a limit.
    Unsupported,
    /// The network or a time-stamp authority.
    Network,
    /// A key, certificate, token or password.
    Key,
    /// What was asked for contradicts itself.
    Usage,
    /// The file was judged, and what it holds does not hold.
    Judgement,
}

/// Errors of the verbs, each naming the file it is about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read or written.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// A signature file cannot be made or read.
    #[error("{}: {source}", path.display())]
    Cades {
        /// The file at hand.
        path: PathBuf,
        /// What is wrong with it.
        source: cades::Error,
    },
    /// A time-stamp cannot be obtained or read.
    #[error("{}: {source}", path.display())]
    Timestamp {
        /// The file at hand.
        path: PathBuf,
        /// What is wrong.
        source: timestamp::Error,
    },
    /// A key cannot be opened.
    #[error("{}: {source}", path.display())]
    Key {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: crypto::Error,
    },
    /// A certificate or revocation file cannot be read.
    #[error("{}: {source}", path.display())]
    X509 {
        /// The file.
        path: PathBuf,
        /// Why.
        source: x509::Error,
    },
    /// A key comes without its certificate.
    #[error("the key in {} has no certificate with it", path.display())]
    NoCertificate {
        /// The key file.
        path: PathBuf,
    },
    /// A key and the certificate given for it do not belong together.
    #[error("the key in {} does not belong to the certificate of {subject}", path.display())]
    KeyMismatch {
        /// The key file.
        path: PathBuf,
        /// Subject of the certificate.
        subject: String,
    },
    /// A certificate that must not sign now.
    #[error("the certificate of {subject} {obstacle}")]
    Certificate {
        /// Subject of the certificate.
        subject: String,
        /// Why it must not.
        obstacle: crate::Obstacle,
    },
    /// The same certificate has signed already.
    #[error("{}: {subject} has signed already", path.display())]
    AlreadySigned {
        /// The file.
        path: PathBuf,
        /// Subject of the certificate.
        subject: String,
    },
    /// A file of a kind this verb does not work on.
    #[error("{}: {found}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is.
        found: crate::FileKind,
    },
    /// A detached signature was given without the content it is over.
    #[error("{}: a detached signature needs the file it is over", path.display())]
    ContentNeeded {
        /// The signature file.
        path: PathBuf,
    },
    /// There are signatures in the file that do not pass.
    #[error("{}: the signatures present do not pass", path.display())]
    PresentSignatures {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        report: Box<validation::Report>,
    },
    /// A package cannot be made or read.
    #[error(transparent)]
    Preservation(#[from] preservation::Error),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Online(#[from] online::Error),
}

impl Error {
    /// A constructor for `map_err` that names the file.
    pub(crate) fn cades(path: &std::path::Path) -> impl Fn(cades::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| match source {
            cades::Error::Io(error) | cades::Error::Cms(cms::Error::Io(error)) => {
                // An encoding error may have travelled through a reader.
                match asn1::Error::from(error) {
                    asn1::Error::Io(error) => {
                        Self::Files(files::Error::from_io("reading or writing", &path, error))
                    }
                    source => {
                        let source = cms::Error::Encoding { while_reading: "the file", source };
                        Self::Cades { path: path.clone(), source: source.into() }
                    }
                }
            }
            source => Self::Cades { path: path.clone(), source },
        }
    }

    /// The family this error falls into.
    #[must_use]
    pub fn family(&self) -> Family {
        use cades::Error as C;
        match self {
            Self::Files(_) => Family::InputOutput,
            Self::Preservation(_) => Family::InputOutput,
            Self::Cades { source, .. } => match source {
                C::Timestamp(error) => timestamp_family(error),
                C::Key { .. } | C::KeyMismatch { .. } => Family::Key,
                C::NoSigner => Family::Usage,
                C::WrongContent { .. } => Family::Judgement,
                C::ContentSize { .. } | C::Io(_) => Family::InputOutput,
                _ => Family::Unsupported,
            },
            Self::Timestamp { source, .. } => timestamp_family(source),
            Self::Key { .. }
            | Self::NoCertificate { .. }
            | Self::KeyMismatch { .. }
            | Self::Certificate { .. }
            | Self::AlreadySigned { .. } => Family::Key,
            Self::X509 { .. } => Family::InputOutput,
            Self::Unsupported { .. } => Family::Unsupported,
            Self::ContentNeeded { .. } => Family::Usage,
            Self::PresentSignatures { .. } => Family::Judgement,
            Self::Online(_) => Family::Network,
        }
    }

    /// A stable name of the error for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        use cades::Error as C;
        match self {
            Self::Files(_) => "FILE",
            Self::Preservation(_) => "PACKAGE",
            Self::Cades { source, .. } => match source {
                C::Timestamp(_) => "TIMESTAMP",
                C::Key { .. } => "KEY",
                C::KeyMismatch { .. } => "KEY_MISMATCH",
                C::NoSigner => "NO_SIGNER",
                C::WrongContent { .. } => "WRONG_CONTENT",
                C::AlreadyAttached => "ALREADY_ATTACHED",
                C::Detached => "DETACHED",
                C::NoSignature => "NO_SIGNATURE",
                C::ContentSize { .. } => "CHANGED",
                _ => "FORMAT",
            },
            Self::Timestamp { .. } => "TIMESTAMP",
            Self::Key { source: crypto::Error::WrongPassword, .. } => "WRONG_PASSWORD",
            Self::Key { .. } => "KEY",
            Self::X509 { .. } => "CERTIFICATE_FILE",
            Self::NoCertificate { .. } => "NO_CERTIFICATE",
            Self::KeyMismatch { .. } => "KEY_MISMATCH",
            Self::Certificate { .. } => "CERTIFICATE",
            Self::AlreadySigned { .. } => "ALREADY_SIGNED",
            Self::Unsupported { .. } => "UNSUPPORTED",
            Self::ContentNeeded { .. } => "CONTENT_NEEDED",
            Self::PresentSignatures { .. } => "PRESENT_SIGNATURES",
            Self::Online(_) => "NETWORK",
        }
    }

    /// The next step for the person who meets this error.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Files(error) => return error.hint().map(str::to_owned),
            Self::Preservation(error) => return error.hint().map(str::to_owned),
            Self::Online(error) => return error.hint().map(str::to_owned),
            Self::Cades { source, .. } => source.hint(),
            Self::Timestamp { source, .. } => source.hint(),
            Self::Key { source, .. } => source.hint(),
            Self::X509 { source, .. } => source.hint(),
            Self::NoCertificate { .. } => Some("name it with --cert FILE"),
            Self::KeyMismatch { .. } => Some("give the certificate that was issued for this key"),
            Self::Certificate { obstacle, .. } => return Some(obstacle.hint()),
            Self::AlreadySigned { .. } => Some("to sign once more with the same key, say --again"),
            Self::Unsupported { found, .. } => found.hint(),
            Self::ContentNeeded { .. } => Some("name the signed file with --content FILE"),
            Self::PresentSignatures { .. } => Some("look at them with: ceralacca verify"),
        };
        fixed.map(str::to_owned)
    }
}

fn timestamp_family(error: &timestamp::Error) -> Family {
    use timestamp::Error as T;
    match error {
        T::NoAuthority => Family::Usage,
        T::NotATimestamp | T::Token(_) | T::TstInfo(_) | T::Signers { .. } => Family::Unsupported,
        _ => Family::Network,
    }
}

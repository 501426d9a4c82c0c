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
    /// What is at hand does not suffice to say or do it.
    Incomplete,
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
    /// The same certificate is to sign twice at once.
    #[error("{subject} is named twice as a signer")]
    SameSigner {
        /// Who it is.
        subject: String,
    },
    /// A file with nothing in it.
    #[error("{}: the file is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
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
    #[error("{}: the signatures present {}", path.display(), not_passing(report))]
    PresentSignatures {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        report: Box<validation::Report>,
    },
    /// What a signature needs to be verified later could not be found.
    #[error("{}: {missing}", path.display())]
    Material {
        /// The file.
        path: PathBuf,
        /// What, for whom, and what was tried.
        missing: Box<crate::Missing>,
    },
    /// A signature that is broken gets no better by being extended.
    #[error("{}: signature {id} is broken: {what}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// Its id, as `verify` shows it.
        id: String,
        /// What is wrong.
        what: &'static str,
    },
    /// The certificate expired before anything proved that the signature existed.
    #[error("{}: the certificate of {subject} expired on {} and no time-stamp is older",
        path.display(), not_after.format("%F %T UTC"))]
    TooLate {
        /// The file.
        path: PathBuf,
        /// Subject of the certificate.
        subject: String,
        /// When it expired.
        not_after: chrono::DateTime<chrono::Utc>,
    },
    /// A signature holds something that keeps it below the level asked for.
    #[error("{}: signature {id} does not reach the level asked for, it is {level}", path.display())]
    LevelNotReached {
        /// The file.
        path: PathBuf,
        /// Its id, as `verify` shows it.
        id: String,
        /// What it would be.
        level: cades::Level,
    },
    /// A container cannot be made or read.
    #[error("{}: {source}", path.display())]
    Container {
        /// The file at hand.
        path: PathBuf,
        /// What is wrong with it.
        source: asic::Error,
    },
    /// A container of this kind does not hold so many files.
    #[error("{} does not hold {files} files", kind.name())]
    ContainerFiles {
        /// The kind of container.
        kind: asic::ContainerType,
        /// How many files were given, or are in it.
        files: usize,
    },
    /// A container of several files, where only one can go.
    #[error("{}: it holds {files} files, and only one can be written there", path.display())]
    ContainerSeveral {
        /// The container.
        path: PathBuf,
        /// How many files are in it.
        files: usize,
    },
    /// A kind of container this verb does not work on.
    #[error("{}: not done with an {}", path.display(), kind.name())]
    ContainerKind {
        /// The container.
        path: PathBuf,
        /// Its kind.
        kind: asic::ContainerType,
    },
    /// A member of a container would have to change, and something covers it.
    #[error("{}: “{member}” is covered by a time-stamp and may not change", path.display())]
    ContainerSealed {
        /// The container.
        path: PathBuf,
        /// The member.
        member: String,
    },
    /// A file in a container is not as it was signed.
    #[error("{}: “{member}” is not the file that was signed", path.display())]
    ContainerAltered {
        /// The container.
        path: PathBuf,
        /// The file in it.
        member: String,
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

    /// As [`Error::cades`], for containers.
    pub(crate) fn container(path: &std::path::Path) -> impl Fn(asic::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| match source {
            asic::Error::Io(error) | asic::Error::Archive(archive::Error::Io(error)) => {
                Self::Files(files::Error::from_io("reading or writing", &path, error))
            }
            source => Self::Container { path: path.clone(), source },
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
                C::Timestamp(error) | C::Stamped(error) => timestamp_family(error),
                C::Key { .. } | C::KeyMismatch { .. } => Family::Key,
                C::NoSigner
                | C::NoAuthority
                | C::SignatureId { .. }
                | C::NoSuchSignature { .. }
                | C::ArchivedWithParent { .. }
                | C::Property { .. } => Family::Usage,
                C::WrongContent { .. } => Family::Judgement,
                C::ContentSize { .. } | C::ContentChanged | C::Io(_) => Family::InputOutput,
                _ => Family::Unsupported,
            },
            Self::Timestamp { source, .. } => timestamp_family(source),
            Self::Key { .. }
            | Self::NoCertificate { .. }
            | Self::KeyMismatch { .. }
            | Self::Certificate { .. }
            | Self::AlreadySigned { .. } => Family::Key,
            // The file was read well; it is not what was asked for.
            Self::X509 { .. } => Family::Unsupported,
            Self::Unsupported { .. } | Self::Empty { .. } => Family::Unsupported,
            Self::ContentNeeded { .. } | Self::SameSigner { .. } => Family::Usage,
            Self::PresentSignatures { report, .. } => match validation::exit_code(report) {
                1 => Family::Judgement,
                _ => Family::Incomplete,
            },
            Self::Material { missing, .. } => match missing.step {
                crate::Step::Trust => Family::Usage,
                crate::Step::Limit { .. } => Family::Unsupported,
                // Somebody was asked and did not deliver.
                _ if !missing.attempts.is_empty() => Family::Network,
                _ => Family::Incomplete,
            },
            Self::Broken { .. } | Self::TooLate { .. } => Family::Judgement,
            Self::LevelNotReached { .. } => Family::Incomplete,
            Self::Container { source, .. } => match source {
                asic::Error::Archive(archive::Error::ContentSize { .. }) => Family::InputOutput,
                asic::Error::Archive(
                    archive::Error::Name { .. } | archive::Error::Collision { .. },
                ) => Family::InputOutput,
                _ => Family::Unsupported,
            },
            Self::ContainerFiles { .. } | Self::ContainerSeveral { .. } => Family::Usage,
            Self::ContainerKind { .. } | Self::ContainerSealed { .. } => Family::Unsupported,
            Self::ContainerAltered { .. } => Family::Judgement,
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
                C::ContentSize { .. } | C::ContentChanged => "CHANGED",
                C::SignatureId { .. } | C::NoSuchSignature { .. } => "NO_SUCH_SIGNATURE",
                C::Covered { .. }
                | C::EvidenceRecord { .. }
                | C::Frozen
                | C::ArchivedWithParent { .. } => "SEALED",
                C::Property { .. } => "PROPERTY",
                C::NoAuthority => "NO_AUTHORITY",
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
            Self::SameSigner { .. } => "SAME_SIGNER",
            Self::Empty { .. } => "EMPTY_FILE",
            Self::Unsupported { .. } => "UNSUPPORTED",
            Self::ContentNeeded { .. } => "CONTENT_NEEDED",
            Self::PresentSignatures { .. } => "PRESENT_SIGNATURES",
            Self::Material { missing, .. } => match missing.step {
                crate::Step::Trust => "NO_TRUST",
                crate::Step::Issuer { .. } | crate::Step::Path => "NO_CERTIFICATE_CHAIN",
                crate::Step::Validity { .. } => "CHAIN_NOT_VALID",
                crate::Step::Revocation => "NO_REVOCATION_DATA",
                crate::Step::Limit { .. } => "LIMIT",
            },
            Self::Broken { .. } => "BROKEN_SIGNATURE",
            Self::TooLate { .. } => "EXPIRED_UNSTAMPED",
            Self::LevelNotReached { .. } => "LEVEL_NOT_REACHED",
            Self::Container { source, .. } => match source {
                asic::Error::Archive(error) => match error {
                    archive::Error::Refused { .. } => "UNSAFE_ARCHIVE",
                    archive::Error::Damaged { .. } => "DAMAGED",
                    archive::Error::Name { .. } => "NAME_NOT_ALLOWED",
                    archive::Error::Collision { .. } => "NAME_COLLISION",
                    archive::Error::ContentSize { .. } => "CHANGED",
                    _ => "LIMIT",
                },
                asic::Error::Limit { .. } => "LIMIT",
                _ => "FORMAT",
            },
            Self::ContainerFiles { .. } | Self::ContainerSeveral { .. } => "CONTAINER_FILES",
            Self::ContainerKind { .. } => "CONTAINER_KIND",
            Self::ContainerSealed { .. } => "SEALED",
            Self::ContainerAltered { .. } => "ALTERED",
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
            Self::Container { source, .. } => source.hint(),
            Self::ContainerFiles { files: 0, .. } => Some("name the files to be signed"),
            Self::ContainerFiles { .. } => {
                Some("for several files use the container made for them: --format asic-e")
            }
            Self::ContainerSeveral { .. } => Some("name a folder with -o"),
            Self::ContainerKind { .. } => Some("use an ASiC-E: --format asic-e"),
            Self::ContainerSealed { .. } => Some(
                "an archive time-stamp is over it; renew it with: ceralacca extend --level lta",
            ),
            Self::ContainerAltered { .. } => Some("look at it with: ceralacca verify"),
            Self::NoCertificate { .. } => Some("name it with --cert FILE"),
            Self::KeyMismatch { .. } => Some("give the certificate that was issued for this key"),
            Self::Certificate { obstacle, .. } => return Some(obstacle.hint()),
            Self::AlreadySigned { .. } => Some("to sign once more with the same key, say --again"),
            Self::SameSigner { .. } => {
                Some("name each key once; if two signatures of one person are meant, say --again")
            }
            Self::Empty { .. } => Some("check the path, and that the copy was completed"),
            Self::Unsupported { found, .. } => found.hint(),
            Self::ContentNeeded { .. } => Some("name the signed file with --content FILE"),
            Self::PresentSignatures { .. } => Some("look at them with: ceralacca verify"),
            Self::Material { missing, .. } => Some(missing.hint()),
            Self::Broken { .. } => Some(
                "look at it with: ceralacca verify; ask for an unaltered copy, or extend the other \
                 signatures alone: extend --signature",
            ),
            Self::LevelNotReached { .. } => {
                Some("look at what it holds with: ceralacca inspect; and verify it")
            }
            Self::TooLate { .. } => Some(
                "a time-stamp of today proves nothing about the day of signing; if other proof of \
                 that day exists, say --allow expired",
            ),
        };
        fixed.map(str::to_owned)
    }
}

/// Completes "the signatures present …".
fn not_passing(report: &validation::Report) -> &'static str {
    match validation::exit_code(report) {
        1 => "do not pass",
        _ => "cannot be confirmed with the data at hand",
    }
}

fn timestamp_family(error: &timestamp::Error) -> Family {
    use timestamp::Error as T;
    match error {
        T::NoAuthority => Family::Usage,
        T::NotATimestamp
        | T::Token(_)
        | T::TstInfo(_)
        | T::Signers { .. }
        | T::NotTimeStampedData
        | T::Encoding { .. }
        | T::TooMany { .. }
        | T::NotM7m { .. }
        | T::M7m { .. } => Family::Unsupported,
        T::ContentSize { .. } | T::Io(_) => Family::InputOutput,
        T::BrokenChain { .. } => Family::Judgement,
        _ => Family::Network,
    }
}

//! What later releases bring: verbs, formats and flags that are understood and refused with exit 5.
//!
//! Nothing is half done in silence: what is asked for and not there yet is named.

use std::path::PathBuf;

use super::*;

impl Verb {
    /// The part of the command that is not available yet, as the person may have typed it.
    pub(crate) fn later(&self) -> Option<&'static str> {
        if tree::LATER.contains(&self.name()) {
            return Some(self.name());
        }
        match self {
            Self::Sign(sign) => format(sign.format),
            Self::Verify(verify) => match (verify.report, verify.report_audience) {
                (Some(Report::Html), _) => Some("verify --report html"),
                (Some(Report::Etsi), _) => Some("verify --report etsi"),
                (_, Some(Audience::Public)) => Some("verify --report-audience public"),
                _ if !verify.time_reference.is_empty() => Some("verify --time-reference"),
                _ => None,
            },
            Self::Package(Package::Sip(sip)) => match (sip.profile, sip.container) {
                (Some(SipProfile::Parer), _) => Some("package sip --profile parer"),
                (Some(SipProfile::Eark), _) => Some("package sip --profile eark"),
                (Some(SipProfile::Bagit), _) => Some("package sip --profile bagit"),
                (_, Some(Container::Tar)) => Some("package sip --container tar"),
                _ if sip.manifest.is_some() => Some("package sip --manifest"),
                _ => None,
            },
            Self::Package(Package::Aip(aip)) => match (aip.profile, aip.container) {
                (Some(AipProfile::Eark), _) => Some("package aip --profile eark"),
                (Some(AipProfile::Ocfl), _) => Some("package aip --profile ocfl"),
                (_, Some(Container::Tar)) => Some("package aip --container tar"),
                _ => None,
            },
            _ => None,
        }
    }

    /// The inputs that each have an outcome of their own.
    pub(crate) fn inputs(&self) -> &[PathBuf] {
        use std::slice::from_ref;
        match self {
            // A container is one outcome, whatever goes into it.
            Self::Sign(Sign { files, format: Some(Format::AsicS | Format::AsicE), .. }) => {
                files.get(..1).unwrap_or_default()
            }
            Self::Sign(a) => &a.files,
            Self::Cosign(a) => &a.files,
            Self::Countersign(a) => from_ref(&a.file),
            Self::Detach(a) => from_ref(&a.file),
            Self::Attach(a) => from_ref(&a.file),
            Self::Prepare(a) => from_ref(&a.file),
            Self::Complete(a) => from_ref(&a.job),
            Self::Extend(a) => &a.files,
            Self::Timestamp(a) => &a.files,
            Self::Verify(a) => &a.files,
            Self::Inspect(a) => &a.files,
            Self::Extract(a) => &a.files,
            Self::Publish(a) => from_ref(&a.file),
            Self::Cert(Cert::Show(a)) => from_ref(&a.cert),
            Self::Cert(Cert::Verify(a)) => from_ref(&a.cert),
            Self::Package(Package::Metadata(Metadata::Init(a))) => from_ref(&a.file),
            Self::Package(Package::Sip(a)) => a.main.get(..1).unwrap_or_default(),
            Self::Package(Package::Aip(a)) => from_ref(&a.sip),
            Self::Package(Package::Receipt(Receipt::Create(a))) => from_ref(&a.sip),
            Self::Package(Package::Receipt(Receipt::Check(a))) => from_ref(&a.sip),
            Self::Package(Package::Verify(a)) => &a.paths,
            Self::Demo(a) => a.file.as_slice(),
            Self::Lab(Lab::Init(a)) => from_ref(&a.dir),
            Self::Lab(Lab::Serve(a)) => from_ref(&a.dir),
            Self::Package(Package::Dip(_))
            | Self::Trust(_)
            | Self::Token(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Config(_)
            | Self::Schema(_)
            | Self::Help(_)
            | Self::Evidence(_)
            | Self::Archive(_)
            | Self::Pec(_) => &[],
        }
    }

    /// `-o`, for verbs whose output is one file.
    pub(crate) fn output(&self) -> Option<&PathBuf> {
        match self {
            Self::Sign(a) => a.out.output.as_ref(),
            Self::Cosign(a) => a.out.output.as_ref(),
            Self::Countersign(a) => a.out.output.as_ref(),
            Self::Extend(a) => a.out.output.as_ref(),
            Self::Detach(a) => a.out.output.as_ref(),
            Self::Attach(a) => a.out.output.as_ref(),
            Self::Timestamp(a) => a.out.output.as_ref(),
            Self::Extract(a) => a.out.output.as_ref(),
            Self::Package(Package::Metadata(Metadata::Init(a))) => a.out.output.as_ref(),
            Self::Package(Package::Sip(a)) => a.out.output.as_ref(),
            Self::Package(Package::Aip(a)) => a.out.output.as_ref(),
            _ => None,
        }
    }
}

fn format(format: Option<Format>) -> Option<&'static str> {
    match format {
        Some(Format::Pades) => Some("sign --format pades"),
        Some(Format::Cades | Format::AsicS | Format::AsicE) | None => None,
    }
}

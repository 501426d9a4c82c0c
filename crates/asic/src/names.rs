//! The names that mean something in a container (EN 319 162-1 §4.3.3, §4.4.3, A.7).
//!
//! Names in `META-INF/` are told by what they contain and how they end, since writers number and
//! spell them in their own ways (`signature.p7s`, `signatures.p7s`, `signature001.p7s`).

/// The member that names the container's type.
pub const MIMETYPE: &str = "mimetype";
/// The folder of everything that is not a data object.
const META_INF: &str = "META-INF/";
/// The signature of an ASiC-S.
pub const SIMPLE_SIGNATURE: &str = "META-INF/signature.p7s";
/// The time-stamp of an ASiC-S.
pub const SIMPLE_TIMESTAMP: &str = "META-INF/timestamp.tst";
/// The newest archive manifest always has this name.
pub const ARCHIVE_MANIFEST: &str = "META-INF/ASiCArchiveManifest.xml";
/// The media type of a signature in a manifest.
pub const SIGNATURE_TYPE: &str = "application/pkcs7-signature";
/// The media type of a time-stamp in a manifest.
pub const TIMESTAMP_TYPE: &str = "application/vnd.etsi.timestamp-token";

/// What a member is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Names the container's type.
    Mimetype,
    /// What is signed.
    DataObject,
    /// A CAdES signature.
    Signature,
    /// A time-stamp token.
    TimeStamp,
    /// A manifest of signed or time-stamped data objects.
    Manifest,
    /// A manifest for an archive time-stamp.
    ArchiveManifest,
    /// A manifest for an evidence record.
    EvidenceRecordManifest,
    /// An evidence record.
    EvidenceRecord,
    /// An XML signature, as ASiC with XAdES has it.
    XmlSignature,
    /// Something else in `META-INF/`, as other formats put there (`manifest.xml`).
    Other,
}

/// What the member of a name is for; folders are [`Role::Other`].
#[must_use]
pub fn role(name: &str) -> Role {
    if name.ends_with('/') {
        return Role::Other;
    }
    if name == MIMETYPE {
        return Role::Mimetype;
    }
    let Some(inner) = name.strip_prefix(META_INF) else { return Role::DataObject };
    let lower = inner.to_ascii_lowercase();
    let (stem, extension) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    match extension {
        "p7s" if stem.contains("signature") => Role::Signature,
        "tst" if stem.contains("timestamp") => Role::TimeStamp,
        "ers" if stem.contains("evidencerecord") => Role::EvidenceRecord,
        "xml" if stem.starts_with("asicmanifest") => Role::Manifest,
        "xml" if stem.starts_with("asicarchivemanifest") => Role::ArchiveManifest,
        "xml" if stem.starts_with("asicevidencerecordmanifest") => Role::EvidenceRecordManifest,
        "xml" if stem.contains("evidencerecord") => Role::EvidenceRecord,
        "xml" if stem.contains("signature") => Role::XmlSignature,
        _ => Role::Other,
    }
}

/// The name of the signature of that number.
#[must_use]
pub fn signature_name(number: u32) -> String {
    format!("{META_INF}signature{number:03}.p7s")
}

/// The name of the time-stamp of that number.
#[must_use]
pub fn timestamp_name(number: u32) -> String {
    format!("{META_INF}timestamp{number:03}.tst")
}

/// The name of the manifest of that number.
#[must_use]
pub fn manifest_name(number: u32) -> String {
    format!("{META_INF}ASiCManifest{number:03}.xml")
}

/// The name an archive manifest gets when a newer one takes its place.
#[must_use]
pub fn numbered_archive_manifest(number: u32) -> String {
    format!("{META_INF}ASiCArchiveManifest{number:03}.xml")
}

/// The first number above all that members with this role have in their names.
#[must_use]
pub fn next_number<'a>(names: impl IntoIterator<Item = &'a str>, wanted: &[Role]) -> u32 {
    let digits = |name: &str| {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let start = stem.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        stem.get(start..).and_then(|digits| digits.parse::<u32>().ok()).unwrap_or(0)
    };
    let taken = names.into_iter().filter(|name| wanted.contains(&role(name))).map(digits).max();
    taken.unwrap_or(0).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles() {
        let roles = [
            ("mimetype", Role::Mimetype),
            ("verbale.mp4", Role::DataObject),
            ("allegati/signature.p7s", Role::DataObject),
            ("META-INF", Role::DataObject),
            ("META-INF/", Role::Other),
            ("META-INF/signature.p7s", Role::Signature),
            ("META-INF/signatures.p7s", Role::Signature),
            ("META-INF/signature001.p7s", Role::Signature),
            ("META-INF/timestamp.tst", Role::TimeStamp),
            ("META-INF/ASiCManifest.xml", Role::Manifest),
            ("META-INF/ASiCManifest_1.xml", Role::Manifest),
            ("META-INF/ASiCArchiveManifest002.xml", Role::ArchiveManifest),
            ("META-INF/ASiCEvidenceRecordManifest001.xml", Role::EvidenceRecordManifest),
            ("META-INF/evidencerecord.ers", Role::EvidenceRecord),
            ("META-INF/evidencerecord001.xml", Role::EvidenceRecord),
            ("META-INF/signatures.xml", Role::XmlSignature),
            ("META-INF/manifest.xml", Role::Other),
        ];
        for (name, expected) in roles {
            assert_eq!(role(name), expected, "{name}");
        }
    }

    #[test]
    fn numbers() {
        let names = ["META-INF/signature001.p7s", "META-INF/signature7.p7s", "signature9.p7s"];
        assert_eq!(next_number(names, &[Role::Signature]), 8);
        assert_eq!(next_number(names, &[Role::TimeStamp]), 1);
        assert_eq!(next_number(["META-INF/signature.p7s"], &[Role::Signature]), 1);
        assert_eq!(signature_name(8), "META-INF/signature008.p7s");
    }
}

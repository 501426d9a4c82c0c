//! The preservation index of UNI 11386:2020 (SInCRO), `PIndex`.
//!
//! Written in the namespace `http://www.uni.com/U3011/sincro-v2/` with every attribute prefixed,
//! as its schema demands. Read tolerantly in what the norm leaves open (a digest is a free string:
//! hex or base64), strictly in what decides the verdict.
//!
//! ```text
//! PIndex @language @uri @sincroVersion
//!   SelfDescription   ID · CreatingApplication
//!   PVolume           ID · Label · Description · MoreInfo/ExternalMetadata -> metadati/documento.xml
//!   FileGroup+        one for the main document, one for each attachment, one for the deposit
//!                     package's own files: File+ @encoding @extension @format { ID · Path · Hash }
//!   Process           Submitter · Holder+ · AuthorizedSigner+ · TimeReference · LawsAndRegulations
//! ```
//!
//! The first edition (UNI 11386:2010, root `IdC`) is recognised and named, not read.

mod read;
mod write;

pub use read::{IndexedFile, PIndex, read};
pub use write::{FileEntry, FileGroup, WritePlan, write};

/// Namespace of UNI 11386:2020.
pub const NAMESPACE: &str = "http://www.uni.com/U3011/sincro-v2/";
/// The fixed `uri` attribute of the root.
pub const SCHEMA_URI: &str = "http://www.uni.com/U3011/sincro-v2/PIndex.xsd";
/// Namespace of UNI 11386:2010.
pub const NAMESPACE_V1: &str = "http://www.uni.com/U3011/sincro/";

pub(crate) const RULE: &str = "UNI 11386:2020";

/// Percent-encodes a path for `Path` (`xs:anyURI`): everything but unreserved characters and `/`
/// (RFC 3986 §2.3).
pub(crate) fn path_to_uri(path: &str) -> String {
    use std::fmt::Write as _;
    path.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// Decodes a relative `Path`; `None` for broken escapes, escaped slashes and text that is not UTF-8.
pub(crate) fn uri_to_path(uri: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut bytes = uri.bytes();
    while let Some(b) = bytes.next() {
        if b != b'%' {
            out.push(b);
            continue;
        }
        let digits = [bytes.next()?, bytes.next()?];
        let value = crate::digest::from_hex(std::str::from_utf8(&digits).ok()?)?;
        let value = *value.first()?;
        // A decoded slash would move the file to another folder than the written path says.
        if value == b'/' || value == b'\\' {
            return None;
        }
        out.push(value);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_travel_as_uris() {
        let path = "pdv/documenti/principale/Seduta città 1%.mp4.p7m";
        let uri = path_to_uri(path);
        assert_eq!(uri, "pdv/documenti/principale/Seduta%20citt%C3%A0%201%25.mp4.p7m");
        assert_eq!(uri_to_path(&uri).as_deref(), Some(path));
        assert_eq!(uri_to_path("a%2Fb"), None);
        assert_eq!(uri_to_path("a%2"), None);
        assert_eq!(uri_to_path("a%zz"), None);
        assert_eq!(uri_to_path("a%ff"), None);
    }
}

//! The format of a file by its extension, in the terms of AgID Allegato 2.
//!
//! A guess from the name alone, for `IdentificativoDelFormato` and the index; never a judgement.

/// The media type of a file name, `application/octet-stream` when the extension says nothing.
///
/// Signed files (`.p7m`) are named by what they are as kept; the inner name decides nothing.
#[must_use]
pub fn mime_of(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "p7m" => "application/pkcs7-mime",
        "p7s" => "application/pkcs7-signature",
        "tsr" => "application/timestamp-reply",
        "tsd" => "application/timestamped-data",
        "asics" => "application/vnd.etsi.asic-s+zip",
        "asice" => "application/vnd.etsi.asic-e+zip",
        "pdf" => "application/pdf",
        "xml" => "application/xml",
        "json" => "application/json",
        "zip" => "application/zip",
        "txt" | "toml" | "sha256" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "eml" => "message/rfc822",
        "odt" => "application/vnd.oasis.opendocument.text",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "mp4" | "m4v" => "video/mp4",
        "mxf" => "application/mxf",
        "mov" => "video/quicktime",
        "mkv" => "video/x-matroska",
        "webm" => "video/webm",
        "avi" => "video/x-msvideo",
        "wav" | "bwf" => "audio/wav",
        "flac" => "audio/flac",
        "mp3" => "audio/mpeg",
        "m4a" => "audio/mp4",
        "ogg" | "oga" => "audio/ogg",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "tif" | "tiff" => "image/tiff",
        _ => "application/octet-stream",
    }
}

/// The extension without its dot, for SInCRO's `extension` attribute.
pub(crate) fn extension_of(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    let (stem, extension) = name.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then_some(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_extension_only() {
        assert_eq!(mime_of("verbale.mp4.P7M"), "application/pkcs7-mime");
        assert_eq!(mime_of("verbale.mp4"), "video/mp4");
        assert_eq!(mime_of("verbale"), "application/octet-stream");
        assert_eq!(extension_of("a.b/verbale"), None);
        assert_eq!(extension_of("a/x.mp4.p7m"), Some("p7m"));
    }
}

//! Signatures that are in a file already, as whoever adds another one must look at them: a new
//! signature beside a broken one makes it look respectable.
//!
//! Octets only: whom a signature binds is judged elsewhere.

use std::path::Path;

use cades::SignatureId;
use cms::SignedData;
use cms::verify::{ContentCheck, ContentDigests, ValueCheck, check_content, verify_signer};

use crate::raise::certificate_of;
use crate::{Error, Result};

/// Refuses a file with a signature whose value is wrong, or that is over another content. What
/// cannot be checked passes: a certificate that is not at hand, an algorithm nobody knows, and
/// without `content` everything about it. `first` is the number of signatures before these.
pub(crate) fn refuse_broken(
    path: &Path,
    data: &SignedData,
    content: Option<&ContentDigests>,
    first: usize,
) -> Result<()> {
    let pool = data.x509_certificates();
    for (place, signer) in data.signer_infos.iter().enumerate() {
        let (value, over) = match certificate_of(signer, &pool) {
            Some(certificate) => {
                let check = verify_signer(signer, &certificate, Some(&data.content_type), content);
                (Some(check.value), check.content)
            }
            None => (None, check_content(signer, content)),
        };
        if let Some(what) = problem(value.as_ref(), &over) {
            let id = SignatureId::top(first + place).to_string();
            return Err(Error::Broken { path: path.to_owned(), id, what });
        }
    }
    Ok(())
}

/// What is wrong with a signature, as [`Error::Broken`] says it.
pub(crate) fn problem(value: Option<&ValueCheck>, content: &ContentCheck) -> Option<&'static str> {
    match (value, content) {
        (_, ContentCheck::Altered) => Some("it is over another content"),
        (_, ContentCheck::NoMessageDigest) => Some("it does not say what it is over"),
        (Some(ValueCheck::Invalid), _) => Some("its value does not verify"),
        _ => None,
    }
}

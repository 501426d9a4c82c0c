//! One byte changed in a copy: what the demo alters so that everything can notice.
//!
//! The originals are never opened for writing. A copy shares no octet with its original, even where
//! the file system could: only then does changing one leave the other alone for certain. (The
//! system may still share them copy-on-write, which costs nothing on file systems that can.)

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Octets of the content that, with the header before them, tell where it begins.
const NEEDLE: u64 = 64;
/// How far from the start of a signature file its content begins at most; a few dozen octets do.
const HEAD: u64 = 4096;

/// Copies a file; the copy is a new file that may be written to.
pub(super) fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut target = OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(&mut source, &mut target)?;
    Ok(())
}

/// Copies a folder. With `share`, files other than `altered` (a path inside) are hard links to the
/// originals: right for large packages whose copy is looked at and removed.
pub(super) fn copy_folder(from: &Path, to: &Path, altered: &Path, share: bool) -> io::Result<()> {
    let mut folders = vec![std::path::PathBuf::new()];
    while let Some(folder) = folders.pop() {
        fs::create_dir(to.join(&folder))?;
        for entry in fs::read_dir(from.join(&folder))? {
            let entry = entry?;
            let inside = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(inside);
                continue;
            }
            let (source, target) = (from.join(&inside), to.join(&inside));
            let linked = share && inside != altered && fs::hard_link(&source, &target).is_ok();
            if !linked {
                copy_file(&source, &target)?;
            }
        }
    }
    Ok(())
}

/// Changes the byte at `at`: one of its bits becomes the other.
pub(super) fn change_byte(path: &Path, at: u64) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut byte = [0];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut byte)?;
    byte[0] ^= 1;
    file.seek(SeekFrom::Start(at))?;
    file.write_all(&byte)
}

/// Where in an attached signature (DER, as this program writes it) the content begins.
pub(super) fn content_start(signature: &Path, content: &Path) -> io::Result<u64> {
    let size = fs::metadata(content)?.len();
    let mut needle = octet_string_header(size);
    let header = needle.len();
    File::open(content)?.take(NEEDLE).read_to_end(&mut needle)?;
    let mut head = Vec::new();
    File::open(signature)?.take(HEAD).read_to_end(&mut head)?;
    let at = head.windows(needle.len()).position(|window| window == needle);
    let at = at.ok_or(io::ErrorKind::InvalidData)?;
    Ok((at + header) as u64)
}

/// Tag and definite length (X.690 §8.1.3) of an OCTET STRING.
fn octet_string_header(size: u64) -> Vec<u8> {
    let octets = size.to_be_bytes();
    let significant = &octets[octets.iter().position(|&o| o != 0).unwrap_or(7)..];
    match u8::try_from(size) {
        Ok(short @ 0..=0x7f) => vec![0x04, short],
        _ => {
            // At most eight octets of length.
            let count = significant.len() as u8;
            [&[0x04, 0x80 | count], significant].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_form() {
        assert_eq!(octet_string_header(0), [0x04, 0x00]);
        assert_eq!(octet_string_header(0x7f), [0x04, 0x7f]);
        assert_eq!(octet_string_header(0x80), [0x04, 0x81, 0x80]);
        assert_eq!(octet_string_header(0x1_0000), [0x04, 0x83, 0x01, 0x00, 0x00]);
        assert_eq!(octet_string_header(u64::MAX).len(), 10);
    }

    #[test]
    fn the_copy_changes_and_the_original_does_not() {
        let folder = tempfile::tempdir().expect("folder");
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::create_dir_all(from.join("dentro")).expect("made");
        std::fs::write(from.join("uno"), b"uno").expect("written");
        std::fs::write(from.join("dentro/due"), b"due").expect("written");
        for share in [false, true] {
            copy_folder(&from, &to, Path::new("dentro/due"), share).expect("copied");
            change_byte(&to.join("dentro/due"), 1).expect("changed");
            assert_eq!(std::fs::read(from.join("dentro/due")).expect("read"), b"due");
            assert_eq!(std::fs::read(to.join("dentro/due")).expect("read"), b"dte");
            assert_eq!(std::fs::read(to.join("uno")).expect("read"), b"uno");
            std::fs::remove_dir_all(&to).expect("removed");
        }
    }

    #[test]
    fn the_content_is_found_behind_its_header() {
        let folder = tempfile::tempdir().expect("folder");
        let (content, signature) = (folder.path().join("c"), folder.path().join("s"));
        std::fs::write(&content, [7; 200]).expect("written");
        let octets = [&[0x30, 0x80, 7, 7, 0x04, 0x81, 200][..], &[7; 200]].concat();
        std::fs::write(&signature, octets).expect("written");
        assert_eq!(content_start(&signature, &content).expect("found"), 7);
        std::fs::write(&signature, b"nothing like it").expect("written");
        assert!(content_start(&signature, &content).is_err());
    }
}

//! Whether a recording is complete, asked before the PIN.
//!
//! A recorder that was switched off leaves an MP4 without its index, a copy that was broken off
//! leaves half a file: signed, it would stay so for ever and never play. Only box and chunk headers
//! are read (ISO/IEC 14496-12 §4.2, Microsoft RIFF, EBU Tech 3306, RFC 8794), so a file of any size
//! costs a few seeks. What the bytes do not show to be a recording is not judged, whatever its name.
//!
//! This is no player: damage inside frames goes unseen.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use files::{FollowLinks, SourceFile};

use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Lang, Text, both};

/// Most boxes or chunks looked at. A fragmented MP4 has two for each fragment of some seconds:
/// enough for months of recording, and an end for files made to keep us walking.
const MAX_BOXES: u32 = 2_000_000;

/// Why a recording is not complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// An MP4 or MOV without `moov`, its index.
    NoIndex,
    /// An MP4 or MOV with an index and no frames.
    NoFrames,
    /// A box or chunk announces more bytes than the file has.
    CutShort {
        /// The box or chunk.
        part: String,
        /// Where it would end.
        announced: u64,
        /// Where the file ends.
        actual: u64,
    },
    /// A WAV without its `fmt ` or `data` chunk.
    NoChunk {
        /// The missing one.
        part: &'static str,
    },
    /// The recorder never wrote the final sizes.
    NotClosed {
        /// WAV or AVI.
        kind: &'static str,
    },
}

impl Flaw {
    /// What is wrong, for people.
    pub(crate) fn text(&self) -> Text {
        match self {
            Self::NoIndex => Text::fixed(
                "manca l'indice (moov): la registrazione è stata interrotta e nessun lettore la riprodurrà",
                "its index (moov) is missing: the recording was broken off and no player will play it",
            ),
            Self::NoFrames => Text::fixed(
                "c'è l'indice ma mancano le immagini e il suono (mdat)",
                "the index is there but pictures and sound (mdat) are missing",
            ),
            Self::CutShort { part, announced, actual } => both!(
                "è troncata: la parte «{part}» finirebbe al byte {announced}, il file al byte {actual}",
                "it is cut short: its part `{part}` would end at byte {announced}, the file ends at byte {actual}"
            ),
            Self::NoChunk { part } => {
                both!("manca la parte «{part}»", "its part `{part}` is missing")
            }
            Self::NotClosed { kind } => both!(
                "la registrazione {kind} non è stata chiusa: le sue dimensioni non sono scritte",
                "the {kind} recording was never closed: its sizes are not written"
            ),
        }
    }
}

/// Refuses a recording that is not complete, before anything is asked or signed.
///
/// # Errors
/// Exit 4: it is not complete, with the override named; or it cannot be read.
pub(crate) fn refuse_incomplete(path: &Path) -> Result<(), Failure> {
    let mut file = SourceFile::open(path, FollowLinks::Follow)?;
    let len = file.len();
    let flaw = check(&mut file, len).map_err(|e| files::Error::from_io("reading", path, e))?;
    let Some(flaw) = flaw else { return Ok(()) };
    let (shown, what) = (clean::path(path), flaw.text());
    let (it, en) = (what.get(Lang::It), what.get(Lang::En));
    Err(Failure::new(
        "MEDIA_INCOMPLETE",
        Exit::Io,
        both!("{shown} non è una registrazione completa: {it}", "{shown} is no complete recording: {en}"),
    )
    .hint(Text::fixed(
        "copiare di nuovo il file dall'originale o farlo riparare; per firmarlo così com'è: --allow incomplete-media",
        "copy the file from its original again, or have it repaired; to sign it as it is: --allow incomplete-media",
    )))
}

/// Looks at a file of `len` bytes; `None` means complete, or no recording of a kind known here.
///
/// # Errors
/// What the system answered to reading.
pub(crate) fn check<R: Read + Seek>(file: &mut R, len: u64) -> io::Result<Option<Flaw>> {
    let mut start = [0u8; 12];
    let read = read_at(file, 0, &mut start)?;
    let start = start.get(..read).unwrap_or_default();
    let tag = |range: std::ops::Range<usize>| start.get(range).unwrap_or_default();
    match (tag(0..4), tag(4..8), tag(8..12)) {
        (b"RIFF" | b"RF64" | b"BW64", _, b"WAVE") => wav(file, len),
        (b"RIFF", _, b"AVI ") => avi(file, len),
        ([0x1A, 0x45, 0xDF, 0xA3], _, _) => matroska(file, len),
        (_, b"ftyp" | b"moov" | b"mdat" | b"moof" | b"wide" | b"styp", _) => mp4(file, len),
        _ => Ok(None),
    }
}

/// ISO base media: boxes of a 32-bit size and a type; size 1 means a 64-bit size follows, size 0
/// "to the end of the file".
fn mp4<R: Read + Seek>(file: &mut R, len: u64) -> io::Result<Option<Flaw>> {
    let (mut index, mut frames, mut fragments, mut image) = (false, false, false, false);
    let mut at = 0u64;
    for _ in 0..MAX_BOXES {
        let mut header = [0u8; 16];
        let read = read_at(file, at, &mut header)?;
        if read < 8 {
            // Nothing, or fewer bytes than a header: no box begins here.
            break;
        }
        let kind = [header[4], header[5], header[6], header[7]];
        let size32 = u32::from_be_bytes([header[0], header[1], header[2], header[3]]);
        let size = match size32 {
            // Zero padding after the last box is no box.
            0 if kind == [0; 4] => break,
            0 => len - at,
            1 if read == 16 => {
                let [.., a, b, c, d, e, f, g, h] = header;
                u64::from_be_bytes([a, b, c, d, e, f, g, h])
            }
            n => u64::from(n),
        };
        if !kind.iter().all(|b| b.is_ascii_graphic() || *b == b' ' || *b == 0xA9) || size < 8 {
            // Not a box: what stands before has been judged, strangers' tails are left alone.
            break;
        }
        let end = at.saturating_add(size);
        if end > len {
            return Ok(Some(Flaw::CutShort {
                part: String::from_utf8_lossy(&kind).into_owned(),
                announced: end,
                actual: len,
            }));
        }
        match &kind {
            b"moov" => index = true,
            b"mdat" => frames = true,
            b"moof" | b"styp" | b"sidx" => fragments = true,
            // HEIF and AVIF images live in a top-level `meta` (ISO/IEC 23008-12).
            b"meta" => image = true,
            _ => {}
        }
        at = end;
    }
    Ok(match (index, frames || fragments) {
        // A media segment of a stream has its index elsewhere, by design.
        (false, _) if !image && !fragments => Some(Flaw::NoIndex),
        (true, false) => Some(Flaw::NoFrames),
        _ => None,
    })
}

/// RIFF/WAVE, and RF64/BW64 whose sizes stand in `ds64`.
fn wav<R: Read + Seek>(file: &mut R, len: u64) -> io::Result<Option<Flaw>> {
    let (mut format, mut data64) = (false, None);
    let mut at = 12u64;
    for _ in 0..MAX_BOXES {
        let mut header = [0u8; 8];
        if read_at(file, at, &mut header)? < 8 {
            break;
        }
        let kind = [header[0], header[1], header[2], header[3]];
        let size32 = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        let mut size = u64::from(size32);
        match &kind {
            b"fmt " => format = true,
            b"ds64" => {
                let mut sizes = [0u8; 16];
                if read_at(file, at + 8, &mut sizes)? == 16 {
                    let [.., a, b, c, d, e, f, g, h] = sizes;
                    data64 = Some(u64::from_le_bytes([a, b, c, d, e, f, g, h]));
                }
            }
            b"data" => {
                let rest = len.saturating_sub(at + 8);
                if size32 == u32::MAX {
                    match data64 {
                        Some(real) => size = real,
                        None => return Ok(Some(Flaw::NotClosed { kind: "WAV" })),
                    }
                }
                if size == 0 && rest > 0 {
                    return Ok(Some(Flaw::NotClosed { kind: "WAV" }));
                }
                if size > rest {
                    return Ok(Some(cut("data", at, size, len)));
                }
                return Ok((!format).then_some(Flaw::NoChunk { part: "fmt" }));
            }
            _ => {}
        }
        // Chunks are padded to an even length; the pad byte of the last one is often left out.
        let end = at.saturating_add(8).saturating_add(size);
        if end > len {
            return Ok(Some(cut(&String::from_utf8_lossy(&kind), at, size, len)));
        }
        at = end.saturating_add(size & 1);
    }
    Ok(Some(Flaw::NoChunk { part: "data" }))
}

/// AVI: one RIFF chunk, or several in OpenDML.
fn avi<R: Read + Seek>(file: &mut R, len: u64) -> io::Result<Option<Flaw>> {
    let mut at = 0u64;
    for _ in 0..MAX_BOXES {
        let mut header = [0u8; 8];
        if read_at(file, at, &mut header)? < 8 || !header.starts_with(b"RIFF") {
            break;
        }
        let size = u64::from(u32::from_le_bytes([header[4], header[5], header[6], header[7]]));
        if size == 0 {
            return Ok(Some(Flaw::NotClosed { kind: "AVI" }));
        }
        if at + 8 + size > len {
            return Ok(Some(cut("RIFF", at, size, len)));
        }
        at += 8 + size + (size & 1);
    }
    Ok(None)
}

/// Matroska and WebM: the EBML header, then one Segment whose size may be unknown (a live
/// recording that was never closed still plays).
fn matroska<R: Read + Seek>(file: &mut R, len: u64) -> io::Result<Option<Flaw>> {
    let mut at = 0u64;
    for _ in 0..16 {
        let mut header = [0u8; 12];
        let read = read_at(file, at, &mut header)?;
        if read < 5 {
            break;
        }
        let Some((size, width)) = ebml_size(header.get(4..read).unwrap_or_default()) else { break };
        let start = at + 4 + width;
        let segment = header.starts_with(&[0x18, 0x53, 0x80, 0x67]);
        match size {
            None => return Ok(None),
            Some(size) if start.saturating_add(size) > len => {
                let part = if segment { "Segment" } else { "EBML" };
                return Ok(Some(Flaw::CutShort {
                    part: part.to_owned(),
                    announced: start.saturating_add(size),
                    actual: len,
                }));
            }
            Some(_) if segment => return Ok(None),
            Some(size) => at = start.saturating_add(size),
        }
    }
    Ok(None)
}

/// An EBML size (RFC 8794 §6): its value, none if unknown, and how many bytes it takes.
fn ebml_size(bytes: &[u8]) -> Option<(Option<u64>, u64)> {
    let first = *bytes.first()?;
    let width = first.leading_zeros() as usize + 1;
    if width > 8 {
        return None;
    }
    let mut value = u64::from(first) & ((1u64 << (8 - width)) - 1);
    for byte in bytes.get(1..width)? {
        value = (value << 8) | u64::from(*byte);
    }
    let unknown = value == (1u64 << (7 * width)) - 1;
    Some(((!unknown).then_some(value), width as u64))
}

fn cut(part: &str, at: u64, size: u64, len: u64) -> Flaw {
    Flaw::CutShort {
        part: part.trim().to_owned(),
        announced: at.saturating_add(8).saturating_add(size),
        actual: len,
    }
}

/// Reads as much of `buf` as there is at `at`.
fn read_at<R: Read + Seek>(file: &mut R, at: u64, buf: &mut [u8]) -> io::Result<usize> {
    file.seek(SeekFrom::Start(at))?;
    let mut read = 0;
    while let Some(rest) = buf.get_mut(read..).filter(|r| !r.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(n) => read += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn of(bytes: &[u8]) -> Option<Flaw> {
        check(&mut Cursor::new(bytes), bytes.len() as u64).expect("read")
    }

    fn vector(name: &str) -> Vec<u8> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/media").join(name);
        std::fs::read(path).expect(name)
    }

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let size = u32::try_from(body.len() + 8).expect("small");
        [&size.to_be_bytes()[..], kind, body].concat()
    }

    fn chunk(kind: &[u8; 4], size: u32, body: &[u8]) -> Vec<u8> {
        [&kind[..], &size.to_le_bytes(), body].concat()
    }

    fn wave(outer: &[u8; 4], chunks: &[Vec<u8>]) -> Vec<u8> {
        let body = [b"WAVE".to_vec(), chunks.concat()].concat();
        chunk(outer, u32::try_from(body.len()).expect("small"), &body)
    }

    #[test]
    fn real_recordings() {
        assert_eq!(of(&vector("seduta-consiglio.mp4")), None);
        assert_eq!(of(&vector("audio-seduta.wav")), None);
        assert_eq!(of(&vector("senza-moov.mp4")), Some(Flaw::NoIndex));
        assert!(
            matches!(of(&vector("troncata.mp4")), Some(Flaw::CutShort { part, .. }) if part == "mdat")
        );
        assert!(
            matches!(of(&vector("troncata.wav")), Some(Flaw::CutShort { part, .. }) if part == "data")
        );
    }

    #[test]
    fn the_refusal_names_the_override() {
        let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/media");
        assert_eq!(refuse_incomplete(&media.join("seduta-consiglio.mp4")), Ok(()));
        let failure = refuse_incomplete(&media.join("senza-moov.mp4")).expect_err("no index");
        assert_eq!((failure.code, failure.exit), ("MEDIA_INCOMPLETE", Exit::Io));
        let hint = failure.hint.expect("hint");
        assert!(hint.get(Lang::It).contains("--allow incomplete-media"));
        assert!(refuse_incomplete(&media.join("nessuno.mp4")).is_err());
    }

    #[test]
    fn a_recording_cut_anywhere_is_never_complete() {
        let whole = vector("seduta-consiglio.mp4");
        for cut in (12..whole.len()).step_by(97).chain(whole.len() - 8..whole.len()) {
            let flaw = of(&whole[..cut]);
            assert!(flaw.is_some(), "cut at {cut} of {}", whole.len());
        }
    }

    #[test]
    fn boxes_of_every_kind_of_size() {
        let moov = boxed(b"moov", &[0; 20]);
        let ftyp = boxed(b"ftyp", b"isom0000");
        let large = [&1u32.to_be_bytes()[..], b"mdat", &20u64.to_be_bytes(), &[0; 4]].concat();
        let to_end = [&0u32.to_be_bytes()[..], b"mdat", &[7; 100]].concat();
        let join = |parts: &[&[u8]]| parts.concat();
        assert_eq!(of(&join(&[&ftyp, &large, &moov])), None);
        assert_eq!(of(&join(&[&ftyp, &moov, &to_end])), None);
        assert_eq!(of(&join(&[&ftyp, &moov])), Some(Flaw::NoFrames));
        // Padding and strangers' tails.
        assert_eq!(of(&join(&[&ftyp, &large, &moov, &[0; 64]])), None);
        assert_eq!(of(&join(&[&ftyp, &large, &moov, &[0xFF; 64]])), None);
        assert_eq!(of(&join(&[&ftyp, &large, &moov, &[0; 3]])), None);
        // Fragments, images, segments.
        let moof = boxed(b"moof", &[0; 8]);
        assert_eq!(of(&join(&[&ftyp, &moov, &moof, &large])), None);
        assert_eq!(of(&join(&[&ftyp, &boxed(b"meta", &[0; 8]), &large])), None);
        assert_eq!(of(&join(&[&boxed(b"styp", b"msdh0000"), &moof, &large])), None);
        // Sizes beyond the file, up to the largest.
        let huge = [&1u32.to_be_bytes()[..], b"mdat", &u64::MAX.to_be_bytes()].concat();
        assert!(matches!(of(&join(&[&ftyp, &moov, &huge])), Some(Flaw::CutShort { .. })));
    }

    #[test]
    fn waves_of_every_kind() {
        let fmt = chunk(b"fmt ", 16, &[0; 16]);
        let data = chunk(b"data", 4, &[0; 4]);
        assert_eq!(of(&wave(b"RIFF", &[fmt.clone(), data.clone()])), None);
        assert_eq!(of(&wave(b"RIFF", &[data])), Some(Flaw::NoChunk { part: "fmt" }));
        assert_eq!(
            of(&wave(b"RIFF", std::slice::from_ref(&fmt))),
            Some(Flaw::NoChunk { part: "data" })
        );
        let open = chunk(b"data", 0, &[1; 8]);
        assert_eq!(of(&wave(b"RIFF", &[fmt.clone(), open])), Some(Flaw::NotClosed { kind: "WAV" }));
        let open = chunk(b"data", u32::MAX, &[1; 8]);
        assert_eq!(
            of(&wave(b"RIFF", &[fmt.clone(), open.clone()])),
            Some(Flaw::NotClosed { kind: "WAV" })
        );
        // RF64: the real size stands in ds64.
        let ds64 = |size: u64| {
            let body = [&0u64.to_le_bytes()[..], &size.to_le_bytes(), &[0; 12]].concat();
            chunk(b"ds64", 28, &body)
        };
        assert_eq!(of(&wave(b"RF64", &[ds64(8), fmt.clone(), open.clone()])), None);
        let short = of(&wave(b"RF64", &[ds64(9), fmt, open]));
        assert!(matches!(short, Some(Flaw::CutShort { .. })));
    }

    #[test]
    fn avi_and_matroska_lightly() {
        let avi = chunk(b"RIFF", 12, b"AVI LIST0000");
        assert_eq!(of(&avi), None);
        assert!(matches!(of(&avi[..14]), Some(Flaw::CutShort { .. })));
        assert_eq!(of(&chunk(b"RIFF", 0, b"AVI LIST0000")), Some(Flaw::NotClosed { kind: "AVI" }));
        let ebml = [0x1A, 0x45, 0xDF, 0xA3, 0x82, 1, 2];
        let segment =
            |size: &[u8], body: &[u8]| [&ebml[..], &[0x18, 0x53, 0x80, 0x67], size, body].concat();
        assert_eq!(of(&segment(&[0x88], &[0; 8])), None);
        assert!(matches!(
            of(&segment(&[0x88], &[0; 7])),
            Some(Flaw::CutShort { announced: 20, actual: 19, .. })
        ));
        assert_eq!(of(&segment(&[0x01, 255, 255, 255, 255, 255, 255, 255], &[0; 7])), None);
    }

    #[test]
    fn what_is_no_recording_is_not_judged() {
        for bytes in [&b""[..], b"ciao", b"%PDF-1.7 this is no recording", &[0; 64]] {
            assert_eq!(of(bytes), None);
        }
    }

    #[test]
    fn flipped_bytes_never_panic_or_hang() {
        for name in ["senza-moov.mp4", "troncata.wav"] {
            let bytes = vector(name);
            for at in 0..bytes.len().min(400) {
                for bit in 0..8 {
                    let mut copy = bytes.clone();
                    copy[at] ^= 1 << bit;
                    let _ = of(&copy);
                }
            }
        }
    }
}

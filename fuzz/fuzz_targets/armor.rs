//! `cms::armor` on arbitrary octets: base64, PEM and S/MIME come off to the
//! same octets however the stream is cut, and never to more than went in.
//!
//! The length of the input chooses the pieces, so that whole files serve as
//! seeds.

#![no_main]

use std::io::{self, Read};

use cms::armor;
use libfuzzer_sys::fuzz_target;

struct Pieces<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let size = self.step.min(out.len()).min(self.rest.len());
        out[..size].copy_from_slice(&self.rest[..size]);
        self.rest = &self.rest[size..];
        Ok(size)
    }
}

/// What came off, what was inside, and whether it came to a good end.
fn taken(data: &[u8], step: usize) -> Option<(Vec<armor::Armor>, Vec<u8>, bool)> {
    let mut opened = armor::open(Pieces { rest: data, step }, 8).ok()?;
    let mut inside = Vec::new();
    let whole = opened.source.read_to_end(&mut inside).is_ok();
    Some((opened.armor, inside, whole))
}

fuzz_target!(|data: &[u8]| {
    let choice = data.len();
    let whole = taken(data, usize::MAX);
    let pieces = taken(data, [1, 3, 64, 4095][choice % 4]);
    if let Some((armor, inside, _)) = &whole {
        assert!(inside.len() <= data.len());
        assert!(!armor.is_empty() || inside == data);
    }
    match (&whole, &pieces) {
        (Some((a, x, true)), Some((b, y, true))) => assert!((a, x) == (b, y)),
        // How far a damaged text is decoded before its flaw may differ.
        (Some((a, _, false)), Some((b, _, false))) => assert_eq!(a, b),
        (None, None) => {}
        _ => panic!("the pieces decide: {whole:?} {pieces:?}"),
    }
    let _ = armor::content_type(data);
});

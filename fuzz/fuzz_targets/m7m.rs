//! M7M messages from a stranger: parts add up to no more than the message, whatever the pieces it
//! comes in.

#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use timestamp::m7m::MessageReader;

/// Hands out few octets at a time.
struct Drip<'a>(&'a [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let step = out.len().min(self.1).min(self.0.len());
        out[..step].copy_from_slice(&self.0[..step]);
        self.0 = &self.0[step..];
        Ok(step)
    }
}

fn parts(data: &[u8], step: usize) -> Option<Vec<Vec<u8>>> {
    let mut reader = MessageReader::open(Drip(data, step)).ok()?;
    let mut found = Vec::new();
    while reader.next_part().ok()?.is_some() {
        let mut body = Vec::new();
        reader.body().read_to_end(&mut body).ok()?;
        found.push(body);
    }
    reader.drain().ok()?;
    Some(found)
}

fuzz_target!(|data: &[u8]| {
    let whole = parts(data, usize::MAX);
    if data.len() < 4096 {
        assert_eq!(whole, parts(data, 3));
    }
    if let Some(bodies) = &whole {
        assert!(bodies.iter().map(Vec::len).sum::<usize>() <= data.len());
    }
    let limits = cms::Limits { signers: 4, members: 16, ..cms::Limits::default() };
    let _ = cades::read_whole(&mut std::io::Cursor::new(data), &limits);
});

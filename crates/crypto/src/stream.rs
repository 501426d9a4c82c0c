//! Hashing content of any size while it is copied, on two cores.

use std::io::{self, Read, Write};
use std::sync::mpsc::{channel, sync_channel};

use crate::MultiHasher;

/// Octets moved at a time: small enough for a core's own cache.
const BLOCK: usize = 256 << 10;

/// Blocks in flight between reading and hashing.
const BLOCKS: usize = 8;

/// Reads `source` to its end into `hasher`; returns its size in octets.
///
/// On one thread: with nothing to be written beside it, hashing what was just
/// read from the same core's cache is faster than handing it to another core.
///
/// # Errors
/// The source failed.
pub fn hash(mut source: impl Read, hasher: &mut MultiHasher) -> io::Result<u64> {
    let mut block = vec![0; BLOCK / 2];
    let mut total = 0;
    loop {
        let filled = fill(&mut source, &mut block)?;
        hasher.update(&block[..filled]);
        total += filled as u64;
        if filled < block.len() {
            return Ok(total);
        }
    }
}

/// Reads `source` to its end once, into `hasher` and into `sink`; returns its
/// size in octets.
///
/// Hashing runs on a thread of its own, beside reading and writing, as soon as
/// there is more than one block. Memory is the same for every size.
///
/// # Errors
/// The source or the sink failed.
pub fn hash_and_copy(
    mut source: impl Read,
    hasher: &mut MultiHasher,
    mut sink: impl Write,
) -> io::Result<u64> {
    let mut block = vec![0; BLOCK];
    let mut filled = fill(&mut source, &mut block)?;
    if filled < BLOCK {
        sink.write_all(&block[..filled])?;
        hasher.update(&block[..filled]);
        return Ok(filled as u64);
    }
    std::thread::scope(|scope| {
        let (to_hash, full) = sync_channel::<(Vec<u8>, usize)>(BLOCKS);
        let (give_back, free) = channel::<Vec<u8>>();
        scope.spawn(move || {
            for (block, filled) in full {
                hasher.update(&block[..filled]);
                // Reading may have ended already; then nobody wants the block.
                let _ = give_back.send(block);
            }
        });
        let mut total = 0;
        let mut blocks = 1;
        loop {
            sink.write_all(&block[..filled])?;
            total += filled as u64;
            if to_hash.send((block, filled)).is_err() {
                return Err(io::Error::other("the hashing thread ended early"));
            }
            if filled < BLOCK {
                return Ok(total);
            }
            block = match free.try_recv() {
                Ok(block) => block,
                Err(_) if blocks < BLOCKS => {
                    blocks += 1;
                    vec![0; BLOCK]
                }
                Err(_) => free.recv().map_err(io::Error::other)?,
            };
            filled = fill(&mut source, &mut block)?;
        }
    })
}

/// Copies exactly `length` octets.
///
/// # Errors
/// The source ended early, or source or sink failed.
pub fn copy_exact(source: impl Read, sink: &mut impl Write, length: u64) -> io::Result<()> {
    let mut source = source.take(length);
    let mut block = vec![0; BLOCK];
    let mut left = length;
    while left > 0 {
        let filled = fill(&mut source, &mut block)?;
        if filled == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        sink.write_all(&block[..filled])?;
        left -= filled as u64;
    }
    Ok(())
}

/// Fills `block` as far as the source goes.
fn fill(source: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < block.len() {
        match source.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DigestAlgorithm, digest};

    #[test]
    fn every_size_around_the_blocks() {
        for size in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, BLOCK * BLOCKS, BLOCK * (BLOCKS + 3) + 7] {
            let content: Vec<u8> = (0..size).map(|i| (i * 7 % 251) as u8).collect();
            let mut hasher = MultiHasher::new([DigestAlgorithm::Sha256, DigestAlgorithm::Sha512]);
            let mut copy = Vec::new();
            let total = hash_and_copy(&content[..], &mut hasher, &mut copy).unwrap();
            assert_eq!(total, size as u64);
            assert!(copy == content, "{size}");
            let digests = hasher.finish();
            for algorithm in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
                assert_eq!(digests[&algorithm], digest(algorithm, &content), "{size}");
            }
            let mut alone = MultiHasher::new([DigestAlgorithm::Sha256, DigestAlgorithm::Sha512]);
            assert_eq!(hash(&content[..], &mut alone).unwrap(), size as u64);
            assert_eq!(alone.finish(), digests, "{size}");
        }
    }

    #[test]
    fn failures_end_both_threads() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
                self.0 = self.0.checked_sub(octets.len()).ok_or(io::ErrorKind::StorageFull)?;
                Ok(octets.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut hasher = MultiHasher::new([DigestAlgorithm::Sha256]);
        let result = hash_and_copy(io::repeat(1), &mut hasher, Full(BLOCK * 20));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(copy_exact(&[0; 9][..], &mut Vec::new(), 10).is_err());
    }
}

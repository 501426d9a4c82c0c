//! Random octets from OpenSSL's generator, for nonces, salts and serial numbers.

use crate::{Result, error::Context};

/// `count` octets fit for secrets.
///
/// # Errors
/// The operating system gives OpenSSL no entropy.
pub fn bytes(count: usize) -> Result<Vec<u8>> {
    let mut octets = vec![0; count];
    fill(&mut octets)?;
    Ok(octets)
}

/// Fills `octets`, as [`bytes`] does.
///
/// # Errors
/// As [`bytes`].
pub fn fill(octets: &mut [u8]) -> Result<()> {
    // One call takes an `int`; nobody asks for 2 GiB, but then it still works.
    for chunk in octets.chunks_mut(1 << 30) {
        openssl::rand::rand_bytes(chunk).context("random octets")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn they_differ() {
        assert_eq!(super::bytes(0).unwrap(), [0u8; 0]);
        let (one, two) = (super::bytes(32).unwrap(), super::bytes(32).unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
    }
}

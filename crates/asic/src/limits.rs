//! Every limit has a name and a source.

/// What a container may cost to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Limits of the ZIP.
    pub archive: archive::Limits,
    /// Limits of each signature file.
    pub cms: cms::Limits,
    /// Signatures, time-stamps and manifests together. A council of sixty that signs one by one
    /// needs a hundred and twenty.
    pub evidence: usize,
    /// SignerInfos of all signature files together: as many as one file may have.
    pub signers: usize,
    /// Time-stamp files: those over the container itself, as each renewal adds one. As many as are
    /// looked at in one signature.
    pub timestamps: usize,
    /// Octets of one signature, time-stamp or manifest held in memory: a manifest of 100,000 files
    /// has some 40 MB, a signature with the revocation lists of its authorities was seen with some.
    pub evidence_bytes: u64,
    /// Octets of all of them together.
    pub evidence_total: u64,
    /// References of all manifests together: ten renewals over the 10,000 files of a large container
    /// need 110,000.
    pub references: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            archive: archive::Limits::default(),
            cms: cms::Limits::default(),
            evidence: 4096,
            signers: cms::Limits::default().signers,
            timestamps: 256,
            evidence_bytes: 64 << 20,
            evidence_total: 256 << 20,
            references: 400_000,
        }
    }
}

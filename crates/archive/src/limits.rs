//! Every limit has a name and a source.

/// What an archive may cost to read. Exceeding one is a finding, never a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Members of one archive. A sitting has a handful; 100,000 is what the indexes of packages
    /// still serve in one piece.
    pub members: usize,
    /// Bytes of the central directory: 100,000 members with names of 500 bytes.
    pub directory_bytes: u64,
    /// Highest ratio of content to compressed bytes of one member. DEFLATE cannot exceed 1032:1
    /// (RFC 1951 §3.2.5: 258 bytes for two bits); a larger one is a lie in the directory.
    pub ratio: u64,
    /// Highest ratio of all contents together to the archive's own size, looked at only above
    /// [`Self::expansion_from`]. Text of minutes and XML of records shrink to a tenth, tables of
    /// numbers to a fiftieth; what shrinks further is a bomb or might as well be empty.
    pub expansion: u64,
    /// Bytes of all contents together below which no ratio matters: hashing them takes a second.
    pub expansion_from: u64,
    /// Bytes of a path inside an archive: `PATH_MAX` of common systems is 4096, Windows without
    /// options stops near 260; 1024 leaves room for the folder it is unpacked into.
    pub path_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members: 100_000,
            directory_bytes: 64 << 20,
            ratio: 1_100,
            expansion: 200,
            expansion_from: 256 << 20,
            path_bytes: 1024,
        }
    }
}

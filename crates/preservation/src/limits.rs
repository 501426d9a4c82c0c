//! Every limit has a name and a source.

/// What a package may cost to read. Exceeding one is an error or a finding, never a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Files in one package. A sitting has a handful; 100,000 is what the index format still
    /// serves in one piece (a METS of that size is 30 MB by our own measure).
    pub files: usize,
    /// Bytes of one index, metadata record or signed index held in memory: 64 MiB holds the index
    /// of 100,000 files.
    pub index_bytes: u64,
    /// Nodes of one XML document: about ten elements and texts for each of 100,000 files.
    pub xml_nodes: u32,
    /// Depth of folders: as deep as a path of [`Self::path_bytes`] can go is far more than any
    /// layout here (four) needs.
    pub depth: usize,
    /// Bytes of a path inside a package: PATH_MAX of common systems is 4096, Windows without
    /// options stops near 260; 1024 leaves room for the folder it is unpacked into.
    pub path_bytes: usize,
    /// Bytes of a metadata sheet (TOML): a sheet is a page or two of text.
    pub sheet_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            files: 100_000,
            index_bytes: 64 << 20,
            xml_nodes: 4_000_000,
            depth: 64,
            path_bytes: 1024,
            sheet_bytes: 1 << 20,
        }
    }
}

impl Limits {
    /// What a ZIP may cost under these limits.
    pub(crate) fn archive(&self) -> archive::Limits {
        archive::Limits {
            members: self.files,
            path_bytes: self.path_bytes,
            ..archive::Limits::default()
        }
    }
}

//! Bounds on what a hostile encoding may cost.

/// Limits for reading; each default says where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of constructed values. A CAdES-LTA signature with a time-stamp
    /// inside a time-stamp needs fewer than 40.
    pub depth: usize,
    /// Nesting of constructed OCTET STRINGs inside one another. Old Italian
    /// signing software was seen to use 2.
    pub string_depth: usize,
    /// Octets of everything but streamed content. The largest structures met
    /// in the field are CRLs of some tens of MB.
    pub structure_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 64, string_depth: 8, structure_bytes: 64 << 20 }
    }
}

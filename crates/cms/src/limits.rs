//! Bounds on what a hostile SignedData may cost.

/// Limits for reading SignedData; each default says where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Limits of the encoding.
    pub encoding: asn1::Limits,
    /// Members of `signerInfos`. A council of 60 signing one act stays far below;
    /// what is looked up for each signer among all members grows with both.
    pub signers: usize,
    /// Members of `certificates`, and of `crls`. LTA files of many signers
    /// were seen with some 60.
    pub members: usize,
    /// Attributes of one SignerInfo, and values of one attribute.
    pub attributes: usize,
    /// Layers of armour and nested envelopes. The longest chain met is 4.
    pub layers: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            encoding: asn1::Limits::default(),
            signers: 256,
            members: 1024,
            attributes: 1024,
            layers: 8,
        }
    }
}

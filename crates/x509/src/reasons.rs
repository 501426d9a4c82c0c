//! Reasons for revocation and sets of them (RFC 5280 §4.2.1.13, §5.3.1).

use serde::{Deserialize, Serialize};

/// Why a certificate was revoked (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RevocationReason {
    /// unspecified, or no reason given.
    Unspecified,
    /// keyCompromise.
    KeyCompromise,
    /// cACompromise.
    #[serde(rename = "cACompromise")]
    CaCompromise,
    /// affiliationChanged.
    AffiliationChanged,
    /// superseded.
    Superseded,
    /// cessationOfOperation.
    CessationOfOperation,
    /// certificateHold: suspended, in Italian `sospeso`.
    CertificateHold,
    /// removeFromCRL, meant for delta lists.
    #[serde(rename = "removeFromCRL")]
    RemoveFromCrl,
    /// privilegeWithdrawn.
    PrivilegeWithdrawn,
    /// aACompromise.
    #[serde(rename = "aACompromise")]
    AaCompromise,
    /// A number RFC 5280 does not assign.
    Unknown,
}

impl RevocationReason {
    pub(crate) fn from_code(code: &[u8]) -> Self {
        match code {
            [0] => Self::Unspecified,
            [1] => Self::KeyCompromise,
            [2] => Self::CaCompromise,
            [3] => Self::AffiliationChanged,
            [4] => Self::Superseded,
            [5] => Self::CessationOfOperation,
            [6] => Self::CertificateHold,
            [8] => Self::RemoveFromCrl,
            [9] => Self::PrivilegeWithdrawn,
            [10] => Self::AaCompromise,
            _ => Self::Unknown,
        }
    }
}

/// ReasonFlags: the reasons a list or distribution point speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReasonSet(u16);

impl ReasonSet {
    /// Every reason there is: bits 1 (keyCompromise) to 8 (aACompromise).
    pub const ALL: Self = Self(0b1_1111_1110);

    /// None.
    pub const NONE: Self = Self(0);

    /// Reads the contents of a ReasonFlags BIT STRING; what is malformed names no reason.
    pub(crate) fn read(contents: &[u8]) -> Self {
        let Some((unused @ 0..=7, octets)) = contents.split_first() else { return Self::NONE };
        let bits = (octets.len() * 8).saturating_sub(usize::from(*unused)).min(9);
        let set = |bit: &usize| octets[bit / 8] & (0x80 >> (bit % 8)) != 0;
        Self((1..bits).filter(set).fold(0, |all, bit| all | 1 << bit))
    }

    /// Those in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those in either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether no reason is missing.
    #[must_use]
    pub fn is_all(self) -> bool {
        self == Self::ALL
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        let one = ReasonSet::read(&[6, 0x40]);
        assert!(!one.is_empty() && !one.is_all());
        let rest = ReasonSet::read(&[7, 0x3f, 0x80]);
        assert!(one.or(rest).is_all() && one.and(rest).is_empty());
        // Bit 0 is unused, bits beyond 8 unassigned: neither adds a reason.
        assert!(ReasonSet::read(&[0, 0x80, 0x7f, 0xff]).is_empty());
        for odd in [&[][..], &[8, 0xff], &[0]] {
            assert!(ReasonSet::read(odd).is_empty());
        }
    }
}

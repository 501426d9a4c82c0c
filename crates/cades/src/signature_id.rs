//! Which signature of an envelope is meant.

use std::fmt;
use std::str::FromStr;

use crate::{DEEPEST, Error, Result};

/// A signature of an envelope, counted from 1 in stored order: `2` is the
/// second SignerInfo, `2.1` the first countersignature on it, and so on.
///
/// ```
/// use ceralacca_cades::SignatureId;
/// let id: SignatureId = "2.1".parse()?;
/// assert_eq!(id.parent().map(|parent| parent.to_string()).as_deref(), Some("2"));
/// assert!("0".parse::<SignatureId>().is_err());
/// # Ok::<(), ceralacca_cades::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignatureId {
    /// Counted from 0, outside in; never empty.
    path: Vec<usize>,
}

impl SignatureId {
    /// The SignerInfo at `index`, counted from 0.
    #[must_use]
    pub fn top(index: usize) -> Self {
        Self { path: vec![index] }
    }

    /// The countersignature at `index`, counted from 0, on this signature.
    #[must_use]
    pub fn child(&self, index: usize) -> Self {
        let mut path = self.path.clone();
        path.push(index);
        Self { path }
    }

    /// The signature that this one countersigns, if it is a countersignature.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (_, path) = self.path.split_last()?;
        (!path.is_empty()).then(|| Self { path: path.to_vec() })
    }

    /// Whether it is a countersignature.
    #[must_use]
    pub fn is_countersignature(&self) -> bool {
        self.path.len() > 1
    }

    /// Place of the SignerInfo that it is, or that it is inside of, from 0.
    #[must_use]
    pub fn signer(&self) -> usize {
        self.path.first().copied().unwrap_or_default()
    }

    /// Places of the countersignatures on the way to it, from 0.
    pub(crate) fn countersignatures(&self) -> &[usize] {
        self.path.get(1..).unwrap_or_default()
    }
}

impl fmt::Display for SignatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, index) in self.path.iter().enumerate() {
            let dot = if depth == 0 { "" } else { "." };
            write!(f, "{dot}{}", index + 1)?;
        }
        Ok(())
    }
}

impl FromStr for SignatureId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
            let number: usize = part.parse().ok().filter(|_| digits && part.len() <= 6)?;
            number.checked_sub(1)
        };
        let path: Option<Vec<usize>> = text.split('.').map(number).collect();
        match path {
            Some(path) if path.len() <= DEEPEST => Ok(Self { path }),
            _ => Err(Error::SignatureId { text: text.chars().take(40).collect() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read() {
        for text in ["1", "12", "1.2", "3.1.1.7"] {
            assert_eq!(text.parse::<SignatureId>().unwrap().to_string(), text);
        }
        let long = "1.".repeat(40) + "1";
        for text in ["", "0", "1.", ".1", "1.0", "+1", "1 ", "a", "2/1", "99999999999", &long] {
            assert!(text.parse::<SignatureId>().is_err(), "{text}");
        }
        assert_eq!(SignatureId::top(0).child(2).to_string(), "1.3");
        assert_eq!(SignatureId::top(4).parent(), None);
    }
}

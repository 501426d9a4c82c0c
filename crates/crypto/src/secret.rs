//! Passwords and PINs.

use std::fmt;

use zeroize::Zeroizing;

/// A password or PIN: wiped when dropped, never shown.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// A secret from the contents of a file or a descriptor: one line ending
    /// (LF or CR LF) at its end does not belong to it.
    #[must_use]
    pub fn from_file_contents(contents: Vec<u8>) -> Self {
        let mut octets = Zeroizing::new(contents);
        if octets.last() == Some(&b'\n') {
            octets.pop();
            if octets.last() == Some(&b'\r') {
                octets.pop();
            }
        }
        Self(octets)
    }

    /// The octets, for the one place that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<u8>> for Secret {
    fn from(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.as_bytes().to_vec().into()
    }
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_ending_goes() {
        let read = |octets: &[u8]| Secret::from_file_contents(octets.to_vec()).expose().to_vec();
        assert_eq!(read(b"pin"), b"pin");
        assert_eq!(read(b"pin\n"), b"pin");
        assert_eq!(read(b"pin\r\n"), b"pin");
        assert_eq!(read(b"pin\n\n"), b"pin\n");
        assert_eq!(read(b" pin\r"), b" pin\r");
        assert_eq!(read(b"\n"), b"");
    }

    #[test]
    fn never_shown() {
        assert_eq!(format!("{:?}", Secret::from("12345678")), "Secret(…)");
    }
}

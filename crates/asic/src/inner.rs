//! What a data object is at first sight, where it is itself something signed: the signatures inside
//! it are not those of the container, and nobody should take the one for the other. May only look at
//! the first octets.

/// Octets of a data object looked at.
pub(crate) const START: usize = 4096;

/// What is signed inside something signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inner {
    /// A CMS signature (`.p7m`, `.p7s`).
    Signature,
    /// A time-stamped file (`.tsd`, `.m7m`).
    TimeStamped,
    /// An ASiC container.
    Container,
}

impl Inner {
    /// The name of its layer in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Signature => "cms",
            Self::TimeStamped => "tsd",
            Self::Container => "asic",
        }
    }

    /// What starts with these octets; `None` = nothing that signs, or too few octets to tell.
    #[must_use]
    pub fn of(start: &[u8]) -> Option<Self> {
        if start.starts_with(b"PK\x03\x04") {
            let parts: [&[u8]; 4] = [
                b"application/vnd.etsi.asic",
                b"META-INF/signature",
                b"META-INF/timestamp",
                b"META-INF/ASiC",
            ];
            let has = |part: &[u8]| start.windows(part.len()).any(|window| window == part);
            return parts.into_iter().any(has).then_some(Self::Container);
        }
        match cms::armor::content_type(start) {
            Some(cms::oids::SIGNED_DATA) => Some(Self::Signature),
            Some(timestamp::tsd::TIMESTAMPED_DATA) => Some(Self::TimeStamped),
            Some(_) => None,
            None => timestamp::m7m::starts_like(start).then_some(Self::TimeStamped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_signs_is_told_from_what_does_not() {
        let signed = [0x30, 0x80, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 7, 2, 0xa0, 0x80];
        let cases: [(&[u8], Option<Inner>); 6] = [
            (b"PK\x03\x04...mimetypeapplication/vnd.etsi.asic-e+zip", Some(Inner::Container)),
            (b"PK\x03\x04...META-INF/signature001.p7s", Some(Inner::Container)),
            (b"PK\x03\x04...word/document.xml", None),
            (&signed, Some(Inner::Signature)),
            (b"Il Consiglio approva.", None),
            (b"", None),
        ];
        for (start, expected) in cases {
            assert_eq!(Inner::of(start), expected, "{start:?}");
        }
    }
}

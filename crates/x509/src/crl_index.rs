//! Where the entries of a CRL stand, by serial number.
//!
//! One question walks a list; a file with many certificates asks many, and
//! time would grow as their product. Twelve octets for each entry, which
//! itself has some twenty or more, keep it in proportion.

use asn1::{Cursor, Value};

use crate::certificate::minimal;

/// Stands for the list's own issuer.
const OWN: u32 = u32::MAX;

/// Entries by a hash of their serial number; those of one hash in their order.
pub(crate) struct Index(Vec<Place>);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    hash: u32,
    /// Offset of the entry among the entries.
    at: u32,
    /// Offset of the entry that names the issuer of this one's certificate.
    issuer: u32,
}

impl Index {
    /// Indexes `entries`; `names_issuer` says whether an entry has certificateIssuer.
    pub(crate) fn of(
        entries: &[u8],
        names_issuer: impl Fn(Value<'_>) -> asn1::Result<bool>,
    ) -> asn1::Result<Self> {
        let mut all = Vec::new();
        let mut cursor = Cursor::new(entries);
        let mut issuer = OWN;
        while let Some(entry) = cursor.next_value()? {
            // Lists are in memory and far below 4 GiB; one that is not finds nothing here.
            let at = u32::try_from(entry.at()).unwrap_or(OWN);
            if names_issuer(entry)? {
                issuer = at;
            }
            all.push(Place { hash: hash(entry.children().any()?.contents()), at, issuer });
        }
        all.sort_unstable();
        all.shrink_to_fit();
        Ok(Self(all))
    }

    /// Offsets of the entries that may have this serial number, each with that
    /// of the entry that names its issuer, if one does.
    pub(crate) fn places(&self, serial: &[u8]) -> impl Iterator<Item = (usize, Option<usize>)> {
        let hash = hash(serial);
        let start = self.0.partition_point(|place| place.hash < hash);
        let found = self.0.iter().skip(start).take_while(move |place| place.hash == hash);
        found.map(|place| {
            (place.at as usize, (place.issuer != OWN).then_some(place.issuer as usize))
        })
    }
}

/// FNV-1a over the number without padding. Serials made to collide cost what
/// a walk costs.
fn hash(serial: &[u8]) -> u32 {
    minimal(serial)
        .iter()
        .fold(0x811c_9dc5, |sum: u32, octet| (sum ^ u32::from(*octet)).wrapping_mul(0x0100_0193))
}

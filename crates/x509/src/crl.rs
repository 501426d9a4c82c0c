//! Certificate revocation lists (RFC 5280 §5).
//!
//! A list may hold a million entries: they are walked in the octets received,
//! once when the list is read, so that a broken entry anywhere refuses the
//! list, and once for the first question; none is ever kept. A second question
//! makes an index, see [`crate::crl_index`].
//!
//! What a list is about is read here: [`Crl::scope`]. Whether it reaches a
//! certificate, and together with which other lists, is decided in
//! [`crate::evaluate()`].

use std::{
    fmt,
    ops::Range,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use asn1::{Cursor, Oid, Tag, Value};
use chrono::{DateTime, Utc};

use crate::{
    AuthorityKeyIdentifier, Certificate, DistributionPoint, Error, Fingerprint, GeneralName, Name,
    ReasonSet, Result, RevocationReason, SignatureCheck,
    certificate::{Bits, integer_order, optional_time, same_integer, span, without_padding},
    crl_index::Index,
    extensions,
    fingerprint::{hex, serde_as_der},
    oids, pem, verify,
};

const OBJECT: &str = "CRL";
const LABELS: [&str; 2] = ["X509 CRL", "CRL"];

/// A certificate revocation list; cloning it is cheap.
///
/// ```text
/// TBSCertList ::= SEQUENCE { version, signature, issuer, thisUpdate, nextUpdate OPTIONAL,
///     revokedCertificates SEQUENCE OF SEQUENCE { … } OPTIONAL, crlExtensions [0] OPTIONAL }
/// ```
#[derive(Clone)]
pub struct Crl(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    fingerprint: Fingerprint,
    tbs: Range<usize>,
    inner_algorithm: Range<usize>,
    issuer: Name,
    this_update: DateTime<Utc>,
    next_update: Option<DateTime<Utc>>,
    /// Contents of revokedCertificates.
    entries: Range<usize>,
    entry_count: u64,
    /// Whether an entry was looked up before.
    asked: AtomicBool,
    /// Made for the second question.
    index: OnceLock<Index>,
    algorithm: Range<usize>,
    signature: Bits,
    number: Option<Vec<u8>>,
    base_number: Option<Vec<u8>>,
    /// issuingDistributionPoint as received: lists combine when it is the same.
    scope_octets: Option<Vec<u8>>,
    freshest: Vec<DistributionPoint>,
    authority_key_identifier: Option<AuthorityKeyIdentifier>,
    scope: CrlScope,
    expired_certs_on_crl: Option<DateTime<Utc>>,
    unprocessed_critical: Vec<Oid>,
    malformed: Vec<Oid>,
}

serde_as_der!(Crl, Crl::from_der);

/// Which certificates and reasons a list speaks of (RFC 5280 §5.2.4, §5.2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrlScope {
    /// The distribution point it was issued for, when it names one.
    pub distribution_point: Option<DistributionPoint>,
    /// onlyContainsUserCerts.
    pub only_user_certificates: bool,
    /// onlyContainsCACerts.
    pub only_ca_certificates: bool,
    /// onlyContainsAttributeCerts.
    pub only_attribute_certificates: bool,
    /// onlySomeReasons; `None` is all.
    pub only_some_reasons: Option<ReasonSet>,
    /// indirectCRL: entries may be about certificates of other issuers.
    pub indirect: bool,
    /// deltaCRLIndicator is present.
    pub delta: bool,
}

/// The entry of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrlEntry {
    /// revocationDate.
    pub revoked_at: DateTime<Utc>,
    /// reasonCode; `Unspecified` when absent.
    pub reason: RevocationReason,
    /// invalidityDate.
    pub invalid_since: Option<DateTime<Utc>>,
}

impl Crl {
    /// Reads one list that fills `octets`, DER or BER.
    ///
    /// # Errors
    /// [`Error::Encoding`] or [`Error::Structure`].
    pub fn from_der(octets: &[u8]) -> Result<Self> {
        let (mut inner, entries, extensions) = read(octets)?;
        let mut cursor = entries.as_ref().map_or(Cursor::new(&[]), Value::children);
        let encoding = Error::encoding(OBJECT);
        let mut names_issuers = false;
        while let Some(entry) = cursor.next_value().map_err(encoding)? {
            inner.entry_count += 1;
            let entry = Entry::read(entry).map_err(encoding)?;
            if let Some(list) = entry.extensions {
                names_issuers |= inner.take_entry_extensions(list).map_err(encoding)?;
            }
        }
        if let Some(extensions) = extensions {
            inner.take_extensions(extensions).map_err(encoding)?;
        }
        if names_issuers && !inner.scope.indirect {
            // RFC 5280 §5.3.3: for indirect lists only. Whom the others mean nobody can say.
            inner.malformed.push(oids::CERTIFICATE_ISSUER);
        }
        Ok(Self(Arc::new(inner)))
    }

    /// Reads every list of a file: DER, or PEM with any text around it.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none, or the first one that can not be read.
    pub fn from_pem_or_der(octets: &[u8]) -> Result<Vec<Self>> {
        let mut all = Vec::new();
        if octets.first() == Some(&Tag::SEQUENCE.0) {
            all.push(Self::from_der(without_padding(octets))?);
        } else if pem::is_pem(octets) {
            for block in pem::blocks(octets, &LABELS)? {
                all.push(Self::from_der(&block.der)?);
            }
        }
        if all.is_empty() {
            return Err(Error::NotFound { object: OBJECT, octets: octets.len() });
        }
        Ok(all)
    }

    /// The octets as received.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// SHA-256 of the octets as received.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    /// Who issued it.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// thisUpdate.
    #[must_use]
    pub fn this_update(&self) -> DateTime<Utc> {
        self.0.this_update
    }

    /// nextUpdate.
    #[must_use]
    pub fn next_update(&self) -> Option<DateTime<Utc>> {
        self.0.next_update
    }

    /// cRLNumber as lowercase hex.
    #[must_use]
    pub fn number_hex(&self) -> Option<String> {
        self.0.number.as_deref().map(hex)
    }

    /// BaseCRLNumber of a delta list as lowercase hex.
    #[must_use]
    pub fn base_number_hex(&self) -> Option<String> {
        self.0.base_number.as_deref().map(hex)
    }

    /// Whether this delta list may be combined with `base` (RFC 5280 §5.2.4):
    /// same issuer, scope and key identifier, and numbers that leave no gap.
    #[must_use]
    pub fn extends(&self, base: &Self) -> bool {
        let (Some(number), Some(from)) = (&self.0.number, &self.0.base_number) else {
            return false;
        };
        let Some(base_number) = &base.0.number else { return false };
        !base.0.scope.delta
            && self.issuer().matches(base.issuer())
            && self.0.scope_octets == base.0.scope_octets
            && self.0.authority_key_identifier == base.0.authority_key_identifier
            && integer_order(base_number, from).is_ge()
            && integer_order(base_number, number).is_lt()
    }

    /// Absolute `http`/`https` URLs of delta lists (freshestCRL, RFC 5280 §5.2.6).
    pub fn delta_urls(&self) -> impl Iterator<Item = &str> {
        self.0.freshest.iter().flat_map(DistributionPoint::urls)
    }

    /// keyIdentifier of authorityKeyIdentifier.
    #[must_use]
    pub fn authority_key(&self) -> Option<&[u8]> {
        self.0.authority_key_identifier.as_ref()?.key_identifier.as_deref()
    }

    /// Which certificates and reasons it speaks of.
    #[must_use]
    pub fn scope(&self) -> &CrlScope {
        &self.0.scope
    }

    /// ExpiredCertsOnCRL (ITU-T X.509): certificates that expired since then stay listed.
    #[must_use]
    pub fn expired_certs_on_crl(&self) -> Option<DateTime<Utc>> {
        self.0.expired_certs_on_crl
    }

    /// Critical extensions, of the list or of an entry, not processed here:
    /// such a list decides nothing (RFC 5280 §5.2, §5.3).
    #[must_use]
    pub fn unprocessed_critical(&self) -> &[Oid] {
        &self.0.unprocessed_critical
    }

    /// Known extensions whose value could not be read.
    #[must_use]
    pub fn malformed(&self) -> &[Oid] {
        &self.0.malformed
    }

    /// Whether the algorithm signed and the one beside the signature agree.
    #[must_use]
    pub fn algorithms_agree(&self) -> bool {
        self.part(&self.0.inner_algorithm) == self.part(&self.0.algorithm)
    }

    /// How many entries it has.
    #[must_use]
    pub fn entry_count(&self) -> u64 {
        self.0.entry_count
    }

    /// The entry of a certificate of the list's own issuer, if it is listed.
    /// No entry is kept. The first entry of a number given twice counts.
    ///
    /// # Errors
    /// Never for a list that was read: its entries were walked then.
    pub fn lookup(&self, serial: &[u8]) -> Result<Option<CrlEntry>> {
        self.lookup_issued_by(self.issuer(), serial)
    }

    /// The entry of a certificate of `issuer`, if it is listed. In an indirect
    /// list an entry is about the issuer named in it or, without a name, in the
    /// last entry before it that has one (RFC 5280 §5.3.3).
    ///
    /// # Errors
    /// Never for a list that was read: its entries were walked then.
    pub fn lookup_issued_by(&self, issuer: &Name, serial: &[u8]) -> Result<Option<CrlEntry>> {
        self.find(issuer, serial).map_err(Error::encoding(OBJECT))
    }

    fn find(&self, issuer: &Name, serial: &[u8]) -> asn1::Result<Option<CrlEntry>> {
        let own = issuer.matches(self.issuer());
        if !own && !self.0.scope.indirect {
            return Ok(None);
        }
        // The first question is often the only one: walking keeps no entry in memory.
        if !self.0.asked.swap(true, Ordering::Relaxed) {
            return self.walk(own, issuer, serial);
        }
        if self.0.index.get().is_none() {
            let names_issuer = |entry: Value<'_>| {
                let named = self.0.scope.indirect.then(|| Entry::read(entry)?.certificate_issuer());
                Ok(named.transpose()?.flatten().is_some())
            };
            let index = Index::of(self.part(&self.0.entries), names_issuer)?;
            // Another thread may have been faster: the two are the same.
            let _ = self.0.index.set(index);
        }
        let places = self.0.index.get().into_iter().flat_map(|index| index.places(serial));
        for (at, named) in places {
            let entry = self.entry_at(at)?;
            let about = match named {
                None => own,
                Some(at) => {
                    let names = Entry::read(self.entry_at(at)?)?.certificate_issuer()?;
                    is_among(issuer, &names.unwrap_or_default())
                }
            };
            if about && same_integer(entry.children().any()?.contents(), serial) {
                return Entry::read(entry)?.describe().map(Some);
            }
        }
        Ok(None)
    }

    fn entry_at(&self, at: usize) -> asn1::Result<Value<'_>> {
        Value::parse_prefix(self.part(&self.0.entries).get(at..).unwrap_or_default())
    }

    fn walk(&self, own: bool, issuer: &Name, serial: &[u8]) -> asn1::Result<Option<CrlEntry>> {
        let mut about = own;
        let mut cursor = Cursor::new(self.part(&self.0.entries));
        while let Some(value) = cursor.next_value()? {
            if self.0.scope.indirect
                && let Some(names) = Entry::read(value)?.certificate_issuer()?
            {
                about = is_among(issuer, &names);
            }
            if about && same_integer(value.children().any()?.contents(), serial) {
                return Entry::read(value)?.describe().map(Some);
            }
        }
        Ok(None)
    }

    /// Checks the signature with the key of `signer`. Names are not compared.
    #[must_use]
    pub fn verify_signed_by(&self, signer: &Certificate) -> SignatureCheck {
        verify::check(
            signer,
            self.part(&self.0.algorithm),
            self.part(&self.0.tbs),
            &self.0.signature.of(&self.0.der),
        )
    }

    fn part(&self, span: &Range<usize>) -> &[u8] {
        self.0.der.get(span.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({}, {}, {})", self.issuer(), self.this_update(), self.fingerprint())
    }
}

/// One entry, its extensions unread.
struct Entry<'a> {
    revoked_at: DateTime<Utc>,
    extensions: Option<Value<'a>>,
}

impl<'a> Entry<'a> {
    fn read(value: Value<'a>) -> asn1::Result<Self> {
        let mut parts = value.expect(Tag::SEQUENCE)?.children();
        parts.any()?.integer()?;
        let revoked_at = parts.any()?.time()?;
        let extensions = parts.optional(Tag::SEQUENCE)?;
        parts.finish()?;
        Ok(Self { revoked_at, extensions })
    }

    /// What the entry says.
    fn describe(&self) -> asn1::Result<CrlEntry> {
        let mut found = CrlEntry {
            revoked_at: self.revoked_at,
            reason: RevocationReason::Unspecified,
            invalid_since: None,
        };
        let mut list = self.extensions.map_or(Cursor::new(&[]), |list| list.children());
        while let Some(extension) = list.next_value()? {
            let (oid, _, octets) = extensions::split(extension)?;
            // What can not be read keeps the certificate revoked.
            let Ok(value) = Value::parse(&octets) else { continue };
            if oid == oids::CRL_REASON && value.tag() == Tag::ENUMERATED {
                found.reason = RevocationReason::from_code(value.contents());
            } else if oid == oids::INVALIDITY_DATE {
                found.invalid_since = value.time().ok();
            }
        }
        Ok(found)
    }

    /// certificateIssuer, if the entry has it.
    fn certificate_issuer(&self) -> asn1::Result<Option<Vec<GeneralName>>> {
        let mut list = self.extensions.map_or(Cursor::new(&[]), |list| list.children());
        while let Some(extension) = list.next_value()? {
            let (oid, _, octets) = extensions::split(extension)?;
            if oid == oids::CERTIFICATE_ISSUER {
                return certificate_issuer(&octets).map(Some);
            }
        }
        Ok(None)
    }
}

/// Whether a certificateIssuer names this issuer.
fn is_among(issuer: &Name, names: &[GeneralName]) -> bool {
    names.iter().any(|name| matches!(name, GeneralName::Directory(name) if name.matches(issuer)))
}

/// The names of a certificateIssuer extension (RFC 5280 §5.3.3).
fn certificate_issuer(octets: &[u8]) -> asn1::Result<Vec<GeneralName>> {
    GeneralName::read_all(Value::parse(octets)?.expect(Tag::SEQUENCE)?.children())
}

type Parts<'a> = (Inner, Option<Value<'a>>, Option<Value<'a>>);

fn read(octets: &[u8]) -> Result<Parts<'_>> {
    let encoding = Error::encoding(OBJECT);
    let structure = |rule, at| Error::Structure { object: OBJECT, rule, at };
    let mut outer = Value::parse(octets)
        .and_then(|value| value.expect(Tag::SEQUENCE))
        .map_err(encoding)?
        .children();
    let tbs = outer.expect(Tag::SEQUENCE).map_err(encoding)?;
    let algorithm = outer.expect(Tag::SEQUENCE).map_err(encoding)?;
    let signature = outer.expect(Tag::BIT_STRING).map_err(encoding)?;
    outer.finish().map_err(encoding)?;

    let mut parts = tbs.children();
    let version = parts.optional(Tag::INTEGER).map_err(encoding)?;
    if let Some(version) = version
        && version.contents() != [1]
    {
        return Err(structure("a version given is v2 (RFC 5280 §5.1.2.1)", version.at()));
    }
    let inner_algorithm = parts.expect(Tag::SEQUENCE).map_err(encoding)?;
    let issuer = parts.any().and_then(Name::read).map_err(encoding)?;
    let this_update = parts.any().and_then(|value| value.time()).map_err(encoding)?;
    let next_update = optional_time(&mut parts).map_err(encoding)?;
    let entries = parts.optional(Tag::SEQUENCE).map_err(encoding)?;
    if let Some(entries) = entries
        && entries.contents().is_empty()
    {
        let rule = "revokedCertificates is absent when nothing is revoked (RFC 5280 §5.1.2.6)";
        return Err(structure(rule, entries.at()));
    }
    let extensions = parts.optional(Tag::context_constructed(0)).map_err(encoding)?;
    parts.finish().map_err(encoding)?;
    if let (None, Some(extensions)) = (version, extensions) {
        return Err(structure("extensions need version v2 (RFC 5280 §5.1.2.7)", extensions.at()));
    }
    let extensions = extensions.map(|value| value.inner()).transpose().map_err(encoding)?;

    let contents = |value: &Value<'_>| {
        let start = span(value).start + offset_in(value.raw(), value.contents());
        start..start + value.contents().len()
    };
    let inner = Inner {
        fingerprint: Fingerprint::of(octets),
        tbs: span(&tbs),
        inner_algorithm: span(&inner_algorithm),
        issuer,
        this_update,
        next_update,
        entries: entries.as_ref().map_or(0..0, contents),
        entry_count: 0,
        asked: AtomicBool::new(false),
        index: OnceLock::new(),
        algorithm: span(&algorithm),
        signature: Bits::of_value(&signature).map_err(encoding)?,
        number: None,
        base_number: None,
        scope_octets: None,
        freshest: Vec::new(),
        authority_key_identifier: None,
        scope: CrlScope::default(),
        expired_certs_on_crl: None,
        unprocessed_critical: Vec::new(),
        malformed: Vec::new(),
        der: octets.to_vec(),
    };
    Ok((inner, entries, extensions))
}

/// How many octets of `whole` stand before `part`, the contents in it.
fn offset_in(whole: &[u8], part: &[u8]) -> usize {
    let indefinite = whole.get(1) == Some(&0x80);
    whole.len().saturating_sub(part.len() + if indefinite { 2 } else { 0 })
}

impl Inner {
    /// Whether the entry names the issuer of its certificate.
    fn take_entry_extensions(&mut self, list: Value<'_>) -> asn1::Result<bool> {
        let mut list = list.children();
        let mut names_issuer = false;
        while let Some(extension) = list.next_value()? {
            let (oid, critical, octets) = extensions::split(extension)?;
            if oid == oids::CERTIFICATE_ISSUER {
                // Read now, so that no later question meets one that can not be read.
                certificate_issuer(&octets)?;
                names_issuer = true;
            }
            let known = [oids::CRL_REASON, oids::INVALIDITY_DATE, oids::CERTIFICATE_ISSUER];
            if critical && !known.contains(&oid) && !self.unprocessed_critical.contains(&oid) {
                self.unprocessed_critical.push(oid);
            }
        }
        Ok(names_issuer)
    }

    fn take_extensions(&mut self, list: Value<'_>) -> asn1::Result<()> {
        let mut list = list.expect(Tag::SEQUENCE)?.children();
        let mut seen = Vec::new();
        while let Some(extension) = list.next_value()? {
            let (oid, critical, octets) = extensions::split(extension)?;
            let repeated = seen.contains(&oid);
            seen.push(oid);
            match self.take_extension(&oid, &octets) {
                Ok(false) if critical => self.unprocessed_critical.push(oid),
                Ok(_) if repeated => self.malformed.push(oid),
                Ok(_) => {}
                Err(_) => self.malformed.push(oid),
            }
        }
        Ok(())
    }

    fn take_extension(&mut self, oid: &Oid, octets: &[u8]) -> asn1::Result<bool> {
        // First of all: whatever its value, the list is no complete one.
        self.scope.delta |= *oid == oids::DELTA_CRL_INDICATOR;
        let value = || Value::parse(octets);
        match *oid {
            oids::CRL_NUMBER => self.number = Some(value()?.integer()?.to_vec()),
            oids::AUTHORITY_KEY_IDENTIFIER => {
                self.authority_key_identifier = Some(AuthorityKeyIdentifier::read(value()?)?);
            }
            oids::DELTA_CRL_INDICATOR => self.base_number = Some(value()?.integer()?.to_vec()),
            oids::EXPIRED_CERTS_ON_CRL => self.expired_certs_on_crl = Some(value()?.time()?),
            oids::FRESHEST_CRL => self.freshest = DistributionPoint::read_all(value()?)?,
            oids::ISSUING_DISTRIBUTION_POINT => {
                self.scope_octets = Some(octets.to_vec());
                self.take_scope(value()?)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_scope(&mut self, value: Value<'_>) -> asn1::Result<()> {
        let at = value.at();
        let mut parts = value.expect(Tag::SEQUENCE)?.children();
        if parts.is_empty() {
            // RFC 5280 §5.2.5: an empty sequence is not allowed.
            return Err(asn1::Error::BadContents { what: "IssuingDistributionPoint", at });
        }
        let scope = &mut self.scope;
        while let Some(part) = parts.next_value()? {
            let flag = part.contents().iter().any(|octet| *octet != 0);
            match part.tag() {
                Tag(0xa0) => {
                    let mut point = DistributionPoint::default();
                    point.take_name(part)?;
                    scope.distribution_point = Some(point);
                }
                Tag(0x81) => scope.only_user_certificates |= flag,
                Tag(0x82) => scope.only_ca_certificates |= flag,
                Tag(0x83) => scope.only_some_reasons = Some(ReasonSet::read(part.contents())),
                Tag(0x84) => scope.indirect |= flag,
                Tag(0x85) => scope.only_attribute_certificates |= flag,
                found => {
                    let expected = Tag::context_constructed(0);
                    return Err(asn1::Error::UnexpectedTag { expected, found, at: part.at() });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use asn1::der;
    use chrono::TimeZone;

    use super::*;

    fn at(day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 3, day, 10, 0, 0).unwrap()
    }

    fn entry(serial: u64, day: u32, extensions: &[Vec<u8>]) -> Vec<u8> {
        let list = if extensions.is_empty() { vec![] } else { der::sequence(extensions) };
        der::sequence(&[der::integer(serial), der::time(at(day)), list])
    }

    fn extension(oid: &Oid, critical: bool, value: &[u8]) -> Vec<u8> {
        let flag = if critical { der::boolean(true) } else { vec![] };
        der::sequence(&[der::oid(oid), flag, der::octet_string(value)])
    }

    fn crl(entries: &[Vec<u8>], extensions: &[Vec<u8>]) -> Vec<u8> {
        let algorithm = der::sequence(&[der::oid(&Oid::new("1.2.840.113549.1.1.11")), der::null()]);
        let list = if entries.is_empty() { vec![] } else { der::sequence(entries) };
        let extensions = der::explicit(0, &der::sequence(extensions));
        let issuer = der::sequence::<Vec<u8>>(&[]);
        let tbs = der::sequence(&[
            der::integer(1),
            algorithm.clone(),
            issuer,
            der::time(at(1)),
            der::time(at(20)),
            list,
            extensions,
        ]);
        der::sequence(&[tbs, algorithm, der::bit_string(&[0; 8])])
    }

    #[test]
    fn entries_are_found_without_being_kept() {
        let hold = extension(&oids::CRL_REASON, false, &der::enumerated(6));
        let since = extension(&oids::INVALIDITY_DATE, false, &der::generalized_time(at(2)));
        let list = crl(&[entry(7, 4, &[]), entry(200, 5, &[hold, since])], &[]);
        let list = Crl::from_der(&list).unwrap();
        assert_eq!(list.entry_count(), 2);
        let found = list.lookup(&[0, 200]).unwrap().unwrap();
        assert_eq!(found.revoked_at, at(5));
        assert_eq!(found.reason, RevocationReason::CertificateHold);
        assert_eq!(found.invalid_since, Some(at(2)));
        let found = list.lookup(&[7]).unwrap().unwrap();
        assert_eq!(found.reason, RevocationReason::Unspecified);
        assert_eq!(list.lookup(&[200]).unwrap(), None);
        assert_eq!(list.lookup(&[8]).unwrap(), None);
    }

    #[test]
    fn incomplete_lists_say_so() {
        let scope = |parts: &[Vec<u8>]| {
            let value = der::sequence(parts);
            let list = crl(&[], &[extension(&oids::ISSUING_DISTRIBUTION_POINT, true, &value)]);
            Crl::from_der(&list).unwrap()
        };
        assert!(scope(&[vec![0x84, 1, 0xff]]).scope().indirect);
        let reasons = scope(&[vec![0x83, 2, 6, 0x40]]).scope().only_some_reasons;
        assert!(reasons.is_some_and(|reasons| !reasons.is_all() && !reasons.is_empty()));
        assert_eq!(scope(&[]).malformed(), [oids::ISSUING_DISTRIBUTION_POINT]);
        let delta = extension(&oids::DELTA_CRL_INDICATOR, true, &der::integer(1));
        assert!(Crl::from_der(&crl(&[], &[delta])).unwrap().scope().delta);
        let odd = Oid::new("1.2.3.4");
        let list = crl(&[], &[extension(&odd, true, &der::null())]);
        assert_eq!(Crl::from_der(&list).unwrap().unprocessed_critical(), [odd]);
        let list = crl(&[entry(1, 1, &[extension(&odd, true, &der::null())])], &[]);
        assert_eq!(Crl::from_der(&list).unwrap().unprocessed_critical(), [odd]);
        let names = der::sequence::<Vec<u8>>(&[]);
        let other = extension(&oids::CERTIFICATE_ISSUER, true, &names);
        let list = Crl::from_der(&crl(&[entry(1, 1, &[other])], &[])).unwrap();
        assert_eq!(list.malformed(), [oids::CERTIFICATE_ISSUER]);
    }

    fn named(common_name: &str) -> Name {
        let pair = der::sequence(&[der::oid(&oids::COMMON_NAME), der::utf8_string(common_name)]);
        Name::from_der(&der::sequence(&[der::set_of(&[pair])])).unwrap()
    }

    #[test]
    fn entries_of_an_indirect_list_are_about_the_issuer_named_last() {
        let issuer = |name: &Name| {
            let name = der::tlv(Tag::context_constructed(4), name.der());
            extension(&oids::CERTIFICATE_ISSUER, true, &der::sequence(&[name]))
        };
        let (one, two) = (named("Uno"), named("Due"));
        let entries = [
            entry(1, 1, &[]),
            entry(2, 2, &[issuer(&one)]),
            entry(3, 3, &[]),
            entry(2, 4, &[issuer(&two)]),
        ];
        let scope = der::sequence(&[vec![0x84, 1, 0xff]]);
        let scope = extension(&oids::ISSUING_DISTRIBUTION_POINT, true, &scope);
        let list = Crl::from_der(&crl(&entries, &[scope])).unwrap();
        let day = |name: &Name, serial: u8| {
            list.lookup_issued_by(name, &[serial]).unwrap().map(|entry| entry.revoked_at)
        };
        let own = list.issuer().clone();
        // The first question walks, the others go by the index.
        assert_eq!([day(&own, 1), day(&own, 2), day(&own, 3)], [Some(at(1)), None, None]);
        assert_eq!([day(&one, 1), day(&one, 2), day(&one, 3)], [None, Some(at(2)), Some(at(3))]);
        assert_eq!([day(&two, 2), day(&two, 3)], [Some(at(4)), None]);
    }

    #[test]
    fn a_delta_extends_only_a_base_without_a_gap() {
        let list = |number: u64, base: Option<u64>, more: &[Vec<u8>]| {
            let mut all = vec![extension(&oids::CRL_NUMBER, false, &der::integer(number))];
            let indicator = |base| extension(&oids::DELTA_CRL_INDICATOR, true, &der::integer(base));
            all.extend(base.map(indicator));
            all.extend_from_slice(more);
            Crl::from_der(&crl(&[], &all)).unwrap()
        };
        let delta = list(300, Some(200), &[]);
        for (number, fits) in [(199, false), (200, true), (255, true), (299, true), (300, false)] {
            assert_eq!(delta.extends(&list(number, None, &[])), fits, "{number}");
        }
        assert!(!delta.extends(&list(250, Some(1), &[])), "a delta is no base");
        let users = der::sequence(&[vec![0x81, 1, 0xff]]);
        let users = extension(&oids::ISSUING_DISTRIBUTION_POINT, true, &users);
        assert!(!delta.extends(&list(250, None, &[users])), "another scope");
    }

    #[test]
    fn a_broken_entry_refuses_the_list() {
        let broken = der::sequence(&[der::integer(2), der::null()]);
        assert!(Crl::from_der(&crl(&[entry(1, 1, &[]), broken], &[])).is_err());
    }

    #[test]
    fn a_hundred_thousand_entries() {
        let entries: Vec<Vec<u8>> = (0..100_000).map(|serial| entry(serial, 3, &[])).collect();
        let list = Crl::from_der(&crl(&entries, &[])).unwrap();
        assert_eq!(list.entry_count(), 100_000);
        for _ in 0..1_000 {
            assert!(list.lookup(&[1, 0x86, 0x9f]).unwrap().is_some());
        }
        assert!(list.lookup(&[1, 0x86, 0xa0]).unwrap().is_none());
    }
}

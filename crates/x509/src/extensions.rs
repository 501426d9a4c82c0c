//! Certificate extensions (RFC 5280 §4.2, RFC 9608, ETSI EN 319 412-5).
//!
//! Reading is lenient, deciding is not: an extension that is malformed, given
//! twice, or critical and not processed here is listed, and path validation
//! fails on it.

use std::fmt;

use asn1::{Cursor, Oid, Tag, Value, der};
use serde::{Deserialize, Serialize};

use crate::{
    Name, NameConstraints, PolicyConstraints, clean_text, fingerprint::hex, oids, policies,
    reasons::ReasonSet,
};

/// The extensions of one certificate.
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    /// keyUsage; `None` when absent.
    pub key_usage: Option<KeyUsage>,
    /// extKeyUsage; `None` when absent.
    pub extended_key_usage: Option<ExtendedKeyUsage>,
    /// basicConstraints; `None` when absent.
    pub basic_constraints: Option<BasicConstraints>,
    /// subjectKeyIdentifier.
    pub subject_key_identifier: Option<Vec<u8>>,
    /// authorityKeyIdentifier.
    pub authority_key_identifier: Option<AuthorityKeyIdentifier>,
    /// subjectAltName.
    pub subject_alternative_names: Vec<GeneralName>,
    /// URLs of OCSP responders (authorityInfoAccess).
    pub ocsp_urls: Vec<String>,
    /// URLs of the issuer's certificate (authorityInfoAccess, `caIssuers`).
    pub ca_issuers_urls: Vec<String>,
    /// cRLDistributionPoints.
    pub crl_distribution_points: Vec<DistributionPoint>,
    /// freshestCRL: where delta CRLs are (RFC 5280 §4.2.1.15).
    pub freshest_crl: Vec<DistributionPoint>,
    /// certificatePolicies.
    pub policies: Vec<Policy>,
    /// qcStatements; `None` when absent.
    pub qc_statements: Option<QcStatements>,
    /// id-pkix-ocsp-nocheck: the responder's own status need not be asked.
    pub ocsp_no_check: bool,
    /// noRevAvail (RFC 9608): the issuer publishes no revocation data.
    pub no_rev_avail: bool,
    /// Validity assured, short term (EN 319 412-1 §5.2).
    pub validity_assured_short_term: bool,
    /// nameConstraints; `None` when absent.
    pub name_constraints: Option<NameConstraints>,
    /// policyConstraints; `None` when absent.
    pub policy_constraints: Option<PolicyConstraints>,
    /// policyMappings: issuerDomainPolicy and subjectDomainPolicy of each pair.
    pub policy_mappings: Vec<(Oid, Oid)>,
    /// inhibitAnyPolicy: certificates that may follow before anyPolicy ends.
    pub inhibit_any_policy: Option<u64>,
    /// Every extension, in order, with its criticality.
    pub list: Vec<(Oid, bool)>,
    /// Critical extensions not processed here.
    pub unprocessed_critical: Vec<Oid>,
    /// Known extensions whose value could not be read.
    pub malformed: Vec<Oid>,
    /// Extensions given more than once (RFC 5280 §4.2 allows one).
    pub repeated: Vec<Oid>,
}

impl Extensions {
    /// Reads `Extensions ::= SEQUENCE OF Extension`.
    pub(crate) fn read(value: Value<'_>) -> asn1::Result<Self> {
        let mut all = Self::default();
        let mut extensions = value.expect(Tag::SEQUENCE)?.children();
        while let Some(extension) = extensions.next_value()? {
            let (oid, critical, octets) = split(extension)?;
            if all.list.iter().any(|(known, _)| *known == oid) && !all.repeated.contains(&oid) {
                all.repeated.push(oid);
            }
            all.list.push((oid, critical));
            match all.take(&oid, critical, &octets) {
                Ok(true) => {}
                Ok(false) if critical => all.unprocessed_critical.push(oid),
                Ok(false) => {}
                Err(_) => all.malformed.push(oid),
            }
        }
        Ok(all)
    }

    /// Keeps a known extension; `false` when it is not processed here.
    fn take(&mut self, oid: &Oid, critical: bool, octets: &[u8]) -> asn1::Result<bool> {
        let value = || Value::parse(octets);
        match *oid {
            oids::KEY_USAGE => self.key_usage = Some(KeyUsage::read(value()?)?),
            oids::EXTENDED_KEY_USAGE => {
                self.extended_key_usage = Some(ExtendedKeyUsage::read(value()?, critical)?);
            }
            oids::BASIC_CONSTRAINTS => {
                self.basic_constraints = Some(BasicConstraints::read(value()?)?);
            }
            oids::SUBJECT_KEY_IDENTIFIER => {
                self.subject_key_identifier = Some(value()?.octets()?.into_owned());
            }
            oids::AUTHORITY_KEY_IDENTIFIER => {
                self.authority_key_identifier = Some(AuthorityKeyIdentifier::read(value()?)?);
            }
            oids::SUBJECT_ALT_NAME => {
                self.subject_alternative_names = GeneralName::read_all(value()?.children())?;
            }
            oids::AUTHORITY_INFO_ACCESS => self.take_access(value()?)?,
            oids::CRL_DISTRIBUTION_POINTS => {
                self.crl_distribution_points = DistributionPoint::read_all(value()?)?;
            }
            oids::FRESHEST_CRL => self.freshest_crl = DistributionPoint::read_all(value()?)?,
            oids::CERTIFICATE_POLICIES => {
                let mut policies = value()?.expect(Tag::SEQUENCE)?.children();
                while let Some(policy) = policies.next_value()? {
                    self.policies.push(Policy::read(policy)?);
                }
                if self.policies.is_empty() {
                    // One at least (§4.2.1.4); none would read as no extension.
                    return Err(asn1::Error::BadContents { what: "CertificatePolicies", at: 0 });
                }
                // RFC 5280 §4.2.1.4: qualifiers of a critical extension must be understood.
                return Ok(self.policies.iter().all(|policy| !policy.unknown_qualifier));
            }
            oids::POLICY_MAPPINGS => self.policy_mappings = policies::read_mappings(value()?)?,
            oids::POLICY_CONSTRAINTS => {
                self.policy_constraints = Some(PolicyConstraints::read(value()?)?);
            }
            oids::INHIBIT_ANY_POLICY => self.inhibit_any_policy = Some(value()?.u64()?),
            oids::NAME_CONSTRAINTS => {
                self.name_constraints = Some(NameConstraints::read(value()?)?);
            }
            oids::QC_STATEMENTS => self.qc_statements = Some(QcStatements::read(value()?)?),
            oids::OCSP_NO_CHECK => self.ocsp_no_check = true,
            oids::NO_REV_AVAIL => self.no_rev_avail = true,
            oids::VALIDITY_ASSURED_SHORT_TERM => self.validity_assured_short_term = true,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn take_access(&mut self, value: Value<'_>) -> asn1::Result<()> {
        let mut descriptions = value.expect(Tag::SEQUENCE)?.children();
        while let Some(description) = descriptions.next_value()? {
            let mut parts = description.expect(Tag::SEQUENCE)?.children();
            let method = parts.any()?.oid()?;
            if let GeneralName::Uri(url) = GeneralName::read(parts.any()?)? {
                match method {
                    oids::AIA_OCSP => self.ocsp_urls.push(url),
                    oids::AIA_CA_ISSUERS => self.ca_issuers_urls.push(url),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Absolute `http`/`https` URLs of CRLs, those for all reasons first
    /// (RFC 5280 §4.2.1.13).
    pub fn crl_urls(&self) -> impl Iterator<Item = &str> {
        let some = |point: &&DistributionPoint| point.reasons.is_some();
        let all = self.crl_distribution_points.iter().filter(move |point| !some(point));
        all.chain(self.crl_distribution_points.iter().filter(some))
            .flat_map(DistributionPoint::urls)
    }

    /// Absolute `http`/`https` URLs of delta CRLs (RFC 5280 §4.2.1.15).
    pub fn delta_crl_urls(&self) -> impl Iterator<Item = &str> {
        self.freshest_crl.iter().flat_map(DistributionPoint::urls)
    }
}

/// Splits `Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }`.
pub(crate) fn split(extension: Value<'_>) -> asn1::Result<(Oid, bool, Vec<u8>)> {
    let mut parts = extension.expect(Tag::SEQUENCE)?.children();
    let oid = parts.any()?.oid()?;
    let critical = parts.optional(Tag::BOOLEAN)?.is_some_and(|v| v.boolean().unwrap_or(true));
    let octets = parts.any()?.octets()?.into_owned();
    parts.finish()?;
    Ok((oid, critical, octets))
}

/// keyUsage (RFC 5280 §4.2.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUsage(u16);

impl KeyUsage {
    fn read(value: Value<'_>) -> asn1::Result<Self> {
        let (unused, octets) = value.bit_string()?;
        let mut bits = 0;
        for bit in 0..(octets.len() * 8).saturating_sub(usize::from(unused)).min(16) {
            if octets[bit / 8] & (0x80 >> (bit % 8)) != 0 {
                bits |= 1 << bit;
            }
        }
        Ok(Self(bits))
    }

    /// Whether the named bit of RFC 5280, 0 to 8, is set.
    #[must_use]
    pub fn bit(self, bit: u8) -> bool {
        bit < 16 && self.0 & (1 << bit) != 0
    }

    /// digitalSignature.
    #[must_use]
    pub fn digital_signature(self) -> bool {
        self.bit(0)
    }

    /// nonRepudiation, also called contentCommitment.
    #[must_use]
    pub fn non_repudiation(self) -> bool {
        self.bit(1)
    }

    /// keyCertSign.
    #[must_use]
    pub fn key_cert_sign(self) -> bool {
        self.bit(5)
    }

    /// cRLSign.
    #[must_use]
    pub fn crl_sign(self) -> bool {
        self.bit(6)
    }

    /// The names of the bits set, as RFC 5280 spells them.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        const NAMES: [&str; 9] = [
            "digitalSignature",
            "nonRepudiation",
            "keyEncipherment",
            "dataEncipherment",
            "keyAgreement",
            "keyCertSign",
            "cRLSign",
            "encipherOnly",
            "decipherOnly",
        ];
        (0u8..).zip(NAMES).filter(|(bit, _)| self.bit(*bit)).map(|(_, name)| name).collect()
    }
}

/// extKeyUsage (RFC 5280 §4.2.1.12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedKeyUsage {
    /// The purposes, in order.
    pub purposes: Vec<Oid>,
    /// Whether the extension is critical, as RFC 3161 §2.3 demands of a TSA.
    pub critical: bool,
}

impl ExtendedKeyUsage {
    fn read(value: Value<'_>, critical: bool) -> asn1::Result<Self> {
        let mut purposes = Vec::new();
        let mut items = value.expect(Tag::SEQUENCE)?.children();
        while let Some(item) = items.next_value()? {
            purposes.push(item.oid()?);
        }
        Ok(Self { purposes, critical })
    }

    /// Whether the purpose is listed; anyExtendedKeyUsage does not stand for it.
    #[must_use]
    pub fn lists(&self, purpose: &Oid) -> bool {
        self.purposes.contains(purpose)
    }
}

/// basicConstraints (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasicConstraints {
    /// cA.
    pub ca: bool,
    /// pathLenConstraint.
    pub path_len: Option<u64>,
}

impl BasicConstraints {
    fn read(value: Value<'_>) -> asn1::Result<Self> {
        let mut parts = value.expect(Tag::SEQUENCE)?.children();
        let ca = parts.optional(Tag::BOOLEAN)?.map(|v| v.boolean()).transpose()?.unwrap_or(false);
        let path_len = parts.optional(Tag::INTEGER)?.map(|v| v.u64()).transpose()?;
        parts.finish()?;
        Ok(Self { ca, path_len })
    }
}

/// authorityKeyIdentifier (RFC 5280 §4.2.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorityKeyIdentifier {
    /// keyIdentifier.
    pub key_identifier: Option<Vec<u8>>,
    /// authorityCertIssuer.
    pub issuer: Vec<GeneralName>,
    /// authorityCertSerialNumber, contents octets.
    pub serial: Option<Vec<u8>>,
}

impl AuthorityKeyIdentifier {
    pub(crate) fn read(value: Value<'_>) -> asn1::Result<Self> {
        let mut parts = value.expect(Tag::SEQUENCE)?.children();
        let mut all = Self::default();
        while let Some(part) = parts.next_value()? {
            match part.tag() {
                tag if tag == Tag::context(0) => {
                    all.key_identifier = Some(part.contents().to_vec());
                }
                tag if tag == Tag::context_constructed(1) => {
                    all.issuer = GeneralName::read_all(part.children())?;
                }
                tag if tag == Tag::context(2) => all.serial = Some(part.contents().to_vec()),
                _ => {}
            }
        }
        Ok(all)
    }
}

/// GeneralName (RFC 5280 §4.2.1.6), as far as it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GeneralName {
    /// uniformResourceIdentifier, as received.
    Uri(String),
    /// directoryName.
    Directory(Name),
    /// rfc822Name, as received.
    Email(String),
    /// dNSName, as received.
    Dns(String),
    /// iPAddress, 4 or 16 octets; twice as many, address and mask, in name constraints.
    Ip(Vec<u8>),
    /// Any other, as received.
    Other(Vec<u8>),
}

impl GeneralName {
    pub(crate) fn read(value: Value<'_>) -> asn1::Result<Self> {
        let text = || String::from_utf8_lossy(value.contents()).into_owned();
        Ok(match value.tag() {
            Tag(0x81) => Self::Email(text()),
            Tag(0x82) => Self::Dns(text()),
            Tag(0x86) => Self::Uri(text()),
            Tag(0x87) => Self::Ip(value.contents().to_vec()),
            Tag(0xa4) => Self::Directory(Name::read(value.inner()?)?),
            _ => Self::Other(value.raw().to_vec()),
        })
    }

    pub(crate) fn read_all(mut names: Cursor<'_>) -> asn1::Result<Vec<Self>> {
        let mut all = Vec::new();
        while let Some(name) = names.next_value()? {
            all.push(Self::read(name)?);
        }
        Ok(all)
    }

    /// Number of the form: names of two forms are never compared.
    pub(crate) fn form(&self) -> u8 {
        match self {
            Self::Uri(_) => 6,
            Self::Directory(_) => 4,
            Self::Email(_) => 1,
            Self::Dns(_) => 2,
            Self::Ip(_) => 7,
            Self::Other(raw) => raw.first().map_or(0, |tag| tag & 0x1f),
        }
    }

    /// Whether the two name the same thing.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory(one), Self::Directory(two)) => one.matches(two),
            (one, two) => one == two,
        }
    }
}

impl fmt::Display for GeneralName {
    /// For people: cleaned, a form that is no text in hex.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(name) => write!(f, "{name}"),
            Self::Uri(text) | Self::Email(text) | Self::Dns(text) => f.write_str(&clean_text(text)),
            Self::Ip(octets) | Self::Other(octets) => f.write_str(&hex(octets)),
        }
    }
}

/// One DistributionPoint (RFC 5280 §4.2.1.13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistributionPoint {
    /// fullName.
    pub full_name: Vec<GeneralName>,
    /// nameRelativeToCRLIssuer: its attributes, as received.
    pub relative_name: Option<Vec<u8>>,
    /// reasons: those the point serves; `None` is all.
    pub reasons: Option<ReasonSet>,
    /// cRLIssuer, when the CRL is not signed by the certificate's issuer.
    pub crl_issuer: Vec<GeneralName>,
}

impl DistributionPoint {
    fn read(value: Value<'_>) -> asn1::Result<Self> {
        let mut point = Self::default();
        let mut parts = value.expect(Tag::SEQUENCE)?.children();
        while let Some(part) = parts.next_value()? {
            match part.tag() {
                tag if tag == Tag::context_constructed(0) => point.take_name(part)?,
                tag if tag == Tag::context(1) => {
                    point.reasons = Some(ReasonSet::read(part.contents()));
                }
                tag if tag == Tag::context_constructed(2) => {
                    point.crl_issuer = GeneralName::read_all(part.children())?;
                }
                found => {
                    let expected = Tag::context_constructed(0);
                    return Err(asn1::Error::UnexpectedTag { expected, found, at: part.at() });
                }
            }
        }
        Ok(point)
    }

    /// Reads a SEQUENCE OF DistributionPoint.
    pub(crate) fn read_all(value: Value<'_>) -> asn1::Result<Vec<Self>> {
        let mut all = Vec::new();
        let mut points = value.expect(Tag::SEQUENCE)?.children();
        while let Some(point) = points.next_value()? {
            all.push(Self::read(point)?);
        }
        Ok(all)
    }

    /// Its absolute `http`/`https` URLs.
    pub(crate) fn urls(&self) -> impl Iterator<Item = &str> {
        self.full_name.iter().filter_map(|name| match name {
            GeneralName::Uri(url) if url.starts_with("http") => Some(url.as_str()),
            _ => None,
        })
    }

    /// The names of the point; one relative to the CRL issuer is completed with `base`.
    pub(crate) fn names(&self, base: &Name) -> Vec<GeneralName> {
        let mut names = self.full_name.clone();
        if let Some(relative) = &self.relative_name {
            let issuer = Value::parse(base.der()).map_or(&[][..], |name| name.contents());
            let last = der::tlv(Tag::SET, relative);
            let whole = Name::from_der(&der::sequence(&[issuer, &last]));
            names.extend(whole.ok().map(GeneralName::Directory));
        }
        names
    }

    /// Takes `[0] DistributionPointName`, a CHOICE and so explicitly tagged.
    pub(crate) fn take_name(&mut self, part: Value<'_>) -> asn1::Result<()> {
        let name = part.inner()?;
        if name.tag() == Tag::context_constructed(0) {
            self.full_name = GeneralName::read_all(name.children())?;
        } else {
            self.relative_name =
                Some(name.expect(Tag::context_constructed(1))?.contents().to_vec());
        }
        Ok(())
    }
}

/// One PolicyInformation (RFC 5280 §4.2.1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// policyIdentifier.
    pub oid: Oid,
    /// URLs of practice statements.
    pub cps: Vec<String>,
    /// explicitText of user notices, cleaned: Italian issuers write the limits of use here.
    pub notices: Vec<String>,
    /// A qualifier that is neither of the two.
    pub unknown_qualifier: bool,
}

impl Policy {
    fn read(value: Value<'_>) -> asn1::Result<Self> {
        let mut parts = value.expect(Tag::SEQUENCE)?.children();
        let oid = parts.any()?.oid()?;
        let mut policy = Self { oid, cps: vec![], notices: vec![], unknown_qualifier: false };
        if let Some(qualifiers) = parts.optional(Tag::SEQUENCE)? {
            let mut qualifiers = qualifiers.children();
            while let Some(info) = qualifiers.next_value()? {
                let mut info = info.expect(Tag::SEQUENCE)?.children();
                match info.any()?.oid()? {
                    oids::QUALIFIER_CPS => policy.cps.push(clean_text(&info.any()?.text())),
                    oids::QUALIFIER_USER_NOTICE => {
                        let mut notice = info.any()?.expect(Tag::SEQUENCE)?.children();
                        while let Some(part) = notice.next_value()? {
                            if part.tag() != Tag::SEQUENCE {
                                policy.notices.push(clean_text(&part.text()));
                            }
                        }
                    }
                    _ => policy.unknown_qualifier = true,
                }
            }
        }
        parts.finish()?;
        Ok(policy)
    }
}

/// qcStatements (RFC 3739 §3.2.6, ETSI EN 319 412-5 §4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QcStatements {
    /// QcCompliance: the issuer declares the certificate EU qualified.
    pub compliance: bool,
    /// QcSSCD: the key is held in a qualified device.
    pub sscd: bool,
    /// QcType: what it is qualified for (0.4.0.1862.1.6.1 is signature, .2 seal).
    pub types: Vec<Oid>,
    /// QcPDS: URL and language of each disclosure statement, cleaned.
    pub pds: Vec<(String, String)>,
    /// QcRetentionPeriod in years.
    pub retention_years: Option<u64>,
    /// QcLimitValue: currency, amount, exponent of ten.
    pub limit_value: Option<(String, u64, u64)>,
    /// QcCClegislation: countries whose law is meant; absent means the EU.
    pub legislation: Vec<String>,
    /// Every statement, in order.
    pub list: Vec<Oid>,
}

impl QcStatements {
    fn read(value: Value<'_>) -> asn1::Result<Self> {
        let mut all = Self::default();
        let mut statements = value.expect(Tag::SEQUENCE)?.children();
        while let Some(statement) = statements.next_value()? {
            let mut parts = statement.expect(Tag::SEQUENCE)?.children();
            let oid = parts.any()?.oid()?;
            all.list.push(oid);
            match oid {
                oids::QC_COMPLIANCE => all.compliance = true,
                oids::QC_SSCD => all.sscd = true,
                oids::QC_RETENTION => all.retention_years = Some(parts.any()?.u64()?),
                oids::QC_TYPE => {
                    let mut types = parts.any()?.expect(Tag::SEQUENCE)?.children();
                    while let Some(item) = types.next_value()? {
                        all.types.push(item.oid()?);
                    }
                }
                oids::QC_PDS => {
                    let mut locations = parts.any()?.expect(Tag::SEQUENCE)?.children();
                    while let Some(location) = locations.next_value()? {
                        let mut pair = location.expect(Tag::SEQUENCE)?.children();
                        let url = clean_text(&pair.any()?.text());
                        all.pds.push((url, clean_text(&pair.any()?.text())));
                    }
                }
                oids::QC_LIMIT_VALUE => {
                    let mut value = parts.any()?.expect(Tag::SEQUENCE)?.children();
                    let currency = value.any()?;
                    let currency = match currency.tag() {
                        Tag::INTEGER => currency.u64()?.to_string(),
                        _ => clean_text(&currency.text()),
                    };
                    all.limit_value = Some((currency, value.any()?.u64()?, value.any()?.u64()?));
                }
                oids::QC_CC_LEGISLATION => {
                    let mut countries = parts.any()?.expect(Tag::SEQUENCE)?.children();
                    while let Some(country) = countries.next_value()? {
                        all.legislation.push(clean_text(&country.text()));
                    }
                }
                _ => {}
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extension(oid: &Oid, critical: bool, value: &[u8]) -> Vec<u8> {
        let flag = if critical { der::boolean(true) } else { vec![] };
        der::sequence(&[der::oid(oid), flag, der::octet_string(value)])
    }

    fn read(extensions: &[Vec<u8>]) -> Extensions {
        Extensions::read(Value::parse(&der::sequence(extensions)).unwrap()).unwrap()
    }

    #[test]
    fn what_is_not_processed_is_listed() {
        let unknown = Oid::new("1.2.3.4");
        let all = read(&[
            extension(&unknown, true, &der::null()),
            extension(&Oid::new("1.2.3.5"), false, &der::null()),
            extension(&oids::KEY_USAGE, true, &der::named_bits(&[1])),
            extension(&oids::KEY_USAGE, true, &der::named_bits(&[5])),
            extension(&oids::BASIC_CONSTRAINTS, true, &der::null()),
        ]);
        assert_eq!(all.unprocessed_critical, [unknown]);
        assert_eq!(all.repeated, [oids::KEY_USAGE]);
        assert_eq!(all.malformed, [oids::BASIC_CONSTRAINTS]);
        assert!(all.basic_constraints.is_none());
    }

    #[test]
    fn limits_of_use_and_qualified_statements() {
        let notice = der::sequence(&[der::utf8_string("uso limitato\u{202e} al procedimento")]);
        let qualifier = der::sequence(&[der::oid(&oids::QUALIFIER_USER_NOTICE), notice]);
        let policy = der::sequence(&[der::oid(&POLICY), der::sequence(&[qualifier])]);
        const POLICY: Oid = oids::POLICY_AGID;
        let statements = der::sequence(&[
            der::sequence(&[der::oid(&oids::QC_COMPLIANCE)]),
            der::sequence(&[der::oid(&oids::QC_SSCD)]),
            der::sequence(&[
                der::oid(&oids::QC_TYPE),
                der::sequence(&[der::oid(&Oid::new("0.4.0.1862.1.6.1"))]),
            ]),
            der::sequence(&[
                der::oid(&oids::QC_PDS),
                der::sequence(&[der::sequence(&[
                    der::ia5_string("https://pds.example/it"),
                    der::printable_string("it"),
                ])]),
            ]),
        ]);
        let all = read(&[
            extension(&oids::CERTIFICATE_POLICIES, true, &der::sequence(&[policy])),
            extension(&oids::QC_STATEMENTS, false, &statements),
        ]);
        assert_eq!(all.policies[0].notices, ["uso limitato al procedimento"]);
        assert!(all.unprocessed_critical.is_empty() && all.malformed.is_empty());
        let qc = all.qc_statements.unwrap();
        assert!(qc.compliance && qc.sscd);
        assert_eq!(qc.types[0].to_string(), "0.4.0.1862.1.6.1");
        assert_eq!(qc.pds, [("https://pds.example/it".to_owned(), "it".to_owned())]);
    }

    #[test]
    fn unknown_qualifier_of_a_critical_policy_is_not_processed() {
        let odd = der::sequence(&[der::oid(&Oid::new("1.2.3")), der::null()]);
        let policy = der::sequence(&[der::oid(&Oid::new("1.2.9")), der::sequence(&[odd])]);
        let policies = der::sequence(&[policy]);
        let critical = read(&[extension(&oids::CERTIFICATE_POLICIES, true, &policies)]);
        assert_eq!(critical.unprocessed_critical, [oids::CERTIFICATE_POLICIES]);
        let plain = read(&[extension(&oids::CERTIFICATE_POLICIES, false, &policies)]);
        assert!(plain.unprocessed_critical.is_empty());
    }

    #[test]
    fn key_usage_bits() {
        let bits = der::named_bits(&[1, 5, 8]);
        let usage = KeyUsage::read(Value::parse(&bits).unwrap()).unwrap();
        assert_eq!(usage.names(), ["nonRepudiation", "keyCertSign", "decipherOnly"]);
        assert!(!usage.digital_signature());
    }
}

//! The whole of a test PKI: who exists, who issued whom, who was revoked when.
//!
//! ```text
//! root (P-384) ── ca ── presidente, segretario, … (qualified profile)
//!                  └─── ocsp (delegated responder, ocsp-nocheck)
//! tsa-root ─────────── tsa, tsa-b, and TSAs with faulty certificates
//! ```
//! `root` and `tsa-root` answer OCSP with their own keys (RFC 6960 §4.2.2.2 a),
//! `ca` through its delegate (§4.2.2.2 b), so that both ways are met.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    Error, Result,
    certificate::{self, Certificate, Criticality, Spec, key_usage},
    key::{Hash, Key, KeyKind},
    names::{self, MARK},
    oids,
};

pub use crate::spec::{
    AuthoritySpec, Config, DEFAULT_PIN, DEFAULT_PORT, Pointers, Reason, Revocation, SignerSpec,
    TsaSpec, base_url,
};

/// What an entity is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Issues certificates and CRLs.
    Authority,
    /// Answers OCSP for the authority that issued it.
    Responder,
    /// Stamps.
    Tsa,
    /// Signs documents.
    Signer,
}

/// Somebody with a key and a certificate.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name in the lab and in file names: `presidente`, `ca`, `tsa-b`.
    pub id: String,
    /// What it is there for.
    pub role: Role,
    /// The authority that issued it; `None` for a root.
    pub issuer: Option<String>,
    /// Its private key.
    pub key: Key,
    /// Its certificate.
    pub certificate: Certificate,
}

/// The whole lab.
#[derive(Clone, Debug, Default)]
pub struct Pki {
    /// Where it is served, without a slash at the end.
    pub base_url: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// How long revocation data written to disk stay valid.
    pub revocation_validity: TimeDelta,
    pub(crate) seed: [u8; 32],
    pub(crate) entities: Vec<Entity>,
    pub(crate) revocations: Vec<Revocation>,
}

/// # Making
impl Pki {
    /// Makes a lab.
    ///
    /// # Errors
    /// OpenSSL refuses a key, or a name is given twice.
    pub fn create(config: &Config) -> Result<Self> {
        let now = config.now;
        let mut pki = Self::empty(config);
        let authority = |spec: AuthoritySpec, key| AuthoritySpec { key, ..spec };
        let root = AuthoritySpec::root("root", "Radice", now);
        pki.add_authority(&authority(root, config.root_key))?;
        let ca = AuthoritySpec::issuing("ca", "CA Firma Qualificata", "root", now);
        pki.add_authority(&authority(ca, config.ca_key))?;
        let tsa_root = AuthoritySpec::root("tsa-root", "Radice Marcatura Temporale", now);
        pki.add_authority(&authority(tsa_root, config.tsa_root_key))?;
        pki.add_responder("ocsp", "ca", config.ocsp_key)?;
        pki.add_tsa(&TsaSpec { key: config.tsa_key, ..TsaSpec::new("tsa", now) })?;
        pki.add_tsa(&TsaSpec::new("tsa-b", now))?;
        pki.add_faulty_tsas(now)?;
        for signer in &config.signers {
            pki.add_signer(signer)?;
        }
        pki.revocations.clone_from(&config.revocations);
        Ok(pki)
    }

    /// A lab with nobody in it, to be filled by hand.
    #[must_use]
    pub fn empty(config: &Config) -> Self {
        Self {
            base_url: config.base_url.clone(),
            created: config.now,
            revocation_validity: config.revocation_validity,
            seed: config.seed,
            entities: Vec::new(),
            revocations: Vec::new(),
        }
    }

    /// Certificates for the TSA faults that lie in the certificate; they share the key of `tsa`.
    fn add_faulty_tsas(&mut self, now: DateTime<Utc>) -> Result<()> {
        let base = |id| TsaSpec { share_key_of: Some("tsa".to_owned()), ..TsaSpec::new(id, now) };
        let stamping = || vec![oids::TIME_STAMPING];
        let year = TimeDelta::days(365);
        for spec in [
            TsaSpec { purposes: None, ..base("tsa-no-purpose") },
            TsaSpec {
                purposes: Some((Criticality::NonCritical, stamping())),
                ..base("tsa-not-critical")
            },
            TsaSpec {
                purposes: Some((
                    Criticality::Critical,
                    vec![oids::TIME_STAMPING, oids::EMAIL_PROTECTION],
                )),
                ..base("tsa-not-alone")
            },
            TsaSpec {
                not_before: now - year * 3,
                not_after: now - TimeDelta::days(30),
                ..base("tsa-expired")
            },
        ] {
            self.add_tsa(&spec)?;
        }
        Ok(())
    }

    /// Adds an authority.
    ///
    /// # Errors
    /// The name is taken, the issuer unknown, or OpenSSL refuses.
    pub fn add_authority(&mut self, spec: &AuthoritySpec) -> Result<&Entity> {
        let key = Key::generate(spec.key)?;
        let spki = key.spki()?;
        let mut extensions = Vec::new();
        if spec.constrained {
            extensions.push(certificate::authority_constraints(spec.path_length));
        }
        extensions.push(certificate::usage(&spec.key_usage));
        extensions.push(certificate::subject_key_identifier(&spki)?);
        let subject = names::service_name(&spec.common_name);
        let validity = (spec.not_before, spec.not_after);
        let draft = Draft { id: &spec.id, role: Role::Authority, subject, validity, hash: None };
        match &spec.issuer {
            Some(issuer) => {
                extensions.extend(self.issuer_extensions(issuer, Pointers::All)?);
                self.issue(draft, issuer, key, extensions)
            }
            None => self.self_issue(draft, key, extensions),
        }
    }

    /// Adds an OCSP responder delegated by `issuer`.
    ///
    /// # Errors
    /// As [`Pki::add_authority`].
    pub fn add_responder(&mut self, id: &str, issuer: &str, kind: KeyKind) -> Result<&Entity> {
        let key = Key::generate(kind)?;
        let mut extensions = vec![
            certificate::usage(&[key_usage::DIGITAL_SIGNATURE]),
            certificate::extended_usage(Criticality::NonCritical, &[oids::OCSP_SIGNING]),
            certificate::ocsp_nocheck(),
            certificate::subject_key_identifier(&key.spki()?)?,
        ];
        extensions.extend(self.issuer_extensions(issuer, Pointers::Nothing)?);
        let year = TimeDelta::days(365);
        let draft = Draft {
            id,
            role: Role::Responder,
            subject: names::service_name(&format!("Risponditore OCSP di {issuer}")),
            validity: (self.created - year, self.created + year * 10),
            hash: None,
        };
        self.issue(draft, issuer, key, extensions)
    }

    /// Adds a TSA.
    ///
    /// # Errors
    /// As [`Pki::add_authority`].
    pub fn add_tsa(&mut self, spec: &TsaSpec) -> Result<&Entity> {
        let key = match &spec.share_key_of {
            Some(other) => self.entity(other)?.key.clone(),
            None => Key::generate(spec.key)?,
        };
        let mut extensions = vec![
            certificate::usage(&[key_usage::DIGITAL_SIGNATURE]),
            certificate::subject_key_identifier(&key.spki()?)?,
        ];
        if let Some((criticality, purposes)) = &spec.purposes {
            extensions.push(certificate::extended_usage(*criticality, purposes));
        }
        extensions.extend(self.issuer_extensions(&spec.issuer, Pointers::All)?);
        let draft = Draft {
            id: &spec.id,
            role: Role::Tsa,
            subject: names::service_name(&format!("Marcatura temporale {}", spec.id)),
            validity: (spec.not_before, spec.not_after),
            hash: None,
        };
        self.issue(draft, &spec.issuer, key, extensions)
    }

    /// Adds a signer.
    ///
    /// # Errors
    /// As [`Pki::add_authority`]; also a name without a codice fiscale.
    pub fn add_signer(&mut self, spec: &SignerSpec) -> Result<&Entity> {
        let key = Key::generate(spec.key)?;
        self.add_signer_with_key(spec, key)
    }

    /// Adds a signer whose key exists: a second certificate for the same key, say.
    ///
    /// # Errors
    /// As [`Pki::add_signer`].
    pub fn add_signer_with_key(&mut self, spec: &SignerSpec, key: Key) -> Result<&Entity> {
        let serial_number = format!("{}{}", spec.tax_code_prefix, spec.tax_code()?);
        let common_name = format!("{} {} - {MARK}", spec.given_name, spec.surname);
        let qualifier = format!("{}TEST{:06}", spec.not_before.format("%Y"), self.entities.len());
        let mut attributes = vec![(oids::COUNTRY, "IT")];
        attributes.extend(spec.organisation.as_deref().map(|text| (oids::ORGANISATION, text)));
        attributes.extend([
            (oids::SURNAME, spec.surname.as_str()),
            (oids::GIVEN_NAME, &spec.given_name),
            (oids::SERIAL_NUMBER, &serial_number),
            (oids::COMMON_NAME, &common_name),
            (oids::DN_QUALIFIER, &qualifier),
        ]);
        attributes.extend(spec.title.as_deref().map(|text| (oids::TITLE, text)));
        let mut extensions = Vec::new();
        extensions.extend(spec.key_usage.as_deref().map(certificate::usage));
        extensions.push(certificate::subject_key_identifier(&key.spki()?)?);
        if spec.qualified {
            let statement = format!("{}/cps", self.base_url);
            extensions.push(certificate::signer_policies(&statement, &spec.notice));
            // EN 319 412-5 wants https here; nothing ever fetches it.
            extensions.push(certificate::qc_statements("https://lab.invalid/pds.pdf"));
        }
        extensions.extend(spec.extensions.iter().cloned());
        extensions.extend(self.issuer_extensions(&spec.issuer, spec.pointers)?);
        let draft = Draft {
            id: &spec.id,
            role: Role::Signer,
            subject: names::name(&attributes),
            validity: (spec.not_before, spec.not_after),
            hash: spec.hash,
        };
        self.issue(draft, &spec.issuer, key, extensions)
    }

    /// AKI and the URLs of an issuer.
    fn issuer_extensions(&self, issuer: &str, pointers: Pointers) -> Result<Vec<Vec<u8>>> {
        let authority = self.authority(issuer)?;
        let mut out = vec![certificate::authority_key_identifier(&authority.certificate.spki)?];
        let ocsp = self.ocsp_url();
        let ca_issuers = self.ca_url(issuer);
        let with_ocsp = matches!(pointers, Pointers::All | Pointers::OcspOnly);
        if pointers != Pointers::Nothing {
            let ocsp = with_ocsp.then_some(ocsp.as_str());
            out.push(certificate::information_access(ocsp, Some(&ca_issuers)));
        }
        if matches!(pointers, Pointers::All | Pointers::CrlOnly) {
            out.push(certificate::distribution_point(&self.crl_url(issuer)));
        }
        Ok(out)
    }

    fn issue(
        &mut self,
        draft: Draft<'_>,
        issuer: &str,
        key: Key,
        extensions: Vec<Vec<u8>>,
    ) -> Result<&Entity> {
        let authority = self.authority(issuer)?;
        let spec = self.spec(&draft, &authority.certificate.subject, &key, extensions)?;
        let hash = draft.hash.unwrap_or(authority.key.kind.hash());
        let certificate = spec.sign(&authority.key, hash)?;
        self.insert(draft, Some(issuer.to_owned()), key, certificate)
    }

    fn self_issue(
        &mut self,
        draft: Draft<'_>,
        key: Key,
        extensions: Vec<Vec<u8>>,
    ) -> Result<&Entity> {
        let spec = self.spec(&draft, &draft.subject, &key, extensions)?;
        let certificate = spec.sign(&key, key.kind.hash())?;
        self.insert(draft, None, key, certificate)
    }

    fn spec(
        &self,
        draft: &Draft<'_>,
        issuer: &[u8],
        key: &Key,
        extensions: Vec<Vec<u8>>,
    ) -> Result<Spec> {
        Ok(Spec {
            serial: self.number(&format!("certificate {} {}", draft.id, self.entities.len()))?,
            issuer: issuer.to_vec(),
            subject: draft.subject.clone(),
            not_before: draft.validity.0,
            not_after: draft.validity.1,
            spki: key.spki()?,
            extensions,
        })
    }

    fn insert(
        &mut self,
        draft: Draft<'_>,
        issuer: Option<String>,
        key: Key,
        certificate: Certificate,
    ) -> Result<&Entity> {
        if self.entities.iter().any(|entity| entity.id == draft.id) {
            return Err(Error::Duplicate { id: draft.id.to_owned() });
        }
        let at = self.entities.len();
        let id = draft.id.to_owned();
        self.entities.push(Entity { id, role: draft.role, issuer, key, certificate });
        Ok(&self.entities[at])
    }

    /// A number of 16 octets that only the seed and `label` decide.
    pub(crate) fn number(&self, label: &str) -> Result<Vec<u8>> {
        let mut digest = Hash::Sha256.digest(&[&self.seed, label.as_bytes()].concat())?;
        digest.truncate(16);
        // Positive and of constant length: RFC 5280 §4.1.2.2.
        digest[0] = digest[0] & 0x7f | 0x40;
        Ok(digest)
    }
}

struct Draft<'a> {
    id: &'a str,
    role: Role,
    subject: Vec<u8>,
    validity: (DateTime<Utc>, DateTime<Utc>),
    hash: Option<Hash>,
}

/// # Asking
impl Pki {
    /// Everybody, in the order they were made.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// Everybody with this role.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Entity> {
        self.entities.iter().filter(move |entity| entity.role == role)
    }

    /// Somebody by name.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn entity(&self, id: &str) -> Result<&Entity> {
        let found = self.entities.iter().find(|entity| entity.id == id);
        found.ok_or_else(|| Error::Unknown { id: id.to_owned() })
    }

    /// An authority by name.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::WrongRole`].
    pub fn authority(&self, id: &str) -> Result<&Entity> {
        self.having(id, Role::Authority, "certification authority")
    }

    /// A TSA by name.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::WrongRole`].
    pub fn tsa(&self, id: &str) -> Result<&Entity> {
        self.having(id, Role::Tsa, "time-stamp authority")
    }

    fn having(&self, id: &str, role: Role, wanted: &'static str) -> Result<&Entity> {
        let entity = self.entity(id)?;
        if entity.role == role {
            Ok(entity)
        } else {
            Err(Error::WrongRole { id: id.to_owned(), wanted })
        }
    }

    /// The certificate of somebody, DER.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn certificate(&self, id: &str) -> Result<&[u8]> {
        Ok(&self.entity(id)?.certificate.der)
    }

    /// The certificates from somebody up to its root, both included.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn path(&self, id: &str) -> Result<Vec<&Entity>> {
        let mut path = vec![self.entity(id)?];
        while let Some(issuer) = path.last().and_then(|last| last.issuer.as_deref()) {
            path.push(self.entity(issuer)?);
        }
        Ok(path)
    }

    /// The roots: what `--trust` should name.
    pub fn roots(&self) -> impl Iterator<Item = &Entity> {
        self.with_role(Role::Authority).filter(|entity| entity.issuer.is_none())
    }

    /// URL of the OCSP responder.
    #[must_use]
    pub fn ocsp_url(&self) -> String {
        format!("{}/ocsp", self.base_url)
    }

    /// URL of a TSA.
    #[must_use]
    pub fn tsa_url(&self, id: &str) -> String {
        format!("{}/{id}", self.base_url)
    }

    /// URL of an authority's CRL.
    #[must_use]
    pub fn crl_url(&self, id: &str) -> String {
        format!("{}/crl/{id}.crl", self.base_url)
    }

    /// URL of an authority's certificate.
    #[must_use]
    pub fn ca_url(&self, id: &str) -> String {
        format!("{}/ca/{id}.cer", self.base_url)
    }
}

/// # Revoking
impl Pki {
    /// Revokes somebody from `at` on; an older line of the register is replaced.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn revoke(&mut self, id: &str, at: DateTime<Utc>, reason: Reason) -> Result<()> {
        self.entity(id)?;
        self.revocations.retain(|revocation| revocation.id != id);
        self.revocations.push(Revocation { id: id.to_owned(), at, reason, lifted: None });
        Ok(())
    }

    /// Suspends somebody from `at` on.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn suspend(&mut self, id: &str, at: DateTime<Utc>) -> Result<()> {
        self.revoke(id, at, Reason::CertificateHold)
    }

    /// Ends a suspension; revocations for other reasons stay, as they do in life.
    ///
    /// # Errors
    /// [`Error::Unknown`].
    pub fn lift(&mut self, id: &str, at: DateTime<Utc>) -> Result<()> {
        self.entity(id)?;
        for revocation in &mut self.revocations {
            if revocation.id == id && revocation.reason == Reason::CertificateHold {
                revocation.lifted = Some(at);
            }
        }
        Ok(())
    }

    /// The register.
    #[must_use]
    pub fn revocations(&self) -> &[Revocation] {
        &self.revocations
    }

    /// Whether and how somebody is revoked as known at `at`.
    #[must_use]
    pub fn status(&self, id: &str, at: DateTime<Utc>) -> Option<&Revocation> {
        let standing = |r: &&Revocation| r.at <= at && r.lifted.is_none_or(|lifted| lifted > at);
        self.revocations.iter().filter(|revocation| revocation.id == id).find(standing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    #[test]
    fn a_suspension_is_seen_only_while_it_stands() {
        let mut pki = Pki::create(&Config::quick(now())).unwrap();
        let hour = TimeDelta::hours(1);
        pki.suspend("segretario", now()).unwrap();
        pki.lift("segretario", now() + hour * 2).unwrap();
        assert!(pki.status("segretario", now() - hour).is_none());
        assert!(pki.status("segretario", now() + hour).is_some());
        assert!(pki.status("segretario", now() + hour * 2).is_none());
        pki.revoke("segretario", now(), Reason::KeyCompromise).unwrap();
        pki.lift("segretario", now()).unwrap();
        assert!(pki.status("segretario", now() + hour * 2).is_some());
        assert!(matches!(pki.suspend("nessuno", now()), Err(Error::Unknown { .. })));
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_seed_others() {
        let config = Config::quick(now());
        let first = Pki::create(&config).unwrap();
        let second = Pki::create(&config).unwrap();
        let third = Pki::create(&Config { seed: [1; 32], ..config }).unwrap();
        let serial = |pki: &Pki| pki.entity("presidente").unwrap().certificate.serial.clone();
        assert_eq!(serial(&first), serial(&second));
        assert_ne!(serial(&first), serial(&third));
    }

    #[test]
    fn paths_end_at_roots_and_roles_are_kept() {
        let pki = Pki::create(&Config::quick(now())).unwrap();
        let ids = |id| pki.path(id).unwrap().iter().map(|e| e.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids("presidente"), ["presidente", "ca", "root"]);
        assert_eq!(ids("tsa-b"), ["tsa-b", "tsa-root"]);
        assert!(matches!(pki.authority("tsa"), Err(Error::WrongRole { .. })));
        assert_eq!(pki.roots().count(), 2);
    }
}

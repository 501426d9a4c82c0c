//! What the verbs that sign have in common: from their flags to keys, authorities and everything
//! else a signature is made with.

use ceralacca::{SignOptions, SignerProperties, SigningKey, TimestampAuthority};
use chrono::{DateTime, Utc};
use files::{FollowLinks, SourceFile};

use crate::args::{Allow, ContentArgs, DigestArgs, KeyArgs, Level, StatementArgs};
use crate::clean;
use crate::failure::Failure;
use crate::keys::{self, KeySpec};
use crate::network::{self, Authorities};
use crate::raising::{self, Given, Ground};
use crate::secrets;
use crate::signing::{self, Keys, Terms};

use super::Run;

/// The flags of a verb that signs.
pub(super) struct Flags<'a> {
    /// Keys, certificates, passwords.
    pub(super) keys: &'a KeyArgs,
    /// How far.
    pub(super) level: Option<Level>,
    /// What the signer says.
    pub(super) statement: &'a StatementArgs,
    /// What the signer says of the content, where there is one.
    pub(super) about: Option<&'a ContentArgs>,
    /// The digest.
    pub(super) digest: &'a DigestArgs,
    /// Refusals overridden by name.
    pub(super) allow: &'a [Allow],
    /// Whether somebody may sign again.
    pub(super) again: bool,
    /// Revocation data at hand, and whether the rest may be fetched.
    pub(super) given: Given<'a>,
}

/// What every signature of a run is made with.
pub(super) struct Hand {
    pub(super) keys: Keys,
    pub(super) authorities: Authorities,
    ground: Ground,
    properties: SignerProperties,
    allow: Vec<String>,
}

impl Flags<'_> {
    /// Whether an authority is asked.
    pub(super) fn stamped(&self) -> bool {
        self.level.is_some_and(|level| level != Level::B)
            || self.about.is_some_and(|about| about.content_timestamp)
    }

    /// What can be refused before a file is looked at: keys that are not named, no authority where
    /// one is needed.
    ///
    /// # Errors
    /// Exit 2.
    pub(super) fn check(&self, run: &Run<'_>) -> Result<Vec<KeySpec>, Failure> {
        let specs = keys::resolve(run.settings, self.keys, run.matches)?;
        if self.stamped() && run.settings.tsa.value.is_empty() {
            return Err(network::no_authority());
        }
        // The library knows persons; this is known before a password is asked for.
        for (place, spec) in specs.iter().enumerate() {
            let before = specs.get(..place).unwrap_or_default();
            if !self.again && before.iter().any(|other| other.uri == spec.uri) {
                let subject = clean::path(spec.uri.path());
                return Err(ceralacca::Error::SameSigner { subject }.into());
            }
        }
        Ok(specs)
    }

    /// What a dry run can open without asking anybody anything: everything, where each password
    /// comes from a file; nothing but the check that the keys are there, otherwise.
    ///
    /// # Errors
    /// As [`Flags::open`].
    pub(super) fn open_unasked(
        &self,
        specs: &[KeySpec],
        run: &mut Run<'_>,
    ) -> Result<Option<Hand>, Failure> {
        for spec in specs {
            SourceFile::open(spec.uri.path(), FollowLinks::Follow)?;
        }
        let unasked = |spec: &KeySpec| matches!(spec.secret, Some(secrets::Source::File(_)));
        specs.iter().all(unasked).then(|| self.open(specs, run)).transpose()
    }

    /// Loads what the flags name and opens the keys, with their passwords.
    ///
    /// # Errors
    /// Exit 7: keys and passwords; exit 4: files that cannot be read; exit 2: values that cannot be
    /// signed, or nobody trusted where a chain must end.
    pub(super) fn open(&self, specs: &[KeySpec], run: &mut Run<'_>) -> Result<Hand, Failure> {
        let ground = Ground::load(run.settings, run.now, self.level, &self.given)?;
        let digest = signing::digest(self.digest.digest);
        let properties = raising::properties(self.statement, self.about, digest)?;
        let terms = Terms { digest: self.digest.digest, allow: self.allow, at: run.now };
        let keys = Keys::open(specs, &mut run.secrets, &terms)?;
        let authorities = if self.stamped() {
            network::authorities(run.settings, &mut run.secrets)?
        } else {
            Authorities::none()
        };
        Ok(Hand { keys, authorities, ground, properties, allow: signing::names(self.allow) })
    }
}

impl Hand {
    /// The options for one file, but for what is about the file.
    pub(super) fn options<'a>(
        &'a self,
        keys: &'a [SigningKey],
        authorities: &'a [&'a dyn TimestampAuthority],
        now: DateTime<Utc>,
    ) -> SignOptions<'a> {
        SignOptions {
            keys,
            signing_time: now,
            authorities,
            properties: Some(&self.properties),
            long_term: self.ground.long_term(),
            evidence: Some(&self.ground.evidence),
            allow: &self.allow,
            ..SignOptions::default()
        }
    }
}

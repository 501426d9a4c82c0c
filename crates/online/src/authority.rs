//! A time-stamp authority by HTTP (RFC 3161 §3.4), as
//! [`timestamp::TimestampAuthority`].
//!
//! Request and answer are octets here; `timestamp` builds the one and verifies
//! the other.

use timestamp::{AuthorityError, TimestampAuthority};
use x509::Origin;

use crate::client::{Call, HttpClient};
use crate::config::Credentials;
use crate::error::{Error, start_of};
use crate::target::Target;

const QUERY: &str = "application/timestamp-query";
const REPLY: &str = "application/timestamp-reply";

/// One authority at one URL. Its `Debug` shows no password.
#[derive(Debug, Clone)]
pub struct HttpTimestampAuthority {
    client: HttpClient,
    url: String,
    name: String,
    https: bool,
    loopback: bool,
    credentials: Option<Credentials>,
}

impl HttpTimestampAuthority {
    /// Names an authority the user chose; nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::BadUrl`], [`Error::RefusedScheme`], [`Error::CredentialsInUrl`].
    pub fn new(
        client: HttpClient,
        url: &str,
        credentials: Option<Credentials>,
    ) -> Result<Self, Error> {
        let target = Target::parse(url)?;
        Ok(Self {
            client,
            url: target.uri.to_string(),
            name: target.shown(),
            https: target.https,
            loopback: target.is_loopback(),
            credentials,
        })
    }

    /// Whether the password would cross a network unprotected: worth a
    /// warning, since anybody on the way can use up the contract's stamps.
    #[must_use]
    pub fn sends_password_in_clear(&self) -> bool {
        self.credentials.is_some() && !self.https && !self.loopback
    }

    /// [`TimestampAuthority::exchange`] with this crate's error.
    ///
    /// # Errors
    /// What [`HttpClient::send`] says; [`Error::MediaType`] for an answer that
    /// is not `application/timestamp-reply`.
    pub fn post(&self, request: &[u8]) -> Result<Vec<u8>, Error> {
        let answer = self.client.send(&Call {
            url: &self.url,
            origin: Origin::User,
            body: Some((QUERY, request)),
            accept: REPLY,
            cap: self.client.config().caps.timestamp,
            credentials: self.credentials.as_ref(),
        })?;
        if answer.media_type.as_deref() == Some(REPLY) {
            Ok(answer.body)
        } else {
            Err(Error::MediaType {
                url: answer.url,
                expected: REPLY,
                found: answer.media_type,
                start: start_of(&answer.body),
            })
        }
    }
}

impl TimestampAuthority for HttpTimestampAuthority {
    fn name(&self) -> &str {
        &self.name
    }

    fn exchange(&self, request: &[u8]) -> Result<Vec<u8>, AuthorityError> {
        self.post(request).map_err(Into::into)
    }
}

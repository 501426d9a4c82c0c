//! How long what earlier runs fetched may serve: the rules for an
//! [`online::Store`].
//!
//! Revocation data serve while they are in force and not for long: a newer
//! list may name somebody the old one did not. Nothing is trusted for having
//! been kept: signatures are checked as if it had come just now.

use std::time::Duration;

use chrono::{DateTime, Utc};
use online::Stored;
use x509::{Certificate, Crl, OcspResponse, Purpose, Request};

/// Lists are issued every few hours; nobody is revoked between two looks so short apart that it
/// matters more than the load on the authority's server.
const REVOCATION: Duration = Duration::from_secs(60 * 60);

/// Certificates of authorities change once in years.
const CERTIFICATES: Duration = Duration::from_secs(24 * 60 * 60);

/// Says at `now` which answers may serve. OCSP answers are kept only with
/// `ocsp`: a judgement may use one of an hour ago, while a signature that is
/// just being made wants one issued after it.
pub fn serves(
    now: DateTime<Utc>,
    ocsp: bool,
) -> impl Fn(&Request<'_>, &Stored) -> bool + Send + Sync + 'static {
    move |request, stored| {
        let fetched = DateTime::<Utc>::from(stored.fetched);
        // A clock that was put back makes everything of before look new for ever.
        let Ok(age) = (now - fetched).to_std() else { return false };
        match request.purpose {
            Purpose::Ocsp => {
                ocsp && age <= REVOCATION
                    && OcspResponse::from_der(&stored.octets).is_ok_and(|response| {
                        let mut singles = response.responses().iter().peekable();
                        singles.peek().is_some()
                            && singles.all(|one| one.next_update.is_some_and(|next| next > now))
                    })
            }
            Purpose::Crl => {
                age <= REVOCATION
                    && Crl::from_pem_or_der(&stored.octets).is_ok_and(|lists| {
                        let in_force = |crl: &Crl| crl.next_update().is_some_and(|next| next > now);
                        !lists.is_empty() && lists.iter().all(in_force)
                    })
            }
            Purpose::CaIssuers => {
                age <= CERTIFICATES
                    && Certificate::from_pem_or_der(&stored.octets)
                        .is_ok_and(|certificates| !certificates.is_empty())
            }
        }
    }
}

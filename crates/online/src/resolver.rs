//! Names to addresses, and the guard that stands between a name in a
//! certificate and the socket: ureq connects to exactly what comes from here.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use ipnet::IpNet;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::address;
use crate::error::{Error, shown_host};

/// Looks names up. The system does it by default ([`SystemLookup`]); tests and
/// closed networks bring their own.
pub trait Lookup: fmt::Debug + Send + Sync {
    /// All addresses of `host` (a name or a literal address, IPv6 without
    /// brackets), in the order they are to be tried.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] after `timeout`; any other kind when the
    /// name has no address.
    fn lookup(&self, host: &str, port: u16, timeout: Duration) -> io::Result<Vec<SocketAddr>>;
}

/// The system's resolver (`getaddrinfo`).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str, port: u16, timeout: Duration) -> io::Result<Vec<SocketAddr>> {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let (send, receive) = mpsc::sync_channel(1);
        let host = host.to_owned();
        // getaddrinfo cannot be interrupted: a late answer finds nobody
        // waiting, and its thread ends.
        thread::Builder::new().name("resolve".to_owned()).spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs().map(Iterator::collect);
            let _ = send.send(found);
        })?;
        receive.recv_timeout(timeout).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Whether addresses are filtered.
#[derive(Debug, Clone)]
pub(crate) enum Guard {
    /// Everything is reachable: the user named the host.
    Open,
    /// Only public addresses and these networks.
    PublicAnd(Vec<IpNet>),
}

/// The resolver given to ureq.
#[derive(Debug)]
pub(crate) struct GuardedResolver {
    pub(crate) lookup: Arc<dyn Lookup>,
    pub(crate) guard: Guard,
    pub(crate) timeout: Duration,
}

impl GuardedResolver {
    /// Addresses that may be connected to; never empty.
    pub(crate) fn addresses(
        &self,
        host: &str,
        port: u16,
        timeout: Duration,
    ) -> Result<Vec<SocketAddr>, Failure> {
        let found = self.lookup.lookup(host, port, timeout).map_err(|source| {
            if source.kind() == io::ErrorKind::TimedOut {
                Failure::TimedOut
            } else {
                Failure::Told(Error::Resolve { host: shown_host(host), source: Arc::new(source) })
            }
        })?;
        let Guard::PublicAnd(allowed) = &self.guard else { return Ok(found) };
        let mut kept = Vec::with_capacity(found.len());
        let mut first_refused = None;
        for socket in found {
            match address::refused(socket.ip(), allowed) {
                None => kept.push(socket),
                Some(kind) => {
                    first_refused.get_or_insert(Error::RefusedAddress {
                        host: shown_host(host),
                        address: socket.ip().to_canonical(),
                        kind,
                    });
                }
            }
        }
        match first_refused {
            Some(error) if kept.is_empty() => Err(Failure::Told(error)),
            _ => Ok(kept),
        }
    }
}

/// Why there are no addresses.
#[derive(Debug)]
pub(crate) enum Failure {
    TimedOut,
    Told(Error),
}

impl Resolver for GuardedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        _config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let authority = uri.authority().ok_or(ureq::Error::HostNotFound)?;
        let host = authority.host();
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let port = authority.port_u16().unwrap_or(match uri.scheme_str() {
            Some("https") => 443,
            _ => 80,
        });
        let found =
            self.addresses(host, port, (*timeout.after).min(self.timeout)).map_err(|failure| {
                match failure {
                    Failure::TimedOut => ureq::Error::Timeout(ureq::Timeout::Resolve),
                    Failure::Told(error) => ureq::Error::Other(Box::new(error)),
                }
            })?;
        let mut result = self.empty();
        // The array is of fixed size; what does not fit is not tried.
        let room = result.capacity_left();
        for socket in found.into_iter().take(room) {
            result.push(socket);
        }
        if result.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(result) }
    }
}

/// What ureq's fixed array can still take.
trait Room {
    fn capacity_left(&self) -> usize;
}

impl<T, const N: usize> Room for ureq::unversioned::resolver::ArrayVec<T, N> {
    fn capacity_left(&self) -> usize {
        N.saturating_sub(self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(Vec<IpAddr>);

    impl Lookup for Fixed {
        fn lookup(&self, _: &str, port: u16, _: Duration) -> io::Result<Vec<SocketAddr>> {
            Ok(self.0.iter().map(|ip| SocketAddr::new(*ip, port)).collect())
        }
    }

    fn guarded(addresses: &[&str], allowed: &[&str]) -> Result<Vec<SocketAddr>, Failure> {
        GuardedResolver {
            lookup: Arc::new(Fixed(addresses.iter().map(|a| a.parse().unwrap()).collect())),
            guard: Guard::PublicAnd(allowed.iter().map(|a| a.parse().unwrap()).collect()),
            timeout: Duration::from_secs(1),
        }
        .addresses("crl.example.it", 80, Duration::from_secs(1))
    }

    #[test]
    fn refused_addresses_are_removed_and_the_rest_kept() {
        let kept = guarded(&["10.0.0.1", "1.1.1.1", "::ffff:127.0.0.1", "2a00::1"], &[]).unwrap();
        assert_eq!(kept, ["1.1.1.1:80".parse().unwrap(), "[2a00::1]:80".parse().unwrap()]);
    }

    #[test]
    fn only_refused_addresses_is_an_error_that_names_the_first() {
        let Err(Failure::Told(Error::RefusedAddress { host, address, .. })) =
            guarded(&["::ffff:10.0.0.1", "127.0.0.1"], &[])
        else {
            panic!("not refused");
        };
        assert_eq!(host, "crl.example.it");
        assert_eq!(address, "10.0.0.1".parse::<IpAddr>().unwrap());
        assert_eq!(guarded(&["10.0.0.1"], &["10.0.0.0/24"]).unwrap().len(), 1);
    }

    #[test]
    fn more_addresses_than_ureq_takes_is_no_panic() {
        let resolver = GuardedResolver {
            lookup: Arc::new(Fixed(vec!["1.1.1.1".parse().unwrap(); 100])),
            guard: Guard::Open,
            timeout: Duration::from_secs(1),
        };
        let uri = "http://x.example/".parse().unwrap();
        let found = resolver.resolve(&uri, &Config::default(), NextTimeout::default()).unwrap();
        assert_eq!(found.len(), 16);
    }
}

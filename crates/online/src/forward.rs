//! Plain `http` through a proxy in absolute form (RFC 9112 §3.2.2).
//!
//! ureq knows CONNECT only, and proxies commonly allow CONNECT to port 443
//! alone, while OCSP responders and CRLs live on port 80. This connector opens
//! the connection to the proxy and completes the request line on its way out.
//! It may serve one request a connection: the client never reuses one.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::Error;
use ureq::config::Config;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport,
};
use zeroize::Zeroizing;

/// First in the chain of connectors of a client that has a proxy.
pub(crate) struct ForwardConnector {
    /// The client's settings without the proxy, for the way to the proxy.
    pub(crate) direct: Config,
}

impl fmt::Debug for ForwardConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardConnector").finish_non_exhaustive()
    }
}

impl<In: Transport> Connector<In> for ForwardConnector {
    type Out = Either<In, ForwardTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        if let Some(transport) = chained {
            return Ok(Some(Either::A(transport)));
        }
        let Some(proxy) = details.config.proxy() else { return Ok(None) };
        if details.needs_tls() {
            return Ok(None);
        }
        let authority = details.uri.authority().ok_or(Error::HostNotFound)?;
        let to_proxy = ConnectionDetails {
            uri: proxy.uri(),
            addrs: details.resolver.resolve(proxy.uri(), &self.direct, details.timeout)?,
            resolver: details.resolver,
            config: &self.direct,
            request_level: details.request_level,
            now: details.now,
            timeout: details.timeout,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        let inner = (details.run_connector)(&to_proxy)?;
        let authorization = (proxy.username().is_some() || proxy.password().is_some()).then(|| {
            let user = proxy.username().unwrap_or_default();
            let pair = Zeroizing::new(format!("{user}:{}", proxy.password().unwrap_or_default()));
            let coded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
            Zeroizing::new(format!("Proxy-Authorization: Basic {}\r\n", coded.as_str()))
        });
        Ok(Some(Either::B(ForwardTransport {
            inner,
            prefix: format!("http://{authority}"),
            authorization,
            head_sent: false,
        })))
    }
}

/// A connection to a proxy on which the first thing sent is a request head.
pub(crate) struct ForwardTransport {
    inner: Box<dyn Transport>,
    prefix: String,
    authorization: Option<Zeroizing<String>>,
    head_sent: bool,
}

impl fmt::Debug for ForwardTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardTransport").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Transport for ForwardTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if self.head_sent || amount == 0 {
            return self.inner.transmit_output(amount, timeout);
        }
        self.head_sent = true;
        let head = Zeroizing::new(self.inner.buffers().output()[..amount].to_vec());
        let whole = absolute_form(
            &head,
            &self.prefix,
            self.authorization.as_ref().map_or("", |a| a.as_str()),
        );
        let mut rest = whole.as_slice();
        while !rest.is_empty() {
            let output = self.inner.buffers().output();
            let size = output.len().min(rest.len());
            output[..size].copy_from_slice(&rest[..size]);
            self.inner.transmit_output(size, timeout)?;
            rest = &rest[size..];
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        // One request a connection; see the module.
        false
    }
}

/// `GET /x HTTP/1.1` becomes `GET http://host/x HTTP/1.1`, followed by the
/// proxy's own header.
fn absolute_form(head: &[u8], prefix: &str, header: &str) -> Zeroizing<Vec<u8>> {
    let mut whole = Zeroizing::new(Vec::with_capacity(head.len() + prefix.len() + header.len()));
    let method = head.iter().position(|b| *b == b' ').map_or(0, |at| at + 1);
    let line = head.windows(2).position(|w| w == b"\r\n").map_or(head.len(), |at| at + 2);
    whole.extend_from_slice(&head[..method]);
    whole.extend_from_slice(prefix.as_bytes());
    whole.extend_from_slice(&head[method..line.max(method)]);
    whole.extend_from_slice(header.as_bytes());
    whole.extend_from_slice(&head[line.max(method)..]);
    whole
}

#[cfg(test)]
mod tests {
    use super::absolute_form;

    #[test]
    fn request_line_and_header() {
        let head = b"GET /a?b HTTP/1.1\r\nhost: x\r\n\r\n";
        assert_eq!(
            absolute_form(head, "http://x:81", "P: q\r\n").as_slice(),
            b"GET http://x:81/a?b HTTP/1.1\r\nP: q\r\nhost: x\r\n\r\n"
        );
        // Never met, but no panic either.
        for odd in [&b""[..], b"x", b"\r\n", b"\r\n x", b" "] {
            absolute_form(odd, "http://x", "");
        }
    }
}

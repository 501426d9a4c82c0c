//! A server on loopback that answers exactly as a test says, byte by byte.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ceralacca_online::{
    Credentials, Error, HttpClient, HttpConfig, HttpFetch, HttpTimestampAuthority, Lookup,
};
use x509::{Origin, Purpose, Request};

#[derive(Debug, Clone)]
pub struct Received {
    /// Request line and headers.
    pub head: String,
    pub body: Vec<u8>,
}

impl Received {
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

pub struct Server {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    pub fn start(answer: impl Fn(&Received, &mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::start_on("127.0.0.1", answer)
    }

    pub fn start_on(
        ip: &str,
        answer: impl Fn(&Received, &mut TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), received.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, log) = (answer.clone(), log.clone());
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    if let Ok(request) = read_request(&mut stream) {
                        log.lock().unwrap().push(request.clone());
                        answer(&request, &mut stream);
                    }
                });
            }
        });
        Self { address, received }
    }

    /// Answers every request with these octets.
    pub fn fixed(octets: impl Into<Vec<u8>>) -> Self {
        let octets = octets.into();
        Self::start(move |_, stream| {
            let _ = stream.write_all(&octets);
        })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

pub fn read_request(stream: &mut impl Read) -> io::Result<Received> {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut octet)?;
        head.push(octet[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut received = Received { head, body: Vec::new() };
    let length = received.header("content-length").map_or(0, |v| v.parse().unwrap());
    received.body = vec![0; length];
    stream.read_exact(&mut received.body)?;
    Ok(received)
}

/// A whole answer.
pub fn answer(status: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    out
}

pub fn redirect(status: u16, location: &str) -> Vec<u8> {
    answer(&format!("{status} Elsewhere"), &[("Location", location)], b"")
}

pub const REPLY: (&str, &str) = ("Content-Type", "application/timestamp-reply");

/// Room for a busy machine, and loopback allowed to nobody but the user.
pub fn quick() -> HttpConfig {
    HttpConfig {
        connect_timeout: Duration::from_secs(8),
        total_timeout: Duration::from_secs(10),
        ..HttpConfig::default()
    }
}

/// For tests of the times themselves.
pub fn hasty() -> HttpConfig {
    HttpConfig {
        connect_timeout: Duration::from_millis(600),
        total_timeout: Duration::from_millis(900),
        ..HttpConfig::default()
    }
}

pub fn fetcher(config: HttpConfig) -> HttpFetch {
    HttpFetch::new(HttpClient::new(config).unwrap())
}

pub fn get<'a>(url: &'a str, origin: Origin) -> Request<'a> {
    Request { url, purpose: Purpose::Crl, origin, body: None }
}

pub fn authority(url: &str, credentials: Option<Credentials>) -> HttpTimestampAuthority {
    HttpTimestampAuthority::new(HttpClient::new(quick()).unwrap(), url, credentials).unwrap()
}

/// Runs `call` and checks that it is over soon.
pub fn within<T>(limit: Duration, call: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = call();
    let spent = start.elapsed();
    assert!(spent < limit, "took {spent:?}, allowed {limit:?}");
    value
}

/// Every word of an error: Display, Debug and sources.
pub fn words(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {:?}", error.hint());
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    text
}

/// Names as a test wants them: the answers of a name in turn, the last one
/// for ever.
#[derive(Debug, Default)]
pub struct Names {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    pub asked: AtomicUsize,
}

impl Names {
    pub fn new(entries: &[(&str, &[&[&str]])]) -> Arc<Self> {
        let answers = entries
            .iter()
            .map(|(name, turns)| {
                let turns = turns
                    .iter()
                    .map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect())
                    .collect();
                ((*name).to_owned(), turns)
            })
            .collect();
        Arc::new(Self { answers, asked: AtomicUsize::new(0) })
    }

    pub fn count(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Lookup for Names {
    fn lookup(&self, host: &str, port: u16, _: Duration) -> io::Result<Vec<SocketAddr>> {
        if let Ok(ip) = host.parse() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let turns = self.answers.get(host).ok_or(io::ErrorKind::NotFound)?;
        let ips = turns.get(turn).or(turns.last()).unwrap();
        Ok(ips.iter().map(|ip| SocketAddr::new(*ip, port)).collect())
    }
}

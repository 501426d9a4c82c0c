//! The lab on loopback HTTP: TSAs, OCSP, CRLs and authorities' certificates.
//!
//! | path | what |
//! |---|---|
//! | `/tsa`, `/tsa-b`, `/NAME` of any TSA | RFC 3161 §3.4 |
//! | `/ocsp`, `/ocsp/BASE64` | RFC 6960 Appendix A, POST and GET |
//! | `/crl/NAME.crl` | CRL, issued when asked for, valid a day |
//! | `/ca/NAME.cer` | certificate, DER |
//!
//! Only 127.0.0.1 is listened on. URLs stand in certificates, so the port is
//! taken first ([`Lab::bind`]) and the certificates are made after it.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use tiny_http::{Header, Method, Request, Response, Server, StatusCode};

use crate::{
    Config, Error, Pki, Result,
    crl::CrlSpec,
    ocsp::{OcspFault, OcspSpec},
    pki,
    tsa::Fault,
};

/// Tells the servers what time it is.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Largest request body read. A TimeStampReq or OCSPRequest is a few hundred octets.
pub const MAX_REQUEST: u64 = 64 << 10;

/// Threads that answer; so many clients may be kept waiting at once.
const WORKERS: usize = 8;

/// How often waiting threads look whether they should stop.
const TICK: Duration = Duration::from_millis(25);

/// Longest time a stalled answer is held open.
const STALL: Duration = Duration::from_secs(120);

/// Longest wait for the port to be free again.
const RELEASE: Duration = Duration::from_secs(2);

/// How CRLs misbehave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CrlFault {
    /// They do not.
    #[default]
    None,
    /// HTTP 503.
    Down,
    /// The next one was due yesterday.
    Stale,
    /// HTTP 200 with a page of text.
    Garbage,
    /// The signature is spoilt.
    BadSignature,
    /// The answer comes after so long.
    Slow(Duration),
}

/// A port taken, not yet served.
#[derive(Debug)]
pub struct Lab {
    listener: TcpListener,
    port: u16,
}

impl Lab {
    /// Takes a port of 127.0.0.1; 0 takes any free one.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub fn bind(port: u16) -> Result<Self> {
        let failed = |source| Error::Listen { port, source: Box::new(source) };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self { listener, port })
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What [`Config::base_url`] must be.
    #[must_use]
    pub fn base_url(&self) -> String {
        pki::base_url(self.port)
    }

    /// Takes a free port, makes a lab for it and serves it. `config.base_url` is replaced.
    ///
    /// # Errors
    /// As [`Lab::bind`] and [`Pki::create`].
    pub fn start(config: &Config, clock: Clock) -> Result<Running> {
        let lab = Self::bind(0)?;
        let pki = Pki::create(&Config { base_url: lab.base_url(), ..config.clone() })?;
        lab.serve(pki, clock)
    }

    /// Serves a lab read from disk, on the port its certificates name.
    ///
    /// # Errors
    /// As [`Lab::bind`].
    pub fn start_loaded(pki: Pki, clock: Clock) -> Result<Running> {
        Self::bind(pki.port())?.serve(pki, clock)
    }

    /// Serves a lab until the result is dropped.
    ///
    /// # Errors
    /// [`Error::Listen`].
    pub fn serve(self, pki: Pki, clock: Clock) -> Result<Running> {
        let server = Server::from_listener(self.listener, None)
            .map_err(|source| Error::Listen { port: self.port, source })?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State { pki, ..State::default() }),
            stop: AtomicBool::new(false),
            clock,
        });
        let server = Arc::new(server);
        let workers = (0..WORKERS)
            .map(|_| {
                let (server, shared) = (Arc::clone(&server), Arc::clone(&shared));
                thread::spawn(move || work(&server, &shared))
            })
            .collect();
        Ok(Running { port: self.port, base_url: pki::base_url(self.port), shared, workers })
    }
}

impl Pki {
    /// The port its URLs name; 0 when they name none.
    #[must_use]
    pub fn port(&self) -> u16 {
        let port = self.base_url.rsplit(':').next();
        port.and_then(|port| port.parse().ok()).unwrap_or(0)
    }
}

#[derive(Default)]
struct State {
    pki: Pki,
    tsa: HashMap<String, Fault>,
    passwords: HashMap<String, (String, String)>,
    ocsp: OcspFault,
    crl: CrlFault,
    log: Vec<String>,
}

struct Shared {
    state: Mutex<State>,
    stop: AtomicBool,
    clock: Clock,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, unless the lab stops.
    fn wait(&self, time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time && !self.stop.load(Ordering::Relaxed) {
            thread::sleep(TICK.min(time));
        }
    }
}

/// A lab being served; dropping it stops it.
#[must_use = "a lab that is dropped stops"]
pub struct Running {
    port: u16,
    base_url: String,
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Running {
    /// Where it is served, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// URL of a TSA.
    #[must_use]
    pub fn tsa_url(&self, id: &str) -> String {
        format!("{}/{id}", self.base_url)
    }

    /// A copy of the lab as it is now.
    #[must_use]
    pub fn pki(&self) -> Pki {
        self.shared.lock().pki.clone()
    }

    /// Changes the lab while it is served: revokes, suspends, adds.
    pub fn change<T>(&self, change: impl FnOnce(&mut Pki) -> T) -> T {
        change(&mut self.shared.lock().pki)
    }

    /// Makes a TSA misbehave from now on, or behave again.
    pub fn set_tsa_fault(&self, id: &str, fault: Fault) {
        self.shared.lock().tsa.insert(id.to_owned(), fault);
    }

    /// Makes OCSP misbehave from now on, or behave again.
    pub fn set_ocsp_fault(&self, fault: OcspFault) {
        self.shared.lock().ocsp = fault;
    }

    /// Makes CRLs misbehave from now on, or behave again.
    pub fn set_crl_fault(&self, fault: CrlFault) {
        self.shared.lock().crl = fault;
    }

    /// Asks basic authentication (RFC 7617) of a TSA's clients.
    pub fn require_password(&self, tsa: &str, user: &str, password: &str) {
        let credentials = (user.to_owned(), password.to_owned());
        self.shared.lock().passwords.insert(tsa.to_owned(), credentials);
    }

    /// Requests received so far: method and path, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.shared.lock().log.clone()
    }

    /// Stops, and waits for the threads.
    pub fn stop(self) {
        drop(self);
    }

    /// Waits for ever, as `lab serve` does; another thread or a signal ends the process.
    pub fn wait(mut self) {
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
        // tiny_http gives the port back from a thread of its own, a moment later.
        let start = Instant::now();
        while start.elapsed() < RELEASE
            && TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).is_err()
        {
            thread::sleep(TICK);
        }
    }
}

fn work(server: &Server, shared: &Shared) {
    while !shared.stop.load(Ordering::Relaxed) {
        if let Ok(Some(request)) = server.recv_timeout(TICK) {
            handle(request, shared);
        }
    }
}

/// An answer.
struct Reply {
    status: u16,
    media: &'static str,
    body: Body,
    after: Duration,
}

enum Body {
    Octets(Vec<u8>),
    Zeros(u64),
    Stalls(Vec<u8>),
}

impl Reply {
    fn new(status: u16, media: &'static str, body: Vec<u8>) -> Self {
        Self { status, media, body: Body::Octets(body), after: Duration::ZERO }
    }

    fn text(status: u16, text: &str) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
    }

    fn page() -> Self {
        let page = "<!DOCTYPE html><title>Accesso</title><p>TEST - NON VALIDO: identificarsi.</p>";
        Self::new(200, "text/html; charset=utf-8", page.as_bytes().to_vec())
    }
}

fn handle(mut request: Request, shared: &Shared) {
    let mut body = Vec::new();
    let read = request.as_reader().take(MAX_REQUEST + 1).read_to_end(&mut body);
    let reply = if read.is_err() {
        Reply::text(400, "unreadable body\n")
    } else if body.len() as u64 > MAX_REQUEST {
        Reply::text(413, "body too large\n")
    } else {
        // Whatever cannot be answered is the lab's own trouble, said as such.
        answer(&request, &body, shared)
            .unwrap_or_else(|error| Reply::text(500, &format!("{error}\n")))
    };
    shared.wait(reply.after);
    // A client that has gone away is no trouble of the lab's.
    let _ = send(request, reply, shared);
}

fn send(request: Request, reply: Reply, shared: &Shared) -> std::io::Result<()> {
    let status = StatusCode(reply.status);
    let header = |name: &str, value: &str| Header::from_bytes(name, value).ok();
    let mut headers: Vec<Header> = header("Content-Type", reply.media).into_iter().collect();
    if reply.status == 401 {
        headers.extend(header("WWW-Authenticate", "Basic realm=\"laboratorio\""));
    }
    match reply.body {
        Body::Octets(octets) => {
            let length = octets.len();
            let body = std::io::Cursor::new(octets);
            respond(request, Response::new(status, headers, body, Some(length), None))
        }
        Body::Zeros(count) => {
            let length = usize::try_from(count).ok();
            let body = std::io::repeat(0).take(count);
            respond(request, Response::new(status, headers, body, length, None))
        }
        Body::Stalls(octets) => {
            let mut writer = request.into_writer();
            write!(
                writer,
                "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
                reply.media,
                octets.len()
            )?;
            writer.write_all(&octets[..octets.len() / 2])?;
            writer.flush()?;
            shared.wait(STALL);
            Ok(())
        }
    }
}

/// Always with Content-Length: some of the clients tested know nothing else.
fn respond<R: Read>(request: Request, response: Response<R>) -> std::io::Result<()> {
    request.respond(response.with_chunked_threshold(usize::MAX))
}

fn answer(request: &Request, body: &[u8], shared: &Shared) -> Result<Reply> {
    let now = (shared.clock)();
    let post = *request.method() == Method::Post;
    let url = request.url().to_owned();
    let path = url.split('?').next().unwrap_or_default();
    let mut state = shared.lock();
    state.log.push(format!("{} {path}", request.method()));
    let file = |prefix: &str, suffix: &str| {
        path.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix)).map(str::to_owned)
    };
    if path == "/ocsp" && post {
        return ocsp(&state, body, now);
    }
    if let Some(encoded) = path.strip_prefix("/ocsp/").filter(|_| !post) {
        return match openssl::base64::decode_block(&percent_decoded(encoded)) {
            Ok(body) => ocsp(&state, &body, now),
            Err(_) => Ok(Reply::text(400, "not base64\n")),
        };
    }
    if let Some(id) = file("/crl/", ".crl").filter(|id| state.pki.authority(id).is_ok()) {
        return crl(&state, &id, now);
    }
    if let Some(id) = file("/ca/", ".cer").filter(|id| state.pki.authority(id).is_ok()) {
        let der = state.pki.certificate(&id)?.to_vec();
        return Ok(Reply::new(200, "application/pkix-cert", der));
    }
    let id = path.trim_start_matches('/');
    if state.pki.tsa(id).is_ok() {
        if !post {
            return Ok(Reply::text(405, "POST a time-stamp request\n"));
        }
        if let Some((user, password)) = state.passwords.get(id)
            && !authorised(request, user, password)
        {
            return Ok(Reply::text(401, "user and password wanted\n"));
        }
        return stamp(&state, id, body, now);
    }
    if path == "/" || path == "/cps" {
        return Ok(Reply::text(200, "Laboratorio di prova - TEST - NON VALIDO\n"));
    }
    Ok(Reply::text(404, "nothing here\n"))
}

fn stamp(state: &State, id: &str, body: &[u8], now: DateTime<Utc>) -> Result<Reply> {
    const MEDIA: &str = "application/timestamp-reply";
    let fault = state.tsa.get(id).cloned().unwrap_or_default();
    let good = || state.pki.tsa_respond(id, body, now, &fault);
    Ok(match fault {
        Fault::Down => Reply::text(503, "TSA down\n"),
        Fault::Status(status) => Reply::text(status, "no time-stamp for you\n"),
        Fault::Garbage => Reply { media: MEDIA, ..Reply::page() },
        Fault::WrongMediaType => Reply::new(200, "text/html", good()?),
        Fault::Empty => Reply::new(200, MEDIA, Vec::new()),
        Fault::Huge(count) => {
            Reply { body: Body::Zeros(count), ..Reply::new(200, MEDIA, Vec::new()) }
        }
        Fault::Stalls => {
            Reply { body: Body::Stalls(good()?), ..Reply::new(200, MEDIA, Vec::new()) }
        }
        Fault::Slow(after) => Reply { after, ..Reply::new(200, MEDIA, good()?) },
        _ => Reply::new(200, MEDIA, good()?),
    })
}

fn ocsp(state: &State, body: &[u8], now: DateTime<Utc>) -> Result<Reply> {
    const MEDIA: &str = "application/ocsp-response";
    let spec = OcspSpec::new(now, now + TimeDelta::days(1)).fault(state.ocsp.clone());
    let good = || state.pki.ocsp_respond(body, &spec);
    Ok(match state.ocsp {
        OcspFault::Down => Reply::text(503, "OCSP down\n"),
        OcspFault::Status(status) => Reply::text(status, "no answer for you\n"),
        OcspFault::Garbage => Reply { media: MEDIA, ..Reply::page() },
        OcspFault::Slow(after) => Reply { after, ..Reply::new(200, MEDIA, good()?) },
        _ => Reply::new(200, MEDIA, good()?),
    })
}

fn crl(state: &State, id: &str, now: DateTime<Utc>) -> Result<Reply> {
    const MEDIA: &str = "application/pkix-crl";
    let spec = CrlSpec::new(now, now + TimeDelta::days(1));
    let spec = match state.crl {
        CrlFault::Stale => CrlSpec::stale(now),
        CrlFault::BadSignature => CrlSpec { bad_signature: true, ..spec },
        _ => spec,
    };
    let good = || state.pki.crl_with(id, &spec);
    Ok(match state.crl {
        CrlFault::Down => Reply::text(503, "CRLs down\n"),
        CrlFault::Garbage => Reply { media: MEDIA, ..Reply::page() },
        CrlFault::Slow(after) => Reply { after, ..Reply::new(200, MEDIA, good()?) },
        _ => Reply::new(200, MEDIA, good()?),
    })
}

fn authorised(request: &Request, user: &str, password: &str) -> bool {
    let wanted = crate::wrap::base64(format!("{user}:{password}").as_bytes());
    let header = request.headers().iter().find(|header| header.field.equiv("Authorization"));
    header.is_some_and(|header| header.value.as_str() == format!("Basic {wanted}"))
}

/// `%2B` and its like, as GET requests for OCSP have them.
fn percent_decoded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let octet = rest.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let Some(octet) = octet else { break };
        out.push(char::from(octet));
        rest = &rest[at + 3..];
    }
    out.push_str(rest);
    out
}

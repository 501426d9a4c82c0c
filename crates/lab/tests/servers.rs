//! The lab over loopback HTTP, asked with a bare socket.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use ceralacca_lab::{
    Clock, Config, Hash, Lab, Running,
    ocsp::OcspFault,
    serve::{CrlFault, MAX_REQUEST},
    tsa::{self, Fault},
    wrap,
};
use chrono::{DateTime, Utc};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

fn start() -> Running {
    let clock: Clock = Arc::new(now);
    Lab::start(&Config::quick(now()), clock).unwrap()
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

fn ask(lab: &Running, method: &str, path: &str, extra: &str, body: &[u8]) -> Answer {
    let address = lab.base_url().strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{extra}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A server that has heard enough may close before all is sent.
    let _ = stream.write_all(body);
    let mut octets = Vec::new();
    let _ = stream.read_to_end(&mut octets);
    let end = octets.windows(4).position(|w| w == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8(octets[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: octets[end + 4..].to_vec() }
}

fn request() -> Vec<u8> {
    tsa::timestamp_request(Hash::Sha256, &[7; 32], Some(&[1, 2, 3]))
}

fn stamp(lab: &Running, path: &str) -> Answer {
    ask(lab, "POST", path, "Content-Type: application/timestamp-query\r\n", &request())
}

#[test]
fn every_service_answers() {
    let lab = start();
    let pki = lab.pki();
    for id in ["tsa", "tsa-b"] {
        let answer = stamp(&lab, &format!("/{id}"));
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("application/timestamp-reply"), "{}", answer.head);
        assert_eq!(answer.body[..4], [0x30, 0x82, answer.body[2], answer.body[3]]);
        assert!(answer.body.windows(32).any(|w| w == [7; 32]), "the imprint is in it");
    }
    for authority in ["root", "ca", "tsa-root"] {
        let certificate = ask(&lab, "GET", &format!("/ca/{authority}.cer"), "", b"");
        assert_eq!(certificate.body, pki.certificate(authority).unwrap());
        let crl = ask(&lab, "GET", &format!("/crl/{authority}.crl"), "", b"");
        assert_eq!(crl.status, 200);
        assert!(crl.head.contains("application/pkix-crl"));
    }
    let question = pki.ocsp_request("presidente", Hash::Sha1, Some(&[9; 16])).unwrap();
    let posted = ask(&lab, "POST", "/ocsp", "", &question);
    assert_eq!(posted.status, 200);
    assert!(posted.body.windows(16).any(|w| w == [9; 16]), "the nonce is returned");
    let got = wrap::base64(&question).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let got = ask(&lab, "GET", &format!("/ocsp/{got}"), "", b"");
    assert_eq!(got.status, 200);
    assert!(got.body.windows(16).any(|w| w == [9; 16]));
    assert_eq!(ask(&lab, "GET", "/tsa", "", b"").status, 405);
    assert_eq!(ask(&lab, "GET", "/nessuno", "", b"").status, 404);
    assert_eq!(ask(&lab, "GET", "/crl/presidente.crl", "", b"").status, 404);
    assert_eq!(lab.requests()[0], "POST /tsa");
}

#[test]
fn urls_in_certificates_are_those_served() {
    let lab = start();
    let url = format!("{}/crl/ca.crl", lab.base_url());
    let pki = lab.pki();
    let certificate = pki.certificate("presidente").unwrap();
    assert!(certificate.windows(url.len()).any(|window| window == url.as_bytes()));
    assert_eq!(pki.crl_url("ca"), url);
}

#[test]
fn a_body_over_the_cap_is_refused() {
    let lab = start();
    let body = vec![0x30; MAX_REQUEST as usize + 1];
    assert_eq!(ask(&lab, "POST", "/tsa", "", &body).status, 413);
    // At the cap it is read, and is no request: a rejection, not a failure of HTTP.
    assert_eq!(ask(&lab, "POST", "/tsa", "", &body[1..]).status, 200);
}

#[test]
fn garbage_in_any_form_gets_an_answer() {
    let lab = start();
    let pki = lab.pki();
    let good = request();
    let ocsp = pki.ocsp_request("presidente", Hash::Sha256, None).unwrap();
    for (path, octets) in [("/tsa", &good), ("/ocsp", &ocsp)] {
        for cut in 0..octets.len() {
            let answer = ask(&lab, "POST", path, "", &octets[..cut]);
            assert_eq!(answer.status, 200, "{path} cut at {cut}");
        }
    }
    for at in 0..good.len() {
        let mut flipped = good.clone();
        flipped[at] ^= 0x81;
        pki.tsa_respond("tsa", &flipped, now(), &Fault::None).unwrap();
    }
}

#[test]
fn faults_of_the_wire() {
    let lab = start();
    let set = |fault| lab.set_tsa_fault("tsa", fault);
    set(Fault::Down);
    assert_eq!(stamp(&lab, "/tsa").status, 503);
    assert_eq!(stamp(&lab, "/tsa-b").status, 200, "the other one is up");
    set(Fault::Status(404));
    assert_eq!(stamp(&lab, "/tsa").status, 404);
    set(Fault::Garbage);
    assert!(stamp(&lab, "/tsa").body.starts_with(b"<!DOCTYPE"));
    set(Fault::Empty);
    assert!(stamp(&lab, "/tsa").body.is_empty());
    set(Fault::Huge(3 << 20));
    assert_eq!(stamp(&lab, "/tsa").body.len(), 3 << 20);
    set(Fault::WrongMediaType);
    assert!(stamp(&lab, "/tsa").head.contains("text/html"));
    set(Fault::Slow(Duration::from_millis(300)));
    let start = Instant::now();
    assert_eq!(stamp(&lab, "/tsa").status, 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
    set(Fault::None);
    let good = stamp(&lab, "/tsa").body;
    set(Fault::BareToken);
    assert!(stamp(&lab, "/tsa").body.len() < good.len());

    lab.set_ocsp_fault(OcspFault::TryLater);
    let question = lab.pki().ocsp_request("presidente", Hash::Sha1, None).unwrap();
    assert_eq!(ask(&lab, "POST", "/ocsp", "", &question).body, [0x30, 3, 10, 1, 3]);
    lab.set_ocsp_fault(OcspFault::Down);
    assert_eq!(ask(&lab, "POST", "/ocsp", "", &question).status, 503);
    lab.set_crl_fault(CrlFault::Garbage);
    assert!(ask(&lab, "GET", "/crl/ca.crl", "", b"").body.starts_with(b"<!DOCTYPE"));
}

#[test]
fn a_stalled_answer_ends_when_the_lab_does() {
    let lab = start();
    lab.set_tsa_fault("tsa", Fault::Stalls);
    let address = lab.base_url().strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    let body = request();
    write!(stream, "POST /tsa HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len())
        .unwrap();
    stream.write_all(&body).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
    let mut seen = Vec::new();
    let mut buffer = [0; 512];
    let error = loop {
        match stream.read(&mut buffer) {
            Ok(0) => panic!("closed after {} octets", seen.len()),
            Ok(n) => seen.extend_from_slice(&buffer[..n]),
            Err(error) => break error,
        }
    };
    assert!(matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut));
    assert!(seen.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&seen));
    let start = Instant::now();
    lab.stop();
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn passwords() {
    let lab = start();
    lab.require_password("tsa-b", "comune", "segreto");
    assert_eq!(stamp(&lab, "/tsa").status, 200);
    let refused = stamp(&lab, "/tsa-b");
    assert_eq!(refused.status, 401);
    assert!(refused.head.contains("WWW-Authenticate: Basic"));
    let with = |credentials: &str| {
        let header = format!("Authorization: Basic {}\r\n", wrap::base64(credentials.as_bytes()));
        ask(&lab, "POST", "/tsa-b", &header, &request()).status
    };
    assert_eq!(with("comune:segreto"), 200);
    assert_eq!(with("comune:sbagliato"), 401);
}

#[test]
fn changes_show_at_once_and_stopping_frees_the_port() {
    let lab = start();
    let crl = || ask(&lab, "GET", "/crl/ca.crl", "", b"").body;
    let serial = lab.pki().entity("presidente").unwrap().certificate.serial.clone();
    let listed = |crl: Vec<u8>| crl.windows(serial.len()).any(|window| window == serial);
    assert!(!listed(crl()));
    lab.change(|pki| pki.suspend("presidente", now())).unwrap();
    assert!(listed(crl()));
    lab.change(|pki| pki.lift("presidente", now())).unwrap();
    assert!(!listed(crl()));
    let port: u16 = lab.base_url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(Lab::bind(port).is_err(), "the port is taken");
    lab.stop();
    TcpListener::bind(("127.0.0.1", port)).expect("the port is free again");
}

#[test]
fn a_lab_from_disk_is_served_on_the_port_it_was_made_for() {
    let desk = tempfile::tempdir().unwrap();
    let dir = desk.path().join("lab");
    let port = Lab::bind(0).unwrap().port();
    let config = Config { base_url: ceralacca_lab::pki::base_url(port), ..Config::quick(now()) };
    ceralacca_lab::disk::init(&dir, &config).unwrap();
    let pki = ceralacca_lab::disk::load(&dir).unwrap();
    let lab = Lab::start_loaded(pki, Arc::new(now)).unwrap();
    assert_eq!(lab.base_url(), config.base_url);
    assert_eq!(stamp(&lab, "/tsa").status, 200);
    let answer = ask(&lab, "GET", "/crl/ca.crl", "", b"");
    assert_eq!(answer.status, 200);
}

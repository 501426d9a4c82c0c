//! TLS: whose certificates count, and that nothing is sent before they do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ceralacca_online::{Error, HttpClient, HttpConfig, ProxySettings};
use common::{Names, Received, fetcher, get, quick, read_request};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use x509::Origin::User;

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A root of its own kind, and a server certificate below it.
struct Authority {
    root: X509,
    server: X509,
    server_key: PKey<Private>,
}

fn certificate(
    name: &str,
    key: &PKey<Private>,
    issuer: Option<(&X509, &PKey<Private>)>,
    dns: &str,
) -> X509 {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, openssl::bn::MsbOption::ONE, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&*subject, |(c, _)| c.subject_name())).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    builder.set_pubkey(key).unwrap();
    if issuer.is_none() {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    } else {
        let names = SubjectAlternativeName::new()
            .dns(dns)
            .build(&builder.x509v3_context(issuer.map(|(c, _)| &**c), None))
            .unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(issuer.map_or(key, |(_, k)| k), MessageDigest::sha256()).unwrap();
    builder.build()
}

impl Authority {
    fn new(name: &str, dns: &str) -> Self {
        let (root_key, server_key) = (key(), key());
        let root = certificate(name, &root_key, None, "");
        let server = certificate("server", &server_key, Some((&root, &root_key)), dns);
        Self { root, server, server_key }
    }

    fn pem(&self) -> Vec<u8> {
        self.root.to_pem().unwrap()
    }

    /// Answers `tls` to every request; gives the port and what came.
    fn serve(&self) -> (u16, Arc<Mutex<Vec<Received>>>) {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
        acceptor.set_private_key(&self.server_key).unwrap();
        acceptor.set_certificate(&self.server).unwrap();
        let acceptor = acceptor.build();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let received = log.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (acceptor, log) = (acceptor.clone(), log.clone());
                thread::spawn(move || {
                    let Ok(mut stream) = acceptor.accept(stream.unwrap()) else { return };
                    if let Ok(request) = read_request(&mut stream) {
                        let drip = request.line().contains("/drip");
                        log.lock().unwrap().push(request);
                        if drip {
                            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                            while stream.write_all(b"x").is_ok() {
                                thread::sleep(Duration::from_millis(100));
                            }
                        } else {
                            let _ = stream.write_all(&common::answer("200 OK", &[], b"tls"));
                        }
                        let _ = stream.shutdown();
                    }
                });
            }
        });
        (port, received)
    }
}

fn config(roots: Option<Vec<u8>>) -> HttpConfig {
    HttpConfig {
        extra_roots: roots,
        lookup: Names::new(&[
            ("tsa.example.it", &[&["127.0.0.1"]]),
            ("other.example", &[&["127.0.0.1"]]),
        ]),
        ..quick()
    }
}

#[test]
fn only_the_systems_roots_and_the_given_ones_count() {
    let (own, strange) = (
        Authority::new("TEST - NON VALIDO own", "tsa.example.it"),
        Authority::new("TEST - NON VALIDO strange", "tsa.example.it"),
    );
    let (port, received) = own.serve();
    let url = format!("https://tsa.example.it:{port}/");
    for roots in [None, Some(strange.pem())] {
        let error = fetcher(config(roots)).get(&get(&url, User)).unwrap_err();
        let Error::Tls { host, .. } = &error else { panic!("{error:?}") };
        assert_eq!(host, "tsa.example.it");
        assert!(error.hint().unwrap().contains("--ca-file"));
    }
    assert!(received.lock().unwrap().is_empty());
    let mut both = strange.pem();
    both.extend(own.pem());
    for roots in [own.pem(), own.root.to_der().unwrap(), both] {
        assert_eq!(fetcher(config(Some(roots))).get(&get(&url, User)).unwrap(), b"tls");
    }
    // Trusted, but for another name.
    let url = format!("https://other.example:{port}/");
    let error = fetcher(config(Some(own.pem()))).get(&get(&url, User)).unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
}

/// The system's roots are whatever `SSL_CERT_FILE` says to the TLS library, so
/// a child process with that variable sees a system that trusts `own`.
#[cfg(target_os = "linux")]
#[test]
fn the_systems_roots_count_beside_the_given_ones() {
    let own = Authority::new("TEST - NON VALIDO own", "tsa.example.it");
    let (port, _) = own.serve();
    let folder = std::env::temp_dir().join(format!("ceralacca-roots-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("roots.pem");
    std::fs::write(&file, own.pem()).unwrap();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "as_a_machine_that_trusts_it"])
        .env("SSL_CERT_FILE", &file)
        .env("CERALACCA_TEST_PORT", port.to_string())
        .output()
        .unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "run by the_systems_roots_count_beside_the_given_ones in its own process"]
fn as_a_machine_that_trusts_it() {
    let Ok(port) = std::env::var("CERALACCA_TEST_PORT") else { return };
    let url = format!("https://tsa.example.it:{port}/");
    let strange = Authority::new("TEST - NON VALIDO strange", "tsa.example.it");
    for roots in [None, Some(strange.pem())] {
        assert_eq!(fetcher(config(roots)).get(&get(&url, User)).unwrap(), b"tls");
    }
    let (port, _) = strange.serve();
    let url = format!("https://tsa.example.it:{port}/");
    assert_eq!(fetcher(config(Some(strange.pem()))).get(&get(&url, User)).unwrap(), b"tls");
    assert!(fetcher(config(None)).get(&get(&url, User)).is_err());
}

#[test]
fn a_drip_inside_tls_is_left_in_time() {
    let own = Authority::new("TEST - NON VALIDO own", "tsa.example.it");
    let (port, _) = own.serve();
    let url = format!("https://tsa.example.it:{port}/drip");
    let config =
        HttpConfig { total_timeout: Duration::from_millis(900), ..config(Some(own.pem())) };
    let error = common::within(Duration::from_secs(3), || {
        fetcher(config).get(&get(&url, User)).unwrap_err()
    });
    assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
}

#[test]
fn a_file_without_certificates_is_refused_at_once() {
    for octets in [&b""[..], b"nothing", b"-----BEGIN CERTIFICATE-----\nAAAA"] {
        let error = HttpClient::new(config(Some(octets.to_vec()))).map(|_| ()).unwrap_err();
        assert!(matches!(error, Error::BadRoots), "{error:?}");
    }
}

/// A tunnel through a proxy is end to end: the proxy sees no request.
#[test]
fn tls_through_connect() {
    let own = Authority::new("TEST - NON VALIDO own", "tsa.example.it");
    let (port, received) = own.serve();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    thread::spawn(move || {
        for client in proxy.incoming() {
            let mut client = client.unwrap();
            let request = read_request(&mut client).unwrap();
            assert!(request.line().starts_with("CONNECT tsa.example.it:"));
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            client.write_all(b"HTTP/1.1 200 Established\r\n\r\n").unwrap();
            pipe(client.try_clone().unwrap(), server.try_clone().unwrap());
            pipe(server, client);
        }
    });
    let config = HttpConfig {
        proxy: ProxySettings::all(format!("http://{address}")),
        ..config(Some(own.pem()))
    };
    let url = format!("https://tsa.example.it:{port}/x");
    assert_eq!(fetcher(config).get(&get(&url, User)).unwrap(), b"tls");
    assert_eq!(received.lock().unwrap()[0].line(), "GET /x HTTP/1.1");
}

fn pipe(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let mut block = [0; 4096];
        while let Ok(size @ 1..) = from.read(&mut block) {
            if to.write_all(&block[..size]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

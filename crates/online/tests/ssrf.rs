//! URLs from files may not lead inside: on the first address, after name
//! lookup, after redirects, through the cache.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::io::Write;

use ceralacca_online::{AddressKind, Error, HttpConfig};
use common::{Names, Server, answer, fetcher, get, quick, redirect};
use x509::Origin::{Certificate, User};

fn refused(config: HttpConfig, url: &str) -> AddressKind {
    let error = fetcher(config).get(&get(url, Certificate)).unwrap_err();
    let Error::RefusedAddress { kind, .. } = error else { panic!("{url}: {error:?}") };
    assert!(error.hint().unwrap().contains("--allow-net"));
    kind
}

#[test]
fn the_user_may_ask_loopback_and_a_certificate_may_not() {
    let server = Server::fixed(answer("200 OK", &[], b"crl"));
    let url = server.url("/");
    let fetch = fetcher(quick());
    assert_eq!(fetch.get(&get(&url, User)).unwrap(), b"crl");
    // The cache does not lend the user's answer to a certificate.
    let error = fetch.get(&get(&url, Certificate)).unwrap_err();
    assert!(matches!(error, Error::RefusedAddress { .. }), "{error:?}");
    assert_eq!(server.received().len(), 1);

    let allow_net = vec!["127.0.0.1/32".parse().unwrap()];
    let fetch = fetcher(HttpConfig { allow_net, ..quick() });
    assert_eq!(fetch.get(&get(&url, Certificate)).unwrap(), b"crl");
}

#[test]
fn every_spelling_of_an_inside_address_is_refused() {
    use AddressKind::*;
    for (url, kind) in [
        ("http://127.0.0.1/", Loopback),
        ("http://localhost/", Loopback),
        ("http://LOCALHOST./", Loopback),
        ("http://0.0.0.0/", Loopback),
        ("http://[::1]/", Loopback),
        ("http://[::]/", Loopback),
        ("http://[::ffff:127.0.0.1]/", Loopback),
        ("http://[::ffff:7f00:1]/", Loopback),
        ("http://[0:0:0:0:0:ffff:10.0.0.1]/", Private),
        ("http://[64:ff9b::10.0.0.1]/", Private),
        ("http://10.0.0.1:8080/", Private),
        ("http://192.168.1.1/", Private),
        ("http://172.16.5.4/", Private),
        ("http://[fd00::1]/", Private),
        ("http://169.254.169.254/latest/meta-data/", Metadata),
        ("http://[fd00:ec2::254]/latest/", Metadata),
        ("http://169.254.1.1/", LinkLocal),
        ("http://[fe80::1]/", LinkLocal),
        ("http://100.64.0.1/", Shared),
        ("http://224.0.0.1/", Multicast),
        ("http://255.255.255.255/", Multicast),
        ("https://10.0.0.1/", Private),
    ] {
        assert_eq!(refused(quick(), url), kind, "{url}");
    }
}

#[test]
fn a_public_name_with_an_inside_address_is_refused() {
    let server = Server::fixed(answer("200 OK", &[], b"crl"));
    let names = Names::new(&[("crl.example.it", &[&["127.0.0.1"]])]);
    let url = format!("http://crl.example.it:{}/", server.address.port());
    assert_eq!(refused(HttpConfig { lookup: names, ..quick() }, &url), AddressKind::Loopback);
    assert!(server.received().is_empty());
}

#[test]
fn among_several_addresses_only_the_good_ones_are_tried() {
    let server = Server::fixed(answer("200 OK", &[], b"crl"));
    let names = Names::new(&[("crl.example.it", &[&["10.0.0.1", "127.0.0.1", "::1"]])]);
    let config =
        HttpConfig { lookup: names, allow_net: vec!["127.0.0.1/32".parse().unwrap()], ..quick() };
    let url = format!("http://crl.example.it:{}/", server.address.port());
    assert_eq!(fetcher(config).get(&get(&url, Certificate)).unwrap(), b"crl");
}

/// The C library's own spellings (inet_aton).
#[cfg(target_os = "linux")]
#[test]
fn shortened_and_octal_addresses_are_refused() {
    for host in ["127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "0"] {
        assert_eq!(refused(quick(), &format!("http://{host}/")), AddressKind::Loopback, "{host}");
    }
}

/// The name changes its address after the check; the connection must not.
#[cfg(target_os = "linux")] // 127.0.0.2 exists
#[test]
fn the_name_is_looked_up_once_and_the_checked_address_is_connected() {
    let good = Server::start_on("127.0.0.2", |_, stream| {
        let _ = stream.write_all(&answer("200 OK", &[], b"good"));
    });
    let names = Names::new(&[("crl.example.it", &[&["127.0.0.2"], &["127.0.0.1"]])]);
    let config = HttpConfig {
        lookup: names.clone(),
        allow_net: vec!["127.0.0.2/32".parse().unwrap()],
        ..quick()
    };
    let url = format!("http://crl.example.it:{}/", good.address.port());
    let fetch = fetcher(config);
    assert_eq!(fetch.get(&get(&url, Certificate)).unwrap(), b"good");
    assert_eq!(names.count(), 1);
    // The next call looks up anew, and is refused.
    let error = fetch.get(&get(&format!("{url}2"), Certificate)).unwrap_err();
    assert!(matches!(error, Error::RefusedAddress { .. }), "{error:?}");
}

#[test]
fn a_redirect_does_not_lead_inside() {
    let inside = Server::fixed(answer("200 OK", &[], b"secret"));
    let port = inside.address.port();
    // From a certificate: the first host is allowed, what it points to is not.
    for location in [format!("http://localhost:{port}/"), format!("http://inside.example:{port}/")]
    {
        let server = Server::fixed(redirect(302, &location));
        let names = Names::new(&[("localhost", &[&["::1"]]), ("inside.example", &[&["10.0.0.1"]])]);
        let config = HttpConfig {
            lookup: names,
            allow_net: vec!["127.0.0.1/32".parse().unwrap()],
            ..quick()
        };
        let error = fetcher(config).get(&get(&server.url("/"), Certificate)).unwrap_err();
        assert!(matches!(error, Error::RefusedAddress { .. }), "{location}: {error:?}");
    }
    // From the user: the user named 127.0.0.1, the server names another host.
    for location in [
        format!("http://inside.example:{port}/"),
        "http://169.254.169.254/latest/".to_owned(),
        format!("http://[::1]:{port}/"),
    ] {
        let server = Server::fixed(redirect(307, &location));
        let names = Names::new(&[("inside.example", &[&["127.0.0.1"]])]);
        let config = HttpConfig { lookup: names, ..quick() };
        let error = fetcher(config).get(&get(&server.url("/"), User)).unwrap_err();
        assert!(matches!(error, Error::RefusedAddress { .. }), "{location}: {error:?}");
    }
    assert!(inside.received().is_empty());
}

#[cfg(target_os = "linux")] // 127.0.0.2 exists
#[test]
fn after_a_foreign_host_the_users_own_is_foreign_too() {
    // user -> other.example (allowed) -> back to the user's loopback service
    let target = Server::fixed(answer("200 OK", &[], b"secret"));
    let back = target.url("/delete");
    let other = Server::start_on("127.0.0.2", move |_, stream| {
        let _ = stream.write_all(&redirect(302, &back));
    });
    let port = other.address.port();
    let server = Server::fixed(redirect(302, &format!("http://other.example:{port}/")));
    let names = Names::new(&[("other.example", &[&["127.0.0.2"]])]);
    let config =
        HttpConfig { lookup: names, allow_net: vec!["127.0.0.2/32".parse().unwrap()], ..quick() };
    let error = fetcher(config).get(&get(&server.url("/"), User)).unwrap_err();
    assert!(matches!(error, Error::RefusedAddress { .. }), "{error:?}");
    assert!(target.received().is_empty());
    assert_eq!(other.received().len(), 1);
}

#[test]
fn other_schemes_are_refused() {
    for url in ["ldap://ldap.example.it/cn=CA?certificateRevocationList", "file:///etc/passwd"] {
        let error = fetcher(quick()).get(&get(url, Certificate)).unwrap_err();
        assert!(matches!(error, Error::RefusedScheme { .. }), "{error:?}");
    }
}

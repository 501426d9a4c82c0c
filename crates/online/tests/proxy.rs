//! Proxies: absolute form, CONNECT, credentials, and what is still checked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use ceralacca_online::{Error, HttpClient, HttpConfig, HttpTimestampAuthority, ProxySettings};
use common::{Names, Server, answer, fetcher, get, quick, words};
use x509::Origin::{Certificate, User};

fn through(proxy: &str, names: &[(&str, &[&[&str]])]) -> HttpConfig {
    HttpConfig { proxy: ProxySettings::all(proxy), lookup: Names::new(names), ..quick() }
}

fn url_with_secret(server: &Server) -> String {
    format!("http://clerk:hunter%202@{}", server.address)
}

#[test]
fn plain_http_is_asked_in_absolute_form() {
    let proxy = Server::fixed(answer("200 OK", &[], b"crl"));
    let config = through(&url_with_secret(&proxy), &[]);
    let url = "http://crl.example.it:8080/a.crl?x=1";
    assert_eq!(fetcher(config.clone()).get(&get(url, Certificate)).unwrap(), b"crl");
    let received = &proxy.received()[0];
    assert_eq!(received.line(), "GET http://crl.example.it:8080/a.crl?x=1 HTTP/1.1");
    assert_eq!(received.header("host"), Some("crl.example.it:8080"));
    // "clerk:hunter 2"
    assert_eq!(received.header("proxy-authorization"), Some("Basic Y2xlcms6aHVudGVyIDI="));
    assert!(!format!("{:?}", HttpClient::new(config).unwrap()).contains("hunter"));
}

#[test]
fn a_post_passes_whole() {
    let proxy = Server::start(|request, stream| {
        use std::io::Write;
        let _ = stream.write_all(&answer("200 OK", &[common::REPLY], &request.body));
    });
    let config = through(&format!("http://{}", proxy.address), &[]);
    let authority = HttpTimestampAuthority::new(
        HttpClient::new(config).unwrap(),
        "http://tsa.example.it/tsr",
        None,
    )
    .unwrap();
    let query = vec![0xa5; 300_000];
    assert_eq!(authority.post(&query).unwrap(), query);
    assert_eq!(proxy.received()[0].line(), "POST http://tsa.example.it/tsr HTTP/1.1");
    assert_eq!(proxy.received()[0].header("proxy-authorization"), None);
}

#[test]
fn https_goes_through_connect_and_a_refusal_is_told() {
    let proxy = Server::fixed(answer("403 Forbidden", &[], b""));
    let config = through(&url_with_secret(&proxy), &[]);
    let error = fetcher(config).get(&get("https://crl.example.it/a.crl", Certificate)).unwrap_err();
    let Error::Proxy { host, proxy: named, .. } = &error else { panic!("{error:?}") };
    assert_eq!(host, "crl.example.it");
    assert_eq!(*named, format!("http://{}", proxy.address));
    assert!(!words(&error).contains("hunter"));
    assert_eq!(proxy.received()[0].line(), "CONNECT crl.example.it:443 HTTP/1.1");
    assert_eq!(
        proxy.received()[0].header("proxy-authorization"),
        Some("Basic Y2xlcms6aHVudGVyIDI=")
    );
}

#[test]
fn what_can_be_checked_here_is_checked_before_the_proxy_is_asked() {
    let proxy = Server::fixed(answer("200 OK", &[], b"secret"));
    let config = through(
        &format!("http://{}", proxy.address),
        &[("crl.example.it", &[&["1.1.1.1", "10.0.0.1"]]), ("good.example.it", &[&["1.1.1.1"]])],
    );
    let fetch = fetcher(config);
    for url in [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/",
        "https://[::ffff:10.0.0.1]/",
        // One of its addresses is inside, and the proxy would choose.
        "http://crl.example.it/",
        "https://crl.example.it/",
    ] {
        let error = fetch.get(&get(url, Certificate)).unwrap_err();
        assert!(matches!(error, Error::RefusedAddress { .. }), "{url}: {error:?}");
    }
    // Unknown here, and of a kind only an inside resolver knows.
    for url in ["http://intranet/", "http://metadata.google.internal/", "https://nas.local/"] {
        let error = fetch.get(&get(url, Certificate)).unwrap_err();
        assert!(matches!(error, Error::RefusedName { .. }), "{url}: {error:?}");
    }
    assert!(proxy.received().is_empty());
    assert_eq!(fetch.get(&get("http://good.example.it/", Certificate)).unwrap(), b"secret");
    // The user is not restricted.
    assert_eq!(fetch.get(&get("http://intranet/", User)).unwrap(), b"secret");
}

#[test]
fn a_redirect_behind_a_proxy_is_checked_too() {
    let proxy = Server::fixed(common::redirect(302, "http://10.0.0.1/"));
    let config = through(&format!("http://{}", proxy.address), &[]);
    for origin in [Certificate, User] {
        let error =
            fetcher(config.clone()).get(&get("http://crl.example.it/", origin)).unwrap_err();
        assert!(matches!(error, Error::RefusedAddress { .. }), "{error:?}");
    }
    assert_eq!(proxy.received().len(), 2);
}

#[test]
fn loopback_and_no_proxy_are_asked_directly() {
    let proxy = Server::fixed(answer("502 Bad Gateway", &[], b""));
    let server = Server::fixed(answer("200 OK", &[], b"crl"));
    let mut config =
        through(&format!("http://{}", proxy.address), &[("crl.example.it", &[&["127.0.0.1"]])]);
    config.proxy.no_proxy = vec![".example.it".to_owned()];
    config.allow_net = vec!["127.0.0.1/32".parse().unwrap()];
    let fetch = fetcher(config);
    assert_eq!(fetch.get(&get(&server.url("/"), User)).unwrap(), b"crl");
    let url = format!("http://crl.example.it:{}/", server.address.port());
    assert_eq!(fetch.get(&get(&url, Certificate)).unwrap(), b"crl");
    assert!(proxy.received().is_empty());
    assert_eq!(server.received()[0].line(), "GET / HTTP/1.1");
}

#[test]
fn a_dead_proxy_is_named_and_a_slow_one_left() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = through(&format!("http://u:hunter2@127.0.0.1:{port}"), &[]);
    for url in ["http://crl.example.it/", "https://crl.example.it/"] {
        let error = fetcher(config.clone()).get(&get(url, Certificate)).unwrap_err();
        let Error::Connect { host, .. } = &error else { panic!("{error:?}") };
        assert_eq!(*host, format!("http://127.0.0.1:{port}"));
        assert!(!words(&error).contains("hunter2"));
    }
    let slow = Server::start(|_, _| std::thread::sleep(std::time::Duration::from_secs(5)));
    let settings = through(&format!("http://{}", slow.address), &[]);
    let config = HttpConfig { proxy: settings.proxy, lookup: settings.lookup, ..common::hasty() };
    for url in ["http://crl.example.it/", "https://crl.example.it/"] {
        let error = common::within(std::time::Duration::from_secs(3), || {
            fetcher(config.clone()).get(&get(url, Certificate)).unwrap_err()
        });
        assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
    }
}

#[test]
fn settings_that_are_no_proxy() {
    for text in ["socks5://127.0.0.1:1080", "ftp://x", "", "http://", "http://u:hunter2@"] {
        let error = HttpClient::new(HttpConfig { proxy: ProxySettings::all(text), ..quick() })
            .map(|_| ())
            .unwrap_err();
        assert!(matches!(error, Error::BadProxy { .. }), "{text}: {error:?}");
        assert!(!words(&error).contains("hunter2"), "{text}");
    }
}

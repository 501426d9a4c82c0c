//! The time-stamp authority's side of HTTP: RFC 3161 §3.4 and RFC 7617.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::io::Write;

use ceralacca_online::{Credentials, Error, HttpClient, HttpTimestampAuthority};
use common::{Server, answer, authority, quick, redirect, words};
use timestamp::TimestampAuthority;
use zeroize::Zeroizing;

const SECRET: &str = "hunter2:\u{e8}";

fn credentials() -> Credentials {
    Credentials::new("comune", Zeroizing::new(SECRET.to_owned())).unwrap()
}

#[test]
fn the_query_goes_out_as_rfc_3161_says() {
    let server = Server::fixed(answer(
        "200 OK",
        &[("content-type", "Application/Timestamp-Reply ; q=1")],
        b"reply",
    ));
    let authority = authority(&server.url("/tsr?profile=1"), None);
    assert_eq!(authority.exchange(b"query").unwrap(), b"reply");
    assert_eq!(authority.name(), server.url("/tsr?profile=1"));
    let received = &server.received()[0];
    assert_eq!(received.line(), "POST /tsr?profile=1 HTTP/1.1");
    assert_eq!(received.header("content-type"), Some("application/timestamp-query"));
    assert_eq!(received.header("accept"), Some("application/timestamp-reply"));
    assert_eq!(received.header("host"), Some(server.address.to_string().as_str()));
    assert_eq!(received.header("content-length"), Some("5"));
    assert_eq!(received.header("authorization"), None);
    assert_eq!(received.body, b"query");
}

#[test]
fn basic_authentication() {
    let server = Server::start(|request, stream| {
        // "comune:hunter2:è" in UTF-8, encoded by hand with base64(1).
        let good = request.header("authorization") == Some("Basic Y29tdW5lOmh1bnRlcjI6w6g=");
        let _ = stream.write_all(&if good {
            answer("200 OK", &[common::REPLY], b"reply")
        } else {
            answer("401 Unauthorized", &[("WWW-Authenticate", "Basic realm=\"tsa\"")], b"")
        });
    });
    let url = server.url("/");
    assert_eq!(authority(&url, Some(credentials())).post(b"q").unwrap(), b"reply");
    for wrong in [None, Some(Credentials::new("comune", Zeroizing::new("no".to_owned())).unwrap())]
    {
        let error = authority(&url, wrong).post(b"q").unwrap_err();
        assert!(matches!(error, Error::Status { code: 401, .. }), "{error:?}");
        assert!(error.hint().unwrap().contains("--tsa-password-file"));
    }
}

#[test]
fn the_password_is_in_no_message() {
    let outcomes = [
        Server::fixed(answer("401 No", &[], b"")),
        Server::fixed(answer("200 OK", &[("Content-Type", "text/html")], b"<p>")),
        Server::fixed(&b"garbage\r\n\r\n"[..]),
        Server::fixed(redirect(302, "http://127.0.0.1:1/")),
        Server::fixed(redirect(302, "/")),
    ];
    for server in outcomes {
        let authority = authority(&server.url("/"), Some(credentials()));
        let error = authority.post(b"q").unwrap_err();
        let text = format!("{} {authority:?} {:?}", words(&error), authority.name());
        for secret in [SECRET, "hunter2", "Y29tdW5lOmh1bnRlcjI6w6g="] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("comune"));
    }
}

#[test]
fn credentials_stay_with_the_host_the_user_named() {
    // Another host by name; the address is the same machine.
    let other = Server::fixed(answer("200 OK", &[common::REPLY], b"reply"));
    let port = other.address.port();
    let server = Server::fixed(redirect(307, &format!("http://other.example:{port}/")));
    let mut config = quick();
    config.lookup = common::Names::new(&[("other.example", &[&["127.0.0.1"]])]);
    config.allow_net = vec!["127.0.0.0/8".parse().unwrap()];
    let client = HttpClient::new(config).unwrap();
    let authority =
        HttpTimestampAuthority::new(client, &server.url("/"), Some(credentials())).unwrap();
    assert_eq!(authority.post(b"q").unwrap(), b"reply");
    assert!(server.received()[0].header("authorization").is_some());
    assert_eq!(other.received()[0].header("authorization"), None);
    assert_eq!(other.received()[0].body, b"q");

    // Another port of the same host is another service.
    let server = Server::fixed(redirect(308, &format!("http://127.0.0.1:{port}/")));
    let authority = common::authority(&server.url("/"), Some(credentials()));
    authority.post(b"q").unwrap();
    assert_eq!(other.received()[1].header("authorization"), None);

    // Another path is not.
    let server = Server::start(|request, stream| {
        let _ = stream.write_all(&if request.line().contains("/a") {
            redirect(308, "/b")
        } else {
            answer("200 OK", &[common::REPLY], b"reply")
        });
    });
    common::authority(&server.url("/a"), Some(credentials())).post(b"q").unwrap();
    assert!(server.received().iter().all(|r| r.header("authorization").is_some()));
}

#[test]
fn another_media_type_is_refused_with_what_came() {
    for (headers, body, found, start) in [
        (
            &[("Content-Type", "text/html; charset=utf-8")][..],
            &b"<html> <b>Sign in\x1b[2J</b>"[..],
            Some("text/html"),
            "<html> <b>Sign in[2J</b>",
        ),
        (
            &[("Content-Type", "application/timestamp-query")],
            b"\x30\x03\x02\x01\x00",
            Some("application/timestamp-query"),
            "",
        ),
        (&[], b"\x30\x03\x02\x01\x00", None, ""),
    ] {
        let server = Server::fixed(answer("200 OK", headers, body));
        let error = authority(&server.url("/"), None).post(b"q").unwrap_err();
        assert!(error.hint().is_some());
        let Error::MediaType { expected, found: told, start: quoted, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(expected, "application/timestamp-reply");
        assert_eq!((told.as_deref(), quoted.as_str()), (found, start));
    }
}

#[test]
fn the_cap_of_an_answer() {
    let body = vec![0; usize::try_from(ceralacca_online::TIMESTAMP_CAP).unwrap() + 1];
    let server = Server::fixed(answer("200 OK", &[common::REPLY], &body));
    let error = authority(&server.url("/"), None).post(b"q").unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { limit: ceralacca_online::TIMESTAMP_CAP, .. }),
        "{error:?}"
    );
}

#[test]
fn urls_that_name_no_authority() {
    let client = || HttpClient::new(quick()).unwrap();
    let new = |url: &str| HttpTimestampAuthority::new(client(), url, None).unwrap_err();
    assert!(matches!(new("tsa.example.it/tsr"), Error::BadUrl { .. }));
    assert!(matches!(new("ftp://tsa.example.it/"), Error::RefusedScheme { .. }));
    let error = new("https://comune:hunter2@tsa.example.it/tsr");
    assert!(matches!(error, Error::CredentialsInUrl { .. }));
    assert!(!words(&error).contains("hunter2"));
    assert!(error.hint().unwrap().contains("--tsa-user"));
}

#[test]
fn a_password_in_clear_is_noticed() {
    let new = |url: &str, c| authority(url, c).sends_password_in_clear();
    assert!(new("http://tsa.example.it/", Some(credentials())));
    assert!(!new("https://tsa.example.it/", Some(credentials())));
    assert!(!new("http://127.0.0.1:8318/", Some(credentials())));
    assert!(!new("http://tsa.example.it/", None));
}

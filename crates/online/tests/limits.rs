//! Time, size and shape of answers: a server may do what it likes, the call
//! ends in time, within its memory, with an error that says what happened.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::io::Write;
use std::net::TcpListener;
use std::thread::sleep;
use std::time::Duration;

use ceralacca_online::{BodyCaps, Error, HttpConfig, Phase};
use common::{Server, answer, authority, fetcher, get, hasty, quick, redirect, within, words};
use x509::{Fetch, Origin, Purpose, Request};

const SOON: Duration = Duration::from_secs(3);

fn fails(server: &Server) -> Error {
    fetcher(quick()).get(&get(&server.url("/x.crl"), Origin::User)).unwrap_err()
}

fn is_left(server: &Server) -> Error {
    let url = server.url("/x.crl");
    within(SOON, || fetcher(hasty()).get(&get(&url, Origin::User)).unwrap_err())
}

#[test]
fn a_silent_server_is_left_after_the_total_time() {
    let server = Server::start(|_, _| sleep(Duration::from_secs(5)));
    let error = is_left(&server);
    let Error::Timeout { after, phase, .. } = &error else { panic!("{error:?}") };
    assert_eq!((*after, *phase), (Duration::from_millis(900), Phase::Total));
    assert!(error.hint().is_some());
}

#[test]
fn a_body_that_drips_is_left_after_the_total_time() {
    let server = Server::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        for _ in 0..50 {
            if stream.write_all(b"x").is_err() {
                return;
            }
            sleep(Duration::from_millis(100));
        }
    });
    let error = is_left(&server);
    assert!(matches!(error, Error::Timeout { phase: Phase::Total, .. }), "{error:?}");
}

#[test]
fn a_head_that_drips_is_left_after_the_total_time() {
    let server = Server::start(|_, stream| {
        for octet in b"HTTP/1.1 200 OK\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" {
            if stream.write_all(&[*octet]).is_err() {
                return;
            }
            sleep(Duration::from_millis(100));
        }
    });
    let error = is_left(&server);
    assert!(matches!(error, Error::Timeout { phase: Phase::Total, .. }), "{error:?}");
}

#[test]
fn chunks_that_drip_are_left_after_the_total_time() {
    let server = Server::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for _ in 0..50 {
            if stream.write_all(b"1\r\nx\r\n").is_err() {
                return;
            }
            sleep(Duration::from_millis(100));
        }
    });
    let error = is_left(&server);
    assert!(matches!(error, Error::Timeout { phase: Phase::Total, .. }), "{error:?}");
}

#[test]
fn interim_answers_without_end_are_left_after_the_total_time() {
    let server = Server::start(|_, stream| {
        while stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\n\r\n").is_ok() {
        }
    });
    let error = is_left(&server);
    assert!(matches!(error, Error::Timeout { .. } | Error::Protocol { .. }), "{error:?}");
}

#[test]
fn redirects_share_one_total_time() {
    // Each hop alone would be within the time.
    let server = Server::start(|request, stream| {
        sleep(Duration::from_millis(600));
        if request.line().contains("/next") {
            sleep(Duration::from_secs(5));
        }
        let _ = stream.write_all(&redirect(302, "/next"));
    });
    let url = server.url("/0");
    let error = within(Duration::from_millis(1400), || {
        fetcher(hasty()).get(&get(&url, Origin::User)).unwrap_err()
    });
    assert!(matches!(error, Error::Timeout { phase: Phase::Total, .. }), "{error:?}");
    assert_eq!(server.received().len(), 2);
}

#[test]
fn a_tls_handshake_that_stalls_is_left_after_the_connect_time() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", server.local_addr().unwrap());
    let error = within(SOON, || fetcher(hasty()).get(&get(&url, Origin::User)).unwrap_err());
    assert!(matches!(error, Error::Timeout { phase: Phase::Connect, .. }), "{error:?}");
}

#[test]
fn nobody_listening() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/");
    let error = fetcher(quick()).get(&get(&url, Origin::User)).unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn unknown_names() {
    let config = HttpConfig { lookup: common::Names::new(&[]), ..quick() };
    let error = fetcher(config).get(&get("http://x.example/", Origin::User)).unwrap_err();
    assert!(matches!(&error, Error::Resolve { host, .. } if host == "x.example"), "{error:?}");
}

#[test]
fn a_body_at_the_cap_passes_and_one_octet_more_does_not() {
    let caps = BodyCaps { crl: 1000, ..BodyCaps::default() };
    let config = HttpConfig { caps, ..quick() };
    for chunked in [false, true] {
        for (size, passes) in [(999, true), (1000, true), (1001, false), (100_000, false)] {
            let body = vec![7; size];
            let server = Server::fixed(if chunked {
                let mut out = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
                for part in body.chunks(97) {
                    out.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
                    out.extend_from_slice(part);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"0\r\n\r\n");
                out
            } else {
                answer("200 OK", &[], &body)
            });
            let url = server.url("/");
            match fetcher(config.clone()).get(&get(&url, Origin::User)) {
                Ok(found) => assert!(passes && found == body, "{size} {chunked}"),
                Err(Error::TooLarge { limit: 1000, .. }) => assert!(!passes, "{size} {chunked}"),
                Err(error) => panic!("{size} {chunked}: {error:?}"),
            }
        }
    }
}

#[test]
fn an_endless_body_without_length_is_cut_at_the_cap() {
    let server = Server::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let block = [0; 65536];
        while stream.write_all(&block).is_ok() {}
    });
    let url = server.url("/");
    let request = Request { purpose: Purpose::CaIssuers, ..get(&url, Origin::User) };
    // Time to read 1 MiB in a debug build on a busy machine.
    let config = HttpConfig { total_timeout: Duration::from_secs(20), ..quick() };
    let error = fetcher(config).get(&request).unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 1_048_576, .. }), "{error:?}");
}

#[test]
fn a_declared_length_beyond_the_cap_is_not_read() {
    let server = Server::start(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        sleep(Duration::from_secs(5));
    });
    let error = within(SOON, || fails(&server));
    assert!(matches!(error, Error::TooLarge { limit, .. } if limit == ceralacca_online::CRL_CAP));
}

#[test]
fn an_answer_that_breaks_off_is_not_taken_for_whole() {
    for octets in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
    ] {
        let error = fails(&Server::fixed(octets));
        assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    }
}

#[test]
fn what_is_not_http_is_named_so() {
    let long_header = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(200_000));
    let many_headers = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(20_000));
    for octets in [
        &b"SSH-2.0-OpenSSH_9.6\r\n\r\n"[..],
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"\x00\x00\x00\x00\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\nx",
        b"",
        b"HTTP/1.1 200 OK\r\nNoColon\r\n\r\n",
        long_header.as_bytes(),
        many_headers.as_bytes(),
    ] {
        let server = Server::fixed(octets);
        let url = server.url("/");
        let outcome = within(SOON, || fetcher(quick()).get(&get(&url, Origin::User)));
        let start = String::from_utf8_lossy(&octets[..octets.len().min(60)]);
        match outcome {
            Err(Error::Protocol { .. } | Error::Connect { .. } | Error::Interrupted { .. }) => {}
            other => panic!("{start:?}: {other:?}"),
        }
    }
}

#[test]
fn statuses_are_told_with_the_servers_words() {
    for (status, words) in [("404 Not Found", ""), ("500 Oops", "out of \u{1b}[31mcredit\r\n")] {
        let server = Server::fixed(answer(
            status,
            &[("Content-Type", "text/plain; charset=x")],
            words.as_bytes(),
        ));
        let Error::Status { code, detail, .. } = fails(&server) else { panic!() };
        assert!(status.starts_with(&code.to_string()));
        assert_eq!(detail, if words.is_empty() { "" } else { "out of [31mcredit" });
    }
    // 204 and 206 are no whole answers either.
    for status in ["204 No Content", "206 Partial Content", "304 Not Modified", "300 Choose"] {
        let error = fails(&Server::fixed(answer(status, &[], b"")));
        assert!(matches!(error, Error::Status { .. }), "{status}: {error:?}");
    }
}

#[test]
fn a_web_page_is_no_revocation_list_and_a_coding_not_asked_for_is_refused() {
    let page = answer("200 OK", &[("Content-Type", "Text/HTML; charset=utf-8")], b"<h1>Login</h1>");
    let Error::MediaType { found, start, expected, .. } = fails(&Server::fixed(page)) else {
        panic!()
    };
    assert_eq!(found.as_deref(), Some("text/html"));
    assert_eq!((expected, start.as_str()), ("application/pkix-crl", "<h1>Login</h1>"));
    let coded = answer("200 OK", &[("Content-Encoding", "gzip")], b"\x1f\x8b");
    let error = fails(&Server::fixed(coded));
    assert!(matches!(error, Error::ContentCoding { .. }), "{error:?}");
}

#[test]
fn ocsp_is_posted_and_lists_are_asked_for_once_a_run() {
    let server =
        Server::fixed(answer("200 OK", &[("Content-Type", "application/octet-stream")], b"DER"));
    let fetch = fetcher(quick());
    let url = server.url("/ocsp");
    let ocsp = Request {
        url: &url,
        purpose: Purpose::Ocsp,
        origin: Origin::User,
        body: Some(("application/ocsp-request", b"0\x03")),
    };
    for _ in 0..2 {
        assert_eq!(fetch.fetch(&ocsp).unwrap(), b"DER");
        assert_eq!(fetch.fetch(&get(&url, Origin::User)).unwrap(), b"DER");
    }
    let received = server.received();
    let posts: Vec<_> = received.iter().filter(|r| r.line() == "POST /ocsp HTTP/1.1").collect();
    assert_eq!((received.len(), posts.len()), (3, 2), "answers to a nonce are never reused");
    assert_eq!(posts[0].header("content-type"), Some("application/ocsp-request"));
    assert_eq!(posts[0].header("accept"), Some("application/ocsp-response"));
    assert_eq!(posts[0].body, b"0\x03");
    assert_eq!(
        received[1].header("user-agent"),
        Some(concat!("ceralacca/", env!("CARGO_PKG_VERSION")))
    );
    assert_eq!(received[1].header("authorization"), None);
}

#[test]
fn a_user_agent_that_no_header_can_carry() {
    let server = Server::fixed(answer("200 OK", &[], b"x"));
    let config = HttpConfig { user_agent: "Comune di Forl\u{ec}\r\nX: y".to_owned(), ..quick() };
    fetcher(config).get(&get(&server.url("/"), Origin::User)).unwrap();
    assert_eq!(server.received()[0].header("user-agent"), Some("Comune di ForlX: y"));
    assert_eq!(server.received()[0].header("x"), None);
}

#[test]
fn a_dead_server_is_not_waited_for_twice_in_a_run() {
    let server = Server::start(|_, _| sleep(Duration::from_secs(5)));
    let fetch = fetcher(hasty());
    let url = server.url("/");
    assert!(fetch.get(&get(&url, Origin::User)).is_err());
    let error =
        within(Duration::from_millis(200), || fetch.get(&get(&url, Origin::User)).unwrap_err());
    assert!(matches!(error, Error::Timeout { .. }));
    assert_eq!(server.received().len(), 1);
}

#[test]
fn redirects_are_followed_within_their_number() {
    let server = Server::start(|request, stream| {
        let step: usize = request.line().split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        let status = [301, 302, 303, 307, 308][step % 5];
        let _ = stream.write_all(&if step == 0 {
            answer("200 OK", &[], b"here")
        } else {
            redirect(status, &format!("/{}", step - 1))
        });
    });
    let fetch = fetcher(HttpConfig { ..quick() });
    for step in 0..=5 {
        let url = server.url(&format!("/{step}"));
        assert_eq!(fetch.get(&get(&url, Origin::User)).unwrap(), b"here", "{step}");
    }
    let error = fetch.get(&get(&server.url("/6"), Origin::User)).unwrap_err();
    assert!(matches!(error, Error::TooManyRedirects { limit: 5, .. }), "{error:?}");
}

#[test]
fn redirect_loops_and_odd_targets() {
    let error = fails(&Server::fixed(redirect(302, "/x.crl")));
    assert!(matches!(error, Error::RedirectLoop { .. }), "{error:?}");
    let ping = Server::start(|request, stream| {
        let next = if request.line().contains("/x.crl") { "/y" } else { "/x.crl" };
        let _ = stream.write_all(&redirect(301, next));
    });
    let error = fails(&ping);
    assert!(matches!(error, Error::RedirectLoop { .. }), "{error:?}");
    let error = fails(&Server::fixed(redirect(302, "file:///etc/passwd")));
    assert!(matches!(&error, Error::RefusedScheme { scheme, .. } if scheme == "file"), "{error:?}");
    let error = fails(&Server::fixed(redirect(302, "http://u:hunter2@127.0.0.1/")));
    assert!(matches!(error, Error::CredentialsInUrl { .. }), "{error:?}");
    assert!(!words(&error).contains("hunter2"));
    for bad in ["http://", "http://exa mple/", "http://x:y:z/"] {
        let error = fails(&Server::fixed(redirect(302, bad)));
        assert!(matches!(error, Error::BadRedirect { source: Some(_), .. }), "{bad}: {error:?}");
    }
    let error = fails(&Server::fixed(answer("302 Found", &[], b"")));
    assert!(matches!(error, Error::BadRedirect { source: None, .. }), "{error:?}");
}

#[test]
fn a_post_is_repeated_where_it_is_redirected() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::start(move |request, stream| {
            let _ = stream.write_all(&if request.line().contains("/old") {
                redirect(status, "/new")
            } else {
                answer("200 OK", &[common::REPLY], &request.body)
            });
        });
        let outcome = authority(&server.url("/old"), None).post(b"query");
        if status == 303 {
            assert!(matches!(outcome, Err(Error::Status { code: 303, .. })), "{outcome:?}");
        } else {
            assert_eq!(outcome.unwrap(), b"query", "{status}");
            assert_eq!(server.received()[1].line(), "POST /new HTTP/1.1");
        }
    }
}

//! What is kept between runs: whole, checked, bounded, and only while it serves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ceralacca_online::{HttpClient, HttpFetch, Store, Stored};
use common::{Server, answer, get, quick};
use x509::Origin::{Certificate, User};
use x509::{Fetch as _, Purpose, Request};

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds)
}

fn store(folder: &Path, now: u64) -> Store {
    Store::new(folder.join("kept"), 1 << 20, at(now))
}

/// A run of its own over the same folder; answers serve for a minute.
fn run(folder: &Path, now: u64) -> HttpFetch {
    let allow_net = vec!["127.0.0.1/32".parse().unwrap()];
    let client = HttpClient::new(ceralacca_online::HttpConfig { allow_net, ..quick() }).unwrap();
    HttpFetch::new(client).with_store(store(folder, now), move |_, stored: &Stored| {
        !stored.octets.is_empty() && stored.fetched + Duration::from_secs(60) > at(now)
    })
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let list = |kind: &str| {
        std::fs::read_dir(folder.join("kept").join(kind))
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect::<Vec<_>>())
            .unwrap_or_default()
    };
    [list("bodies"), list("requests")].concat()
}

#[test]
fn an_answer_serves_the_next_run_and_not_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::fixed(answer("200 OK", &[], b"crl"));
    let url = server.url("/a.crl");
    for now in [0, 10, 59] {
        assert_eq!(run(folder.path(), now).get(&get(&url, Certificate)).unwrap(), b"crl");
    }
    assert_eq!(server.received().len(), 1, "fetched once");
    assert_eq!(run(folder.path(), 61).get(&get(&url, Certificate)).unwrap(), b"crl");
    assert_eq!(server.received().len(), 2, "too old at 61 s");
}

#[test]
fn a_post_is_kept_by_its_body() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(|request, stream| {
        use std::io::Write as _;
        let _ = stream.write_all(&answer("200 OK", &[], &request.body));
    });
    let url = server.url("/ocsp");
    let ask = |body: &[u8]| {
        let body = Some(("application/ocsp-request", body));
        let request = Request { url: &url, purpose: Purpose::Ocsp, origin: Certificate, body };
        run(folder.path(), 0).fetch(&request).unwrap()
    };
    assert_eq!(ask(b"one"), b"one");
    assert_eq!(ask(b"two"), b"two");
    assert_eq!(ask(b"one"), b"one");
    assert_eq!(server.received().len(), 2);
}

/// Class 34: a certificate does not get out of the store what only the user may reach.
#[test]
fn the_users_answers_are_not_a_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::fixed(answer("200 OK", &[], b"crl"));
    let url = server.url("/a.crl");
    let guarded = || {
        let client = HttpClient::new(quick()).unwrap();
        HttpFetch::new(client).with_store(store(folder.path(), 0), |_, _| true)
    };
    assert_eq!(guarded().get(&get(&url, User)).unwrap(), b"crl");
    assert!(guarded().get(&get(&url, Certificate)).is_err());
    assert_eq!(server.received().len(), 1);
}

/// Class 35: what was changed on disk is not there.
#[test]
fn what_was_tampered_with_is_fetched_again() {
    let server = Server::fixed(answer("200 OK", &[], b"crl"));
    let url = server.url("/a.crl");
    for spoil in [
        (|octets: &mut Vec<u8>| octets[0] ^= 1) as fn(&mut Vec<u8>),
        |octets| octets.clear(),
        |octets| octets.extend([0; 5000]),
        |octets| *octets = b"ceralacca-fetched-1 1700000000 ../../../etc/passwd\n".to_vec(),
        |octets| *octets = vec![0xff; 80],
    ] {
        let folder = tempfile::tempdir().unwrap();
        run(folder.path(), 0).get(&get(&url, Certificate)).unwrap();
        for path in files(folder.path()) {
            let whole = std::fs::read(&path).unwrap();
            let mut octets = whole.clone();
            spoil(&mut octets);
            std::fs::write(&path, octets).unwrap();
            let before = server.received().len();
            assert_eq!(run(folder.path(), 1).get(&get(&url, Certificate)).unwrap(), b"crl");
            assert_eq!(server.received().len(), before + 1, "{}", path.display());
        }
    }
}

#[test]
fn the_oldest_go_where_there_is_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path().join("kept"), 1000, at(0));
    let url = |n: u32| format!("http://crl.example.it/{n}");
    for n in 0..20u8 {
        let url = url(n.into());
        store.put(&get(&url, Certificate), &[n; 300]);
        std::thread::sleep(Duration::from_millis(5));
    }
    let octets: u64 = files(folder.path())
        .iter()
        .filter(|path| path.parent().unwrap().ends_with("bodies"))
        .map(|path| path.metadata().unwrap().len())
        .sum();
    assert!(octets <= 1000, "{octets}");
    assert_eq!(store.get(&get(&url(19), Certificate)).unwrap().octets, [19; 300]);
    assert_eq!(store.get(&get(&url(0), Certificate)), None);
    // One that could never fit pushes nobody out.
    store.put(&get(&url(20), Certificate), &[0; 1001]);
    assert!(store.get(&get(&url(19), Certificate)).is_some());
}

#[test]
fn many_at_once_leave_only_whole_files() {
    let folder = tempfile::tempdir().unwrap();
    let url = "http://crl.example.it/a.crl";
    std::thread::scope(|scope| {
        for thread in 0..8u8 {
            let folder = folder.path();
            scope.spawn(move || {
                for round in 0..50u8 {
                    let store = store(folder, 0);
                    store.put(&get(url, Certificate), &[thread ^ round; 4096]);
                    if let Some(stored) = store.get(&get(url, Certificate)) {
                        assert_eq!(stored.octets.len(), 4096);
                        assert!(stored.octets.iter().all(|o| *o == stored.octets[0]));
                    }
                }
            });
        }
    });
    for path in files(folder.path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(!name.starts_with('.'), "left over: {name}");
    }
}

/// A folder that cannot be written costs the convenience and nothing else.
#[test]
fn without_a_folder_everything_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kept"), b"a file, not a folder").unwrap();
    let server = Server::fixed(answer("200 OK", &[], b"crl"));
    let url = server.url("/a.crl");
    for _ in 0..2 {
        assert_eq!(run(folder.path(), 0).get(&get(&url, Certificate)).unwrap(), b"crl");
    }
    assert_eq!(server.received().len(), 2);
}

/// Many calls, each within its own time, end together when theirs is over.
#[test]
fn a_run_of_calls_ends() {
    let server = Server::fixed(answer("200 OK", &[], b"crl"));
    let url = server.url("/a.crl");
    let fetch = HttpFetch::new(HttpClient::new(quick()).unwrap());
    let open = ceralacca_online::Within::new(&fetch, Duration::from_secs(60));
    assert!(!open.is_over());
    assert_eq!(open.fetch(&get(&url, User)).unwrap(), b"crl");
    let over = ceralacca_online::Within::new(&fetch, Duration::ZERO);
    assert!(over.is_over());
    let error = over.fetch(&get(&url, User)).unwrap_err();
    assert!(error.to_string().contains("did not answer"), "{error}");
    assert_eq!(server.received().len(), 1);
}

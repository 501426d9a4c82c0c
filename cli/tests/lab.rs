//! `lab init` and `lab serve` as a person runs them, Ctrl-C included.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

fn ceralacca(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ceralacca"));
    command.current_dir(folder).env("XDG_CONFIG_HOME", "/nonexistent").env("LC_ALL", "C");
    command
}

#[test]
fn a_lab_is_made_served_and_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let made = ceralacca(folder.path())
        .args(["lab", "init", "prova", "--json", "--port", &port.to_string()])
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!((made.status.code(), &told["ok"]), (Some(0), &true.into()), "{told}");
    assert!(folder.path().join("prova/trust/root.pem").exists());
    assert!(folder.path().join("prova/signers/presidente.p12").exists());

    // A second time nothing is touched.
    let again = ceralacca(folder.path()).args(["lab", "init", "prova"]).output().unwrap();
    assert_eq!(again.status.code(), Some(4));

    let mut served = ceralacca(folder.path())
        .args(["laboratorio", "avvia", "prova", "--jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(served.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(told["data"]["base_url"], format!("http://127.0.0.1:{port}"));

    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /crl/ca.crl HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.") && answer[8..].starts_with(b" 200"), "a CRL is served");

    // The port is taken: said plainly, exit 6.
    let second =
        ceralacca(folder.path()).args(["lab", "serve", "prova", "--json"]).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(second.status.code(), Some(6), "{told}");
    assert_eq!(told["errors"][0]["code"], "PORT_TAKEN");

    let killed = Command::new("kill").args(["-INT", &served.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(served.wait().unwrap().code(), Some(130));
}

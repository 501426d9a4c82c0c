//! What we write, judged by programs that nobody here wrote, and what they write, judged by us; then one
//! bit is turned, and everybody must notice.
//!
//! The judges are OpenSSL's program, pyHanko (`PEERS_VENV`, where `.ci/run` installs it) and the CAdES
//! judge of the shared folder (`CERALACCA_SHARED`). One that is absent is said to be skipped; with
//! `CERALACCA_REQUIRE_JUDGES=1` it fails. `CERALACCA_BIG=1` adds the runs over 6 GiB.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]
#![cfg(unix)]

#[path = "judges/big.rs"]
mod big;
#[path = "judges/containers.rs"]
mod containers;
#[path = "judges/desk.rs"]
mod desk;
#[path = "judges/levels.rs"]
mod levels;
#[path = "judges/theirs.rs"]
mod theirs;

use std::process::Stdio;

use desk::{Desk, accepts, has_openssl, refuses};

/// What OpenSSL says of a file whose content, attributes or signature are not what was signed.
const OPENSSL_NO: &[&str] = &["erification failure", "failure", "error"];
/// What the CAdES judge says.
const CADES_NO: &[&str] = &["BAD "];
/// What pyHanko says.
const PYHANKO_NO: &[&str] = &["intact=False", "valid=False"];

/// A place in the value of the last signature of a DER file: no signature is shorter than 64 octets.
const SIGNATURE: isize = -20;

/// Everybody accepts `file`, whose content is `c.bin`, given beside it when `detached`.
fn all_accept(desk: &Desk, file: &str, signers: usize, detached: bool) {
    let ours: &[&str] = if detached { &["--content", "c.bin"] } else { &[] };
    desk.we_accept(file, signers, ours);
    let content = detached.then_some("c.bin");
    if has_openssl() {
        accepts("openssl cms", file, desk.cms(file, "DER", content));
    }
    let count = signers.to_string();
    let mut words = vec!["--signers", &count, "--min-level", "B"];
    words.extend(content.iter().flat_map(|content| ["--detached", content]));
    accepts("cades", file, desk.cades(file, &words));
    if signers == 1 {
        accepts("pyHanko", file, desk.pyhanko(file, content));
    }
}

/// Everybody refuses `file`; `content` stands beside a detached signature.
fn all_refuse(desk: &Desk, file: &str, signers: usize, content: Option<&str>) {
    let ours: Vec<&str> = content.iter().flat_map(|content| ["--content", content]).collect();
    desk.we_refuse(file, &ours);
    if has_openssl() {
        refuses("openssl cms", file, desk.cms(file, "DER", content), OPENSSL_NO);
    }
    let words: Vec<&str> = content.iter().flat_map(|content| ["--detached", content]).collect();
    refuses("cades", file, desk.cades(file, &words), CADES_NO);
    if signers == 1 {
        refuses("pyHanko", file, desk.pyhanko(file, content), PYHANKO_NO);
    }
}

/// One bit of the content, then one of the last signature.
fn altered_is_refused(desk: &Desk, file: &str, signers: usize) {
    for at in [desk.inside(file), SIGNATURE] {
        all_refuse(desk, &desk.altered(file, at), signers, None);
    }
}

#[test]
fn attached_with_every_kind_of_key() {
    let desk = Desk::open();
    for id in ["rsa", "p256", "p384", "p521", "brainpool", "pss"] {
        let file = format!("{id}.p7m");
        desk.does(&["sign", "c.bin", "-o", &file], &[id]);
        assert_eq!(desk.read(&file)[..2], [0x30, 0x82], "definite lengths");
        all_accept(&desk, &file, 1, false);
        altered_is_refused(&desk, &file, 1);
    }
    for digest in ["sha384", "sha512"] {
        let file = format!("{digest}.p7m");
        desk.does(&["sign", "c.bin", "--digest", digest, "-o", &file], &["rsa"]);
        all_accept(&desk, &file, 1, false);
    }
}

/// OpenSSL 3.0 knows no EdDSA in CMS: here the others judge. They look at the mathematics and the path;
/// our policy looks at the list of accepted algorithms as well.
#[test]
fn attached_with_an_edwards_key() {
    let desk = Desk::open();
    desk.does(&["sign", "c.bin", "-o", "ed.p7m"], &["ed25519"]);
    for (file, good) in [
        ("ed.p7m".to_owned(), true),
        (desk.altered("ed.p7m", desk.inside("ed.p7m")), false),
        (desk.altered("ed.p7m", SIGNATURE), false),
    ] {
        if good {
            desk.we_doubt(&file, &[]);
            accepts("cades", &file, desk.cades(&file, &["--min-level", "B"]));
            accepts("pyHanko", &file, desk.pyhanko(&file, None));
        } else {
            desk.we_refuse(&file, &[]);
            refuses("cades", &file, desk.cades(&file, &[]), CADES_NO);
            refuses("pyHanko", &file, desk.pyhanko(&file, None), PYHANKO_NO);
        }
    }
}

#[test]
fn a_pipe() {
    let desk = Desk::open();
    for (id, file) in [("rsa", "piped-rsa.p7m"), ("p256", "piped-p256.p7m")] {
        let content = std::fs::File::open(desk.path("c.bin")).unwrap();
        let mut command = desk.ceralacca();
        command.args(["sign", "-", "-o", "-"]).args(desk.key(id));
        let out = command.stdin(content).stderr(Stdio::null()).output().unwrap();
        assert!(out.status.success());
        desk.put(file, &out.stdout);
        all_accept(&desk, file, 1, false);
        altered_is_refused(&desk, file, 1);
    }
}

#[test]
fn detached() {
    let desk = Desk::open();
    for id in ["rsa", "p256", "brainpool", "pss"] {
        let file = format!("{id}.p7s");
        desk.does(&["sign", "c.bin", "--detached", "-o", &file], &[id]);
        all_accept(&desk, &file, 1, true);
        all_refuse(&desk, &file, 1, Some(&desk.altered("c.bin", 20_000)));
        all_refuse(&desk, &desk.altered(&file, SIGNATURE), 1, Some("c.bin"));
    }
    desk.does(&["cosign", "rsa.p7s", "--content", "c.bin", "-o", "two.p7s"], &["p256"]);
    all_accept(&desk, "two.p7s", 2, true);
    all_refuse(&desk, "two.p7s", 2, Some(&desk.altered("c.bin", 0)));
}

#[test]
fn several_signers() {
    let desk = Desk::open();
    desk.does(&["sign", "c.bin", "-o", "one.p7m"], &["rsa"]);
    desk.does(&["cosign", "one.p7m", "-o", "two.p7m"], &["p256"]);
    all_accept(&desk, "two.p7m", 2, false);
    altered_is_refused(&desk, "two.p7m", 2);
    // Other digests beside the first, and one of every kind.
    desk.does(&["cosign", "two.p7m", "--digest", "sha512", "-o", "three.p7m"], &["brainpool"]);
    desk.does(&["cosign", "three.p7m", "-o", "four.p7m"], &["pss"]);
    all_accept(&desk, "four.p7m", 4, false);
    desk.does(&["sign", "c.bin", "-o", "together.p7m"], &["rsa", "p384", "pss"]);
    all_accept(&desk, "together.p7m", 3, false);
    altered_is_refused(&desk, "together.p7m", 3);

    // What came out of a pipe gets its second signature as well.
    let content = std::fs::File::open(desk.path("c.bin")).unwrap();
    let mut command = desk.ceralacca();
    command.args(["sign", "-", "-o", "-"]).args(desk.key("p256"));
    let out = command.stdin(content).stderr(Stdio::null()).output().unwrap();
    desk.put("ber.p7m", &out.stdout);
    desk.does(&["cosign", "ber.p7m", "-o", "ber2.p7m"], &["rsa"]);
    all_accept(&desk, "ber2.p7m", 2, false);
}

#[test]
fn parted_and_joined() {
    let desk = Desk::open();
    desk.does(&["sign", "c.bin", "-o", "a.p7m"], &["rsa", "p256"]);
    desk.does(&["detach", "a.p7m", "-o", "parted.p7s"], &[]);
    all_accept(&desk, "parted.p7s", 2, true);
    all_refuse(&desk, "parted.p7s", 2, Some(&desk.altered("c.bin", 39_999)));
    desk.does(&["attach", "parted.p7s", "--content", "c.bin", "-o", "joined.p7m"], &[]);
    all_accept(&desk, "joined.p7m", 2, false);
    altered_is_refused(&desk, "joined.p7m", 2);
    desk.does(&["sign", "c.bin", "--detached", "-o", "apart.p7s"], &["p384"]);
    desk.does(&["attach", "apart.p7s", "--content", "c.bin", "-o", "joined2.p7m"], &[]);
    all_accept(&desk, "joined2.p7m", 1, false);
}

#[test]
fn stamped_signatures() {
    let desk = Desk::open();
    let tsa = desk.tsa();
    let level = ["--level", "t", "--tsa", &tsa];
    let sign = |words: &[&str], keys: &[&str]| desk.does(&[words, &level].concat(), keys);
    sign(&["sign", "c.bin", "-o", "t.p7m"], &["rsa"]);
    sign(&["sign", "c.bin", "-o", "two-t.p7m"], &["p256", "pss"]);
    sign(&["cosign", "t.p7m", "-o", "cosigned-t.p7m"], &["brainpool"]);
    sign(&["sign", "c.bin", "--detached", "-o", "t.p7s"], &["rsa"]);
    for (file, signers) in [("t.p7m", 1), ("two-t.p7m", 2), ("cosigned-t.p7m", 2), ("t.p7s", 1)] {
        let detached = file == "t.p7s";
        all_accept(&desk, file, signers, detached);
        let mut words = vec!["--min-level", "T"];
        words.extend(detached.then_some(["--detached", "c.bin"]).iter().flatten());
        accepts("cades", file, desk.cades(file, &words));
        for signer in 0..signers {
            if desk.take_token(file, signer, "token", "value") && has_openssl() {
                let name = format!("time-stamp {signer} of {file}");
                accepts("openssl ts", &name, desk.ts("token", "value", &["-token_in"]));
                let altered = desk.altered("value", 3);
                refuses(
                    "openssl ts",
                    &name,
                    desk.ts("token", &altered, &["-token_in"]),
                    &["imprint"],
                );
            }
        }
        if !detached {
            all_refuse(&desk, &desk.altered(file, desk.inside(file)), signers, None);
        }
    }
}

#[test]
fn nested() {
    let desk = Desk::open();
    desk.does(&["sign", "c.bin", "-o", "in.p7m"], &["rsa", "p256"]);
    desk.does(&["sign", "in.p7m", "-o", "out.p7m.p7m"], &["p384"]);
    desk.we_accept("out.p7m.p7m", 3, &[]);
    accepts("cades", "out.p7m.p7m", desk.cades("out.p7m.p7m", &["--recurse", "--signers", "1"]));
    if has_openssl() {
        // Layer after layer: what the outer one holds is the inner file to the octet.
        let words = "cms -verify -cades -binary -inform DER -in out.p7m.p7m -CAfile roots.pem \
                     -purpose any -crl_check_all -out layer.p7m";
        desk.openssl_does(&words.split_whitespace().collect::<Vec<_>>());
        assert!(desk.read("layer.p7m") == desk.read("in.p7m"));
        accepts("openssl cms", "layer.p7m", desk.cms("layer.p7m", "DER", None));
    }
    let altered = desk.altered("out.p7m.p7m", desk.inside("out.p7m.p7m"));
    desk.we_refuse(&altered, &[]);
    refuses("cades", &altered, desk.cades(&altered, &["--recurse"]), CADES_NO);
    if has_openssl() {
        refuses("openssl cms", &altered, desk.cms(&altered, "DER", None), OPENSSL_NO);
    }
}

#[test]
fn stamps_alone() {
    if !has_openssl() {
        return;
    }
    let desk = Desk::open();
    let tsa = desk.tsa();
    let bare = ["--content", "c.bin"];
    for digest in ["sha256", "sha512"] {
        let file = format!("{digest}.tsr");
        desk.does(&["timestamp", "c.bin", "--tsa", &tsa, "--digest", digest, "-o", &file], &[]);
        accepts("openssl ts", &file, desk.ts(&file, "c.bin", &[]));
        theirs::we_accept_stamp(&desk, &file, &bare);

        let other = desk.altered("c.bin", 7);
        refuses("openssl ts", &file, desk.ts(&file, &other, &[]), &["imprint"]);
        desk.we_refuse(&file, &["--content", &other]);
        let altered = desk.altered(&file, SIGNATURE);
        refuses("openssl ts", &altered, desk.ts(&altered, "c.bin", &[]), OPENSSL_NO);
        desk.we_refuse(&altered, &bare);
    }
}

//! What `sign` refuses before it signs, and what it leaves alone.

use crate::bench::{Bench, CONTENT, TRUST, key};

#[test]
fn a_wrong_password() {
    let bench = Bench::new();
    bench.write("sbagliata", b"non-questa\n");
    let line = "sign verbale.txt --key p12:lab/signers/presidente.p12 --password-file sbagliata";
    let ran = bench.run(&format!("{line} --json"));
    ran.fails(7, "WRONG_PASSWORD", "capitals");
    assert!(!format!("{}{}", ran.out, ran.err).contains("non-questa"), "a secret was shown");
    let italian = bench.run(&format!("{line} --lang it"));
    assert!(italian.err.contains("password sbagliata"), "{}", italian.err);
    // A batch asks once, stops at once, and says so of every file.
    bench.write("b.txt", b"b");
    let batch = bench.run(&format!("{line} b.txt --jsonl"));
    assert_eq!((batch.code, batch.lines().len()), (7, 2));
    assert_eq!(bench.leftovers(), ["b.txt", "sbagliata"]);
    // Nobody to ask.
    bench.run("sign verbale.txt --key p12:lab/signers/presidente.p12 --no-input --json").fails(
        7,
        "PASSWORD_NEEDED",
        "--password-file",
    );
}

#[test]
fn certificates_that_must_not_sign_unless_named() {
    let bench = Bench::new();
    for (id, allow, it, en) in [
        ("scaduto", "expired", "scaduto il", "expired on"),
        ("non-ancora-valido", "not-yet-valid", "valido solo dal", "valid only from"),
        ("senza-non-ripudio", "no-nr", "non ripudio", "non-repudiation"),
    ] {
        let line = format!("sign verbale.txt {} -o {id}.p7m", key(id));
        let hint = format!("--allow {allow}");
        bench.run(&format!("{line} --json")).fails(7, "CERTIFICATE", &hint);
        let english = bench.run(&line);
        assert!(english.err.contains(en) && english.err.contains(&hint), "{}", english.err);
        let italian = bench.run(&format!("{line} --lang it"));
        assert!(italian.err.contains(it) && italian.err.contains(&hint), "{}", italian.err);
        assert!(!bench.exists(&format!("{id}.p7m")));
        bench.ok(&format!("{line} --allow {allow}"));
        assert!(bench.exists(&format!("{id}.p7m")));
    }
    // One override does not serve for another obstacle.
    let line = format!("sign verbale.txt {} -o x.p7m --allow no-nr", key("scaduto"));
    assert_eq!(bench.run(&line).code, 7);
}

#[test]
fn nothing_is_overwritten() {
    let bench = Bench::new();
    bench.write("verbale.txt.p7m", b"gia qui");
    let line = format!("sign verbale.txt {}", key("presidente"));
    bench.run(&format!("{line} --json")).fails(4, "EXISTS", "--overwrite");
    assert_eq!(bench.read("verbale.txt.p7m"), b"gia qui");
    bench.run(&format!("{line} -o verbale.txt --overwrite --json")).fails(4, "SAME_FILE", "-o");
    assert_eq!(bench.read("verbale.txt"), CONTENT);
    bench.ok(&format!("{line} --overwrite"));
    bench.ok(&format!("verify verbale.txt.p7m {TRUST}"));
    // Refused before the password is asked for.
    bench
        .run("sign verbale.txt --key p12:lab/signers/presidente.p12 --no-input --json")
        .fails(4, "EXISTS", "");
}

#[test]
fn a_recording_that_will_never_play() {
    let bench = Bench::new();
    let mut cut = 24u32.to_be_bytes().to_vec();
    cut.extend(b"ftypisom\0\0\x02\0isomiso2");
    cut.extend(1000u32.to_be_bytes());
    cut.extend(b"mdat");
    cut.extend([0; 992]);
    bench.write("seduta.mp4", &cut);
    let line = "sign seduta.mp4 --key p12:lab/signers/presidente.p12";
    bench.run(&format!("{line} --no-input --json")).fails(
        4,
        "MEDIA_INCOMPLETE",
        "incomplete-media",
    );
    let pin = "--password-file lab/signers/presidente.pin";
    bench.ok(&format!("{line} {pin} --allow incomplete-media"));
}

#[test]
fn keys_and_certificates_that_do_not_fit() {
    let bench = Bench::new();
    let pki = bench.pki();
    bench.write("chiave.pem", &pki.entity("presidente").unwrap().key.pem().unwrap());
    let line = "sign verbale.txt --key pem:chiave.pem";
    bench.run(&format!("{line} --json")).fails(2, "USAGE", "--cert");
    bench.run(&format!("{line} --cert lab/signers/segretario.cer.pem --json")).fails(
        7,
        "KEY_MISMATCH",
        "issued for this key",
    );
    bench.ok(&format!("{line} --cert lab/signers/presidente.cer.pem --chain lab/chain"));
    // The chain without responders and roots went in, and suffices.
    let told = bench.ok(&format!("verify verbale.txt.p7m {TRUST} --json")).json();
    assert_eq!(told["data"]["signatures"][0]["chain"].as_array().unwrap().len(), 3);
    let inside = bench.ok("inspect verbale.txt.p7m --json").json();
    assert_eq!(inside["data"]["layers"][0]["certificates"].as_array().unwrap().len(), 2);
    bench.run("sign verbale.txt --key p12:verbale.txt --password-file lab/signers/presidente.pin -o x --json")
        .fails(7, "KEY", "");
    bench.run("sign verbale.txt --key pkcs11:token=x --json").fails(5, "NOT_YET_AVAILABLE", "");
    bench.run("sign verbale.txt --json").fails(2, "USAGE", "--key");
}

#[test]
fn the_digest_can_be_chosen() {
    let bench = Bench::new();
    let line = format!("sign verbale.txt {} --digest sha512 --json", key("presidente"));
    let told = bench.ok(&line).json();
    assert_eq!(told["data"]["digest_algorithms"][0], "SHA-512");
    bench.ok(&format!("verify verbale.txt.p7m {TRUST}"));
}

#[test]
fn a_dry_run_writes_nothing_and_asks_nothing() {
    let bench = Bench::new();
    let told =
        bench.ok("sign verbale.txt --key p12:lab/signers/presidente.p12 --dry-run --json").json();
    assert_eq!(told["data"]["output"], "verbale.txt.p7m");
    assert_eq!(told["data"]["dry_run"], true);
    bench.ok(&format!("timestamp verbale.txt --tsa {} --dry-run", bench.tsa("tsa")));
    bench.ok("verify verbale.txt --dry-run");
    assert_eq!(bench.leftovers(), Vec::<String>::new());
    assert!(bench.lab.requests().is_empty());
}

#[test]
fn hints_that_cost_nothing() {
    let bench = Bench::new();
    bench.write("atto.pdf", b"%PDF-1.7\n%%EOF\n");
    let told = bench.ok(&format!("sign atto.pdf {} --json", key("presidente"))).json();
    assert_eq!(told["warnings"][0]["code"], "PDF_AS_CADES");
    let line = format!("sign atto.pdf {} --format cades -o b.p7m --json", key("presidente"));
    assert_eq!(bench.ok(&line).json()["warnings"].as_array().unwrap().len(), 0);
    let line = format!("sign atto.pdf {} --format cades -o c.p7m --json", key("presidente"));
    let told = bench.ok(&format!("{line} --tsa {}", bench.tsa("tsa"))).json();
    assert_eq!(told["warnings"][0]["code"], "TSA_NOT_USED");
    let quiet = bench.ok(&format!("sign atto.pdf {} -o d.p7m --quiet", key("presidente")));
    assert_eq!(quiet.err, "");
}

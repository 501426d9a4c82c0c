//! Levels T, LT and LTA: made, reached later, renewed, refused; and the network they use.

use crate::bench::{Bench, CONTENT, TRUST, key};

/// What building chains and fetching takes here: the laboratory is on this machine.
const DEEP: &str = "--trust lab/trust --allow-net 127.0.0.1/32";

fn deep(bench: &Bench) -> String {
    format!("{DEEP} --tsa {}", bench.tsa("tsa"))
}

fn asked(bench: &Bench, path: &str) -> usize {
    bench.lab.requests().iter().filter(|line| line.contains(path)).count()
}

#[test]
fn raised_step_by_step_and_renewed() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let deep = deep(&bench);
    let mut file = "verbale.txt.p7m".to_owned();
    for (level, name) in [
        ("t", "CAdES-BASELINE-T"),
        ("lt", "CAdES-BASELINE-LT"),
        ("lta", "CAdES-BASELINE-LTA"),
        ("lta", "CAdES-BASELINE-LTA"),
    ] {
        let told = bench.ok(&format!("extend {file} --level {level} {deep} --json")).json();
        let data = &told["data"];
        assert_eq!(data["signatures"][0]["level"], name);
        assert_eq!(data["signatures"][0]["id"], "1");
        file = data["output"].as_str().unwrap().to_owned();
        assert!(file.ends_with(&format!("-{level}.p7m")), "{file}");
    }
    assert_eq!(file, "verbale.txt-t-lt-lta-lta.p7m");
    // Nothing but the file and the anchors: no list, no network.
    let before = bench.lab.requests().len();
    let told = bench.ok(&format!("verify {file} --trust lab/trust --json")).json();
    assert_eq!(told["data"]["signatures"][0]["level"], "CAdES-BASELINE-LTA");
    assert_eq!(told["data"]["signatures"][0]["timestamps"].as_array().unwrap().len(), 3);
    assert_eq!(bench.lab.requests().len(), before, "verify stays offline");
    assert_eq!(bench.ok(&format!("extract {file} -o -")).bytes, CONTENT);
    // In Italian, in place.
    let said = bench.ok(&format!("estendi verbale.txt.p7m --level lt {deep} --in-place --lang it"));
    assert!(said.out.contains("da CAdES-BASELINE-B a CAdES-BASELINE-LT"), "{}", said.out);
    bench.ok("verify verbale.txt.p7m --trust lab/trust");
}

#[test]
fn signed_at_once_with_everything_said() {
    let bench = Bench::new();
    bench.write("politica.pdf", b"Politica di firma");
    let said = "--commitment approval --role Segretario --location Esempio,IT --media-type text/plain \
                --content-timestamp --signature-policy 1.3.76.16.6 --signature-policy-file politica.pdf";
    let line = format!(
        "sign verbale.txt {} --level lta {} {said} --json",
        key("segretario"),
        deep(&bench)
    );
    let data = &bench.ok(&line).json()["data"];
    assert_eq!(data["level"], "CAdES-BASELINE-LTA");
    let kinds: Vec<&str> = data["timestamps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stamp| stamp["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["signature-time-stamp", "archive-time-stamp-v3", "content-time-stamp"]);
    assert!(data["added"]["ocsp"].as_u64().unwrap() > 0);
    let told = bench.ok("verify verbale.txt.p7m --trust lab/trust");
    for word in ["Segretario", "Esempio, IT", "text/plain"] {
        assert!(told.out.contains(word), "{word} is not in {}", told.out);
    }
    bench.write("altra.pdf", b"Altra politica");
    for (file, document) in [("politica.pdf", "matches"), ("altra.pdf", "mismatch")] {
        let line = format!(
            "verify verbale.txt.p7m --trust lab/trust --signature-policy-file {file} --json"
        );
        let data = &bench.ok(&line).json()["data"]["signatures"][0];
        assert_eq!(data["signature_policy"]["document"], document);
        let told = data["findings"].to_string().contains("SIGNATURE_POLICY_HASH_MISMATCH");
        assert_eq!(told, document == "mismatch");
    }
    for (flag, word) in [
        ("--commitment forse", "commitment"),
        ("--media-type testo", "media type"),
        ("--signature-policy 1.3.x --signature-policy-file politica.pdf", "identifier"),
    ] {
        let line = format!("sign verbale.txt {} -o x.p7m {flag}", key("segretario"));
        let ran = bench.run(&line);
        assert_eq!(ran.code, 2, "{flag}: {}", ran.err);
        assert!(ran.err.contains(word), "{flag}: {}", ran.err);
    }
    assert!(!bench.exists("x.p7m"));
}

#[test]
fn countersigned_and_extended_by_number() {
    let bench = Bench::new();
    let (one, two) = (key("presidente"), key("segretario"));
    bench.ok(&format!("sign verbale.txt {one}"));
    bench.ok(&format!("cosign verbale.txt.p7m {two} --in-place"));
    let told = bench.ok(&format!("controfirma verbale.txt.p7m --signature 2 {one} --json")).json();
    assert_eq!(told["command"], "countersign");
    assert_eq!(
        (&told["data"]["ids"][0], &told["data"]["level"]),
        (&"2.1".into(), &"CAdES-BASELINE-B".into())
    );
    let file = "verbale.txt-countersigned.p7m";
    assert_eq!(told["data"]["output"], file);
    bench.run(&format!("countersign {file} --signature 2 {one} -o x.p7m --json")).fails(
        7,
        "ALREADY_SIGNED",
        "--again",
    );
    bench.run(&format!("countersign {file} --signature 4 {one} -o x.p7m --json")).fails(
        2,
        "NO_SUCH_SIGNATURE",
        "inspect",
    );
    let told =
        bench.ok(&format!("extend {file} --level lta --signature 2 {} --json", deep(&bench)));
    let levels: Vec<(String, String)> = told.json()["data"]["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["id"].as_str().unwrap().to_owned(), s["level"].as_str().unwrap().to_owned()))
        .collect();
    let expected = [("1", "B"), ("2", "LTA"), ("2.1", "LT")];
    let expected: Vec<(String, String)> = expected
        .iter()
        .map(|(id, level)| ((*id).to_owned(), format!("CAdES-BASELINE-{level}")))
        .collect();
    assert_eq!(levels, expected);
    bench.ok(&format!("verify verbale.txt-countersigned-lta.p7m {TRUST}"));
}

#[test]
fn refused_with_the_next_step() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let extend = "extend verbale.txt.p7m -o x.p7m --json";
    let tsa = format!("--tsa {}", bench.tsa("tsa"));
    bench.run(&format!("{extend} --level lt {tsa}")).fails(2, "NO_TRUST", "--trust");
    bench.run(&format!("{extend} --level t")).fails(2, "NO_AUTHORITY", "--tsa");
    let offline = format!("{extend} --level lt {tsa} --trust lab/trust --offline");
    bench.run(&offline).fails(3, "NO_REVOCATION_DATA", "--crl");
    // Class 34: URLs in certificates do not lead to this machine unless that is said.
    let before = asked(&bench, "/ocsp") + asked(&bench, "/crl");
    bench.run(&format!("{extend} --level lt {tsa} --trust lab/trust")).fails(
        6,
        "NO_REVOCATION_DATA",
        "--allow-net",
    );
    assert_eq!(asked(&bench, "/ocsp") + asked(&bench, "/crl"), before);
    bench.lab.set_tsa_fault("tsa", lab::tsa::Fault::Down);
    bench.run(&format!("{extend} --level t {tsa}")).fails(6, "TIMESTAMP", "");
    let two = format!("{tsa} --tsa {}", bench.tsa("tsa-b"));
    let told = bench.ok(&format!("{extend} --level t {two}")).json();
    assert_eq!(told["warnings"][0]["code"], "TSA_FAILED");
    // Broken: the signed content changed.
    let mut octets = bench.read("verbale.txt.p7m");
    let at = octets.windows(7).position(|w| w == b"Verbale").unwrap();
    octets[at] ^= 1;
    bench.write("rotto.p7m", &octets);
    bench.run(&format!("extend rotto.p7m --level t {two} --json")).fails(
        1,
        "BROKEN_SIGNATURE",
        "--signature",
    );
    assert_eq!(bench.leftovers(), ["rotto.p7m", "verbale.txt.p7m", "x.p7m"]);
}

#[test]
fn the_revoked_do_not_sign() {
    let bench = Bench::new();
    for (who, en, it) in [("revocato", "revoked", "revocato"), ("sospeso", "suspended", "sospeso")]
    {
        for line in [
            format!("sign verbale.txt {} --crl lab/revocation --trust lab/trust", key(who)),
            format!("sign verbale.txt {} --level lt {}", key(who), deep(&bench)),
        ] {
            bench.run(&format!("{line} --json")).fails(7, "CERTIFICATE", en);
            let italian = bench.run(&format!("{line} --lang it"));
            assert!(
                italian.err.contains(it) && italian.err.contains("altro certificato"),
                "{}",
                italian.err
            );
        }
    }
    assert!(bench.leftovers().is_empty(), "{:?}", bench.leftovers());
}

/// What one run fetched serves the next, but for OCSP answers under a new signature.
#[test]
fn fetched_once_for_several_runs() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    bench.lab.set_ocsp_fault(lab::ocsp::OcspFault::Down);
    let line = |out: &str| format!("extend verbale.txt.p7m --level lt {} -o {out}", deep(&bench));
    bench.ok(&line("a.p7m"));
    let lists = asked(&bench, ".crl");
    assert_eq!(lists, 3);
    bench.ok(&line("b.p7m"));
    assert_eq!(asked(&bench, ".crl"), lists, "taken from the cache");
    bench.ok(&format!("{} --no-cache", line("c.p7m")));
    assert_eq!(asked(&bench, ".crl"), 2 * lists);
    // A judgement takes OCSP answers from there too.
    bench.lab.set_ocsp_fault(lab::ocsp::OcspFault::None);
    bench.ok(&format!("sign verbale.txt {} -o d.p7m", key("segretario")));
    let verify = format!("verify d.p7m {DEEP} --online");
    bench.ok(&verify);
    let answers = asked(&bench, "/ocsp");
    bench.ok(&verify);
    assert_eq!(asked(&bench, "/ocsp"), answers);
}

/// The original beside its signature is replaced only by who names it.
#[test]
fn detaching_never_replaces_the_original_unasked() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    bench.write("verbale.txt", b"una versione nuova");
    bench.run("detach verbale.txt.p7m --overwrite --json").fails(4, "EXISTS", "--content");
    assert_eq!(bench.read("verbale.txt"), b"una versione nuova");
    bench.ok("detach verbale.txt.p7m --overwrite --content verbale.txt");
    assert_eq!(bench.read("verbale.txt"), CONTENT);
}

#[test]
fn names_that_no_package_takes() {
    let bench = Bench::new();
    bench.write("seduta:12.txt", CONTENT);
    let told = bench.ok(&format!("sign seduta:12.txt {} --json", key("presidente"))).json();
    assert_eq!(told["warnings"][0]["code"], "NAME_NOT_PACKAGEABLE");
}

//! Signatures put beside and upon others: what is looked at first, what is said afterwards.

use crate::bench::{Bench, CONTENT, TRUST, key};

/// What building chains and fetching takes here: the laboratory is on this machine.
const DEEP: &str = "--trust lab/trust --allow-net 127.0.0.1/32";

/// `verbale.txt.p7m` by the president, and `rotto.p7m`, the same with another content.
fn signed(bench: &Bench) {
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let mut octets = bench.read("verbale.txt.p7m");
    let place = octets.windows(CONTENT.len()).position(|window| window == CONTENT).unwrap();
    octets[place] ^= 1;
    bench.write("rotto.p7m", &octets);
}

#[test]
fn nobody_signs_beside_what_is_altered() {
    let bench = Bench::new();
    signed(&bench);
    let secretary = key("segretario");
    for line in ["cosign rotto.p7m", "countersign rotto.p7m --signature 1"] {
        let ran = bench.run(&format!("{line} {secretary} -o x.p7m --json"));
        ran.fails(1, "BROKEN_SIGNATURE", "verify");
        assert!(!bench.exists("x.p7m"), "{line}");
    }
    let said = bench.run(&format!("cosign rotto.p7m {secretary} -o x.p7m --lang it"));
    assert!(said.err.contains("la firma 1 è guasta: è su un altro contenuto"), "{}", said.err);
}

#[test]
fn only_beside_what_is_valid() {
    let bench = Bench::new();
    signed(&bench);
    let cosign = |file: &str, trust: &str| {
        let line =
            format!("cosign {file} --require-valid {trust} {} -o x.p7m --json", key("segretario"));
        bench.run(&line)
    };
    cosign("rotto.p7m", TRUST).fails(1, "PRESENT_SIGNATURES", "do not pass");
    cosign("verbale.txt.p7m", "--trust lab/trust").fails(
        3,
        "PRESENT_SIGNATURES",
        "cannot be confirmed",
    );
    assert!(!bench.exists("x.p7m"));
    assert_eq!(cosign("verbale.txt", TRUST).code, 5);
    assert_eq!(cosign("verbale.txt.p7m", TRUST).code, 0);
}

#[test]
fn one_person_once() {
    let bench = Bench::new();
    let (one, spec) = (key("presidente"), "--key p12:lab/signers/presidente.p12");
    let line = format!("sign verbale.txt {one} {spec} --password-file lab/signers/presidente.pin");
    bench.run(&format!("{line} --json")).fails(2, "SAME_SIGNER", "--again");
    bench.run(&format!("{line} --json --dry-run")).fails(2, "SAME_SIGNER", "--again");
    let told = bench.ok(&format!("{line} --again --json")).json();
    assert_eq!(told["data"]["signers"].as_array().unwrap().len(), 2);
}

#[test]
fn countersignatures_say_whose_and_on_whose() {
    let bench = Bench::new();
    signed(&bench);
    let (one, two) = (key("presidente"), key("segretario"));
    let line = "controfirma verbale.txt.p7m --signature 1 --lang it -o";
    let told = bench.ok(&format!("{line} a.p7m {two}"));
    assert!(told.out.contains("controfirma 1.1 di "), "{}", told.out);
    assert!(told.out.contains(" sulla firma 1 di "), "{}", told.out);
    assert!(!told.err.contains("attenzione"), "{}", told.err);
    let told = bench.ok(&format!("{line} b.p7m {one} --json")).json();
    assert_eq!(told["warnings"][0]["code"], "OWN_SIGNATURE");
    let made = &told["data"]["countersignatures"][0];
    assert_eq!((&made["id"], &made["on"]), (&"1.1".into(), &"1".into()));
    assert_eq!(made["signer"], made["on_signer"]);
}

#[test]
fn a_dry_run_refuses_what_the_run_would() {
    let bench = Bench::new();
    signed(&bench);
    let (one, two) = (key("presidente"), key("segretario"));
    let tsa = format!("--tsa {}", bench.tsa("tsa"));
    bench.write("vuoto.p7m", b"");
    for verb in [
        format!("cosign FILE {two}"),
        format!("countersign FILE --signature 1 {two}"),
        format!("extend FILE --level t {tsa}"),
    ] {
        let dry = |file: &str, more: &str| {
            bench.run(&format!("{} {more} --dry-run --json", verb.replace("FILE", file)))
        };
        dry("verbale.txt", "").fails(5, "UNSUPPORTED", "signed file");
        dry("vuoto.p7m", "").fails(5, "EMPTY_FILE", "empty");
        dry("manca.p7m", "").fails(4, "NOT_FOUND", "manca");
        assert_eq!(dry("verbale.txt.p7m", "").code, 0, "{verb}");
    }
    let dry = |line: &str| bench.run(&format!("{line} --dry-run --json"));
    dry(&format!("cosign verbale.txt.p7m {one}")).fails(7, "ALREADY_SIGNED", "--again");
    let missing = "--key p12:manca.p12";
    for verb in ["cosign verbale.txt.p7m", "countersign verbale.txt.p7m --signature 1"] {
        dry(&format!("{verb} {missing}")).fails(4, "NOT_FOUND", "manca.p12");
    }
    dry(&format!("countersign verbale.txt.p7m --signature 3 {two}")).fails(
        2,
        "NO_SUCH_SIGNATURE",
        "3",
    );
    dry(&format!("extend verbale.txt.p7m --level t --signature 3 {tsa}")).fails(
        2,
        "NO_SUCH_SIGNATURE",
        "3",
    );
    assert_eq!(bench.leftovers(), ["rotto.p7m", "verbale.txt.p7m", "vuoto.p7m"]);
}

#[test]
fn values_are_refused_by_the_name_of_their_flag() {
    let bench = Bench::new();
    let sign = |more: &str| bench.run(&format!("sign verbale.txt {} {more}", key("presidente")));
    for (more, words) in [
        ("--commitment boh", ["--commitment boh", "proof-of-origin"]),
        ("--location Esempio,Italia", ["--location Esempio,Italia", "--location Forlì,IT"]),
    ] {
        let ran = sign(more);
        assert_eq!(ran.code, 2);
        for word in words {
            assert!(ran.err.contains(word), "{word}: {}", ran.err);
        }
        assert!(!ran.err.contains("-: "), "{}", ran.err);
    }
}

#[test]
fn extending_says_what_it_did() {
    let bench = Bench::new();
    signed(&bench);
    let deep = format!("{DEEP} --tsa {}", bench.tsa("tsa"));
    bench.ok(&format!("countersign verbale.txt.p7m --signature 1 {} -o c.p7m", key("segretario")));
    let told = bench.ok(&format!("extend c.p7m --level lta --signature 1.1 {deep}"));
    assert!(told.out.contains("archived with the signature it stands on"), "{}", told.out);
    // The authority's data of one signature serve the next.
    bench.ok(&format!("sign verbale.txt {} --level lt {deep} -o d.p7m", key("presidente")));
    bench.ok(&format!("cosign d.p7m {} --in-place", key("segretario")));
    let told = bench.ok(&format!("extend d.p7m --level t --signature 2 {deep}"));
    assert!(!told.out.contains("to CAdES-BASELINE-LT"), "{}", told.out);
    // Containers.
    bench.ok(&format!("sign verbale.txt --format asic-e -o s.asice {}", key("presidente")));
    bench.ok(&format!("cosign s.asice {} --in-place", key("segretario")));
    for _ in 0..2 {
        let told = bench.ok(&format!("extend s.asice --level lta {deep} --in-place"));
        assert!(told.out.contains("archive time-stamp on the container, of"), "{}", told.out);
    }
    // A time-stamped file, judged with nothing but the anchors.
    bench
        .ok(&format!("timestamp verbale.txt.p7m --format tsd --tsa {} -o v.tsd", bench.tsa("tsa")));
    let told = bench.ok(&format!("extend v.tsd --level lta {deep} --json")).json();
    assert_eq!(told["data"]["added"]["crls"], 2);
    let told = bench.run("verify v-lta.tsd --trust lab/trust --json").json();
    for stamp in told["data"]["timestamps"].as_array().unwrap() {
        assert_eq!(stamp["indication"], "PASSED", "{stamp:#}");
    }
}

//! What goes wrong, in Italian: no English stands inside.

use crate::bench::{Bench, TRUST, key};

/// Whole words that give English away. Codes are never translated; they are in capitals.
const ENGLISH: [&str; 20] = [
    "the",
    "is",
    "are",
    "cannot",
    "could",
    "with",
    "not",
    "of",
    "where",
    "from",
    "an",
    "failed",
    "its",
    "reached",
    "refused",
    "name",
    "certificate",
    "too",
    "and",
    "inside",
];

#[track_caller]
fn no_english(line: &str, text: &str) {
    let words = text.split(|c: char| !c.is_alphanumeric() && !"-_./:".contains(c));
    let found: Vec<_> = words.filter(|word| ENGLISH.contains(word)).collect();
    assert!(found.is_empty(), "{found:?} in the answer to: {line}\n{text}");
}

#[test]
fn failures_speak_one_language() {
    let bench = Bench::new();
    let (tsa, signer) = (bench.tsa("tsa"), key("presidente"));
    bench.ok(&format!("sign verbale.txt {signer}"));
    bench.ok(&format!("sign verbale.txt {signer} --detached"));
    bench.write("tronco.p7m", &bench.read("verbale.txt.p7m")[..900]);
    bench.ok(&format!("timestamp verbale.txt --tsa {tsa}"));
    bench.write("vuoto", b"");
    std::fs::create_dir(bench.path("cartella")).unwrap();
    let long = "x".repeat(300);
    let lines = [
        "verify tronco.p7m --trust lab/trust".to_owned(),
        "verify verbale.txt.p7m --trust lab/trust --online".to_owned(),
        "verify verbale.txt.p7m --trust verbale.txt".to_owned(),
        "verify verbale.txt.p7m --trust lab/trust --crl verbale.txt".to_owned(),
        "verify verbale.txt.p7m --trust manca".to_owned(),
        "verify verbale.txt --trust lab/trust".to_owned(),
        "verify vuoto".to_owned(),
        "verify cartella".to_owned(),
        format!("verify {long}.p7m"),
        format!("verify verbale.txt.p7s {TRUST}"),
        "inspect tronco.p7m".to_owned(),
        "extract tronco.p7m".to_owned(),
        "extract verbale.txt.tsr -o fuori".to_owned(),
        "extend verbale.txt.tsr --level lt --trust lab/trust".to_owned(),
        "cert show verbale.txt".to_owned(),
        "cert show lab/signers/presidente.pin".to_owned(),
        "cert verify lab/signers/presidente.cer.pem --trust lab/trust --online".to_owned(),
        format!("extend verbale.txt.p7m --level lt --tsa {tsa} --trust lab/trust"),
        "extend verbale.txt.p7m --level t --tsa http://127.0.0.1:9/x".to_owned(),
        "timestamp verbale.txt --tsa http://127.0.0.1:9/x".to_owned(),
        "timestamp verbale.txt --tsa http://127.0.0.1:9/x --tsa http://127.0.0.1:9/y".to_owned(),
        format!("timestamp verbale.txt --tsa {tsa}-che-manca"),
        "timestamp verbale.txt --tsa pippo".to_owned(),
        "timestamp verbale.txt --tsa ftp://pippo".to_owned(),
        format!("sign verbale.txt {signer} -o {long}"),
        format!("sign verbale.txt {signer} -o manca/x.p7m"),
        format!("sign verbale.txt.p7m {signer}"),
        format!("cosign verbale.txt.p7m {signer}"),
        format!("countersign verbale.txt.p7m {signer} --signature 9"),
        "sign verbale.txt --key p12:verbale.txt --password-file lab/signers/presidente.pin -o y"
            .to_owned(),
        "lab init lab".to_owned(),
        "lab serve cartella".to_owned(),
    ];
    for line in lines {
        let ran = bench.run(&format!("{line} --lang it"));
        assert_ne!(ran.code, 0, "{line}\n{}{}", ran.out, ran.err);
        no_english(&line, &format!("{}{}", ran.out, ran.err));
    }
}

#[test]
fn a_hint_never_names_a_flag_the_verb_has_not() {
    let bench = Bench::new();
    let ran = bench.run("lab init lab --json");
    ran.fails(4, "EXISTS", "");
    assert!(!ran.out.contains("-o") && !ran.out.contains("--overwrite"), "{}", ran.out);
}

//! Reports in files, formats of output, batches.

use crate::bench::{Bench, TRUST, key};

#[test]
fn reports_in_files() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let line = format!("verify verbale.txt.p7m {TRUST}");
    bench.ok(&format!("{line} --report-file esito.txt --lang it"));
    let text = String::from_utf8(bench.read("esito.txt")).unwrap();
    assert!(text.starts_with("Firma valida\n") && text.contains("PROVADINI ADA"), "{text}");
    let again = bench.run(&format!("{line} --report-file esito.txt --json"));
    again.fails(4, "EXISTS", "");
    bench.ok(&format!("{line} --report-file esito.txt --overwrite"));
    bench.ok(&format!("{line} --report json --report-file esito.json"));
    let json: serde_json::Value = serde_json::from_slice(&bench.read("esito.json")).unwrap();
    assert_eq!(json["data"]["verdict"], "TOTAL-PASSED");
    let printed = bench.ok(&format!("{line} --report json")).json();
    assert_eq!(printed["schema"], "ceralacca/1");
    for kind in ["html", "etsi"] {
        bench.run(&format!("{line} --report {kind} --json")).fails(5, "NOT_YET_AVAILABLE", kind);
    }
    bench.run(&format!("{line} --policy mia.toml --json")).fails(5, "NOT_YET_AVAILABLE", "policy");
}

#[test]
fn batches_in_order_and_in_groups() {
    let bench = Bench::new();
    let names: Vec<String> = (0..70).map(|n| format!("atto-{n:02}.txt")).collect();
    for name in &names {
        bench.write(name, name.as_bytes());
    }
    std::fs::create_dir(bench.path("fuori")).unwrap();
    let line = format!(
        "sign {} {} -o fuori --jobs 4 --durability batch --jsonl",
        names.join(" "),
        key("presidente")
    );
    let told = bench.ok(&line).lines();
    assert_eq!(told.len(), 70);
    for (name, told) in names.iter().zip(&told) {
        assert_eq!(told["input"], name.as_str());
        assert_eq!(told["data"]["output"], format!("fuori/{name}.p7m"));
    }
    let files: Vec<String> = names.iter().map(|n| format!("fuori/{n}.p7m")).collect();
    bench.ok(&format!("verify {} {TRUST} --jsonl --jobs 4", files.join(" ")));
    // One that is missing does not stop the others.
    let line = format!("sign atto-00.txt manca.txt atto-01.txt {} --jsonl", key("segretario"));
    let ran = bench.run(&line);
    let ok: Vec<bool> = ran.lines().iter().map(|t| t["ok"].as_bool().unwrap()).collect();
    assert_eq!((ran.code, ok), (8, vec![true, false, true]));
}

#[test]
fn json_and_payload_never_share_a_stream() {
    let bench = Bench::new();
    let both = bench.run(&format!("sign verbale.txt {} -o - --json", key("presidente")));
    assert_eq!((both.code, both.out.as_str()), (2, ""));
    assert!(both.err.contains("\"USAGE\""), "{}", both.err);
    let ran = bench.run(&format!("sign verbale.txt {} -o -", key("presidente")));
    assert_eq!(ran.bytes[0], 0x30);
    assert!(ran.err.contains("signed"), "{}", ran.err);
}

#[test]
fn names_cannot_forge_lines_or_colours() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    std::fs::rename(bench.path("verbale.txt.p7m"), bench.path("a\u{1b}[31m\u{202e}b.p7m")).unwrap();
    let ran = bench.run(&format!("extract a\u{1b}[31m\u{202e}b.p7m -o fuori {TRUST}"));
    // An argument that does not exist for the verb, so that the name is only shown.
    assert_eq!(ran.code, 2);
    let ran = bench.ok("extract a\u{1b}[31m\u{202e}b.p7m -o fuori");
    assert!(!ran.out.contains('\u{1b}') && !ran.out.contains('\u{202e}'), "{:?}", ran.out);
}

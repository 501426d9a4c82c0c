//! ASiC containers from the command line: several files signed together, and what becomes of them.

use crate::bench::{Bench, CONTENT, TRUST, key};

const DEEP: &str = "--trust lab/trust --allow-net 127.0.0.1/32";

fn sitting(bench: &Bench) {
    bench.write("allegato.pdf", b"%PDF-1.7 allegato");
    bench.write("nota.txt", b"");
}

#[test]
fn signed_together_and_taken_apart() {
    let bench = Bench::new();
    sitting(&bench);
    let files = "verbale.txt allegato.pdf nota.txt";
    let line = format!("sign {files} --format asic-e -o seduta.asice {} --json", key("presidente"));
    let told = bench.ok(&line).json();
    assert_eq!(told["data"]["format"], "ASiC-E");
    assert_eq!(told["data"]["files"].as_array().unwrap().len(), 3);
    assert_eq!(told["input"], "verbale.txt");
    let told = bench.ok(&format!("verify seduta.asice {TRUST} --json")).json();
    assert_eq!(told["data"]["format"], "ASiC-E");
    assert_eq!(told["data"]["layers"][0]["kind"], "asic");
    assert_eq!(told["data"]["layers"][1]["name"], "META-INF/signature001.p7s");
    let said = bench.ok(&format!("verifica seduta.asice {TRUST} --lang it"));
    assert!(
        said.out.contains("La firma copre: verbale.txt, allegato.pdf, nota.txt"),
        "{}",
        said.out
    );

    let told = bench.ok("extract seduta.asice --json").json();
    assert_eq!(told["data"]["removed"][0]["kind"], "asic");
    assert_eq!(told["data"]["files"][1]["name"], "allegato.pdf");
    assert_eq!(bench.read("seduta/verbale.txt"), CONTENT);
    let piped = bench.run("extract seduta.asice -o -");
    assert_eq!(piped.code, 2, "{piped:?}");
    assert!(piped.err.contains("name a folder with -o"), "{piped:?}");
    let told = bench.ok("inspect seduta.asice --json").json();
    assert_eq!(told["data"]["container"]["manifests"][0]["covers"].as_array().unwrap().len(), 3);
    assert_eq!(told["data"]["layers"][0]["signers"].as_array().unwrap().len(), 1);
    bench.ok("ispeziona seduta.asice --lang it");

    let told = bench.ok(&format!("cosign seduta.asice {} --json", key("segretario"))).json();
    assert_eq!(told["data"]["output"], "seduta-cosigned.asice");
    let told = bench.ok(&format!("verify seduta-cosigned.asice {TRUST} --json")).json();
    assert_eq!(told["data"]["signatures"].as_array().unwrap().len(), 2);
}

#[test]
fn one_file_by_its_own_name() {
    let bench = Bench::new();
    let told =
        bench.ok(&format!("sign verbale.txt --format asic-s {} --json", key("presidente"))).json();
    assert_eq!(told["data"]["output"], "verbale.txt.asics");
    bench.ok(&format!("verify verbale.txt.asics {TRUST}"));
    assert_eq!(bench.ok("extract verbale.txt.asics -o -").bytes, CONTENT);
    std::fs::rename(bench.path("verbale.txt.asics"), bench.path("atto.asics")).unwrap();
    std::fs::remove_file(bench.path("verbale.txt")).unwrap();
    bench.ok("extract atto.asics");
    assert_eq!(bench.read("verbale.txt"), CONTENT);
    bench.run("extract atto.asics --json").fails(4, "EXISTS", "overwrite");
}

#[test]
fn what_is_refused_before_any_password() {
    let bench = Bench::new();
    sitting(&bench);
    let sign = |words: &str| bench.run(&format!("sign {words} {} --json", key("presidente")));
    sign("verbale.txt nota.txt --format asic-s").fails(2, "CONTAINER_FILES", "asic-e");
    sign("verbale.txt --format asic-e --detached").fails(2, "USAGE", "--detached");
    sign("- --format asic-e -o x.asice").fails(2, "USAGE", "standard input");
    sign("verbale.txt manca.txt --format asic-e").fails(4, "NOT_FOUND", "manca.txt");
    sign("verbale.txt verbale.txt --format asic-e").fails(4, "NAME_COLLISION", "rename");
    assert_eq!(bench.leftovers(), ["allegato.pdf", "nota.txt"]);
}

#[test]
fn raised_to_the_archive_and_renewed() {
    let bench = Bench::new();
    sitting(&bench);
    let tsa = format!("{DEEP} --tsa {}", bench.tsa("tsa"));
    let files = "verbale.txt allegato.pdf";
    bench.ok(&format!("sign {files} --format asic-e -o s.asice {}", key("presidente")));
    let told = bench.ok(&format!("extend s.asice --level lta {tsa} --json")).json();
    assert_eq!(told["data"]["signatures"][0]["level"], "CAdES-BASELINE-LTA");
    bench.ok(&format!("extend s-lta.asice --level lta {tsa} --in-place"));
    // Nothing but the file and the anchors.
    let before = bench.lab.requests().len();
    let told = bench.ok("verify s-lta.asice --trust lab/trust --json").json();
    assert_eq!(told["data"]["signatures"][0]["level"], "CAdES-BASELINE-LTA");
    assert_eq!(told["data"]["timestamps"].as_array().unwrap().len(), 2);
    assert_eq!(bench.lab.requests().len(), before, "verify stays offline");
    bench.run(&format!("extend s-lta.asice --level lt {tsa} --json")).fails(5, "SEALED", "renew");
    // At once, in both kinds.
    for (kind, name) in [("asic-e", "e.asice"), ("asic-s", "s.asics")] {
        let line = format!("sign verbale.txt --format {kind} -o {name} --level lta {tsa}");
        bench.ok(&format!("{line} {}", key("presidente")));
        let told = bench.ok(&format!("verify {name} --trust lab/trust --json")).json();
        assert_eq!(told["data"]["signatures"][0]["level"], "CAdES-BASELINE-LTA");
    }
}

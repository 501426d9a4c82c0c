//! `inspect`, `cert show` and `cert verify`.

use crate::bench::{Bench, TRUST, key};

#[test]
fn shown_and_judged() {
    let bench = Bench::new();
    let certificate = "lab/signers/presidente.cer.pem";
    let told = bench.ok(&format!("cert show {certificate} --json")).json();
    assert_eq!(told["command"], "cert show");
    assert_eq!(told["data"]["name"], "PROVADINI ADA");
    assert_eq!(told["data"]["key_usage"][0], "nonRepudiation");
    let italian = bench.ok(&format!("certificato mostra {certificate} --lang it"));
    assert!(italian.out.contains("codice fiscale PRVDAA"), "{}", italian.out);

    let line = |id: &str| format!("cert verify lab/signers/{id}.cer.pem --chain lab/chain {TRUST}");
    let passed = bench.ok(&format!("{} --json", line("presidente"))).json();
    assert_eq!(passed["data"]["indication"], "PASSED");
    assert!(passed["data"]["sub_indication"].is_null() && passed["data"]["findings"].is_array());
    for id in ["revocato", "sospeso", "scaduto"] {
        let ran = bench.run(&format!("{} --json", line(id)));
        assert!([1, 3].contains(&ran.code), "{id}: {}", ran.out);
        assert!(ran.json()["data"]["sub_indication"].is_string(), "{id}");
    }
    let untrusted = bench.run(&format!("cert verify {certificate} --json"));
    assert_eq!(untrusted.code, 3);
    assert_eq!(untrusted.json()["data"]["sub_indication"], "NO_CERTIFICATE_CHAIN_FOUND");
    bench.run("cert show verbale.txt --json").fails(4, "CERTIFICATE_FILE", "DER or PEM");
}

#[test]
fn looked_into_without_a_verdict() {
    let bench = Bench::new();
    let tsa = bench.tsa("tsa");
    bench.ok(&format!("sign verbale.txt {} --level t --tsa {tsa}", key("presidente")));
    let told = bench.ok("inspect verbale.txt.p7m --json").json();
    let layer = &told["data"]["layers"][0];
    assert_eq!(layer["signers"][0]["level"], "CAdES-BASELINE-T");
    assert_eq!(layer["signers"][0]["timestamps"].as_array().unwrap().len(), 1);
    assert!(told["data"].get("verdict").is_none());
    // An altered file looks the same: nothing here says that it holds.
    let told = bench.ok("ispeziona lab/esercizio/alterato.txt.p7m --lang it");
    assert!(told.out.contains("se è vero lo dice"), "{}", told.out);
    bench.ok(&format!("timestamp verbale.txt --tsa {tsa}"));
    let told = bench.ok("inspect verbale.txt.tsr --json").json();
    assert_eq!(told["data"]["timestamp"]["imprint_algorithm"], "SHA-256");
}

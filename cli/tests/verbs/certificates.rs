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
    bench.run("cert show verbale.txt --json").fails(5, "CERTIFICATE_FILE", "DER or PEM");
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

/// The ids of `inspect` are those of `verify`: signatures, countersignatures and time-stamps, layers
/// and containers included.
#[test]
fn the_same_numbers_as_verify() {
    fn ids(signers: &serde_json::Value, found: &mut Vec<String>) {
        for signer in signers.as_array().into_iter().flatten() {
            found.push(signer["id"].as_str().unwrap().to_owned());
            for stamp in signer["timestamps"].as_array().unwrap() {
                found.push(format!("{} {}", stamp["kind"].as_str().unwrap(), stamp["time"]));
            }
            ids(&signer["countersignatures"], found);
        }
    }
    let bench = Bench::new();
    let tsa = bench.tsa("tsa");
    let (a, b) = (key("presidente"), key("segretario"));
    bench.ok(&format!("sign verbale.txt {a} --level t --tsa {tsa} -o a.p7m"));
    bench.ok(&format!("cosign a.p7m {b} -o b.p7m"));
    bench.ok(&format!("countersign b.p7m --signature 1 {b} -o c.p7m"));
    bench.ok(&format!("countersign c.p7m --signature 1.1 {a} -o d.p7m"));
    bench.ok(&format!("sign d.p7m {b} --again -o e.p7m"));
    bench.write("altro.txt", b"altro\n");
    bench.ok(&format!(
        "sign verbale.txt altro.txt {a} --format asic-e --level t --tsa {tsa} -o f.asice"
    ));
    bench.ok(&format!("cosign f.asice {b} -o g.asice"));
    for file in ["d.p7m", "e.p7m", "g.asice"] {
        let seen = bench.ok(&format!("inspect {file} --json")).json();
        let mut shown = Vec::new();
        for layer in seen["data"]["layers"].as_array().unwrap() {
            ids(&layer["signers"], &mut shown);
        }
        let judged = bench.run(&format!("verify {file} {TRUST} --json")).json();
        let mut told = Vec::new();
        for signature in judged["data"]["signatures"].as_array().unwrap() {
            told.push(signature["id"].as_str().unwrap().to_owned());
            for stamp in signature["timestamps"].as_array().unwrap() {
                told.push(format!("{} {}", stamp["kind"].as_str().unwrap(), stamp["time"]));
            }
        }
        assert_eq!(shown, told, "{file}");
        assert!(told.len() >= 3, "{told:?}");
    }
    let text = bench.ok("ispeziona d.p7m --lang it").out;
    assert!(text.contains("controfirma 1.1.1, sulla 1.1"), "{text}");
    let text = bench.ok("ispeziona g.asice --lang it").out;
    assert!(text.contains("META-INF/signature") && text.contains("firma 2"), "{text}");
}

#[test]
fn a_file_that_ends_too_early_is_said_to_be_broken() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    bench.write("tronco.p7m", &bench.read("verbale.txt.p7m")[..900]);
    bench.run("inspect tronco.p7m --json").fails(5, "BROKEN", "incomplete");
}

#[test]
fn what_was_fetched_before_is_not_said_to_be_fetched_now() {
    let bench = Bench::new();
    let line = "certificato verifica lab/signers/presidente.cer.pem --chain lab/chain \
                --trust lab/trust --online --allow-net 127.0.0.0/8 --lang it";
    let first = bench.ok(line).out;
    assert!(first.contains("scaricata ora") && !first.contains("memoria"), "{first}");
    let second = bench.ok(line).out;
    assert!(second.contains("dalla memoria locale"), "{second}");
    let text = bench.run("cert verify lab/signers/sospeso.cer.pem --chain lab/chain --trust lab/trust --crl lab/revocation --lang it").out;
    assert!(text.contains("sospeso dal") && !text.contains("revocato dal"), "{text}");
}

#[test]
fn the_content_may_come_through_a_pipe() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {} --detached", key("presidente")));
    let content = bench.read("verbale.txt");
    let line = format!("verify verbale.txt.p7s --content - {TRUST}");
    assert_eq!(bench.feed(&line, &content).code, 0);
    assert_eq!(bench.feed(&line, b"altro").code, 1);
    bench.run(&format!("verify - --content - {TRUST} --json")).fails(2, "USAGE", "once");
}

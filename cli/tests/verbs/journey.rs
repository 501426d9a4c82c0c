//! The main job: sign, stamp, cosign, part, join, verify, extract.

use crate::bench::{Bench, CONTENT, TRUST, key};

#[test]
fn signed_and_verified_in_both_languages() {
    let bench = Bench::new();
    let signed = bench.ok(&format!("sign verbale.txt {} --json", key("presidente"))).json();
    assert_eq!(signed["command"], "sign");
    let data = &signed["data"];
    assert_eq!(data["output"], "verbale.txt.p7m");
    assert_eq!((&data["format"], &data["level"]), (&"CAdES".into(), &"CAdES-BASELINE-B".into()));
    assert_eq!(data["signers"][0]["name"], "PROVADINI ADA");
    assert!(data["signers"][0]["tax_code"].as_str().unwrap().starts_with("PRVDAA"));
    assert!(data["signing_time"].as_str().unwrap().ends_with('Z'));
    assert_eq!(bench.read("verbale.txt.p7m")[..2], [0x30, 0x82], "DER");

    let told = bench.ok(&format!("verify verbale.txt.p7m {TRUST} --json")).json();
    let data = &told["data"];
    assert_eq!(data["verdict"], "TOTAL-PASSED");
    assert_eq!(data["format"], "CAdES");
    assert_eq!(data["layers"][0]["kind"], "cades");
    let signature = &data["signatures"][0];
    assert_eq!(signature["id"], "1");
    assert_eq!(signature["level"], "CAdES-BASELINE-B");
    assert_eq!(signature["intact"], true);
    assert_eq!(signature["signer"]["name"], "PROVADINI ADA");
    for key in ["sub_indication", "claimed_signing_time", "timestamps", "legal_notes", "findings"] {
        assert!(signature.get(key).is_some(), "{key} is missing");
    }
    assert!(data["timestamps"].is_array() && data["evidence_records"].is_array());

    let english = bench.ok(&format!("verify verbale.txt.p7m {TRUST}"));
    assert!(english.out.starts_with("Valid signature\n"), "{}", english.out);
    let italian = bench.ok(&format!("verifica verbale.txt.p7m {TRUST} --lang it"));
    assert!(italian.out.starts_with("Firma valida\n"), "{}", italian.out);
    assert!(italian.out.contains("PROVADINI ADA (CF PRVDAA"), "{}", italian.out);
}

#[test]
fn two_signers_in_one_reading_and_a_third_beside_them() {
    let bench = Bench::new();
    let (one, two) = (key("presidente"), key("segretario"));
    let signed = bench.ok(&format!("sign verbale.txt {one} {two} --json")).json();
    assert_eq!(signed["data"]["signers"].as_array().unwrap().len(), 2);
    let third = format!("cosign verbale.txt.p7m {}", key("sospeso"));
    // With a list at hand, who is suspended does not sign; without one nobody knows.
    bench.run(&format!("{third} --require-valid {TRUST} --json")).fails(
        7,
        "CERTIFICATE",
        "another",
    );
    assert!(!bench.exists("verbale.txt-cosigned.p7m"));
    bench.ok(&third);
    let told = bench.run(&format!("verify verbale.txt-cosigned.p7m {TRUST} --json"));
    let data = &told.json()["data"];
    // In DER the SignerInfos stand sorted, not in the order of signing.
    let mut names: Vec<&str> = data["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["signer"]["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["FINTOLI LUCA", "PROVADINI ADA", "SOSPESINI MARIA"]);
    // The suspended one is undecided; the others are not touched by it.
    assert_eq!((told.code, &data["verdict"]), (3, &"INDETERMINATE".into()));
    for signature in data["signatures"].as_array().unwrap() {
        let suspended = signature["signer"]["name"] == "SOSPESINI MARIA";
        assert_eq!(signature["indication"] == "TOTAL-PASSED", !suspended, "{signature:#}");
    }

    // Every octet of the first two SignerInfos stands in the new file.
    let (before, after) = (bench.read("verbale.txt.p7m"), bench.read("verbale.txt-cosigned.p7m"));
    let reader = cms::SignedDataReader::open(&before[..], cms::Limits::default()).unwrap();
    let (present, _) = reader.finish().unwrap();
    assert_eq!(present.signer_infos.len(), 2);
    for info in &present.signer_infos {
        let octets = &info.raw[..];
        assert!(after.windows(octets.len()).any(|w| w == octets), "a SignerInfo changed");
    }

    // Nobody signs twice by mistake, and nobody adds to what does not hold.
    bench.run(&format!("cosign verbale.txt.p7m {one} -o again.p7m --json")).fails(
        7,
        "ALREADY_SIGNED",
        "--again",
    );
    bench.ok(&format!("cosign verbale.txt.p7m {one} -o again.p7m --again"));
    let refused = bench.run(&format!(
        "cosign verbale.txt-cosigned.p7m {} --again --require-valid {TRUST} -o no.p7m --json",
        key("presidente")
    ));
    refused.fails(3, "PRESENT_SIGNATURES", "verify");
    assert_eq!(refused.json()["data"]["verdict"], "INDETERMINATE");
    assert!(!bench.exists("no.p7m"));
}

#[test]
fn cosigned_in_place() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    bench.ok(&format!("cosign verbale.txt.p7m {} --in-place", key("segretario")));
    let told = bench.ok(&format!("verify verbale.txt.p7m {TRUST} --json")).json();
    assert_eq!(told["data"]["signatures"].as_array().unwrap().len(), 2);
    assert_eq!(bench.leftovers(), ["verbale.txt.p7m"]);
}

#[test]
fn stamped_signatures() {
    let bench = Bench::new();
    let line =
        format!("sign verbale.txt {} --level t --tsa {}", key("presidente"), bench.tsa("tsa"));
    let signed = bench.ok(&format!("{line} --json")).json();
    assert_eq!(signed["data"]["level"], "CAdES-BASELINE-T");
    assert_eq!(signed["data"]["timestamps"].as_array().unwrap().len(), 1);
    let told = bench.ok(&format!("verify verbale.txt.p7m {TRUST} --json")).json();
    let signature = &told["data"]["signatures"][0];
    assert_eq!(signature["level"], "CAdES-BASELINE-T");
    assert_eq!(signature["timestamps"][0]["indication"], "PASSED");
    assert_eq!(signature["time_reference"], "signature-timestamp");
}

#[test]
fn a_stamp_without_a_signature() {
    let bench = Bench::new();
    let line = format!("timestamp verbale.txt --tsa {} --digest sha512 --json", bench.tsa("tsa"));
    let stamped = bench.ok(&line).json();
    assert_eq!(stamped["data"]["output"], "verbale.txt.tsr");
    assert_eq!(stamped["data"]["digest"]["algorithm"], "SHA-512");
    let judged =
        bench.ok(&format!("verify verbale.txt.tsr --content verbale.txt {TRUST} --json")).json();
    assert_eq!(judged["data"]["verdict"], "TOTAL-PASSED");
    assert_eq!(judged["data"]["timestamps"][0]["indication"], "PASSED");
    // By its digest alone.
    let digest = stamped["data"]["digest"]["value"].as_str().unwrap();
    bench.ok(&format!("verify verbale.txt.tsr --content-digest sha512:{digest} {TRUST}"));
    // Of another file, and without any.
    bench.write("altro.txt", b"altro");
    let other = bench.run(&format!("verify verbale.txt.tsr --content altro.txt {TRUST} --lang it"));
    assert_eq!(other.code, 1);
    assert!(other.out.starts_with("Marca temporale NON valida"), "{}", other.out);
    assert_eq!(bench.run(&format!("verify verbale.txt.tsr {TRUST}")).code, 3);
}

#[test]
fn parted_and_joined_to_the_octet() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {} {}", key("presidente"), key("segretario")));
    let original = bench.read("verbale.txt.p7m");
    // The content is there already: said, and nothing written.
    bench.run("detach verbale.txt.p7m --json").fails(4, "EXISTS", "--no-content");
    assert!(!bench.exists("verbale.txt.p7s"));
    let told = bench.ok("separa verbale.txt.p7m --content copia.txt --json").json();
    assert_eq!(told["data"]["content_size"], CONTENT.len());
    assert_eq!(bench.read("copia.txt"), CONTENT);
    assert_eq!(
        bench.run(&format!("verify verbale.txt.p7s {TRUST}")).code,
        3,
        "without its content nothing is known"
    );
    let by_content =
        bench.ok(&format!("verify verbale.txt.p7s --content verbale.txt {TRUST} --json"));
    assert_eq!(by_content.json()["data"]["verdict"], "TOTAL-PASSED");
    bench.ok("unisci verbale.txt.p7s --content copia.txt -o unito.p7m");
    assert_eq!(bench.read("unito.p7m"), original);
    // The wrong content is refused before anything is written.
    bench.write("altro.txt", b"altro contenuto");
    bench.run("attach verbale.txt.p7s --content altro.txt -o no.p7m --json").fails(
        1,
        "WRONG_CONTENT",
        "unchanged",
    );
    assert!(!bench.exists("no.p7m"));
}

#[test]
fn detached_from_the_start() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt --detached {}", key("presidente")));
    bench.ok(&format!("cosign verbale.txt.p7s --content verbale.txt {}", key("segretario")));
    let line = format!(
        "verify verbale.txt.p7s verbale.txt-cosigned.p7s --content verbale.txt {TRUST} --jsonl"
    );
    let told = bench.ok(&line).lines();
    assert_eq!(told[0]["data"]["signatures"].as_array().unwrap().len(), 1);
    assert_eq!(told[1]["data"]["signatures"].as_array().unwrap().len(), 2);
    bench.run(&format!("cosign verbale.txt.p7s {} -o x.p7s --json", key("segretario"))).fails(
        2,
        "CONTENT_NEEDED",
        "--content",
    );
}

#[test]
fn streams_through_pipes() {
    let bench = Bench::new();
    let signed = bench.feed(&format!("sign - {}", key("presidente")), CONTENT);
    assert_eq!(signed.code, 0, "{}", signed.err);
    assert_eq!(signed.bytes[..2], [0x30, 0x80], "BER");
    let judged = bench.feed(&format!("verify - {TRUST} --json"), &signed.bytes);
    assert_eq!(judged.json()["data"]["verdict"], "TOTAL-PASSED");
    let extracted = bench.feed("extract -", &signed.bytes);
    assert_eq!((extracted.code, extracted.bytes.as_slice()), (0, CONTENT));
    // DER from a file goes the same way, and a parallel signature through both ends.
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let cosigned =
        bench.feed(&format!("cosign - {}", key("segretario")), &bench.read("verbale.txt.p7m"));
    assert_eq!(cosigned.code, 0, "{}", cosigned.err);
    let judged = bench.feed(&format!("verify - {TRUST} --json"), &cosigned.bytes);
    assert_eq!(judged.json()["data"]["signatures"].as_array().unwrap().len(), 2);
    let to_stdout = bench.run(&format!("sign verbale.txt {} -o -", key("presidente")));
    assert_eq!(to_stdout.bytes[..2], [0x30, 0x80]);
    bench.feed(&format!("sign - {} -o pipe.p7m", key("presidente")), CONTENT);
    bench.ok(&format!("verify pipe.p7m {TRUST}"));
    assert_eq!(bench.leftovers(), ["pipe.p7m", "verbale.txt.p7m"]);
}

#[test]
fn extracted_through_every_layer() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    bench.ok(&format!("sign verbale.txt.p7m {}", key("segretario")));
    let wrapped = lab::wrap::double_base64(&bench.read("verbale.txt.p7m.p7m"));
    bench.write("busta.txt.p7m.p7m.b64", wrapped.as_bytes());
    let told = bench.ok("estrai busta.txt.p7m.p7m.b64 --json").json();
    assert_eq!(told["data"]["output"], "busta.txt");
    assert_eq!(told["data"]["verified"], false);
    let kinds: Vec<&str> = told["data"]["removed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["base64", "base64", "cades", "cades"]);
    assert_eq!(bench.read("busta.txt"), CONTENT);
    let told = bench.ok(&format!("verify busta.txt.p7m.p7m.b64 {TRUST} --json")).json();
    let ids: Vec<&str> = told["data"]["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["1", "2/1"]);
    // Parting takes one layer only: what is inside is signed still.
    bench.ok("detach verbale.txt.p7m.p7m --content dentro.p7m");
    assert_eq!(bench.read("dentro.p7m"), bench.read("verbale.txt.p7m"));
}

#[test]
fn files_others_wrote_are_read_the_same() {
    let bench = Bench::new();
    let (pki, now) = (bench.pki(), chrono::Utc::now());
    use lab::cms::{Framing, Odd, OddSigner};
    let odd = |framing| Odd {
        framing,
        signers: vec![OddSigner::at("presidente", now)],
        ..Odd::new(&pki, CONTENT, "presidente")
    };
    for (n, framing) in [
        Framing::Definite,
        Framing::Indefinite,
        Framing::Chunked(7),
        Framing::DefiniteChunked(7),
        Framing::Nested { piece: 3, levels: 3 },
    ]
    .into_iter()
    .enumerate()
    {
        let octets = odd(framing).build().unwrap();
        for (wrapping, octets) in [
            ("plain", octets.clone()),
            ("b64", lab::wrap::base64_lines(&octets, 76, "\r\n").into_bytes()),
            ("pem", lab::wrap::pem("CMS", &octets).into_bytes()),
            ("smime", lab::wrap::smime(&octets).into_bytes()),
        ] {
            let name = format!("{n}-{wrapping}.p7m");
            bench.write(&name, &octets);
            let told = bench.run(&format!("verify {name} {TRUST} --json"));
            assert_eq!(told.code, 0, "{name}: {}", told.out);
            let extracted = bench.run(&format!("extract {name} -o -"));
            assert_eq!(extracted.bytes, CONTENT, "{name}");
            bench.ok(&format!("cosign {name} {} -o {name}.2", key("segretario")));
            bench.ok(&format!("verify {name}.2 {TRUST}"));
        }
    }
}

#[test]
fn expected_signers() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let told = bench.ok(&format!("verify verbale.txt.p7m {TRUST} --json")).json();
    let code = told["data"]["signatures"][0]["signer"]["tax_code"].as_str().unwrap().to_owned();
    bench.ok(&format!("verify verbale.txt.p7m {TRUST} --expect {code}"));
    let missing = bench
        .run(&format!("verify verbale.txt.p7m {TRUST} --expect {code},FNTLCU70E12X999A --lang it"));
    assert_eq!(missing.code, 3);
    assert!(missing.out.contains("FNTLCU70E12X999A"), "{}", missing.out);
}

#[test]
fn nothing_is_trusted_unless_named() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let told = bench.run("verify verbale.txt.p7m --json");
    let json = told.json();
    assert_eq!(told.code, 3);
    assert_eq!(json["data"]["signatures"][0]["sub_indication"], "NO_CERTIFICATE_CHAIN_FOUND");
    assert_eq!(json["warnings"][0]["code"], "NO_TRUST");
    // Without revocation data: undecided, and said why.
    let told = bench.run("verify verbale.txt.p7m --trust lab/trust --json");
    assert_eq!(told.code, 3);
    assert_eq!(
        told.json()["data"]["signatures"][0]["sub_indication"],
        "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    );
    // OCSP at hand does as well as lists.
    bench.ok("verify verbale.txt.p7m --trust lab/trust --ocsp lab/revocation --crl lab/revocation/root.crl");
    // The laboratory's URLs stand in the certificates and lead to loopback: refused unless named.
    let refused = bench.run("verify verbale.txt.p7m --trust lab/trust --online");
    assert_eq!(refused.code, 3);
    assert!(bench.lab.requests().is_empty(), "{:?}", bench.lab.requests());
    bench.ok("verify verbale.txt.p7m --trust lab/trust --online --allow-net 127.0.0.0/8");
    assert!(!bench.lab.requests().is_empty());
}

#[test]
fn times_of_judgement() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    // Years later the certificate has expired, and nothing proves the signature older…
    let later =
        format!("--at {}", (chrono::Utc::now() + chrono::TimeDelta::days(4 * 365)).format("%F"));
    let told = bench.run(&format!("verify verbale.txt.p7m {TRUST} {later} --json"));
    assert_eq!(told.code, 3, "{}", told.out);
    let wrong = bench.run(&format!("verify verbale.txt.p7m {TRUST} --at ieri --json"));
    wrong.fails(2, "USAGE", "--at");
}

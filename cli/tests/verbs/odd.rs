//! Files that somebody broke or forged: each has its verdict, none passes.

use chrono::Utc;
use lab::cms::{AttributeOrder, DigestAlgorithms, Ess, Odd, OddSigner};

use crate::bench::{Bench, CONTENT, TRUST, key};

/// Writes, judges, and holds the verdict against what it must be.
#[track_caller]
fn judged(bench: &Bench, name: &str, octets: &[u8], code: i32, sub: &str, finding: &str) {
    bench.write(name, octets);
    let ran = bench.run(&format!("verify {name} {TRUST} --json"));
    let told = ran.json();
    let signature = &told["data"]["signatures"][0];
    assert_eq!(ran.code, code, "{name}: {told:#}");
    assert_eq!(signature["sub_indication"].as_str().unwrap_or(""), sub, "{name}: {told:#}");
    let codes: Vec<&str> = signature["findings"]
        .as_array()
        .unwrap()
        .iter()
        .chain(told["data"]["findings"].as_array().unwrap())
        .map(|f| f["code"].as_str().unwrap())
        .collect();
    assert!(finding.is_empty() || codes.contains(&finding), "{name}: {finding} not in {codes:?}");
}

fn one(signer: OddSigner) -> Vec<OddSigner> {
    vec![signer]
}

#[test]
fn altered_content() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let mut octets = bench.read("verbale.txt.p7m");
    let at = octets.windows(2).position(|w| w == b"12").unwrap();
    octets[at + 1] = b'5';
    bench.write("alterato.p7m", &octets);
    let told = bench.run(&format!("verify alterato.p7m {TRUST} --lang it"));
    assert_eq!(told.code, 1);
    assert!(told.out.starts_with("Firma NON valida\n"), "{}", told.out);
    assert!(told.out.contains("HASH_FAILURE"), "{}", told.out);
    judged(&bench, "alterato.p7m", &octets, 1, "HASH_FAILURE", "");
    // The same outside: a detached signature over something else.
    bench.ok(&format!("sign verbale.txt --detached {}", key("presidente")));
    bench.write("altro.txt", b"altro");
    let told = bench.run(&format!("verify verbale.txt.p7s --content altro.txt {TRUST} --json"));
    assert_eq!((told.code, &told.json()["data"]["signatures"][0]["intact"]), (1, &false.into()));
}

#[test]
fn the_odd_ones() {
    let bench = Bench::new();
    let (pki, now) = (bench.pki(), Utc::now());
    let odd = || Odd::new(&pki, CONTENT, "presidente");
    let signer = || OddSigner::at("presidente", now);
    let build = |signer: OddSigner| Odd { signers: one(signer), ..odd() }.build().unwrap();

    // No signing-certificate attribute: CMS and no CAdES, and which certificate was meant is open.
    let octets = build(OddSigner { ess: Ess::Absent, ..signer() });
    let missing = "SIGNING_CERTIFICATE_ATTRIBUTE_MISSING";
    judged(&bench, "senza-ess.p7m", &octets, 3, "SIG_CONSTRAINTS_FAILURE", missing);

    // An attribute that names another certificate.
    let octets = build(OddSigner { ess: Ess::OfOther("segretario".to_owned()), ..signer() });
    bench.write("ess-altrui.p7m", &octets);
    assert_ne!(bench.run(&format!("verify ess-altrui.p7m {TRUST}")).code, 0);

    // Attributes twice, values twice.
    let octets = build(OddSigner { duplicated: vec![lab::oids::SIGNING_TIME], ..signer() });
    judged(&bench, "doppi.p7m", &octets, 3, "SIG_CONSTRAINTS_FAILURE", "ATTRIBUTE_DUPLICATED");
    let octets = build(OddSigner { two_values: vec![lab::oids::SIGNING_TIME], ..signer() });
    judged(&bench, "due-valori.p7m", &octets, 3, "SIG_CONSTRAINTS_FAILURE", "ATTRIBUTE_DUPLICATED");
    // With two message-digests nothing says which content is meant.
    let octets = build(OddSigner { duplicated: vec![lab::oids::MESSAGE_DIGEST], ..signer() });
    judged(&bench, "due-impronte.p7m", &octets, 1, "FORMAT_FAILURE", "MESSAGE_DIGEST_MISSING");

    // A wrong signature value.
    let octets = build(OddSigner { corrupt_signature: true, ..signer() });
    judged(&bench, "valore.p7m", &octets, 1, "SIG_CRYPTO_FAILURE", "");

    // Unsorted attributes signed as they stand are tolerated, with a warning.
    let octets = build(OddSigner { order: AttributeOrder::UnsortedSignedAsSent, ..signer() });
    judged(&bench, "disordine.p7m", &octets, 0, "", "");

    // An empty digestAlgorithms is read again with the digest the signer names.
    let octets =
        Odd { digest_algorithms: DigestAlgorithms::Empty, signers: one(signer()), ..odd() };
    judged(&bench, "nessun-digest.p7m", &octets.build().unwrap(), 0, "", "STRUCTURE_DEVIATION");
    assert_eq!(bench.run("extract nessun-digest.p7m -o -").bytes, CONTENT);

    // Trailing bytes are a warning.
    let octets = Odd { trailing: b"coda".to_vec(), signers: one(signer()), ..odd() };
    judged(&bench, "coda.p7m", &octets.build().unwrap(), 0, "", "TRAILING_BYTES");
    // … and a failure under the strict policy.
    assert_ne!(bench.run(&format!("verify coda.p7m {TRUST} --policy strict")).code, 0);
}

#[test]
fn signed_attributes_cannot_be_shown_as_content() {
    // The content-confusion attack: the attributes of an honest signature become the content of a
    // SignerInfo without signed attributes, whose value then verifies.
    let bench = Bench::new();
    let (pki, now) = (bench.pki(), Utc::now());
    let bare = OddSigner { signed_attributes: false, ..OddSigner::at("presidente", now) };
    let octets = Odd { signers: one(bare.clone()), ..Odd::new(&pki, CONTENT, "presidente") };
    let octets = octets.build().unwrap();
    let missing = "SIGNED_ATTRIBUTES_MISSING";
    judged(&bench, "senza-attributi.p7m", &octets, 3, "SIG_CONSTRAINTS_FAILURE", missing);

    let honest = OddSigner::at("presidente", now);
    let info = Odd::new(&pki, CONTENT, "presidente").signer_info(&honest).unwrap();
    let at = info.windows(3).position(|w| w[0] == 0xa0 && w[1] >= 0x80).unwrap();
    let length = match info[at + 1] {
        0x81 => 3 + usize::from(info[at + 2]),
        0x82 => 4 + (usize::from(info[at + 2]) << 8 | usize::from(info[at + 3])),
        short => panic!("{short:x}"),
    };
    let mut attributes = info[at..at + length].to_vec();
    attributes[0] = 0x31;
    let octets = Odd { signers: one(bare), ..Odd::new(&pki, &attributes, "presidente") };
    let found = "SIGNED_ATTRIBUTES_AS_CONTENT";
    judged(&bench, "attacco.p7m", &octets.build().unwrap(), 1, "FORMAT_FAILURE", found);
}

#[test]
fn cut_anywhere_it_is_no_signature() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let whole = bench.read("verbale.txt.p7m");
    let mut names = Vec::new();
    let cuts = (1..20).map(|n| whole.len() * n / 20).chain([40, 60, whole.len() - 1]);
    for cut in cuts {
        let name = format!("cut-{cut}.p7m");
        bench.write(&name, &whole[..cut]);
        names.push(name);
    }
    let ran = bench.run(&format!("verify {} {TRUST} --jsonl --jobs 4", names.join(" ")));
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    for told in ran.lines() {
        let signatures = told["data"]["signatures"].as_array().unwrap();
        assert_eq!(told["data"]["verdict"], "TOTAL-FAILED", "{told:#}");
        assert!(
            signatures.iter().any(|s| s["sub_indication"] == "FORMAT_FAILURE"),
            "{}: {told:#}",
            told["input"]
        );
    }
    for lang in ["it", "en"] {
        let ran = bench.run(&format!("verify cut-40.p7m {TRUST} --lang {lang}"));
        assert_eq!(ran.code, 1);
    }
    // The other verbs refuse it and leave nothing.
    for verb in
        ["extract cut-40.p7m -o x", &format!("cosign cut-60.p7m {} -o x", key("segretario"))]
    {
        let ran = bench.run(&format!("{verb} --json"));
        assert!([5, 1].contains(&ran.code), "{verb}: {}", ran.out);
        assert!(!bench.exists("x"), "{verb}");
    }
}

#[test]
fn a_flipped_bit_is_never_a_valid_other_signature() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let whole = bench.read("verbale.txt.p7m");
    let content = whole.windows(CONTENT.len()).position(|w| w == CONTENT).unwrap();
    let mut names = Vec::new();
    for at in (0..whole.len()).step_by(whole.len() / 120) {
        let mut octets = whole.clone();
        octets[at] ^= 1 << (at % 8);
        let name = format!("flip-{at}.p7m");
        bench.write(&name, &octets);
        names.push((at, name));
    }
    let list: Vec<&str> = names.iter().map(|(_, n)| n.as_str()).collect();
    let ran = bench.run(&format!("verify {} {TRUST} --jsonl --jobs 4", list.join(" ")));
    let told = ran.lines();
    assert_eq!(told.len(), names.len());
    for ((at, name), told) in names.iter().zip(told) {
        let inside = (content..content + CONTENT.len()).contains(at);
        let passed = told["data"]["verdict"] == "TOTAL-PASSED";
        // What is not signed (announced digests, other certificates) may change without harm, but
        // then the content that passed is the one that was signed.
        assert!(!(passed && inside), "{name}: {told:#}");
        if passed {
            assert_eq!(bench.run(&format!("extract {name} -o -")).bytes, CONTENT, "{name}");
        }
        if told["errors"].as_array().is_some_and(|e| !e.is_empty()) {
            // Not recognised as a signature any more.
            assert_eq!(told["errors"][0]["code"], "UNSUPPORTED", "{name}: {told:#}");
        }
    }
}

#[test]
fn nested_beyond_reason() {
    let bench = Bench::new();
    bench.write("profondo.p7m", &lab::wrap::deep(10_000));
    let ran = bench.run(&format!("verify profondo.p7m {TRUST} --json"));
    assert!([1, 5].contains(&ran.code), "{ran:?}");
    let ran = bench.run("inspect profondo.p7m --json");
    assert!([0, 5].contains(&ran.code), "{ran:?}");
}

#[test]
fn what_is_no_cades_is_named() {
    let bench = Bench::new();
    let xml = b"<?xml version=\"1.0\"?><a><ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/></a>";
    bench.write("fattura.xml", xml);
    bench.run("verify fattura.xml --json").fails(5, "UNSUPPORTED", "XML");
    let italian = bench.run("verifica fattura.xml --lang it");
    assert!(italian.err.contains("firma XML"), "{}", italian.err);
    bench.write("atto.pdf", b"%PDF-1.7\n/ByteRange [0 1 2 3]\n%%EOF\n");
    bench.run("verify atto.pdf --json").fails(5, "UNSUPPORTED", "PDF");
    // An ordinary file holds nothing to judge.
    let plain = bench.run("verify verbale.txt --json");
    assert_eq!((plain.code, &plain.json()["data"]["verdict"]), (9, &"NO-SIGNATURE".into()));
    let plain = bench.run("verify verbale.txt --lang it");
    assert!(plain.out.starts_with("Nessuna firma trovata"), "{}", plain.out);
    // A name that promises a signature and holds none is not recognised.
    bench.write("finto.p7m", b"niente");
    bench.run("verify finto.p7m --json").fails(5, "UNSUPPORTED", "original");
    bench.run("verify manca.p7m --json").fails(4, "NOT_FOUND", "manca.p7m");
    bench.run("inspect verbale.txt --json").fails(5, "UNSUPPORTED", "");
    bench.run("extract verbale.txt --json").fails(5, "UNSUPPORTED", "");
}

#[test]
fn several_inputs_share_one_exit_code() {
    let bench = Bench::new();
    bench.ok(&format!("sign verbale.txt {}", key("presidente")));
    let exercise = "lab/esercizio/alterato.txt.p7m";
    let code = |files: &str| bench.run(&format!("verify {files} {TRUST} --jsonl")).code;
    assert_eq!(code("verbale.txt.p7m lab/esercizio/valido.txt.p7m"), 0);
    assert_eq!(code(&format!("verbale.txt.p7m {exercise}")), 1);
    assert_eq!(code(&format!("verbale.txt.p7m manca {exercise}")), 1);
    assert_eq!(code("verbale.txt.p7m manca"), 8);
    assert_eq!(code("verbale.txt.p7m verbale.txt"), 3);
    assert_eq!(code("lab/esercizio/scaduto.txt.p7m verbale.txt.p7m"), 3);
    bench.run("verify a b --json").fails(2, "USAGE", "--jsonl");
}

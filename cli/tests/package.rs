//! Packages on the command line: both legal models, several recordings, and every alteration
//! noticed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder with a lab, a sheet and some files.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now = chrono::Utc::now();
        lab::disk::init(&dir.path().join("lab"), &lab::Config::quick(now)).unwrap();
        let sheet = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../crates/preservation/src/metadata/esempio.toml");
        std::fs::copy(sheet, dir.path().join("m.toml")).unwrap();
        for (name, text) in
            [("verbale.pdf", "minutes"), ("parte-1.mp4", "first"), ("parte-2.mp4", "second")]
        {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ceralacca"))
            .args(arguments)
            .args(["--lang", "it"])
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    fn code(&self, arguments: &[&str]) -> i32 {
        let output = self.run(arguments);
        let code = output.status.code().unwrap();
        if code != 0 {
            println!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        code
    }

    fn json(&self, arguments: &[&str]) -> (i32, Value) {
        let output = self.run(&[arguments, &["--json"]].concat());
        (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Makes a deposit package; the recordings here are too short to be complete.
    fn sip(&self, out: &str, more: &[&str]) -> i32 {
        let fixed =
            ["package", "sip", "--metadata", "m.toml", "--allow", "incomplete-media", "-o", out];
        self.code(&[&fixed[..], more].concat())
    }
}

#[test]
fn both_models_and_several_recordings_in_folder_and_zip() {
    let desk = Desk::new();
    let recording_main = ["--main", "parte-1.mp4", "parte-2.mp4", "--attach", "verbale.pdf"];
    let text_main = ["--main", "verbale.pdf", "--attach", "parte-1.mp4", "--attach", "parte-2.mp4"];
    assert_eq!(desk.sip("a", &recording_main), 0);
    assert_eq!(desk.sip("b", &text_main), 0);
    assert_eq!(desk.sip("c.zip", &[&text_main[..], &["--container", "zip"]].concat()), 0);
    for package in ["a", "b", "c.zip"] {
        let (code, report) = desk.json(&["package", "verify", package]);
        assert_eq!(code, 0, "{report}");
        assert_eq!(report["data"]["kind"], "SIP");
        assert_eq!(report["data"]["verdict"], "VALID");
        assert!(report["data"]["files"]["count"].as_u64().unwrap() >= 6);
    }
    assert_eq!(desk.sip("a", &recording_main), 4, "nothing existing is replaced");
}

#[test]
fn the_archive_package_is_signed_and_judged() {
    let desk = Desk::new();
    assert_eq!(desk.sip("pdv", &["--main", "verbale.pdf"]), 0);
    let aip = [
        "package",
        "aip",
        "pdv",
        "--key",
        "p12:lab/signers/segretario.p12",
        "--password-file",
        "lab/signers/segretario.pin",
        "-o",
        "pda",
    ];
    assert_eq!(desk.code(&aip), 0);
    let trusted = ["package", "verify", "pda", "--trust", "lab/trust", "--crl", "lab/revocation"];
    let (code, report) = desk.json(&trusted);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["data"]["kind"], "AIP");
    assert_eq!(report["data"]["signatures"][0]["indication"], "TOTAL-PASSED");
    // Without trust nothing is altered, but nothing is proved either.
    assert_eq!(desk.code(&["package", "verify", "pda"]), 3);
    // The index with one octet changed is noticed, whichever copy it is.
    for file in ["pda/PIndex.xml", "pda/PIndex.xml.p7m", "pda/pdv/documenti/principale/verbale.pdf"]
    {
        let path = desk.path(file);
        let original = std::fs::read(&path).unwrap();
        let mut altered = original.clone();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        std::fs::write(&path, altered).unwrap();
        let (code, report) = desk.json(&trusted);
        assert_eq!((code, &report["data"]["verdict"]), (1, &"INVALID".into()), "{file}");
        std::fs::write(&path, original).unwrap();
    }
}

#[test]
fn alterations_and_absences_are_named() {
    let desk = Desk::new();
    assert_eq!(desk.sip("pdv", &["--main", "verbale.pdf", "--attach", "parte-1.mp4"]), 0);
    let main = desk.path("pdv/documenti/principale/verbale.pdf");
    let original = std::fs::read(&main).unwrap();
    std::fs::write(&main, "altered").unwrap();
    let output = desk.run(&["package", "verify", "pdv"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("verbale.pdf") && said.contains("NON è valido"), "{said}");
    std::fs::remove_file(&main).unwrap();
    assert_eq!(desk.json(&["package", "verify", "pdv"]).1["data"]["verdict"], "INCOMPLETE");
    std::fs::write(&main, original).unwrap();
    std::fs::write(desk.path("pdv/documenti/intruso.txt"), "x").unwrap();
    assert_eq!(desk.code(&["package", "verify", "pdv"]), 1);
    assert_eq!(desk.code(&["package", "verify", "verbale.pdf"]), 5, "not a package");
}

#[test]
fn everything_a_sheet_lacks_is_named_at_once_with_its_remedy() {
    let desk = Desk::new();
    assert_eq!(desk.code(&["package", "metadata", "init", "verbale.pdf", "-o", "vuota.toml"]), 0);
    let (code, report) = desk.json(&[
        "package",
        "sip",
        "--metadata",
        "vuota.toml",
        "--main",
        "verbale.pdf",
        "-o",
        "pdv",
    ]);
    assert_eq!(code, 4);
    let errors = report["errors"].as_array().unwrap();
    assert!(errors.len() > 5, "{errors:?}");
    assert!(errors.iter().all(|e| e["code"].as_str().unwrap().starts_with("META-")));
    assert!(errors.iter().all(|e| e["hint"].as_str().is_some_and(|hint| !hint.is_empty())));
    assert!(errors.iter().any(|e| e["message"].as_str().unwrap().contains("Manca il campo")));
    assert!(!desk.path("pdv").exists());
}

#[test]
fn a_package_is_replaced_on_demand_and_never_entered() {
    let desk = Desk::new();
    assert_eq!(desk.sip("pdv", &["--main", "verbale.pdf"]), 0);
    let index = desk.path("pdv/indice-pdv.xml");
    let before = std::fs::read(&index).unwrap();
    assert_eq!(desk.sip("pdv", &["--main", "parte-1.mp4"]), 4, "nothing existing is replaced");
    assert_eq!(desk.sip("pdv/altro", &["--main", "parte-1.mp4"]), 4, "a package is not a folder");
    let zipped = ["--main", "parte-1.mp4", "--container", "zip"];
    assert_eq!(desk.sip("pdv/altro.zip", &zipped), 4);
    assert_eq!(std::fs::read(&index).unwrap(), before);
    assert_eq!(desk.sip("pdv", &["--main", "parte-1.mp4", "--overwrite"]), 0);
    assert_ne!(std::fs::read(&index).unwrap(), before);
    assert_eq!(desk.code(&["package", "verify", "pdv"]), 0);
    // An ordinary folder is where the package goes, under its own name; so it is without -o.
    std::fs::create_dir(desk.path("pacchetti")).unwrap();
    assert_eq!(desk.sip("pacchetti", &["--main", "verbale.pdf"]), 0);
    assert!(desk.path("pacchetti/verbale.pdf.pdv/indice-pdv.xml").is_file());
    let (code, report) =
        desk.json(&["pacchetto", "pdv", "--metadata", "m.toml", "--main", "verbale.pdf"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["command"], "package sip");
    assert_eq!(report["data"]["output"], "verbale.pdf.pdv");
    assert_eq!(report["data"]["identifier"], "PDV-VCC-2026-0012");
    let dry = ["--main", "verbale.pdf", "--dry-run"];
    assert_eq!(desk.sip("mai", &dry), 0);
    assert!(!desk.path("mai").exists());
}

#[test]
fn every_class_of_tampering_with_a_zip_is_noticed() {
    let desk = Desk::new();
    let zip = ["--main", "parte-1.mp4", "parte-2.mp4", "--attach", "verbale.pdf"];
    assert_eq!(desk.sip("pdv.zip", &[&zip[..], &["--container", "zip"]].concat()), 0);
    let original = std::fs::read(desk.path("pdv.zip")).unwrap();
    let judge = |octets: &[u8]| {
        std::fs::write(desk.path("altro.zip"), octets).unwrap();
        let (code, report) = desk.json(&["package", "verify", "altro.zip"]);
        (code, report["data"]["verdict"].clone())
    };
    assert_eq!(judge(&original), (0, "VALID".into()));
    let invalid = (1, "INVALID".into());
    for text in ["first", "second", "minutes", "<IndicePdV", "DocumentoAmministrativoInformatico>"]
    {
        let at = original.windows(text.len()).position(|w| w == text.as_bytes()).expect(text);
        let mut altered = original.clone();
        altered[at] ^= 1;
        assert_eq!(judge(&altered), invalid, "{text}");
    }
    assert_eq!(judge(&original[..original.len() / 2]), invalid, "cut short");
    assert_eq!(judge(&[&original[..], &b"tail"[..]].concat()), invalid, "something behind its end");
    // The order of the recordings is part of what was deposited.
    assert_eq!(desk.sip("pdv", &zip), 0);
    let list = desk.path("pdv/documenti/principale/componenti.txt");
    let lines = std::fs::read_to_string(&list).unwrap();
    let (first, second) = lines.trim_end().split_once('\n').unwrap();
    assert!(first.ends_with("parte-1.mp4") && second.ends_with("parte-2.mp4"), "{lines}");
    std::fs::write(&list, format!("{second}\n{first}\n")).unwrap();
    assert_eq!(desk.code(&["package", "verify", "pdv"]), 1);
}

#[test]
fn several_packages_have_an_object_each_in_their_order() {
    let desk = Desk::new();
    assert_eq!(desk.sip("a", &["--main", "verbale.pdf"]), 0);
    assert_eq!(desk.sip("b", &["--main", "verbale.pdf"]), 0);
    std::fs::write(desk.path("b/documenti/principale/verbale.pdf"), "altered").unwrap();
    let verify = ["pacchetto", "verifica", "b", "a", "manca"];
    let output = desk.run(&[&verify[..], &["--jsonl", "--jobs", "2"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<_> = lines.iter().map(|l| (&l["input"], &l["data"]["verdict"])).collect();
    assert_eq!(
        told,
        [
            (&"b".into(), &"INVALID".into()),
            (&"a".into(), &"VALID".into()),
            (&"manca".into(), &Value::Null)
        ]
    );
    assert_eq!(lines[2]["errors"][0]["code"], "NOT_FOUND");
    let finding = &lines[0]["data"]["findings"][0];
    for key in ["code", "level", "rule", "where", "message"] {
        assert!(finding[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {finding}");
    }
    assert_eq!(lines[1]["data"]["signatures"], serde_json::json!([]));
    assert_eq!(desk.code(&[&verify[..], &["--json"]].concat()), 2, "--json is for one input");
}

#[test]
fn an_archive_package_needs_its_agents_a_key_and_a_valid_deposit() {
    let desk = Desk::new();
    let sheet = std::fs::read_to_string(desk.path("m.toml")).unwrap();
    let without = sheet.split("# Per il pacchetto di archiviazione").next().unwrap();
    std::fs::write(desk.path("senza.toml"), without).unwrap();
    let sip = ["package", "sip", "--metadata", "senza.toml", "--main", "verbale.pdf", "-o", "pdv"];
    assert_eq!(desk.code(&sip), 0);
    let key = ["--key", "p12:lab/signers/segretario.p12"];
    let pin = ["--password-file", "lab/signers/segretario.pin"];
    let aip = |sip: &str, more: &[&str]| {
        desk.json(&[&["package", "aip", sip, "-o", "pda"][..], &key, more].concat())
    };
    let (code, report) = aip("pdv", &pin);
    assert_eq!(code, 4, "{report}");
    let errors = report["errors"].as_array().unwrap();
    for agent in ["versatore", "titolare", "firmatario"] {
        assert!(
            errors.iter().any(|e| e["message"].as_str().unwrap().contains(agent)),
            "{agent}: {errors:?}"
        );
    }
    assert_eq!(desk.sip("pdv-2", &["--main", "verbale.pdf"]), 0);
    std::fs::write(desk.path("altro.pin"), "sbagliata\n").unwrap();
    let (code, report) = aip("pdv-2", &["--password-file", "altro.pin"]);
    assert_eq!((code, &report["errors"][0]["code"]), (7, &"WRONG_PASSWORD".into()));
    let unreachable = ["--tsa", "http://127.0.0.1:9/tsa"];
    assert_eq!(aip("pdv-2", &[&pin[..], &unreachable].concat()).0, 6);
    std::fs::write(desk.path("pdv-2/documenti/principale/verbale.pdf"), "altered").unwrap();
    assert_eq!(aip("pdv-2", &pin).0, 1);
    assert!(!desk.path("pda").exists(), "nothing is left behind");
    let names: Vec<_> = std::fs::read_dir(desk.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("pda"))
        .collect();
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn with_an_authority_the_index_is_stamped() {
    let desk = Desk::new();
    let clock: lab::Clock = std::sync::Arc::new(chrono::Utc::now);
    let running = lab::Lab::start(&lab::Config::quick(chrono::Utc::now()), clock).unwrap();
    lab::disk::write(&desk.path("vivo"), &running.pki(), lab::DEFAULT_PIN).unwrap();
    assert_eq!(desk.sip("pdv", &["--main", "verbale.pdf"]), 0);
    let aip = ["package", "aip", "pdv", "--container", "zip", "-o", "pda.zip"];
    let key = ["--key", "p12:vivo/signers/segretario.p12"];
    let pin = ["--password-file", "vivo/signers/segretario.pin"];
    let tsa = ["--tsa", &running.tsa_url("tsa")];
    let (code, report) = desk.json(&[&aip[..], &key, &pin, &tsa].concat());
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["data"]["index"]["level"], "CAdES-BASELINE-T");
    let verify = ["package", "verify", "pda.zip", "--trust", "vivo/trust"];
    let online = ["--online", "--allow-net", "127.0.0.0/8"];
    let (code, report) = desk.json(&[&verify[..], &online].concat());
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["data"]["signatures"][0]["level"], "CAdES-BASELINE-T");
    assert!(running.requests().iter().any(|asked| asked.contains("/ocsp")));
    running.stop();
    let files = ["--crl", "vivo/revocation", "--ocsp", "vivo/revocation"];
    assert_eq!(desk.code(&[&verify[..], &files].concat()), 0, "offline, from files");
    assert_eq!(desk.code(&verify), 3, "without them nothing is proved");
}

#[test]
fn a_sheet_says_what_the_file_itself_tells() {
    let desk = Desk::new();
    let output = desk.run(&["pacchetto", "metadati", "crea", "verbale.pdf", "-o", "-"]);
    assert_eq!(output.status.code(), Some(0));
    let sheet = String::from_utf8(output.stdout).unwrap();
    assert!(sheet.contains("firmato = false") && sheet.contains("application/pdf"), "{sheet}");
    let signed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/verbs.in/verbale.txt.p7m");
    std::fs::copy(signed, desk.path("verbale.txt.p7m")).unwrap();
    let (code, report) = desk.json(&["package", "metadata", "init", "verbale.txt.p7m"]);
    assert_eq!((code, &report["data"]["output"]), (0, &"verbale.txt.p7m.toml".into()), "{report}");
    let sheet = std::fs::read_to_string(desk.path("verbale.txt.p7m.toml")).unwrap();
    assert!(sheet.contains("firmato = true"), "{sheet}");
    let digest = report["data"]["digest"]["value"].as_str().unwrap();
    assert!(sheet.contains(digest));
    let again = desk.run(&["package", "metadata", "init", "verbale.txt.p7m"]);
    assert_eq!(again.status.code(), Some(4), "nothing existing is replaced");
}

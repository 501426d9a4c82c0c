//! The main job end to end: the demo, and every command it prints, run again after it has ended.
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

fn ceralacca(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ceralacca")).args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

#[test]
fn the_demo_and_every_command_it_prints() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("demo");
    let output = ceralacca(&["demo", "-o", folder.to_str().unwrap(), "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = json(&output);
    assert_eq!(report["command"], "demo");
    let commands = report["data"]["commands"].as_array().unwrap();
    assert!(commands.len() >= 10, "{}", commands.len());
    for command in commands {
        let argv: Vec<&str> =
            command.as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
        let run = Command::new(argv[0]).args(&argv[1..]).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{argv:?}: {said}");
    }
    assert!(folder.join("trust").is_dir() && folder.join("revocation").is_dir());
    let steps = &report["data"]["steps"];
    let verdict = |name: &str| {
        let steps = steps.as_array().unwrap();
        let found = steps.iter().find(|step| step["step"] == name);
        found.unwrap_or_else(|| panic!("no step {name}"))["verdict"].clone()
    };
    for step in ["verify", "detach", "timestamp", "offline"] {
        assert_eq!(verdict(step), "TOTAL-PASSED", "{step}");
    }
    assert_eq!((verdict("sip"), verdict("aip")), ("VALID".into(), "VALID".into()));
    assert_eq!(verdict("extract"), "IDENTICAL");
    // Both ways of asking for revocation were walked, and both signatures carry a stamp.
    let (code, judged) =
        check(&[commands_of(steps, "verify")[0].clone(), vec!["--json".into()]].concat());
    assert_eq!(code, 0);
    let signatures = judged["data"]["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 2);
    assert!(signatures.iter().all(|s| s["level"] == "CAdES-BASELINE-T"));
    altered_copies_are_noticed(&report["data"]);
    judged_by_schemas(&folder);
    script(&folder);
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn commands_of(steps: &Value, name: &str) -> Vec<Vec<String>> {
    let step = steps.as_array().unwrap().iter().find(|step| step["step"] == name).unwrap();
    step["commands"].as_array().unwrap().iter().map(words).collect()
}

/// Runs a command that ends in `--json`.
fn check(argv: &[String]) -> (i32, Value) {
    let run = Command::new(&argv[0]).args(&argv[1..]).output().unwrap();
    (run.status.code().unwrap(), json(&run))
}

/// Each altered copy fails again when a person looks at it, in one plain sentence; what it is a
/// copy of does not.
fn altered_copies_are_noticed(data: &Value) {
    let alterations = data["alterations"].as_array().unwrap();
    let whats: Vec<&str> = alterations.iter().map(|a| a["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["content", "detached", "timestamp", "sip", "aip"]);
    for alteration in alterations {
        assert_eq!(alteration["noticed"], true, "{alteration}");
        assert!(Path::new(alteration["file"].as_str().unwrap()).is_file(), "{alteration}");
        let sentence = alteration["message"].as_str().unwrap();
        assert!(sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
        let run = words(&alteration["check"]);
        let said = Command::new(&run[0]).args(&run[1..]).output().unwrap();
        assert_eq!(said.status.code(), Some(1), "{run:?}");
        // Nobody told the program which language: the demo and the check speak the same.
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.contains(sentence), "{sentence}: {said}");
        let (code, judged) = check(&[run, vec!["--json".into()]].concat());
        assert_eq!((code, &judged["data"]["verdict"]), (1, &alteration["verdict"]));
    }
}

/// The commands as a script, from another folder.
fn script(folder: &Path) {
    if cfg!(unix) {
        let run =
            Command::new("sh").arg(folder.join("comandi.sh")).current_dir("/").output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }
}

#[test]
fn a_file_with_a_difficult_name_is_only_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("la seduta è dell'altro $(ieri) & «oggi».bin");
    let content: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&file, &content).unwrap();
    let mut rights = std::fs::metadata(&file).unwrap().permissions();
    rights.set_readonly(true);
    std::fs::set_permissions(&file, rights).unwrap();
    let folder = dir.path().join("la mia cartella");
    let output = Command::new(env!("CARGO_BIN_EXE_ceralacca"))
        .args(["esempio", "--jsonl", "--lang", "it", "-o"])
        .args([&folder, &file])
        .output()
        .unwrap();
    let report = json(&output);
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(std::fs::read(&file).unwrap(), content, "the file was changed");
    script(&folder);
    assert_eq!(std::fs::read(&file).unwrap(), content, "a command changed the file");
    let before = std::fs::metadata(folder.join("PdV.zip")).unwrap().modified().unwrap();
    // Into the same folder again: nothing is replaced.
    let again = ceralacca(&["demo", "-o", folder.to_str().unwrap(), "--json"]);
    assert_eq!(again.status.code(), Some(4), "{}", json(&again));
    assert_eq!(std::fs::metadata(folder.join("PdV.zip")).unwrap().modified().unwrap(), before);
}

#[test]
fn what_cannot_be_played_is_refused_before_anything_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(at("vuoto"), "").unwrap();
    std::fs::write(at("due:punti"), "x").unwrap();
    let media = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/media/senza-moov.mp4");
    let signed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cmd/verbs.in/verbale.txt.p7m");
    for (file, exit, code) in [
        (at("manca"), 4, "NOT_FOUND"),
        (at("vuoto"), 4, "EMPTY"),
        (media.to_str().unwrap().to_owned(), 4, "MEDIA_INCOMPLETE"),
        (signed.to_str().unwrap().to_owned(), 5, "ALREADY_SIGNED"),
        ("-".to_owned(), 2, "USAGE"),
        (at("due:punti"), 4, "NAME_NOT_ALLOWED"),
    ] {
        let output = ceralacca(&["demo", &file, "-o", &at("demo"), "--json"]);
        let report = json(&output);
        assert_eq!(output.status.code(), Some(exit), "{report}");
        assert_eq!(report["errors"][0]["code"], code, "{report}");
        assert!(!dir.path().join("demo").exists());
    }
    let output = ceralacca(&["demo", "--dry-run", "-o", &at("demo")]);
    assert!(output.status.success());
    assert!(!dir.path().join("demo").exists());
}

/// `xmllint` on the index and the metadata, where the schemas are at hand.
fn judged_by_schemas(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shared = std::env::var_os("CERALACCA_SHARED").map_or(root.join("../shared"), PathBuf::from);
    let required = std::env::var_os("CERALACCA_REQUIRE_JUDGES").is_some();
    let schemas = shared.join("xsd/italy");
    let pairs = [
        ("PdA/PIndex.xml", "sincro-v2_PIndex.xsd"),
        ("PdV/metadati/documento.xml", "allegato5_DAI_normalised.xsd"),
    ];
    for (file, schema) in pairs {
        let schema = schemas.join(schema);
        let run = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .args([&schema, &folder.join(file)])
            .output();
        match run {
            Ok(run) if schema.is_file() => {
                assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
            }
            _ => {
                assert!(!required, "xmllint or the schemas are missing");
                println!("skipped: xmllint or {} is missing", schema.display());
            }
        }
    }
}

#[test]
fn a_second_demo_gets_a_folder_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("nota.txt"), "Il Consiglio approva.").unwrap();
    let run = || {
        Command::new(env!("CARGO_BIN_EXE_ceralacca"))
            .args(["esempio", "nota.txt", "--lang", "it"])
            .current_dir(dir.path())
            .output()
            .unwrap()
    };
    for _ in 0..2 {
        let output = run();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("5 alterazioni"));
    }
    let folders = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(folders, 3, "the file and two folders");
}

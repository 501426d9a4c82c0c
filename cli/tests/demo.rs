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
    judged_by_schemas(&folder);
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

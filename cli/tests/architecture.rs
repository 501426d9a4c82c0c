//! Holds the tables of `docs/architecture.md` against what `cargo metadata` says: the picture is drawn as built, arrows go down
//! only, and the crates that carry a right (network, operating system, cryptography, terminal) are used where the picture says.
//! Only normal dependencies count: tests may reach sideways, to `lab` first of all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rooms' direct normal dependencies, by package name (a rename in a manifest changes nothing here).
type Graph = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn as_built() -> Graph {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let mut graph = Graph::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let normal = package["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter()
            // `kind` is null for a normal dependency, `dev` or `build` otherwise.
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| dependency["name"].as_str().expect("name").to_owned())
            .collect();
        graph.insert(package["name"].as_str().expect("name").to_owned(), normal);
    }
    graph
}

/// The cells of the table that stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`, without its two heading lines.
fn table(text: &str, name: &str) -> Vec<Vec<String>> {
    let (begin, end) = (format!("<!-- {name}:begin -->"), format!("<!-- {name}:end -->"));
    let inside = text
        .split_once(&begin)
        .and_then(|(_, rest)| rest.split_once(&end))
        .unwrap_or_else(|| panic!("docs/architecture.md has no table between {begin} and {end}"))
        .0;
    let rows: Vec<Vec<String>> = inside
        .lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect();
    assert!(!rows.is_empty(), "the table {name} is empty");
    rows
}

/// The names in backquotes.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

fn name(cell: &str) -> String {
    names(cell).pop_first().unwrap_or_else(|| panic!("no name in backquotes in {cell:?}"))
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/architecture.md"))
        .expect("docs/architecture.md is there")
}

/// What differs between the table of arrows and the workspace, one sentence each.
fn differences(rows: &[Vec<String>], built: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    let level: BTreeMap<String, u32> = rows
        .iter()
        .map(|row| (name(&row[1]), row[0].parse().expect("the level is a number")))
        .collect();
    for room in built.keys().filter(|room| !level.contains_key(*room)) {
        found.push(format!("{room} is in the workspace and not in the table"));
    }
    for row in rows {
        let room = name(&row[1]);
        let Some(dependencies) = built.get(&room) else {
            found.push(format!("{room} is in the table and not in the workspace"));
            continue;
        };
        let actual: BTreeSet<String> = dependencies
            .iter()
            .filter(|dependency| built.contains_key(*dependency))
            .cloned()
            .collect();
        let allowed = names(&row[2]);
        // `any` stands where every lower room is allowed (the benches).
        if row[2] != "any" {
            for extra in actual.difference(&allowed) {
                found.push(format!("{room} -> {extra} is not an allowed arrow"));
            }
            for gone in allowed.difference(&actual) {
                found.push(format!("{room} -> {gone} is in the table and no longer built"));
            }
        }
        for dependency in &actual {
            if level.get(dependency).is_some_and(|lower| *lower >= level[&room]) {
                found.push(format!("{room} -> {dependency} does not go down"));
            }
        }
    }
    found
}

#[test]
fn arrows_are_those_of_the_picture() {
    let found = differences(&table(&document(), "arrows"), &as_built());
    assert!(
        found.is_empty(),
        "docs/architecture.md and the manifests disagree:\n  {}",
        found.join("\n  ")
    );
}

#[test]
fn rights_stay_in_their_rooms() {
    let built = as_built();
    let mut found = Vec::new();
    for row in table(&document(), "rights") {
        let holders = names(&row[2]);
        for carrier in names(&row[1]) {
            for (room, dependencies) in &built {
                if dependencies.contains(&carrier) && !holders.contains(room) {
                    found.push(format!("{room} uses {carrier} ({}), kept for {}", row[0], row[2]));
                }
            }
        }
    }
    assert!(found.is_empty(), "rights outside their rooms:\n  {}", found.join("\n  "));
}

#[test]
fn every_outside_crate_is_explained() {
    let manifest: toml::Table =
        std::fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().expect("TOML");
    let asked: BTreeSet<String> = manifest["workspace"]["dependencies"]
        .as_table()
        .expect("workspace dependencies")
        .iter()
        .filter(|(_, dependency)| dependency.get("path").is_none())
        .map(|(name, _)| name.clone())
        .collect();
    let explained: BTreeSet<String> = std::fs::read_to_string(root().join("docs/dependencies.md"))
        .expect("docs/dependencies.md is there")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        // Rows whose first cell is nothing but a name; the tables of measurements begin otherwise.
        .filter(|(name, _)| !name.contains('`'))
        .map(|(name, _)| name.to_owned())
        .collect();
    let missing: Vec<_> = asked.difference(&explained).collect();
    let stale: Vec<_> = explained.difference(&asked).collect();
    assert!(missing.is_empty(), "not in docs/dependencies.md: {missing:?}");
    assert!(stale.is_empty(), "in docs/dependencies.md and no longer asked for: {stale:?}");
}

#[test]
fn an_arrow_that_is_not_allowed_is_found() {
    let rows = table(
        "<!-- arrows:begin -->\n| level | room | arrows |\n|---|---|---|\n| 0 | `low` | |\n| 1 | `high` | `low` |\n<!-- arrows:end -->",
        "arrows",
    );
    let graph = |pairs: &[(&str, &[&str])]| -> Graph {
        pairs
            .iter()
            .map(|(room, to)| ((*room).to_owned(), to.iter().map(|t| (*t).to_owned()).collect()))
            .collect()
    };
    assert_eq!(
        differences(&rows, &graph(&[("low", &["serde"]), ("high", &["low"])])),
        Vec::<String>::new()
    );
    assert_eq!(
        differences(&rows, &graph(&[("low", &["high"]), ("high", &[]), ("new", &[])])),
        [
            "new is in the workspace and not in the table",
            "low -> high is not an allowed arrow",
            "low -> high does not go down",
            "high -> low is in the table and no longer built",
        ]
    );
}

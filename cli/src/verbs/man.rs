//! `man`: manual pages made from the same tree as the help.

use std::io::Write;

use clap::Command;
use files::{Durability, Overwrite, StagedFile};

use crate::args::{Man, tree};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::both;
use crate::outcome::{Outcome, Tone};

use super::{Run, help};

/// Prints one page, or writes all of them to a folder.
///
/// # Errors
/// There is no such verb; the folder cannot be written to.
pub(crate) fn run(args: &Man, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let mut root = tree::shown(run.lang());
    root.build();
    let Some(folder) = &args.output else {
        let Some((command, path)) = tree::find(&root, &args.verb) else {
            return Err(help::unknown(&args.verb));
        };
        run.printer.raw(&page(command, &path));
        return Ok(Exit::Done);
    };
    let mut pages = Vec::new();
    collect(&root, "", &mut pages);
    let mut outcome = Outcome::without_input();
    if !run.dry_run {
        std::fs::create_dir_all(folder)
            .map_err(|e| Failure::io("creare la cartella", "create the folder", folder, &e))?;
        for (name, page) in &pages {
            let mut file = StagedFile::create(folder.join(name))?;
            file.write_all(page.as_bytes()).map_err(|e| file.write_error(e))?;
            file.commit(Overwrite::Replace, Durability::Batch)?;
        }
    }
    let (count, shown) = (pages.len(), crate::clean::path(folder));
    outcome.say(
        Tone::Plain,
        0,
        both!("{count} pagine di manuale in {shown}", "{count} manual pages in {shown}"),
    );
    let names: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
    outcome =
        outcome.data(serde_json::json!({ "output": folder.to_string_lossy(), "pages": names }));
    run.emit(&outcome);
    Ok(run.exit())
}

fn collect(command: &Command, path: &str, pages: &mut Vec<(String, String)>) {
    pages.push((format!("{}.1", title(path)), page(command, path)));
    for inner in command.get_subcommands() {
        let below = format!("{path} {}", inner.get_name());
        collect(inner, below.trim_start(), pages);
    }
}

fn title(path: &str) -> String {
    format!("ceralacca {path}").trim_end().replace(' ', "-")
}

fn page(command: &Command, path: &str) -> String {
    let mut page = Vec::new();
    let title = title(path);
    // Rendering into memory cannot fail.
    let _ = clap_mangen::Man::new(command.clone())
        .title(title.to_uppercase())
        .source(concat!("ceralacca ", env!("CARGO_PKG_VERSION")))
        .render(&mut page);
    String::from_utf8_lossy(&page).into_owned()
}

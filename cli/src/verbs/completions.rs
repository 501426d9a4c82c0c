//! `completions`: what a shell needs to complete verbs and flags.

use crate::args::{Completions, tree};
use crate::exit::Exit;

use super::Run;

/// Prints the script of one shell.
pub(crate) fn run(args: &Completions, run: &mut Run<'_>) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut tree::shown(run.lang()), "ceralacca", &mut script);
    run.printer.raw(&String::from_utf8_lossy(&script));
    Exit::Done
}

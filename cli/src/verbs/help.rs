//! `help`: the help of the program or of one verb, in the language of the run.

use crate::args::{Help, tree};
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Text, both};

use super::Run;

/// Prints it.
///
/// # Errors
/// There is no such verb.
pub(crate) fn run(args: &Help, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let mut root = tree::shown(run.lang());
    root.build();
    let Some((command, _)) = tree::find(&root, &args.verb) else {
        return Err(unknown(&args.verb));
    };
    let text = command.clone().render_long_help().to_string();
    run.printer.raw(&text);
    Ok(Exit::Done)
}

/// No verb has this name.
pub(crate) fn unknown(names: &[String]) -> Failure {
    let name = clean::line(&names.join(" ")).into_owned();
    Failure::usage(both!("il comando «{name}» non esiste", "there is no verb `{name}`"))
        .hint(Text::fixed("«ceralacca help» li elenca tutti", "`ceralacca help` lists them all"))
}

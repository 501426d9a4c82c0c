//! `detach` and `attach`: content and signature parted and joined, no SignerInfo octet changed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ceralacca::{Limits, Placing};
use cms::{SignedDataReader, armor};
use files::{FollowLinks, SourceFile, StagedFile};
use serde_json::json;

use crate::args::{Attach, Detach};
use crate::clean;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Text, both};
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, is_dash};
use crate::spool::{Input, Output};

use super::{Run, share};

/// Parts an attached signature.
///
/// # Errors
/// The file is no attached signature, an output is in the way.
pub(crate) fn detach(args: &Detach, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let input = args.file.as_path();
    let stem = stem(input);
    let wish = |output| Wish { output, overwrite: args.out.overwrite, outputs: 1 };
    let named = |suffix: &str| {
        stem.as_ref().map(|stem| {
            let mut name = stem.clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        })
    };
    let signature = wish(args.out.output.as_deref()).place(named(".p7s"), &[input])?;
    let content = if args.no_content {
        None
    } else {
        // --overwrite is about the signature: the original beside it may be the only copy of
        // something else, and is replaced only by whoever names it.
        let overwrite = args.out.overwrite && args.content.is_some();
        let wish = Wish { overwrite, ..wish(args.content.as_deref()) };
        Some(content_place(args, &wish, stem.clone())?)
    };
    let destinations: Vec<&Destination> = content.iter().chain([&signature]).collect();
    if run.dry_run {
        run.emit(&share::would_write(input, &destinations));
        return Ok(run.exit());
    }
    let placing = share::placing(run.settings, wish(None).replace());
    let source = Input::of(input)?;
    let size = match content.as_ref().and_then(Destination::path) {
        Some(path) => Some(content_to(source.path(), path, placing)?),
        None => None,
    };
    let output = Output::to(&signature)?;
    ceralacca::detach_file(source.path(), output.path(), placing)?;
    output.deliver()?;
    let durable = share::Durable::new(run.settings);
    for destination in &destinations {
        durable.done(destination.path())?;
    }
    durable.finish()?;
    let mut outcome = Outcome::of(input);
    let (shown, p7s) = (clean::path(input), share::shown(&signature));
    outcome.say(
        Tone::Good,
        0,
        both!(
            "{shown}: la firma separata è in {p7s}",
            "{shown}: the detached signature is in {p7s}"
        ),
    );
    if let Some(content) = &content {
        let file = share::shown(content);
        outcome.say(Tone::Plain, 1, both!("il contenuto è in {file}", "the content is in {file}"));
    }
    outcome.say(Tone::Faint, 1, not_verified());
    run.emit(&outcome.data(json!({
        "output": signature.shown(),
        "content": content.as_ref().map(Destination::shown),
        "content_size": size,
        "verified": false,
    })));
    Ok(run.exit())
}

/// Joins a detached signature and its content.
///
/// # Errors
/// The content is not the signed one, an output is in the way.
pub(crate) fn attach(args: &Attach, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let input = args.file.as_path();
    let wish =
        Wish { output: args.out.output.as_deref(), overwrite: args.out.overwrite, outputs: 1 };
    let default = stem(input).map(|stem| {
        let mut name = stem.into_os_string();
        name.push(".p7m");
        PathBuf::from(name)
    });
    let destination = wish.place(default, &[input, &args.content])?;
    if run.dry_run {
        run.emit(&share::would_write(input, &[&destination]));
        return Ok(run.exit());
    }
    let placing = share::placing(run.settings, wish.replace());
    let source = Input::of(input)?;
    let content = Input::of(&args.content)?;
    let output = Output::to(&destination)?;
    ceralacca::attach_file(source.path(), content.path(), output.path(), placing)?;
    output.deliver()?;
    let durable = share::Durable::new(run.settings);
    durable.done(destination.path())?;
    durable.finish()?;
    let (p7m, file) = (share::shown(&destination), clean::path(&args.content));
    let mut outcome = Outcome::of(input);
    outcome.say(
        Tone::Good,
        0,
        both!("{p7m}: contiene {file} e le sue firme", "{p7m}: holds {file} and its signatures"),
    );
    outcome.say(Tone::Faint, 1, not_verified());
    run.emit(&outcome.data(json!({
        "output": destination.shown(),
        "content": args.content.to_string_lossy(),
        "verified": false,
    })));
    Ok(run.exit())
}

fn not_verified() -> Text {
    Text::fixed(
        "che cosa valgono le firme lo dice «ceralacca verifica»",
        "what the signatures are worth is for `ceralacca verify` to say",
    )
}

/// Where the content goes; that it is there already is nothing unusual, and has its own advice.
fn content_place(
    args: &Detach,
    wish: &Wish<'_>,
    stem: Option<PathBuf>,
) -> Result<Destination, Failure> {
    let default = stem.map(|stem| {
        if stem == args.file {
            let mut name = stem.into_os_string();
            name.push(".content");
            name.into()
        } else {
            stem
        }
    });
    match wish.place(default, &[&args.file]) {
        Ok(Destination::Stdout) => Err(Failure::usage(Text::fixed(
            "il contenuto può andare solo in un file: indicarlo con --content FILE",
            "the content can only go to a file: give it with --content FILE",
        ))
        .hint(Text::fixed(
            "con --no-content si scrive solo la firma",
            "--no-content writes the signature only",
        ))),
        Err(failure) if failure.code == "EXISTS" => Err(failure.hint(Text::fixed(
            "con --no-content si scrive solo la firma; --content FILE dà al contenuto un altro nome",
            "--no-content writes the signature only; --content FILE gives the content another name",
        ))),
        other => other,
    }
}

/// The name less text wrappings and one signature: `atto.pdf.p7m.b64` → `atto.pdf`. The name
/// itself where there is nothing to take off; none for stdin.
fn stem(input: &Path) -> Option<PathBuf> {
    if is_dash(input) {
        return None;
    }
    let mut path = input.to_owned();
    let has = |path: &Path, list: &[&str]| {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        list.iter().any(|e| extension.eq_ignore_ascii_case(e))
    };
    while has(&path, &["b64", "base64", "pem", "eml"]) {
        path.set_extension("");
    }
    if has(&path, &["p7m", "p7s", "p7"]) {
        path.set_extension("");
    }
    Some(path)
}

/// Writes the content of the outermost signature: of a p7m inside a p7m, the inner p7m.
fn content_to(input: &Path, output: &Path, placing: Placing) -> Result<u64, Failure> {
    let failed = |source: cms::Error| ceralacca::Error::Cades {
        path: input.to_owned(),
        source: source.into(),
    };
    let limits = Limits::default();
    let mut source = SourceFile::open(input, FollowLinks::Follow)?;
    let mut staged = StagedFile::create(output)?;
    let size = {
        let opened = armor::open(&mut source, limits.layers).map_err(failed)?;
        let mut reader = SignedDataReader::open(opened.source, limits).map_err(failed)?;
        let content = reader.content().map_err(failed)?;
        let Some(mut content) = content else {
            let (path, source) = (input.to_owned(), cades::Error::Detached);
            return Err(ceralacca::Error::Cades { path, source }.into());
        };
        let size = io::copy(&mut content, &mut staged)
            .map_err(|error| copy_failed(error, input, output))?;
        // What follows the content must be whole too: half a file has no content worth keeping.
        reader.finish().map_err(failed)?;
        size
    };
    staged.flush().map_err(|error| staged.write_error(error))?;
    source.check_unchanged()?;
    staged.commit(placing.overwrite, placing.durability)?;
    Ok(size)
}

/// Reading and writing fail through the same call; a broken encoding is the input's fault.
fn copy_failed(error: io::Error, input: &Path, output: &Path) -> Failure {
    let path = if error.get_ref().is_some() { input } else { output };
    ceralacca::Error::from(files::Error::from_io("writing", path, error)).into()
}

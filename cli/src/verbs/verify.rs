//! `verify`: the judgement, as text or JSON, on the screen and in a file.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;

use ceralacca::{DigestAlgorithm, Report};
use files::{Overwrite, StagedFile};

use crate::args::{self, Verify};
use crate::clean;
use crate::envelope::Envelope;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::judging::{self, Content, Grounds};
use crate::lang::{Text, both};
use crate::outcome::{Outcome, Tone};
use crate::paths::is_dash;
use crate::printer::Form;
use crate::spool::{Input, Spool};

use super::{Run, share};

/// Judges each file.
///
/// # Errors
/// What keeps the run from beginning: trust that cannot be read, a wrong time, a report in the way.
pub(crate) fn run(args: &Verify, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let replace = if args.overwrite { Overwrite::Replace } else { Overwrite::Never };
    if let Some(path) = &args.report_file {
        files::refuse_existing(path, replace)?;
    }
    let kind = kind(args);
    if args.report_file.is_none() && kind == args::Report::Json {
        run.printer.turn_to(if args.files.len() > 1 { Form::JsonLines } else { Form::Json });
    }
    let grounds = Grounds::load(run.settings, run.now, &args.trust, &args.chain.chain)?
        .existing_at(args.reference_time.as_deref())?
        .with_policy_documents(&args.signature_policy_file)?;
    let digest = args.content_digest.as_deref().map(content_digest).transpose()?;
    let expected = expected(&args.expect);
    let mut jobs: Vec<(&Path, Option<&Path>)> = pair(args)?;
    if run.dry_run {
        for (input, _) in &jobs {
            let shown = clean::path(input);
            run.emit(
                &Outcome::of(input).line(
                    Tone::Plain,
                    both!("{shown}: lo verificherei", "{shown}: would be judged"),
                ),
            );
        }
        return Ok(run.exit());
    }
    // Standard input is read once, however many files it is the content of.
    let piped = args.content.iter().any(|path| is_dash(path)).then(Spool::stdin).transpose()?;
    if let Some(piped) = &piped {
        for (_, content) in &mut jobs {
            *content = content.map(|path| if is_dash(path) { piped.path() } else { path });
        }
    }
    let (lang, settings, several) = (run.lang(), run.settings, jobs.len() > 1);
    let reports: Mutex<Vec<(usize, String)>> = Mutex::default();
    let numbered: Vec<(usize, (&Path, Option<&Path>))> = jobs.into_iter().enumerate().collect();
    let work = |(n, (input, content)): &(usize, (&Path, Option<&Path>))| -> Outcome {
        let mut outcome = Outcome::of(input);
        if several {
            if *n > 0 {
                outcome.say(Tone::Plain, 0, Text::same(""));
            }
            outcome.say(Tone::Strong, 0, Text::same(clean::path(input)));
        }
        let content =
            Content { file: *content, digest: digest.as_ref().map(|(a, d)| (*a, d.as_slice())) };
        let outcome = match judge(input, content, &grounds, settings) {
            Err(failure) => outcome.failure(failure),
            Ok(mut report) => {
                if !expected.is_empty() {
                    let list = expected.iter().map(|(code, role)| (*code, *role));
                    report.expect_signers(list);
                }
                judging::tell(&mut outcome, &report, lang);
                let exit = judging::exit(&report);
                if exit == Exit::Indeterminate {
                    outcome.warnings.extend(grounds.warning());
                    if content.file.is_none() && content.digest.is_none() {
                        outcome.warnings.extend(content_beside(input, &report));
                    }
                }
                outcome.data(judging::data(&mut report, lang)).exit(exit)
            }
        };
        if args.report_file.is_some() {
            let text = match kind {
                args::Report::Json => {
                    let envelope = Envelope::of("verify", &outcome, lang);
                    if several { envelope.line() } else { envelope.pretty() }
                }
                _ => as_text(&outcome, lang),
            };
            if let Ok(mut reports) = reports.lock() {
                reports.push((*n, text));
            }
        }
        outcome
    };
    let exit = run.each(&numbered, |_| false, work);
    if let Some(path) = &args.report_file {
        let mut reports = reports.into_inner().unwrap_or_default();
        reports.sort_by_key(|(n, _)| *n);
        write(path, &reports, replace)?;
    }
    Ok(exit)
}

/// A time-stamp or signature whose content was not named, while a file of the right name stands
/// beside it. It is not taken for the content unasked: the person says so.
fn content_beside(input: &Path, report: &Report) -> Option<Warning> {
    let apart = ["tsr", "tst", "p7s"];
    let extension = input.extension()?.to_str()?;
    let beside = input.with_extension("");
    let missing = report.signatures.iter().any(|signature| signature.intact.is_none())
        || report.timestamps.iter().any(|stamp| stamp.intact.is_none());
    if !missing || !apart.iter().any(|e| extension.eq_ignore_ascii_case(e)) || !beside.is_file() {
        return None;
    }
    let shown = clean::path(&beside);
    Some(Warning::new(
        "CONTENT_BESIDE",
        both!(
            "il contenuto non è indicato; se è {shown}, che sta qui accanto, aggiungere --content {shown}",
            "the content is not named; if it is {shown}, which stands beside, add --content {shown}"
        ),
    ))
}

/// Text unless told otherwise, by the flag or by the name of the report's file.
fn kind(args: &Verify) -> args::Report {
    let json_file = args
        .report_file
        .as_ref()
        .and_then(|path| path.extension())
        .is_some_and(|e| e.eq_ignore_ascii_case("json") || e.eq_ignore_ascii_case("jsonl"));
    let fallback = if json_file { args::Report::Json } else { args::Report::Text };
    args.report.unwrap_or(fallback)
}

fn judge(
    input: &Path,
    content: Content<'_>,
    grounds: &Grounds,
    settings: &crate::settings::Settings,
) -> Result<Report, Failure> {
    let input = Input::of(input)?;
    let bar = share::bar(content.file.unwrap_or(input.path()), settings);
    let progress = |done| bar.set(done);
    Ok(ceralacca::verify_file(input.path(), &grounds.options(content, Some(&progress)))?)
}

/// Files with their contents: the N-th with the N-th, one content for all.
fn pair(args: &Verify) -> Result<Vec<(&Path, Option<&Path>)>, Failure> {
    let (files, contents) = (&args.files, &args.content);
    if contents.len() > 1 && contents.len() != files.len() {
        let (given, count) = (contents.len(), files.len());
        return Err(Failure::usage(both!(
            "--content è dato {given} volte per {count} file: uno solo per tutti, o uno per ciascuno",
            "--content is given {given} times for {count} files: give one for all, or one for each"
        )));
    }
    let streams = files.iter().chain(contents).filter(|path| is_dash(path)).count();
    if streams > 1 {
        return Err(Failure::usage(Text::fixed(
            "«-» è dato più di una volta: lo standard input si legge una volta sola",
            "`-` is given more than once: standard input can be read only once",
        )));
    }
    let content = |n: usize| match contents.as_slice() {
        [one] => Some(one.as_path()),
        all => all.get(n).map(|path| path.as_path()),
    };
    Ok(files.iter().enumerate().map(|(n, file)| (file.as_path(), content(n))).collect())
}

/// `sha256:0a1b…`
fn content_digest(text: &str) -> Result<(DigestAlgorithm, Vec<u8>), Failure> {
    let wrong = || {
        let shown = clean::line(text).into_owned();
        Failure::usage(both!(
            "--content-digest: «{shown}» non è un'impronta",
            "--content-digest: `{shown}` is not a digest"
        ))
        .hint(Text::fixed(
            "per esempio sha256: seguito da 64 cifre esadecimali",
            "for example sha256: followed by 64 hexadecimal digits",
        ))
    };
    let (name, hex) = text.split_once(':').ok_or_else(wrong)?;
    let algorithm = DigestAlgorithm::from_name(name).ok_or_else(wrong)?;
    let hex = hex.as_bytes();
    if !hex.len().is_multiple_of(2) || hex.len() / 2 != algorithm.output_len() {
        return Err(wrong());
    }
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|d| u8::try_from(d).ok());
    hex.chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect::<Option<Vec<u8>>>()
        .map(|value| (algorithm, value))
        .ok_or_else(wrong)
}

/// `CF` or `CF:ROLE`.
fn expected(list: &[String]) -> Vec<(&str, Option<&str>)> {
    list.iter()
        .map(|one| match one.split_once(':') {
            Some((code, role)) => (code.trim(), Some(role.trim())),
            None => (one.trim(), None),
        })
        .collect()
}

/// What is said on the screen, for a file.
fn as_text(outcome: &Outcome, lang: crate::lang::Lang) -> String {
    let mut text = String::new();
    for line in &outcome.lines {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{:width$}{}",
            "",
            clean::line(line.text.get(lang)),
            width = line.indent * 2
        );
    }
    for error in &outcome.errors {
        let _ = writeln!(text, "{}", clean::line(error.say(lang)));
    }
    text
}

fn write(path: &Path, reports: &[(usize, String)], replace: Overwrite) -> Result<(), Failure> {
    let mut staged = StagedFile::create(path)?;
    for (n, report) in reports {
        let gap = if *n > 0 && !report.starts_with('{') { "\n" } else { "" };
        let end = if report.ends_with('\n') { "" } else { "\n" };
        write!(staged, "{gap}{report}{end}").map_err(|error| staged.write_error(error))?;
    }
    staged.commit(replace, files::Durability::File)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_as_people_give_them() {
        let hex = "aB".repeat(32);
        let (algorithm, value) = content_digest(&format!("sha256:{hex}")).expect("right");
        assert_eq!((algorithm, value), (DigestAlgorithm::Sha256, vec![0xab; 32]));
        for wrong in ["", "sha256", "sha256:", "sha256:abc", "md6:00", &format!("sha512:{hex}")] {
            assert_eq!(content_digest(wrong).expect_err(wrong).exit, Exit::Usage);
        }
        assert!(content_digest(&format!("sha256:{}", "zz".repeat(32))).is_err());
        assert!(content_digest(&format!("sha256:{}", "è".repeat(32))).is_err());
    }

    #[test]
    fn expected_signers_with_their_role() {
        let list = ["A".to_owned(), "B: Segretario comunale".to_owned()];
        assert_eq!(expected(&list), [("A", None), ("B", Some("Segretario comunale"))]);
    }
}

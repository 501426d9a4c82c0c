//! `package`: metadata sheets, deposit and archive packages, and their judgement.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ceralacca::preservation::aip::{self, AipPlan};
use ceralacca::preservation::metadata::{self, Spacing, TemplateFacts};
use ceralacca::preservation::sip::{self, SipPlan};
use ceralacca::preservation::{
    self, Application, FileCount, Level, Output, PackageFinding, PackageReport, Verdict, mime_of,
};
use ceralacca::{DigestAlgorithm, SignOptions};
use crypto::MultiHasher;
use files::{FollowLinks, SourceFile};
use serde_json::{Value, json};

use crate::args::{Aip, Allow, Container, MetadataInit, PackageVerify, Sip};
use crate::clean;
use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::judging::{self, Content, Grounds};
use crate::keys;
use crate::lang::{Lang, Text, both};
use crate::media;
use crate::network::{self, Authorities};
use crate::outcome::{Outcome, Tone};
use crate::paths::{Destination, Wish, appended};
use crate::progress::Progress;
use crate::signals::Interrupt;
use crate::signing::{self, Keys, Terms};

use super::{Run, share};

/// Writes the metadata sheet of a file, with what the file itself tells.
///
/// # Errors
/// The file cannot be read; the sheet is in the way.
pub(crate) fn metadata_init(args: &MetadataInit, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let input = &args.file;
    let wish =
        Wish { output: args.out.output.as_deref(), overwrite: args.out.overwrite, outputs: 1 };
    let destination = wish.place(appended(input, ".toml"), &[input])?;
    if run.dry_run {
        let outcome = share::would_write(input, &[&destination]);
        run.emit(&outcome);
        return Ok(run.exit());
    }
    let bar = share::bar(input, run.settings);
    let digest = digest(input, &bar)?;
    // A file that holds no signature is not one that cannot be looked into.
    let inside = ceralacca::inspect_file(input, None).ok();
    let signers = || inside.iter().flat_map(|found| &found.layers).flat_map(|layer| &layer.signers);
    let name = input.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default();
    let sheet = metadata::template(&TemplateFacts {
        file_name: &name,
        sha256: &digest,
        format: None,
        signed: Some(signers().next().is_some()),
        timestamped: Some(signers().any(|signer| !signer.timestamps.is_empty())),
        software: None,
    });
    let placing = share::placing(run.settings, wish.replace());
    match destination.path() {
        Some(path) => write(path, sheet.as_bytes(), placing)?,
        None => run.printer.raw(&sheet),
    }
    let (shown, output) = (clean::path(input), share::shown(&destination));
    let hex: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
    let outcome = Outcome::of(input)
        .line(
            Tone::Good,
            both!(
                "{shown}: la scheda da compilare è in {output}",
                "{shown}: the sheet to fill in is in {output}"
            ),
        )
        .data(json!({
            "output": destination.shown(),
            "format": mime_of(&name),
            "digest": { "algorithm": "SHA-256", "value": hex },
        }));
    run.emit(&outcome);
    Ok(run.exit())
}

/// Makes a deposit package.
///
/// # Errors
/// Metadata that lack fields, files that cannot go into a package, an output in the way.
pub(crate) fn sip(args: &Sip, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let (Some(sheet), Some(first)) = (&args.metadata, args.main.first()) else {
        // clap asks for both unless a manifest is given, and that comes later.
        return Err(Failure::later("package sip --manifest"));
    };
    let container = container(args.container);
    let wish =
        Wish { output: args.out.output.as_deref(), overwrite: args.out.overwrite, outputs: 1 };
    let inputs: Vec<&Path> = args.main.iter().chain(&args.attach).map(PathBuf::as_path).collect();
    let destination = place(&wish, appended(first, extension("pdv", container)), &inputs)?;
    let output = folder(destination.path())?;
    for file in &args.main {
        if !args.allow.allow.contains(&Allow::IncompleteMedia) {
            media::refuse_incomplete(file)?;
        }
    }
    let metadata = match metadata::parse(&text(sheet)?) {
        Ok(metadata) => metadata,
        Err(error) => return lacking(sheet, error, run),
    };
    if run.dry_run {
        let outcome = share::would_write(first, &[&destination]);
        run.emit(&outcome);
        return Ok(run.exit());
    }
    let plan = SipPlan {
        metadata: &metadata,
        main: args.main.clone(),
        attachments: args.attach.clone(),
        created_at: run.now,
        application: Application::default(),
        spacing: Spacing::default(),
    };
    let placing = share::placing(run.settings, wish.replace());
    let built = packing(run, &inputs, |progress| {
        sip::build(&plan, into(output, container, placing, progress))
    });
    let built = match built {
        Ok(built) => built,
        Err(error) => return lacking(sheet, error, run),
    };
    let mut outcome = Outcome::of(first);
    outcome.warnings.extend(metadata.warnings.iter().map(|problem| {
        let (it, en) = (problem.message.it.clone(), problem.message.en.clone());
        Warning::new(problem.code, Text::new(it, en))
    }));
    made(&mut outcome, "PdV", "SIP", &built.path, built.files);
    let outcome = outcome.data(json!({
        "kind": "SIP",
        "output": built.path.to_string_lossy(),
        "identifier": built.identifier,
        "files": count(built.files),
    }));
    run.emit(&outcome);
    Ok(run.exit())
}

/// Makes an archive package, its index signed.
///
/// # Errors
/// Keys and authorities, a deposit package that is not valid, an output in the way.
pub(crate) fn aip(args: &Aip, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let container = container(args.container);
    let wish =
        Wish { output: args.out.output.as_deref(), overwrite: args.out.overwrite, outputs: 1 };
    let default = appended(&args.sip, extension("pda", container));
    let destination = place(&wish, default, &[&args.sip])?;
    let output = folder(destination.path())?;
    let specs = keys::resolve(run.settings, &args.keys, run.matches)?;
    if run.dry_run {
        let outcome = share::would_write(&args.sip, &[&destination]);
        run.emit(&outcome);
        return Ok(run.exit());
    }
    let terms = Terms { digest: None, allow: &args.allow.allow, at: run.now };
    let keys = Keys::open(&specs, &mut run.secrets, &terms)?;
    let stamped = !run.settings.tsa.value.is_empty();
    let authorities = if stamped {
        network::authorities(run.settings, &mut run.secrets)?
    } else {
        Authorities::none()
    };
    let allow = signing::names(&args.allow.allow);
    let placing = share::placing(run.settings, wish.replace());
    let signing = keys.signing();
    let list = authorities.list();
    let options = SignOptions {
        keys: &signing,
        signing_time: run.now,
        authorities: &list,
        allow: &allow,
        placing,
        ..SignOptions::default()
    };
    let plan = AipPlan {
        sip: &args.sip,
        preservation: None,
        identifier: None,
        created_at: run.now,
        attached_timestamp: stamped,
        application: Application::default(),
    };
    let built = packing(run, &[&args.sip], |progress| {
        match ceralacca::build_aip(&plan, &options, into(output, container, placing, progress)) {
            Ok(built) => Ok(Ok(built)),
            Err(ceralacca::Error::Preservation(error)) => Err(error),
            Err(error) => Ok(Err(error)),
        }
    });
    let built = match built {
        Ok(Ok(built)) => built,
        Ok(Err(error)) => return Err(error.into()),
        Err(error) => return lacking(&args.sip, error, run),
    };
    let mut outcome = Outcome::of(&args.sip);
    outcome.warnings.extend(authorities.warnings.iter().cloned());
    outcome.warnings.extend(built.warnings.iter().map(noticed));
    made(&mut outcome, "PdA", "AIP", &built.path, built.files);
    let level = if stamped { "CAdES-BASELINE-T" } else { "CAdES-BASELINE-B" };
    let outcome = outcome.data(json!({
        "kind": "AIP",
        "output": built.path.to_string_lossy(),
        "identifier": built.identifier,
        "files": count(built.files),
        "index": { "sha256": built.index_sha256, "level": level },
    }));
    run.emit(&outcome);
    Ok(run.exit())
}

/// Judges packages.
///
/// # Errors
/// Trust that cannot be read, a wrong time.
pub(crate) fn verify(args: &PackageVerify, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let grounds = Grounds::load(run.settings, run.now, &args.trust, &args.chain.chain)?;
    let (lang, settings, interrupt) = (run.lang(), run.settings, run.interrupt.clone());
    let quiet = settings.quiet.value || settings.jobs.value > 1;
    let work = |path: &PathBuf| -> Outcome {
        let bar = Progress::bytes(&clean::path(path), size(path), quiet);
        let mut tell = telling(&bar, &interrupt);
        let options = grounds.options(Content::default(), None);
        match ceralacca::verify_package(path, &options, &mut tell) {
            Err(error) => Outcome::of(path).failure(error.into()),
            Ok((report, signatures)) => judged(path, &report, signatures, &grounds, lang),
        }
    };
    Ok(run.each(&args.paths, |_| false, work))
}

fn judged(
    path: &Path,
    report: &PackageReport,
    signatures: Option<ceralacca::Report>,
    grounds: &Grounds,
    lang: Lang,
) -> Outcome {
    let (exit, tone) = match report.verdict {
        Verdict::Valid => (Exit::Done, Tone::Good),
        _ if report.has_failures() => (Exit::Failed, Tone::Bad),
        Verdict::Invalid => (Exit::Failed, Tone::Bad),
        Verdict::Incomplete => (Exit::Indeterminate, Tone::Doubt),
    };
    let summary = report.summary();
    let mut outcome = Outcome::of(path);
    let shown = clean::path(path);
    let (it, en) = (clean::line(&summary.it), clean::line(&summary.en));
    outcome.say(tone, 0, both!("{shown}: {it}", "{shown}: {en}"));
    for finding in &report.findings {
        let tone = match finding.level {
            Level::Fail => Tone::Bad,
            Level::Warn => Tone::Doubt,
            Level::Info => Tone::Faint,
        };
        let (code, place) = (finding.code, clean::line(&finding.where_).into_owned());
        let it = clean::line(&finding.message.it).into_owned();
        let en = clean::line(&finding.message.en).into_owned();
        outcome.say(tone, 1, both!("{code} {place}: {it}", "{code} {place}: {en}"));
    }
    if exit == Exit::Indeterminate {
        outcome.warnings.extend(grounds.warning());
    }
    let mut data = serde_json::to_value(report.view(language(lang))).unwrap_or_default();
    let signed = match signatures {
        Some(mut signatures) => {
            let mut all = judging::data(&mut signatures, lang);
            all.get_mut("signatures").map(Value::take).unwrap_or_else(|| json!([]))
        }
        None => json!([]),
    };
    if let Value::Object(fields) = &mut data {
        fields.insert("signatures".to_owned(), signed);
    }
    outcome.data(data).exit(exit)
}

fn language(lang: Lang) -> preservation::Lang {
    match lang {
        Lang::It => preservation::Lang::It,
        Lang::En => preservation::Lang::En,
    }
}

fn container(container: Option<Container>) -> preservation::Container {
    match container {
        Some(Container::Zip) => preservation::Container::Zip,
        // Tar is refused before any verb runs: it comes with a later release.
        Some(Container::Dir | Container::Tar) | None => preservation::Container::Dir,
    }
}

fn extension(kind: &str, container: preservation::Container) -> &'static str {
    match (kind, container) {
        ("pdv", preservation::Container::Zip) => ".pdv.zip",
        ("pdv", _) => ".pdv",
        (_, preservation::Container::Zip) => ".pda.zip",
        _ => ".pda",
    }
}

/// Where a package goes. An existing package named with `-o` is the one to be made again, never a
/// folder to put another one into: a file nobody promised would make it invalid.
///
/// # Errors
/// As [`Wish::place`].
fn place(
    wish: &Wish<'_>,
    default: Option<PathBuf>,
    inputs: &[&Path],
) -> Result<Destination, Failure> {
    if let Some(output) = wish.output.filter(|output| is_package(output)) {
        for input in inputs {
            files::refuse_same_file(input, output)?;
        }
        files::refuse_existing(output, wish.replace())?;
        return Ok(Destination::Path(output.to_owned()));
    }
    let destination = wish.place(default, inputs)?;
    if let Some(folder) = destination.path().and_then(Path::parent).filter(|f| is_package(f)) {
        let shown = clean::path(folder);
        return Err(Failure::new(
            "INSIDE_PACKAGE",
            Exit::Io,
            both!(
                "{shown} è un pacchetto: un file aggiunto dentro lo renderebbe non valido",
                "{shown} is a package: a file added inside would make it invalid"
            ),
        )
        .hint(Text::fixed("indicare un'altra cartella con -o", "give another folder with -o")));
    }
    Ok(destination)
}

/// Whether a folder has the index of a package.
fn is_package(folder: &Path) -> bool {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    [sip::INDEX, aip::PINDEX, aip::PINDEX_SIGNED].iter().any(|name| folder.join(name).is_file())
}

/// A package is a folder or a file that can be gone back in: no pipe.
fn folder(path: Option<&Path>) -> Result<&Path, Failure> {
    path.ok_or_else(|| {
        Failure::usage(Text::fixed(
            "un pacchetto non può andare sullo standard output: indicare -o NOME",
            "a package cannot go to standard output: give -o NAME",
        ))
    })
}

fn into<'a, 'p>(
    path: &'a Path,
    container: preservation::Container,
    placing: ceralacca::Placing,
    progress: &'a mut preservation::Progress<'p>,
) -> Output<'a, 'p> {
    let ceralacca::Placing { overwrite, durability } = placing;
    Output { path, container, overwrite, durability, progress }
}

/// Runs the making of a package with its progress bar and Ctrl-C.
fn packing<T>(
    run: &Run<'_>,
    inputs: &[&Path],
    work: impl FnOnce(&mut preservation::Progress<'_>) -> Result<T, preservation::Error>,
) -> Result<T, preservation::Error> {
    let total = inputs.iter().map(|path| size(path)).sum();
    let name = inputs.first().map(|path| clean::path(path)).unwrap_or_default();
    let bar = Progress::bytes(&name, total, run.settings.quiet.value);
    let mut tell = telling(&bar, &run.interrupt);
    work(&mut tell)
}

/// Counts bytes on the bar; stops at Ctrl-C.
fn telling<'t>(bar: &'t Progress, interrupt: &'t Interrupt) -> impl FnMut(u64) -> ControlFlow<()> {
    let (bar, interrupt) = (bar, interrupt.clone());
    let mut done = 0;
    move |bytes| {
        done += bytes;
        bar.set(done);
        if interrupt.requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Size of a file, or of the files right below a folder: enough for a progress bar.
fn size(path: &Path) -> u64 {
    let of = |path: &Path| std::fs::metadata(path).map(|meta| meta.len()).unwrap_or(0);
    if !path.is_dir() {
        return of(path);
    }
    let mut total = 0;
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => total += of(&entry.path()),
                _ => {}
            }
        }
    }
    total
}

fn digest(input: &Path, bar: &Progress) -> Result<Vec<u8>, Failure> {
    let mut source = SourceFile::open(input, FollowLinks::Follow)?;
    let mut hasher = MultiHasher::new([DigestAlgorithm::Sha256]);
    let total = crypto::stream::hash(&mut source, &mut hasher)
        .map_err(|error| files::Error::from_io("reading", input, error))?;
    bar.set(total);
    source.check_unchanged()?;
    Ok(hasher.finish().remove(&DigestAlgorithm::Sha256).unwrap_or_default())
}

fn text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| files::Error::from_io("reading", path, error).into())
}

fn write(path: &Path, octets: &[u8], placing: ceralacca::Placing) -> Result<(), Failure> {
    use std::io::Write as _;
    files::refuse_existing(path, placing.overwrite)?;
    let mut staged = files::StagedFile::create(path)?;
    staged.write_all(octets).map_err(|error| staged.write_error(error))?;
    staged.commit(placing.overwrite, placing.durability)?;
    Ok(())
}

/// Everything that lacks in a metadata sheet, each with its remedy; another error as it is.
fn lacking(sheet: &Path, error: preservation::Error, run: &mut Run<'_>) -> Result<Exit, Failure> {
    let preservation::Error::Metadata { problems } = error else { return Err(error.into()) };
    let lang = run.lang();
    let told: Vec<Value> = problems
        .iter()
        .map(|problem| {
            json!({
                "code": problem.code,
                "key": problem.key,
                "element": problem.element,
                "message": problem.message.text(language(lang)),
                "fix": problem.fix.text(language(lang)),
            })
        })
        .collect();
    let mut outcome = Outcome::of(sheet).data(json!({ "problems": told }));
    for problem in problems {
        let message = Text::new(problem.message.it, problem.message.en);
        let fix = Text::new(problem.fix.it, problem.fix.en);
        outcome = outcome.failure(Failure::new(problem.code, Exit::Io, message).hint(fix));
    }
    run.emit(&outcome);
    Ok(run.exit())
}

fn noticed(finding: &PackageFinding) -> Warning {
    let (it, en) = (finding.message.it.clone(), finding.message.en.clone());
    Warning::new(finding.code, Text::new(it, en))
}

fn made(outcome: &mut Outcome, it_kind: &str, en_kind: &str, path: &Path, files: FileCount) {
    let (output, number) = (clean::path(path), files.count);
    outcome.say(
        Tone::Good,
        0,
        both!(
            "{output}: {it_kind} completo, {number} file",
            "{output}: {en_kind} complete, {number} files"
        ),
    );
}

fn count(files: FileCount) -> Value {
    json!({ "count": files.count, "bytes": files.bytes })
}

//! What happens in the demo, act by act.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use ceralacca::preservation::{self, aip, metadata, sip};
use ceralacca::validation::text::summary;
use ceralacca::{DigestAlgorithm, Durability, Overwrite, Report};
use chrono::Utc;
use chrono_tz::Europe::Rome;
use crypto::Hasher;
use serde_json::{Value, json};

use crate::clean;
use crate::failure::Failure;
use crate::instant;
use crate::lang::{Text, both};
use crate::outcome::Tone;
use crate::progress::Progress;

use super::script::Argv;
use super::{COSIGNED, LARGE, Play, alter, stage};

/// The sheet of the demo, with places for what is known only when it is played.
const SHEET: &str = include_str!("scheda.toml");

/// A copy with one byte changed, and who noticed.
pub(super) struct Alteration {
    /// What was altered, for programs.
    what: &'static str,
    /// The altered copy.
    file: PathBuf,
    /// Whether the copy is still there.
    kept: bool,
    /// Whether it was noticed.
    pub(super) noticed: bool,
    /// The verdict over it.
    verdict: String,
    /// What was said.
    message: String,
    /// What a person runs to hear it again; it ends with exit code 1.
    check: Argv,
}

impl Alteration {
    /// For programs.
    pub(super) fn json(&self) -> Value {
        json!({
            "what": self.what,
            "file": self.file.to_string_lossy(),
            "kept": self.kept,
            "noticed": self.noticed,
            "verdict": self.verdict,
            "message": self.message,
            "check": self.check,
            "exit": 1,
        })
    }
}

impl Play<'_, '_> {
    /// All acts in their order.
    pub(super) fn perform(&mut self) -> Result<(), Failure> {
        let url = self.stage.url();
        let text = both!(
            "PKI di prova: autorità, firmatari, marche temporali, OCSP e CRL su {url}, solo su questo computer",
            "Test PKI: authorities, signers, time-stamps, OCSP and CRLs on {url}, on this computer only"
        );
        self.step("lab", None, &[], &text, Vec::new());
        self.sign()?;
        self.cosign()?;
        self.verify()?;
        self.extract()?;
        self.detach()?;
        self.timestamp()?;
        self.metadata()?;
        self.sip()?;
        self.aip()?;
        self.offline()?;
        self.alterations()
    }

    /// A name made of the file's and a suffix, in the demo's folder.
    fn named(&self, suffix: &str) -> PathBuf {
        let mut name = self.file.file_name().unwrap_or(OsStr::new("file")).to_owned();
        name.push(suffix);
        self.stage.at(name)
    }

    fn signed(&self) -> PathBuf {
        self.named(".p7m")
    }

    fn cosigned(&self) -> PathBuf {
        self.named(COSIGNED)
    }

    fn detached(&self) -> PathBuf {
        self.named(".p7s")
    }

    fn stamp(&self) -> PathBuf {
        self.named(".tsr")
    }

    fn bar(&self, total: u64) -> Progress {
        Progress::bytes(&self.name, total, self.run.settings.quiet.value)
    }

    fn person(&self, id: &str) -> String {
        self.stage.person(id).map(|p| format!("{} {}", p.given_name, p.surname)).unwrap_or_default()
    }

    fn sign(&mut self) -> Result<(), Failure> {
        self.pause()?;
        let output = self.signed();
        let key = self.stage.key("presidente")?;
        let bar = self.bar(self.size);
        let tell = |done| bar.set(done);
        let made = self
            .stage
            .sign(key, Some(&tell), |options| ceralacca::sign_file(&self.file, &output, options))?;
        drop(bar);
        let (who, shown) = (self.person("presidente"), shown_name(&output));
        let when = stamped_at(&made.stamped);
        let (it, en) = (when.get(crate::args::Lang::It), when.get(crate::args::Lang::En));
        let text = both!(
            "{who}, Presidente, ha firmato con marca temporale {it}: {shown}",
            "{who}, President, has signed with a time-stamp {en}: {shown}"
        );
        let prove = name_of(&output);
        let command =
            self.script.command(&["sign"]).path(&self.file).signer("presidente").output(prove);
        self.step("sign", None, &[&output], &text, vec![command.done()]);
        self.offline_note();
        Ok(())
    }

    /// Why the two commands for signing make no stamps.
    fn offline_note(&mut self) {
        self.run.printer.now(
            Tone::Faint,
            2,
            &Text::fixed(
                "(senza marca: finita la dimostrazione l'autorità di prova è spenta; LEGGIMI.txt dice come riaccenderla)",
                "(without a stamp: the test authority ends with the demo; LEGGIMI.txt says how to start it again)",
            ),
        );
    }

    fn cosign(&mut self) -> Result<(), Failure> {
        self.pause()?;
        let (input, output) = (self.signed(), self.cosigned());
        let key = self.stage.key("segretario")?;
        let bar = self.bar(self.size);
        let tell = |done| bar.set(done);
        let made = self.stage.sign(key, Some(&tell), |options| {
            ceralacca::cosign_file(&input, None, &output, options)
        })?;
        drop(bar);
        let (who, shown) = (self.person("segretario"), shown_name(&output));
        let when = stamped_at(&made.stamped);
        let (it, en) = (when.get(crate::args::Lang::It), when.get(crate::args::Lang::En));
        let text = both!(
            "{who}, Segretario, ha aggiunto la sua firma, marcata {it}, senza toccare la prima: {shown}",
            "{who}, Secretary, has added a signature, stamped {en}, leaving the first untouched: {shown}"
        );
        let prove = name_of(&output);
        let command =
            self.script.command(&["cosign"]).path(&input).signer("segretario").output(prove);
        self.step("cosign", None, &[&output], &text, vec![command.done()]);
        Ok(())
    }

    fn verify(&mut self) -> Result<(), Failure> {
        self.pause()?;
        let file = self.cosigned();
        let report = self.judge(&file, None)?;
        let (ocsp, crls) = self.stage.asked();
        let (it, en) = sentences(&report);
        let text = both!(
            "Verifica: {it} Revoche chieste alle autorità: OCSP {ocsp}, CRL {crls}.",
            "Verification: {en} Revocation asked of the authorities: OCSP {ocsp}, CRL {crls}."
        );
        let command = self.script.command(&["verify"]).path(&file).evidence();
        self.step("verify", Some(report.verdict.as_str()), &[], &text, vec![command.done()]);
        self.expect_passed(&report, &file);
        self.expect(
            report.signatures.len() == 2
                && report.signatures.iter().all(|s| s.level == "CAdES-BASELINE-T"),
            Text::fixed(
                "si attendevano due firme di livello CAdES-BASELINE-T",
                "two signatures of level CAdES-BASELINE-T were expected",
            ),
        );
        Ok(())
    }

    fn extract(&mut self) -> Result<(), Failure> {
        self.pause()?;
        let file = self.cosigned();
        let original = sha256_of(&self.file)?;
        let mut taken_out = Digest::new();
        ceralacca::extract_to(&file, &mut taken_out)?;
        let same = taken_out.finish() == original;
        let text = both!(
            "Il contenuto estratto è identico all'originale, byte per byte (SHA-256 {original})",
            "The content taken out is identical to the original, byte for byte (SHA-256 {original})"
        );
        let command = self.script.command(&["extract"]).path(&file).output(&self.name);
        if same {
            self.step("extract", Some("IDENTICAL"), &[], &text, vec![command.done()]);
        }
        self.expect(
            same,
            Text::fixed(
                "il contenuto estratto non è quello firmato",
                "the content taken out is not the one signed",
            ),
        );
        Ok(())
    }

    fn detach(&mut self) -> Result<(), Failure> {
        self.pause()?;
        let (input, output) = (self.cosigned(), self.detached());
        ceralacca::detach_file(&input, &output, stage::placing())?;
        let content = self.file.clone();
        let report = self.judge(&output, Some(&content))?;
        let shown = shown_name(&output);
        let (it, en) = sentences(&report);
        let text = both!(
            "Le firme separate dal contenuto: {shown}. Verifica insieme al file originale: {it}",
            "The signatures parted from the content: {shown}. Verified together with the original: {en}"
        );
        let prove = name_of(&output);
        let commands = vec![
            self.script.command(&["detach"]).path(&input).word("--no-content").output(prove).done(),
            self.script
                .command(&["verify"])
                .path(&output)
                .flag("--content", &content)
                .evidence()
                .done(),
        ];
        self.step("detach", Some(report.verdict.as_str()), &[&output], &text, commands);
        self.expect_passed(&report, &output);
        Ok(())
    }

    fn timestamp(&mut self) -> Result<(), Failure> {
        self.pause()?;
        let output = self.stamp();
        let bar = self.bar(self.size);
        let tell = |done| bar.set(done);
        let stamped = self.stage.stamp(&self.file, &output, Some(&tell))?;
        drop(bar);
        let content = self.file.clone();
        let report = self.judge(&output, Some(&content))?;
        let shown = shown_name(&output);
        let when = stamped_at(&[stamped.gen_time]);
        let (it_when, en_when) = (when.get(crate::args::Lang::It), when.get(crate::args::Lang::En));
        let (it, en) = sentences(&report);
        let text = both!(
            "Marca temporale {it_when} del file senza firma: {shown}. {it}",
            "Time-stamp {en_when} of the file without a signature: {shown}. {en}"
        );
        let command = self
            .script
            .command(&["verify"])
            .path(&output)
            .flag("--content", &content)
            .evidence()
            .done();
        self.step("timestamp", Some(report.verdict.as_str()), &[&output], &text, vec![command]);
        self.expect_passed(&report, &output);
        Ok(())
    }

    fn metadata(&mut self) -> Result<(), Failure> {
        self.pause()?;
        let (main, output) = (self.cosigned(), self.stage.at("metadati.toml"));
        let sheet = self.sheet(&main)?;
        stage::write(&output, sheet.as_bytes(), Overwrite::Never)?;
        let text = Text::fixed(
            "La scheda dei metadati (AgID, Allegato 5), già compilata: metadati.toml. Il comando ne prepara una da compilare.",
            "The metadata sheet (AgID, Allegato 5), filled in already: metadati.toml. The command makes one to fill in.",
        );
        let command = self
            .script
            .command(&["package", "metadata", "init"])
            .path(&main)
            .output("metadati-da-compilare.toml");
        self.step("metadata", None, &[&output], &text, vec![command.done()]);
        Ok(())
    }

    /// The sheet with everything in its place.
    fn sheet(&self, main: &Path) -> Result<String, Failure> {
        let now = self.run.now.with_timezone(&Rome);
        let quoted = |path: &Path| toml::Value::String(name_of(path)).to_string();
        let mut sheet = SHEET
            .replace("@ANNO@", &now.format("%Y").to_string())
            .replace("@GIORNO@", &now.format("%d/%m/%Y").to_string())
            .replace("@DATA@", &now.format("%Y-%m-%d").to_string())
            .replace("@ORA@", &now.format("%H:%M:%S").to_string())
            .replace("@SHA256@", &sha256_of(main)?);
        for (id, place) in [("presidente", "PRESIDENTE"), ("segretario", "SEGRETARIO")] {
            if let Some(person) = self.stage.person(id) {
                sheet = sheet
                    .replace(&format!("@COGNOME_{place}@"), &person.surname)
                    .replace(&format!("@NOME_{place}@"), &person.given_name)
                    .replace(&format!("@CF_{place}@"), &person.tax_code()?);
            }
        }
        // The file's name comes last: nothing in it is a place to be filled.
        Ok(sheet.replace("@NOME_MARCA@", &quoted(&self.stamp())).replace("@NOME@", &quoted(main)))
    }

    fn sip(&mut self) -> Result<(), Failure> {
        self.pause()?;
        let sheet = self.stage.at("metadati.toml");
        let text = std::fs::read_to_string(&sheet)
            .map_err(|e| files::Error::from_io("reading", &sheet, e))?;
        let checked = metadata::parse(&text)?;
        let plan = sip::SipPlan {
            metadata: &checked,
            main: vec![self.cosigned()],
            attachments: vec![self.stamp()],
            created_at: self.run.now,
            application: preservation::Application::default(),
            spacing: metadata::Spacing::Clean,
        };
        for (name, container) in
            [("PdV", preservation::Container::Dir), ("PdV.zip", preservation::Container::Zip)]
        {
            let output = self.stage.at(name);
            self.packing(|progress| sip::build(&plan, to(&output, container, progress)))?;
            let report = self.look_into(&output)?;
            let summary = report.summary();
            let (it, en) = (&summary.it, &summary.en);
            let text = match container {
                preservation::Container::Dir => both!(
                    "Pacchetto di versamento nella cartella {name}. {it}",
                    "Deposit package in the folder {name}. {en}"
                ),
                preservation::Container::Zip => both!(
                    "Lo stesso pacchetto in un solo file, {name}. {it}",
                    "The same package in one file, {name}. {en}"
                ),
            };
            let mut make = self
                .script
                .command(&["package", "sip"])
                .flag("--metadata", "metadati.toml")
                .flag("--main", self.cosigned())
                .flag("--attach", self.stamp());
            if container == preservation::Container::Zip {
                make = make.word("--container").word("zip");
            }
            let commands = vec![
                make.output(name).done(),
                self.script.command(&["package", "verify"]).path(name).done(),
            ];
            self.package_step("sip", &report, &output, &text, commands);
        }
        Ok(())
    }

    fn aip(&mut self) -> Result<(), Failure> {
        self.pause()?;
        let (input, output) = (self.stage.at("PdV"), self.stage.at("PdA"));
        let plan = aip::AipPlan {
            sip: &input,
            preservation: None,
            identifier: None,
            created_at: Utc::now(),
            attached_timestamp: true,
            application: preservation::Application::default(),
        };
        let key = self.stage.key("segretario")?;
        self.stage.sign(key, None, |options| {
            let bar = self.bar(self.size);
            let mut tell = telling(&bar, &self.run.interrupt);
            let output = to(&output, preservation::Container::Dir, &mut tell);
            ceralacca::build_aip(&plan, options, output)
        })?;
        let report = self.look_into(&output)?;
        let (who, summary) = (self.person("segretario"), report.summary());
        let (it, en) = (&summary.it, &summary.en);
        let text = both!(
            "Pacchetto di archiviazione PdA; l'indice UNI 11386 è firmato da {who} e marcato. {it}",
            "Archive package PdA; its UNI 11386 index is signed by {who} and stamped. {en}"
        );
        let commands = vec![
            self.script
                .command(&["package", "aip"])
                .path(&input)
                .signer("segretario")
                .output("PdA")
                .done(),
            self.script.command(&["package", "verify"]).path(&output).evidence().done(),
        ];
        self.package_step("aip", &report, &output, &text, commands);
        Ok(())
    }

    fn package_step(
        &mut self,
        step: &'static str,
        report: &preservation::PackageReport,
        output: &Path,
        text: &Text,
        commands: Vec<Argv>,
    ) {
        self.step(step, Some(package_verdict(report)), &[output], text, commands);
        let shown = shown_name(output);
        self.expect(
            report.verdict == preservation::Verdict::Valid,
            both!("il pacchetto {shown} non risulta valido", "the package {shown} is not valid"),
        );
    }

    /// The servers end; all is verified once more with what stands in the folder.
    fn offline(&mut self) -> Result<(), Failure> {
        self.pause()?;
        self.stage.strike()?;
        let content = self.file.clone();
        let mut verdicts = Vec::new();
        for (file, content) in [
            (self.cosigned(), None),
            (self.detached(), Some(content.as_path())),
            (self.stamp(), Some(content.as_path())),
        ] {
            let report = self.judge(&file, content)?;
            self.expect_passed(&report, &file);
            verdicts.push(report.verdict.as_str());
        }
        let report = self.look_into(&self.stage.at("PdA"))?;
        let valid = report.verdict == preservation::Verdict::Valid;
        self.expect(
            valid,
            Text::fixed(
                "il pacchetto PdA non risulta valido senza rete",
                "the package PdA is not valid without network",
            ),
        );
        if valid && verdicts.iter().all(|v| *v == "TOTAL-PASSED") {
            let text = Text::fixed(
                "Servizi spenti: tutto si verifica anche senza rete, con le cartelle trust e revocation",
                "Servers off: all of it verifies without network too, with the folders trust and revocation",
            );
            self.step("offline", Some("TOTAL-PASSED"), &[], &text, Vec::new());
        }
        Ok(())
    }

    /// One byte is changed in copies; everything must notice.
    fn alterations(&mut self) -> Result<(), Failure> {
        self.pause()?;
        self.run.printer.now(
            Tone::Strong,
            0,
            &Text::fixed(
                "Ora un solo byte viene cambiato, in copie che stanno nella cartella alterati:",
                "Now a single byte is changed, in copies that are in the folder alterati:",
            ),
        );
        let middle = self.size / 2;
        let signature = self.cosigned();
        let in_signature = middle
            + alter::content_start(&signature, &self.file)
                .map_err(|e| files::Error::from_io("reading", &signature, e))?;

        // Inside the signed file.
        let name = name_of(&signature);
        let altered = self.altered_file(&signature, &name, in_signature)?;
        self.judge_altered("content", &altered, &altered, None)?;
        self.clear(&altered)?;

        // The file beside its detached signature, and beside its time-stamp.
        let content = self.file.clone();
        let altered = self.altered_file(&content, &self.name.clone(), middle)?;
        self.judge_altered("detached", &altered, &self.detached(), Some(&altered))?;
        self.judge_altered("timestamp", &altered, &self.stamp(), Some(&altered))?;
        self.clear(&altered)?;

        // The recording in the deposit package, the metadata in the archive package.
        let main = Path::new("documenti/principale").join(&name);
        self.altered_package("sip", "PdV", &main, in_signature)?;
        self.altered_package("aip", "PdA", Path::new("pdv/metadati/documento.xml"), 200)
    }

    fn altered_file(&self, from: &Path, name: &str, at: u64) -> Result<PathBuf, Failure> {
        let copy = self.stage.at("alterati").join(name);
        alter::copy_file(from, &copy)
            .and_then(|()| alter::change_byte(&copy, at))
            .map_err(|e| files::Error::from_io("writing", &copy, e))?;
        Ok(copy)
    }

    fn judge_altered(
        &mut self,
        what: &'static str,
        altered: &Path,
        file: &Path,
        content: Option<&Path>,
    ) -> Result<(), Failure> {
        let report = self.judge(file, content)?;
        let lang = self.run.lang();
        let why = |lang| summary(&report, lang).1.why;
        let said = Text::fixed(why(ceralacca::Lang::It), why(ceralacca::Lang::En));
        let check = self.script.command(&["verify"]).path(file);
        let check = match content {
            Some(content) => check.flag("--content", content),
            None => check,
        };
        let noticed = report.verdict == ceralacca::validation::Verdict::TotalFailed;
        let what_text = match what {
            "content" => Text::fixed(
                "un byte del contenuto dentro il file firmato",
                "a byte of the content inside the signed file",
            ),
            "detached" => Text::fixed(
                "un byte del file, accanto alla firma separata",
                "a byte of the file, beside its detached signature",
            ),
            _ => Text::fixed(
                "lo stesso file, accanto alla marca temporale",
                "the same file, beside its time-stamp",
            ),
        };
        self.noticed(
            Alteration {
                what,
                file: altered.to_owned(),
                kept: self.size <= LARGE,
                noticed,
                verdict: report.verdict.as_str().to_owned(),
                message: said.get(lang).to_owned(),
                check: check.evidence().done(),
            },
            &what_text,
            &said,
        );
        Ok(())
    }

    fn altered_package(
        &mut self,
        what: &'static str,
        name: &str,
        inside: &Path,
        at: u64,
    ) -> Result<(), Failure> {
        self.pause()?;
        let (from, copy) = (self.stage.at(name), self.stage.at("alterati").join(name));
        alter::copy_folder(&from, &copy, inside, self.size > LARGE)
            .and_then(|()| alter::change_byte(&copy.join(inside), at))
            .map_err(|e| files::Error::from_io("writing", &copy, e))?;
        let report = self.look_into(&copy)?;
        let first = report.findings.iter().find(|f| f.level == preservation::Level::Fail);
        let said = first.map_or_else(
            || Text::fixed("nessuno se n'è accorto", "nobody noticed"),
            |f| Text::new(f.message.it.clone(), f.message.en.clone()),
        );
        let what_text = if what == "sip" {
            Text::fixed(
                "un byte della registrazione nel pacchetto di versamento",
                "a byte of the recording in the deposit package",
            )
        } else {
            Text::fixed(
                "un byte dei metadati nel pacchetto di archiviazione",
                "a byte of the metadata in the archive package",
            )
        };
        let check = self.script.command(&["package", "verify"]).path(&copy);
        let lang = self.run.lang();
        self.noticed(
            Alteration {
                what,
                file: copy.join(inside),
                kept: self.size <= LARGE,
                noticed: report.verdict == preservation::Verdict::Invalid,
                verdict: package_verdict(&report).to_owned(),
                message: said.get(lang).to_owned(),
                check: if what == "sip" { check.done() } else { check.evidence().done() },
            },
            &what_text,
            &said,
        );
        self.clear(&copy)
    }

    fn noticed(&mut self, alteration: Alteration, what: &Text, said: &Text) {
        use crate::args::Lang::{En, It};
        let verdict = &alteration.verdict;
        let text = Text::new(
            format!("{}: {} [{verdict}]", what.get(It), said.get(It)),
            format!("{}: {} [{verdict}]", what.get(En), said.get(En)),
        );
        let noticed = alteration.noticed;
        self.run.printer.now(if noticed { Tone::Doubt } else { Tone::Bad }, 1, &text);
        self.alterations.push(alteration);
        if !noticed {
            self.expect(
                false,
                Text::new(
                    format!("l'alterazione non è stata scoperta: {}", what.get(It)),
                    format!("the alteration was not noticed: {}", what.get(En)),
                ),
            );
        }
    }

    /// Removes an altered copy that is large.
    fn clear(&self, copy: &Path) -> Result<(), Failure> {
        if self.size <= LARGE {
            return Ok(());
        }
        let removed =
            if copy.is_dir() { std::fs::remove_dir_all(copy) } else { std::fs::remove_file(copy) };
        Ok(removed.map_err(|e| files::Error::from_io("removing", copy, e))?)
    }

    fn judge(&self, file: &Path, content: Option<&Path>) -> Result<Report, Failure> {
        let bar = self.bar(self.size);
        let tell = |done| bar.set(done);
        self.stage.verify(file, content, Some(&tell))
    }

    fn expect_passed(&mut self, report: &Report, file: &Path) {
        let (shown, verdict) = (shown_name(file), report.verdict.as_str());
        self.expect(
            report.verdict == ceralacca::validation::Verdict::TotalPassed,
            both!("{shown} non risulta valido: {verdict}", "{shown} is not valid: {verdict}"),
        );
    }

    fn packing<T>(
        &self,
        work: impl FnOnce(&mut preservation::Progress<'_>) -> Result<T, preservation::Error>,
    ) -> Result<T, Failure> {
        let bar = self.bar(self.size);
        Ok(work(&mut telling(&bar, &self.run.interrupt))?)
    }

    fn look_into(&self, package: &Path) -> Result<preservation::PackageReport, Failure> {
        let bar = self.bar(self.size);
        Ok(self.stage.verify_package(package, &mut telling(&bar, &self.run.interrupt))?.0)
    }
}

/// Adds what was done to a bar; stops the work after Ctrl-C.
fn telling<'p>(
    bar: &'p Progress,
    interrupt: &'p crate::signals::Interrupt,
) -> impl FnMut(u64) -> ControlFlow<()> + 'p {
    let mut done = 0u64;
    move |more| {
        done = done.saturating_add(more);
        bar.set(done);
        if interrupt.requested() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn to<'o, 'p>(
    path: &'o Path,
    container: preservation::Container,
    progress: &'o mut preservation::Progress<'p>,
) -> preservation::Output<'o, 'p> {
    preservation::Output {
        path,
        container,
        overwrite: Overwrite::Never,
        durability: Durability::File,
        progress,
    }
}

/// Headline and reason, in Italian and in English.
fn sentences(report: &Report) -> (String, String) {
    let say = |lang| {
        let (head, told) = summary(report, lang);
        format!("{head}. {}", told.why)
    };
    (say(ceralacca::Lang::It), say(ceralacca::Lang::En))
}

fn stamped_at(times: &[chrono::DateTime<Utc>]) -> Text {
    use crate::args::Lang::{En, It};
    match times.last() {
        Some(time) => {
            let shown = instant::shown(*time);
            Text::new(format!("del {}", shown.get(It)), format!("of {}", shown.get(En)))
        }
        None => Text::fixed("mancante", "that is missing"),
    }
}

fn package_verdict(report: &preservation::PackageReport) -> &'static str {
    match report.verdict {
        preservation::Verdict::Valid => "VALID",
        preservation::Verdict::Invalid => "INVALID",
        preservation::Verdict::Incomplete => "INCOMPLETE",
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn shown_name(path: &Path) -> String {
    clean::line(&name_of(path)).into_owned()
}

/// SHA-256 of what is written to it.
struct Digest(Hasher);

impl Digest {
    fn new() -> Self {
        Self(Hasher::new(DigestAlgorithm::Sha256))
    }

    fn finish(self) -> String {
        self.0.finish().iter().map(|octet| format!("{octet:02x}")).collect()
    }
}

impl Write for Digest {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.update(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// SHA-256 of a file, lowercase hex.
fn sha256_of(path: &Path) -> Result<String, Failure> {
    let mut digest = Digest::new();
    std::fs::File::open(path)
        .and_then(|mut file| io::copy(&mut file, &mut digest))
        .map_err(|e| files::Error::from_io("reading", path, e))?;
    Ok(digest.finish())
}

//! The one place that prints: result on stdout, talk on stderr.
//!
//! A reader that goes away (`ceralacca verify … | head -1`) is no error and changes no verdict:
//! what is left unsaid is dropped, the exit code stays.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use crate::clean;
use crate::envelope::Envelope;
use crate::exit::Exit;
use crate::lang::{Lang, Text};
use crate::outcome::{Line, Outcome, Tone};

/// What is printed on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Sentences.
    Text,
    /// One object.
    Json,
    /// One object a line.
    JsonLines,
}

/// How to print.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Sentences or JSON.
    pub(crate) form: Form,
    /// The language of the sentences.
    pub(crate) lang: Lang,
    /// Only results and errors.
    pub(crate) quiet: bool,
    /// No colours, whatever the terminal can do.
    pub(crate) no_color: bool,
    /// The payload itself goes to stdout (`-o -`), so what is said goes to stderr.
    pub(crate) payload_on_stdout: bool,
}

/// Prints outcomes and talk.
pub(crate) struct Printer {
    manner: Manner,
    command: String,
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
}

impl Printer {
    /// The printer of the process, for one verb.
    pub(crate) fn new(command: &str, manner: Manner) -> Self {
        use anstream::{AutoStream, ColorChoice};
        let choice = |auto: ColorChoice| if manner.no_color { ColorChoice::Never } else { auto };
        let (out, err) = (io::stdout(), io::stderr());
        let (out_choice, err_choice) =
            (choice(AutoStream::choice(&out)), choice(AutoStream::choice(&err)));
        Self::on(
            command,
            manner,
            Box::new(AutoStream::new(out, out_choice)),
            Box::new(AutoStream::new(err, err_choice)),
        )
    }

    /// A printer on given streams.
    pub(crate) fn on(
        command: &str,
        manner: Manner,
        out: Box<dyn Write + Send>,
        err: Box<dyn Write + Send>,
    ) -> Self {
        Self { manner, command: command.to_owned(), out, err }
    }

    /// Prints in another form from now on.
    pub(crate) fn turn_to(&mut self, form: Form) {
        self.manner.form = form;
    }

    /// The language of this run.
    pub(crate) fn lang(&self) -> Lang {
        self.manner.lang
    }

    /// Prints what became of one input.
    pub(crate) fn emit(&mut self, outcome: &Outcome) {
        match self.manner.form {
            Form::Json => {
                let text = Envelope::of(&self.command, outcome, self.manner.lang).pretty();
                self.result(&text);
            }
            Form::JsonLines => {
                let text = Envelope::of(&self.command, outcome, self.manner.lang).line();
                self.result(&text);
            }
            Form::Text => {
                for line in &outcome.lines {
                    let text = self.styled(line);
                    self.result(&text);
                }
                for warning in &outcome.warnings {
                    if !self.manner.quiet {
                        let label = Text::fixed("attenzione", "warning");
                        self.labelled(&label, Tone::Doubt, whose(outcome), &warning.message);
                    }
                }
                for error in &outcome.errors {
                    let label = Text::fixed("errore", "error");
                    // A wrong or unavailable command is no matter of the file it was for, and a key
                    // that cannot sign is none either.
                    let of_command = matches!(error.code, "USAGE" | "NOT_YET_AVAILABLE")
                        || error.exit == Exit::Key;
                    let input = if of_command { None } else { whose(outcome) };
                    self.labelled(&label, Tone::Bad, input, &error.message);
                    if let Some(hint) = &error.hint {
                        let label = Text::fixed("che cosa fare", "hint");
                        let lang = self.manner.lang;
                        let text =
                            format!("  {}: {}", label.get(lang), clean::line(hint.get(lang)));
                        self.on_stderr(&text);
                    }
                }
            }
        }
    }

    /// Prints a line of a long run's result as soon as it is known. Only for people: programs get
    /// it with the outcome, which must not say it again in its lines.
    pub(crate) fn now(&mut self, tone: Tone, indent: usize, text: &Text) {
        if self.manner.form == Form::Text {
            let text = self.styled(&Line { tone, indent, text: text.clone() });
            self.result(&text);
        }
    }

    /// Says something on stderr that is no result: dropped by --quiet.
    pub(crate) fn talk(&mut self, text: &Text) {
        if !self.manner.quiet {
            let text = clean::line(text.get(self.manner.lang)).into_owned();
            self.on_stderr(&text);
        }
    }

    /// Prints a text of our own making (help, manual page, schema, completions) as it is.
    pub(crate) fn raw(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    fn labelled(&mut self, label: &Text, tone: Tone, input: Option<&str>, message: &Text) {
        let lang = self.manner.lang;
        let style = style_of(tone);
        let message = clean::line(message.get(lang));
        // With several inputs a sentence must say whose it is; most name the path themselves.
        let whose = input
            .map(clean::line)
            .filter(|input| !message.contains(input.as_ref()))
            .map(|input| format!("{input}: "))
            .unwrap_or_default();
        let text = format!("{style}{}{style:#}: {whose}{message}", label.get(lang));
        self.on_stderr(&text);
    }

    fn styled(&self, line: &Line) -> String {
        let style = style_of(line.tone);
        let text = clean::line(line.text.get(self.manner.lang));
        format!("{:width$}{style}{text}{style:#}", "", width = line.indent * 2)
    }

    fn result(&mut self, text: &str) {
        if self.manner.payload_on_stdout {
            if !self.manner.quiet {
                self.on_stderr(text);
            }
        } else {
            // A reader that went away stops nothing; see the module's opening.
            let _ = writeln!(self.out, "{text}");
            let _ = self.out.flush();
        }
    }

    fn on_stderr(&mut self, text: &str) {
        let _ = writeln!(self.err, "{text}");
        let _ = self.err.flush();
    }
}

/// The input a sentence is about.
fn whose(outcome: &Outcome) -> Option<&str> {
    outcome.input.as_deref()
}

fn style_of(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Strong => Style::new().bold(),
        Tone::Good => AnsiColor::Green.on_default().bold(),
        Tone::Bad => AnsiColor::Red.on_default().bold(),
        Tone::Doubt => AnsiColor::Yellow.on_default().bold(),
        Tone::Faint => Style::new().dimmed(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::failure::Failure;
    use std::sync::{Arc, Mutex};

    /// A stream that can be read back.
    #[derive(Clone, Default)]
    pub(crate) struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Sink {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("lock").clone()).expect("UTF-8")
        }
    }

    impl Write for Sink {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("lock").extend_from_slice(buf);
            Ok(buf.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(crate) fn manner(form: Form) -> Manner {
        Manner { form, lang: Lang::En, quiet: false, no_color: true, payload_on_stdout: false }
    }

    fn print(manner: Manner, outcome: &Outcome) -> (String, String) {
        let (out, err) = (Sink::default(), Sink::default());
        Printer::on("verify", manner, Box::new(out.clone()), Box::new(err.clone())).emit(outcome);
        (out.text(), err.text())
    }

    #[test]
    fn result_on_stdout_and_errors_on_stderr() {
        let outcome = Outcome::new("a.p7m")
            .line(Tone::Plain, Text::same("Rossi\n\u{1b}[31mforged line"))
            .failure(Failure::new("IO", crate::exit::Exit::Io, Text::same("no room")))
            .failure(Failure::later("x"));
        let (out, err) = print(manner(Form::Text), &outcome);
        assert_eq!(out, "Rossi[31mforged line\n");
        assert!(err.starts_with("\u{1b}[1m\u{1b}[31merror"), "{err:?}");
        assert!(
            err.contains(": a.p7m: no room")
                && err.contains(": `x` is not")
                && err.contains("hint: "),
            "{err}"
        );
    }

    #[test]
    fn payload_and_talk_never_share_a_stream() {
        let outcome = Outcome::new("a").line(Tone::Plain, Text::same("signed"));
        let mut how = manner(Form::Text);
        how.payload_on_stdout = true;
        let (out, err) = print(how, &outcome);
        assert_eq!((out.as_str(), err.as_str()), ("", "signed\n"));
        how.quiet = true;
        assert_eq!(print(how, &outcome), (String::new(), String::new()));
    }

    #[test]
    fn json_keeps_everything_on_stdout() {
        let outcome = Outcome::new("a").failure(Failure::later("x"));
        let (out, err) = print(manner(Form::JsonLines), &outcome);
        assert_eq!(out.lines().count(), 1);
        assert_eq!(err, "");
    }
}

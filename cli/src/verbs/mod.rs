//! The verbs: each in its own file, each turning resolved arguments into outcomes.
//!
//! A verb prints nothing itself and ends no process. What it has to say goes into an [`Outcome`]
//! for each input, which [`Run::emit`] prints; what keeps it from beginning is a [`Failure`].

mod cert;
mod completions;
mod config;
mod cosign;
mod countersign;
mod demo;
mod extend;
mod extract;
mod hand;
mod help;
mod inspect;
mod lab;
mod man;
mod package;
mod part;
mod schema;
mod share;
mod sign;
mod timestamp;
mod verify;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use chrono::{DateTime, Utc};
use clap::ArgMatches;

use crate::args::{self, Verb};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::lang::{Lang, Text};
use crate::outcome::Outcome;
use crate::printer::Printer;
use crate::secrets::Secrets;
use crate::settings::Settings;
use crate::signals::Interrupt;

/// One run of the program: what every verb is given.
pub(crate) struct Run<'a> {
    /// The settings in force.
    pub(crate) settings: &'a Settings,
    /// Only say what would be done.
    pub(crate) dry_run: bool,
    /// The verb's own matches, for the order of its flags.
    pub(crate) matches: &'a ArgMatches,
    /// The instant of this run: the clock is read once, here at the edge.
    pub(crate) now: DateTime<Utc>,
    /// Passwords.
    pub(crate) secrets: Secrets,
    /// Ctrl-C.
    pub(crate) interrupt: Interrupt,
    /// What was said so far, and to whom.
    pub(crate) printer: Printer,
    /// How the inputs ended so far.
    pub(crate) exits: Vec<Exit>,
}

impl Run<'_> {
    /// The language of this run.
    pub(crate) fn lang(&self) -> Lang {
        self.printer.lang()
    }

    /// Prints an outcome and remembers how it ended.
    pub(crate) fn emit(&mut self, outcome: &Outcome) {
        self.exits.push(outcome.exit);
        self.printer.emit(outcome);
    }

    /// The exit code of all that was emitted.
    pub(crate) fn exit(&self) -> Exit {
        Exit::of_all(&self.exits)
    }

    /// Works on every input, `--jobs` at a time, and emits the outcomes in input order. After
    /// Ctrl-C, and after an outcome that stops the batch, no further input is begun.
    pub(crate) fn each<T: Sync>(
        &mut self,
        inputs: &[T],
        stops: impl Fn(&Outcome) -> bool + Sync,
        work: impl Fn(&T) -> Outcome + Sync,
    ) -> Exit {
        let jobs = usize::from(self.settings.jobs.value).clamp(1, inputs.len().max(1));
        let (next, interrupt) = (AtomicUsize::new(0), self.interrupt.clone());
        let halt = || next.store(inputs.len(), Ordering::Relaxed);
        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for _ in 0..jobs {
                let sender = sender.clone();
                let (next, interrupt, stops, work, halt) =
                    (&next, &interrupt, &stops, &work, &halt);
                scope.spawn(move || {
                    while !interrupt.requested() {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let Some(input) = inputs.get(n) else { break };
                        let outcome = work(input);
                        if stops(&outcome) {
                            halt();
                        }
                        if sender.send((n, outcome)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            // Outcomes come as they are ready and go out in input order.
            let mut early = std::collections::BTreeMap::new();
            let mut due = 0;
            for (n, outcome) in receiver {
                early.insert(n, outcome);
                while let Some(outcome) = early.remove(&due) {
                    self.emit(&outcome);
                    due += 1;
                }
            }
            // Only a gap left by an interruption remains; what was done is said all the same.
            for outcome in early.into_values() {
                self.emit(&outcome);
            }
        });
        if self.interrupt.requested() && self.exits.len() < inputs.len() {
            self.exits.push(Exit::Interrupted);
            self.printer.talk(&Text::fixed(
                "interrotto: i file finiti sono completi, gli altri non sono stati toccati",
                "interrupted: the files done are complete, the others were not touched",
            ));
        }
        self.exit()
    }
}

/// Runs a verb.
///
/// # Errors
/// What keeps it from beginning: a wrong command, a missing key, a verb of a later release.
pub(crate) fn run(verb: Verb, run: &mut Run<'_>) -> Result<Exit, Failure> {
    if let Some(what) = verb.later() {
        return Err(Failure::later(what));
    }
    match verb {
        Verb::Sign(a) => sign::run(&a, run),
        Verb::Cosign(a) => cosign::run(&a, run),
        Verb::Countersign(a) => countersign::run(&a, run),
        Verb::Extend(a) => extend::run(&a, run),
        Verb::Detach(a) => part::detach(&a, run),
        Verb::Attach(a) => part::attach(&a, run),
        Verb::Timestamp(a) => timestamp::run(&a, run),
        Verb::Verify(a) => verify::run(&a, run),
        Verb::Inspect(a) => inspect::run(&a, run),
        Verb::Cert(args::Cert::Show(a)) => cert::show(&a, run),
        Verb::Cert(args::Cert::Verify(a)) => cert::verify(&a, run),
        Verb::Extract(a) => extract::run(&a, run),
        Verb::Completions(a) => Ok(completions::run(&a, run)),
        Verb::Man(a) => man::run(&a, run),
        Verb::Config(args::Config::Check(_)) => Ok(config::check(run)),
        Verb::Schema(_) => Ok(schema::run(run)),
        Verb::Help(a) => help::run(&a, run),
        Verb::Package(args::Package::Metadata(args::Metadata::Init(a))) => {
            package::metadata_init(&a, run)
        }
        Verb::Package(args::Package::Sip(a)) => package::sip(&a, run),
        Verb::Package(args::Package::Aip(a)) => package::aip(&a, run),
        Verb::Package(args::Package::Verify(a)) => package::verify(&a, run),
        Verb::Demo(a) => demo::run(&a, run),
        Verb::Lab(args::Lab::Init(a)) => lab::init(&a, run),
        Verb::Lab(args::Lab::Serve(a)) => lab::serve(&a, run),
        other => Err(Failure::later(other.name())),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::printer::Form;
    use crate::printer::tests::{Sink, manner};
    use crate::secrets::Terminal;
    use crate::settings::Layer;
    use crate::settings::tests::of_flags;

    /// Runs `work` over inputs as `each` does and gives back exit code and stdout.
    fn each(
        inputs: &[u64],
        jobs: u16,
        interrupt: &Interrupt,
        stops: impl Fn(&Outcome) -> bool + Sync,
        work: impl Fn(&u64) -> Outcome + Sync,
    ) -> (Exit, String) {
        let settings = of_flags(Layer { jobs: Some(jobs), ..Layer::default() });
        let matches = ArgMatches::default();
        let out = Sink::default();
        let sink = Box::new(out.clone());
        let mut run = Run {
            settings: &settings,
            dry_run: false,
            matches: &matches,
            now: DateTime::UNIX_EPOCH,
            secrets: Secrets::new(true, Lang::En, Box::new(Terminal)),
            interrupt: interrupt.clone(),
            printer: Printer::on("x", manner(Form::JsonLines), sink, Box::new(Sink::default())),
            exits: Vec::new(),
        };
        let exit = run.each(inputs, stops, work);
        (exit, out.text())
    }

    #[test]
    fn outcomes_come_in_input_order_whatever_is_ready_first() {
        let inputs: Vec<u64> = (0..20).collect();
        let (exit, out) = each(
            &inputs,
            8,
            &Interrupt::default(),
            |_| false,
            |n| {
                std::thread::sleep(std::time::Duration::from_millis((20 - n) % 7));
                Outcome::new(n.to_string()).exit(if *n == 3 { Exit::Io } else { Exit::Done })
            },
        );
        assert_eq!(exit, Exit::Partial);
        let order: Vec<String> = out
            .lines()
            .map(|l| {
                serde_json::from_str::<serde_json::Value>(l).expect("JSON")["input"].to_string()
            })
            .collect();
        let expected: Vec<String> = inputs.iter().map(|n| format!("\"{n}\"")).collect();
        assert_eq!(order, expected);
    }

    #[test]
    fn ctrl_c_finishes_the_file_at_hand_and_begins_no_other() {
        let interrupt = Interrupt::default();
        let (exit, out) = each(
            &[1, 2, 3],
            1,
            &interrupt,
            |_| false,
            |n| {
                interrupt.raise();
                Outcome::new(n.to_string())
            },
        );
        assert_eq!((exit, out.lines().count()), (Exit::Interrupted, 1));
    }

    #[test]
    fn a_pin_error_stops_the_batch() {
        let (exit, out) = each(
            &[1, 2, 3],
            1,
            &Interrupt::default(),
            |o| o.exit == Exit::Key,
            |n| Outcome::new(n.to_string()).exit(if *n == 2 { Exit::Key } else { Exit::Done }),
        );
        assert_eq!((exit, out.lines().count()), (Exit::Partial, 2));
    }
}

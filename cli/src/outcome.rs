//! What became of one input: the value every verb returns, whoever prints it.

use std::path::Path;

use serde_json::Value;

use crate::exit::Exit;
use crate::failure::{Failure, Warning};
use crate::lang::Text;

/// How a line of the result is shown on a terminal with colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As it is.
    Plain,
    /// A heading.
    Strong,
    /// Passed, done.
    Good,
    /// Failed.
    Bad,
    /// Not provable, or worth a look.
    Doubt,
    /// A detail.
    Faint,
}

/// One line of the result. Never holds a line break: names inside it cannot forge a second line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// How it is shown.
    pub(crate) tone: Tone,
    /// Two spaces for each step.
    pub(crate) indent: usize,
    /// What it says.
    pub(crate) text: Text,
}

/// What became of one input.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// The input's path as given; none for verbs without one.
    pub(crate) input: Option<String>,
    /// How it ended.
    pub(crate) exit: Exit,
    /// The result for programs.
    pub(crate) data: Value,
    /// The result for people, line by line.
    pub(crate) lines: Vec<Line>,
    /// What is worth knowing.
    pub(crate) warnings: Vec<Warning>,
    /// What could not be done.
    pub(crate) errors: Vec<Failure>,
}

impl Outcome {
    /// The beginning of an outcome: all done, nothing said.
    pub(crate) fn new(input: impl Into<String>) -> Self {
        Self { input: Some(input.into()), ..Self::without_input() }
    }

    /// The same for a path.
    pub(crate) fn of(input: &Path) -> Self {
        Self::new(input.to_string_lossy())
    }

    /// The same for a verb without input.
    pub(crate) fn without_input() -> Self {
        Self {
            input: None,
            exit: Exit::Done,
            data: Value::Null,
            lines: Vec::new(),
            warnings: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Sets the result for programs.
    #[must_use]
    pub(crate) fn data(mut self, data: Value) -> Self {
        self.data = data;
        self
    }

    /// Sets how it ended.
    #[must_use]
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Adds a warning.
    #[must_use]
    pub(crate) fn warning(mut self, warning: Warning) -> Self {
        self.warnings.push(warning);
        self
    }

    /// Adds a failure; the first one decides the exit code of an outcome that was well so far.
    #[must_use]
    pub(crate) fn failure(mut self, failure: Failure) -> Self {
        if self.exit == Exit::Done {
            self.exit = failure.exit;
        }
        self.errors.push(failure);
        self
    }

    /// Adds a line to the result for people.
    #[must_use]
    pub(crate) fn line(mut self, tone: Tone, text: Text) -> Self {
        self.say(tone, 0, text);
        self
    }

    /// Adds an indented line to the result for people.
    pub(crate) fn say(&mut self, tone: Tone, indent: usize, text: Text) {
        self.lines.push(Line { tone, indent, text });
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::without_input().failure(failure)
    }
}

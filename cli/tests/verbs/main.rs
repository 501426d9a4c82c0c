//! The verbs on files, run as a person runs them, against a laboratory on loopback HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bench;
mod beside;
mod certificates;
mod containers;
mod disk;
mod forms;
mod italian;
mod journey;
mod levels;
mod odd;
mod refusals;
mod stamps;
mod time_stamped;

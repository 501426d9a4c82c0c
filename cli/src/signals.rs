//! Ctrl-C: the file at hand is finished or removed, and the run ends with 130.
//!
//! The first Ctrl-C (or the system's request to end) only asks: work between two files stops
//! there, and work that can be broken off cleans up after itself. A second one ends at once; what
//! it may leave is a temporary name, never half an output under its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::exit::Exit;

/// Whether the person asked to stop.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Begins to listen. A system without signals is no error: then Ctrl-C ends at once.
    pub(crate) fn watch() -> Self {
        let this = Self::default();
        for signal in [SIGINT, SIGTERM] {
            // Order matters: the shutdown looks at the flag before the second handler raises it.
            let _ = signal_hook::flag::register_conditional_shutdown(
                signal,
                i32::from(Exit::Interrupted.code()),
                Arc::clone(&this.0),
            );
            let _ = signal_hook::flag::register(signal, Arc::clone(&this.0));
        }
        this
    }

    /// Whether to stop.
    pub(crate) fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// As if Ctrl-C had been pressed.
    #[cfg(test)]
    pub(crate) fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

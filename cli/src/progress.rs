//! Progress bars: on stderr, only on a terminal, only for long work.

use std::io;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::clean;

/// How long work stays silent: shorter runs show nothing.
const PATIENCE: Duration = Duration::from_millis(600);

/// Draws for how much work there is.
pub(crate) struct Progress {
    wanted: bool,
    bar: ProgressBar,
    state: Mutex<State>,
}

struct State {
    since: Instant,
    shown: bool,
}

impl Progress {
    /// A bar for `total` bytes of the named file; never drawn if stderr is no terminal or `quiet`.
    pub(crate) fn bytes(name: &str, total: u64, quiet: bool) -> Self {
        let wanted = !quiet && files::platform::is_terminal(&io::stderr());
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if wanted {
            let template =
                "{msg} {bar:30} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_message(clean::line(name).into_owned());
        }
        Self { wanted, bar, state: Mutex::new(State { since: Instant::now(), shown: false }) }
    }

    /// So many bytes are done now.
    pub(crate) fn set(&self, done: u64) {
        if !self.wanted {
            return;
        }
        self.bar.set_position(done);
        if let Ok(mut state) = self.state.lock()
            && !state.shown
            && state.since.elapsed() >= PATIENCE
        {
            state.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

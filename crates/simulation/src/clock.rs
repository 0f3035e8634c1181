//! The machine's clock, to say how fast a run was. Nothing simulated reads it.

use std::time::{Duration, Instant};

/// A watch that was started.
#[derive(Clone, Copy, Debug)]
pub struct Watch(Instant);

impl Watch {
    /// Starts one.
    #[must_use]
    pub fn start() -> Watch {
        #[expect(clippy::disallowed_methods, reason = "this is the clock module")]
        Watch(Instant::now())
    }

    /// Time since.
    #[must_use]
    pub fn since(&self) -> Duration {
        self.0.elapsed()
    }
}

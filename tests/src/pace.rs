//! When the next block comes.

use crate::{plan::Pace, platform};
use std::{
    thread,
    time::{Duration, Instant},
};

/// A thread that runs for less than this share of a quiet time only looks whether there is work.
const IDLE_SHARE: f64 = 0.05;
/// The longest that is waited for a plugin to settle before one block.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits before each block.
#[derive(Debug)]
pub(crate) struct Pacer {
    pace: Pace,
    rate_hz: f64,
    began: Instant,
}

impl Pacer {
    pub(crate) fn new(pace: Pace, rate_hz: f64) -> Self {
        Self { pace, rate_hz, began: Instant::now() }
    }

    /// Waits until the block that begins at this frame is due.
    pub(crate) fn wait(&mut self, frame: u64) {
        match self.pace {
            Pace::Fast => {}
            Pace::Times(speed) => {
                let due =
                    Duration::try_from_secs_f64(frame as f64 / self.rate_hz / speed).unwrap_or_default();
                thread::sleep(due.saturating_sub(self.began.elapsed()));
            }
            Pace::Settle { quiet_ms } => settle(Duration::from_millis(quiet_ms.max(1))),
        }
    }
}

/// Waits until no other thread of this process but the main one has worked for so long.
fn settle(quiet: Duration) {
    let quiet = quiet.max(platform::CLOCK_TICK);
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let before = platform::work();
        thread::sleep(quiet);
        let after = platform::work();
        let ran_ns = after.ran_ns.saturating_sub(before.ran_ns);
        if !after.is_runnable && (ran_ns as f64) < quiet.as_nanos() as f64 * IDLE_SHARE {
            return;
        }
    }
}

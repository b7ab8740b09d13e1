//! When the next block comes.

use crate::plan::Pace;
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
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let before = work();
        thread::sleep(quiet);
        let after = work();
        let ran_ns = after.ran_ns.saturating_sub(before.ran_ns);
        if !after.is_runnable && (ran_ns as f64) < quiet.as_nanos() as f64 * IDLE_SHARE {
            return;
        }
    }
}

/// What the other threads are doing.
#[derive(Default)]
struct Work {
    /// Time on a processor so far (Linux: the first number of `schedstat`).
    ran_ns: u64,
    /// Whether one of them runs or waits for a processor.
    is_runnable: bool,
}

fn work() -> Work {
    // SAFETY: takes nothing, returns a number.
    #[expect(unsafe_code, reason = "the standard library does not tell a thread's number")]
    let own = unsafe { libc::syscall(libc::SYS_gettid) }.to_string();
    let main = std::process::id().to_string();
    let mut work = Work::default();
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    for task in tasks {
        let name = task.file_name();
        if name.to_str().is_some_and(|name| name == own || name == main) {
            continue;
        }
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let ran = read("schedstat").split_whitespace().next().and_then(|ns| ns.parse::<u64>().ok());
        work.ran_ns += ran.unwrap_or(0);
        // The name may hold anything: the state comes after its closing bracket.
        let state = read("stat").rsplit(')').next().and_then(|rest| rest.trim_start().chars().next());
        work.is_runnable |= matches!(state, Some('R' | 'D'));
    }
    work
}

//! What the harness asks of the system that it runs on: a file for each, with the same names in all.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

/// What the threads of this process other than the one that asks and the main one are doing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    /// Time on a processor so far.
    pub(crate) ran_ns: u64,
    /// Whether one of them runs or waits for a processor, as far as the system tells.
    pub(crate) is_runnable: bool,
}

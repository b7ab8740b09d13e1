//! How a command ended, and what it says on standard error.

use crate::{analyze::AnalyzeError, decode::DecodeError};
use rollcall_files::{Doing, advice};
use std::io::{self, Write};

/// How a command ended; [`crate::args`] tells users what the codes mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Everything was done: 0.
    Done,
    /// Some part failed, and was reported: 1.
    SomeFailed,
    /// Results could not be written any more, which was reported: 3.
    Unwritten,
}

/// An error in one sentence, causes and all, each said once: what the system says comes with what to do.
pub(super) fn sentence(error: &anyhow::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let system = cause.downcast_ref::<io::Error>().filter(|error| error.raw_os_error().is_some());
        let is_whole = cause.is::<DecodeError>() || cause.is::<AnalyzeError>();
        let part = system.map_or_else(|| cause.to_string(), |error| advice(error, Doing::Reading));
        // Some errors tell their cause themselves.
        if parts.last().is_none_or(|last| !last.ends_with(&part)) {
            parts.push(part);
        }
        if is_whole {
            break;
        }
    }
    parts.join(": ")
}

/// One line on standard error.
pub(super) fn report_error(message: &str) {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    // Nothing can be done where not even errors can be written.
    let _ = writeln!(anstream::stderr(), "{red}error:{red:#} {}", message.trim_end().replace('\n', "; "));
}

/// The same for what is worth knowing.
pub(super) fn report_note(message: &str) {
    let yellow = anstyle::AnsiColor::Yellow.on_default();
    let _ =
        writeln!(anstream::stderr(), "{yellow}note:{yellow:#} {}", message.trim_end().replace('\n', "; "));
}

/// Whoever read our output has seen enough (`rollcall ... | head`).
pub(super) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

//! What Unix systems have in common: processes that end by signals, files that are written at a place.

use std::{fs::File, io, os::unix::fs::FileExt, os::unix::process::ExitStatusExt, process::ExitStatus};

/// The signal that ended a process.
pub(crate) fn crash(status: ExitStatus) -> Option<i32> {
    status.signal()
}

/// A signal in words.
pub(crate) fn crash_name(signal: i32) -> String {
    let name = match signal {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGILL => "SIGILL",
        libc::SIGKILL => "SIGKILL",
        _ => "other",
    };
    format!("signal {signal} ({name})")
}

/// Writes at this place of the file.
pub(crate) fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    file.write_all_at(bytes, at)
}

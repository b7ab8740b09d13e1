//! symphonia's own look at a container.

use crate::{DecodeError, error::unsupported};
use std::{
    io::ErrorKind,
    sync::atomic::{AtomicU64, Ordering},
};
use symphonia::core::{
    errors::Error,
    formats::{FormatOptions, FormatReader, probe::Hint},
    io::{MediaSource, MediaSourceStream},
};

/// symphonia's own look at a container whose kind is known.
pub(crate) fn symphonia_reader(
    source: Box<dyn MediaSource>,
    counter: &AtomicU64,
) -> Result<Box<dyn FormatReader>, DecodeError> {
    let stream = MediaSourceStream::new(source, Default::default());
    symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), Default::default())
        .map_err(|error| unopened(error, counter.load(Ordering::Relaxed)))
}

/// What it means that symphonia does not open a container whose kind is known.
fn unopened(error: Error, byte: u64) -> DecodeError {
    let header = |reason: &str| DecodeError::Header { byte, reason: reason.into() };
    match error {
        Error::IoError(error) if error.kind() != ErrorKind::UnexpectedEof => DecodeError::Open(error),
        Error::IoError(_) => header("the file ends before the audio begins"),
        Error::DecodeError(reason) => header(reason),
        Error::Unsupported(reason) if reason.contains("probe") => {
            header("it begins like audio, but none follows")
        }
        other => unsupported(&other.to_string()),
    }
}

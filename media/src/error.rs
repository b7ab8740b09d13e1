//! What can be wrong with an audio file, where, and what a person may do about it.

use crate::time::clock;
use std::{fmt, io};

/// Where in a file something happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Seconds of audio before it.
    pub time_s: f64,
    /// Bytes read before it; the reader is at most one buffer (32 KiB) ahead of the decoder.
    pub byte: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (near byte {})", clock(self.time_s, 3), self.byte)
    }
}

/// Why audio could not be read, or not to its end. The message ends with what to do next.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The file cannot be opened.
    #[error("cannot open: {}", opening(.0))]
    Open(#[source] io::Error),
    /// A folder was given where a file is needed.
    #[error("is a folder, not a file; give its files, or the folder to `rollcall analyze`")]
    Folder,
    /// There is nothing in it.
    #[error("is empty (0 bytes); copy or export it again")]
    Empty,
    /// No known container begins like this.
    #[error(
        "is not a known kind of audio (first bytes: {first}); known are WAV, RF64, Wave64, AIFF, CAF, AU, FLAC, MP3, \
         Ogg, MP4/M4A/MOV, AAC, Matroska/WebM: convert it to one of them, as with `ffmpeg -i FILE -f wav - | rollcall analyze -`"
    )]
    Unknown {
        /// Its first bytes, in hexadecimal.
        first: String,
    },
    /// It is known what it is, but it is not read.
    #[error("is {kind}, which is not read here; {advice}")]
    Foreign {
        /// What it is.
        kind: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The container is known, what is in it is not.
    #[error(
        "cannot be decoded ({feature}); convert it to FLAC or WAV, as with `ffmpeg -i FILE -f wav - | rollcall analyze -`"
    )]
    Unsupported {
        /// What is missing here.
        feature: String,
    },
    /// The headers make no sense.
    #[error("has a damaged header at byte {byte} ({reason}); copy or export it again")]
    Header {
        /// Bytes read before it.
        byte: u64,
        /// What was found.
        reason: String,
    },
    /// It stops before its end.
    #[error("at {place}: the file ends here{}; if it was being written or copied, let that finish, or keep what is there with --keep-partial", promised(.expected_s))]
    Truncated {
        /// Where it stops.
        place: Place,
        /// The length that its header promises, seconds.
        expected_s: Option<f64>,
    },
    /// It cannot be decoded from here on.
    #[error(
        "at {place}: damaged ({reason}); copy or export it again, or keep what was read with --keep-partial"
    )]
    Damaged {
        /// Where the damage begins.
        place: Place,
        /// What the decoder said.
        reason: String,
    },
    /// Rate or channels change midway, as in chained Ogg streams.
    #[error(
        "at {place}: changes from {from} to {to} midway; split it there, or keep the first part with --keep-partial"
    )]
    FormatChange {
        /// Where.
        place: Place,
        /// Rate and channels before.
        from: String,
        /// Rate and channels after.
        to: String,
    },
    /// The part that was asked for begins after its end.
    #[error("ends at {}, before the start that was asked for ({}); use a smaller --start", clock(*.length_s, 3), clock(*.start_s, 3))]
    StartBeyondEnd {
        /// The start that was asked for, seconds.
        start_s: f64,
        /// Length of the audio, seconds.
        length_s: f64,
    },
    /// The system failed to read.
    #[error("at {place}: cannot be read on: {source}; check the disk or the network, then try again")]
    Read {
        /// Where.
        place: Place,
        /// What the system said.
        source: io::Error,
    },
}

/// Why a file cannot be opened, said once and with what to do.
fn opening(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "Permission denied; give yourself the right to read it and to enter its folders (chmod, chown), or run as its owner".into()
        }
        io::ErrorKind::NotFound => "no such file; check the path".into(),
        _ => {
            let text = error.to_string();
            let reason = text.split(" (os error").next().unwrap_or(&text);
            format!("{reason}; check the path, the disk or the network")
        }
    }
}

fn promised(expected_s: &Option<f64>) -> String {
    expected_s.map_or_else(
        || String::from(", in the middle of a frame"),
        |expected_s| format!(", but its header promises {}", clock(expected_s, 3)),
    )
}

pub(crate) fn unsupported(feature: &str) -> DecodeError {
    DecodeError::Unsupported { feature: feature.trim_start_matches("unsupported feature: ").into() }
}

//! An AudioSet network as a teacher: what it hears in audio, and what of it our 20 classes are.
//!
//! The network is EfficientAT `mn04_as` (Schmid, Koutini, Widmer 2023, "Efficient Large-Scale Audio Tagging via
//! Transformer-to-CNN Knowledge Distillation"), which stays a teacher and a peer: it does not ship. A teacher's folder
//! holds `mn04_as.onnx`, `mel_basis_128x513.npy`, `audioset_classes.csv` and, to check it all, `golden.npz`.

pub mod calibration;
mod classes;
mod front_end;
mod heard;
pub mod label;
mod network;
mod runtime;

pub use classes::ClassTable;
pub use front_end::{BANDS, FrontEnd, SAMPLE_RATE_HZ};
pub use heard::{EVENTS, FEATURES, Heard};
pub use network::Teacher;

use std::path::PathBuf;

/// What is wrong with a teacher's folder, or with what it was given.
#[derive(Debug, thiserror::Error)]
pub enum TeacherError {
    /// A file is missing or cannot be read.
    #[error("{}: {source}; a teacher's folder holds {}", path.display(), FILES.join(", "))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {found}, expected {expected}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What stands in it.
        found: String,
        /// What should stand in it.
        expected: String,
    },
    /// The network library refused the network or failed in it.
    #[error("{}: {reason}", path.display())]
    Network {
        /// The network's file.
        path: PathBuf,
        /// The library's words.
        reason: String,
    },
    /// Too little audio for one frame.
    #[error("{samples} samples are too few: at least {least} at 32 kHz")]
    Short {
        /// Samples given.
        samples: usize,
        /// Samples needed.
        least: usize,
    },
}

/// The network, its filters, the names of its classes.
const FILES: [&str; 3] = ["mn04_as.onnx", "mel_basis_128x513.npy", "audioset_classes.csv"];

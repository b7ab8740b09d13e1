//! What is known of a stem, the recording of one voice: its kind, its part of the data, its terms; and who plays in a segment of music.

use serde::{Deserialize, Serialize};

/// What a stem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Notes of one instrument, played as music.
    Phrase,
    /// One class of a band: the parts of its unit play one piece together, at the levels of the piece.
    Band,
    /// Real music of unknown instruments.
    Music,
    /// An instrument that is none of the 20.
    Negative,
    /// A noise.
    Noise,
    /// Somebody speaks.
    Speech,
    /// The impulse response of a room, to convolve with.
    Ir,
    /// Nothing: the unit turned out empty. [`crate::pool::Pool::stems`] never holds it.
    Empty,
}

/// Which part of the data a stem belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// For gradients.
    Train,
    /// For decisions and thresholds.
    Valid,
    /// Never trained on, but looked at while models are made; in a pool of its own.
    Development,
    /// Heard once a release; in a pool of its own. A labelled folder calls it `test`.
    #[serde(alias = "test")]
    Sealed,
}

/// One stem of a unit, before it is written.
#[derive(Debug, Clone)]
pub struct Part {
    /// Mono, 16 kHz, in -1..1; what is beyond is clipped.
    pub samples: Vec<f32>,
    /// What it is.
    pub kind: Kind,
    /// One of the 20 classes, or `_none`, or `_music`.
    pub class: String,
    /// Independence group.
    pub source: String,
    /// Part of the data.
    pub split: Split,
    /// Licence of the recordings.
    pub licence: String,
    /// Package or collection that they came from.
    pub origin: String,
    /// Textual descriptors and facts, a JSON object.
    pub extra: serde_json::Value,
}

/// One row of `music.csv`: who plays in a segment, as a teacher heard it or as its makers say.
#[derive(Debug, Clone, PartialEq)]
pub struct SoftLabel {
    /// The stem's id.
    pub id: String,
    /// Start of the segment within the stem, in seconds.
    pub start_s: f32,
    /// Length of the segment, in seconds.
    pub length_s: f32,
    /// Probability of each class, 0..1.
    pub probability: [f32; 20],
    /// Whether anything is known of this class: losses and scores leave out what is `false`.
    pub known: [bool; 20],
}

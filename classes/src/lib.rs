//! The 20 instruments: their families, their order on a screen, what they are called and the colours they have; and how classes of other
//! packages are shown among them.
//!
//! Thread: any; it only holds words and numbers. Engine, program and window have them from here, so that who knows one reads the other.
#![forbid(unsafe_code)]

pub mod colours;
mod family;
mod look;
mod mark;

pub use family::{Family, display_name, place, screen_order};
pub use look::{Colour, Look};
pub use mark::Mark;

/// The 20 classes of OpenMIC-2018, in the order of its published labels.
pub const OPENMIC: [&str; 20] = [
    "accordion",
    "banjo",
    "bass",
    "cello",
    "clarinet",
    "cymbals",
    "drums",
    "flute",
    "guitar",
    "mallet_percussion",
    "mandolin",
    "organ",
    "piano",
    "saxophone",
    "synthesizer",
    "trombone",
    "trumpet",
    "ukulele",
    "violin",
    "voice",
];

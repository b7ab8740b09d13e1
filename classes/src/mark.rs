//! A mark beside a class's name, so that the eye finds it among many.

use serde::{Deserialize, Serialize};

/// What is drawn. Packages name it in small letters: `icon = "horn"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// A bell: bells, chimes, gongs.
    Bell,
    /// A bow over strings.
    Bow,
    /// A drum.
    Drum,
    /// A bell with its tube: brass.
    Horn,
    /// Black and white keys.
    Keys,
    /// A person: somebody's own instrument or voice.
    Person,
    /// A pipe with holes: woodwinds.
    Pipe,
    /// A room: its hum, its noise.
    Room,
    /// Plucked strings over a sound hole.
    Strings,
    /// A microphone: voices.
    Voice,
    /// A wave: synthesizers, tones.
    Wave,
}

impl Mark {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 11] = [
        Self::Bell,
        Self::Bow,
        Self::Drum,
        Self::Horn,
        Self::Keys,
        Self::Person,
        Self::Pipe,
        Self::Room,
        Self::Strings,
        Self::Voice,
        Self::Wave,
    ];
}

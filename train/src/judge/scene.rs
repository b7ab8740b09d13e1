//! What the examples of one kind have in common.

/// A kind of example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Scene {
    /// One instrument plays a phrase.
    Solos,
    /// Two to four play at once.
    Mixes,
    /// Several play a piece together, at its levels.
    Bands,
    /// Real recordings as their makers or a teacher label them, solo or not.
    Music,
    /// Noise, or near silence.
    Noise,
    /// Instruments that are none of the 20.
    Others,
    /// Somebody speaks: a voice, and nothing else.
    Speech,
}

impl Scene {
    /// In the order of reports.
    pub const ALL: [Self; 7] =
        [Self::Solos, Self::Mixes, Self::Bands, Self::Music, Self::Noise, Self::Others, Self::Speech];

    /// Name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Solos => "solos",
            Self::Mixes => "mixes",
            Self::Bands => "bands",
            Self::Music => "real music",
            Self::Noise => "noise",
            Self::Others => "other instruments",
            Self::Speech => "speech",
        }
    }

    /// Whether some of the 20 instruments play.
    #[must_use]
    pub fn has_instruments(self) -> bool {
        matches!(self, Self::Solos | Self::Mixes | Self::Bands | Self::Music)
    }

    /// Whether it is known when each instrument plays.
    #[must_use]
    pub fn is_timed(self) -> bool {
        matches!(self, Self::Solos | Self::Mixes | Self::Bands)
    }
}

//! Which of a recording's channels are heard: from decoded frames to what the engine takes.

/// What is heard of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    /// The mean of all channels, as the program does.
    Mono,
    /// The first of two.
    Left,
    /// The second of two.
    Right,
    /// Half the sum of two.
    Mid,
    /// Half the difference of two.
    Side,
    /// Each on its own.
    Each,
}

/// What one engine is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Pick {
    /// The frames as they are: the engine takes their mean.
    All,
    /// One channel, counted from 0.
    One(usize),
    /// Half the sum of the first two, or of the first and the second upside down.
    Both {
        /// -1 turns the second upside down.
        sign: f32,
    },
}

impl Channels {
    const NAMES: [(&'static str, Self); 6] = [
        ("mono", Self::Mono),
        ("left", Self::Left),
        ("right", Self::Right),
        ("mid", Self::Mid),
        ("side", Self::Side),
        ("each", Self::Each),
    ];

    /// By its name.
    ///
    /// # Errors
    /// There is no such name.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        let names = || Self::NAMES.map(|(name, _)| name).join(", ");
        known
            .map(|(_, channels)| *channels)
            .ok_or_else(|| format!("channels is '{name}', but must be one of: {}", names()))
    }

    /// What the engines are given of a recording with so many channels.
    ///
    /// # Errors
    /// A recording that has no left and right.
    pub(crate) fn picks(self, channels: usize) -> Result<Vec<Pick>, String> {
        let picks = match self {
            Self::Mono => return Ok(vec![Pick::All]),
            Self::Each => return Ok((0..channels).map(Pick::One).collect()),
            Self::Left => vec![Pick::One(0)],
            Self::Right => vec![Pick::One(1)],
            Self::Mid => vec![Pick::Both { sign: 1.0 }],
            Self::Side => vec![Pick::Both { sign: -1.0 }],
        };
        let name = Self::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name);
        if channels == 2 {
            return Ok(picks);
        }
        Err(format!("has {channels} channels, but '{name}' is of two; take channels='each' or 'mono'"))
    }
}

impl Pick {
    /// Channels of what it gives.
    pub(crate) fn width(self, channels: usize) -> usize {
        if self == Self::All { channels } else { 1 }
    }

    /// Of interleaved frames; `scratch` is where it may lie.
    pub(crate) fn take<'a>(
        self,
        interleaved: &'a [f32],
        channels: usize,
        scratch: &'a mut Vec<f32>,
    ) -> &'a [f32] {
        scratch.clear();
        let frames = interleaved.chunks_exact(channels);
        match self {
            Self::All => return interleaved,
            Self::One(channel) => scratch.extend(frames.map(|frame| frame[channel])),
            Self::Both { sign } => scratch.extend(frames.map(|frame| (frame[0] + sign * frame[1]) * 0.5)),
        }
        scratch
    }
}

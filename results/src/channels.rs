//! Which of a recording's channels are heard, as in the plugin: by the same formulas, so that both hear the same.

use std::fmt;

/// What is heard of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channels {
    /// The mean of all channels.
    #[default]
    Mono,
    /// The first channel.
    Left,
    /// The second channel; of one channel, that one.
    Right,
    /// The mean of the first two channels; of one channel, that one.
    Mid,
    /// Half the difference of the first two channels; of one channel, silence.
    Side,
    /// Every channel by itself.
    Each,
}

impl Channels {
    /// What is listened to in so many channels.
    pub(crate) fn downmixes(self, channels: usize) -> Vec<Downmix> {
        let one = |number| Downmix::One { number, is_named: false };
        match self {
            Self::Mono => vec![Downmix::Mono],
            Self::Each => (0..channels).map(one).collect(),
            Self::Left => vec![Downmix::One { number: 0, is_named: true }],
            Self::Right => vec![Downmix::One { number: 1.min(channels.saturating_sub(1)), is_named: true }],
            Self::Mid => vec![Downmix::Mid],
            Self::Side => vec![Downmix::Side],
        }
    }
}

/// One signal that is made of the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Downmix {
    Mono,
    One { number: usize, is_named: bool },
    Mid,
    Side,
}

impl Downmix {
    /// Its name in results, where it is not the mean of all.
    pub(crate) fn name(self) -> Option<String> {
        (self != Self::Mono).then(|| self.to_string())
    }

    /// How many channels go to the engine: it makes the mean of all itself.
    pub(crate) fn channels(self, of: usize) -> usize {
        if self == Self::Mono { of } else { 1 }
    }

    /// The signal of interleaved frames; `room` is where it is made, if it must be made.
    pub(crate) fn of<'a>(self, interleaved: &'a [f32], channels: usize, room: &'a mut Vec<f32>) -> &'a [f32] {
        let frames = interleaved.chunks_exact(channels);
        room.clear();
        match self {
            Self::Mono => return interleaved,
            Self::One { .. } | Self::Mid if channels == 1 => return interleaved,
            Self::One { number, .. } => room.extend(frames.map(|frame| frame[number.min(channels - 1)])),
            Self::Mid => room.extend(frames.map(|frame| (frame[0] + frame[1]) * 0.5)),
            Self::Side if channels == 1 => room.extend(frames.map(|_| 0.0)),
            Self::Side => room.extend(frames.map(|frame| (frame[0] - frame[1]) * 0.5)),
        }
        room
    }
}

impl fmt::Display for Downmix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mono => f.write_str("mono"),
            Self::One { number: 0, is_named: true } => f.write_str("left"),
            Self::One { is_named: true, .. } => f.write_str("right"),
            Self::One { number, .. } => write!(f, "{}", number + 1),
            Self::Mid => f.write_str("mid"),
            Self::Side => f.write_str("side"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_the_plugin_s() {
        let heard = |channels: Channels, interleaved: &[f32], of: usize| -> Vec<Vec<f32>> {
            let signal = |downmix: Downmix| downmix.of(interleaved, of, &mut Vec::new()).to_vec();
            channels.downmixes(of).into_iter().map(signal).collect()
        };
        let stereo = [1.0, 3.0, -2.0, 2.0];
        assert_eq!(heard(Channels::Mono, &stereo, 2), [stereo]);
        assert_eq!(heard(Channels::Left, &stereo, 2), [[1.0, -2.0]]);
        assert_eq!(heard(Channels::Right, &stereo, 2), [[3.0, 2.0]]);
        assert_eq!(heard(Channels::Mid, &stereo, 2), [[2.0, 0.0]]);
        assert_eq!(heard(Channels::Side, &stereo, 2), [[-1.0, -2.0]]);
        assert_eq!(heard(Channels::Each, &stereo, 2), [[1.0, -2.0], [3.0, 2.0]]);
        let mono = [1.0, 2.0];
        for channels in [Channels::Left, Channels::Right, Channels::Mid, Channels::Each] {
            assert_eq!(heard(channels, &mono, 1), [mono]);
        }
        assert_eq!(heard(Channels::Side, &mono, 1), [[0.0, 0.0]]);
        let names =
            |channels: Channels| channels.downmixes(2).into_iter().map(Downmix::name).collect::<Vec<_>>();
        assert_eq!(names(Channels::Each), [Some("1".into()), Some("2".into())]);
        assert_eq!((names(Channels::Mono), names(Channels::Right)), (vec![None], vec![Some("right".into())]));
    }
}

//! Which part of a block is heard.

/// How the channels of a block become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// The mean of all channels: summed in order from the first, then times `1 / channels`, all in `f32`, which is
    /// exactly what the engine does with interleaved frames. One channel passes bit for bit; where there are several, a sum
    /// below 2^-119 (-716 dBFS) in magnitude counts as 0 of its sign.
    #[default]
    Mono,
    /// The first channel, bit for bit.
    Left,
    /// The second channel, bit for bit; of one channel, that one.
    Right,
    /// `(left + right) * 0.5`; of one channel, that one.
    Mid,
    /// `(left - right) * 0.5`; of one channel, silence.
    Side,
}

impl Pick {
    /// What is heard of so many frames of these channels.
    #[inline]
    pub(crate) fn of<C: AsRef<[f32]>>(self, channels: &[C], frames: usize) -> Heard<'_, C> {
        let whole = |index: usize| channels.get(index)?.as_ref().get(..frames);
        let one = |index| whole(index).map(Heard::One);
        let two = || Some([whole(0)?, whole(1)?]);
        let heard = match (self, channels.len()) {
            (_, 0) | (Self::Side, 1) => Some(Heard::Silence),
            (Self::Left, _) | (_, 1) => one(0),
            (Self::Right, _) => one(1),
            // The mean of two channels is their mid.
            (Self::Mono, 2) | (Self::Mid, _) => two().map(Heard::Mid),
            (Self::Side, _) => two().map(Heard::Side),
            (Self::Mono, count) => {
                (0..count).all(|index| whole(index).is_some()).then_some(Heard::Mean(channels))
            }
        };
        heard.unwrap_or(Heard::Ragged(self, channels))
    }
}

/// The samples that become one channel; each slice reaches as far as the block.
#[derive(Clone, Copy)]
pub(crate) enum Heard<'a, C> {
    /// There is no channel, or no side of it.
    Silence,
    One(&'a [f32]),
    Mid([&'a [f32]; 2]),
    Side([&'a [f32]; 2]),
    Mean(&'a [C]),
    /// A channel is shorter than the block: it goes on in silence.
    Ragged(Pick, &'a [C]),
}

impl<C: AsRef<[f32]>> Heard<'_, C> {
    /// Writes the mono samples of the frames from `from` on, as many as `out` is long.
    #[inline]
    pub(crate) fn write(&self, from: usize, out: &mut [f32]) {
        let part = from..from + out.len();
        match *self {
            Heard::Silence => out.fill(0.0),
            Heard::One(samples) => out.copy_from_slice(&samples[part]),
            Heard::Mid([left, right]) => {
                let both = left[part.clone()].iter().zip(&right[part]);
                out.iter_mut().zip(both).for_each(|(place, (l, r))| *place = factor(l + r) * 0.5);
            }
            Heard::Side([left, right]) => {
                let both = left[part.clone()].iter().zip(&right[part]);
                out.iter_mut().zip(both).for_each(|(place, (l, r))| *place = factor(l - r) * 0.5);
            }
            Heard::Mean(channels) => means(channels, from, out),
            Heard::Ragged(pick, channels) => ragged(pick, channels, from, out),
        }
    }
}

/// A sum or difference as it goes into a product: 0 of its sign where it is below 2^-119 in magnitude, so that no product has to
/// do with subnormals, up to a mean over 128 channels. Those take a processor ten times as long; in sums they cost nothing. Told
/// by the bits, which costs the same for every sample.
#[inline]
fn factor(sum: f32) -> f32 {
    const LEAST: i32 = (127 - 119) << 23;
    const SIGN: u32 = 1 << 31;
    let bits = sum.to_bits();
    // As signed numbers, for which processors have a comparison of many at once.
    f32::from_bits(if ((bits & !SIGN) as i32) < LEAST { bits & SIGN } else { bits })
}

/// Sample by sample, since some are missing.
#[cold]
fn ragged<C: AsRef<[f32]>>(pick: Pick, channels: &[C], from: usize, out: &mut [f32]) {
    let scale = 1.0 / channels.len() as f32;
    for (place, frame) in out.iter_mut().zip(from..) {
        let at = |channel: usize| channels[channel].as_ref().get(frame).copied().unwrap_or(0.0);
        *place = match pick {
            _ if channels.len() == 1 => at(0),
            Pick::Mono => factor((1..channels.len()).fold(at(0), |sum, channel| sum + at(channel))) * scale,
            Pick::Left => at(0),
            Pick::Right => at(1),
            Pick::Mid => factor(at(0) + at(1)) * 0.5,
            Pick::Side => factor(at(0) - at(1)) * 0.5,
        };
    }
}

/// Frames whose sum over the channels stays in registers.
const TILE: usize = 32;

/// Writes the mean over all channels, which reach as far as the block.
fn means<C: AsRef<[f32]>>(channels: &[C], from: usize, out: &mut [f32]) {
    let mut frame = from;
    let mut tiles = out.chunks_exact_mut(TILE);
    for tile in &mut tiles {
        mean::<TILE, C>(channels, frame, tile);
        frame += TILE;
    }
    let mut places = tiles.into_remainder().chunks_exact_mut(4);
    for place in &mut places {
        mean::<4, C>(channels, frame, place);
        frame += 4;
    }
    for place in places.into_remainder().chunks_exact_mut(1) {
        mean::<1, C>(channels, frame, place);
        frame += 1;
    }
}

/// Writes the mean over all channels of the `LEN` frames from `at` on; the channels reach that far.
fn mean<const LEN: usize, C: AsRef<[f32]>>(channels: &[C], at: usize, out: &mut [f32]) {
    let scale = 1.0 / channels.len() as f32;
    let mut sum = [0.0; LEN];
    if let [first, others @ ..] = channels {
        sum.copy_from_slice(&first.as_ref()[at..at + LEN]);
        for channel in others {
            sum.iter_mut().zip(&channel.as_ref()[at..at + LEN]).for_each(|(sum, x)| *sum += x);
        }
    }
    out.iter_mut().zip(sum).for_each(|(place, sum)| *place = factor(sum) * scale);
}

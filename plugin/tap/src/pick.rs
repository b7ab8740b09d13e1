//! Which part of a block is heard.

use core::mem::MaybeUninit;

/// How the channels of a block become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// The mean of all channels: summed in order from the first, then times `1 / channels`, all in `f32`, which is
    /// exactly what the engine does with interleaved frames. One channel passes bit for bit.
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
    /// Writes the mono samples of the frames from `from` on: one into each place of `out`. Without channels, or where a
    /// channel is shorter, the samples are silence.
    #[inline]
    pub(crate) fn write<C: AsRef<[f32]>>(self, channels: &[C], from: usize, out: &mut [MaybeUninit<f32>]) {
        let to = from + out.len();
        let channel = |index: usize| channels.get(index).map_or(&[][..], AsRef::as_ref);
        let whole = |index: usize| channel(index).get(from..to);
        let at = |index: usize, frame: usize| channel(index).get(frame).copied().unwrap_or(0.0);
        let mut each = |sample: &dyn Fn(usize) -> f32| {
            out.iter_mut().zip(from..).for_each(|(place, frame)| _ = place.write(sample(frame)));
        };
        match (self, channels.len()) {
            (_, 0) | (Self::Side, 1) => out.fill(MaybeUninit::new(0.0)),
            (Self::Left, _) | (_, 1) => match whole(0) {
                Some(samples) => _ = out.write_copy_of_slice(samples),
                None => each(&|frame| at(0, frame)),
            },
            (Self::Right, _) => match whole(1) {
                Some(samples) => _ = out.write_copy_of_slice(samples),
                None => each(&|frame| at(1, frame)),
            },
            // The mean of two channels is their mid.
            (Self::Mono, 2) | (Self::Mid | Self::Side, _) => {
                let sign = if self == Self::Side { -1.0 } else { 1.0 };
                // `l + -1 * r` is `l - r`, to the last bit.
                let mix = |l: f32, r: f32| (l + sign * r) * 0.5;
                match (whole(0), whole(1)) {
                    (Some(left), Some(right)) => {
                        let both = left.iter().zip(right);
                        out.iter_mut().zip(both).for_each(|(place, (l, r))| _ = place.write(mix(*l, *r)));
                    }
                    _ => each(&|frame| mix(at(0, frame), at(1, frame))),
                }
            }
            (Self::Mono, count) if (0..count).all(|index| whole(index).is_some()) => {
                let mut tiles = out.chunks_exact_mut(TILE);
                let mut frame = from;
                for tile in &mut tiles {
                    mean::<TILE, C>(channels, frame, tile);
                    frame += TILE;
                }
                for place in tiles.into_remainder().chunks_exact_mut(1) {
                    mean::<1, C>(channels, frame, place);
                    frame += 1;
                }
            }
            (Self::Mono, count) => {
                let scale = 1.0 / count as f32;
                each(&|frame| (1..count).fold(at(0, frame), |sum, index| sum + at(index, frame)) * scale);
            }
        }
    }
}

/// Frames whose sum over the channels stays in registers.
const TILE: usize = 16;

/// Writes the mean over all channels of the `LEN` frames from `at` on; the channels reach that far.
fn mean<const LEN: usize, C: AsRef<[f32]>>(channels: &[C], at: usize, out: &mut [MaybeUninit<f32>]) {
    let scale = 1.0 / channels.len() as f32;
    let tile = |channel: &C| channel.as_ref()[at..].first_chunk::<LEN>().copied().unwrap_or([0.0; LEN]);
    let mut sum = channels.first().map_or([0.0; LEN], tile);
    for channel in &channels[1..] {
        let tile = tile(channel);
        sum.iter_mut().zip(tile).for_each(|(sum, x)| *sum += x);
    }
    out.iter_mut().zip(sum).for_each(|(place, sum)| _ = place.write(sum * scale));
}

//! Which part of a block is heard.

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
    /// Hands the first `frames` mono samples to `sink`: as a slice where they pass bit for bit, else in chunks or one by
    /// one. Without channels, or where a channel is shorter, the samples are silence. Returns how many the sink took, from
    /// the first on.
    pub(crate) fn each<C: AsRef<[f32]>>(self, channels: &[C], frames: usize, sink: &mut impl Sink) -> usize {
        let channel = |index: usize| channels.get(index).map_or(&[][..], AsRef::as_ref);
        let at = |samples: &[f32], i: usize| samples.get(i).copied().unwrap_or(0.0);
        let (left, right) = (channel(0), channel(1));
        let is_whole = channels.iter().all(|channel| channel.as_ref().len() >= frames);
        match (self, channels.len()) {
            (Self::Mono, 3..) if is_whole => in_chunks(frames, sink, |from, out| {
                let mut tiles = out.chunks_exact_mut(TILE);
                let mut at = from;
                for tile in &mut tiles {
                    mean::<TILE, C>(channels, at, tile);
                    at += TILE;
                }
                for sample in tiles.into_remainder().chunks_exact_mut(1) {
                    mean::<1, C>(channels, at, sample);
                    at += 1;
                }
            }),
            // The mean of two channels is their mid.
            (Self::Mono, 2) | (Self::Mid | Self::Side, 2..) if is_whole => {
                let sign = if self == Self::Side { -1.0 } else { 1.0 };
                // `l + -1 * r` is `l - r`, to the last bit.
                let mix = |l: f32, r: f32| (l + sign * r) * 0.5;
                match frames {
                    16 => pair::<16>(left, right, sink, mix),
                    32 => pair::<32>(left, right, sink, mix),
                    64 => pair::<64>(left, right, sink, mix),
                    _ => in_chunks(frames, sink, |from, out| {
                        let to = from + out.len();
                        let both = left[from..to].iter().zip(&right[from..to]);
                        out.iter_mut().zip(both).for_each(|(out, (l, r))| *out = mix(*l, *r));
                    }),
                }
            }
            (_, 0) | (Self::Side, 1) => sink.each((0..frames).map(|_| 0.0)),
            (Self::Left, _) | (_, 1) if left.len() >= frames => sink.slice(&left[..frames]),
            (Self::Right, _) if right.len() >= frames => sink.slice(&right[..frames]),
            (Self::Left, _) | (_, 1) => sink.each((0..frames).map(|i| at(left, i))),
            (Self::Right, _) => sink.each((0..frames).map(|i| at(right, i))),
            (Self::Mid, _) => sink.each((0..frames).map(|i| (at(left, i) + at(right, i)) * 0.5)),
            (Self::Side, _) => sink.each((0..frames).map(|i| (at(left, i) - at(right, i)) * 0.5)),
            (Self::Mono, count) => {
                let scale = 1.0 / count as f32;
                sink.each((0..frames).map(|i| {
                    let rest = channels[1..].iter();
                    rest.fold(at(left, i), |sum, channel| sum + at(channel.as_ref(), i)) * scale
                }))
            }
        }
    }
}

/// Frames whose sum over the channels stays in registers.
const TILE: usize = 16;

/// Writes the mean over all channels of the `LEN` frames from `at` on; the channels reach that far.
fn mean<const LEN: usize, C: AsRef<[f32]>>(channels: &[C], at: usize, out: &mut [f32]) {
    let scale = 1.0 / channels.len() as f32;
    let tile = |channel: &C| channel.as_ref()[at..].first_chunk::<LEN>().copied().unwrap_or([0.0; LEN]);
    let mut sum = channels.first().map_or([0.0; LEN], tile);
    for channel in &channels[1..] {
        let tile = tile(channel);
        sum.iter_mut().zip(tile).for_each(|(sum, x)| *sum += x);
    }
    out.iter_mut().zip(sum).for_each(|(out, sum)| *out = sum * scale);
}

/// Hands over `frames` samples in chunks, each of which `fill` writes, from the frame that it is told, until the sink is
/// full. A chunk is long enough for the loops to be vectors, and no longer than it need be: it is cleared first.
fn in_chunks(frames: usize, sink: &mut impl Sink, fill: impl FnMut(usize, &mut [f32])) -> usize {
    match frames {
        0..=16 => chunks_of::<16>(frames, sink, fill),
        17..=32 => chunks_of::<32>(frames, sink, fill),
        33..=64 => chunks_of::<64>(frames, sink, fill),
        65..=128 => chunks_of::<128>(frames, sink, fill),
        _ => chunks_of::<512>(frames, sink, fill),
    }
}

/// A block of one of the usual small sizes: nothing is cleared before it is written.
fn pair<const LEN: usize>(
    left: &[f32],
    right: &[f32],
    sink: &mut impl Sink,
    mix: impl Fn(f32, f32) -> f32,
) -> usize {
    match (left.first_chunk::<LEN>(), right.first_chunk::<LEN>()) {
        (Some(left), Some(right)) => {
            sink.slice(&core::array::from_fn::<f32, LEN, _>(|i| mix(left[i], right[i])))
        }
        _ => 0,
    }
}

fn chunks_of<const LEN: usize>(
    frames: usize,
    sink: &mut impl Sink,
    mut fill: impl FnMut(usize, &mut [f32]),
) -> usize {
    let mut chunk = [0.0; LEN];
    let mut taken = 0;
    while taken < frames {
        let out = &mut chunk[..LEN.min(frames - taken)];
        fill(taken, out);
        let took = sink.slice(out);
        taken += took;
        // What the reader frees meanwhile is not for the rest of this block: a gap within it would have no place.
        if took < out.len() {
            break;
        }
    }
    taken
}

/// Where mono samples go; says how many it took.
pub(crate) trait Sink {
    fn slice(&mut self, samples: &[f32]) -> usize;
    fn each(&mut self, samples: impl Iterator<Item = f32>) -> usize;
}

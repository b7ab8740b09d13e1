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
    /// Hands the first `frames` mono samples to `sink`: as a slice where they pass bit for bit, else one by one.
    /// Without channels, or where a channel is shorter, the samples are silence.
    pub(crate) fn each<C: AsRef<[f32]>>(self, channels: &[C], frames: usize, sink: &mut impl Sink) {
        let channel = |index: usize| channels.get(index).map_or(&[][..], AsRef::as_ref);
        let at = |samples: &[f32], i: usize| samples.get(i).copied().unwrap_or(0.0);
        let whole = |sink: &mut dyn FnMut(&[f32]), samples: &[f32]| {
            sink(&samples[..frames.min(samples.len())]);
        };
        let (left, right) = (channel(0), channel(1));
        let is_whole = channels.iter().all(|channel| channel.as_ref().len() >= frames);
        match (self, channels.len()) {
            (Self::Mono, 3..) if is_whole => {
                let scale = 1.0 / channels.len() as f32;
                in_chunks(frames, sink, |from, out| {
                    out.copy_from_slice(&left[from..from + out.len()]);
                    for channel in &channels[1..] {
                        let channel = &channel.as_ref()[from..from + out.len()];
                        out.iter_mut().zip(channel).for_each(|(sum, x)| *sum += x);
                    }
                    out.iter_mut().for_each(|sum| *sum *= scale);
                });
            }
            // The mean of two channels is their mid.
            (Self::Mono, 2) | (Self::Mid | Self::Side, 2..) if is_whole => {
                let sign = if self == Self::Side { -1.0 } else { 1.0 };
                in_chunks(frames, sink, |from, out| {
                    let to = from + out.len();
                    let both = left[from..to].iter().zip(&right[from..to]);
                    // `l + -1 * r` is `l - r`, to the last bit.
                    out.iter_mut().zip(both).for_each(|(out, (l, r))| *out = (l + sign * r) * 0.5);
                });
            }
            (_, 0) | (Self::Side, 1) => sink.each((0..frames).map(|_| 0.0)),
            (Self::Left, _) | (_, 1) if left.len() >= frames => whole(&mut |s| sink.slice(s), left),
            (Self::Right, _) if right.len() >= frames => whole(&mut |s| sink.slice(s), right),
            (Self::Left, _) | (_, 1) => sink.each((0..frames).map(|i| at(left, i))),
            (Self::Right, _) => sink.each((0..frames).map(|i| at(right, i))),
            (Self::Mid, _) => sink.each((0..frames).map(|i| (at(left, i) + at(right, i)) * 0.5)),
            (Self::Side, _) => sink.each((0..frames).map(|i| (at(left, i) - at(right, i)) * 0.5)),
            (Self::Mono, count) => {
                let scale = 1.0 / count as f32;
                sink.each((0..frames).map(|i| {
                    let rest = channels[1..].iter();
                    rest.fold(at(left, i), |sum, channel| sum + at(channel.as_ref(), i)) * scale
                }));
            }
        }
    }
}

/// Hands over `frames` samples in chunks, each of which `fill` writes, from the frame that it is told. A chunk is long
/// enough for the loops to be vectors, and no longer than it need be: it is cleared first.
fn in_chunks(frames: usize, sink: &mut impl Sink, fill: impl FnMut(usize, &mut [f32])) {
    if frames <= 128 { chunks_of::<128>(frames, sink, fill) } else { chunks_of::<512>(frames, sink, fill) }
}

fn chunks_of<const LEN: usize>(frames: usize, sink: &mut impl Sink, mut fill: impl FnMut(usize, &mut [f32])) {
    let mut chunk = [0.0; LEN];
    for from in (0..frames).step_by(LEN) {
        let out = &mut chunk[..LEN.min(frames - from)];
        fill(from, out);
        sink.slice(out);
    }
}

/// Where mono samples go.
pub(crate) trait Sink {
    fn slice(&mut self, samples: &[f32]);
    fn each(&mut self, samples: impl Iterator<Item = f32>);
}

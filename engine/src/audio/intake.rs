//! Interleaved frames of any channel count to mono samples that are safe to compute with.

/// Greatest magnitude that is taken for audio: +60 dB relative to full scale.
///
/// Floating-point hosts pass samples above full scale as a matter of course; a thousand times full scale is a
/// fault.
pub const LARGEST_SAMPLE: f32 = 1000.0;

/// Mono samples that are handed over at once; bounds the memory for any block size.
const CHUNK: usize = 1024;

/// Downmix and sanitiser.
///
/// The arithmetic, exactly (the plugin's tap follows the same formula on planar buffers, so that live and
/// offline agree bit for bit):
/// 1. `sum = ((x[0] + x[1]) + x[2]) + ...` in `f32`, left to right from channel 0, without fused
///    multiply-add; of several channels, a sum below 2^-119 (-716 dBFS) in magnitude counts as 0 of its sign, so that no
///    product has to do with subnormals;
/// 2. `mono = sum * (1.0_f32 / channels as f32)`, so that a single channel passes bit for bit;
/// 3. `mono` that is NaN, infinite, subnormal or beyond [`LARGEST_SAMPLE`] becomes `0.0` and is counted.
///
/// Subnormals (below 1.2e-38, -758 dBFS) are replaced because they slow arithmetic down a hundredfold on some
/// processors and because a host may or may not flush them, which would make the result depend on the host.
#[derive(Debug)]
pub struct Intake {
    channels: usize,
    gain: f32,
    mono: Box<[f32; CHUNK]>,
    replaced: u64,
}

impl Intake {
    /// An intake for frames of `channels` samples.
    ///
    /// # Panics
    /// If there are no channels; [`crate::Engine::new`] reports that as an error.
    pub fn new(channels: usize) -> Self {
        assert!(channels > 0, "an intake needs at least one channel");
        Self { channels, gain: 1.0 / channels as f32, mono: Box::new([0.0; CHUNK]), replaced: 0 }
    }

    /// Takes whole interleaved frames, any number of them, and hands the mono samples to `sink` in order, in
    /// one or more non-empty pieces.
    pub fn push(&mut self, interleaved: &[f32], sink: &mut impl FnMut(&[f32])) {
        debug_assert_eq!(interleaved.len() % self.channels, 0, "a block holds whole frames");
        for block in interleaved.chunks(CHUNK * self.channels) {
            let mono = &mut self.mono[..block.len() / self.channels];
            match self.channels {
                1 => mono.copy_from_slice(block),
                // The two cases that are nearly all audio, spelt out so that they vectorise; same arithmetic
                // as below.
                2 => {
                    for (out, &[left, right]) in mono.iter_mut().zip(block.as_chunks().0) {
                        *out = factor(left + right) * self.gain;
                    }
                }
                channels => {
                    for (out, frame) in mono.iter_mut().zip(block.chunks_exact(channels)) {
                        let (first, rest) = frame.split_first().expect("a frame has at least one channel");
                        *out = factor(rest.iter().fold(*first, |sum, x| sum + x)) * self.gain;
                    }
                }
            }
            self.replaced += sanitise(mono);
            sink(mono);
        }
    }

    /// Mono samples replaced by silence since `new` or `reset`.
    pub fn replaced(&self) -> u64 {
        self.replaced
    }

    /// Back to the state after `new`.
    pub fn reset(&mut self) {
        self.replaced = 0;
    }
}

/// A sum of several channels as it goes into a product, told by its bits.
fn factor(sum: f32) -> f32 {
    const LEAST: i32 = (127 - 119) << 23;
    const SIGN: u32 = 1 << 31;
    let bits = sum.to_bits();
    f32::from_bits(if ((bits & !SIGN) as i32) < LEAST { bits & SIGN } else { bits })
}

/// Replaces what cannot be audio by `0.0` and returns how many samples that were. Zeros of either sign pass.
///
/// Told by the bits, which are in the order of the magnitudes, NaN and infinities on top: that takes several samples at a
/// time, and a processor that takes subnormals for zero would call a subnormal equal to zero.
fn sanitise(samples: &mut [f32]) -> u64 {
    const MAGNITUDE: u32 = u32::MAX >> 1;
    const AUDIO: std::ops::RangeInclusive<i32> =
        f32::MIN_POSITIVE.to_bits() as i32..=LARGEST_SAMPLE.to_bits() as i32;
    let mut replaced = 0_u32;
    for x in samples {
        let bits = x.to_bits();
        let magnitude = (bits & MAGNITUDE) as i32;
        let keep = AUDIO.contains(&magnitude) | (magnitude == 0);
        replaced += u32::from(!keep);
        *x = f32::from_bits(if keep { bits } else { 0 });
    }
    u64::from(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mono(channels: usize, interleaved: &[f32]) -> (Vec<f32>, u64) {
        let mut intake = Intake::new(channels);
        let mut out = Vec::new();
        intake.push(interleaved, &mut |samples| out.extend_from_slice(samples));
        (out, intake.replaced())
    }

    #[test]
    fn a_single_channel_passes_bit_for_bit() {
        let input = [0.1, -0.0, 1.0e-37, -999.9, f32::MIN_POSITIVE, 1000.0];
        let (out, replaced) = mono(1, &input);
        assert_eq!(out.map_bits(), input.to_vec().map_bits());
        assert_eq!(replaced, 0);
    }

    #[test]
    fn channels_are_summed_in_order_then_scaled() {
        // 1e8 + 1 - 1e8 is 0 in f32 when summed in order, and 1 if the outer two come first: the order counts.
        let (out, _) = mono(3, &[1.0e8, 1.0, -1.0e8, 3.0, 6.0, 9.0]);
        assert_eq!(out, [0.0, 18.0 * (1.0 / 3.0)]);
        assert_eq!(mono(2, &[0.5, 0.25]).0, [0.375]);
    }

    #[test]
    fn what_cannot_be_audio_becomes_silence_and_is_counted() {
        let bad = [
            f32::NAN,
            -f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::MAX,
            1000.1,
            -1000.1,
            f32::MIN_POSITIVE / 2.0,
            -f32::MIN_POSITIVE / 2.0,
            f32::from_bits(1),
        ];
        let (out, replaced) = mono(1, &bad);
        assert_eq!(out.map_bits(), vec![0; bad.len()]);
        assert_eq!(replaced, bad.len() as u64);
        // One broken channel breaks the frame; channels that overflow together do too.
        assert_eq!(mono(2, &[f32::NAN, 0.5, f32::MAX, f32::MAX, 0.5, 0.5]), (vec![0.0, 0.0, 0.5], 2));
    }

    #[test]
    fn no_product_has_to_do_with_subnormals() {
        let (out, replaced) = mono(2, &[1e-40, 1e-40, 1e-38, -0.9e-38, -1e-40, -1e-40, 0.5, 1e-40]);
        assert_eq!(out.map_bits(), [0.0_f32, 0.0, -0.0, 0.25].map(f32::to_bits));
        assert_eq!(replaced, 0);
    }

    #[test]
    fn large_blocks_come_in_pieces_and_empty_ones_not_at_all() {
        let input: Vec<f32> = (0..2 * 5000).map(|i| i as f32 / 1.0e5).collect();
        let (out, _) = mono(2, &input);
        assert_eq!(out.len(), 5000);
        assert_eq!(out[4321], (input[8642] + input[8643]) * 0.5);
        Intake::new(2).push(&[], &mut |_| panic!("nothing was pushed"));
    }

    trait MapBits {
        fn map_bits(&self) -> Vec<u32>;
    }
    impl MapBits for Vec<f32> {
        fn map_bits(&self) -> Vec<u32> {
            self.iter().map(|x| x.to_bits()).collect()
        }
    }
}

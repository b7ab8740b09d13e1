//! Streaming resampling to 16 kHz: rubato behind an interface of any block size, aligned in time.

use super::design::run;
use super::product::{BLOCK_OUTPUTS, Product};
use super::{MAX_RATE_HZ, MIN_RATE_HZ, design::Design};
use crate::{EngineError, SAMPLE_RATE_HZ};
use rubato::{Async, FixedAsync, Resampler as _, Sample};

/// Mono samples at any rate in, 16 kHz out; 16 kHz itself passes bit for bit.
///
/// - Flat within 0.1 dB to 7/8 of the slower rate's Nyquist frequency, nothing above it comes back as an
///   alias (-80 dB and far below; see the table in `design.rs` and the tests in `tests/resampler.rs`).
/// - Output sample `n` lies at time `n / 16000` of the input: the filter's delay is taken off at the start
///   and given back by [`Resampler::flush`]. Exact at the usual rates, within half a sample at odd ones such
///   as 44,101 Hz.
/// - The input is cut into blocks of 10 ms before anything is computed, so the way it was pushed cannot
///   matter.
/// - After `flush` there are `round(frames * 16000 / rate)` output samples.
pub struct Resampler {
    rate_hz: u32,
    filter: Option<Filter>,
    pushed: u64,
    emitted: u64,
}

/// What every rate but 16 kHz needs.
struct Filter {
    design: Design,
    way: Way,
    /// Input that waits for its block to be full; the first `filled` are valid.
    block: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    /// Output samples before time 0 that are still to come.
    to_trim: usize,
}

/// What computes the filter.
enum Way {
    Sinc(Box<Async<f32>>),
    /// The same as matrices, where the rate allows.
    Product(Box<Product>),
}

impl Resampler {
    /// A resampler from `rate_hz` to 16 kHz.
    ///
    /// # Errors
    /// [`EngineError::SampleRate`] if the rate is not within 8 to 384 kHz.
    pub fn new(rate_hz: u32) -> Result<Self, EngineError> {
        if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate_hz) {
            return Err(EngineError::SampleRate { found_hz: rate_hz });
        }
        let filter = (rate_hz != SAMPLE_RATE_HZ).then(|| Filter::new(rate_hz));
        Ok(Self { rate_hz, filter, pushed: 0, emitted: 0 })
    }

    /// Takes samples, any number of them, and hands 16 kHz samples to `sink` in order, in non-empty pieces.
    ///
    /// The samples must be finite, as [`super::Intake`] makes them: one NaN would spread over the filter's
    /// length.
    pub fn push(&mut self, samples: &[f32], sink: &mut impl FnMut(&[f32])) {
        self.pushed += samples.len() as u64;
        let emitted = &mut self.emitted;
        let mut sink = |ready: &[f32]| {
            if !ready.is_empty() {
                *emitted += ready.len() as u64;
                sink(ready);
            }
        };
        let Some(filter) = &mut self.filter else {
            return sink(samples);
        };
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(filter.block.len() - filter.filled));
            filter.block[filter.filled..filter.filled + now.len()].copy_from_slice(now);
            filter.filled += now.len();
            rest = later;
            if filter.filled == filter.block.len() {
                sink(filter.run());
            }
        }
    }

    /// Ends the stream: what the filter still holds, as if silence followed. Only [`Resampler::reset`] may
    /// come after.
    pub fn flush(&mut self, sink: &mut impl FnMut(&[f32])) {
        let total = self.output_len(self.pushed);
        let Some(filter) = &mut self.filter else {
            return;
        };
        while self.emitted < total {
            filter.block[filter.filled..].fill(0.0);
            let ready = filter.run();
            let wanted = usize::try_from(total - self.emitted).unwrap_or(usize::MAX);
            let ready = &ready[..ready.len().min(wanted)];
            if !ready.is_empty() {
                self.emitted += ready.len() as u64;
                sink(ready);
            }
        }
    }

    /// Back to the state after `new`.
    pub fn reset(&mut self) {
        self.pushed = 0;
        self.emitted = 0;
        if let Some(filter) = &mut self.filter {
            filter.reset();
        }
    }

    /// Output samples that `frames` input samples give in all, `flush` included: `round(frames * 16000 /
    /// rate)`.
    pub fn output_len(&self, frames: u64) -> u64 {
        let (rate, target) = (u128::from(self.rate_hz), u128::from(SAMPLE_RATE_HZ));
        ((u128::from(frames) * target + rate / 2) / rate) as u64
    }

    /// Seconds at most from the arrival of an input sample to the output sample at the same time: a block to
    /// fill and half the filter.
    pub fn delay_s(&self) -> f64 {
        self.filter.as_ref().map_or(0.0, |Filter { design, .. }| {
            (design.block + design.taps / 2 + 1) as f64 / f64::from(self.rate_hz)
        })
    }
}

impl Filter {
    fn new(rate_hz: u32) -> Self {
        let design = Design::for_rate(rate_hz);
        if let Some(product) = Product::of(&design, rate_hz as usize) {
            return Self::with(design, BLOCK_OUTPUTS, Way::Product(Box::new(product)));
        }
        let sinc = Self::sinc(&design);
        Self::with(design, sinc.output_frames_max(), Way::Sinc(Box::new(sinc)))
    }

    fn sinc<T: Sample>(design: &Design) -> Async<T> {
        Async::new_sinc(design.ratio, 1.0, &design.parameters(), design.block, 1, FixedAsync::Input)
            .expect("the ratio is finite, and it and the block are above zero")
    }

    fn with(design: Design, room: usize, way: Way) -> Self {
        let mut filter = Self {
            block: vec![0.0; design.block],
            filled: 0,
            output: vec![0.0; room],
            to_trim: 0,
            way,
            design,
        };
        filter.begin();
        filter
    }

    /// Filters the full block and returns what is not before time 0.
    fn run(&mut self) -> &[f32] {
        self.filled = 0;
        let produced = match &mut self.way {
            Way::Sinc(sinc) => run(sinc, &self.block, &mut self.output),
            Way::Product(product) => product.run(&self.block, &mut self.output),
        };
        let trimmed = produced.min(self.to_trim);
        self.to_trim -= trimmed;
        &self.output[trimmed..produced]
    }

    fn reset(&mut self) {
        match &mut self.way {
            Way::Sinc(sinc) => sinc.reset(),
            Way::Product(product) => product.reset(),
        }
        self.block.fill(0.0);
        self.begin();
    }

    fn begin(&mut self) {
        let early = if let Way::Product(product) = &self.way { product.early } else { 0 };
        self.filled = self.design.lead_in;
        self.to_trim = self.design.delay + early;
    }
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler")
            .field("rate_hz", &self.rate_hz)
            .field("design", &self.filter.as_ref().map(|filter| filter.design))
            .field("pushed", &self.pushed)
            .field("emitted", &self.emitted)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of seeded noise, of music-like tones, and of silence behind them.
    fn sound(rate_hz: u32) -> Vec<f32> {
        let mut state = 1_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let tone = |at: u32, hz: f32| (at as f32 * hz * std::f32::consts::TAU / rate_hz as f32).sin();
        let second = 0..rate_hz;
        let input = second.clone().map(|_| noise());
        let mut input: Vec<f32> =
            input.chain(second.map(|at| 0.4 * tone(at, 440.0) + 0.3 * tone(at, 3000.0))).collect();
        input.resize(input.len() + rate_hz as usize / 10, 0.0);
        input
    }

    /// All that a filter gives for whole blocks of it.
    fn answer(filter: &mut Filter, input: &[f32]) -> Vec<f32> {
        let mut output = Vec::new();
        let mut rest = input;
        while rest.len() >= filter.block.len() - filter.filled {
            let now = rest.split_off(..filter.block.len() - filter.filled).expect("as many are left");
            let filled = filter.filled;
            filter.block[filled..].copy_from_slice(now);
            output.extend_from_slice(filter.run());
        }
        output
    }

    /// What rubato gives in 64 bits.
    fn expected(rate_hz: u32, input: &[f32]) -> Vec<f64> {
        let design = Design::for_rate(rate_hz);
        let mut sinc = Filter::sinc::<f64>(&design);
        let mut samples = vec![0.0; design.lead_in];
        samples.extend(input.iter().map(|x| f64::from(*x)));
        let (mut fresh, mut output) = (vec![0.0; sinc.output_frames_max()], Vec::new());
        for block in samples.chunks_exact(design.block) {
            let given = run(&mut sinc, block, &mut fresh);
            output.extend_from_slice(&fresh[..given]);
        }
        output.split_off(design.delay)
    }

    /// Coefficients rounded once, summed in 32 bits: each of some hundred additions rounds a sum of at most 3, the filter's gain for the
    /// worst signal there is, by 2^-24 of it; errors of either sign add up as their root, 4e-6.
    #[test]
    fn the_product_gives_what_rubato_gives() {
        let multiples_of_500 =
            [8_000, 11_500, 12_000, 17_000, 24_000, 32_000, 44_500, 48_000, 64_000, 96_000];
        for rate_hz in multiples_of_500.into_iter().chain([8_100, 22_100, 44_100, 47_900, 88_200]) {
            let mut product = Filter::new(rate_hz);
            assert!(matches!(product.way, Way::Product(_)), "{rate_hz} Hz is a multiple of 100");
            let input = sound(rate_hz);
            let expected = expected(rate_hz, &input);
            for round in 0..2 {
                let found = answer(&mut product, &input);
                assert!(expected.len().abs_diff(found.len()) <= 160, "{rate_hz} Hz, round {round}");
                let pairs = found.iter().zip(&expected);
                let difference = pairs.map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
                assert!(difference < 4e-6, "{rate_hz} Hz, round {round}: {difference:e}");
                product.reset();
            }
        }
    }

    #[test]
    fn other_rates_stay_with_rubato() {
        for rate_hz in [8_001, 11_025, 22_050, 44_101, 95_900, 96_500, 192_000, 384_000] {
            let filter = Filter::new(rate_hz);
            assert!(matches!(filter.way, Way::Sinc(_)), "{rate_hz} Hz");
        }
    }
}

//! Streaming resampling to 16 kHz: rubato behind an interface of any block size, aligned in time.

use super::{MAX_RATE_HZ, MIN_RATE_HZ, design::Design};
use crate::{EngineError, SAMPLE_RATE_HZ};
use rubato::{Async, FixedAsync, Resampler as _, audioadapter_buffers::direct::InterleavedSlice};

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
    sinc: Box<Async<f32>>,
    /// Input that waits for its block to be full; the first `filled` are valid.
    block: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    /// Output samples before time 0 that are still to come.
    to_trim: usize,
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
        let filter = (rate_hz != SAMPLE_RATE_HZ).then(|| Filter::new(Design::for_rate(rate_hz)));
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
    fn new(design: Design) -> Self {
        let sinc =
            Async::new_sinc(design.ratio, 1.0, &design.parameters(), design.block, 1, FixedAsync::Input)
                .expect("the ratio is finite, and it and the block are above zero");
        Self {
            block: vec![0.0; design.block],
            filled: design.lead_in,
            output: vec![0.0; sinc.output_frames_max()],
            to_trim: design.delay,
            sinc: Box::new(sinc),
            design,
        }
    }

    /// Filters the full block and returns what is not before time 0.
    fn run(&mut self) -> &[f32] {
        self.filled = 0;
        let (block, room) = (self.block.len(), self.output.len());
        let input = InterleavedSlice::new(&self.block, 1, block).expect("one channel fits its own length");
        let mut output = InterleavedSlice::new_mut(&mut self.output, 1, room).expect("as above");
        let (_, produced) = self
            .sinc
            .process_into_buffer(&input, &mut output, None)
            .expect("both buffers have the size that the resampler asks for");
        let trimmed = produced.min(self.to_trim);
        self.to_trim -= trimmed;
        &self.output[trimmed..produced]
    }

    fn reset(&mut self) {
        self.sinc.reset();
        self.block.fill(0.0);
        self.filled = self.design.lead_in;
        self.to_trim = self.design.delay;
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

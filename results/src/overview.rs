//! Wave-form and log-mel of a whole file in bounded memory, through the engine's own front-end.

use super::folding::{Fold, Folding};
use rollcall_engine::{
    EngineError, HOP_SAMPLES, MEL_BANDS, SAMPLE_RATE_HZ,
    audio::{Intake, Resampler},
    logmel::LogMel,
};

/// Between this and twice as many columns stand for a long file: more than a screen has.
const HALF: usize = 2_048;
/// What the log-mel of silence is: `ln(0.01)`.
const SILENCE: f32 = -4.605;
/// The log-mel of what is loud in most recordings; brighter is all the same.
const LOUD: f32 = 2.5;

/// Gathers while the file is read.
pub struct Overview {
    intake: Intake,
    resampler: Resampler,
    log_mel: LogMel,
    /// The hop that is being filled.
    open: Swing,
    samples: usize,
    wave: Folding<Swing>,
    mel: Folding<Bands>,
}

/// Least and greatest sample.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Swing(f32, f32);

impl Swing {
    const NONE: Self = Self(f32::INFINITY, f32::NEG_INFINITY);
}

impl Fold for Swing {
    fn fold(&mut self, other: &Self) {
        *self = Self(self.0.min(other.0), self.1.max(other.1));
    }
}

/// Sum of log-mel hops.
#[derive(Clone, Debug)]
struct Bands {
    hops: f32,
    sum: [f32; MEL_BANDS],
}

impl Fold for Bands {
    fn fold(&mut self, other: &Self) {
        self.hops += other.hops;
        self.sum.iter_mut().zip(other.sum).for_each(|(sum, value)| *sum += value);
    }
}

impl std::fmt::Debug for Overview {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overview").field("columns", &self.wave.values().len()).finish_non_exhaustive()
    }
}

impl Overview {
    /// Of audio of this rate and so many channels.
    ///
    /// # Errors
    /// A rate that the engine does not take either.
    pub fn new(sample_rate_hz: u32, channels: usize) -> Result<Self, EngineError> {
        Ok(Self {
            intake: Intake::new(channels),
            resampler: Resampler::new(sample_rate_hz)?,
            log_mel: LogMel::new(),
            open: Swing::NONE,
            samples: 0,
            wave: Folding::new(HALF),
            mel: Folding::new(HALF),
        })
    }

    /// Takes interleaved frames.
    pub fn push(&mut self, interleaved: &[f32]) {
        let Self { intake, resampler, log_mel, open, samples, wave, mel } = self;
        intake.push(interleaved, &mut |mono| {
            resampler.push(mono, &mut |block| take(block, log_mel, (open, samples), wave, mel));
        });
    }

    /// The file has ended.
    pub fn finish(&mut self) {
        let Self { resampler, log_mel, open, samples, wave, mel, .. } = self;
        resampler.flush(&mut |block| take(block, log_mel, (open, samples), wave, mel));
        if self.samples > 0 {
            self.wave.push(self.open);
            self.samples = 0;
        }
    }

    /// Least and greatest sample of each column, and seconds of a column.
    pub fn wave(&self) -> (Vec<(f32, f32)>, f64) {
        let column_s = self.wave.inputs_per_value() as f64 * HOP_SAMPLES as f64 / f64::from(SAMPLE_RATE_HZ);
        (self.wave.values().iter().map(|swing| (swing.0, swing.1)).collect(), column_s)
    }

    /// Mean log-mel of each column, the lowest band first, silence 0 and loud 255; and seconds of a column.
    pub fn log_mel(&self) -> (Vec<[u8; MEL_BANDS]>, f64) {
        let column_s = self.mel.inputs_per_value() as f64 * HOP_SAMPLES as f64 / f64::from(SAMPLE_RATE_HZ);
        let shade = |bands: &Bands| {
            bands
                .sum
                .map(|sum| ((sum / bands.hops - SILENCE) / (LOUD - SILENCE) * 255.0).clamp(0.0, 255.0) as u8)
        };
        (self.mel.values().iter().map(shade).collect(), column_s)
    }
}

fn take(
    block: &[f32],
    log_mel: &mut LogMel,
    (open, samples): (&mut Swing, &mut usize),
    wave: &mut Folding<Swing>,
    mel: &mut Folding<Bands>,
) {
    for &sample in block {
        open.fold(&Swing(sample, sample));
        *samples += 1;
        if *samples == HOP_SAMPLES {
            wave.push(std::mem::replace(open, Swing::NONE));
            *samples = 0;
        }
    }
    log_mel.push(block, &mut |hop, _| mel.push(Bands { hops: 1.0, sum: *hop }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_stands_where_it_was() {
        let mut overview = Overview::new(44_100, 2).unwrap();
        let mut audio = vec![0.0_f32; 2 * 44_100 * 4];
        // Two channels at 3 s, one of them: half in the mean.
        for frame in 0..441 {
            audio[2 * (3 * 44_100 + frame)] = (frame as f32 * 0.3).sin();
        }
        for block in audio.chunks(2 * 1_000) {
            overview.push(block);
        }
        overview.finish();
        let (wave, column_s) = overview.wave();
        assert_eq!((wave.len(), column_s), (400, 0.01));
        let loudest = (0..wave.len()).max_by(|&a, &b| wave[a].1.total_cmp(&wave[b].1)).unwrap();
        assert!((299..=301).contains(&loudest), "column {loudest}");
        assert!((0.4..0.55).contains(&wave[loudest].1), "{:?}", wave[loudest]);
        let (mel, _) = overview.log_mel();
        assert!(mel[100].iter().all(|&shade| shade == 0) && mel[300].iter().any(|&shade| shade > 60));
    }
}

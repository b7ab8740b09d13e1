//! Clips of phrases that have nothing to do with each other: one class, several, or none at all.

use super::mixer::{Composition, Mixer, VARISPEED_SEMITONES, bring_to, draw_from};
use crate::audio::level::amplitude;
use crate::base::seed::Chance;
use crate::base::stem::Kind;
use crate::pool::PoolError;
use fastrand::Rng;

/// A noise is played up to this much higher or lower: whatever comes of it is no instrument either.
const NOISE_VARISPEED_SEMITONES: f32 = 12.0;

impl Mixer {
    /// Audio with this many instruments, each of another class; none: what is no instrument.
    ///
    /// # Errors
    /// The pool cannot be read.
    pub fn compose(&self, voices: usize, rng: &mut Rng) -> Result<Composition, PoolError> {
        let mut layers = Vec::new();
        let mut drawn = self.present();
        rng.shuffle(&mut drawn);
        for &class in drawn.iter().take(voices) {
            layers.push((Some(class), self.voice(class, rng)?));
        }
        let negatives = match voices {
            0 => usize::from(rng.with(0.8)) + usize::from(self.varies(0.3, rng)),
            _ => usize::from(rng.with(0.12)),
        };
        if !self.negatives.is_empty() {
            for _ in 0..negatives {
                layers.push((None, self.negative(rng)?));
            }
        }
        for (_, layer) in &mut layers {
            bring_to(layer, 0.05 * amplitude(rng.between(-9.0, 4.0)));
        }
        Ok(self.blend(layers, voices == 0, rng))
    }

    /// What is no instrument of the 20. A noise stays one however it is played, another instrument may not.
    fn negative(&self, rng: &mut Rng) -> Result<Vec<f32>, PoolError> {
        let source = draw_from(&self.negatives, rng);
        let stem = &self.pool.stems[*rng.pick(source)];
        let plays = stem.row.kind == Kind::Phrase;
        let semitones = if plays { VARISPEED_SEMITONES } else { NOISE_VARISPEED_SEMITONES };
        let mut layer = self.layer(stem, self.varispeed_ratio(semitones, rng), rng)?;
        if !plays && self.varies(0.2, rng) {
            layer.reverse();
        }
        Ok(layer)
    }
}

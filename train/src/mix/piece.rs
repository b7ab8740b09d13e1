//! Excerpts of real music of which only a teacher knows who plays, and sometimes a guest whom we know.

use super::effects;
use super::mixer::{Composition, Mixer, bring_to, draw_from};
use super::truth;
use crate::audio::activity::activity;
use crate::audio::level::{amplitude, rms};
use crate::base::seed::Chance;
use crate::nn::loss::Target;
use crate::pool::PoolError;
use fastrand::Rng;

/// How often somebody whom we know plays along.
const GUESTS: f32 = 0.25;
/// How often a piece is played faster or slower, and by how many semitones at most.
const VARISPEED: (f32, f32) = (0.6, 1.2);

impl Mixer {
    /// Whether there are pieces of real music.
    #[must_use]
    pub fn has_pieces(&self) -> bool {
        !self.pieces.is_empty()
    }

    /// An excerpt of a piece. Nothing is known of who plays but the guest, of whom we know where he is heard; where he is not,
    /// somebody else of his class may be.
    ///
    /// # Errors
    /// The pool cannot be read.
    ///
    /// # Panics
    /// There is no piece ([`Mixer::has_pieces`]).
    pub fn piece(&self, rng: &mut Rng) -> Result<Composition, PoolError> {
        let classes = self.voices.len();
        let source = draw_from(&self.pieces, rng);
        let stem = &self.pool.stems[*rng.pick(source)];
        let (often, furthest) = VARISPEED;
        let ratio =
            if self.varies(often, rng) { 2f32.powf(rng.between(-furthest, furthest) / 12.0) } else { 1.0 };
        let read = (self.length.samples() as f32 * ratio) as usize + 2;
        let start = rng.usize(0..=(stem.row.samples as usize).saturating_sub(read));
        let mut samples = self.pool.excerpt(stem, start, read)?;
        if ratio != 1.0 {
            samples = effects::varispeed(&samples, ratio);
        }
        samples.resize(self.length.samples(), 0.0);
        if self.varies(0.6, rng) {
            effects::equalise(&mut samples, rng);
        }
        let mut target = Target::nobody(classes, self.length.windows());
        let mut voices = Vec::new();
        let present = self.present();
        let guest = (!present.is_empty() && rng.with(GUESTS)).then(|| *rng.pick(&present));
        let mut known = vec![false; classes];
        if let Some(class) = guest {
            let mut played = self.voice(class, rng)?;
            bring_to(&mut played, rms(&samples) * amplitude(rng.between(-6.0, 8.0)));
            samples.iter_mut().zip(&played).for_each(|(m, g)| *m += g);
            let active = activity(&played);
            truth::mark(&mut target, class, &active, &played, &samples, self.length);
            known[class] = target.clip[class] == 1.0;
            voices.push((class, active));
        }
        for (at, weight) in target.step_weight.iter_mut().enumerate() {
            let heard = known[at % classes] && target.steps[at] == 1.0;
            *weight = f32::from(u8::from(heard));
        }
        target.clip_weight.iter_mut().zip(&known).for_each(|(w, known)| *w = f32::from(u8::from(*known)));
        self.master(&mut samples, false, rng);
        Ok(Composition { samples, target, voices })
    }
}

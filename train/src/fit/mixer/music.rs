//! Clips of real music: what the teacher is sure of, and sometimes a guest whom we know.

use super::{Mixer, bring_to, truth};
use crate::data::activity::activity;
use crate::data::pool::{PoolError, SoftLabel};
use crate::data::seed::Chance;
use crate::fit::{clip::Clip, effects};
use crate::nn::loss::Target;
use fastrand::Rng;
use rollcall_engine::SAMPLE_RATE_HZ;

/// A class plays for certain in a segment of music at this probability.
const HEARD: f32 = 0.5;
/// A class with fewer segments of music than this would be learned by heart.
const ENOUGH_SEGMENTS: usize = 10;
/// How often somebody whom we know plays along.
const GUESTS: f32 = 0.35;

impl Mixer {
    /// Real music with what the teacher says of it, and sometimes somebody whom we know.
    pub(super) fn music(&self, rng: &mut Rng) -> Result<Clip, PoolError> {
        let (stem, label) = if self.heard.is_empty() || rng.bool() {
            rng.pick(&self.music)
        } else {
            let segments = rng.pick(&self.heard);
            &self.music[*rng.pick(segments)]
        };
        let stem = &self.pool.stems[*stem];
        let room = (label.length_s * SAMPLE_RATE_HZ as f32) as usize;
        let start = (label.start_s * SAMPLE_RATE_HZ as f32) as usize
            + rng.usize(0..=room.saturating_sub(self.length.samples()));
        let mut samples = self.pool.excerpt(stem, start, self.length.samples())?;
        samples.resize(self.length.samples(), 0.0);
        if self.varies(0.5, rng) {
            effects::equalise(&mut samples, rng);
        }
        let likely = label.probability;
        // What is half likely teaches nothing. And the segment is longer than the clip and its windows, so that who plays in
        // it may be silent in them.
        let weight: [f32; 20] =
            std::array::from_fn(|c| if label.known[c] { 0.5 * (2.0 * likely[c] - 1.0).powi(2) } else { 0.0 });
        let mut target = Target {
            clip: likely.to_vec(),
            clip_weight: weight.to_vec(),
            steps: likely.repeat(self.length.windows()),
            step_weight: weight.repeat(self.length.windows()),
        };
        if self.varies(GUESTS, rng) {
            self.welcome_guest(&mut samples, &mut target, rng)?;
        }
        self.master(&mut samples, false, rng);
        Ok(Clip { log_mel: self.picture(&samples, rng), target })
    }

    /// Somebody plays along with real music: of that class we know where it is heard. Where it is not, the music's own
    /// label stays.
    fn welcome_guest(&self, music: &mut [f32], target: &mut Target, rng: &mut Rng) -> Result<(), PoolError> {
        let classes = self.voices.len();
        let present = self.present();
        if present.is_empty() {
            return Ok(());
        }
        let class = *rng.pick(&present);
        let mut guest = self.voice(class, rng)?;
        bring_to(&mut guest, effects::rms(music) * effects::amplitude(rng.between(-8.0, 6.0)));
        music.iter_mut().zip(&guest).for_each(|(m, g)| *m += g);
        let mut heard = Target::nobody(classes, self.length.windows());
        truth::mark(&mut heard, class, &activity(&guest), &guest, music, self.length);
        if heard.clip[class] == 1.0 {
            (target.clip[class], target.clip_weight[class]) = (1.0, 1.0);
        }
        for at in (class..heard.steps.len()).step_by(classes).filter(|&at| heard.steps[at] == 1.0) {
            (target.steps[at], target.step_weight[at]) = (1.0, 1.0);
        }
        Ok(())
    }
}

/// For each class that plays for certain in some of the music, that music; a class that hardly ever does is left to chance.
pub(super) fn heard(music: &[(usize, SoftLabel)], classes: usize) -> Vec<Vec<usize>> {
    let plays = |label: &SoftLabel, class: usize| label.known[class] && label.probability[class] > HEARD;
    let of = |class| (0..music.len()).filter(|&i| plays(&music[i].1, class)).collect::<Vec<_>>();
    (0..classes).map(of).filter(|segments| segments.len() >= ENOUGH_SEGMENTS).collect()
}

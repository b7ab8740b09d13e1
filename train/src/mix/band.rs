//! Clips of bands: pieces whose players are stems of their own, some of whom rest, and sometimes a guest.

use super::effects;
use super::mixer::{Composition, Mixer, VARISPEED_SEMITONES, bring_to};
use super::truth;
use crate::audio::activity::activity;
use crate::audio::level::amplitude;
use crate::base::seed::Chance;
use crate::pool::PoolError;
use fastrand::Rng;

/// Players of a band that are heard at once, at most, guests aside.
pub(super) const MOST_PLAYERS: usize = 6;
/// How often somebody of another class plays along.
const GUESTS: f32 = 0.6;

impl Mixer {
    /// Audio of a piece: the same excerpt of up to six of its classes, near the levels that they have in it.
    ///
    /// # Errors
    /// The pool cannot be read.
    ///
    /// # Panics
    /// There is no band ([`Mixer::has_bands`]).
    pub fn band(&self, rng: &mut Rng) -> Result<Composition, PoolError> {
        let mut players = self.players(rng);
        rng.shuffle(&mut players);
        // Mostly as full as it is written.
        let most = players.len().min(MOST_PLAYERS);
        players.truncate(rng.usize(1..=most).max(rng.usize(1..=most)));
        let ratio = self.varispeed_ratio(VARISPEED_SEMITONES, rng);
        let longest = players.iter().map(|&i| self.pool.stems[i].row.samples as usize).max().unwrap_or(0);
        let read = (self.length.samples() as f32 * ratio) as usize + 2;
        let start = rng.usize(0..=longest.saturating_sub(read));
        let room = (self.varies(0.3, rng) && !self.rooms.is_empty()).then(|| rng.pick(&self.rooms));
        let mut layers = Vec::new();
        for i in players {
            let stem = &self.pool.stems[i];
            let mut layer = effects::varispeed(&self.pool.excerpt(stem, start, read)?, ratio);
            layer.resize(self.length.samples(), 0.0);
            if self.augment > 0.0 {
                self.colour(&stem.row.class, &mut layer, rng);
                if let Some(room) = room {
                    effects::reverberate(&mut layer, room, rng.between(0.1, 0.4));
                }
            }
            let gain = amplitude(rng.between(-5.0, 5.0));
            layer.iter_mut().for_each(|s| *s *= gain);
            layers.push((stem.class, layer));
        }
        if rng.with(GUESTS)
            && let Some(class) = self.guest(&layers, rng)
        {
            let mut guest = self.voice(class, rng)?;
            let level = layers.iter().map(|(_, layer)| truth::active_rms(layer, &activity(layer)));
            let level = level.fold(0.0, f32::max) * amplitude(rng.between(-9.0, 3.0));
            bring_to(&mut guest, level);
            layers.push((Some(class), guest));
        }
        Ok(self.blend(layers, false, rng))
    }

    /// The stems of a piece. Who plays in nearly all of them rests as often as he plays: a bass is to be known by its sound,
    /// not by there being a band.
    fn players(&self, rng: &mut Rng) -> Vec<usize> {
        let written = rng.pick(&self.bands);
        let mut rests = |&i: &usize| {
            self.pool.stems[i].class.is_some_and(|c| 2 * self.bands_of[c] > self.bands.len()) && rng.bool()
        };
        let playing: Vec<usize> = written.iter().copied().filter(|i| !rests(i)).collect();
        if playing.is_empty() { written.clone() } else { playing }
    }

    /// Somebody who is not in the band: of three who could, the one that the fewest pieces have.
    fn guest(&self, band: &[(Option<usize>, Vec<f32>)], rng: &mut Rng) -> Option<usize> {
        let mut others = self.present();
        others.retain(|&class| band.iter().all(|(player, _)| *player != Some(class)));
        rng.shuffle(&mut others);
        others.into_iter().take(3).min_by_key(|&class| self.bands_of[class])
    }
}

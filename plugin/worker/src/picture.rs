//! Gathers the log-mel that the network sees into a picture that scrolls.

use rollcall_board::{Attention, LogMel, MEL_BANDS, PICTURE_HOPS, Picture};
use rollcall_engine::Engine;
use std::collections::VecDeque;

/// The newest hops, kept longer than the engine needs them.
#[derive(Debug, Default)]
pub(crate) struct Film {
    hops: VecDeque<[u8; MEL_BANDS]>,
    end: u64,
    attention: Attention,
}

impl Film {
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Brings the picture up to `time_s` of the session, a hop every 10 ms. The engine keeps the newest 0.96 s: what
    /// was pushed in one go beyond that is left out of the picture.
    pub(crate) fn follow(&mut self, engine: &Engine, time_s: f64) {
        let end = (time_s * 100.0) as u64;
        let due = end.saturating_sub(self.end);
        self.end = end;
        let newest = engine.log_mel().count() as u64;
        for hop in engine.log_mel().skip(newest.saturating_sub(due) as usize) {
            if self.hops.len() == PICTURE_HOPS {
                self.hops.pop_front();
            }
            self.hops.push_back(hop.map(LogMel::quantise));
        }
    }

    /// Takes the attention weights as of the newest step.
    pub(crate) fn attend(&mut self, engine: &Engine) {
        self.attention = Attention::default();
        for (time_s, weights) in engine.attention() {
            self.attention.times_s.push(time_s);
            self.attention.weights.extend_from_slice(weights);
        }
    }

    pub(crate) fn picture(&self) -> Picture {
        let log_mel = LogMel { hops: self.hops.iter().copied().collect(), end: self.end };
        Picture { log_mel, attention: self.attention.clone() }
    }
}

//! What to do when the machine can't keep up: fewer steps first, then leaving audio out. Never for an offline render.

use rollcall_engine::COLUMN_HOPS;

/// More than a model takes to load on a slow machine: only a lasting lack of speed makes so much wait.
const COARSEN_S: f64 = 2.5;
/// Less than the tap holds: better to leave out one stretch on purpose than many where the tap happens to be full.
const SKIP_S: f64 = 6.0;
/// What is left to analyse after a skip.
const LEAVE_S: f64 = 0.5;
/// How long all must have been well before steps become denser again, and how little may wait then.
const CALM_S: f64 = 10.0;
const WELL_S: f64 = 0.5;
/// Coarsest interval: 0.96 s.
const MAX_HOPS: usize = 96;

/// Decides from what waits.
#[derive(Debug)]
pub(crate) struct Thinning {
    hops: usize,
    changed_s: f64,
    unwell_s: f64,
}

impl Thinning {
    pub(crate) fn new() -> Self {
        Self { hops: COLUMN_HOPS, changed_s: f64::NEG_INFINITY, unwell_s: 0.0 }
    }

    /// Looks at what waits at `now_s` of the wall clock; returns the seconds to leave out, if any.
    pub(crate) fn look(
        &mut self,
        asked_hops: usize,
        backlog_s: f64,
        now_s: f64,
        is_complete: bool,
    ) -> Option<f64> {
        if is_complete {
            self.hops = asked_hops;
            return None;
        }
        self.hops = self.hops.clamp(asked_hops, MAX_HOPS);
        if backlog_s > WELL_S {
            self.unwell_s = now_s;
        }
        let next = if backlog_s > COARSEN_S && now_s - self.changed_s > 1.0 {
            (self.hops + COLUMN_HOPS).min(MAX_HOPS)
        } else if now_s - self.unwell_s > CALM_S && now_s - self.changed_s > CALM_S {
            (self.hops - COLUMN_HOPS).max(asked_hops)
        } else {
            self.hops
        };
        if next != self.hops {
            self.hops = next;
            self.changed_s = now_s;
        }
        (backlog_s > SKIP_S).then_some(backlog_s - LEAVE_S)
    }

    /// Hops between steps now.
    pub(crate) fn hops(&self) -> usize {
        self.hops
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coarser_when_behind_denser_when_calm_never_offline() {
        let mut pace = Thinning::new();
        assert_eq!(pace.look(16, 0.1, 0.0, false), None);
        for (second, hops) in [(2, 32), (4, 48), (6, 64), (8, 80), (10, 96), (12, 96)] {
            assert_eq!(pace.look(16, 3.0, f64::from(second), false), None);
            assert_eq!(pace.hops(), hops);
        }
        assert_eq!(pace.look(16, 7.0, 13.0, false), Some(6.5));
        assert_eq!(pace.look(16, 7.0, 13.0, true), None, "an offline render waits instead");
        assert_eq!(pace.hops(), 16);
        pace.look(16, 3.0, 15.0, false);
        assert_eq!(pace.hops(), 32);
        for tenth in 150..250 {
            pace.look(16, 0.1, f64::from(tenth) / 10.0, false);
            assert_eq!(pace.hops(), 32, "not yet");
        }
        pace.look(16, 0.1, 25.1, false);
        assert_eq!(pace.hops(), 16);
        pace.look(64, 0.1, 26.0, false);
        assert_eq!(pace.hops(), 64, "a wish for less is met at once");
    }
}

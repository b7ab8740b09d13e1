//! The last minute of what the network heard, kept so that a stretch of it can become an example.

use rollcall_engine::SAMPLE_RATE_HZ;
use std::{collections::VecDeque, ops::Range};

/// Seconds that are kept.
const KEPT_S: u64 = 60;
/// Samples that are kept: 3.8 MB.
const MOST: u64 = KEPT_S * SAMPLE_RATE_HZ as u64;
/// Shorter stretches are none to learn from: a window of the network is 0.96 s long.
const LEAST_S: f64 = 1.0;
/// Less than this, at a change of streams, is what a resampler holds back.
const HELD_BACK_S: f64 = 0.05;

/// The newest samples of a session, mono at 16 kHz. Positions count samples of the session's time.
#[derive(Debug)]
pub(crate) struct Kept {
    is_on: bool,
    samples: VecDeque<f32>,
    /// Position behind the newest sample.
    end: u64,
    /// What was not heard: silence stands there.
    missing: VecDeque<Range<u64>>,
}

/// A stretch that was taken out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cut {
    pub(crate) samples: Vec<f32>,
    pub(crate) begin_s: f64,
    pub(crate) end_s: f64,
    pub(crate) missing_s: f64,
}

impl Kept {
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_on, samples: VecDeque::new(), end: 0, missing: VecDeque::new() }
    }

    /// Begins or ends keeping; whoever wants nothing kept has nothing kept from now on.
    pub(crate) fn switch(&mut self, is_on: bool) {
        if self.is_on && !is_on {
            // With its memory.
            (self.samples, self.missing) = (VecDeque::new(), VecDeque::new());
        }
        self.is_on = is_on;
    }

    /// A new session: its time begins at 0.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.is_on);
    }

    /// Takes what was heard next.
    pub(crate) fn take(&mut self, samples: &[f32]) {
        self.end += samples.len() as u64;
        if self.is_on {
            self.samples.extend(samples);
            self.forget();
        }
    }

    /// What is heard next lies at this moment of the session: what lies between was missed.
    pub(crate) fn go_on_at(&mut self, time_s: f64) {
        let position = (time_s * f64::from(SAMPLE_RATE_HZ)).round() as u64;
        let from = self.end;
        if position <= from {
            return;
        }
        self.end = position;
        if position - from >= MOST {
            self.samples.clear();
            self.missing.clear();
        } else if !self.samples.is_empty() {
            self.samples.extend((from..position).map(|_| 0.0));
            self.missing.push_back(from..position);
            self.forget();
        }
    }

    fn forget(&mut self) {
        let over = self.samples.len().saturating_sub(MOST as usize);
        self.samples.drain(..over);
        let begin = self.begin();
        while self.missing.front().is_some_and(|range| range.end <= begin) {
            self.missing.pop_front();
        }
    }

    fn begin(&self) -> u64 {
        self.end - self.samples.len() as u64
    }

    /// From when to when audio is kept, if any is.
    pub(crate) fn range_s(&self) -> Option<(f64, f64)> {
        (!self.samples.is_empty()).then(|| (seconds(self.begin()), seconds(self.end)))
    }

    /// Takes a stretch out, as far as it is kept.
    ///
    /// # Errors
    /// Too little of it is, or there is nothing to be heard; the text says what to do.
    pub(crate) fn cut(&self, begin_s: f64, end_s: f64) -> Result<Cut, String> {
        if !self.is_on {
            return Err(
                "nothing is kept: switch on \"Keep the last minute\" in the settings, then play it again"
                    .into(),
            );
        }
        let Some((first_s, last_s)) = self.range_s() else {
            return Err("nothing was heard yet: play something first".into());
        };
        let (begin_s, end_s) = (begin_s.max(first_s), end_s.min(last_s));
        if end_s - begin_s < LEAST_S {
            return Err(format!(
                "too little of it is kept: select at least {LEAST_S:.0} s of the last {KEPT_S} s"
            ));
        }
        let position = |time_s: f64| (time_s * f64::from(SAMPLE_RATE_HZ)).round() as u64;
        let range = position(begin_s)..position(end_s).min(self.end);
        let at = |position: u64| (position - self.begin()) as usize;
        let samples: Vec<f32> = self.samples.range(at(range.start)..at(range.end)).copied().collect();
        // A thousandth of full scale, -60 dBFS, where the engine's gate opens.
        if samples.iter().all(|sample| sample.abs() < 1e-3) {
            return Err("it is silent: select a stretch in which something is heard".into());
        }
        let inside = |gap: &Range<u64>| gap.end.min(range.end).saturating_sub(gap.start.max(range.start));
        let missing_s = seconds(self.missing.iter().map(inside).sum());
        let missing_s = if missing_s < HELD_BACK_S { 0.0 } else { missing_s };
        Ok(Cut { samples, begin_s: seconds(range.start), end_s: seconds(range.end), missing_s })
    }
}

fn seconds(samples: u64) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE_HZ)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Second `n` has samples of `(n + 1) / 128`.
    fn second(n: u32) -> Vec<f32> {
        vec![(n + 1) as f32 / 128.0; 16_000]
    }

    fn kept(seconds: u32) -> Kept {
        let mut kept = Kept::new(true);
        (0..seconds).for_each(|n| kept.take(&second(n)));
        kept
    }

    #[test]
    fn the_last_minute_is_kept_and_no_more() {
        let kept = kept(75);
        assert_eq!(kept.range_s(), Some((15.0, 75.0)));
        assert!(
            kept.samples.len() == 960_000 && kept.samples.capacity() <= 1 << 20,
            "{}",
            kept.samples.capacity()
        );
        let cut = kept.cut(20.5, 22.0).expect("it is kept");
        assert_eq!((cut.begin_s, cut.end_s, cut.missing_s), (20.5, 22.0, 0.0));
        assert_eq!(cut.samples, [vec![21.0 / 128.0; 8_000], second(21)].concat());
        // As far as it goes.
        let cut = kept.cut(10.0, 17.0).expect("most of it is kept");
        assert_eq!((cut.begin_s, cut.end_s, cut.samples.len()), (15.0, 17.0, 32_000));
        assert!(kept.cut(3.0, 15.5).is_err_and(|why| why.contains("of the last 60 s")));
        assert!(kept.cut(74.5, 99.0).is_err_and(|why| why.contains("at least 1 s")));
        assert!(kept.cut(f64::NAN, f64::NAN).is_ok_and(|cut| cut.samples.len() == 960_000), "all of it");
    }

    #[test]
    fn what_was_missed_is_silent_and_told() {
        let mut kept = kept(10);
        kept.go_on_at(12.0);
        kept.take(&second(12));
        kept.go_on_at(13.001);
        kept.take(&second(13));
        let cut = kept.cut(9.0, 13.0).expect("it is kept");
        assert_eq!(cut.samples, [second(9), vec![0.0; 32_000], second(12)].concat());
        assert_eq!(cut.missing_s, 2.0);
        assert_eq!(
            kept.cut(12.5, 14.0).expect("it is kept").missing_s,
            0.0,
            "a resampler's delay is no loss"
        );
        assert!(kept.cut(10.2, 11.8).is_err_and(|why| why.contains("silent")));
        kept.go_on_at(1e6);
        assert_eq!(kept.range_s(), None, "after more than a minute nothing is left");
        kept.take(&second(0));
        assert_eq!(kept.range_s(), Some((1e6, 1e6 + 1.0)));
    }

    #[test]
    fn switched_off_nothing_is_left_and_time_goes_on() {
        let mut kept = kept(5);
        kept.switch(false);
        assert_eq!((kept.range_s(), kept.samples.capacity()), (None, 0));
        kept.take(&second(5));
        assert!(kept.cut(5.0, 6.0).is_err_and(|why| why.contains("Keep the last minute")));
        kept.switch(true);
        assert!(kept.cut(5.0, 6.0).is_err_and(|why| why.contains("play something")));
        kept.take(&second(6));
        assert_eq!(kept.cut(0.0, 9.0).expect("it is kept").samples, second(6));
        assert_eq!(kept.range_s(), Some((6.0, 7.0)));
        kept.clear();
        kept.take(&second(0));
        assert_eq!(kept.range_s(), Some((0.0, 1.0)));
    }
}

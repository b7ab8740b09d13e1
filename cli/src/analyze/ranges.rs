//! Cuts ranges from activities while they come.

use rollcall_engine::timeline::{Range, RangeSettings};

/// Durations that differ by less are equal: they are sums of hops.
const SAME_S: f64 = 1e-6;

/// Who was above threshold when, from one pass over the steps.
///
/// A step stands for one hop round its centre; the first also for everything before it and the last for everything
/// after it, for their windows begin and end with the audio. Gaps up to `merge_gap_s` are closed first, then what is shorter than `min_duration_s` is dropped.
#[derive(Debug)]
pub struct RangeCutter {
    thresholds: Vec<f32>,
    min_duration_s: f64,
    merge_gap_s: f64,
    hop_s: f64,
    start_s: f64,
    step: u64,
    open: Vec<Option<Open>>,
    closed: Vec<(usize, Closed)>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    start_s: f64,
    end_s: f64,
    last_step: u64,
    sum: f64,
    steps: u64,
    /// Sum of the steps below threshold since `last_step`: part of the range if it goes on.
    gap_sum: f64,
    peak: f32,
}

#[derive(Clone, Copy, Debug)]
struct Closed {
    start_s: f64,
    end_s: f64,
    mean: f32,
    peak: f32,
}

impl RangeCutter {
    /// Steps are `hop_s` apart, the audio begins at `start_s`.
    pub fn new(settings: &RangeSettings, hop_s: f64, start_s: f64) -> Self {
        Self {
            thresholds: settings.thresholds.clone(),
            min_duration_s: settings.min_duration_s,
            merge_gap_s: settings.merge_gap_s,
            hop_s,
            start_s,
            step: 0,
            open: vec![None; settings.thresholds.len()],
            closed: Vec::new(),
        }
    }

    /// Takes the next step: its centre, and an activity for each class.
    pub fn push(&mut self, time_s: f64, activity: &[f32]) {
        let start_s = if self.step == 0 { self.start_s } else { time_s - self.hop_s / 2.0 };
        let end_s = time_s + self.hop_s / 2.0;
        for (class, (&value, &threshold)) in activity.iter().zip(&self.thresholds).enumerate() {
            let is_above = value >= threshold;
            let Some(open) = &mut self.open[class] else {
                if is_above {
                    self.open[class] = Some(Open::new(start_s, end_s, self.step, value));
                }
                continue;
            };
            let gap_s = (self.step - open.last_step - 1) as f64 * self.hop_s;
            match (is_above, gap_s <= self.merge_gap_s + SAME_S) {
                (true, true) => open.extend(end_s, self.step, value),
                (true, false) => {
                    let next = Open::new(start_s, end_s, self.step, value);
                    let done = std::mem::replace(open, next);
                    self.closed.push((class, done.close(done.end_s)));
                }
                (false, true) => open.gap_sum += f64::from(value),
                (false, false) => {
                    let done = *open;
                    self.open[class] = None;
                    self.closed.push((class, done.close(done.end_s)));
                }
            }
        }
        self.step += 1;
    }

    /// All ranges of audio that ends at `end_s`, sorted by start, then by class.
    pub fn finish(mut self, end_s: f64, classes: &[String]) -> Vec<Range> {
        for (class, open) in self.open.iter().enumerate() {
            self.closed.extend(open.map(|open| {
                let is_last = open.last_step + 1 == self.step;
                (class, open.close(if is_last { end_s } else { open.end_s }))
            }));
        }
        self.closed.retain_mut(|(_, range)| {
            range.end_s = range.end_s.min(end_s);
            range.end_s > range.start_s && range.end_s - range.start_s >= self.min_duration_s - SAME_S
        });
        self.closed.sort_by(|a, b| a.1.start_s.total_cmp(&b.1.start_s).then(a.0.cmp(&b.0)));
        let named = |(class, range): (usize, Closed)| Range {
            class: classes[class].clone(),
            start_s: super::nanoseconds(range.start_s),
            end_s: super::nanoseconds(range.end_s),
            mean: range.mean,
            peak: range.peak,
        };
        self.closed.into_iter().map(named).collect()
    }
}

impl Open {
    fn new(start_s: f64, end_s: f64, step: u64, value: f32) -> Self {
        Self { start_s, end_s, last_step: step, sum: f64::from(value), steps: 1, gap_sum: 0.0, peak: value }
    }

    fn extend(&mut self, end_s: f64, step: u64, value: f32) {
        self.sum += self.gap_sum + f64::from(value);
        self.gap_sum = 0.0;
        self.steps += step - self.last_step;
        self.last_step = step;
        self.end_s = end_s;
        self.peak = self.peak.max(value);
    }

    fn close(self, end_s: f64) -> Closed {
        Closed { start_s: self.start_s, end_s, mean: (self.sum / self.steps as f64) as f32, peak: self.peak }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps of one second, one class, threshold 0.5; a step's centre stands in its middle.
    fn cut(activity: &[f32], merge_gap_s: f64, min_duration_s: f64) -> Vec<(f64, f64, f32, f32)> {
        let settings = RangeSettings { thresholds: vec![0.5], min_duration_s, merge_gap_s };
        let mut cutter = RangeCutter::new(&settings, 1.0, 0.0);
        for (step, &value) in activity.iter().enumerate() {
            cutter.push(step as f64 + 0.5, &[value]);
        }
        let ranges = cutter.finish(activity.len() as f64, &["piano".into()]);
        ranges.into_iter().map(|range| (range.start_s, range.end_s, range.mean, range.peak)).collect()
    }

    #[test]
    fn thresholds_are_inclusive_and_the_ends_are_the_steps_ends() {
        assert_eq!(cut(&[0.0, 0.5, 1.0, 0.0], 0.0, 0.0), [(1.0, 3.0, 0.75, 1.0)]);
        assert_eq!(cut(&[1.0, 0.0, 0.0, 1.0], 0.0, 0.0), [(0.0, 1.0, 1.0, 1.0), (3.0, 4.0, 1.0, 1.0)]);
        assert_eq!(cut(&[0.4; 4], 0.0, 0.0), []);
    }

    #[test]
    fn gaps_close_first_then_short_ranges_go() {
        let activity = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
        assert_eq!(cut(&activity, 1.0, 0.0), [(0.0, 3.0, 2.0 / 3.0, 1.0), (5.0, 6.0, 1.0, 1.0)]);
        assert_eq!(cut(&activity, 1.0, 2.0), [(0.0, 3.0, 2.0 / 3.0, 1.0)]);
        assert_eq!(cut(&activity, 2.0, 0.0), [(0.0, 6.0, 0.5, 1.0)]);
        assert_eq!(cut(&activity, 0.0, 1.5), []);
    }

    #[test]
    fn ranges_end_with_the_audio() {
        let settings = RangeSettings { thresholds: vec![0.5, 0.5], min_duration_s: 0.0, merge_gap_s: 0.0 };
        let mut cutter = RangeCutter::new(&settings, 0.16, 10.0);
        // The last window reaches past the end; so would its range.
        cutter.push(10.48, &[1.0, 0.0]);
        cutter.push(10.64, &[1.0, 0.0]);
        cutter.push(10.80, &[0.0, 1.0]);
        let ranges = cutter.finish(10.7, &["a".into(), "b".into()]);
        assert_eq!(ranges.len(), 1);
        assert_eq!((ranges[0].start_s, ranges[0].end_s), (10.0, 10.7));
    }
}

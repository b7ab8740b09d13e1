//! Cuts ranges from activities while they come, in constant memory.

use super::{Range, RangeSettings, nanoseconds};

/// Durations that differ by less are equal: they are sums of hops.
const SAME_S: f64 = 1e-6;

/// A [`Range`] with its class by number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClassRange {
    /// Class, in the order of every activity.
    pub class: usize,
    /// First second above threshold.
    pub start_s: f64,
    /// Last second above threshold.
    pub end_s: f64,
    /// Mean activity within, over its steps.
    pub mean: f32,
    /// Greatest activity within.
    pub peak: f32,
}

impl ClassRange {
    /// The range with its class by name, its times to the nanosecond. Panics if there is no such class.
    pub fn named(self, classes: &[String]) -> Range {
        let Self { class, start_s, end_s, mean, peak } = self;
        let (start_s, end_s) = (nanoseconds(start_s), nanoseconds(end_s));
        Range { class: classes[class].clone(), start_s, end_s, mean, peak }
    }
}

/// Who was at or above threshold when, from one pass over the steps.
///
/// A step stands for one hop round its centre; the first also for what was before it and the last for what comes after
/// it, for their windows reach there. Gaps up to `merge_gap_s` are closed first, then ranges shorter than
/// `min_duration_s` are dropped. Ranges of one class come out in order; a range comes out once nothing can join it.
#[derive(Clone, Debug)]
pub struct RangeCutter {
    settings: RangeSettings,
    /// Between the newest step and the one before.
    hop_s: f64,
    start_s: f64,
    last_time_s: Option<f64>,
    open: Vec<Option<Open>>,
}

/// A range that may still grow.
#[derive(Clone, Copy, Debug)]
struct Open {
    start_s: f64,
    /// Centre of the last step at or above threshold.
    last_s: f64,
    /// Where that step ends: half way to the next, as soon as there is one.
    end_s: f64,
    sum: f64,
    steps: u64,
    /// Sum and number of the steps below threshold since: part of the range if it goes on.
    gap_sum: f64,
    gap_steps: u64,
    peak: f32,
}

impl RangeCutter {
    /// A cutter for steps `hop_s` seconds apart of audio that begins at `start_s`. One threshold a class.
    pub fn new(settings: &RangeSettings, hop_s: f64, start_s: f64) -> Self {
        let open = vec![None; settings.thresholds.len()];
        Self { settings: settings.clone(), hop_s, start_s, last_time_s: None, open }
    }

    /// Takes the next step: its centre in seconds, later than the last, and an activity for each class. Hands over the
    /// ranges that are finished by it.
    pub fn push(&mut self, time_s: f64, activity: &[f32], on_range: &mut dyn FnMut(ClassRange)) {
        self.push_after(self.hop_s, time_s, activity, on_range);
    }

    /// The same for a step that comes `hop_s` seconds after the one before, where the interval changes; later than that after a
    /// gap.
    pub fn push_after(
        &mut self,
        hop_s: f64,
        time_s: f64,
        activity: &[f32],
        on_range: &mut dyn FnMut(ClassRange),
    ) {
        self.hop_s = hop_s;
        let first = self.last_time_s.is_none();
        let start_s = if first { self.start_s } else { time_s - hop_s / 2.0 };
        for (class, (open, &value)) in self.open.iter_mut().zip(activity).enumerate() {
            let above = value >= self.settings.thresholds[class];
            let fresh = Open {
                start_s,
                last_s: time_s,
                end_s: time_s + hop_s / 2.0,
                sum: value.into(),
                steps: 1,
                gap_sum: 0.0,
                gap_steps: 0,
                peak: value,
            };
            match open {
                None if above => *open = Some(fresh),
                None => {}
                Some(range) => {
                    if self.last_time_s == Some(range.last_s) {
                        range.end_s = range.last_s + hop_s / 2.0;
                    }
                    let gap_s = start_s - range.end_s;
                    if gap_s > self.settings.merge_gap_s + SAME_S {
                        let finished = range.close(class, range.end_s);
                        *open = above.then_some(fresh);
                        keep(finished, &self.settings, on_range);
                    } else if above {
                        range.extend(time_s, hop_s, value);
                    } else {
                        range.gap_sum += f64::from(value);
                        range.gap_steps += 1;
                    }
                }
            }
        }
        self.last_time_s = Some(time_s);
    }

    /// Ends the audio at `end_s` and hands over the ranges that were still open.
    pub fn finish(self, end_s: f64, on_range: &mut dyn FnMut(ClassRange)) {
        for (class, range) in self.open.iter().enumerate() {
            let Some(range) = range else { continue };
            let last_step = self.last_time_s == Some(range.last_s);
            let natural = if last_step { range.last_s + self.hop_s } else { range.end_s };
            let finished = range.close(class, natural.min(end_s));
            if finished.end_s > finished.start_s {
                keep(finished, &self.settings, on_range);
            }
        }
    }
}

fn keep(range: ClassRange, settings: &RangeSettings, on_range: &mut dyn FnMut(ClassRange)) {
    if range.end_s - range.start_s >= settings.min_duration_s - SAME_S {
        on_range(range);
    }
}

impl Open {
    fn extend(&mut self, time_s: f64, hop_s: f64, value: f32) {
        self.sum += self.gap_sum + f64::from(value);
        self.steps += self.gap_steps + 1;
        (self.gap_sum, self.gap_steps) = (0.0, 0);
        (self.last_s, self.end_s) = (time_s, time_s + hop_s / 2.0);
        self.peak = self.peak.max(value);
    }

    fn close(&self, class: usize, end_s: f64) -> ClassRange {
        let mean = (self.sum / self.steps as f64) as f32;
        ClassRange { class, start_s: self.start_s, end_s, mean, peak: self.peak }
    }
}

/// All ranges of a whole timeline at once, sorted by start, then by class. `times_s` are the steps' centres, `hop_s`
/// apart; the audio lasts from `start_s` to `end_s`.
pub fn cut_ranges(
    times_s: &[f64],
    activity: &[Vec<f32>],
    settings: &RangeSettings,
    hop_s: f64,
    (start_s, end_s): (f64, f64),
) -> Vec<ClassRange> {
    let mut cutter = RangeCutter::new(settings, hop_s, start_s);
    let mut ranges = Vec::new();
    for (&time_s, row) in times_s.iter().zip(activity) {
        cutter.push(time_s, row, &mut |range| ranges.push(range));
    }
    cutter.finish(end_s, &mut |range| ranges.push(range));
    sort(&mut ranges);
    ranges
}

/// What a [`RangeCutter`] handed over, as a timeline lists it: with names, by start, then by class.
pub fn named(mut ranges: Vec<ClassRange>, classes: &[String]) -> Vec<Range> {
    sort(&mut ranges);
    ranges.into_iter().map(|range| range.named(classes)).collect()
}

fn sort(ranges: &mut [ClassRange]) {
    ranges.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.class.cmp(&b.class)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One class, threshold 0.5, a step a second with its centre in its middle.
    fn cut(activity: &[f32], merge_gap_s: f64, min_duration_s: f64) -> Vec<(f64, f64, f32, f32)> {
        let settings = RangeSettings { thresholds: vec![0.5], min_duration_s, merge_gap_s };
        let times: Vec<f64> = (0..activity.len()).map(|step| step as f64 + 0.5).collect();
        let rows: Vec<Vec<f32>> = activity.iter().map(|&value| vec![value]).collect();
        let ranges = cut_ranges(&times, &rows, &settings, 1.0, (0.0, activity.len() as f64));
        ranges.into_iter().map(|range| (range.start_s, range.end_s, range.mean, range.peak)).collect()
    }

    #[test]
    fn thresholds_are_inclusive_and_the_ends_are_the_steps_ends() {
        assert_eq!(cut(&[0.0, 0.5, 1.0, 0.0], 0.0, 0.0), [(1.0, 3.0, 0.75, 1.0)]);
        assert_eq!(cut(&[1.0, 0.0, 0.0, 1.0], 0.0, 0.0), [(0.0, 1.0, 1.0, 1.0), (3.0, 4.0, 1.0, 1.0)]);
        assert_eq!(cut(&[0.4; 4], 0.0, 0.0), []);
        assert_eq!(cut(&[], 0.0, 0.0), []);
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
    fn the_first_and_last_step_reach_to_the_ends_of_the_audio() {
        let settings = RangeSettings { thresholds: vec![0.5, 0.5], min_duration_s: 0.0, merge_gap_s: 0.0 };
        let times = [10.48, 10.64, 10.80];
        let rows = [vec![1.0, 0.0], vec![1.0, 0.0], vec![0.0, 1.0]];
        let ranges = cut_ranges(&times, &rows, &settings, 0.16, (10.0, 10.93));
        let ends: Vec<_> = ranges.iter().map(|r| (r.class, r.start_s, r.end_s)).collect();
        assert_eq!(ends[0].1, 10.0);
        assert!((ends[0].2 - 10.72).abs() < SAME_S && (ends[1].1 - 10.72).abs() < SAME_S);
        assert_eq!(ends[1].2, 10.93);
    }

    #[test]
    fn names_come_with_times_as_short_as_they_are() {
        let range =
            |class, start_s: f64| ClassRange { class, start_s, end_s: 0.1 + 0.2, mean: 0.5, peak: 0.5 };
        let classes = ["piano".to_owned(), "banjo".to_owned()];
        let told = named(vec![range(1, 0.0), range(0, 0.24), range(0, 0.0)], &classes);
        let told: Vec<_> =
            told.iter().map(|range| (range.class.as_str(), range.start_s, range.end_s)).collect();
        assert_eq!(told, [("piano", 0.0, 0.3), ("banjo", 0.0, 0.3), ("piano", 0.24, 0.3)]);
    }

    /// An interval that changes moves no end, and makes no gap where there is none.
    #[test]
    fn steps_of_other_lengths_meet_half_way() {
        let settings = RangeSettings { thresholds: vec![0.5; 2], min_duration_s: 0.0, merge_gap_s: 0.1 };
        let mut cutter = RangeCutter::new(&settings, 0.16, 0.0);
        let mut found = Vec::new();
        let steps =
            [(0.16, 0.0, 1.0, 0.0), (0.16, 0.16, 1.0, 1.0), (0.96, 1.12, 1.0, 0.0), (0.96, 2.08, 0.0, 0.0)];
        for (hop_s, time_s, one, other) in steps {
            cutter.push_after(hop_s, time_s, &[one, other], &mut |range| found.push(range));
        }
        cutter.finish(9.0, &mut |range| found.push(range));
        sort(&mut found);
        let ends: Vec<_> = found.iter().map(|range| (range.class, range.start_s, range.end_s)).collect();
        let near = |(class, start_s, end_s): (usize, f64, f64), wanted: (usize, f64, f64)| {
            class == wanted.0 && (start_s - wanted.1).abs() < SAME_S && (end_s - wanted.2).abs() < SAME_S
        };
        assert!(
            ends.len() == 2 && near(ends[0], (0, 0.0, 1.60)) && near(ends[1], (1, 0.08, 0.64)),
            "{ends:?}"
        );
    }

    #[test]
    fn a_gap_in_the_steps_ends_a_range() {
        let settings = RangeSettings { thresholds: vec![0.5], min_duration_s: 0.0, merge_gap_s: 1.0 };
        let cut = |times: [f64; 3]| {
            cut_ranges(&times, &[vec![1.0], vec![1.0], vec![1.0]], &settings, 0.16, (0.0, 9.0))
        };
        assert_eq!(cut([0.16, 0.32, 1.44]).len(), 1);
        assert_eq!(cut([0.16, 0.32, 1.60]).len(), 2);
    }
}

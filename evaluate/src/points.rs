//! Operating points for the detection score: what would have been said at each of many thresholds.

use rollcall_engine::timeline::{ClassRange, RangeSettings, cut_ranges};

/// How many thresholds, evenly from 0.01 to 0.99: as many as DCASE challenge 2021 took in task 4.
pub const POINTS: usize = 50;

/// Activities of one file, each as the number of thresholds that it reaches: all that ranges can be cut from.
#[derive(Clone, Debug, PartialEq)]
pub struct Levels {
    /// Class names, in the order of every row.
    pub classes: Vec<String>,
    times_s: Vec<f64>,
    rows: Vec<u8>,
    settings: RangeSettings,
    hop_s: f64,
    /// First and last second.
    pub span_s: (f64, f64),
}

impl Levels {
    /// Of activities `hop_s` seconds apart, a row for each time. Ranges will be cut as `settings` say, thresholds aside.
    pub fn new(
        classes: &[String],
        times_s: &[f64],
        activity: &[Vec<f32>],
        settings: &RangeSettings,
        hop_s: f64,
        span_s: (f64, f64),
    ) -> Self {
        let thresholds: Vec<f32> =
            (0..POINTS).map(|point| (2 * point + 1) as f32 / (2 * POINTS) as f32).collect();
        let level = |value: &f32| thresholds.partition_point(|threshold| threshold <= value) as u8;
        Self {
            classes: classes.to_vec(),
            times_s: times_s.to_vec(),
            rows: activity.iter().flatten().map(level).collect(),
            settings: settings.clone(),
            hop_s,
            span_s,
        }
    }

    /// What is said at each operating point, the lowest threshold first.
    pub fn points(&self) -> impl Iterator<Item = Vec<ClassRange>> {
        let rows = self.rows.chunks(self.classes.len().max(1));
        let rows: Vec<Vec<f32>> =
            rows.map(|row| row.iter().map(|&level| f32::from(level)).collect()).collect();
        (1..=POINTS).map(move |level| {
            let thresholds = vec![level as f32; self.classes.len()];
            let settings = RangeSettings { thresholds, ..self.settings.clone() };
            cut_ranges(&self.times_s, &rows, &settings, self.hop_s, self.span_s)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_the_ranges_at_their_thresholds() {
        let classes = ["piano".to_owned(), "voice".to_owned()];
        let times_s = [0.0, 1.0, 2.0];
        let activity = [vec![0.01, 1.0], vec![0.009, 0.5], vec![0.3, 0.99]];
        let levels = Levels::new(&classes, &times_s, &activity, &RangeSettings::default(), 1.0, (0.0, 2.5));
        let points: Vec<Vec<ClassRange>> = levels.points().collect();
        assert_eq!(points.len(), POINTS);
        for (point, ranges) in points.iter().enumerate() {
            let thresholds = vec![(2 * point + 1) as f32 / 100.0; 2];
            let settings = RangeSettings { thresholds, ..RangeSettings::default() };
            let direct = cut_ranges(&times_s, &activity, &settings, 1.0, (0.0, 2.5));
            let ends = |ranges: &[ClassRange]| -> Vec<(usize, f64, f64)> {
                ranges.iter().map(|range| (range.class, range.start_s, range.end_s)).collect()
            };
            assert_eq!(ends(ranges), ends(&direct), "point {point}");
        }
        assert_eq!(points[POINTS - 1].len(), 2, "voice, twice");
    }
}

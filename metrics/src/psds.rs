//! The polyphonic sound detection score (Bilen et al., "A framework for the robust evaluation of sound event detection",
//! ICASSP 2020): how many events are found against how many wrong ones an hour, over all thresholds at once. Number for
//! number what PyPI `psds_eval` 0.5.3 gives.

use crate::Event;

const SECONDS_PER_HOUR: f64 = 3600.0;

/// What counts as found, and what mistakes cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PsdsRule {
    /// Share of a detection that must lie within annotated events of its class, 0..=1 (paper: detection tolerance).
    pub detection_share: f64,
    /// Share of an annotated event that such detections must cover, 0..=1 (ground truth intersection).
    pub truth_share: f64,
    /// Share of any other detection within events of another class from which on it was taken for that class, 0..=1
    /// (cross-trigger tolerance).
    pub cross_share: f64,
    /// What it costs to take one class for another, beside what any wrong detection costs, 0..=1 (alpha CT).
    pub cross_weight: f64,
    /// What differences between the classes cost, in standard deviations, 0 or more (alpha ST).
    pub spread_weight: f64,
    /// Wrong detections an hour up to which is looked (e max).
    pub most_an_hour: f64,
}

impl PsdsRule {
    /// Exact ends are asked for: scenario 1 of DCASE challenge 2021, task 4.
    pub const EXACT: Self = Self {
        detection_share: 0.7,
        truth_share: 0.7,
        cross_share: 0.3,
        cross_weight: 0.0,
        spread_weight: 1.0,
        most_an_hour: 100.0,
    };
    /// The right class is asked for, wherever its ends: scenario 2.
    pub const CLASS: Self = Self { detection_share: 0.1, truth_share: 0.1, cross_weight: 0.5, ..Self::EXACT };
}

/// What one file contributes: what there is to be found in it, and what was found at each operating point.
#[derive(Clone, Debug, PartialEq)]
pub struct PsdsFile {
    /// Of each class.
    truth: Vec<Truth>,
    /// Where [`Cells`] are not 0: few are.
    cells: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Truth {
    events: f64,
    seconds: f64,
    /// Seconds in which it is known whether the class plays.
    known_s: f64,
}

/// Where counts of one operating point after the other stand: hits of each class, wrong detections of each class, and of
/// these those that were taken for each class.
#[derive(Clone, Copy)]
struct Cells {
    classes: usize,
}

impl Cells {
    fn width(self) -> usize {
        self.classes * (self.classes + 2)
    }

    fn hit(self, class: usize) -> usize {
        class
    }

    fn wrong(self, class: usize) -> usize {
        self.classes + class
    }

    fn crossed(self, class: usize, other: usize) -> usize {
        self.classes * (2 + class) + other
    }
}

impl PsdsFile {
    /// Of a file from its first to its last second, `span_s`: what was annotated, and what was detected at each operating
    /// point. Annotated events of one class that overlap are one. Of a class that is not known (`is_known`, one a class) in this
    /// file there must be neither; the file's time is not counted for it.
    pub fn new(
        reference: &[Event],
        span_s: (f64, f64),
        is_known: &[bool],
        points: impl Iterator<Item = Vec<Event>>,
        rule: &PsdsRule,
    ) -> Self {
        let (classes, duration_s) = (is_known.len(), span_s.1 - span_s.0);
        let reference = joined(reference);
        let known =
            |&is_known| Truth { known_s: if is_known { duration_s } else { 0.0 }, ..Truth::default() };
        let mut truth: Vec<Truth> = is_known.iter().map(known).collect();
        for event in &reference {
            truth[event.class].events += 1.0;
            truth[event.class].seconds += event.offset_s - event.onset_s;
        }
        let at = Cells { classes };
        let mut cells = Vec::new();
        for (point, system) in points.enumerate() {
            let mut counts = vec![0_u32; at.width()];
            count(&reference, &system, span_s.1, at, rule, &mut counts);
            let counts = counts.into_iter().enumerate().filter(|&(_, count)| count > 0);
            cells.extend(counts.map(|(cell, count)| ((point * at.width() + cell) as u32, count)));
        }
        Self { truth, cells }
    }
}

/// Without events that last no time, those of one class that overlap joined.
fn joined(events: &[Event]) -> Vec<Event> {
    let mut sorted: Vec<Event> = events.iter().filter(|e| e.offset_s > e.onset_s).copied().collect();
    sorted.sort_by(|a, b| a.class.cmp(&b.class).then(a.onset_s.total_cmp(&b.onset_s)));
    let mut joined: Vec<Event> = Vec::with_capacity(sorted.len());
    for event in sorted {
        match joined.last_mut() {
            Some(last) if last.class == event.class && event.onset_s < last.offset_s => {
                last.offset_s = last.offset_s.max(event.offset_s);
            }
            _ => joined.push(event),
        }
    }
    joined
}

fn count(reference: &[Event], system: &[Event], end_s: f64, at: Cells, rule: &PsdsRule, counts: &mut [u32]) {
    // Share of each annotated event that sound detections cover; none where none touches it.
    let mut covered: Vec<Option<f64>> = vec![None; reference.len()];
    for detection in system.iter().filter(|event| event.offset_s > event.onset_s) {
        let shared_s = |event: &Event| {
            let shared_s = detection.offset_s.min(event.offset_s) - detection.onset_s.max(event.onset_s);
            (shared_s > 0.0).then_some(shared_s)
        };
        let length_s = detection.offset_s - detection.onset_s;
        // Share of the detection within events of each class.
        let mut within: Vec<Option<f64>> = vec![None; at.classes];
        for event in reference {
            if let Some(shared_s) = shared_s(event) {
                *within[event.class].get_or_insert(0.0) += shared_s / length_s;
            }
        }
        if within[detection.class].is_some_and(|share| share >= rule.detection_share) {
            for (event, covered) in reference.iter().zip(&mut covered) {
                if event.class == detection.class
                    && let Some(shared_s) = shared_s(event)
                {
                    *covered.get_or_insert(0.0) += shared_s / (event.offset_s - event.onset_s);
                }
            }
        } else {
            counts[at.wrong(detection.class)] += u32::from(detection.onset_s < end_s);
            for (class, share) in within.iter().enumerate() {
                if class != detection.class && share.is_some_and(|share| share >= rule.cross_share) {
                    counts[at.crossed(detection.class, class)] += 1;
                }
            }
        }
    }
    for (event, covered) in reference.iter().zip(covered) {
        if covered.is_some_and(|share| share >= rule.truth_share) {
            counts[at.hit(event.class)] += 1;
        }
    }
}

/// Scores over files: that of all annotated classes together, and the area under each class's own curve. `None` where
/// nothing is annotated. All in 0..=1.
pub fn psds<'a>(
    files: impl Iterator<Item = &'a PsdsFile>,
    (classes, points): (usize, usize),
    rule: &PsdsRule,
) -> (Option<f64>, Vec<Option<f64>>) {
    let at = Cells { classes };
    let mut counts = vec![0_u64; points * at.width()];
    let mut truth = vec![Truth::default(); classes];
    for file in files {
        for (sum, one) in truth.iter_mut().zip(&file.truth) {
            sum.events += one.events;
            sum.seconds += one.seconds;
            sum.known_s += one.known_s;
        }
        for &(cell, count) in &file.cells {
            counts[cell as usize] += u64::from(count);
        }
    }
    let annotated: Vec<usize> = (0..classes).filter(|&class| truth[class].events > 0.0).collect();
    let others = (annotated.len().saturating_sub(1)).max(1) as f64;
    // Of a class: wrong detections an hour and share of its events that is found, at each operating point.
    let curve = |class: usize| -> Vec<(f64, f64)> {
        let point = |counts: &[u64]| {
            let crossed = annotated.iter().filter(|&&other| other != class).map(|&other| {
                counts[at.crossed(class, other)] as f64 * SECONDS_PER_HOUR / truth[other].seconds
            });
            let crossed = crossed.sum::<f64>() / others;
            let wrong = counts[at.wrong(class)] as f64 * SECONDS_PER_HOUR / truth[class].known_s
                + rule.cross_weight * crossed;
            (wrong, counts[at.hit(class)] as f64 / truth[class].events)
        };
        counts.chunks(at.width()).map(point).collect()
    };
    let curves: Vec<Vec<(f64, f64)>> = annotated.iter().map(|&class| curve(class)).collect();
    let mut own = vec![None; classes];
    for (&class, curve) in annotated.iter().zip(&curves) {
        own[class] = Some(area(std::slice::from_ref(curve), rule));
    }
    ((!curves.is_empty()).then(|| area(&curves, rule)), own)
}

/// Share of the area under the mean of all classes' stairs, less what their spread costs. Each stair begins at 0 and never
/// falls.
fn area(curves: &[Vec<(f64, f64)>], rule: &PsdsRule) -> f64 {
    let mut steps: Vec<(f64, usize, f64)> = curves
        .iter()
        .enumerate()
        .flat_map(|(curve, points)| points.iter().map(move |&(wrong, found)| (wrong, curve, found)))
        .filter(|step| step.0 < rule.most_an_hour)
        .collect();
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut found = vec![0.0_f64; curves.len()];
    let (mut total, mut from) = (0.0, 0.0);
    let n = curves.len() as f64;
    let height = |found: &[f64]| {
        let mean = found.iter().sum::<f64>() / n;
        let variance = found.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / n;
        (mean - rule.spread_weight * variance.sqrt()).max(0.0)
    };
    for (wrong, curve, share) in steps {
        if wrong > from {
            total += (wrong - from) * height(&found);
            from = wrong;
        }
        found[curve] = found[curve].max(share);
    }
    total += (rule.most_an_hour - from) * height(&found);
    total / rule.most_an_hour
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(class: usize, onset_s: f64, offset_s: f64) -> Event {
        Event { class, onset_s, offset_s }
    }

    /// An hour in which class 0 plays twice and class 1 once.
    fn score(points: &[&[Event]], rule: &PsdsRule) -> (Option<f64>, Vec<Option<f64>>) {
        let truth = [event(0, 0.0, 10.0), event(0, 20.0, 30.0), event(1, 40.0, 50.0)];
        let points_said = points.iter().map(|events| events.to_vec());
        let file = PsdsFile::new(&truth, (0.0, 3600.0), &[true; 3], points_said, rule);
        psds([file].iter(), (3, points.len()), rule)
    }

    #[test]
    fn all_found_and_nothing_wrong_is_1() {
        let said = [event(0, 0.0, 10.0), event(0, 20.0, 30.0), event(1, 40.0, 50.0)];
        let perfect = (Some(1.0), vec![Some(1.0), Some(1.0), None]);
        assert_eq!(score(&[&said], &PsdsRule::EXACT), perfect);
        assert_eq!(score(&[&[], &said], &PsdsRule::CLASS), perfect);
        assert_eq!(psds([].iter(), (3, 1), &PsdsRule::EXACT), (None, vec![None; 3]));
    }

    #[test]
    fn the_stairs_rise_where_mistakes_buy_events() {
        let rule = PsdsRule { spread_weight: 0.0, most_an_hour: 4.0, ..PsdsRule::EXACT };
        // Half of class 0 without a mistake; all of it for two wrong detections an hour.
        let strict = [event(0, 0.0, 10.0)];
        let loose =
            [event(0, 0.0, 10.0), event(0, 20.0, 30.0), event(0, 100.0, 101.0), event(0, 200.0, 201.0)];
        let (all, own) = score(&[&strict, &loose], &rule);
        assert_eq!(own, [Some((2.0 * 0.5 + 2.0 * 1.0) / 4.0), Some(0.0), None]);
        assert_eq!(all, Some(own[0].unwrap() / 2.0));
        let spread = PsdsRule { spread_weight: 1.0, ..rule };
        assert_eq!(score(&[&strict, &loose], &spread).0, Some(0.0), "one class of two is never found");
    }

    #[test]
    fn a_class_taken_for_another_costs_more() {
        let rule = PsdsRule { spread_weight: 0.0, most_an_hour: 1000.0, ..PsdsRule::CLASS };
        // Class 1 is found, and said once more where class 0 plays for 20 s of the hour: 1 + 0.5 x 180 an hour.
        let said = [event(1, 40.0, 50.0), event(1, 0.0, 10.0)];
        assert_eq!(score(&[&said], &rule).1[1], Some((1000.0 - 91.0) / 1000.0));
    }

    #[test]
    fn hours_are_those_in_which_a_class_is_known() {
        // One wrong detection in a half-hour, beside a file that says nothing of the class: two an hour.
        let rule = PsdsRule { spread_weight: 0.0, most_an_hour: 10.0, ..PsdsRule::EXACT };
        let said = || [vec![event(0, 2000.0, 2010.0), event(0, 1900.0, 1910.0)]].into_iter();
        let own = PsdsFile::new(&[event(0, 2000.0, 2010.0)], (1800.0, 3600.0), &[true], said(), &rule);
        let other = PsdsFile::new(&[], (0.0, 7200.0), &[false], std::iter::once(Vec::new()), &rule);
        assert_eq!(psds([own, other].iter(), (1, 1), &rule).0, Some(0.8));
    }

    #[test]
    fn overlapping_annotations_are_one() {
        let events = [event(0, 5.0, 8.0), event(0, 0.0, 6.0), event(0, 8.0, 9.0), event(1, 1.0, 1.0)];
        assert_eq!(joined(&events), [event(0, 0.0, 8.0), event(0, 8.0, 9.0)]);
    }
}

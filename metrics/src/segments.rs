//! Segment-based counts: who plays in each segment of fixed length (`sed_eval.sound_event.SegmentBasedMetrics`).

use crate::{Counts, Event};

/// Counts of one file for each of `classes` classes: a segment of `segment_s` seconds is active where an event touches it.
///
/// # Panics
/// If `segment_s` is not positive.
pub fn segment_counts(reference: &[Event], system: &[Event], classes: usize, segment_s: f64) -> Vec<Counts> {
    assert!(segment_s > 0.0, "a segment is longer than {segment_s} s");
    let count = |class| {
        let (reference, system) = (active(reference, class, segment_s), active(system, class, segment_s));
        Counts { hits: common(&reference, &system), reference: length(&reference), system: length(&system) }
    };
    (0..classes).map(count).collect()
}

/// Active segments as `begin..end`, sorted, without overlap: memory follows the number of events, not their length.
fn active(events: &[Event], class: usize, segment_s: f64) -> Vec<(u64, u64)> {
    let segments = |event: &Event| {
        // The casts saturate, so that no number is too wild.
        ((event.onset_s / segment_s).floor() as u64, (event.offset_s / segment_s).ceil() as u64)
    };
    let mut ranges: Vec<(u64, u64)> = events
        .iter()
        .filter(|event| event.class == class)
        .map(segments)
        .filter(|(begin, end)| end > begin)
        .collect();
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for (begin, end) in ranges {
        match merged.last_mut() {
            Some(last) if begin <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((begin, end)),
        }
    }
    merged
}

fn length(ranges: &[(u64, u64)]) -> u64 {
    ranges.iter().map(|(begin, end)| end - begin).sum()
}

fn common(mut a: &[(u64, u64)], mut b: &[(u64, u64)]) -> u64 {
    let mut sum = 0;
    while let ([(a_begin, a_end), a_rest @ ..], [(b_begin, b_end), b_rest @ ..]) = (a, b) {
        sum += a_end.min(b_end).saturating_sub(*a_begin.max(b_begin));
        if a_end < b_end {
            a = a_rest;
        } else {
            b = b_rest;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(class: usize, onset_s: f64, offset_s: f64) -> Event {
        Event { class, onset_s, offset_s }
    }

    #[test]
    fn a_touched_segment_is_active_once() {
        let reference = [event(0, 0.5, 2.5), event(0, 2.0, 3.0), event(1, 0.0, 1.0)];
        let system = [event(0, 1.0, 1.1), event(0, 4.0, 6.0)];
        let counts = segment_counts(&reference, &system, 2, 1.0);
        assert_eq!(counts[0], Counts { hits: 1, reference: 3, system: 3 });
        assert_eq!(counts[1], Counts { hits: 0, reference: 1, system: 0 });
    }

    #[test]
    fn ranges_count_as_a_roll_of_segments_does() {
        let mut rng = fastrand::Rng::with_seed(11);
        for round in 0..500 {
            let mut events = || -> Vec<Event> {
                let mut event = |_| {
                    let onset_s = rng.f64() * 30.0;
                    event(rng.usize(..2), onset_s, onset_s + rng.f64() * 8.0)
                };
                (0..6).map(&mut event).collect()
            };
            let (reference, system) = (events(), events());
            let segment_s = [0.1, 0.5, 1.0, 2.5][round % 4];
            for (class, counts) in segment_counts(&reference, &system, 2, segment_s).into_iter().enumerate() {
                let roll = |events: &[Event]| {
                    let mut roll = vec![false; 500];
                    for event in events.iter().filter(|event| event.class == class) {
                        let (begin, end) = (event.onset_s / segment_s, event.offset_s / segment_s);
                        roll[begin.floor() as usize..end.ceil() as usize].fill(true);
                    }
                    roll
                };
                let (reference, system) = (roll(&reference), roll(&system));
                let active = |roll: &[bool]| roll.iter().filter(|&&is_on| is_on).count() as u64;
                let hits = reference.iter().zip(&system).filter(|(a, b)| **a && **b).count() as u64;
                let expected = Counts { hits, reference: active(&reference), system: active(&system) };
                assert_eq!(counts, expected, "round {round}, class {class}");
            }
        }
    }
}

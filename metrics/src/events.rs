//! Event-based counts: which annotated ranges were found, their ends within a tolerance (`sed_eval.sound_event.
//! EventBasedMetrics` with its default `optimal` matching).

use crate::{Counts, matching::matched};

/// One range of one class in one file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// Index of the class.
    pub class: usize,
    /// Where it begins, in seconds, 0 or more.
    pub onset_s: f64,
    /// Where it ends, in seconds.
    pub offset_s: f64,
}

/// How exact an event must be found. The defaults are `sed_eval`'s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventRule {
    /// How far off its onset may be, and its offset, in seconds.
    pub collar_s: f64,
    /// How far off its offset may be as a share of the annotated event's length, 0..=1, where that is more than the collar.
    pub share_of_length: f64,
    /// Whether the offset counts at all.
    pub is_offset_checked: bool,
}

impl Default for EventRule {
    fn default() -> Self {
        Self { collar_s: 0.2, share_of_length: 0.5, is_offset_checked: true }
    }
}

impl EventRule {
    /// Whether `system` finds `reference`, classes aside.
    fn accepts(&self, reference: &Event, system: &Event) -> bool {
        let offset_s = self.collar_s.max(self.share_of_length * (reference.offset_s - reference.onset_s));
        (reference.onset_s - system.onset_s).abs() <= self.collar_s
            && (!self.is_offset_checked || (reference.offset_s - system.offset_s).abs() <= offset_s)
    }
}

/// Counts of one file for each of `classes` classes. As many events as possible are paired, each at most once.
pub fn event_counts(reference: &[Event], system: &[Event], classes: usize, rule: &EventRule) -> Vec<Counts> {
    let of = |events: &[Event], class| {
        let mut events: Vec<Event> = events.iter().filter(|event| event.class == class).copied().collect();
        events.sort_by(|a, b| a.onset_s.total_cmp(&b.onset_s));
        events
    };
    let count = |class| {
        let (reference, system) = (of(reference, class), of(system, class));
        let candidates: Vec<Vec<usize>> = reference
            .iter()
            .map(|event| {
                // Sorted by onset: only those within the collar are looked at; the margin is for rounding.
                let low =
                    system.partition_point(|other| other.onset_s < event.onset_s - rule.collar_s - 1e-6);
                let near = system[low..].iter().enumerate();
                near.take_while(|(_, other)| other.onset_s <= event.onset_s + rule.collar_s + 1e-6)
                    .filter(|(_, other)| rule.accepts(event, other))
                    .map(|(index, _)| low + index)
                    .collect()
            })
            .collect();
        Counts {
            hits: matched(&candidates, system.len()) as u64,
            reference: reference.len() as u64,
            system: system.len() as u64,
        }
    };
    (0..classes).map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(class: usize, onset_s: f64, offset_s: f64) -> Event {
        Event { class, onset_s, offset_s }
    }

    fn hits(reference: &[Event], system: &[Event]) -> Vec<u64> {
        event_counts(reference, system, 2, &EventRule::default()).iter().map(|counts| counts.hits).collect()
    }

    #[test]
    fn ends_within_their_tolerance_count() {
        let reference = [event(0, 1.0, 2.0)];
        assert_eq!(hits(&reference, &[event(0, 1.2, 2.0)]), [1, 0]);
        assert_eq!(hits(&reference, &[event(0, 1.3, 2.0)]), [0, 0]);
        // Half of its length is more than the collar.
        assert_eq!(hits(&reference, &[event(0, 1.0, 2.5)]), [1, 0]);
        assert_eq!(hits(&reference, &[event(0, 1.0, 2.6)]), [0, 0]);
        assert_eq!(hits(&reference, &[event(1, 1.0, 2.0)]), [0, 0]);
        let onset_only = EventRule { is_offset_checked: false, ..EventRule::default() };
        assert_eq!(event_counts(&reference, &[event(0, 1.0, 9.0)], 1, &onset_only)[0].hits, 1);
    }

    #[test]
    fn an_event_is_found_once_and_as_many_as_possible_are() {
        let reference = [event(0, 1.0, 2.0), event(0, 1.3, 2.3)];
        assert_eq!(hits(&reference, &[event(0, 1.15, 2.1), event(0, 1.16, 2.1)]), [2, 0]);
        assert_eq!(hits(&reference, &[event(0, 1.15, 2.1)]), [1, 0]);
        // The first of the system's fits both, the second only the first: taking the nearest would lose one.
        assert_eq!(hits(&reference, &[event(0, 1.12, 2.0), event(0, 0.85, 2.0)]), [2, 0]);
    }
}

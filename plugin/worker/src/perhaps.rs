//! Steps -> the instrument outside of the classes that is named, as steadily as the classes are.

use rollcall_board::Settings;
use rollcall_engine::{Another, AttackRelease};

/// Who is named is decided over so many seconds, the memory's default; and an instrument takes the place of the one that is named when
/// it leads by so much of certainty: two that are alike (harp, zither) do not take turns, at no update interval.
const DECIDE_S: f32 = 3.0;
const LEAD: f32 = 0.15;

/// Which of the other instruments is named: likelier than not, by a probability that rises and falls as activities do, and held as long
/// as they are.
#[derive(Debug)]
pub(crate) struct Perhaps {
    /// That it is somebody else.
    somebody: AttackRelease,
    /// How much of that each of them was.
    each: AttackRelease,
    targets: Vec<f32>,
    last_likely_s: f64,
    previous_s: Option<f64>,
    named: Option<usize>,
}

impl Perhaps {
    /// For a model that knows so many of them.
    pub(crate) fn new(others: usize) -> Self {
        Self {
            somebody: AttackRelease::new(1, 0.0, 0.0, 1.0),
            each: AttackRelease::new(others, DECIDE_S, DECIDE_S, 1.0),
            targets: vec![0.0; others],
            last_likely_s: f64::NEG_INFINITY,
            previous_s: None,
            named: None,
        }
    }

    /// A new session.
    pub(crate) fn restart(&mut self) {
        self.somebody.reset();
        self.each.reset();
        (self.last_likely_s, self.previous_s, self.named) = (f64::NEG_INFINITY, None, None);
    }

    /// Takes what a step says that is centred at `time_s` of the session.
    pub(crate) fn step(&mut self, another: Option<Another>, time_s: f64, settings: &Settings) {
        self.targets.fill(0.0);
        if let Some(Another { probability, instrument }) = another {
            self.targets[instrument] = probability;
        }
        let since_s = self.previous_s.map_or(f64::from(settings.update_ms) / 1e3, |before| time_s - before);
        self.previous_s = Some(time_s);
        self.somebody.set_times(settings.attack_ms / 1e3, settings.release_ms / 1e3, since_s);
        self.each.set_times(DECIDE_S, DECIDE_S, since_s);
        let each = self.each.step(self.targets.iter().copied());
        let somebody = self.somebody.step([another.map_or(0.0, |another| another.probability)])[0];
        if somebody >= Another::LIKELY {
            self.last_likely_s = time_s;
            let first = (0..each.len()).max_by(|a, b| each[*a].total_cmp(&each[*b]));
            let leads = |now: usize| first.is_some_and(|first| each[first] >= each[now] + LEAD);
            if self.named.is_none_or(leads) {
                self.named = first;
            }
        } else if self.named.is_some() && time_s - self.last_likely_s > f64::from(settings.hold_s) {
            self.named = None;
            self.each.reset();
        }
    }

    /// The one that is named, counted as the model lists them.
    pub(crate) fn shown(&self) -> Option<usize> {
        self.named
    }
}

/// As the board has it.
pub(crate) fn shown(another: Another) -> rollcall_board::Another {
    let Another { probability, instrument } = another;
    rollcall_board::Another { probability, instrument }
}

/// As the engine had it.
pub(crate) fn heard(another: rollcall_board::Another) -> Another {
    let rollcall_board::Another { probability, instrument } = another;
    Another { probability, instrument }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP_S: f64 = 0.16;

    /// What is named at each step of 0.16 s.
    fn named(
        said: impl IntoIterator<Item = Option<(f32, usize)>>,
        settings: &Settings,
    ) -> Vec<Option<usize>> {
        let mut perhaps = Perhaps::new(3);
        let another = |(probability, instrument)| Another { probability, instrument };
        said.into_iter()
            .enumerate()
            .map(|(i, said)| {
                perhaps.step(said.map(another), i as f64 * STEP_S, settings);
                perhaps.shown()
            })
            .collect()
    }

    /// How often what is named changes.
    fn changes(named: &[Option<usize>]) -> usize {
        named.windows(2).filter(|pair| pair[0] != pair[1]).count()
    }

    #[test]
    fn it_is_named_while_it_is_likely_and_held_as_the_classes_are() {
        let settings = Settings { attack_ms: 0.0, release_ms: 0.0, hold_s: 0.5, ..Settings::default() };
        let said = [Some((0.49, 1)), Some((0.5, 1)), Some((0.3, 1)), None, None, None, None];
        let expected = [None, Some(1), Some(1), Some(1), Some(1), None, None];
        assert_eq!(named(said, &settings), expected, "held for three steps of 0.16 s, let go at the fourth");
    }

    #[test]
    fn what_wavers_round_even_chances_does_not_flicker() {
        let waver = (0..100).map(|i| Some((if i % 2 == 0 { 0.56 } else { 0.44 }, 2)));
        let shown = named(waver.clone(), &Settings::default());
        assert!(changes(&shown) <= 1, "{shown:?}");
        let raw: Vec<_> = waver.map(|said| said.filter(|said| said.0 >= 0.5)).collect();
        assert_eq!(raw.windows(2).filter(|pair| pair[0] != pair[1]).count(), 99, "which it would");
    }

    #[test]
    fn two_that_are_alike_do_not_take_turns() {
        for update_ms in rollcall_board::UPDATE_MS {
            let mut perhaps = Perhaps::new(2);
            let settings = Settings { update_ms, ..Settings::default() };
            for i in 0..100 {
                let another = Another { probability: 0.9, instrument: i % 2 };
                perhaps.step(Some(another), i as f64 * f64::from(update_ms) / 1e3, &settings);
                assert_eq!(perhaps.shown(), Some(0), "step {i} of {update_ms} ms");
            }
        }
        // But who stays takes the place.
        let follows = (0..60).map(|i| Some((0.9, usize::from(i >= 30))));
        let shown = named(follows, &Settings::default());
        assert_eq!((shown[29], shown[59], changes(&shown)), (Some(0), Some(1), 1));
    }

    #[test]
    fn what_was_let_go_is_forgotten() {
        let settings = Settings { hold_s: 0.0, release_ms: 0.0, ..Settings::default() };
        let said = (0..40).map(|i| match i {
            0..30 => Some((0.9, 0)),
            30..32 => None,
            _ => Some((0.6, 1)),
        });
        let shown = named(said, &settings);
        assert_eq!((shown[29], shown[31], shown[32]), (Some(0), None, Some(1)));
    }

    #[test]
    fn a_model_that_knows_none_names_none() {
        let mut perhaps = Perhaps::new(0);
        perhaps.step(None, 0.0, &Settings::default());
        assert_eq!(perhaps.shown(), None);
    }
}

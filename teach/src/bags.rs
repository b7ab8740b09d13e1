//! Bags: a few seconds of steps each, with what is known of who plays in them. What a head learns from and is scored on.

use crate::hear::Steps;
use crate::lesson::Part;
use half::f16;
use rollcall_head::loss::Target;

/// Steps of 160 ms that a bag is cut from: 3.2 s, about the memory that a meter has.
pub const BAG_STEPS: usize = 20;
/// Every so-many-th of them is kept: neighbours share five sixths of their window.
pub const STRIDE: usize = 2;
/// Stretches that are shorter hold no window worth the name.
const SHORTEST_S: f64 = 0.3;
/// What single precision may add to a time of hours.
const ROUNDING_S: f64 = 2e-3;

/// Where a bag is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// A user's recording as it is.
    Alone,
    /// A user's recording with others.
    Mixed,
    /// What the base package brings.
    Shipped,
}

/// A few seconds.
#[derive(Clone, Debug)]
pub struct Bag {
    /// Numbers of a step: the embedding's, then the detail's.
    pub width: usize,
    /// `[steps, 128]`.
    pub embeddings: Vec<f16>,
    /// Whether each class plays; `None`: not known.
    pub truth: Vec<Option<bool>>,
    /// Where it is from.
    pub scene: Scene,
    /// Its recording's, or a number of its own among the mixes or the shipped.
    pub source: usize,
    /// What is held out together ([`crate::folds`]); `None`: never held out.
    pub fold: Option<usize>,
    /// What is resampled together for intervals.
    pub unit: usize,
    /// First and last centre of its steps in its recording, in seconds.
    pub span_s: (f32, f32),
}

impl Bag {
    /// Steps.
    pub fn steps(&self) -> usize {
        self.embeddings.len() / self.width
    }

    /// Chosen steps as a head takes them.
    pub fn rows(&self, steps: impl Iterator<Item = usize>) -> Vec<f32> {
        let row = |step: usize| self.embeddings[step * self.width..(step + 1) * self.width].iter();
        steps.flat_map(row).map(|x| x.to_f32()).collect()
    }

    /// What a head learns of it: in each step what is known of the whole.
    pub fn target(&self, steps: usize) -> Target {
        let clip: Vec<f32> =
            self.truth.iter().map(|plays| f32::from(u8::from(*plays == Some(true)))).collect();
        let known: Vec<f32> = self.truth.iter().map(|plays| f32::from(u8::from(plays.is_some()))).collect();
        Target { steps: clip.repeat(steps), step_weight: known.repeat(steps), clip, clip_weight: known }
    }
}

/// A stretch in which the same is known from end to end.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    start_s: f64,
    end_s: f64,
    truth: Vec<Option<bool>>,
}

/// Cuts the parts of a recording into stretches; of what no part speaks of nothing is known, and nothing learned.
fn stretches(parts: &[Part], classes: usize) -> Vec<Stretch> {
    let mut bounds: Vec<f64> = parts.iter().flat_map(|part| [part.start_s, part.end_s]).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let mut found: Vec<Stretch> = Vec::new();
    for pair in bounds.windows(2) {
        let within = |part: &&Part| part.start_s <= pair[0] && part.end_s >= pair[1];
        let here: Vec<&Part> = parts.iter().filter(within).collect();
        if here.is_empty() {
            continue;
        }
        let is_told = here.iter().any(|part| part.plays || part.class.is_none());
        let mut truth = vec![is_told.then_some(false); classes];
        let mut say = |plays: bool| {
            for class in here.iter().filter(|part| part.plays == plays).filter_map(|part| part.class) {
                truth[class] = Some(plays);
            }
        };
        // Who says that a class does not play means this stretch; who says that it does has heard it.
        say(false);
        say(true);
        match found.last_mut() {
            Some(last) if last.end_s == pair[0] && last.truth == truth => last.end_s = pair[1],
            _ => found.push(Stretch { start_s: pair[0], end_s: pair[1], truth }),
        }
    }
    found
}

/// Cuts a recording into bags, at most `most`, evenly spread.
pub fn cut(steps: &Steps, parts: &[Part], classes: usize, most: usize, of: &Bag) -> Vec<Bag> {
    let mut runs: Vec<(std::ops::Range<usize>, Vec<Option<bool>>)> = Vec::new();
    for stretch in stretches(parts, classes) {
        if stretch.end_s - stretch.start_s < SHORTEST_S {
            continue;
        }
        // A centre on the very bound is within; single precision may have moved it.
        let first = steps.times_s.partition_point(|t| f64::from(*t) < stretch.start_s - ROUNDING_S);
        let end = steps.times_s.partition_point(|t| f64::from(*t) <= stretch.end_s + ROUNDING_S);
        let count = (end - first).div_ceil(BAG_STEPS).max(1);
        for i in 0..count {
            let cut = |i: usize| first + (end - first) * i / count;
            if cut(i) < cut(i + 1) {
                runs.push((cut(i)..cut(i + 1), stretch.truth.clone()));
            }
        }
    }
    let all = runs.len();
    let take = most.min(all);
    let chosen = (0..take).map(|i| runs[(2 * i + 1) * all / (2 * take)].clone());
    let bag = |(run, truth): (std::ops::Range<usize>, Vec<Option<bool>>)| Bag {
        width: steps.width,
        span_s: (steps.times_s[run.start], steps.times_s[run.end - 1]),
        embeddings: run.step_by(STRIDE).flat_map(|step| steps.embedding(step)).copied().collect(),
        truth,
        ..of.clone()
    };
    chosen.map(bag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_engine::EMBEDDING;

    fn part(start_s: f64, end_s: f64, class: Option<usize>, plays: bool) -> Part {
        Part { start_s, end_s, class, plays }
    }

    pub(crate) fn template() -> Bag {
        Bag {
            width: EMBEDDING,
            embeddings: Vec::new(),
            truth: Vec::new(),
            scene: Scene::Alone,
            source: 3,
            fold: Some(1),
            unit: 3,
            span_s: (0.0, 0.0),
        }
    }

    #[test]
    fn a_stretch_knows_what_its_parts_say() {
        let (yes, no) = (Some(true), Some(false));
        let found = stretches(&[part(0.0, 4.0, Some(0), true), part(2.0, 6.0, Some(1), true)], 3);
        let expected = [(0.0, 2.0, [yes, no, no]), (2.0, 4.0, [yes, yes, no]), (4.0, 6.0, [no, yes, no])];
        assert_eq!(found.len(), 3);
        for (found, (start_s, end_s, truth)) in found.iter().zip(expected) {
            assert_eq!((found.start_s, found.end_s, &found.truth[..]), (start_s, end_s, &truth[..]));
        }
        // "This is not the second" says nothing of the others; "none of them" says all.
        let only = |part| stretches(&[part], 2)[0].truth.clone();
        assert_eq!(only(Part::whole(Some(1), false)), [None, no]);
        assert_eq!(only(Part::whole(None, false)), [no, no]);
        assert_eq!(stretches(&[part(0.0, 1.0, Some(0), true), part(3.0, 4.0, Some(0), true)], 1).len(), 2);
    }

    #[test]
    fn bags_are_cut_within_stretches_and_evenly_chosen() {
        let steps = Steps {
            times_s: (0..100).map(|i| 0.16 * i as f32).collect(),
            width: EMBEDDING,
            embeddings: (0..100).flat_map(|i| [f16::from_f32(i as f32); EMBEDDING]).collect(),
        };
        let bags = cut(&steps, &[Part::whole(Some(0), true)], 1, 99, &template());
        assert_eq!((bags.len(), bags[0].steps(), bags[0].source), (5, 10, 3));
        assert_eq!(bags[1].rows([0, 1].into_iter())[EMBEDDING], 22.0, "every second step");
        let few = cut(&steps, &[Part::whole(Some(0), true)], 1, 2, &template());
        let starts: Vec<f32> = few.iter().map(|bag| bag.span_s.0).collect();
        assert!((starts[0] - 3.2).abs() < 1e-3 && (starts[1] - 9.6).abs() < 1e-3, "{starts:?}");
        // 3.2 s to 4.8 s: ten steps, and the last is centred on the end.
        let bags = cut(&steps, &[part(3.2, 4.81, Some(0), true)], 1, 9, &template());
        assert_eq!((bags.len(), bags[0].steps()), (1, 6));
        assert!(cut(&steps, &[part(3.2, 3.3, Some(0), true)], 1, 9, &template()).is_empty());
        assert!(cut(&Steps::default(), &[Part::whole(Some(0), true)], 1, 9, &template()).is_empty());
    }
}

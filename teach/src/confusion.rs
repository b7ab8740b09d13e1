//! Who is taken for whom, in words: by recordings that the head was not taught with.

use crate::bags::{Bag, Scene};
use std::collections::BTreeMap;

/// So many others are named of each class.
const NAMED: usize = 3;

/// What is needed to tell it.
pub struct Told<'a> {
    /// Names of the taught classes.
    pub classes: &'a [String],
    /// Their thresholds.
    pub thresholds: &'a [f32],
    /// All bags, and what was said of each by a head that was not taught with it.
    pub bags: &'a [Bag],
    /// See [`crate::judge::Judged::said`].
    pub said: &'a [Option<Vec<f32>>],
    /// Classes of the base package that are heard in a bag, by name.
    pub beside: &'a dyn Fn(&Bag) -> Vec<String>,
    /// Classes of the base package that play in each clip that it brings.
    pub shipped: &'a dyn Fn(usize) -> Vec<String>,
    /// What the base package's own classes are to be called in a sentence; empty: there are none any more.
    pub has_base: bool,
}

/// A recording's mean over its bags.
struct Heard {
    plays: Vec<bool>,
    mean: Vec<f32>,
    beside: BTreeMap<String, usize>,
    bags: usize,
}

/// The sentences.
pub fn words(told: &Told<'_>) -> Vec<String> {
    let mut recordings: BTreeMap<usize, Heard> = BTreeMap::new();
    let classes = told.classes.len();
    for (bag, said) in told.bags.iter().zip(told.said).filter(|(bag, _)| bag.scene == Scene::Alone) {
        let Some(said) = said else { continue };
        let heard = recordings.entry(bag.source).or_insert_with(|| Heard {
            plays: vec![false; classes],
            mean: vec![0.0; classes],
            beside: BTreeMap::new(),
            bags: 0,
        });
        heard.bags += 1;
        for (class, said) in said.iter().enumerate() {
            heard.plays[class] |= bag.truth[class] == Some(true);
            heard.mean[class] += said;
        }
        for name in (told.beside)(bag) {
            *heard.beside.entry(name).or_default() += 1;
        }
    }
    let mut sentences = Vec::new();
    for (class, name) in told.classes.iter().enumerate() {
        let own: Vec<&Heard> = recordings.values().filter(|heard| heard.plays[class]).collect();
        if own.is_empty() {
            continue;
        }
        let is_heard =
            |heard: &&&Heard, class: usize| heard.mean[class] / heard.bags as f32 >= told.thresholds[class];
        let of = own.len();
        let found = own.iter().filter(|heard| is_heard(heard, class)).count();
        sentences.push(format!("{name} is heard in {found} of {of}"));
        for (other, other_name) in told.classes.iter().enumerate().filter(|(other, _)| *other != class) {
            let taken = own.iter().filter(|heard| !heard.plays[other] && is_heard(heard, other)).count();
            if taken > 0 {
                sentences.push(format!("{name} is taken for {other_name} in {taken} of {of}"));
            }
        }
        if told.has_base {
            let mut beside: BTreeMap<&str, usize> = BTreeMap::new();
            for heard in &own {
                for (other, bags) in &heard.beside {
                    if 2 * bags > heard.bags {
                        *beside.entry(other).or_default() += 1;
                    }
                }
            }
            let mut beside: Vec<(&str, usize)> = beside.into_iter().collect();
            beside.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            for (other, count) in beside.into_iter().take(NAMED) {
                sentences.push(format!(
                    "{name} is taken for {other} in {count} of {of} (the base package's {other}, which stays as it is)"
                ));
            }
        }
        sentences.extend(from_shipped(told, class, name));
    }
    sentences
}

/// Classes of what the package brings that are taken for a taught one.
fn from_shipped(told: &Told<'_>, class: usize, name: &str) -> Vec<String> {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (bag, said) in told.bags.iter().zip(told.said).filter(|(bag, _)| bag.scene == Scene::Shipped) {
        let (Some(said), Some(false)) = (said, bag.truth[class]) else { continue };
        let playing = (told.shipped)(bag.source);
        let playing = if playing.is_empty() { vec!["noise".to_owned()] } else { playing };
        // Where one plays alone it is clear who is taken for whom.
        if let [alone] = &playing[..] {
            let (taken, of) = counts.entry(alone.clone()).or_default();
            *of += 1;
            *taken += usize::from(said[class] >= told.thresholds[class]);
        }
    }
    let mut counts: Vec<(String, (usize, usize))> =
        counts.into_iter().filter(|(_, (taken, _))| *taken > 0).collect();
    counts.sort_by(|a, b| (b.1.0 * a.1.1).cmp(&(a.1.0 * b.1.1)));
    let sentence = |(other, (taken, of)): (String, (usize, usize))| {
        format!("{other} is taken for {name} in {taken} of {of}")
    };
    counts.into_iter().take(NAMED).map(sentence).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;

    fn bag(scene: Scene, source: usize, truth: [bool; 2]) -> Bag {
        Bag {
            width: rollcall_engine::EMBEDDING,
            embeddings: vec![f16::ZERO; 128],
            truth: truth.map(Some).to_vec(),
            scene,
            source,
            fold: Some(0),
            unit: source,
            span_s: (0.0, 0.0),
        }
    }

    #[test]
    fn it_is_told_in_words() {
        let classes = ["oud", "harp"].map(String::from);
        let mut bags: Vec<Bag> = (0..4).map(|i| bag(Scene::Alone, i, [true, false])).collect();
        bags.push(bag(Scene::Alone, 4, [false, true]));
        bags.extend((0..3).map(|i| bag(Scene::Shipped, i, [false, false])));
        let said: Vec<Option<Vec<f32>>> =
            [[0.9, 0.1], [0.8, 0.7], [0.2, 0.1], [0.9, 0.0], [0.1, 0.9], [0.7, 0.0], [0.1, 0.0], [0.9, 0.9]]
                .map(|said| Some(said.to_vec()))
                .to_vec();
        let told = Told {
            classes: &classes,
            thresholds: &[0.5, 0.5],
            bags: &bags,
            said: &said,
            beside: &|bag| if bag.source < 2 { vec!["guitar".into()] } else { Vec::new() },
            shipped: &|clip| match clip {
                0 | 1 => vec!["banjo".into()],
                _ => vec!["banjo".into(), "voice".into()],
            },
            has_base: true,
        };
        let words = words(&told);
        for expected in [
            "oud is heard in 3 of 4",
            "oud is taken for harp in 1 of 4",
            "oud is taken for guitar in 2 of 4 (the base package's guitar, which stays as it is)",
            "banjo is taken for oud in 1 of 2",
            "harp is heard in 1 of 1",
        ] {
            assert!(words.iter().any(|word| word == expected), "no '{expected}' in {words:#?}");
        }
        assert_eq!(words.len(), 5, "{words:#?}");
    }
}

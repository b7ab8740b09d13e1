//! What contenders are asked: 10 s of audio, and what is known of who plays when.

use crate::data::pool::{Kind, Pool, PoolError, Split};
use crate::data::seed;
use crate::fit::clip::Length;
use crate::fit::mixer::Mixer;
use anyhow::{Result, ensure};
use rollcall_engine::{OPENMIC_CLASSES, SAMPLE_RATE_HZ};
use rollcall_metrics::Event;

/// What the examples of one kind have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// One instrument plays a phrase.
    Solos,
    /// Two or three play at once.
    Mixes,
    /// Noise, or near silence.
    Noise,
    /// Somebody speaks: a voice, and nothing else.
    Speech,
    /// Real recordings as their makers label them, solo or not.
    Music,
}

impl Scene {
    /// In the order of reports.
    pub const ALL: [Self; 5] = [Self::Solos, Self::Mixes, Self::Music, Self::Noise, Self::Speech];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Solos => "solos",
            Self::Mixes => "mixes",
            Self::Noise => "noise",
            Self::Speech => "speech",
            Self::Music => "real music",
        }
    }
}

/// One example.
#[derive(Clone, Debug)]
pub struct Example {
    /// Mono, 16 kHz.
    pub samples: Vec<f32>,
    /// Whether each class is heard; `None`: not known (it plays, but is masked or too short to tell).
    pub truth: Vec<Option<bool>>,
    /// When each class sounds.
    pub events: Vec<Event>,
}

/// Shorter pauses of a voice are part of its playing, in hops: a meter that falls between two notes is no better.
const BREATH_HOPS: usize = 50;

/// `count` examples of a scene, drawn by seed from one part of a pool, without augmentation.
///
/// # Errors
/// The pool cannot be read, or has nothing for the scene.
pub fn draw(
    open: &dyn Fn() -> Result<Pool, PoolError>,
    split: Split,
    scene: Scene,
    count: usize,
    seed: u64,
) -> Result<Vec<Example>> {
    if scene == Scene::Music {
        return recordings(&open()?, split, count, seed);
    }
    let kinds = |kind| match scene {
        Scene::Solos | Scene::Mixes => kind == Kind::Phrase,
        Scene::Noise => kind == Kind::Noise,
        Scene::Speech => kind == Kind::Speech,
        Scene::Music => kind == Kind::Music,
    };
    let mixer = Mixer::of(open()?, split, &kinds, OPENMIC_CLASSES.len(), Length::TEN_SECONDS, false)?;
    let has_material =
        if scene == Scene::Noise { mixer.has_negatives() } else { mixer.classes_present() > 0 };
    ensure!(
        has_material,
        "the pool has nothing for {}: make it with rollcall-train data make --test",
        scene.name()
    );
    (0..count)
        .map(|index| {
            let mut rng = seed::rng(seed, &format!("compare/{}/{index}", scene.name()));
            let voices = match scene {
                Scene::Solos | Scene::Speech => 1,
                Scene::Mixes => 2 + rng.usize(0..2),
                Scene::Noise | Scene::Music => 0,
            };
            let composed = mixer.compose(voices, &mut rng)?;
            Ok(Example {
                truth: composed.target.truth(),
                events: composed.voices.iter().flat_map(|(class, active)| events(*class, active)).collect(),
                samples: composed.samples,
            })
        })
        .collect()
}

/// Up to `count` labelled segments of real music, drawn by seed; nothing is known of when who plays.
fn recordings(pool: &Pool, split: Split, count: usize, seed: u64) -> Result<Vec<Example>> {
    let mut labels = pool.soft_labels()?;
    seed::rng(seed, "compare/real music").shuffle(&mut labels);
    let mut examples = Vec::new();
    for label in labels {
        let stem = pool.stems.iter().find(|stem| stem.row.id == label.id && stem.row.split == split);
        let Some(stem) = stem else { continue };
        let samples = |seconds: f32| (seconds * SAMPLE_RATE_HZ as f32) as usize;
        examples.push(Example {
            samples: pool.excerpt(stem, samples(label.start_s), samples(label.length_s))?,
            truth: label
                .known
                .iter()
                .zip(label.probability)
                .map(|(known, p)| known.then_some(p > 0.5))
                .collect(),
            events: Vec::new(),
        });
    }
    examples.truncate(count);
    Ok(examples)
}

/// A voice's ranges, breaths bridged.
fn events(class: usize, active: &[bool]) -> Vec<Event> {
    let hop_s = rollcall_engine::HOP_SAMPLES as f64 / f64::from(SAMPLE_RATE_HZ);
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for hop in (0..active.len()).filter(|&hop| active[hop]) {
        match ranges.last_mut() {
            Some(last) if hop <= last.1 + BREATH_HOPS => last.1 = hop + 1,
            _ => ranges.push((hop, hop + 1)),
        }
    }
    let event = |(first, end)| Event { class, onset_s: first as f64 * hop_s, offset_s: end as f64 * hop_s };
    ranges.into_iter().map(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breath_does_not_end_a_voice() {
        let mut active = vec![false; 400];
        active[10..60].fill(true);
        active[100..150].fill(true);
        active[300..310].fill(true);
        let found = events(3, &active);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].onset_s, found[0].offset_s), (0.1, 1.5));
        assert_eq!((found[1].class, found[1].onset_s), (3, 3.0));
    }
}

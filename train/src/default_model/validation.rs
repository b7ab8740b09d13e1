//! Scores on the validation part, which is never trained on: one fixed set of clips, whatever a run's seed ([`crate::judge`]).

use super::thresholds;
use crate::audio::log_mel::log_mel;
use crate::base::stem::Split;
use crate::base::threads::parallel_with;
use crate::judge::guess::{Guesses, first_guess};
use crate::judge::{Scene, draw, meter};
use crate::mix::length::{Length, SKIP_COLUMNS};
use crate::nn::conv::Scratch;
use crate::nn::loss::sigmoid;
use crate::nn::vggish::Vggish;
use crate::pool::Pool;
use rollcall_metrics::{Scored, average_precision, both_classes, calibration_error, f1, mean};
use std::collections::BTreeMap;

/// Bins of the expected calibration error.
const BINS: usize = 15;
/// What [`Report::class_ap`] calls the clips of all scenes together.
pub const EVERY_SCENE: &str = "all";

/// A clip as a network sees it, and who plays in it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// `[hops, 64]`, hops a multiple of 16.
    pub log_mel: Vec<f32>,
    /// Whether each class is heard; `None`: not known.
    pub truth: Vec<Option<bool>>,
}

/// What a network says of a clip.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Posterior of each class over the whole clip, 0..=1.
    pub clip: Vec<f32>,
    /// The highest that each class's meter gets in it, 0..=1 ([`meter::loudest`]).
    pub loudest: Vec<f32>,
}

impl Answer {
    /// Leaves the classes this share of what is said, 0..=1, because something else is heard.
    pub fn leave(&mut self, share: f32) {
        self.clip.iter_mut().chain(&mut self.loudest).for_each(|p| *p *= share);
    }
}

/// Clips of the scenes that are scored apart; a scene that the pool has nothing for is empty.
pub struct ValidationSet {
    solos: Vec<Judged>,
    mixes: Vec<Judged>,
    bands: Vec<Judged>,
    /// Its truth is what the labels of real music are sure of.
    music: Vec<Judged>,
    noise: Vec<Judged>,
    /// Instruments that are none of the 20.
    others: Vec<Judged>,
}

/// What one pass over the set gives.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Scores by name, e.g. `solos.map`; macro over classes with positives and negatives.
    pub scores: BTreeMap<String, f64>,
    /// Threshold a class, tuned over the clips of all scenes ([`thresholds`]).
    pub thresholds: Vec<f32>,
    /// All posteriors with the truth, of all scenes and classes.
    pub scored: Scored,
    /// Average precision a class where there are positives, by scene (`solos`, `mixes`, `bands`, `music`) and over [`EVERY_SCENE`].
    pub class_ap: BTreeMap<&'static str, Vec<Option<f64>>>,
}

impl ValidationSet {
    /// The first `clips` clips a scene of the pool's validation part, each of this length.
    ///
    /// # Errors
    /// The pool cannot be read.
    pub fn draw(pool: &Pool, clips: usize, length: Length) -> anyhow::Result<Self> {
        let scene = |scene: Scene, count: usize| -> anyhow::Result<Vec<Judged>> {
            let examples = draw(pool, Split::Valid, scene, count, length.samples())?;
            let judged = |example: crate::judge::Example| {
                let mut samples = example.samples;
                samples.resize(length.samples(), 0.0);
                Judged { log_mel: log_mel(&samples), truth: example.truth }
            };
            Ok(examples.into_iter().map(judged).collect())
        };
        let (noise, others) = (scene(Scene::Noise, clips.div_ceil(2))?, scene(Scene::Others, clips / 2)?);
        Ok(Self {
            solos: scene(Scene::Solos, clips)?,
            mixes: scene(Scene::Mixes, clips)?,
            bands: scene(Scene::Bands, clips)?,
            music: scene(Scene::Music, clips)?,
            noise,
            others,
        })
    }

    /// All clips, each with whether somebody plays in it who is none of the 20, and nobody else does.
    pub fn others_alone(&self) -> impl Iterator<Item = (&Judged, bool)> {
        let with = [&self.solos, &self.mixes, &self.bands, &self.music, &self.noise].into_iter().flatten();
        with.map(|clip| (clip, false)).chain(self.others.iter().map(|clip| (clip, true)))
    }

    /// Runs the network over the set. `quiet`: the share of clips without an instrument in which thresholds must leave every meter down.
    pub fn score(&self, net: &Vggish, values: &[f32], quiet: f64) -> Report {
        let (classes, prepared) = (net.shape.classes, net.prepare(values));
        let hear = |log_mel: &[f32], scratch: &mut Scratch| {
            let trace = net.forward(values, &prepared, log_mel, SKIP_COLUMNS, scratch);
            let of = |logits: &[f32]| -> Vec<f32> { logits.iter().map(|x| sigmoid(*x)).collect() };
            answer(&of(&trace.top.head.activity), &of(&trace.top.head.attention), classes)
        };
        self.score_by(classes, quiet, &hear)
    }

    /// The same with whatever hears a clip's log-mel.
    pub fn score_by(
        &self,
        classes: usize,
        quiet: f64,
        hear: &(dyn Fn(&[f32], &mut Scratch) -> Answer + Sync),
    ) -> Report {
        let heard = |clips| Heard { clips, answers: answers(clips, hear) };
        let (solos, mixes, bands) = (heard(&self.solos), heard(&self.mixes), heard(&self.bands));
        let (music, noise, others) = (heard(&self.music), heard(&self.noise), heard(&self.others));
        let mut report = Report::default();
        let scenes = [&solos, &mixes, &bands, &music, &noise, &others];
        let all: Vec<Scored> =
            (0..classes).map(|c| scenes.into_iter().flat_map(|scene| known(scene, c)).collect()).collect();
        // Meters flash where a clip as a whole is quiet.
        let nothing = noise.answers.iter().chain(&others.answers);
        let meters: Vec<Vec<f32>> = nothing.map(|answer| answer.loudest.clone()).collect();
        report.thresholds = thresholds::tune(&all, &meters, quiet);
        report.class_ap.insert(EVERY_SCENE, all.iter().map(average_precision).collect());
        report.scored = all.into_iter().flatten().collect();
        report.add("solos", &solos, classes);
        report.add("mixes", &mixes, classes);
        for (name, scene) in [("bands", &bands), ("music", &music)] {
            if !scene.clips.is_empty() {
                report.add(name, scene, classes);
            }
        }
        let is_quiet = |shown: &&Vec<f32>| shown.iter().zip(&report.thresholds).all(|(p, t)| p < t);
        let share =
            |meters: &[Vec<f32>]| meters.iter().filter(is_quiet).count() as f64 / meters.len().max(1) as f64;
        let (quiet, of) = (share(&meters), meters.split_at(noise.answers.len()));
        let quiets = [("nothing.quiet", quiet), ("noise.quiet", share(of.0)), ("others.quiet", share(of.1))];
        let error = calibration_error(&report.scored, BINS);
        report.scores.insert("calibration_error".into(), error.unwrap_or(0.0));
        report.scores.extend(quiets.map(|(name, share)| (name.to_owned(), share)));
        report
    }
}

/// What a network's activities and attentions, probabilities `[steps][classes]`, say of a clip.
#[must_use]
pub fn answer(activity: &[f32], attention: &[f32], classes: usize) -> Answer {
    let pooled = |class: usize| {
        let of =
            |values: &'_ [f32]| values.iter().skip(class).step_by(classes).copied().collect::<Vec<f32>>();
        let (activity, attention) = (of(activity), of(attention));
        let weight = attention.iter().sum::<f32>().max(1e-12);
        activity.iter().zip(&attention).map(|(a, w)| a * w).sum::<f32>() / weight
    };
    Answer { clip: (0..classes).map(pooled).collect(), loudest: meter::loudest(activity, attention, classes) }
}

impl Report {
    /// Adds the scores of a scene, and its average precision a class.
    fn add(&mut self, name: &'static str, set: &Heard<'_>, classes: usize) {
        let scored: Vec<Scored> = (0..classes).map(|c| known(set, c).collect()).collect();
        let ap: Vec<_> = scored.iter().map(average_precision).collect();
        self.scores.insert(format!("{name}.map"), mean(ap.iter().copied()));
        for (kind, at) in [("f1_at_half", None), ("f1_tuned", Some(&self.thresholds))] {
            let pairs: Vec<_> =
                scored.iter().enumerate().map(|(c, s)| f1(s, at.map_or(0.5, |t| t[c]))).collect();
            let both = mean(pairs.iter().copied().map(both_classes));
            self.scores.insert(format!("{name}.{kind}_both"), both);
            self.scores.insert(format!("{name}.{kind}_positives"), mean(pairs.iter().map(|p| p.0)));
        }
        if let Some(guesses) = guesses(set) {
            self.scores.insert(format!("{name}.first"), guesses.first);
            self.scores.insert(format!("{name}.first_three"), guesses.first_three);
        }
        self.class_ap.insert(name, ap);
    }
}

/// Clips of a scene with what the network says of each.
struct Heard<'a> {
    clips: &'a [Judged],
    answers: Vec<Answer>,
}

fn guesses(scene: &Heard<'_>) -> Option<Guesses> {
    let pairs = scene.clips.iter().zip(&scene.answers);
    first_guess(pairs.map(|(clip, answer)| (answer.clip.as_slice(), clip.truth.as_slice())))
}

/// Posterior and truth of each clip in which the class is known.
fn known<'a>(scene: &'a Heard<'_>, class: usize) -> impl Iterator<Item = (f32, bool)> + 'a {
    let pairs = scene.clips.iter().zip(&scene.answers);
    pairs.filter_map(move |(clip, answer)| Some((answer.clip[class], clip.truth[class]?)))
}

fn answers(clips: &[Judged], hear: &(dyn Fn(&[f32], &mut Scratch) -> Answer + Sync)) -> Vec<Answer> {
    parallel_with(clips.len(), |i, scratch: &mut Scratch| hear(&clips[i].log_mel, scratch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::stem::{Kind, Part};
    use crate::pool::PoolWriter;
    use serde_json::json;

    fn pool(folder: &std::path::Path) -> Pool {
        let mut writer = PoolWriter::open(folder).unwrap();
        let stems = [
            (Kind::Phrase, "piano", 300.0),
            (Kind::Phrase, "violin", 1_000.0),
            (Kind::Phrase, "voice", 600.0),
            (Kind::Phrase, "flute", 1_800.0),
            (Kind::Noise, "_none", 4_000.0),
            (Kind::Negative, "_none", 5_000.0),
        ];
        for (number, (kind, class, hz)) in stems.into_iter().enumerate() {
            let part = Part {
                samples: (0..64_000)
                    .map(|n| 0.4 * (n as f32 * hz / 16_000.0 * std::f32::consts::TAU).sin())
                    .collect(),
                kind,
                class: class.into(),
                source: "font".into(),
                split: Split::Valid,
                licence: "CC0".into(),
                origin: "x".into(),
                extra: json!({}),
            };
            writer.add(&number.to_string(), &[part]).unwrap();
        }
        writer.commit().unwrap();
        Pool::open(folder).unwrap()
    }

    /// Hears a class where its band of the log-mel is up.
    fn ideal(log_mel: &[f32], _: &mut Scratch) -> Answer {
        let energy = |hz: f32| {
            let mel = |hz: f32| 1127.0 * (1.0 + hz / 700.0f32).ln();
            let band = (64.0 * (mel(hz) - mel(125.0)) / (mel(7_500.0) - mel(125.0))) as usize;
            let rows = log_mel.chunks_exact(64).map(|row| {
                row[band.saturating_sub(1)..(band + 2).min(64)].iter().copied().fold(f32::MIN, f32::max)
            });
            rows.fold(f32::MIN, f32::max)
        };
        let mut clip = vec![0.01; 20];
        for (class, hz) in [("piano", 300.0), ("violin", 1_000.0), ("voice", 600.0), ("flute", 1_800.0)] {
            let at = crate::base::class::index(class).unwrap();
            clip[at] = 1.0 / (1.0 + (-(energy(hz) + 1.5)).exp());
        }
        Answer { loudest: clip.clone(), clip }
    }

    #[test]
    fn one_set_for_every_run_and_what_hears_right_scores_high() {
        let folder = tempfile::tempdir().unwrap();
        let pool = pool(folder.path());
        let set = ValidationSet::draw(&pool, 12, Length { columns: 20 }).unwrap();
        let again = ValidationSet::draw(&pool, 12, Length { columns: 20 }).unwrap();
        assert!(set.solos.iter().zip(&again.solos).all(|(a, b)| a.log_mel == b.log_mel));
        assert_eq!((set.solos.len(), set.noise.len() + set.others.len(), set.music.len()), (12, 12, 0));
        let report = set.score_by(20, 0.9, &ideal);
        assert!(report.scores["solos.map"] > 0.95, "{:?}", report.scores);
        assert!(report.scores["solos.first"] > 0.9, "{:?}", report.scores);
        assert!(!report.scores.contains_key("music.map"), "there is no music");
        let deaf = set.score_by(20, 0.9, &|_, _| Answer { clip: vec![0.5; 20], loudest: vec![0.5; 20] });
        assert_eq!(deaf.scores["solos.first"], 0.0, "a tie is no guess");
    }

    #[test]
    fn thresholds_keep_meters_down_not_clips() {
        let folder = tempfile::tempdir().unwrap();
        let set = ValidationSet::draw(&pool(folder.path()), 12, Length { columns: 20 }).unwrap();
        let flashes = |log_mel: &[f32], scratch: &mut Scratch| {
            let mut answer = ideal(log_mel, scratch);
            answer.loudest.iter_mut().for_each(|shown| *shown = shown.max(0.7));
            answer
        };
        let report = set.score_by(20, 1.0, &flashes);
        assert!(report.thresholds.iter().all(|t| *t > 0.7), "{:?}", report.thresholds);
        assert_eq!(report.scores["nothing.quiet"], 1.0);
    }

    #[test]
    fn an_answer_pools_by_attention() {
        // Two steps, two classes.
        let answer = answer(&[1.0, 0.2, 0.0, 0.2], &[0.3, 0.5, 0.1, 0.5], 2);
        assert!((answer.clip[0] - 0.75).abs() < 1e-6 && (answer.clip[1] - 0.2).abs() < 1e-6);
        assert_eq!(answer.loudest[0], 1.0);
    }
}

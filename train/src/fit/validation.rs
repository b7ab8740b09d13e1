//! Scores on clips that are drawn once from the validation split and never trained on.

use super::clip::{Clip, SKIP_COLUMNS};
use super::mixer::{Mixer, Scene};
use super::thresholds;
use super::trainer::parallel;
use crate::data::{pool::PoolError, seed};
use crate::nn::conv::Scratch;
use crate::nn::loss::attention_bce;
use crate::nn::vggish::Vggish;
use rollcall_metrics::{Scored, average_precision, both_classes, calibration_error, f1, mean};
use std::collections::BTreeMap;

/// A label that weighs less is of a teacher who is unsure, and counts in no score.
const SURE: f32 = 0.15;
/// Bins of the expected calibration error.
const BINS: usize = 15;

/// Clips of the scenes that are scored apart.
pub struct ValidationSet {
    solos: Vec<Clip>,
    mixes: Vec<Clip>,
    /// Empty where the pool has no bands.
    bands: Vec<Clip>,
    /// Empty where the pool has no music. Its truth is what the teacher is sure of.
    music: Vec<Clip>,
    nothing: Vec<Clip>,
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
    /// Average precision a class on solos, where there are positives.
    pub solo_ap: Vec<Option<f64>>,
    /// Average precision a class on mixes, where there are positives.
    pub mix_ap: Vec<Option<f64>>,
}

impl ValidationSet {
    /// Draws `clips` clips a scene.
    ///
    /// # Errors
    /// The pool cannot be read.
    pub fn draw(mixer: &Mixer, clips: usize, seed: u64) -> Result<Self, PoolError> {
        let scene = |scene: Scene, name: &str| -> Result<Vec<Clip>, PoolError> {
            (0..clips).map(|i| mixer.scene(scene, &mut seed::rng(seed, &format!("{name}/{i}")))).collect()
        };
        Ok(Self {
            solos: scene(Scene::Solo, "solo")?,
            mixes: scene(Scene::Mix, "mix")?,
            bands: if mixer.has_bands() { scene(Scene::Band, "band")? } else { Vec::new() },
            music: if mixer.has_music() { scene(Scene::Music, "music")? } else { Vec::new() },
            nothing: scene(Scene::Nothing, "nothing")?,
        })
    }

    /// Runs the network over the set. `quiet`: the share of clips without an instrument that thresholds must leave quiet.
    pub fn score(&self, net: &Vggish, values: &[f32], quiet: f64) -> Report {
        let classes = net.shape.classes;
        let heard = |clips| Heard { clips, posteriors: posteriors(net, values, clips) };
        let (solos, mixes, bands) = (heard(&self.solos), heard(&self.mixes), heard(&self.bands));
        let (music, nothing) = (heard(&self.music), heard(&self.nothing));
        let mut report = Report::default();
        let scenes = [&solos, &mixes, &bands, &music, &nothing];
        let all: Vec<Scored> =
            (0..classes).map(|c| scenes.into_iter().flat_map(|scene| known(scene, c)).collect()).collect();
        report.thresholds = thresholds::tune(&all, &nothing.posteriors, quiet);
        report.scored = all.into_iter().flatten().collect();
        report.solo_ap = report.add("solos", &solos, classes);
        report.mix_ap = report.add("mixes", &mixes, classes);
        if !self.bands.is_empty() {
            report.add("bands", &bands, classes);
        }
        report.scores.insert("solos.top1".into(), top1(&solos));
        if !self.music.is_empty() {
            report.add("music", &music, classes);
            report.scores.insert("music.top1".into(), top1(&music));
        }
        let quiet = |p: &&Vec<f32>| p.iter().zip(&report.thresholds).all(|(p, t)| p < t);
        let quiet = nothing.posteriors.iter().filter(quiet).count() as f64 / self.nothing.len().max(1) as f64;
        let error = calibration_error(&report.scored, BINS);
        report.scores.insert("calibration_error".into(), error.unwrap_or(0.0));
        report.scores.insert("nothing.quiet".into(), quiet);
        report
    }
}

impl Report {
    /// Adds the scores of a scene; returns its average precision a class.
    fn add(&mut self, name: &str, set: &Heard<'_>, classes: usize) -> Vec<Option<f64>> {
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
        ap
    }
}

/// Clips of a scene with what the network hears in each.
struct Heard<'a> {
    clips: &'a [Clip],
    posteriors: Vec<Vec<f32>>,
}

/// Share of the clips in which somebody plays for certain whose likeliest known class is one that does.
fn top1(scene: &Heard<'_>) -> f64 {
    let (mut hits, mut clips) = (0u32, 0u32);
    for (clip, p) in scene.clips.iter().zip(&scene.posteriors) {
        let known: Vec<(f32, bool)> =
            p.iter().enumerate().filter_map(|(c, &p)| Some((p, truth(clip, c)?))).collect();
        if known.iter().any(|(_, plays)| *plays) {
            let top = known.iter().max_by(|a, b| a.0.total_cmp(&b.0));
            hits += u32::from(top.is_some_and(|(_, plays)| *plays));
            clips += 1;
        }
    }
    f64::from(hits) / f64::from(clips.max(1))
}

/// Posterior and truth of each clip in which the class is known.
fn known<'a>(scene: &'a Heard<'_>, class: usize) -> impl Iterator<Item = (f32, bool)> + 'a {
    let pairs = scene.clips.iter().zip(&scene.posteriors);
    pairs.filter_map(move |(clip, p)| Some((p[class], truth(clip, class)?)))
}

/// Whether a class plays in a clip, where that is sure.
fn truth(clip: &Clip, class: usize) -> Option<bool> {
    (clip.target.clip_weight[class] >= SURE).then_some(clip.target.clip[class] >= 0.5)
}

/// Attention-pooled posterior of each clip.
fn posteriors(net: &Vggish, values: &[f32], clips: &[Clip]) -> Vec<Vec<f32>> {
    let prepared = net.prepare(values);
    parallel(clips.len(), |i, scratch: &mut Scratch| {
        let trace = net.forward(values, &prepared, &clips[i].log_mel, SKIP_COLUMNS, scratch);
        attention_bce(&trace.top.head.activity, &trace.top.head.attention, &clips[i].target, 0.5).posterior
    })
}

//! What a run is worth: F1, average precision and ROC AUC of each class, and their means over the classes.

use super::set::Clip;
use rollcall_metrics::{Scored, average_precision, both_classes, f1, known, mean, roc_auc};
use serde::{Deserialize, Serialize};

/// One class over the clips where it is known. A score that needs what is not there (positives, negatives) is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// Name.
    pub class: String,
    /// Clips in which it is heard (label of at least 0.5).
    pub positives: usize,
    /// Clips in which it is not.
    pub negatives: usize,
    /// F1 of finding it, 0..=1.
    pub f1_positives: Option<f64>,
    /// F1 of finding that it is not there.
    pub f1_negatives: Option<f64>,
    /// Mean of both: the paper's figure of a class (section 5).
    pub f1_both: Option<f64>,
    /// Average precision.
    pub average_precision: Option<f64>,
    /// Area under the ROC curve.
    pub roc_auc: Option<f64>,
}

/// All classes, and means over those that have the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Macro F1 over both classes: the paper's F1-macro.
    pub macro_f1_both: f64,
    /// Macro F1 over positives only, which others report; some 8 points lower on OpenMIC.
    pub macro_f1_positives: f64,
    /// Mean average precision.
    pub mean_average_precision: f64,
    /// Mean area under the ROC curve.
    pub mean_roc_auc: f64,
    /// In the order of the set.
    pub classes: Vec<ClassScores>,
}

impl Scores {
    /// Scores posteriors, `[clips][classes]`, against the clips' labels.
    #[must_use]
    pub fn of(classes: &[String], clips: &[Clip], posteriors: &[Vec<f32>], threshold: f32) -> Self {
        let classes: Vec<ClassScores> = (classes.iter().enumerate())
            .map(|(c, class)| class_scores(class, &scored(clips, posteriors, c), threshold))
            .collect();
        let mean = |of: fn(&ClassScores) -> Option<f64>| mean(classes.iter().map(of));
        Self {
            macro_f1_both: mean(|c| c.f1_both),
            macro_f1_positives: mean(|c| c.f1_positives),
            mean_average_precision: mean(|c| c.average_precision),
            mean_roc_auc: mean(|c| c.roc_auc),
            classes,
        }
    }
}

/// (posterior, truth) of a class over the clips where it is known.
fn scored(clips: &[Clip], posteriors: &[Vec<f32>], class: usize) -> Scored {
    let truth = |clip: &Clip| (clip.known[class] > 0.0).then_some(clip.truth[class] >= 0.5);
    known(posteriors.iter().map(|p| p[class]), clips.iter().map(truth))
}

fn class_scores(class: &str, scored: &Scored, threshold: f32) -> ClassScores {
    let positives = scored.iter().filter(|s| s.1).count();
    let (f1_positives, f1_negatives) = f1(scored, threshold);
    ClassScores {
        class: class.into(),
        positives,
        negatives: scored.len() - positives,
        f1_positives,
        f1_negatives,
        f1_both: both_classes((f1_positives, f1_negatives)),
        average_precision: average_precision(scored),
        roc_auc: roc_auc(scored),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_labels_count_nowhere() {
        let clip = |truth: f32, known: f32| Clip {
            key: String::new(),
            steps: vec![],
            truth: vec![truth],
            known: vec![known],
        };
        let clips = [clip(1.0, 1.0), clip(0.0, 1.0), clip(1.0, 0.0)];
        let posteriors = [vec![0.9], vec![0.1], vec![0.0]];
        let scores = Scores::of(&["piano".into()], &clips, &posteriors, 0.5);
        assert_eq!((scores.macro_f1_both, scores.macro_f1_positives), (1.0, 1.0));
        assert_eq!((scores.classes[0].positives, scores.classes[0].negatives), (1, 1));
    }
}

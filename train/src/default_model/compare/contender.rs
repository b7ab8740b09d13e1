//! Who is asked: a model package through the engine that ships, or a teacher.

use crate::base::threads::parallel;
use crate::judge::Example;
use crate::teacher::Teacher;
use anyhow::Result;
use rollcall_engine::{Engine, InputFormat, Model, OPENMIC_CLASSES, SAMPLE_RATE_HZ, Settings};
use rollcall_metrics::Event;
use std::path::PathBuf;
use std::sync::Arc;

/// What a contender says of one example.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Posterior of each class over the whole example, 0..=1.
    pub clip: Vec<f32>,
    /// What its meters show; `None`: it has none.
    pub meters: Option<Meters>,
}

/// Meters with the default settings.
#[derive(Clone, Debug, Default)]
pub struct Meters {
    /// The highest that each class's meter gets, 0..=1.
    pub loudest: Vec<f32>,
    /// When each class is above its threshold, by the audio's clock: a step stands for the window about it.
    pub events: Vec<Event>,
    /// How much later a person sees it: a window is heard to its end before its middle is shown.
    pub lookahead_s: f64,
}

/// One contender.
pub enum Contender {
    /// A package, at its shipped thresholds.
    Package(Arc<Model>),
    /// A teacher, at the thresholds that it was given.
    Teacher(Box<Teacher>, Vec<f32>),
}

impl Contender {
    /// A teacher with a threshold of one half for each class.
    #[must_use]
    pub fn untuned(teacher: Teacher) -> Self {
        Self::Teacher(Box::new(teacher), vec![0.5; OPENMIC_CLASSES.len()])
    }

    /// Name in reports.
    pub fn name(&self) -> String {
        match self {
            Self::Package(model) => format!("{} {}", model.manifest().name, model.manifest().version),
            Self::Teacher(..) => "teacher (EfficientAT mn04)".into(),
        }
    }

    /// Threshold of each class.
    pub fn thresholds(&self) -> &[f32] {
        match self {
            Self::Package(model) => model.thresholds(),
            Self::Teacher(_, thresholds) => thresholds,
        }
    }

    /// What it says of mono samples at 16 kHz: every contender hears the same, a teacher resampled to its own rate.
    ///
    /// # Errors
    /// The network fails.
    pub fn hear(&self, samples: &[f32]) -> Result<Answer> {
        match self {
            Self::Package(model) => listen(model, samples),
            Self::Teacher(teacher, _) => {
                let heard = teacher.listen(samples)?;
                Ok(Answer { clip: teacher.judge(&heard).to_vec(), meters: None })
            }
        }
    }
}

fn listen(model: &Arc<Model>, samples: &[f32]) -> Result<Answer> {
    let format = InputFormat { sample_rate_hz: SAMPLE_RATE_HZ, channels: 1 };
    let mut engine = Engine::new(Arc::clone(model), format, Settings::default())?;
    let mut steps: Vec<(f64, Vec<f32>)> = Vec::new();
    let mut keep = |step: &rollcall_engine::Step| steps.push((step.time_s, step.activity.clone()));
    engine.push(samples, &mut keep)?;
    engine.flush(&mut keep)?;
    let meters = Meters {
        loudest: loudest(&steps, model.thresholds().len()),
        events: events(&steps, model.thresholds()),
        lookahead_s: engine.lookahead_s(),
    };
    Ok(Answer { clip: engine.clip(), meters: Some(meters) })
}

fn loudest(steps: &[(f64, Vec<f32>)], classes: usize) -> Vec<f32> {
    let highest = |class: usize| steps.iter().map(|(_, activity)| activity[class]).fold(0.0, f32::max);
    (0..classes).map(highest).collect()
}

fn events(steps: &[(f64, Vec<f32>)], thresholds: &[f32]) -> Vec<Event> {
    let mut events = Vec::new();
    for (class, &threshold) in thresholds.iter().enumerate() {
        let mut open: Option<f64> = None;
        for (time_s, activity) in steps {
            match (open, activity[class] >= threshold) {
                (None, true) => open = Some(*time_s),
                (Some(onset_s), false) => {
                    events.push(Event { class, onset_s, offset_s: *time_s });
                    open = None;
                }
                _ => {}
            }
        }
        if let (Some(onset_s), Some((time_s, _))) = (open, steps.last()) {
            events.push(Event { class, onset_s, offset_s: *time_s });
        }
    }
    events
}

/// Packages of these folders; the embedded default if there is none.
pub fn packages(folders: &[PathBuf]) -> Result<Vec<Contender>> {
    let mut found = Vec::new();
    for folder in folders {
        found.push(Contender::Package(rollcall_models::shared(rollcall_models::read_dir(folder)?)?));
    }
    if found.is_empty() {
        found.push(Contender::Package(rollcall_models::shared(rollcall_models::embedded()?)?));
    }
    Ok(found)
}

/// What a contender says of each example.
pub fn ask(contender: &Contender, examples: &[Example]) -> Result<Vec<Answer>> {
    parallel(examples.len(), |i| contender.hear(&examples[i].samples)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meters_run_by_the_audios_clock() {
        let steps: Vec<(f64, Vec<f32>)> = [(0.0, 0.1), (0.5, 0.7), (1.0, 0.6), (1.5, 0.2), (2.0, 0.9)]
            .into_iter()
            .map(|(time_s, activity)| (time_s, vec![activity, 0.3]))
            .collect();
        let found = events(&steps, &[0.5, 0.5]);
        let times: Vec<_> = found.iter().map(|e| (e.class, e.onset_s, e.offset_s)).collect();
        assert_eq!(times, [(0, 0.5, 1.5), (0, 2.0, 2.0)]);
        assert_eq!(loudest(&steps, 2), [0.9, 0.3]);
    }
}

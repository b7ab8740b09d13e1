//! Who is asked: a model package through the engine that ships, or a teacher.

use crate::data::resample::resample;
use crate::teacher::{self, Teacher};
use anyhow::Result;
use rollcall_engine::{Engine, InputFormat, Model, SAMPLE_RATE_HZ, Settings};
use rollcall_metrics::Event;
use std::sync::Arc;

/// What a contender says of one example.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Posterior of each class over the whole example, 0..=1.
    pub clip: Vec<f32>,
    /// When each class is above its threshold, as a meter with the default settings shows it; `None`: it does not say when.
    pub events: Option<Vec<Event>>,
}

/// One contender.
pub enum Contender {
    /// A package, at its shipped thresholds.
    Package(Arc<Model>),
    /// A teacher, at the thresholds that it was given.
    Teacher(Box<Teacher>, Vec<f32>),
}

impl Contender {
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

    /// What it says of mono samples at 16 kHz.
    ///
    /// # Errors
    /// The network fails.
    pub fn hear(&self, samples: &[f32]) -> Result<Answer> {
        match self {
            Self::Package(model) => listen(model, samples),
            Self::Teacher(teacher, _) => {
                let heard = teacher.hear(&resample(samples, SAMPLE_RATE_HZ, teacher::SAMPLE_RATE_HZ)?)?;
                Ok(Answer { clip: teacher.judge(&heard).to_vec(), events: None })
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
    let lookahead_s = engine.lookahead_s();
    let mut events = Vec::new();
    for (class, &threshold) in model.thresholds().iter().enumerate() {
        let mut open: Option<f64> = None;
        for (time_s, activity) in &steps {
            // When a person sees it: the window is heard to its end before its middle is shown.
            let seen_s = time_s + lookahead_s;
            match (open, activity[class] >= threshold) {
                (None, true) => open = Some(seen_s),
                (Some(onset_s), false) => {
                    events.push(Event { class, onset_s, offset_s: seen_s });
                    open = None;
                }
                _ => {}
            }
        }
        if let (Some(onset_s), Some((time_s, _))) = (open, steps.last()) {
            events.push(Event { class, onset_s, offset_s: time_s + lookahead_s });
        }
    }
    Ok(Answer { clip: engine.clip(), events: Some(events) })
}

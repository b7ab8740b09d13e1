//! A recording to the embedding of each of its steps in which anything is heard.

use anyhow::Result;
use half::f16;
use rollcall_engine::{Model, Settings, Step, timeline::RangeSettings};
use rollcall_media::Audio;
use rollcall_results::{Channels, Heard as Seen, Listener};
use std::{ops::ControlFlow, path::Path, sync::Arc};

/// Steps in which something was heard.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steps {
    /// Centre of each in seconds.
    pub times_s: Vec<f32>,
    /// Numbers of a step: the embedding's, then the detail's.
    pub width: usize,
    /// What a head is given of each, `[steps, width]`, in 16 bits: half of the memory, a relative rounding of at most 2^-11.
    pub embeddings: Vec<f16>,
}

impl Steps {
    /// How many.
    pub fn len(&self) -> usize {
        self.times_s.len()
    }

    /// Whether nothing was heard.
    pub fn is_empty(&self) -> bool {
        self.times_s.is_empty()
    }

    /// Takes a step, unless its gate was closed.
    pub fn take(&mut self, step: &Step) {
        if step.gate_open {
            self.times_s.push(step.time_s as f32);
            self.width = step.embedding.len() + step.detail.len();
            self.embeddings.extend(step.embedding.iter().chain(&step.detail).map(|x| f16::from_f32(*x)));
        }
    }

    /// Embedding and detail of a step.
    pub fn embedding(&self, step: usize) -> &[f16] {
        &self.embeddings[step * self.width..(step + 1) * self.width]
    }
}

/// What was heard of a recording.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Its steps.
    pub steps: Steps,
    /// Its length.
    pub duration_s: f64,
    /// What is to be said about the file though it was read.
    pub note: Option<String>,
}

/// Listens to a recording. `threads` share it; `progress` is told the seconds done. What was read of a broken file is kept.
///
/// # Errors
/// A file that cannot be read at all.
pub fn hear(model: &Arc<Model>, path: &Path, threads: usize, progress: &dyn Fn(f64)) -> Result<Heard> {
    let listener = Listener {
        model: Arc::clone(model),
        engine: Settings::default(),
        ranges: RangeSettings {
            thresholds: model.thresholds().to_vec(),
            min_duration_s: f64::INFINITY,
            merge_gap_s: 0.0,
        },
        start_s: 0.0,
        duration_s: None,
        keep_partial: true,
        threads,
        is_ranked: false,
        keeps_embeddings: false,
        is_pictured: false,
    };
    let mut steps = Steps::default();
    let mut on_time = |done_s: f64, _| {
        progress(done_s);
        ControlFlow::Continue(())
    };
    let mut witness = |_, seen: Seen<'_>| {
        if let Seen::Step(step) = seen {
            steps.take(step);
        }
    };
    let audio = Audio::open(path)?;
    let analyses =
        listener.analyze_before(audio, String::new(), Channels::Mono, &mut on_time, &mut witness)?;
    let analysis = analyses.into_iter().next().expect("the mean of all channels is one signal");
    let note = analysis.incomplete.clone().or_else(|| analysis.notes.first().cloned());
    Ok(Heard { steps, duration_s: analysis.timeline.duration_s, note })
}

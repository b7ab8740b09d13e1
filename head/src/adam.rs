//! Adam with decoupled weight decay and clipping by the global norm, over the flat vector.

use super::params::Layout;

/// Kingma and Ba 2015, with the decay of Loshchilov and Hutter 2019.
#[derive(Clone, Debug)]
pub struct Adam {
    /// First moments.
    pub first: Vec<f32>,
    /// Second moments.
    pub second: Vec<f32>,
    /// Steps taken.
    pub steps: u64,
    decays: Vec<bool>,
    entries: Vec<std::ops::Range<usize>>,
    /// Share of the rate that each entry moves at.
    paces: Vec<f32>,
}

/// What may change from step to step.
#[derive(Clone, Copy, Debug)]
pub struct StepSize {
    /// Learning rate.
    pub rate: f32,
    /// Weight decay, multiplied by the rate.
    pub decay: f32,
    /// Gradients are scaled down to this global norm; infinite: never.
    pub clip_norm: f32,
}

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

impl Adam {
    /// Moments at zero.
    pub fn new(layout: &Layout) -> Self {
        Self {
            first: vec![0.0; layout.len()],
            second: vec![0.0; layout.len()],
            steps: 0,
            decays: layout.entries.iter().map(|e| e.decays).collect(),
            entries: layout.entries.iter().map(|e| e.range.clone()).collect(),
            paces: vec![1.0; layout.entries.len()],
        }
    }

    /// Entries whose name begins so move at this share of the rate.
    #[must_use]
    pub fn paced(mut self, layout: &Layout, name: &str, share: f32) -> Self {
        let named = layout.entries.iter().zip(&mut self.paces).filter(|(e, _)| e.name.starts_with(name));
        named.for_each(|(_, pace)| *pace = share);
        self
    }

    /// One step; returns the global norm of the gradient before clipping. A gradient that is not finite is skipped whole.
    pub fn step(&mut self, values: &mut [f32], gradient: &[f32], size: StepSize) -> f32 {
        let norm = gradient.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>().sqrt() as f32;
        if !norm.is_finite() {
            return norm;
        }
        self.steps += 1;
        let scale = (size.clip_norm / norm.max(1e-12)).min(1.0);
        let correct = |beta: f32| (1.0 - f64::from(beta).powi(self.steps.min(1 << 30) as i32)) as f32;
        let (c1, c2) = (correct(BETA_1), correct(BETA_2));
        for ((range, decays), pace) in self.entries.iter().zip(&self.decays).zip(&self.paces) {
            let rate = size.rate * pace;
            let decay = if *decays { rate * size.decay } else { 0.0 };
            let r = range.clone();
            let moments = self.first[r.clone()].iter_mut().zip(&mut self.second[r.clone()]);
            for ((w, g), (m, v)) in values[r.clone()].iter_mut().zip(&gradient[r]).zip(moments) {
                let g = g * scale;
                *m = BETA_1 * *m + (1.0 - BETA_1) * g;
                *v = BETA_2 * *v + (1.0 - BETA_2) * g * g;
                *w -= rate * (*m / c1) / ((*v / c2).sqrt() + EPSILON) + decay * *w;
            }
        }
        norm
    }
}

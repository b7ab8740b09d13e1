//! What reads a window of the convolutions' output: dense layers to the embedding (paper, section 2.2), its post-processing
//! `unit`, and the head.

use super::dense::{Dense, chain, chain_backward};
use super::head::{self, Head, WIDTH};
use super::params::{Init, Layout};

/// Where the parameters lie.
#[derive(Clone, Debug)]
pub struct Top {
    /// Hidden dense layers and the one to the embedding, each with ReLU.
    pub dense: Vec<Dense>,
    /// The attention head.
    pub head: Head,
    unit_high: f32,
}

/// What the way back needs.
pub struct Trace {
    /// Rows that went into each dense layer, then the embedding; `[windows, ...]` each.
    rows: Vec<Vec<f32>>,
    /// Post-processed representation, `[windows, 128]`.
    pub representation: Vec<f32>,
    /// Logits and what the head keeps.
    pub head: head::Trace,
}

impl Trace {
    /// Embeddings after the last ReLU, `[windows, 128]`.
    pub fn embedding(&self) -> &[f32] {
        &self.rows[self.rows.len() - 1]
    }
}

impl Top {
    /// Adds the parameters to `layout`. `inputs`: length of a window's row; `hidden`: units of the hidden dense layers;
    /// `unit_high`: an embedding of this value goes to 1, and 0 to 0.
    pub fn new(
        layout: &mut Layout,
        mut inputs: usize,
        hidden: &[usize],
        classes: usize,
        unit_high: f32,
    ) -> Self {
        let sizes = hidden.iter().copied().chain([WIDTH]).enumerate();
        let dense = sizes.map(|(i, outputs)| {
            let init = Init::He { fan_in: inputs };
            let dense = Dense::new(layout, &format!("dense{}", i + 1), inputs, outputs, init);
            inputs = outputs;
            dense
        });
        let dense = dense.collect();
        Self { dense, head: Head::new(layout, classes), unit_high }
    }

    /// `windows`: `[windows, inputs]`.
    pub fn forward(&self, values: &[f32], windows: Vec<f32>) -> Trace {
        let rows = chain(&self.dense, values, windows);
        let embedding = &rows[rows.len() - 1];
        let representation: Vec<f32> = embedding.iter().map(|x| (x / self.unit_high).min(1.0)).collect();
        let head = self.head.forward(values, &representation);
        Trace { rows, representation, head }
    }

    /// Adds to `gradient`; returns the gradient of the windows. Upstream: gradients of the activity and attention logits,
    /// `[windows, classes]`.
    pub fn backward(
        &self,
        values: &[f32],
        trace: &Trace,
        upstream: (&[f32], &[f32]),
        gradient: &mut [f32],
    ) -> Vec<f32> {
        self.backward_beside(values, trace, upstream, &[], gradient)
    }

    /// The same where something else reads the embedding too: `beside` is that one's gradient, `[windows, 128]`, or empty.
    pub fn backward_beside(
        &self,
        values: &[f32],
        trace: &Trace,
        upstream: (&[f32], &[f32]),
        beside: &[f32],
        gradient: &mut [f32],
    ) -> Vec<f32> {
        let mut d = self.head.backward(values, &trace.representation, &trace.head, upstream, gradient);
        let high = self.unit_high;
        // Beyond the clip only what leads back passes, so that a unit that has run off is not lost for good.
        for (d, x) in d.iter_mut().zip(trace.embedding()) {
            *d = if *x < high || *d > 0.0 { *d / high } else { 0.0 };
        }
        d.iter_mut().zip(beside).for_each(|(d, b)| *d += b);
        chain_backward(&self.dense, values, &trace.rows, d, gradient)
    }
}

//! VGGish (paper, section 2.2) with the head on top as it ships: one network with one flat parameter vector, run forward. It is trained
//! as [`crate::default_model::network`].

use super::conv::{Map, Scratch};
use super::params::Layout;
use super::stack::{BANDS, CHANNELS, COLUMN_HOPS, Flatten, PreparedConvs, Stack, picture};
use super::top::{self, Top};

/// Sizes of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Kernels of the six convolutions.
    pub channels: [usize; 6],
    /// What the dense layers see.
    pub flatten: Flatten,
    /// Units of the hidden dense layers.
    pub hidden: Vec<usize>,
    /// Classes of the head.
    pub classes: usize,
    /// An embedding of this value goes to 1 in the post-processing `unit` (0 goes to 0).
    pub unit_high: f32,
    /// Standardise the weights of the convolutions.
    pub standardise: bool,
}

impl Shape {
    /// What ships: VGGish's convolutions, the mean over a window's columns, one hidden layer of 512.
    pub fn compact(classes: usize) -> Self {
        Self {
            channels: CHANNELS,
            flatten: Flatten::MeanOverTime,
            hidden: vec![512],
            classes,
            unit_high: 6.0,
            standardise: true,
        }
    }
}

/// Where each layer's parameters lie.
#[derive(Clone, Debug)]
pub struct Vggish {
    /// Names and ranges.
    pub layout: Layout,
    /// Sizes.
    pub shape: Shape,
    /// The convolutions.
    pub stack: Stack,
    /// Dense layers and head.
    pub top: Top,
}

/// What a clip comes to.
pub struct Trace {
    columns: Map,
    /// Of the dense layers and the head.
    pub top: top::Trace,
}

impl Vggish {
    /// Lays the parameters out.
    pub fn new(shape: Shape) -> Self {
        let mut layout = Layout::default();
        let stack = Stack::new(&mut layout, shape.channels, shape.standardise);
        let inputs = shape.flatten.width(shape.channels[5]);
        let top = Top::new(&mut layout, inputs, &shape.hidden, shape.classes, shape.unit_high);
        Self { layout, shape, stack, top }
    }

    /// The same network without standardised weights.
    #[must_use]
    pub fn plain(&self, values: &[f32]) -> (Self, Vec<f32>) {
        let plain = Self::new(Shape { standardise: false, ..self.shape.clone() });
        let mut weights = vec![0.0; plain.layout.len()];
        for entry in &plain.layout.entries {
            let same = self
                .layout
                .entries
                .iter()
                .find(|e| e.name == entry.name)
                .expect("a plain network has no more");
            weights[entry.range.clone()].copy_from_slice(&values[same.range.clone()]);
        }
        for (conv, prepared) in plain.stack.convs.iter().zip(self.prepare(values)) {
            conv.restore(&mut weights, &prepared.forward, &prepared.bias);
        }
        (plain, weights)
    }

    /// Effective weights of the convolutions, once a batch.
    pub fn prepare(&self, values: &[f32]) -> PreparedConvs {
        self.stack.prepare(values)
    }

    /// Runs a clip: `log_mel` is `[hops, 64]`, hops a multiple of 16. `skip` columns at each end, which have seen the
    /// clip's border, are left out; a window stands on each 6 columns in a row of the rest.
    pub fn forward(
        &self,
        values: &[f32],
        prepared: &PreparedConvs,
        log_mel: &[f32],
        skip: usize,
        scratch: &mut Scratch,
    ) -> Trace {
        let hops = log_mel.len() / BANDS;
        assert_eq!(hops % COLUMN_HOPS, 0, "hops must be a multiple of {COLUMN_HOPS}");
        let columns = self.stack.forward(prepared, picture(log_mel, |x| x), scratch);
        let top = self.top.forward(values, self.shape.flatten.windows(&columns, skip));
        Trace { columns, top }
    }
}

impl Trace {
    /// What the convolutions make of the clip, `[columns, 4, kernels]`.
    pub fn into_columns(self) -> Map {
        self.columns
    }
}

//! VGGish (paper, section 2.2) with the head on top as it ships: one network with one flat parameter vector, run forward. It is trained
//! as [`crate::default_model::network`], the paper's as [`crate::paper::first_stage`].

use super::conv::{Conv, Map, Prepared, Scratch};
use super::params::Layout;
use super::top::{self, Top};

/// Mel bands of the input.
pub const BANDS: usize = 64;
/// Hops of one column of the convolutions' output.
pub const COLUMN_HOPS: usize = 16;
/// Columns of one window.
pub const WINDOW_COLUMNS: usize = 6;

/// What the dense layers see of a window of 6 columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flatten {
    /// All 6 x 4 x 512 values (VGGish as published).
    All,
    /// Their mean over time: 4 x 512 values. A window's place in time then costs no parameters.
    MeanOverTime,
}

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
            channels: [64, 128, 256, 256, 512, 512],
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
    /// The convolutions; pooling after the 1st, 2nd, 4th and 6th.
    pub convs: Vec<Conv>,
    /// Dense layers and head.
    pub top: Top,
}

/// Effective weights of the convolutions for one batch.
pub type PreparedConvs = Vec<Prepared>;

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
        let mut inputs = 1;
        let convs = shape.channels.iter().enumerate().map(|(i, &outputs)| {
            let pools = [0, 1, 3, 5].contains(&i);
            let name = format!("conv{}", i + 1);
            let conv = Conv::new(&mut layout, &name, inputs, outputs, pools, shape.standardise);
            inputs = outputs;
            conv
        });
        let convs: Vec<_> = convs.collect();
        let columns = if shape.flatten == Flatten::All { WINDOW_COLUMNS } else { 1 };
        let inputs = columns * (BANDS / COLUMN_HOPS) * shape.channels[5];
        let top = Top::new(&mut layout, inputs, &shape.hidden, shape.classes, shape.unit_high);
        Self { layout, shape, convs, top }
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
        for (conv, prepared) in plain.convs.iter().zip(self.prepare(values)) {
            conv.restore(&mut weights, &prepared.forward, &prepared.bias);
        }
        (plain, weights)
    }

    /// Effective weights of the convolutions, once a batch.
    pub fn prepare(&self, values: &[f32]) -> PreparedConvs {
        self.convs.iter().map(|c| c.prepare(values)).collect()
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
        let mut input = Map::zeros(hops, BANDS, 1);
        for (t, row) in log_mel.chunks_exact(BANDS).enumerate() {
            input.row_mut(t).copy_from_slice(row);
        }
        let mut columns = input;
        for (conv, weights) in self.convs.iter().zip(prepared) {
            columns = conv.forward(weights, &columns, scratch).0;
        }
        let top = self.top.forward(values, self.windows(&columns, skip));
        Trace { columns, top }
    }

    /// `[windows, features]`: what the dense layers see.
    pub fn windows(&self, columns: &Map, skip: usize) -> Vec<f32> {
        let width = columns.frequency * columns.channels;
        let windows = columns.time.saturating_sub(2 * skip + WINDOW_COLUMNS - 1);
        let mut out = Vec::with_capacity(windows * width);
        for first in skip..skip + windows {
            match self.shape.flatten {
                Flatten::All => {
                    (first..first + WINDOW_COLUMNS).for_each(|t| out.extend_from_slice(columns.row(t)))
                }
                Flatten::MeanOverTime => {
                    let start = out.len();
                    out.resize(start + width, 0.0);
                    for t in first..first + WINDOW_COLUMNS {
                        for (o, x) in out[start..].iter_mut().zip(columns.row(t)) {
                            *o += x / WINDOW_COLUMNS as f32;
                        }
                    }
                }
            }
        }
        out
    }
}

impl Trace {
    /// What the convolutions make of the clip, `[columns, 4, kernels]`.
    pub fn into_columns(self) -> Map {
        self.columns
    }
}

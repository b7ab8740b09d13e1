//! VGGish's six convolutions (paper, section 2.2), once for all that has them: which they are ([`layers`]), how they run over a clip or a
//! patch, forward and backward ([`Stack`]), and what the dense layers see of their output ([`Flatten`]).
//!
//! [`super::vggish`] is what ships, [`crate::paper::first_stage`] the paper's on patches. [`crate::default_model::network`] has the same layers
//! with a normalisation over the whole batch behind each ([`super::block`]): it runs layer by layer over all clips, not clip by clip.

use super::conv::{Conv, Map, Prepared, Scratch, Winners};
use super::params::Layout;

/// Mel bands of the input.
pub const BANDS: usize = 64;
/// Hops of one column of the convolutions' output.
pub const COLUMN_HOPS: usize = 16;
/// Rows in frequency of a column.
pub const ROWS: usize = BANDS / COLUMN_HOPS;
/// Columns of one window.
pub const WINDOW_COLUMNS: usize = 6;
/// Kernels of the six convolutions as they were published.
pub const CHANNELS: [usize; 6] = [64, 128, 256, 256, 512, 512];

/// One of the six convolutions, each of 3 x 3 with ReLU behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// `conv1` to `conv6`.
    pub name: String,
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// Whether 2 x 2 max pooling follows.
    pub pools: bool,
}

/// The six in their order.
pub fn layers(channels: [usize; 6]) -> impl Iterator<Item = Layer> {
    const POOLS: [bool; 6] = [true, true, false, true, false, true];
    (0..6).map(move |i| Layer {
        name: format!("conv{}", i + 1),
        inputs: if i == 0 { 1 } else { channels[i - 1] },
        outputs: channels[i],
        pools: POOLS[i],
    })
}

/// Log-mel `[hops, 64]` as a map of one channel, each value as `scaled` makes it.
pub fn picture(log_mel: &[f32], scaled: impl Fn(f32) -> f32) -> Map {
    let mut map = Map::zeros(log_mel.len() / BANDS, BANDS, 1);
    for (t, row) in log_mel.chunks_exact(BANDS).enumerate() {
        map.row_mut(t).iter_mut().zip(row).for_each(|(to, x)| *to = scaled(*x));
    }
    map
}

/// Effective weights of the convolutions, for one batch.
pub type PreparedConvs = Vec<Prepared>;

/// The convolutions without a normalisation.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Where each one's parameters lie.
    pub convs: Vec<Conv>,
}

/// What the way back needs of one clip or patch.
pub struct Kept {
    maps: Vec<Map>,
    winners: Vec<Winners>,
}

impl Kept {
    /// What the convolutions made, `[columns, 4, kernels]`.
    pub fn columns(&self) -> &Map {
        &self.maps[self.maps.len() - 1]
    }
}

impl Stack {
    /// Adds the parameters to `layout`. `standardise`: see [`Conv::new`].
    pub fn new(layout: &mut Layout, channels: [usize; 6], standardise: bool) -> Self {
        let conv = |Layer { name, inputs, outputs, pools }: Layer| {
            Conv::new(layout, &name, inputs, outputs, pools, standardise)
        };
        Self { convs: layers(channels).map(conv).collect() }
    }

    /// Effective weights, once a batch.
    pub fn prepare(&self, values: &[f32]) -> PreparedConvs {
        self.convs.iter().map(|conv| conv.prepare(values)).collect()
    }

    /// Runs a picture whose hops are a multiple of 16: `[columns, 4, kernels]`.
    pub fn forward(&self, prepared: &[Prepared], picture: Map, scratch: &mut Scratch) -> Map {
        self.convs
            .iter()
            .zip(prepared)
            .fold(picture, |map, (conv, weights)| conv.forward(weights, &map, scratch).0)
    }

    /// The same with what the way back needs.
    pub fn forward_kept(&self, prepared: &[Prepared], picture: Map, scratch: &mut Scratch) -> Kept {
        let mut kept = Kept { maps: vec![picture], winners: Vec::new() };
        for (conv, weights) in self.convs.iter().zip(prepared) {
            let (map, winners) = conv.forward(weights, kept.columns(), scratch);
            kept.maps.push(map);
            kept.winners.push(winners);
        }
        kept
    }

    /// Adds to `gradient`; `upstream` is that of the columns.
    pub fn backward(
        &self,
        prepared: &[Prepared],
        kept: &Kept,
        mut upstream: Vec<f32>,
        gradient: &mut [f32],
        scratch: &mut Scratch,
    ) {
        for (i, conv) in self.convs.iter().enumerate().rev() {
            let (input, output) = (&kept.maps[i], &kept.maps[i + 1]);
            let winners = &kept.winners[i];
            upstream =
                conv.backward(&prepared[i], input, output, winners, &upstream, gradient, i > 0, scratch);
        }
    }
}

/// What the dense layers see of a window of 6 columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flatten {
    /// All 6 x 4 x 512 values (VGGish as published).
    All,
    /// Their mean over time: 4 x 512 values. A window's place in time then costs no parameters.
    MeanOverTime,
}

impl Flatten {
    /// Values of a window where a column has so many kernels.
    #[must_use]
    pub fn width(self, kernels: usize) -> usize {
        let columns = if self == Self::All { WINDOW_COLUMNS } else { 1 };
        columns * ROWS * kernels
    }

    /// `[windows, features]`, in the order time, frequency, channel: a window stands on each 6 columns in a row of all but `skip` at each end.
    #[must_use]
    pub fn windows(self, columns: &Map, skip: usize) -> Vec<f32> {
        let width = columns.frequency * columns.channels;
        let windows = columns.time.saturating_sub(2 * skip + WINDOW_COLUMNS - 1);
        let mut out = Vec::with_capacity(windows * width);
        for first in skip..skip + windows {
            match self {
                Self::All => {
                    (first..first + WINDOW_COLUMNS).for_each(|t| out.extend_from_slice(columns.row(t)));
                }
                Self::MeanOverTime => {
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

    /// The gradient of the 6 columns that are one window, from that of the window.
    #[must_use]
    pub fn window_backward(self, upstream: &[f32]) -> Vec<f32> {
        match self {
            Self::All => upstream.to_vec(),
            Self::MeanOverTime => {
                let one: Vec<f32> = upstream.iter().map(|d| d / WINDOW_COLUMNS as f32).collect();
                one.repeat(WINDOW_COLUMNS)
            }
        }
    }
}

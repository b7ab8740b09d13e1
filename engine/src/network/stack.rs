//! The convolutions as the kernels compute them: rows go in, columns come out, and each is computed once.

use super::recognise::Convolution;
use crate::{COLUMN_HOPS, LogMelHop, MEL_BANDS};
use rollcall_kernels::{Layer, Level, Shape};

/// 3 x 3 convolutions with ReLU and pools, in sequence; the weights exist once for all streams.
pub(super) struct Stack {
    layers: Vec<Layer>,
}

/// What a stack remembers of one spectrogram: for each layer the input rows that later outputs will see.
#[derive(Clone)]
pub(super) struct StackState {
    stages: Vec<Stage>,
    starts: Vec<usize>,
}

/// Input rows of one layer, and which output comes next.
#[derive(Clone)]
struct Stage {
    rows: Vec<f32>,
    /// Which row of the layer's input the first of `rows` is.
    first: i64,
    /// The next output row.
    next: i64,
}

impl Stack {
    pub(super) fn new(convolutions: &[Convolution], level: Level) -> Self {
        let last = convolutions.len() - 1;
        let layer = |(at, convolution): (usize, &Convolution)| {
            let Convolution { inputs, outputs, pool, ref weights, ref bias } = *convolution;
            let border = usize::from(at < last);
            Layer::new(Shape { inputs, outputs, kernel: 3, pool, relu: true, border }, weights, bias, level)
        };
        Self { layers: convolutions.iter().enumerate().map(layer).collect() }
    }

    /// The layers, in sequence.
    pub(super) fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter()
    }

    /// Floats of a column.
    pub(super) fn column_len(&self) -> usize {
        self.channels() * self.bands()
    }

    /// Channels of a column.
    pub(super) fn channels(&self) -> usize {
        self.layers.last().expect("there are convolutions").shape().outputs
    }

    /// Bands of a column.
    pub(super) fn bands(&self) -> usize {
        MEL_BANDS / COLUMN_HOPS
    }

    /// Columns of hops that must follow a column before it can be computed.
    pub(super) fn delay_columns(&self) -> usize {
        // Far enough from the beginning for every layer to have given something.
        let fed = 4 * self.layers.len() as i64;
        let known = self.layers.iter().fold(fed * COLUMN_HOPS as i64, |rows, layer| given(layer, rows));
        (fed - known) as usize
    }

    /// A stream whose first hop is preceded by the border: a row of zeros before the first of each layer.
    pub(super) fn begin(&self) -> StackState {
        let stages = self.layers.iter().zip(self.layer_bands()).map(|(layer, bands)| Stage {
            rows: vec![0.0; layer.input_row(bands)],
            first: -1,
            next: 0,
        });
        StackState { stages: stages.collect(), starts: Vec::new() }
    }

    /// A stream that begins in the midst of a spectrogram: what comes before its first hop, which begins a column, is not
    /// known, and no column that it reaches is computed. Returns with it the column that will be the first, counted from
    /// the one that the first hop begins.
    pub(super) fn begin_within(&self) -> (StackState, usize) {
        let mut first = 0;
        let stages = self.layers.iter().map(|layer| {
            let step = step(layer);
            let next = (first + step).div_euclid(step);
            let stage = Stage { rows: Vec::new(), first, next };
            first = next;
            stage
        });
        let stream = StackState { stages: stages.collect(), starts: Vec::new() };
        (stream, first as usize)
    }

    /// Takes hops and appends the columns that they complete, each `[bands][channels]`.
    pub(super) fn advance<'a>(
        &self,
        stream: &mut StackState,
        hops: impl Iterator<Item = &'a LogMelHop>,
        columns: &mut Vec<f32>,
    ) {
        let StackState { stages, starts } = stream;
        push_hops(&mut stages[0].rows, hops);
        for (index, (layer, bands)) in self.layers.iter().zip(self.layer_bands()).enumerate() {
            let (stage, later) = stages[index..].split_first_mut().expect("a stage for each layer");
            let output = later.first_mut().map_or(&mut *columns, |next| &mut next.rows);
            stage.advance(layer, bands, starts, output);
        }
    }

    /// Columns of a whole spectrogram of whole columns, with the border at either end, each `[bands][channels]`.
    pub(super) fn whole<'a>(&self, hops: impl Iterator<Item = &'a LogMelHop>) -> Vec<f32> {
        let mut stream = self.begin();
        push_hops(&mut stream.stages[0].rows, hops);
        let mut columns = Vec::new();
        let stages = self.layers.iter().zip(self.layer_bands());
        for (index, (layer, bands)) in stages.enumerate() {
            let (stage, later) = stream.stages[index..].split_first_mut().expect("a stage for each layer");
            let output = later.first_mut().map_or(&mut columns, |next| &mut next.rows);
            stage.rows.resize(stage.rows.len() + layer.input_row(bands), 0.0);
            stage.advance(layer, bands, &mut stream.starts, output);
        }
        columns
    }

    /// Bands of each layer's input.
    pub(super) fn layer_bands(&self) -> impl Iterator<Item = usize> {
        self.layers.iter().scan(MEL_BANDS, |bands, layer| {
            let now = *bands;
            *bands /= step(layer) as usize;
            Some(now)
        })
    }
}

/// Appends hops as rows of one channel.
pub(super) fn push_hops<'a>(rows: &mut Vec<f32>, hops: impl Iterator<Item = &'a LogMelHop>) {
    for hop in hops {
        rows.push(0.0);
        rows.extend(hop);
        rows.push(0.0);
    }
}

/// Input rows between two output rows.
pub(super) fn step(layer: &Layer) -> i64 {
    if layer.shape().pool { 2 } else { 1 }
}

/// Output rows that the first `rows` input rows and the border before them give.
fn given(layer: &Layer, rows: i64) -> i64 {
    // Output `u` sees the rows from `step * u - 1` on.
    (rows + 1 - layer.sees() as i64).div_euclid(step(layer)) + 1
}

impl Stage {
    /// Computes what can be computed, appends it to `output`, and forgets the rows that nothing later sees.
    fn advance(&mut self, layer: &Layer, bands: usize, starts: &mut Vec<usize>, output: &mut Vec<f32>) {
        let (stride, step) = (layer.input_row(bands), step(layer));
        let held = self.rows.len() / stride;
        let end = given(layer, self.first + held as i64);
        if end <= self.next {
            return;
        }
        starts.clear();
        starts.extend((self.next..end).map(|output| (step * output - 1 - self.first) as usize));
        let at = output.len();
        output.resize(at + starts.len() * layer.output_row(bands), 0.0);
        layer.run(bands, &self.rows, starts, &mut output[at..]);
        self.next = end;
        let seen = (step * end - 1 - self.first) as usize;
        self.rows.copy_within(seen * stride.., 0);
        self.rows.truncate((held - seen) * stride);
        self.first += seen as i64;
    }
}

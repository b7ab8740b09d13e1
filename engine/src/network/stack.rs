//! The convolutions as the kernels compute them: rows go in, columns come out, and each is computed once.

use super::quantised::{QuantisedStream, Scale};
use super::recognise::Convolution;
use crate::{COLUMN_HOPS, LogMelHop, MEL_BANDS};
use rollcall_kernels::{Layer, Level, QuantisedLayer, Shape};

/// A layer of the kernels', of floats or of bytes.
pub(super) trait Rows {
    /// What its rows are made of; 0 is what an output's border holds.
    type Number: Copy + Default;
    /// How a log-mel becomes such a number.
    type Intake: Copy;

    fn number(intake: Self::Intake, log_mel: f32) -> Self::Number;
    fn shape(&self) -> Shape;
    fn input_row(&self, bands: usize) -> usize;
    fn output_row(&self, bands: usize) -> usize;
    fn sees(&self) -> usize;
    fn run(&self, bands: usize, input: &[Self::Number], starts: &[usize], output: &mut [Self::Number]);
}

/// 3 x 3 convolutions with ReLU and pools, in sequence; the weights exist once for all streams.
pub(super) struct Stack<L: Rows = Layer> {
    layers: Vec<L>,
    intake: L::Intake,
}

/// What a stack remembers of one spectrogram: for each layer the input rows that later outputs will see.
#[derive(Clone)]
pub(super) struct StackState<N = f32> {
    stages: Vec<Stage<N>>,
    starts: Vec<usize>,
}

/// Input rows of one layer, and which output comes next.
#[derive(Clone)]
struct Stage<N> {
    rows: Vec<N>,
    /// Which row of the layer's input the first of `rows` is.
    first: i64,
    /// The next output row.
    next: i64,
}

impl Stack {
    /// Of floats.
    pub(super) fn new(convolutions: &[Convolution], level: Level) -> Self {
        let last = convolutions.len() - 1;
        let layer = |(at, convolution): (usize, &Convolution)| {
            let Convolution { inputs, outputs, pool, ref weights, ref bias } = *convolution;
            let border = usize::from(at < last);
            Layer::new(Shape { inputs, outputs, kernel: 3, pool, relu: true, border }, weights, bias, level)
        };
        Self { layers: convolutions.iter().enumerate().map(layer).collect(), intake: () }
    }
}

impl Stack<QuantisedLayer> {
    /// Of bytes; `None` if a layer's sums might not fit.
    pub(super) fn quantised(stream: &QuantisedStream, level: Level) -> Option<Self> {
        let last = stream.convolutions.len() - 1;
        let layers = stream.convolutions.iter().enumerate();
        let layers = layers.map(|(at, convolution)| convolution.layer(usize::from(at < last), level));
        Some(Self { layers: layers.collect::<Option<_>>()?, intake: stream.log_mel })
    }
}

impl<L: Rows> Stack<L> {
    /// The layers, in sequence.
    pub(super) fn layers(&self) -> impl Iterator<Item = &L> {
        self.layers.iter()
    }

    /// Numbers of a column.
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
        let known = self.layers.iter().fold(fed * COLUMN_HOPS as i64, |rows, layer: &L| given(layer, rows));
        (fed - known) as usize
    }

    /// A stream whose first hop is preceded by the border: a row of zeros before the first of each layer.
    pub(super) fn begin(&self) -> StackState<L::Number> {
        let stages = self.layers.iter().zip(self.layer_bands()).enumerate();
        let stages = stages.map(|(index, (layer, bands))| Stage {
            rows: vec![self.zero(index); layer.input_row(bands)],
            first: -1,
            next: 0,
        });
        StackState { stages: stages.collect(), starts: Vec::new() }
    }

    /// A stream that begins in the midst of a spectrogram: what comes before its first hop, which begins a column, is not
    /// known, and no column that it reaches is computed. Returns with it the column that will be the first, counted from
    /// the one that the first hop begins.
    pub(super) fn begin_within(&self) -> (StackState<L::Number>, usize) {
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
        stream: &mut StackState<L::Number>,
        hops: impl Iterator<Item = &'a LogMelHop>,
        columns: &mut Vec<L::Number>,
    ) {
        let StackState { stages, starts } = stream;
        self.push_hops(&mut stages[0].rows, hops);
        for (index, (layer, bands)) in self.layers.iter().zip(self.layer_bands()).enumerate() {
            let (stage, later) = stages[index..].split_first_mut().expect("a stage for each layer");
            let output = later.first_mut().map_or(&mut *columns, |next| &mut next.rows);
            stage.advance(layer, bands, starts, output);
        }
    }

    /// Columns of a whole spectrogram of whole columns, with the border at either end, each `[bands][channels]`.
    pub(super) fn whole<'a>(&self, hops: impl Iterator<Item = &'a LogMelHop>) -> Vec<L::Number> {
        let mut stream = self.begin();
        self.push_hops(&mut stream.stages[0].rows, hops);
        let mut columns = Vec::new();
        let stages = self.layers.iter().zip(self.layer_bands());
        for (index, (layer, bands)) in stages.enumerate() {
            let (stage, later) = stream.stages[index..].split_first_mut().expect("a stage for each layer");
            let output = later.first_mut().map_or(&mut columns, |next| &mut next.rows);
            stage.rows.resize(stage.rows.len() + layer.input_row(bands), self.zero(index));
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

    /// What the border of a layer's input holds.
    fn zero(&self, index: usize) -> L::Number {
        if index == 0 { L::number(self.intake, 0.0) } else { L::Number::default() }
    }

    /// Appends hops as rows of one channel.
    pub(super) fn push_hops<'a>(&self, rows: &mut Vec<L::Number>, hops: impl Iterator<Item = &'a LogMelHop>) {
        let border = self.zero(0);
        for hop in hops {
            rows.push(border);
            rows.extend(hop.iter().map(|log_mel| L::number(self.intake, *log_mel)));
            rows.push(border);
        }
    }
}

/// Input rows between two output rows.
pub(super) fn step(layer: &impl Rows) -> i64 {
    if layer.shape().pool { 2 } else { 1 }
}

/// Output rows that the first `rows` input rows and the border before them give.
fn given(layer: &impl Rows, rows: i64) -> i64 {
    // Output `u` sees the rows from `step * u - 1` on.
    (rows + 1 - layer.sees() as i64).div_euclid(step(layer)) + 1
}

impl<N: Copy + Default> Stage<N> {
    /// Computes what can be computed, appends it to `output`, and forgets the rows that nothing later sees.
    fn advance(
        &mut self,
        layer: &impl Rows<Number = N>,
        bands: usize,
        starts: &mut Vec<usize>,
        output: &mut Vec<N>,
    ) {
        let (stride, step) = (layer.input_row(bands), step(layer));
        let held = self.rows.len() / stride;
        let end = given(layer, self.first + held as i64);
        if end <= self.next {
            return;
        }
        starts.clear();
        starts.extend((self.next..end).map(|output| (step * output - 1 - self.first) as usize));
        let at = output.len();
        output.resize(at + starts.len() * layer.output_row(bands), N::default());
        layer.run(bands, &self.rows, starts, &mut output[at..]);
        self.next = end;
        let seen = (step * end - 1 - self.first) as usize;
        self.rows.copy_within(seen * stride.., 0);
        self.rows.truncate((held - seen) * stride);
        self.first += seen as i64;
    }
}

/// What both kinds of layers call the same.
macro_rules! layer {
    () => {
        fn shape(&self) -> Shape {
            self.shape()
        }

        fn input_row(&self, bands: usize) -> usize {
            self.input_row(bands)
        }

        fn output_row(&self, bands: usize) -> usize {
            self.output_row(bands)
        }

        fn sees(&self) -> usize {
            self.sees()
        }

        fn run(&self, bands: usize, input: &[Self::Number], starts: &[usize], output: &mut [Self::Number]) {
            self.run(bands, input, starts, output);
        }
    };
}

impl Rows for Layer {
    type Number = f32;
    type Intake = ();

    fn number((): (), log_mel: f32) -> f32 {
        log_mel
    }

    layer!();
}

impl Rows for QuantisedLayer {
    type Number = u8;
    type Intake = Scale;

    fn number(intake: Scale, log_mel: f32) -> u8 {
        intake.byte(log_mel)
    }

    layer!();
}

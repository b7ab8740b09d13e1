//! A network that rounds as its bytes do, in floats and with a way back (Jacob et al. 2018, section 3; the gradient of rounding is that of
//! leaving as is, Bengio et al. 2013): what [`super::tune`] learns through, and what tells how much each layer costs.

use super::calibration::{Calibrated, Heard, ratio};
use super::ranges::Activation;
use crate::base::threads::parallel_with;
use crate::mix::length::SKIP_COLUMNS;
use crate::nn::conv::{Map, Prepared, Scratch, Winners};
use crate::nn::dense::{relu, relu_backward};
use crate::nn::stack::{Flatten, WINDOW_COLUMNS, picture};
use crate::nn::vggish::Vggish;

/// Which roundings take place. Layers are counted from 0, the dense ones after the convolutions.
pub(super) trait Rounds: Sync {
    /// Of a layer's weights.
    fn weights(&self, layer: usize) -> bool;
    /// Of what goes into a layer; of the embedding where there is no such layer.
    fn inputs(&self, layer: usize) -> bool;
}

/// Every one.
pub(super) struct All;

impl Rounds for All {
    fn weights(&self, _: usize) -> bool {
        true
    }

    fn inputs(&self, _: usize) -> bool {
        true
    }
}

/// Those of one layer: of its weights and of what goes into it.
struct Only(usize);

impl Rounds for Only {
    fn weights(&self, layer: usize) -> bool {
        layer == self.0
    }

    fn inputs(&self, layer: usize) -> bool {
        layer == self.0
    }
}

/// The network with the ranges and the scales of `calibrated`, and weights of its own.
pub(super) struct Fake<'a> {
    net: &'a Vggish,
    /// Of what goes into each layer, then of the embedding.
    activations: Vec<Activation>,
    /// Of the columns, whose means go into the first dense layer.
    columns: Activation,
    prepared: Vec<Prepared>,
    /// All parameters, those of dense layers as they are computed with.
    values: Vec<f32>,
    rounds: &'a dyn Rounds,
}

/// What the way back needs of a clip.
pub(super) struct Trace {
    /// What went into each convolution, rounded.
    inputs: Vec<Map>,
    /// What came out of each, not rounded.
    outputs: Vec<Map>,
    winners: Vec<Winners>,
    /// Means of the rounded columns, a row a window.
    means: Vec<f32>,
    /// What went into each dense layer, rounded, a row a window; what came out.
    rows: Vec<Vec<f32>>,
    dense: Vec<Vec<f32>>,
    /// `[windows, 128]`.
    pub(super) embedding: Vec<f32>,
}

impl<'a> Fake<'a> {
    /// `values` are the weights before they are rounded.
    pub(super) fn new(
        net: &'a Vggish,
        values: &[f32],
        calibrated: &Calibrated,
        rounds: &'a dyn Rounds,
    ) -> Self {
        let convolutions = net.stack.convs.len();
        let mut rounded = values.to_vec();
        for (layer, quantised) in calibrated.layers().enumerate().filter(|(layer, _)| rounds.weights(*layer))
        {
            match layer.checked_sub(convolutions) {
                None => {
                    let conv = &net.stack.convs[layer];
                    let prepared = conv.prepare(values);
                    conv.restore(&mut rounded, &quantised.round(&prepared.forward), &prepared.bias);
                }
                Some(at) => {
                    let range = net.top.dense[at].weight.clone();
                    let weights = quantised.round(&values[range.clone()]);
                    rounded[range].copy_from_slice(&weights);
                }
            }
        }
        let last = calibrated.layers().last().map(|layer| layer.output);
        Self {
            net,
            activations: calibrated.layers().map(|layer| layer.input).chain(last).collect(),
            columns: calibrated.columns(),
            prepared: net.stack.prepare(&rounded),
            values: rounded,
            rounds,
        }
    }

    /// What is left of what goes into a layer.
    fn round(&self, layer: usize, activation: Activation, values: &mut [f32]) {
        if self.rounds.inputs(layer) {
            values.iter_mut().for_each(|x| *x = activation.rounded(*x));
        }
    }

    fn round_map(&self, layer: usize, activation: Activation, map: &mut Map) {
        (0..map.time).for_each(|t| self.round(layer, activation, map.row_mut(t)));
    }

    /// Runs a spectrogram `[hops, 64]`, hops a multiple of 16.
    pub(super) fn forward(&self, log_mel: &[f32], scratch: &mut Scratch) -> Trace {
        let mut trace = Trace {
            inputs: Vec::new(),
            outputs: Vec::new(),
            winners: Vec::new(),
            means: Vec::new(),
            rows: Vec::new(),
            dense: Vec::new(),
            embedding: Vec::new(),
        };
        let mut map = picture(log_mel, |x| x);
        for (layer, conv) in self.net.stack.convs.iter().enumerate() {
            self.round_map(layer, self.activations[layer], &mut map);
            let (output, winners) = conv.forward(&self.prepared[layer], &map, scratch);
            trace.inputs.push(map);
            trace.winners.push(winners);
            trace.outputs.push(output.clone());
            map = output;
        }
        let convolutions = self.net.stack.convs.len();
        self.round_map(convolutions, self.columns, &mut map);
        trace.means = self.net.shape.flatten.windows(&map, SKIP_COLUMNS);
        let mut rows = trace.means.clone();
        for (at, dense) in self.net.top.dense.iter().enumerate() {
            self.round(convolutions + at, self.activations[convolutions + at], &mut rows);
            let mut out = dense.forward(&self.values, &rows);
            relu(&mut out);
            trace.rows.push(rows);
            trace.dense.push(out.clone());
            rows = out;
        }
        let last = self.activations.len() - 1;
        self.round(last, self.activations[last], &mut rows);
        trace.embedding = rows;
        trace
    }

    /// Adds to `gradient`, that of the weights before they are rounded; `upstream` is that of the embedding.
    pub(super) fn backward(
        &self,
        trace: &Trace,
        mut upstream: Vec<f32>,
        gradient: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let convolutions = self.net.stack.convs.len();
        for (at, dense) in self.net.top.dense.iter().enumerate().rev() {
            let layer = convolutions + at + 1;
            self.cut(layer, self.activations[layer], &trace.dense[at], &mut upstream);
            relu_backward(&trace.dense[at], &mut upstream);
            upstream = dense.backward(&self.values, &trace.rows[at], &upstream, gradient);
        }
        self.cut(convolutions, self.activations[convolutions], &trace.means, &mut upstream);
        upstream = spread(self.net.shape.flatten, &trace.outputs[convolutions - 1], &upstream);
        for (layer, conv) in self.net.stack.convs.iter().enumerate().rev() {
            let output = &trace.outputs[layer];
            let values: Vec<f32> = (0..output.time).flat_map(|t| output.row(t)).copied().collect();
            let activation = self.activations.get(layer + 1).filter(|_| layer + 1 < convolutions);
            self.cut(layer + 1, *activation.unwrap_or(&self.columns), &values, &mut upstream);
            let (input, winners) = (&trace.inputs[layer], &trace.winners[layer]);
            let weights = &self.prepared[layer];
            upstream =
                conv.backward(weights, input, output, winners, &upstream, gradient, layer > 0, scratch);
        }
    }

    /// Beyond the range only what leads back into it passes.
    fn cut(&self, layer: usize, activation: Activation, values: &[f32], upstream: &mut [f32]) {
        if self.rounds.inputs(layer) {
            let high = 255.0 * activation.scale;
            let pairs = upstream.iter_mut().zip(values);
            pairs.filter(|(d, x)| **x > high && **d < 0.0).for_each(|(d, _)| *d = 0.0);
        }
    }
}

/// The gradient of the columns from that of the windows that stand on them.
fn spread(flatten: Flatten, columns: &Map, upstream: &[f32]) -> Vec<f32> {
    let width = columns.frequency * columns.channels;
    let mut out = vec![0.0; columns.time * width];
    for (window, upstream) in upstream.chunks_exact(width).enumerate() {
        let own = &mut out[(SKIP_COLUMNS + window) * width..][..WINDOW_COLUMNS * width];
        own.iter_mut().zip(flatten.window_backward(upstream)).for_each(|(d, own)| *d += own);
    }
    out
}

/// The power of the embedding over that of the error, in decibels, where so much is rounded of the weights `rounded`, which stand for
/// `values`.
fn cost(
    (net, values, heard): (&Vggish, &[f32], &Heard<'_>),
    rounded: &[f32],
    calibrated: &Calibrated,
    rounds: &dyn Rounds,
) -> f64 {
    let embeddings = |values: &[f32], rounds: &dyn Rounds| {
        let fake = Fake::new(net, values, calibrated, rounds);
        parallel_with(heard.len(), |i, scratch: &mut Scratch| fake.forward(heard[i], scratch).embedding)
    };
    let (floats, bytes) = (embeddings(values, &Only(usize::MAX)), embeddings(rounded, rounds));
    ratio(floats.iter().zip(&bytes).map(|(a, b)| (&a[..], &b[..])))
}

/// Of the whole network of bytes.
pub fn together(net: &Vggish, values: &[f32], calibrated: &Calibrated, heard: &Heard<'_>) -> f64 {
    cost((net, values, heard), &calibrated.values(net, values), calibrated, &All)
}

/// Of each layer alone: its weights and what goes into it are rounded, and all else stays in floats. Convolutions first.
pub fn apart(net: &Vggish, values: &[f32], calibrated: &Calibrated, heard: &Heard<'_>) -> Vec<f64> {
    let layers = 0..calibrated.layers().count();
    layers.map(|layer| cost((net, values, heard), values, calibrated, &Only(layer))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::nn::params::normal;
    use crate::nn::vggish::Shape;
    use crate::quantise::{Ranges, calibrate};

    /// A small network, and two short spectrograms.
    pub(in crate::quantise) fn small() -> (Vggish, Vec<f32>, [Vec<f32>; 2]) {
        let mut rng = fastrand::Rng::with_seed(7);
        let shape =
            Shape { channels: [4, 4, 8, 8, 8, 8], hidden: vec![16], standardise: false, ..Shape::compact(3) };
        let net = Vggish::new(shape);
        let values = net.layout.initialise(7);
        let heard = [12, 13].map(|columns| (0..columns * 16 * 64).map(|_| normal(&mut rng)).collect());
        (net, values, heard)
    }

    #[test]
    fn it_computes_what_calibration_told_and_in_floats_what_the_network_does() {
        let (net, values, heard) = small();
        let heard: Vec<&[f32]> = heard.iter().map(Vec::as_slice).collect();
        let calibrated = calibrate(&net, &values, &heard, Ranges::Error).unwrap();
        let run = |values: &[f32], rounds: &dyn Rounds| {
            let fake = Fake::new(&net, values, &calibrated, rounds);
            let clip = |clip: &&[f32]| fake.forward(clip, &mut Scratch::default()).embedding;
            heard.iter().map(clip).collect::<Vec<_>>()
        };
        let floats = run(&values, &Only(usize::MAX));
        let prepared = net.prepare(&values);
        for (clip, found) in heard.iter().zip(&floats) {
            let trace = net.forward(&values, &prepared, clip, SKIP_COLUMNS, &mut Scratch::default());
            assert_eq!(trace.top.embedding(), found);
        }
        let bytes = run(&calibrated.corrected(&net, &values), &All);
        let found = ratio(floats.iter().zip(&bytes).map(|(a, b)| (&a[..], &b[..])));
        let told = calibrated.told.last().unwrap().1;
        assert!((found - told).abs() < 1e-3, "{found} dB, {told} told");
    }

    #[test]
    fn the_way_back_is_the_slope_where_nothing_is_rounded() {
        let (net, values, heard) = small();
        let clips: Vec<&[f32]> = heard.iter().map(Vec::as_slice).collect();
        let calibrated = calibrate(&net, &values, &clips, Ranges::Greatest).unwrap();
        let half_square = |values: &[f32]| -> f64 {
            let fake = Fake::new(&net, values, &calibrated, &Only(usize::MAX));
            let embedding = fake.forward(&heard[1], &mut Scratch::default()).embedding;
            embedding.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 2.0
        };
        let fake = Fake::new(&net, &values, &calibrated, &Only(usize::MAX));
        let mut scratch = Scratch::default();
        let trace = fake.forward(&heard[1], &mut scratch);
        let mut gradient = vec![0.0; values.len()];
        fake.backward(&trace, trace.embedding.clone(), &mut gradient, &mut scratch);
        let norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        // Along the gradient the slope is its length.
        let step = 1e-3;
        let moved = |sign: f64| -> Vec<f32> {
            let pairs = values.iter().zip(&gradient);
            pairs.map(|(w, g)| (f64::from(*w) + sign * step * f64::from(*g) / norm) as f32).collect()
        };
        let slope = (half_square(&moved(1.0)) - half_square(&moved(-1.0))) / (2.0 * step);
        assert!((slope / norm - 1.0).abs() < 0.02, "{slope}, not {norm}");
    }

    #[test]
    fn each_layer_is_told_for_its_own_rounding() {
        let (net, values, heard) = small();
        let heard: Vec<&[f32]> = heard.iter().map(Vec::as_slice).collect();
        let mut calibrated = calibrate(&net, &values, &heard, Ranges::Error).unwrap();
        let before = apart(&net, &values, &calibrated, &heard);
        assert_eq!(before.len(), 8);
        // Steps ten times as wide, of what goes into the third convolution.
        calibrated.convolutions[2].input.scale *= 10.0;
        for (layer, (before, after)) in
            before.iter().zip(apart(&net, &values, &calibrated, &heard)).enumerate()
        {
            let lost = before - after;
            assert!(
                if layer == 2 { (10.0..30.0).contains(&lost) } else { lost == 0.0 },
                "{layer}: {lost} dB"
            );
        }
    }
}

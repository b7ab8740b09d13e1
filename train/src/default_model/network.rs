//! The network that the default model is trained as: the shipped one with batch normalisation after each convolution, and, in
//! training only, what it learns to hear with: AudioSet's classes from the mean embedding, and the teacher's own embedding
//! from the convolutions' mean column.

use crate::mix::length::SKIP_COLUMNS;
use crate::nn::block::{self, Block, Statistics};
use crate::nn::dense::Dense;
use crate::nn::head::WIDTH;
use crate::nn::padded::Padded;
use crate::nn::params::{Init, Layout};
use crate::nn::stack::{BANDS, Flatten, Layer, WINDOW_COLUMNS, layers};
use crate::nn::top::{self, Top};
use crate::nn::vggish::{Shape, Vggish};
use crate::teacher::{EVENTS, FEATURES};
use rayon::prelude::*;
use std::collections::HashMap;

/// Where each layer's parameters lie.
#[derive(Clone, Debug)]
pub struct Network {
    /// Names and ranges.
    pub layout: Layout,
    /// Sizes of the network that is shipped.
    pub shape: Shape,
    /// Convolutions with their normalisation.
    pub blocks: Vec<Block>,
    /// Dense layers to the embedding, and the head.
    pub top: Top,
    /// Mean embedding of a clip to the logits of AudioSet's classes.
    pub events: Dense,
    /// Mean column of a clip to the teacher's embedding.
    pub features: Dense,
}

/// What the network says of a clip.
#[derive(Clone, Debug)]
pub struct Said {
    /// Logits of AudioSet's classes, `[527]`.
    pub events: Vec<f32>,
    /// The teacher's embedding as the network guesses it, `[384]`.
    pub features: Vec<f32>,
    /// Logits of the head's class activity, `[windows, classes]`.
    pub activity: Vec<f32>,
    /// Logits of the head's attention, `[windows, classes]`.
    pub attention: Vec<f32>,
}

/// What the way back needs, for a batch.
pub struct Trace {
    maps: Vec<Vec<Padded>>,
    blocks: Vec<block::Trace>,
    clips: Vec<ClipTrace>,
}

struct ClipTrace {
    top: top::Trace,
    mean_embedding: Vec<f32>,
    mean_column: Vec<f32>,
}

impl Trace {
    /// The statistics that each block was normalised by.
    #[must_use]
    pub fn statistics(&self) -> Vec<Statistics> {
        self.blocks.iter().map(|b| b.statistics.clone()).collect()
    }
}

impl Network {
    /// Lays the parameters out.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        assert_eq!(shape.flatten, Flatten::MeanOverTime, "windows are means over time");
        let mut layout = Layout::default();
        let block = |Layer { name, inputs, outputs, pools }: Layer| {
            Block::new(&mut layout, &name, inputs, outputs, pools)
        };
        let blocks = layers(shape.channels).map(block).collect();
        let column = shape.flatten.width(shape.channels[5]);
        let top = Top::new(&mut layout, column, &shape.hidden, shape.classes, shape.unit_high);
        let glorot = |fan_in, fan_out| Init::Glorot { fan_in, fan_out };
        let events = Dense::new(&mut layout, "events", WIDTH, EVENTS, glorot(WIDTH, EVENTS));
        let features = Dense::new(&mut layout, "features", column, FEATURES, glorot(column, FEATURES));
        Self { layout, shape, blocks, top, events, features }
    }

    /// Runs a batch of clips, each `[hops, 64]`. `by`: normalises by these statistics rather than by the batch's own.
    #[must_use]
    pub fn forward(&self, values: &[f32], clips: &[&[f32]], by: Option<&[Statistics]>) -> (Vec<Said>, Trace) {
        let input: Vec<Padded> = clips.par_iter().map(|clip| picture(clip)).collect();
        let (mut maps, mut blocks) = (vec![input], Vec::new());
        for (i, block) in self.blocks.iter().enumerate() {
            let (out, trace) = block.forward(values, &maps[i], by.map(|s| &s[i]));
            maps.push(out);
            blocks.push(trace);
        }
        let both: Vec<(Said, ClipTrace)> =
            maps[self.blocks.len()].par_iter().map(|columns| self.read(values, columns)).collect();
        let (said, clips) = both.into_iter().unzip();
        (said, Trace { maps, blocks, clips })
    }

    /// From a clip's columns on.
    fn read(&self, values: &[f32], columns: &Padded) -> (Said, ClipTrace) {
        let kept = SKIP_COLUMNS..columns.time - SKIP_COLUMNS;
        let mut mean_column = vec![0.0; self.features.inputs];
        let share = 1.0 / kept.len() as f32;
        kept.clone().for_each(|t| add(&mut mean_column, columns.row(t), share));
        let mut windows = Vec::new();
        for first in kept.start..=kept.end - WINDOW_COLUMNS {
            let mut window = vec![0.0; self.features.inputs];
            (first..first + WINDOW_COLUMNS)
                .for_each(|t| add(&mut window, columns.row(t), 1.0 / WINDOW_COLUMNS as f32));
            windows.extend(window);
        }
        let top = self.top.forward(values, windows);
        let mut mean_embedding = vec![0.0; WIDTH];
        let share = WIDTH as f32 / top.embedding().len() as f32;
        top.embedding().chunks_exact(WIDTH).for_each(|e| add(&mut mean_embedding, e, share));
        let said = Said {
            events: self.events.forward(values, &mean_embedding),
            features: self.features.forward(values, &mean_column),
            activity: top.head.activity.clone(),
            attention: top.head.attention.clone(),
        };
        (said, ClipTrace { top, mean_embedding, mean_column })
    }

    /// The gradient of all parameters, from that of what was said of each clip.
    #[must_use]
    pub fn backward(&self, values: &[f32], trace: &Trace, upstream: &[Said]) -> Vec<f32> {
        let mut gradient = vec![0.0; self.layout.len()];
        let columns = &trace.maps[self.blocks.len()];
        let dense_from = self.top.dense[0].weight.start;
        let clips = columns.par_iter().zip(&trace.clips).zip(upstream);
        let parts: Vec<(Vec<f32>, Vec<f32>)> =
            clips.map(|((columns, clip), said)| self.read_backward(values, columns, clip, said)).collect();
        let mut d = Vec::with_capacity(parts.len());
        for (columns, part) in parts {
            add(&mut gradient[dense_from..], &part[dense_from..], 1.0);
            d.push(columns);
        }
        for (i, block) in self.blocks.iter().enumerate().rev() {
            d = block.backward(values, &trace.maps[i], &trace.blocks[i], &d, &mut gradient, i == 0);
        }
        gradient
    }

    /// Gradient of a clip's columns, `[time, 4, channels]`, and of the parameters.
    fn read_backward(
        &self,
        values: &[f32],
        columns: &Padded,
        clip: &ClipTrace,
        said: &Said,
    ) -> (Vec<f32>, Vec<f32>) {
        let mut gradient = vec![0.0; self.layout.len()];
        let d_mean = self.events.backward(values, &clip.mean_embedding, &said.events, &mut gradient);
        let windows = clip.top.embedding().len() / WIDTH;
        let d_embedding: Vec<f32> = d_mean.iter().map(|d| d / windows as f32).collect();
        let upstream = (said.activity.as_slice(), said.attention.as_slice());
        let d_windows = self.top.backward_beside(
            values,
            &clip.top,
            upstream,
            &d_embedding.repeat(windows),
            &mut gradient,
        );
        let d_column = self.features.backward(values, &clip.mean_column, &said.features, &mut gradient);
        let width = self.features.inputs;
        let kept = SKIP_COLUMNS..columns.time - SKIP_COLUMNS;
        let mut out = vec![0.0; columns.time * width];
        let share = 1.0 / kept.len() as f32;
        kept.clone().for_each(|t| add(&mut out[t * width..(t + 1) * width], &d_column, share));
        for (window, d) in d_windows.chunks_exact(width).enumerate() {
            let first = kept.start + window;
            (first..first + WINDOW_COLUMNS)
                .for_each(|t| add(&mut out[t * width..(t + 1) * width], d, 1.0 / WINDOW_COLUMNS as f32));
        }
        (out, gradient)
    }

    /// Takes a batch's statistics into the running ones, by this share.
    pub fn run_on(&self, values: &mut [f32], batch: &[Statistics], share: f32) {
        self.blocks.iter().zip(batch).for_each(|(block, batch)| block.run_on(values, batch, share));
    }

    /// The running statistics of each block.
    #[must_use]
    pub fn running(&self, values: &[f32]) -> Vec<Statistics> {
        self.blocks.iter().map(|block| block.running(values)).collect()
    }

    /// Begins as a network without normalisation: `plain`'s convolutions, dense layers and head, each normalisation shifting
    /// and scaling by the statistics of `clips`, so that it changes nothing yet.
    #[must_use]
    pub fn begin_as(&self, plain: &Vggish, weights: &[f32], seed: u64, clips: &[&[f32]]) -> Vec<f32> {
        let mut values = self.layout.initialise(seed);
        // Of AudioSet's classes hardly any is heard in a clip: a hundredth each, to begin with.
        values[self.events.bias.clone()].fill(-4.6);
        let named: HashMap<&str, _> =
            plain.layout.entries.iter().map(|e| (e.name.as_str(), e.range.clone())).collect();
        for entry in self.layout.entries.iter().filter(|e| !e.name.starts_with("conv")) {
            if let Some(range) = named.get(entry.name.as_str()).filter(|r| r.len() == entry.range.len()) {
                values[entry.range.clone()].copy_from_slice(&weights[range.clone()]);
            }
        }
        let mut maps: Vec<Padded> = clips.iter().map(|clip| picture(clip)).collect();
        for (block, prepared) in self.blocks.iter().zip(plain.prepare(weights)) {
            values[block.weight.clone()].copy_from_slice(&prepared.forward);
            let (_, trace) = block.forward(&values, &maps, None);
            let Statistics { mean, variance } = &trace.statistics;
            for (c, bias) in prepared.bias.iter().enumerate() {
                values[block.scale.start + c] = variance[c].sqrt();
                values[block.shift.start + c] = mean[c] + bias;
            }
            block.run_on(&mut values, &trace.statistics, 1.0);
            maps = block.forward(&values, &maps, Some(&trace.statistics)).0;
        }
        values
    }

    /// The network that ships, with the normalisation folded into its convolutions by the running statistics.
    #[must_use]
    pub fn folded(&self, values: &[f32]) -> (Vggish, Vec<f32>) {
        let plain = Vggish::new(Shape { standardise: false, ..self.shape.clone() });
        let mut weights = vec![0.0; plain.layout.len()];
        let named: HashMap<&str, _> =
            self.layout.entries.iter().map(|e| (e.name.as_str(), e.range.clone())).collect();
        for entry in plain.layout.entries.iter().filter(|e| !e.name.starts_with("conv")) {
            weights[entry.range.clone()].copy_from_slice(&values[named[entry.name.as_str()].clone()]);
        }
        for (conv, block) in plain.stack.convs.iter().zip(&self.blocks) {
            let (effective, bias) = block.folded(values);
            conv.restore(&mut weights, &effective, &bias);
        }
        (plain, weights)
    }
}

/// A clip's log-mel `[hops, 64]` as a map of one channel.
fn picture(log_mel: &[f32]) -> Padded {
    let mut map = Padded::zeros(log_mel.len() / BANDS, BANDS, 1);
    log_mel.chunks_exact(BANDS).enumerate().for_each(|(t, row)| map.row_mut(t).copy_from_slice(row));
    map
}

fn add(to: &mut [f32], from: &[f32], share: f32) {
    to.iter_mut().zip(from).for_each(|(t, f)| *t += share * f);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::conv::Scratch;
    use crate::nn::params::normal;
    use crate::nn::stack::COLUMN_HOPS;
    use fastrand::Rng;

    fn tiny() -> Shape {
        Shape {
            channels: [3, 4, 5, 4, 6, 5],
            hidden: vec![7],
            unit_high: 100.0,
            standardise: true,
            ..Shape::compact(3)
        }
    }

    fn clips(count: usize, columns: usize, rng: &mut Rng) -> Vec<Vec<f32>> {
        (0..count).map(|_| (0..columns * COLUMN_HOPS * BANDS).map(|_| normal(rng)).collect()).collect()
    }

    /// What was said in a direction drawn by chance, as a loss: its gradient against central differences. A shift moves
    /// thousands of ReLUs and pools at once, some over their kinks: hence a quarter of the norm.
    #[test]
    fn gradients_agree_with_central_differences() {
        let net = Network::new(tiny());
        let mut rng = Rng::with_seed(1);
        let mut values = net.layout.initialise(2);
        let clips = clips(3, 11, &mut rng);
        let views: Vec<&[f32]> = clips.iter().map(Vec::as_slice).collect();
        let mut draw = |n: usize| (0..n).map(|_| 0.1 * normal(&mut rng)).collect::<Vec<f32>>();
        let upstream: Vec<Said> = (0..3)
            .map(|_| Said {
                events: draw(EVENTS),
                features: draw(FEATURES),
                activity: draw(2 * 3),
                attention: draw(2 * 3),
            })
            .collect();
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>();
        let loss = |values: &[f32]| -> f64 {
            let (said, _) = net.forward(values, &views, None);
            let of = |(s, u): (&Said, &Said)| {
                dot(&s.events, &u.events)
                    + dot(&s.features, &u.features)
                    + dot(&s.activity, &u.activity)
                    + dot(&s.attention, &u.attention)
            };
            said.iter().zip(&upstream).map(of).sum()
        };
        let (said, trace) = net.forward(&values, &views, None);
        assert_eq!(said[0].activity.len(), 2 * 3, "11 columns, 2 left out at each end, windows of 6");
        let gradient = net.backward(&values, &trace, &upstream);
        for entry in net.layout.entries.iter().filter(|e| !e.name.contains("running")) {
            let (mut error, mut size) = (0.0f64, 0.0f64);
            for _ in 0..10 {
                let i = rng.usize(entry.range.clone());
                let (kept, step) = (values[i], 3e-4);
                values[i] = kept + step;
                let above = loss(&values);
                values[i] = kept - step;
                let numeric = (above - loss(&values)) / f64::from(2.0 * step);
                values[i] = kept;
                error += (numeric - f64::from(gradient[i])).powi(2);
                size += numeric.powi(2);
            }
            assert!(
                error.sqrt() < 0.25 * size.sqrt() + 5e-3,
                "{}: {} of {}",
                entry.name,
                error.sqrt(),
                size.sqrt()
            );
        }
    }

    /// The same numbers out of the plain network, the one that begins as it, and the one folded from that.
    #[test]
    fn begins_as_a_plain_network_and_folds_back_into_one() {
        let mut rng = Rng::with_seed(3);
        let plain = Vggish::new(tiny());
        let mut weights = plain.layout.initialise(4);
        weights.iter_mut().for_each(|w| *w += 0.02 * normal(&mut rng));
        let clips = clips(2, 11, &mut rng);
        let views: Vec<&[f32]> = clips.iter().map(Vec::as_slice).collect();
        let run = |net: &Vggish, weights: &[f32]| {
            let prepared = net.prepare(weights);
            net.forward(weights, &prepared, &clips[1], SKIP_COLUMNS, &mut Scratch::default())
                .top
                .head
                .activity
        };
        let expected = run(&plain, &weights);
        let net = Network::new(tiny());
        let values = net.begin_as(&plain, &weights, 5, &views);
        let (said, _) = net.forward(&values, &views, Some(&net.running(&values)));
        let (folded, folded_weights) = net.folded(&values);
        let greatest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        for (e, (a, b)) in expected.iter().zip(said[1].activity.iter().zip(run(&folded, &folded_weights))) {
            assert!((e - a).abs() < 1e-3 * greatest && (e - b).abs() < 1e-3 * greatest, "{e} {a} {b}");
        }
    }
}

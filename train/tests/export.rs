//! The exported graphs, run through tract, against the trainer's own forward pass.

use rollcall_import::onnx::Storage;
use rollcall_train::nn::conv::Scratch;
use rollcall_train::nn::graphs;
use rollcall_train::nn::params::normal;
use rollcall_train::nn::stack::{BANDS, Flatten};
use rollcall_train::nn::vggish::{Shape, Vggish};
use tract_onnx::prelude::*;

const HOPS: usize = 160;

fn run(bytes: &[u8], input: Tensor) -> Vec<Vec<f32>> {
    let shape: TVec<usize> = input.shape().into();
    let model = tract_onnx::onnx().model_for_read(&mut &bytes[..]).unwrap();
    let model = model.with_input_fact(0, f32::fact(&shape).into()).unwrap();
    let outputs = model.into_optimized().unwrap().into_runnable().unwrap().run(tvec!(input.into())).unwrap();
    outputs.iter().map(|t| t.try_as_plain_ram().unwrap().as_slice::<f32>().unwrap().to_vec()).collect()
}

/// Greatest difference over greatest value.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let greatest = expected.iter().fold(1e-9f32, |m, v| m.max(v.abs()));
    found.iter().zip(expected).fold(0.0f32, |m, (a, b)| m.max((a - b).abs())) / greatest
}

/// The whole network, stage by stage: columns, embeddings, logits' sigmoids.
fn compare(flatten: Flatten, storage: Storage, tolerance: f32) {
    let shape = Shape { channels: [8, 8, 16, 16, 24, 24], flatten, hidden: vec![32], ..Shape::compact(20) };
    let net = Vggish::new(shape);
    let mut values = net.layout.initialise(3);
    // Biases and gains start constant; noise on everything makes each parameter count.
    let mut rng = fastrand::Rng::with_seed(5);
    values.iter_mut().for_each(|v| *v += 0.02 * normal(&mut rng));
    let log_mel: Vec<f32> = (0..HOPS * BANDS).map(|_| normal(&mut rng)).collect();
    let trace = net.forward(&values, &net.prepare(&values), &log_mel, 0, &mut Scratch::default());

    let input = Tensor::from_shape(&[1, 1, HOPS, BANDS], &log_mel).unwrap();
    let columns = run(&graphs::columns(&net, &values, storage), input).remove(0);
    let (channels, time, rows) = (24, HOPS / 16, 4);
    let mut windows = Vec::new();
    for first in 0..time - 5 {
        for c in 0..channels {
            for t in first..first + 6 {
                windows.extend_from_slice(&columns[(c * time + t) * rows..][..rows]);
            }
        }
    }
    let windows = Tensor::from_shape(&[time - 5, channels, 6, rows], &windows).unwrap();
    let embedding = run(&graphs::dense(&net, &values, storage), windows).remove(0);
    assert!(embedding.iter().any(|v| *v > 0.0), "a dead embedding proves nothing");
    let off = difference(&embedding, trace.top.embedding());
    assert!(off < tolerance, "embedding off by {off}");

    let representation = Tensor::from_shape(&[1, time - 5, 128], &trace.top.representation).unwrap();
    let outputs = run(&graphs::head(&net, &values, storage), representation);
    let sigmoid = |v: &[f32]| -> Vec<f32> { v.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect() };
    let off = difference(&outputs[1], &sigmoid(&trace.top.head.activity));
    assert!(off < tolerance, "activity off by {off}");
    let raw = sigmoid(&trace.top.head.attention);
    let attention: Vec<f32> =
        raw.iter().enumerate().map(|(i, w)| w / raw.iter().skip(i % 20).step_by(20).sum::<f32>()).collect();
    let off = difference(&outputs[2], &attention);
    assert!(off < tolerance, "attention off by {off}");
}

#[test]
fn graphs_in_32_bits_equal_the_trainer() {
    compare(Flatten::MeanOverTime, Storage::Single, 1e-4);
    compare(Flatten::All, Storage::Single, 1e-4);
}

/// 16 bits round each weight by at most 2^-11 = 5e-4 of itself; the errors of many weights partly cancel, and six layers of
/// convolution add theirs up: below 4 * 5e-4.
#[test]
fn graphs_in_16_bits_are_near_the_trainer() {
    compare(Flatten::MeanOverTime, Storage::Half, 2e-3);
}

#[test]
fn the_events_layer_is_what_it_says() {
    let mut rng = fastrand::Rng::with_seed(8);
    let mut draw = |n: usize| (0..n).map(|_| normal(&mut rng)).collect::<Vec<f32>>();
    let layer = rollcall_import::Dense { inputs: 128, outputs: 9, weight: draw(9 * 128), bias: draw(9) };
    let embedding = draw(2 * 128);
    let input = Tensor::from_shape(&[2, 128], &embedding).unwrap();
    let found = run(&graphs::events(&layer, Storage::Single), input).remove(0);
    let expected: Vec<f32> = embedding
        .chunks_exact(128)
        .flat_map(|x| {
            let rows = layer.weight.chunks_exact(128).zip(&layer.bias);
            rows.map(|(w, b)| b + w.iter().zip(x).map(|(w, x)| w * x).sum::<f32>()).collect::<Vec<_>>()
        })
        .collect();
    assert!(difference(&found, &expected) < 1e-5);
}

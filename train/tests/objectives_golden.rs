//! Each objective's gradient path against PyTorch: one step of training on the same weights (`golden/generate_torch_objectives.py`).

use rollcall_train::nn::params::Layout;
use rollcall_train::nn::state::State;
use rollcall_train::paper::first_stage::{
    Align, AlignSizes, Batch, Denoise, Encoder, EncoderShape, Events, InputScale, Noise, Objective,
    Optimiser, PATCH, Run, Textual, Training, WordVectors,
};
use std::{fs, path::Path};

fn golden(name: &str) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// Sums of up to 9216 products in 32 bits, in another order than PyTorch's, through nine layers there and back: 1e-5 of a
/// tensor's greatest gradient was measured; ten times that is allowed.
const GRADIENT: f32 = 1e-4;
/// One step of Adam is the rate times the sign of the gradient, nearly: where a gradient is at least a thousandth of its
/// tensor's greatest, its relative error is a tenth at most, and the step is off by far less than this.
const RATE: f32 = 1e-4;
const STEP: f32 = 1e-6;

fn check(name: &str, make: impl FnOnce(&mut Layout) -> Box<dyn Objective>, mut batch: Batch) {
    let mut layout = Layout::default();
    let shape = EncoderShape {
        channels: [3, 4, 5, 4, 6, 5],
        hidden: vec![10],
        mean_over_time: false,
        input: InputScale::default(),
    };
    let encoder = Encoder::new(&mut layout, &shape);
    let objective = make(&mut layout);
    let training = Training { optimiser: Optimiser::Adam, rate: RATE, batch: 6, epochs: 1, patience: 1 };
    let run =
        Run { encoder: &encoder, objective: &*objective, layout: &layout, training: &training, seed: 0 };
    batch.inputs = golden("patches.f32");
    let values = golden(&format!("objectives/{name}.values.f32"));
    assert_eq!(values.len(), layout.len(), "{name}: another network");
    let mut state = State::new(&layout, values);

    let (loss, gradient) = run.gradient(&mut state.values.clone(), &batch);
    let facts = fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/objectives/{name}.json")),
    );
    let facts: serde_json::Value = serde_json::from_str(&facts.unwrap()).unwrap();
    let expected_loss = facts["loss"].as_f64().unwrap() as f32;
    assert!(
        (loss - expected_loss).abs() < 1e-5 * expected_loss.max(1.0),
        "{name}: loss {loss}, {expected_loss}"
    );

    let expected = golden(&format!("objectives/{name}.gradient.f32"));
    let greatest = |of: &[f32]| of.iter().fold(0.0f32, |m, v| m.max(v.abs()));
    let mut dead = 0;
    for entry in &layout.entries {
        let (found, wanted) = (&gradient[entry.range.clone()], &expected[entry.range.clone()]);
        let size = greatest(wanted);
        dead += usize::from(size == 0.0);
        let off = found.iter().zip(wanted).fold(0.0f32, |m, (a, b)| m.max((a - b).abs()));
        // A bias before batch normalisation has no gradient but rounding.
        assert!(off < GRADIENT * size + 1e-5, "{name}: {} off by {off} of {size}", entry.name);
    }
    assert!(dead <= 2 * 4 + 1, "{name}: {dead} tensors without a gradient prove nothing");

    let reported = run.step(&mut state, &batch).unwrap();
    assert_eq!(reported, loss);
    let stepped = golden(&format!("objectives/{name}.stepped.f32"));
    for entry in &layout.entries {
        let size = greatest(&expected[entry.range.clone()]);
        for i in entry.range.clone() {
            let off = (state.values[i] - stepped[i]).abs();
            // Running statistics have no gradient and must agree; a tiny gradient's sign may be rounding.
            let clear = size == 0.0 || (size > 1e-3 && expected[i].abs() > 1e-3 * size);
            let bound = if clear { STEP * stepped[i].abs().max(1.0) } else { 2.01 * RATE };
            assert!(off < bound, "{name}: {}: {} is not {}", entry.name, state.values[i], stepped[i]);
        }
    }
}

#[test]
fn textual_description() {
    let make = |layout: &mut Layout| -> Box<dyn Objective> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "bright 1 2 3 4 5 6 7 8\n").unwrap();
        let words = ["bright".to_owned()];
        let vectors = WordVectors::load(file.path(), &words).unwrap();
        Box::new(Textual::new(layout, &words, &vectors).unwrap())
    };
    check("textual", make, Batch { targets: golden("objectives/textual.targets.f32"), ..Batch::default() });
}

#[test]
fn denoising() {
    let patches = golden("patches.f32");
    let targets = patches.chunks_exact(PATCH).rev().flatten().copied().collect();
    let make = |layout: &mut Layout| -> Box<dyn Objective> {
        Box::new(Denoise::new(layout, Noise::Additive, [6, 5, 4], vec![0.0; 64]))
    };
    check("denoise", make, Batch { targets, ..Batch::default() });
}

#[test]
fn tag_alignment() {
    let mut masks = golden("objectives/align.chances.f32");
    let chances = [9, 8, 12, 12].map(|units| masks.drain(..6 * units).collect()).to_vec();
    let targets = golden("objectives/align.targets.f32");
    let make = |layout: &mut Layout| -> Box<dyn Objective> {
        Box::new(Align::new(layout, 7, &AlignSizes { hidden: vec![9, 8], output: 12 }))
    };
    check("align", make, Batch { targets, chances, ..Batch::default() });
}

#[test]
fn events_by_a_teacher() {
    let make = |layout: &mut Layout| -> Box<dyn Objective> { Box::new(Events::new(layout, 11)) };
    check("events", make, Batch { targets: golden("objectives/events.targets.f32"), ..Batch::default() });
}

//! Compares the head in plain Rust with the graph of `head.onnx`, so that a graph that computes something else is
//! refused instead of misread.

use super::Pool;
use super::step::HeadStep;
use crate::seeded::numbers;
use crate::{
    EMBEDDING, PackageError,
    network::{Onnx, probe},
};

/// Steps of the probe.
const STEPS: usize = 7;
/// Largest difference of an activity or pooled value. Sums of 128 terms in 32 bit, five layers deep, differ by about
/// 1e-5; leaving out a bias, a ReLU or the residual changes a value by 1e-2 and more.
const TOLERANCE: f32 = 1e-3;
/// Smallest value of tract's sigmoid (4.5e-7, measured), twice over.
const SIGMOID_FLOOR: f32 = 1e-6;

/// Runs `head`, a step of the head in plain Rust, and the graph on the same seeded representations of `width` numbers in 0..1.
pub(super) fn compare(
    (classes, width): (usize, usize),
    head: &dyn Fn(&[f32], &mut HeadStep),
    onnx: &mut Onnx,
) -> Result<(), PackageError> {
    let file = onnx.file().to_owned();
    let off = |what, found: String, expected: &str| PackageError::new(&file, what, found, expected);
    let names: Vec<&str> = onnx.output_names().collect();
    if names != ["clip", "activity", "attention"] {
        return Err(off("outputs", names.join(", "), "clip, activity, attention"));
    }
    onnx.input(3)?;
    let flat = numbers(STEPS * width);
    let [clip, activity, attention] =
        probe(onnx, &[1, STEPS, width], &flat).map_err(|e| off("network", e, "one that tract can run"))?;
    for (name, values, expected) in [
        ("clip", &clip, classes),
        ("activity", &activity, STEPS * classes),
        ("attention", &attention, STEPS * classes),
    ] {
        if values.len() != expected {
            let found = format!("{} values of {name} for {STEPS} steps", values.len());
            return Err(off("output shape", found, &expected.to_string()));
        }
    }
    let steps: Vec<HeadStep> = flat
        .chunks_exact(width)
        .map(|x| {
            let mut step = HeadStep::new(classes);
            head(x, &mut step);
            step
        })
        .collect();
    let mut pool = Pool::new(classes);
    steps.iter().for_each(|step| pool.add(step));

    let slack = floor_slack(&steps, classes);
    let differs = |found: f32, ours: f32, tolerance: f32| {
        let close = (found - ours).abs() <= tolerance; // so that NaN differs
        !close
    };
    let report = |name: &str, found: f32, ours: f32, class: usize| {
        let found = format!("{name} {found} of class {class} on a probe");
        Err(off("graph", found, &format!("{ours}, as the documented head computes from these weights")))
    };
    for (class, (found, ours)) in clip.iter().zip(pool.posterior()).enumerate() {
        if differs(*found, ours, TOLERANCE + slack[class]) {
            return report("clip", *found, ours, class);
        }
    }
    for (t, step) in steps.iter().enumerate() {
        let at = t * classes;
        for (class, (ours, weight)) in step.activity.iter().zip(pool.attention(step)).enumerate() {
            if differs(activity[at + class], *ours, TOLERANCE) {
                return report("activity", activity[at + class], *ours, class);
            }
            if differs(attention[at + class], weight, TOLERANCE + slack[class]) {
                return report("attention", attention[at + class], weight, class);
            }
        }
    }
    Ok(())
}

/// How far tract's sigmoid floor may move the normalised attention of each class: the floor against the sum of weights.
fn floor_slack(steps: &[HeadStep], classes: usize) -> Vec<f32> {
    (0..classes)
        .map(|class| {
            let sum: f32 = steps.iter().map(|step| step.log_attention[class].exp()).sum();
            STEPS as f32 * SIGMOID_FLOOR / sum.max(f32::MIN_POSITIVE)
        })
        .collect()
}

/// Seeded representations.
pub(crate) fn representations<const COUNT: usize>() -> [[f32; EMBEDDING]; COUNT] {
    let flat = numbers(COUNT * EMBEDDING);
    std::array::from_fn(|step| std::array::from_fn(|i| flat[step * EMBEDDING + i]))
}

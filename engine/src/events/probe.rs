//! Compares the events layer in plain Rust with the graph of `events.onnx`, so that a graph that computes something else is refused
//! instead of misread.

use crate::{
    EMBEDDING, PackageError,
    head::representations,
    network::{Onnx, probe},
};

/// Mean embeddings of the probe.
const MEANS: usize = 3;
/// Largest difference of a logit, for each unit of its size: sums of 128 terms in 32 bit differ by about 1e-5; leaving out the bias,
/// or a function behind the layer, changes a logit by 1e-2 and more.
const TOLERANCE: f32 = 1e-3;

/// Runs `layer`, which gives the logits of the events of these names, and the graph on the same seeded means in 0..1.
pub(super) fn compare(
    names: &[String],
    layer: &dyn Fn(&[f32; EMBEDDING]) -> Vec<f32>,
    onnx: &mut Onnx,
) -> Result<(), PackageError> {
    let file = onnx.file().to_owned();
    let off = |what, found: String, expected: String| PackageError::new(&file, what, found, expected);
    let count = names.len();
    onnx.input(2)?;
    onnx.output(2)?;
    let means: [[f32; EMBEDDING]; MEANS] = representations();
    let [logits] = probe(onnx, &[MEANS, EMBEDDING], means.as_flattened())
        .map_err(|e| off("network", e, "one that tract can run".into()))?;
    if logits.len() != MEANS * count {
        let found = format!("{} logits for {MEANS} embeddings", logits.len());
        return Err(off("output shape", found, (MEANS * count).to_string()));
    }
    for (mean, found) in means.iter().zip(logits.chunks_exact(count)) {
        for ((ours, found), name) in layer(mean).into_iter().zip(found).zip(names) {
            let close = (found - ours).abs() <= TOLERANCE * ours.abs().max(1.0); // so that NaN differs
            if !close {
                let found = format!("logit {found} of {name} on a probe");
                let expected = format!("{ours}, as `events.weight` and `events.bias` give");
                return Err(off("graph", found, expected));
            }
        }
    }
    Ok(())
}

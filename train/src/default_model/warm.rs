//! Starting a run from the weights of a model package, so that what was learned before is not lost with a run's folder.

use crate::nn::vggish::Vggish;
use crate::nn::weights;
use rollcall_import::Tensors;
use std::path::Path;

/// The weights of a stream package that [`super::export`] wrote, as the flat vector of `net`.
///
/// A package holds effective weights, rounded to its storage; the standardised weights of a run are recovered up to
/// that rounding.
///
/// # Errors
/// A file that is missing or is no graph of this network's shape; the message names file and tensor.
pub fn from_package(net: &Vggish, folder: &Path) -> anyhow::Result<Vec<f32>> {
    let mut values = net.layout.initialise(0);
    let columns = Tensors::open(&folder.join("columns.onnx"))?;
    for (i, conv) in net.stack.convs.iter().enumerate() {
        let (inputs, outputs) = (conv.inputs, conv.outputs);
        // [outputs, inputs, 3, 3] -> [3, 3, inputs, outputs].
        let stored = columns.get(&format!("conv{}.weight", i + 1), outputs * inputs * 9)?;
        let mut effective = vec![0.0; stored.len()];
        for (at, w) in stored.iter().enumerate() {
            let (tap, rest) = (at % 9, at / 9);
            effective[(tap * inputs + rest % inputs) * outputs + rest / inputs] = *w;
        }
        let bias = columns.get(&format!("conv{}.bias", i + 1), outputs)?;
        conv.restore(&mut values, &effective, &bias);
    }
    let dense = Tensors::open(&folder.join("dense.onnx"))?;
    for (i, layer) in net.top.dense.iter().enumerate() {
        affine(&dense, &format!("dense{}", i + 1), layer, &mut values)?;
    }
    let head = Tensors::open(&folder.join("head.onnx"))?;
    for (i, layer) in net.top.head.convs.iter().enumerate() {
        affine(&head, &format!("conv{}", i + 1), layer, &mut values)?;
    }
    for (name, range) in [("norm.weight", &net.top.head.norm_weight), ("norm.bias", &net.top.head.norm_bias)]
    {
        values[range.clone()].copy_from_slice(&head.get(name, range.len())?);
    }
    affine(&head, "activity", &net.top.head.activity, &mut values)?;
    affine(&head, "attention", &net.top.head.attention, &mut values)?;
    Ok(values)
}

/// The layer of this name, written where it lies in the flat vector.
fn affine(
    tensors: &Tensors,
    name: &str,
    layer: &crate::nn::dense::Dense,
    values: &mut [f32],
) -> anyhow::Result<()> {
    weights::restore(layer, &tensors.dense(name, layer.inputs, layer.outputs)?, values);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::conv::Scratch;
    use crate::nn::graphs;
    use crate::nn::params::normal;
    use crate::nn::stack::BANDS;
    use crate::nn::vggish::Shape;
    use rollcall_import::onnx::Storage;
    use std::fs;

    /// 32-bit storage rounds nothing, so only the standardisation's own rounding is left: relative 1e-3 after six layers.
    #[test]
    fn a_package_gives_its_network_back() {
        let shape = Shape { channels: [8, 8, 12, 12, 16, 16], hidden: vec![24], ..Shape::compact(20) };
        let net = Vggish::new(shape);
        let mut values = net.layout.initialise(3);
        let mut rng = fastrand::Rng::with_seed(5);
        values.iter_mut().for_each(|v| *v += 0.02 * normal(&mut rng));
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in [
            ("columns.onnx", graphs::columns(&net, &values, Storage::Single)),
            ("dense.onnx", graphs::dense(&net, &values, Storage::Single)),
            ("head.onnx", graphs::head(&net, &values, Storage::Single)),
        ] {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let restored = from_package(&net, folder.path()).unwrap();
        let log_mel: Vec<f32> = (0..160 * BANDS).map(|_| normal(&mut rng)).collect();
        let run = |v: &[f32]| {
            net.forward(v, &net.prepare(v), &log_mel, 0, &mut Scratch::default()).top.head.activity
        };
        let (expected, found) = (run(&values), run(&restored));
        let greatest = expected.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        for (a, b) in expected.iter().zip(&found) {
            assert!((a - b).abs() < 1e-3 * greatest, "{a} {b}");
        }
    }

    #[test]
    fn another_network_is_refused() {
        let net =
            Vggish::new(Shape { channels: [8, 8, 12, 12, 16, 16], hidden: vec![24], ..Shape::compact(20) });
        let folder = tempfile::tempdir().unwrap();
        assert!(from_package(&net, folder.path()).unwrap_err().to_string().contains("columns.onnx"));
        let other = Vggish::new(Shape { channels: [8, 8, 12, 12, 16, 24], ..net.shape.clone() });
        let values = other.layout.initialise(1);
        fs::write(folder.path().join("columns.onnx"), graphs::columns(&other, &values, Storage::Half))
            .unwrap();
        assert!(from_package(&net, folder.path()).unwrap_err().to_string().contains("conv6.weight"));
        let quantised = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/models/quantised");
        let refused = from_package(&net, &quantised).unwrap_err().to_string();
        assert!(refused.contains("8-bit") && refused.contains("models/next"), "{refused}");
    }
}

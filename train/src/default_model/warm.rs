//! Starting a run from the weights of a model package, so that what was learned before is not lost with a run's folder.

use crate::nn::vggish::Vggish;
use anyhow::{Context, ensure};
use half::f16;
use prost::Message;
use std::{collections::HashMap, fs, path::Path};
use tract_onnx::pb::{ModelProto, TensorProto, tensor_proto::DataType};

/// The weights of a stream package that [`super::export`] wrote, as the flat vector of `net`.
///
/// A package holds effective weights, rounded to its storage; the standardised weights of a run are recovered up to
/// that rounding.
///
/// # Errors
/// A file that is missing or is no graph of this network's shape; the message names file and tensor.
pub fn from_package(net: &Vggish, folder: &Path) -> anyhow::Result<Vec<f32>> {
    let mut values = net.layout.initialise(0);
    let columns = Tensors::read(&folder.join("columns.onnx"))?;
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
    let dense = Tensors::read(&folder.join("dense.onnx"))?;
    for (i, layer) in net.top.dense.iter().enumerate() {
        dense.affine(&format!("dense{}", i + 1), layer, &mut values)?;
    }
    let head = Tensors::read(&folder.join("head.onnx"))?;
    for (i, layer) in net.top.head.convs.iter().enumerate() {
        head.affine(&format!("conv{}", i + 1), layer, &mut values)?;
    }
    for (name, range) in [("norm.weight", &net.top.head.norm_weight), ("norm.bias", &net.top.head.norm_bias)]
    {
        values[range.clone()].copy_from_slice(&head.get(name, range.len())?);
    }
    head.affine("activity", &net.top.head.activity, &mut values)?;
    head.affine("attention", &net.top.head.attention, &mut values)?;
    Ok(values)
}

/// The initialisers of one graph, widened to 32 bits.
pub(crate) struct Tensors {
    file: String,
    by_name: HashMap<String, Vec<f32>>,
    /// Computes in bytes ([`crate::quantise`]).
    quantised: bool,
}

impl Tensors {
    /// Reads them; other types than floats are passed over.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let file = path.display().to_string();
        let bytes = fs::read(path).with_context(|| format!("reading {file}"))?;
        let model =
            ModelProto::decode(bytes.as_slice()).with_context(|| format!("{file} is no ONNX file"))?;
        let graph = model.graph.with_context(|| format!("{file} holds no graph"))?;
        let quantised = graph.node.iter().any(|node| node.op_type == "QLinearConv");
        let floats = graph.initializer.into_iter().filter_map(|t| Some((t.name.clone(), widen(&t)?)));
        Ok(Self { by_name: floats.collect(), file, quantised })
    }

    /// How many values a tensor has, if it is there.
    pub(crate) fn length(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).map(Vec::len)
    }

    /// Why there is no tensor of this name, and what to do.
    pub(crate) fn why_not(&self, name: &str) -> String {
        if self.quantised {
            "a package of 8-bit numbers can neither be gone on from nor quantised again: give the package that it was made of, or weights \
             as models/next has them"
                .into()
        } else {
            format!("no weights `{name}`: only packages written by rollcall-train can be gone on from")
        }
    }

    /// The values of a tensor that must have so many.
    pub(crate) fn get(&self, name: &str, length: usize) -> anyhow::Result<Vec<f32>> {
        let values =
            self.by_name.get(name).with_context(|| format!("{}: {}", self.file, self.why_not(name)))?;
        ensure!(values.len() == length, "{}: `{name}` has {} values, not {length}", self.file, values.len());
        Ok(values.clone())
    }

    fn affine(&self, name: &str, layer: &crate::nn::dense::Dense, values: &mut [f32]) -> anyhow::Result<()> {
        let stored = self.get(&format!("{name}.weight"), layer.inputs * layer.outputs)?;
        // [outputs, inputs] -> [inputs, outputs].
        for (at, w) in stored.iter().enumerate() {
            values[layer.weight.start + at % layer.inputs * layer.outputs + at / layer.inputs] = *w;
        }
        values[layer.bias.clone()].copy_from_slice(&self.get(&format!("{name}.bias"), layer.outputs)?);
        Ok(())
    }
}

/// `None` for what is no float.
fn widen(tensor: &TensorProto) -> Option<Vec<f32>> {
    let raw = tensor.raw_data.as_slice();
    match tensor.data_type {
        t if t == DataType::Float16 as i32 => {
            Some(raw.as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect())
        }
        t if t == DataType::Float as i32 => {
            Some(raw.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
        }
        _ => None,
    }
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

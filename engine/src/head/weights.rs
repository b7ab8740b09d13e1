//! Layers over an embedding, read by name from `head.onnx` and `events.onnx`.

use crate::{EMBEDDING, PackageError, network::Onnx};

/// Added to a variance before its root (PyTorch's default for both normalisations).
pub(super) const EPSILON: f32 = 1e-5;

/// A 1 x 1 convolution: `W x + b` for the channels of one step.
pub(crate) struct Dense {
    /// `[in][out]`, so that the sum over `in` runs along the outputs side by side, always in the same order.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Dense {
    pub(crate) fn apply(&self, x: &[f32], out: &mut [f32]) {
        out.copy_from_slice(&self.bias);
        for (x, row) in x.iter().zip(self.weight.chunks_exact(self.bias.len())) {
            for (out, weight) in out.iter_mut().zip(row) {
                *out += weight * x;
            }
        }
    }
}

/// A factor and an offset for each channel.
pub(super) struct Affine {
    factor: Vec<f32>,
    offset: Vec<f32>,
}

impl Affine {
    pub(super) fn apply(&self, x: &mut [f32; EMBEDDING]) {
        for ((x, factor), offset) in x.iter_mut().zip(&self.factor).zip(&self.offset) {
            *x = *x * factor + offset;
        }
    }
}

/// Reads layers from a file whose tensors have been checked.
pub(crate) struct WeightReader<'a> {
    onnx: &'a Onnx,
}

impl<'a> WeightReader<'a> {
    pub(crate) fn new(onnx: &'a Onnx) -> Self {
        Self { onnx }
    }

    /// `{layer}.weight` `[out, 128]`, with trailing ones allowed, and `{layer}.bias` `[out]`, zero when absent.
    pub(crate) fn dense(&self, layer: &str, out: usize) -> Result<Dense, PackageError> {
        self.dense_over(layer, EMBEDDING, out)
    }

    /// Whether the file has a layer of this name.
    pub(super) fn has(&self, layer: &str) -> bool {
        self.onnx.weight(&format!("{layer}.weight")).is_some()
    }

    /// As [`WeightReader::dense`], over so many numbers.
    pub(super) fn dense_over(&self, layer: &str, inputs: usize, out: usize) -> Result<Dense, PackageError> {
        let rows = self.tensor(&format!("{layer}.weight"), &[out, inputs])?;
        let mut weight = vec![0.0; rows.len()];
        for (o, row) in rows.chunks_exact(inputs).enumerate() {
            for (i, w) in row.iter().enumerate() {
                weight[i * out + o] = *w;
            }
        }
        let name = format!("{layer}.bias");
        let bias = match self.onnx.weight(&name) {
            Some(_) => self.tensor(&name, &[out])?,
            None => vec![0.0; out],
        };
        Ok(Dense { weight, bias })
    }

    /// `{layer}.weight` and `{layer}.bias` `[128]`.
    pub(super) fn affine(&self, layer: &str) -> Result<Affine, PackageError> {
        let channels = |part| self.tensor(&format!("{layer}.{part}"), &[EMBEDDING]);
        Ok(Affine { factor: channels("weight")?, offset: channels("bias")? })
    }

    /// As [`WeightReader::affine`], with `{layer}.running_mean` and `{layer}.running_var` folded in.
    pub(super) fn running(&self, layer: &str) -> Result<Affine, PackageError> {
        let mut affine = self.affine(layer)?;
        let mean = self.tensor(&format!("{layer}.running_mean"), &[EMBEDDING])?;
        let name = format!("{layer}.running_var");
        let variance = self.tensor(&name, &[EMBEDDING])?;
        if let Some(negative) = variance.iter().find(|v| **v < 0.0) {
            return Err(self.off("variance", format!("{negative} in {name}"), "0 or more"));
        }
        for (((factor, offset), mean), variance) in
            affine.factor.iter_mut().zip(&mut affine.offset).zip(&mean).zip(&variance)
        {
            *factor /= (variance + EPSILON).sqrt();
            *offset -= mean * *factor;
        }
        Ok(affine)
    }

    fn tensor(&self, name: &str, expected: &[usize]) -> Result<Vec<f32>, PackageError> {
        let wanted = || format!("32-bit floats of shape {expected:?}");
        match self.onnx.weight(name) {
            // A single class loses its own 1 with the trailing ones; the number of elements decides then.
            Some((shape, values)) if shape == expected || (expected.ends_with(&[1]) && values.len() == 1) => {
                Ok(values)
            }
            Some((shape, _)) => Err(self.off("initialiser shape", format!("{name} {shape:?}"), &wanted())),
            None => Err(self.off("initialiser", format!("no {name}"), &wanted())),
        }
    }

    fn off(&self, what: &'static str, found: String, expected: &str) -> PackageError {
        PackageError::new(self.onnx.file(), what, found, expected)
    }
}

//! VGGish's weights as torchvggish stores them (`vggish.py`: a sequence `features`, a sequence `embeddings`).

use crate::ImportError;
use half::{bf16, f16};
use pytorch_reader::{DType, PytorchReader, Tensor};
use std::{cell::RefCell, collections::BTreeSet, path::Path};

/// Mel bands that four 2 x 2 pools leave, times the columns of a patch: what the first dense layer sees of each channel.
const POSITIONS: usize = 6 * 4;
/// Values of an embedding.
const EMBEDDING: usize = rollcall_engine::EMBEDDING;
/// Places of the convolutions in the sequence `features`; the others are ReLU and pooling.
const FEATURES: [usize; 6] = [0, 3, 6, 8, 11, 13];
/// Places of the dense layers in the sequence `embeddings`; a ReLU follows each.
const EMBEDDINGS: [usize; 3] = [0, 2, 4];
/// What torchvggish's whole model has besides: the PCA, which its own file is read for.
const POST_PROCESSING: [&str; 2] = ["pproc.pca_eigen_vectors", "pproc.pca_means"];
const REMEDY: &str =
    "a state dict of torchvggish's VGGish is wanted (vggish-10086976.pth, made from AudioSet's checkpoint)";

/// A 3 x 3 convolution with a zero border.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// Channels in.
    pub inputs: usize,
    /// Channels out.
    pub outputs: usize,
    /// `[outputs, inputs, 3 (time), 3 (frequency)]`.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
}

/// An affine layer, or a 1 x 1 convolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Length of a row in.
    pub inputs: usize,
    /// Length of a row out.
    pub outputs: usize,
    /// `[outputs, inputs]`.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Vec<f32>,
}

/// All of VGGish. Pooling follows the 1st, 2nd, 4th and 6th convolution; the dense layers see rows in the order time,
/// frequency, channel; ReLU follows every layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Vggish {
    /// 64-128-256-256-512-512 channels as published; any numbers that fit together are read.
    pub convolutions: Vec<Convolution>,
    /// 4096-4096-128 units as published.
    pub dense: Vec<Dense>,
}

impl Vggish {
    /// Reads a `.pth` file in any form that PyTorch has written: zip (since 1.6) or pickles one after another.
    ///
    /// # Errors
    /// No checkpoint, one without tensors (a pickle of NumPy arrays), one of another network, layers that do not fit
    /// together, or values that are not finite.
    pub fn read(path: &Path) -> Result<Self, ImportError> {
        let tensors = Checkpoint::open(path, REMEDY)?;
        let mut vggish = Self { convolutions: Vec::new(), dense: Vec::new() };
        let mut inputs = 1;
        for place in FEATURES {
            let name = format!("features.{place}");
            let (shape, weight) = tensors.floats(&format!("{name}.weight"))?;
            if shape.len() != 4 || shape[1..] != [inputs, 3, 3] {
                return Err(tensors.shape(&name, shape, &format!("[channels, {inputs}, 3, 3]")));
            }
            let outputs = shape[0];
            let bias = tensors.exactly(&format!("{name}.bias"), &[outputs])?;
            vggish.convolutions.push(Convolution { inputs, outputs, weight, bias });
            inputs = outputs;
        }
        let mut inputs = POSITIONS * inputs;
        for place in EMBEDDINGS {
            let name = format!("embeddings.{place}");
            let (shape, weight) = tensors.floats(&format!("{name}.weight"))?;
            if shape.len() != 2 || shape[1] != inputs {
                return Err(tensors.shape(&name, shape, &format!("[units, {inputs}]")));
            }
            let outputs = shape[0];
            let bias = tensors.exactly(&format!("{name}.bias"), &[outputs])?;
            vggish.dense.push(Dense { inputs, outputs, weight, bias });
            inputs = outputs;
        }
        if inputs != EMBEDDING {
            return Err(tensors.shape("embeddings.4", vec![inputs], &format!("[{EMBEDDING}, ...]")));
        }
        tensors.finish(|name| POST_PROCESSING.contains(&name))?;
        Ok(vggish)
    }

    /// Numbers in all layers: 72.1 million as published.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let convolutions = self.convolutions.iter().map(|c| c.weight.len() + c.bias.len());
        convolutions.chain(self.dense.iter().map(|d| d.weight.len() + d.bias.len())).sum()
    }
}

/// The tensors of a `.pth` file.
pub(crate) struct Checkpoint<'a> {
    path: &'a Path,
    reader: PytorchReader,
    remedy: &'static str,
    /// Names of the tensors that were read.
    used: RefCell<BTreeSet<String>>,
}

impl<'a> Checkpoint<'a> {
    pub(crate) fn open(path: &'a Path, remedy: &'static str) -> Result<Self, ImportError> {
        std::fs::File::open(path).map_err(ImportError::io(path))?;
        let reader = PytorchReader::new(path).map_err(|e| ImportError::Format {
            path: path.into(),
            expected: "checkpoint of PyTorch (.pth)",
            reason: e.to_string(),
        })?;
        // A pickle of NumPy arrays parses without an error and without a tensor.
        if reader.is_empty() {
            let (found, what) = ("no tensor at all (NumPy arrays, perhaps)".into(), "tensor".into());
            return Err(ImportError::Missing { path: path.into(), what, found, remedy });
        }
        Ok(Self { path, reader, remedy, used: RefCell::default() })
    }

    /// Shape and finite values of a tensor.
    pub(crate) fn floats(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>), ImportError> {
        let Some(tensor) = self.reader.get(name) else {
            let mut names = self.reader.keys();
            names.sort();
            let more = if names.len() > 4 { ", ..." } else { "" };
            names.truncate(4);
            let found = format!("{} tensors: {}{more}", self.reader.len(), names.join(", "));
            let (path, what) = (self.path.into(), name.into());
            return Err(ImportError::Missing { path, what, found, remedy: self.remedy });
        };
        self.used.borrow_mut().insert(name.to_owned());
        let values = values(tensor).map_err(|reason| ImportError::Format {
            path: self.path.into(),
            expected: "checkpoint of PyTorch (.pth)",
            reason,
        })?;
        let off = |found: String, expected| ImportError::Values {
            path: self.path.into(),
            name: name.into(),
            found,
            expected,
        };
        let values = values.ok_or_else(|| off(format!("{:?} values", tensor.dtype()), "floats"))?;
        match values.iter().find(|v| !v.is_finite()) {
            Some(value) => Err(off(value.to_string(), "finite numbers")),
            None => Ok((tensor.shape().to_vec(), values)),
        }
    }

    /// Every tensor was read, or is one that may be there and changes nothing: else this is another network.
    pub(crate) fn finish(&self, changes_nothing: impl Fn(&str) -> bool) -> Result<(), ImportError> {
        let used = self.used.borrow();
        let known = |name: &str| used.contains(name) || changes_nothing(name);
        ImportError::unknown(self.path, self.reader.keys().into_iter(), known, self.remedy)
    }

    /// Values of a tensor of exactly this shape.
    pub(crate) fn exactly(&self, name: &str, expected: &[usize]) -> Result<Vec<f32>, ImportError> {
        let (found, values) = self.floats(name)?;
        if found != expected {
            return Err(self.shape(name, found, &format!("{expected:?}")));
        }
        Ok(values)
    }

    pub(crate) fn shape(&self, name: &str, found: Vec<usize>, expected: &str) -> ImportError {
        ImportError::Shape { path: self.path.into(), name: name.into(), found, expected: expected.into() }
    }
}

/// Values as 32-bit floats; `None` where they are no floats.
fn values(tensor: &Tensor) -> Result<Option<Vec<f32>>, String> {
    let bytes = tensor.read().map_err(|e| e.to_string())?;
    Ok(match tensor.dtype() {
        DType::F32 => Some(bytes.as_chunks().0.iter().map(|b| f32::from_ne_bytes(*b)).collect()),
        DType::F64 => Some(bytes.as_chunks().0.iter().map(|b| f64::from_ne_bytes(*b) as f32).collect()),
        DType::F16 => Some(bytes.as_chunks().0.iter().map(|b| f16::from_ne_bytes(*b).to_f32()).collect()),
        DType::BF16 => Some(bytes.as_chunks().0.iter().map(|b| bf16::from_ne_bytes(*b).to_f32()).collect()),
        _ => None,
    })
}

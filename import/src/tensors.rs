//! The weights of an ONNX file by their names, as packages hold them.

use crate::{Dense, ImportError};
use half::f16;
use prost::Message;
use std::{collections::HashMap, fs, path::Path, path::PathBuf};
use tract_onnx::pb::{ModelProto, TensorProto, tensor_proto::DataType};

const OTHERS: &str = "only packages that Rollcall wrote can be gone on from";
const QUANTISED: &str = "a package of 8-bit numbers can neither be gone on from nor quantised again: give the package that it was \
     made of, or weights as models/next has them";

/// The initialisers of one graph, widened to 32 bits.
pub struct Tensors {
    path: PathBuf,
    by_name: HashMap<String, Vec<f32>>,
    /// Computes in bytes.
    is_quantised: bool,
}

impl Tensors {
    /// Reads a file.
    ///
    /// # Errors
    /// The disk, or a file that is no ONNX.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        Self::read(path, &fs::read(path).map_err(ImportError::io(path))?)
    }

    /// Reads the content of a file; `path` is for messages.
    ///
    /// # Errors
    /// A file that is no ONNX.
    pub fn read(path: &Path, bytes: &[u8]) -> Result<Self, ImportError> {
        let off = |reason: String| ImportError::Format { path: path.into(), expected: "ONNX file", reason };
        let model = ModelProto::decode(bytes).map_err(|error| off(error.to_string()))?;
        let graph = model.graph.ok_or_else(|| off("it holds no graph".into()))?;
        let is_quantised = graph.node.iter().any(|node| node.op_type == "QLinearConv");
        let floats = graph.initializer.into_iter().filter_map(|t| Some((t.name.clone(), widen(&t)?)));
        Ok(Self { by_name: floats.collect(), path: path.into(), is_quantised })
    }

    /// How many values a tensor has, if it is there.
    #[must_use]
    pub fn length(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).map(Vec::len)
    }

    /// That there is no tensor of this name, and what to do.
    #[must_use]
    pub fn without(&self, name: &str) -> ImportError {
        ImportError::Missing {
            path: self.path.clone(),
            what: name.into(),
            found: format!("{} other tensors", self.by_name.len()),
            remedy: if self.is_quantised { QUANTISED } else { OTHERS },
        }
    }

    /// The tensor of this name, which has so many values.
    ///
    /// # Errors
    /// There is none, or it is of another size.
    pub fn get(&self, name: &str, length: usize) -> Result<Vec<f32>, ImportError> {
        let Some(values) = self.by_name.get(name) else {
            return Err(self.without(name));
        };
        if values.len() != length {
            return Err(ImportError::Shape {
                path: self.path.clone(),
                name: name.into(),
                found: vec![values.len()],
                expected: format!("{length} values"),
            });
        }
        Ok(values.clone())
    }

    /// `{name}.weight` `[outputs, inputs]` and `{name}.bias` `[outputs]`.
    ///
    /// # Errors
    /// As [`Tensors::get`].
    pub fn dense(&self, name: &str, inputs: usize, outputs: usize) -> Result<Dense, ImportError> {
        let weight = self.get(&format!("{name}.weight"), inputs * outputs)?;
        Ok(Dense { inputs, outputs, weight, bias: self.get(&format!("{name}.bias"), outputs)? })
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

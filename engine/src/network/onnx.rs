//! Reads an ONNX file and refuses, before the network library sees it, all that a feed-forward network of convolutions
//! and dense layers has no need of.
//!
//! A file that passes has no loops, subgraphs, functions, foreign operators or external data; every tensor has exactly
//! the bytes that its shape claims; every weight is finite; and what the library folds at load stays small.

use super::tensor::{check_finite, check_tensor, floats, ints, widen};
use super::{ops, wire};
use crate::PackageError;
use prost::Message;
use tract_onnx::pb::{
    GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, tensor_proto::DataType,
    tensor_shape_proto::dimension, type_proto,
};

/// Most bytes of a file beside its weights. VGGish takes 3 kB; decoding multiplies by some hundred at worst.
const MAX_STRUCTURE_BYTES: usize = 256 << 10;
/// Operator sets that tract is tested against (tract-onnx 0.23, `model.rs`).
const OPSETS: std::ops::RangeInclusive<i64> = 9..=18;

/// One dimension of an input or output as the file states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dim {
    /// A number.
    Fixed(usize),
    /// A name, or nothing.
    Free,
}

/// A checked ONNX file whose weights are all 32 bit.
pub(crate) struct Onnx {
    file: String,
    proto: ModelProto,
}

impl Onnx {
    /// Decodes and checks `bytes`.
    pub(crate) fn read(file: &str, bytes: &[u8]) -> Result<Self, PackageError> {
        let off = |what, found: String, expected: &str| PackageError::new(file, what, found, expected);
        match wire::structure_bytes(bytes) {
            None => return Err(off("content", "broken protobuf".into(), "an ONNX model")),
            Some(structure) if structure > MAX_STRUCTURE_BYTES => {
                let found = format!("{structure} bytes beside the weights");
                return Err(off("structure", found, &format!("at most {MAX_STRUCTURE_BYTES}")));
            }
            Some(_) => {}
        }
        let proto = ModelProto::decode(bytes).map_err(|e| off("content", e.to_string(), "an ONNX model"))?;
        let mut onnx = Self { file: file.to_owned(), proto };
        onnx.check_model()?;
        onnx.strip();
        for tensor in &mut onnx.graph_mut().initializer {
            check_tensor(file, tensor)?;
            widen(tensor);
            check_finite(file, tensor)?;
        }
        ops::check(file, onnx.graph())?;
        Ok(onnx)
    }

    /// Name of the file, for errors.
    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// The checked model for the network library. Nothing but the file's name is left.
    pub(crate) fn take_proto(&mut self) -> ModelProto {
        std::mem::take(&mut self.proto)
    }

    fn graph(&self) -> &GraphProto {
        self.proto.graph.as_ref().expect("checked in check_model, and not taken out")
    }

    fn graph_mut(&mut self) -> &mut GraphProto {
        self.proto.graph.as_mut().expect("checked in check_model, and not taken out")
    }

    fn off(&self, what: &'static str, found: impl Into<String>, expected: impl Into<String>) -> PackageError {
        PackageError::new(&self.file, what, found, expected)
    }

    fn check_model(&self) -> Result<(), PackageError> {
        let proto = &self.proto;
        let Some(graph) = &proto.graph else {
            return Err(self.off("graph", "none", "one"));
        };
        let [opset] = &proto.opset_import[..] else {
            let found = format!("{} imported operator sets", proto.opset_import.len());
            return Err(self.off("opset", found, "the one of ONNX itself"));
        };
        if !matches!(opset.domain.as_str(), "" | "ai.onnx") || !OPSETS.contains(&opset.version) {
            let found = format!("{} {}", opset.domain, opset.version);
            return Err(self.off("opset", found.trim(), format!("9 to {} of ONNX itself", OPSETS.end())));
        }
        let extras = [
            ("functions", proto.functions.len()),
            ("training information", proto.training_info.len()),
            ("sparse initialisers", graph.sparse_initializer.len()),
            ("quantisation annotations", graph.quantization_annotation.len()),
        ];
        match extras.into_iter().find(|(_, count)| *count > 0) {
            Some((what, count)) => Err(self.off(what, count.to_string(), "none")),
            None => Ok(()),
        }
    }

    /// Drops what no check and no computation needs, so that nothing else is interpreted.
    fn strip(&mut self) {
        self.proto.metadata_props.clear();
        self.proto.doc_string.clear();
        let graph = self.graph_mut();
        graph.value_info.clear();
        graph.doc_string.clear();
        // Old exporters list the initialisers among the inputs.
        let names: Vec<String> = graph.initializer.iter().map(|t| t.name.clone()).collect();
        graph.input.retain(|input| !names.contains(&input.name));
    }

    /// Shape of the one input, which must be of 32-bit floats and of `rank` dimensions.
    pub(crate) fn input(&self, rank: usize) -> Result<Vec<Dim>, PackageError> {
        match &self.graph().input[..] {
            [input] => self.float_shape(input, "input", rank),
            inputs => Err(self.off("inputs", inputs.len().to_string(), "one")),
        }
    }

    /// Shape of the one output.
    pub(crate) fn output(&self, rank: usize) -> Result<Vec<Dim>, PackageError> {
        match &self.graph().output[..] {
            [output] => self.float_shape(output, "output", rank),
            outputs => Err(self.off("outputs", outputs.len().to_string(), "one")),
        }
    }

    /// Names of the outputs in order.
    pub(crate) fn output_names(&self) -> impl Iterator<Item = &str> {
        self.graph().output.iter().map(|output| output.name.as_str())
    }

    fn float_shape(
        &self,
        value: &ValueInfoProto,
        what: &'static str,
        rank: usize,
    ) -> Result<Vec<Dim>, PackageError> {
        let expected = format!("a tensor of 32-bit floats with {rank} dimensions");
        let tensor = match value.r#type.as_ref().and_then(|t| t.value.as_ref()) {
            Some(type_proto::Value::TensorType(tensor)) => tensor,
            None => return Err(self.off(what, "no type", expected)),
        };
        let shape: Vec<Dim> =
            tensor.shape.iter().flat_map(|s| &s.dim).map(|d| dim(d.value.as_ref())).collect();
        if tensor.elem_type != DataType::Float as i32 || shape.len() != rank {
            let found = format!("type {} with {} dimensions", tensor.elem_type, shape.len());
            return Err(self.off(what, found, expected));
        }
        Ok(shape)
    }

    /// Names of the one input and the one output.
    pub(super) fn ends(&self) -> Option<(&str, &str)> {
        match (&self.graph().input[..], &self.graph().output[..]) {
            ([input], [output]) => Some((&input.name, &output.name)),
            _ => None,
        }
    }

    /// The nodes, each behind those that it takes from.
    pub(super) fn nodes(&self) -> &[NodeProto] {
        &self.graph().node
    }

    /// Whether it is the name of an initialiser.
    pub(super) fn is_weight(&self, name: &str) -> bool {
        self.graph().initializer.iter().any(|tensor| tensor.name == name)
    }

    /// A weight by name, with its shape less trailing ones (of 1 x 1 kernels); `None` when absent.
    pub(crate) fn weight(&self, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
        let (mut shape, tensor) = self.tensor(name, DataType::Float)?;
        while shape.len() > 1 && shape.last() == Some(&1) {
            shape.pop();
        }
        Some((shape, floats(tensor).collect()))
    }

    /// The 32-bit floats of an initialiser with its shape; `None` when it is absent or of another type.
    pub(super) fn floats(&self, name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
        self.tensor(name, DataType::Float).map(|(shape, tensor)| (shape, floats(tensor).collect()))
    }

    /// The 32-bit integers of an initialiser with its shape; `None` when it is absent or of another type.
    pub(super) fn ints(&self, name: &str) -> Option<(Vec<usize>, Vec<i32>)> {
        self.tensor(name, DataType::Int32).map(|(shape, tensor)| (shape, ints(tensor).collect()))
    }

    /// The unsigned bytes of an initialiser with its shape; `None` when it is absent or of another type.
    pub(super) fn bytes(&self, name: &str) -> Option<(Vec<usize>, Vec<u8>)> {
        self.tensor(name, DataType::Uint8).map(|(shape, tensor)| (shape, tensor.raw_data.clone()))
    }

    /// The signed bytes of an initialiser with its shape; `None` when it is absent or of another type.
    pub(super) fn signed_bytes(&self, name: &str) -> Option<(Vec<usize>, Vec<i8>)> {
        let signed = |tensor: &TensorProto| tensor.raw_data.iter().map(|&byte| byte as i8).collect();
        self.tensor(name, DataType::Int8).map(|(shape, tensor)| (shape, signed(tensor)))
    }

    fn tensor(&self, name: &str, kind: DataType) -> Option<(Vec<usize>, &TensorProto)> {
        let tensor = self.graph().initializer.iter().find(|tensor| tensor.name == name)?;
        let shape = tensor.dims.iter().map(|&d| d as usize).collect();
        (tensor.data_type == kind as i32).then_some((shape, tensor))
    }
}

fn dim(value: Option<&dimension::Value>) -> Dim {
    match value {
        Some(dimension::Value::DimValue(n)) if *n > 0 => Dim::Fixed(*n as usize),
        _ => Dim::Free,
    }
}

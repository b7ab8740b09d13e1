//! An ONNX graph under construction, over the protobuf types that tract reads.

use half::f16;
use prost::Message;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto,
    TypeProto, ValueInfoProto, attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto,
    type_proto,
};

/// ReduceMean with axes as an attribute, ReduceSum with axes as an input: 13 to 17.
const OPSET: i64 = 13;
const IR_VERSION: i64 = 8;

/// A dimension of an input or output.
#[derive(Clone, Copy, Debug)]
pub enum Dimension {
    /// Always this.
    Fixed(usize),
    /// Any, by name.
    Any(&'static str),
}

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// 16-bit floats behind a `Cast`: half the bytes, a relative rounding of at most 2^-11.
    Half,
    /// 32-bit floats.
    Single,
}

/// Nodes and weights of one file.
pub struct Graph {
    nodes: Vec<NodeProto>,
    weights: Vec<TensorProto>,
    storage: Storage,
}

/// One attribute of a node.
pub enum Attribute {
    /// An integer.
    Int(&'static str, i64),
    /// A list of integers.
    Ints(&'static str, Vec<i64>),
}

impl Graph {
    /// A graph without nodes.
    pub fn new(storage: Storage) -> Self {
        Self { nodes: Vec::new(), weights: Vec::new(), storage }
    }

    /// A weight in the graph's storage; returns the name of its 32-bit value.
    pub fn weight(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        if self.storage == Storage::Single {
            return self.constant(name, shape, values);
        }
        let raw = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
        self.initialise(name, shape, DataType::Float16, raw);
        let cast = Attribute::Int("to", DataType::Float as i64);
        self.node("Cast", &[name], &format!("{name}.f32"), &[cast])
    }

    /// A constant in 32 bits.
    pub fn constant(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let raw = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initialise(name, shape, DataType::Float, raw)
    }

    /// Unsigned bytes, e.g. a zero point of activations (whose shape is empty).
    pub fn unsigned_bytes(&mut self, name: &str, shape: &[usize], values: &[u8]) -> String {
        self.initialise(name, shape, DataType::Uint8, values.to_vec())
    }

    /// Signed bytes, e.g. quantised weights.
    pub fn signed_bytes(&mut self, name: &str, shape: &[usize], values: &[i8]) -> String {
        let raw = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initialise(name, shape, DataType::Int8, raw)
    }

    /// Integers of 32 bits, e.g. a bias in units of the sums that it is added to.
    pub fn sums(&mut self, name: &str, shape: &[usize], values: &[i32]) -> String {
        let raw = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initialise(name, shape, DataType::Int32, raw)
    }

    /// A list of integers, e.g. a shape.
    pub fn ints(&mut self, name: &str, values: &[i64]) -> String {
        let raw = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initialise(name, &[values.len()], DataType::Int64, raw)
    }

    fn initialise(&mut self, name: &str, shape: &[usize], kind: DataType, raw: Vec<u8>) -> String {
        self.weights.push(TensorProto {
            name: name.into(),
            dims: shape.iter().map(|d| *d as i64).collect(),
            data_type: kind as i32,
            raw_data: raw,
            ..Default::default()
        });
        name.into()
    }

    /// Adds a node with one output and returns the output's name.
    pub fn node(&mut self, op: &str, inputs: &[&str], output: &str, attributes: &[Attribute]) -> String {
        let attributes = attributes.iter().map(|a| match a {
            Attribute::Int(name, value) => AttributeProto {
                name: (*name).into(),
                r#type: AttributeType::Int as i32,
                i: *value,
                ..Default::default()
            },
            Attribute::Ints(name, values) => AttributeProto {
                name: (*name).into(),
                r#type: AttributeType::Ints as i32,
                ints: values.clone(),
                ..Default::default()
            },
        });
        self.nodes.push(NodeProto {
            op_type: op.into(),
            name: output.into(),
            input: inputs.iter().map(|s| (*s).into()).collect(),
            output: vec![output.into()],
            attribute: attributes.collect(),
            ..Default::default()
        });
        output.into()
    }

    /// The file's bytes.
    pub fn encode(
        self,
        name: &str,
        inputs: &[(&str, &[Dimension])],
        outputs: &[(&str, &[Dimension])],
    ) -> Vec<u8> {
        let graph = GraphProto {
            name: name.into(),
            node: self.nodes,
            initializer: self.weights,
            input: inputs.iter().map(|(n, shape)| port(n, shape)).collect(),
            output: outputs.iter().map(|(n, shape)| port(n, shape)).collect(),
            ..Default::default()
        };
        let model = ModelProto {
            ir_version: IR_VERSION,
            producer_name: "rollcall".into(),
            producer_version: env!("CARGO_PKG_VERSION").into(),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
            graph: Some(graph),
            ..Default::default()
        };
        model.encode_to_vec()
    }
}

fn port(name: &str, shape: &[Dimension]) -> ValueInfoProto {
    let dimension = |d: &Dimension| tensor_shape_proto::Dimension {
        denotation: String::new(),
        value: Some(match d {
            Dimension::Fixed(n) => tensor_shape_proto::dimension::Value::DimValue(*n as i64),
            Dimension::Any(name) => tensor_shape_proto::dimension::Value::DimParam((*name).into()),
        }),
    };
    let tensor = type_proto::Tensor {
        elem_type: DataType::Float as i32,
        shape: Some(TensorShapeProto { dim: shape.iter().map(dimension).collect() }),
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..Default::default() }),
        ..Default::default()
    }
}

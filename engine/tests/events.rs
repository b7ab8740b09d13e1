//! "Another instrument": what a package with `events.onnx` says beside its classes, and what it takes from them.

mod common;

use common::{Files, audio, engine, whole};
use prost::Message;
use rollcall_engine::{Alone, Another, Engine, InputFormat, Model, PackageError, Settings};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto,
    TypeProto, ValueInfoProto,
    attribute_proto::AttributeType,
    tensor_proto::DataType,
    tensor_shape_proto::{Dimension, dimension},
    type_proto,
};

const RATE_HZ: u32 = 16_000;

/// Three events that depend on nothing: their logits are `bias`.
fn events_onnx(bias: [f32; 3], inputs: usize) -> Vec<u8> {
    graph_onnx(bias, inputs, |_| ())
}

/// The same with another graph.
fn graph_onnx(bias: [f32; 3], inputs: usize, change: impl FnOnce(&mut GraphProto)) -> Vec<u8> {
    let tensor = |name: &str, dims: &[usize], values: &[f32]| TensorProto {
        name: name.into(),
        dims: dims.iter().map(|d| *d as i64).collect(),
        data_type: DataType::Float as i32,
        raw_data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        ..TensorProto::default()
    };
    let shape = |dims: &[i64]| TypeProto {
        value: Some(type_proto::Value::TensorType(type_proto::Tensor {
            elem_type: DataType::Float as i32,
            shape: Some(TensorShapeProto {
                dim: dims
                    .iter()
                    .map(|d| Dimension {
                        value: Some(match d {
                            0 => dimension::Value::DimParam("N".into()),
                            d => dimension::Value::DimValue(*d),
                        }),
                        ..Dimension::default()
                    })
                    .collect(),
            }),
        })),
        ..TypeProto::default()
    };
    let value = |name: &str, dims: &[i64]| ValueInfoProto {
        name: name.into(),
        r#type: Some(shape(dims)),
        ..ValueInfoProto::default()
    };
    let mut graph = GraphProto {
        name: "events".into(),
        node: vec![NodeProto {
            op_type: "Gemm".into(),
            input: ["embedding", "events.weight", "events.bias"].map(String::from).to_vec(),
            output: vec!["logits".into()],
            attribute: vec![AttributeProto {
                name: "transB".into(),
                r#type: AttributeType::Int as i32,
                i: 1,
                ..AttributeProto::default()
            }],
            ..NodeProto::default()
        }],
        input: vec![value("embedding", &[0, inputs as i64])],
        output: vec![value("logits", &[0, 3])],
        initializer: vec![
            tensor("events.weight", &[3, inputs], &vec![0.0; 3 * inputs]),
            tensor("events.bias", &[3], &bias),
        ],
        ..GraphProto::default()
    };
    change(&mut graph);
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 13 }],
        graph: Some(graph),
        ..ModelProto::default()
    }
    .encode_to_vec()
}

const TABLE: &str = r#"[events]
names = ["Flute", "Harp", "Gong"]
classes = [[0], [], [], [], [], [], [], [], [], [], [], [], [], [], [], [], [], [], [], []]
another = { offset = OFFSET, other = 2.0, class = -1.0 }
others = [{ name = "gong", events = [2] }, { name = "harp", events = [1] }]
"#;

/// The stream fixture with the events flute -1, harp 0.5 and gong -3.
fn with_events(offset: f32, change: impl FnOnce(&mut Files, &mut String)) -> Result<Model, PackageError> {
    let mut files = Files::fixture("stream");
    files.0.insert("events.onnx".into(), events_onnx([-1.0, 0.5, -3.0], 128));
    let mut table = TABLE.replace("OFFSET", &format!("{offset:?}"));
    change(&mut files, &mut table);
    if let Some(onnx) = files.0.get("events.onnx") {
        let hash: String = Sha256::digest(onnx).iter().map(|b| format!("{b:02x}")).collect();
        table +=
            &format!("\n[[files]]\nname = \"events.onnx\"\nbytes = {}\nsha256 = \"{hash}\"\n", onnx.len());
    }
    let manifest = files.manifest().replacen("[front_end]", &format!("{table}\n[front_end]"), 1);
    files.0.insert("manifest.toml".into(), manifest.into_bytes());
    files.load()
}

fn model(offset: f32) -> Arc<Model> {
    Arc::new(with_events(offset, |_, _| ()).unwrap())
}

#[test]
fn another_instrument_takes_from_the_classes_what_it_explains() {
    let audio = audio(3, 3 * RATE_HZ as usize, 1, RATE_HZ);
    let plain = common::model("stream");
    let mut without = engine(&plain, RATE_HZ, 1, Settings::default());
    let expected = whole(&mut without, &audio);
    assert!(expected.steps.iter().all(|step| step.another.is_none()));
    assert_eq!((without.another(), without.events()), (None, None));

    // 2 x 0.5 + 1 - 0.901388 = ln 3: three to one.
    let likely = model(-0.901_387_7);
    assert_eq!(likely.events().unwrap().others[1].name, "harp");
    let settings = Settings { attack_s: 0.0, release_s: 0.0, ..Settings::default() };
    let mut listening = engine(&likely, RATE_HZ, 1, settings);
    let run = whole(&mut listening, &audio);
    let close = |a: f32, b: f32| (a - b).abs() < 1e-6;
    for (step, plain) in run.steps.iter().zip(&expected.steps) {
        let Another { probability, instrument } = step.another.unwrap();
        assert!(close(probability, 0.75) && instrument == 1 && step.posterior == plain.posterior);
        assert!(step.activity.iter().zip(&step.posterior).all(|(a, p)| close(*a, 0.5 * p)));
    }
    assert!(listening.another().is_some_and(|another| close(another.probability, 0.75)));
    assert!(listening.clip().iter().zip(without.clip()).all(|(half, whole)| close(*half, 0.5 * whole)));
    let probabilities = listening.events().unwrap();
    assert!((probabilities[1] - 0.622_459).abs() < 1e-6 && probabilities.len() == 3, "{probabilities:?}");
    listening.reset();
    assert_eq!((listening.another(), listening.events()), (None, None));

    // An even chance takes nothing yet.
    let even = whole(&mut engine(&model(-2.0), RATE_HZ, 1, Settings::default()), &audio);
    assert!(even.steps.iter().zip(&expected.steps).all(|(a, b)| a.activity == b.activity));
    let never = whole(&mut engine(&model(-1e4), RATE_HZ, 1, Settings::default()), &audio);
    assert!(never.steps.iter().zip(&expected.steps).all(|(a, b)| a.activity == b.activity));
}

#[test]
fn silence_is_nobody() {
    let run =
        whole(&mut engine(&model(9.0), RATE_HZ, 1, Settings::default()), &vec![0.0; 2 * RATE_HZ as usize]);
    assert!(!run.steps.is_empty() && run.steps.iter().all(|step| step.another.is_none()));
}

#[test]
fn a_recording_and_a_stream_hear_the_same() {
    let (model, audio) = (model(-2.0), audio(5, 25 * RATE_HZ as usize, 1, RATE_HZ));
    let live = whole(&mut engine(&model, RATE_HZ, 1, Settings::default()), &audio);
    let format = InputFormat { sample_rate_hz: RATE_HZ, channels: 1 };
    let mut ahead = Engine::ahead(Arc::clone(&model), format, Settings::default(), Box::new(Alone)).unwrap();
    assert_eq!(whole(&mut ahead, &audio), live);
}

#[test]
fn tables_and_layers_that_cannot_be_are_refused() {
    let refused = |change: &dyn Fn(&mut Files, &mut String)| {
        let error = with_events(0.0, change).map(|_| ()).expect_err("it is wrong");
        (error.file, error.what)
    };
    let manifest = |what: &'static str| ("manifest.toml".to_owned(), what);
    let edited = |from: &'static str, to: &'static str| {
        move |_: &mut Files, table: &mut String| {
            assert!(table.contains(from), "{from}");
            *table = table.replacen(from, to, 1);
        }
    };
    for (from, to, what) in [
        ("events = [2]", "events = [3]", "event"),
        ("[[0], []", "[[7], []", "event"),
        ("[[0], []", "[[0]", "events.classes"),
        ("\"harp\", events = [1]", "\"harp\", events = []", "events.others"),
        ("\"Flute\"", "\"\"", "event name"),
        ("other = 2.0", "other = nan", "events.another"),
    ] {
        assert_eq!(refused(&edited(from, to)), manifest(what), "{to}");
    }
    let onnx = |what: &'static str| ("events.onnx".to_owned(), what);
    let missing = |files: &mut Files, _: &mut String| drop(files.0.remove("events.onnx"));
    assert_eq!(refused(&missing), onnx("entry in the manifest"));
    let narrow = |files: &mut Files, _: &mut String| {
        files.0.insert("events.onnx".into(), events_onnx([0.0; 3], 64));
    };
    assert_eq!(refused(&narrow), onnx("initialiser shape"));
    let wild = |files: &mut Files, _: &mut String| {
        files.0.insert("events.onnx".into(), events_onnx([f32::NAN, 0.0, 0.0], 128));
    };
    assert_eq!(refused(&wild).0, "events.onnx");
}

/// The weights alone say nothing of what the file computes from them.
#[test]
fn a_graph_that_is_not_that_layer_is_refused() {
    let refused = |change: &dyn Fn(&mut GraphProto)| {
        let bytes = graph_onnx([-1.0, 0.5, -3.0], 128, change);
        let files = move |files: &mut Files, _: &mut String| {
            files.0.insert("events.onnx".into(), bytes);
        };
        let error = with_events(0.0, files).map(|_| ()).expect_err("it is wrong");
        assert_eq!(error.file, "events.onnx");
        (error.what, error.to_string())
    };
    let follow = |graph: &mut GraphProto, op: &str| {
        let node = NodeProto {
            op_type: op.into(),
            input: vec!["logits".into()],
            output: vec!["probabilities".into()],
            ..NodeProto::default()
        };
        graph.node.push(node);
        graph.output[0].name = "probabilities".into();
    };
    let (what, said) = refused(&|graph| follow(graph, "Sigmoid"));
    assert!(what == "graph" && said.contains("of Flute on a probe") && said.contains("-1,"), "{said}");
    let (what, said) = refused(&|graph| drop(graph.node[0].input.pop()));
    assert!(what == "graph" && said.contains("events.bias"), "{said}");
    assert_eq!(refused(&|graph| graph.node[0].attribute[0].i = 0).0, "network");
    assert_eq!(refused(&|graph| follow(graph, "Loop")).0, "operator");
    assert_eq!(refused(&|graph| graph.output.push(graph.output[0].clone())).0, "outputs");
    assert_eq!(refused(&|graph| graph.input.clear()).0, "tensor name");
}

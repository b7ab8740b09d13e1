//! Bad packages, each with its typed error: never a panic, a hang or runaway memory.

mod common;

use common::Files;
use prost::Message;
use rollcall_engine::{Model, Package, PackageError, Settings};
use sha2::{Digest, Sha256};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tract_onnx::pb::{
    AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorProto, ValueInfoProto,
};

/// Loading a fixture takes milliseconds; a hostile file must not take the host's patience.
const PATIENCE: Duration = Duration::from_secs(20);

impl Files {
    /// Replaces a file and makes the manifest agree with it.
    fn replace(&mut self, name: &str, content: Vec<u8>) {
        let hash =
            |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
        let old = &self.0[name];
        let entry = |bytes: &[u8]| {
            format!("name = \"{name}\"\nbytes = {}\nsha256 = \"{}\"", bytes.len(), hash(bytes))
        };
        let manifest = self.manifest();
        let (old, new) = (entry(old), entry(&content));
        assert!(manifest.contains(&old), "{name} is in the manifest");
        self.0.insert("manifest.toml".into(), manifest.replace(&old, &new).into_bytes());
        self.0.insert(name.into(), content);
    }

    /// Changes an ONNX file through its messages.
    fn edit(&mut self, name: &str, change: impl FnOnce(&mut ModelProto)) {
        let mut model = ModelProto::decode(&*self.0[name]).expect("a good fixture");
        change(&mut model);
        self.replace(name, model.encode_to_vec());
    }

    fn edit_manifest(&mut self, from: &str, to: &str) {
        let manifest = self.manifest();
        assert!(manifest.contains(from), "{from} is in the manifest");
        self.0.insert("manifest.toml".into(), manifest.replacen(from, to, 1).into_bytes());
    }
}

fn load(files: &Files) -> Result<Model, PackageError> {
    let begun = Instant::now();
    let result = files.load();
    assert!(begun.elapsed() < PATIENCE, "loading took {:?}", begun.elapsed());
    result
}

/// Damages a fixture and expects an error about `what` of `file` that says what was found and expected.
fn refused(fixture: &str, file: &str, what: &str, damage: impl FnOnce(&mut Files)) -> PackageError {
    let mut files = Files::fixture(fixture);
    damage(&mut files);
    let error = match load(&files) {
        Ok(_) => panic!("{file}: {what} was not noticed"),
        Err(error) => error,
    };
    assert_eq!((error.file.as_str(), error.what), (file, what), "{error}");
    assert!(!error.found.is_empty() && !error.expected.is_empty(), "{error}");
    let text = error.to_string();
    assert!(text.starts_with(file) && text.lines().count() == 1 && text.len() < 1500, "{text}");
    error
}

fn graph(model: &mut ModelProto) -> &mut GraphProto {
    model.graph.as_mut().unwrap()
}

fn node<'a>(model: &'a mut ModelProto, operator: &str) -> &'a mut NodeProto {
    graph(model).node.iter_mut().find(|node| node.op_type == operator).unwrap()
}

#[test]
fn good_packages_load() {
    for name in ["stream", "patch", "quantised"] {
        let model = load(&Files::fixture(name)).unwrap();
        assert_eq!(model.classes().len(), 20);
        assert_eq!(model.thresholds(), [0.5; 20]);
        assert_eq!(model.package().sha256().len(), 64);
        assert!(
            model.package().file("MODEL_CARD.md").is_some() && model.package().file("head.onnx").is_none()
        );
    }
}

#[test]
fn files_that_are_not_what_the_manifest_says() {
    refused("stream", "dense.onnx", "file", |files| drop(files.0.remove("dense.onnx")));
    let error =
        refused("stream", "head.onnx", "SHA-256", |files| files.0.get_mut("head.onnx").unwrap()[500] ^= 1);
    assert_eq!((error.found.len(), error.expected.len()), (64, 64));
    refused("patch", "pca.f32", "size", |files| files.0.get_mut("pca.f32").unwrap().truncate(9));
    refused("patch", "MODEL_CARD.md", "size", |files| files.0.get_mut("MODEL_CARD.md").unwrap().push(b'!'));
}

#[test]
fn manifests() {
    for (from, to, what) in [
        ("rollcall.model/1", "rollcall.model/2", "schema"),
        ("version = ", "versions = ", "content"),
        ("kind = \"stream\"", "kind = \"dream\"", "content"),
        ("licence = ", "unknown = 1\nlicence = ", "content"),
        ("name = \"fixture-stream\"", "name = \"../stream\"", "name"),
        ("\"banjo\"", "\"accordion\"", "class name"),
        ("thresholds = [0.5,", "thresholds = [", "thresholds"),
        ("thresholds = [0.5,", "thresholds = [nan,", "threshold"),
        ("thresholds = [0.5,", "thresholds = [1.5,", "threshold"),
        ("update_hops = 16", "update_hops = 10", "update_hops"),
        ("memory_s = 3.0", "memory_s = 0.5", "memory_s"),
        ("groups = 8", "groups = 7", "head_normalisation.groups"),
        ("groups = 8", "groups = 0", "head_normalisation.groups"),
        ("low = 0.0", "low = inf", "post_processing"),
        ("fft = 512", "fft = 1024", "front_end"),
        ("name = \"columns.onnx\"", "name = \"../columns.onnx\"", "file name"),
        ("name = \"columns.onnx\"", "name = \"/columns.onnx\"", "file name"),
        ("name = \"columns.onnx\"", "name = \"dense.onnx\"", "file name"),
        ("name = \"columns.onnx\"", "name = \"manifest.toml\"", "file name"),
        ("scores = {}", "scores = { map = nan }", "score"),
    ] {
        refused("stream", "manifest.toml", what, |files| files.edit_manifest(from, to));
    }
    refused("stream", "columns.onnx", "entry in the manifest", |files| {
        files.edit_manifest("name = \"columns.onnx\"", "name = \"rows.onnx\"");
    });
    refused("stream", "MODEL_CARD.md", "stated SHA-256", |files| {
        files.edit_manifest("sha256 = \"", "sha256 = \"zz")
    });
    let manifest = "x".repeat(2 << 20);
    let error = Package::assemble(&manifest, &mut |_, _| unreachable!("nothing to read yet")).unwrap_err();
    assert_eq!((error.file.as_str(), error.what), ("manifest.toml", "size"));
}

#[test]
fn stated_sizes_beyond_the_bound_are_not_read() {
    let mut files = Files::fixture("stream");
    let bytes = format!("bytes = {}", files.0["dense.onnx"].len());
    files.edit_manifest(&bytes, "bytes = 20000000000");
    let error = Package::assemble(&files.manifest(), &mut |_, _| unreachable!("refused before")).unwrap_err();
    assert_eq!((error.file.as_str(), error.what), ("dense.onnx", "stated size"));
    // Each within its bound, all together far beyond: a reader would have all of them in memory.
    let mut files = Files::fixture("stream");
    files.edit_manifest(&bytes, "bytes = 536870912");
    let columns = format!("bytes = {}", files.0["columns.onnx"].len());
    files.edit_manifest(&columns, "bytes = 536870912");
    let error = Package::assemble(&files.manifest(), &mut |_, _| unreachable!("refused before")).unwrap_err();
    assert_eq!((error.file.as_str(), error.what), ("manifest.toml", "stated size of all files"));
}

#[test]
fn graphs_that_are_none_of_ours() {
    let columns = |what, change: fn(&mut ModelProto)| {
        refused("stream", "columns.onnx", what, |files| files.edit("columns.onnx", change));
    };
    columns("opset", |m| m.opset_import[0].version = 99);
    columns("opset", |m| m.opset_import[0].version = 7);
    columns("opset", |m| m.opset_import.clear());
    columns("opset", |m| {
        m.opset_import.push(OperatorSetIdProto { domain: "ai.onnx.ml".into(), version: 1 });
    });
    columns("graph", |m| m.graph = None);
    columns("functions", |m| m.functions.push(FunctionProto::default()));
    columns("operator", |m| node(m, "Relu").op_type = "Loop".into());
    columns("operator", |m| node(m, "Relu").op_type = "RandomNormalLike".into());
    columns("operator", |m| node(m, "Relu").domain = "com.microsoft".into());
    columns("attribute", |m| {
        let body =
            AttributeProto { name: "body".into(), g: Some(GraphProto::default()), ..Default::default() };
        node(m, "Relu").attribute.push(body);
    });
    let dense = |what, operator: &'static str, attribute: &'static str, ints: &'static [i64]| {
        refused("stream", "dense.onnx", what, |files| {
            files.edit("dense.onnx", |m| {
                let attributes = &mut node(m, operator).attribute;
                attributes.iter_mut().find(|a| a.name == attribute).unwrap().ints = ints.to_vec();
            });
        });
    };
    // tract 0.23.9 never returns from an axis that stands twice (found by `shuffled_graphs`).
    dense("attribute", "Transpose", "perm", &[0, 2, 2, 1]);
    dense("attribute", "Transpose", "perm", &[0, 1, 2, 3, i64::MAX]);
    columns("tensor name", |m| node(m, "Relu").input[0] = "nowhere".into());
    columns("tensor name", |m| {
        let twice = node(m, "Relu").clone();
        graph(m).node.push(twice);
    });
    columns("output", |m| graph(m).output[0].name = "nowhere".into());
    columns("output", |m| graph(m).output[0].name = graph(m).initializer[0].name.clone());
    columns("tensor name", |m| graph(m).input.clear());
    columns("inputs", |m| {
        let again = graph(m).input[0].clone();
        graph(m).input.push(ValueInfoProto { name: "another".into(), ..again });
    });
    columns("nodes", |m| graph(m).node.resize(600, NodeProto::default()));
    columns("structure", |m| graph(m).node.resize(200_000, NodeProto::default()));
    columns("structure", |m| m.doc_string = "long".repeat(100_000));
    // The convolutions must keep the length of time: one without its border does not divide by 16.
    columns("network", |m| {
        let pads = node(m, "Conv").attribute.iter_mut().find(|a| a.name == "pads").unwrap();
        pads.ints = vec![0, 0, 0, 0];
    });
}

#[test]
fn tensors_that_lie() {
    let weight = |what, change: fn(&mut TensorProto)| {
        refused("patch", "embedding.onnx", what, |files| {
            files.edit("embedding.onnx", |m| change(&mut graph(m).initializer[2]));
        })
    };
    let nan = |t: &mut TensorProto| t.raw_data[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(weight("weight", nan).found.starts_with("NaN at 0 of "));
    weight("weight", |t| t.raw_data[8..12].copy_from_slice(&f32::INFINITY.to_le_bytes()));
    // 20 GB claimed, and more than any machine has.
    weight("tensor size", |t| t.dims = vec![5_000_000_000]);
    weight("tensor size", |t| t.dims = vec![i64::MAX, i64::MAX, i64::MAX]);
    weight("tensor size", |t| t.dims = vec![-1, 8]);
    weight("tensor size", |t| t.dims = vec![0; 4]);
    weight("tensor size", |t| t.dims = vec![1; 100]);
    weight("tensor size", |t| t.raw_data.truncate(9));
    weight("tensor size", |t| t.raw_data.clear());
    weight("tensor type", |t| t.data_type = 8);
    weight("tensor type", |t| t.data_type = 9999);
    weight("external data", |t| {
        t.data_location = Some(1);
        let key = StringStringEntryProto { key: "location".into(), value: "/etc/passwd".into() };
        t.external_data.push(key);
        t.raw_data.clear();
    });
}

#[test]
fn bombs() {
    let pads = |files: &mut Files| {
        files.edit("embedding.onnx", |m| {
            let pads = node(m, "Conv").attribute.iter_mut().find(|a| a.name == "pads").unwrap();
            pads.ints = vec![1_000_000_000; 4];
        });
    };
    refused("patch", "embedding.onnx", "attribute", pads);
    // Two vectors that broadcast to 10^10 elements when they are folded.
    let vector = |name: &str, dims: [i64; 2]| TensorProto {
        name: name.into(),
        dims: dims.into(),
        data_type: 1,
        raw_data: vec![0; 400_000],
        ..Default::default()
    };
    let sum = |inputs: [&str; 2]| NodeProto {
        op_type: "Add".into(),
        input: inputs.map(String::from).into(),
        output: vec!["sum".into()],
        ..Default::default()
    };
    let broadcast = |files: &mut Files| {
        files.edit("embedding.onnx", |m| {
            graph(m).initializer.extend([vector("a", [100_000, 1]), vector("b", [1, 100_000])]);
            graph(m).node.insert(0, sum(["a", "b"]));
        });
    };
    refused("patch", "embedding.onnx", "constants", broadcast);
    // The same with what comes from the input: nothing to fold, but 2.4 GB a patch.
    let activations = |files: &mut Files| {
        files.edit("embedding.onnx", |m| {
            graph(m).initializer.push(vector("a", [100_000, 1]));
            let input = graph(m).input[0].name.clone();
            let first = graph(m).node.iter_mut().find(|n| n.input.first() == Some(&input)).unwrap();
            first.input[0] = "sum".into();
            graph(m).node.insert(0, sum([&input, "a"]));
            graph(m).initializer.last_mut().unwrap().dims = vec![100_000, 1, 1, 1];
        });
    };
    refused("patch", "embedding.onnx", "network", activations);
}

#[test]
fn shapes_that_do_not_fit() {
    refused("stream", "dense.onnx", "input shape", |files| {
        files.edit("dense.onnx", |m| {
            let input = &mut graph(m).input[0];
            let Some(tract_onnx::pb::type_proto::Value::TensorType(t)) =
                &mut input.r#type.as_mut().unwrap().value
            else {
                unreachable!()
            };
            let five = tract_onnx::pb::tensor_shape_proto::dimension::Value::DimValue(5);
            t.shape.as_mut().unwrap().dim[2].value = Some(five);
        });
    });
    // A head for 20 classes and a manifest of 19.
    refused("stream", "head.onnx", "initialiser shape", |files| {
        files.edit_manifest(", \"voice\"]", "]");
        files.edit_manifest("thresholds = [0.5, ", "thresholds = [");
    });
    refused("stream", "head.onnx", "initialiser", |files| {
        files.edit("head.onnx", |m| {
            let weight = graph(m).initializer.iter_mut().find(|t| t.name == "conv2.weight").unwrap();
            weight.name = "renamed".into();
            for node in &mut graph(m).node {
                node.input.iter_mut().filter(|i| *i == "conv2.weight").for_each(|i| *i = "renamed".into());
            }
        });
    });
}

#[test]
fn a_head_that_computes_something_else() {
    let head = |fixture, what, change: fn(&mut ModelProto)| {
        refused(fixture, "head.onnx", what, |files| files.edit("head.onnx", change));
    };
    for fixture in ["stream", "patch"] {
        head(fixture, "graph", |m| node(m, "Relu").op_type = "Identity".into());
        // The residual left out: what was added twice the same.
        head(fixture, "graph", |m| {
            let residual = graph(m).node.iter_mut().find(|n| n.output[0] == "residual").unwrap();
            residual.input[1] = residual.input[0].clone();
        });
        head(fixture, "graph", |m| {
            let gated = graph(m).node.iter_mut().find(|n| n.output[0] == "gated").unwrap();
            gated.input[1] = "attention.raw".into();
        });
        head(fixture, "outputs", |m| graph(m).output.swap(0, 1));
    }
    // Group weights read as batch normalisation, and the other way about.
    refused("patch", "head.onnx", "initialiser", |files| {
        files.edit_manifest("{ kind = \"batch\" }", "{ kind = \"group\", groups = 8 }");
    });
    refused("stream", "head.onnx", "graph", |files| files.edit_manifest("groups = 8", "groups = 4"));
}

/// Finite weights whose sums are not: found when audio comes, told as such, and over after a reset to try again.
#[test]
fn a_network_that_overflows() {
    let mut files = Files::fixture("patch");
    files.edit_manifest("{ kind = \"pca8\" }", "{ kind = \"none\" }");
    files.edit("embedding.onnx", |m| {
        let bias = graph(m).initializer.iter_mut().find(|t| t.name == "fc1.bias").unwrap();
        bias.raw_data = [3e38_f32; 128].iter().flat_map(|x| x.to_le_bytes()).collect();
    });
    files.edit("head.onnx", |m| {
        let weight = graph(m).initializer.iter_mut().find(|t| t.name == "activity.weight").unwrap();
        let (values, _) = weight.raw_data.as_chunks_mut::<4>();
        values.iter_mut().for_each(|x| *x = (f32::from_le_bytes(*x) * 1e30).to_le_bytes());
    });
    let model = Arc::new(load(&files).unwrap());
    let mut engine = common::engine(&model, 16_000, 1, Settings::default());
    let sound = common::audio(1, 32_000, 1, 16_000);
    for _ in 0..2 {
        let error = engine.push(&sound, &mut |step| panic!("no step: {step:?}")).unwrap_err().to_string();
        assert!(error.contains("not finite"), "{error}");
        assert!(engine.push(&sound, &mut |_| {}).is_err(), "what failed stays failed");
        engine.reset();
    }
}

#[test]
fn truncated_at_every_fiftieth_of_the_length() {
    for (fixture, name) in NETWORKS {
        let good = Files::fixture(fixture);
        for fiftieth in 0..50 {
            let mut files = good.clone();
            let content = &good.0[name];
            files.replace(name, content[..content.len() * fiftieth / 50].to_vec());
            let error =
                load(&files).err().unwrap_or_else(|| panic!("{name} cut at {fiftieth}/50 was not noticed"));
            assert_eq!(error.file, name, "{error}");
        }
    }
}

/// Seeded numbers below a bound.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

const NETWORKS: [(&str, &str); 6] = [
    ("stream", "columns.onnx"),
    ("stream", "dense.onnx"),
    ("stream", "head.onnx"),
    ("patch", "embedding.onnx"),
    ("quantised", "columns.onnx"),
    ("quantised", "dense.onnx"),
];

/// Rounds of the two tests below for each network: `ROLLCALL_FUZZ_ROUNDS`, or enough for every day.
fn rounds(every_day: usize) -> usize {
    std::env::var("ROLLCALL_FUZZ_ROUNDS").map_or(every_day, |rounds| rounds.parse().expect("a number"))
}

/// Loads what may be good or bad; a bad one must say which network it is about.
fn judge(files: &Files, what: &str) -> bool {
    match load(files) {
        Ok(_) => true,
        Err(error) => {
            // The two halves of a stream are judged together.
            assert!(error.file.ends_with(".onnx"), "{what}: {error}");
            false
        }
    }
}

#[test]
fn flipped_bits() {
    let mut random = Random(1);
    let (mut loaded, mut refused) = (0, 0);
    for (fixture, name) in NETWORKS {
        let good = Files::fixture(fixture);
        // Half of the flips hit the messages that make the structure, where the harm is.
        let model = ModelProto::decode(&*good.0[name]).unwrap();
        let structure = model.graph.as_ref().unwrap().node.iter().map(Message::encoded_len).sum::<usize>();
        for round in 0..rounds(60) {
            let mut content = good.0[name].clone();
            for _ in 0..=random.below(3) {
                let within =
                    if round % 2 == 0 { (structure + 100).min(content.len()) } else { content.len() };
                content[random.below(within)] ^= 1 << random.below(8);
            }
            let mut files = good.clone();
            files.replace(name, content);
            if judge(&files, &format!("{name}, round {round}")) { loaded += 1 } else { refused += 1 }
        }
    }
    // A flip in a weight's digits is another weight; one in the structure is not.
    assert!(loaded > 20 && refused > 20, "{loaded} loaded, {refused} refused");
}

/// Files that are good messages, and whose graphs get past the first checks.
#[test]
fn shuffled_graphs() {
    const OPERATORS: [&str; 19] = [
        "Add",
        "Sub",
        "Mul",
        "Div",
        "MatMul",
        "Gemm",
        "Conv",
        "MaxPool",
        "Relu",
        "Transpose",
        "Reshape",
        "Flatten",
        "Concat",
        "Softmax",
        "ReduceMean",
        "Sigmoid",
        "QLinearConv",
        "QuantizeLinear",
        "DequantizeLinear",
    ];
    const NUMBERS: [i64; 8] = [0, 1, 2, 3, -1, 7, 64, i64::MAX];
    let mut random = Random(2);
    let (mut loaded, mut refused) = (0, 0);
    for (fixture, name) in NETWORKS {
        let good = Files::fixture(fixture);
        for round in 0..rounds(60) {
            let mut files = good.clone();
            files.edit(name, |model| {
                let graph = graph(model);
                for _ in 0..=random.below(2) {
                    let at = random.below(graph.node.len());
                    let other = random.below(graph.node.len());
                    let value = graph.node[other].output[0].clone();
                    let tensor = random.below(graph.initializer.len());
                    let node = &mut graph.node[at];
                    match random.below(7) {
                        0 => node.op_type = OPERATORS[random.below(OPERATORS.len())].into(),
                        1 => node.input[0] = value,
                        2 => node.input.push(graph.initializer[tensor].name.clone()),
                        3 => drop(node.attribute.pop()),
                        4 => {
                            let ints = node.attribute.iter_mut().flat_map(|a| a.ints.iter_mut());
                            ints.for_each(|n| *n = NUMBERS[random.below(NUMBERS.len())]);
                        }
                        5 => graph.initializer[tensor].dims.reverse(),
                        _ => graph.node.swap(at, other),
                    }
                }
            });
            if judge(&files, &format!("{name}, round {round}")) { loaded += 1 } else { refused += 1 }
        }
    }
    assert!(refused > 100, "{loaded} loaded, {refused} refused");
}

//! The attention head: tensors in, `head.onnx` out (paper, section 2.3, or as AttentionMIC was published).

use crate::{
    Dense, ImportError,
    onnx::{
        Attribute::{Int, Ints},
        Dimension::{Any, Fixed},
        Graph, Storage,
    },
    tensors::Tensors,
    vggish::Checkpoint,
};
use rollcall_engine::package::HeadNormalisation;
use std::path::Path;

const WIDTH: usize = rollcall_engine::EMBEDDING;
/// Groups of the paper's normalisation: 16 channels each.
pub const GROUPS: usize = 8;
/// Added to the variance (PyTorch's normalisations).
pub const NORM_EPSILON: f32 = 1e-5;
/// Attention weights keep this distance from 0 and 1 (AttentionMIC, `Attention.py`).
const CLAMP: f32 = 1e-7;
const REMEDY: &str =
    "a state dict of AttentionMIC's DecisionLevelSingleAttention with three layers of 128 is wanted";

/// How the head normalises after its convolutions.
#[derive(Clone, Debug, PartialEq)]
pub enum Normalisation {
    /// Group normalisation of each step after the third convolution, ReLU after the first two.
    Group {
        /// Scale of each channel.
        weight: Vec<f32>,
        /// Offset of each channel.
        bias: Vec<f32>,
    },
    /// Batch normalisation of the input and after each convolution, by running statistics, ReLU after each.
    Batch(Vec<RunningNorm>),
}

/// Batch normalisation by running statistics, `[128]` each.
#[derive(Clone, Debug, PartialEq)]
pub struct RunningNorm {
    /// Scale.
    pub weight: Vec<f32>,
    /// Offset.
    pub bias: Vec<f32>,
    /// Mean over the training data.
    pub running_mean: Vec<f32>,
    /// Variance over the training data.
    pub running_var: Vec<f32>,
}

/// Three 1 x 1 convolutions, normalisation, residual, then one layer each for activity and attention.
#[derive(Clone, Debug, PartialEq)]
pub struct AttentionHead {
    /// What makes the 128 that the head reads of the representation and the detail after it; `None`: the representation is read.
    pub input: Option<Dense>,
    /// The three convolutions; an empty bias: none.
    pub convolutions: Vec<Dense>,
    /// How it normalises.
    pub normalisation: Normalisation,
    /// Decodes the class activity.
    pub activity: Dense,
    /// Decodes the attention.
    pub attention: Dense,
}

impl AttentionHead {
    /// A head that was never trained: every activity is one half, whatever sounds.
    #[must_use]
    pub fn untrained(classes: usize) -> Self {
        let zeros = |outputs: usize| Dense {
            inputs: WIDTH,
            outputs,
            weight: vec![0.0; outputs * WIDTH],
            bias: vec![0.0; outputs],
        };
        Self {
            input: None,
            convolutions: vec![zeros(WIDTH); 3],
            normalisation: Normalisation::Group { weight: vec![1.0; WIDTH], bias: vec![0.0; WIDTH] },
            activity: zeros(classes),
            attention: zeros(classes),
        }
    }

    /// Reads a head that AttentionMIC trained (`best_f1_score_macro.pth`).
    ///
    /// # Errors
    /// As [`crate::Vggish::read`].
    pub fn read(path: &Path) -> Result<Self, ImportError> {
        let tensors = Checkpoint::open(path, REMEDY)?;
        let norm = |i: usize| -> Result<RunningNorm, ImportError> {
            let part = |name: &str| tensors.exactly(&format!("emb.batchnorm.{i}.{name}"), &[WIDTH]);
            Ok(RunningNorm {
                weight: part("weight")?,
                bias: part("bias")?,
                running_mean: part("running_mean")?,
                running_var: part("running_var")?,
            })
        };
        let convolution = |i: usize| -> Result<Dense, ImportError> {
            let name = format!("emb.conv1x1.{i}.weight");
            let weight = tensors.exactly(&name, &[WIDTH, WIDTH, 1, 1])?;
            Ok(Dense { inputs: WIDTH, outputs: WIDTH, weight, bias: Vec::new() })
        };
        let classes = rollcall_engine::OPENMIC_CLASSES.len();
        let decoder = |name: &str| -> Result<Dense, ImportError> {
            let weight = tensors.exactly(&format!("attention.{name}.weight"), &[classes, WIDTH, 1, 1])?;
            let bias = tensors.exactly(&format!("attention.{name}.bias"), &[classes])?;
            Ok(Dense { inputs: WIDTH, outputs: classes, weight, bias })
        };
        let head = Self {
            input: None,
            convolutions: (0..3).map(convolution).collect::<Result<_, _>>()?,
            normalisation: Normalisation::Batch((0..4).map(norm).collect::<Result<_, _>>()?),
            activity: decoder("cla")?,
            attention: decoder("att")?,
        };
        // How many batches PyTorch's running statistics are of: they are what they are.
        let counters: Vec<String> =
            (0..4).map(|i| format!("emb.batchnorm.{i}.num_batches_tracked")).collect();
        tensors.finish(|name| counters.iter().any(|counter| counter == name))?;
        Ok(head)
    }

    /// Reads a head that [`AttentionHead::to_onnx`] wrote with group normalisation; `path` is for messages.
    ///
    /// # Errors
    /// A file that is no ONNX, or holds another head.
    pub fn from_onnx(path: &Path, bytes: &[u8], classes: usize) -> Result<Self, ImportError> {
        let tensors = Tensors::read(path, bytes)?;
        let convolution = |i: usize| tensors.dense(&format!("conv{i}"), WIDTH, WIDTH);
        let inputs = tensors.length("input.weight").map(|count| count / WIDTH);
        Ok(Self {
            input: inputs.map(|inputs| tensors.dense("input", inputs, WIDTH)).transpose()?,
            convolutions: (1..=3).map(convolution).collect::<Result<_, _>>()?,
            normalisation: Normalisation::Group {
                weight: tensors.get("norm.weight", WIDTH)?,
                bias: tensors.get("norm.bias", WIDTH)?,
            },
            activity: tensors.dense("activity", WIDTH, classes)?,
            attention: tensors.dense("attention", WIDTH, classes)?,
        })
    }

    /// What a manifest says of the normalisation.
    #[must_use]
    pub fn kind(&self) -> HeadNormalisation {
        match self.normalisation {
            Normalisation::Group { .. } => HeadNormalisation::Group { groups: GROUPS },
            Normalisation::Batch(_) => HeadNormalisation::Batch,
        }
    }

    /// `head.onnx`: `[1, T, 128 or as many as its input layer reads] -> clip [1, C], activity [1, T, C], attention [1, T, C]`.
    #[must_use]
    pub fn to_onnx(&self, storage: Storage) -> Vec<u8> {
        let mut graph = Graph::new(storage);
        let given = "representation";
        let x = self.input.as_ref().map(|input| layer(&mut graph, given, "input", input));
        let x = x.as_deref().unwrap_or(given);
        let y = match &self.normalisation {
            Normalisation::Group { weight, bias } => self.grouped(&mut graph, x, weight, bias),
            Normalisation::Batch(norms) => self.batched(&mut graph, x, norms),
        };
        let y = graph.node("Add", &[&y, x], "residual", &[]);
        let activity = layer(&mut graph, &y, "activity", &self.activity);
        let activity = graph.node("Sigmoid", &[&activity], "activity", &[]);
        let attention = layer(&mut graph, &y, "attention", &self.attention);
        let mut attention = graph.node("Sigmoid", &[&attention], "attention.raw", &[]);
        if matches!(self.normalisation, Normalisation::Batch(_)) {
            let low = graph.constant("low", &[], &[CLAMP]);
            let high = graph.constant("high", &[], &[1.0 - CLAMP]);
            attention = graph.node("Clip", &[&attention, &low, &high], "attention.clamped", &[]);
        }
        let time = graph.ints("time", &[1]);
        let total = graph.node("ReduceSum", &[&attention, &time], "attention.sum", &[Int("keepdims", 1)]);
        let attention = graph.node("Div", &[&attention, &total], "attention", &[]);
        let gated = graph.node("Mul", &[&activity, &attention], "gated", &[]);
        let pooled = graph.node("ReduceSum", &[&gated, &time], "pooled", &[Int("keepdims", 0)]);
        let (zero, one) = (graph.constant("zero", &[], &[0.0]), graph.constant("one", &[], &[1.0]));
        let clip = graph.node("Clip", &[&pooled, &zero, &one], "clip", &[]);
        let classes = self.activity.outputs;
        let steps = &[Fixed(1), Any("T"), Fixed(classes)];
        graph.encode(
            "head",
            &[(given, &[Fixed(1), Any("T"), Fixed(self.input.as_ref().map_or(WIDTH, |input| input.inputs))])],
            &[(&clip, &[Fixed(1), Fixed(classes)]), (&activity, steps), (&attention, steps)],
        )
    }

    fn grouped(&self, graph: &mut Graph, x: &str, weight: &[f32], bias: &[f32]) -> String {
        let mut y = x.to_owned();
        for (i, convolution) in (1..).zip(&self.convolutions) {
            y = layer(graph, &y, &format!("conv{i}"), convolution);
            if i < 3 {
                y = graph.node("Relu", &[&y], &format!("relu{i}"), &[]);
            }
        }
        let grouped = graph.ints("grouped", &[-1, GROUPS as i64, (WIDTH / GROUPS) as i64]);
        let over_group = || [Ints("axes", vec![2])];
        y = graph.node("Reshape", &[&y, &grouped], "groups", &[]);
        let mean = graph.node("ReduceMean", &[&y], "mean", &over_group());
        y = graph.node("Sub", &[&y, &mean], "centred", &[]);
        let square = graph.node("Mul", &[&y, &y], "square", &[]);
        let variance = graph.node("ReduceMean", &[&square], "variance", &over_group());
        let epsilon = graph.constant("epsilon", &[], &[NORM_EPSILON]);
        let variance = graph.node("Add", &[&variance, &epsilon], "variance.epsilon", &[]);
        let deviation = graph.node("Sqrt", &[&variance], "deviation", &[]);
        y = graph.node("Div", &[&y, &deviation], "unit", &[]);
        let ungrouped = graph.ints("ungrouped", &[1, -1, WIDTH as i64]);
        y = graph.node("Reshape", &[&y, &ungrouped], "ungrouped.out", &[]);
        let w = graph.weight("norm.weight", &[WIDTH], weight);
        let b = graph.weight("norm.bias", &[WIDTH], bias);
        y = graph.node("Mul", &[&y, &w], "norm.scaled", &[]);
        graph.node("Add", &[&y, &b], "norm.out", &[])
    }

    fn batched(&self, graph: &mut Graph, x: &str, norms: &[RunningNorm]) -> String {
        graph.constant("epsilon", &[], &[NORM_EPSILON]);
        let mut y = x.to_owned();
        for (i, norm) in norms.iter().enumerate() {
            if i > 0 {
                y = layer(graph, &y, &format!("conv{i}"), &self.convolutions[i - 1]);
            }
            y = running(graph, &y, &format!("norm{i}"), norm);
            if i > 0 {
                y = graph.node("Relu", &[&y], &format!("relu{i}"), &[]);
            }
        }
        y
    }
}

/// A 1 x 1 convolution over `[1, T, channels]`.
fn layer(graph: &mut Graph, x: &str, name: &str, layer: &Dense) -> String {
    let shape = [layer.outputs, layer.inputs, 1];
    let mut weights = vec![graph.weight(&format!("{name}.weight"), &shape, &layer.weight)];
    if !layer.bias.is_empty() {
        weights.push(graph.weight(&format!("{name}.bias"), &[layer.outputs], &layer.bias));
    }
    let turn = || [Ints("perm", vec![0, 2, 1])];
    let x = graph.node("Transpose", &[x], &format!("{name}.channels_first"), &turn());
    let inputs: Vec<&str> = [x.as_str()].into_iter().chain(weights.iter().map(String::as_str)).collect();
    let y = graph.node("Conv", &inputs, &format!("{name}.conv"), &[Ints("kernel_shape", vec![1])]);
    graph.node("Transpose", &[&y], &format!("{name}.out"), &turn())
}

/// Batch normalisation by running statistics over the last axis, spelled out so that the engine finds its tensors by name.
fn running(graph: &mut Graph, x: &str, name: &str, norm: &RunningNorm) -> String {
    let mut part = |part: &str, values: &[f32]| graph.constant(&format!("{name}.{part}"), &[WIDTH], values);
    let (mean, variance) = (part("running_mean", &norm.running_mean), part("running_var", &norm.running_var));
    let (weight, bias) = (part("weight", &norm.weight), part("bias", &norm.bias));
    let centred = graph.node("Sub", &[x, &mean], &format!("{name}.centred"), &[]);
    let variance = graph.node("Add", &[&variance, "epsilon"], &format!("{name}.var"), &[]);
    let deviation = graph.node("Sqrt", &[&variance], &format!("{name}.std"), &[]);
    let unit = graph.node("Div", &[&centred, &deviation], &format!("{name}.unit"), &[]);
    let scaled = graph.node("Mul", &[&unit, &weight], &format!("{name}.scaled"), &[]);
    graph.node("Add", &[&scaled, &bias], &format!("{name}.out"), &[])
}

//! The attention head (paper, section 2.3) in plain Rust, one step at a time and in log space.
//!
//! `head.onnx` is the definition; its weights are read by name and run here, because tract's sigmoid has a floor of
//! 4.5e-7 (measured) that the normalisation over time would amplify. At load both are compared on a probe.
//!
//! With `x` the representation of a step, all layers 1 x 1 and thus a product of a matrix and `x`:
//! - **Group** (the paper): `y = norm(conv3(relu(conv2(relu(conv1(x)))))) + x`. The groups are of the channels of *each
//!   step*: statistics over time would make a step depend on the length of the history, and pooling a file of ten hours
//!   in constant memory impossible.
//! - **Batch** (AttentionMIC as published, `Attention.py`): `y = h3 + x`, `h_i = relu(norm_i(conv_i(h_(i-1))))`,
//!   `h_0 = norm_0(x)`. The residual is the input *before* its normalisation; attention is clamped to `1e-7..1 - 1e-7`.
//!
//! A head of added classes may be given more than the representation: its first layer, `input`, makes `x` of the representation and the
//! detail of the window after it (`detail.onnx`).
//!
//! Then `activity = sigmoid(A y)`, `attention = sigmoid(B y)`, and over time [`pool::Pool`].

mod heads;
mod pool;
mod probe;
mod step;
mod weights;

pub(crate) use heads::Heads;
pub(crate) use pool::Pool;
pub(crate) use probe::representations;
pub(crate) use step::HeadStep;
use step::StepPart;

use crate::network::{Onnx, Window};
use crate::sigmoid::{log_sigmoid, sigmoid};
use crate::{EMBEDDING, Package, PackageError, package::HeadNormalisation};
use weights::{Affine, EPSILON};
pub(crate) use weights::{Dense, WeightReader};

/// Bounds of AttentionMIC's attention before it is normalised (`Attention.py`).
const BATCH_CLAMP: f32 = 1e-7;

/// The layers of a head.
struct Head {
    /// From the representation and the detail to 128.
    input: Option<Dense>,
    convolutions: [Dense; 3],
    normalisation: Normalisation,
    activity: Dense,
    attention: Dense,
    classes: usize,
}

enum Normalisation {
    Group {
        groups: usize,
        affine: Affine,
    },
    /// Running statistics folded into one factor and offset each.
    Batch(Box<[Affine; 4]>),
}

impl Head {
    /// Reads a file of the package, checks every shape and weight, and compares itself with the file's own graph.
    fn load(
        package: &mut Package,
        name: &str,
        classes: usize,
        normalisation: HeadNormalisation,
        detail: usize,
    ) -> Result<Self, PackageError> {
        let mut onnx = Onnx::read(name, &package.take(name))?;
        let reader = WeightReader::new(&onnx);
        let normalisation = match normalisation {
            HeadNormalisation::Group { groups } => {
                Normalisation::Group { groups, affine: reader.affine("norm")? }
            }
            HeadNormalisation::Batch => Normalisation::Batch(Box::new([
                reader.running("norm0")?,
                reader.running("norm1")?,
                reader.running("norm2")?,
                reader.running("norm3")?,
            ])),
        };
        let square = |layer| reader.dense(layer, EMBEDDING);
        let width = EMBEDDING + detail;
        let input =
            if reader.has("input") { Some(reader.dense_over("input", width, EMBEDDING)?) } else { None };
        let head = Self {
            input,
            convolutions: [square("conv1")?, square("conv2")?, square("conv3")?],
            normalisation,
            activity: reader.dense("activity", classes)?,
            attention: reader.dense("attention", classes)?,
            classes,
        };
        let width = if head.input.is_some() { width } else { EMBEDDING };
        let run = |x: &[f32], step: &mut HeadStep| head.run(x, step.part(0..classes));
        probe::compare((classes, width), &run, &mut onnx)?;
        Ok(head)
    }

    /// Runs the head on what the network made of one step, post-processed.
    fn step(&self, window: &Window, out: StepPart<'_>) {
        if self.input.is_some() {
            self.run(&[&window.embedding[..], &window.detail].concat(), out);
        } else {
            self.run(&window.embedding, out);
        }
    }

    /// Runs it on all that it is given of one step.
    fn run(&self, given: &[f32], out: StepPart<'_>) {
        let mut x = [0.0; EMBEDDING];
        match &self.input {
            Some(input) => input.apply(given, &mut x),
            None => x.copy_from_slice(given),
        }
        let mut y = self.body(&x);
        for (y, x) in y.iter_mut().zip(&x) {
            *y += x;
        }
        self.activity.apply(&y, out.activity);
        out.activity.iter_mut().for_each(|a| *a = sigmoid(*a));
        self.attention.apply(&y, out.log_attention);
        out.log_attention.iter_mut().for_each(|a| *a = log_sigmoid(*a));
        if matches!(self.normalisation, Normalisation::Batch(_)) {
            let clamp = f64::from(BATCH_CLAMP);
            let (low, high) = (libm::log(clamp) as f32, libm::log1p(-clamp) as f32);
            out.log_attention.iter_mut().for_each(|a| *a = a.clamp(low, high));
        }
    }

    /// Everything before the residual connection.
    fn body(&self, x: &[f32; EMBEDDING]) -> [f32; EMBEDDING] {
        let (mut from, mut to) = (*x, [0.0; EMBEDDING]);
        match &self.normalisation {
            Normalisation::Group { groups, affine } => {
                for (i, convolution) in self.convolutions.iter().enumerate() {
                    convolution.apply(&from, &mut to);
                    if i < 2 {
                        relu(&mut to);
                    }
                    from = to;
                }
                normalise_groups(&mut from, *groups);
                affine.apply(&mut from);
            }
            Normalisation::Batch(affines) => {
                affines[0].apply(&mut from);
                for (convolution, affine) in self.convolutions.iter().zip(&affines[1..]) {
                    convolution.apply(&from, &mut to);
                    affine.apply(&mut to);
                    relu(&mut to);
                    from = to;
                }
            }
        }
        from
    }
}

fn relu(values: &mut [f32]) {
    values.iter_mut().for_each(|x| *x = x.max(0.0));
}

/// Takes the mean off each group of channels and divides by its standard deviation.
fn normalise_groups(values: &mut [f32; EMBEDDING], groups: usize) {
    for group in values.chunks_exact_mut(EMBEDDING / groups) {
        let count = group.len() as f32;
        let mean = group.iter().sum::<f32>() / count;
        let variance = group.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / count;
        let factor = 1.0 / (variance + EPSILON).sqrt();
        group.iter_mut().for_each(|x| *x = (*x - mean) * factor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_normalised_apart() {
        let mut x = [0.0; EMBEDDING];
        for (i, x) in x.iter_mut().enumerate() {
            *x = (i % 2) as f32 * if i < 64 { 2.0 } else { 200.0 };
        }
        normalise_groups(&mut x, 2);
        // Two values at equal distance from their mean: -1 and 1, but for epsilon.
        for (i, x) in x.iter().enumerate() {
            let expected = if i % 2 == 0 { -1.0 } else { 1.0 };
            assert!((x - expected).abs() < 1e-5, "channel {i} is {x}");
        }
    }
}

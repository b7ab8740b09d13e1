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
//! Then `activity = sigmoid(A y)`, `attention = sigmoid(B y)`, and over time [`pool::Pool`].

mod pool;
mod probe;
mod step;
mod weights;

pub(crate) use pool::Pool;
pub(crate) use probe::representations;
pub(crate) use step::HeadStep;

use crate::sigmoid::{log_sigmoid, sigmoid};
use crate::{EMBEDDING, Package, PackageError, network::Onnx, package::HeadNormalisation};
use weights::{Affine, EPSILON};
pub(crate) use weights::{Dense, WeightReader};

/// Bounds of AttentionMIC's attention before it is normalised (`Attention.py`).
const BATCH_CLAMP: f32 = 1e-7;

/// The layers of a head.
pub(crate) struct Head {
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
    /// Reads `head.onnx`, checks every shape and weight, and compares itself with the file's own graph.
    pub(crate) fn load(package: &mut Package) -> Result<Self, PackageError> {
        let name = "head.onnx";
        let mut onnx = Onnx::read(name, &package.take(name))?;
        let classes = package.manifest().classes.len();
        let reader = WeightReader::new(&onnx);
        let normalisation = match package.manifest().head_normalisation {
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
        let head = Self {
            convolutions: [square("conv1")?, square("conv2")?, square("conv3")?],
            normalisation,
            activity: reader.dense("activity", classes)?,
            attention: reader.dense("attention", classes)?,
            classes,
        };
        probe::compare(classes, &|x, step| head.step(x, step), &mut onnx)?;
        Ok(head)
    }

    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// Runs the head on the representation of one step.
    pub(crate) fn step(&self, x: &[f32; EMBEDDING], out: &mut HeadStep) {
        let mut y = self.body(x);
        for (y, x) in y.iter_mut().zip(x) {
            *y += x;
        }
        self.activity.apply(&y, &mut out.activity);
        out.activity.iter_mut().for_each(|a| *a = sigmoid(*a));
        self.attention.apply(&y, &mut out.log_attention);
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

//! All parameters of a network in one flat vector, with names.

use fastrand::Rng;
use std::ops::Range;

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Uniform within `sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio 2010; paper, section 4.1).
    Glorot {
        /// Inputs of a unit.
        fan_in: usize,
        /// Units that an input reaches.
        fan_out: usize,
    },
    /// Normal with standard deviation `sqrt(2 / fan_in)` (He et al. 2015), for layers followed by ReLU.
    He {
        /// Inputs of a unit.
        fan_in: usize,
    },
    /// One value everywhere.
    Constant(f32),
}

/// One named tensor inside the flat vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Name, e.g. `conv1.weight`; also the name in checkpoints.
    pub name: String,
    /// Shape, row-major.
    pub shape: Vec<usize>,
    /// Where it lies.
    pub range: Range<usize>,
    /// How it starts.
    pub init: Init,
    /// Whether weight decay applies.
    pub decays: bool,
}

/// The names and places of all parameters.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// In the order of the flat vector.
    pub entries: Vec<Entry>,
}

impl Layout {
    /// Appends a tensor and returns its range.
    pub fn add(&mut self, name: &str, shape: &[usize], init: Init) -> Range<usize> {
        let start = self.len();
        let range = start..start + shape.iter().product::<usize>();
        let decays = !matches!(init, Init::Constant(_));
        self.entries.push(Entry {
            name: name.into(),
            shape: shape.into(),
            range: range.clone(),
            init,
            decays,
        });
        range
    }

    /// Values in all.
    pub fn len(&self) -> usize {
        self.entries.last().map_or(0, |e| e.range.end)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Starting values; the same seed gives the same values whatever else was drawn.
    pub fn initialise(&self, seed: u64) -> Vec<f32> {
        let mut values = vec![0.0; self.len()];
        for (i, entry) in self.entries.iter().enumerate() {
            let mut rng = Rng::with_seed(seed ^ (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            for v in &mut values[entry.range.clone()] {
                *v = match entry.init {
                    Init::Constant(c) => c,
                    Init::Glorot { fan_in, fan_out } => {
                        let bound = (6.0 / (fan_in + fan_out) as f32).sqrt();
                        bound * (2.0 * rng.f32() - 1.0)
                    }
                    Init::He { fan_in } => normal(&mut rng) * (2.0 / fan_in as f32).sqrt(),
                };
            }
        }
        values
    }
}

/// One draw from the standard normal distribution (Box and Muller 1958).
pub fn normal(rng: &mut Rng) -> f32 {
    let (u, v) = (rng.f32().max(f32::EPSILON), rng.f32());
    (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos()
}

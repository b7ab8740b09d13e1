//! What the tests of this room quantise.

use crate::nn::params::normal;
use crate::nn::vggish::{Shape, Vggish};

/// A small network, and two short spectrograms.
pub(super) fn small() -> (Vggish, Vec<f32>, [Vec<f32>; 2]) {
    let mut rng = fastrand::Rng::with_seed(7);
    let shape =
        Shape { channels: [4, 4, 8, 8, 8, 8], hidden: vec![16], standardise: false, ..Shape::compact(3) };
    let net = Vggish::new(shape);
    let values = net.layout.initialise(7);
    let heard = [12, 13].map(|columns| (0..columns * 16 * 64).map(|_| normal(&mut rng)).collect());
    (net, values, heard)
}

//! The attention head of the paper's section 2.3 in training: forward and backward by hand, loss, optimiser, and what its answers are worth.
//!
//! Thread: any; no file, clock or thread of its own.
//!
//! The trainer of the default model uses all of it; `rollcall teach` the products, the calibration and the thresholds. Layout everywhere:
//! row-major, `[steps, channels]`. All parameters of a network live in one flat vector ([`params::Layout`] names the ranges), so that
//! optimiser, averaging and checkpoints are loops over slices.
//!
//! ```
//! use rollcall_head::{adam::{Adam, StepSize}, attention::{Head, WIDTH}, loss::{Target, WHOLE_CLIP, attention_bce}, params::Layout};
//!
//! let mut layout = Layout::default();
//! let head = Head::new(&mut layout, 2);
//! let (mut values, mut adam) = (layout.initialise(1), Adam::new(&layout));
//! // Three steps of a clip in which the first class plays and the second does not.
//! let steps = vec![0.5; 3 * WIDTH];
//! let target = Target { clip: vec![1.0, 0.0], clip_weight: vec![1.0; 2], ..Target::default() };
//! let mut losses = Vec::new();
//! for _ in 0..20 {
//!     let trace = head.forward(&values, &steps);
//!     let graded = attention_bce(&trace.activity, &trace.attention, &target, 0.0, WHOLE_CLIP);
//!     let mut gradient = vec![0.0; layout.len()];
//!     head.backward(&values, &steps, &trace, (&graded.activity, &graded.attention), &mut gradient);
//!     adam.step(&mut values, &gradient, StepSize { rate: 1e-2, decay: 0.0, clip_norm: f32::INFINITY });
//!     losses.push(graded.loss);
//! }
//! assert!(losses[19] < 0.1 * losses[0]);
//! ```
#![deny(unsafe_code)]

pub mod adam;
pub mod attention;
pub mod dense;
pub mod gemm;
pub mod logistic;
pub mod loss;
pub mod params;
pub mod thresholds;

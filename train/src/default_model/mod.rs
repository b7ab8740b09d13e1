//! How the default model is made: clips are made as they come, a teacher hears each, and the network learns to hear what the teacher
//! hears and to name the 20 classes; validation sets its thresholds, `compare` judges it, `export` makes a package of it.
//!
//! | question | file |
//! | --- | --- |
//! | which clips are drawn | `clips` (mixed in [`crate::mix`]) |
//! | what is the network | `network` |
//! | what is the loss | `loss` |
//! | how is a step taken | `trainer`, of the recipe in `run` |
//! | what does a run begin from | `warm`, `weights` |
//! | how good is it | `validation`, `thresholds`, `guesses`; `compare`, `sealed` |
//! | how does it ship | `export` |

pub mod clips;
pub mod compare;
pub mod export;
pub mod guesses;
pub mod loss;
pub mod network;
pub mod run;
pub mod sealed;
pub mod sizes;
pub mod trainer;
pub mod validation;
pub mod warm;
pub mod weights;

pub use rollcall_head::thresholds;

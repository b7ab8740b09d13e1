//! The paper's second stage (section 4.2): the attention head alone, trained on the representations of clips with weak, partly unknown labels.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use rollcall_train::paper::second_stage::{EmbeddingSet, Recipe, fit};
//! let mut set = EmbeddingSet::load("embeddings.npz".as_ref())?;
//! set.normalise()?;
//! let outcome = fit(&set, &Recipe::paper(), 1, "runs/mine/seed-1".as_ref(), &mut |epoch| eprintln!("{epoch:?}"))?;
//! println!("macro F1, both classes: {:.3}", outcome.test.macro_f1_both);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod package;
pub mod represent;
pub mod source;

mod curve;
mod file;
mod fit;
mod recipe;
mod scores;
mod set;

pub use curve::Epoch;
pub use fit::{Outcome, fit};
pub use recipe::Recipe;
pub use scores::{ClassScores, Scores};
pub use set::{Clip, EmbeddingSet, Part, SetError};

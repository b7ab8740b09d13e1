//! The paper's comparison: every representation and seed through first stage, embeddings, second stage and scores.
//!
//! On OpenMIC-2018 where it is there (with NSynth and Freesound for the first stage, as in Table 1), on a stem pool where not.
//! A folder of results is bound to its configuration; what is finished in it is not done again. Beside it: which size of the
//! dense layers is worth its bytes.

mod clips;
mod config;
mod corpora;
mod run;

pub use clips::{LabelledClip, LabelledClips};
pub use config::{ClipPlan, Config, Representation, Sources};
pub use run::{Experiment, Finished};

//! From the pool to a labelled clip: how a clip is mixed.
//!
//! [`Mixer`] holds one part of the pool, sorted so that classes and sources are drawn evenly. It composes a clip in one of three ways, each a file:
//!
//! | file | what plays | what is known |
//! | --- | --- | --- |
//! | `voices` | phrases of none, one or several classes that have nothing to do with each other | who plays in each window |
//! | `band` | the stems of one piece, at its levels, sometimes with a guest | who plays in each window |
//! | `piece` | an excerpt of real music, sometimes with a guest | the guest, where he is heard |
//!
//! `effects` is what happens to a recording on the way, `truth` turns what sounds into labels, `length` says which windows have any. Which way is
//! taken how often is the default model's business ([`crate::default_model::clips`]).

mod band;
pub mod effects;
pub mod length;
mod mixer;
mod piece;
mod truth;
mod voices;

pub use mixer::{Composition, Mixer};

#[cfg(test)]
mod tests;

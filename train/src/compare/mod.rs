//! offline: contenders on the same examples with known truth: our packages as they ship, and the teacher.

pub mod command;
mod contender;
mod examples;
mod score;

pub use contender::{Answer, Contender};
pub use examples::{Example, Scene, draw};
pub use score::{Scores, measure};

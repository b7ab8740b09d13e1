//! Contenders on the same examples with known truth: our packages as they ship, and the teacher.

mod contender;
pub mod outside;
pub mod pages;
mod score;
mod table;

pub use contender::{Answer, Contender, ask, packages};
pub use score::{Figure, Scores, measure, tuned};
pub use table::markdown;

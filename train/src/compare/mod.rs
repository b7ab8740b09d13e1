//! offline: contenders on the same examples with known truth: our packages as they ship, and the teacher.

pub mod command;
mod contender;
mod outside;
mod pages;
mod score;
mod table;

pub(crate) use command::ask;
pub use contender::{Answer, Contender};
pub use score::{Figure, Scores, measure};
pub(crate) use table::markdown;

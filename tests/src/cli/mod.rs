//! The program's commands.

pub(crate) mod check;
pub(crate) mod fuzz;
pub(crate) mod inspect;
pub(crate) mod matrix;
pub(crate) mod output;
pub(crate) mod run;

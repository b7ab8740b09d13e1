//! From a trained network to a model package that the engine loads.

mod another;
mod card;
mod package;
mod trained;

pub use another::Events;
pub use card::{DataTable, Facts, card, data_table};
pub use package::write;
pub use rollcall_teach::reliability;
pub use trained::Trained;

//! What `rollcall evaluate` shows: the scores of [`rollcall_evaluate`] as a table and as a picture.

mod chart;
mod table;

pub use chart::chart;
pub use table::write_table;

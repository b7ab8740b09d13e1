//! What every room stands on: chance by name, work on all cores, one process a folder, files whole or not at all, what a run is bound to,
//! the words for classes and stems.

pub mod binding;
pub mod class;
pub mod lock;
pub mod seed;
pub mod stem;
pub mod threads;
pub mod whole;

pub use rollcall_head::logistic;
pub use rollcall_teach::font;

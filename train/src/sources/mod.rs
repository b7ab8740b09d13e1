//! Whose recordings are used, under which terms and for which part of the data; fetching them; the data sets that researchers have.

mod archives;
pub mod collections;
pub mod datasets;
pub mod fetch;
pub mod known;
pub mod packages;
pub mod parts;
mod qt_resources;

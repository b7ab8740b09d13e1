//! What every room stands on: chance by name, work on all cores, the words for classes and stems.

pub mod class;
pub mod font;
pub mod logistic;
pub mod seed;
pub mod stem;
pub mod threads;

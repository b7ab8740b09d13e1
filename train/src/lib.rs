//! offline: the paper's training in Rust: data engine, network and gradients, objectives, evaluation, export.
#![deny(unsafe_code)]

pub mod compare;
pub mod data;
pub mod datasets;
pub mod default_model;
pub mod experiment;
pub mod export;
pub mod fit;
pub mod judge;
pub mod logistic;
pub mod nn;
pub mod objectives;
pub mod report;
pub mod second;
pub mod teacher;

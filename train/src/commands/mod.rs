//! The subcommands of `rollcall-train`, a file each: their options, and in which order the rooms do what is asked.

pub mod compare;
pub mod data;
pub mod datasets;
pub mod experiment;
pub mod export;
pub mod learn;
pub mod quantise;
pub mod report;
pub mod sealed_test;
pub mod second;
pub mod teacher;
pub mod teaching;

//! offline: fitting the whole network to clips mixed on the fly from a stem pool.

pub mod checkpoint;
pub mod clip;
pub mod codec;
pub mod command;
pub mod effects;
pub mod mixer;
pub mod thresholds;
pub mod trainer;
pub mod validation;
pub mod warm;

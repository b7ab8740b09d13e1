//! Band music whose every part is known: chord charts in the styles of MMA's library, and MIDI files.
//!
//! A [`Score`](score::Score) has a phrase for each instrument and a groove for the kit; `data make` plays each class of
//! it by itself, so that a mix of them is a band with exact truth over time.

pub mod chart;
pub mod score;

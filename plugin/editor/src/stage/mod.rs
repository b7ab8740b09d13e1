//! The stage: who plays (headline), how much (meters), and since when (history).

mod across;
mod attention;
mod axis;
mod columns;
mod headline;
mod heat;
mod lanes;
mod meter;
mod roster;
mod rows;
mod selecting;
mod spectrum;
mod window;

pub(crate) use axis::{Ticks, bar_text, clock_text};
pub(crate) use headline::{Headline, Name, Words};
pub(crate) use heat::HeatLook;
pub(crate) use lanes::{AXIS, Lanes, LanesInput, nearest};
pub(crate) use meter::clipped_text;
pub(crate) use roster::{Roster, Titles};
pub(crate) use rows::{Reset, Rows, RowsInput, RowsOutput};
pub(crate) use spectrum::Spectrum;

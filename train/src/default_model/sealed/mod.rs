//! The sealed test: recordings that no run has heard and no choice was made by, opened once a release. What it says goes into the card with the date, and
//! into a ledger, and neither the release nor its weights are heard a second time.

mod hear;
pub mod ledger;
pub mod record;

pub use hear::{Heard, PLAYERS, hear};

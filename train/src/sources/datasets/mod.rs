//! The data sets that researchers have, read in exactly the form in which they are published.
//!
//! Every reader takes a folder, reads the tables in it, and says of a wrong or half-downloaded set all that is missing and
//! where it comes from. Audio is decoded only when it is asked for.
#![forbid(unsafe_code)]

pub mod audioset;
pub mod freesound;
pub mod labelled;
pub mod nsynth;
pub mod openmic;

mod error;
mod table;

pub use error::DataSetError;

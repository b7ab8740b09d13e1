//! 3 x 3 convolutions and dense layers with their bias, ReLU and 2 x 2 pool, row by row, in floats or in bytes.
//!
//! Thread: any; no file, clock or thread of its own.
//!
//! tract lowers each convolution to a matrix product over patches that it gathers anew, and leaves ReLU and pool to
//! passes of their own; at VGGish's shapes that costs 2 to 3 times what the arithmetic needs (BENCHMARKS.md). Here the
//! products of eight positions and 32 channels stay in registers until the row is done.
//!
//! **The order of summation is fixed.** An output is its bias, plus the products in the order of kernel row, kernel
//! column, input channel, one fused multiply-add each. It depends on no other output, so that any cut of a spectrogram
//! into pieces gives the same bits. AVX2, AVX-512 and NEON give the same bits too; [`Level::PORTABLE`] rounds products before
//! they are added where the compiler's target has no fused multiply-add, so that it differs in the last digits.
//!
//! **Weights.** They are kept in 16 bits where that loses nothing. To widen one costs as much as two products, so a panel of
//! them that many tiles read is widened once, into 32 bits on lines of the cache. While a panel is read, what is read after
//! it is already on its way from memory.
//!
//! **Bytes.** A [`QuantisedLayer`] has weights and activations of 8 bits. Its sums are exact, so that order, cut, instructions and
//! machine change nothing: [`Level::PORTABLE`] gives the same bytes too.
//!
//! **Layout.** A row is one step in time: `border` empty bands, the bands, `border` empty bands, each band with all its
//! channels beside one another. The empty bands are zeros: they are the convolution's border in frequency. The border in
//! time is a row of zeros that the caller puts there, or not.

mod layer;
mod level;
mod pages;
mod quantised;
mod tiles;

pub use layer::{Layer, Shape};
pub use level::Level;
pub use quantised::{QuantisedLayer, Requantise};
pub use tiles::Part;

//! The network and its gradients, by hand, on the CPU.
//!
//! Why not a framework: on two cores this stack trains at three to four times burn's speed (ARCHITECTURE.md, "The
//! trainer"), because every convolution is one large matrix product per few rows (`gemm` with AVX-512 where the machine
//! has it), ReLU and pooling are fused into it, and only pooled maps and one byte an output are kept for the way back.
//!
//! Layout everywhere: row-major, channels last; a map is `[time, frequency, channels]`. All parameters of a network live in
//! one flat vector ([`params::Layout`] names the ranges), so that optimiser, averaging and checkpoints are loops over
//! slices. Samples are independent: each thread takes whole samples and its own gradient vector.
//!
//! The head with its loss and the optimiser are `rollcall-head`'s, which `rollcall teach` trains with, too.

pub mod block;
pub mod conv;
pub mod convolve;
pub mod graphs;
mod lanes;
pub mod norm;
pub mod padded;
pub mod stack;
pub mod state;
pub mod tiles;
pub mod top;
pub mod transposed;
pub mod vggish;
pub mod weights;

pub use rollcall_head::{adam, attention as head, dense, gemm, loss, params};

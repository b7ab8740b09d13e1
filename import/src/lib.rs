//! Files of other programs read (NumPy's `.npz`, PyTorch's `.pth`), and model packages written from them.
//!
//! Thread: offline, in programs.
//!
//! Nothing that a file holds is ever executed: a pickle is parsed for the numbers and names in it.
#![forbid(unsafe_code)]

mod detail;
mod error;
mod graphs;
mod head;
mod package;
mod pca;
mod seal;
mod tensors;
mod vggish;

pub mod hash;
pub mod npz;
pub mod onnx;

pub use detail::detail_onnx;
pub use error::ImportError;
pub use head::{AttentionHead, GROUPS, NORM_EPSILON, Normalisation, RunningNorm};
pub use package::{Imported, Representation, import, write_package};
pub use pca::Pca;
pub use seal::{Body, Label, in_new_folder, seal};
pub use tensors::Tensors;
pub use vggish::{Convolution, Dense, Vggish};

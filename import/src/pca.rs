//! The principal components that AudioSet's embeddings are whitened with (`vggish_pca_params.npz`).

use crate::{ImportError, npz::Npz};
use std::path::Path;

const EMBEDDING: usize = rollcall_engine::EMBEDDING;
/// Its arrays.
const ARRAYS: [&str; 2] = ["pca_means", "pca_eigen_vectors"];

/// Mean and components.
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    /// `[128]`.
    pub mean: Vec<f32>,
    /// `[128, 128]`, one row a component.
    pub components: Vec<f32>,
}

impl Pca {
    /// Reads `pca_means` (`[128]` or `[128, 1]`) and `pca_eigen_vectors` (`[128, 128]`).
    ///
    /// # Errors
    /// No such archive, arrays that are missing, of another shape or more than these two, or values that are not finite.
    pub fn read(path: &Path) -> Result<Self, ImportError> {
        let mut npz = Npz::open(path)?;
        let mut array = |name: &str, shapes: &[&[usize]]| {
            let numbers = npz.numbers(name)?;
            if !shapes.contains(&&numbers.shape[..]) {
                let (path, name, found) = (path.into(), name.into(), numbers.shape);
                return Err(ImportError::Shape { path, name, found, expected: format!("{:?}", shapes[0]) });
            }
            match numbers.values.iter().find(|v| !v.is_finite()) {
                Some(value) => Err(ImportError::Values {
                    path: path.into(),
                    name: name.into(),
                    found: value.to_string(),
                    expected: "finite numbers",
                }),
                None => Ok(numbers.values),
            }
        };
        let mean = array(ARRAYS[0], &[&[EMBEDDING, 1], &[EMBEDDING]])?;
        let components = array(ARRAYS[1], &[&[EMBEDDING, EMBEDDING]])?;
        let remedy = "AudioSet's vggish_pca_params.npz has these two alone: pca_means and pca_eigen_vectors";
        ImportError::unknown(path, npz.names().into_iter(), |name| ARRAYS.contains(&name), remedy)?;
        Ok(Self { mean, components })
    }

    /// `pca.f32` of a package: little-endian, the mean, then the components.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.mean.iter().chain(&self.components).flat_map(|v| v.to_le_bytes()).collect()
    }
}

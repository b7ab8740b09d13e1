//! The weights of a run that is over, in 16 bits: what another run begins from, the layers included that do not ship.

use crate::base::whole;
use crate::nn::params::Layout;
use anyhow::{Context, Result, ensure};
use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{fs, path::Path};

/// Name of a finished run's weights in its folder.
pub const WEIGHTS: &str = "weights.safetensors";

/// Writes them, whole or not at all.
///
/// # Errors
/// The disk.
pub fn save(layout: &Layout, values: &[f32], path: &Path) -> Result<()> {
    let halves: Vec<u8> = values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect();
    let tensors = layout.entries.iter().map(|entry| {
        let bytes = &halves[2 * entry.range.start..2 * entry.range.end];
        Ok((entry.name.clone(), TensorView::new(Dtype::F16, entry.shape.clone(), bytes)?))
    });
    let tensors = tensors.collect::<Result<Vec<_>>>()?;
    whole::write_with(path, |beside| Ok(safetensors::serialize_to_file(tensors, None, beside)?))
}

/// Reads weights of exactly this layout.
///
/// # Errors
/// A file that is missing, damaged, or of another network; the message names file and tensor.
pub fn load(layout: &Layout, path: &Path) -> Result<Vec<f32>> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let tensors = SafeTensors::deserialize(&bytes)
        .with_context(|| format!("{} is no safetensors file", path.display()))?;
    let mut values = vec![0.0; layout.len()];
    for entry in &layout.entries {
        let about = || format!("{}: {}", path.display(), entry.name);
        let tensor = tensors.tensor(&entry.name).with_context(about)?;
        ensure!(
            tensor.shape() == entry.shape && tensor.dtype() == Dtype::F16,
            "{} is {:?} in {:?}, expected {:?} in F16",
            about(),
            tensor.shape(),
            tensor.dtype(),
            entry.shape
        );
        let halves = tensor.data().as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b).to_f32());
        values[entry.range.clone()].iter_mut().zip(halves).for_each(|(v, half)| *v = half);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::params::Init;

    #[test]
    fn weights_come_back_rounded_and_another_network_is_refused() {
        let mut layout = Layout::default();
        layout.add("a", &[2, 3], Init::He { fan_in: 2 });
        layout.add("b", &[4], Init::Constant(0.0));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        let values: Vec<f32> = (0..10).map(|i| 0.1 * i as f32).collect();
        save(&layout, &values, &path).unwrap();
        for (found, expected) in load(&layout, &path).unwrap().iter().zip(&values) {
            assert!((found - expected).abs() <= 5e-4 * expected.abs());
        }
        let mut other = Layout::default();
        other.add("a", &[3, 2], Init::Constant(0.0));
        let error = load(&other, &path).unwrap_err().to_string();
        assert!(error.contains("weights.safetensors: a is [2, 3]"), "{error}");
    }
}

//! From an embedding to the representation that the head reads (paper, sections 2.2 and 4).

use crate::{EMBEDDING, Package, PackageError, package::PostProcessing};

/// Where the whitened embedding is clipped (AudioSet's `vggish_params.py`, `QUANTIZE_MIN_VAL` and `QUANTIZE_MAX_VAL`).
const QUANTISE: f32 = 2.0;

/// The post-processing of a package with its parameters.
pub(crate) enum PostProcessor {
    None,
    Unit { low: f32, high: f32 },
    Pca8(Box<Pca>),
}

/// Principal components of AudioSet's embeddings.
pub(crate) struct Pca {
    mean: [f32; EMBEDDING],
    /// One row a component.
    components: Vec<[f32; EMBEDDING]>,
}

impl PostProcessor {
    pub(crate) fn load(package: &Package) -> Result<Self, PackageError> {
        Ok(match package.manifest().post_processing {
            PostProcessing::None => Self::None,
            PostProcessing::Unit { low, high } => Self::Unit { low, high },
            PostProcessing::Pca8 => {
                Self::Pca8(Box::new(Pca::read("pca.f32", package.file("pca.f32").unwrap_or_default())?))
            }
        })
    }

    /// Turns an embedding into its representation, in place.
    pub(crate) fn apply(&self, embedding: &mut [f32; EMBEDDING]) {
        match self {
            Self::None => {}
            Self::Unit { low, high } => {
                embedding.iter_mut().for_each(|x| *x = ((*x - low) / (high - low)).clamp(0.0, 1.0));
            }
            Self::Pca8(pca) => pca.apply(embedding),
        }
    }
}

impl Pca {
    fn read(file: &str, bytes: &[u8]) -> Result<Self, PackageError> {
        let expected = 4 * (EMBEDDING + EMBEDDING * EMBEDDING);
        if bytes.len() != expected {
            let found = format!("{} bytes", bytes.len());
            return Err(PackageError::new(file, "size", found, format!("{expected} bytes")));
        }
        let values: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
        if let Some(value) = values.iter().find(|value| !value.is_finite()) {
            return Err(PackageError::new(file, "value", value.to_string(), "finite numbers"));
        }
        let (rows, _) = values.as_chunks::<EMBEDDING>();
        Ok(Self { mean: rows[0], components: rows[1..].to_vec() })
    }

    /// `E (x - mean)`, clipped to -2..=2, scaled to 0..=255, truncated to 8 bit (`vggish_postprocess.py`), and over 255
    /// as OpenMIC stores it. Sums in `f64`, so that a truncation depends on no order of summation.
    fn apply(&self, embedding: &mut [f32; EMBEDDING]) {
        let mut centred = [0.0_f64; EMBEDDING];
        for ((c, x), mean) in centred.iter_mut().zip(embedding.iter()).zip(&self.mean) {
            *c = f64::from(*x) - f64::from(*mean);
        }
        for (out, row) in embedding.iter_mut().zip(&self.components) {
            let projected: f64 = row.iter().zip(&centred).map(|(e, c)| f64::from(*e) * c).sum();
            let clipped = (projected as f32).clamp(-QUANTISE, QUANTISE);
            let byte = ((clipped + QUANTISE) * (255.0 / (2.0 * QUANTISE))) as u8;
            *out = f32::from(byte) / 255.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_scales_and_clips() {
        let mut x = [0.0; EMBEDDING];
        (x[0], x[1], x[2]) = (-3.0, 1.5, 9.0);
        PostProcessor::Unit { low: 1.0, high: 2.0 }.apply(&mut x);
        assert_eq!(x[..3], [0.0, 0.5, 1.0]);
    }

    #[test]
    fn pca8_truncates_as_the_reference_does() {
        let mut values = vec![0.0_f32; EMBEDDING + EMBEDDING * EMBEDDING];
        values[0] = 0.5;
        for i in 0..EMBEDDING {
            values[EMBEDDING + i * EMBEDDING + i] = 1.0;
        }
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let pca = Pca::read("pca.f32", &bytes).unwrap();
        let mut x = [0.0; EMBEDDING];
        (x[0], x[1], x[2], x[3]) = (0.5, -7.0, 7.0, 0.01);
        pca.apply(&mut x);
        // (0 + 2) * 63.75 = 127.5, truncated; the mean moves the first component only; 2.01 * 63.75 = 128.1.
        assert_eq!(x[..4], [127.0 / 255.0, 0.0, 1.0, 128.0 / 255.0]);
        let error = Pca::read("pca.f32", &bytes[4..]).err().unwrap();
        assert_eq!((error.file.as_str(), error.what), ("pca.f32", "size"));
    }
}

//! Numbers on their way between Rust and NumPy.

use crate::errors::RollcallError;
use pyo3::{buffer::PyBuffer, exceptions::PyValueError, prelude::*, types::PyBytes};

/// Greatest sample that is taken for audio in -1..1: +24 dBFS is beyond any mix's headroom, and an array of 16-bit integers as
/// floating point that stays below is at -66 dBFS, where the level gate closes.
const MOST: f32 = 16.0;

/// Samples of an array. Those that are not finite are left to the engine, which counts them.
///
/// # Errors
/// Floating point in the range of integers: most of it would be silence, and the rest up to 60 dB too loud.
pub(crate) fn samples(py: Python<'_>, buffer: &PyBuffer<f32>) -> PyResult<Vec<f32>> {
    let samples = buffer.to_vec(py)?;
    let peak = py.detach(|| {
        let finite = samples.iter().map(|sample| sample.abs()).filter(|size| size.is_finite());
        finite.fold(0.0, f32::max)
    });
    if peak > MOST {
        let text = format!(
            "the audio peaks at {peak}, but floating point must lie in -1..1 (up to {MOST} is taken for audio that is too loud): if \
             these are 16-bit integers, give audio.astype(numpy.int16), or audio / 32768"
        );
        return Err(PyValueError::new_err(text));
    }
    Ok(samples)
}

/// As NumPy's `frombuffer` reads them.
pub(crate) fn bytes<'py, const N: usize, T: Copy>(
    py: Python<'py>,
    values: impl Iterator<Item = T>,
    to_bytes: fn(T) -> [u8; N],
) -> Bound<'py, PyBytes> {
    let bytes: Vec<u8> = values.flat_map(to_bytes).collect();
    PyBytes::new(py, &bytes)
}

/// 32-bit floats.
pub(crate) fn floats<'py, 'a>(py: Python<'py>, values: impl Iterator<Item = &'a f32>) -> Bound<'py, PyBytes> {
    bytes(py, values.copied(), f32::to_ne_bytes)
}

/// Back from bytes.
///
/// # Errors
/// A number was cut in two.
pub(crate) fn from_bytes(bytes: &[u8]) -> PyResult<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(RollcallError::new_err(format!("{} bytes are no 32-bit numbers", bytes.len())));
    }
    Ok(numbers.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect())
}

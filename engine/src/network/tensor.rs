//! One tensor of an ONNX file: whether it holds what it claims, and its numbers.

use crate::PackageError;
use tract_onnx::pb::{TensorProto, tensor_proto::DataType};

/// Most dimensions of a tensor.
pub(super) const MAX_RANK: usize = 8;

/// Elements that a tensor's shape claims; `None` beyond any size that could be here.
pub(super) fn elements(dims: &[i64]) -> Option<usize> {
    if dims.len() > MAX_RANK {
        return None;
    }
    dims.iter().try_fold(1_usize, |product, &d| product.checked_mul(usize::try_from(d).ok()?))
}

/// Checks that a tensor is of a known type, in this file, and has exactly the bytes that its shape claims.
pub(super) fn check_tensor(file: &str, tensor: &TensorProto) -> Result<(), PackageError> {
    let off = |what, found: String, expected: String| PackageError::new(file, what, found, expected);
    let name = &tensor.name;
    if tensor.data_location.unwrap_or(0) != 0 || !tensor.external_data.is_empty() {
        return Err(off("external data", format!("tensor {name}"), "all weights in the file".into()));
    }
    let width = match DataType::try_from(tensor.data_type) {
        Ok(DataType::Float | DataType::Int32) => 4,
        Ok(DataType::Float16) => 2,
        Ok(DataType::Int64) => 8,
        Ok(DataType::Uint8 | DataType::Int8) => 1,
        _ => {
            let found = format!("type {} of tensor {name}", tensor.data_type);
            return Err(off("tensor type", found, "float, float16, uint8, int8, int32 or int64".into()));
        }
    };
    let present = if !tensor.raw_data.is_empty() {
        tensor.raw_data.len()
    } else {
        match DataType::try_from(tensor.data_type) {
            Ok(DataType::Float) => tensor.float_data.len() * 4,
            Ok(DataType::Int64) => tensor.int64_data.len() * 8,
            Ok(DataType::Int32) => tensor.int32_data.len() * 4,
            _ => 0,
        }
    };
    let claimed = elements(&tensor.dims).and_then(|n| n.checked_mul(width));
    if claimed != Some(present) || claimed == Some(0) {
        let found = format!("{present} bytes in tensor {name}");
        let expected = match claimed {
            Some(0) => format!("a shape without zeros, not {:?}", tensor.dims),
            Some(bytes) => format!("{bytes} for its shape {:?}", tensor.dims),
            None => format!("a possible shape, not {:?}", tensor.dims),
        };
        return Err(off("tensor size", found, expected));
    }
    Ok(())
}

/// Turns a 16-bit weight into 32 bit: tract does not fold large casts and would widen them at every run.
pub(super) fn widen(tensor: &mut TensorProto) {
    if tensor.data_type == DataType::Float16 as i32 {
        let (pairs, _) = tensor.raw_data.as_chunks::<2>();
        let wide = pairs.iter().flat_map(|&b| half::f16::from_le_bytes(b).to_f32().to_le_bytes()).collect();
        tensor.raw_data = wide;
        tensor.data_type = DataType::Float as i32;
    }
}

/// Checks that no weight is NaN or infinite.
pub(super) fn check_finite(file: &str, tensor: &TensorProto) -> Result<(), PackageError> {
    if tensor.data_type != DataType::Float as i32 {
        return Ok(());
    }
    match floats(tensor).enumerate().find(|(_, value)| !value.is_finite()) {
        Some((index, value)) => {
            let found = format!("{value} at {index} of {}", tensor.name);
            Err(PackageError::new(file, "weight", found, "finite numbers"))
        }
        None => Ok(()),
    }
}

pub(super) fn floats(tensor: &TensorProto) -> impl Iterator<Item = f32> {
    let (raw, _) = tensor.raw_data.as_chunks::<4>();
    raw.iter().map(|&b| f32::from_le_bytes(b)).chain(tensor.float_data.iter().copied())
}

/// The 32-bit integers of a tensor.
pub(super) fn ints(tensor: &TensorProto) -> impl Iterator<Item = i32> {
    let (raw, _) = tensor.raw_data.as_chunks::<4>();
    raw.iter().map(|&b| i32::from_le_bytes(b)).chain(tensor.int32_data.iter().copied())
}

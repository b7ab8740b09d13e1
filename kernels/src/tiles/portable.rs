//! Plain Rust, which the compiler turns into whatever vectors its target has.

use super::{Call, DEEP, FEW, PANEL, Part, Prefetch, VECTORS, Weights, get, greatest, kernel, lanes, put};

const LANES: usize = 4;
const POSITIONS: usize = 4;
/// Whether every machine of the target multiplies and adds in one instruction; without one, `mul_add` is a slow function.
const FUSED: bool = cfg!(any(target_feature = "fma", target_arch = "aarch64"));

type V = [f32; LANES];

#[inline(always)]
fn load(numbers: &[f32; LANES]) -> V {
    *numbers
}

#[inline(always)]
fn store(value: V, to: &mut [f32; LANES]) {
    *to = value;
}

#[inline(always)]
fn splat(number: f32) -> V {
    [number; LANES]
}

#[inline(always)]
fn multiply_add(a: V, b: V, sum: V) -> V {
    std::array::from_fn(|i| if FUSED { a[i].mul_add(b[i], sum[i]) } else { a[i] * b[i] + sum[i] })
}

/// Nothing: each machine has its own way to say it.
#[inline(always)]
fn bring<W>(_: &Prefetch<'_, W>) {}

/// As `maxps`: the second where either is NaN.
#[inline(always)]
fn larger(a: V, b: V) -> V {
    std::array::from_fn(|i| if a[i] > b[i] { a[i] } else { b[i] })
}

kernel!(single, f32, load);

//! Plain Rust: pairs of 16-bit numbers, whose products the compiler turns into whatever its target has (SSE2: `pmaddwd`).

use super::{Call, DEEP, PANEL, Prefetch, SPLIT, VECTORS, Weights, Word, byte, greatest, kernel, lanes};
use std::array::from_fn;

const LANES: usize = 4;
const POSITIONS: usize = 4;

type V = [i32; LANES];
type W = [u32; LANES];

#[inline(always)]
fn load(numbers: &[i32; LANES]) -> V {
    *numbers
}

#[inline(always)]
fn zero() -> V {
    [0; LANES]
}

#[inline(always)]
fn weights(numbers: &[u32; LANES]) -> W {
    *numbers
}

/// The two numbers of a word.
#[inline(always)]
fn pair(word: u32) -> [i32; 2] {
    let [a, b, c, d] = word.to_ne_bytes();
    [[a, b], [c, d]].map(|two| i32::from(i16::from_ne_bytes(two)))
}

#[inline(always)]
fn splat(word: Word) -> [i32; 2] {
    pair(u32::from_ne_bytes(word))
}

#[inline(always)]
fn add_products(sum: V, [x, y]: [i32; 2], weights: W) -> V {
    from_fn(|i| {
        let [a, b] = pair(weights[i]);
        sum[i] + (x * a + y * b)
    })
}

#[inline(always)]
fn add(a: V, b: V) -> V {
    from_fn(|i| a[i] + b[i])
}

#[inline(always)]
fn larger(a: V, b: V) -> V {
    from_fn(|i| a[i].max(b[i]))
}

#[inline(always)]
fn bytes(sums: V, multipliers: &[u32; LANES], shift: u32) -> [u8; LANES] {
    from_fn(|i| byte(multipliers[i], shift, sums[i]))
}

/// Nothing: each machine has its own way to say it.
#[inline(always)]
fn bring(_: &Prefetch<'_, u32>) {}

kernel!();

//! NEON with the dot product of Armv8.2: sums of four products of signed bytes.
//!
//! The inputs are unsigned, so 128 is taken off each, and 128 times the weights is in the bias ([`super::super::Packing`]): the sum
//! is the same number.

use super::{Call, DEEP, PANEL, Prefetch, SPLIT, VECTORS, Weights, Word, greatest, kernel, lanes};
use std::{
    arch::{aarch64::*, asm},
    array::from_fn,
};

const LANES: usize = 8;
/// 16 registers of sums of the 32, as in the tiles of floats.
const POSITIONS: usize = 4;

#[derive(Clone, Copy)]
struct V(int32x4_t, int32x4_t);
#[derive(Clone, Copy)]
struct W(int8x16_t, int8x16_t);

#[target_feature(enable = "neon,dotprod")]
#[inline]
fn load(numbers: &[i32; LANES]) -> V {
    let first = numbers.as_ptr();
    // SAFETY: the reference is to the 32 bytes that are read; any alignment will do.
    unsafe { V(vld1q_s32(first), vld1q_s32(first.add(4))) }
}

#[target_feature(enable = "neon,dotprod")]
#[inline]
fn zero() -> V {
    V(vdupq_n_s32(0), vdupq_n_s32(0))
}

#[target_feature(enable = "neon,dotprod")]
#[inline]
fn weights(numbers: &[u32; LANES]) -> W {
    let first = numbers.as_ptr().cast::<i8>();
    // SAFETY: the reference is to the 32 bytes that are read; any alignment will do.
    unsafe { W(vld1q_s8(first), vld1q_s8(first.add(16))) }
}

#[target_feature(enable = "neon,dotprod")]
#[inline]
fn splat(word: Word) -> int8x16_t {
    vreinterpretq_s8_u32(vdupq_n_u32(u32::from_ne_bytes(word) ^ 0x8080_8080))
}

/// The intrinsic came with a later Rust than the one that this is built with.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn dot(mut sum: int32x4_t, x: int8x16_t, weights: int8x16_t) -> int32x4_t {
    // SAFETY: the instruction is of the features that the function has, and touches but these registers.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {x:v}.16b, {weights:v}.16b",
            sum = inout(vreg) sum,
            x = in(vreg) x,
            weights = in(vreg) weights,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    sum
}

#[target_feature(enable = "neon,dotprod")]
#[inline]
fn add_products(sum: V, x: int8x16_t, weights: W) -> V {
    V(dot(sum.0, x, weights.0), dot(sum.1, x, weights.1))
}

#[target_feature(enable = "neon,dotprod")]
#[inline]
fn add(a: V, b: V) -> V {
    V(vaddq_s32(a.0, b.0), vaddq_s32(a.1, b.1))
}

#[target_feature(enable = "neon,dotprod")]
#[inline]
fn larger(a: V, b: V) -> V {
    V(vmaxq_s32(a.0, b.0), vmaxq_s32(a.1, b.1))
}

#[target_feature(enable = "neon,dotprod")]
#[inline]
fn bytes(sums: V, multipliers: &[u32; LANES], shift: u32) -> [u8; LANES] {
    let zero = vdupq_n_s32(0);
    let back = vdupq_n_s64(-i64::from(shift));
    let half = |sums: int32x4_t, multipliers: uint32x4_t| {
        let sums = vreinterpretq_u32_s32(vmaxq_s32(sums, zero));
        // A shift by a negative number goes to the right, and this one rounds halves upwards.
        let low = vrshlq_u64(vmull_u32(vget_low_u32(sums), vget_low_u32(multipliers)), back);
        let high = vrshlq_u64(vmull_high_u32(sums, multipliers), back);
        vqmovn_u32(vcombine_u32(vqmovn_u64(low), vqmovn_u64(high)))
    };
    let first = multipliers.as_ptr();
    // SAFETY: the reference is to the 32 bytes that are read; any alignment will do.
    let [low, high] = unsafe { [vld1q_u32(first), vld1q_u32(first.add(4))] };
    let narrow = vqmovn_u16(vcombine_u16(half(sums.0, low), half(sums.1, high)));
    let mut bytes = [0; LANES];
    // SAFETY: the reference is to the 8 bytes that are written; any alignment will do.
    unsafe { vst1_u8(bytes.as_mut_ptr(), narrow) };
    bytes
}

/// Brings nearer what is due when a block of inputs begins.
#[inline(always)]
fn bring(ahead: &Prefetch<'_, u32>) {
    // SAFETY: a hint, which reads nothing and cannot fail whatever the address.
    ahead.step(|line| unsafe {
        asm!("prfm pldl1keep, [{line}]", line = in(reg) line, options(nostack, readonly, preserves_flags));
    });
}

kernel!(
    #[target_feature(enable = "neon,dotprod")]
);

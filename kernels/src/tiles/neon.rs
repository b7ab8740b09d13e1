//! NEON, which every 64-bit Arm has: the shape of AVX2's tiles, each of their vectors in two registers of four lanes.
//!
//! Whatever touches memory takes a reference to exactly the lanes that it moves; the arithmetic is safe within a
//! function that has the instructions.

use super::{Call, DEEP, FEW, PANEL, Part, Prefetch, VECTORS, Weights, get, greatest, kernel, lanes, put};
use std::arch::{aarch64::*, asm};

const LANES: usize = 8;
/// 16 registers of sums of the 32: as many as four units of latency 4 need; four more hold the weights.
const POSITIONS: usize = 4;

#[derive(Clone, Copy)]
struct V(float32x4_t, float32x4_t);

#[target_feature(enable = "neon")]
#[inline]
fn load(numbers: &[f32; LANES]) -> V {
    let first = numbers.as_ptr();
    // SAFETY: the reference is to the 32 bytes that are read; any alignment will do.
    unsafe { V(vld1q_f32(first), vld1q_f32(first.add(4))) }
}

#[target_feature(enable = "neon")]
#[inline]
fn widen(numbers: &[u16; LANES]) -> V {
    // SAFETY: the reference is to the 16 bytes that are read; any alignment will do.
    let narrow = vreinterpretq_f16_u16(unsafe { vld1q_u16(numbers.as_ptr()) });
    V(vcvt_f32_f16(vget_low_f16(narrow)), vcvt_high_f32_f16(narrow))
}

#[target_feature(enable = "neon")]
#[inline]
fn store(value: V, to: &mut [f32; LANES]) {
    let first = to.as_mut_ptr();
    // SAFETY: the reference is to the 32 bytes that are written; any alignment will do.
    unsafe {
        vst1q_f32(first, value.0);
        vst1q_f32(first.add(4), value.1);
    }
}

#[target_feature(enable = "neon")]
#[inline]
fn splat(number: f32) -> V {
    let four = vdupq_n_f32(number);
    V(four, four)
}

#[target_feature(enable = "neon")]
#[inline]
fn multiply_add(a: V, b: V, sum: V) -> V {
    V(vfmaq_f32(sum.0, a.0, b.0), vfmaq_f32(sum.1, a.1, b.1))
}

/// As `maxps`: the second where either is NaN, which `fmax` would not give.
#[target_feature(enable = "neon")]
#[inline]
fn larger(a: V, b: V) -> V {
    V(vbslq_f32(vcgtq_f32(a.0, b.0), a.0, b.0), vbslq_f32(vcgtq_f32(a.1, b.1), a.1, b.1))
}

/// Brings nearer what is due when a block of inputs begins.
#[inline(always)]
fn bring<W>(ahead: &Prefetch<'_, W>) {
    // SAFETY: a hint, which reads nothing and cannot fail whatever the address.
    ahead.step(|line| unsafe {
        asm!("prfm pldl1keep, [{line}]", line = in(reg) line, options(nostack, readonly, preserves_flags));
    });
}

/// Writes the weights in 32 bits: where many tiles read each, that costs less than to widen it anew for each.
#[target_feature(enable = "neon")]
pub(crate) fn widened(panel: &[Weights<u16>], wide: &mut [Weights<f32>]) {
    for (narrow, wide) in panel.iter().zip(wide) {
        let lanes = wide.0.as_chunks_mut().0;
        narrow.0.as_chunks().0.iter().zip(lanes).for_each(|(from, to)| store(widen(from), to));
    }
}

kernel!(
    #[target_feature(enable = "neon")]
    single,
    f32,
    load
);
kernel!(
    #[target_feature(enable = "neon")]
    half,
    u16,
    widen
);

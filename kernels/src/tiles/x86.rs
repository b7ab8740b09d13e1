//! AVX2 with fused multiply-add, and AVX-512.
//!
//! Whatever touches memory takes a reference to exactly the lanes that it moves; the arithmetic is safe within a
//! function that has the instructions.

use super::Prefetch;
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// Brings nearer what is due when a block of inputs begins.
#[inline(always)]
fn bring<W>(ahead: &Prefetch<'_, W>) {
    // SAFETY: a hint, which reads nothing and cannot fail whatever the address.
    ahead.step(|line| unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) });
}

/// What turns a panel of 16-bit weights into one of 32 bits, with the `load` and `store` of the module around it.
macro_rules! widened {
    ($(#[$feature:meta])*) => {
        /// Writes the weights in 32 bits: where many tiles read each, that costs less than to widen it anew for each.
        $(#[$feature])*
        pub(crate) fn widened(panel: &[Weights<u16>], wide: &mut [Weights<f32>]) {
            for (narrow, wide) in panel.iter().zip(wide) {
                let lanes = wide.0.as_chunks_mut().0;
                narrow.0.as_chunks().0.iter().zip(lanes).for_each(|(from, to)| store(widen(from), to));
            }
        }
    };
}

/// 16 registers of 8 lanes: four positions of two vectors, which is as many sums as two units of latency 4 need.
pub(crate) mod avx2 {
    use super::super::{
        Call, DEEP, FEW, PANEL, Part, Prefetch, VECTORS, Weights, get, greatest, kernel, lanes, put,
    };
    use super::bring;
    use std::arch::x86_64::*;

    const LANES: usize = 8;
    const POSITIONS: usize = 4;

    type V = __m256;

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    fn load(numbers: &[f32; LANES]) -> V {
        // SAFETY: the reference is to the 32 bytes that are read; any alignment will do.
        unsafe { _mm256_loadu_ps(numbers.as_ptr()) }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    fn widen(numbers: &[u16; LANES]) -> V {
        // SAFETY: the reference is to the 16 bytes that are read; any alignment will do.
        _mm256_cvtph_ps(unsafe { _mm_loadu_si128(numbers.as_ptr().cast()) })
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    fn store(value: V, to: &mut [f32; LANES]) {
        // SAFETY: the reference is to the 32 bytes that are written; any alignment will do.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), value) }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    fn splat(number: f32) -> V {
        _mm256_set1_ps(number)
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    fn multiply_add(a: V, b: V, sum: V) -> V {
        _mm256_fmadd_ps(a, b, sum)
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    #[inline]
    fn larger(a: V, b: V) -> V {
        _mm256_max_ps(a, b)
    }

    widened!(
        #[target_feature(enable = "avx2,fma,f16c")]
    );
    kernel!(
        #[target_feature(enable = "avx2,fma,f16c")]
        single,
        f32,
        load
    );
    kernel!(
        #[target_feature(enable = "avx2,fma,f16c")]
        half,
        u16,
        widen
    );
}

/// 32 registers of 16 lanes: eight positions of two vectors. More positions would need fewer reads of weights, which are
/// not what limits it (BENCHMARKS.md).
pub(crate) mod avx512 {
    use super::super::{
        Call, DEEP, FEW, PANEL, Part, Prefetch, VECTORS, Weights, get, greatest, kernel, lanes, put,
    };
    use super::bring;
    use std::arch::x86_64::*;

    const LANES: usize = 16;
    const POSITIONS: usize = 8;

    type V = __m512;

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn load(numbers: &[f32; LANES]) -> V {
        // SAFETY: the reference is to the 64 bytes that are read; any alignment will do.
        unsafe { _mm512_loadu_ps(numbers.as_ptr()) }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn widen(numbers: &[u16; LANES]) -> V {
        // SAFETY: the reference is to the 32 bytes that are read; any alignment will do.
        _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) })
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn store(value: V, to: &mut [f32; LANES]) {
        // SAFETY: the reference is to the 64 bytes that are written; any alignment will do.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), value) }
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn splat(number: f32) -> V {
        _mm512_set1_ps(number)
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn multiply_add(a: V, b: V, sum: V) -> V {
        _mm512_fmadd_ps(a, b, sum)
    }

    #[target_feature(enable = "avx512f")]
    #[inline]
    fn larger(a: V, b: V) -> V {
        _mm512_max_ps(a, b)
    }

    widened!(
        #[target_feature(enable = "avx512f")]
    );
    kernel!(
        #[target_feature(enable = "avx512f")]
        single,
        f32,
        load
    );
    kernel!(
        #[target_feature(enable = "avx512f")]
        half,
        u16,
        widen
    );
}

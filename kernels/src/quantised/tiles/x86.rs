//! AVX2 and AVX-512, each with VNNI and without.
//!
//! Without VNNI there is an instruction for products of bytes, `vpmaddubsw`, but its sums of two saturate at 16 bits: two inputs of 255 with
//! weights of 127 are beyond. So inputs and weights are widened to 16 bits there, and `vpmaddwd` adds exactly; that is half of
//! VNNI's products an instruction, and twice the f32 tiles'.

use super::{Call, DEEP, PANEL, Prefetch, SPLIT, VECTORS, Weights, Word, greatest, kernel, lanes};
use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// Brings nearer what is due when a block of inputs begins.
#[inline(always)]
fn bring(ahead: &Prefetch<'_, u32>) {
    // SAFETY: a hint, which reads nothing and cannot fail whatever the address.
    ahead.step(|line| unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) });
}

/// Tiles of eight lanes, four positions and two vectors in 16 registers, but for the product.
macro_rules! of_eight_lanes {
    ($(#[$feature:meta])*) => {
        use super::{Call, DEEP, PANEL, Prefetch, SPLIT, VECTORS, Weights, Word, bring, greatest, kernel, lanes};
        use std::{arch::x86_64::*, array::from_fn};

        const LANES: usize = 8;
        const POSITIONS: usize = 4;

        type V = __m256i;
        type W = __m256i;

        $(#[$feature])*
        #[inline]
        fn load(numbers: &[i32; LANES]) -> V {
            // SAFETY: the reference is to the 32 bytes that are read; any alignment will do.
            unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) }
        }

        $(#[$feature])*
        #[inline]
        fn weights(numbers: &[u32; LANES]) -> W {
            // SAFETY: the reference is to the 32 bytes that are read; any alignment will do.
            unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) }
        }

        $(#[$feature])*
        #[inline]
        fn zero() -> V {
            _mm256_setzero_si256()
        }

        $(#[$feature])*
        #[inline]
        fn splat(word: Word) -> W {
            _mm256_set1_epi32(i32::from_ne_bytes(word))
        }

        $(#[$feature])*
        #[inline]
        fn add(a: V, b: V) -> V {
            _mm256_add_epi32(a, b)
        }

        $(#[$feature])*
        #[inline]
        fn larger(a: V, b: V) -> V {
            _mm256_max_epi32(a, b)
        }

        $(#[$feature])*
        #[inline]
        fn bytes(sums: V, multipliers: &[u32; LANES], shift: u32) -> [u8; LANES] {
            let (sums, multipliers) = (_mm256_max_epi32(sums, zero()), weights(multipliers));
            let half = _mm256_set1_epi64x(1 << (shift - 1));
            let shifted = |sums, multipliers| {
                let product = _mm256_add_epi64(_mm256_mul_epu32(sums, multipliers), half);
                _mm256_srl_epi64(product, _mm_cvtsi32_si128(shift as i32))
            };
            let odd = |lanes| _mm256_srli_epi64::<32>(lanes);
            // What is shifted fits 32 bits: product and half are below 2^62 + 2^61, and the shift is 31 at least.
            let odds = _mm256_slli_epi64::<32>(shifted(odd(sums), odd(multipliers)));
            let all = _mm256_blend_epi32::<0b1010_1010>(shifted(sums, multipliers), odds);
            let small = _mm256_min_epu32(all, _mm256_set1_epi32(255));
            let words = _mm_packus_epi32(_mm256_castsi256_si128(small), _mm256_extracti128_si256::<1>(small));
            _mm_cvtsi128_si64(_mm_packus_epi16(words, words)).to_ne_bytes()
        }

        kernel!($(#[$feature])*);
    };
}

/// Tiles of 16 lanes, eight positions and two vectors in 32 registers, but for the product.
macro_rules! of_sixteen_lanes {
    ($(#[$feature:meta])*) => {
        use super::{Call, DEEP, PANEL, Prefetch, SPLIT, VECTORS, Weights, Word, bring, greatest, kernel, lanes};
        use std::{arch::x86_64::*, array::from_fn};

        const LANES: usize = 16;
        const POSITIONS: usize = 8;

        type V = __m512i;
        type W = __m512i;

        $(#[$feature])*
        #[inline]
        fn load(numbers: &[i32; LANES]) -> V {
            // SAFETY: the reference is to the 64 bytes that are read; any alignment will do.
            unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) }
        }

        $(#[$feature])*
        #[inline]
        fn weights(numbers: &[u32; LANES]) -> W {
            // SAFETY: the reference is to the 64 bytes that are read; any alignment will do.
            unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) }
        }

        $(#[$feature])*
        #[inline]
        fn zero() -> V {
            _mm512_setzero_si512()
        }

        $(#[$feature])*
        #[inline]
        fn splat(word: Word) -> W {
            _mm512_set1_epi32(i32::from_ne_bytes(word))
        }

        $(#[$feature])*
        #[inline]
        fn add(a: V, b: V) -> V {
            _mm512_add_epi32(a, b)
        }

        $(#[$feature])*
        #[inline]
        fn larger(a: V, b: V) -> V {
            _mm512_max_epi32(a, b)
        }

        $(#[$feature])*
        #[inline]
        fn bytes(sums: V, multipliers: &[u32; LANES], shift: u32) -> [u8; LANES] {
            let (sums, multipliers) = (_mm512_max_epi32(sums, zero()), weights(multipliers));
            let half = _mm512_set1_epi64(1 << (shift - 1));
            let shifted = |sums, multipliers| {
                let product = _mm512_add_epi64(_mm512_mul_epu32(sums, multipliers), half);
                _mm512_srl_epi64(product, _mm_cvtsi32_si128(shift as i32))
            };
            let odd = |lanes| _mm512_srli_epi64::<32>(lanes);
            // What is shifted fits 32 bits: product and half are below 2^62 + 2^61, and the shift is 31 at least.
            let odds = _mm512_slli_epi64::<32>(shifted(odd(sums), odd(multipliers)));
            let all = _mm512_mask_blend_epi32(0b1010_1010_1010_1010, shifted(sums, multipliers), odds);
            let mut bytes = [0; LANES];
            // SAFETY: the reference is to the 16 bytes that are written; any alignment will do.
            unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), _mm512_cvtusepi32_epi8(all)) };
            bytes
        }

        kernel!($(#[$feature])*);
    };
}

/// Words are pairs of 16 bits.
pub(crate) mod avx2 {
    of_eight_lanes!(
        #[target_feature(enable = "avx2")]
    );

    #[target_feature(enable = "avx2")]
    #[inline]
    fn add_products(sum: V, x: W, weights: W) -> V {
        _mm256_add_epi32(sum, _mm256_madd_epi16(x, weights))
    }
}

/// Words are four bytes.
pub(crate) mod avx_vnni {
    of_eight_lanes!(
        #[target_feature(enable = "avx2,avxvnni")]
    );

    #[target_feature(enable = "avx2,avxvnni")]
    #[inline]
    fn add_products(sum: V, x: W, weights: W) -> V {
        _mm256_dpbusd_avx_epi32(sum, x, weights)
    }
}

/// Words are pairs of 16 bits, as with AVX2.
pub(crate) mod avx512 {
    of_sixteen_lanes!(
        #[target_feature(enable = "avx512f,avx512bw")]
    );

    #[target_feature(enable = "avx512f,avx512bw")]
    #[inline]
    fn add_products(sum: V, x: W, weights: W) -> V {
        _mm512_add_epi32(sum, _mm512_madd_epi16(x, weights))
    }
}

/// Words are four bytes.
pub(crate) mod avx512_vnni {
    of_sixteen_lanes!(
        #[target_feature(enable = "avx512f,avx512vnni")]
    );

    #[target_feature(enable = "avx512f,avx512vnni")]
    #[inline]
    fn add_products(sum: V, x: W, weights: W) -> V {
        _mm512_dpbusd_epi32(sum, x, weights)
    }
}

//! Products of 16-bit floats, summed in 32 bits, by what recent x86 processors have for them: matrix tiles (AMX: `tdpbf16ps`),
//! or pairs of products in the widest lanes (AVX-512: `vdpbf16ps`).
//!
//! A tile holds 16 rows of 64 bytes: 32 values of `a` in a row, or 16 pairs of rows of `b`. One call multiplies 32 rows of
//! `a` by 32 columns of `b`, as four tiles of sums. bfloat16 keeps the range of `f32` and 8 bits of its fraction, which is what
//! networks are commonly trained in (Kalamkar et al. 2019, "A study of BFLOAT16 for deep learning training").

use std::sync::OnceLock;

/// Rows of `a`, columns of `b` and values of a sum that one step takes.
pub const SIDE: usize = 32;
/// Values of `b` that one step takes: 16 pairs of rows by 32 columns.
pub const STEP: usize = SIDE * SIDE;

/// What multiplies 16-bit floats here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// Tile registers of their own.
    Matrix,
    /// The lanes of AVX-512, used as if they were tiles.
    Lanes,
}

/// A processor that multiplies tiles, set up for this thread.
#[derive(Clone, Copy, Debug)]
pub struct Tiles(Unit);

impl Tiles {
    /// `None` where the processor has neither, or the system does not let us use them.
    #[must_use]
    pub fn here() -> Option<Self> {
        static BEST: OnceLock<Option<Unit>> = OnceLock::new();
        let unit = *BEST.get_or_init(|| {
            let lanes = lanes::has().then_some(Unit::Lanes);
            if machine::allowed() { Some(Unit::Matrix) } else { lanes }
        });
        if unit == Some(Unit::Matrix) {
            machine::configure();
        }
        unit.map(Self)
    }

    /// Adds to `c` `[32, 32]`, whose rows are `c_stride` apart, the products of 32 rows of `a` with 32 columns of `b`.
    ///
    /// `a`: bfloat16; row `i` begins at `a[start + i * stride]`. Step `k` multiplies its 32 values from `steps[k]` on, counted from
    /// there (it may be negative), with `b[k * STEP..]`: two tiles after one another, each 16 pairs of rows by 16 columns,
    /// as [`pack_rows`] writes them.
    ///
    /// # Panics
    /// A step that reaches beyond `a`, too few tiles in `b`, or too short a `c`.
    #[expect(clippy::too_many_arguments, reason = "three matrices with their places and distances")]
    pub fn multiply(
        self,
        a: &[u16],
        start: usize,
        stride: usize,
        steps: &[isize],
        b: &[u16],
        c: &mut [f32],
        c_stride: usize,
    ) {
        let (Some(first), Some(last)) = (steps.iter().min(), steps.iter().max()) else { return };
        let lowest = start as isize + first;
        let highest = start as isize + last + ((SIDE - 1) * stride + SIDE) as isize;
        assert!(lowest >= 0 && highest <= a.len() as isize, "{lowest}..{highest} of {}", a.len());
        assert!(b.len() >= steps.len() * STEP, "{} tiles' values of {}", b.len(), steps.len() * STEP);
        assert!(c.len() >= (SIDE - 1) * c_stride + SIDE, "{} sums", c.len());
        match self.0 {
            Unit::Matrix => machine::multiply(a, start, stride, steps, b, c, c_stride),
            Unit::Lanes => lanes::multiply(a, start, stride, steps, b, c, c_stride),
        }
    }
}

/// Rounds to bfloat16, to the nearest and, of two, to the even one.
#[must_use]
pub fn round(x: f32) -> u16 {
    let bits = x.to_bits();
    ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16) as u16
}

/// Rounds all of `from`.
pub fn round_all(from: &[f32], to: &mut Vec<u16>) {
    to.clear();
    to.reserve(from.len());
    super::lanes::widest(
        #[inline(always)]
        || to.extend(from.iter().map(|x| round(*x))),
    );
}

/// Writes 32 rows of 32 columns, `rows[i * stride..]`, as the two tiles of a step of `b`. Rows beyond `rows` are zero.
pub fn pack_rows(rows: &[f32], stride: usize, to: &mut [u16]) {
    const ZERO: [f32; SIDE] = [0.0; SIDE];
    for pair in 0..SIDE / 2 {
        let row = |i: usize| rows.get(i * stride..i * stride + SIDE).unwrap_or(&ZERO);
        let (even, odd) = (row(2 * pair), row(2 * pair + 1));
        for half in 0..2 {
            let out = &mut to[half * STEP / 2 + pair * SIDE..][..SIDE];
            for n in 0..SIDE / 2 {
                out[2 * n] = round(even[half * SIDE / 2 + n]);
                out[2 * n + 1] = round(odd[half * SIDE / 2 + n]);
            }
        }
    }
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
#[expect(unsafe_code, reason = "the tiles have no safe and no stable interface")]
mod machine {
    use std::arch::{asm, x86_64::__cpuid_count};

    const SYS_ARCH_PRCTL: i64 = 158;
    const ARCH_REQ_XCOMP_PERM: i64 = 0x1023;
    const XFEATURE_TILE_DATA: i64 = 18;

    /// Whether the processor has tiles for bfloat16, and Linux lets this process use them (it asks to be asked).
    pub(super) fn allowed() -> bool {
        // CPUID leaf 7: bit 22 of EDX is AMX-BF16, bit 24 AMX-TILE.
        let has = __cpuid_count(0, 0).eax >= 7
            && __cpuid_count(7, 0).edx & (1 << 22 | 1 << 24) == 1 << 22 | 1 << 24;
        if !has {
            return false;
        }
        let answer: i64;
        // SAFETY: a system call that changes what this process may do and touches no memory; rcx and r11 are the kernel's.
        unsafe {
            asm!("syscall", inlateout("rax") SYS_ARCH_PRCTL => answer, in("rdi") ARCH_REQ_XCOMP_PERM,
                in("rsi") XFEATURE_TILE_DATA, out("rcx") _, out("r11") _, options(nostack));
        }
        answer == 0
    }

    /// Palette 1, all eight tiles of 16 rows of 64 bytes.
    #[repr(C, align(64))]
    struct Configuration {
        palette: u8,
        start_row: u8,
        reserved: [u8; 14],
        row_bytes: [u16; 16],
        rows: [u8; 16],
    }

    static ALL: Configuration = {
        let (mut row_bytes, mut rows) = ([0; 16], [0; 16]);
        let mut tile = 0;
        while tile < 8 {
            (row_bytes[tile], rows[tile]) = (64, 16);
            tile += 1;
        }
        Configuration { palette: 1, start_row: 0, reserved: [0; 14], row_bytes, rows }
    };

    /// Sets the tiles of this thread up, once.
    pub(super) fn configure() {
        thread_local!(static DONE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) });
        if !DONE.replace(true) {
            // SAFETY: the processor has tiles (`allowed`), and the operand is a whole configuration of 64 bytes.
            unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const ALL, options(nostack, readonly)) };
        }
    }

    /// See [`super::Tiles::multiply`], which has checked every bound.
    pub(super) fn multiply(
        a: &[u16],
        start: usize,
        stride: usize,
        steps: &[isize],
        b: &[u16],
        c: &mut [f32],
        c_stride: usize,
    ) {
        let below = 16 * stride * 2;
        let c_below = 16 * c_stride * 4;
        // SAFETY: the caller has checked that every tile that is read lies in `a` and `b` and every one that is written in
        // `c`; the tiles were configured (`Tiles` is only made so); the whole product is one block, so that no tile register
        // has to live on from one block to the next.
        unsafe {
            asm!(
                "lea {u}, [{c} + {c_below}]",
                "tileloadd tmm0, [{c} + {c_stride}*1]",
                "tileloadd tmm1, [{c} + {c_stride}*1 + 64]",
                "tileloadd tmm2, [{u} + {c_stride}*1]",
                "tileloadd tmm3, [{u} + {c_stride}*1 + 64]",
                "2:",
                "mov {t}, [{steps}]",
                "lea {t}, [{a} + {t}*2]",
                "tileloadd tmm6, [{b} + {line}*1]",
                "tileloadd tmm4, [{t} + {stride}*1]",
                "add {t}, {below}",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{b} + {line}*1 + 1024]",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{t} + {stride}*1]",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {steps}, 8",
                "add {b}, 2048",
                "dec {n}",
                "jnz 2b",
                "tilestored [{c} + {c_stride}*1], tmm0",
                "tilestored [{c} + {c_stride}*1 + 64], tmm1",
                "tilestored [{u} + {c_stride}*1], tmm2",
                "tilestored [{u} + {c_stride}*1 + 64], tmm3",
                a = in(reg) a.as_ptr().wrapping_add(start),
                stride = in(reg) stride * 2,
                below = in(reg) below,
                steps = inout(reg) steps.as_ptr() => _,
                n = inout(reg) steps.len() => _,
                b = inout(reg) b.as_ptr() => _,
                line = in(reg) 64usize,
                c = in(reg) c.as_mut_ptr(),
                c_stride = in(reg) c_stride * 4,
                c_below = in(reg) c_below,
                t = out(reg) _,
                u = out(reg) _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
mod machine {
    pub(super) fn allowed() -> bool {
        false
    }

    pub(super) fn configure() {}

    pub(super) fn multiply(_: &[u16], _: usize, _: usize, _: &[isize], _: &[u16], _: &mut [f32], _: usize) {
        unreachable!("there are no tiles here, so nobody has a `Tiles`")
    }
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the processor's own instructions, on rows that lie a stride apart")]
mod lanes {
    use super::{SIDE, STEP};
    use std::arch::x86_64::{
        __m512, __m512bh, _mm512_dpbf16_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_set1_epi32,
        _mm512_storeu_ps,
    };
    use std::mem::transmute;

    /// Values of a sum in a register: half of a row of `c`.
    const LANES: usize = SIDE / 2;

    pub(super) fn has() -> bool {
        is_x86_feature_detected!("avx512bf16") && is_x86_feature_detected!("avx512f")
    }

    /// See [`super::Tiles::multiply`], which has checked every bound.
    pub(super) fn multiply(
        a: &[u16],
        start: usize,
        stride: usize,
        steps: &[isize],
        b: &[u16],
        c: &mut [f32],
        c_stride: usize,
    ) {
        let a = a.as_ptr().wrapping_add(start);
        // As many rows at a time as leave registers for two of `b` and one of `a`.
        // SAFETY: the processor has the instructions (`has`), and the caller has checked that every row of `a`, every step of
        // `b` and every row of `c` lies in its slice.
        unsafe {
            rows::<12>(a, stride, steps, b.as_ptr(), c.as_mut_ptr(), c_stride);
            rows::<12>(
                a.wrapping_add(12 * stride),
                stride,
                steps,
                b.as_ptr(),
                c.as_mut_ptr().add(12 * c_stride),
                c_stride,
            );
            rows::<8>(
                a.wrapping_add(24 * stride),
                stride,
                steps,
                b.as_ptr(),
                c.as_mut_ptr().add(24 * c_stride),
                c_stride,
            );
        }
    }

    /// `ROWS` rows of `a` by 32 columns of `b`, added to as many rows of `c`.
    #[target_feature(enable = "avx512f,avx512bf16")]
    unsafe fn rows<const ROWS: usize>(
        a: *const u16,
        stride: usize,
        steps: &[isize],
        mut b: *const u16,
        c: *mut f32,
        c_stride: usize,
    ) {
        // SAFETY: `multiply` vouches for every address.
        unsafe {
            let mut sums: [[__m512; 2]; ROWS] = std::array::from_fn(|i| {
                let row = c.add(i * c_stride);
                [_mm512_loadu_ps(row), _mm512_loadu_ps(row.add(LANES))]
            });
            for step in steps {
                let from = a.wrapping_offset(*step);
                for pair in 0..SIDE / 2 {
                    let columns = |half: usize| -> __m512bh {
                        transmute(_mm512_loadu_si512(b.add(half * STEP / 2 + pair * SIDE).cast()))
                    };
                    let (left, right) = (columns(0), columns(1));
                    for (i, sums) in sums.iter_mut().enumerate() {
                        let two = from.wrapping_add(i * stride + 2 * pair).cast::<i32>().read_unaligned();
                        let two: __m512bh = transmute(_mm512_set1_epi32(two));
                        sums[0] = _mm512_dpbf16_ps(sums[0], two, left);
                        sums[1] = _mm512_dpbf16_ps(sums[1], two, right);
                    }
                }
                b = b.add(STEP);
            }
            for (i, sums) in sums.iter().enumerate() {
                let row = c.add(i * c_stride);
                _mm512_storeu_ps(row, sums[0]);
                _mm512_storeu_ps(row.add(LANES), sums[1]);
            }
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod lanes {
    pub(super) fn has() -> bool {
        false
    }

    pub(super) fn multiply(_: &[u16], _: usize, _: usize, _: &[isize], _: &[u16], _: &mut [f32], _: usize) {
        unreachable!("there are no such lanes here, so nobody has a `Tiles`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::params::normal;

    #[test]
    fn rounding_is_to_the_nearest_and_even() {
        for (x, bits) in
            [(1.0, 0x3F80), (-2.5, 0xC020), (1.0 + 1.0 / 256.0, 0x3F80), (1.0 + 3.0 / 256.0, 0x3F82)]
        {
            assert_eq!(round(x), bits, "{x}");
        }
    }

    /// Against the definition, in products of values that bfloat16 holds exactly: what is left is the order of the sums.
    #[test]
    fn a_product_is_what_its_definition_says() {
        Tiles::here().into_iter().for_each(check);
        lanes::has().then(|| check(Tiles(Unit::Lanes)));
    }

    fn check(tiles: Tiles) {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut value = || f32::from_bits(u32::from(round(normal(&mut rng))) << 16);
        let (stride, steps) = (40, [-3isize, 0, 64, 7]);
        let a: Vec<f32> = (0..SIDE * stride + 200).map(|_| value()).collect();
        let b: Vec<f32> = (0..steps.len() * SIDE * SIDE).map(|_| value()).collect();
        let mut packed = vec![0; steps.len() * STEP];
        for (rows, to) in b.chunks_exact(SIDE * SIDE).zip(packed.chunks_exact_mut(STEP)) {
            pack_rows(rows, SIDE, to);
        }
        let mut rounded = Vec::new();
        round_all(&a, &mut rounded);
        let mut c = vec![1.0; SIDE * 48];
        tiles.multiply(&rounded, 5, stride, &steps, &packed, &mut c, 48);
        for i in 0..SIDE {
            for j in 0..SIDE {
                let mut expected = 1.0;
                for (k, step) in steps.iter().enumerate() {
                    let first = (5 + i * stride).wrapping_add_signed(*step);
                    for n in 0..SIDE {
                        expected += a[first + n] * b[(k * SIDE + n) * SIDE + j];
                    }
                }
                assert!((c[i * 48 + j] - expected).abs() < 1e-3, "{i} {j}: {} {expected}", c[i * 48 + j]);
            }
            assert!(c[i * 48 + SIDE..(i + 1) * 48].iter().all(|x| *x == 1.0), "beyond the columns");
        }
    }
}

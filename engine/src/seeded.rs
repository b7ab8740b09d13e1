//! Numbers by which layers in plain Rust are compared with the graphs of their files.

/// Seeded numbers in 0..1 (SplitMix64).
pub(crate) fn numbers(count: usize) -> Vec<f32> {
    let mut state = 0x0052_6f6c_6c63_616c_u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 24) as f32
    };
    (0..count).map(|_| next()).collect()
}

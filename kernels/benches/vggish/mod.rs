//! The layers that both benches run.

/// VGGish's convolutions: channels in and out, bands, output rows a column of 160 ms, whether pooled.
pub(crate) const LAYERS: [(usize, usize, usize, usize, bool); 6] = [
    (1, 64, 64, 8, true),
    (64, 128, 32, 4, true),
    (128, 256, 16, 4, false),
    (256, 256, 16, 2, true),
    (256, 512, 8, 2, false),
    (512, 512, 8, 1, true),
];

//! Colours by meaning, as 0xRRGGBB, for dark and for light ground.
//!
//! Text on `ground` and `panel` has a contrast of at least 4.5 : 1 (`faint`: 3 : 1), the families' colours at least 3 : 1 (WCAG 2.2,
//! 1.4.3 and 1.4.11), and they keep apart for protanopes, deuteranopes and tritanopes: Okabe & Ito (2008), moved apart in OKLab under
//! Machado's (2009) simulations.

/// One set of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    /// The window, or the paper.
    pub ground: u32,
    /// Bars and drawers.
    pub panel: u32,
    /// Tracks and lanes without a value.
    pub track: u32,
    /// Hairlines.
    pub line: u32,
    /// What counts.
    pub text: u32,
    /// What explains.
    pub muted: u32,
    /// What is inactive.
    pub faint: u32,
    /// Focus, selection, the picked moment.
    pub accent: u32,
    /// All is well.
    pub good: u32,
    /// Something to know.
    pub warn: u32,
    /// Something is broken.
    pub bad: u32,
    /// One for each of [`crate::Family::ALL`].
    pub families: [u32; 7],
}

/// Light letters on dark ground.
pub const DARK: Colours = Colours {
    ground: 0x0F_1113,
    panel: 0x16_191C,
    track: 0x21_252A,
    line: 0x2B_3036,
    text: 0xF3_F5F6,
    muted: 0xA9_B2BB,
    faint: 0x75_7F89,
    accent: 0x8A_C7FF,
    good: 0x3F_C08F,
    warn: 0xF2_B84B,
    bad: 0xFF_7A66,
    families: [0xEA_72B8, 0x4B_ACF9, 0xED_AE58, 0x0D_9E72, 0xF3_E755, 0xF0_4A14, 0xA9_B2BB],
};

/// Dark letters on light ground.
pub const LIGHT: Colours = Colours {
    ground: 0xF7_F8F9,
    panel: 0xFF_FFFF,
    track: 0xE6_E9EC,
    line: 0xD3_D8DD,
    text: 0x12_161A,
    muted: 0x4C_565F,
    faint: 0x7E_8891,
    accent: 0x0B_63C4,
    good: 0x0B_7A55,
    warn: 0x9A_5B00,
    bad: 0xC0_2B18,
    families: [0x73_2A77, 0x17_8EDB, 0x9A_5F08, 0x29_7877, 0xB4_881F, 0x94_0905, 0x5C_6670],
};

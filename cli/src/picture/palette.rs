//! Colours and names, those of the plugin's window: who knows one reads the other.
//!
//! Text has a contrast of at least 4.5 : 1 on the ground, the families' colours 3 : 1 (WCAG 2.2), and they keep apart for
//! protanopes, deuteranopes and tritanopes (Okabe & Ito, moved apart in OKLab under Machado's simulations).

use plotters::style::RGBColor;

/// Light letters on dark ground, or the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Theme {
    /// As the plugin's window.
    #[default]
    Dark,
    /// For paper and bright pages.
    Light,
}

/// Groups of instruments, from the top of a picture down: name and classes, the more often heard first.
pub(super) const FAMILIES: [(&str, &[&str]); 6] = [
    ("Voice & synth", &["voice", "synthesizer"]),
    ("Keys", &["piano", "organ", "accordion"]),
    ("Plucked", &["guitar", "bass", "ukulele", "mandolin", "banjo"]),
    ("Strings", &["violin", "cello"]),
    ("Winds & brass", &["flute", "clarinet", "saxophone", "trumpet", "trombone"]),
    ("Percussion", &["drums", "cymbals", "mallet_percussion"]),
];
/// Where a class of another model belongs.
pub(super) const OTHER: usize = FAMILIES.len();

/// Colours by meaning, as 0xRRGGBB.
#[derive(Clone, Copy, Debug)]
pub(super) struct Palette {
    pub(super) ground: u32,
    pub(super) panel: u32,
    pub(super) track: u32,
    pub(super) line: u32,
    pub(super) text: u32,
    pub(super) muted: u32,
    pub(super) faint: u32,
    pub(super) accent: u32,
    pub(super) warn: u32,
    /// One for each family, and one for all others.
    pub(super) families: [u32; 7],
    /// From silence to loud, for the log-mel: Magma (Smith & van der Walt, matplotlib, CC0), or Brewer's blues
    /// (ColorBrewer 2.0, Apache-2.0).
    pub(super) mel: &'static [u32],
}

const DARK: Palette = Palette {
    ground: 0x0F_1113,
    panel: 0x16_191C,
    track: 0x21_252A,
    line: 0x2B_3036,
    text: 0xF3_F5F6,
    muted: 0xA9_B2BB,
    faint: 0x75_7F89,
    accent: 0x8A_C7FF,
    warn: 0xF2_B84B,
    families: [0xEA_72B8, 0x4B_ACF9, 0xED_AE58, 0x0D_9E72, 0xF3_E755, 0xF0_4A14, 0xA9_B2BB],
    mel: &[0x00_0004, 0x1C_1044, 0x4F_127B, 0x81_2581, 0xB5_367A, 0xE5_5064, 0xFB_8761, 0xFE_C287, 0xFC_FDBF],
};
const LIGHT: Palette = Palette {
    ground: 0xF7_F8F9,
    panel: 0xFF_FFFF,
    track: 0xE6_E9EC,
    line: 0xD3_D8DD,
    text: 0x12_161A,
    muted: 0x4C_565F,
    faint: 0x7E_8891,
    accent: 0x0B_63C4,
    warn: 0x9A_5B00,
    families: [0x73_2A77, 0x17_8EDB, 0x9A_5F08, 0x29_7877, 0xB4_881F, 0x94_0905, 0x5C_6670],
    mel: &[0xF7_FBFF, 0xD6_E6F4, 0x94_C4DF, 0x4A_98C9, 0x17_64AB, 0x08_306B],
};

impl Theme {
    pub(super) fn palette(self) -> &'static Palette {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
        }
    }
}

impl Palette {
    /// A family's colour at a height of 0..=1 over an empty lane.
    pub(super) fn heat(&self, family: usize, height: f32) -> u32 {
        mix(mix(self.ground, self.track, 0.55), self.families[family], height)
    }

    /// The colour of a shade of the log-mel, 0..=255.
    pub(super) fn mel(&self, shade: u8) -> u32 {
        let place = f32::from(shade) / 255.0 * (self.mel.len() - 1) as f32;
        let at = (place as usize).min(self.mel.len() - 2);
        mix(self.mel[at], self.mel[at + 1], place - at as f32)
    }
}

/// How far up its colour an activity lies, 0..=1: the step at the threshold makes a detection stand out, as in the plugin.
pub(super) fn height(activity: f32, threshold: f32) -> f32 {
    const STEP: (f32, f32) = (0.30, 0.55);
    if activity < threshold {
        STEP.0 * activity / threshold
    } else {
        STEP.1 + (1.0 - STEP.1) * (activity - threshold) / (1.0 - threshold).max(1e-3)
    }
}

/// Between two colours, `t` in 0..=1.
pub(super) fn mix(from: u32, to: u32, t: f32) -> u32 {
    let channel = |shift: u32| {
        let (a, b) = ((from >> shift & 0xFF) as f32, (to >> shift & 0xFF) as f32);
        ((a + (b - a) * t.clamp(0.0, 1.0)).round() as u32) << shift
    };
    channel(16) | channel(8) | channel(0)
}

/// For plotters.
pub(super) fn rgb(colour: u32) -> RGBColor {
    let [_, r, g, b] = colour.to_be_bytes();
    RGBColor(r, g, b)
}

/// Family of a class, and its place within it.
pub(super) fn family(class: &str) -> (usize, usize) {
    let place = |(family, (_, classes)): (usize, &(&str, &[&str]))| {
        classes.iter().position(|known| *known == class).map(|place| (family, place))
    };
    FAMILIES.iter().enumerate().find_map(place).unwrap_or((OTHER, 0))
}

/// A class's name for people.
pub(super) fn display_name(class: &str) -> String {
    if class == "mallet_percussion" {
        return "Mallets".into();
    }
    let mut text = class.replace('_', " ");
    if let Some(first) = text.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_engine::OPENMIC_CLASSES;

    #[test]
    fn colours_are_those_of_the_window() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugin/editor/src/look/theme.rs");
        let window = std::fs::read_to_string(path).expect("the window's colours");
        for palette in [DARK, LIGHT] {
            let named =
                [palette.ground, palette.panel, palette.track, palette.line, palette.text, palette.muted];
            for colour in named.into_iter().chain(palette.families) {
                let text = format!("rgb(0x{:02X}_{:04X})", colour >> 16, colour & 0xFFFF);
                assert!(window.contains(&text), "{text} is no colour of the plugin's window");
            }
        }
    }

    #[test]
    fn every_class_has_a_family() {
        assert!(OPENMIC_CLASSES.iter().all(|class| family(class).0 < OTHER));
        assert_eq!((family("violin"), family("theremin")), ((3, 0), (OTHER, 0)));
        assert_eq!(FAMILIES.iter().map(|family| family.1.len()).sum::<usize>(), OPENMIC_CLASSES.len());
    }

    #[test]
    fn heat_rises_and_steps_at_the_threshold() {
        assert!((0..100).all(|i| height((i + 1) as f32 / 100.0, 0.4) > height(i as f32 / 100.0, 0.4)));
        assert_eq!((height(0.0, 0.4), height(1.0, 0.4), height(1.0, 1.0)), (0.0, 1.0, 0.55));
        assert_eq!(
            (mix(0x10_2030, 0x20_4060, 0.5), DARK.mel(0), DARK.mel(255)),
            (0x18_3048, 0x00_0004, 0xFC_FDBF)
        );
    }
}

//! Colours of pictures: those of the plugin's window ([`rollcall_classes::colours`]), and those of the log-mel.

use plotters::style::RGBColor;
use rollcall_classes::colours::{self, Colours};

/// Light letters on dark ground, or the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Theme {
    /// As the plugin's window.
    #[default]
    Dark,
    /// For paper and bright pages.
    Light,
}

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

const DARK: Palette = Palette::from(
    colours::DARK,
    &[0x00_0004, 0x1C_1044, 0x4F_127B, 0x81_2581, 0xB5_367A, 0xE5_5064, 0xFB_8761, 0xFE_C287, 0xFC_FDBF],
);
const LIGHT: Palette =
    Palette::from(colours::LIGHT, &[0xF7_FBFF, 0xD6_E6F4, 0x94_C4DF, 0x4A_98C9, 0x17_64AB, 0x08_306B]);

impl Theme {
    pub(super) fn palette(self) -> &'static Palette {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
        }
    }
}

impl Palette {
    const fn from(colours: Colours, mel: &'static [u32]) -> Self {
        let Colours { ground, panel, track, line, text, muted, faint, accent, warn, families, .. } = colours;
        Self { ground, panel, track, line, text, muted, faint, accent, warn, families, mel }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

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

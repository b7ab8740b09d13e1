//! How a class that is none of the 20 is shown: what its package says of its family, its colour and its mark.

use crate::{Family, Mark};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What a package says of a class; what it leaves out is found by the class's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// The family it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// A colour of its own in place of its family's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
    /// A mark beside its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<Mark>,
}

/// A colour as the web writes it: `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour(u32);

impl Colour {
    /// As 0xRRGGBB.
    #[must_use]
    pub fn hex(self) -> u32 {
        self.0
    }

    /// The colour, or where it would hardly be seen on this ground (0xRRGGBB) the nearest on the way to black or white that is: at
    /// least 3 : 1 (WCAG 2.2, 1.4.11), as the families' colours have it.
    #[must_use]
    pub fn seen_on(self, ground: u32) -> u32 {
        const LEAST: f32 = 3.0;
        const STEPS: u32 = 32;
        let towards = if luminance(ground) < 0.18 { 0xFF_FFFF } else { 0 };
        let on_the_way = (0..=STEPS).map(|step| mixed(self.0, towards, step as f32 / STEPS as f32));
        on_the_way.into_iter().find(|&colour| contrast(colour, ground) >= LEAST).unwrap_or(towards)
    }
}

/// Red, green and blue, 0..=255.
fn channels(hex: u32) -> [f32; 3] {
    [16, 8, 0].map(|shift| (hex >> shift & 0xFF) as f32)
}

fn mixed(from: u32, to: u32, share: f32) -> u32 {
    let (from, to) = (channels(from), channels(to));
    (0..3).fold(0, |hex, i| hex << 8 | (from[i] + (to[i] - from[i]) * share + 0.5) as u32)
}

/// Relative luminance of WCAG 2.2.
fn luminance(hex: u32) -> f32 {
    let linear = |value: f32| {
        let value = value / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    let [r, g, b] = channels(hex).map(linear);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Contrast of WCAG 2.2, 1 to 21.
fn contrast(a: u32, b: u32) -> f32 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let hex = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        hex.map(Self)
            .ok_or_else(|| format!("'{text}' is no colour; write it as #rrggbb, for instance #c08040"))
    }
}

impl TryFrom<String> for Colour {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colours::{DARK, LIGHT};

    #[test]
    fn colours_are_read_as_the_web_writes_them() {
        let colour: Colour = "#C08040".parse().expect("a colour");
        assert_eq!((colour.hex(), colour.to_string().as_str()), (0xC0_8040, "#c08040"));
        for wrong in ["c08040", "#c0804", "#c080400", "#c0804g", "#+08040", "red", ""] {
            let why = wrong.parse::<Colour>().expect_err(wrong);
            assert!(why.contains("write it as #rrggbb"), "{why}");
        }
    }

    #[test]
    fn every_colour_is_seen_on_both_grounds() {
        assert!(
            (contrast(0, 0xFF_FFFF) - 21.0).abs() < 1e-3
                && (contrast(0x12_3456, 0x12_3456) - 1.0).abs() < 1e-6
        );
        for ground in [DARK.ground, DARK.panel, LIGHT.ground, LIGHT.panel] {
            for hex in (0..=0xFF_FFFF_u32).step_by(0x10_1011).chain([0, 0xFF_FFFF, ground]) {
                let seen = Colour(hex).seen_on(ground);
                assert!(contrast(seen, ground) >= 3.0, "{hex:06x} on {ground:06x} is {seen:06x}");
                assert!(contrast(hex, ground) < 3.0 || seen == hex, "{hex:06x} is seen, and stays as it is");
            }
        }
    }
}

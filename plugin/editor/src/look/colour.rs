//! Colour arithmetic and the maps from values to colours.

use egui::Color32;

/// Between two opaque colours, `t` in 0..=1.
pub(crate) fn lerp(from: Color32, to: Color32, t: f32) -> Color32 {
    let mix = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * t + 0.5) as u8;
    Color32::from_rgb(mix(from.r(), to.r()), mix(from.g(), to.g()), mix(from.b(), to.b()))
}

fn through(anchors: &[[u8; 3]], t: f32) -> Color32 {
    let place = t.clamp(0.0, 1.0) * (anchors.len() - 1) as f32;
    let at = (place as usize).min(anchors.len() - 2);
    let rgb = |[r, g, b]: [u8; 3]| Color32::from_rgb(r, g, b);
    lerp(rgb(anchors[at]), rgb(anchors[at + 1]), place - at as f32)
}

/// Cividis (Nuñez, Anderton & Renslow, 2018, doi:10.1371/journal.pone.0199239) at 0, 1/8, ..., 1.
pub(crate) fn cividis(t: f32) -> Color32 {
    const ANCHORS: [[u8; 3]; 9] = [
        [0, 34, 78],
        [26, 56, 111],
        [67, 78, 108],
        [97, 100, 111],
        [125, 124, 120],
        [155, 148, 119],
        [188, 174, 108],
        [222, 202, 85],
        [254, 232, 56],
    ];
    through(&ANCHORS, t)
}

/// Magma (Smith & van der Walt, matplotlib, CC0) at 0, 1/8, ..., 1.
pub(crate) fn magma(t: f32) -> Color32 {
    const ANCHORS: [[u8; 3]; 9] = [
        [0, 0, 4],
        [28, 16, 68],
        [79, 18, 123],
        [129, 37, 129],
        [181, 54, 122],
        [229, 80, 100],
        [251, 135, 97],
        [254, 194, 135],
        [252, 253, 191],
    ];
    through(&ANCHORS, t)
}

/// Single-hue blues (Brewer, ColorBrewer 2.0, Apache-2.0), from light to dark.
pub(crate) fn blues(t: f32) -> Color32 {
    const ANCHORS: [[u8; 3]; 6] =
        [[247, 251, 255], [214, 230, 244], [148, 196, 223], [74, 152, 201], [23, 100, 171], [8, 48, 107]];
    through(&ANCHORS, t)
}

/// Colours of one class's activities, 0..=255.
#[derive(Clone)]
pub(crate) struct Heat(Box<[Color32; 256]>);

impl Heat {
    /// Height of the map at the threshold, from below and from above: the step makes a detection stand out.
    const STEP: (f32, f32) = (0.30, 0.55);

    /// How far up the map an activity lies, 0..=1; rises with the activity.
    fn height(activity: f32, threshold: f32) -> f32 {
        if activity < threshold {
            Self::STEP.0 * activity / threshold
        } else {
            Self::STEP.1 + (1.0 - Self::STEP.1) * (activity - threshold) / (1.0 - threshold).max(1e-3)
        }
    }
    pub(crate) fn new(threshold: f32, map: impl Fn(f32) -> Color32) -> Self {
        Self(Box::new(std::array::from_fn(|value| map(Self::height(value as f32 / 255.0, threshold)))))
    }
    pub(crate) fn at(&self, value: u8) -> Color32 {
        self.0[usize::from(value)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: Color32) -> f32 {
        let [r, g, b, _] = egui::Rgba::from(colour).to_array();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn maps_rise_in_lightness() {
        for map in [cividis, magma] {
            let steps: Vec<f32> = (0..=32).map(|i| luminance(map(i as f32 / 32.0))).collect();
            assert!(steps.windows(2).all(|pair| pair[1] > pair[0]), "{steps:?}");
        }
        assert!((0..32).all(|i| luminance(blues((i + 1) as f32 / 32.0)) < luminance(blues(i as f32 / 32.0))));
    }

    #[test]
    fn heat_rises_with_the_activity_and_steps_at_the_threshold() {
        let heat = |value| Heat::height(value, 0.4);
        assert!((0..100).all(|i| heat((i + 1) as f32 / 100.0) > heat(i as f32 / 100.0)));
        assert!(heat(0.4) - heat(0.399) > 0.2);
        assert_eq!((heat(0.0), heat(1.0)), (0.0, 1.0));
        assert!(
            Heat::height(1.0, 1.0) <= 1.0 && Heat::height(0.0, 0.0) <= 1.0,
            "thresholds at the ends are fine"
        );
    }
}

//! The colour of a class: its family's, or its own where its package gives it one; and its mark.

use super::Theme;
use crate::{Appearance, Family};
use egui::Color32;
use rollcall_classes::{
    Look, Mark,
    colours::{DARK, LIGHT},
};

/// A class's family, colour and mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tint {
    pub(crate) family: Family,
    /// What stands beside its name.
    pub(crate) mark: Option<Mark>,
    /// On dark and on light ground.
    own: Option<[Color32; 2]>,
}

impl Tint {
    /// Of a class, by what its package says, else by its name.
    pub(crate) fn of(class: &str, look: Look) -> Self {
        let own = |ground| look.colour.map(|colour| super::theme::rgb(colour.seen_on(ground)));
        Self {
            family: look.family.unwrap_or_else(|| Family::of(class)),
            mark: look.icon,
            own: own(DARK.ground).zip(own(LIGHT.ground)).map(<[Color32; 2]>::from),
        }
    }

    /// Of each class; `looks` may be shorter.
    pub(crate) fn of_all(classes: &[String], looks: &[Look]) -> Vec<Self> {
        let looks = looks.iter().copied().chain(std::iter::repeat(Look::default()));
        classes.iter().zip(looks).map(|(class, look)| Self::of(class, look)).collect()
    }
}

impl Theme {
    pub(crate) fn tint(&self, tint: Tint) -> Color32 {
        match (tint.own, self.appearance) {
            (None, _) => self.family(tint.family),
            (Some([dark, _]), Appearance::Dark) => dark,
            (Some([_, light]), Appearance::Light) => light,
        }
    }
    /// The colour of something inactive.
    pub(crate) fn dimmed(&self, colour: Color32) -> Color32 {
        super::lerp(self.track, colour, 0.55)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_its_own_colour_where_its_package_says_so() {
        let colour = "#f0e0a0".parse().ok();
        let classes = ["harp", "room hum", "violin"].map(String::from);
        let looks = [Look::default(), Look { family: Some(Family::Keys), colour, icon: Some(Mark::Room) }];
        let tints = Tint::of_all(&classes, &looks);
        assert_eq!(
            tints.iter().map(|tint| tint.family).collect::<Vec<_>>(),
            [Family::Plucked, Family::Keys, Family::Strings]
        );
        assert_eq!(tints.iter().map(|tint| tint.mark).collect::<Vec<_>>(), [None, Some(Mark::Room), None]);
        assert_eq!(Theme::DARK.tint(tints[0]), Theme::DARK.family(Family::Plucked));
        assert_eq!(Theme::DARK.tint(tints[1]), Color32::from_rgb(0xF0, 0xE0, 0xA0));
        let on_light = Theme::LIGHT.tint(tints[1]);
        assert!(on_light.r() < 0xC0, "it is darkened to be seen on white: {on_light:?}");
        assert_eq!(Theme::LIGHT.tint(tints[2]), Theme::LIGHT.family(Family::Strings));
    }
}

//! Both themes and how egui's own widgets wear them.

use crate::{Family, settings::Appearance};
use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Shadow, Stroke, TextStyle, Theme as EguiTheme,
    Visuals,
    style::{HandleShape, ScrollStyle, WidgetVisuals},
    vec2,
};

/// Sizes of type, in points. The headline has its own, as large as its room allows.
pub(crate) mod size {
    pub(crate) const CAPTION: f32 = 11.0;
    pub(crate) const BODY: f32 = 13.0;
    pub(crate) const TITLE: f32 = 16.0;
}

/// Distances, multiples of 4 points.
pub(crate) mod space {
    pub(crate) const XS: f32 = 4.0;
    pub(crate) const S: f32 = 8.0;
    pub(crate) const M: f32 = 12.0;
    pub(crate) const L: f32 = 16.0;
}

/// Colours by meaning.
///
/// Text on `ground` and `panel` has a contrast of at least 4.5 : 1 (`faint`: 3 : 1), the families' colours at least
/// 3 : 1 (WCAG 2.2, 1.4.3 and 1.4.11); the families keep apart for protanopes, deuteranopes and tritanopes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Theme {
    pub(crate) appearance: Appearance,
    /// The window.
    pub(crate) ground: Color32,
    /// Bars and drawers.
    pub(crate) panel: Color32,
    /// Tracks and lanes without a value.
    pub(crate) track: Color32,
    /// Hairlines.
    pub(crate) line: Color32,
    /// What counts.
    pub(crate) text: Color32,
    /// What explains.
    pub(crate) muted: Color32,
    /// What is inactive.
    pub(crate) faint: Color32,
    /// Focus, selection, the picked moment.
    pub(crate) accent: Color32,
    /// All is well.
    pub(crate) good: Color32,
    /// Something to know.
    pub(crate) warn: Color32,
    /// Something is broken.
    pub(crate) bad: Color32,
    families: [Color32; 7],
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

impl Theme {
    pub(crate) const DARK: Self = Self {
        appearance: Appearance::Dark,
        ground: rgb(0x0F_1113),
        panel: rgb(0x16_191C),
        track: rgb(0x21_252A),
        line: rgb(0x2B_3036),
        text: rgb(0xF3_F5F6),
        muted: rgb(0xA9_B2BB),
        faint: rgb(0x75_7F89),
        accent: rgb(0x8A_C7FF),
        good: rgb(0x3F_C08F),
        warn: rgb(0xF2_B84B),
        bad: rgb(0xFF_7A66),
        // Okabe & Ito (2008), moved apart in OKLab under Machado's (2009) simulations.
        families: [
            rgb(0xEA_72B8),
            rgb(0x4B_ACF9),
            rgb(0xED_AE58),
            rgb(0x0D_9E72),
            rgb(0xF3_E755),
            rgb(0xF0_4A14),
            rgb(0xA9_B2BB),
        ],
    };
    pub(crate) const LIGHT: Self = Self {
        appearance: Appearance::Light,
        ground: rgb(0xF7_F8F9),
        panel: rgb(0xFF_FFFF),
        track: rgb(0xE6_E9EC),
        line: rgb(0xD3_D8DD),
        text: rgb(0x12_161A),
        muted: rgb(0x4C_565F),
        faint: rgb(0x7E_8891),
        accent: rgb(0x0B_63C4),
        good: rgb(0x0B_7A55),
        warn: rgb(0x9A_5B00),
        bad: rgb(0xC0_2B18),
        families: [
            rgb(0x73_2A77),
            rgb(0x17_8EDB),
            rgb(0x9A_5F08),
            rgb(0x29_7877),
            rgb(0xB4_881F),
            rgb(0x94_0905),
            rgb(0x5C_6670),
        ],
    };

    pub(crate) fn of(appearance: Appearance) -> Self {
        match appearance {
            Appearance::Dark => Self::DARK,
            Appearance::Light => Self::LIGHT,
        }
    }
    pub(crate) fn family(&self, family: Family) -> Color32 {
        self.families[family.index()]
    }
    /// A family's colour of something inactive.
    pub(crate) fn dimmed(&self, family: Family) -> Color32 {
        super::lerp(self.track, self.family(family), 0.55)
    }

    /// Dresses a window.
    pub(crate) fn apply(&self, ctx: &Context) {
        let dark = self.appearance == Appearance::Dark;
        let egui_theme = if dark { EguiTheme::Dark } else { EguiTheme::Light };
        ctx.set_theme(egui_theme);
        ctx.style_mut_of(egui_theme, |style| {
            style.visuals = self.visuals(if dark { Visuals::dark() } else { Visuals::light() });
            let face = |size| FontId::new(size, FontFamily::Proportional);
            style.text_styles = [
                (TextStyle::Small, face(size::CAPTION)),
                (TextStyle::Body, face(size::BODY)),
                (TextStyle::Button, face(size::BODY)),
                (TextStyle::Monospace, face(size::BODY)),
                (TextStyle::Heading, super::strong(size::TITLE)),
            ]
            .into();
            style.spacing.item_spacing = vec2(space::S, space::S);
            style.spacing.button_padding = vec2(space::M, 5.0);
            style.spacing.interact_size = vec2(36.0, 26.0);
            style.spacing.slider_rail_height = 4.0;
            style.spacing.tooltip_width = 320.0;
            style.spacing.scroll = ScrollStyle::thin();
            style.interaction.tooltip_delay = 0.35;
            style.interaction.selectable_labels = false;
            style.animation_time = 0.12;
        });
    }

    fn visuals(&self, mut visuals: Visuals) -> Visuals {
        let radius = CornerRadius::same(6);
        let state = |fill, stroke, text| WidgetVisuals {
            bg_fill: fill,
            weak_bg_fill: fill,
            bg_stroke: Stroke::new(1.0, stroke),
            corner_radius: radius,
            fg_stroke: Stroke::new(1.25, text),
            expansion: 0.0,
        };
        let raised = super::lerp(self.track, self.text, 0.06);
        visuals.widgets.noninteractive = state(self.panel, self.line, self.text);
        visuals.widgets.inactive = state(self.track, super::lerp(self.line, self.faint, 0.5), self.text);
        visuals.widgets.hovered = state(raised, self.faint, self.text);
        visuals.widgets.active = state(raised, self.accent, self.text);
        visuals.widgets.open = state(raised, self.faint, self.text);
        visuals.selection.bg_fill = self.accent;
        visuals.selection.stroke = Stroke::new(1.5, self.on_accent());
        visuals.hyperlink_color = self.accent;
        visuals.weak_text_color = Some(self.muted);
        visuals.faint_bg_color = self.track;
        visuals.extreme_bg_color = self.ground;
        visuals.text_edit_bg_color = Some(self.ground);
        visuals.warn_fg_color = self.warn;
        visuals.error_fg_color = self.bad;
        visuals.window_fill = self.panel;
        visuals.panel_fill = self.ground;
        visuals.window_stroke = Stroke::new(1.0, self.line);
        visuals.window_corner_radius = CornerRadius::same(8);
        visuals.menu_corner_radius = CornerRadius::same(8);
        visuals.popup_shadow =
            Shadow { offset: [0, 4], blur: 16, spread: 0, color: Color32::from_black_alpha(70) };
        visuals.slider_trailing_fill = true;
        visuals.handle_shape = HandleShape::Circle;
        visuals
    }
    /// Text on the accent colour.
    pub(crate) fn on_accent(&self) -> Color32 {
        match self.appearance {
            Appearance::Dark => self.ground,
            Appearance::Light => self.panel,
        }
    }
}

#[cfg(test)]
#[path = "theme_tests.rs"]
mod tests;

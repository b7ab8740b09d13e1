//! Both themes and how egui's own widgets wear them.

use crate::{Family, settings::Appearance};
use egui::{
    Color32, Context, CornerRadius, FontFamily, FontId, Shadow, Stroke, TextStyle, Theme as EguiTheme,
    Visuals,
    style::{HandleShape, ScrollStyle, WidgetVisuals},
    vec2,
};
use rollcall_classes::colours::{self, Colours};

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

/// Colours by meaning ([`rollcall_classes::colours`]), as egui has them.
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

pub(super) const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

impl Theme {
    pub(crate) const DARK: Self = Self::from(Appearance::Dark, colours::DARK);
    pub(crate) const LIGHT: Self = Self::from(Appearance::Light, colours::LIGHT);

    const fn from(appearance: Appearance, colours: Colours) -> Self {
        let [a, b, c, d, e, f, g] = colours.families;
        Self {
            appearance,
            ground: rgb(colours.ground),
            panel: rgb(colours.panel),
            track: rgb(colours.track),
            line: rgb(colours.line),
            text: rgb(colours.text),
            muted: rgb(colours.muted),
            faint: rgb(colours.faint),
            accent: rgb(colours.accent),
            good: rgb(colours.good),
            warn: rgb(colours.warn),
            bad: rgb(colours.bad),
            families: [rgb(a), rgb(b), rgb(c), rgb(d), rgb(e), rgb(f), rgb(g)],
        }
    }

    pub(crate) fn of(appearance: Appearance) -> Self {
        match appearance {
            Appearance::Dark => Self::DARK,
            Appearance::Light => Self::LIGHT,
        }
    }
    pub(crate) fn family(&self, family: Family) -> Color32 {
        self.families[family.index()]
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

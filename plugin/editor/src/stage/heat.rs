//! The history as a texture: one texel a column and class, painted as one rectangle a lane.

use super::columns::{Columns, Cover};
use crate::{
    look::{Heat, Theme, Tint, cividis, lerp},
    settings::HeatColours,
};
use egui::{Color32, ColorImage, Context, Mesh, Painter, Rect, TextureHandle, TextureOptions, pos2};

/// Columns drawn beyond both ends, so that a little scrolling needs no new texture.
const MARGIN: i64 = 16;
/// Widest texture: every OpenGL 3 driver takes it.
const WIDEST: i64 = 8_192;

/// What the colours depend on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct HeatLook {
    pub(crate) theme: Theme,
    pub(crate) colours: HeatColours,
    /// Colour and threshold of each class.
    pub(crate) classes: Vec<(Tint, f32)>,
}

/// The texture and what it shows.
#[derive(Default)]
pub(crate) struct HeatMap {
    texture: Option<TextureHandle>,
    look: Option<HeatLook>,
    maps: Vec<Heat>,
    from: i64,
    to: i64,
    version: u64,
}

impl HeatMap {
    /// Brings the texture up to date for a window of time.
    pub(crate) fn prepare(
        &mut self,
        ctx: &Context,
        columns: &Columns,
        look: HeatLook,
        (begin_s, end_s): (f64, f64),
    ) {
        let new_look = self.look.as_ref() != Some(&look);
        if new_look {
            self.maps = look.classes.iter().map(|&(tint, threshold)| map(&look, tint, threshold)).collect();
        }
        let (first, last) = (columns.column_at(begin_s), columns.column_at(end_s) + 1);
        let covered = self.texture.is_some() && first >= self.from && last <= self.to;
        if covered && !new_look && self.version == columns.version() {
            return;
        }
        self.from = first - MARGIN;
        self.to = (last + MARGIN).min(self.from + WIDEST);
        self.version = columns.version();
        let image = self.image(columns, &look.theme);
        self.look = Some(look);
        match &mut self.texture {
            Some(texture) => texture.set(image, TextureOptions::LINEAR),
            None => self.texture = Some(ctx.load_texture("rollcall history", image, TextureOptions::LINEAR)),
        }
    }

    fn image(&self, columns: &Columns, theme: &Theme) -> ColorImage {
        let width = usize::try_from(self.to - self.from).unwrap_or(1).max(1);
        let height = columns.classes().max(1);
        let mut image = ColorImage::filled([width, height], Color32::TRANSPARENT);
        let gap = lerp(theme.ground, theme.warn, 0.30);
        for (x, column) in (self.from..self.to).enumerate() {
            let (cover, values) = columns.get(column);
            for (class, &value) in values.iter().enumerate() {
                image.pixels[class * width + x] = match cover {
                    Cover::None => Color32::TRANSPARENT,
                    Cover::Gap => gap,
                    Cover::Heard => self.maps.get(class).map_or(theme.track, |map| map.at(value)),
                };
            }
        }
        image
    }

    /// Paints lanes of classes for the window that was prepared: one mesh, which is drawn at once.
    pub(crate) fn paint(
        &self,
        painter: &Painter,
        columns: &Columns,
        lanes: &[(usize, Rect)],
        (begin_s, end_s): (f64, f64),
    ) {
        let Some(texture) = &self.texture else { return };
        let whole_s = (self.to - self.from) as f64 * columns.duration_s();
        let u = |time_s: f64| ((time_s - columns.begin_s(self.from)) / whole_s) as f32;
        let mut mesh = Mesh::with_texture(texture.id());
        for &(class, lane) in lanes.iter().filter(|(class, _)| *class < columns.classes()) {
            // In the middle of the texel's row, so that no neighbour shines through.
            let v = (class as f32 + 0.5) / columns.classes() as f32;
            let uv = Rect::from_min_max(pos2(u(begin_s), v), pos2(u(end_s), v));
            mesh.add_rect_with_uv(lane, uv, Color32::WHITE);
        }
        painter.add(mesh);
    }
}

fn map(look: &HeatLook, tint: Tint, threshold: f32) -> Heat {
    let theme = &look.theme;
    let ground = lerp(theme.ground, theme.track, 0.55);
    match look.colours {
        HeatColours::Family => Heat::new(threshold, |t| lerp(ground, theme.tint(tint), t)),
        HeatColours::Cividis => Heat::new(threshold, cividis),
    }
}

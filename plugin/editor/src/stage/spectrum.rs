//! The log-mel that the network sees, as a small live picture.

use crate::{
    Appearance,
    look::{Theme, blues, lerp, magma},
};
use egui::{
    Color32, ColorImage, Context, CornerRadius, Rect, Shape, TextureHandle, TextureOptions, Ui, pos2,
};
use rollcall_board::{LogMel, MEL_BANDS, PICTURE_HOPS};

/// The picture's texture.
#[derive(Default)]
pub(crate) struct Spectrum {
    texture: Option<TextureHandle>,
    shown: Option<(u64, usize, Appearance)>,
}

impl Spectrum {
    /// Draws the newest three seconds into `rect`, low bands at the bottom.
    pub(crate) fn paint(&mut self, ui: &Ui, rect: Rect, theme: &Theme, log_mel: &LogMel) {
        self.prepare(ui.ctx(), theme, log_mel);
        let Some(texture) = &self.texture else { return };
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let shape = egui::epaint::RectShape::filled(rect, CornerRadius::same(4), Color32::WHITE)
            .with_texture(texture.id(), whole);
        ui.painter().add(Shape::Rect(shape));
    }

    fn prepare(&mut self, ctx: &Context, theme: &Theme, log_mel: &LogMel) {
        let state = (log_mel.end, log_mel.hops.len(), theme.appearance);
        if self.texture.is_some() && self.shown == Some(state) {
            return;
        }
        self.shown = Some(state);
        let image = image(theme, log_mel);
        match &mut self.texture {
            Some(texture) => texture.set(image, TextureOptions::LINEAR),
            None => self.texture = Some(ctx.load_texture("rollcall log-mel", image, TextureOptions::LINEAR)),
        }
    }
}

fn image(theme: &Theme, log_mel: &LogMel) -> ColorImage {
    let colours: [Color32; 256] = std::array::from_fn(|value| {
        // Music fills the lower two thirds of the scale; the rest is for full-scale tones.
        let t = (value as f32 / 255.0 * 1.35).min(1.0);
        let heard = match theme.appearance {
            Appearance::Dark => magma(t * 0.94),
            Appearance::Light => blues(t),
        };
        // Silence is the ground itself.
        lerp(theme.panel, heard, (t * 5.0).min(1.0))
    });
    let mut image = ColorImage::filled([PICTURE_HOPS, MEL_BANDS], colours[0]);
    let hops = &log_mel.hops[log_mel.hops.len().saturating_sub(PICTURE_HOPS)..];
    for (x, hop) in (PICTURE_HOPS - hops.len()..).zip(hops) {
        for (band, &value) in hop.iter().enumerate() {
            image.pixels[(MEL_BANDS - 1 - band) * PICTURE_HOPS + x] = colours[usize::from(value)];
        }
    }
    image
}

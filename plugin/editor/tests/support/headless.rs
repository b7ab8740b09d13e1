//! The editor without a window: frames of any size and time, laid out and tessellated.

use crate::session::Session;
use egui::{Context, Pos2, RawInput, Rect, ViewportId, ViewportInfo, vec2};
use rollcall_editor::{EditorView, ViewSettings};
use std::time::Duration;

pub(crate) struct Headless {
    pub(crate) ctx: Context,
    pub(crate) view: EditorView,
    pub(crate) time: f64,
}

impl Headless {
    pub(crate) fn open(session: &Session) -> Self {
        let mut view = EditorView::new(session.board.clone(), ViewSettings::default());
        let ctx = Context::default();
        view.build(&ctx);
        Self { ctx, view, time: 0.0 }
    }

    /// A frame `dt` later; returns when the next one is wanted.
    pub(crate) fn frame(&mut self, session: &Session, dt: f64) -> Duration {
        self.frame_of(session, dt, [1_040.0, 740.0], 2.0).0
    }

    /// A frame of a size; returns when the next one is wanted, and how many texels were changed.
    pub(crate) fn frame_of(
        &mut self,
        session: &Session,
        dt: f64,
        size: [f32; 2],
        scale: f32,
    ) -> (Duration, usize) {
        self.time += dt;
        let viewport = ViewportInfo { native_pixels_per_point: Some(scale), ..ViewportInfo::default() };
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(size[0], size[1]))),
            viewports: [(ViewportId::ROOT, viewport)].into_iter().collect(),
            time: Some(self.time),
            predicted_dt: dt as f32,
            ..RawInput::default()
        };
        let mut output = self.ctx.run_ui(input, |ui| self.view.ui(ui, &session.host));
        let texels = |delta: &egui::epaint::ImageDelta| delta.image.width() * delta.image.height();
        let changed = output.textures_delta.set.values().flatten().map(texels).sum();
        output.textures_delta.clear();
        let primitives = self.ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        assert!(!primitives.is_empty());
        (output.viewport_output[&ViewportId::ROOT].repaint_delay, changed)
    }
}

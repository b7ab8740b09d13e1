//! What egui has laid out, drawn with the window's OpenGL.
#![expect(unsafe_code, reason = "OpenGL's context belongs to a thread, which its interface can't say")]

use baseview::{WindowContext, dpi::PhysicalSize, gl::GlContext};
use egui::{ClippedPrimitive, TexturesDelta};
use egui_glow::{Painter, PainterError, glow};
use std::sync::Arc;

/// Why nothing can be drawn.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CanvasError {
    #[error("the window was made without OpenGL")]
    NoContext,
    #[error("OpenGL's context can't be used: {0}")]
    Context(#[from] baseview::Error),
    #[error("OpenGL lacks what egui draws with: {0}")]
    Painter(#[from] PainterError),
}

/// Of one window, on its thread.
pub(crate) struct Canvas {
    gl: GlContext,
    painter: Painter,
}

impl Canvas {
    pub(crate) fn new(window: &WindowContext) -> Result<Self, CanvasError> {
        let gl = window.gl_context().ok_or(CanvasError::NoContext)?;
        let painter = current(&gl, || {
            // SAFETY: the context is current, so that what it names are its own functions.
            let functions =
                unsafe { glow::Context::from_loader_function_cstr(|name| gl.get_proc_address(name)) };
            Painter::new(Arc::new(functions), "", None, true)
        })??;
        Ok(Self { gl, painter })
    }

    pub(crate) fn max_texture_side(&self) -> usize {
        self.painter.max_texture_side()
    }

    /// Draws a frame and shows it.
    pub(crate) fn draw(
        &mut self,
        size: PhysicalSize<u32>,
        pixels_per_point: f32,
        shapes: &[ClippedPrimitive],
        textures: &mut TexturesDelta,
    ) -> Result<(), CanvasError> {
        let Self { gl, painter } = self;
        current(gl, || {
            let size = [size.width, size.height];
            painter.clear(size, [0.0, 0.0, 0.0, 1.0]);
            painter.paint_and_update_textures(size, pixels_per_point, shapes, textures);
            gl.swap_buffers()
        })??;
        Ok(())
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        let Self { gl, painter } = self;
        // What OpenGL holds goes with its context, at the latest.
        let _ = current(gl, || painter.destroy());
    }
}

/// Does something with the context. A host may have one of its own on this thread, so it is let go of afterwards.
fn current<T>(gl: &GlContext, work: impl FnOnce() -> T) -> Result<T, baseview::Error> {
    // SAFETY: a context stays on its window's thread (it is not `Send`), and is current for no longer than this call.
    unsafe { gl.make_current() }?;
    let done = work();
    // SAFETY: as above.
    unsafe { gl.make_not_current() }?;
    Ok(done)
}

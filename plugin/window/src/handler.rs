//! One window's life on its own thread: frames, sizes, events.

use crate::{News, View, canvas::Canvas, clipboard::Clipboard, cursor, input::Input};
use baseview::{
    Event, EventStatus, HandlerError, MouseCursor, MouseEvent, TimerHandle, WindowContext, WindowHandler,
    WindowSize, dpi::LogicalSize,
};
use egui::{OutputCommand, Vec2};
use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc,
        atomic::{
            AtomicBool,
            Ordering::{Acquire, Release},
        },
    },
    time::Duration,
};

/// How often a window looks for news: a little more than every frame of most screens.
const LOOK_EVERY: Duration = Duration::from_micros(1_000_000 / 64);

/// What baseview calls.
pub(crate) struct Handler<V> {
    window: WindowContext,
    ctx: egui::Context,
    view: RefCell<V>,
    canvas: RefCell<Canvas>,
    input: RefCell<Input>,
    clipboard: RefCell<Clipboard>,
    shape: Cell<MouseCursor>,
    /// That the window's size was last counted with. The context's own takes effect with a frame alone.
    zoom: Cell<f32>,
    /// Told while the view itself was asking for it: it hears of that after its frame.
    resized: Cell<Option<WindowSize>>,
    looking: TimerHandle,
    news: News,
    /// Whether a first frame was drawn, which happens when the window is mapped.
    ///
    /// baseview 0.4.2 asks the X server to tell when a frame is due, but listens for that only once the window is mapped: after a
    /// redraw that was asked for before, it waits for an event that never comes, and the window stays black.
    drawn: Arc<AtomicBool>,
    closing: Arc<AtomicBool>,
}

impl<V: View> Handler<V> {
    pub(crate) fn new(
        window: WindowContext,
        mut view: V,
        zoom: f32,
        news: News,
        closing: Arc<AtomicBool>,
    ) -> Result<Self, HandlerError> {
        let canvas = Canvas::new(&window)?;
        #[cfg(target_os = "linux")]
        crate::libraries::keep_loaded();
        let ctx = egui::Context::default();
        ctx.set_zoom_factor(zoom);
        let drawn = Arc::new(AtomicBool::new(false));
        let (waker, is_drawn) = (window.waker(), Arc::clone(&drawn));
        ctx.set_request_repaint_callback(move |wanted| {
            if is_drawn.load(Acquire) {
                waker.request_redraw_after(wanted.delay);
            }
        });
        view.build(&ctx);
        Ok(Self {
            input: RefCell::new(Input::new(canvas.max_texture_side())),
            looking: window.create_timer(LOOK_EVERY)?,
            window,
            ctx,
            view: RefCell::new(view),
            canvas: RefCell::new(canvas),
            clipboard: RefCell::default(),
            shape: Cell::default(),
            zoom: Cell::new(zoom),
            resized: Cell::default(),
            news,
            drawn,
            closing,
        })
    }

    fn redraw(&self) {
        if self.drawn.load(Acquire) {
            self.window.request_redraw();
        }
    }

    fn look(&self) {
        if self.closing.load(Acquire) {
            self.window.request_close();
        } else if self.drawn.load(Acquire) && self.news.take() {
            self.window.request_redraw();
        }
    }

    /// The window's size in egui's points.
    fn points(&self, size: WindowSize) -> Vec2 {
        let pixels = Vec2::new(size.physical.width as f32, size.physical.height as f32);
        pixels / self.pixels_per_point(size)
    }

    fn pixels_per_point(&self, size: WindowSize) -> f32 {
        (size.scale_factor * f64::from(self.zoom.get())) as f32
    }

    /// A person's zoom makes the window larger, not what fits into it smaller.
    fn follow_zoom(&self, points: Vec2) {
        let zoom = self.ctx.zoom_factor();
        if zoom != self.zoom.replace(zoom) {
            let size = points * zoom;
            if let Err(error) = self.window.resize(LogicalSize::new(size.x, size.y)) {
                tracing::warn!("the window keeps its size: {error}");
            }
        }
    }
}

impl<V: View> WindowHandler for Handler<V> {
    fn poll(&self) {
        self.look();
    }

    fn on_timer(&self, timer: &TimerHandle) {
        if *timer == self.looking {
            self.look();
        }
    }

    fn draw(&self) -> Result<(), HandlerError> {
        self.drawn.store(true, Release);
        let size = self.window.size();
        let points = self.points(size);
        let input = self.input.borrow_mut().take(points, size.scale_factor);
        let mut view = self.view.borrow_mut();
        let mut frame = self.ctx.run_ui(input, |ui| view.ui(ui, &self.window));
        if let Some(size) = self.resized.take() {
            view.resized(self.points(size), size);
        }
        drop(view);
        self.follow_zoom(points);

        let shapes = self.ctx.tessellate(frame.shapes, frame.pixels_per_point);
        // The view may have resized it.
        let size = self.window.size();
        let mut canvas = self.canvas.borrow_mut();
        canvas.draw(size.physical, frame.pixels_per_point, &shapes, &mut frame.textures_delta)?;

        for command in frame.platform_output.commands {
            if let OutputCommand::CopyText(text) = command {
                self.clipboard.borrow_mut().copy(text);
            }
        }
        let shape = cursor::shape(frame.platform_output.cursor_icon);
        if shape != self.shape.replace(shape) {
            self.window.set_mouse_cursor(shape)?;
        }
        Ok(())
    }

    fn resized(&self, size: WindowSize) -> Result<(), HandlerError> {
        match self.view.try_borrow_mut() {
            Ok(mut view) => view.resized(self.points(size), size),
            Err(_) => self.resized.set(Some(size)),
        }
        Ok(())
    }

    fn on_event(&self, event: Event) -> EventStatus {
        // A window inside another does not always get the focus by a click.
        let is_press = matches!(event, Event::Mouse(MouseEvent::ButtonPressed { .. }));
        if is_press && !self.window.has_focus() {
            // An X server refuses it to a window that is not viewable at that moment.
            if let Err(error) = self.window.focus() {
                tracing::warn!("the window gets no keys: {error}");
            }
        }
        let mut input = self.input.borrow_mut();
        match &event {
            Event::Mouse(event) => {
                let Some(status) = input.mouse(event, self.pixels_per_point(self.window.size())) else {
                    return EventStatus::Ignored;
                };
                self.redraw();
                let is_wanted = self.ctx.egui_is_using_pointer() || self.ctx.egui_wants_pointer_input();
                let is_drag = matches!(
                    event,
                    MouseEvent::DragEntered { .. }
                        | MouseEvent::DragMoved { .. }
                        | MouseEvent::DragDropped { .. }
                );
                if is_drag || is_wanted { status } else { EventStatus::Ignored }
            }
            Event::Keyboard(event) => {
                input.key(event, || self.clipboard.borrow_mut().paste());
                self.redraw();
                // The host's own keys (play, stop) are the host's while no text is written.
                if self.ctx.egui_wants_keyboard_input() {
                    EventStatus::Captured
                } else {
                    EventStatus::Ignored
                }
            }
            Event::Window(event) => {
                input.focus(event);
                self.redraw();
                EventStatus::Captured
            }
            _ => EventStatus::Ignored,
        }
    }
}

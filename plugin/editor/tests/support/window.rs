//! A window without a screen: egui_kittest for input and accessibility, the crate's own rasteriser for pictures.

use crate::session::Session;
use egui::{Rect, UiBuilder, Vec2, vec2};
use egui_kittest::{Harness, TestRenderer, kittest::Queryable};
use rollcall_editor::{
    Appearance, EditorView, ViewSettings,
    raster::{Pixels, Raster},
};
use std::{cell::RefCell, rc::Rc};

struct Renderer(Rc<RefCell<Raster>>);

impl TestRenderer for Renderer {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        self.0.borrow_mut().update(delta);
    }
}

/// A window over a session.
pub(crate) struct Window {
    pub(crate) harness: Harness<'static>,
    pub(crate) view: Rc<RefCell<EditorView>>,
    raster: Rc<RefCell<Raster>>,
    size: Vec2,
}

impl Window {
    pub(crate) fn open(session: &Session, settings: ViewSettings, size: [f32; 2], scale: f32) -> Self {
        let raster = Rc::new(RefCell::new(Raster::default()));
        let theme =
            if settings.appearance == Appearance::Dark { egui::Theme::Dark } else { egui::Theme::Light };
        let view = Rc::new(RefCell::new(EditorView::new(session.board.clone(), settings)));
        let (setup, shown, host) = (Rc::clone(&view), Rc::clone(&view), session.host.clone());
        let harness = Harness::builder()
            .with_size(vec2(size[0], size[1]))
            .with_pixels_per_point(scale)
            .with_theme(theme)
            .with_step_dt(1.0 / 20.0)
            .with_max_steps(200)
            .renderer(Renderer(Rc::clone(&raster)))
            .with_context_setup(move |ctx| setup.borrow_mut().build(ctx))
            .build_ui(move |ui| {
                let whole = ui.ctx().content_rect();
                let mut all = ui.new_child(UiBuilder::new().max_rect(whole));
                all.set_clip_rect(whole);
                shown.borrow_mut().ui(&mut all, &host);
            });
        let mut window = Self { harness, view, raster, size: vec2(size[0], size[1]) };
        window.settle();
        window
    }

    /// Lets everything that moves arrive.
    pub(crate) fn settle(&mut self) {
        self.harness.run_steps(60);
    }

    pub(crate) fn press(&mut self, key: egui::Key) {
        self.harness.key_press(key);
        self.harness.run_steps(3);
    }

    /// Clicks where a node is, as a mouse does.
    pub(crate) fn click(&mut self, label: &str) {
        let at = self.rect(label).center();
        self.click_at(at);
    }

    pub(crate) fn click_at(&mut self, at: egui::Pos2) {
        self.harness.hover_at(at);
        self.harness.run_steps(1);
        for pressed in [true, false] {
            let button = egui::PointerButton::Primary;
            let modifiers = egui::Modifiers::NONE;
            self.harness.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
            self.harness.run_steps(1);
        }
        self.harness.remove_cursor();
        self.settle();
    }

    /// Place of the one node whose label contains a text.
    pub(crate) fn rect(&self, label: &str) -> Rect {
        self.harness.get_by_label_contains(label).rect()
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label_contains(label).next().is_some()
    }

    pub(crate) fn picture(&self) -> Pixels {
        let output = self.harness.output();
        let scale = output.pixels_per_point;
        let primitives = self.harness.ctx.tessellate(output.shapes.clone(), scale);
        self.raster.borrow().draw(&primitives, self.size, scale, egui::Color32::BLACK)
    }
}

/// Size of a window as it opens first.
pub(crate) const SIZE: [f32; 2] = [1_040.0, 740.0];

pub(crate) fn open(session: &Session) -> Window {
    Window::open(session, ViewSettings::default(), SIZE, 1.0)
}

/// A session that has played for so many seconds.
pub(crate) fn playing(seconds: f64) -> Session {
    let mut session = Session::new();
    session.play(seconds);
    session
}

/// The next thing that is asked of the worker, once the disk has answered.
pub(crate) fn next_command(session: &Session) -> rollcall_board::Command {
    let began = std::time::Instant::now();
    loop {
        if let Some(command) = session.inbox.next() {
            return command;
        }
        assert!(began.elapsed().as_secs() < 60, "nothing was asked of the worker");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// What was asked of the worker since the last call.
pub(crate) fn commands(session: &Session) -> Vec<rollcall_board::Command> {
    std::iter::from_fn(|| session.inbox.next()).collect()
}

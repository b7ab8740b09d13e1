//! What goes on in an open window: the editor's view, its size and settings kept in the state.

use crate::panel::HostPanel;
use crate::params::RollcallParams;
use crate::shared::{Shared, zoomed};
use nice_plug::context::gui::GuiContext;
use rollcall_board::{Board, Command};
use rollcall_editor::{EditorView, ViewSettings};
use rollcall_window::{View, WindowContext, WindowSize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One window's; the view outlives it.
pub(crate) struct App {
    board: Board,
    params: Arc<RollcallParams>,
    view: Arc<Mutex<EditorView>>,
    shared: Arc<Shared>,
    gui: GuiContext,
    /// What both the state and the view said last.
    remembered: ViewSettings,
}

impl App {
    pub(crate) fn new(
        board: Board,
        params: Arc<RollcallParams>,
        view: Arc<Mutex<EditorView>>,
        shared: Arc<Shared>,
        gui: GuiContext,
    ) -> Self {
        let remembered = lock(&view).settings().clone();
        Self { board, params, view, shared, gui, remembered }
    }

    /// Keeps the state and the view the same, whichever of the two has changed. Says whether a state was loaded.
    fn remember(&mut self) -> bool {
        let mut view = lock(&self.view);
        let in_state = self.params.remembered();
        let is_loaded = in_state != self.remembered;
        if is_loaded {
            view.set_settings(in_state.clone());
        } else if *view.settings() == self.remembered {
            return false;
        }
        let settings = view.settings().clone();
        // Where a state was loaded in this very moment, the next look takes it over.
        if self.params.remember(&in_state, settings.clone()) {
            self.remembered = settings;
        }
        is_loaded
    }

    /// The same, and the window takes the size that a loaded state remembers, whenever in a frame it was loaded.
    fn agree(&mut self, window: &WindowContext) {
        if self.remember() {
            // A host that will not follow keeps its size, and tells it.
            let _ = window.resize(zoomed(&self.remembered));
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        lock(&self.view).closed();
    }
}

impl View for App {
    fn build(&mut self, ctx: &egui::Context) {
        self.remember();
        lock(&self.view).build(ctx);
        self.board.send(Command::WindowOpened);
    }

    fn ui(&mut self, ui: &mut egui::Ui, window: &WindowContext) {
        if self.shared.is_hidden() {
            return;
        }
        self.agree(window);
        let panel = HostPanel { params: &self.params, setter: self.gui.param_setter() };
        if self.shared.has_picks_to_tell(self.params.models().picked()) {
            panel.mark_as_changed();
        }
        lock(&self.view).ui(ui, &panel);
        self.agree(window);
    }

    fn resized(&mut self, points: egui::Vec2, size: WindowSize) {
        lock(&self.view).resized(points.x, points.y);
        self.shared.set_size(Some(size));
    }
}

fn lock(view: &Mutex<EditorView>) -> MutexGuard<'_, EditorView> {
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

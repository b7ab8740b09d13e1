//! What goes on in an open window: the editor's view inside nice-plug-egui, its size and settings kept in the state.

use crate::{
    panel::HostPanel,
    params::RollcallParams,
    window::{Shared, zoomed},
};
use nice_plug::context::gui::GuiContext;
use nice_plug_egui::{
    Frame, NiceEguiApp,
    baseview::{HandlerError, WindowSize, dpi},
};
use rollcall_board::{Board, Command};
use rollcall_editor::{EditorView, ViewSettings};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One window's; the view outlives it.
pub(crate) struct App {
    board: Board,
    params: Arc<RollcallParams>,
    view: Arc<Mutex<EditorView>>,
    shared: Arc<Shared>,
    gui: Option<GuiContext>,
    /// What both the state and the view said last.
    remembered: ViewSettings,
}

impl App {
    pub(crate) fn new(
        board: Board,
        params: Arc<RollcallParams>,
        view: Arc<Mutex<EditorView>>,
        shared: Arc<Shared>,
    ) -> Self {
        let remembered = lock(&view).settings().clone();
        Self { board, params, view, shared, gui: None, remembered }
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
    fn agree(&mut self, frame: &mut Frame) {
        if self.remember() {
            // A host that will not follow keeps its size, and tells it.
            let size = zoomed(&self.remembered);
            let _ = frame.baseview_window().resize(dpi::LogicalSize::new(size.width, size.height));
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        lock(&self.view).closed();
    }
}

impl NiceEguiApp for App {
    fn build(&mut self, ctx: egui::Context, gui: GuiContext, _: &mut Frame) -> Result<(), HandlerError> {
        self.remember();
        self.gui = Some(gui);
        lock(&self.view).build(&ctx);
        self.board.send(Command::WindowOpened);
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut Frame) {
        if self.shared.is_hidden() {
            return;
        }
        self.agree(frame);
        let Some(gui) = &self.gui else { return };
        let panel = HostPanel { params: &self.params, setter: gui.param_setter() };
        lock(&self.view).ui(ui, &panel);
        self.agree(frame);
    }

    /// `size` counts the zoom in its scale: what is logical in it are the view's points.
    fn resized(&mut self, size: WindowSize) {
        let mut view = lock(&self.view);
        view.resized(size.logical.width as f32, size.logical.height as f32);
        let zoom = f64::from(view.settings().zoom);
        self.shared.set_size(Some(WindowSize::from_physical(size.physical, size.scale_factor / zoom)));
    }
}

fn lock(view: &Mutex<EditorView>) -> MutexGuard<'_, EditorView> {
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

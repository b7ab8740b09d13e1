//! The window: the editor's view inside nice-plug-egui, with its size and settings kept in the state.

use crate::{panel::HostPanel, params::RollcallParams};
use nice_plug::{
    context::gui::GuiContext,
    editor::{ResizeHint, SizeConstraints, dpi::LogicalSize},
};
use nice_plug_egui::{
    EguiEditor, EguiEditorState, EguiNiceSettings, Frame, NiceEguiApp, RepaintNotifier,
    baseview::{HandlerError, WindowSize, dpi},
    create_egui_editor,
};
use rollcall_board::{Board, Command};
use rollcall_editor::{BareDesk, EditorView, MIN_SIZE, ViewSettings};
use std::sync::{Arc, PoisonError, RwLock};

/// Makes the editor; no window is opened yet.
pub(crate) fn editor(
    board: Board,
    params: Arc<RollcallParams>,
    repaint: RepaintNotifier,
) -> Option<EguiEditor<App>> {
    let remembered = read(&params.view);
    let [width, height] = remembered.size;
    let size = EguiEditorState::from_size(LogicalSize::new(width, height), 1.0);
    let [min_width, min_height] = MIN_SIZE;
    let size_constraints =
        SizeConstraints::Logical { min_size: Some(LogicalSize::new(min_width, min_height)), max_size: None };
    let settings = EguiNiceSettings::new()
        .with_tile("Rollcall")
        .with_resize_hint(ResizeHint { size_constraints, ..ResizeHint::RESIZABLE });
    let view = EditorView::new(board.clone(), remembered.clone());
    create_egui_editor(size, repaint, settings, App { view, board, params, context: None, remembered })
}

/// The view, the parameters, and what was last written to the state.
pub struct App {
    view: EditorView,
    board: Board,
    params: Arc<RollcallParams>,
    context: Option<GuiContext>,
    remembered: ViewSettings,
}

impl App {
    /// Keeps the state and the view the same, whichever of the two has changed.
    fn remember(&mut self) {
        let in_state = read(&self.params.view);
        if in_state != self.remembered {
            self.view.set_settings(in_state);
            self.remembered = self.view.settings().clone();
        } else if *self.view.settings() != self.remembered {
            self.remembered = self.view.settings().clone();
        } else {
            return;
        }
        *self.params.view.write().unwrap_or_else(PoisonError::into_inner) = self.remembered.clone();
    }
}

impl NiceEguiApp for App {
    fn build(&mut self, ctx: egui::Context, gui: GuiContext, frame: &mut Frame) -> Result<(), HandlerError> {
        self.remember();
        self.context = Some(gui);
        self.view.build(&ctx);
        self.board.send(Command::WindowOpened);
        // A state that was loaded after the editor was made has another size. A host that will not follow keeps its own.
        let [width, height] = self.remembered.size;
        let _ = frame.baseview_window().resize(dpi::LogicalSize::new(f64::from(width), f64::from(height)));
        Ok(())
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut Frame) {
        self.remember();
        let Some(gui) = &self.context else { return };
        let panel = HostPanel { params: &self.params, setter: gui.param_setter() };
        self.view.ui(ui, &panel, &mut BareDesk);
        self.remember();
    }

    fn resized(&mut self, size: WindowSize) {
        self.view.resized(size.logical.width as f32, size.logical.height as f32);
    }
}

fn read(view: &RwLock<ViewSettings>) -> ViewSettings {
    view.read().unwrap_or_else(PoisonError::into_inner).clone()
}

//! The window as the host sees it: opened in the size that was remembered and at the screen's scale, told when it is
//! hidden, and let go of whole when it is closed.

use crate::{app::App, params::RollcallParams, screen};
use nice_plug::{
    context::gui::GuiContext,
    editor::{
        Editor, EditorHandle, HostMethods, Modifiers, ParentWindowHandle, ResizeHint, SizeConstraints,
        SpawnedEditor, VirtualKeyCode,
        dpi::{LogicalSize, NativeSize, Size},
    },
};
use nice_plug_egui::{
    EguiEditorHandle, EguiEditorState, EguiNiceSettings, RepaintNotifier,
    baseview::{self, WindowSize},
    create_egui_editor,
};
use rollcall_board::Board;
use rollcall_editor::{EditorView, MIN_SIZE, ViewSettings};
use std::{
    error::Error,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// What the host's threads, the window's and the worker's must agree on.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Of the open window.
    size: Mutex<Option<WindowSize>>,
    hidden: AtomicBool,
    repaint: RepaintNotifier,
}

impl Shared {
    /// There is something new to draw. Safe on any thread; a hidden window stays idle.
    pub(crate) fn news(&self) {
        if !self.is_hidden() {
            self.repaint.request_repaint();
        }
    }
    pub(crate) fn is_hidden(&self) -> bool {
        self.hidden.load(Relaxed)
    }
    pub(crate) fn set_size(&self, size: Option<WindowSize>) {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner) = size;
    }
    fn size(&self) -> Option<WindowSize> {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The plugin's editor: opens windows, one after the other, over one view.
pub struct Window {
    board: Board,
    params: Arc<RollcallParams>,
    view: Arc<Mutex<EditorView>>,
    shared: Arc<Shared>,
}

impl Window {
    /// No window is opened yet.
    pub(crate) fn new(board: Board, params: Arc<RollcallParams>, shared: Arc<Shared>) -> Self {
        let view = EditorView::new(board.clone(), params.remembered());
        Self { board, params, view: Arc::new(Mutex::new(view)), shared }
    }

    fn settings(&self) -> EguiNiceSettings {
        EguiNiceSettings::new().with_tile("Rollcall").with_resize_hint(self.resize_hint())
    }
}

/// Size in the screen's points: a person's zoom makes the window larger, not what fits into it smaller.
pub(crate) fn zoomed(view: &ViewSettings) -> LogicalSize<f64> {
    let [width, height] = view.size.map(|points| f64::from(points * view.zoom));
    LogicalSize::new(width, height)
}

impl Editor for Window {
    type Handle = OpenWindow;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<OpenWindow>, Box<dyn Error>> {
        let remembered = self.params.remembered();
        let [width, height] = remembered.size;
        let state = EguiEditorState::from_size(LogicalSize::new(width, height), remembered.zoom);
        let app = App::new(
            self.board.clone(),
            Arc::clone(&self.params),
            Arc::clone(&self.view),
            Arc::clone(&self.shared),
        );
        self.shared.hidden.store(false, Relaxed);
        let editor = create_egui_editor(state, self.shared.repaint.clone(), self.settings(), app)
            .ok_or("this build has no window")?;
        let SpawnedEditor { handle, window } =
            editor.spawn(parent, wait_for_parent, fallback_scale_factor, gui, host)?;
        self.shared.set_size(Some(window.size()));
        Ok(SpawnedEditor { handle: OpenWindow { handle, shared: Arc::clone(&self.shared) }, window })
    }

    fn size(&self) -> NativeSize<u32> {
        match self.shared.size() {
            Some(size) => NativeSize::from_logical_or_physical(size.logical, size.physical),
            // VST3 hosts ask before they open it.
            None => NativeSize::from_size(Size::Logical(zoomed(&self.params.remembered())), screen::scale()),
        }
    }

    fn resize_hint(&self) -> ResizeHint {
        let zoom = f64::from(self.params.remembered().zoom);
        let [width, height] = MIN_SIZE.map(|points| f64::from(points) * zoom);
        let min_size = Some(LogicalSize::new(width as f32, height as f32));
        let size_constraints = SizeConstraints::Logical { min_size, max_size: None };
        ResizeHint { size_constraints, ..ResizeHint::RESIZABLE }
    }
}

/// An open window.
pub struct OpenWindow {
    handle: EguiEditorHandle,
    shared: Arc<Shared>,
}

impl Drop for OpenWindow {
    fn drop(&mut self) {
        self.shared.set_size(None);
    }
}

impl EditorHandle for OpenWindow {
    type Window = baseview::Window;
    type Error = baseview::Error;

    fn run_until_closed(window: Self::Window) -> Result<(), Self::Error> {
        EguiEditorHandle::run_until_closed(window)
    }
    fn set_parent(&self, parent: ParentWindowHandle, window: &Self::Window) -> Result<(), Self::Error> {
        self.handle.set_parent(parent, window)
    }
    fn show(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.shared.hidden.store(false, Relaxed);
        self.handle.show(window)
    }
    fn hide(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.shared.hidden.store(true, Relaxed);
        self.handle.hide(window)
    }
    fn set_size(&self, new_size: NativeSize<u32>, window: &Self::Window) -> Result<(), Self::Error> {
        self.handle.set_size(new_size, window)
    }
    fn host_main_thread_callback(&self, window: &Self::Window) {
        self.handle.host_main_thread_callback(window);
    }
    fn adjust_size(&self, new_size: NativeSize<u32>, window: &Self::Window) -> Option<NativeSize<u32>> {
        self.handle.adjust_size(new_size, window)
    }
    fn set_fallback_scale_factor(&self, scale: f64, window: &Self::Window) -> Result<(), Self::Error> {
        self.handle.set_fallback_scale_factor(scale, window)
    }
    fn on_virtual_key_from_host(&self, key: VirtualKeyCode, is_down: bool, modifiers: Modifiers) -> bool {
        self.handle.on_virtual_key_from_host(key, is_down, modifiers)
    }
    fn state_changed(&self) {
        self.shared.news();
    }
    fn param_value_changed(&self, _: &str, _: f32) {
        self.shared.news();
    }
    fn param_modulation_changed(&self, _: &str, _: f32) {
        self.shared.news();
    }
}

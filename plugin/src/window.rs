//! The window as the host sees it: opened in the size that was remembered and at the screen's scale, told when it is
//! hidden, and let go of whole when it is closed.

use crate::shared::{Shared, zoomed};
use crate::{app::App, params::RollcallParams, screen};
use nice_plug::{
    context::gui::GuiContext,
    editor::{
        Editor, EditorHandle, HostMethods, ParentWindowHandle, ResizeHint, SizeConstraints, SpawnedEditor,
        dpi::{LogicalSize, NativeSize, Size},
    },
};
use rollcall_board::Board;
use rollcall_editor::{EditorView, MIN_SIZE};
use rollcall_window::{Host, Settings};
use std::{
    cell::RefCell,
    error::Error,
    rc::Rc,
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
};

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

    /// In the screen's points.
    fn least(&self) -> LogicalSize<f32> {
        let zoom = self.params.remembered().zoom;
        LogicalSize::from(MIN_SIZE.map(|points| points * zoom))
    }
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
        let settings = Settings {
            title: "Rollcall".to_owned(),
            points: remembered.size,
            least: self.least(),
            zoom: remembered.zoom,
            parent: parent.as_ref().map(rollcall_window::ParentWindowHandle::from_window),
            wait_for_parent,
            fallback_scale: fallback_scale_factor,
            news: self.shared.news.clone(),
        };
        let app = App::new(
            self.board.clone(),
            Arc::clone(&self.params),
            Arc::clone(&self.view),
            Arc::clone(&self.shared),
            gui,
        );
        self.shared.hidden.store(false, Relaxed);
        self.shared.news();
        let window = rollcall_window::Window::open(settings, app, host.map(asked))?;
        self.shared.set_size(Some(window.size()));
        let handle = OpenWindow { resize_hint: self.resize_hint(), shared: Arc::clone(&self.shared) };
        Ok(SpawnedEditor { handle, window })
    }

    fn size(&self) -> NativeSize<u32> {
        match self.shared.size() {
            Some(size) => NativeSize::from_logical_or_physical(size.logical, size.physical),
            // VST3 hosts ask before they open it.
            None => NativeSize::from_size(Size::Logical(zoomed(&self.params.remembered())), screen::scale()),
        }
    }

    fn resize_hint(&self) -> ResizeHint {
        let size_constraints = SizeConstraints::Logical { min_size: Some(self.least()), max_size: None };
        ResizeHint { size_constraints, ..ResizeHint::RESIZABLE }
    }
}

/// What the window asks of the host, in the framework's words.
fn asked(host: HostMethods) -> Host {
    let HostMethods { callbacks, mut main_thread_caller } = host;
    // Both are called on the main thread, one after the other.
    let callbacks = Rc::new(RefCell::new(callbacks));
    let told = Rc::clone(&callbacks);
    Host {
        resize: Box::new(move |size| {
            callbacks.borrow_mut().request_resize(size.physical.into(), size.scale_factor)
        }),
        gone: Box::new(move || told.borrow_mut().destroyed()),
        call_main_thread: Box::new(move || main_thread_caller.call_main_thread()),
    }
}

/// An open window, beside the window itself.
pub struct OpenWindow {
    resize_hint: ResizeHint,
    shared: Arc<Shared>,
}

impl Drop for OpenWindow {
    fn drop(&mut self) {
        self.shared.set_size(None);
    }
}

impl EditorHandle for OpenWindow {
    type Window = rollcall_window::Window;
    type Error = rollcall_window::Error;

    fn run_until_closed(window: Self::Window) -> Result<(), Self::Error> {
        window.run_until_closed()
    }
    fn set_parent(&self, parent: ParentWindowHandle, window: &Self::Window) -> Result<(), Self::Error> {
        window.set_parent(rollcall_window::ParentWindowHandle::from_window(&parent))
    }
    fn show(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.shared.hidden.store(false, Relaxed);
        window.show()?;
        self.shared.news();
        Ok(())
    }
    fn hide(&self, window: &Self::Window) -> Result<(), Self::Error> {
        self.shared.hidden.store(true, Relaxed);
        window.hide()
    }
    fn set_size(&self, new_size: NativeSize<u32>, window: &Self::Window) -> Result<(), Self::Error> {
        window.resize(new_size)
    }
    fn host_main_thread_callback(&self, window: &Self::Window) {
        window.on_main_thread();
    }
    fn adjust_size(&self, new_size: NativeSize<u32>, window: &Self::Window) -> Option<NativeSize<u32>> {
        let now = window.size();
        let size = NativeSize::from_logical_or_physical(now.logical, now.physical);
        Some(self.resize_hint.adjust_size(new_size, size, now.scale_factor))
    }
    fn set_fallback_scale_factor(&self, scale: f64, window: &Self::Window) -> Result<(), Self::Error> {
        window.set_fallback_scale(scale)
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

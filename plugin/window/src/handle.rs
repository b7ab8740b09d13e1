//! A window as the thread that opened it sees it.

use crate::{News, ParentWindowHandle, View, handler::Handler};
use baseview::{
    Error, HandlerError, WindowSettings, WindowSize,
    dpi::{LogicalSize, Size},
    gl::GlConfig,
    host::{HostCallbacks, HostMainThreadCaller},
};
use std::{
    error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// How a window begins.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Over a window that stands alone.
    pub title: String,
    /// In egui's points.
    pub points: [f32; 2],
    /// The least that it may be resized to, in the screen's points.
    pub least: LogicalSize<f32>,
    /// A person's, over the screen's scale.
    pub zoom: f32,
    /// The window that it lies in; it stands alone if there is none, and none is to come.
    pub parent: Option<ParentWindowHandle>,
    /// Whether a parent is to come.
    pub wait_for_parent: bool,
    /// Pixels a point where the system does not say.
    pub fallback_scale: Option<f64>,
    /// What tells it to draw.
    pub news: News,
}

/// Asks a host for another size.
pub type Resize = Box<dyn FnMut(WindowSize) -> Result<(), Box<dyn error::Error>>>;

/// What a window asks of the host that it lies in.
pub struct Host {
    /// Another size, on the host's main thread.
    pub resize: Resize,
    /// The window is gone though the host did not close it; on the host's main thread.
    pub gone: Box<dyn FnMut()>,
    /// To call [`Window::on_main_thread`] on its main thread; on the window's thread.
    pub call_main_thread: Box<dyn FnMut() + Send>,
}

struct Callbacks {
    resize: Resize,
    gone: Box<dyn FnMut()>,
}

impl HostCallbacks for Callbacks {
    fn request_resize(&mut self, size: WindowSize) -> Result<(), HandlerError> {
        (self.resize)(size).map_err(HandlerError::from_boxed)
    }
    fn destroyed(&mut self) {
        (self.gone)();
    }
}

struct Caller {
    call: Box<dyn FnMut() + Send>,
    closing: Arc<AtomicBool>,
}

impl HostMainThreadCaller for Caller {
    fn call_main_thread(&mut self) {
        // A host that closes the window need not hear that it closes.
        if !self.closing.load(Ordering::Acquire) {
            (self.call)();
        }
    }
}

/// An open window. It is closed, and its thread at its end, when this is dropped.
pub struct Window {
    /// Some until it runs by itself.
    inner: Option<baseview::Window>,
    closing: Arc<AtomicBool>,
}

impl Window {
    /// Makes a window, which is not shown yet.
    ///
    /// # Errors
    /// The system gives none, or one without OpenGL.
    pub fn open(settings: Settings, view: impl View, host: Option<Host>) -> Result<Self, Error> {
        let Settings { title, points, least, zoom, parent, wait_for_parent, fallback_scale, news } = settings;
        let [width, height] = points.map(|points| f64::from(points * zoom));
        let mut options = WindowSettings::new()
            .with_title(title)
            .with_size(LogicalSize::new(width, height))
            .with_min_size(Size::from(least))
            .with_wait_for_parent(wait_for_parent)
            .with_fallback_scale_factor(fallback_scale)
            .with_gl_config(GlConfig::default());
        options.parent = parent;
        let closing = Arc::new(AtomicBool::new(false));
        let host = host.map(|Host { resize, gone, call_main_thread: call }| {
            baseview::host::Host::new()
                .with_callbacks(Callbacks { resize, gone })
                .with_main_thread(Caller { call, closing: Arc::clone(&closing) })
        });
        let is_closing = Arc::clone(&closing);
        let handler = move |window| Handler::new(window, view, zoom, news, is_closing);
        let inner = Some(baseview::Window::create_with_host(options, handler, host)?);
        Ok(Self { inner, closing })
    }

    /// Shows it and waits until it is closed.
    ///
    /// # Errors
    /// It could not be drawn.
    pub fn run_until_closed(mut self) -> Result<(), Error> {
        self.inner.take().map_or(Ok(()), baseview::Window::run_until_closed)
    }

    /// As the system counts it.
    pub fn size(&self) -> WindowSize {
        self.inner().size()
    }
    /// The host gives it another size.
    ///
    /// # Errors
    /// The window is gone.
    pub fn resize(&self, size: impl Into<Size>) -> Result<(), Error> {
        self.inner().resize(size)
    }
    /// Pixels a point where the system does not say.
    ///
    /// # Errors
    /// The window is gone.
    pub fn set_fallback_scale(&self, scale: f64) -> Result<(), Error> {
        self.inner().suggest_fallback_scale_factor(scale)
    }
    /// Puts it into the host's.
    ///
    /// # Errors
    /// The window is gone, or there is no such parent.
    pub fn set_parent(&self, parent: ParentWindowHandle) -> Result<(), Error> {
        self.inner().set_parent(parent)
    }
    /// On the screen.
    ///
    /// # Errors
    /// The window is gone.
    pub fn show(&self) -> Result<(), Error> {
        self.inner().show()
    }
    /// Off the screen; it stays open.
    ///
    /// # Errors
    /// The window is gone.
    pub fn hide(&self) -> Result<(), Error> {
        self.inner().hide()
    }
    /// What [`Host::call_main_thread`] asks for.
    pub fn on_main_thread(&self) {
        self.inner().host_main_thread_callback();
    }

    fn inner(&self) -> &baseview::Window {
        self.inner.as_ref().expect("only `run_until_closed` takes it, and that takes all of this")
    }
}

impl Drop for Window {
    /// Under X11 the window has a thread, which must be gone when this returns: it would take its graphics down while the host
    /// unloads the plugin, or ends. Dropped while that thread runs, baseview 0.4.2 asks it to show the window first, gives up when it
    /// has stopped meanwhile, and leaves it behind. So the window closes itself, and baseview finds a thread that it only has
    /// to wait for.
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        #[cfg(target_os = "linux")]
        if let Some(window) = &self.inner {
            while window.is_open() {
                // Asked for again each time: what reaches a loop before it runs, it forgets.
                let _ = window.request_poll();
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
        }
    }
}

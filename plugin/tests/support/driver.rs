//! What the system's OpenGL does by itself: a bare window, by EGL alone, that is cleared and shown. It has nothing of the plugin's
//! window, nor of the libraries that this one is made with.

use super::screen::Screen;
use khronos_egl as egl;
use std::{ffi::c_void, mem, ptr};
use x11rb::{
    connection::Connection,
    protocol::xproto::{
        ColormapAlloc, ConnectionExt as _, CreateWindowAux, VisualClass, Visualid, Window, WindowClass,
    },
    wrapper::ConnectionExt as _,
};

/// EGL_PLATFORM_X11_KHR and GL_COLOR_BUFFER_BIT, as the registry of Khronos has them.
const PLATFORM_X11: egl::Enum = 0x31D5;
const COLOR_BUFFER_BIT: u32 = 0x4000;

type Egl = egl::DynamicInstance<egl::EGL1_5>;
type Clear = extern "system" fn(u32);

/// A window that is drawn with the driver, on this thread.
pub(crate) struct Bare<'a> {
    screen: &'a Screen,
    window: Window,
    egl: Egl,
    display: egl::Display,
    surface: egl::Surface,
    context: egl::Context,
    clear: Clear,
}

impl<'a> Bare<'a> {
    /// Opened at the screen's upper left corner, with these sides, pixels.
    pub(crate) fn open(screen: &'a Screen, [width, height]: [u16; 2]) -> Self {
        // SAFETY: the system's library is loaded for the whole process, as the plugin does.
        let egl = unsafe { Egl::load_required() }.expect("libEGL, version 1.5");
        // SAFETY: without a display of ours it connects to the one that the environment names.
        let display = unsafe { egl.get_platform_display(PLATFORM_X11, ptr::null_mut(), &[egl::ATTRIB_NONE]) };
        let display = display.expect("a display");
        egl.initialize(display).expect("EGL");
        egl.bind_api(egl::OPENGL_API).expect("OpenGL");
        let wanted = [
            (egl::SURFACE_TYPE, egl::WINDOW_BIT),
            (egl::RENDERABLE_TYPE, egl::OPENGL_BIT),
            (egl::RED_SIZE, 8),
            (egl::GREEN_SIZE, 8),
            (egl::BLUE_SIZE, 8),
        ];
        let wanted: Vec<egl::Int> = wanted.into_iter().flat_map(|(name, value)| [name, value]).collect();
        let config = egl.choose_first_config(display, &[&wanted[..], &[egl::NONE]].concat());
        let config = config.expect("EGL").expect("eight bits a colour");
        let visual = egl.get_config_attrib(display, config, egl::NATIVE_VISUAL_ID).expect("a visual");
        let window = shown(screen, visual as Visualid, [width, height]);
        // SAFETY: the window is there until this is dropped, the surface before it.
        let surface =
            unsafe { egl.create_window_surface(display, config, window as usize as *mut c_void, None) };
        let surface = surface.expect("a surface");
        let context = egl.create_context(display, config, None, &[egl::NONE]).expect("a context");
        let clear = egl.get_proc_address("glClear").expect("OpenGL 1.0");
        // SAFETY: OpenGL declares it so.
        let clear = unsafe { mem::transmute::<extern "system" fn(), Clear>(clear) };
        Self { screen, window, egl, display, surface, context, clear }
    }

    /// Clears the window and shows that. As in a host, the context is this thread's for no longer than that takes.
    pub(crate) fn draw(&self) {
        let Self { egl, display, surface, .. } = self;
        egl.make_current(*display, Some(*surface), Some(*surface), Some(self.context)).expect("current");
        (self.clear)(COLOR_BUFFER_BIT);
        egl.swap_buffers(*display, *surface).expect("shown");
        egl.make_current(*display, None, None, None).expect("let go of");
    }
}

impl Drop for Bare<'_> {
    fn drop(&mut self) {
        self.egl.destroy_context(self.display, self.context).expect("EGL");
        self.egl.destroy_surface(self.display, self.surface).expect("EGL");
        self.screen.x.destroy_window(self.window).expect("X");
        self.screen.x.sync().expect("X");
    }
}

/// A window of the server's with that visual, on the screen.
fn shown(screen: &Screen, visual: Visualid, [width, height]: [u16; 2]) -> Window {
    let x = &screen.x;
    let depths = x.setup().roots.iter().flat_map(|root| &root.allowed_depths);
    let mut depths = depths.filter(|depth| {
        depth.visuals.iter().any(|one| one.visual_id == visual && one.class == VisualClass::TRUE_COLOR)
    });
    let depth = depths.next().expect("the visual's depth").depth;
    let [window, colours] = [(); 2].map(|()| x.generate_id().expect("X"));
    x.create_colormap(ColormapAlloc::NONE, colours, screen.root, visual).expect("X");
    let look = CreateWindowAux::new().colormap(colours).border_pixel(0).override_redirect(1);
    let class = WindowClass::INPUT_OUTPUT;
    x.create_window(depth, window, screen.root, 0, 0, width, height, 0, class, visual, &look).expect("X");
    x.map_window(window).expect("X");
    x.sync().expect("X");
    window
}

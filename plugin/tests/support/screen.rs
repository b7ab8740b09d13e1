//! An X server without a screen, with this program run again on it.

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConnectionExt as _, ImageFormat, Window},
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

const MARK: &str = "ROLLCALL_ON_A_SCREEN";

/// Runs `body` in a process of its own, this program called with `arguments`, on an X server of its own; says whether
/// it succeeded. `dpi` is what the desktop says of its screen (`Xft.dpi`); `variables` are set in the process's environment.
pub(crate) fn on_a_screen(
    arguments: &[&str],
    variables: &[(&str, &str)],
    dpi: Option<u32>,
    body: impl FnOnce(&Screen),
) -> bool {
    if env::var_os(MARK).is_some() {
        body(&Screen::connect(dpi));
        return true;
    }
    let server = Server::start();
    let again = env::current_exe().expect("this program's own path");
    let mut again = Command::new(again);
    again.args(arguments).envs(variables.iter().copied()).env("DISPLAY", &server.display).env(MARK, "1");
    let status = again.status();
    status.expect("this program runs again").success()
}

/// Xvfb, until it is dropped.
struct Server {
    process: Child,
    display: String,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "2600x1700x24", "-noreset", "-nolisten", "tcp"])
            .args(["+extension", "GLX", "+render"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb: install the Debian package xvfb");
        let mut number = String::new();
        let out = process.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut number).expect("Xvfb says its number");
        assert!(!number.trim().is_empty(), "Xvfb did not start");
        Self { process, display: format!(":{}", number.trim()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The screen as a host's program sees it.
pub(crate) struct Screen {
    pub(crate) x: RustConnection,
    pub(crate) root: Window,
}

impl Screen {
    fn connect(dpi: Option<u32>) -> Self {
        let (x, number) = x11rb::connect(None).expect("an X server");
        let root = x.setup().roots[number].root;
        if let Some(dpi) = dpi {
            use x11rb::protocol::xproto::{AtomEnum, PropMode};
            let resources = format!("Xft.dpi:\t{dpi}\n");
            let (property, kind) = (AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING);
            x.change_property8(PropMode::REPLACE, root, property, kind, resources.as_bytes()).expect("X");
        }
        // Out of the way: the server puts the pointer into the middle.
        x.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, 2_599, 1_699).expect("X");
        x.sync().expect("X");
        Self { x, root }
    }

    /// What the upper left corner shows.
    pub(crate) fn picture(&self, width: u16, height: u16) -> Picture {
        let request = self.x.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0);
        let image = request.expect("X").reply().expect("a picture");
        let pixels = image.data.chunks_exact(4).map(|p| [p[2], p[1], p[0]]).collect();
        Picture { width: usize::from(width), pixels }
    }
}

/// Red, green and blue of each pixel.
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) pixels: Vec<[u8; 3]>,
}

impl Picture {
    /// Pixels in a part of the picture (left, top, right, bottom) for which `is` holds.
    pub(crate) fn count(&self, part: [usize; 4], is: impl Fn([u8; 3]) -> bool) -> usize {
        let [left, top, right, bottom] = part;
        let row = |y: usize| &self.pixels[y * self.width + left..y * self.width + right];
        (top..bottom).flat_map(row).filter(|pixel| is(**pixel)).count()
    }
}

/// Bright enough to be text of what counts, on a dark ground.
pub(crate) fn is_bright(pixel: [u8; 3]) -> bool {
    pixel.iter().all(|&part| part > 220)
}

/// A family's colour, not a grey.
pub(crate) fn is_vivid([r, g, b]: [u8; 3]) -> bool {
    r.max(g).max(b).saturating_sub(r.min(g).min(b)) > 90
}

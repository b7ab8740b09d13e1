//! What an open window costs: processor time by thread, as Linux counts it, and the frames that reach the X server.

use super::screen::Screen;
use std::{
    collections::HashMap,
    fs, process,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};
use x11rb::{
    connection::Connection,
    protocol::{
        Event,
        damage::{ConnectionExt as _, ReportLevel},
        present::{self, CompleteKind, ConnectionExt as _},
        xproto::{ConnectionExt as _, MOTION_NOTIFY_EVENT, Window},
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

/// The thread that moves the pointer.
const POINTER: &str = "pointer";

/// What was counted while something went on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// Frames that the window drew: each begins when the server tells it that the screen is about to show one.
    pub(crate) frames: u32,
    /// Pictures of the whole window that were put into it.
    pub(crate) pictures: u32,
    /// Processor time of the window's own thread and of all that is not named below, seconds.
    pub(crate) window_s: f64,
    /// Of Mesa's threads that stand in for a graphics card, seconds.
    pub(crate) raster_s: f64,
}

/// Counts while `work` runs on this thread, which plays the host and is not counted; nor are the plugin's worker, whose
/// threads have its name, and the process's main thread.
pub(crate) fn cost_of(window: Window, work: impl FnOnce()) -> Cost {
    let frames = Frames::of(window);
    let (before, began) = (Threads::now(), Instant::now());
    work();
    let (after, seconds) = (Threads::now(), began.elapsed().as_secs_f64());
    let [window_ns, raster_ns] = before.until(&after);
    let [frames, pictures] = frames.count();
    Cost { seconds, frames, pictures, window_s: window_ns as f64 * 1e-9, raster_s: raster_ns as f64 * 1e-9 }
}

/// Name and processor time in nanoseconds of each thread, by its number.
struct Threads(HashMap<String, (String, u64)>);

impl Threads {
    fn now() -> Self {
        let of = |task: fs::DirEntry| -> Option<(String, (String, u64))> {
            let name = fs::read_to_string(task.path().join("comm")).ok()?.trim_end().to_owned();
            let stat = fs::read_to_string(task.path().join("schedstat")).ok()?;
            let ran_ns = stat.split_whitespace().next()?.parse().ok()?;
            Some((task.file_name().into_string().ok()?, (name, ran_ns)))
        };
        Self(fs::read_dir("/proc/self/task").expect("threads").flatten().filter_map(of).collect())
    }

    /// What the window's threads and the software graphics card's took from this moment to a later one.
    fn until(&self, later: &Self) -> [u64; 2] {
        // "PROCESS/task/THREAD"; by number, as a thread without a name of its own has the name of the one that made it.
        let me = fs::read_link("/proc/thread-self").expect("a thread");
        let host =
            [process::id().to_string(), me.file_name().expect("a number").to_string_lossy().into_owned()];
        let mut sums_ns = [0; 2];
        for (id, (name, ran_ns)) in &later.0 {
            if host.contains(id) || name == POINTER || name.starts_with("rollcall-") {
                continue;
            }
            let is_raster = name.starts_with("llvmpipe-");
            let before_ns = self.0.get(id).map_or(0, |before| before.1);
            sums_ns[usize::from(is_raster)] += ran_ns.saturating_sub(before_ns);
        }
        sums_ns
    }
}

/// Counts from outside what a window draws. The answers that it waits for before it draws a frame come here too. Where
/// graphics are software, each swap of buffers is a drawing request, and the server tells of every request what it has changed.
struct Frames {
    x: RustConnection,
    window: Window,
}

impl Frames {
    fn of(window: Window) -> Self {
        let (x, _) = x11rb::connect(None).expect("an X server");
        x.damage_query_version(1, 1).expect("X").reply().expect("DAMAGE");
        x.present_query_version(1, 0).expect("X").reply().expect("Present");
        let (damage, answers) = (x.generate_id().expect("X"), x.generate_id().expect("X"));
        x.damage_create(damage, window, ReportLevel::RAW_RECTANGLES).expect("X");
        x.present_select_input(answers, window, present::EventMask::COMPLETE_NOTIFY).expect("X");
        x.sync().expect("X");
        // The first report is of the whole window as it stands.
        while x.poll_for_event().expect("X").is_some() {}
        Self { x, window }
    }

    /// Frames, and pictures: one that comes in strips ends with the strip that has the window's last row.
    fn count(self) -> [u32; 2] {
        let size = self.x.get_geometry(self.window).expect("X").reply().expect("X");
        let mut counts = [0; 2];
        while let Some(event) = self.x.poll_for_event().expect("X") {
            match event {
                Event::PresentCompleteNotify(event) => {
                    counts[0] += u32::from(event.kind == CompleteKind::NOTIFY_MSC);
                }
                Event::DamageNotify(event) => {
                    let bottom = u32::from(event.area.y.unsigned_abs()) + u32::from(event.area.height);
                    let is_end = event.area.width == size.width && bottom == u32::from(size.height);
                    counts[1] += u32::from(is_end);
                }
                _ => {}
            }
        }
        counts
    }
}

/// Moves the pointer to and fro in the window at the screen's corner, along a line (left, right, height), while `work` runs:
/// so many times a second, or not at all.
pub(crate) fn with_pointer(screen: &Screen, rate_hz: f64, [left, right, y]: [i16; 3], work: impl FnOnce()) {
    let done = AtomicBool::new(rate_hz <= 0.0);
    let length = right - left;
    let go = || {
        let began = Instant::now();
        let way = (0..length).chain((0..length).rev()).step_by(3).cycle();
        for (step, x) in way.enumerate().take_while(|_| !done.load(Relaxed)) {
            screen.x.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, screen.root, left + x, y, 0).expect("X");
            screen.x.flush().expect("X");
            let due = Duration::from_secs_f64((step + 1) as f64 / rate_hz);
            thread::sleep(due.saturating_sub(began.elapsed()));
        }
    };
    thread::scope(|scope| {
        thread::Builder::new().name(POINTER.into()).spawn_scoped(scope, go).expect("a thread");
        work();
        done.store(true, Relaxed);
    });
}

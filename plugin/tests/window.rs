//! The real window, in a host's, on an X server without a screen (Debian: `xvfb`): what it shows, how large it is, what
//! it takes, what it costs while nobody looks, and what is left of it.
#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "the plugin's entry point is a C symbol, its parent window a number")]

#[allow(dead_code, reason = "the pictures use more of it")]
mod support;

use rollcall_worker::Recording;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use support::{
    cost::{Cost, cost_of, with_pointer},
    drag::drop_file,
    driver::Bare,
    requests::waits,
    screen::{Screen, is_bright, is_vivid, on_a_screen},
    stage::{Speed, Stage},
};
use x11rb::{
    connection::Connection,
    protocol::{xproto::ConnectionExt as _, xtest::ConnectionExt as _},
    wrapper::ConnectionExt as _,
};

fn on(test: &str, dpi: Option<u32>, body: impl FnOnce(&Screen)) {
    // One heap for all threads: what glibc keeps for each thread that was is no leak.
    let variables = [("MALLOC_ARENA_MAX", "1")];
    assert!(on_a_screen(&["--exact", test, "--nocapture"], &variables, dpi, body), "see above");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn music() -> Recording {
    Recording::read(&root().join("demo/war-of-freedom.ogg")).expect("the demo")
}

/// Where the names stand in a window of the usual size.
const HEADLINE: [usize; 4] = [0, 84, 740, 228];
/// Where the families' marks and the meters are.
const METERS: [usize; 4] = [0, 260, 380, 680];
/// Where the history is.
const HISTORY: [usize; 4] = [400, 240, 1_020, 670];

#[test]
fn who_plays_stands_in_large_letters_over_a_history_in_colour() {
    on("who_plays_stands_in_large_letters_over_a_history_in_colour", None, |screen| {
        let music = music();
        let mut stage = Stage::new(screen, music.rate_hz);
        stage.open(None);
        stage.until("a first frame", |stage| stage.picture().count(HEADLINE, |p| p != [0; 3]) > 10_000);
        // The meters come with the model; what stands above them then is no name.
        stage.until("the meters", |stage| stage.picture().count(METERS, is_vivid) > 100);
        assert_eq!(stage.picture().count(HEADLINE, is_bright), 0, "nobody plays yet");
        stage.play(&music, 14.0, Speed::AsFastAsItGoes);
        stage.until("names", |stage| stage.picture().count(HEADLINE, is_bright) > 2_000);
        stage.until("a history", |stage| stage.picture().count(HISTORY, is_vivid) > 2_000);
    });
}

#[test]
fn a_remembered_size_zoom_and_the_screen_s_scale_make_the_window() {
    on("a_remembered_size_zoom_and_the_screen_s_scale_make_the_window", Some(192), |screen| {
        let mut stage = Stage::new(screen, 48_000);
        stage.open(None);
        let size = |stage: &Stage<'_>| {
            let geometry = stage.geometry(stage.child());
            (geometry.width, geometry.height)
        };
        assert_eq!(size(&stage), (2_080, 1_480), "1040 x 740 points at two pixels each");
        stage.close();
        stage.remember(|view| {
            view["size"] = json!([600.0, 400.0]);
            view["zoom"] = json!(1.25);
        });
        stage.open(None);
        assert_eq!(size(&stage), (1_500, 1_000));
        stage.until("a frame", |stage| stage.picture().count([0, 0, 1_400, 900], |p| p != [0; 3]) > 1_000);
        assert_eq!(size(&stage), (1_500, 1_000), "and it stays so");
        // A project's other state, while the window is open.
        stage.remember(|view| view["size"] = json!([700.0, 400.0]));
        stage.until("the other size", |stage| size(stage) == (1_750, 1_000));
        stage.close();
        // A host that decides for itself is followed, and remembered.
        stage.open(Some((1_600, 1_200)));
        stage.until("the host's size", |stage| size(stage) == (1_600, 1_200));
        stage.until("it to be remembered", |stage| stage.save().contains(r#"\"size\":[640.0,480.0]"#));
    });
}

#[test]
fn files_and_models_are_dropped_onto_it() {
    on("files_and_models_are_dropped_onto_it", None, |screen| {
        let mut stage = Stage::new(screen, 44_100);
        stage.open(None);
        stage.until("a first frame", |stage| stage.picture().count(HEADLINE, |p| p != [0; 3]) > 10_000);
        let file = fs::canonicalize(root().join("demo/war-of-freedom.ogg")).expect("the demo");
        drop_file(screen, stage.child(), &file, || {});
        stage.until("the names of the file", |stage| stage.picture().count(HEADLINE, is_bright) > 500);
        stage.until("its history", |stage| stage.picture().count(HISTORY, is_vivid) > 2_000);
        assert_eq!(stage.gestures(), 0, "a file that is heard changes no project");
        let model = fs::canonicalize(root().join("models/default")).expect("a model");
        drop_file(screen, stage.child(), &model, || {});
        stage.until("the model in the state", |stage| stage.save().contains(r#"\"kind\":\"package\""#));
        stage.until("the host to be told that the project has changed", |stage| stage.gestures() == 1);
    });
}

#[test]
fn keys_reach_it() {
    on("keys_reach_it", None, |screen| {
        let mut stage = Stage::new(screen, 48_000);
        stage.open(None);
        stage.until("a first frame", |stage| stage.picture().count(HEADLINE, |p| p != [0; 3]) > 10_000);
        let press = |code: u8| {
            for kind in [x11rb::protocol::xproto::KEY_PRESS_EVENT, x11rb::protocol::xproto::KEY_RELEASE_EVENT]
            {
                screen.x.xtest_fake_input(kind, code, 0, screen.root, 0, 0, 0).expect("X");
            }
            screen.x.sync().expect("X");
        };
        let focus = x11rb::protocol::xproto::InputFocus::PARENT;
        screen.x.set_input_focus(focus, stage.child(), x11rb::CURRENT_TIME).expect("X");
        screen.x.sync().expect("X");
        press(key_code(screen, u32::from(b'f')));
        // No audio runs: the host hears of the change when it asks.
        stage.until("the light theme", |stage| {
            press(key_code(screen, u32::from(b't')));
            stage.idle(Duration::from_millis(300));
            stage.picture().count(HEADLINE, is_bright) > 10_000
        });
        press(key_code(screen, u32::from(b'+')));
        stage.until("a zoom", |stage| stage.save().contains(r#"\"zoom\":1.1"#));
    });
}

/// The key that gives a sign without a modifier, or else the one that has it at all.
fn key_code(screen: &Screen, sign: u32) -> u8 {
    let setup = screen.x.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let map = screen.x.get_keyboard_mapping(first, last - first + 1).expect("X").reply().expect("X");
    let each = usize::from(map.keysyms_per_keycode);
    let codes = map.keysyms.chunks(each);
    let at = codes.clone().position(|signs| signs[0] == sign);
    let at = at.or_else(|| codes.clone().position(|signs| signs.contains(&sign))).expect("a key for it");
    first + at as u8
}

#[test]
fn a_hidden_window_draws_nothing_and_a_shown_one_goes_on() {
    on("a_hidden_window_draws_nothing_and_a_shown_one_goes_on", None, |screen| {
        let music = music();
        let mut stage = Stage::new(screen, music.rate_hz);
        stage.open(None);
        stage.play(&music, 3.0, Speed::Live);
        let window = stage.child();
        let drawing = cost_of(window, || stage.play(&music, 2.0, Speed::Live));
        stage.hide();
        stage.idle(Duration::from_millis(300));
        let hidden = cost_of(window, || stage.play(&music, 2.0, Speed::Live));
        println!("drawing: {drawing:?}\nhidden: {hidden:?}");
        assert!(drawing.pictures > 0 && hidden.pictures == 0, "{drawing:?} {hidden:?}");
        let share = (hidden.window_s + hidden.raster_s) / hidden.seconds;
        assert!(share < 0.02, "a hidden window takes {:.1} % of a core", share * 100.0);
        stage.show();
        stage.play(&music, 1.0, Speed::Live);
        stage.until("names", |stage| stage.picture().count(HEADLINE, is_bright) > 500);
    });
}

#[test]
fn every_frame_of_the_screen_may_be_drawn_and_none_waits_for_an_answer() {
    on("every_frame_of_the_screen_may_be_drawn_and_none_waits_for_an_answer", None, |screen| {
        let mut stage = Stage::new(screen, 48_000);
        // Small, so that a busy machine draws it in time.
        stage.remember(|view| view["size"] = json!([460.0, 340.0]));
        stage.open(None);
        stage.until("a first frame", |stage| {
            stage.picture().count([0, 80, 400, 300], |p| p != [0; 3]) > 1_000
        });
        let window = stage.child();
        // Some drivers wait themselves for each picture that they show (Mesa 25 does, without a graphics card).
        let bare = Bare::open(screen, [460, 340]);
        bare.draw();
        const SHOWN: usize = 60;
        let of_driver = waits(screen, || (0..SHOWN).for_each(|_| bare.draw()));
        drop(bare);
        println!("the driver alone waits {of_driver} times for the server in {SHOWN} pictures");
        // Xvfb shows 60 frames a second; every other one would be 30. What is late on a busy machine is tried again.
        let mut most_hz = 0.0_f64;
        for _ in 0..20 {
            let mut cost = Cost::default();
            let waited = waits(screen, || {
                cost = cost_of(window, || {
                    with_pointer(screen, 120.0, [40, 400, 200], || stage.idle(Duration::from_secs(1)));
                });
            });
            println!("{waited} waits for the server in {cost:?}");
            // The last picture may be on its way when the counting ends.
            let frames = cost.frames as usize;
            let may = of_driver * (frames + 1) / SHOWN + frames / 2;
            assert!(
                waited < may,
                "{waited} waits for the server in {cost:?}, the driver's own {of_driver} in {SHOWN}"
            );
            most_hz = most_hz.max(f64::from(cost.frames) / cost.seconds);
            if most_hz > 40.0 {
                return;
            }
        }
        panic!("no more than {most_hz:.1} frames a second");
    });
}

/// Under X11 an open clipboard is two connections and a thread that nobody waits for: a window has one when something is copied or pasted,
/// and not before.
#[test]
fn a_window_in_which_nothing_is_copied_opens_no_clipboard() {
    on("a_window_in_which_nothing_is_copied_opens_no_clipboard", None, |screen| {
        // Whoever opens one gives the server this name to keep.
        let is_open = || {
            let atom = screen.x.intern_atom(true, b"THIS_CLIPBOARD_OUT").expect("X").reply().expect("X").atom;
            atom != x11rb::NONE
        };
        let mut stage = Stage::new(screen, 48_000);
        stage.open(None);
        stage.until("a first frame", |stage| stage.picture().count(HEADLINE, |p| p != [0; 3]) > 10_000);
        assert!(!is_open(), "a clipboard is open");
        stage.close();
        let _clipboard = copypasta::ClipboardContext::new().expect("a clipboard");
        assert!(is_open(), "it has another name by now");
    });
}

#[test]
fn a_closed_window_s_thread_is_gone() {
    on("a_closed_window_s_thread_is_gone", None, |screen| {
        const WINDOWS: usize = 40;
        // On one processor a thread that is told to stop has often stopped before the one that told it goes on.
        // SAFETY: the set is a plain value, and lives as long as the call; it is this process's own.
        unsafe {
            let mut one = std::mem::zeroed::<libc::cpu_set_t>();
            libc::CPU_SET(libc::sched_getcpu().max(0) as usize, &mut one);
            libc::sched_setaffinity(0, size_of_val(&one), &one);
        }
        let mut stage = Stage::new(screen, 48_000);
        stage.before_show = Duration::ZERO;
        let threads = || fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
        let mut left = 0;
        for window in 0..=WINDOWS {
            // Those that end by themselves a moment later have ended by then, and what is made once is there after the first.
            stage.idle(Duration::from_millis(20));
            let before = if window == 0 { usize::MAX } else { threads() };
            stage.open(None);
            stage.idle(Duration::from_millis(3 * (window as u64 % 5)));
            let mut after = 0;
            stage.close_and(|| after = threads());
            // The system itself may list a thread for a moment after it was waited for.
            left += usize::from(after > before);
        }
        println!("{left} of {WINDOWS} windows had a thread left when they were closed");
        assert!(left < WINDOWS / 4, "{left} of {WINDOWS}");
    });
}

#[test]
fn five_hundred_windows_leave_nothing_behind() {
    on("five_hundred_windows_leave_nothing_behind", None, |screen| {
        // SAFETY: the process's own setting, without a pointer. The kernel's merging of pages into huge ones is no leak.
        unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) };
        let mut stage = Stage::new(screen, 48_000);
        let count = |folder: &str| fs::read_dir(folder).map_or(0, Iterator::count);
        let left = || (count("/proc/self/task"), count("/proc/self/fd"), own_kib());
        let mut before = left();
        for window in 1..=500 {
            stage.open(None);
            stage.before_show = Duration::ZERO;
            // Most are closed at once, some when they have drawn.
            if window % 5 == 0 {
                stage.until("a frame", |stage| stage.picture().count(HEADLINE, |p| p != [0; 3]) > 10_000);
            } else {
                stage.idle(Duration::from_millis(1));
            }
            stage.close();
            // What is made once, and the model, are there by then.
            if window == 50 {
                before = left();
            }
        }
        let after = left();
        println!("threads, files, KiB after 50 windows: {before:?}; after 500: {after:?}");
        assert!(after.0 <= before.0 && after.1 <= before.1, "{before:?} {after:?}");
        // A quarter of a page: whatever keeps a page of each window shows four times over.
        let more_kib = after.2 - before.2;
        assert!(more_kib < 450, "450 windows left {more_kib} KiB");
    });
}

/// This process's memory that is no file's, KiB: counted page by page, without what the heap holds free.
fn own_kib() -> i64 {
    // SAFETY: gives free pages back, on any thread.
    unsafe { libc::malloc_trim(0) };
    let pages = fs::read_to_string("/proc/self/smaps_rollup").expect("Linux 4.14");
    let kib = |line: &str| -> Option<i64> {
        let (name, size) = line.split_once(':')?;
        let ours = ["Anonymous", "Pss_Shmem", "Swap"].contains(&name);
        if ours { size.split_whitespace().next()?.parse().ok() } else { None }
    };
    pages.lines().filter_map(kib).sum()
}

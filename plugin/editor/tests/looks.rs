//! What the window looks like, in pixels: lengths, colours, sizes.

#[path = "support/session.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod session;
#[path = "support/window.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod window;

use egui::{Color32, Key, Rect, pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use rollcall_classes::{Look, Mark};
use rollcall_editor::{Appearance, Family, ViewSettings, raster::Pixels};
use session::{CLASSES, Session, class, with_taught};
use window::{SIZE, Window, open, playing};

fn close_to(a: Color32, b: Color32) -> bool {
    a.to_array().iter().zip(b.to_array()).all(|(&a, b)| a.abs_diff(b) <= 3)
}

/// Longest run of a colour along the middle of a rectangle, in pixels.
fn run(pixels: &Pixels, rect: Rect, scale: f32, colour: Color32) -> f32 {
    let y = (rect.center().y * scale) as usize;
    let (mut longest, mut length) = (0, 0);
    for x in (rect.left() * scale) as usize..(rect.right() * scale) as usize {
        length = if close_to(pixels.at(x, y), colour) { length + 1 } else { 0 };
        longest = longest.max(length);
    }
    longest as f32
}

#[test]
fn a_bar_is_as_long_as_its_activity() {
    let strings = Color32::from_rgb(0x0D, 0x9E, 0x72);
    for scale in [1.0, 2.0] {
        let mut lengths = Vec::new();
        for activity in [1.0, 0.9, 0.75] {
            let mut session = Session::new();
            let violin = class("violin");
            // The mark lies at the left end, so that it does not part the bar.
            session.meters[violin].threshold = 0.001;
            let mut activities = [0.0; CLASSES.len()];
            activities[violin] = activity;
            session.step_with(&activities);
            let window = Window::open(&session, ViewSettings::default(), SIZE, scale);
            let row = window.rect("Violin: plays");
            lengths.push(run(&window.picture(), row, scale, strings));
        }
        let full = lengths[0];
        assert!(full > 100.0 * scale, "a full bar is easily seen: {full} px");
        for (length, activity) in lengths.iter().zip([1.0, 0.9, 0.75]) {
            assert!(
                (length - full * activity).abs() <= 3.0,
                "{length} px for {activity} of {full} px at {scale} x"
            );
        }
    }
}

#[test]
fn both_themes_are_worn_everywhere() {
    for (appearance, bright) in [(Appearance::Dark, false), (Appearance::Light, true)] {
        let session = playing(30.0);
        let window =
            Window::open(&session, ViewSettings { appearance, ..ViewSettings::default() }, SIZE, 1.0);
        let pixels = window.picture();
        for (x, y) in [(500, 10), (300, 200), (200, 725), (8, 400)] {
            let light = pixels.at(x, y).r() > 128;
            assert_eq!(light, bright, "{appearance:?} at ({x}, {y}): {:?}", pixels.at(x, y));
        }
    }
}

#[test]
fn names_of_who_plays_are_large() {
    let session = playing(9.0);
    let window = open(&session);
    let pixels = window.picture();
    let rect = window.rect("Now \u{b7} bar");
    let lit = |y: usize| (rect.left() as usize..rect.right() as usize).any(|x| pixels.at(x, y).r() > 230);
    let tall = (rect.top() as usize..rect.bottom() as usize).filter(|&y| lit(y)).count();
    // 8.5 mm at 96 dpi: see the headline's sizes.
    assert!(tall >= 32, "letters are {tall} px tall");
}

#[test]
fn history_shows_who_played_when() {
    let session = playing(71.0);
    let window = open(&session);
    let pixels = window.picture();
    let history = window.rect("History: ");
    let row = window.rect("Piano: silent");
    let keys = Color32::from_rgb(0x4B, 0xAC, 0xF9);
    let at = |time_s: f64| {
        let x = history.right() as f64 - (71.2 - time_s) / 60.0 * f64::from(history.width());
        pixels.at(x as usize, row.center().y as usize)
    };
    let blue = |c: Color32| c.b() > 150 && c.b() > c.r() + 60;
    assert!(blue(keys) && blue(at(20.0)) && blue(at(40.0)), "{:?} {:?}", at(20.0), at(40.0));
    assert!(!blue(at(50.0)) && !blue(at(65.0)), "{:?} {:?}", at(50.0), at(65.0));
}

#[test]
fn nothing_is_cut_off_or_overlaps_at_any_size() {
    let mut session = playing(71.0);
    session.status.counters.gap_frames = 9_000;
    session.show_status();
    let sizes = [
        [420.0, 320.0],
        [480.0, 900.0],
        [640.0, 480.0],
        [900.0, 500.0],
        [1_600.0, 420.0],
        [3_840.0, 2_160.0],
    ];
    for size in sizes {
        for scale in [1.0, 2.0] {
            if size[0] * scale > 4_000.0 {
                continue;
            }
            let window = Window::open(&session, ViewSettings::default(), size, scale);
            let whole = Rect::from_min_size(pos2(0.0, 0.0), egui::vec2(size[0], size[1]));
            let mut buttons: Vec<(String, Rect)> = Vec::new();
            for node in window.harness.root().children_recursive() {
                let (role, label) =
                    (node.accesskit_node().role(), node.accesskit_node().label().unwrap_or_default());
                let scrolled = matches!(role, egui::Role::Meter) || label.contains("family");
                if label.is_empty() || scrolled {
                    continue;
                }
                assert!(
                    whole.expand(0.5).contains_rect(node.rect()),
                    "{size:?}: {label} at {:?}",
                    node.rect()
                );
                if role == egui::Role::Button {
                    buttons.push((label, node.rect()));
                }
            }
            assert!(buttons.len() >= 8, "{size:?}: {buttons:?}");
            for (i, (name, a)) in buttons.iter().enumerate() {
                for (other, b) in &buttons[..i] {
                    assert!(!a.intersects(b.shrink(0.1)), "{size:?}: {name} overlaps {other}");
                }
            }
            assert!(window.has("Live") && window.has("Freeze"), "{size:?}");
            let pixels = window.picture();
            let colours: std::collections::HashSet<[u8; 4]> =
                pixels.data.iter().map(|c| c.to_array()).collect();
            assert!(colours.len() > 200, "{size:?}: only {} colours", colours.len());
        }
    }
}

#[test]
fn attention_is_drawn_over_the_history() {
    let session = playing(71.0);
    let mut window = open(&session);
    let before = window.picture();
    window.press(Key::A);
    window.settle();
    assert!(window.view.borrow().settings().attention);
    let after = window.picture();
    let history = window.rect("History: ");
    let row = window.rect("Drums: plays");
    let white = |pixels: &Pixels| {
        let columns = history.left() as usize..history.right() as usize;
        let rows = row.top() as usize..row.bottom() as usize;
        rows.flat_map(|y| columns.clone().map(move |x| (x, y)))
            .filter(|&(x, y)| pixels.at(x, y).b() > 200)
            .count()
    };
    assert!(white(&after) > white(&before) + 100, "{} and {}", white(&before), white(&after));
    let row = window.rect("History: ");
    assert_eq!(row, history);
    window.press(Key::A);
    assert_eq!(window.view.borrow().settings().span_s, 60.0, "the span comes back");
}

/// However many classes there are: every one is in the list or can be scrolled to, and no lane lies over the axis.
#[test]
fn one_class_and_sixty_have_their_place_at_any_size() {
    for (session, count) in [(Session::of(&["hurdy-gurdy"]), 1), (with_taught(1), 21), (with_taught(40), 60)]
    {
        let mut session = session;
        session.play(71.0);
        for size in [[420.0, 320.0], SIZE, [1_600.0, 420.0], [1_920.0, 1_080.0]] {
            let window = Window::open(&session, ViewSettings::default(), size, 1.0);
            let meters =
                window.harness.get_all_by_role(egui::Role::Meter).map(|node| node.rect()).collect::<Vec<_>>();
            assert_eq!(meters.len(), count, "{size:?}");
            for (i, a) in meters.iter().enumerate() {
                assert!(a.height() >= 11.9 && a.width() > 100.0, "{size:?}: {a:?} of {count}");
                assert!(
                    meters[..i].iter().all(|b| !a.shrink(0.1).intersects(b.shrink(0.1))),
                    "{size:?}: {a:?} of {count}"
                );
            }
            let history = window.rect("History: ");
            let pixels = window.picture();
            let vivid =
                |c: Color32| c.r().max(c.g()).max(c.b()) > c.r().min(c.g()).min(c.b()).saturating_add(60);
            let axis = (history.bottom() as usize - 20)..(history.bottom() as usize - 1);
            let over =
                axis.flat_map(|y| (history.left() as usize..history.right() as usize).map(move |x| (x, y)));
            assert_eq!(
                over.filter(|&(x, y)| vivid(pixels.at(x, y))).count(),
                0,
                "{size:?} with {count} classes"
            );
        }
    }
}

#[test]
fn a_class_wears_the_colour_and_the_mark_that_its_package_gives_it() {
    let violet = Color32::from_rgb(0x9B, 0x5C, 0xFF);
    let mut session = with_taught(1);
    let look = Look { family: Some(Family::Keys), colour: "#9b5cff".parse().ok(), icon: None };
    session.look("hurdy-gurdy", look);
    let mut activities = [0.0; 21];
    activities[20] = 1.0;
    session.meters[20].threshold = 0.001;
    session.step_with(&activities);
    let window = open(&session);
    assert!(run(&window.picture(), window.rect("Hurdy-gurdy: plays"), 1.0, violet) > 100.0);
    let (keys, plucked) = (window.rect("Keys family").top(), window.rect("Plucked family").top());
    let row = window.rect("Hurdy-gurdy: plays").top();
    assert!(keys < row && row < plucked, "it stands where its package says: {keys} {row} {plucked}");
    // The mark stands in its row and nowhere else, each looks otherwise, and the name stays where it is.
    let plain = window.picture();
    let row = window.rect("Hurdy-gurdy: plays");
    let mut seen = Vec::new();
    for mark in Mark::ALL {
        session.look("hurdy-gurdy", Look { icon: Some(mark), ..look });
        let marked = open(&session).picture();
        let (columns, rows) = (0..SIZE[0] as usize, 0..SIZE[1] as usize);
        let all = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
        let drawn: Vec<_> = all.filter(|&(x, y)| plain.at(x, y) != marked.at(x, y)).collect();
        let is_beside = |&(x, y): &(usize, usize)| {
            let within = row.contains(pos2(x as f32, y as f32));
            within && (x as f32) > row.left() + 60.0 && (x as f32) < row.left() + row.width() * 0.5
        };
        assert!(drawn.len() > 10 && drawn.iter().all(is_beside), "{mark:?}: {} points", drawn.len());
        assert!(!seen.contains(&drawn), "{mark:?} looks as another does");
        seen.push(drawn);
    }
}

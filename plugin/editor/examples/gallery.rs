//! Draws the window in many sizes, themes and states, without a GPU:
//! `cargo run --release --manifest-path plugin/Cargo.toml -p rollcall-editor --example gallery -- FOLDER`.

#[path = "../tests/support/session.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod session;

use egui::{Context, Event, Modifiers, Pos2, RawInput, Rect, ViewportId, ViewportInfo, pos2, vec2};
use rollcall_board::{Another, ModelState, WorkerState};
use rollcall_classes::{Look, Mark};
use rollcall_editor::{
    Appearance, Axis, EditorView, Family, HeatColours, Sort, ViewSettings, raster::Raster,
};
use session::{CLASSES, Session, with_taught};
use std::{error::Error, path::PathBuf};

struct Shot {
    name: &'static str,
    size: [f32; 2],
    scale: f32,
    seconds: f64,
    session: fn() -> Session,
    view: ViewSettings,
    prepare: fn(&mut Session),
    events: Vec<Event>,
}

impl Default for Shot {
    fn default() -> Self {
        Self {
            name: "",
            size: [1_040.0, 740.0],
            scale: 1.0,
            seconds: 71.0,
            session: Session::new,
            view: ViewSettings::default(),
            prepare: |_| {},
            events: Vec::new(),
        }
    }
}

fn light() -> ViewSettings {
    ViewSettings { appearance: Appearance::Light, ..ViewSettings::default() }
}

fn key(key: egui::Key) -> Vec<Event> {
    let event =
        |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
    vec![event(true), event(false)]
}

fn click(at: Pos2) -> Vec<Event> {
    let button = egui::PointerButton::Primary;
    let event = |pressed| Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE };
    vec![Event::PointerMoved(at), event(true), event(false), Event::PointerGone]
}

fn shots() -> Vec<Shot> {
    let default = ViewSettings::default;
    let dark = |name, size, scale| Shot { name, size, scale, ..Shot::default() };
    let mut shots = vec![
        dark("default-dark", [1_040.0, 740.0], 1.0),
        dark("default-dark-2x", [1_040.0, 740.0], 2.0),
        Shot { name: "default-light", view: light(), ..Shot::default() },
        dark("small-dark", [420.0, 320.0], 1.0),
        dark("small-dark-2x", [420.0, 320.0], 2.0),
        Shot { name: "small-light-2x", size: [420.0, 320.0], scale: 2.0, view: light(), ..Shot::default() },
        dark("tall-dark", [480.0, 900.0], 1.0),
        dark("wide-dark", [1_600.0, 420.0], 1.0),
        dark("large-dark", [1_920.0, 1_080.0], 1.0),
        dark("4k-dark", [3_840.0, 2_160.0], 1.0),
        Shot {
            name: "activity-bars",
            view: ViewSettings { sort: Sort::Activity, axis: Axis::Bars, ..default() },
            ..Shot::default()
        },
        Shot {
            name: "folded-cividis",
            view: ViewSettings {
                heat: HeatColours::Cividis,
                folded: [Family::Winds, Family::Percussion, Family::Plucked].into(),
                ..default()
            },
            ..Shot::default()
        },
        Shot { name: "attention", events: key(egui::Key::A), ..Shot::default() },
        Shot { name: "moment", events: click(pos2(700.0, 400.0)), ..Shot::default() },
        Shot { name: "moment-light", view: light(), events: click(pos2(700.0, 400.0)), ..Shot::default() },
        Shot {
            name: "hover-meter",
            events: vec![Event::PointerMoved(pos2(120.0, 262.0))],
            ..Shot::default()
        },
        Shot {
            name: "hover-history",
            events: vec![Event::PointerMoved(pos2(760.0, 330.0))],
            ..Shot::default()
        },
    ];
    shots.push(Shot { name: "many", seconds: 110.0, ..Shot::default() });
    shots.push(Shot {
        name: "first-open",
        seconds: 0.0,
        prepare: |s| s.status.state = WorkerState::Idle,
        ..Shot::default()
    });
    let perhaps: fn(&mut Session) = |s| s.show_latest(|latest| latest.perhaps = Some(1));
    let perhaps_alone: fn(&mut Session) = |s| {
        s.another = Some(Another { probability: 0.9, instrument: 1 });
        s.step_with(&[0.02; CLASSES.len()]);
    };
    shots.push(Shot { name: "perhaps", prepare: perhaps, ..Shot::default() });
    shots.push(Shot { name: "perhaps-light", view: light(), prepare: perhaps, ..Shot::default() });
    let small = |name, prepare| Shot { name, size: [420.0, 320.0], scale: 2.0, prepare, ..Shot::default() };
    shots.push(small("perhaps-small", perhaps));
    shots.push(small("perhaps-alone-small", perhaps_alone));
    shots.push(Shot { name: "perhaps-alone", prepare: perhaps_alone, ..Shot::default() });
    shots.push(Shot {
        name: "loading",
        seconds: 0.0,
        size: [640.0, 480.0],
        prepare: |s| {
            s.status.model = ModelState::Loading;
            s.status.classes = std::sync::Arc::from([]);
        },
        ..Shot::default()
    });
    let trouble: fn(&mut Session) = |s| {
        s.status.interval_s = 0.48;
        s.status.counters.gap_frames = 61_000;
        s.status.notice = Some(
            "The model 'jazz-ensemble 2.1' that this project uses is not on this machine; the built-in one listens \
             instead. Load it from its folder, or keep the built-in one."
                .into(),
        );
    };
    shots.push(Shot { name: "trouble", prepare: trouble, ..Shot::default() });
    shots.push(Shot {
        name: "trouble-small",
        size: [420.0, 320.0],
        scale: 2.0,
        prepare: trouble,
        ..Shot::default()
    });
    shots.push(Shot { name: "trouble-light", view: light(), prepare: trouble, ..Shot::default() });
    let comma = Event::Key {
        key: egui::Key::Comma,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: Modifiers::COMMAND,
    };
    shots.push(Shot { name: "settings", events: vec![comma.clone()], ..Shot::default() });
    shots.push(Shot {
        name: "settings-light",
        view: light(),
        events: vec![comma],
        size: [820.0, 640.0],
        ..Shot::default()
    });
    shots.extend(of_other_models());
    shots.push(Shot { name: "teach-empty", events: key(egui::Key::X), ..Shot::default() });
    for (name, size) in [("teach", [1_040.0, 740.0]), ("teach-small", [420.0, 320.0])] {
        let prepare = |s: &mut Session| s.select(60.0, 66.4);
        shots.push(Shot { name, size, events: key(egui::Key::X), prepare, ..Shot::default() });
    }
    shots.push(Shot {
        name: "selected-light",
        view: light(),
        prepare: |s| s.select(50.0, 57.0),
        ..Shot::default()
    });
    shots.push(Shot { name: "export", events: key(egui::Key::E), ..Shot::default() });
    shots.push(Shot { name: "open", events: key(egui::Key::O), ..Shot::default() });
    shots
}

/// Models of 1, 21 and 60 classes.
fn of_other_models() -> Vec<Shot> {
    let one: fn() -> Session = || Session::of(&["hurdy-gurdy"]);
    let many: fn() -> Session = || with_taught(1);
    let most: fn() -> Session = || with_taught(40);
    // As many marks as the session has classes for.
    let looks: fn(&mut Session) = |s| {
        for (class, icon) in session::TAUGHT.into_iter().zip(Mark::ALL.into_iter().cycle()) {
            if s.classes.iter().any(|known| known == class) {
                s.look(class, Look { icon: Some(icon), ..Look::default() });
            }
        }
        let colour = "#7a5cff".parse().ok();
        s.look("hurdy-gurdy", Look { family: Some(Family::Keys), colour, icon: Some(Mark::Keys) });
    };
    let default = [1_040.0, 740.0];
    let tight = [420.0, 320.0];
    [
        ("classes-1", one, default, ViewSettings::default()),
        ("classes-1-small", one, tight, light()),
        ("classes-21", many, default, ViewSettings::default()),
        ("classes-21-light", many, default, light()),
        ("classes-60", most, default, ViewSettings::default()),
        ("classes-60-light", most, default, light()),
        (
            "classes-60-activity",
            most,
            default,
            ViewSettings { sort: Sort::Activity, ..ViewSettings::default() },
        ),
        ("classes-60-small", most, tight, ViewSettings::default()),
        ("classes-60-large", most, [1_920.0, 1_080.0], ViewSettings::default()),
        ("classes-60-wide", most, [1_600.0, 420.0], ViewSettings::default()),
        ("classes-60-tall", most, [480.0, 900.0], ViewSettings::default()),
    ]
    .map(|(name, session, size, view)| Shot { name, session, size, view, prepare: looks, ..Shot::default() })
    .into()
}

fn draw(shot: Shot) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut session = (shot.session)();
    session.play(shot.seconds);
    (shot.prepare)(&mut session);
    session.show_status();
    let mut view = EditorView::new(session.board.clone(), shot.view);
    let ctx = Context::default();
    view.build(&ctx);
    let mut raster = Raster::default();
    let mut time = 0.0;
    let mut frame = |events: Vec<Event>| {
        time += 0.25;
        let viewport = ViewportInfo { native_pixels_per_point: Some(shot.scale), ..ViewportInfo::default() };
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(shot.size[0], shot.size[1]))),
            viewports: [(ViewportId::ROOT, viewport)].into_iter().collect(),
            time: Some(time),
            predicted_dt: 0.25,
            events,
            focused: true,
            ..RawInput::default()
        };
        let mut output = ctx.run_ui(input, |ui| view.ui(ui, &session.host));
        raster.update(&mut output.textures_delta);
        output
    };
    for _ in 0..12 {
        frame(Vec::new()).drop_without_applying_deltas();
    }
    for event in shot.events {
        frame(vec![event]).drop_without_applying_deltas();
    }
    for _ in 0..12 {
        frame(Vec::new()).drop_without_applying_deltas();
    }
    let output = frame(Vec::new());
    let primitives = ctx.tessellate(output.shapes.clone(), output.pixels_per_point);
    let scale = output.pixels_per_point;
    output.drop_without_applying_deltas();
    let pixels = raster.draw(&primitives, vec2(shot.size[0], shot.size[1]), scale, egui::Color32::BLACK);
    Ok(pixels.to_png()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: gallery FOLDER [PART OF A NAME]")?);
    let wanted = arguments.next().unwrap_or_default();
    std::fs::create_dir_all(&folder)?;
    for shot in shots().into_iter().filter(|shot| shot.name.contains(&wanted)) {
        let path = folder.join(format!("{}.png", shot.name));
        std::fs::write(&path, draw(shot)?)?;
        println!("{}", path.display());
    }
    Ok(())
}

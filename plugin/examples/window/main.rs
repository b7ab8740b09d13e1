//! The real window with real music in it, on an X server without a screen (Debian: `xvfb`). Pictures of it:
//! `cargo run --release --manifest-path plugin/Cargo.toml --example window -- FOLDER demo/war-of-freedom.ogg [NAME]`; what its frames
//! cost: `cargo run --release --manifest-path plugin/Cargo.toml --example window -- --frames demo/war-of-freedom.ogg`.
#![expect(unsafe_code, reason = "the plugin's entry point is a C symbol, its parent window a number")]

mod frames;
#[path = "../../tests/support/mod.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod support;

use rollcall_worker::Recording;
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};
use support::{
    screen::{Picture, on_a_screen},
    stage::{Speed, Stage},
};

/// Name, points, pixels a point, and what the view is to be like.
struct Shot {
    name: &'static str,
    size: (u32, u32),
    scale: u32,
    view: fn(&mut Value),
}

const SHOTS: [Shot; 6] = [
    Shot { name: "window", size: (1_040, 740), scale: 1, view: |_| {} },
    Shot { name: "window-2x", size: (800, 560), scale: 2, view: |_| {} },
    Shot { name: "small", size: (460, 340), scale: 1, view: |_| {} },
    Shot { name: "small-2x", size: (460, 340), scale: 2, view: |_| {} },
    Shot { name: "light", size: (1_040, 740), scale: 1, view: |view| view["appearance"] = json!("light") },
    Shot {
        name: "large",
        size: (1_800, 1_100),
        scale: 1,
        view: |view| {
            view["sort"] = json!("activity");
            view["axis"] = json!("bars");
        },
    },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, music, names @ ..] = arguments.as_slice() else {
        eprintln!("usage: window FOLDER AUDIO [NAME...], or window --frames AUDIO");
        std::process::exit(2);
    };
    let recording = Recording::read(Path::new(music)).expect("audio");
    if folder == "--frames" {
        frames::measure(music, names.first().map(String::as_str), &recording);
        return;
    }
    fs::create_dir_all(folder).expect("a folder to write to");
    for shot in &SHOTS {
        if !names.is_empty() && !names.iter().any(|name| name == shot.name) {
            continue;
        }
        let again = [folder.as_str(), music, shot.name];
        let taken = on_a_screen(&again, &[], Some(96 * shot.scale), |screen| {
            let (width, height) = shot.size;
            let mut stage = Stage::new(screen, recording.rate_hz);
            stage.remember(|view| {
                view["size"] = json!([width, height]);
                (shot.view)(view);
            });
            stage.open(None);
            // Most of it quickly, the end as it is heard: the window shows a live session.
            let seconds = recording.frames() as f64 / f64::from(recording.rate_hz);
            stage.play(&recording, (seconds - 8.0).max(0.0), Speed::AsFastAsItGoes);
            stage.idle(Duration::from_secs(3));
            stage.play(&recording, 3.5, Speed::Live);
            let path = Path::new(folder).join(format!("{}.png", shot.name));
            save(&stage.picture(), &path);
            println!("{}", path.display());
        });
        assert!(taken, "{} was not taken", shot.name);
    }
}

fn save(picture: &Picture, path: &Path) {
    let height = picture.pixels.len() / picture.width;
    let file = fs::File::create(path).expect("a file");
    let mut encoder = png::Encoder::new(file, picture.width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().expect("room");
    writer.write_image_data(picture.pixels.as_flattened()).expect("room");
}

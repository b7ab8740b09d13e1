//! The network, the head and the whole engine.
//!
//! Limits, as work over what a core can do, which `cargo xtask peers` measures in the same run as everything else (here its
//! 261 GFLOP/s and 28.2 GB/s, BENCHMARKS.md):
//! - VGGish's convolutions are 0.265 GFLOP a column of 160 ms: 1.0 ms. The default's dense layers (2048-512-128) are 2.2
//!   MFLOP and stay in the cache: 0.01 ms. Together **6.4 ms a second of audio**.
//! - The full dense layers (12288-4096-4096-128) read 270 MB a step: 10 ms, 60 ms a second of audio.
//! - The head is 54,000 multiply-adds a step (0.4 us) and 190 steps of 20 classes to pool at most, an exponential each: some
//!   10 us.
//! - The front-end takes 0.2 to 0.6 ms a second of audio (`front_end.rs`).
//!
//! Measured are the fixture packages (whose tiny networks show what is not the network), `models/default` where it is
//! there, and every package in the folder that `ROLLCALL_LARGE_MODELS` names (`tests/golden/generate_models.py --large`).

use divan::{Bencher, counter::ItemsCount};
use rollcall_engine::{Engine, InputFormat, Model, Package, Settings};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

fn main() {
    divan::main();
}

static MODELS: LazyLock<BTreeMap<String, Arc<Model>>> = LazyLock::new(|| {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![
        here.join("tests/golden/models/stream"),
        here.join("tests/golden/models/patch"),
        here.join("../models/default"),
    ];
    if let Some(large) = std::env::var_os("ROLLCALL_LARGE_MODELS") {
        let entries = std::fs::read_dir(&large).expect("ROLLCALL_LARGE_MODELS names a folder");
        folders.extend(entries.map(|entry| entry.expect("a readable folder").path()));
    }
    let found = folders.into_iter().filter(|folder| folder.join("manifest.toml").exists());
    found.map(|folder| (name(&folder), Arc::new(load(&folder)))).collect()
});

fn name(folder: &Path) -> String {
    folder.file_name().expect("a folder's own name").to_string_lossy().into_owned()
}

fn load(folder: &Path) -> Model {
    let read = |name: &str| std::fs::read(folder.join(name)).map_err(|e| e.to_string());
    let manifest = String::from_utf8(read("manifest.toml").expect("a manifest")).expect("UTF-8");
    let package = Package::assemble(&manifest, &mut |name, _| read(name).map(Into::into));
    package.and_then(Model::load).expect("a good package")
}

fn names() -> impl Iterator<Item = &'static str> {
    MODELS.keys().map(String::as_str)
}

/// An engine that has heard a second already, and a second of audio to push.
fn running(model: &str, rate_hz: u32, update_hops: usize) -> (Engine, Vec<f32>) {
    let format = InputFormat { sample_rate_hz: rate_hz, channels: 2 };
    let settings = Settings { update_hops, memory_s: 30.0, ..Settings::default() };
    let mut engine = Engine::new(Arc::clone(&MODELS[model]), format, settings).expect("good settings");
    let tone = |frame: u32| (frame as f32 * 440.0 * std::f32::consts::TAU / rate_hz as f32).sin() * 0.5;
    let second: Vec<f32> = (0..rate_hz).flat_map(|frame| [tone(frame), tone(frame / 2)]).collect();
    engine.push(&second, &mut |_| {}).expect("the network runs");
    (engine, second)
}

/// One embedding as it is live: a push of 160 ms of 16 kHz mono, which completes one window (the head and the front-end
/// add 0.1 ms).
#[divan::bench(args = names(), max_time = 10)]
fn one_embedding(bencher: Bencher<'_, '_>, model: &str) {
    let format = InputFormat { sample_rate_hz: 16_000, channels: 1 };
    let mut engine =
        Engine::new(Arc::clone(&MODELS[model]), format, Settings::default()).expect("good settings");
    let tone: Vec<f32> = (0..2560).map(|frame| (frame as f32 * 0.2).sin()).collect();
    (0..20).for_each(|_| engine.push(&tone, &mut |_| {}).expect("the network runs"));
    let mut steps = 0;
    bencher.bench_local(|| engine.push(&tone, &mut |_| steps += 1));
    assert!(steps > 0, "every push completes a window");
}

/// The head on one step, pooled over a memory of that step alone.
#[divan::bench(args = names())]
fn one_head(bencher: Bencher<'_, '_>, model: &str) {
    let model = &MODELS[model];
    let step = [std::array::from_fn::<f32, { rollcall_engine::EMBEDDING }, _>(|i| (i % 7) as f32 / 7.0)];
    bencher.bench_local(|| model.attend(divan::black_box(&step)));
}

/// One second of 48 kHz stereo through everything, a step every 160 ms.
#[divan::bench(args = names(), max_time = 10)]
fn push_a_second(bencher: Bencher<'_, '_>, model: &str) {
    let (mut engine, second) = running(model, 48_000, 16);
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| engine.push(&second, &mut |_| {}));
}

/// As above with a step every 960 ms: what a user who needs no fine meter pays.
#[divan::bench(args = names(), max_time = 10)]
fn push_a_second_coarsely(bencher: Bencher<'_, '_>, model: &str) {
    let (mut engine, second) = running(model, 48_000, 96);
    bencher.counter(ItemsCount::new(1_u32)).bench_local(|| engine.push(&second, &mut |_| {}));
}

/// Reading, checking and building a package.
#[divan::bench(args = names(), max_time = 10)]
fn load_a_package(bencher: Bencher<'_, '_>, model: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let large = std::env::var_os("ROLLCALL_LARGE_MODELS").map(PathBuf::from).unwrap_or_default();
    let places = [here.join("tests/golden/models"), here.join("../models"), large];
    let folder = places.iter().map(|place| place.join(model)).find(|f| f.join("manifest.toml").exists());
    let folder = folder.expect("it was loaded before");
    bencher.bench_local(|| load(&folder));
}

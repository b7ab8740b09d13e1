//! Embeddings of music of the 20 classes, and of noises: what a user's class is not.

use crate::base::seed::{self, Chance};
use crate::base::stem::{Kind, Split};
use crate::base::threads::parallel;
use crate::mix::Mixer;
use crate::mix::length::Length;
use crate::pool::Pool;
use anyhow::{Context, Result, ensure};
use rollcall_engine::package::{DETAIL, PostProcessing};
use rollcall_engine::{Alone, Engine, InputFormat, Model, OPENMIC_CLASSES, SAMPLE_RATE_HZ, Settings};
use rollcall_teach::bags::STRIDE;
use rollcall_teach::shipped::{self, Clip};
use std::{fs, path::Path, sync::Arc};

/// Columns of a clip.
const COLUMNS: usize = 24;
/// A step is taken if its centre is so far from both ends of its clip.
const MARGIN_S: f64 = 0.72;
/// Steps of each clip.
const STEPS: usize = 7;
/// How many play: nobody, one, two, ...
const PLAYERS: [f32; 5] = [0.12, 0.3, 0.26, 0.2, 0.12];

/// Draws `clips` clips of the training part of a pool, hears them with a package and the detail layer in the folder `out`, and writes what was heard beside that. Instruments outside of the 20 are
/// left out, and real music, in which they may play: one of them may be what a user teaches.
///
/// # Errors
/// The pool, the package or the layer cannot be read, or the file written.
pub fn write(pool: &Path, (package, out): (&Path, &Path), clips: usize, seed: u64) -> Result<usize> {
    let mut pool = Pool::open(pool).with_context(|| pool.display().to_string())?;
    pool.stems.retain(|stem| stem.class.is_some() || stem.row.kind == Kind::Noise);
    let length = Length { columns: COLUMNS };
    let mixer = Mixer::new(pool, Split::Train, OPENMIC_CLASSES.len(), length, true)?;
    let path = out.join(DETAIL);
    let detail = fs::read(&path)
        .with_context(|| format!("{}: `rollcall-train teaching detail` makes it", path.display()))?;
    let read = rollcall_models::read_dir(package)?.with_file(DETAIL, detail.into());
    ensure!(
        matches!(read.manifest().post_processing, PostProcessing::Unit { .. }),
        "{}: its embedding is not scaled to 0..1, so that 8 bits do not hold it",
        package.display()
    );
    let model = Arc::new(Model::load_with_detail(read)?);
    // Some clips are too quiet for a step in each place, so a few more are drawn.
    let drawn = parallel(clips + clips / 8 + 8, |number| hear(&model, &mixer, seed, number));
    let mut heard: Vec<Clip> = drawn.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    ensure!(heard.len() >= clips, "only {} of {clips} clips sound all the time", heard.len());
    heard.truncate(clips);
    let path = out.join(shipped::FILE);
    fs::write(&path, shipped::write(&heard)?).with_context(|| format!("writing {}", path.display()))?;
    Ok(heard.len())
}

fn hear(model: &Arc<Model>, mixer: &Mixer, seed: u64, number: usize) -> Result<Option<Clip>> {
    let mut rng = seed::rng(seed, &format!("negative/{number}"));
    let mut chance = rng.f32();
    let players = PLAYERS.iter().position(|share| {
        chance -= share;
        chance < 0.0
    });
    let composed = mixer.compose(players.unwrap_or(1), &mut rng)?;
    let mut samples = composed.samples;
    let gain = 10.0_f32.powf(rng.between(-18.0, 0.0) / 20.0);
    samples.iter_mut().for_each(|x| *x *= gain);
    let format = InputFormat { sample_rate_hz: SAMPLE_RATE_HZ, channels: 1 };
    let mut engine = Engine::ahead(Arc::clone(model), format, Settings::default(), Box::new(Alone))?;
    let end_s = samples.len() as f64 / f64::from(SAMPLE_RATE_HZ) - MARGIN_S;
    let mut steps: Vec<Vec<f32>> = Vec::new();
    let mut take = |step: &rollcall_engine::Step| {
        if step.gate_open && (MARGIN_S..=end_s).contains(&step.time_s) {
            steps.push([&step.embedding[..], &step.detail].concat());
        }
    };
    engine.push(&samples, &mut take)?;
    engine.flush(&mut take)?;
    let steps: Vec<f32> = steps.into_iter().step_by(STRIDE).take(STEPS).flatten().collect();
    let width = rollcall_engine::EMBEDDING + model.detail_len();
    let is_whole = steps.len() == STEPS * width;
    Ok(is_whole.then(|| Clip {
        width,
        steps,
        classes: composed.target.clip.iter().map(|plays| *plays > 0.5).collect(),
    }))
}

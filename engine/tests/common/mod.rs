//! What the engine's test files share: the fixture packages and some audio.
#![allow(dead_code, reason = "each test file uses a part of it")]

use rollcall_engine::{Engine, InputFormat, Model, Package, Settings, Step};
use std::{collections::BTreeMap, path::Path, sync::Arc};

/// Files of a fixture package (`tests/golden/generate_models.py`), free to be damaged.
#[derive(Clone)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

impl Files {
    pub(crate) fn fixture(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(name);
        let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        Self(
            entries
                .map(|entry| {
                    let path = entry.unwrap().path();
                    (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())
                })
                .collect(),
        )
    }

    pub(crate) fn manifest(&self) -> String {
        String::from_utf8(self.0["manifest.toml"].clone()).unwrap()
    }

    pub(crate) fn assemble(&self) -> Result<Package, rollcall_engine::PackageError> {
        Package::assemble(&self.manifest(), &mut |name, _| {
            self.0.get(name).map(|bytes| bytes.clone().into()).ok_or_else(|| "no such file".to_owned())
        })
    }

    pub(crate) fn load(&self) -> Result<Model, rollcall_engine::PackageError> {
        self.assemble().and_then(Model::load)
    }
}

pub(crate) fn model(name: &str) -> Arc<Model> {
    Arc::new(Files::fixture(name).load().expect("a good package"))
}

pub(crate) fn engine(model: &Arc<Model>, sample_rate_hz: u32, channels: usize, settings: Settings) -> Engine {
    Engine::new(Arc::clone(model), InputFormat { sample_rate_hz, channels }, settings).expect("a good engine")
}

/// Seeded interleaved audio that changes all the time: noise bursts over gliding tones, at most 0.9.
pub(crate) fn audio(seed: u64, frames: usize, channels: usize, rate_hz: u32) -> Vec<f32> {
    let mut state = seed;
    let mut noise = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    let mut samples = Vec::with_capacity(frames * channels);
    for frame in 0..frames {
        let t = frame as f64 / f64::from(rate_hz);
        let glide = (300.0 * t + 150.0 * t * t + seed as f64) * std::f64::consts::TAU;
        let burst = if (t * 3.0).fract() < 0.2 { 0.5 } else { 0.02 };
        for _ in 0..channels {
            samples.push(0.4 * glide.sin() as f32 + burst * noise());
        }
    }
    samples
}

/// Everything that a run gives, as bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Run {
    pub(crate) steps: Vec<Step>,
    pub(crate) bits: Vec<u32>,
}

impl Run {
    pub(crate) fn take(&mut self, step: &Step) {
        let values = [&step.activity, &step.posterior, &step.instant, &step.attention];
        self.bits.extend(values.into_iter().flatten().map(|x| x.to_bits()));
        self.bits.extend([
            step.level_dbfs.to_bits(),
            u32::from(step.gate_open),
            step.time_s.to_bits() as u32,
        ]);
        self.bits.extend(step.another.map(|a| a.probability.to_bits()));
        self.steps.push(step.clone());
    }

    pub(crate) fn push(&mut self, engine: &mut Engine, audio: &[f32]) {
        engine.push(audio, &mut |step| self.take(step)).expect("the network runs");
    }

    pub(crate) fn flush(&mut self, engine: &mut Engine) {
        engine.flush(&mut |step| self.take(step)).expect("the network runs");
    }

    pub(crate) fn times(&self) -> Vec<f64> {
        self.steps.iter().map(|step| step.time_s).collect()
    }
}

/// The whole of some audio in one push.
pub(crate) fn whole(engine: &mut Engine, audio: &[f32]) -> Run {
    let mut run = Run::default();
    run.push(engine, audio);
    run.flush(engine);
    run
}

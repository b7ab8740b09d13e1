//! The two ways to a posterior over many windows, [`Engine::clip`] and [`Model::attend`], and which windows each of them is of.

mod common;

use common::{audio, engine, model, whole};
use proptest::{prelude::*, sample::select};
use rollcall_engine::{
    COLUMN_HOPS, EMBEDDING, HOP_SAMPLES, LogMelHop, Model, PATCH_HOPS, Settings, Step,
    logmel::{LogMel, WINDOW_SAMPLES},
};
use std::sync::{Arc, LazyLock};

static STREAM: LazyLock<Arc<Model>> = LazyLock::new(|| model("stream"));
static PATCH: LazyLock<Arc<Model>> = LazyLock::new(|| model("patch"));

/// Samples of a column, and from a window's first sample to its middle.
const COLUMN: usize = COLUMN_HOPS * HOP_SAMPLES;
const HALF_WINDOW: usize = ((PATCH_HOPS - 1) * HOP_SAMPLES + WINDOW_SAMPLES) / 2;
/// Columns of silence before the first window, and behind the audio: enough for whatever the convolutions see.
const SILENCE: usize = 8;

/// The spectrogram of the audio on the engine's grid, whose first window is centred on the first sample.
fn spectrogram(audio: &[f32]) -> Vec<LogMelHop> {
    let before = vec![0.0; SILENCE * COLUMN + HALF_WINDOW];
    let behind = vec![0.0; 2 * SILENCE * COLUMN + HALF_WINDOW];
    let (mut log_mel, mut hops) = (LogMel::new(), Vec::new());
    for part in [&before[..], audio, &behind] {
        log_mel.push(part, &mut |hop, _| hops.push(*hop));
    }
    hops
}

fn heard(steps: &[Step]) -> Vec<[f32; EMBEDDING]> {
    let open = steps.iter().filter(|step| step.gate_open);
    open.map(|step| step.embedding.as_slice().try_into().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    /// The clip is the posterior of the windows that were heard, no more and no less: those in which the gate was open, half a window
    /// before the first sample included. `attend` pools whatever it is given: with the silent windows it says something else.
    #[test]
    fn a_clip_is_what_the_head_says_of_the_windows_that_were_heard(
        is_stream: bool,
        update in select(vec![16, 32, 96]),
        sound_s in 1_usize..8,
        pause_s in 0_usize..4,
        seed in 0_u64..1000,
    ) {
        let model = if is_stream { &*STREAM } else { &*PATCH };
        let mut sound = audio(seed, sound_s * 16_000, 1, 16_000);
        sound.extend(vec![0.0; pause_s * 16_000]);
        sound.extend(audio(seed + 1, sound_s * 8_000, 1, 16_000));
        let settings = Settings { update_hops: update, ..Settings::default() };
        let mut engine = engine(model, 16_000, 1, settings);
        let steps = whole(&mut engine, &sound).steps;
        prop_assert_eq!(engine.clip(), model.attend(&heard(&steps)).clip);
        if pause_s >= 2 {
            prop_assert!(steps.iter().any(|step| !step.gate_open));
        }
    }

    /// A step's embedding is that of the window about its time: the one that `represent` finds there in the whole spectrogram.
    #[test]
    fn a_step_is_the_window_about_its_time(
        is_stream: bool,
        update in select(vec![16, 32, 96]),
        length in 20_000_usize..90_000,
        seed in 0_u64..1000,
    ) {
        let model = if is_stream { &*STREAM } else { &*PATCH };
        let sound = audio(seed, length, 1, 16_000);
        let settings = Settings { update_hops: update, ..Settings::default() };
        let steps = whole(&mut engine(model, 16_000, 1, settings), &sound).steps;
        let windows = model.represent(&spectrogram(&sound)).unwrap();
        prop_assert!(steps.len() > 1);
        for step in steps.iter().filter(|step| step.gate_open) {
            let window = SILENCE + (step.time_s * 16_000.0 / COLUMN as f64).round() as usize;
            prop_assert_eq!(&step.embedding[..], &windows[window][..], "at {} s", step.time_s);
        }
    }
}

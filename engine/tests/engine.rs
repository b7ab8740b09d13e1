//! The engine as its callers see it: partitions, times, gaps, reset, silence, faults in the input.

mod common;

use common::{Run, audio, engine, model, whole};
use proptest::{collection::vec, prelude::*, sample::select};
use rollcall_engine::{
    Engine, EngineError, Gate, InputFormat, Model, Settings, audio::Resampler, logmel::LogMel,
};
use std::sync::{Arc, LazyLock};

static STREAM: LazyLock<Arc<Model>> = LazyLock::new(|| model("stream"));
static PATCH: LazyLock<Arc<Model>> = LazyLock::new(|| model("patch"));
static QUANTISED: LazyLock<Arc<Model>> = LazyLock::new(|| model("quantised"));

fn kind() -> impl Strategy<Value = &'static Arc<Model>> {
    prop_oneof![Just(&*STREAM), Just(&*PATCH), Just(&*QUANTISED)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_partition_gives_the_same_bits(
        model in kind(),
        rate_hz in select(vec![8_000, 11_025, 16_000, 44_100, 48_000, 96_000]),
        channels in 1_usize..=3,
        frames in 0_usize..60_000,
        blocks in vec(0_usize..5_000, 1..20),
        update in select(vec![16, 32, 96]),
        seed: u64,
    ) {
        let settings = Settings { update_hops: update, ..Settings::default() };
        let audio = audio(seed % 1000, frames, channels, rate_hz);
        let mut engine = engine(model, rate_hz, channels, settings);
        let at_once = whole(&mut engine, &audio);
        let (clip, counters) = (engine.clip(), engine.counters());

        engine.reset();
        let (mut run, mut rest) = (Run::default(), &audio[..]);
        for block in blocks.iter().cycle().map(|frames| frames * channels) {
            let (now, later) = rest.split_at(block.min(rest.len()));
            run.push(&mut engine, now);
            rest = later;
            if rest.is_empty() || blocks.iter().all(|&b| b == 0) {
                break;
            }
        }
        run.push(&mut engine, rest);
        run.flush(&mut engine);
        prop_assert_eq!(at_once, run);
        prop_assert_eq!(clip, engine.clip());
        prop_assert_eq!(counters, engine.counters());
    }

    #[test]
    fn reset_equals_new(model in kind(), before in 0_usize..50_000, gap in 0_u64..9_000, flush: bool, seed in 0_u64..99) {
        let (old, new) = (audio(seed, before, 1, 16_000), audio(seed + 1, 30_000, 1, 16_000));
        let mut used = engine(model, 16_000, 1, Settings::default());
        let mut ignored = Run::default();
        ignored.push(&mut used, &old);
        used.gap(gap);
        ignored.push(&mut used, &old[..before / 2]);
        if flush {
            ignored.flush(&mut used);
        }
        used.reset();
        let mut fresh = engine(model, 16_000, 1, Settings::default());
        prop_assert_eq!(whole(&mut used, &new), whole(&mut fresh, &new));
        prop_assert_eq!(used.clip(), fresh.clip());
        prop_assert_eq!(used.counters(), fresh.counters());
        prop_assert!(used.log_mel().eq(fresh.log_mel()));
        prop_assert!(used.attention().eq(fresh.attention()));
    }

    #[test]
    fn faults_are_silence_and_counted(model in kind(), faults in vec((0_usize..40_000, 0_usize..6), 1..40)) {
        let kinds = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e-40, 3e38, -2e3];
        let mut broken = audio(3, 40_000, 1, 16_000);
        let mut silenced = broken.clone();
        for &(at, kind) in &faults {
            broken[at] = kinds[kind];
            silenced[at] = 0.0;
        }
        let mut engines = [(); 2].map(|()| engine(model, 16_000, 1, Settings::default()));
        prop_assert_eq!(whole(&mut engines[0], &broken), whole(&mut engines[1], &silenced));
        let mut places: Vec<usize> = faults.iter().map(|fault| fault.0).collect();
        places.sort_unstable();
        places.dedup();
        prop_assert_eq!(engines[0].counters().replaced_samples, places.len() as u64);
        prop_assert_eq!(engines[1].counters().replaced_samples, 0);
    }
}

#[test]
fn steps_stand_on_a_grid_from_the_first_frame_to_the_last() {
    for (model, rate_hz) in [(&*STREAM, 16_000), (&*PATCH, 44_100), (&*STREAM, 48_000)] {
        for (hundredths, update, expected) in
            [(10, 16, 1), (0, 16, 0), (16, 16, 2), (159, 16, 10), (500, 48, 11), (15, 96, 1)]
        {
            let settings = Settings { update_hops: update, ..Settings::default() };
            let mut engine = engine(model, rate_hz, 1, settings);
            let run = whole(&mut engine, &audio(1, hundredths * rate_hz as usize / 100, 1, rate_hz));
            let grid: Vec<f64> = (0..expected).map(|k| (k * update) as f64 / 100.0).collect();
            assert_eq!(run.times(), grid, "{hundredths} hundredths of a second, every {update} hops");
            assert!(run.steps.iter().enumerate().all(|(k, step)| step.index == k as u64));
        }
    }
}

/// The way of the data put together by hand: the log-mel of the whole audio with silence round it, every window of it,
/// the head on each.
#[test]
fn steps_are_what_the_parts_give_of_the_whole_file() {
    let sound = audio(6, 50_000, 1, 16_000);
    // Half a window, so that the first is centred on the first sample, and two columns of context.
    let mut padded = vec![0.0; 7_800 + 32 * 160];
    padded.extend(&sound);
    padded.extend(vec![0.0; 32_000]);
    let mut spectrogram = Vec::new();
    LogMel::new().push(&padded, &mut |hop, _| spectrogram.push(*hop));
    for model in [&*STREAM, &*PATCH, &*QUANTISED] {
        let mut engine = engine(model, 16_000, 1, Settings { memory_s: 30.0, ..Settings::default() });
        let run = whole(&mut engine, &sound);
        assert_eq!(run.steps.len(), 20, "50,000 samples hold the centres 0 to 3.04 s");
        let all = model.represent(&spectrogram).unwrap();
        let parts = model.attend(&all[2..2 + 20]);
        let instants: Vec<_> = run.steps.iter().map(|step| step.instant.clone()).collect();
        assert_eq!(instants, parts.activity);
        assert_eq!(engine.clip(), parts.clip);
        let attention: Vec<_> = engine.attention().map(|(_, weights)| weights.to_vec()).collect();
        assert_eq!(attention, parts.attention);
    }
}

#[test]
fn memory_stays_what_it_is() {
    let sound = audio(8, 160_000, 2, 48_000);
    for model in [&*STREAM, &*PATCH, &*QUANTISED] {
        let mut engine = engine(model, 48_000, 2, Settings::default());
        let mut push = || {
            let heard = allocation_counter::measure(|| engine.push(&sound, &mut |_| {}).unwrap());
            (heard.count_current, heard.bytes_current)
        };
        push();
        for _ in 0..6 {
            assert_eq!(push(), (0, 0), "what the network allocates in passing is given back");
        }
    }
}

#[test]
fn every_value_is_within_its_range() {
    for model in [&*STREAM, &*PATCH, &*QUANTISED] {
        let mut engine = engine(model, 44_100, 2, Settings::default());
        let run = whole(&mut engine, &audio(5, 200_000, 2, 44_100));
        let unit = |values: &[f32]| values.iter().all(|x| (0.0..=1.0).contains(x));
        for step in &run.steps {
            assert!(
                unit(&step.activity) && unit(&step.posterior) && unit(&step.instant) && unit(&step.attention)
            );
        }
        assert!(unit(&engine.clip()) && engine.clip().iter().any(|&x| x > 0.0));
        assert!(
            run.steps.windows(2).any(|w| w[0].instant != w[1].instant),
            "the fixture must react to its input"
        );
    }
}

#[test]
fn a_coarser_update_hears_the_same_windows() {
    let sound = audio(7, 64_000, 1, 16_000);
    let run = |update_hops| {
        let settings = Settings { update_hops, ..Settings::default() };
        whole(&mut engine(&STREAM, 16_000, 1, settings), &sound)
    };
    let (fine, coarse) = (run(16), run(48));
    for step in &coarse.steps {
        let same = fine
            .steps
            .iter()
            .find(|s| s.time_s == step.time_s)
            .expect("a coarse grid is part of the fine one");
        assert_eq!((&same.instant, same.level_dbfs), (&step.instant, step.level_dbfs));
    }
}

#[test]
fn attention_sums_to_one_over_the_memory() {
    let mut engine = engine(&STREAM, 16_000, 1, Settings { memory_s: 1.5, ..Settings::default() });
    let run = whole(&mut engine, &audio(2, 64_000, 1, 16_000));
    let memory: Vec<_> = engine.attention().collect();
    assert_eq!(memory.len(), 10, "1.5 s hold 10 steps of 160 ms");
    let newest = run.steps.last().unwrap();
    assert_eq!(memory.last().unwrap(), &(newest.time_s, &newest.attention[..]));
    for class in 0..20 {
        let sum: f32 = memory.iter().map(|(_, weights)| weights[class]).sum();
        assert!((sum - 1.0).abs() < 1e-5, "class {class} sums to {sum}");
    }
    // The posterior is what the weights and the single windows give.
    for class in 0..20 {
        let steps = run.steps[run.steps.len() - 10..].iter().zip(&memory);
        let pooled: f32 = steps.map(|(step, (_, weights))| weights[class] * step.instant[class]).sum();
        assert!((pooled - newest.posterior[class]).abs() < 1e-5);
    }
}

#[test]
fn a_memory_that_holds_all_pools_as_the_clip_does() {
    let mut engine = engine(&PATCH, 16_000, 1, Settings { memory_s: 30.0, ..Settings::default() });
    let run = whole(&mut engine, &audio(9, 80_000, 1, 16_000));
    assert_eq!(run.steps.last().unwrap().posterior, engine.clip());
}

#[test]
fn a_burst_is_heard_at_its_own_time_at_every_rate() {
    for rate_hz in [8_000, 16_000, 22_050, 44_100, 48_000, 88_200, 192_000] {
        let rate = rate_hz as usize;
        let mut sound = vec![0.0; 5 * rate];
        let burst = audio(4, rate / 10, 1, rate_hz);
        sound[2 * rate..2 * rate + burst.len()].copy_from_slice(&burst);
        let run = whole(&mut engine(&STREAM, rate_hz, 1, Settings::default()), &sound);
        let heard: Vec<f64> = run.steps.iter().filter(|s| s.level_dbfs > -50.0).map(|s| s.time_s).collect();
        // Windows reach 0.48 s to either side of their centre: 2.0 - 0.48 to 2.1 + 0.48 on a grid of 0.16.
        assert_eq!(heard, [1.6, 1.76, 1.92, 2.08, 2.24, 2.4, 2.56], "{rate_hz} Hz");
    }
}

#[test]
fn silence_gives_no_instrument() {
    let hum: Vec<f32> = audio(1, 64_000, 1, 16_000).iter().map(|x| x * 1e-4).collect();
    for sound in [vec![0.0; 64_000], hum] {
        for model in [&*STREAM, &*PATCH, &*QUANTISED] {
            let mut engine = engine(model, 16_000, 1, Settings::default());
            for step in whole(&mut engine, &sound).steps {
                assert!(!step.gate_open, "{} dBFS at {} s", step.level_dbfs, step.time_s);
                let values = [step.activity, step.posterior, step.instant, step.attention];
                assert!(values.iter().flatten().all(|&x| x == 0.0));
            }
            assert!(engine.clip().iter().all(|&x| x == 0.0));
        }
    }
}

#[test]
fn an_offset_is_silence() {
    let run = whole(&mut engine(&STREAM, 16_000, 1, Settings::default()), &[0.3; 64_000]);
    // Its beginning and its end are clicks.
    for step in run.steps.iter().filter(|step| (0.5..3.5).contains(&step.time_s)) {
        assert!(!step.gate_open, "{} dBFS at {} s", step.level_dbfs, step.time_s);
    }
}

#[test]
fn activity_falls_to_nothing_when_the_music_stops() {
    let mut sound = audio(1, 48_000, 1, 16_000);
    sound.extend(vec![0.0; 160_000]);
    let settings = Settings { release_s: 0.3, ..Settings::default() };
    let run = whole(&mut engine(&STREAM, 16_000, 1, settings), &sound);
    assert!(run.steps[10].activity.iter().any(|&x| x > 0.1));
    assert!(run.steps.last().unwrap().activity.iter().all(|&x| x < 1e-6));
    assert!(run.steps.last().unwrap().posterior.iter().all(|&x| x == 0.0), "the memory has run out");
}

#[test]
fn a_gap_keeps_time_and_memory_and_no_window_reaches_over_it() {
    for model in [&*STREAM, &*PATCH, &*QUANTISED] {
        let (before, after) = (audio(1, 40_000, 1, 16_000), audio(2, 48_000, 1, 16_000));
        let with = |before: &[f32], gap: u64| {
            let mut engine = engine(model, 16_000, 1, Settings { memory_s: 30.0, ..Settings::default() });
            let mut run = Run::default();
            run.push(&mut engine, before);
            engine.gap(gap);
            let first = run.steps.len();
            run.push(&mut engine, &after);
            run.flush(&mut engine);
            (run, first, engine)
        };
        let (run, first, engine) = with(&before, 16_123);
        assert_eq!((engine.counters().frames, engine.counters().gap_frames), (88_000, 16_123));
        let resumes_s = 56_123.0 / 16_000.0;
        let next = &run.steps[first];
        assert!(run.steps[first - 1].time_s + 0.48 < 2.5, "windows before the gap end before it");
        let since = next.time_s - resumes_s;
        assert!((0.4875..0.4875 + 0.16).contains(&since), "{since} s after the gap");
        let column = next.time_s / 0.16;
        assert!((column - column.round()).abs() < 1e-9, "on the grid");
        assert!(run.steps.last().unwrap().time_s <= 104_123.0 / 16_000.0);
        assert_eq!(run.steps.last().unwrap().index as usize, run.steps.len() - 1);

        // The memory goes on over the gap; the windows do not.
        let (other, other_first, _) = with(&audio(3, 40_000, 1, 16_000), 16_123);
        assert_eq!(first, other_first);
        for (a, b) in run.steps[first..].iter().zip(&other.steps[first..]) {
            assert_eq!((a.time_s, &a.instant, a.level_dbfs), (b.time_s, &b.instant, b.level_dbfs));
            assert_ne!(a.posterior, b.posterior);
        }

        // A gap longer than the memory leaves nothing of it.
        let (long, first, _) = with(&before, 40 * 16_000);
        assert_eq!(long.steps[first].posterior, long.steps[first].instant);
    }
}

/// Found by fuzzing: the sum of the gaps overflowed.
#[test]
fn a_gap_of_any_length_is_survived() {
    let mut engine = engine(&STREAM, 8_000, 1, Settings::default());
    let mut run = Run::default();
    for gap in [1 << 60, u64::MAX, 1, u64::MAX] {
        run.push(&mut engine, &audio(1, 20_000, 1, 8_000));
        engine.gap(gap);
    }
    run.flush(&mut engine);
    assert_eq!(engine.counters().gap_frames, 1 << 53, "that is as long as a gap can be");
    assert!(run.steps.is_sorted_by(|a, b| a.time_s < b.time_s && b.time_s.is_finite()));
}

#[test]
fn gaps_add_up() {
    let sound = audio(1, 40_000, 1, 48_000);
    let with = |gaps: &[u64]| {
        let mut engine = engine(&STREAM, 48_000, 1, Settings::default());
        let mut run = Run::default();
        run.push(&mut engine, &sound);
        gaps.iter().for_each(|&gap| engine.gap(gap));
        run.push(&mut engine, &sound);
        run.push(&mut engine, &sound);
        run.flush(&mut engine);
        (run, engine.counters())
    };
    assert_eq!(with(&[1000, 0, 23]), with(&[1023]));
    assert_ne!(with(&[0]).0, with(&[1]).0);
}

#[test]
fn a_step_is_known_when_the_engine_says() {
    for (model, rate_hz) in [(&*STREAM, 16_000), (&*PATCH, 16_000), (&*STREAM, 44_100), (&*PATCH, 96_000)] {
        let mut engine = engine(model, rate_hz, 1, Settings::default());
        let promised_s = engine.lookahead_s();
        let block = rate_hz as usize / 1000;
        let mut latest_s = 0.0_f64;
        for (n, block) in audio(1, 4 * rate_hz as usize, 1, rate_hz).chunks_exact(block).enumerate() {
            let now_s = ((n + 1) * block.len()) as f64 / f64::from(rate_hz);
            engine.push(block, &mut |step| latest_s = latest_s.max(now_s - step.time_s)).unwrap();
        }
        assert!(latest_s <= promised_s + 0.001, "{rate_hz} Hz: {latest_s} s, promised {promised_s} s");
        assert!(latest_s > promised_s - 0.05, "{rate_hz} Hz: {latest_s} s, promised {promised_s} s");
    }
}

#[test]
fn settings_change_while_audio_runs() {
    let mut engine = engine(&STREAM, 16_000, 1, Settings::default());
    let mut run = Run::default();
    run.push(&mut engine, &audio(1, 48_000, 1, 16_000));
    let before = engine.settings();
    let bad = Settings { memory_s: 0.5, ..before };
    assert_eq!(engine.set_settings(bad).unwrap_err().name, "memory_s");
    assert_eq!(engine.settings(), before);
    let good = Settings {
        update_hops: 32,
        memory_s: 10.0,
        gate: Gate { open_dbfs: 0.0, close_dbfs: -1.0 },
        ..before
    };
    engine.set_settings(good).unwrap();
    let from = run.steps.len();
    run.push(&mut engine, &audio(2, 48_000, 1, 16_000));
    assert!(run.steps[from + 1..].windows(2).all(|w| ((w[1].time_s - w[0].time_s) - 0.32).abs() < 1e-9));
    assert!(run.steps[from..].iter().all(|s| !s.gate_open), "the new gate holds at once");
    assert_eq!(run.steps[from].index, from as u64);
}

#[test]
fn what_cannot_be_listened_to_is_refused() {
    let new = |sample_rate_hz, channels, settings| {
        Engine::new(Arc::clone(&STREAM), InputFormat { sample_rate_hz, channels }, settings).err()
    };
    let good = Settings::default();
    assert!(matches!(new(7_999, 1, good), Some(EngineError::SampleRate { found_hz: 7_999 })));
    assert!(matches!(new(384_001, 1, good), Some(EngineError::SampleRate { found_hz: 384_001 })));
    assert!(matches!(new(48_000, 0, good), Some(EngineError::NoChannels)));
    let bad = Settings { update_hops: 10, ..good };
    assert!(matches!(new(48_000, 1, bad), Some(EngineError::Settings(e)) if e.name == "update_hops"));
    let mut engine = engine(&STREAM, 48_000, 2, good);
    let broken = engine.push(&[0.0; 5], &mut |_| {});
    assert!(matches!(broken, Err(EngineError::BrokenFrame { samples: 5, channels: 2 })));
    assert_eq!(engine.counters().frames, 0);
}

#[test]
fn an_engine_can_move_to_another_thread() {
    fn send<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    send::<Engine>();
    shared::<Model>();
}

/// What is lent is what the resampler alone makes of the same audio, from the first frame on, whatever the blocks.
#[test]
fn what_the_network_hears_is_lent_as_it_comes() {
    for rate_hz in [16_000, 44_100, 48_000] {
        let input = audio(5, 2 * rate_hz as usize, 2, rate_hz);
        let mut engine = engine(&STREAM, rate_hz, 2, Settings::default());
        let (mut lent, mut steps) = (Vec::new(), 0);
        for block in input.chunks(2 * 777) {
            let mut take = |samples: &[f32]| {
                assert!(!samples.is_empty());
                lent.extend_from_slice(samples);
            };
            engine.push_and_lend(block, &mut take, &mut |_| steps += 1).unwrap();
        }
        assert!(steps > 5);
        let mono: Vec<f32> = input.chunks(2).map(|frame| (frame[0] + frame[1]) / 2.0).collect();
        let (mut resampler, mut expected) = (Resampler::new(rate_hz).unwrap(), Vec::new());
        resampler.push(&mono, &mut |samples| expected.extend_from_slice(samples));
        assert!(expected.len() <= 32_000 && expected.len() > 31_000, "{} samples", expected.len());
        let bits = |samples: &[f32]| samples.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&lent), bits(&expected), "{rate_hz} Hz");
    }
}

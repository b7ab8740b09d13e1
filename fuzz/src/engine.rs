//! The engine: audio, gaps, settings, flushes and resets in any order.

use crate::fixture::MODELS;
use arbitrary::{Result, Unstructured};
use rollcall_engine::{Engine, Gate, InputFormat, Settings, Step};
use std::sync::Arc;

/// Frames pushed in one go: a few patches at the usual rates.
const MOST_FRAMES: usize = 8_192;
/// Deeds in one life.
const MOST_DEEDS: usize = 24;

/// Drives an engine as the bytes say. Whatever comes in, each step's values lie in 0..=1, and steps come in order.
pub fn engine(data: &[u8]) {
    // Bytes that are too few end the drive: that is no finding.
    let _ = drive(&mut Unstructured::new(data));
}

fn drive(bytes: &mut Unstructured<'_>) -> Result<()> {
    let model = bytes.choose(&*MODELS)?;
    let sample_rate_hz = match bytes.int_in_range(0..=3)? {
        0 => bytes.arbitrary()?,
        1 => bytes.int_in_range(8_000..=384_000)?,
        _ => *bytes.choose(&[16_000, 44_100, 48_000])?,
    };
    let format = InputFormat { sample_rate_hz, channels: bytes.int_in_range(0..=9)? };
    let Ok(mut engine) = Engine::new(Arc::clone(model), format, settings(bytes)?) else { return Ok(()) };
    let mut last_s = f64::NEG_INFINITY;
    for _ in 0..MOST_DEEDS {
        let mut on_step = |step: &Step| check(step, &mut last_s);
        match bytes.int_in_range(0..=7)? {
            0 => engine.gap(bytes.arbitrary::<u64>()? >> bytes.int_in_range(0..=63)?),
            1 => engine.flush(&mut on_step).expect("the fixture's network does not fail"),
            2 => {
                engine.reset();
                last_s = f64::NEG_INFINITY;
            }
            3 => {
                let _ = engine.set_settings(settings(bytes)?);
            }
            _ => {
                let block = block(bytes, format.channels)?;
                engine.push(&block, &mut on_step).expect("whole frames, and a network that does not fail");
            }
        }
        assert!(engine.clip().iter().all(|value| (0.0..=1.0).contains(value)), "{:?}", engine.clip());
    }
    Ok(())
}

fn check(step: &Step, last_s: &mut f64) {
    let values = [&step.activity, &step.posterior, &step.instant, &step.attention];
    for value in values.into_iter().flatten() {
        assert!((0.0..=1.0).contains(value), "step {} has {value}", step.index);
    }
    assert!(step.time_s > *last_s && step.time_s.is_finite(), "{} s comes after {last_s} s", step.time_s);
    *last_s = step.time_s;
}

/// A short pattern of any samples, over and over.
fn block(bytes: &mut Unstructured<'_>, channels: usize) -> Result<Vec<f32>> {
    let frames = bytes.int_in_range(0..=MOST_FRAMES)?;
    let length = bytes.int_in_range(1..=16_usize)?;
    let pattern: Vec<f32> = (0..length)
        .map(|_| {
            Ok(if bytes.arbitrary()? {
                f32::from(bytes.arbitrary::<i8>()?) / 128.0
            } else {
                bytes.arbitrary()?
            })
        })
        .collect::<Result<_>>()?;
    Ok(pattern.iter().copied().cycle().take(frames * channels).collect())
}

fn settings(bytes: &mut Unstructured<'_>) -> Result<Settings> {
    if bytes.arbitrary()? {
        return Ok(Settings { update_hops: 16 * bytes.int_in_range(1..=6)?, ..Settings::default() });
    }
    let number = |bytes: &mut Unstructured<'_>, scale: f32| -> Result<f32> {
        Ok(if bytes.arbitrary()? {
            f32::from(bytes.arbitrary::<u8>()?) / 255.0 * scale
        } else {
            bytes.arbitrary()?
        })
    };
    Ok(Settings {
        update_hops: bytes.int_in_range(0..=128)?,
        memory_s: number(bytes, 30.0)?,
        attack_s: number(bytes, 10.0)?,
        release_s: number(bytes, 10.0)?,
        gate: Gate { open_dbfs: number(bytes, -120.0)?, close_dbfs: number(bytes, -120.0)? },
    })
}

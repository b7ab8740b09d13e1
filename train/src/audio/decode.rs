//! Decoding recordings of any common format to mono at 16 kHz (or another rate).

use super::resample::resample;
use anyhow::{Context, Result, anyhow, ensure};
use rollcall_media::{Audio, DecodeError};
use std::{path::Path, process::Command};

/// The whole file, mixed down to mono, at `rate_hz`.
///
/// Raw G.722 (`.g722`) goes through the `ffmpeg` program, everything else is read as `rollcall analyze` reads it.
///
/// # Errors
/// A file that is missing, in no known format, or has no audio in it.
pub fn decode(path: &Path, rate_hz: u32) -> Result<Vec<f32>> {
    let (mono, from_hz) = if path.extension().is_some_and(|e| e == "g722") {
        (decode_g722(path)?, 16_000)
    } else {
        decode_native(path).with_context(|| format!("decoding {}", path.display()))?
    };
    resample(&mono, from_hz, rate_hz)
}

fn decode_native(path: &Path) -> Result<(Vec<f32>, u32)> {
    let mut audio = Audio::open(path)?;
    let (rate_hz, channels) = (audio.format().sample_rate_hz, audio.format().channels);
    let mut mono = Vec::new();
    loop {
        match audio.next_block() {
            Ok(Some(block)) => {
                let mix = |frame: &[f32]| frame.iter().sum::<f32>() / channels as f32;
                mono.extend(block.chunks_exact(channels).map(mix));
            }
            Ok(None) => break,
            // A recording that is cut or damaged is used up to there.
            Err(DecodeError::Truncated { .. } | DecodeError::Damaged { .. }) if !mono.is_empty() => break,
            Err(error) => return Err(error.into()),
        }
    }
    ensure!(!mono.is_empty(), "no audio in it");
    Ok((mono, rate_hz))
}

fn decode_g722(path: &Path) -> Result<Vec<f32>> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "g722", "-i"])
        .arg(path)
        .args(["-f", "f32le", "-ac", "1", "-ar", "16000", "-"])
        .output()
        .context("running ffmpeg, which decodes G.722: install the package `ffmpeg`")?;
    if !output.status.success() {
        return Err(anyhow!(
            "{}: ffmpeg: {}",
            path.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        ));
    }
    Ok(output.stdout.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_stereo_wav_as_mono_at_the_rate_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 32_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for n in 0..32_000 {
            let value = (8_000.0 * (n as f32 * 0.05).sin()) as i16;
            writer.write_sample(value).unwrap();
            writer.write_sample(0i16).unwrap();
        }
        writer.finalize().unwrap();
        let mono = decode(&path, 16_000).unwrap();
        assert_eq!(mono.len(), 16_000);
        let peak = mono[1_000..15_000].iter().fold(0f32, |p, s| p.max(s.abs()));
        assert!((peak - 4_000.0 / 32_768.0).abs() < 0.002, "{peak}");
    }

    #[test]
    fn says_which_file_is_no_audio() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not-audio.ogg");
        std::fs::write(&path, "nothing of the kind").unwrap();
        assert!(format!("{:#}", decode(&path, 16_000).unwrap_err()).contains("not-audio.ogg"));
    }
}

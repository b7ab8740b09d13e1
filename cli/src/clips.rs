//! Each range as a clip of its own (`--cut`): the file's frames as they are, of all its channels, in WAV of 32-bit floats, which
//! holds every bit that any decoder gives.

use crate::{decode::Audio, output::named};
use anyhow::{Context, Result};
use hound::{SampleFormat, WavSpec, WavWriter};
use rollcall_engine::timeline::Range;
use rollcall_files::AtomicFile;
use std::{
    ffi::OsStr,
    fs::File,
    io::{self, BufReader, BufWriter, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// A clip that is being written.
struct Clip {
    path: PathBuf,
    from: u64,
    to: u64,
    writer: WavWriter<BufWriter<File>>,
    file: File,
}

/// Writes a clip of each range into the folder of `base`, named `BASE CLASS FROM-TO.wav`; `pad_s` seconds are added before and behind,
/// as far as there is audio.
///
/// # Errors
/// A file that cannot be read again, or a clip that cannot be written or exists already.
pub fn write(audio: &Path, base: &Path, ranges: &[Range], pad_s: f64, is_forced: bool) -> Result<()> {
    if ranges.is_empty() {
        return Ok(());
    }
    let mut audio = Audio::open(audio)?;
    let (rate_hz, channels) = (audio.format().sample_rate_hz, audio.format().channels);
    let frame = |time_s: f64| (time_s.max(0.0) * f64::from(rate_hz)).round() as u64;
    let spec = WavSpec {
        channels: u16::try_from(channels).context("more channels than WAV has")?,
        sample_rate: rate_hz,
        bits_per_sample: 32,
        sample_format: SampleFormat::Float,
    };
    let mut waiting: Vec<&Range> = ranges.iter().collect();
    // The last one first: it is taken from the end.
    waiting.sort_by(|a, b| b.start_s.total_cmp(&a.start_s));
    if let Some(first) = waiting.last() {
        let from = frame(first.start_s - pad_s);
        if from > 0 {
            audio.skip_to(from)?;
        }
    }
    let mut open: Vec<Clip> = Vec::new();
    loop {
        let at = audio.position();
        // What was analysed of a broken file is there; what comes behind it is not asked for.
        let Ok(Some(block)) = audio.next_block() else { break };
        let end = at + (block.len() / channels) as u64;
        while waiting.last().is_some_and(|range| frame(range.start_s - pad_s) < end) {
            let Some(range) = waiting.pop() else { break };
            open.push(Clip::begin(
                base,
                range,
                (frame(range.start_s - pad_s), frame(range.end_s + pad_s)),
                spec,
            )?);
        }
        for clip in &mut open {
            clip.take(at, block, channels)?;
        }
        let (done, rest) = open.into_iter().partition(|clip| clip.to <= end);
        open = rest;
        let done: Vec<Clip> = done;
        done.into_iter().try_for_each(|clip| clip.finish(is_forced))?;
        if open.is_empty() && waiting.is_empty() {
            break;
        }
    }
    open.into_iter().try_for_each(|clip| clip.finish(is_forced))
}

impl Clip {
    fn begin(base: &Path, range: &Range, (from, to): (u64, u64), spec: WavSpec) -> Result<Self> {
        let class = range.class.replace(|c: char| !c.is_alphanumeric() && c != '-', "_");
        let ending = format!(".{class}.{}-{}.wav", time(range.start_s), time(range.end_s));
        let name = base.file_name().unwrap_or(OsStr::new("clip"));
        let file = tempfile::tempfile().context("the temporary folder")?;
        let writer = WavWriter::new(BufWriter::new(file.try_clone()?), spec)?;
        Ok(Self { path: base.with_file_name(named(name, &ending)), from, to, writer, file })
    }

    /// Takes what is its own of a block that begins at frame `at`.
    fn take(&mut self, at: u64, block: &[f32], channels: usize) -> Result<()> {
        let frames = (block.len() / channels) as u64;
        let first = self.from.saturating_sub(at).min(frames) as usize;
        let last = self.to.saturating_sub(at).min(frames) as usize;
        for &sample in &block[first * channels..last.max(first) * channels] {
            self.writer.write_sample(sample).context("the temporary folder")?;
        }
        Ok(())
    }

    fn finish(self, is_forced: bool) -> Result<()> {
        let Self { path, writer, mut file, .. } = self;
        writer.finalize().context("the temporary folder")?;
        file.seek(SeekFrom::Start(0))?;
        let write = || -> io::Result<()> {
            let mut clip = AtomicFile::create(&path, is_forced)?;
            io::copy(&mut BufReader::new(file), &mut clip)?;
            clip.commit()
        };
        write().with_context(|| path.display().to_string())
    }
}

/// A time for the name of a file, to the hundredth of a second, so that names are in the order of time: `01m02.30s`.
fn time(time_s: f64) -> String {
    let hundredths = (time_s * 100.0).round() as u64;
    let (minutes, rest) = (hundredths / 6_000, hundredths % 6_000);
    format!("{minutes:02}m{:02}.{:02}s", rest / 100, rest % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_names() {
        assert_eq!(
            [0.0, 62.304, 59.999, 6_000.5].map(time),
            ["00m00.00s", "01m02.30s", "01m00.00s", "100m00.50s"]
        );
    }
}

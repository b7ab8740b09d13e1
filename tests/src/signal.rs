//! What is fed to the plugin: files, or signals that are a function of seed, channel and frame, so that any block of them
//! can be made again.

use crate::{audio_file, trouble::Trouble};
use serde::{Deserialize, Serialize};
use std::{f64::consts::TAU, path::PathBuf, sync::Arc};

/// A rule for samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Zeros.
    Silence,
    /// A sine wave, a fifth higher on each further channel.
    Sine {
        /// Frequency on the first channel.
        hz: f64,
        /// Peak level.
        dbfs: f64,
    },
    /// White noise.
    Noise {
        /// Peak level.
        dbfs: f64,
    },
    /// A single full-scale sample every so many seconds, the first in the first frame.
    Impulse {
        /// Period in seconds.
        every_s: f64,
    },
    /// Plucked notes with overtones, over a little noise: something for an analyser to hear.
    Notes,
    /// Those notes for so many seconds, then zeros.
    Phrase {
        /// Seconds.
        seconds: f64,
    },
    /// Everything that a sample can be besides music: NaN of both kinds, infinities, subnormals, negative zero, the largest
    /// numbers, in between noise.
    Odd,
    /// Subnormal numbers only.
    Denormal,
    /// Subnormal numbers, all above zero, of which two make a normal one: its half is subnormal again.
    Border,
    /// A file's frames, channel by channel, from its start; silence after its end.
    File(PathBuf),
}

/// A signal, ready to be read at one rate.
#[derive(Clone, Debug)]
pub struct Source {
    signal: Signal,
    seed: u64,
    rate_hz: f64,
    /// Of a file, or of what is costly to compute: by channel.
    table: Arc<Vec<Vec<f32>>>,
}

/// Seconds after which the notes begin anew.
const NOTES_LOOP_S: f64 = 16.0;

impl Signal {
    /// Opens it.
    ///
    /// # Errors
    /// A file cannot be read. One of another rate than the session's is converted, as hosts do it.
    pub fn open(&self, seed: u64, rate_hz: f64) -> Result<Source, Trouble> {
        let table = match self {
            Self::File(path) => {
                let wrong = |why| Trouble::File { path: path.clone(), why };
                let audio = audio_file::at_rate(audio_file::read(path)?, rate_hz).map_err(wrong)?;
                audio.channels
            }
            Self::Notes | Self::Phrase { .. } => {
                let frames = (NOTES_LOOP_S * rate_hz) as u64;
                vec![(0..frames).map(|frame| note_sample(seed, frame as f64 / rate_hz)).collect()]
            }
            _ => Vec::new(),
        };
        Ok(Source { signal: self.clone(), seed, rate_hz, table: Arc::new(table) })
    }
}

impl Source {
    /// The sample of a channel at a frame of the stream.
    pub fn sample(&self, channel: usize, frame: u64) -> f32 {
        match &self.signal {
            Signal::Silence => 0.0,
            Signal::Sine { hz, dbfs } => {
                let hz = hz * 1.5_f64.powi(channel as i32 % 4);
                (amplitude(*dbfs) * (TAU * hz * frame as f64 / self.rate_hz).sin()) as f32
            }
            Signal::Noise { dbfs } => amplitude(*dbfs) as f32 * self.noise(channel, frame),
            Signal::Impulse { every_s } => {
                let period = ((every_s * self.rate_hz) as u64).max(1);
                if frame.is_multiple_of(period) { 1.0 } else { 0.0 }
            }
            Signal::Phrase { seconds } if frame as f64 >= seconds * self.rate_hz => 0.0,
            Signal::Notes | Signal::Phrase { .. } => self.notes(channel, frame),
            Signal::Odd => self.odd(channel, frame),
            Signal::Denormal => f32::from_bits(self.hash(channel, frame) as u32 & 0x807f_ffff),
            Signal::Border => f32::from_bits(0x0060_0000 + (self.hash(channel, frame) as u32 & 0x001f_ffff)),
            Signal::File(_) => {
                // More channels than the file has: its own again.
                let source = channel % self.table.len().max(1);
                let samples = self.table.get(source).map_or(&[][..], Vec::as_slice);
                usize::try_from(frame).ok().and_then(|frame| samples.get(frame)).copied().unwrap_or(0.0)
            }
        }
    }

    fn hash(&self, channel: usize, frame: u64) -> u64 {
        mix(self.seed ^ frame.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((channel as u64 + 1) << 56))
    }

    fn noise(&self, channel: usize, frame: u64) -> f32 {
        (self.hash(channel, frame) >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    fn notes(&self, channel: usize, frame: u64) -> f32 {
        let notes = &self.table[0];
        notes[(frame % notes.len() as u64) as usize] + 0.0005 * self.noise(channel, frame)
    }

    fn odd(&self, channel: usize, frame: u64) -> f32 {
        const BITS: [u32; 10] = [
            0x7fc0_0000, // quiet NaN
            0x7fa0_0001, // signalling NaN
            0xffc0_0000, // NaN with a sign
            0x7f80_0000, // infinity
            0xff80_0000, // -infinity
            0x0000_0001, // the smallest subnormal
            0x807f_ffff, // a subnormal below 0
            0x8000_0000, // -0
            0x7f7f_ffff, // the largest
            0xff7f_ffff, // the smallest
        ];
        let hash = self.hash(channel, frame);
        match BITS.get((hash % 40) as usize) {
            Some(bits) => f32::from_bits(*bits),
            None => 0.5 * self.noise(channel, frame),
        }
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Two notes a second out of a pentatonic scale, plucked, with five overtones.
fn note_sample(seed: u64, time_s: f64) -> f32 {
    let note = (time_s * 2.0) as u64;
    let steps = [0, 3, 5, 7, 10, 12];
    let step = steps[(mix(seed ^ note) % steps.len() as u64) as usize];
    let hz = 196.0 * 2.0_f64.powf(f64::from(step) / 12.0);
    let age_s = time_s - note as f64 / 2.0;
    let tone: f64 = (1..6).map(|k| (TAU * hz * f64::from(k) * age_s).sin() / f64::from(k * k)).sum();
    (0.3 * tone * (-4.0 * age_s).exp()) as f32
}

fn amplitude(dbfs: f64) -> f64 {
    10.0_f64.powf(dbfs / 20.0)
}

/// `silence`, `sine[:HZ]`, `noise[:DBFS]`, `impulse[:SECONDS]`, `notes`, `phrase[:SECONDS]`, `odd`, `denormal`, `border`, or a file.
impl std::str::FromStr for Signal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = match text.split_once(':') {
            Some((name, number)) => (name, number.parse::<f64>().ok()),
            None => (text, None),
        };
        Ok(match name {
            "silence" => Self::Silence,
            "sine" => Self::Sine { hz: number.unwrap_or(440.0), dbfs: -6.0 },
            "noise" => Self::Noise { dbfs: number.unwrap_or(-12.0) },
            "impulse" => Self::Impulse { every_s: number.unwrap_or(1.0) },
            "notes" => Self::Notes,
            "phrase" => Self::Phrase { seconds: number.unwrap_or(2.0) },
            "odd" => Self::Odd,
            "denormal" => Self::Denormal,
            "border" => Self::Border,
            _ if std::path::Path::new(text).is_file() => Self::File(text.into()),
            _ => {
                return Err(format!(
                    "`{text}` is neither a file nor silence, sine[:HZ], noise[:DBFS], impulse[:SECONDS], notes, phrase[:SECONDS], odd, denormal, border"
                ));
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(text: &str) -> Vec<f32> {
        let source = text.parse::<Signal>().expect(text).open(3, 48_000.0).expect("a source");
        (0..10_000).map(|frame| source.sample(frame as usize % 3, frame)).collect()
    }

    #[test]
    fn signals_are_what_they_are_called() {
        assert!(samples("silence").iter().all(|s| *s == 0.0));
        assert!(samples("denormal").iter().all(|s| s.is_subnormal() || *s == 0.0));
        assert!(samples("noise:-20").iter().all(|s| s.abs() <= 0.1));
        assert_eq!(samples("impulse:0.1").iter().filter(|s| **s == 1.0).count(), 3);
        let odd = samples("odd");
        assert!(odd.iter().any(|s| s.is_nan()) && odd.iter().any(|s| s.is_infinite()));
        assert!(odd.iter().any(|s| s.is_subnormal()) && odd.contains(&f32::MAX));
        assert!(samples("notes").iter().all(|s| s.abs() < 1.0));
        assert!("music.flac".parse::<Signal>().is_err());
    }

    #[test]
    fn a_file_is_heard_at_the_session_s_rate() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("two tones.wav");
        let mut writer = audio_file::writer(&path, 2, 44_100.0).expect("a file");
        let tone = |channel: usize, at_s: f64| (TAU * [441.0, 1_000.0][channel] * at_s).sin();
        for frame in 0..44_100 {
            for channel in 0..2 {
                let sample = tone(channel, f64::from(frame) / 44_100.0);
                writer.write_sample(sample as f32).expect("a sample");
            }
        }
        writer.finalize().expect("a file");
        for rate_hz in [44_100.0, 48_000.0, 96_000.0] {
            let source = Signal::File(path.clone()).open(1, rate_hz).expect("a source");
            let off = |channel: usize, frame: u64| {
                (f64::from(source.sample(channel, frame)) - tone(channel, frame as f64 / rate_hz)).abs()
            };
            let inner = rate_hz as u64 / 10..rate_hz as u64 * 9 / 10;
            let worst = inner.flat_map(|frame| [off(0, frame), off(1, frame)]).fold(0.0, f64::max);
            // Half a frame of the file at 1 kHz, for blocks whose middle lies between two frames; nothing where none is made.
            let allowed = if rate_hz == 44_100.0 { 1e-6 } else { TAU * 1_000.0 * 0.5 / 44_100.0 + 0.01 };
            assert!(worst < allowed, "{rate_hz} Hz: {worst}");
            assert!(
                (0..100).all(|frame| source.sample(0, rate_hz as u64 + frame) == 0.0),
                "silence after its end"
            );
        }
        let refused = Signal::File(path).open(1, 47_999.5).map(|_| ()).expect_err("no whole rate");
        assert!(refused.to_string().contains("whole rates"), "{refused}");
    }
}

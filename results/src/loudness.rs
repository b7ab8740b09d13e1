//! Why a result may be empty though somebody plays: silence, channels that cancel each other or that are silent and thin the mean, a
//! level that is too low.

use crate::channels::Downmix;
use rollcall_engine::audio::LARGEST_SAMPLE;

/// A mean of all channels that is this much below the loudest of them has lost what is in it: a factor of 4 in amplitude, which two
/// channels without anything in common (3 dB) and one silent channel of two (6 dB) are far from.
const LOST_DB: f64 = 12.0;
/// A channel so much below the loudest adds nothing to the mean of all: a tenth of its amplitude.
const NEARLY_SILENT_DB: f64 = 20.0;
/// Music whose loudest window is below this is heard worse, for what is quieter in it drowns in the log-mel's offset (0.01): made
/// quieter step by step, demo/war-of-freedom.ogg keeps its bass at -33 dBFS, a part of it at -38, and has lost what is alone with the
/// guitar at -43.
const QUIET_DBFS: f32 = -40.0;
/// Seconds of one window of the network (paper, section 2.1).
const WINDOW_S: f64 = 0.96;
/// Where such music is brought to.
const GOOD_DBFS: f32 = -20.0;

/// What was heard of a recording's levels.
#[derive(Clone, Debug)]
pub struct Loudness {
    downmix: Downmix,
    frames: u64,
    /// Frames of a window: of less than that no level is known.
    window: u64,
    /// Sum of squares of each channel, and of the mean of all.
    channels: Vec<f64>,
    mean: f64,
    /// Whether any sample that is listened to is not 0.
    is_any: bool,
    loudest_dbfs: f32,
}

impl Loudness {
    pub(crate) fn new(downmix: Downmix, channels: usize, rate_hz: f64) -> Self {
        let window = (rate_hz * WINDOW_S) as u64;
        let channels = vec![0.0; channels];
        Self {
            downmix,
            frames: 0,
            window,
            channels,
            mean: 0.0,
            is_any: false,
            loudest_dbfs: f32::NEG_INFINITY,
        }
    }

    /// Where the mean of so many channels is heard, at this rate.
    pub fn of_mean(channels: usize, rate_hz: u32) -> Self {
        Self::new(Downmix::Mono, channels, f64::from(rate_hz))
    }

    /// Takes interleaved frames, whose mean is heard.
    pub fn hear(&mut self, interleaved: &[f32]) {
        self.frames(interleaved, interleaved);
    }

    /// Takes interleaved frames, and the signal that is made of them.
    pub(crate) fn frames(&mut self, interleaved: &[f32], signal: &[f32]) {
        let count = self.channels.len();
        self.frames += (interleaved.len() / count) as u64;
        self.is_any |= signal.iter().any(|&sample| sample != 0.0);
        if self.downmix != Downmix::Mono || count == 1 {
            return;
        }
        for frame in interleaved.chunks_exact(count) {
            // What the engine takes for silence is silence.
            let audio = |sample: f32| if sample.abs() <= LARGEST_SAMPLE { f64::from(sample) } else { 0.0 };
            let mut sum = 0.0;
            for (square, &sample) in self.channels.iter_mut().zip(frame) {
                let sample = audio(sample);
                *square += sample * sample;
                sum += sample;
            }
            let mean = sum / count as f64;
            self.mean += mean * mean;
        }
    }

    /// Takes the level of a step's window.
    pub fn window(&mut self, level_dbfs: f32) {
        self.loudest_dbfs = self.loudest_dbfs.max(level_dbfs);
    }

    /// What is to be said.
    pub fn note(&self) -> Option<String> {
        if self.frames == 0 {
            return Some("there is no audio in it: 0 frames".into());
        }
        if let Some(note) = self.lost() {
            return Some(note);
        }
        if !self.is_any {
            return Some(match self.downmix {
                Downmix::Side if self.channels.len() == 1 => {
                    "it has one channel, and so no side; hear it with --channels mono".into()
                }
                Downmix::Side => {
                    "left and right are the same: there is no side; hear it with --channels mono".into()
                }
                Downmix::Mono => "digital silence: every sample is 0".into(),
                downmix => format!("digital silence in {}: every sample is 0", describe(downmix)),
            });
        }
        (self.frames >= self.window && self.loudest_dbfs < QUIET_DBFS).then(|| {
            let gain_db = ((GOOD_DBFS - self.loudest_dbfs.max(-120.0)) / 10.0).round() * 10.0;
            format!(
                "very quiet: {:.0} dBFS where it is loudest, so that instruments may be missed; make it louder, as with \
                 `ffmpeg -i FILE -af volume={gain_db:.0}dB -f wav - | rollcall analyze -`",
                self.loudest_dbfs.max(-120.0)
            )
        })
    }

    /// What is to be said of a mean that has lost what is in the channels.
    fn lost(&self) -> Option<String> {
        let count = self.channels.len();
        let loudest = self.channels.iter().copied().fold(0.0, f64::max);
        let lost_db = decibels(loudest, self.mean);
        if loudest == 0.0 || lost_db <= LOST_DB {
            return None;
        }
        // The mean of channels that have nothing in common: what is lost up to there is lost among them, the rest cancels.
        let apart = self.channels.iter().sum::<f64>() / (count * count) as f64;
        if decibels(apart, self.mean) > decibels(loudest, apart) {
            let lost = if lost_db < 100.0 {
                format!("is {lost_db:.0} dB below the loudest of them")
            } else {
                String::from("is silent")
            };
            return Some(format!(
                "the channels cancel each other: their mono sum, which is what was heard, {lost}; hear one with --channels left, right \
                 or side, or all of them with --channels each"
            ));
        }
        let is_silent = |square: &&f64| decibels(loudest, **square) > NEARLY_SILENT_DB;
        let reason = match self.channels.iter().filter(is_silent).count() {
            0 => String::from("they have little in common"),
            silent => format!("{silent} are silent or nearly so"),
        };
        Some(format!(
            "the mean of all {count} channels, which is what was heard, is {lost_db:.0} dB below the loudest of them, for {reason}; hear \
             each by itself with --channels each"
        ))
    }
}

/// How far one power is above another.
fn decibels(power: f64, above: f64) -> f64 {
    10.0 * (power / above).log10()
}

fn describe(downmix: Downmix) -> String {
    match downmix {
        Downmix::One { is_named: false, .. } => format!("channel {downmix}"),
        downmix => format!("--channels {downmix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(downmix: Downmix, channels: usize, interleaved: &[f32], level_dbfs: f32) -> Option<String> {
        let mut loudness = Loudness::new(downmix, channels, 1.0);
        let mut room = Vec::new();
        let signal = downmix.of(interleaved, channels, &mut room);
        loudness.frames(interleaved, signal);
        loudness.window(level_dbfs);
        loudness.note()
    }

    #[test]
    fn technical_reasons_are_told_and_music_is_not_commented_on() {
        let of = |downmix, channels, audio: &[f32]| note(downmix, channels, audio, -20.0).unwrap_or_default();
        let one = Downmix::One { number: 0, is_named: false };
        assert!(of(Downmix::Mono, 1, &[]).contains("0 frames"));
        assert!(of(Downmix::Mono, 1, &[0.0; 4]).contains("digital silence"));
        assert!(of(one, 2, &[0.0, 0.5]).contains("digital silence in channel 1"));
        assert!(of(Downmix::Side, 2, &[0.5, 0.5]).contains("no side"));
        assert!(
            of(Downmix::Mono, 2, &[0.5, -0.5, 0.25, -0.25])
                .contains("is silent; hear one with --channels left")
        );
        assert!(of(Downmix::Mono, 2, &[0.5, -0.4, 0.25, -0.2]).contains("is 20 dB below"));
        // One channel of two, of three; just enough; NaN.
        for audio in [&[0.5, 0.0][..], &[0.5, -0.24], &[0.3, 0.3], &[f32::NAN, 0.3, 0.3, 0.3]] {
            assert_eq!(of(Downmix::Mono, 2, audio), "", "{audio:?}");
        }
        assert_eq!(of(Downmix::Mono, 3, &[0.5, 0.0, 0.0]), "");
        // 5.1 with a centre alone loses 20 log 6 = 16 dB, and nothing cancels; nor in sixteen channels that take turns.
        let centre = of(Downmix::Mono, 6, &[0.0, 0.0, 0.5, 0.0, 0.0, 0.0]);
        assert!(
            centre.contains("mean of all 6 channels")
                && centre.contains("16 dB")
                && centre.contains("5 are silent"),
            "{centre}"
        );
        assert!(centre.contains("--channels each") && !centre.contains("cancel"), "{centre}");
        let turns: Vec<f32> = (0..256).map(|i| if i % 17 == 0 { 0.5 } else { 0.0 }).collect();
        let turns = of(Downmix::Mono, 16, &turns);
        assert!(turns.contains("12 dB") && turns.contains("little in common"), "{turns}");
        // Inverted fronts do, whatever else is silent.
        let inverted = of(Downmix::Mono, 6, &[0.5, -0.5, 0.01, 0.0, 0.0, 0.0]);
        assert!(inverted.contains("cancel each other"), "{inverted}");
        assert!(
            note(Downmix::Mono, 1, &[0.001], -50.0).unwrap().contains("-50 dBFS")
                && note(Downmix::Mono, 1, &[0.1], -39.0).is_none()
        );
        assert!(note(Downmix::Mono, 1, &[0.001], -50.0).unwrap().contains("volume=30dB"));
    }
}

//! The plugin behind a file: what comes from the audio device is put aside, and the file heard and passed on instead.

use crate::{Rollcall, Window};
use anyhow::{Context, Result};
use nice_plug::prelude::*;
use rollcall_worker::Recording;
use rubato::{
    Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction,
    audioadapter::Adapter, audioadapter_buffers::direct::SequentialSliceOfVecs,
};
use std::sync::{Arc, OnceLock};

/// The file: the framework makes the plugin without arguments.
static RECORDING: OnceLock<Recording> = OnceLock::new();

/// What every [`Player`] that is made from now on plays; said once.
pub fn play(recording: Recording) {
    let _ = RECORDING.set(recording);
}

/// The plugin with a file before it ([`play`]), played once, from the start.
#[derive(Default)]
pub struct Player {
    plugin: Rollcall,
    /// At the device's rate.
    channels: Vec<Vec<f32>>,
    at: usize,
}

impl Player {
    /// Fills a block with the next frames; silence after the end. Returns whether the file still plays.
    fn fill(&mut self, main: &mut [&mut [f32]], frames: usize) -> bool {
        let length = self.channels.first().map_or(0, Vec::len);
        for (index, out) in main.iter_mut().enumerate() {
            out.fill(0.0);
            // A mono file is heard on every channel, a wider one as far as there are channels.
            let from =
                if self.channels.len() == 1 { self.channels.first() } else { self.channels.get(index) };
            if let Some(rest) = from.and_then(|from| from.get(self.at..)) {
                let some = frames.min(rest.len()).min(out.len());
                out[..some].copy_from_slice(&rest[..some]);
            }
        }
        let is_playing = self.at < length;
        self.at = (self.at + frames).min(length);
        is_playing
    }
}

impl Plugin for Player {
    const NAME: &'static str = Rollcall::NAME;
    const VENDOR: &'static str = Rollcall::VENDOR;
    const URL: &'static str = Rollcall::URL;
    const EMAIL: &'static str = Rollcall::EMAIL;
    const VERSION: &'static str = Rollcall::VERSION;
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = Rollcall::AUDIO_IO_LAYOUTS;
    const MIDI_OUTPUT: MidiConfig = Rollcall::MIDI_OUTPUT;

    type Editor = Window;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.plugin.params()
    }
    fn editor(&mut self, _: AsyncExecutor<Self>) -> Option<Window> {
        Some(self.plugin.window())
    }

    fn activate(
        &mut self,
        _: &AudioIOLayout,
        buffers: &BufferConfig,
        _: &mut impl ActivateContext<Self>,
    ) -> bool {
        let Some(recording) = RECORDING.get() else { return false };
        match at_rate(recording, buffers.sample_rate) {
            Ok(channels) => self.channels = channels,
            Err(error) => {
                eprintln!("rollcall-standalone: {error:#}");
                return false;
            }
        }
        self.plugin.start(f64::from(buffers.sample_rate), buffers.max_buffer_size);
        true
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let (at, frames) = (self.at, buffer.samples());
        // Time in the file, no bars: a file has none.
        let mut transport = Transport::new(context.transport().sample_rate);
        transport.playing = self.fill(buffer.as_slice(), frames);
        transport.pos_samples = i64::try_from(at).ok();
        self.plugin.listen(buffer.as_slice_immutable(), &[], frames, &transport);
        self.plugin.tell(frames, &mut |event| context.try_send_event(event).is_ok());
        ProcessStatus::Normal
    }

    fn deactivate(&mut self) {
        self.plugin.stop();
    }
}

/// Input samples that the filter spans, and positions between two of them for which it is tabulated.
const TAPS: usize = 256;
const PHASES: usize = 256;

/// The recording at another rate, by band-limited interpolation. Frame `n` lies at time `n / rate_hz` to a fraction of a frame, which whole
/// files resampled by blocks (trainer, harness) do not need.
fn at_rate(recording: &Recording, rate_hz: f32) -> Result<Vec<Vec<f32>>> {
    let from_hz = recording.rate_hz;
    if f64::from(rate_hz) == f64::from(from_hz) || recording.frames() == 0 {
        return Ok(recording.channels.clone());
    }
    let ratio = f64::from(rate_hz) / f64::from(from_hz);
    let (lead_in, late) = align(ratio);
    let led_in = |channel: &Vec<f32>| [vec![0.0; lead_in].as_slice(), channel].concat();
    let led_in: Vec<Vec<f32>> = recording.channels.iter().map(led_in).collect();
    let (count, frames) = (led_in.len(), recording.frames() + lead_in);
    let parameters = SincInterpolationParameters::new(TAPS, WindowFunction::BlackmanHarris2)
        .oversampling_factor(PHASES)
        .interpolation(SincInterpolationType::Cubic);
    let what = || format!("{from_hz} Hz can't be played at {rate_hz} Hz");
    let fixed = FixedAsync::Input;
    let mut resampler =
        Async::<f32>::new_sinc(ratio, 1.0, &parameters, 1_024, count, fixed).with_context(what)?;
    let input = SequentialSliceOfVecs::new(&led_in, count, frames).with_context(what)?;
    let output = resampler.process_all(&input, frames, None).with_context(what)?;
    let sample = |channel, frame| output.read_sample(channel, late + frame).unwrap_or(0.0);
    let length = (recording.frames() as f64 * ratio).ceil() as usize;
    Ok((0..count).map(|channel| (0..length).map(|frame| sample(channel, frame)).collect()).collect())
}

/// Zeros to put before the first frame, and the whole number of output frames that then come before time 0.
///
/// rubato 5.0.1 computes its output `n` for input position `(n + 1) / ratio - taps / 2 + 1 / phases` (its `asynchro_sinc.rs`
/// starts at `-(taps - 1)` and steps before it computes), and `process_all` takes off the whole part of `taps / 2 * ratio`
/// outputs: what is left is a part of a frame, up to one, that some number of zeros makes whole.
fn align(ratio: f64) -> (usize, usize) {
    let half = TAPS as f64 / 2.0;
    let first = ((half * ratio).floor() + 1.0) / ratio - half + 1.0 / PHASES as f64;
    let late = |lead_in: &usize| (*lead_in as f64 - first) * ratio;
    let left_over = |lead_in: &usize| (late(lead_in) - late(lead_in).round()).abs();
    // Enough to find one within a thousandth of a frame where the rates have a common measure.
    let lead_in = (4..1_024).min_by(|a, b| left_over(a).total_cmp(&left_over(b))).unwrap_or(0);
    (lead_in, late(&lead_in).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_played_once_on_every_channel_there_is() {
        let mut player =
            Player { channels: vec![vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]], ..Player::default() };
        let block = |player: &mut Player, channels: usize| {
            let mut main = vec![vec![9.0_f32; 2]; channels];
            let mut slices: Vec<&mut [f32]> = main.iter_mut().map(Vec::as_mut_slice).collect();
            (player.fill(&mut slices, 2), main)
        };
        assert_eq!(block(&mut player, 3), (true, vec![vec![1.0, 2.0], vec![4.0, 5.0], vec![0.0, 0.0]]));
        assert_eq!(block(&mut player, 1), (true, vec![vec![3.0, 0.0]]));
        assert_eq!(block(&mut player, 1), (false, vec![vec![0.0, 0.0]]));
        let mut mono = Player { channels: vec![vec![7.0]], ..Player::default() };
        assert_eq!(block(&mut mono, 2), (true, vec![vec![7.0, 0.0], vec![7.0, 0.0]]));
    }

    #[test]
    fn another_rate_keeps_length_and_tone() -> Result<()> {
        let tone = |rate_hz: f32, frames: u32| -> Vec<f32> {
            (0..frames).map(|i| (i as f32 * 440.0 / rate_hz * std::f32::consts::TAU).sin()).collect()
        };
        let recording = Recording { rate_hz: 44_100, channels: vec![tone(44_100.0, 44_100)] };
        let same = at_rate(&recording, 44_100.0)?;
        assert_eq!(same, recording.channels);
        let other = at_rate(&recording, 48_000.0)?;
        assert!(other[0].len().abs_diff(48_000) <= 2, "{}", other[0].len());
        let expected = tone(48_000.0, 48_000);
        // Away from the ends, where the filter reaches beyond the file.
        let error = (1_000..47_000).map(|i| (other[0][i] - expected[i]).abs()).fold(0.0, f32::max);
        // A hundredth of a frame, in which a sine of 440 Hz moves by 0.00058 at most.
        assert!(error < 0.00058, "{error}");
        Ok(())
    }

    #[test]
    fn an_impulse_stays_where_it_is_in_time() -> Result<()> {
        for (from_hz, to_hz) in
            [(44_100, 48_000), (48_000, 44_100), (22_050, 48_000), (96_000, 44_100), (44_100, 96_000)]
        {
            // At 0.5 s: a whole frame at either rate.
            let mut channel = vec![0.0; from_hz as usize];
            channel[from_hz as usize / 2] = 1.0;
            let recording = Recording { rate_hz: from_hz, channels: vec![channel] };
            let out = &at_rate(&recording, to_hz as f32)?[0];
            let at = to_hz as usize / 2;
            let peak = (0..out.len()).max_by(|&a, &b| out[a].total_cmp(&out[b])).unwrap_or(0);
            assert_eq!(peak, at, "{from_hz} to {to_hz} Hz");
            // As much before as after it: it lies in the middle.
            for away in 1..20 {
                let lean = (out[at - away] - out[at + away]).abs() / out[at];
                assert!(lean < 0.01, "{from_hz} to {to_hz} Hz: {lean} at {away}");
            }
        }
        Ok(())
    }
}

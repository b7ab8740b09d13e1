//! The plugin behind a file: what comes from the audio device is put aside, and the file heard and passed on instead.

use crate::{Rollcall, Window};
use anyhow::{Context, Result};
use nice_plug::prelude::*;
use rollcall_worker::Recording;
use rubato::{
    Async, FixedAsync, Resampler, SincInterpolationParameters, WindowFunction, audioadapter::Adapter,
    audioadapter_buffers::direct::SequentialSliceOfVecs,
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
        self.plugin.start(f64::from(buffers.sample_rate), buffers.max_buffer_size, false);
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

/// The recording at another rate, by band-limited interpolation.
fn at_rate(recording: &Recording, rate_hz: f32) -> Result<Vec<Vec<f32>>> {
    let from_hz = recording.rate_hz;
    if f64::from(rate_hz) == f64::from(from_hz) || recording.frames() == 0 {
        return Ok(recording.channels.clone());
    }
    let ratio = f64::from(rate_hz) / f64::from(from_hz);
    let (count, frames) = (recording.channels.len(), recording.frames());
    let parameters = SincInterpolationParameters::new(256, WindowFunction::BlackmanHarris2);
    let what = || format!("{from_hz} Hz can't be played at {rate_hz} Hz");
    let fixed = FixedAsync::Input;
    let mut resampler =
        Async::<f32>::new_sinc(ratio, 1.0, &parameters, 1_024, count, fixed).with_context(what)?;
    let input = SequentialSliceOfVecs::new(&recording.channels, count, frames).with_context(what)?;
    let output = resampler.process_all(&input, frames, None).with_context(what)?;
    let sample = |channel, frame| output.read_sample(channel, frame).unwrap_or(0.0);
    let channels = (0..count)
        .map(|channel| (0..output.frames()).map(|frame| sample(channel, frame)).collect())
        .collect();
    Ok(channels)
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
        // The beginning is kept to within a frame, in which a sine of 440 Hz moves by 0.058 at most.
        assert!(error < 0.058, "{error}");
        Ok(())
    }
}

//! The tail: how long the plugin goes on after its input has fallen silent, so that a host that lets quiet plugins sleep
//! does not cut off the last second of the analysis, nor leave a meter up or a note on.

use rollcall_board::Settings;

/// Length of a window of the network.
const WINDOW_S: f64 = 0.96;
/// Delay of the resampler and of the analysis beyond half a window, rounded up.
const DELAYS_S: f64 = 0.1;
/// The coarsest interval, which a machine that can't keep up takes by itself.
const COARSEST_S: f64 = 0.96;
/// So many time constants take an activity of 1 below any threshold and to 0 of 127: to 1/1000.
const RELEASES: f64 = 6.9;
/// Audio that may be on its way through the worker when nothing waits in the queue: chunks of 0.16 s, and one nap.
const UNDER_WAY_S: f64 = 0.5;
/// More than this waiting in the queue is more than the worker's nap.
const WAITING_S: f64 = 0.1;
/// The longest that a tail may wait for a worker that is behind: the queue's length, and a model's loading.
const PATIENCE_S: f64 = 20.0;
/// Magnitudes that count as sound. The level gate, over the RMS of a window, closes below -66 dBFS; this is -67. Beyond
/// +60 dBFS nothing is audio.
const SOUND: std::ops::RangeInclusive<i32> = 4.5e-4_f32.to_bits() as i32..=1e3_f32.to_bits() as i32;
/// Samples that are looked at in one go.
const STRIDE: usize = 256;

/// Watches one stream.
#[derive(Debug)]
pub(crate) struct Tail {
    rate_hz: f64,
    /// Frames since the last one that sounded; none did yet if it is `None`.
    silent_frames: Option<u64>,
}

/// What the audio thread can see of the rest of the plugin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Frames that wait in the queue for the worker, at most.
    pub(crate) waiting_frames: usize,
    /// Every activity is 0, no note is on, and the host has been told.
    pub(crate) is_quiet: bool,
}

impl Tail {
    pub(crate) fn new(rate_hz: f64) -> Self {
        Self { rate_hz, silent_frames: None }
    }

    /// Seconds from the last sound until all that comes of it is over, on a machine that keeps up.
    fn length_s(settings: &Settings) -> f64 {
        WINDOW_S
            + DELAYS_S
            + f64::from(settings.update_ms) / 1e3
            + f64::from(settings.hold_s)
            + RELEASES * f64::from(settings.release_ms) / 1e3
    }

    /// The same in frames.
    pub(crate) fn frames(&self, settings: &Settings) -> u32 {
        // `as` clips.
        (Self::length_s(settings) * self.rate_hz).ceil() as u32
    }

    /// Takes a block that is heard. Its cost does not depend on what is in it, but that it stops at the first sound.
    pub(crate) fn hear<C: AsRef<[f32]>>(&mut self, channels: &[C], frames: usize) {
        if channels.iter().any(|channel| sounds(channel.as_ref())) {
            self.silent_frames = Some(0);
        } else {
            self.pass(frames);
        }
    }

    /// Takes a block that is not heard.
    pub(crate) fn pass(&mut self, frames: usize) {
        self.silent_frames = self.silent_frames.map(|silent| silent.saturating_add(frames as u64));
    }

    /// Whether something is still to come, after the blocks so far.
    pub(crate) fn goes_on(&self, settings: &Settings, seen: Seen) -> bool {
        let Some(silent) = self.silent_frames else { return !seen.is_quiet };
        let silent_s = silent as f64 / self.rate_hz;
        if silent_s > Self::length_s(settings) + COARSEST_S + PATIENCE_S {
            return false;
        }
        // Past this, every window that holds a sound was heard by the worker.
        let heard_s = WINDOW_S + DELAYS_S + COARSEST_S + UNDER_WAY_S;
        silent_s < heard_s || seen.waiting_frames as f64 > WAITING_S * self.rate_hz || !seen.is_quiet
    }
}

/// Told by the bits, so that subnormals cost no more than others. The bits of all samples together are no less than those of any:
/// where they are too few nobody sounds, and that costs next to nothing.
fn sounds(samples: &[f32]) -> bool {
    const MAGNITUDE: u32 = u32::MAX >> 1;
    let sounds = |x: &f32| {
        // As signed numbers, for which processors have a comparison of many at once.
        let magnitude = (x.to_bits() & MAGNITUDE) as i32;
        (magnitude >= *SOUND.start()) & (magnitude <= *SOUND.end())
    };
    samples.chunks(STRIDE).any(|part| {
        let together = part.iter().fold(0, |all, x| all | x.to_bits()) & MAGNITUDE;
        together as i32 >= *SOUND.start() && part.iter().fold(false, |any, x| any | sounds(x))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Seen = Seen { waiting_frames: 0, is_quiet: true };

    fn after(silent_s: f64, settings: &Settings, seen: Seen) -> bool {
        let mut tail = Tail::new(1_000.0);
        tail.hear(&[[0.1_f32, 0.0]], 2);
        tail.hear(&[vec![0.0_f32; 100]], (silent_s * 1e3) as usize);
        tail.goes_on(settings, seen)
    }

    #[test]
    fn it_lasts_until_every_window_was_heard_and_every_output_is_0_but_not_for_ever() {
        let settings = Settings::default();
        assert!(!Tail::new(1_000.0).goes_on(&settings, QUIET), "nothing was heard yet");
        assert!(after(0.0, &settings, QUIET) && after(1.2, &settings, QUIET));
        assert!(!after(3.0, &settings, QUIET));
        assert!(after(3.0, &settings, Seen { is_quiet: false, ..QUIET }));
        assert!(after(3.0, &settings, Seen { waiting_frames: 500, ..QUIET }));
        assert!(
            !after(60.0, &settings, Seen { waiting_frames: 500, is_quiet: false }),
            "a worker that hangs"
        );
    }

    #[test]
    fn it_follows_the_settings() {
        let tail = Tail::new(48_000.0);
        let usual = Settings::default();
        let seconds = |settings: &Settings| f64::from(tail.frames(settings)) / 48_000.0;
        assert!((3.7..3.9).contains(&seconds(&usual)), "{}", seconds(&usual));
        let long = Settings { hold_s: 10.0, release_ms: 5_000.0, update_ms: 960, ..usual };
        assert!((46.0..47.0).contains(&seconds(&long)));
    }

    #[test]
    fn only_what_the_gate_could_hear_sounds() {
        for silent in [0.0, -0.0, 1e-40, -1e-40, 4e-4, -4e-4, f32::NAN, f32::INFINITY, 2e3] {
            assert!(!sounds(&[silent; 100]), "{silent}");
        }
        for place in [0, 255, 256, 399] {
            let mut samples = [1e-4; 400];
            samples[place] = -5.1e-4;
            assert!(sounds(&samples), "{place}");
        }
    }
}

//! Whether the host renders faster than real time: by its own word, or by the clock.
//!
//! Hosts do not always say so: Bitwig and REAPER render CLAP without the flag, Ardour never says it. But a host that asks
//! for seconds of audio in a fraction of their length can't be playing them.

use std::time::{Duration, Instant};

/// Audio is judged by the second.
const WINDOW_S: f64 = 1.0;
/// So many windows in a row must come too fast: hosts that render ahead in play do so by less than that.
const FAST_WINDOWS: u32 = 2;
/// A window is too fast when it comes in less than this share of its length.
const FAST_SHARE: f64 = 0.7;

/// Watches the pace of one stream.
#[derive(Debug)]
pub(crate) struct RenderWatch {
    rate_hz: f64,
    /// By the host's own word.
    said: bool,
    fast: u32,
    frames: usize,
    began: Option<Instant>,
    /// Time in this window that was our own waiting, not the host's.
    waited: Duration,
}

impl RenderWatch {
    pub(crate) fn new(rate_hz: f64) -> Self {
        Self { rate_hz, said: false, fast: 0, frames: 0, began: None, waited: Duration::ZERO }
    }

    /// What the host says of the next block.
    pub(crate) fn say(&mut self, is_offline: bool) {
        self.said = is_offline;
    }

    /// Whether the host says that it renders.
    pub(crate) fn is_said(&self) -> bool {
        self.said
    }

    /// A block comes; `clock` is read at most once a second of audio.
    pub(crate) fn block(&mut self, frames: usize, clock: impl FnOnce() -> Instant) {
        self.frames += frames;
        let audio_s = self.frames as f64 / self.rate_hz;
        if self.began.is_some() && audio_s < WINDOW_S {
            return;
        }
        let now = clock();
        if let Some(began) = self.began {
            let took_s = (now - began).saturating_sub(self.waited).as_secs_f64();
            self.fast = if took_s < audio_s * FAST_SHARE { (self.fast + 1).min(FAST_WINDOWS) } else { 0 };
        }
        self.frames = 0;
        self.waited = Duration::ZERO;
        self.began = Some(now);
    }

    /// The block was held up by us for so long.
    pub(crate) fn waited(&mut self, time: Duration) {
        self.waited += time;
    }

    /// Whether the host renders faster than real time.
    pub(crate) fn is_free(&self) -> bool {
        self.said || self.fast == FAST_WINDOWS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds of audio until a render is recognised, when each second takes `share` of itself.
    fn known_after(share: f64, waits: f64) -> Option<f64> {
        let (mut watch, start) = (RenderWatch::new(48_000.0), Instant::now());
        for block in 0..20_000 {
            let audio_s = f64::from(block) * 480.0 / 48_000.0;
            watch.block(480, || start + Duration::from_secs_f64(audio_s * (share + waits)));
            watch.waited(Duration::from_secs_f64(0.01 * waits));
            if watch.is_free() {
                return Some(audio_s);
            }
        }
        None
    }

    #[test]
    fn two_fast_seconds_are_a_render() {
        assert_eq!(known_after(1.0, 0.0), None);
        assert_eq!(known_after(0.8, 0.0), None);
        let after_s = known_after(0.05, 0.0).expect("a render");
        assert!((1.9..2.1).contains(&after_s), "{after_s}");
        assert!(known_after(0.05, 3.0).is_some(), "our own waiting does not make it live");
        let mut said = RenderWatch::new(48_000.0);
        said.say(true);
        assert!(said.is_free() && said.is_said());
    }

    #[test]
    fn one_slow_second_is_live_again() {
        let (mut watch, mut now) = (RenderWatch::new(1_000.0), Instant::now());
        let mut second = |watch: &mut RenderWatch, took_s: f64| {
            now += Duration::from_secs_f64(took_s);
            watch.block(1_000, || now);
            watch.is_free()
        };
        second(&mut watch, 0.0);
        assert!(!second(&mut watch, 0.1));
        assert!(second(&mut watch, 0.1));
        assert!(second(&mut watch, 0.1));
        assert!(!second(&mut watch, 1.0));
    }
}

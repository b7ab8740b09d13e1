//! Tells the worker of the transport, but only what it could not foretell.

use nice_plug::prelude::Transport as Host;
use rollcall_worker::Transport;

/// Positions that differ by less are the same: hosts round them to samples or ticks.
const SAME_S: f64 = 0.010;
const SAME_BEATS: f64 = 0.02;
/// Marks of a transport that keeps changing come no closer than this.
const CLOSEST_S: f64 = 0.010;

/// The last mark, and where it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    rate_hz: f64,
    told: Option<(u64, Transport)>,
    /// It has begun to run and nobody was told.
    started: bool,
    was_playing: bool,
}

impl Watch {
    pub(crate) fn new(rate_hz: f64) -> Self {
        Self { rate_hz, told: None, started: false, was_playing: false }
    }

    /// Looks at a block that begins at `frame`; `mark` says whether the mark was taken.
    pub(crate) fn look(&mut self, host: &Host, frame: u64, mark: &mut impl FnMut(Transport) -> bool) {
        self.started |= host.playing && !self.was_playing;
        self.was_playing = host.playing;
        let now = Transport { started: self.started, ..read(host) };
        if let Some((told_frame, told)) = self.told {
            let gone_s = (frame - told_frame) as f64 / self.rate_hz;
            let urgent = self.started || now.playing != told.playing;
            if !urgent && (gone_s < CLOSEST_S || follows(&told, &now, gone_s)) {
                return;
            }
        }
        if mark(now) {
            self.told = Some((frame, now));
            self.started = false;
        }
    }
}

fn read(host: &Host) -> Transport {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let bar_beats = host.time_sig_numerator.zip(host.time_sig_denominator).filter(|&(n, d)| n > 0 && d > 0);
    // Hosts without a musical timeline leave zeros in these two.
    let has_beats = host.pos_beats.is_some();
    Transport {
        playing: host.playing,
        started: false,
        song_s: finite(host.pos_seconds()),
        beats: finite(host.pos_beats()),
        bar: host.bar_number().zip(finite(host.bar_start_pos_beats())).filter(|_| has_beats),
        bar_beats: bar_beats.map(|(n, d)| f64::from(n) / f64::from(d) * 4.0),
        tempo_bpm: finite(host.tempo),
    }
}

/// Whether `now` is what `told` comes to after `gone_s`.
fn follows(told: &Transport, now: &Transport, gone_s: f64) -> bool {
    let gone_s = if told.playing { gone_s } else { 0.0 };
    let gone_beats = gone_s * told.tempo_bpm.unwrap_or(0.0) / 60.0;
    let near = |told: Option<f64>, now: Option<f64>, gone: f64, same: f64| match (told, now) {
        (Some(told), Some(now)) => (told + gone - now).abs() < same,
        (None, None) => true,
        _ => false,
    };
    let same_bar = match (told.bar, now.bar, told.bar_beats) {
        (Some((bar, start)), Some((now_bar, now_start)), Some(length)) => {
            // Whole bars on from the one that was told.
            let bars = ((now_start - start) / length).round();
            (start + bars * length - now_start).abs() < SAME_BEATS
                && f64::from(now_bar) == f64::from(bar) + bars
        }
        (told, now, _) => told == now,
    };
    told.playing == now.playing
        && told.tempo_bpm == now.tempo_bpm
        && told.bar_beats == now.bar_beats
        && near(told.song_s, now.song_s, gone_s, SAME_S)
        && near(told.beats, now.beats, gone_beats, SAME_BEATS)
        && same_bar
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(playing: bool, song_s: f64) -> Host {
        let mut host = Host::new(48_000.0);
        host.playing = playing;
        host.tempo = Some(120.0);
        (host.time_sig_numerator, host.time_sig_denominator) = (Some(4), Some(4));
        host.pos_seconds = Some(song_s);
        host.pos_beats = Some(song_s * 2.0);
        host
    }

    #[test]
    fn a_steady_transport_is_told_once() {
        let mut watch = Watch::new(48_000.0);
        let mut marks = Vec::new();
        for block in 0..2_000_u64 {
            let song_s = 100.0 + block as f64 * 0.01;
            watch.look(&host(true, song_s), block * 480, &mut |mark| {
                marks.push(mark);
                true
            });
        }
        assert_eq!(marks.len(), 1);
        assert!(marks[0].started && marks[0].bar == Some((50, 200.0)));
        // A loop back.
        watch.look(&host(true, 100.0), 2_000 * 480, &mut |mark| {
            assert!(!mark.started && mark.song_s == Some(100.0));
            true
        });
        // A stop and a start, the start refused at first.
        let mut seen = Vec::new();
        for (block, (playing, taken)) in
            [(false, true), (false, true), (true, false), (true, true), (true, true)].into_iter().enumerate()
        {
            watch.look(&host(playing, 100.0), (2_001 + block as u64) * 480, &mut |mark| {
                seen.push((mark.playing, mark.started, taken));
                taken
            });
        }
        assert_eq!(seen[..3], [(false, false, true), (true, true, false), (true, true, true)]);
    }
}

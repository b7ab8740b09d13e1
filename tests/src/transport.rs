//! The host's song position: play, stop, loop, jump, tempo, as a script over the stream's time.

use serde::{Deserialize, Serialize};

/// What the host says about the song while it feeds blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transport {
    /// Whether the host says anything at all.
    #[serde(default = "yes")]
    pub known: bool,
    /// Whether it plays from the start.
    #[serde(default = "yes")]
    pub playing: bool,
    /// Tempo at the start.
    #[serde(default = "tempo")]
    pub tempo_bpm: f64,
    /// Beats in a bar, and which note a beat is.
    #[serde(default = "four")]
    pub signature: (u16, u16),
    /// Where the song stands at the start.
    #[serde(default)]
    pub start_s: f64,
    /// From its end playback goes on at its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_s: Option<(f64, f64)>,
    /// What happens at which second of the stream, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<(f64, Move)>,
}

fn yes() -> bool {
    true
}

fn tempo() -> f64 {
    120.0
}

fn four() -> (u16, u16) {
    (4, 4)
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            known: true,
            playing: true,
            tempo_bpm: tempo(),
            signature: four(),
            start_s: 0.0,
            loop_s: None,
            moves: Vec::new(),
        }
    }
}

/// What a person does to the transport.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Move {
    /// Playback starts.
    Play,
    /// Playback stops.
    Stop,
    /// The song goes on from this second.
    Jump(f64),
    /// The tempo changes to so many beats a minute.
    Tempo(f64),
}

/// Where the song is at a block's first frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SongTime {
    /// Whether the host says anything at all.
    pub known: bool,
    /// Whether it plays.
    pub playing: bool,
    /// Position in seconds.
    pub song_s: f64,
    /// Position in quarter notes.
    pub beats: f64,
    /// Tempo.
    pub tempo_bpm: f64,
    /// Beats in a bar, and which note a beat is.
    pub signature: (u16, u16),
    /// The loop in seconds, if one is set.
    pub loop_s: Option<(f64, f64)>,
    /// Frames since the stream began.
    pub frame: u64,
    /// The session's rate.
    pub rate_hz: f64,
}

impl SongTime {
    /// Quarter notes in a bar.
    pub fn bar_beats(&self) -> f64 {
        f64::from(self.signature.0) * 4.0 / f64::from(self.signature.1.max(1))
    }

    /// Number of the current bar, from 0, and the quarter note it begins with.
    pub fn bar(&self) -> (i32, f64) {
        let bar = (self.beats / self.bar_beats()).floor();
        (bar as i32, bar * self.bar_beats())
    }

    /// A song position as quarter notes at the present tempo.
    pub fn to_beats(&self, song_s: f64) -> f64 {
        self.beats + (song_s - self.song_s) * self.tempo_bpm / 60.0
    }
}

/// Runs a script, block by block.
#[derive(Debug)]
pub struct Playhead {
    script: Transport,
    next_move: usize,
    now: SongTime,
}

impl Playhead {
    /// At the script's start.
    pub fn new(script: Transport, rate_hz: f64) -> Self {
        let (start_s, tempo_bpm) = (script.start_s, script.tempo_bpm);
        let now = SongTime {
            known: script.known,
            playing: script.playing,
            song_s: start_s,
            beats: start_s * tempo_bpm / 60.0,
            tempo_bpm,
            signature: script.signature,
            loop_s: script.loop_s,
            frame: 0,
            rate_hz,
        };
        let mut playhead = Self { script, next_move: 0, now };
        playhead.take_moves();
        playhead
    }

    /// Where it is.
    pub fn now(&self) -> &SongTime {
        &self.now
    }

    /// Frames until something happens that a block must not reach over.
    pub fn room_frames(&self) -> u64 {
        let stream_s = self.now.frame as f64 / self.now.rate_hz;
        let next = self.script.moves.get(self.next_move).map(|(at_s, _)| at_s - stream_s);
        let end = self.now.loop_s.filter(|_| self.now.playing).map(|(_, end_s)| end_s - self.now.song_s);
        let room_s = next.into_iter().chain(end.filter(|s| *s > 0.0)).fold(f64::INFINITY, f64::min);
        // `as` takes what is beyond u64 to its largest.
        // Half a frame less, as `take_moves` takes what lies half a frame ahead.
        ((room_s * self.now.rate_hz - 0.5).ceil() as u64).max(1)
    }

    /// A block of so many frames has gone by.
    pub fn advance(&mut self, frames: u32) {
        self.now.frame += u64::from(frames);
        if self.now.playing {
            let gone_s = f64::from(frames) / self.now.rate_hz;
            self.now.beats += gone_s * self.now.tempo_bpm / 60.0;
            self.now.song_s += gone_s;
            if let Some((start_s, end_s)) = self.now.loop_s
                && self.now.song_s >= end_s - 0.5 / self.now.rate_hz
                && start_s < end_s
            {
                self.jump(start_s + (self.now.song_s - end_s).max(0.0) % (end_s - start_s));
            }
        }
        self.take_moves();
    }

    fn jump(&mut self, to_s: f64) {
        self.now.beats = self.now.to_beats(to_s);
        self.now.song_s = to_s;
    }

    fn take_moves(&mut self) {
        let stream_s = self.now.frame as f64 / self.now.rate_hz;
        // Half a frame, so that rounding makes no move wait for a block more.
        let reached_s = stream_s + 0.5 / self.now.rate_hz;
        while let Some((at_s, action)) = self.script.moves.get(self.next_move).copied()
            && at_s <= reached_s
        {
            self.next_move += 1;
            match action {
                Move::Play => self.now.playing = true,
                Move::Stop => self.now.playing = false,
                Move::Jump(to_s) => self.jump(to_s),
                Move::Tempo(bpm) => self.now.tempo_bpm = bpm,
            }
        }
    }
}

/// `play@SECONDS`, `stop@SECONDS`, `jump@SECONDS=TO`, `tempo@SECONDS=BPM`.
impl std::str::FromStr for Transport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut transport = Self::default();
        for word in text.split(',').filter(|word| !word.is_empty()) {
            let bad = || {
                format!(
                    "`{word}`: none | stopped | tempo=BPM | start=S | loop=S-S | play@S | stop@S | jump@S=TO | tempo@S=BPM"
                )
            };
            let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(bad);
            if let Some((action, rest)) = word.split_once('@') {
                let (at, to) = rest.split_once('=').unwrap_or((rest, "0"));
                let action = match action {
                    "play" => Move::Play,
                    "stop" => Move::Stop,
                    "jump" => Move::Jump(number(to)?),
                    "tempo" => Move::Tempo(number(to)?),
                    _ => return Err(bad()),
                };
                transport.moves.push((number(at)?, action));
            } else {
                match word.split_once('=') {
                    None if word == "none" => transport.known = false,
                    None if word == "stopped" => transport.playing = false,
                    None if word == "play" => transport.playing = true,
                    Some(("tempo", bpm)) => transport.tempo_bpm = number(bpm)?,
                    Some(("start", start)) => transport.start_s = number(start)?,
                    Some(("loop", range)) => {
                        let (start, end) = range.split_once('-').ok_or_else(bad)?;
                        transport.loop_s = Some((number(start)?, number(end)?));
                    }
                    _ => return Err(bad()),
                }
            }
        }
        transport.moves.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(transport)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_played_to_the_frame() {
        let script: Transport =
            "tempo=60,loop=1-2,stop@2.5,play@3,jump@3.5=7,tempo@4=120".parse().expect("a script");
        let mut playhead = Playhead::new(script, 1_000.0);
        let mut seen = Vec::new();
        while playhead.now().frame < 5_000 {
            let frames = playhead.room_frames().min(300).min(5_000 - playhead.now().frame) as u32;
            playhead.advance(frames);
            seen.push((playhead.now().frame, playhead.now().song_s, playhead.now().playing));
        }
        let at = |frame: u64| seen.iter().find(|(f, ..)| *f == frame).copied();
        assert!(at(2_000).is_some_and(|(_, s, playing)| (s - 1.0).abs() < 1e-9 && playing), "the loop wraps");
        assert!(at(2_500).is_some_and(|(_, s, playing)| (s - 1.5).abs() < 1e-9 && !playing));
        assert!(at(3_000).is_some_and(|(_, s, playing)| (s - 1.5).abs() < 1e-9 && playing));
        assert!(at(3_500).is_some_and(|(_, _, playing)| playing));
        assert_eq!(playhead.now().tempo_bpm, 120.0);
        assert!("jump@x".parse::<Transport>().is_err() && "warp=2".parse::<Transport>().is_err());
    }
}

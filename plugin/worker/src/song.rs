//! Where in the song a moment of the session lies.

use crate::Transport;
use rollcall_board::SongPosition;
use std::collections::VecDeque;

/// Marks that are kept: steps are asked for at most a few seconds after their time, even behind a full tap.
const MARKS: usize = 512;

/// The transport's marks over session time.
#[derive(Debug, Default)]
pub(crate) struct Song {
    marks: VecDeque<(f64, Transport)>,
}

impl Song {
    pub(crate) fn mark(&mut self, time_s: f64, transport: Transport) {
        if self.marks.len() == MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back((time_s, transport));
    }

    /// A new session begins here, with the transport as it is.
    pub(crate) fn restart(&mut self, now_s: f64) {
        let here = self.at(now_s);
        let last = self.marks.back().map(|&(_, transport)| transport);
        self.marks.clear();
        if let Some(last) = last {
            let bar = here.bar.zip(here.beats).map(|((bar, since), beats)| (bar, beats - f64::from(since)));
            let now = Transport { started: false, song_s: here.song_s, beats: here.beats, bar, ..last };
            self.marks.push_back((0.0, now));
        }
    }

    /// The last mark at or before a moment, carried on to it.
    pub(crate) fn at(&self, time_s: f64) -> SongPosition {
        let after = self.marks.partition_point(|&(mark_s, _)| mark_s <= time_s);
        let Some(&(mark_s, transport)) = self.marks.get(after.saturating_sub(1)) else {
            return SongPosition::default();
        };
        let gone_s = if transport.playing { time_s - mark_s } else { 0.0 };
        let gone_beats = transport.tempo_bpm.map(|tempo| gone_s * tempo / 60.0);
        let beats = transport.beats.zip(gone_beats).map(|(beats, gone)| beats + gone);
        let bar = transport.bar.zip(beats).map(|((bar, start), beats)| {
            let since = beats - start;
            match transport.bar_beats {
                Some(length) if length > 0.0 => {
                    let bars = (since / length).floor();
                    (bar.saturating_add(bars as i32), (since - bars * length) as f32)
                }
                _ => (bar, since as f32),
            }
        });
        SongPosition {
            playing: transport.playing,
            song_s: transport.song_s.map(|song_s| song_s + gone_s),
            beats: beats.or(transport.beats),
            bar,
            tempo_bpm: transport.tempo_bpm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_run_with_the_tempo_from_the_last_mark() {
        let mut song = Song::default();
        assert_eq!(song.at(1.0), SongPosition::default());
        let play = Transport {
            playing: true,
            started: true,
            song_s: Some(10.0),
            beats: Some(20.0),
            bar: Some((5, 20.0)),
            bar_beats: Some(4.0),
            tempo_bpm: Some(120.0),
        };
        song.mark(1.0, play);
        let at = song.at(3.5);
        assert_eq!((at.song_s, at.beats, at.bar), (Some(12.5), Some(25.0), Some((6, 1.0))));
        // A step centred a little before the mark, at a start: counted back.
        assert_eq!(song.at(0.5).bar, Some((4, 3.0)));
        song.mark(4.0, Transport { playing: false, ..play });
        assert_eq!(song.at(9.0).beats, Some(20.0));
        assert!(song.at(3.9).playing && !song.at(4.0).playing);
        song.mark(5.0, play);
        song.restart(6.0);
        assert_eq!(song.at(0.0).beats, Some(22.0));
        assert_eq!(song.at(1.0).bar, Some((6, 0.0)));
    }
}

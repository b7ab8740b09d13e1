//! A MIDI file that lies under the song in a DAW: markers where someone comes in or goes, one track of controllers for
//! each class.
//!
//! 120 beats a minute, so that a beat is half a second. Controllers are those that MIDI 1.0 leaves undefined (20 to 31,
//! then 102 to 119): nothing that listens changes its sound.

use crate::Analysis;
use midly::{
    Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind,
    num::{u15, u24, u28},
};
use std::io::{self, Write};

const TICKS_PER_BEAT: u16 = 480;
const MICROSECONDS_PER_BEAT: u32 = 500_000;
const TICKS_PER_S: f64 = TICKS_PER_BEAT as f64 * 1e6 / MICROSECONDS_PER_BEAT as f64;
/// Undefined controllers: 12 and 18 of them.
const CONTROLLERS: usize = 30;

/// Writes the file.
///
/// # Errors
/// `out` cannot be written, or the rows cannot be read.
pub fn write(analysis: &mut Analysis, out: &mut dyn Write) -> io::Result<()> {
    let timeline = &analysis.timeline;
    let mut marks: Vec<(u32, String)> = Vec::new();
    for range in &timeline.ranges {
        marks.push((tick(range.start_s), format!("{} in", range.class)));
        marks.push((tick(range.end_s), format!("{} out", range.class)));
    }
    marks.sort();
    let file = timeline.file.clone().into_bytes();
    let mut first = Track::new(&file);
    first.push(0, TrackEventKind::Meta(MetaMessage::Tempo(u24::new(MICROSECONDS_PER_BEAT))));
    for (at, text) in &marks {
        first.push(*at, TrackEventKind::Meta(MetaMessage::Marker(text.as_bytes())));
    }
    let end = tick(timeline.settings.start_s + timeline.duration_s);
    let mut tracks = vec![first.end(end)];

    let classes = timeline.classes.clone();
    let mut curves: Vec<Track<'_>> = classes.iter().map(|class| Track::new(class.as_bytes())).collect();
    let mut shown: Vec<Option<u8>> = vec![None; classes.len()];
    for row in analysis.rows.read()? {
        let row = row?;
        for (class, &activity) in row.activity.iter().enumerate() {
            let value = (activity.clamp(0.0, 1.0) * 127.0).round() as u8;
            if shown[class].replace(value) != Some(value) {
                curves[class].push(tick(row.time_s), controller(class, value));
            }
        }
    }
    tracks.extend(curves.into_iter().map(|curve| curve.end(end)));
    let header = Header::new(Format::Parallel, Timing::Metrical(u15::new(TICKS_PER_BEAT)));
    let mut bytes = Vec::new();
    Smf { header, tracks }.write_std(&mut bytes)?;
    out.write_all(&bytes)
}

fn tick(seconds: f64) -> u32 {
    (seconds * TICKS_PER_S).round() as u32
}

fn controller(class: usize, value: u8) -> TrackEventKind<'static> {
    let number = match class % CONTROLLERS {
        low @ 0..12 => 20 + low,
        high => 102 + high - 12,
    };
    TrackEventKind::Midi {
        channel: ((class / CONTROLLERS % 16) as u8).into(),
        message: MidiMessage::Controller { controller: (number as u8).into(), value: value.into() },
    }
}

/// Events with absolute ticks on their way to relative ones.
struct Track<'a> {
    at: u32,
    events: Vec<TrackEvent<'a>>,
}

impl<'a> Track<'a> {
    fn new(name: &'a [u8]) -> Self {
        let mut track = Self { at: 0, events: Vec::new() };
        track.push(0, TrackEventKind::Meta(MetaMessage::TrackName(name)));
        track
    }

    fn push(&mut self, at: u32, kind: TrackEventKind<'a>) {
        // Centres of windows can lie after the audio's end.
        let delta = at.saturating_sub(self.at);
        self.at += delta;
        self.events.push(TrackEvent { delta: u28::new(delta), kind });
    }

    fn end(mut self, at: u32) -> Vec<TrackEvent<'a>> {
        self.push(at, TrackEventKind::Meta(MetaMessage::EndOfTrack));
        self.events
    }
}

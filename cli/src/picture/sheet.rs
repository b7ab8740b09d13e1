//! Everything that a picture shows, in the order and the words in which it shows it.

use crate::analyze::Analysis;
use crate::inputs::STDIN;
use crate::time::clock;
use rollcall_classes::{Family, display_name, place};
use rollcall_engine::MEL_BANDS;
use rollcall_results::{Fold, Folding};
use std::io;

/// Between this and twice as many steps stand for a long file.
const HALF: usize = 2_048;

/// What there is to see of one file.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The file's path as given.
    pub(super) file: String,
    /// Its name without folders.
    pub(super) title: String,
    /// Length, rate, channels, model.
    pub(super) facts: String,
    /// Why it ends early, if it does, and what else is to be said.
    pub(super) warning: Option<String>,
    /// First second, and the one after the last.
    pub(super) span_s: (f64, f64),
    /// Least and greatest sample of each column; empty without audio.
    pub(super) wave: Vec<(f32, f32)>,
    /// Seconds of a column.
    pub(super) wave_step_s: f64,
    /// Log-mel of each column; empty without audio.
    pub(super) mel: Vec<[u8; MEL_BANDS]>,
    /// Seconds of a column.
    pub(super) mel_step_s: f64,
    /// Instruments, by family.
    pub(super) lanes: Vec<Lane>,
    /// Seconds of a cell of a lane.
    pub(super) cell_s: f64,
    /// Where the first cell begins, in seconds.
    pub(super) cells_from_s: f64,
}

/// One instrument.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) family: usize,
    pub(super) threshold: f32,
    /// Activity over time, 0..=255.
    pub(super) cells: Vec<u8>,
    /// Start, end, mean, peak.
    pub(super) ranges: Vec<(f64, f64, f32, f32)>,
    /// Seconds in ranges.
    pub(super) seconds: f64,
    /// Mean activity of its ranges times their seconds: what the headline is sorted by.
    pub(super) weight: f64,
}

#[derive(Clone, Debug)]
struct Cells(Vec<u8>);

impl Fold for Cells {
    /// The greatest: what was heard at all stays to be seen.
    fn fold(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(cell, value)| *cell = (*cell).max(*value));
    }
}

impl Sheet {
    /// Of an analysis.
    ///
    /// # Errors
    /// The rows of a long file cannot be read.
    pub fn new(analysis: &mut Analysis) -> io::Result<Self> {
        let mut cells: Folding<Cells> = Folding::new(HALF);
        for row in analysis.rows.read()? {
            let byte = |activity: &f32| (activity.clamp(0.0, 1.0) * 255.0).round() as u8;
            cells.push(Cells(row?.activity.iter().map(byte).collect()));
        }
        let timeline = &analysis.timeline;
        let start_s = timeline.settings.start_s;
        let thresholds = &timeline.settings.ranges.thresholds;
        let lane = |(index, class): (usize, &String)| {
            let ranges = timeline.ranges.iter().filter(|range| &range.class == class);
            let ranges: Vec<_> =
                ranges.map(|range| (range.start_s, range.end_s, range.mean, range.peak)).collect();
            Lane {
                name: display_name(class),
                family: Family::of(class).index(),
                threshold: thresholds.get(index).copied().unwrap_or(0.5),
                cells: cells.values().iter().map(|cells| cells.0[index]).collect(),
                seconds: ranges.iter().map(|range| range.1 - range.0).sum(),
                weight: ranges.iter().map(|range| (range.1 - range.0) * f64::from(range.2)).sum(),
                ranges,
            }
        };
        let mut order: Vec<(usize, &String)> = timeline.classes.iter().enumerate().collect();
        order.sort_by_key(|(index, class)| (place(class), *index));
        let (wave, wave_step_s) = analysis.overview.as_ref().map_or((Vec::new(), 0.0), |one| one.wave());
        let (mel, mel_step_s) = analysis.overview.as_ref().map_or((Vec::new(), 0.0), |one| one.log_mel());
        Ok(Self {
            title: match &analysis.channel {
                Some(channel) => format!("{}, channel {channel}", title(&timeline.file)),
                None => title(&timeline.file),
            },
            file: timeline.file.clone(),
            facts: facts(analysis),
            warning: warning(analysis),
            span_s: (start_s, start_s + timeline.duration_s.max(1e-3)),
            wave,
            wave_step_s,
            mel,
            mel_step_s,
            lanes: order.into_iter().map(lane).collect(),
            cell_s: timeline.hop_s * cells.inputs_per_value() as f64,
            cells_from_s: start_s - timeline.hop_s / 2.0,
        })
    }

    /// Lanes with ranges, whoever plays most and surest first.
    pub(super) fn heard(&self) -> Vec<&Lane> {
        let mut heard: Vec<&Lane> = self.lanes.iter().filter(|lane| !lane.ranges.is_empty()).collect();
        heard.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        heard
    }

    /// Share of the file that a lane plays, 0..=1.
    pub(super) fn share(&self, lane: &Lane) -> f64 {
        (lane.seconds / (self.span_s.1 - self.span_s.0)).clamp(0.0, 1.0)
    }
}

fn title(file: &str) -> String {
    match file {
        STDIN => "Standard input".to_owned(),
        file => file.rsplit(['/', '\\']).next().unwrap_or(file).to_owned(),
    }
}

fn facts(analysis: &Analysis) -> String {
    let timeline = &analysis.timeline;
    let channels = match timeline.channels {
        1 => "mono".to_owned(),
        2 => "stereo".to_owned(),
        channels => format!("{channels} channels"),
    };
    let (start_s, end_s) = (timeline.settings.start_s, timeline.settings.start_s + timeline.duration_s);
    let decimals = usize::from(timeline.duration_s < 60.0);
    let length = if start_s > 0.0 {
        format!("{} to {}", clock(start_s, decimals), clock(end_s, decimals))
    } else {
        clock(end_s, decimals)
    };
    format!(
        "{length}  ·  {} kHz, {channels}  ·  {} {}",
        f64::from(timeline.sample_rate_hz) / 1000.0,
        timeline.model.name,
        timeline.model.version
    )
}

/// Round steps for a time axis of so many seconds: at most `most` of them.
pub(super) fn tick_s(length_s: f64, most: usize) -> f64 {
    const STEPS_S: [f64; 17] = [
        0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0,
        7200.0,
    ];
    let fits = |step: &f64| length_s / step <= most as f64;
    STEPS_S.into_iter().find(fits).unwrap_or_else(|| (length_s / most as f64 / 3600.0).ceil() * 3600.0)
}

/// Why it ends early, and what else a person should know.
fn warning(analysis: &Analysis) -> Option<String> {
    let incomplete = analysis.incomplete.iter().map(|reason| format!("Incomplete: {reason}"));
    let notes = analysis.notes.iter().map(|note| format!("Note: {note}"));
    let all: Vec<String> = incomplete.chain(notes).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!([tick_s(28.0, 10), tick_s(3.0, 12), tick_s(200.0, 12)], [5.0, 0.5, 30.0]);
        assert_eq!(tick_s(360_000.0, 10), 36_000.0);
    }

    #[test]
    fn titles_are_names() {
        assert_eq!([title("a/b c.wav"), title("-"), title("x.wav")], ["b c.wav", "Standard input", "x.wav"]);
    }
}

//! Marks on the time axis: minutes and seconds, or the bars of the song.

use rollcall_board::History;

/// One mark.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// Seconds since the session began.
    pub(crate) time_s: f64,
    /// What is written there; empty for a minor mark.
    pub(crate) label: String,
}

/// What the axis counts now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ticks {
    Time,
    Bars,
}

/// Minutes and seconds; tenths where `fine`.
pub(crate) fn clock_text(time_s: f64, fine: bool) -> String {
    let tenths = (time_s.max(0.0) * 10.0).round() as u64;
    let (hours, minutes, seconds) = (tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60);
    let mut text = if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    };
    if fine {
        text.push_str(&format!(".{}", tenths % 10));
    }
    text
}

/// Bar and beat as people count them, from 1.
pub(crate) fn bar_text((bar, beat): (i32, f32)) -> String {
    format!("{}.{}", i64::from(bar) + 1, beat.max(0.0).floor() as i64 + 1)
}

/// Marks of a window, at most one for each `apart_s` seconds. Bars fall back to time where the song has none.
pub(crate) fn ticks(
    kind: Ticks,
    history: &History,
    (begin_s, end_s): (f64, f64),
    apart_s: f64,
) -> (Ticks, Vec<Tick>) {
    if kind == Ticks::Bars {
        let bars = bars(history, (begin_s, end_s), apart_s);
        if !bars.is_empty() {
            return (Ticks::Bars, bars);
        }
    }
    (Ticks::Time, clock((begin_s, end_s), apart_s))
}

fn clock((begin_s, end_s): (f64, f64), apart_s: f64) -> Vec<Tick> {
    const STEPS_S: [f64; 16] = [
        0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0,
        14_400.0,
    ];
    let step_s = STEPS_S.into_iter().find(|&step| step >= apart_s).unwrap_or(STEPS_S[15]);
    let first = (begin_s.max(0.0) / step_s).ceil() as i64;
    let last = (end_s / step_s).floor() as i64;
    (first..=last)
        .map(|i| {
            let time_s = i as f64 * step_s;
            Tick { time_s, label: clock_text(time_s, step_s < 1.0) }
        })
        .collect()
}

/// Where bars begin: the row after a bar line says how many beats ago it was, and two rows tell the tempo.
fn bars(history: &History, (begin_s, end_s): (f64, f64), apart_s: f64) -> Vec<Tick> {
    let from = history.index_at(begin_s).saturating_sub(1);
    let to = history.index_at(end_s) + 1;
    let mut lines: Vec<(f64, i32)> = Vec::new();
    let mut before: Option<(f64, f64, i32)> = None;
    for row in history.rows(from..to) {
        let position = row.position();
        let (Some(beats), Some((bar, into))) = (position.beats.filter(|_| position.playing), position.bar)
        else {
            before = None;
            continue;
        };
        let time_s = row.time_s();
        if let Some((then_s, then_beats, then_bar)) = before
            && bar == then_bar.saturating_add(1)
            && beats > then_beats
        {
            let seconds_a_beat = (time_s - then_s) / (beats - then_beats);
            lines.push((time_s - f64::from(into) * seconds_a_beat, bar));
        }
        before = Some((time_s, beats, bar));
    }
    lines.retain(|&(time_s, _)| time_s >= begin_s && time_s <= end_s);
    let shortest_s =
        lines.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|&s| s > 0.0).fold(f64::MAX, f64::min);
    let each = [1, 2, 4, 8, 16, 32, 64, 128, 256]
        .into_iter()
        .find(|&n| f64::from(n) * shortest_s >= apart_s)
        .unwrap_or(512);
    lines
        .into_iter()
        .filter(|(_, bar)| bar.rem_euclid(each) == 0)
        .map(|(time_s, bar)| Tick { time_s, label: (i64::from(bar) + 1).to_string() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_board::{HistoryWriter, RowData, SongPosition};

    #[test]
    fn clocks_read_well() {
        assert_eq!(clock_text(0.0, false), "0:00");
        assert_eq!(clock_text(83.46, true), "1:23.5");
        assert_eq!(clock_text(59.96, true), "1:00.0", "rounds up as a whole");
        assert_eq!(clock_text(3_725.0, false), "1:02:05");
        assert_eq!(clock_text(-3.0, false), "0:00");
        assert_eq!(bar_text((41, 2.5)), "42.3");
        assert_eq!(bar_text((-1, 0.0)), "0.1", "hosts count a pre-roll below 0");
    }

    #[test]
    fn marks_are_round_and_far_enough_apart() {
        for (span, apart) in [(10.0, 1.3), (60.0, 7.0), (600.0, 61.0), (20_000.0, 1_700.0)] {
            let marks = clock((3.3, 3.3 + span), apart);
            assert!(marks.len() >= 3, "{span}: {marks:?}");
            assert!(marks.windows(2).all(|pair| pair[1].time_s - pair[0].time_s >= apart));
            assert!(marks.iter().all(|tick| tick.time_s >= 3.3 && tick.time_s <= 3.3 + span));
        }
    }

    /// A song at 120 bpm in 4/4 that begins 3 s into the session.
    fn song() -> HistoryWriter {
        let mut writer = HistoryWriter::new(1);
        for i in 0..400 {
            let time_s = 0.48 + 0.16 * f64::from(i);
            let beats = (time_s - 3.0) * 2.0;
            let playing = beats >= 0.0;
            let bar = (beats / 4.0).floor();
            let position = SongPosition {
                playing,
                song_s: Some(time_s - 3.0),
                beats: Some(beats),
                bar: Some((bar as i32, (beats - bar * 4.0) as f32)),
                tempo_bpm: Some(120.0),
            };
            let row = RowData {
                time_s,
                position,
                level_dbfs: -20.0,
                gate_open: true,
                after_gap: false,
                another: None,
                hops: 16,
                activity: &[0.0],
            };
            writer.push(&row);
        }
        writer
    }

    #[test]
    fn bars_lie_on_the_bar_lines() {
        let history = song().view();
        let (kind, marks) = ticks(Ticks::Bars, &history, (10.0, 40.0), 1.0);
        assert_eq!(kind, Ticks::Bars);
        assert_eq!(marks[0].label, "5");
        for tick in &marks {
            let bar: f64 = tick.label.parse::<f64>().unwrap_or(f64::NAN) - 1.0;
            assert!((tick.time_s - (3.0 + bar * 2.0)).abs() < 1e-4, "{tick:?}");
        }
        let (_, sparse) = ticks(Ticks::Bars, &history, (10.0, 40.0), 7.0);
        assert_eq!(sparse.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>(), ["5", "9", "13", "17"]);
    }

    #[test]
    fn without_a_transport_the_axis_counts_time() {
        let (kind, marks) = ticks(Ticks::Bars, &History::default(), (0.0, 60.0), 9.0);
        assert_eq!((kind, marks.len()), (Ticks::Time, 7));
    }
}

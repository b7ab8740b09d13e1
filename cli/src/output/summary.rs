//! A short text for a person: who was heard, in order of activity, and when.

use super::setting::Setting;
use crate::{analyze::Analysis, time::clock};
use anstyle::{AnsiColor, Style};
use rollcall_engine::timeline::{Range, Timeline};
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    io::{self, Write},
};

const TITLE: Style = Style::new().bold();
const NAME: Style = AnsiColor::Cyan.on_default();
const STRIP: Style = AnsiColor::Green.on_default();
const FAINT: Style = Style::new().dimmed();
const WARNING: Style = AnsiColor::Yellow.on_default();

/// Cells of the strip that shows when someone plays; it is left out on narrow terminals.
const STRIP_CELLS: usize = 24;
const STRIP_FROM_WIDTH: usize = 80;
/// Of AudioSet's instruments, so many are named.
const LIKELIEST: usize = 5;
/// A cell by the share of its time that is played.
const SHADES: [char; 5] = ['·', '▂', '▄', '▆', '█'];

struct Heard<'a> {
    class: &'a str,
    ranges: Vec<&'a Range>,
    seconds: f64,
    activity: f64,
}

pub(super) fn write(analysis: &Analysis, setting: Setting<'_>, out: &mut dyn Write) -> io::Result<()> {
    if !setting.is_first {
        writeln!(out)?;
    }
    out.write_all(text(analysis, setting.width).as_bytes())
}

/// With ANSI colours; whoever writes it to something else than a terminal strips them.
fn text(analysis: &Analysis, width: usize) -> String {
    let timeline = &analysis.timeline;
    let mut text = String::new();
    let mut line =
        |args: std::fmt::Arguments<'_>| writeln!(text, "{args}").expect("a string takes everything");
    let rate_khz = f64::from(timeline.sample_rate_hz) / 1000.0;
    let channels = match timeline.channels {
        1 => String::from("mono"),
        2 => String::from("stereo"),
        channels => format!("{channels} channels"),
    };
    let channels = match (&analysis.channel, analysis.one_of_each()) {
        (_, Some(number)) => format!("{channels}, channel {number}"),
        (Some(name), None) => format!("{channels}, {name} alone"),
        (None, None) => channels,
    };
    let name = if timeline.file == crate::inputs::STDIN { "standard input" } else { &timeline.file };
    let from_s = timeline.settings.start_s;
    let from = if from_s > 0.0 { format!(" from {}", clock(from_s, 0)) } else { String::new() };
    let length = clock(timeline.duration_s, usize::from(timeline.duration_s < 60.0));
    line(format_args!("{TITLE}{name}{TITLE:#}  {FAINT}{length}{from}, {rate_khz} kHz, {channels}{FAINT:#}"));
    if let Some(reason) = &analysis.incomplete {
        line(format_args!("  {WARNING}incomplete: {reason}{WARNING:#}"));
    }
    for note in &analysis.notes {
        line(format_args!("  {WARNING}note: {note}{WARNING:#}"));
    }
    let heard = heard(analysis);
    let others = others(analysis);
    if heard.is_empty() && others.is_empty() {
        line(format_args!("  no instrument above its threshold{}", closest(analysis)));
    }
    let longest = heard.iter().map(|heard| heard.class.len()).max().unwrap_or(0);
    for one in &heard {
        let share = 100.0 * one.seconds / timeline.duration_s;
        let mut used = 2 + longest + 2 + 5 + 2;
        let mut strip = String::new();
        if width >= STRIP_FROM_WIDTH {
            strip = format!("{STRIP}{}{STRIP:#}  ", cells(&one.ranges, from_s, timeline.duration_s));
            used += STRIP_CELLS + 2;
        }
        let when = compact(&one.ranges, width.saturating_sub(used), timeline.duration_s < 60.0);
        line(format_args!("  {NAME}{:longest$}{NAME:#}  {strip}{share:3.0} %  {when}", one.class));
    }
    for other in others {
        let share = 100.0 * other.seconds / timeline.duration_s;
        let when = compact(&other.ranges, width.saturating_sub(30), timeline.duration_s < 60.0);
        line(format_args!(
            "  {FAINT}another instrument, perhaps {}: {share:.0} %  {when}{FAINT:#}",
            other.class
        ));
    }
    let events = analysis.others.iter().flat_map(|others| &others.events);
    let events: Vec<String> =
        events.take(LIKELIEST).map(|event| format!("{} {:.2}", event.name, event.probability)).collect();
    if !events.is_empty() {
        line(format_args!("  {FAINT}AudioSet: {}{FAINT:#}", events.join(", ")));
    }
    text
}

/// Instruments outside of the classes, the most active first.
fn others(analysis: &Analysis) -> Vec<Heard<'_>> {
    let ranges = || analysis.others.iter().flat_map(|others| &others.ranges);
    let names: BTreeSet<&str> = ranges().map(|range| range.class.as_str()).collect();
    by_activity(names.into_iter().map(|name| (name, ranges().filter(|range| range.class == name).collect())))
}

/// Classes with ranges, the most active first: activity times seconds.
fn heard(analysis: &Analysis) -> Vec<Heard<'_>> {
    let Timeline { classes, ranges, .. } = &analysis.timeline;
    let of = |class: &'_ str| ranges.iter().filter(|range| range.class == class).collect::<Vec<_>>();
    by_activity(classes.iter().map(|class| (class.as_str(), of(class))))
}

fn by_activity<'a>(all: impl Iterator<Item = (&'a str, Vec<&'a Range>)>) -> Vec<Heard<'a>> {
    let mut heard: Vec<Heard<'_>> = Vec::new();
    for (class, ranges) in all.filter(|(_, ranges)| !ranges.is_empty()) {
        let seconds = ranges.iter().map(|range| range.duration_s()).sum();
        let activity = ranges.iter().map(|range| range.duration_s() * f64::from(range.mean)).sum();
        heard.push(Heard { class, ranges, seconds, activity });
    }
    heard.sort_by(|a, b| b.activity.total_cmp(&a.activity));
    heard
}

/// Who came closest to its threshold, if anyone was above nothing at all.
fn closest(analysis: &Analysis) -> String {
    let thresholds = &analysis.timeline.settings.ranges.thresholds;
    let share = |index: &usize| analysis.peaks[*index].0 / thresholds[*index].max(f32::MIN_POSITIVE);
    let closest = (0..analysis.peaks.len()).max_by(|a, b| share(a).total_cmp(&share(b)));
    match closest.map(|index| (index, analysis.peaks[index])) {
        Some((index, (peak, time_s))) if peak > 0.01 => format!(
            "; closest: {} with {peak:.2} of {:.2} at {}",
            analysis.timeline.classes[index],
            thresholds[index],
            clock(time_s, 0)
        ),
        _ => String::new(),
    }
}

fn cells(ranges: &[&Range], start_s: f64, duration_s: f64) -> String {
    let cell_s = duration_s / STRIP_CELLS as f64;
    let played_s = |from_s: f64| -> f64 {
        ranges
            .iter()
            .map(|range| (range.end_s.min(from_s + cell_s) - range.start_s.max(from_s)).max(0.0))
            .sum()
    };
    let shade = |share: f64| match share {
        share if share < 0.02 => SHADES[0],
        share => SHADES[((share * 4.0).ceil() as usize).clamp(1, 4)],
    };
    (0..STRIP_CELLS).map(|cell| shade(played_s(start_s + cell as f64 * cell_s) / cell_s)).collect()
}

/// As many ranges as fit into `room` columns, at least one, and how many more there are.
fn compact(ranges: &[&Range], room: usize, is_short: bool) -> String {
    let decimals = usize::from(is_short);
    let mut text = String::new();
    for (index, range) in ranges.iter().enumerate() {
        let next = format!("{}-{}", clock(range.start_s, decimals), clock(range.end_s, decimals));
        let more = format!("  +{}", ranges.len() - index);
        if index > 0
            && text.len() + 2 + next.len() + if index + 1 < ranges.len() { more.len() } else { 0 } > room
        {
            text.push_str(&more);
            break;
        }
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(&next);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start_s: f64, end_s: f64) -> Range {
        Range { class: "piano".into(), start_s, end_s, mean: 0.5, peak: 0.9 }
    }

    #[test]
    fn ranges_fit_the_room() {
        let ranges = [range(12.0, 48.9), range(60.0, 75.0), range(3600.0, 3725.0)];
        let ranges: Vec<&Range> = ranges.iter().collect();
        assert_eq!(compact(&ranges, 100, false), "0:12-0:48, 1:00-1:15, 1:00:00-1:02:05");
        assert_eq!(compact(&ranges, 25, false), "0:12-0:48, 1:00-1:15  +1");
        assert_eq!(compact(&ranges, 1, false), "0:12-0:48  +2");
        assert_eq!(compact(&ranges[..1], 1, true), "0:12.0-0:48.9");
    }

    #[test]
    fn cells_show_where() {
        assert_eq!(cells(&[&range(0.0, 12.0)], 0.0, 24.0), format!("{}{}", "█".repeat(12), "·".repeat(12)));
        assert_eq!(cells(&[&range(11.0, 11.5)], 10.0, 24.0), format!("·▄{}", "·".repeat(22)));
    }
}

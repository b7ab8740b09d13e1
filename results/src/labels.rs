//! Ranges for other programs' label tracks: Audacity, `.lab`, Sonic Visualiser's `.svl`, REAPER's region manager.

use crate::Analysis;
use rollcall_media::time::clock;
use std::io::{self, Write};

/// Audacity: start, end and text, with tabs between them (File > Import > Labels).
///
/// # Errors
/// `out` cannot be written.
pub fn write_audacity(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    for range in &analysis.timeline.ranges {
        writeln!(out, "{:.6}\t{:.6}\t{}", range.start_s, range.end_s, range.class)?;
    }
    Ok(())
}

/// `.lab`: start, end and text with spaces between them, as HTK's successors, mir_eval and Sonic Visualiser read it.
///
/// # Errors
/// `out` cannot be written.
pub fn write_lab(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    for range in &analysis.timeline.ranges {
        writeln!(out, "{:.6} {:.6} {}", range.start_s, range.end_s, range.class.replace(' ', "_"))?;
    }
    Ok(())
}

/// REAPER: regions as View > Region/Marker Manager > Import reads them, with the ruler on minutes and seconds.
///
/// # Errors
/// `out` cannot be written.
pub fn write_reaper(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(["#", "Name", "Start", "End", "Length"])?;
    for (index, range) in analysis.timeline.ranges.iter().enumerate() {
        let time = |seconds| clock(seconds, 3);
        let (start, end, length) = (time(range.start_s), time(range.end_s), time(range.duration_s()));
        table.write_record([&format!("R{}", index + 1), &range.class, &start, &end, &length])?;
    }
    table.flush()
}

/// Sonic Visualiser: a region layer, one height for each class.
///
/// # Errors
/// `out` cannot be written.
pub fn write_svl(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let timeline = &analysis.timeline;
    let frame = |seconds: f64| (seconds * f64::from(timeline.sample_rate_hz)).round() as u64;
    let start = frame(timeline.settings.start_s);
    let end = frame(timeline.settings.start_s + timeline.duration_s);
    let name = escape(&format!("instruments: {}", timeline.file));
    let highest = timeline.classes.len().saturating_sub(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE sonic-visualiser>\n<sv>\n  <data>")?;
    writeln!(
        out,
        "    <model id=\"1\" name=\"{name}\" sampleRate=\"{}\" start=\"{start}\" end=\"{end}\" type=\"sparse\" \
         dimensions=\"3\" resolution=\"1\" notifyOnAdd=\"true\" dataset=\"0\" subtype=\"region\" \
         valueQuantization=\"0\" minimum=\"0\" maximum=\"{highest}\" units=\"\"/>",
        timeline.sample_rate_hz
    )?;
    writeln!(out, "    <dataset id=\"0\" dimensions=\"3\">")?;
    for range in &timeline.ranges {
        let height = timeline.classes.iter().position(|class| class == &range.class).unwrap_or(0);
        let (start, end) = (frame(range.start_s), frame(range.end_s));
        writeln!(
            out,
            "      <point frame=\"{start}\" value=\"{height}\" duration=\"{}\" label=\"{}\"/>",
            end - start,
            escape(&range.class)
        )?;
    }
    writeln!(out, "    </dataset>\n  </data>\n  <display>")?;
    writeln!(
        out,
        "    <layer id=\"2\" type=\"regions\" name=\"{name}\" model=\"1\" verticalScale=\"1\" plotStyle=\"0\"/>"
    )?;
    writeln!(out, "  </display>\n</sv>")
}

/// Text as the value of an XML attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '"' => escaped.push_str("&quot;"),
            // XML 1.0 knows no other control characters, not even escaped.
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

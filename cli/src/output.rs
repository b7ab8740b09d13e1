//! Results as files and text: one [`Analysis`] -> every format, and where each goes.

mod columns;
mod embeddings;
mod parquet_file;
mod plan;
mod setting;
mod summary;

pub(crate) use embeddings::EmbeddingsFile;
pub use embeddings::{EmbeddingsFormat, EmbeddingsTarget};
pub(crate) use plan::named;
pub use plan::{Plan, Target};
pub use setting::{Look, Setting};

use crate::{
    analyze::Analysis,
    picture::{self, Sheet},
};
use anyhow::Result;
use clap::ValueEnum;
pub use rollcall_files::AtomicFile;
use rollcall_results::{jams, json, labels, midi, table};
use std::{
    io::{self, Write},
    path::Path,
};

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum FormatName {
    /// For reading: instruments in order of activity, and when.
    Summary,
    /// Everything (`rollcall.timeline/1`); several files: one document a line.
    Json,
    /// Comma-separated, one row a step: file, time, one activity for each class.
    Csv,
    /// Comma-separated, one row a range: file, class, start, end, mean, peak; first, without a class, one about the file.
    CsvRanges,
    /// Label track for Audacity.
    Audacity,
    /// Labels as `start end class` (mir_eval, HTK's successors).
    Lab,
    /// Region layer for Sonic Visualiser.
    Svl,
    /// Annotations for MIR tools: tags and segments (JAMS 0.3).
    Jams,
    /// Regions for REAPER's region manager.
    Reaper,
    /// MIDI file: markers, and a track of controllers for each class.
    Midi,
    /// Parquet, one row a step and class.
    Parquet,
    /// Picture: wave-form, log-mel, heat map with ranges, summary.
    Png,
    /// The same picture as vectors.
    Svg,
    /// The same as a page for the browser: hover, zoom, listen.
    Html,
}

impl FormatName {
    /// What a file of this format is called: the input's name and this.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Summary => "summary.txt",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::CsvRanges => "ranges.csv",
            Self::Audacity => "labels.txt",
            Self::Lab => "lab",
            Self::Svl => "svl",
            Self::Jams => "jams",
            Self::Reaper => "regions.csv",
            Self::Midi => "mid",
            Self::Parquet => "parquet",
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Html => "html",
        }
    }

    /// The format that a file's name asks for.
    pub fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let mut formats: Vec<Self> = Self::value_variants().to_vec();
        // The longest suffix decides: `x.ranges.csv` is no `x.csv`.
        formats.sort_by_key(|format| std::cmp::Reverse(format.suffix().len()));
        let is_named = |format: &Self| name.ends_with(&format!(".{}", format.suffix()));
        formats.into_iter().find(is_named).or_else(|| match path.extension()?.to_str()? {
            "jsonl" | "ndjson" => Some(Self::Json),
            "txt" => Some(Self::Summary),
            "htm" => Some(Self::Html),
            _ => None,
        })
    }

    /// Whether it is bytes rather than text.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Midi | Self::Parquet | Self::Png)
    }

    /// Whether it is drawn, and needs the audio's wave-form.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Png | Self::Svg | Self::Html)
    }

    /// Whether several files may follow one another in one output.
    pub fn is_joinable(self) -> bool {
        matches!(self, Self::Summary | Self::Json | Self::Csv | Self::CsvRanges)
    }
}

/// Writes a result.
///
/// # Errors
/// `out` cannot be written, or the rows cannot be read.
pub fn write(
    format: FormatName,
    analysis: &mut Analysis,
    setting: Setting<'_>,
    out: &mut dyn Write,
) -> Result<()> {
    if format.is_picture() {
        let sheet = Sheet::new(analysis)?;
        let Look { theme, audio } = setting.look;
        return match format {
            FormatName::Png => picture::write_png(&sheet, theme, out),
            FormatName::Svg => picture::write_svg(&sheet, theme, out),
            _ => picture::write_html(&sheet, theme, audio, setting.folder, out),
        };
    }
    write_data(format, analysis, setting, out)?;
    Ok(())
}

fn write_data(
    format: FormatName,
    analysis: &mut Analysis,
    setting: Setting<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        FormatName::Summary => summary::write(analysis, setting, out),
        FormatName::Json => json::write(analysis, out),
        FormatName::Csv => table::write_steps(analysis, setting.is_first, out),
        FormatName::CsvRanges => table::write_ranges(analysis, setting.is_first, out),
        FormatName::Audacity => labels::write_audacity(analysis, out),
        FormatName::Lab => labels::write_lab(analysis, out),
        FormatName::Svl => labels::write_svl(analysis, out),
        FormatName::Jams => jams::write(analysis, out),
        FormatName::Reaper => labels::write_reaper(analysis, out),
        FormatName::Midi => midi::write(analysis, out),
        FormatName::Parquet => columns::write(analysis, out),
        FormatName::Png | FormatName::Svg | FormatName::Html => {
            unreachable!("pictures are drawn, not written")
        }
    }
}

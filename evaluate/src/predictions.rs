//! Predictions: what `rollcall analyze` writes as JSON, Parquet or CSV.

use crate::{Levels, Span, Thresholds, columns, ranges};
use anyhow::{Context, Result, bail, ensure};
use rollcall_engine::timeline::{
    ClassRange, MERGE_GAP_S, MIN_DURATION_S, RangeSettings, SCHEMA, Timeline, cut_ranges,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

/// What predictions may be called, in a folder.
const EXTENSIONS: [&str; 5] = ["json", "jsonl", "ndjson", "parquet", "csv"];
/// Folders with what Spark and `examples/spark` have not finished.
const UNFINISHED: [&str; 2] = ["_temporary", "_rollcall"];

/// What was said about one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The audio's path as it was analysed.
    pub file: String,
    /// Score and threshold of each class over the whole file: the posterior. It holds every class that was listened for, also those
    /// that were never heard; none, where the format has steps alone, whose greatest activity is another number. Of a table of ranges
    /// it is the greatest activity in them.
    pub clip: BTreeMap<String, (f32, f32)>,
    /// Classes that were listened for without a score in `clip`.
    pub listened: BTreeSet<String>,
    /// When who was above threshold.
    pub ranges: Vec<Span>,
    /// What would have been said at other thresholds, where the format has the activities.
    pub levels: Option<Levels>,
    /// First and last second that was analysed, where the format says so.
    pub span_s: Option<(f64, f64)>,
    /// Whether the format names every file and class that was listened for. A table of ranges that other programs wrote does
    /// not: there, silence and absence look alike.
    pub names_all: bool,
}

impl Prediction {
    pub(crate) fn empty(file: impl Into<String>) -> Self {
        let (clip, ranges) = (BTreeMap::new(), Vec::new());
        let listened = BTreeSet::new();
        Self { file: file.into(), clip, listened, ranges, levels: None, span_s: None, names_all: true }
    }
}

/// How ranges are cut where the predictions do not say how they were.
pub(crate) fn default_ranges() -> RangeSettings {
    RangeSettings { thresholds: Vec::new(), min_duration_s: MIN_DURATION_S, merge_gap_s: MERGE_GAP_S }
}

/// Reads a file, or every file of a folder that may be one: of the first of JSON, Parquet and CSV that is there, for they
/// all say the same.
///
/// # Errors
/// A file that cannot be read or is none of the formats; a folder without any.
pub fn read_predictions(path: &Path, thresholds: &Thresholds) -> Result<Vec<Prediction>> {
    let mut all = Vec::new();
    let rank = |file: &PathBuf| EXTENSIONS.iter().position(|known| *known == extension(file));
    let mut files = files(path, &EXTENSIONS)?;
    let first = files.iter().filter_map(rank).min();
    files.retain(|file| rank(file) == first);
    // The parts of a data set may hold rows of one file each.
    let mut tables = columns::DataSet::default();
    for file in files {
        let mut read = || match extension(&file).as_str() {
            "json" | "jsonl" | "ndjson" => timelines(&file, thresholds),
            "parquet" => tables.read(&file).map(|()| Vec::new()),
            "csv" => table(&file, thresholds),
            other => bail!(
                "'.{other}' is no format of predictions; give what `rollcall analyze` writes as JSON, Parquet or CSV"
            ),
        };
        all.extend(read().with_context(|| file.display().to_string())?);
    }
    all.extend(tables.predictions(thresholds).with_context(|| path.display().to_string())?);
    ensure!(!all.is_empty(), "{}: holds no predictions", path.display());
    Ok(all)
}

/// A path's files with one of these extensions: itself (whatever its extension), or those below it, sorted.
pub(crate) fn files(path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let metadata = path.metadata().with_context(|| format!("{}: cannot be read", path.display()))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let is_hidden = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let is_unfinished = entry.file_type().is_dir() && UNFINISHED.contains(&&*name);
        entry.depth() > 0 && (name.starts_with('.') || is_unfinished)
    };
    let mut found = Vec::new();
    let walk = walkdir::WalkDir::new(path).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|entry| !is_hidden(entry)) {
        let entry = entry?;
        if entry.file_type().is_file() && extensions.contains(&extension(entry.path()).as_str()) {
            found.push(entry.into_path());
        }
    }
    ensure!(!found.is_empty(), "{}: holds no file of these: .{}", path.display(), extensions.join(", ."));
    Ok(found)
}

/// In lower case, without the dot.
pub(crate) fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

/// Text without a byte order mark, as UTF-8.
pub(crate) fn text(path: &Path) -> Result<String> {
    let mut text = String::new();
    File::open(path)?.read_to_string(&mut text).context("is no UTF-8 text")?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

/// One timeline or many, one after another.
fn timelines(path: &Path, thresholds: &Thresholds) -> Result<Vec<Prediction>> {
    let reader = BufReader::new(File::open(path)?);
    let documents = serde_json::Deserializer::from_reader(reader).into_iter::<Timeline>();
    let mut predictions = Vec::new();
    for (index, timeline) in documents.enumerate() {
        let timeline = timeline
            .with_context(|| format!("document {} is no timeline of `rollcall analyze`", index + 1))?;
        ensure!(
            timeline.schema == SCHEMA,
            "document {} has the schema '{}', but must have '{SCHEMA}'",
            index + 1,
            timeline.schema
        );
        predictions.push(of_timeline(&timeline, thresholds)?);
    }
    Ok(predictions)
}

/// What a timeline says.
///
/// # Errors
/// Ranges that make no sense.
pub fn of_timeline(timeline: &Timeline, thresholds: &Thresholds) -> Result<Prediction> {
    let own = &timeline.settings.ranges.thresholds;
    let of = |index: usize, class: &str| thresholds.of(class, own.get(index).copied());
    let chosen: Vec<f32> = timeline.classes.iter().enumerate().map(|(i, class)| of(i, class)).collect();
    let Timeline { classes, times_s, activity, hop_s, .. } = timeline;
    let has_steps = !times_s.is_empty();
    let score =
        |(class, &at): (&String, &f32)| Some((class.clone(), (timeline.clip.get(class).copied()?, at)));
    let clip = classes.iter().zip(&chosen).filter_map(score).collect();
    let span_s = (timeline.settings.start_s, timeline.settings.start_s + timeline.duration_s);
    let levels = || Levels::new(classes, times_s, activity, &timeline.settings.ranges, *hop_s, span_s);
    let levels = has_steps.then(levels);
    let ranges = if thresholds.is_chosen() && has_steps {
        let settings = RangeSettings { thresholds: chosen, ..timeline.settings.ranges.clone() };
        let cut = cut_ranges(times_s, activity, &settings, *hop_s, span_s);
        cut.into_iter().map(|range: ClassRange| range.named(classes)).collect()
    } else {
        timeline.ranges.clone()
    };
    let ranges = ranges.into_iter().map(|range| Span::new(range.class, range.start_s, range.end_s));
    Ok(Prediction {
        file: timeline.file.clone(),
        clip,
        ranges: ranges.collect::<Result<_>>()?,
        listened: BTreeSet::new(),
        levels,
        span_s: Some(span_s),
        names_all: true,
    })
}

/// Activities over time of one file, from which all else follows.
pub(crate) struct Steps {
    pub(crate) classes: Vec<String>,
    pub(crate) times_s: Vec<f64>,
    pub(crate) activity: Vec<Vec<f32>>,
}

impl Steps {
    /// Cuts ranges as `own` says, with chosen thresholds over its own. `clip` is the posterior, if it is known. Without a
    /// `span_s` what was analysed is taken to be from the first step, which stands at its very first second, to the last, which is
    /// less than a step before its end: so nothing is judged that was not heard.
    pub(crate) fn predict(
        self,
        file: String,
        thresholds: &Thresholds,
        own: &RangeSettings,
        span_s: Option<(f64, f64)>,
        clip: &BTreeMap<String, f32>,
    ) -> Result<Prediction> {
        let of = |(index, class): (usize, &String)| thresholds.of(class, own.thresholds.get(index).copied());
        let chosen: Vec<f32> = self.classes.iter().enumerate().map(of).collect();
        let hop_s = self.times_s.windows(2).map(|pair| pair[1] - pair[0]).next().unwrap_or(0.0);
        ensure!(
            self.times_s.windows(2).all(|pair| pair[1] > pair[0]),
            "the times of '{file}' do not rise from row to row"
        );
        let settings = RangeSettings { thresholds: chosen.clone(), ..own.clone() };
        let first_s = self.times_s.first().copied().unwrap_or(0.0);
        let span_s = span_s.unwrap_or_else(|| (first_s, self.times_s.last().copied().unwrap_or(0.0)));
        let Self { classes, times_s, activity } = &self;
        let (ranges, levels) = if times_s.is_empty() {
            (Vec::new(), None)
        } else {
            let ranges = cut_ranges(times_s, activity, &settings, hop_s, span_s);
            (ranges, Some(Levels::new(classes, times_s, activity, own, hop_s, span_s)))
        };
        let span = |range: ClassRange| Span::new(&classes[range.class], range.start_s, range.end_s);
        let ranges: Vec<Span> = ranges.into_iter().map(span).collect::<Result<_>>()?;
        let score = |(class, &at): (&String, &f32)| Some((class.clone(), (clip.get(class).copied()?, at)));
        let scored: BTreeMap<String, (f32, f32)> = classes.iter().zip(&chosen).filter_map(score).collect();
        let listened = classes.iter().filter(|class| !scored.contains_key(*class)).cloned().collect();
        let span_s = Some(span_s);
        Ok(Prediction { clip: scored, listened, ranges, levels, span_s, ..Prediction::empty(file) })
    }
}

/// A row a step (`--format csv`) or a row a range (`--format csv-ranges`).
fn table(path: &Path, thresholds: &Thresholds) -> Result<Vec<Prediction>> {
    let text = text(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers()?.iter().map(|name| name.trim().to_owned()).collect();
    match header.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["file", "time_s", ..] if header.len() > 2 => steps(reader, &header[2..], thresholds),
        ["file", "class", "start_s", "end_s", ..] => ranges::read(reader, thresholds),
        _ => bail!(
            "the header is '{}', but must begin with 'file,time_s' and the classes (--format csv) or with \
             'file,class,start_s,end_s' (--format csv-ranges)",
            header.join(",")
        ),
    }
}

/// A cell of the record with this index.
pub(crate) fn number(record: &csv::StringRecord, index: usize, column: usize) -> Result<f64> {
    let text = record[column].trim();
    text.parse().with_context(|| format!("row {}, column {}: '{text}' is no number", index + 2, column + 1))
}

fn steps(mut reader: csv::Reader<&[u8]>, classes: &[String], at: &Thresholds) -> Result<Vec<Prediction>> {
    let mut files: Vec<(String, Steps)> = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record?;
        let number = |column| number(&record, index, column);
        if files.last().is_none_or(|(file, _)| file != &record[0]) {
            let steps = Steps { classes: classes.to_vec(), times_s: Vec::new(), activity: Vec::new() };
            files.push((record[0].to_owned(), steps));
        }
        let (_, steps) = files.last_mut().expect("one was pushed just now");
        steps.times_s.push(number(1)?);
        let row = (2..record.len()).map(|column| number(column).map(|value| value as f32));
        steps.activity.push(row.collect::<Result<_>>()?);
    }
    let own = default_ranges();
    let predict = |(file, steps): (String, Steps)| steps.predict(file, at, &own, None, &BTreeMap::new());
    files.into_iter().map(predict).collect()
}

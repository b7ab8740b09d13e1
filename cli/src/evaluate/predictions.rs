//! Predictions: what `rollcall analyze` writes as JSON, Parquet or CSV.

use super::{Levels, Span, columns};
use crate::settings::Choices;
use anyhow::{Context, Result, bail, ensure};
use rollcall_engine::timeline::{ClassRange, RangeSettings, SCHEMA, Timeline, cut_ranges};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

/// Threshold of classes that nothing else gives one.
const DEFAULT_THRESHOLD: f32 = 0.5;
/// Where only ranges are known, one of them, however weak, says that the class plays.
const ANY_RANGE: Option<f32> = Some(f32::MIN_POSITIVE);
/// What predictions may be called, in a folder.
const EXTENSIONS: [&str; 5] = ["json", "jsonl", "ndjson", "parquet", "csv"];

/// What was said about one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The audio's path as it was analysed.
    pub file: String,
    /// Score and threshold of each class over the whole file: the posterior where the format has it, else the greatest
    /// activity.
    pub clip: BTreeMap<String, (f32, f32)>,
    /// When who was above threshold.
    pub ranges: Vec<Span>,
    /// What would have been said at other thresholds, where the format has the activities.
    pub levels: Option<Levels>,
}

/// Thresholds from the command line.
#[derive(Clone, Debug, Default)]
pub struct Thresholds(Choices);

impl Thresholds {
    /// Of `--threshold [CLASS=]NUMBER`.
    ///
    /// # Errors
    /// Text that is neither, or a number outside 0..=1.
    pub fn parse(texts: &[String]) -> Result<Self> {
        let args = crate::args::ChoiceArgs { threshold: texts.to_vec(), ..Default::default() };
        let choices = Choices::from_args(&args)?;
        for value in choices.thresholds.values().chain(&choices.threshold) {
            ensure!((0.0..=1.0).contains(value), "--threshold is {value}, but must be 0 to 1");
        }
        Ok(Self(choices))
    }

    /// The threshold of a class, `own` being what the prediction brings along.
    pub fn of(&self, class: &str, own: Option<f32>) -> f32 {
        let chosen = self.0.thresholds.get(class).or(self.0.threshold.as_ref());
        chosen.map(|&value| value as f32).or(own).unwrap_or(DEFAULT_THRESHOLD)
    }

    fn is_chosen(&self) -> bool {
        self.0.threshold.is_some() || !self.0.thresholds.is_empty()
    }
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
    for file in files {
        let read = || match extension(&file).as_str() {
            "json" | "jsonl" | "ndjson" => timelines(&file, thresholds),
            "parquet" => columns::read(&file, thresholds),
            "csv" => table(&file, thresholds),
            other => bail!(
                "'.{other}' is no format of predictions; give what `rollcall analyze` writes as JSON, Parquet or CSV"
            ),
        };
        all.extend(read().with_context(|| file.display().to_string())?);
    }
    ensure!(!all.is_empty(), "{}: holds no predictions", path.display());
    Ok(all)
}

/// A path's files with one of these extensions: itself (whatever its extension), or those below it, sorted.
pub(super) fn files(path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>> {
    let metadata = path.metadata().with_context(|| format!("{}: cannot be read", path.display()))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        let entry = entry?;
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if entry.file_type().is_file() && !is_hidden && extensions.contains(&extension(entry.path()).as_str())
        {
            found.push(entry.into_path());
        }
    }
    ensure!(!found.is_empty(), "{}: holds no file of these: .{}", path.display(), extensions.join(", ."));
    Ok(found)
}

/// In lower case, without the dot.
pub(super) fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

/// Text without a byte order mark, as UTF-8.
pub(super) fn text(path: &Path) -> Result<String> {
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
        predictions.push(of_timeline(timeline, thresholds)?);
    }
    Ok(predictions)
}

fn of_timeline(timeline: Timeline, thresholds: &Thresholds) -> Result<Prediction> {
    let own = &timeline.settings.ranges.thresholds;
    let of = |index: usize, class: &str| thresholds.of(class, own.get(index).copied());
    let chosen: Vec<f32> = timeline.classes.iter().enumerate().map(|(i, class)| of(i, class)).collect();
    let score = |class: &String| timeline.clip.get(class).copied();
    let clip = timeline.classes.iter().zip(&chosen);
    let clip = clip.filter_map(|(class, &at)| Some((class.clone(), (score(class)?, at)))).collect();
    let Timeline { classes, times_s, activity, hop_s, .. } = &timeline;
    let span_s = (timeline.settings.start_s, timeline.settings.start_s + timeline.duration_s);
    let has_steps = !times_s.is_empty();
    let levels = || Levels::new(classes, times_s, activity, &timeline.settings.ranges, *hop_s, span_s);
    let levels = has_steps.then(levels);
    let ranges = if thresholds.is_chosen() && has_steps {
        let settings = RangeSettings { thresholds: chosen, ..timeline.settings.ranges.clone() };
        let cut = cut_ranges(times_s, activity, &settings, *hop_s, span_s);
        cut.into_iter().map(|range: ClassRange| range.named(classes)).collect()
    } else {
        timeline.ranges
    };
    let ranges = ranges.into_iter().map(|range| Span::new(range.class, range.start_s, range.end_s));
    Ok(Prediction { file: timeline.file, clip, ranges: ranges.collect::<Result<_>>()?, levels })
}

/// Activities over time of one file, from which all else follows.
pub(super) struct Steps {
    pub(super) classes: Vec<String>,
    pub(super) times_s: Vec<f64>,
    pub(super) activity: Vec<Vec<f32>>,
}

impl Steps {
    /// Cuts ranges as `own` says, with chosen thresholds over its own. `clip` is the posterior, if it is known.
    pub(super) fn predict(
        self,
        file: String,
        thresholds: &Thresholds,
        own: &RangeSettings,
        duration_s: Option<f64>,
        clip: Option<&BTreeMap<String, f32>>,
    ) -> Result<Prediction> {
        let of = |(index, class): (usize, &String)| thresholds.of(class, own.thresholds.get(index).copied());
        let chosen: Vec<f32> = self.classes.iter().enumerate().map(of).collect();
        let hop_s = self.times_s.windows(2).map(|pair| pair[1] - pair[0]).next().unwrap_or(0.0);
        ensure!(
            self.times_s.windows(2).all(|pair| pair[1] > pair[0]),
            "the times of '{file}' do not rise from row to row"
        );
        let settings = RangeSettings { thresholds: chosen.clone(), ..own.clone() };
        let mut greatest = vec![0.0_f32; self.classes.len()];
        for row in &self.activity {
            greatest.iter_mut().zip(row).for_each(|(most, &value)| *most = most.max(value));
        }
        let end_s = duration_s.unwrap_or_else(|| self.times_s.last().map_or(0.0, |last| last + hop_s / 2.0));
        let Self { classes, times_s, activity } = &self;
        let ranges = cut_ranges(times_s, activity, &settings, hop_s, (0.0, end_s));
        let levels = Levels::new(classes, times_s, activity, own, hop_s, (0.0, end_s));
        let span = |range: ClassRange| Span::new(&classes[range.class], range.start_s, range.end_s);
        let ranges: Vec<Span> = ranges.into_iter().map(span).collect::<Result<_>>()?;
        let score = |(index, class): (usize, &String)| {
            let known = clip.and_then(|clip| clip.get(class)).copied();
            (class.clone(), (known.unwrap_or(greatest[index]), chosen[index]))
        };
        let clip = classes.iter().enumerate().map(score).collect();
        Ok(Prediction { file, clip, ranges, levels: Some(levels) })
    }
}

/// A row a step (`--format csv`) or a row a range (`--format csv-ranges`).
fn table(path: &Path, thresholds: &Thresholds) -> Result<Vec<Prediction>> {
    let text = text(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers()?.iter().map(|name| name.trim().to_owned()).collect();
    match header.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["file", "time_s", ..] if header.len() > 2 => steps(reader, &header[2..], thresholds),
        ["file", "class", "start_s", "end_s", ..] => ranges(reader, thresholds),
        _ => bail!(
            "the header is '{}', but must begin with 'file,time_s' and the classes (--format csv) or with \
             'file,class,start_s,end_s' (--format csv-ranges)",
            header.join(",")
        ),
    }
}

/// A cell of the record with this index.
fn number(record: &csv::StringRecord, index: usize, column: usize) -> Result<f64> {
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
    let defaults = Choices::defaults();
    let own = RangeSettings {
        thresholds: Vec::new(),
        min_duration_s: defaults.min_duration_s.unwrap_or(0.0),
        merge_gap_s: defaults.merge_gap_s.unwrap_or(0.0),
    };
    files.into_iter().map(|(file, steps)| steps.predict(file, at, &own, None, None)).collect()
}

fn ranges(mut reader: csv::Reader<&[u8]>, thresholds: &Thresholds) -> Result<Vec<Prediction>> {
    let peak = reader.headers()?.iter().position(|name| name.trim() == "peak");
    let mut files: BTreeMap<String, Prediction> = BTreeMap::new();
    for (index, record) in reader.records().enumerate() {
        let record = record?;
        let number = |column| number(&record, index, column);
        let span =
            Span::new(&record[1], number(2)?, number(3)?).with_context(|| format!("row {}", index + 2))?;
        let score = peak.map_or(Ok(1.0), number)? as f32;
        let fresh = || Prediction {
            file: record[0].to_owned(),
            clip: BTreeMap::new(),
            ranges: Vec::new(),
            levels: None,
        };
        let prediction = files.entry(record[0].to_owned()).or_insert_with(fresh);
        let at = thresholds.of(&span.class, ANY_RANGE);
        let clip = prediction.clip.entry(span.class.clone()).or_insert((0.0, at));
        clip.0 = clip.0.max(score);
        prediction.ranges.push(span);
    }
    // A class without a range in one file scored 0 there, not nothing.
    let classes: Vec<String> = files.values().flat_map(|file| file.clip.keys().cloned()).collect();
    for prediction in files.values_mut() {
        for class in &classes {
            prediction.clip.entry(class.clone()).or_insert((0.0, thresholds.of(class, ANY_RANGE)));
        }
    }
    Ok(files.into_values().collect())
}

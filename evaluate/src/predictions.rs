//! Predictions: what `rollcall analyze` writes as JSON, Parquet or CSV.

use crate::prediction::{Prediction, Steps, default_ranges};
use crate::ranges::number;
use crate::{Levels, Span, Thresholds, columns, ranges};
use anyhow::{Context, Result, bail, ensure};
use rollcall_engine::timeline::{ClassRange, RangeSettings, SCHEMA, Timeline, cut_ranges};
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

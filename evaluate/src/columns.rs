//! Predictions from Parquet in long form: what `--format parquet` writes for a file, what pandas or Spark put together of many,
//! and the catalogue of `examples/spark`, whose column `analysis` holds what the metadata of a single file do.
//!
//! A data set's parts may hold a file's rows in any order and in any of them: the posterior of the whole file here, its steps
//! there. So all parts are read before anything is said of a file.

use crate::prediction::{Steps, default_ranges};
use crate::{Prediction, Thresholds};
use anyhow::{Context, Result, bail, ensure};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use rollcall_engine::timeline::RangeSettings;
use serde_json::Value;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs::File,
    path::Path,
    sync::Arc,
};

/// One or more Parquet files.
#[derive(Default)]
pub(crate) struct DataSet {
    files: BTreeMap<String, Rows>,
    /// Settings by their text, which thousands of files share.
    settings: BTreeMap<String, Arc<Value>>,
}

/// What is known of one file.
#[derive(Default)]
struct Rows {
    clip: BTreeMap<String, f32>,
    /// Where each class stands in a step's activities.
    classes: BTreeMap<String, usize>,
    /// By time: as bits, whose order is that of numbers from 0 on.
    steps: BTreeMap<u64, Vec<Option<f32>>>,
    settings: Option<Arc<Value>>,
    duration_s: Option<f64>,
}

/// Columns by what they hold.
struct Places {
    file: usize,
    time_s: usize,
    class: usize,
    activity: usize,
    analysis: Option<usize>,
    duration_s: Option<usize>,
}

impl DataSet {
    pub(crate) fn read(&mut self, path: &Path) -> Result<()> {
        let reader = SerializedFileReader::new(File::open(path)?).context("is no Parquet file")?;
        let metadata = reader.metadata().file_metadata();
        let names: Vec<&str> = metadata.schema_descr().columns().iter().map(|column| column.name()).collect();
        let column = |name: &str| names.iter().position(|known| *known == name);
        let place = |name: &str| {
            column(name).with_context(|| format!("has no column '{name}', but: {}", names.join(" ")))
        };
        let places = Places {
            file: place("file")?,
            time_s: place("time_s")?,
            class: place("class")?,
            activity: place("activity")?,
            analysis: column("analysis"),
            duration_s: column("duration_s"),
        };
        let pairs = metadata.key_value_metadata().into_iter().flatten();
        let head = pairs.filter(|pair| pair.key == "rollcall").find_map(|pair| pair.value.clone());
        let head = head.map(|text| self.settings(&text)).transpose()?;
        for row in reader.get_row_iter(None)? {
            let row = row?;
            let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
            self.take(&fields, &places, head.as_ref())?;
        }
        Ok(())
    }

    fn take(&mut self, fields: &[&Field], places: &Places, head: Option<&Arc<Value>>) -> Result<()> {
        let file = word(fields[places.file])?.context("a file has no name")?;
        // A file that could not be analysed: nothing was said about it.
        let Some(class) = word(fields[places.class])? else { return Ok(()) };
        let time_s = number(fields[places.time_s])?;
        let activity = number(fields[places.activity])?;
        let activity =
            activity.with_context(|| format!("'{file}': the activity of '{class}' is null"))? as f32;
        if !self.files.contains_key(file) {
            let settings = places.analysis.and_then(|column| word(fields[column]).transpose()).transpose()?;
            let settings = settings.map(|text| self.settings(text)).transpose()?;
            let duration_s =
                places.duration_s.and_then(|column| number(fields[column]).transpose()).transpose()?;
            let rows = Rows {
                duration_s: duration_s.or_else(|| head?["duration_s"].as_f64()),
                settings: settings.or_else(|| head.cloned()),
                ..Rows::default()
            };
            self.files.insert(file.to_owned(), rows);
        }
        let rows = self.files.get_mut(file).expect("it is there by now");
        rows.take(time_s, class, activity).with_context(|| format!("'{file}'"))
    }

    fn settings(&mut self, text: &str) -> Result<Arc<Value>> {
        if let Some(known) = self.settings.get(text) {
            return Ok(Arc::clone(known));
        }
        let parsed: Value = serde_json::from_str(text).context("the settings are no JSON")?;
        let parsed = Arc::new(parsed);
        // Each file's own metadata are kept by that file alone.
        if self.settings.len() < 1_000 {
            self.settings.insert(text.to_owned(), Arc::clone(&parsed));
        }
        Ok(parsed)
    }

    pub(crate) fn predictions(self, thresholds: &Thresholds) -> Result<Vec<Prediction>> {
        self.files.into_iter().map(|(file, rows)| rows.done(file, thresholds)).collect()
    }
}

impl Rows {
    fn take(&mut self, time_s: Option<f64>, class: &str, activity: f32) -> Result<()> {
        let Some(time_s) = time_s else {
            let before = self.clip.insert(class.to_owned(), activity);
            ensure!(before.is_none_or(|before| before == activity), "has two posteriors of '{class}'");
            return Ok(());
        };
        ensure!(time_s >= 0.0 && time_s.is_finite(), "has a step at {time_s} s");
        let next = self.classes.len();
        let place = match self.classes.get(class) {
            Some(&place) => place,
            None => *self.classes.entry(class.to_owned()).or_insert(next),
        };
        // -0.0 is 0.
        let row = match self.steps.entry((time_s + 0.0).to_bits()) {
            Entry::Occupied(row) => row.into_mut(),
            Entry::Vacant(row) => row.insert(Vec::with_capacity(next.max(1))),
        };
        if row.len() <= place {
            row.resize(place + 1, None);
        }
        ensure!(
            row[place].replace(activity).is_none_or(|before| before == activity),
            "has two activities of '{class}' at {time_s} s"
        );
        Ok(())
    }

    fn done(self, file: String, at: &Thresholds) -> Result<Prediction> {
        let Self { clip, classes: places, steps, settings, duration_s } = self;
        let head = settings.as_deref().unwrap_or(&Value::Null);
        let start_s = head["settings"]["start_s"].as_f64().unwrap_or(0.0);
        let span_s = duration_s.map(|length_s| (start_s, start_s + length_s));
        let mut sorted: Vec<(String, usize)> = places.into_iter().collect();
        sorted.sort_by_key(|(_, place)| *place);
        let mut classes: Vec<String> = sorted.into_iter().map(|(class, _)| class).collect();
        if classes.is_empty() {
            classes = clip.keys().cloned().collect();
        }
        let mut own: RangeSettings = match &head["settings"] {
            Value::Null => default_ranges(),
            settings => serde_json::from_value(settings.clone()).context("the settings of the ranges")?,
        };
        // Thresholds come in the model's order of classes, which the rows need not have kept.
        let order = head["classes"].as_array();
        let order: Vec<&str> = order.into_iter().flatten().filter_map(Value::as_str).collect();
        if order.len() == own.thresholds.len() && !order.is_empty() {
            let of = |class: &String| order.iter().position(|known| known == class);
            let threshold = |class: &String| of(class).map(|place| own.thresholds[place]);
            own.thresholds = classes.iter().map(|class| threshold(class).unwrap_or(0.5)).collect();
        }
        let mut times_s = Vec::with_capacity(steps.len());
        let mut activity = Vec::with_capacity(steps.len());
        for (time_s, row) in steps {
            let time_s = f64::from_bits(time_s);
            let row: Option<Vec<f32>> =
                (0..classes.len()).map(|place| row.get(place).copied().flatten()).collect();
            let Some(row) = row else { bail!("'{file}' has not all classes at {time_s} s") };
            times_s.push(time_s);
            activity.push(row);
        }
        let steps = Steps { classes, times_s, activity };
        let mut prediction = steps.predict(file, at, &own, span_s, &clip)?;
        if prediction.levels.is_none() && duration_s.is_none() {
            prediction.span_s = None;
        }
        Ok(prediction)
    }
}

fn word(field: &Field) -> Result<Option<&str>> {
    match field {
        Field::Null => Ok(None),
        Field::Str(text) => Ok(Some(text)),
        other => bail!("{other} stands where a text must stand"),
    }
}

fn number(field: &Field) -> Result<Option<f64>> {
    match field {
        Field::Null => Ok(None),
        Field::Double(value) => Ok(Some(*value)),
        Field::Float(value) => Ok(Some(f64::from(*value))),
        other => bail!("{other} stands where a number must stand"),
    }
}

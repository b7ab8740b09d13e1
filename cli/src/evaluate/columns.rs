//! Predictions from Parquet in long form (`--format parquet`): one file, or many written together by pandas or Spark.

use super::predictions::{Prediction, Steps, Thresholds};
use anyhow::{Context, Result, bail, ensure};
use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use rollcall_engine::timeline::RangeSettings;
use serde_json::Value;
use std::{collections::BTreeMap, fs::File, path::Path};

/// One file's rows, as they come.
struct Rows {
    file: String,
    clip: BTreeMap<String, f32>,
    steps: Steps,
}

pub(super) fn read(path: &Path, thresholds: &Thresholds) -> Result<Vec<Prediction>> {
    let reader = SerializedFileReader::new(File::open(path)?).context("is no Parquet file")?;
    let metadata = reader.metadata().file_metadata();
    let names: Vec<&str> = metadata.schema_descr().columns().iter().map(|column| column.name()).collect();
    let place = |name: &str| {
        let found = names.iter().position(|known| *known == name);
        found.with_context(|| format!("has no column '{name}', but: {}", names.join(" ")))
    };
    let columns = (place("file")?, place("time_s")?, place("class")?, place("activity")?);
    let pairs = metadata.key_value_metadata().into_iter().flatten();
    let head = pairs.filter(|pair| pair.key == "rollcall").find_map(|pair| pair.value.as_deref());
    let head: Value = head.map(serde_json::from_str).transpose()?.unwrap_or(Value::Null);
    let own: RangeSettings = serde_json::from_value(head["settings"].clone()).unwrap_or_default();
    let duration_s = head["duration_s"]
        .as_f64()
        .map(|length_s| length_s + head["settings"]["start_s"].as_f64().unwrap_or(0.0));

    let mut predictions = Vec::new();
    let mut open: Option<Rows> = None;
    for row in reader.get_row_iter(None)? {
        let row = row?;
        let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
        let (file, class) = (word(fields[columns.0])?, word(fields[columns.2])?);
        if open.as_ref().is_none_or(|rows| rows.file != file) {
            let steps = Steps { classes: Vec::new(), times_s: Vec::new(), activity: Vec::new() };
            let before = open.replace(Rows { file: file.to_owned(), clip: BTreeMap::new(), steps });
            predictions.extend(before.map(|rows| rows.done(thresholds, &own, duration_s)).transpose()?);
        }
        let rows = open.as_mut().expect("one was opened just now");
        let activity = number(fields[columns.3])?.context("an activity is null")? as f32;
        rows.take(number(fields[columns.1])?, class, activity)?;
    }
    predictions.extend(open.map(|rows| rows.done(thresholds, &own, duration_s)).transpose()?);
    Ok(predictions)
}

impl Rows {
    fn take(&mut self, time_s: Option<f64>, class: &str, activity: f32) -> Result<()> {
        let Some(time_s) = time_s else {
            self.clip.insert(class.to_owned(), activity);
            return Ok(());
        };
        let steps = &mut self.steps;
        if steps.times_s.last() != Some(&time_s) {
            steps.times_s.push(time_s);
            steps.activity.push(Vec::with_capacity(steps.classes.len()));
        }
        let is_first = steps.times_s.len() == 1;
        let row = steps.activity.last_mut().expect("as many rows as times");
        if is_first {
            steps.classes.push(class.to_owned());
        }
        ensure!(
            steps.classes.get(row.len()).is_some_and(|known| known == class),
            "'{}' at {time_s} s has the class '{class}' where another one stands at its first time; sort the rows by file, \
             time and class",
            self.file
        );
        row.push(activity);
        Ok(())
    }

    fn done(self, at: &Thresholds, own: &RangeSettings, duration_s: Option<f64>) -> Result<Prediction> {
        let classes = self.steps.classes.len();
        let short = self.steps.activity.iter().position(|row| row.len() != classes);
        if let Some(index) = short {
            bail!("'{}' has not all classes at {} s", self.file, self.steps.times_s[index]);
        }
        self.steps.predict(self.file, at, own, duration_s, Some(&self.clip))
    }
}

fn word(field: &Field) -> Result<&str> {
    match field {
        Field::Str(text) => Ok(text),
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

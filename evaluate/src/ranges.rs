//! Predictions from a table of ranges (`--format csv-ranges`).
//!
//! `rollcall analyze` begins each file with a row without a class: its `start_s` and `end_s` are what was analysed, its `classes`
//! who was listened for. So a file in which nobody was heard, and a class that was heard nowhere, are in the table. Sorting,
//! filtering and saving it in a spreadsheet keep that. Tables of other programs have no such rows ([`Prediction::names_all`]).

use crate::{Prediction, Span, Thresholds};
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// Where only ranges are known, one of them, however weak, says that the class plays.
const ANY_RANGE: Option<f32> = Some(f32::MIN_POSITIVE);

pub(crate) fn read(mut reader: csv::Reader<&[u8]>, thresholds: &Thresholds) -> Result<Vec<Prediction>> {
    let header = reader.headers()?.clone();
    let place = |wanted: &str| header.iter().position(|name| name.trim() == wanted);
    let (peak, listed) = (place("peak"), place("classes"));
    let mut files: BTreeMap<String, Prediction> = BTreeMap::new();
    let mut classes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (index, record) in reader.records().enumerate() {
        let record = record?;
        let number = |column| number(&record, index, column);
        let file = &record[0];
        let prediction = files
            .entry(file.to_owned())
            .or_insert_with(|| Prediction { names_all: false, ..Prediction::empty(file) });
        let class = record[1].trim();
        let span = Span::new(class, number(2)?, number(3)?).with_context(|| format!("row {}", index + 2))?;
        if class.is_empty() {
            let listed = listed.map_or("", |column| record[column].trim());
            ensure!(!listed.is_empty(), "row {}: has neither a class nor a list of 'classes'", index + 2);
            let own = classes.entry(file.to_owned()).or_default();
            own.extend(listed.split(';').map(|class| class.trim().to_owned()));
            prediction.span_s = Some((span.start_s, span.end_s));
            prediction.names_all = true;
            continue;
        }
        let score = peak.map_or(Ok(1.0), number)? as f32;
        let at = thresholds.of(class, ANY_RANGE);
        let clip = prediction.clip.entry(class.to_owned()).or_insert((0.0, at));
        clip.0 = clip.0.max(score);
        prediction.ranges.push(span);
    }
    // A class without a range in one file scored 0 there, not nothing.
    let said: BTreeSet<String> = files.values().flat_map(|file| file.clip.keys().cloned()).collect();
    for (file, prediction) in &mut files {
        for class in classes.get(file).unwrap_or(&said) {
            prediction.clip.entry(class.clone()).or_insert((0.0, thresholds.of(class, ANY_RANGE)));
        }
    }
    Ok(files.into_values().collect())
}

/// A cell of the record with this index.
pub(crate) fn number(record: &csv::StringRecord, index: usize, column: usize) -> Result<f64> {
    let text = record[column].trim();
    text.parse().with_context(|| format!("row {}, column {}: '{text}' is no number", index + 2, column + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<Vec<Prediction>> {
        read(csv::Reader::from_reader(text.as_bytes()), &Thresholds::default())
    }

    #[test]
    fn silence_and_classes_that_were_never_heard_are_said() {
        // Sorted by class, as a spreadsheet may have left it.
        let text = "file,class,start_s,end_s,mean,peak,classes\n\
                    a.wav,,0,10,,,piano;voice\nb.wav,,5,8,,,piano;voice\na.wav,piano,1,2,0.6,0.75,\n";
        let read = table(text).unwrap();
        let scores = |file: &Prediction| file.clip.iter().map(|(class, at)| (class.clone(), at.0)).collect();
        let named = |piano| vec![("piano".to_owned(), piano), ("voice".to_owned(), 0.0)];
        assert_eq!((read.len(), scores(&read[0]), scores(&read[1])), (2, named(0.75), named(0.0)));
        assert_eq!((read[0].span_s, read[1].span_s), (Some((0.0, 10.0)), Some((5.0, 8.0))));
        assert!(read.iter().all(|file| file.names_all));
    }

    #[test]
    fn a_table_of_others_names_what_it_names() {
        let read = table("file,class,start_s,end_s\na.wav,piano,1,2\nb.wav,voice,0,1\n").unwrap();
        assert!(read.iter().all(|file| !file.names_all && file.span_s.is_none() && file.clip.len() == 2));
        let error = table("file,class,start_s,end_s\na.wav,,1,2\n").unwrap_err().to_string();
        assert!(error.starts_with("row 2: has neither a class"), "{error}");
    }
}

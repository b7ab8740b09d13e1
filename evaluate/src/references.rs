//! References: labels of whole files (OpenMIC-2018's CSV, wide CSV, JAMS tags) and annotated ranges (JAMS segments, `.lab`,
//! Audacity's label tracks, CSV and TSV).

use crate::reference::{Reference, Unlisted};
use crate::{
    Span, labels,
    predictions::{extension, files, text},
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path};

/// What references may be called, in a folder.
const EXTENSIONS: [&str; 5] = ["csv", "tsv", "jams", "lab", "txt"];

/// Reads a file, or every file of a folder that may be one.
///
/// # Errors
/// A file that cannot be read or is none of the formats; a folder without any.
pub fn read_references(path: &Path, unlisted: &Unlisted) -> Result<Vec<Reference>> {
    let mut all = Vec::new();
    for file in files(path, &EXTENSIONS)? {
        let read = || -> Result<Vec<Reference>> {
            let name = file.to_string_lossy().into_owned();
            match extension(&file).as_str() {
                "csv" => table(&text(&file)?, b',', unlisted),
                "tsv" => table(&text(&file)?, b'\t', unlisted),
                "jams" => Ok(vec![jams(&text(&file)?, name, unlisted)?]),
                "lab" => Ok(vec![Reference::of_ranges(name, lines(&text(&file)?, None)?, unlisted)]),
                "txt" => Ok(vec![Reference::of_ranges(name, lines(&text(&file)?, Some('\t'))?, unlisted)]),
                other => bail!(
                    "'.{other}' is no format of references; give labels as .csv, annotations as .jams, or ranges as .lab, \
                     .txt (Audacity), .csv or .tsv"
                ),
            }
        };
        all.extend(read().with_context(|| file.display().to_string())?);
    }
    ensure!(!all.is_empty(), "{}: holds no references", path.display());
    Ok(all)
}

/// `start end class` a line, apart by `separator` or by spaces.
fn lines(text: &str, separator: Option<char>) -> Result<Vec<Span>> {
    let mut spans = Vec::new();
    for (index, line) in text.lines().enumerate() {
        // Audacity writes the frequencies of a selection on a line of its own that begins with a backslash.
        if line.trim().is_empty() || line.starts_with(['\\', '#']) {
            continue;
        }
        let fields: Vec<&str> = match separator {
            Some(separator) => line.splitn(3, separator).map(str::trim).collect(),
            None => {
                let (start, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line, ""));
                let (end, class) = rest.trim_start().split_once(char::is_whitespace).unwrap_or((rest, ""));
                vec![start, end, class.trim()]
            }
        };
        let span = match fields[..] {
            [start, end, class] if !class.is_empty() => {
                let number =
                    |text: &str| text.parse::<f64>().with_context(|| format!("'{text}' is no number"));
                number(start).and_then(|start_s| Span::new(class, start_s, number(end)?))
            }
            _ => Err(anyhow::anyhow!("'{line}' is not 'start end class'")),
        };
        spans.push(span.with_context(|| format!("line {}", index + 1))?);
    }
    Ok(spans)
}

/// Ranges or labels, as the header says.
fn table(text: &str, delimiter: u8, unlisted: &Unlisted) -> Result<Vec<Reference>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers()?.iter().map(|name| name.trim().to_lowercase()).collect();
    let place = |names: &[&str]| header.iter().position(|name| names.contains(&name.as_str()));
    let file = place(&["file", "filename", "sample_key", "track", "path"]);
    let ranges = (
        place(&["start_s", "start", "onset", "event_onset"]),
        place(&["end_s", "end", "offset", "event_offset"]),
        place(&["class", "label", "event_label", "instrument"]),
    );
    match (file, ranges) {
        (Some(file), (Some(start), Some(end), Some(class))) => {
            let mut all: BTreeMap<String, Vec<Span>> = BTreeMap::new();
            for (index, record) in reader.records().enumerate() {
                let record = record?;
                let spans = all.entry(record[file].to_owned()).or_default();
                // The DCASE way of saying that nothing happens in a file.
                if record[class].trim().is_empty() {
                    continue;
                }
                let number = |column: usize| {
                    let text = record[column].trim();
                    text.parse::<f64>().with_context(|| format!("'{text}' is no number"))
                };
                let span =
                    number(start).and_then(|start_s| Span::new(record[class].trim(), start_s, number(end)?));
                spans.push(span.with_context(|| format!("row {}", index + 2))?);
            }
            Ok(all.into_iter().map(|(file, spans)| Reference::of_ranges(file, spans, unlisted)).collect())
        }
        (Some(file), _) => labels::read(reader, &header, file),
        (None, _) => bail!(
            "the header is '{}', but must name a column 'file' (or 'sample_key'), and either 'instrument' and 'relevance' \
             (OpenMIC-2018), or a column for each class, or 'class', 'start_s' and 'end_s'",
            header.join(",")
        ),
    }
}

/// JAMS (Humphrey et al., 2014): tags are labels of the whole file, segments are ranges. A tag with a confidence below one
/// half says that the class does not play.
fn jams(text: &str, file: String, unlisted: &Unlisted) -> Result<Reference> {
    let document: Value = serde_json::from_str(text).context("is no JSON")?;
    let annotations = document["annotations"].as_array().context("has no list 'annotations': is it JAMS?")?;
    let mut reference = Reference { file, unlisted: unlisted.clone(), ..Reference::default() };
    let mut found = Vec::new();
    for annotation in annotations {
        let namespace = annotation["namespace"].as_str().unwrap_or_default();
        found.push(namespace);
        let is_tag = namespace.starts_with("tag_");
        if !is_tag && !namespace.starts_with("segment_") {
            continue;
        }
        if !is_tag {
            reference.ranges.get_or_insert_default();
        }
        for observation in annotation["data"].as_array().into_iter().flatten() {
            let class = observation["value"]
                .as_str()
                .with_context(|| format!("a value of '{namespace}' is no text"))?;
            if is_tag {
                let plays = observation["confidence"].as_f64().is_none_or(|confidence| confidence >= 0.5);
                *reference.labels.entry(class.to_owned()).or_insert(false) |= plays;
                continue;
            }
            let time = |key: &str| {
                observation[key]
                    .as_f64()
                    .with_context(|| format!("'{class}' in '{namespace}' has no number '{key}'"))
            };
            let (start_s, length_s) = (time("time")?, time("duration")?);
            reference.ranges.get_or_insert_default().push(Span::new(class, start_s, start_s + length_s)?);
        }
    }
    ensure!(
        reference.ranges.is_some() || found.iter().any(|namespace| namespace.starts_with("tag_")),
        "has neither tags nor segments, but: {}",
        found.join(" ")
    );
    Ok(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(class: &str, start_s: f64, end_s: f64) -> Span {
        Span { class: class.into(), start_s, end_s }
    }

    #[test]
    fn lines_of_every_dialect() {
        let expected = [span("piano", 0.5, 1.0), span("steel drum", 2.0, 3.0)];
        assert_eq!(lines("0.5 1.0 piano\n2   3\tsteel drum\n", None).unwrap(), expected);
        let audacity = "0.5\t1.0\tpiano\n\\\t100.0\t200.0\n2\t3\tsteel drum\n";
        assert_eq!(lines(audacity, Some('\t')).unwrap(), expected);
        let error = |text| format!("{:#}", lines(text, None).unwrap_err());
        assert!(error("1 2 a\n2 x b").starts_with("line 2: 'x' is no number"));
        assert!(error("2 1 a").contains("from 2 s to 1 s"));
        assert!(error("1.0").contains("is not 'start end class'"));
    }

    #[test]
    fn tables_of_ranges_by_file() {
        let tsv = "filename\tonset\toffset\tevent_label\na.wav\t0\t1\tpiano\nb.wav\t\t\t\n";
        let read = table(tsv, b'\t', &Unlisted::Absent).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].ranges.as_deref(), Some(&[span("piano", 0.0, 1.0)][..]));
        assert_eq!((read[1].ranges.as_deref(), read[1].label("piano", None)), (Some(&[][..]), Some(false)));
        assert!(table("a,b\n", b',', &Unlisted::Absent).unwrap_err().to_string().contains("'a,b'"));
    }

    #[test]
    fn jams_holds_tags_and_segments() {
        let text = r#"{"annotations": [
            {"namespace": "tag_open", "data": [{"time": 0, "duration": 9, "value": "cello", "confidence": 0.1},
                                               {"time": 0, "duration": 9, "value": "voice", "confidence": null}]},
            {"namespace": "beat", "data": []},
            {"namespace": "segment_open", "data": [{"time": 1, "duration": 2.5, "value": "piano"}]}]}"#;
        let read = jams(text, "x.jams".into(), &Unlisted::Unknown).unwrap();
        assert_eq!(read.ranges.as_deref(), Some(&[span("piano", 1.0, 3.5)][..]));
        let labels = ["cello", "voice", "piano", "banjo"].map(|class| read.label(class, None));
        assert_eq!(labels, [Some(false), Some(true), Some(true), None]);
        assert!(jams(r#"{"annotations": [{"namespace": "beat"}]}"#, "x".into(), &Unlisted::Absent).is_err());
    }

    #[test]
    fn labels_are_renamed_and_dropped() {
        let mut reference = Reference::of_ranges(
            "a".into(),
            vec![span("drum set", 0.0, 1.0), span("noise", 1.0, 2.0)],
            &Unlisted::Absent,
        );
        reference
            .rename(&[("drum set".to_owned(), Some("drums".to_owned())), ("noise".to_owned(), None)].into());
        assert_eq!(reference.ranges.as_deref(), Some(&[span("drums", 0.0, 1.0)][..]));
        assert_eq!(["drums", "noise"].map(|class| reference.label(class, None)), [Some(true), None]);
    }

    #[test]
    fn what_is_not_listed_is_known_only_where_that_is_said() {
        let of =
            |unlisted: &Unlisted| Reference::of_ranges("a".into(), vec![span("voice", 5.0, 6.0)], unlisted);
        let known = |unlisted| {
            let reference = of(&unlisted);
            ["voice", "piano", "flute"].map(|class| (reference.label(class, None), reference.is_timed(class)))
        };
        let (plays, absent, unknown) = ((Some(true), true), (Some(false), true), (None, false));
        assert_eq!(known(Unlisted::Unknown), [plays, unknown, unknown]);
        assert_eq!(known(Unlisted::Absent), [plays, absent, absent]);
        let annotated = ["voice", "piano"].map(str::to_owned);
        assert_eq!(known(Unlisted::AbsentIf(annotated.into())), [plays, absent, unknown]);
        // Ranges know a stretch; a tag that says "plays" does not say when.
        let mut reference = of(&Unlisted::Unknown);
        let label = |stretch| of(&Unlisted::Unknown).label("voice", Some(stretch));
        assert_eq!([label((0.0, 5.0)), label((0.0, 5.1))], [Some(false), Some(true)]);
        reference.labels = [("banjo".to_owned(), true), ("organ".to_owned(), false)].into();
        assert_eq!(["banjo", "organ"].map(|class| reference.is_timed(class)), [false, true]);
    }
}

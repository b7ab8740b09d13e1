//! Labels of whole files as tables: OpenMIC-2018's aggregated labels, or a column for each class.

use crate::{Reference, Unlisted};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;

/// From this relevance on a class counts as present (Humphrey, Durand and McFee, "OpenMIC-2018", ISMIR 2018, section 4).
const RELEVANT: f64 = 0.5;

/// Reads the rows of a table whose header is known, `file` being its column of files. What a row does not say is unknown.
pub(super) fn read(mut reader: csv::Reader<&[u8]>, header: &[String], file: usize) -> Result<Vec<Reference>> {
    let place = |name: &str| header.iter().position(|known| known == name);
    let mut all: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    let long = place("instrument").zip(place("relevance"));
    ensure!(long.is_some() || header.len() > 1, "names no class in its header");
    for (index, record) in reader.records().enumerate() {
        let record = record?;
        let labels = all.entry(record[file].to_owned()).or_default();
        let cells = match long {
            Some((class, relevance)) => vec![(record[class].to_owned(), &record[relevance])],
            None => {
                let classes =
                    header.iter().zip(record.iter()).enumerate().filter(|(column, _)| *column != file);
                classes.map(|(_, (class, cell))| (class.clone(), cell)).collect()
            }
        };
        for (class, cell) in cells {
            let known = label(cell).with_context(|| format!("row {}, class '{class}'", index + 2))?;
            if let Some(plays) = known {
                let before = labels.insert(class.clone(), plays);
                ensure!(
                    before.is_none_or(|before| before == plays),
                    "row {}: says of '{class}' in '{}' the opposite of a row before it",
                    index + 2,
                    &record[file]
                );
            }
        }
    }
    let reference =
        |(file, labels)| Reference { file, labels, unlisted: Unlisted::Unknown, ..Reference::default() };
    Ok(all.into_iter().map(reference).collect())
}

/// A cell: a relevance in 0..=1, yes or no, or nothing (unknown).
fn label(cell: &str) -> Result<Option<bool>> {
    let cell = cell.trim();
    match cell.to_ascii_lowercase().as_str() {
        "" | "nan" | "?" | "na" | "null" | "unknown" | "-1" => return Ok(None),
        "true" | "yes" => return Ok(Some(true)),
        "false" | "no" => return Ok(Some(false)),
        _ => {}
    }
    let relevance = cell.parse::<f64>().ok().filter(|value| (0.0..=1.0).contains(value));
    let relevance = relevance.with_context(|| {
        format!("'{cell}' is no label; write 0 to 1, or leave it empty where it is not known")
    })?;
    Ok(Some(relevance >= RELEVANT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Result<Vec<Reference>> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
        read(reader, &header, 0)
    }

    #[test]
    fn openmic_s_own_table_masks_what_nobody_labelled() {
        let text = "sample_key,instrument,relevance,num_responses\n000046_3840,clarinet,0.17105,3\n\
                    000046_3840,flute,0.5,3\n000135_483840,voice,1.0,4\n";
        let read = labels(text).unwrap();
        assert_eq!(
            read.iter().map(|file| file.file.as_str()).collect::<Vec<_>>(),
            ["000046_3840", "000135_483840"]
        );
        let of = |class| read[0].label(class, None);
        assert_eq!([of("clarinet"), of("flute"), of("voice")], [Some(false), Some(true), None]);
    }

    #[test]
    fn a_column_a_class_may_have_holes() {
        let read = labels("file,piano,voice,flute\na.wav,1,,0\nb.wav,nan,yes,0.4\n").unwrap();
        assert_eq!(
            ["piano", "voice", "flute"].map(|class| read[0].label(class, None)),
            [Some(true), None, Some(false)]
        );
        assert_eq!(
            ["piano", "voice", "flute"].map(|class| read[1].label(class, None)),
            [None, Some(true), Some(false)]
        );
    }

    #[test]
    fn nonsense_is_named() {
        let error = |text| format!("{:#}", labels(text).unwrap_err());
        assert!(error("file,piano\na,2\n").contains("row 2, class 'piano': '2' is no label"));
        assert!(error("sample_key,instrument,relevance\na,flute,1\na,flute,0\n").contains("the opposite"));
        assert!(error("file\na\n").contains("no class"));
    }
}

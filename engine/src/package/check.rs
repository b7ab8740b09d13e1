//! Checks of the manifest: every value in its range, every file named once and small enough.

use super::limits::{
    DETAIL, EVENTS, HEAD, MANIFEST, MAX_FILE_BYTES, MAX_MANIFEST_BYTES, MAX_PACKAGE_BYTES, MODEL_CARD,
};
use super::{EventTable, FrontEnd, HeadNormalisation, Kind, Manifest, PackageError, PostProcessing, SCHEMA};
use crate::{COLUMN_HOPS, EMBEDDING, PATCH_HOPS};
use std::collections::BTreeSet;

/// More classes than any taxonomy of instruments or AudioSet has.
const MAX_CLASSES: usize = 1024;

/// Files of a package beside those that its kind asks for.
const MAX_FILES: usize = 16;

/// Parses and checks a manifest.
pub(super) fn parse_manifest(text: &str) -> Result<Manifest, PackageError> {
    if text.len() as u64 > MAX_MANIFEST_BYTES {
        return Err(off("size", format!("{} bytes", text.len()), format!("at most {MAX_MANIFEST_BYTES}")));
    }
    let manifest: Manifest =
        toml::from_str(text).map_err(|e| off("content", e.to_string(), format!("a manifest of {SCHEMA}")))?;
    if manifest.schema != SCHEMA {
        return Err(off("schema", manifest.schema, SCHEMA));
    }
    identity(&manifest)?;
    classes(&manifest)?;
    added(&manifest)?;
    constants(&manifest)?;
    if let Some(table) = &manifest.events {
        events(table, manifest.own_classes())?;
    }
    files(&manifest)?;
    Ok(manifest)
}

/// Files that a package must hold, by its kind and post-processing.
pub(super) fn required_files(manifest: &Manifest) -> Vec<&str> {
    let mut names = match manifest.kind {
        Kind::Patch => vec!["embedding.onnx"],
        Kind::Stream => vec!["columns.onnx", "dense.onnx"],
    };
    names.extend([HEAD, MODEL_CARD]);
    names.extend(manifest.added.iter().map(|head| head.file.as_str()));
    if manifest.post_processing == PostProcessing::Pca8 {
        names.push("pca.f32");
    }
    if manifest.events.is_some() {
        names.push(EVENTS);
    }
    names
}

fn off(what: &'static str, found: impl Into<String>, expected: impl Into<String>) -> PackageError {
    PackageError::new(MANIFEST, what, found, expected)
}

fn identity(manifest: &Manifest) -> Result<(), PackageError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if manifest.name.is_empty() || manifest.name.len() > 64 || !manifest.name.chars().all(plain) {
        return Err(off("name", manifest.name.as_str(), "1 to 64 characters of a-z, 0-9 and -"));
    }
    if manifest.version.is_empty() || manifest.version.len() > 64 {
        return Err(off("version", manifest.version.as_str(), "1 to 64 characters"));
    }
    if let Some((name, score)) = manifest.scores.iter().find(|(_, score)| !score.is_finite()) {
        return Err(off("score", format!("{name} = {score}"), "a finite number"));
    }
    Ok(())
}

fn classes(manifest: &Manifest) -> Result<(), PackageError> {
    let count = manifest.classes.len();
    if !(1..=MAX_CLASSES).contains(&count) {
        return Err(off("classes", count.to_string(), format!("1 to {MAX_CLASSES}")));
    }
    let mut seen = BTreeSet::new();
    for class in &manifest.classes {
        if !is_name(class) {
            return Err(off("class name", class.as_str(), NAME));
        }
        if !seen.insert(class) {
            return Err(off("class name", format!("{class} twice"), "each class once"));
        }
    }
    if manifest.thresholds.len() != count {
        let found = manifest.thresholds.len().to_string();
        return Err(off("thresholds", found, format!("{count}, one a class")));
    }
    if let Some(class) = manifest.looks.keys().find(|class| !seen.contains(class)) {
        return Err(off("looks", class.as_str(), "names out of classes"));
    }
    match manifest.thresholds.iter().find(|t| !(0.0..=1.0).contains(*t)) {
        Some(threshold) => Err(off("threshold", threshold.to_string(), "0 to 1")),
        None => Ok(()),
    }
}

/// Files that the package has a use for beside the heads of added classes.
const TAKEN: [&str; 8] =
    ["embedding.onnx", "columns.onnx", "dense.onnx", DETAIL, HEAD, EVENTS, "pca.f32", MODEL_CARD];

fn added(manifest: &Manifest) -> Result<(), PackageError> {
    let mut left = manifest.classes.len();
    for (i, head) in manifest.added.iter().enumerate() {
        if !(1..left).contains(&head.classes) {
            let found = format!("{} of {}", head.classes, head.file);
            return Err(off("added.classes", found, format!("1 to {}: some are head.onnx's", left - 1)));
        }
        left -= head.classes;
        let file = head.file.as_str();
        if TAKEN.contains(&file) || manifest.added[..i].iter().any(|before| before.file == file) {
            return Err(off("added.file", file, "a file of its own"));
        }
        normalisation("added.head_normalisation.groups", head.head_normalisation)?;
    }
    Ok(())
}

fn normalisation(what: &'static str, of: HeadNormalisation) -> Result<(), PackageError> {
    match of {
        HeadNormalisation::Group { groups } if groups == 0 || !EMBEDDING.is_multiple_of(groups) => {
            Err(off(what, groups.to_string(), "a divisor of 128"))
        }
        _ => Ok(()),
    }
}

fn constants(manifest: &Manifest) -> Result<(), PackageError> {
    let hops = manifest.update_hops;
    if hops == 0 || !hops.is_multiple_of(COLUMN_HOPS) || hops > PATCH_HOPS {
        return Err(off("update_hops", hops.to_string(), "16, 32, 48, 64, 80 or 96"));
    }
    if !(1.0..=30.0).contains(&manifest.memory_s) {
        return Err(off("memory_s", manifest.memory_s.to_string(), "1 to 30 seconds"));
    }
    normalisation("head_normalisation.groups", manifest.head_normalisation)?;
    if manifest.front_end != FrontEnd::VGGISH {
        let expected = format!("VGGish's own {:?}", FrontEnd::VGGISH);
        return Err(off("front_end", format!("{:?}", manifest.front_end), expected));
    }
    if let PostProcessing::Unit { low, high } = manifest.post_processing
        && !(low.is_finite() && high.is_finite() && low < high && (high - low).is_normal())
    {
        return Err(off("post_processing", format!("low {low}, high {high}"), "finite low < high"));
    }
    Ok(())
}

fn events(table: &EventTable, classes: usize) -> Result<(), PackageError> {
    let count = table.names.len();
    if !(1..=MAX_CLASSES).contains(&count) {
        return Err(off("events.names", count.to_string(), format!("1 to {MAX_CLASSES}")));
    }
    let others = table.others.iter().map(|other| &other.name);
    if let Some(name) = table.names.iter().chain(others).find(|name| !is_name(name)) {
        return Err(off("event name", name.as_str(), NAME));
    }
    if table.classes.len() != classes {
        return Err(off(
            "events.classes",
            table.classes.len().to_string(),
            format!("{classes}, one a class"),
        ));
    }
    if table.others.is_empty() || table.others.iter().any(|other| other.events.is_empty()) {
        return Err(off(
            "events.others",
            "none, or one without events",
            "instruments with the events they are known by",
        ));
    }
    let known = table.classes.iter().chain(table.others.iter().map(|other| &other.events)).flatten();
    if let Some(event) = known.copied().find(|event| *event >= count) {
        return Err(off("event", event.to_string(), format!("0 to {}", count - 1)));
    }
    let by = table.another;
    match [by.offset, by.other, by.class].into_iter().find(|x| !x.is_finite()) {
        Some(x) => Err(off("events.another", x.to_string(), "finite numbers")),
        None => Ok(()),
    }
}

/// What [`is_name`] asks for.
const NAME: &str = "1 to 64 bytes without control characters";

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && !name.chars().any(char::is_control)
}

fn files(manifest: &Manifest) -> Result<(), PackageError> {
    if manifest.files.len() > MAX_FILES {
        return Err(off("files", manifest.files.len().to_string(), format!("at most {MAX_FILES}")));
    }
    let mut seen = BTreeSet::new();
    for entry in &manifest.files {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let name = entry.name.as_str();
        let hidden = name.starts_with('.') || name == MANIFEST;
        if name.is_empty() || name.len() > 64 || hidden || !name.chars().all(plain) {
            return Err(off("file name", name, "1 to 64 of A-Z, a-z, 0-9, '.', '-' and '_': no path"));
        }
        if !seen.insert(name) {
            return Err(off("file name", format!("{name} twice"), "each file once"));
        }
        if entry.bytes > MAX_FILE_BYTES {
            let found = format!("{} bytes", entry.bytes);
            return Err(PackageError::new(
                name,
                "stated size",
                found,
                format!("at most {MAX_FILE_BYTES} bytes"),
            ));
        }
        if entry.sha256.len() != 64 || !entry.sha256.chars().all(|c| c.is_ascii_hexdigit()) {
            return Err(PackageError::new(name, "stated SHA-256", entry.sha256.as_str(), "64 hex digits"));
        }
    }
    let all = manifest.files.iter().map(|entry| entry.bytes).sum::<u64>();
    if all > MAX_PACKAGE_BYTES {
        let expected = format!("at most {MAX_PACKAGE_BYTES} bytes");
        return Err(off("stated size of all files", format!("{all} bytes"), expected));
    }
    match required_files(manifest).into_iter().find(|name| !seen.contains(*name)) {
        Some(name) => Err(PackageError::new(name, "entry in the manifest", "none", "its size and SHA-256")),
        None => Ok(()),
    }
}

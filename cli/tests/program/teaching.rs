//! `rollcall teach` on made recordings.

use super::{assert_code, files_in, model, rollcall, stderr, stdout, write_noise, write_tune};
use std::{
    path::{Path, PathBuf},
    process::Output,
};

pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// `rollcall teach ARGUMENTS --base FIXTURE` in `folder`, with a cache of its own.
pub(crate) fn teach(folder: &Path, arguments: &[&str]) -> Output {
    let base = model();
    let fixed = ["teach", "--base", base.to_str().expect("UTF-8"), "--cache", "cache"];
    rollcall(folder, &[&fixed, arguments].concat())
}

/// Two classes that any network tells apart: tunes and noise, so many recordings each.
pub(crate) fn material(folder: &Path, recordings: u32) -> PathBuf {
    let classes = folder.join("classes");
    for i in 0..recordings {
        write_tune(&classes.join(format!("tune/{i}.wav")), 2.0, 10 + i);
        write_noise(&classes.join(format!("hiss/{i}.wav")), 2.0, 90 + i);
    }
    classes
}

/// The error of a call that is wrong, in one line; nothing was written.
pub(crate) fn refused(folder: &Path, arguments: &[&str]) -> String {
    let before = files_in(folder);
    let output = teach(folder, arguments);
    assert_code(&output, 2);
    let written: Vec<_> = files_in(folder).into_iter().filter(|name| !before.contains(name)).collect();
    assert!(written.iter().all(|name| name.starts_with("cache")), "{written:?}");
    let text = stderr(&output);
    let error = text.lines().find(|line| line.starts_with("error:")).unwrap_or_else(|| panic!("{text}"));
    assert!(!text.contains("panicked"), "{text}");
    error.to_owned()
}

pub(crate) fn activities(folder: &Path, package: &Path, file: &str) -> serde_json::Value {
    let package = package.to_str().expect("UTF-8");
    let output = rollcall(folder, &["analyze", "--model", package, file, "--format", "json"]);
    assert_code(&output, 0);
    serde_json::from_str(&stdout(&output)).expect("JSON")
}

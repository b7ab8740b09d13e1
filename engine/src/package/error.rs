//! What can be wrong with a package.

/// What is wrong with a package: names the file, what was found and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {what}: found {found}, expected {expected}")]
pub struct PackageError {
    /// File inside the package.
    pub file: String,
    /// Which property is off.
    pub what: &'static str,
    /// What is there.
    pub found: String,
    /// What should be there.
    pub expected: String,
}

impl PackageError {
    /// An error about `what` of `file`. Long texts (a hostile name, a library's report) are cut to stay readable.
    pub fn new(
        file: &str,
        what: &'static str,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self { file: shorten(file.to_owned()), what, found: shorten(found.into()), expected: expected.into() }
    }
}

/// Most characters of a found value that a message repeats.
const LONGEST: usize = 400;

fn shorten(text: String) -> String {
    let one_line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST + 1).collect();
    match one_line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &one_line[..end]),
        None => one_line,
    }
}

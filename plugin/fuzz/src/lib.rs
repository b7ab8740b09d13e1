//! Hostile input for the plugin's state, the one door of `fuzz/` that needs the plugin.
//!
//! Thread: offline, in programs.
//!
//! libFuzzer calls [`state`] (`targets/`, feature `libfuzzer`); this crate's test replays `corpus/`.

mod state;

pub use state::state;

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn the_kept_corpus() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/state");
        let paths = fs::read_dir(&folder).expect("a corpus").map(|entry| entry.expect("an entry").path());
        let mut paths: Vec<_> = paths.collect();
        paths.sort();
        assert!(!paths.is_empty(), "{} is empty", folder.display());
        for path in paths {
            eprintln!("{}", path.display());
            super::state(&fs::read(&path).expect("a file"));
        }
    }
}

//! Replays the kept corpora.

use std::{fs, path::Path};

fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut paths: Vec<_> =
        fs::read_dir(&folder).expect("a corpus").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    for path in paths {
        eprintln!("{}", path.display());
        target(&fs::read(&path).expect("a file"));
    }
}

#[test]
fn engine() {
    replay("engine", crate::engine);
}

#[test]
fn package() {
    replay("package", crate::package);
}

#[test]
fn timeline() {
    replay("timeline", crate::timeline);
}

#[test]
fn decode() {
    replay("decode", crate::decode);
}

//! Lists the files of `default/` for `src/default.rs` to embed, so that replacing the package needs no edit of code. The card's picture is
//! left out: it is no part of the package, and nothing shows it.

use std::{env, fs, path::Path};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("set by cargo");
    let folder = Path::new(&root).join("default");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let path = entry.path();
        println!("cargo::rerun-if-changed={}", path.display());
        let is_picture = path.extension().is_some_and(|ending| ending == "svg");
        let is_part = path.is_file() && !is_picture;
        if let (true, Some(name)) = (is_part, path.file_name().and_then(|name| name.to_str())) {
            entries.push(format!("    ({name:?}, include_bytes!({path:?})),\n"));
        }
    }
    entries.sort();
    let code = format!("&[\n{}]\n", entries.concat());
    let out = env::var("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&out).join("default.rs"), code).expect("OUT_DIR is writable");
}

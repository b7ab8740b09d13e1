//! Small data sets and a small teacher, of exactly the published forms.
#![allow(dead_code, reason = "each test file uses some of it")]

use rollcall_import::onnx::Attribute;
use rollcall_import::onnx::Dimension;
use rollcall_import::onnx::Graph;
use rollcall_import::onnx::Storage;
use rollcall_train::teacher::{BANDS, EVENTS, FEATURES};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Runs `rollcall-train` in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall-train"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// OpenMIC in small, as NumPy wrote it, with a recording for each key.
pub(crate) fn openmic(folder: &Path) {
    for part in ["", "partitions"] {
        fs::create_dir_all(folder.join(part)).unwrap();
        for entry in fs::read_dir(golden("openmic").join(part)).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_file() {
                fs::copy(&entry, folder.join(part).join(entry.file_name().unwrap())).unwrap();
            }
        }
    }
    // The same recording under every key, and on disk once.
    let ogg = folder.join("demo.ogg");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/war-of-freedom.ogg"), &ogg).unwrap();
    for part in ["train", "test"] {
        let keys = fs::read_to_string(folder.join(format!("partitions/split01_{part}.csv"))).unwrap();
        for key in keys.lines() {
            let path = folder.join(format!("audio/{}/{key}.ogg", &key[..3]));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::hard_link(&ogg, path).unwrap();
        }
    }
}

/// Mean over bands and frames, then one weight for each output.
fn network() -> Vec<u8> {
    let mut graph = Graph::new(Storage::Single);
    let pooled = graph.node("GlobalAveragePool", &["logmel"], "pooled", &[]);
    let flat = graph.node("Flatten", &[&pooled], "flat", &[Attribute::Int("axis", 1)]);
    for (name, outputs) in [("logits", EVENTS), ("embedding", FEATURES)] {
        let weight: Vec<f32> = (0..outputs).map(|i| i as f32 / outputs as f32).collect();
        let weight = graph.constant(&format!("{name}.weight"), &[1, outputs], &weight);
        graph.node("MatMul", &[&flat, &weight], name, &[]);
    }
    let (n, frames) = (Dimension::Any("n"), Dimension::Any("frames"));
    graph.encode(
        "teacher",
        &[("logmel", &[n, Dimension::Fixed(1), Dimension::Fixed(BANDS), frames])],
        &[("logits", &[n, Dimension::Fixed(EVENTS)]), ("embedding", &[n, Dimension::Fixed(FEATURES)])],
    )
}

/// A teacher that hears how loud it is.
pub(crate) fn teacher() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mn04_as.onnx"), network()).unwrap();
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({BANDS}, 513), }}\n");
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.bytes());
    npy.extend(vec![1.0f32 / 513.0; BANDS * 513].iter().flat_map(|v| v.to_le_bytes()));
    fs::write(folder.path().join("mel_basis_128x513.npy"), npy).unwrap();
    let tables = [
        include_str!("../../src/teacher/classes.csv"),
        include_str!("../../src/teacher/others.csv"),
        include_str!("../../src/teacher/genres.csv"),
    ];
    let mut names: Vec<String> = Vec::new();
    for table in tables {
        for record in csv::Reader::from_reader(table.as_bytes()).records() {
            names.extend(record.unwrap()[1].split('|').map(str::to_owned));
        }
    }
    names.resize(EVENTS, "something else".into());
    let rows = names.iter().enumerate().map(|(i, name)| format!("{i},/m/{i},\"{name}\"\n"));
    let list = "index,mid,display_name\n".to_owned() + &rows.collect::<String>();
    fs::write(folder.path().join("audioset_classes.csv"), list).unwrap();
    folder
}

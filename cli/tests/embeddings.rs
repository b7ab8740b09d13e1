//! `--embeddings`: an array of one recording, a table of many, whole or not at all.

mod program;

use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::{Field, RowAccessor},
};
use program::{analyze, assert_code, files_in, stderr, write_tune, write_tune_at};
use rollcall_engine::{EMBEDDING, Engine, InputFormat, Settings};
use std::{fs, path::Path, sync::Arc};

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// What the engine says by itself: centre and embedding of each step.
fn expected(path: &Path) -> Vec<(f64, Vec<f32>)> {
    let package = rollcall_models::read_dir(&program::model()).expect("a package");
    let model = Arc::new(rollcall_engine::Model::load(package).expect("a model"));
    let mut wav = hound::WavReader::open(path).expect("audio");
    let format = InputFormat { sample_rate_hz: wav.spec().sample_rate, channels: 1 };
    let audio: Vec<f32> =
        wav.samples::<i16>().map(|sample| f32::from(sample.expect("a sample")) / 32_768.0).collect();
    let mut engine = Engine::new(model, format, Settings::default()).expect("an engine");
    let mut steps = Vec::new();
    let mut take = |step: &rollcall_engine::Step| steps.push((step.time_s, step.embedding.clone()));
    engine.push(&audio, &mut take).expect("a network");
    engine.flush(&mut take).expect("a network");
    steps
}

fn bits(values: impl IntoIterator<Item = f32>) -> Vec<u32> {
    values.into_iter().map(f32::to_bits).collect()
}

#[test]
fn an_array_is_what_the_engine_gives_each_step() {
    let folder = scratch();
    let song = folder.path().join("song.wav");
    write_tune(&song, 3.0, 1);
    assert_code(&analyze(folder.path(), &["song.wav", "--embeddings", "deep/song.npy", "--quiet"]), 0);
    let file = fs::File::open(folder.path().join("deep/song.npy")).expect("a file");
    let array = npyz::NpyFile::new(file).expect("an array");
    let expected = expected(&song);
    assert_eq!(array.shape(), [expected.len() as u64, EMBEDDING as u64]);
    assert_eq!((array.dtype().descr().as_str(), array.order()), ("'<f4'", npyz::Order::C));
    let found = array.into_vec::<f32>().expect("32-bit floats");
    assert_eq!(bits(found), bits(expected.iter().flat_map(|step| step.1.iter().copied())));
    assert!(expected.iter().flat_map(|step| &step.1).any(|value| *value > 0.1), "and they say something");
}

#[test]
fn a_table_holds_all_recordings_in_their_order() {
    let folder = scratch();
    for (name, seed) in [("a.wav", 1), ("b.wav", 2)] {
        write_tune(&folder.path().join(name), 2.0, seed);
    }
    fs::write(folder.path().join("broken.wav"), "no audio").expect("room");
    let call =
        ["a.wav", "broken.wav", "b.wav", "--embeddings", "all.parquet", "--out-dir", "out", "--jobs", "2"];
    assert_code(&analyze(folder.path(), &call), 1);
    let file = fs::File::open(folder.path().join("all.parquet")).expect("a file");
    let reader = SerializedFileReader::new(file).expect("Parquet");
    let metadata = reader.metadata().file_metadata().key_value_metadata().expect("metadata")[0].clone();
    let head: serde_json::Value = serde_json::from_str(&metadata.value.expect("a value")).expect("JSON");
    assert_eq!((head["hop_s"].as_f64(), head["dimensions"].as_u64()), (Some(0.16), Some(128)));
    assert_eq!(head["model"]["sha256"].as_str().expect("a hash").len(), 64);
    let mut wanted = Vec::new();
    for name in ["a.wav", "b.wav"] {
        wanted.extend(expected(&folder.path().join(name)).into_iter().map(|step| (name, step)));
    }
    let rows: Vec<_> = reader.get_row_iter(None).expect("rows").collect::<Result<_, _>>().expect("rows");
    assert_eq!(rows.len(), wanted.len(), "none of the file that failed");
    for (row, (name, (time_s, embedding))) in rows.iter().zip(wanted) {
        assert_eq!(
            (row.get_string(0).expect("a file").as_str(), row.get_double(1).expect("a time")),
            (name, time_s)
        );
        let list = row.get_list(2).expect("a list");
        let value = |field: &Field| match field {
            Field::Float(value) => *value,
            other => panic!("{other:?}"),
        };
        assert_eq!(bits(list.elements().iter().map(value)), bits(embedding));
    }
}

#[test]
fn each_channel_has_rows_of_its_own() {
    let folder = scratch();
    write_tune_at(&folder.path().join("mono.wav"), 1.0, 1, 16_000);
    let mut mono = hound::WavReader::open(folder.path().join("mono.wav")).expect("audio");
    let spec = hound::WavSpec { channels: 2, ..mono.spec() };
    let mut wav = hound::WavWriter::create(folder.path().join("two.wav"), spec).expect("a file");
    for sample in mono.samples::<i16>().map(|sample| sample.expect("a sample")) {
        wav.write_sample(sample).expect("room");
        wav.write_sample(0_i16).expect("room");
    }
    wav.finalize().expect("room");
    let call = ["two.wav", "--channels", "each", "--out-dir", "out", "--embeddings", "two.parquet"];
    assert_code(&analyze(folder.path(), &call), 0);
    let file = fs::File::open(folder.path().join("two.parquet")).expect("a file");
    let reader = SerializedFileReader::new(file).expect("Parquet");
    let rows: Vec<_> = reader.get_row_iter(None).expect("rows").collect::<Result<_, _>>().expect("rows");
    let (of_first, of_second) = rows.split_at(rows.len() / 2);
    let channel = |row: &parquet::record::Row| row.get_string(1).expect("a channel").clone();
    assert!(
        of_first.iter().all(|row| channel(row) == "1") && of_second.iter().all(|row| channel(row) == "2")
    );
    let is_0 = |row: &parquet::record::Row| {
        row.get_list(3).expect("a list").elements().iter().all(|value| *value == Field::Float(0.0))
    };
    assert!(!is_0(&of_first[3]) && of_second.iter().all(is_0), "nothing is heard in silence");
}

#[test]
fn what_cannot_be_written_is_told_before_any_work_and_leaves_nothing() {
    let folder = scratch();
    for name in ["a.wav", "b.wav"] {
        write_tune(&folder.path().join(name), 1.0, 1);
    }
    fs::write(folder.path().join("there.npy"), "mine").expect("room");
    for (call, said) in [
        (&["a.wav", "--embeddings", "x.csv"][..], "must end in .npy or .parquet"),
        (&["a.wav", "b.wav", "--embeddings", "x.npy"], "name a .parquet"),
        (&["a.wav", "--channels", "each", "--out-dir", "o", "--embeddings", "x.npy"], "name a .parquet"),
        (&["a.wav", "--embeddings", "there.npy"], "--force"),
        (&["a.wav", "-o", "x.parquet", "--embeddings", "x.parquet"], "the file of --output"),
        (&["a.wav", "--out-dir", "o", "--skip-existing", "--embeddings", "x.npy"], "--skip-existing"),
    ] {
        let output = analyze(folder.path(), call);
        assert_code(&output, 2);
        assert!(stderr(&output).contains(said), "{call:?}: {}", stderr(&output));
    }
    fs::write(folder.path().join("broken.wav"), "no audio").expect("room");
    assert_code(&analyze(folder.path(), &["broken.wav", "--embeddings", "x.npy"]), 1);
    assert_eq!(files_in(folder.path()), ["a.wav", "b.wav", "broken.wav", "there.npy"]);
    assert_eq!(fs::read_to_string(folder.path().join("there.npy")).expect("a file"), "mine");
    assert_code(&analyze(folder.path(), &["a.wav", "--embeddings", "there.npy", "--force"]), 0);
    assert_eq!(&fs::read(folder.path().join("there.npy")).expect("a file")[1..6], b"NUMPY");
}

//! The readers of data sets, on small sets of exactly the published forms, whole and broken.

use rollcall_import::npz::Npz;
use rollcall_train::audio::decode::decode;
use rollcall_train::sources::datasets::audioset::AudioSet;
use rollcall_train::sources::datasets::openmic::OpenMic;
use rollcall_train::sources::datasets::{freesound, labelled, nsynth};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn write(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to)
        } else {
            let _bytes = fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A second of silence, 16 bit, 16 kHz.
fn wav(folder: &Path, name: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    (0..16_000).for_each(|_| writer.write_sample(0_i16).unwrap());
    writer.finalize().unwrap();
}

/// OpenMIC as NumPy wrote it, with the key's recordings beside it.
fn openmic(folder: &Path) -> OpenMic {
    copy(&golden().join("openmic"), folder);
    let set = OpenMic::open(folder).unwrap();
    let ogg = Path::new(env!("CARGO_MANIFEST_DIR")).join("../media/tests/golden/vorbis.ogg");
    for key in set.keys() {
        let path = folder.join(format!("audio/{}/{key}.ogg", &key[..3]));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(&ogg, path).unwrap();
    }
    set
}

#[test]
fn openmic_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let set = openmic(folder.path());
    assert_eq!((set.train.len(), set.test.len(), set.labels.len()), (22, 10, 32));
    let first = &set.labels["000570_188160"];
    assert_eq!((first.truth[0], first.known[0]), (0.70243, 1.0));
    assert_eq!(first.known.iter().sum::<f32>(), 14.0);
    let features = set.features().unwrap();
    let mut npz = Npz::open(&folder.path().join("openmic-2018.npz")).unwrap();
    assert_eq!(npz.names(), ["X", "Y_mask", "Y_true", "sample_key"]);
    let x = npz.numbers("X").unwrap();
    assert!(x.whole && x.shape == [32, 10, 128]);
    assert_eq!(npz.strings("sample_key").unwrap()[0], "000570_188160");
    assert_eq!(features["000570_188160"][..5], x.values[..5].iter().map(|v| v / 255.0).collect::<Vec<_>>());
    let audio = set.audio().unwrap();
    assert_eq!(audio.len(), 32);
    assert!(!decode(&audio["000570_188160"], 16_000).unwrap().is_empty());

    let (train, valid) = set.validation(Some(&golden().join("train_val.split")), 0).unwrap();
    assert_eq!((train.len(), valid.len()), (16, 6));
    assert!(train.iter().all(|key| set.train.contains(key) && !valid.contains(key)));
    let (train, valid) = set.validation(None, 1).unwrap();
    // 15 % of 22 tracks, rounded up.
    assert_eq!((train.len(), valid.len()), (18, 4));
    assert_ne!(set.validation(None, 2).unwrap().1, valid);
}

#[test]
fn a_broken_openmic_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let empty = OpenMic::open(folder.path()).unwrap_err().to_string();
    for part in ["class-map.json", "aggregated-labels.csv", "split01_test.csv", "openmic-2018-v1.0.0.tgz"] {
        assert!(empty.contains(part), "{empty}");
    }
    let set = openmic(folder.path());
    let archive = folder.path().join("openmic-2018.npz");
    let bytes = fs::read(&archive).unwrap();
    fs::write(&archive, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let cut = set.features().unwrap_err().to_string();
    assert!(cut.contains("openmic-2018.npz is no readable archive"), "{cut}");
    fs::remove_file(&archive).unwrap();
    assert!(set.features().unwrap_err().to_string().contains("missing: openmic-2018.npz"));
    for key in &set.test {
        fs::remove_file(folder.path().join(format!("audio/{}/{key}.ogg", &key[..3]))).unwrap();
    }
    let audio = set.audio().unwrap_err().to_string();
    assert!(audio.matches("missing: audio/").count() == 8 && audio.contains("and 2 more"), "{audio}");

    let table = folder.path().join("openmic-2018-aggregated-labels.csv");
    let labels = fs::read_to_string(&table).unwrap();
    fs::write(&table, labels.replace("banjo", "kazoo")).unwrap();
    assert!(OpenMic::open(folder.path()).unwrap_err().to_string().contains("\"kazoo\""));
    let half = labels[..labels.len() / 2].rfind('\n').unwrap();
    fs::write(&table, &labels[..=half]).unwrap();
    let cut = OpenMic::open(folder.path()).unwrap_err().to_string();
    assert!(cut.contains("keys of the partition have no label"), "{cut}");
}

/// The archive that NumPy of today writes: objects pickled in its own protocol, and text of a fixed width.
#[test]
fn names_are_read_from_archives_of_any_age() {
    let mut npz = Npz::open(&golden().join("objects-today.npz")).unwrap();
    let (objects, text) = (npz.strings("sample_key").unwrap(), npz.strings("text").unwrap());
    assert_eq!((objects.len(), &objects[0][..7]), (3, "000570_"));
    assert_eq!(objects, text);
    let wrong = npz.numbers("sample_key").unwrap_err().to_string();
    assert!(wrong.contains("expected numbers"), "{wrong}");
    let absent = npz.numbers("X").unwrap_err().to_string();
    assert!(absent.contains("\"X\", but only sample_key, text"), "{absent}");
}

const NOTE: &str = r#"{"bass_synthetic_033-022-050": {"note": 201034, "sample_rate": 16000, "instrument_family": 0, "pitch": 22,
"instrument_source": 2, "instrument_str": "bass_synthetic_033", "note_str": "bass_synthetic_033-022-050", "qualities_str": ["dark",
"tempo-synced"], "instrument_source_str": "synthetic", "velocity": 50, "instrument_family_str": "bass", "instrument": 417,
"qualities": [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]}}"#;

#[test]
fn nsynth_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(nsynth::open(folder).unwrap_err().to_string().contains("examples.json"));
    write(folder, "examples.json", NOTE);
    fs::create_dir(folder.join("audio")).unwrap();
    let absent = nsynth::open(folder).unwrap_err().to_string();
    assert!(absent.contains("audio/bass_synthetic_033-022-050.wav"), "{absent}");
    wav(folder, "audio/bass_synthetic_033-022-050.wav");
    let notes = nsynth::open(folder).unwrap();
    assert_eq!((notes.len(), notes[0].pitch, notes[0].family.as_str()), (1, 22, "bass"));
    assert_eq!(notes[0].words(), ["dark", "rhythmic"]);
    assert_eq!(decode(&notes[0].path, 16_000).unwrap().len(), 16_000);
    write(folder, "examples.json", &NOTE.replace("\"dark\"", "\"bright\""));
    assert!(nsynth::open(folder).unwrap_err().to_string().contains("do not spell"));
    write(folder, "examples.json", &NOTE[..NOTE.len() / 2]);
    assert!(nsynth::open(folder).unwrap_err().to_string().contains("cut short"));
}

#[test]
fn fsd50k_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("FSD50K.ground_truth")).unwrap();
    let absent = freesound::open(folder).unwrap_err().to_string();
    assert!(
        absent.contains("FSD50K.metadata/dev_clips_info_FSD50K.json")
            && absent.contains("FSD50K.eval_audio/")
    );
    write(
        folder,
        "FSD50K.ground_truth/dev.csv",
        "fname,labels,mids,split\n64760,\"Electric_guitar,Guitar,Music\",\"/m/02sgy,/m/0342h,/m/04rlf\",train\n",
    );
    write(folder, "FSD50K.ground_truth/eval.csv", "fname,labels,mids\n37199,Piano,/m/05r5c\n");
    let info = |id: u32, tags: &str| {
        format!(
            r#"{{"{id}": {{"title": "a sound.wav", "description": "one", "tags": [{tags}],
            "license": "http://creativecommons.org/licenses/by/3.0/", "uploader": "someone"}}}}"#
        )
    };
    write(
        folder,
        "FSD50K.metadata/dev_clips_info_FSD50K.json",
        &info(64760, r#""Guitar", "distortion", "guitar ""#),
    );
    write(folder, "FSD50K.metadata/eval_clips_info_FSD50K.json", &info(37199, r#""piano""#));
    wav(folder, "FSD50K.dev_audio/64760.wav");
    wav(folder, "FSD50K.eval_audio/37199.wav");
    let sounds = freesound::open(folder).unwrap();
    let parts: Vec<_> = sounds.iter().map(|s| (s.id, s.part.as_str())).collect();
    assert_eq!(parts, [(37199, "test"), (64760, "train")]);
    assert_eq!((sounds[1].tags.join(" "), sounds[1].labels.len()), ("distortion guitar".into(), 3));
    fs::remove_file(folder.join("FSD50K.dev_audio/64760.wav")).unwrap();
    assert!(freesound::open(folder).unwrap_err().to_string().contains("missing: FSD50K.dev_audio/64760.wav"));
}

#[test]
fn single_sounds_of_freesound_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(freesound::open(folder).unwrap_err().to_string().contains("any sound"));
    wav(folder, "pack/1234.wav");
    assert!(freesound::open(folder).unwrap_err().to_string().contains("missing: pack/1234.json"));
    write(
        folder,
        "pack/1234.json",
        r#"{"id": 1234, "url": "", "name": "180404D.mp3", "tags": ["generative", "Flute"], "license": "http://creativecommons.org/licenses/by/3.0/",
        "username": "Traveller", "type": "wav", "channels": 1}"#,
    );
    let sounds = freesound::open(folder).unwrap();
    assert_eq!((sounds[0].id, sounds[0].uploader.as_str()), (1234, "Traveller"));
    assert_eq!(sounds[0].tags, ["flute", "generative"]);
    write(folder, "5.json", "{}");
    assert!(freesound::open(folder).unwrap_err().to_string().contains("the sound that 5.json describes"));
}

#[test]
fn audioset_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let empty = AudioSet::open(folder).unwrap_err().to_string();
    assert!(empty.contains("class_labels_indices.csv") && empty.contains("a table of segments"), "{empty}");
    write(
        folder,
        "class_labels_indices.csv",
        "index,mid,display_name\n0,/m/04rlf,\"Music\"\n1,/m/0342h,\"Guitar\"\n2,/m/02sgy,\"Electric guitar\"\n3,/m/0y4f8,\"Vocal music\"\n",
    );
    let segments = "# Segments csv created Sun Mar  5 10:54:31 2017\n# num_ytids=3, num_segs=3, num_unique_labels=4, num_positive_labels=4\n\
                    # YTID, start_seconds, end_seconds, positive_labels\n-0RWZT-miFs, 420.000, 430.000, \"/m/02sgy,/m/0y4f8\"\n\
                    2, 30.000, 40.000, \"/m/04rlf\"\n--4gqARaEJE, 0.000, 10.000, \"/m/04rlf\"\n";
    write(folder, "balanced_train_segments.csv", segments);
    fs::create_dir(folder.join("audio")).unwrap();
    assert!(
        AudioSet::open(folder).unwrap_err().to_string().contains("the audio of every one of the 3 segments")
    );
    wav(folder, "audio/-0RWZT-miFs_420000.wav");
    wav(folder, "audio/balanced_train_segments/Y--4gqARaEJE.wav");
    let set = AudioSet::open(folder).unwrap();
    assert_eq!((set.segments.len(), set.without_audio), (2, 1));
    assert_eq!((set.segments[0].part.as_str(), &set.segments[0].labels[..]), ("balanced_train", &[2, 3][..]));
    let classes = set.openmic_classes();
    assert_eq!((&classes[8][..], &classes[19][..], classes[0].is_empty()), (&[1, 2][..], &[3][..], true));
    write(
        folder,
        "ontology.json",
        r#"[{"id": "/m/0342h", "name": "Guitar", "child_ids": ["/m/02sgy"]}, {"id": "/m/0abc", "name": "an abstract one",
        "child_ids": ["/m/0342h"]}]"#,
    );
    assert_eq!(AudioSet::open(folder).unwrap().segments[0].labels, [1, 2, 3]);
    write(folder, "balanced_train_segments.csv", &segments[..segments.len() - 8]);
    let cut = AudioSet::open(folder).unwrap_err().to_string();
    assert!(cut.contains("row 6") && cut.contains("cut short"), "{cut}");
}

#[test]
fn a_labelled_folder_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(labelled::open(folder).unwrap_err().to_string().contains("index.csv"));
    let heading = "path,class,source,split,seconds,original_name,licence,origin\n";
    let row = |path: &str, class: &str, split: &str| {
        format!("{path},{class},kay5,{split},1.0,soft_48.wav,GPL-3.0,somewhere\n")
    };
    let table = |rows: &[String]| write(folder, "index.csv", &(heading.to_owned() + &rows.concat()));
    table(&[row("banjo/0.wav", "banjo", "train")]);
    assert!(labelled::open(folder).unwrap_err().to_string().contains("missing: banjo/0.wav"));
    wav(folder, "banjo/0.wav");
    assert_eq!(labelled::open(folder).unwrap()[0].class, "banjo");
    let right = row("banjo/0.wav", "banjo", "train");
    for (row, problem) in [
        (row("banjo/0.wav", "kazoo", "train"), "\"kazoo\""),
        (row("banjo/0.wav", "banjo", "test"), "two splits"),
        (row("../0.wav", "banjo", "train"), "below the folder"),
    ] {
        table(&[right.clone(), row]);
        let error = labelled::open(folder).unwrap_err().to_string();
        assert!(error.contains("row 2") && error.contains(problem), "{error}");
    }
}

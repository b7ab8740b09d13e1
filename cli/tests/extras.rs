//! `--tag` and `--cut`: what is heard, back in audio files.

mod program;

use lofty::{
    file::{AudioFile, TaggedFileExt},
    id3::v2::{Frame, FrameId},
    ogg::tag::VorbisComments,
    tag::ItemKey,
};
use program::{analyze, analyze_stream, assert_code, files_in, stderr, stdout, write_tune};
use rollcall::decode::Audio;
use std::{borrow::Cow, fs, path::Path};

/// Everything in it that can be heard.
fn samples(path: &Path) -> Vec<u32> {
    let mut audio = Audio::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut samples = Vec::new();
    while let Some(block) = audio.next_block().unwrap() {
        samples.extend(block.iter().map(|sample| sample.to_bits()));
    }
    samples
}

fn golden(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../media/tests/golden").join(name)
}

/// Every class is heard in whatever it is.
const ALL: [&str; 4] = ["--threshold", "0", "--min-duration", "0"];

#[test]
fn tags_of_every_kind_are_written_and_the_audio_stays_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let names = [
        "lossless16.flac",
        "vorbis.ogg",
        "opus.opus",
        "cbr.mp3",
        "vbr.mp3",
        "bare.aac",
        "aac.m4a",
        "faststart.m4a",
        "lossless16.alac.m4a",
        "lossless24.wav",
        "float32.aiff",
    ];
    for name in names {
        fs::copy(golden(name), folder.join(name)).unwrap();
        let output = analyze(folder, &[&[name, "--tag"], &ALL[..]].concat());
        assert_code(&output, 0);
        let (stem, ending) = name.rsplit_once('.').unwrap();
        let tagged = folder.join(format!("{stem}.tagged.{ending}"));
        assert!(samples(&tagged) == samples(&folder.join(name)), "{name}");
        assert!(fs::read(folder.join(name)).unwrap() == fs::read(golden(name)).unwrap(), "{name} itself");
        let bytes = fs::read(&tagged).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(has("INSTRUMENT") && has("mallet percussion") && has("[unknown]"), "{name}");
        let again = analyze(folder, &[&[name, "--tag"], &ALL[..]].concat());
        assert_code(&again, 1);
        assert!(stderr(&again).contains("exists already") && stdout(&again).is_empty(), "{}", stderr(&again));
    }
}

#[test]
fn fields_are_those_that_are_documented() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let two = [
        "--threshold",
        "1",
        "--threshold",
        "piano=0",
        "--threshold",
        "mallet_percussion=0",
        "--min-duration",
        "0",
    ];
    fs::copy(golden("lossless16.flac"), folder.join("a.flac")).unwrap();
    fs::copy(golden("cbr.mp3"), folder.join("a.mp3")).unwrap();
    // What someone else wrote.
    let mut flac = fs::OpenOptions::new().read(true).write(true).open(folder.join("a.flac")).unwrap();
    let mut file = lofty::flac::FlacFile::read_from(&mut flac, Default::default()).unwrap();
    let mut comments = VorbisComments::new();
    comments.push("PERFORMER".into(), "Clara Schumann (piano)".into());
    comments.push("INSTRUMENT".into(), "celesta".into());
    comments.push("TITLE".into(), "A title".into());
    file.set_vorbis_comments(comments);
    std::io::Seek::rewind(&mut flac).unwrap();
    file.save_to(&mut flac, Default::default()).unwrap();
    drop(flac);

    let out = ["a.flac", "a.mp3", "--tag", "--out-dir", "out", "--format", "json"];
    assert_code(&analyze(folder, &[&out[..], &two].concat()), 0);
    assert_eq!(files_in(&folder.join("out")), ["a.flac.json", "a.mp3.json", "a.tagged.flac", "a.tagged.mp3"]);
    let comments = |path: &str| {
        let mut file = fs::File::open(folder.join(path)).unwrap();
        let file = lofty::flac::FlacFile::read_from(&mut file, Default::default()).unwrap();
        let comments = file.vorbis_comments().unwrap();
        let all = |field: &str| comments.get_all(field).map(str::to_owned).collect::<Vec<_>>();
        (all("INSTRUMENT"), all("PERFORMER"), all("TITLE"))
    };
    let (instruments, performers, title) = comments("out/a.tagged.flac");
    assert_eq!(instruments, ["celesta", "mallet percussion", "piano"]);
    assert_eq!(performers, ["Clara Schumann (piano)", "[unknown] (mallet percussion)", "[unknown] (piano)"]);
    assert_eq!(title, ["A title"]);
    let mut mp3 = fs::File::open(folder.join("out/a.tagged.mp3")).unwrap();
    let mp3 = lofty::mpeg::MpegFile::read_from(&mut mp3, Default::default()).unwrap();
    let tag = mp3.id3v2().unwrap();
    assert_eq!(tag.get_user_text("INSTRUMENT"), Some("mallet percussion\0piano"));
    let Some(Frame::KeyValue(credits)) = tag.get(&FrameId::Valid(Cow::Borrowed("TMCL"))) else {
        panic!("no TMCL")
    };
    assert_eq!(credits.key_value_pairs[1], ("piano".into(), "[unknown]".into()));

    // In place, twice: what was ours goes, what was others' stays.
    for (more, expected) in [
        (&two[..], &["celesta", "mallet percussion", "piano"][..]),
        (&["--threshold", "1", "--threshold", "voice=0", "--min-duration", "0"], &["celesta", "voice"]),
    ] {
        assert_code(&analyze(folder, &[&["a.flac", "--tag", "--in-place"], more].concat()), 0);
        assert_eq!(comments("a.flac").0, expected);
        assert!(samples(&folder.join("a.flac")) == samples(&golden("lossless16.flac")));
    }
    let tagged = lofty::read_from_path(folder.join("a.flac")).unwrap();
    assert_eq!(tagged.primary_tag().unwrap().get_string(ItemKey::TrackTitle), Some("A title"));
    assert_eq!(files_in(folder).iter().filter(|name| name.contains("part")).count(), 0);
}

#[test]
fn what_cannot_be_tagged_is_told_before_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["lossless16.caf", "lossless16.mka"] {
        fs::copy(golden(name), folder.join(name)).unwrap();
        let output = analyze(folder, &[name, "--tag"]);
        assert_code(&output, 1);
        assert!(stderr(&output).contains("convert it to FLAC, Ogg Vorbis"), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
    write_tune(&folder.join("a.wav"), 1.0, 1);
    let stream = analyze_stream(folder, &["-", "--tag"], &fs::read(folder.join("a.wav")).unwrap());
    assert_code(&stream, 1);
    assert!(stderr(&stream).contains("save the stream to a file first"), "{}", stderr(&stream));
    for wrong in
        [&["a.wav", "--in-place"][..], &["a.wav", "--pad", "1"], &["a.wav", "--cut", "x", "--pad", "61"]]
    {
        assert_code(&analyze(folder, wrong), 2);
    }
}

#[test]
fn clips_are_the_file_s_frames() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_tune(&folder.join("album/song.wav"), 6.0, 1);
    let source = samples(&folder.join("album/song.wav"));
    let part = [
        "album",
        "--start",
        "1",
        "--duration",
        "2",
        "--threshold",
        "1",
        "--threshold",
        "piano=0",
        "--cut",
        "clips",
    ];
    assert_code(&analyze(folder, &part), 0);
    assert_eq!(files_in(&folder.join("clips")), ["song.wav.piano.00m01.00s-00m03.00s.wav"]);
    let clip = folder.join("clips/song.wav.piano.00m01.00s-00m03.00s.wav");
    assert!(samples(&clip) == source[16_000..48_000]);
    let again = analyze(folder, &part);
    assert_code(&again, 1);
    assert!(stderr(&again).contains("exists already"), "{}", stderr(&again));
    assert_code(&analyze(folder, &[&part[..], &["--pad", "0.5", "--force"]].concat()), 0);
    assert!(samples(&clip) == source[8_000..56_000]);
    assert_code(&analyze(folder, &[&part[..], &["--pad", "10", "--force"]].concat()), 0);
    assert!(samples(&clip) == source, "no further than there is audio");
    // Of a compressed file, and of several ranges at the same time.
    fs::copy(golden("cbr.mp3"), folder.join("a.mp3")).unwrap();
    let all = ["a.mp3", "--cut", "all", "--threshold", "0", "--min-duration", "0"];
    assert_code(&analyze(folder, &all), 0);
    let names = files_in(&folder.join("all"));
    assert_eq!(names.len(), 20, "{names:?}");
    let whole = samples(&folder.join("a.mp3"));
    assert!(names.iter().all(|name| samples(&folder.join("all").join(name)) == whole));
}

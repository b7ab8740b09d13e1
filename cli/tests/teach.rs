//! `rollcall teach` from outside: a package of a user's own classes, what it says of bad material, and that nothing is lost.

mod program;

use program::{
    assert_code, command, files_in, model, rollcall, stderr, stdout,
    teaching::{activities, material, refused, scratch, teach},
    write_noise, write_tune,
};
use std::fs;

#[test]
fn added_classes_are_heard_and_the_others_stay_to_the_last_bit() {
    let folder = scratch();
    material(folder.path(), 6);
    let output = teach(folder.path(), &["classes", "-o", "mine"]);
    assert_code(&output, 0);
    let said = stdout(&output);
    assert!(said.contains("tune is heard in ") && said.contains("hiss is heard in "), "{said}");
    for name in ["MODEL_CARD.md", "reliability.svg", "added-1.onnx", "manifest.toml"] {
        assert!(folder.path().join("mine").join(name).is_file(), "{name}");
    }
    let card = fs::read_to_string(folder.path().join("mine/MODEL_CARD.md")).expect("a card");
    assert!(card.contains("stay as they are") && card.contains("rollcall teach classes"), "{card}");
    write_tune(&folder.path().join("new.wav"), 3.0, 77);
    let before = activities(folder.path(), &model(), "new.wav");
    let after = activities(folder.path(), &folder.path().join("mine"), "new.wav");
    let rows = |said: &serde_json::Value| said["activity"].as_array().expect("rows").clone();
    for (before, after) in rows(&before).iter().zip(rows(&after)) {
        let (before, after) = (before.as_array().expect("a row"), after.as_array().expect("a row").clone());
        assert_eq!((before.len(), after.len()), (20, 22));
        assert_eq!(before[..], after[..20], "bit for bit, as the shortest text that reads back so");
    }
    let clip = |class: &str| after["clip"][class].as_f64().expect("a posterior");
    assert!(clip("tune") > clip("hiss") + 0.3, "{} and {}", clip("tune"), clip("hiss"));
    // The classes of a taught package can be added to.
    fs::rename(folder.path().join("classes/tune"), folder.path().join("tunes")).expect("a folder");
    write_noise(&folder.path().join("more/other hiss/1.wav"), 2.0, 7);
    write_noise(&folder.path().join("more/other hiss/2.wav"), 2.0, 8);
    let again = rollcall(
        folder.path(),
        &[
            "teach",
            "more",
            "--negatives",
            "tunes",
            "--base",
            "mine",
            "--cache",
            "cache",
            "-o",
            "more-of-mine",
        ],
    );
    assert_code(&again, 0);
    let third = activities(folder.path(), &folder.path().join("more-of-mine"), "new.wav");
    for (after, third) in rows(&after).iter().zip(rows(&third)) {
        assert_eq!(after.as_array().expect("a row")[..], third.as_array().expect("a row")[..22]);
    }
    // And what differs can be asked for.
    let diff =
        rollcall(folder.path(), &["model", "diff", model().to_str().expect("UTF-8"), "mine", "new.wav"]);
    assert_code(&diff, 0);
    let said = stdout(&diff);
    assert!(said.contains("tune, which only the second knows, is heard"), "{said}");
    assert!(!said.contains("  flute ") && !said.contains(" -> "), "the others are the same: {said}");
}

#[test]
fn only_ones_own_classes() {
    let folder = scratch();
    material(folder.path(), 4);
    // A name of one of the 20 is free where those are no more.
    fs::rename(folder.path().join("classes/tune"), folder.path().join("classes/flute")).expect("a folder");
    assert_code(&teach(folder.path(), &["classes", "--only", "-o", "mine"]), 0);
    let inspected = stdout(&rollcall(folder.path(), &["model", "inspect", "mine"]));
    assert!(
        inspected.contains("flute") && inspected.contains("hiss") && !inspected.contains("voice"),
        "{inspected}"
    );
    let said = activities(folder.path(), &folder.path().join("mine"), "classes/flute/0.wav");
    assert_eq!(said["classes"], serde_json::json!(["flute", "hiss"]));
}

#[test]
fn the_same_recordings_give_the_same_package_whatever_the_cores_and_the_cache() {
    let folder = scratch();
    material(folder.path(), 3);
    let bytes = |name: &str| {
        ["added-1.onnx", "manifest.toml"]
            .map(|file| fs::read(folder.path().join(name).join(file)).expect("a file"))
    };
    assert_code(&teach(folder.path(), &["classes", "-o", "a/mine", "--jobs", "1"]), 0);
    // A cache that was cut short in the middle of a file, as nothing but a broken disk leaves it.
    let cache = folder.path().join("cache");
    let broken = cache.join(files_in(&cache).first().expect("what was heard"));
    let kept = fs::read(&broken).expect("a file");
    fs::write(&broken, &kept[..kept.len() / 2]).expect("room");
    assert_code(&teach(folder.path(), &["classes", "-o", "b/mine", "--jobs", "4"]), 0);
    assert_eq!(bytes("a/mine"), bytes("b/mine"));
}

#[test]
fn a_killed_run_goes_on() {
    let folder = scratch();
    let classes = material(folder.path(), 4);
    // What it would have heard before it was killed is in the cache; the recordings are gone, and their copies elsewhere.
    assert_code(&teach(folder.path(), &["classes", "-o", "first"]), 0);
    let heard = files_in(&folder.path().join("cache")).len();
    fs::rename(&classes, folder.path().join("moved")).expect("a folder");
    assert_code(&teach(folder.path(), &["moved", "-o", "second"]), 0);
    assert_eq!(files_in(&folder.path().join("cache")).len(), heard, "nothing was listened to again");
    // Killed while it listens: nothing stands under the package's name, and the same command ends it.
    fs::remove_dir_all(folder.path().join("cache")).expect("a folder");
    fs::create_dir(folder.path().join("cache")).expect("room");
    let base = model();
    let mut child = command(
        folder.path(),
        &[
            "teach",
            "moved",
            "--base",
            base.to_str().expect("UTF-8"),
            "--cache",
            "cache",
            "-o",
            "third",
            "--jobs",
            "1",
        ],
    )
    .spawn()
    .expect("the program runs");
    while files_in(&folder.path().join("cache")).is_empty() && child.try_wait().expect("a child").is_none() {
        std::thread::yield_now();
    }
    child.kill().expect("it was there");
    child.wait().expect("it ends");
    let is_done = folder.path().join("third/manifest.toml").is_file();
    if !is_done {
        assert!(!folder.path().join("third").exists());
        assert_code(&teach(folder.path(), &["moved", "-o", "third"]), 0);
    }
    let head = |name: &str| fs::read(folder.path().join(name).join("added-1.onnx")).expect("a head");
    assert_eq!(head("third"), head("second"));
}

#[test]
fn bad_material_is_told_with_what_to_do() {
    let folder = scratch();
    let classes = material(folder.path(), 2);
    let at = folder.path();
    // One class only, and nothing to tell it from (the fixture brings no music).
    fs::rename(classes.join("hiss"), at.join("hiss")).expect("a folder");
    let error = refused(at, &["classes", "-o", "x"]);
    assert!(error.contains("'tune' is the only class") && error.contains("--negatives"), "{error}");
    assert_code(&teach(at, &["classes", "--negatives", "hiss", "-o", "one"]), 0);
    // Empty folders.
    fs::create_dir(classes.join("oud")).expect("room");
    let error = refused(at, &["classes", "-o", "x"]);
    assert!(error.contains("oud: no recording there"), "{error}");
    fs::remove_dir(classes.join("oud")).expect("a folder");
    fs::create_dir(at.join("nothing")).expect("room");
    let error = refused(at, &["nothing", "-o", "x"]);
    assert!(error.contains("holds no folders") && error.contains("one for each class"), "{error}");
    let error = refused(at, &["nowhere", "-o", "x"]);
    assert!(error.contains("nowhere: no such file or folder"), "{error}");
    // Names.
    let named = |name: &str| {
        write_noise(&classes.join(name).join("1.wav"), 1.0, 3);
        let error = refused(at, &["classes", "-o", "x"]);
        fs::remove_dir_all(classes.join(name)).expect("a folder");
        error
    };
    let error = named("Flute");
    assert!(error.contains("'Flute' is called as a class") && error.contains("--only"), "{error}");
    let error = named("mallet percussion");
    assert!(error.contains("'mallet_percussion'"), "{error}");
    #[cfg(unix)]
    {
        let error = named("TUNE");
        assert!(error.contains("'TUNE' and 'tune' are one name"), "{error}");
    }
    let error = named(&"long".repeat(20));
    assert!(error.contains("is no name of a class"), "{error}");
    // A base that hears in patches.
    let patch = model().with_file_name("patch");
    let output = rollcall(
        at,
        &["teach", "classes", "--base", patch.to_str().expect("UTF-8"), "--negatives", "hiss", "-o", "x"],
    );
    assert_code(&output, 2);
    assert!(stderr(&output).contains("is of kind `patch`"), "{}", stderr(&output));
    // A place that is taken.
    let error = refused(at, &["classes", "--negatives", "hiss", "-o", "one"]);
    assert!(error.contains("one: is there already"), "{error}");
    let error = refused(at, &["classes", "--negatives", "hiss", "-o", "???"]);
    assert!(error.contains("a package is named like its folder"), "{error}");
}

#[test]
fn copies_silence_and_broken_files_are_named_and_left_out() {
    let folder = scratch();
    let classes = material(folder.path(), 3);
    fs::copy(classes.join("tune/0.wav"), classes.join("tune/copy.wav")).expect("room");
    fs::copy(classes.join("tune/1.wav"), classes.join("hiss/both.wav")).expect("room");
    fs::write(classes.join("tune/broken.wav"), b"RIFF, or so").expect("room");
    let mut silent = hound::WavWriter::create(
        classes.join("hiss/silent.wav"),
        hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        },
    )
    .expect("a file");
    (0..16_000).for_each(|_| silent.write_sample(0_i16).expect("room"));
    silent.finalize().expect("a file");
    write_tune(&classes.join("loose.wav"), 1.0, 5);
    write_tune(&classes.join("not hiss/1.wav"), 2.0, 6);
    write_tune(&classes.join("not flute/1.wav"), 2.0, 7);
    let output = teach(folder.path(), &["classes", "-o", "mine"]);
    assert_code(&output, 0);
    let notes = stderr(&output);
    for expected in [
        "copy.wav is the same file as",
        "both.wav",
        "it is one recording in which both hold",
        "broken.wav: ",
        "silent.wav: is silent; it is left out",
        "1 recordings lie in no class's folder",
        "'not flute': flute is none of the classes here",
        "'tune' has 3 recordings: expect it to know these players",
    ] {
        assert!(notes.contains(expected), "no '{expected}' in {notes}");
    }
    let card = fs::read_to_string(folder.path().join("mine/MODEL_CARD.md")).expect("a card");
    assert!(card.contains("is silent"), "{card}");
}

#[test]
fn a_hundred_thousand_files_are_told_of_and_a_part_is_drawn() {
    let folder = scratch();
    let classes = material(folder.path(), 2);
    // Names of one file: what counts is their number.
    for i in 0..3_000 {
        let path = classes.join(format!("hiss/{}/{i}.wav", i / 500));
        fs::create_dir_all(path.parent().expect("a folder")).expect("room");
        fs::hard_link(classes.join("hiss/0.wav"), path).expect("room");
    }
    let output = teach(folder.path(), &["classes", "-o", "mine", "--most", "1000"]);
    assert_code(&output, 0);
    let notes = stderr(&output);
    assert!(
        notes.contains("'hiss' has 3002 recordings: 1000 of them, drawn by chance, are used"),
        "{notes:.400}"
    );
}

#[test]
fn more_classes_than_the_window_shows_are_told_of_when_the_package_is_made() {
    let folder = scratch();
    for class in 0..45 {
        write_noise(&folder.path().join(format!("classes/hiss {class}/a.wav")), 0.5, 2 * class);
        write_noise(&folder.path().join(format!("classes/hiss {class}/b.wav")), 0.5, 2 * class + 1);
    }
    let output = teach(folder.path(), &["classes", "-o", "mine"]);
    assert_code(&output, 0);
    assert!(
        stderr(&output).contains("65 classes are more than the 64 that the plugin shows"),
        "{}",
        stderr(&output)
    );
    assert_code(&rollcall(folder.path(), &["model", "verify", "mine"]), 0);
}

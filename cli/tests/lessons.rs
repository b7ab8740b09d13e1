//! What `rollcall teach` is given: labels of several formats, what the plugin saved, groups, and how classes are to be shown.

mod program;

use program::{
    assert_code, command, model, stderr, stdout,
    teaching::{activities, material, refused, scratch, teach},
    write_noise, write_tune,
};
use std::fs;

/// Begin and end in seconds, and the class that plays there.
type Range = (f64, f64, &'static str);

#[test]
fn labels_over_long_recordings() {
    let folder = scratch();
    let at = folder.path();
    let labels = |name: &str| at.join(name);
    ["audacity", "jams"].iter().for_each(|name| fs::create_dir(labels(name)).expect("room"));
    let mut table = "file,class,start_s,end_s\n".to_owned();
    for i in 0..4 {
        write_tune(&at.join(format!("long/{i}.wav")), 8.0, 30 + i);
        write_noise(&at.join(format!("long/n{i}.wav")), 8.0, 60 + i);
        let of_both: [(String, &[Range]); 2] = [
            (i.to_string(), &[(0.0, 4.0, "tune"), (5.0, 7.0, "tune")]),
            (format!("n{i}"), &[(1.0, 7.5, "hiss")]),
        ];
        for (name, ranges) in of_both {
            let line = |(start_s, end_s, class): &Range| format!("{start_s}\t{end_s}\t{class}\n");
            fs::write(
                labels("audacity").join(format!("{name}.txt")),
                ranges.iter().map(line).collect::<String>(),
            )
            .expect("room");
            let row = |(start_s, end_s, class): &Range| format!("{name}.wav,{class},{start_s},{end_s}\n");
            table.extend(ranges.iter().map(row));
            let observation = |(start_s, end_s, class): &Range| serde_json::json!({"time": start_s, "duration": end_s - start_s, "value": class, "confidence": 1.0});
            let data: Vec<_> = ranges.iter().map(observation).collect();
            let jams = serde_json::json!({"annotations": [{"namespace": "segment_open", "data": data}]});
            fs::write(labels("jams").join(format!("{name}.jams")), jams.to_string()).expect("room");
        }
    }
    fs::write(labels("table.csv"), &table).expect("room");
    write_tune(&at.join("long/unlabelled.wav"), 2.0, 1);
    let head = |labels: &str, package: &str| {
        let output = teach(at, &["long", "--labels", labels, "-o", package]);
        assert_code(&output, 0);
        assert!(stderr(&output).contains("1 recordings have no labels"), "{labels}: {}", stderr(&output));
        assert!(stdout(&output).contains("hiss") && stdout(&output).contains("tune"), "{}", stdout(&output));
        fs::read(at.join(package).join("added-1.onnx")).expect("a head")
    };
    // The same is known whoever writes it, and the same is learned.
    let audacity = head("audacity", "a");
    assert!(audacity == head("table.csv", "b"), "CSV teaches otherwise");
    assert!(audacity == head("jams", "c"), "JAMS teaches otherwise");
    fs::write(labels("audacity").join("lost.txt"), "0\t1\ttune\n").expect("room");
    let error = refused(at, &["long", "--labels", "audacity", "-o", "other"]);
    assert!(error.contains("lost.txt") && error.contains("no recording of that name"), "{error}");
}

#[test]
fn what_is_known_of_whole_recordings_and_what_does_not_play() {
    let folder = scratch();
    let at = folder.path();
    let mut table = "file,tune,hiss\n".to_owned();
    for i in 0..4 {
        write_tune(&at.join(format!("all/{i}.wav")), 3.0, 30 + i);
        write_noise(&at.join(format!("all/n{i}.wav")), 3.0, 60 + i);
        // Of the noise only that it is no tune.
        table += &format!("{i}.wav,1,0\nn{i}.wav,0,\n");
    }
    table += "n0.wav,0,1\nn1.wav,0,1\n";
    fs::write(at.join("labels.csv"), &table).expect("room");
    assert_code(&teach(at, &["all", "--labels", "labels.csv", "-o", "mine"]), 0);
    write_tune(&at.join("new.wav"), 3.0, 78);
    let clip = &activities(at, &at.join("mine"), "new.wav")["clip"];
    let said = |class: &str| clip[class].as_f64().expect("a posterior");
    assert!(said("tune") > said("hiss") + 0.3, "{clip}");
    // JAMS says the same by tags: a confidence below one half is "does not play".
    let tag = |class: &str, confidence: f64| serde_json::json!({"time": 0, "duration": 3, "value": class, "confidence": confidence});
    for i in 0..4 {
        for (name, tags) in [
            (i.to_string(), vec![tag("tune", 1.0), tag("hiss", 0.0)]),
            (
                format!("n{i}"),
                if i < 2 { vec![tag("tune", 0.1), tag("hiss", 0.9)] } else { vec![tag("tune", 0.1)] },
            ),
        ] {
            let jams = serde_json::json!({"annotations": [{"namespace": "tag_open", "data": tags}]});
            fs::create_dir_all(at.join("jams")).expect("room");
            fs::write(at.join("jams").join(format!("{name}.jams")), jams.to_string()).expect("room");
        }
    }
    assert_code(&teach(at, &["all", "--labels", "jams", "-o", "same"]), 0);
    let head = |package: &str| fs::read(at.join(package).join("added-1.onnx")).expect("a head");
    assert!(head("mine") == head("same"), "tags teach otherwise than columns");
}

#[test]
fn what_the_plugin_saved_is_learned_without_naming_a_folder() {
    let folder = scratch();
    let examples = folder.path().join("examples");
    // As `plugin/worker/src/example.rs` writes it: 32-bit floats, and beside each what was heard then.
    let save = |class: &str, number: u32, is_noise: bool| {
        let name = class.trim_start_matches("not ");
        let audio = examples.join(class).join(format!("{name} {number}.wav"));
        let whole = folder.path().join("16 bit.wav");
        match is_noise {
            true => write_noise(&whole, 2.0, 50 + number),
            false => write_tune(&whole, 2.0, 20 + number),
        }
        fs::create_dir_all(audio.parent().expect("a folder")).expect("room");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 32,
            sample_format: hound::SampleFormat::Float,
        };
        let mut writer = hound::WavWriter::create(&audio, spec).expect("a file");
        for sample in hound::WavReader::open(&whole).expect("a file").into_samples::<i16>() {
            writer.write_sample(f32::from(sample.expect("a sample")) / 32_768.0).expect("room");
        }
        writer.finalize().expect("a file");
        fs::write(audio.with_extension("json"), r#"{"schema": "rollcall.example/1"}"#).expect("room");
    };
    for number in 1..4 {
        save("tune", number, false);
        save("not tune", number, true);
        save("_none", number + 10, true);
    }
    let base = model();
    let mut command = command(
        folder.path(),
        &["teach", "--base", base.to_str().expect("UTF-8"), "--cache", "cache", "-o", "mine"],
    );
    let output = command.env("ROLLCALL_EXAMPLES", &examples).output().expect("the program runs");
    assert_code(&output, 0);
    assert!(!stderr(&output).contains("left out"), "{}", stderr(&output));
    write_tune(&folder.path().join("tune.wav"), 3.0, 90);
    write_noise(&folder.path().join("noise.wav"), 3.0, 91);
    let said =
        |file: &str| activities(folder.path(), &folder.path().join("mine"), file)["clip"]["tune"].clone();
    let (tune, noise) = (said("tune.wav").as_f64().expect("one"), said("noise.wav").as_f64().expect("one"));
    assert!(tune > noise + 0.3, "{tune} and {noise}");
}

#[test]
fn classes_are_shown_as_their_file_says() {
    let folder = scratch();
    let classes = material(folder.path(), 2);
    let says = |text: &str| fs::write(classes.join("classes.toml"), text).expect("room");
    says("tune = { family = \"winds\", colour = \"#C08040\", icon = \"pipe\" }\n");
    assert_code(&teach(folder.path(), &["classes", "-o", "mine"]), 0);
    let manifest = fs::read_to_string(folder.path().join("mine/manifest.toml")).expect("a manifest");
    for line in ["[looks.tune]", "family = \"winds\"", "colour = \"#c08040\"", "icon = \"pipe\""] {
        assert!(manifest.lines().any(|found| found == line), "no {line} in {manifest}");
    }
    assert_code(&teach(folder.path(), &["classes", "--only", "-o", "alone"]), 0);
    let manifest = fs::read_to_string(folder.path().join("alone/manifest.toml")).expect("a manifest");
    assert!(manifest.contains("[looks.tune]"), "{manifest}");
    for (text, expected) in [
        ("oud = { family = \"plucked\" }", "'oud' is none of the classes here (hiss, tune)"),
        ("tune = { family = \"horns\" }", "winds"),
        ("tune = { icon = \"tuba\" }", "horn"),
        ("tune = { colour = \"red\" }", "write it as #rrggbb"),
        ("tune = winds", "write a line a class"),
    ] {
        says(text);
        let error = refused(folder.path(), &["classes", "-o", "x"]);
        assert!(error.contains("classes.toml") && error.contains(expected), "{error}");
    }
}

#[test]
fn groups_are_held_out_together() {
    let folder = scratch();
    for (player, seed) in [("anna", 1), ("ben", 20), ("cleo", 40)] {
        for i in 0..3 {
            write_tune(&folder.path().join(format!("classes/tune/{player}/{i}.wav")), 2.0, seed + i);
            write_noise(&folder.path().join(format!("classes/hiss/{player}/{i}.wav")), 2.0, 100 + seed + i);
        }
    }
    let output = teach(folder.path(), &["classes", "--group", "folder", "-o", "mine"]);
    assert_code(&output, 0);
    let card = fs::read_to_string(folder.path().join("mine/MODEL_CARD.md")).expect("a card");
    assert!(card.contains("3 folds"), "{card}");
    assert!(stderr(&output).contains("9 recordings of 3 groups"), "{}", stderr(&output));
    fs::write(folder.path().join("groups.csv"), "file,group\ntune/anna/0.wav,x\nhiss/anna/0.wav,y\n")
        .expect("room");
    assert_code(&teach(folder.path(), &["classes", "--group", "groups.csv", "-o", "other"]), 0);
    fs::write(folder.path().join("wrong.csv"), "file,group\nnowhere.wav,x\n").expect("room");
    let error = refused(folder.path(), &["classes", "--group", "wrong.csv", "-o", "third"]);
    assert!(error.contains("none of its 1 files"), "{error}");
    let error = refused(folder.path(), &["classes", "--group", "player", "-o", "third"]);
    assert!(error.contains("neither 'folder' nor a table"), "{error}");
}

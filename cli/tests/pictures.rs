//! `rollcall plot` and `analyze --plot`: which files there are, and that they are what they say. How they look and work is
//! tested in a browser (`page.py`).

mod program;

use program::{assert_code, files_in, model, rollcall, stderr, stdout, write_tune};
use std::fs;

fn with_model<'a>(arguments: &[&'a str], model: &'a str) -> Vec<&'a str> {
    [arguments, &["--model", model, "--threshold", "0.3"]].concat()
}

#[test]
fn plot_writes_pictures_where_it_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = model();
    let model = model.to_str().expect("UTF-8");
    write_tune(&folder.path().join("music/ü & \"x\" <y>.wav"), 4.0, 3);
    let run = |arguments: &[&str]| rollcall(folder.path(), &with_model(arguments, model));
    assert_code(&run(&["plot", "music", "--format", "html,svg,png", "--out-dir", "out"]), 0);
    let name = "ü & \"x\" <y>.wav";
    let expected: Vec<String> = ["html", "png", "svg"].map(|suffix| format!("{name}.{suffix}")).into();
    assert_eq!(files_in(&folder.path().join("out")), expected);
    let read = |suffix: &str| fs::read(folder.path().join(format!("out/{name}.{suffix}"))).expect("a file");
    assert!(read("png").starts_with(b"\x89PNG\r\n\x1a\n"));
    let svg = String::from_utf8(read("svg")).expect("UTF-8");
    assert!(
        svg.starts_with("<svg width=\"1200\" ") && svg.ends_with("</svg>\n") && svg.contains("&lt;y&gt;")
    );
    let html = String::from_utf8(read("html")).expect("UTF-8");
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    assert!(html.contains("src=\"data:audio/wav;base64,UklGR") && !html.contains("<y>"));
    // Without a place: here.
    assert_code(&run(&["plot", &format!("music/{name}"), "--audio", "none"]), 0);
    let html = fs::read_to_string(folder.path().join(format!("{name}.html"))).expect("a file");
    assert!(!html.contains("data:audio"));
    assert_code(&run(&["plot", &format!("music/{name}"), "-o", "one.svg", "--theme", "light"]), 0);
    assert!(fs::read_to_string(folder.path().join("one.svg")).expect("a file").contains("#F7F8F9"));
    let wrong = run(&["plot", "music", "--format", "json"]);
    assert_code(&wrong, 2);
    assert!(stderr(&wrong).contains("no picture"), "{}", stderr(&wrong));
}

#[test]
fn analyze_draws_beside_its_results() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = model();
    let model = model.to_str().expect("UTF-8");
    write_tune(&folder.path().join("x.wav"), 3.0, 3);
    let run = |arguments: &[&str]| rollcall(folder.path(), &with_model(arguments, model));
    let summary = run(&["analyze", "x.wav", "--plot"]);
    assert_code(&summary, 0);
    assert!(stdout(&summary).starts_with("x.wav  0:03.0"), "{}", stdout(&summary));
    assert_code(&run(&["analyze", "x.wav", "--out-dir", "out", "--plot=png,svg"]), 0);
    assert_eq!(files_in(&folder.path().join("out")), ["x.wav.json", "x.wav.png", "x.wav.svg"]);
    assert_eq!(files_in(folder.path()).iter().filter(|name| name.ends_with(".html")).count(), 1);
    let again = run(&["analyze", "x.wav", "--plot"]);
    assert_code(&again, 1);
    assert!(stderr(&again).contains("x.wav.html exists already"), "{}", stderr(&again));
}

#[test]
fn a_part_of_a_file_keeps_its_times_and_silence_says_that_nobody_plays() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = model();
    let model = model.to_str().expect("UTF-8");
    write_tune(&folder.path().join("x.wav"), 8.0, 3);
    let run = |arguments: &[&str]| rollcall(folder.path(), &with_model(arguments, model));
    assert_code(&run(&["plot", "x.wav", "--start", "4", "--duration", "3", "-o", "x.svg"]), 0);
    let svg = fs::read_to_string(folder.path().join("x.svg")).expect("a file");
    assert!(svg.contains("0:04.0 to 0:07.0"), "its span is told");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut silence = hound::WavWriter::create(folder.path().join("silence.wav"), spec).expect("a file");
    (0..16_000).for_each(|_| silence.write_sample(0_i16).expect("room"));
    silence.finalize().expect("a whole file");
    for name in ["silence.svg", "silence.png", "silence.html"] {
        assert_code(&run(&["plot", "silence.wav", "-o", name]), 0);
    }
    assert!(
        fs::read_to_string(folder.path().join("silence.svg"))
            .expect("a file")
            .contains("No instrument above")
    );
}

//! `cargo xtask golden`: makes the golden data again with the seeded generators that lie beside it, and says what differs.
//!
//! As a suite of `cargo xtask test`, the Python generators run in a copy under `target/`, and what they make is compared
//! with what is committed. What none of them writes is no golden data of theirs: it has a text beside it that says who made it
//! and how, `NAME.made`, or it fails. Those named `generate_torch*` run with Debian's own PyTorch (148 MB to fetch; PyPI's is 4.7 GB). The
//! shell generators call audio encoders, whose versions change the bytes: they run by hand only, and name what they make.

use crate::{machine, python, report::Report, shell};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// When a copy was last written to, unless a generator writes it.
const UNTOUCHED: SystemTime = SystemTime::UNIX_EPOCH;

/// Raw little-endian 32-bit floats: the references' FFTs and kernels are chosen by processor and differ by rounding. The
/// tests that read this data allow ten times as much.
const FLOAT_TOLERANCE: f32 = 1e-5;
/// Weights after the first step of Adam, which moves each by the rate (1e-4): up or down by the sign of its gradient, and where that is all
/// but 0 the sign is another version's rounding (PyTorch 2.6 beside 1.13).
const STEPPED_TOLERANCE: f32 = 2.01e-4;
const STEPPED: &str = ".stepped.f32";
/// Numbers in JSON and TOML, absolute or relative: decibels, to a thousandth.
const TEXT_TOLERANCE: f64 = 1e-3;

/// Runs every generator whose path contains the filters, in place.
///
/// # Errors
/// A generator fails, or none matches.
pub(crate) fn run(filters: &[String]) -> Result<()> {
    let mut generators = generators(&shell::files()?);
    generators.retain(|path| filters.iter().all(|filter| path.contains(filter)));
    ensure!(!generators.is_empty(), "no generator's path contains `{}`", filters.join("` and `"));
    machine::ensure(machine::Need::Golden)?;
    for generator in &generators {
        generate(generator, &shell::root())?;
    }
    let folders = generators.iter().map(|path| folder(path));
    let changed = shell::read(shell::command("git", &["status", "--short", "--"]).args(folders))?;
    if changed.is_empty() {
        println!("{} generators made again exactly what is committed", generators.len());
    } else {
        println!("differs from what is committed (say why in the commit that changes it):\n{changed}");
    }
    Ok(())
}

/// Golden data without its generator beside it cannot be explained or made again; and what a generator makes must be what
/// is committed.
///
/// # Errors
/// A generator fails.
pub(crate) fn check() -> Result<Report> {
    let files = shell::files()?;
    let generators = generators(&files);
    let mut report = Report::default();
    let orphans = files.iter().filter(|path| Path::new(path).iter().any(|part| part == "golden"));
    let orphans = orphans
        .filter(|path| !generators.iter().any(|generator| Path::new(path).starts_with(folder(generator))));
    report.rule("golden data has its generator beside it", orphans.cloned().collect());

    let copy = shell::target().join("golden");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    let (scripts, by_hand): (Vec<&String>, Vec<&String>) =
        generators.iter().partition(|path| path.ends_with(".py"));
    let of = |generator: &String| {
        files.iter().filter(move |path| Path::new(path).starts_with(folder(generator))).collect::<Vec<_>>()
    };
    for path in scripts.iter().flat_map(|generator| of(generator)) {
        let to = copy.join(path);
        fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
        fs::copy(shell::root().join(path), &to).with_context(|| format!("cannot copy {path}"))?;
        File::options().append(true).open(&to)?.set_modified(UNTOUCHED)?;
    }
    let mut written = BTreeSet::new();
    for &generator in &scripts {
        generate(generator, &copy)?;
        let mut broken = Vec::new();
        for path in of(generator) {
            let made = copy.join(path);
            if fs::metadata(&made)?.modified()? != UNTOUCHED {
                written.insert(path.clone());
            }
            broken.extend(difference(path, &fs::read(shell::root().join(path))?, &fs::read(made)?));
        }
        report.rule(format!("{generator} makes what is committed"), broken);
    }
    for &generator in &by_hand {
        let text = fs::read_to_string(shell::root().join(generator))?;
        written.extend(of(generator).into_iter().filter(|path| is_named(path, &text)).cloned());
    }
    report.rule("golden data is written by a generator, or says who made it", unmade(&files, &written));
    Ok(report)
}

/// Whether a generator that runs by hand speaks of this file.
fn is_named(path: &str, generator: &str) -> bool {
    Path::new(path).file_name().is_some_and(|name| generator.contains(&*name.to_string_lossy()))
}

/// What lies in folders named `golden` and was not written by a generator, is none, and has no `NAME.made` beside it.
fn unmade(files: &[String], written: &BTreeSet<String>) -> Vec<String> {
    let generators = generators(files);
    let is_told = |path: &String| {
        path.strip_suffix(".made").is_some_and(|of| files.iter().any(|file| file == of))
            || files.contains(&format!("{path}.made"))
    };
    let is_data =
        |path: &&String| Path::new(path).iter().any(|part| part == "golden") && !path.ends_with("/README.md");
    let golden = files.iter().filter(is_data);
    golden
        .filter(|path| !generators.contains(path) && !written.contains(*path) && !is_told(path))
        .map(|path| format!("{path}: no generator writes it; say in {path}.made who made it and how"))
        .collect()
}

/// Files named `generate*` in folders named `golden`.
fn generators(files: &[String]) -> Vec<String> {
    let is_generator = |path: &&String| {
        let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        folder(path).ends_with("golden")
            && name.starts_with("generate")
            && (name.ends_with(".py") || name.ends_with(".sh"))
    };
    files.iter().filter(is_generator).cloned().collect()
}

fn needs_torch(generator: &str) -> bool {
    Path::new(generator).file_name().is_some_and(|name| name.to_string_lossy().starts_with("generate_torch"))
}

fn folder(path: &str) -> PathBuf {
    Path::new(path).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Runs a generator of this repository, or of a copy of it.
fn generate(generator: &str, within: &Path) -> Result<()> {
    let script = within.join(generator);
    let script = script.to_str().context("the path of the repository is not UTF-8")?;
    if generator.ends_with(".sh") {
        return shell::run(&mut shell::command("sh", &[script]));
    }
    let python = if needs_torch(generator) {
        machine::ensure(machine::Need::Golden)?;
        PathBuf::from(machine::DEBIAN_PYTHON)
    } else {
        python::ensure(python::REFERENCES)?
    };
    // Nothing may depend on the number of cores.
    shell::run(shell::command(&python.to_string_lossy(), &[script]).env("OMP_NUM_THREADS", "1"))
}

/// What differs between the file as committed and as made again, if anything that matters does.
fn difference(path: &str, committed: &[u8], made: &[u8]) -> Option<String> {
    if committed == made {
        return None;
    }
    if committed.len() == made.len() && path.ends_with(".f32") {
        let floats = |bytes: &[u8]| -> Vec<f32> {
            bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
        };
        let tolerance = if path.ends_with(STEPPED) { STEPPED_TOLERANCE } else { FLOAT_TOLERANCE };
        let far =
            |(a, b): &(f32, f32)| (a - b).abs() > tolerance * a.abs().max(1.0) || a.is_nan() != b.is_nan();
        let (committed, made) = (floats(committed), floats(made));
        let far = committed.into_iter().zip(made).enumerate().find(|(_, pair)| far(pair));
        return far
            .map(|(index, (a, b))| format!("{path}: value {index} is {a}, but its generator makes {b}"));
    }
    if let (Some(a), Some(b)) = (values(path, committed), values(path, made)) {
        return (!alike(&a, &b)).then(|| format!("{path}: its generator makes other values"));
    }
    Some(format!("{path}: {} bytes, but its generator makes {} other bytes", committed.len(), made.len()))
}

/// What stands in a JSON or TOML file.
fn values(path: &str, bytes: &[u8]) -> Option<Value> {
    match Path::new(path).extension()?.to_str()? {
        "json" => serde_json::from_slice(bytes).ok(),
        "toml" => toml::from_slice(bytes).ok(),
        _ => None,
    }
}

fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            (a - b).abs() <= TEXT_TOLERANCE * a.abs().max(1.0)
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_found() {
        let floats =
            |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let differs = |path: &str, a: &[u8], b: &[u8]| difference(path, a, b).is_some();
        assert!(!differs("a.f32", &floats(&[1.0, 100.0]), &floats(&[1.000_001, 100.0005])));
        assert!(differs("a.f32", &floats(&[1.0]), &floats(&[1.001])));
        assert!(differs("a.f32", &floats(&[1.0]), &floats(&[f32::NAN])));
        assert!(differs("a.f32", &floats(&[1.0]), &floats(&[1.0, 1.0])));
        assert!(!differs("a.json", br#"{"a": [1.0, "x"]}"#, br#"{"a": [1.0001, "x"]}"#));
        assert!(differs("a.json", br#"{"a": [1.0, "x"]}"#, br#"{"a": [1.0, "y"]}"#));
        assert!(differs("a.json", br#"{"a": 1}"#, br#"{"a": 1, "b": 2}"#));
        assert!(!differs("a.toml", b"a = 1.0\nb = 'x'", b"a = 1.00001\nb = 'x'"));
        assert!(differs("a.toml", b"a = 1.0\nb = 'x'", b"a = 1.0\nb = 'y'"));
        assert!(differs("a.onnx", b"abc", b"abd"));
    }

    #[test]
    fn what_no_generator_writes_says_who_made_it() {
        let files = [
            "a/golden/README.md",
            "a/golden/generate_x.py",
            "a/golden/x.f32",
            "a/golden/tiny.rcc",
            "a/golden/told.rcc",
            "a/golden/told.rcc.made",
            "a/golden/gone.rcc.made",
            "a/other.bin",
        ];
        let files: Vec<String> = files.map(str::to_owned).to_vec();
        let written = BTreeSet::from(["a/golden/x.f32".to_owned()]);
        let broken = unmade(&files, &written);
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(
            broken[0].starts_with("a/golden/tiny.rcc: ") && broken[1].starts_with("a/golden/gone.rcc.made: ")
        );
        assert!(is_named("a/golden/x.flac", "ffmpeg x.wav x.flac") && !is_named("a/golden/y.flac", "x.flac"));
    }

    #[test]
    fn generators_lie_in_golden_folders() {
        let files = [
            "engine/tests/golden/generate_x.py",
            "engine/tests/golden/x.f32",
            "train/generate_y.py",
            "a/golden/generate.sh",
        ];
        let files: Vec<String> = files.map(str::to_owned).to_vec();
        assert_eq!(generators(&files), ["engine/tests/golden/generate_x.py", "a/golden/generate.sh"]);
        assert!(
            needs_torch("a/golden/generate_torch_x.py") && !needs_torch("generate_torch/golden/generate.py")
        );
    }
}

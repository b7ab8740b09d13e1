//! The networks of the fixture packages against onnxruntime and tract, and the streaming ones against the whole file.

use super::onnx::Onnx;
use super::runtime::Runtime;
use super::{Network, build, columns, patch};
use crate::{COLUMN_HOPS, EMBEDDING, LogMelHop, MEL_BANDS, Model, PATCH_HOPS, Package};
use rollcall_kernels::Level;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tract_onnx::prelude::*;

/// Relative to the largest value of an embedding: the bound. Sums of some thousand products in 32 bit, in
/// another order, differ by about 1e-6.
const TOLERANCE: f32 = 1e-4;

pub(super) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/models").join(name)
}

fn package(folder: &Path) -> Package {
    let manifest = std::fs::read_to_string(folder.join("manifest.toml")).expect("manifest.toml");
    Package::assemble(&manifest, &mut |name, _| {
        std::fs::read(folder.join(name)).map(Into::into).map_err(|e| e.to_string())
    })
    .expect("a good package")
}

fn read_floats(folder: &Path, what: &str) -> Vec<f32> {
    let path = folder.with_file_name(format!("{}.{what}.f32", folder.file_name().unwrap().to_str().unwrap()));
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    bytes.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect()
}

fn read_hops(folder: &Path) -> Vec<LogMelHop> {
    read_floats(folder, "hops").as_chunks::<MEL_BANDS>().0.to_vec()
}

fn largest_difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Every way to compute a network on this machine.
fn runtimes() -> impl Iterator<Item = Runtime> {
    Level::all().into_iter().map(Runtime::Kernels).chain([Runtime::Tract])
}

/// Compares embeddings and head with what onnxruntime said beside the package, in every way to compute them.
pub(super) fn equals_onnxruntime(folder: &Path) {
    runtimes().for_each(|runtime| runtime_equals_onnxruntime(folder, runtime));
}

fn runtime_equals_onnxruntime(folder: &Path, runtime: Runtime) {
    let model = Model::build(package(folder), runtime, false).expect("a good model");
    let expected = read_floats(folder, "embeddings");
    let (expected, _) = expected.as_chunks::<EMBEDDING>();
    let found = model.embed(&read_hops(folder)).unwrap();
    assert!(found.len() >= expected.len(), "{} windows instead of {}", found.len(), expected.len());
    for (window, (found, expected)) in found.iter().zip(expected).enumerate() {
        let scale = expected.iter().copied().fold(0.0, f32::max);
        let difference = largest_difference(found, expected) / scale;
        assert!(
            difference < TOLERANCE,
            "{}, {runtime:?}: window {window} differs by {difference:e}",
            folder.display()
        );
    }

    let classes = model.classes().len();
    let golden_head = read_floats(folder, "head");
    let (clip, rest) = golden_head.split_at(classes);
    let (activity, attention) = rest.split_at(expected.len() * classes);
    let mut representations = expected.to_vec();
    representations.iter_mut().for_each(|embedding| model.post_processor.apply(embedding));
    let found = model.attend(&representations);
    assert!(largest_difference(&found.clip, clip) < TOLERANCE);
    assert!(largest_difference(&found.activity.concat(), activity) < TOLERANCE);
    assert!(largest_difference(&found.attention.concat(), attention) < TOLERANCE);
}

#[test]
fn stream_fixture_equals_onnxruntime() {
    equals_onnxruntime(&golden("stream"));
}

#[test]
fn patch_fixture_equals_onnxruntime() {
    equals_onnxruntime(&golden("patch"));
}

/// Columns of a whole spectrogram, each `[bands][channels]`, convolved at once by tract itself.
fn whole_file_columns(mut onnx: Onnx, hops: &[LogMelHop]) -> Vec<Vec<f32>> {
    let shape = [1, 1, hops.len(), MEL_BANDS];
    let model = build::typed(&mut onnx, |_| shape.iter().map(|d| d.to_dim()).collect()).unwrap();
    let input = Tensor::from_shape(&shape, hops.as_flattened()).unwrap();
    let output = build::plan(model).unwrap().run(tvec!(input.into_tvalue())).unwrap();
    let (shape, flat) = (output[0].shape().to_vec(), build::floats(&output[0]).unwrap());
    let (channels, times, bands) = (shape[1], shape[2], shape[3]);
    let column = |t: usize| {
        let of = |at: usize| flat[(at % channels * times + t) * bands + at / channels];
        (0..bands * channels).map(of).collect::<Vec<f32>>()
    };
    (0..times).map(column).collect()
}

/// Columns as they come out one by one, their delay taken off.
fn streamed_columns(network: &Arc<columns::Columns>, hops: &[LogMelHop]) -> Vec<Vec<f32>> {
    let mut state = network.state().unwrap();
    let mut found = Vec::new();
    for pulse in hops.chunks_exact(COLUMN_HOPS) {
        state.advance(&pulse.iter().copied().collect()).unwrap();
        found.push(state.newest_column().to_vec());
    }
    found.split_off(network.delay_columns())
}

fn bits(column: &[f32]) -> Vec<u32> {
    column.iter().map(|x| x.to_bits()).collect()
}

/// Checks bit-equality over a spectrogram, and that silence of two columns keeps the border away.
pub(super) fn streams_equal_the_whole_file(folder: &Path) {
    let package = package(folder);
    let open = |name: &str| Onnx::read(name, package.file(name).unwrap()).unwrap();
    let hops = read_hops(folder);
    let whole = whole_file_columns(open("columns.onnx"), &hops);
    for runtime in runtimes() {
        let load = || columns::Columns::load(&mut open("columns.onnx"), &mut open("dense.onnx"), runtime);
        let network = Arc::new(load().unwrap());
        assert_eq!(network.is_kernels(), !matches!(runtime, Runtime::Tract), "the kernels know the fixtures");
        let streamed = streamed_columns(&network, &hops);
        assert_eq!(streamed.len(), hops.len() / COLUMN_HOPS - 2);
        let scale = whole.iter().flatten().copied().fold(0.0, f32::max);
        for (t, (streamed, whole)) in streamed.iter().zip(&whole).enumerate() {
            if network.is_kernels() {
                let difference = largest_difference(streamed, whole) / scale;
                assert!(difference < 1e-5, "{runtime:?}: column {t} differs by {difference:e}");
            } else {
                assert_eq!(bits(streamed), bits(whole), "column {t}");
            }
        }
        // All at once, and from later starts, whose border must not reach beyond the two columns of context.
        let at_once = network.piece(&hops, true).unwrap();
        assert_eq!(bits(&at_once), bits(&streamed.concat()), "{runtime:?}");
        for start in [1, 3, hops.len() / COLUMN_HOPS - 5] {
            let piece = network.piece(&hops[start * COLUMN_HOPS..], false).unwrap();
            assert_eq!(
                bits(&piece),
                bits(&streamed[start + 2..].concat()),
                "{runtime:?}, from column {start}"
            );
        }
    }
    let later = whole_file_columns(open("columns.onnx"), &hops[3 * COLUMN_HOPS..]);
    assert_ne!(later[0], whole[3], "the border is seen where it should be");
}

#[test]
fn streams_equal_the_whole_file_to_the_last_bit() {
    streams_equal_the_whole_file(&golden("stream"));
}

/// A step of what a file of a quantised package gives.
fn step(onnx: &Onnx) -> f32 {
    let last = onnx.nodes().iter().rfind(|node| node.op_type == "DequantizeLinear").unwrap();
    onnx.floats(&last.input[1]).unwrap().1[0]
}

/// A quantised package: every set of instructions gives the same bits, streamed, at once and from later starts; onnxruntime and
/// tract, which requantise in floats, are at most a step of the last layer away.
fn quantised_equals_its_references(folder: &Path, similar: [f64; 2]) {
    let [similar, embedded] = similar;
    let package_of = package(folder);
    let open = |name: &str| Onnx::read(name, package_of.file(name).unwrap()).unwrap();
    let hops = read_hops(folder);
    let (column_step, step) = (step(&open("columns.onnx")), step(&open("dense.onnx")));
    let whole = whole_file_columns(open("columns.onnx"), &hops);
    let mut found = Vec::new();
    for level in Level::all() {
        let runtime = Runtime::Kernels(level);
        let load = || columns::Columns::load(&mut open("columns.onnx"), &mut open("dense.onnx"), runtime);
        let network = Arc::new(load().unwrap());
        assert!(network.is_quantised(), "the kernels know the fixture");
        let streamed = streamed_columns(&network, &hops);
        let at_once = network.piece(&hops, true).unwrap();
        assert_eq!(bits(&at_once), bits(&streamed.concat()), "{level:?}");
        for start in [1, 3, hops.len() / COLUMN_HOPS - 5] {
            let piece = network.piece(&hops[start * COLUMN_HOPS..], false).unwrap();
            assert_eq!(bits(&piece), bits(&streamed[start + 2..].concat()), "{level:?}, from column {start}");
        }
        // The last two columns see the border at the end.
        let whole = in_steps(&whole[..streamed.len()].concat(), column_step);
        assert!(is_similar(&whole, &streamed.concat(), similar), "{level:?}: columns of tract");
        let model = Model::build(package(folder), runtime, false).unwrap();
        found.push((level, model.embed(&hops).unwrap().concat()));
    }
    let tract = columns::Columns::load(&mut open("columns.onnx"), &mut open("dense.onnx"), Runtime::Tract);
    let tract = streamed_columns(&Arc::new(tract.unwrap()), &hops);
    // Pulsed, tract begins with a border of bytes of 0, which is silence, where the file has a log-mel of 0.
    let [whole, pulsed] =
        [&whole[2..tract.len()], &tract[2..]].map(|columns| in_steps(&columns.concat(), column_step));
    assert!(is_similar(&whole, &pulsed, similar), "columns of tract, pulsed");
    for (level, embeddings) in &found {
        assert_eq!(bits(embeddings), bits(&found[0].1), "{level:?}");
    }
    let expected = in_steps(&read_floats(folder, "embeddings"), step);
    let found = in_steps(&found[0].1[..expected.len()], step);
    assert!(is_similar(&expected, &found, embedded), "onnxruntime's embeddings");
}

/// Values as the bytes that they stand for.
fn in_steps(values: &[f32], step: f32) -> Vec<f32> {
    values.iter().map(|x| (x / step).round()).collect()
}

/// Whether bytes are at most one apart, and as large a share of them as `similar` equal.
fn is_similar(expected: &[f32], found: &[f32], similar: f64) -> bool {
    let equal = expected.iter().zip(found).filter(|(a, b)| a == b).count();
    let share = equal as f64 / found.len() as f64;
    println!(
        "{:.3} % of {} equal, greatest difference {}",
        100.0 * share,
        found.len(),
        largest_difference(expected, found)
    );
    largest_difference(expected, found) <= 1.0 && share >= similar
}

#[test]
fn quantised_fixture_equals_its_references() {
    quantised_equals_its_references(&golden("quantised"), [0.99; 2]);
}

/// Full VGGish and the compact variant, whose weights are too large for the repository: made by
/// `generate_models.py --large DIR` with `ROLLCALL_LARGE_MODELS` naming the folder. Where `ROLLCALL_REQUIRE` is set (CI,
/// `cargo xtask test`), a missing folder fails.
#[test]
fn vggish_in_full_and_compact_equals_onnxruntime() {
    let Some(folder) = std::env::var_os("ROLLCALL_LARGE_MODELS").map(PathBuf::from) else {
        assert!(std::env::var_os("ROLLCALL_REQUIRE").is_none(), "ROLLCALL_LARGE_MODELS names no folder");
        return;
    };
    for name in ["full", "full-stream", "compact", "compact-patch"] {
        for runtime in [Runtime::Kernels(Level::best()), Runtime::Tract] {
            runtime_equals_onnxruntime(&folder.join(name), runtime);
        }
    }
    streams_equal_the_whole_file(&folder.join("compact"));
    streams_equal_the_whole_file(&folder.join("full-stream"));
    shared_patches_equal_the_plain_ones(&folder.join("compact-patch"));
}

/// VGGish's shapes in bytes, as above; the folder may hold another quantised package under that name.
#[test]
fn vggish_quantised_equals_its_references() {
    match std::env::var_os("ROLLCALL_LARGE_MODELS").map(PathBuf::from) {
        // Here requantisation is in integers, onnxruntime's in floats: through nine layers one step more or less in a few of a hundred.
        Some(folder) => {
            quantised_equals_its_references(&folder.join("compact-quantised"), [0.98, 0.9]);
        }
        None => {
            assert!(std::env::var_os("ROLLCALL_REQUIRE").is_none(), "ROLLCALL_LARGE_MODELS names no folder")
        }
    }
}

/// Every patch of a stream, whichever of its windows are wanted, against the patch computed from nothing.
pub(super) fn shared_patches_equal_the_plain_ones(folder: &Path) {
    let package = package(folder);
    let hops: Vec<LogMelHop> = (0..3).flat_map(|_| read_hops(folder)).collect();
    // Columns of hops from each wanted window to the next: those that share, and those that do not.
    for apart in [vec![1], vec![2], vec![3, 1], vec![1, 1, 1, 4, 1, 1], vec![5, 2]] {
        for level in Level::all() {
            let mut onnx = Onnx::read("embedding.onnx", package.file("embedding.onnx").unwrap()).unwrap();
            let network = Arc::new(patch::Patch::load(&mut onnx, Runtime::Kernels(level)).unwrap());
            let (mut state, mut wait, mut compared) = (network.state(), 0, 0);
            let mut apart = apart.iter().cycle();
            for end in (COLUMN_HOPS..=hops.len()).step_by(COLUMN_HOPS) {
                state.advance();
                if end < PATCH_HOPS {
                    continue;
                }
                if wait > 1 {
                    wait -= 1;
                    continue;
                }
                wait = *apart.next().unwrap();
                let patch = || hops[end - PATCH_HOPS..end].iter();
                let shared = state.embed(patch()).unwrap();
                assert_eq!(
                    bits(&shared),
                    bits(&network.state().embed(patch()).unwrap()),
                    "{level:?}: to {end}"
                );
                compared += 1;
            }
            assert!(compared > 2);
        }
    }
}

#[test]
fn shared_patches_equal_the_plain_ones_to_the_last_bit() {
    shared_patches_equal_the_plain_ones(&golden("patch"));
}

/// The weights of two engines are the same: what is spawned shares them.
#[test]
fn engines_share_the_weights() {
    let model = Model::load(package(&golden("stream"))).unwrap();
    let Network::Stream(columns) = &model.network else { panic!("a stream package") };
    let before = Arc::strong_count(columns);
    let states = (model.network.state().unwrap(), model.network.state().unwrap());
    assert_eq!(Arc::strong_count(columns), before + 2);
    drop(states);
    assert_eq!(Arc::strong_count(columns), before);
}

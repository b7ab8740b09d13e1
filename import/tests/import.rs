//! Files of PyTorch and NumPy (made by `golden/generate_checkpoints.py`) in, a package out that the engine loads.

use rollcall_engine::{
    Model,
    package::{HeadNormalisation, Kind, PostProcessing},
};
use rollcall_import::{AttentionHead, ImportError, Imported, Pca, Vggish, import};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn floats(name: &str) -> Vec<f32> {
    fs::read(golden(name)).unwrap().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn imported(vggish: &str, pca: Option<&str>, head: Option<&str>) -> Imported {
    Imported {
        vggish: golden(vggish),
        pca: pca.map(golden),
        head: head.map(golden),
        raw_head: pca.is_none() && head.is_some(),
        name: "audioset-vggish".into(),
        licence: "Apache-2.0".into(),
        half: false,
    }
}

/// The golden patches as one spectrogram; the embeddings that lie on them.
fn represent(model: &Model) -> [Vec<f32>; 2] {
    let hops: Vec<[f32; 64]> = floats("patches.f32").as_chunks::<64>().0.to_vec();
    let all = model.represent(&hops).unwrap();
    // A window every 16 hops: the first patch is window 0, the second window 6.
    [all[0].to_vec(), all[6].to_vec()]
}

#[test]
fn both_forms_of_checkpoints_hold_the_same_network() {
    let (zip, legacy) = (golden("vggish.zip.pth"), golden("vggish.legacy.pth"));
    let vggish = Vggish::read(&zip).unwrap();
    assert_eq!(vggish, Vggish::read(&legacy).unwrap());
    assert_eq!(vggish.convolutions.iter().map(|c| c.outputs).collect::<Vec<_>>(), [2, 3, 3, 4, 4, 4]);
    assert_eq!(
        vggish.dense.iter().map(|d| (d.inputs, d.outputs)).collect::<Vec<_>>(),
        [(96, 6), (6, 5), (5, 128)]
    );
}

/// The package's network against onnxruntime on the same weights: 128 x 5 products at most a value, each rounded by 2^-24, and as much
/// again for every layer: 1e-5 of the greatest value is a few times that.
#[test]
fn a_package_embeds_as_the_reference_does() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("package");
    let parameters = import(&imported("vggish.legacy.pth", None, None), &out).unwrap();
    assert_eq!(parameters, Vggish::read(&golden("vggish.zip.pth")).unwrap().parameters());
    let model = Model::load(rollcall_models::read_dir(&out).unwrap()).unwrap();
    assert_eq!(
        (model.manifest().kind, &model.manifest().post_processing),
        (Kind::Patch, &PostProcessing::None)
    );
    assert!(model.manifest().training.provisional && model.thresholds().iter().all(|t| *t == 1.0));
    let expected = floats("embeddings.f32");
    let greatest = expected.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
    for (found, expected) in represent(&model).iter().zip(expected.chunks_exact(128)) {
        let off = found.iter().zip(expected).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(off < 1e-5 * greatest, "off by {off} of {greatest}");
    }
    // An untrained head says one half of everything.
    let attended = model.attend(&[[0.3; 128]; 3]);
    assert!(attended.clip.iter().all(|p| (p - 0.5).abs() < 1e-6));
}

#[test]
fn pca_and_a_published_head_come_along() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("package");
    import(&imported("vggish.zip.pth", Some("pca.npz"), Some("head.pth")), &out).unwrap();
    let model = Model::load(rollcall_models::read_dir(&out).unwrap()).unwrap();
    let manifest = model.manifest();
    assert_eq!(
        (&manifest.post_processing, manifest.head_normalisation),
        (&PostProcessing::Pca8, HeadNormalisation::Batch)
    );
    // Its thresholds are nobody's.
    assert!(manifest.training.provisional && model.thresholds().iter().all(|t| *t == 0.5));
    assert!(
        manifest.description.contains("provisional thresholds")
            && manifest.origin.contains("pca.npz (SHA-256 ")
    );
    // Whitened, clipped, 8 bit, by the definition (vggish_postprocess.py). A truncation may fall the other way where the network's own
    // rounding (1e-5) meets a step, so a step of 1/255 is allowed, and rarely taken.
    let pca = Pca::read(&golden("pca.npz")).unwrap();
    for (found, embedding) in represent(&model).iter().zip(floats("embeddings.f32").chunks_exact(128)) {
        let mut other = 0;
        for (found, row) in found.iter().zip(pca.components.chunks_exact(128)) {
            let centred =
                embedding.iter().zip(&pca.mean).zip(row).map(|((x, m), e)| f64::from(*e) * f64::from(x - m));
            let expected = ((centred.sum::<f64>().clamp(-2.0, 2.0) + 2.0) * 63.75).floor() as f32 / 255.0;
            assert!((found - expected).abs() < 1.5 / 255.0, "{found} against {expected}");
            other += usize::from((found - expected).abs() > 0.5 / 255.0);
        }
        assert!(other <= 2, "{other} of 128 differ");
    }
    // In full 32 bits and in 16 the same network.
    let half = folder.path().join("half");
    import(&Imported { half: true, ..imported("vggish.zip.pth", Some("pca.npz"), Some("head.pth")) }, &half)
        .unwrap();
    let size = |folder: &Path, file| fs::metadata(folder.join(file)).unwrap().len();
    assert!(size(&half, "head.onnx") * 10 < size(&out, "head.onnx") * 7);
}

/// What the head computes, spelled out in NumPy's order of operations (AttentionMIC, `Attention.py`).
#[test]
fn the_published_head_computes_what_its_code_says() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("package");
    import(&imported("vggish.zip.pth", None, Some("head.pth")), &out).unwrap();
    let model = Model::load(rollcall_models::read_dir(&out).unwrap()).unwrap();
    let head = AttentionHead::read(&golden("head.pth")).unwrap();
    let rollcall_import::Normalisation::Batch(norms) = &head.normalisation else {
        panic!("{:?}", head.kind())
    };
    let x: Vec<[f32; 128]> =
        (0..3).map(|t| std::array::from_fn(|i| ((i * 7 + t * 13) % 29) as f32 / 29.0)).collect();
    let affine = |layer: &rollcall_import::Dense, x: &[f64]| -> Vec<f64> {
        let rows = layer.weight.chunks_exact(layer.inputs).enumerate();
        rows.map(|(o, row)| {
            let bias = layer.bias.get(o).map_or(0.0, |b| f64::from(*b));
            bias + row.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum::<f64>()
        })
        .collect()
    };
    let normalised = |i: usize, x: &[f64]| -> Vec<f64> {
        let n = &norms[i];
        (0..128)
            .map(|c| {
                let unit =
                    (x[c] - f64::from(n.running_mean[c])) / (f64::from(n.running_var[c]) + 1e-5).sqrt();
                unit * f64::from(n.weight[c]) + f64::from(n.bias[c])
            })
            .collect()
    };
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let mut sums = [(0.0, 0.0); 20];
    for x in &x {
        let x: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
        let mut y = normalised(0, &x);
        for i in 0..3 {
            y = normalised(i + 1, &affine(&head.convolutions[i], &y))
                .into_iter()
                .map(|v| v.max(0.0))
                .collect();
        }
        let y: Vec<f64> = y.iter().zip(&x).map(|(y, x)| y + x).collect();
        let (activity, attention) = (affine(&head.activity, &y), affine(&head.attention, &y));
        for (c, sum) in sums.iter_mut().enumerate() {
            let weight = sigmoid(attention[c]).clamp(1e-7, 1.0 - 1e-7);
            *sum = (sum.0 + weight * sigmoid(activity[c]), sum.1 + weight);
        }
    }
    for (found, (gated, total)) in model.attend(&x).clip.iter().zip(sums) {
        assert!((f64::from(*found) - gated / total).abs() < 1e-4, "{found} against {}", gated / total);
    }
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = |path: &Path| Vggish::read(path).unwrap_err().to_string();
    let arrays = error(&golden("arrays.pth"));
    assert!(arrays.contains("no tensor at all") && arrays.contains("torchvggish"), "{arrays}");
    let other = error(&golden("head.pth"));
    assert!(other.contains("\"features.0.weight\", but 23 tensors"), "{other}");
    assert!(error(&golden("pca.npz")).contains("pca.npz"));
    assert!(matches!(Vggish::read(&folder.path().join("none.pth")), Err(ImportError::Io { .. })));
    for name in ["vggish.zip.pth", "vggish.legacy.pth"] {
        let bytes = fs::read(golden(name)).unwrap();
        let cut = folder.path().join(name);
        fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
        assert!(error(&cut).contains("is no readable checkpoint"), "{}", error(&cut));
    }
    let shape = AttentionHead::read(&golden("vggish.zip.pth")).unwrap_err().to_string();
    assert!(shape.contains("emb.conv1x1.0.weight"), "{shape}");
    assert!(Pca::read(&golden("vggish.zip.pth")).unwrap_err().to_string().contains("pca_means"));
}

#[test]
fn what_nothing_would_use_is_refused_by_name() {
    let error = |path: &Path| AttentionHead::read(path).unwrap_err().to_string();
    // Four layers where three are read.
    let deep = error(&golden("head.deep.pth"));
    assert!(
        deep.contains("also holds emb.batchnorm.4.bias, ") && deep.contains("emb.conv1x1.3.weight"),
        "{deep}"
    );
    // PyTorch's counters change nothing.
    let counted = AttentionHead::read(&golden("head.counted.pth")).unwrap();
    assert_eq!(counted, AttentionHead::read(&golden("head.pth")).unwrap());
    let whole = Vggish::read(&golden("vggish.whole.pth")).unwrap();
    assert_eq!(whole, Vggish::read(&golden("vggish.zip.pth")).unwrap(), "the model with its PCA");
    let other = Vggish::read(&golden("vggish.more.pth")).unwrap_err().to_string();
    assert!(other.contains("also holds embeddings.6.bias, embeddings.6.weight"), "{other}");
    let more = Pca::read(&golden("pca.more.npz")).unwrap_err().to_string();
    assert!(more.contains("also holds scale"), "{more}");
}

#[test]
fn a_head_asks_for_what_it_was_trained_behind() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("package");
    let bare = Imported { raw_head: false, ..imported("vggish.zip.pth", None, Some("head.pth")) };
    let refused = import(&bare, &out).unwrap_err().to_string();
    assert!(refused.contains("--pca") && refused.contains("--raw-head") && !out.exists(), "{refused}");
}

#[test]
fn nothing_is_overwritten_and_nothing_half_written_stays() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("package");
    fs::create_dir(&out).unwrap();
    import(&imported("vggish.zip.pth", None, None), &out).unwrap();
    let again = import(&imported("vggish.zip.pth", None, None), &out).unwrap_err().to_string();
    assert!(again.contains("is there already"), "{again}");
    let bad = Imported { name: "Not A Name".into(), ..imported("vggish.zip.pth", None, None) };
    let refused = import(&bad, &folder.path().join("other")).unwrap_err().to_string();
    assert!(refused.contains("Not A Name"), "{refused}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

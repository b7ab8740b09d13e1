//! The teacher's front-end against its golden data, and a folder with a small network of the teacher's shape.

mod common;

use rollcall_train::teacher::{EVENTS, FEATURES, FrontEnd, Teacher, TeacherError};
use std::{fs, path::Path};

fn golden(name: &str) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let bytes = fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

/// The FFT in 32 bits leaves about 1e-6 of its loudest bin (power 1e3 here) in every bin, so quiet bands are off by more than
/// loud ones; ln and the fifth shrink that.
#[test]
fn the_front_end_is_the_reference() {
    let found = FrontEnd::new(&golden("teacher.basis.f32")).log_mel(&golden("teacher.samples.f32")).unwrap();
    let expected = golden("teacher.logmel.f32");
    assert_eq!(found.len(), expected.len());
    let off = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 2e-4, "off by {off}");
}

#[test]
fn too_little_audio_is_refused() {
    let front_end = FrontEnd::new(&[0.0; 513]);
    assert!(matches!(front_end.log_mel(&[0.0; 513]), Err(TeacherError::Short { samples: 513, least: 514 })));
    assert_eq!(front_end.log_mel(&[0.0; 514]).unwrap().len(), 2);
}

#[test]
fn a_folder_hears() {
    let folder = common::teacher();
    let teacher = Teacher::open(folder.path()).unwrap();
    for samples in [3_200, 32_000] {
        let audio: Vec<f32> = (0..samples).map(|n| 0.5 * (n as f32 * 0.3).sin()).collect();
        let log_mel = teacher.front_end().log_mel(&audio).unwrap();
        let mean = log_mel.iter().sum::<f32>() / log_mel.len() as f32;
        let heard = teacher.hear(&audio).unwrap();
        assert_eq!((heard.logits.len(), heard.embedding.len()), (EVENTS, FEATURES));
        assert!((heard.logits[EVENTS / 2] - mean * (EVENTS / 2) as f32 / EVENTS as f32).abs() < 1e-4);
        let judged = teacher.judge(&heard);
        assert!(judged.iter().all(|p| (0.0..=1.0).contains(p)));
    }
}

#[test]
fn a_broken_folder_says_what_is_wrong() {
    let missing = Teacher::open(Path::new("not/there")).err().unwrap().to_string();
    assert!(missing.contains("mn04_as.onnx"), "{missing}");
    let text = |name: &str, content: &[u8]| {
        let folder = common::teacher();
        fs::write(folder.path().join(name), content).unwrap();
        Teacher::open(folder.path()).err().unwrap().to_string()
    };
    assert!(text("mel_basis_128x513.npy", b"\x93NUMPY\x01\x00\xff").contains("a .npy file"));
    assert!(text("audioset_classes.csv", b"index,mid,display_name\n0,/m/0,Speech\n").contains("Accordion"));
    assert!(text("mn04_as.onnx", b"no network").contains("mn04_as.onnx"));
}

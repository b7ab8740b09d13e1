//! Reading packages from folders, the embedded package, and the copy that all share.

use rollcall_engine::{Model, OPENMIC_CLASSES, Package};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Barrier},
    thread,
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/models").join(name)
}

/// A copy of a fixture in a folder of its own, removed in the end.
struct Copy(PathBuf);

impl Copy {
    fn of(name: &str, copy: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(copy);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for entry in fs::read_dir(fixture(name)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        Self(folder)
    }

    fn refused(&self, file: &str) -> String {
        let error = rollcall_models::read_dir(&self.0).unwrap_err();
        assert_eq!(error.file, file, "{error}");
        error.to_string()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(name: &str) -> Package {
    rollcall_models::read_dir(&fixture(name)).expect("a good package")
}

#[test]
fn the_embedded_package_loads_and_knows_the_twenty_instruments() {
    let package = rollcall_models::embedded().expect("models/default is embedded");
    assert_eq!(package.manifest().classes, OPENMIC_CLASSES);
    assert!(!package.manifest().scores.is_empty(), "a shipped package says how good it is");
    Model::load(package).expect("a good model");
}

#[test]
fn folders_are_read_and_checked() {
    assert_eq!(read("stream").manifest().name, "fixture-stream");
    let copy = Copy::of("patch", "checked");
    assert_eq!(rollcall_models::read_dir(&copy.0).unwrap().sha256(), read("patch").sha256());
    fs::write(copy.0.join("pca.f32"), [0; 66_048]).unwrap();
    assert!(copy.refused("pca.f32").contains("SHA-256"));
    // More than the manifest states is noticed without being read.
    fs::write(copy.0.join("pca.f32"), vec![0; 9_000_000]).unwrap();
    assert!(copy.refused("pca.f32").contains("66049 bytes"));
    fs::remove_file(copy.0.join("pca.f32")).unwrap();
    copy.refused("pca.f32");
    fs::write(copy.0.join("manifest.toml"), [0xff, 0xfe]).unwrap();
    assert!(copy.refused("manifest.toml").contains("UTF-8"));
    fs::remove_file(copy.0.join("manifest.toml")).unwrap();
    copy.refused("manifest.toml");
    let nowhere = rollcall_models::read_dir(Path::new("no/such/folder")).unwrap_err();
    assert_eq!(nowhere.file, "manifest.toml");
}

#[cfg(unix)]
#[test]
fn links_and_folders_are_not_followed() {
    let copy = Copy::of("stream", "links");
    let file = copy.0.join("head.onnx");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink(fixture("stream").join("head.onnx"), &file).unwrap();
    assert!(copy.refused("head.onnx").contains("a link"));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(copy.refused("head.onnx").contains("no regular file"));
}

#[test]
fn all_share_one_model_and_the_last_one_frees_it() {
    let barrier = Barrier::new(4);
    let models: Vec<Arc<Model>> = thread::scope(|scope| {
        let load = || {
            let package = read("stream");
            barrier.wait();
            rollcall_models::shared(package).expect("a good model")
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(load)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(models.windows(2).all(|pair| Arc::ptr_eq(&pair[0], &pair[1])));
    assert_eq!(Arc::strong_count(&models[0]), 4, "the cache itself keeps nothing alive");
    let other = rollcall_models::shared(read("patch")).unwrap();
    assert!(!Arc::ptr_eq(&models[0], &other));
    drop(models);
    assert_eq!(Arc::strong_count(&rollcall_models::shared(read("stream")).unwrap()), 1);
}

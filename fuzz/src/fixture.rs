//! The engine's own tiny packages (`engine/tests/golden/generate_models.py`).

use rollcall_engine::{Model, Package, PackageError};
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, LazyLock},
};

/// Names of the packages, one of each kind, and one that knows other instruments.
pub(crate) const NAMES: [&str; 3] = ["stream", "patch", "events"];

/// A package's files by name, its manifest among them.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// All files of each package.
pub(crate) static FILES: LazyLock<[Files; 3]> = LazyLock::new(|| NAMES.map(read));

/// Each package, loaded.
pub(crate) static MODELS: LazyLock<[Arc<Model>; 3]> =
    LazyLock::new(|| FILES.each_ref().map(|files| Arc::new(load(files).expect("a good fixture"))));

fn read(name: &str) -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/models").join(name);
    fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a file"))
        })
        .collect()
}

/// Assembles and loads a package.
pub(crate) fn load(files: &Files) -> Result<Model, PackageError> {
    let manifest = String::from_utf8_lossy(&files["manifest.toml"]);
    let package = Package::assemble(&manifest, &mut |name, _| {
        files.get(name).map(|bytes| bytes.clone().into()).ok_or_else(|| "no such file".to_owned())
    })?;
    Model::load(package)
}

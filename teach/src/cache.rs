//! What was heard before: a file a recording, found by the content of the recording and the network that heard it, so that a killed run
//! goes on and the next one hears only what is new.

use crate::hear::{Heard, Steps};
use anyhow::{Context, Result};
use half::f16;
use rollcall_engine::package::{DETAIL, Manifest};
use rollcall_files::AtomicFile;
use rollcall_import::hash::hex;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// A folder of what one network heard.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The part of a cache that belongs to the network of a package. The folder is made if it is missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(folder: &Path, base: &Manifest) -> Result<Self> {
        let folder = folder.join(network(base));
        fs::create_dir_all(&folder)
            .map_err(|error| rollcall_files::told(error, rollcall_files::Doing::Writing))
            .with_context(|| format!("--cache: {}", folder.display()))?;
        // What killed runs left half-written.
        let _ = AtomicFile::sweep(&folder);
        Ok(Self { folder })
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.safetensors"))
    }

    /// What was heard of the content with this hash. A file that is damaged is as good as none.
    pub fn get(&self, key: &str) -> Option<Heard> {
        read(&fs::read(self.path(key)).ok()?)
    }

    /// Keeps what was heard.
    ///
    /// # Errors
    /// The disk.
    pub fn put(&self, key: &str, heard: &Heard) -> io::Result<()> {
        let times: Vec<u8> = heard.steps.times_s.iter().flat_map(|t| t.to_le_bytes()).collect();
        let embeddings: Vec<u8> = heard.steps.embeddings.iter().flat_map(|x| x.to_le_bytes()).collect();
        let count = heard.steps.len();
        let view = |kind, shape, bytes| TensorView::new(kind, shape, bytes).map_err(io::Error::other);
        let tensors = [
            ("embeddings", view(Dtype::F16, vec![count, heard.steps.width], &embeddings)?),
            ("times_s", view(Dtype::F32, vec![count], &times)?),
        ];
        let mut facts = HashMap::from([("duration_s".to_owned(), format!("{:?}", heard.duration_s))]);
        facts.extend(heard.note.clone().map(|note| ("note".to_owned(), note)));
        let bytes = safetensors::serialize(tensors, Some(facts)).map_err(io::Error::other)?;
        let mut file = AtomicFile::create(&self.path(key), true)?;
        file.write_all(&bytes)?;
        file.commit()
    }
}

fn read(bytes: &[u8]) -> Option<Heard> {
    let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
    let facts = header.metadata().as_ref()?;
    let tensors = SafeTensors::deserialize(bytes).ok()?;
    let (times, embeddings) = (tensors.tensor("times_s").ok()?, tensors.tensor("embeddings").ok()?);
    let &[_, width] = embeddings.shape() else { return None };
    let steps = Steps {
        width,
        times_s: times.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        embeddings: embeddings.data().as_chunks::<2>().0.iter().map(|b| f16::from_le_bytes(*b)).collect(),
    };
    let is_whole = steps.embeddings.len() == steps.len() * width
        && (times.dtype(), embeddings.dtype()) == (Dtype::F32, Dtype::F16);
    let duration_s = facts.get("duration_s")?.parse().ok()?;
    is_whole.then(|| Heard { steps, duration_s, note: facts.get("note").cloned() })
}

/// Which network a package has: the hashes of what lies before its heads.
pub fn network(base: &Manifest) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{:?} {:?}", base.kind, base.post_processing));
    for file in base.files.iter().filter(|file| {
        matches!(file.name.as_str(), "embedding.onnx" | "columns.onnx" | "dense.onnx" | "pca.f32" | DETAIL)
    }) {
        hash.update(&file.sha256);
    }
    hex(&hash.finalize())[..16].to_owned()
}

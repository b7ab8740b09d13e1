//! A `patch` package from VGGish, its post-processing and a head: written whole, then loaded as a user would.

use crate::hash::sha256_of;
use crate::seal::{Body, Label, in_new_folder, seal};
use crate::{AttentionHead, ImportError, Pca, Vggish, onnx::Storage};
use rollcall_engine::{
    OPENMIC_CLASSES,
    package::{HEAD, Kind, PostProcessing, Scores, Training},
};
use std::path::{Path, PathBuf};

/// Hops between OpenMIC's windows, which published heads were trained on.
const UPDATE_HOPS: usize = 96;
/// Seconds of an OpenMIC clip.
const MEMORY_S: f32 = 10.0;

/// Between embedding and head.
#[derive(Clone, Debug, PartialEq)]
pub enum Representation {
    /// The embedding as it is.
    Raw,
    /// Scaled to 0..=1 from `low..high`.
    Unit {
        /// Goes to 0.
        low: f32,
        /// Goes to 1.
        high: f32,
    },
    /// Whitened and 8 bit, as AudioSet's released embeddings and OpenMIC's features.
    Whitened(Pca),
}

/// What `rollcall model import` is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// torchvggish's `.pth`.
    pub vggish: PathBuf,
    /// AudioSet's `vggish_pca_params.npz`; without it the embedding is not post-processed.
    pub pca: Option<PathBuf>,
    /// A head that AttentionMIC trained (`.pth`); without it the package has an untrained head, which hears nothing.
    pub head: Option<PathBuf>,
    /// The head was trained on embeddings as they are. Published heads were not: without this a head asks for the `pca`.
    pub raw_head: bool,
    /// Name of the package, `a-z 0-9 -`.
    pub name: String,
    /// Licence of the weights, as their publisher states it.
    pub licence: String,
    /// Store 16-bit weights: half the size, a relative rounding of at most 2^-11 each.
    pub half: bool,
}

/// Reads the files and writes the package into `folder`, which must not exist or be empty. Returns the parameters of the
/// network.
///
/// # Errors
/// A file that is not what it should be, a folder that is in use, the disk, or anything the engine finds wrong.
pub fn import(what: &Imported, folder: &Path) -> Result<usize, ImportError> {
    if let (Some(path), None, false) = (&what.head, &what.pca, what.raw_head) {
        return Err(ImportError::Unwhitened { path: path.clone() });
    }
    let vggish = Vggish::read(&what.vggish)?;
    let representation = match &what.pca {
        Some(path) => Representation::Whitened(Pca::read(path)?),
        None => Representation::Raw,
    };
    let head = match &what.head {
        Some(path) => AttentionHead::read(path)?,
        None => AttentionHead::untrained(OPENMIC_CLASSES.len()),
    };
    let mut sources = Vec::new();
    let mut command = String::from("rollcall model import");
    for (option, path) in
        [("vggish", Some(&what.vggish)), ("pca", what.pca.as_ref()), ("head", what.head.as_ref())]
    {
        if let Some(path) = path {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            sources.push(format!("{name} (SHA-256 {})", sha256_of(path).map_err(ImportError::io(path))?));
            command.push_str(&format!(" --{option} {name}"));
        }
    }
    if what.raw_head {
        command.push_str(" --raw-head");
    }
    if what.half {
        command.push_str(" --half");
    }
    let trained = what.head.is_some();
    let origin = format!("Imported from {}", sources.join(", "));
    let label = Label {
        name: what.name.clone(),
        version: "1".into(),
        description: if trained {
            "VGGish as published, with an imported attention head; provisional thresholds of 0.5".into()
        } else {
            "VGGish as published, without a trained head: hears nothing yet".into()
        },
        licence: what.licence.clone(),
        card: card(what, &origin, &command, vggish.parameters()),
        origin,
        // Nobody has tuned its thresholds, or trained its head.
        training: Training { command, seed: 0, provisional: true, runs: Vec::new() },
        // An untrained head says 0.5 of everything: at 1 nothing ever plays.
        thresholds: vec![if trained { 0.5 } else { 1.0 }; OPENMIC_CLASSES.len()],
        scores: Scores::new(),
    };
    let storage = if what.half { Storage::Half } else { Storage::Single };
    write_package(&vggish, &representation, &head, storage, label, folder)?;
    Ok(vggish.parameters())
}

/// Writes a `patch` package into `folder`, which must not exist or be empty, and loads it as a user would.
///
/// # Errors
/// A folder that is in use, the disk, or anything the engine finds wrong with the package; nothing is left behind.
pub fn write_package(
    vggish: &Vggish,
    representation: &Representation,
    head: &AttentionHead,
    storage: Storage,
    label: Label,
    folder: &Path,
) -> Result<(), ImportError> {
    in_new_folder(folder, |work| fill(vggish, representation, head, storage, label, work))
}

fn fill(
    vggish: &Vggish,
    representation: &Representation,
    head: &AttentionHead,
    storage: Storage,
    label: Label,
    folder: &Path,
) -> Result<(), ImportError> {
    let mut files = vec![
        ("embedding.onnx".to_owned(), vggish.to_onnx(storage)),
        (HEAD.to_owned(), head.to_onnx(storage)),
    ];
    let post_processing = match representation {
        Representation::Raw => PostProcessing::None,
        Representation::Unit { low, high } => PostProcessing::Unit { low: *low, high: *high },
        Representation::Whitened(pca) => {
            files.push(("pca.f32".to_owned(), pca.to_bytes()));
            PostProcessing::Pca8
        }
    };
    let body = Body {
        kind: Kind::Patch,
        classes: OPENMIC_CLASSES.map(String::from).to_vec(),
        looks: Default::default(),
        update_hops: UPDATE_HOPS,
        memory_s: MEMORY_S,
        head_normalisation: head.kind(),
        post_processing,
        events: None,
        added: Vec::new(),
        files,
    };
    seal(body, label, folder)
}

fn card(what: &Imported, origin: &str, command: &str, parameters: usize) -> String {
    let post = match what.pca {
        Some(_) => "PCA whitening, clipped, 8 bit, over 255: as OpenMIC-2018's own features.",
        None => "none.",
    };
    let head = match what.head {
        Some(_) => {
            "AttentionMIC's (batch normalisation), imported. **Thresholds are provisional**: 0.5 for each class, tuned for none."
        }
        None => {
            "**untrained**: every activity is one half and below its threshold, so nothing is ever heard. Train one on these \
             embeddings with `rollcall-train second`."
        }
    };
    format!(
        "# Model card: {name}\n\n{origin}.\n\nNetwork: VGGish, {millions:.1} million parameters, a zero border round each \
         patch of 0.96 s, ReLU after each layer.\nPost-processing: {post}\nHead: {head}\n\n```sh\n{command}\n```\n\nLicence of the \
         weights: {licence}.\n\nScores: not measured by the import; measure it on your recordings.\n",
        name = what.name,
        millions = parameters as f64 / 1e6,
        licence = what.licence,
    )
}

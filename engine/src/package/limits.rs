//! What the files of a package are called, and how large they may be.

/// Largest file a package may hold: full VGGish (72 M parameters of 32 bit, 288 MB) with room to spare.
pub const MAX_FILE_BYTES: u64 = 512 << 20;

/// Most that all files of a package may hold together: a reader has all of it in memory before anything of it is used.
pub const MAX_PACKAGE_BYTES: u64 = MAX_FILE_BYTES + (64 << 20);

/// Largest `manifest.toml`.
pub const MAX_MANIFEST_BYTES: u64 = 1 << 20;

/// Name of the manifest inside a package.
pub const MANIFEST: &str = "manifest.toml";

/// Name of the attention head inside a package.
pub const HEAD: &str = "head.onnx";

/// Name of the model card inside a package.
pub const MODEL_CARD: &str = "MODEL_CARD.md";

/// Name of the layer from the mean of a window's columns to what heads of added classes are given beside the embedding, for `stream`
/// packages that have one.
pub const DETAIL: &str = "detail.onnx";

/// Name of the layer from the mean embedding to the events, for packages that have an [`EventTable`](super::EventTable).
pub const EVENTS: &str = "events.onnx";

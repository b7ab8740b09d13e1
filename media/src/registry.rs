//! Which codecs there are, and which file names look like audio.

use std::{path::Path, sync::LazyLock};
use symphonia::core::codecs::registry::CodecRegistry;

/// Extensions (lower case) that a walk through folders takes for audio. A file named on the command line is judged by
/// its content, whatever its name.
pub const EXTENSIONS: [&str; 23] = [
    "aac", "aif", "aifc", "aiff", "bwf", "caf", "flac", "m4a", "m4b", "m4r", "mka", "mp1", "mp2", "mp3",
    "mp4", "mpa", "oga", "ogg", "opus", "rf64", "wav", "wave", "webm",
];

/// Whether a file's name ends like audio.
pub fn has_audio_extension(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str()))
}

/// Every codec of this build; made once.
pub(super) static CODECS: LazyLock<CodecRegistry> = LazyLock::new(|| {
    let mut registry = CodecRegistry::new();
    symphonia::default::register_enabled_codecs(&mut registry);
    #[cfg(feature = "opus")]
    registry.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
    registry
});

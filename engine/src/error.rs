//! Why an engine could not be built or go on.

use crate::SettingsError;

/// Why an engine could not be built or go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The rate is outside what the resampler is built for.
    #[error("the sample rate is {found_hz} Hz, but must be 8000 to 384000 Hz")]
    SampleRate {
        /// What was asked for.
        found_hz: u32,
    },
    /// There must be audio in a frame.
    #[error("the input has no channels, but must have at least 1")]
    NoChannels,
    /// A block must hold whole frames.
    #[error("a block of {samples} samples does not hold whole frames of {channels} channels")]
    BrokenFrame {
        /// Samples in the block.
        samples: usize,
        /// Channels of the input format.
        channels: usize,
    },
    /// A setting is out of range.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The network library failed at run time. The engine goes on after [`Engine::reset`](crate::Engine::reset) only.
    #[error("the network failed while running: {reason}")]
    Network {
        /// What the library said.
        reason: String,
    },
}

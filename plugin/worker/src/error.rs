//! Why a worker does not begin.

/// Why a stream could not be opened. The plugin passes audio all the same.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum OpenError {
    /// The engine has no resampler for it.
    #[error("the host's sample rate is {found_hz} Hz, but must be 8000 to 384000 Hz for an analysis")]
    SampleRate {
        /// What the host said.
        found_hz: f64,
    },
}

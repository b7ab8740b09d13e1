//! The newest step, ready to be drawn.

/// Everything about one instrument at the newest step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Meter {
    /// What the meter shows: gated and smoothed, 0..=1.
    pub activity: f32,
    /// Attention-pooled posterior over the memory, before gate and smoothing, 0..=1.
    pub posterior: f32,
    /// Activity of the newest window alone, 0..=1.
    pub instant: f32,
    /// Threshold after the sensitivity, 0..=1: the mark on the meter.
    pub threshold: f32,
    /// Threshold as shipped with the model, 0..=1.
    pub shipped_threshold: f32,
    /// Greatest activity since the peak was last reset, 0..=1.
    pub peak: f32,
    /// At or above the threshold now, or within the last `hold` seconds: "plays".
    pub active: bool,
    /// Seconds since the activity was last at or above the threshold; 0 while it is, infinite if it never was.
    pub since_active_s: f32,
}

/// Where a moment lies in the song, from the host's transport.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SongPosition {
    /// Whether the transport ran.
    pub playing: bool,
    /// Seconds since the song's start, if the host says so.
    pub song_s: Option<f64>,
    /// Quarter notes since the song's start, if the host says so.
    pub beats: Option<f64>,
    /// Bar, counted from 0 as hosts do (a person reads `bar + 1`), and quarter notes since that bar began.
    pub bar: Option<(i32, f32)>,
    /// Quarter notes a minute, if the host says so.
    pub tempo_bpm: Option<f64>,
}

/// Whether an instrument outside of the classes plays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Another {
    /// Probability that somebody plays and is none of the classes, 0..=1.
    pub probability: f32,
    /// The likeliest such instrument, an index into [`crate::Status::others`].
    pub instrument: usize,
}

impl Another {
    /// Whether another instrument is at least as likely as not: from there on it is told, and the classes give way.
    #[must_use]
    pub fn is_likely(self) -> bool {
        self.probability >= 0.5
    }
}

/// The newest step. Before the first step of a session `steps` is 0 and all values are 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Latest {
    /// Steps since the session began.
    pub steps: u64,
    /// Centre of the step's window, in seconds since the session began.
    pub time_s: f64,
    /// The same moment in the song.
    pub position: SongPosition,
    /// One meter a class, in the order of [`crate::Status::classes`].
    pub meters: Vec<Meter>,
    /// The instrument outside of the classes that is likelier than not, smoothed and held as the meters are; an index into
    /// [`crate::Status::others`].
    pub perhaps: Option<usize>,
    /// RMS of the window in dB relative to a full-scale square wave; negative infinity for digital black.
    pub level_dbfs: f32,
    /// Whether the level gate was open; closed means "too quiet to tell".
    pub gate_open: bool,
    /// Sample peak of the mono signal since the last step in dBFS; negative infinity for digital black.
    pub peak_dbfs: f32,
}

//! The plugin's handle of its worker thread.

use crate::{
    Link, ModelSlot, TapWriter,
    core::Core,
    stream::{self, Stream},
};
use rollcall_board::{Inbox, Writer};
use std::{
    io,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

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

/// Owns the worker thread: dropping it ends and joins the thread, also while a model loads.
#[derive(Debug)]
pub struct Worker {
    link: Arc<Link>,
    streams: mpsc::Sender<Stream>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. It does nothing slow until a stream is opened or somebody looks ([`Link::want_model`]).
    ///
    /// `on_news` is called on the worker's thread whenever the board shows something new.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn spawn(
        board: Writer,
        inbox: Inbox,
        models: Arc<ModelSlot>,
        on_news: Box<dyn Fn() + Send>,
    ) -> io::Result<Self> {
        let link = Arc::new(Link::default());
        let (streams, opened) = mpsc::channel();
        let core = Core::new(board, inbox, opened, models, Arc::clone(&link), on_news);
        let thread = thread::Builder::new().name("rollcall-worker".into()).spawn(move || core.run())?;
        Ok(Self { link, streams, thread: Some(thread) })
    }

    /// Allocates a tap and hands the worker its end. Streams are heard one after the other, each to its end. Not for
    /// the audio thread.
    ///
    /// # Errors
    /// A sample rate that the engine cannot take.
    pub fn open(
        &self,
        sample_rate_hz: f64,
        max_block_frames: usize,
        offline: bool,
    ) -> Result<TapWriter, OpenError> {
        // Said here, on a thread that no block runs on: whoever renders may wait from the first block on.
        self.link.set_freewheeling(offline);
        let rate_hz = sample_rate_hz.round();
        if !(8_000.0..=384_000.0).contains(&rate_hz) {
            return Err(OpenError::SampleRate { found_hz: sample_rate_hz });
        }
        let (writer, stream) = stream::open(rate_hz as u32, max_block_frames, offline);
        // The receiver is gone only if the thread has ended early: then nobody reads, and the tap fills and drops.
        let _ = self.streams.send(stream);
        Ok(writer)
    }

    /// What the audio thread shares with the worker.
    pub fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.link.stop();
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic was caught and shown on the board already.
            let _ = thread.join();
        }
    }
}

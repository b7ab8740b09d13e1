//! The plugin's handle of its worker thread.

use crate::error::OpenError;
use crate::{
    Link, ModelSlot, TapWriter,
    core::Core,
    stream::{self, OpenTap},
};
use rollcall_board::{Inbox, Writer};
use std::{
    io,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

/// Owns the worker thread: dropping it ends and joins the thread. What it does at that moment, a load or an export, is given up.
#[derive(Debug)]
pub struct Worker {
    link: Arc<Link>,
    streams: mpsc::Sender<Result<OpenTap, OpenError>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. It does nothing slow until a stream is opened or somebody looks ([`Link::want_model`]).
    ///
    /// `on_news` is called on the worker's thread whenever the board shows something new.
    ///
    /// # Errors
    /// The system gives no thread; the board says so, too.
    pub fn spawn(
        board: Writer,
        inbox: Inbox,
        models: Arc<ModelSlot>,
        on_news: Box<dyn Fn() + Send>,
    ) -> io::Result<Self> {
        Self::spawn_on(thread::Builder::new(), board, inbox, models, on_news)
    }

    fn spawn_on(
        thread: thread::Builder,
        board: Writer,
        inbox: Inbox,
        models: Arc<ModelSlot>,
        on_news: Box<dyn Fn() + Send>,
    ) -> io::Result<Self> {
        let link = Arc::new(Link::default());
        let (streams, opened) = mpsc::channel();
        let core = Core::new(board, inbox, opened, models, Arc::clone(&link), on_news);
        // Handed over once there is a thread: without one somebody must still say so on the board.
        let (hand, take) = mpsc::channel::<Core>();
        let work = move || take.into_iter().for_each(Core::run);
        match thread.name("rollcall-worker".into()).spawn(work) {
            Ok(thread) => {
                // The thread takes one, then ends.
                let _ = hand.send(core);
                Ok(Self { link, streams, thread: Some(thread) })
            }
            Err(error) => {
                core.refuse(format!(
                    "the system gives no thread for the analysis ({error}); close other programs, then remove the plugin and add \
                     it again"
                ));
                Err(error)
            }
        }
    }

    /// Allocates a tap and hands the worker its end. Streams are heard one after the other, each to its end. Not for
    /// the audio thread.
    ///
    /// # Errors
    /// A sample rate that the engine cannot take.
    pub fn open(&self, sample_rate_hz: f64, max_block_frames: usize) -> Result<TapWriter, OpenError> {
        // Until a block says otherwise.
        self.link.set_freewheeling(false);
        let rate_hz = sample_rate_hz.round();
        if !(8_000.0..=384_000.0).contains(&rate_hz) {
            let error = OpenError::SampleRate { found_hz: sample_rate_hz };
            // The worker shows it.
            let _ = self.streams.send(Err(error));
            return Err(error);
        }
        let (writer, stream) = stream::open(rate_hz as u32, max_block_frames);
        // The receiver is gone only if the thread has ended early: then nobody reads, and the tap fills and drops.
        let _ = self.streams.send(Ok(stream));
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

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_board::{ModelState, board};

    #[test]
    fn a_thread_that_cannot_be_had_is_told_on_the_board() {
        let (writer, board, inbox) = board();
        // More than any address space has.
        let thread = thread::Builder::new().stack_size(usize::MAX / 4);
        let models = Arc::new(ModelSlot::default());
        assert!(Worker::spawn_on(thread, writer, inbox, models, Box::new(|| {})).is_err());
        let status = board.status();
        assert!(matches!(&status.model, ModelState::Failed(why) if why.contains("no thread")), "{status:?}");
    }
}

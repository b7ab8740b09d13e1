//! The ends: one writer, any number of readers, one inbox.

use crate::{
    Command, FileJob, History, HistoryWriter, Inbox, Latest, Meter, Outputs, Picture, RowData, Status,
    history::Shelf,
};
use arc_swap::{ArcSwap, ArcSwapOption};
use std::sync::{Arc, mpsc};

#[derive(Debug, Default)]
struct Shared {
    latest: ArcSwap<Latest>,
    status: ArcSwap<Status>,
    picture: ArcSwap<Picture>,
    file: ArcSwapOption<FileJob>,
    history: Arc<Shelf>,
    outputs: Outputs,
}

/// Makes an empty board: the worker's writer, the readers' view, and the worker's inbox.
#[must_use]
pub fn board() -> (Writer, Board, Inbox) {
    let shared = Arc::new(Shared::default());
    let (commands, inbox) = mpsc::channel();
    let history = HistoryWriter::on(Arc::clone(&shared.history), 0);
    (Writer { shared: Arc::clone(&shared), history }, Board { shared, commands }, Inbox(inbox))
}

/// The readers' view. Clones see the same board.
#[derive(Clone, Debug)]
pub struct Board {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
}

impl Board {
    /// The newest step. Not for the audio thread: the last holder of a snapshot frees it.
    #[must_use]
    pub fn latest(&self) -> Arc<Latest> {
        self.shared.latest.load_full()
    }
    /// How the analysis fares. Not for the audio thread.
    #[must_use]
    pub fn status(&self) -> Arc<Status> {
        self.shared.status.load_full()
    }
    /// Log-mel and attention as of the newest step. Not for the audio thread.
    #[must_use]
    pub fn picture(&self) -> Arc<Picture> {
        self.shared.picture.load_full()
    }
    /// The analysis of a dropped file, if there is one. Not for the audio thread.
    #[must_use]
    pub fn file(&self) -> Option<Arc<FileJob>> {
        self.shared.file.load_full()
    }
    /// The session so far. Not for the audio thread.
    #[must_use]
    pub fn history(&self) -> History {
        self.shared.history.view()
    }
    /// Activities for the host, safe to read on the audio thread.
    #[must_use]
    pub fn outputs(&self) -> &Outputs {
        &self.shared.outputs
    }
    /// Asks the worker for something. Not for the audio thread. A worker that has gone takes no more commands.
    pub fn send(&self, command: Command) {
        // The receiver is gone only while the plugin is being torn down: nobody is left to tell.
        let _ = self.commands.send(command);
    }
}

/// The worker's end; not `Clone`.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    history: HistoryWriter,
}

impl Writer {
    /// Shows a new step to snapshot readers.
    pub fn show_latest(&mut self, latest: Latest) {
        self.shared.latest.store(Arc::new(latest));
    }
    /// Hands a new step to the audio thread, one meter a class.
    pub fn set_outputs(&mut self, meters: &[Meter]) {
        self.shared.outputs.set(meters);
    }
    /// Shows how the analysis fares.
    pub fn show_status(&mut self, status: Status) {
        self.shared.status.store(Arc::new(status));
    }
    /// Shows what the network sees.
    pub fn show_picture(&mut self, picture: Picture) {
        self.shared.picture.store(Arc::new(picture));
    }
    /// Shows the analysis of a file, or none.
    pub fn show_file(&mut self, file: Option<FileJob>) {
        self.shared.file.store(file.map(Arc::new));
    }
    /// Appends to the session's history.
    pub fn append(&mut self, row: &RowData<'_>) {
        self.history.push(row);
    }
    /// Empties the session's history; the next rows have `classes` activities.
    pub fn clear_history(&mut self, classes: usize) {
        self.history.clear(classes);
    }
    /// The session so far, as readers see it.
    #[must_use]
    pub fn history(&self) -> History {
        self.history.view()
    }
}

//! Writing files on a thread of its own: a slow disk never costs audio. Each file is whole or not there at all, and is given up when the
//! plugin is removed.

use crate::Link;
use rollcall_board::ExportStatus;
use rollcall_files::AtomicFile;
use std::{
    io::{self, Write},
    path::Path,
    thread::{self, JoinHandle},
};

/// What is being written of one kind, if anything is. Dropping it waits for it, which is not long once its link is stopped.
pub(crate) struct Writing {
    /// What it is, for the thread's name and for people.
    what: &'static str,
    thread: Option<JoinHandle<ExportStatus>>,
}

impl Writing {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, thread: None }
    }

    /// Starts a job, one at a time; returns what to show.
    pub(crate) fn start(&mut self, job: impl FnOnce() -> ExportStatus + Send + 'static) -> ExportStatus {
        if self.thread.is_some() {
            let what = self.what;
            return ExportStatus::Failed(format!(
                "an {what} is still being written; try again when it is done"
            ));
        }
        match thread::Builder::new().name(format!("rollcall-{}", self.what)).spawn(job) {
            Ok(thread) => {
                self.thread = Some(thread);
                ExportStatus::Running
            }
            Err(error) => ExportStatus::Failed(error.to_string()),
        }
    }

    /// The outcome, once.
    pub(crate) fn poll(&mut self) -> Option<ExportStatus> {
        let thread = self.thread.take_if(|thread| thread.is_finished())?;
        Some(self.join(thread))
    }

    fn join(&self, thread: JoinHandle<ExportStatus>) -> ExportStatus {
        let broke_off = || ExportStatus::Failed(format!("the {} broke off; please report this", self.what));
        thread.join().unwrap_or_else(|_| broke_off())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.join(thread);
        }
    }
}

/// A file that nobody waits for any more takes nothing.
pub(crate) struct Unless<'a> {
    pub out: &'a mut dyn Write,
    pub link: &'a Link,
}

impl Write for Unless<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        going_on(self.link)?;
        self.out.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

pub(crate) fn going_on(link: &Link) -> io::Result<()> {
    if link.is_stopped() { Err(io::Error::other("the plugin was removed")) } else { Ok(()) }
}

/// Whole or not at all, and never over another file.
pub(crate) fn whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut file = AtomicFile::create(path, false)?;
    write(&mut file)?;
    file.commit()
}

pub(crate) fn advice(path: &Path, error: &io::Error) -> String {
    let what = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: free some space or pick another folder".to_owned()
        }
        io::ErrorKind::AlreadyExists => "a file of that name is there: choose another name".to_owned(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "the folder may not be written to: pick another one".to_owned()
        }
        _ => format!("{error}: pick another folder"),
    };
    format!("{} was not written: {what}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/a.json");
        whole(&path, |out| out.write_all(b"one")).expect("room");
        let taken = whole(&path, |out| out.write_all(b"two")).expect_err("a file is there");
        assert!(advice(&path, &taken).contains("choose another name"));
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let other = path.with_extension("csv");
        let error = whole(&other, |out| out.write_all(b"half").and(Err(full()))).expect_err("full");
        assert!(advice(&other, &error).contains("disk is full"));
        assert_eq!(std::fs::read(&path).expect("a file"), b"one");
        assert_eq!(std::fs::read_dir(path.parent().expect("a folder")).expect("a folder").count(), 1);
    }

    #[test]
    fn one_thing_is_written_at_a_time() {
        let mut writing = Writing::new("example");
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let job = move || {
            let _ = wait.recv();
            ExportStatus::Done(Vec::new())
        };
        assert_eq!(writing.start(job), ExportStatus::Running);
        let second = writing.start(|| ExportStatus::None);
        assert!(
            matches!(&second, ExportStatus::Failed(why) if why.contains("an example is still")),
            "{second:?}"
        );
        drop(go);
        let outcome = loop {
            match writing.poll() {
                Some(outcome) => break outcome,
                None => thread::yield_now(),
            }
        };
        assert_eq!((outcome, writing.poll()), (ExportStatus::Done(Vec::new()), None));
    }
}

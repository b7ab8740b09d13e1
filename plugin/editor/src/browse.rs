//! Looking through folders for a file or a folder: what stands in one, read on a thread of its own, so that a slow disk
//! never holds up the window.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    thread::{self, JoinHandle},
};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// The folder of a model package.
    Model,
    /// An audio file to analyse.
    File,
    /// The folder that an export goes to.
    ExportFolder,
}

/// Entries of a folder that are shown at most: more than anyone scrolls through.
const MOST: usize = 2_000;
/// Endings of the files that the worker can decode.
const AUDIO: [&str; 18] = [
    "wav", "wave", "bwf", "rf64", "aif", "aiff", "aifc", "flac", "mp3", "mp2", "ogg", "oga", "m4a", "mp4",
    "aac", "caf", "mka", "webm",
];

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
}

/// What an entry is; folders come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Folder,
    /// A folder with a manifest.
    Package,
    File,
}

/// A folder that is being read, or was.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    entries: Option<Result<Vec<Entry>, String>>,
    arriving: mpsc::Receiver<Result<Vec<Entry>, String>>,
    cancelled: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Folder {
    /// Begins to read.
    pub(crate) fn read(path: PathBuf, pick: Pick) -> Self {
        let folder = path.clone();
        Self::with(path, move |cancelled| list(&folder, pick, cancelled))
    }

    fn with(
        path: PathBuf,
        list: impl FnOnce(&AtomicBool) -> Result<Vec<Entry>, String> + Send + 'static,
    ) -> Self {
        let (done, arriving) = mpsc::channel();
        let cancelled = Arc::new(AtomicBool::new(false));
        let (stop, failed) = (Arc::clone(&cancelled), done.clone());
        let spawned = thread::Builder::new().name("rollcall-browse".into()).spawn(move || {
            // Nobody waits for a folder that was left already.
            let _ = done.send(list(&stop));
        });
        let thread = spawned.map_err(|error| failed.send(Err(error.to_string()))).ok();
        Self { path, entries: None, arriving, cancelled, thread }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
    /// What stands in it, or why it can't be read; none while it is being read.
    pub(crate) fn entries(&mut self) -> Option<&Result<Vec<Entry>, String>> {
        if self.entries.is_none() {
            self.entries = self.arriving.try_recv().ok();
        }
        self.entries.as_ref()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.cancelled.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // The plugin's code may be unloaded afterwards. A panic in it shows as a folder that never comes.
            let _ = thread.join();
        }
    }
}

/// Folders that were left while they were being read: a disk that does not answer holds up nobody who goes on looking.
#[derive(Debug, Default)]
pub(crate) struct Left(Vec<JoinHandle<()>>);

impl Left {
    /// Takes one, and lets go of those whose reading has ended.
    pub(crate) fn take(&mut self, mut folder: Folder) {
        folder.cancelled.store(true, Relaxed);
        self.0.extend(folder.thread.take());
        self.0.retain(|thread| !thread.is_finished());
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            // As a folder's that is still open.
            let _ = thread.join();
        }
    }
}

fn list(folder: &Path, pick: Pick, cancelled: &AtomicBool) -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())?.flatten() {
        if cancelled.load(Relaxed) || entries.len() == MOST {
            break;
        }
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if rollcall_files::is_hidden(&path) {
            continue;
        }
        let kind = if path.is_dir() {
            let is_package = pick == Pick::Model && path.join("manifest.toml").is_file();
            if is_package { Kind::Package } else { Kind::Folder }
        } else if pick == Pick::File && is_audio(&path) {
            Kind::File
        } else {
            continue;
        };
        entries.push(Entry { name, path, kind });
    }
    entries.sort_by_cached_key(|entry| (entry.kind == Kind::File, entry.name.to_lowercase()));
    Ok(entries)
}

fn is_audio(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| AUDIO.contains(&ending.as_str()))
}

/// Where to begin: the nearest folder that is there of a path that was typed, else the user's own.
pub(crate) fn beginning(typed: Option<&Path>) -> PathBuf {
    let there =
        typed.and_then(|path| path.ancestors().find(|folder| folder.is_absolute() && folder.is_dir()));
    there.map(Path::to_owned).or_else(std::env::home_dir).unwrap_or_else(|| PathBuf::from("/"))
}

/// Folders that people keep things in, as far as they are there: name and path. On Windows all drives, too, whether they answer or
/// not.
pub(crate) fn places() -> Vec<(String, PathBuf)> {
    let mut places = Vec::new();
    if let Some(own) = std::env::home_dir() {
        for name in ["Desktop", "Documents", "Downloads", "Music"] {
            places.push((name.to_owned(), own.join(name)));
        }
        places.insert(0, ("Home".to_owned(), own));
    }
    for folder in ["/media", "/mnt", "/Volumes", "/"] {
        places.push((if folder == "/" { "Computer" } else { folder }.to_owned(), PathBuf::from(folder)));
    }
    places.retain(|(_, path)| path.is_dir());
    let drives = rollcall_files::drives();
    if !drives.is_empty() {
        // There a lone `/` is the root of whatever drive the host was started on.
        places.retain(|(_, path)| path.is_absolute());
        places.extend(drives.into_iter().map(|drive| (drive.display().to_string(), drive)));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn names(folder: &Path, pick: Pick) -> Vec<(String, Kind)> {
        let mut folder = Folder::read(folder.to_owned(), pick);
        let began = Instant::now();
        loop {
            if let Some(entries) = folder.entries() {
                let entries = entries.as_ref().expect("it can be read");
                return entries.iter().map(|entry| (entry.name.clone(), entry.kind)).collect();
            }
            assert!(began.elapsed() < Duration::from_secs(60), "waited too long");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Who leaves a folder that does not answer waits for nothing; who takes the window away waits for its thread.
    #[test]
    fn a_folder_that_does_not_answer_is_left_at_once() {
        let (answer, asked) = mpsc::channel::<()>();
        let (ended, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (ends, sees) = (Arc::clone(&ended), Arc::clone(&seen));
        let slow = Folder::with(PathBuf::from("/slow"), move |cancelled| {
            let _ = asked.recv();
            sees.store(cancelled.load(Relaxed), Relaxed);
            ends.store(true, Relaxed);
            Ok(Vec::new())
        });
        let mut left = Left::default();
        left.take(slow);
        assert!(!ended.load(Relaxed), "nobody has answered yet");
        drop(answer);
        drop(left);
        assert!(ended.load(Relaxed) && seen.load(Relaxed), "cancelled first, then joined");
    }

    #[test]
    fn only_what_can_be_picked_is_shown() -> std::io::Result<()> {
        let folder = std::env::temp_dir().join(format!("rollcall-browse-{}", std::process::id()));
        for inside in ["b model", "Album", ".hidden"] {
            fs::create_dir_all(folder.join(inside))?;
        }
        for file in ["b model/manifest.toml", "two.WAV", "One.flac", "notes.txt", ".secret.wav"] {
            fs::write(folder.join(file), "")?;
        }
        let named = |list: &[(&str, Kind)]| -> Vec<(String, Kind)> {
            list.iter().map(|&(name, kind)| (name.to_owned(), kind)).collect()
        };
        let folders = [("Album", Kind::Folder), ("b model", Kind::Folder)];
        assert_eq!(names(&folder, Pick::ExportFolder), named(&folders));
        assert_eq!(
            names(&folder, Pick::Model),
            named(&[("Album", Kind::Folder), ("b model", Kind::Package)])
        );
        let files = [("One.flac", Kind::File), ("two.WAV", Kind::File)];
        assert_eq!(names(&folder, Pick::File), named(&[&folders[..], &files[..]].concat()));
        assert_eq!(beginning(Some(&folder.join("Album/not there/at all"))), folder.join("Album"));
        assert!(beginning(Some(Path::new("no/such"))).is_dir());
        let mut gone = Folder::read(folder.join("gone"), Pick::File);
        let began = Instant::now();
        while gone.entries().is_none() && began.elapsed() < Duration::from_secs(60) {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(gone.entries().is_some_and(Result::is_err));
        fs::remove_dir_all(&folder)
    }
}

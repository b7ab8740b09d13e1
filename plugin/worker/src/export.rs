//! Writes an analysis to files, on a thread of its own: a slow disk never costs audio.

use crate::Link;
use crate::perhaps::heard;
use rollcall_board::{ExportStatus, FORMAT_ENDINGS, Formats, History, file_stem};
use rollcall_engine::{
    Another, InputFormat, Model, Settings,
    timeline::{RangeSettings, Timeline},
};
use rollcall_files::AtomicFile;
use rollcall_results::{
    Analysis, MERGE_GAP_S, MIN_DURATION_S, OtherSteps, Steps, json, labels, table::StepTable,
};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

/// The export that runs, if one does. Dropping it waits for it, which is not long once its link is stopped.
#[derive(Default)]
pub(crate) struct Export(Option<JoinHandle<ExportStatus>>);

impl Export {
    /// Starts a job, which is given up when the link is stopped; returns what to show.
    pub(crate) fn start(&mut self, job: Option<Job>, link: Arc<Link>) -> ExportStatus {
        if self.is_running() {
            return ExportStatus::Failed(
                "an export is still being written; try again when it is done".into(),
            );
        }
        let Some(job) = job else {
            return ExportStatus::Failed(
                "there is nothing to export yet; play something, or wait until the file is analysed".into(),
            );
        };
        match thread::Builder::new().name("rollcall-export".into()).spawn(move || job.run(&link)) {
            Ok(thread) => {
                self.0 = Some(thread);
                ExportStatus::Running
            }
            Err(error) => ExportStatus::Failed(error.to_string()),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.0.is_some()
    }

    /// The outcome, once.
    pub(crate) fn poll(&mut self) -> Option<ExportStatus> {
        self.0.take_if(|thread| thread.is_finished()).map(join)
    }
}

impl Drop for Export {
    fn drop(&mut self) {
        self.0.take().map(join);
    }
}

fn join(thread: JoinHandle<ExportStatus>) -> ExportStatus {
    thread.join().unwrap_or_else(|_| ExportStatus::Failed("the export broke off; please report this".into()))
}

/// Everything that is to be written, taken at one moment.
pub(crate) struct Job {
    begin: Timeline,
    duration_s: f64,
    clip: Vec<f32>,
    notes: Vec<String>,
    /// Gathers what was heard beside the classes, if the model can tell, and what is said of the whole.
    others: Option<OtherSteps>,
    another: Option<Another>,
    file_bytes: Option<String>,
    history: History,
    folder: PathBuf,
    name: String,
    formats: Formats,
}

/// What was analysed, by whom, and how.
pub(crate) struct Header<'a> {
    pub file: String,
    pub model: &'a Model,
    pub settings: Settings,
    pub thresholds: Vec<f32>,
    pub sample_rate_hz: u32,
    pub channels: usize,
    pub duration_s: f64,
    pub clip: Vec<f32>,
    /// What is to be said about a file, and its bytes where its name is no text.
    pub notes: Vec<String>,
    /// Whether an instrument outside of the classes plays, over the whole.
    pub another: Option<Another>,
    pub file_bytes: Option<String>,
}

impl Job {
    pub(crate) fn new(
        header: Header<'_>,
        history: History,
        folder: PathBuf,
        name: &str,
        formats: Formats,
    ) -> Self {
        let Header { file, model, settings, thresholds, sample_rate_hz, channels, duration_s, clip, .. } =
            header;
        let (settings, note) = interval(&history, settings);
        let ranges = RangeSettings { thresholds, min_duration_s: MIN_DURATION_S, merge_gap_s: MERGE_GAP_S };
        // Of a session of many hours the oldest rows are gone.
        let start_s = history.row(history.range().start).map_or(0.0, |row| row.time_s());
        let others = OtherSteps::new(model, settings, &ranges, start_s);
        let format = InputFormat { sample_rate_hz, channels };
        let begin = Timeline::begin(file, model, format, settings, ranges, start_s);
        Self {
            begin,
            duration_s: duration_s - start_s,
            clip,
            notes: header.notes.into_iter().chain(note).collect(),
            others,
            another: header.another,
            file_bytes: header.file_bytes,
            history,
            folder,
            name: file_stem(name),
            formats,
        }
    }

    fn run(mut self, link: &Link) -> ExportStatus {
        let mut analysis = match self.analysis(link) {
            Ok(analysis) => analysis,
            Err(error) => return ExportStatus::Failed(advice(&std::env::temp_dir(), &error)),
        };
        let files = [
            (self.formats.json, Self::json as fn(&Self, &mut Analysis, &mut dyn Write) -> io::Result<()>),
            (self.formats.csv, Self::csv),
            (self.formats.labels, Self::labels),
        ];
        let mut written = Vec::new();
        for ((_, write), ending) in files.into_iter().zip(FORMAT_ENDINGS).filter(|(file, _)| file.0) {
            let path = self.folder.join(format!("{}.{ending}", self.name));
            let write = |out: &mut dyn Write| write(&self, &mut analysis, &mut Unless { out, link });
            if let Err(error) = whole(&path, write) {
                return ExportStatus::Failed(advice(&path, &error));
            }
            written.push(path);
        }
        ExportStatus::Done(written)
    }

    /// The rows as the program gathers a file's.
    fn analysis(&mut self, link: &Link) -> io::Result<Analysis> {
        let mut steps = Steps::new(self.begin.clone());
        let mut others = self.others.take();
        for row in self.history.rows(self.history.range()) {
            going_on(link)?;
            let activity: Vec<f32> = (0..row.classes()).map(|class| row.activity(class)).collect();
            let hop_s = interval_s(row.hops());
            steps.row_after(hop_s, row.time_s(), &activity);
            if let Some(others) = &mut others {
                others.take_after(hop_s, row.time_s(), row.another().map(heard));
            }
        }
        let analysis = steps.finish(self.duration_s, &self.clip, None)?;
        let others = others.and_then(|others| others.finish(analysis.timeline.end_s(), self.another));
        let (notes, file_bytes) = (self.notes.clone(), self.file_bytes.clone());
        Ok(Analysis { notes, others, file_bytes, ..analysis })
    }

    fn json(&self, analysis: &mut Analysis, out: &mut dyn Write) -> io::Result<()> {
        json::write(analysis, out)
    }

    /// As the program's, with the place in the song instead of the file.
    fn csv(&self, _: &mut Analysis, out: &mut dyn Write) -> io::Result<()> {
        let mut table = StepTable::new(out);
        table.head(&["time_s", "song_s", "bar", "beat"], &self.begin.classes)?;
        for row in self.history.rows(self.history.range()) {
            let position = row.position();
            let song_s = position.song_s.map_or_else(String::new, |song_s| song_s.to_string());
            let (bar, beat) = position.bar.map_or_else(Default::default, |(bar, beats)| {
                ((i64::from(bar) + 1).to_string(), (beats + 1.0).to_string())
            });
            let leading = [&row.time_s().to_string(), &song_s, &bar, &beat];
            table.row(leading.map(String::as_str), (0..row.classes()).map(|class| row.activity(class)))?;
        }
        table.finish()
    }

    fn labels(&self, analysis: &mut Analysis, out: &mut dyn Write) -> io::Result<()> {
        labels::write_audacity(analysis, out)
    }
}

/// Seconds of so many hops.
fn interval_s(hops: u8) -> f64 {
    f64::from(hops) / 100.0
}

/// The settings with the interval at which most steps came, and a word where some came at another: a machine that could not keep
/// up takes fewer steps, and a person may ask for fewer.
fn interval(history: &History, settings: Settings) -> (Settings, Option<String>) {
    let mut counts = BTreeMap::<u8, usize>::new();
    for row in history.rows(history.range()) {
        *counts.entry(row.hops()).or_default() += 1;
    }
    let Some((most, _)) = counts.iter().max_by_key(|(_, count)| **count) else { return (settings, None) };
    let settings = Settings { update_hops: usize::from(*most), ..settings };
    let all: Vec<String> = counts.keys().map(|hops| format!("{} s", interval_s(*hops))).collect();
    let note = format!(
        "steps came at intervals of {}; hop_s is that of most of them, and times_s has each step's time",
        all.join(", ")
    );
    (settings, (counts.len() > 1).then_some(note))
}

/// A file that nobody waits for any more takes nothing.
struct Unless<'a> {
    out: &'a mut dyn Write,
    link: &'a Link,
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

fn going_on(link: &Link) -> io::Result<()> {
    if link.is_stopped() { Err(io::Error::other("the plugin was removed")) } else { Ok(()) }
}

/// Whole or not at all, and never over another file.
fn whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut file = AtomicFile::create(path, false)?;
    write(&mut file)?;
    file.commit()
}

fn advice(path: &Path, error: &io::Error) -> String {
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

    /// Rows at these times and intervals in which the first class plays throughout.
    fn job(folder: &Path, rows: &[(f64, u8)]) -> Job {
        let model = rollcall_models::shared(rollcall_models::embedded().expect("a model")).expect("a model");
        let classes = model.classes().len();
        let mut history = rollcall_board::HistoryWriter::new(classes);
        let mut activity = vec![0.0; classes];
        activity[0] = 1.0;
        for &(time_s, hops) in rows {
            history.push(&rollcall_board::RowData {
                time_s,
                position: rollcall_board::SongPosition::default(),
                level_dbfs: -20.0,
                gate_open: true,
                after_gap: false,
                another: None,
                hops,
                activity: &activity,
            });
        }
        let header = Header {
            file: "session".into(),
            model: &model,
            settings: Settings { update_hops: 96, ..Settings::default() },
            thresholds: vec![0.5; classes],
            sample_rate_hz: 48_000,
            channels: 1,
            duration_s: 4.0,
            clip: vec![0.5; classes],
            notes: Vec::new(),
            another: None,
            file_bytes: None,
        };
        let formats = Formats { json: true, csv: true, labels: true };
        Job::new(header, history.view(), folder.to_owned(), "take", formats)
    }

    /// Steps became coarser on the way: each keeps its own interval, ranges have neither holes nor wrong ends, and the file says
    /// so.
    #[test]
    fn intervals_that_change_are_told_and_move_no_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let job = job(folder.path(), &[(0.0, 16), (0.16, 16), (0.32, 16), (1.28, 96), (2.24, 96)]);
        let ExportStatus::Done(_) = job.run(&Link::default()) else { panic!("it was written") };
        let text = std::fs::read_to_string(folder.path().join("take.json")).expect("a file");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(json["hop_s"], 0.16);
        let ranges = json["ranges"].as_array().expect("ranges");
        assert_eq!(ranges.len(), 1, "{ranges:?}");
        assert_eq!((ranges[0]["start_s"].as_f64(), ranges[0]["end_s"].as_f64()), (Some(0.0), Some(3.2)));
        assert!(text.contains("0.16 s, 0.96 s"), "{text}");
    }

    #[test]
    fn an_export_that_nobody_waits_for_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = Link::default();
        link.stop();
        let status = job(folder.path(), &[(0.0, 16), (0.16, 16)]).run(&link);
        assert!(matches!(&status, ExportStatus::Failed(why) if why.contains("removed")), "{status:?}");
        let error = whole(&folder.path().join("a"), |out| Unless { out, link: &link }.write_all(b"x"));
        assert!(error.is_err());
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}

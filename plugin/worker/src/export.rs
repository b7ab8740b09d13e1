//! Writes an analysis to files, on a thread of its own: a slow disk never costs audio.

use rollcall_board::{ExportStatus, FORMAT_ENDINGS, Formats, History, file_stem};
use rollcall_engine::{
    HOP_SAMPLES, Model, PATCH_HOPS, SAMPLE_RATE_HZ, Settings,
    timeline::{ModelIdentity, RangeSettings, SCHEMA, Timeline, TimelineSettings, cut_ranges},
};
use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
};

/// Shorter ranges are dropped, and closer ones joined: a plugin's labels are for reading.
const MIN_DURATION_S: f64 = 0.0;
const MERGE_GAP_S: f64 = 0.0;

/// The export that runs, if one does. Dropping it waits for it.
#[derive(Default)]
pub(crate) struct Export(Option<JoinHandle<ExportStatus>>);

impl Export {
    /// Starts a job; returns what to show.
    pub(crate) fn start(&mut self, job: Option<Job>) -> ExportStatus {
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
        match thread::Builder::new().name("rollcall-export".into()).spawn(move || job.run()) {
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
    timeline: Timeline,
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
}

impl Job {
    pub(crate) fn new(
        header: Header<'_>,
        history: History,
        folder: PathBuf,
        name: &str,
        formats: Formats,
    ) -> Self {
        let Header { file, model, settings, thresholds, sample_rate_hz, channels, duration_s, clip } = header;
        let classes = model.classes().to_vec();
        let clip = classes.iter().cloned().zip(clip).collect::<BTreeMap<_, _>>();
        let a_hop_s = HOP_SAMPLES as f64 / f64::from(SAMPLE_RATE_HZ);
        let timeline = Timeline {
            schema: SCHEMA.into(),
            file,
            duration_s,
            sample_rate_hz,
            channels,
            model: ModelIdentity {
                name: model.manifest().name.clone(),
                version: model.manifest().version.clone(),
                sha256: model.package().sha256().to_owned(),
            },
            settings: TimelineSettings {
                engine: settings,
                ranges: RangeSettings {
                    thresholds,
                    min_duration_s: MIN_DURATION_S,
                    merge_gap_s: MERGE_GAP_S,
                },
                start_s: history.row(history.range().start).map_or(0.0, |row| row.time_s()),
            },
            classes,
            hop_s: settings.update_hops as f64 * a_hop_s,
            window_s: PATCH_HOPS as f64 * a_hop_s,
            times_s: Vec::new(),
            activity: Vec::new(),
            clip,
            ranges: Vec::new(),
        };
        Self { timeline, history, folder, name: file_stem(name), formats }
    }

    fn run(mut self) -> ExportStatus {
        self.fill();
        let files = [
            (self.formats.json, Self::json as fn(&Self, &mut dyn Write) -> io::Result<()>),
            (self.formats.csv, Self::csv),
            (self.formats.labels, Self::labels),
        ];
        let mut written = Vec::new();
        for ((_, write), ending) in files.into_iter().zip(FORMAT_ENDINGS).filter(|(file, _)| file.0) {
            let path = self.folder.join(format!("{}.{ending}", self.name));
            if let Err(error) = whole(&path, |out| write(&self, out)) {
                return ExportStatus::Failed(advice(&path, &error));
            }
            written.push(path);
        }
        ExportStatus::Done(written)
    }

    fn fill(&mut self) {
        let Timeline { settings, classes, hop_s, duration_s, times_s, activity, ranges, .. } =
            &mut self.timeline;
        for row in self.history.rows(self.history.range()) {
            times_s.push(row.time_s());
            activity.push((0..row.classes()).map(|class| row.activity(class)).collect());
        }
        let span_s = (settings.start_s, *duration_s);
        let cut = cut_ranges(times_s, activity, &settings.ranges, *hop_s, span_s);
        *ranges = cut.into_iter().map(|range| range.named(classes)).collect();
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &self.timeline)?;
        out.write_all(b"\n")
    }

    /// One row a step. Song columns are empty where the host told nothing.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "time_s,song_s,bar,beat,{}", self.timeline.classes.join(","))?;
        for row in self.history.rows(self.history.range()) {
            let position = row.position();
            write!(out, "{}", row.time_s())?;
            match position.song_s {
                Some(song_s) => write!(out, ",{song_s}")?,
                None => write!(out, ",")?,
            }
            match position.bar {
                Some((bar, beats)) => write!(out, ",{},{}", i64::from(bar) + 1, beats + 1.0)?,
                None => write!(out, ",,")?,
            }
            for class in 0..row.classes() {
                write!(out, ",{}", row.activity(class))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }

    /// Audacity's label track: start, end and text, with tabs between them.
    fn labels(&self, out: &mut dyn Write) -> io::Result<()> {
        for range in &self.timeline.ranges {
            writeln!(out, "{:.6}\t{:.6}\t{}", range.start_s, range.end_s, range.class)?;
        }
        Ok(())
    }
}

/// Writes beside the name, then gives the name: whole or not at all, and never over another file.
fn whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rollcall-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = BufWriter::new(builder.tempfile_in(folder)?);
    write(&mut file)?;
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
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
}

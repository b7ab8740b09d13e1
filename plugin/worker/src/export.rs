//! Writes an analysis to files.

use crate::{
    Link,
    disk::{Unless, advice, going_on, whole},
    perhaps::heard,
};
use rollcall_board::{ExportStatus, FORMAT_ENDINGS, Formats, History, file_stem};
use rollcall_engine::{
    Another, InputFormat, Model, Settings,
    timeline::{RangeSettings, Timeline},
};
use rollcall_results::{
    Analysis, MERGE_GAP_S, MIN_DURATION_S, OtherSteps, Steps, json, labels, table::StepTable,
};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::PathBuf,
};

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

    pub(crate) fn run(mut self, link: &Link) -> ExportStatus {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

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

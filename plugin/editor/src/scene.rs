//! What is shown now: the newest step, a picked moment of the session, or a moment of the analysed file.

use crate::stage::{bar_text, clock_text, nearest};
use rollcall_board::{
    Another, Board, FileJob, FileState, History, Latest, Meter, Panel, Picture, Row, Settings, Status,
    WorkerState,
};
use std::sync::Arc;

/// Everything that the board says, taken once a frame.
pub(crate) struct Snapshot {
    pub(crate) status: Arc<Status>,
    pub(crate) latest: Arc<Latest>,
    pub(crate) picture: Arc<Picture>,
    pub(crate) file: Option<Arc<FileJob>>,
    pub(crate) settings: Settings,
    pub(crate) session: History,
}

impl Snapshot {
    pub(crate) fn take(board: &Board, panel: &dyn Panel) -> Self {
        Self {
            status: board.status(),
            latest: board.latest(),
            picture: board.picture(),
            file: board.file(),
            settings: panel.settings(),
            session: board.history(),
        }
    }
    pub(crate) fn frozen(&self) -> bool {
        self.settings.freeze || self.status.state == WorkerState::Frozen
    }
    /// Name of an instrument outside of the classes.
    fn other(&self, index: usize) -> Option<String> {
        self.status.others.get(index).cloned()
    }
    /// Its name, if it is likelier than not that it is one.
    fn perhaps(&self, another: Option<Another>) -> Option<String> {
        self.other(another.filter(|another| another.is_likely())?.instrument)
    }
    /// Threshold of each class; a half where none is known yet.
    pub(crate) fn thresholds(&self) -> Vec<f32> {
        let known = |class| self.latest.meters.get(class).map(|meter: &Meter| meter.threshold);
        (0..self.status.classes.len()).map(|class| known(class).filter(|&t| t > 0.0).unwrap_or(0.5)).collect()
    }
}

/// The greatest activity of each class in a history; follows it as it grows.
#[derive(Debug, Default)]
pub(crate) struct Peaks {
    next: u64,
    of: Vec<f32>,
    another: Option<Another>,
}

impl Peaks {
    pub(crate) fn update(&mut self, history: &History) {
        let rows = history.range();
        if rows.end < self.next {
            *self = Self::default();
        }
        for row in history.rows(self.next..rows.end) {
            self.of.resize(row.classes(), 0.0);
            for (class, peak) in self.of.iter_mut().enumerate() {
                *peak = peak.max(row.activity(class));
            }
            let peak = self.another.map_or(f32::NEG_INFINITY, |another| another.probability);
            self.another = row.another().filter(|another| another.probability > peak).or(self.another);
        }
        self.next = rows.end;
    }
}

/// The values of the meters, and what they are of.
pub(crate) struct Scene {
    pub(crate) meters: Vec<Meter>,
    /// An instrument outside of the classes that is likelier than not.
    pub(crate) perhaps: Option<String>,
    /// The line over the headline.
    pub(crate) caption: String,
    /// Whether these are values of the past.
    pub(crate) past: bool,
}

impl Scene {
    /// The newest step, or the picked moment of the session.
    pub(crate) fn live(snapshot: &Snapshot, picked_s: Option<f64>, column_s: f64) -> Self {
        if let Some(row) = picked_s.and_then(|time_s| nearest(&snapshot.session, time_s, column_s)) {
            return Self::of_row(snapshot, &row, "Session");
        }
        let mut meters = snapshot.latest.meters.clone();
        meters.resize(snapshot.status.classes.len(), Meter::default());
        for meter in &mut meters {
            meter.activity = share(meter.activity);
            meter.threshold = share(meter.threshold);
            meter.peak = share(meter.peak);
        }
        let mut caption = String::from(if snapshot.frozen() { "Frozen" } else { "Now" });
        let position = snapshot.latest.position;
        if let Some(bar) = position.bar.filter(|_| position.playing) {
            caption.push_str(&format!(" \u{b7} bar {}", bar_text(bar)));
        }
        let perhaps = snapshot.latest.perhaps.and_then(|other| snapshot.other(other));
        Self { meters, perhaps, caption, past: false }
    }

    /// The picked moment of the file, or its newest step while it is analysed, or the greatest of all when done.
    pub(crate) fn file(
        snapshot: &Snapshot,
        job: &FileJob,
        peaks: &Peaks,
        picked_s: Option<f64>,
        column_s: f64,
    ) -> Self {
        let history = job.history.view();
        let name = job.path.file_name().unwrap_or(job.path.as_os_str()).to_string_lossy();
        if let Some(row) = picked_s.and_then(|time_s| nearest(&history, time_s, column_s)) {
            return Self::of_row(snapshot, &row, &name);
        }
        let thresholds = snapshot.thresholds();
        let over = |value: &dyn Fn(usize) -> f32| {
            let meters = thresholds.iter().enumerate();
            meters.map(|(class, &threshold)| past_meter(value(class), threshold)).collect()
        };
        match &job.state {
            FileState::Running(share) => {
                let last = history.last();
                let meters = over(&|class| last.map_or(0.0, |row| row.activity(class)));
                let caption = format!("{name} \u{b7} {:.0} % analysed", share * 100.0);
                let perhaps = snapshot.perhaps(last.and_then(|row| row.another()));
                Self { meters, perhaps, caption, past: true }
            }
            FileState::Done => {
                let meters = over(&|class| peaks.of.get(class).copied().unwrap_or(0.0));
                let caption = format!("{name} \u{b7} heard anywhere in it");
                Self { meters, perhaps: snapshot.perhaps(peaks.another), caption, past: true }
            }
            FileState::Failed(_) => {
                let caption = format!("{name} \u{b7} not analysed");
                Self { meters: over(&|_| 0.0), perhaps: None, caption, past: true }
            }
        }
    }

    fn of_row(snapshot: &Snapshot, row: &Row<'_>, of: &str) -> Self {
        let thresholds = snapshot.thresholds();
        let meters = thresholds.iter().enumerate();
        let meters = meters.map(|(class, &threshold)| past_meter(row.activity(class), threshold)).collect();
        let mut caption = format!("{of} at {}", clock_text(row.time_s(), true));
        let position = row.position();
        if let Some(bar) = position.bar.filter(|_| position.playing) {
            caption.push_str(&format!(" \u{b7} bar {}", bar_text(bar)));
        }
        Self { meters, perhaps: snapshot.perhaps(row.another()), caption, past: true }
    }
}

/// Within 0..=1, whatever a model gives: what is not a number can be neither drawn nor moved towards.
fn share(value: f32) -> f32 {
    if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 }
}

fn past_meter(activity: f32, threshold: f32) -> Meter {
    let (activity, threshold) = (share(activity), share(threshold));
    Meter {
        activity,
        threshold,
        shipped_threshold: threshold,
        active: activity >= threshold,
        ..Meter::default()
    }
}

//! What the worker shows: status and pictures, no more often than a screen needs.

use super::Core;
use rollcall_board::{StreamRate, WorkerState};
use std::time::{Duration, Instant};

/// How often status and picture are shown anew.
const SHOW: Duration = Duration::from_millis(50);
/// After so long without audio the stream counts as silent, for the status only.
const IDLE: Duration = Duration::from_millis(500);

impl Core {
    pub(super) fn show(&mut self) {
        if let Some(outcome) = self.export.poll() {
            self.status.export = outcome;
        }
        if let Some(outcome) = self.examples.poll() {
            self.status.example = outcome;
        }
        let now = Instant::now();
        if self.shown.is_some_and(|shown| now - shown < SHOW) {
            return;
        }
        self.shown = Some(now);
        self.show_file();
        self.fill_status(now);
        if self.status != self.shown_status {
            self.shown_status = self.status.clone();
            self.board.show_status(self.status.clone());
            (self.on_news)();
        }
        if self.heard.is_some_and(|heard| now - heard < IDLE)
            && let Some(session) = &self.session
        {
            session.show_picture(&mut self.board);
            (self.on_news)();
        }
    }

    /// While it runs, and once more when it is done.
    fn show_file(&mut self) {
        let Some(job) = &self.file else { return };
        if self.is_file_running {
            self.is_file_running = job.is_running();
            self.board.show_file(Some(job.show()));
            (self.on_news)();
        }
    }

    fn fill_status(&mut self, now: Instant) {
        let status = &mut self.status;
        let stream = self.streams.front();
        status.stream = stream.map(|stream| StreamRate { sample_rate_hz: stream.rate_hz });
        let waiting = stream.map_or(0.0, |s| s.reader.waiting_frames() as f32 / s.rate_hz as f32);
        status.backlog_s = waiting;
        status.state = match stream {
            None => WorkerState::Idle,
            Some(_) if self.settings.bypass => WorkerState::Bypassed,
            Some(_) if self.heard.is_none_or(|heard| now - heard > IDLE) => WorkerState::Idle,
            Some(_) if self.settings.freeze => WorkerState::Frozen,
            Some(_) if self.link.is_freewheeling() => WorkerState::Offline,
            Some(_) => WorkerState::Live,
        };
        status.asked_interval_s = self.settings.update_ms as f32 / 1e3;
        status.interval_s = status.asked_interval_s;
        status.kept_s = self.session.as_ref().and_then(|session| session.kept().range_s());
        if let Some(session) = &self.session {
            status.interval_s = session.hops() as f32 / 100.0;
            status.inference_ms = session.timing().step_ms();
            status.load = session.timing().load();
            status.lookahead_s = session.engine().lookahead_s() as f32;
            status.counters = session.counters();
        }
    }
}

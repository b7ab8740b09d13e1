//! Progress on standard error; nothing at all where that is not a terminal.

use crate::time::clock;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Instant;

/// Ticks of a bar for one second of audio.
const TICKS_PER_S: f64 = 100.0;

/// All bars.
pub(super) struct Progress {
    bars: MultiProgress,
    /// Files done, where there are several.
    total: Option<ProgressBar>,
}

/// The bar of one file, gone when dropped.
pub(super) struct FileProgress {
    bar: ProgressBar,
    began: Instant,
}

impl Progress {
    pub(super) fn new(files: usize, is_quiet: bool) -> Self {
        // indicatif hides bars by itself where standard error is not a terminal.
        let target = if is_quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bars = MultiProgress::with_draw_target(target);
        let style = ProgressStyle::with_template("{bar:30.green} {pos} of {len} files, {eta} left{msg:.red}");
        let total = (files > 1).then(|| {
            let bar = ProgressBar::new(files as u64).with_style(style.expect("a template that is tested"));
            let bar = bars.add(bar);
            bar.tick(); // to be seen before the first file is done
            bar
        });
        Self { bars, total }
    }

    pub(super) fn file(&self, name: &str) -> FileProgress {
        let style = ProgressStyle::with_template("{bar:30.cyan} {prefix:22} {wide_msg}")
            .expect("a template that is tested");
        let bar = ProgressBar::new(0).with_style(style).with_message(name.to_owned());
        let bar = match &self.total {
            Some(total) => self.bars.insert_before(total, bar),
            None => self.bars.add(bar),
        };
        FileProgress { bar, began: Instant::now() }
    }

    pub(super) fn file_done(&self) {
        if let Some(total) = &self.total {
            total.inc(1);
        }
    }

    /// So many files failed until now.
    pub(super) fn failed(&self, files: usize) {
        if let Some(total) = &self.total
            && files > 0
        {
            total.set_message(format!(", {files} failed"));
        }
    }

    /// Writes something while no bar is in the way.
    pub(super) fn aside<R>(&self, write: impl FnOnce() -> R) -> R {
        self.bars.suspend(write)
    }

    pub(super) fn finish(&self) {
        if let Some(total) = &self.total {
            total.finish_and_clear();
        }
    }
}

impl FileProgress {
    /// So many seconds of audio are done, of so many if that is known.
    pub(super) fn set(&self, done_s: f64, total_s: Option<f64>) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_length((total_s.unwrap_or(done_s).max(done_s) * TICKS_PER_S) as u64);
        self.bar.set_position((done_s * TICKS_PER_S) as u64);
        let speed = done_s / self.began.elapsed().as_secs_f64().max(0.001);
        let of = total_s.map_or_else(String::new, |total_s| format!(" of {}", clock(total_s, 0)));
        self.bar.set_prefix(format!("{}{of}, {speed:.0}x", clock(done_s, 0)));
    }
}

impl Drop for FileProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_sound() {
        let progress = Progress::new(2, true);
        progress.file("a.wav").set(1.0, Some(2.0));
        progress.file_done();
        progress.failed(1);
        progress.finish();
    }
}

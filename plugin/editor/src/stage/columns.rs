//! The history, cut into columns of equal duration, ready to be drawn at one zoom.
//!
//! Columns lie on a grid that starts at 0 s and does not move with the window, so that nothing shimmers while the
//! history scrolls. A column keeps the greatest activity in it: a short note stays visible in a view of hours.

use rollcall_board::History;

/// Shortest column: the finest step of the engine, 16 hops of 10 ms.
const FINEST_S: f64 = 0.16;
/// Steps further apart than this are not joined: the longest update interval is 0.96 s.
const JOIN_S: f64 = 1.5;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    /// No step lies here.
    None,
    /// Audio was lost between steps.
    Gap,
    /// Activities.
    Heard,
}

/// All columns of a history at one duration; extended as the history grows.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// Which history this is: the session, or the file's number.
    key: u64,
    octave: u32,
    classes: usize,
    /// Rows with smaller indices are in.
    next_row: u64,
    /// End of the newest row, in columns.
    reached: Option<i64>,
    /// Index of the first column.
    first: i64,
    cover: Vec<Cover>,
    /// `[columns][classes]`, 255 is an activity of 1.
    values: Vec<u8>,
    /// Changes with the content.
    version: u64,
}

impl Columns {
    /// Brings the columns up to date for a window of `span_s` over at most `most` columns.
    pub(crate) fn update(&mut self, history: &History, key: u64, span_s: f64, most: usize) {
        let octave = (span_s / FINEST_S / most.max(1) as f64).log2().ceil().max(0.0) as u32;
        let rows = history.range();
        let classes = history.last().map_or(0, |row| row.classes());
        if (key, octave, classes) != (self.key, self.octave, self.classes) || rows.end < self.next_row {
            let version = self.version + 1;
            *self = Self { key, octave, classes, version, ..Self::default() };
        }
        if self.next_row >= rows.end {
            return;
        }
        self.version += 1;
        self.drop_before(history.row(rows.start).map_or(0.0, |row| row.time_s()));
        let mut previous =
            self.next_row.checked_sub(1).and_then(|index| history.row(index)).map(|row| row.time_s());
        for row in history.rows(self.next_row..rows.end) {
            let time_s = row.time_s();
            let column = self.column_at(time_s);
            let joined = previous.is_some_and(|before| time_s - before < JOIN_S) && !row.after_gap();
            let reached = self.reached.filter(|&reached| reached < column);
            let from = if joined { reached.map_or(column, |reached| reached + 1) } else { column };
            if row.after_gap() {
                for gap in reached.map_or(column, |reached| reached + 1)..column {
                    self.open(gap, Cover::Gap);
                }
            }
            for column in from..=column {
                let at = self.open(column, Cover::Heard);
                for class in 0..self.classes {
                    let value = &mut self.values[at * self.classes + class];
                    *value = (*value).max((row.activity(class).clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
                }
            }
            self.reached = Some(self.reached.map_or(column, |reached| reached.max(column)));
            previous = Some(time_s);
        }
        self.next_row = rows.end;
    }

    /// Seconds a column lasts.
    pub(crate) fn duration_s(&self) -> f64 {
        FINEST_S * f64::from(2_u32.saturating_pow(self.octave))
    }
    /// Index of the column that holds a moment. Columns are centred on multiples of their duration.
    pub(crate) fn column_at(&self, time_s: f64) -> i64 {
        (time_s / self.duration_s() + 0.5).floor() as i64
    }
    /// The moment at which a column begins.
    pub(crate) fn begin_s(&self, column: i64) -> f64 {
        (column as f64 - 0.5) * self.duration_s()
    }
    pub(crate) fn classes(&self) -> usize {
        self.classes
    }
    pub(crate) fn version(&self) -> u64 {
        self.version
    }
    /// A column's cover and its values, one a class.
    pub(crate) fn get(&self, column: i64) -> (Cover, &[u8]) {
        let at = usize::try_from(column - self.first).ok().filter(|&at| at < self.cover.len());
        at.map_or((Cover::None, &[]), |at| {
            (self.cover[at], &self.values[at * self.classes..(at + 1) * self.classes])
        })
    }

    /// Makes room up to a column and marks it; returns its place.
    fn open(&mut self, column: i64, cover: Cover) -> usize {
        if self.cover.is_empty() {
            self.first = column;
        }
        let at = usize::try_from(column - self.first).unwrap_or(0);
        if at >= self.cover.len() {
            self.cover.resize(at + 1, Cover::None);
            self.values.resize((at + 1) * self.classes, 0);
        }
        if self.cover[at] != Cover::Heard {
            self.cover[at] = cover;
        }
        at
    }
    /// Lets go what the history has let go: both stay bounded.
    fn drop_before(&mut self, time_s: f64) {
        let gone = usize::try_from(self.column_at(time_s) - self.first).unwrap_or(0).min(self.cover.len());
        // A chunk of the history at a time, so that the move costs little.
        if gone > 0 {
            self.cover.drain(..gone);
            self.values.drain(..gone * self.classes);
            self.first += gone as i64;
        }
    }
}

#[cfg(test)]
#[path = "columns_tests.rs"]
mod tests;

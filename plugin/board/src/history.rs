//! The session so far: hours of steps in bounded memory, read while it grows.
//!
//! Rows lie in chunks of [`CHUNK_STEPS`]. A chunk is made of atomics and is written once: a row's words are stored
//! relaxed, then the chunk's length with release; a reader loads the length with acquire and finds every row below it
//! complete. So nobody waits for anybody, and an old reader's chunks stay valid when the oldest are let go.

use crate::{
    Another, CHUNK_STEPS, MAX_CHUNKS, SongPosition,
    sync::{
        Arc, ArcSwap, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
        Ordering::{Acquire, Relaxed, Release},
    },
};

const NONE: f64 = f64::NAN;

#[derive(Debug)]
struct Chunk {
    /// Steps before this chunk since the history began.
    first: u64,
    classes: usize,
    len: AtomicUsize,
    time_s: Box<[AtomicU64]>,
    song_s: Box<[AtomicU64]>,
    beats: Box<[AtomicU64]>,
    bar: Box<[AtomicU32]>,
    bar_beats: Box<[AtomicU32]>,
    level_dbfs: Box<[AtomicU32]>,
    /// Probability of another instrument, NaN where nothing is known, and which.
    another: Box<[AtomicU32]>,
    instrument: Box<[AtomicU32]>,
    flags: Box<[AtomicU8]>,
    hops: Box<[AtomicU8]>,
    /// `[CHUNK_STEPS][classes]`
    activity: Box<[AtomicU32]>,
}

const GATE_OPEN: u8 = 1;
const PLAYING: u8 = 2;
const HAS_BAR: u8 = 4;
const AFTER_GAP: u8 = 8;

impl Chunk {
    fn new(first: u64, classes: usize) -> Self {
        let words = |n| (0..n).map(|_| AtomicU64::new(0)).collect::<Box<[_]>>();
        let halves = |n| (0..n).map(|_| AtomicU32::new(0)).collect::<Box<[_]>>();
        Self {
            first,
            classes,
            len: AtomicUsize::new(0),
            time_s: words(CHUNK_STEPS),
            song_s: words(CHUNK_STEPS),
            beats: words(CHUNK_STEPS),
            bar: halves(CHUNK_STEPS),
            bar_beats: halves(CHUNK_STEPS),
            level_dbfs: halves(CHUNK_STEPS),
            another: halves(CHUNK_STEPS),
            instrument: halves(CHUNK_STEPS),
            flags: (0..CHUNK_STEPS).map(|_| AtomicU8::new(0)).collect(),
            hops: (0..CHUNK_STEPS).map(|_| AtomicU8::new(0)).collect(),
            activity: halves(CHUNK_STEPS * classes),
        }
    }

    /// Only the one writer calls this, and only while the chunk is not full.
    fn push(&self, row: &RowData<'_>) {
        let i = self.len.load(Relaxed);
        let p = row.position;
        self.time_s[i].store(row.time_s.to_bits(), Relaxed);
        self.song_s[i].store(p.song_s.unwrap_or(NONE).to_bits(), Relaxed);
        self.beats[i].store(p.beats.unwrap_or(NONE).to_bits(), Relaxed);
        let (bar, bar_beats) = p.bar.unwrap_or_default();
        self.bar[i].store(bar as u32, Relaxed);
        self.bar_beats[i].store(bar_beats.to_bits(), Relaxed);
        self.level_dbfs[i].store(row.level_dbfs.to_bits(), Relaxed);
        let nobody = Another { probability: f32::NAN, instrument: 0 };
        let Another { probability, instrument } = row.another.unwrap_or(nobody);
        self.another[i].store(probability.to_bits(), Relaxed);
        self.instrument[i].store(u32::try_from(instrument).unwrap_or(u32::MAX), Relaxed);
        let flag = |set, bit| if set { bit } else { 0 };
        let flags = flag(row.gate_open, GATE_OPEN)
            | flag(p.playing, PLAYING)
            | flag(p.bar.is_some(), HAS_BAR)
            | flag(row.after_gap, AFTER_GAP);
        self.flags[i].store(flags, Relaxed);
        self.hops[i].store(row.hops, Relaxed);
        let to = &self.activity[i * self.classes..(i + 1) * self.classes];
        for (to, from) in to.iter().zip(row.activity) {
            to.store(from.to_bits(), Relaxed);
        }
        self.len.store(i + 1, Release);
    }
}

/// One step to be appended.
#[derive(Clone, Copy, Debug)]
pub struct RowData<'a> {
    /// Centre of the window in seconds since the session began.
    pub time_s: f64,
    /// The same moment in the song.
    pub position: SongPosition,
    /// RMS of the window, dBFS.
    pub level_dbfs: f32,
    /// Whether the level gate was open.
    pub gate_open: bool,
    /// Whether audio is missing between this step and the one before.
    pub after_gap: bool,
    /// Whether an instrument outside of the classes plays, as the engine gave it.
    pub another: Option<Another>,
    /// Interval at which steps came then, in hops of 10 ms.
    pub hops: u8,
    /// One activity a class.
    pub activity: &'a [f32],
}

/// One step of the past.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    chunk: &'a Chunk,
    at: usize,
}

impl Row<'_> {
    /// Centre of the window in seconds since the session began; greater with every row.
    #[must_use]
    pub fn time_s(&self) -> f64 {
        f64::from_bits(self.chunk.time_s[self.at].load(Relaxed))
    }
    /// Activity of a class, 0..=1, exactly as the engine gave it; 0 for a class that there is not.
    #[must_use]
    pub fn activity(&self, class: usize) -> f32 {
        if class >= self.chunk.classes {
            return 0.0;
        }
        f32::from_bits(self.chunk.activity[self.at * self.chunk.classes + class].load(Relaxed))
    }
    /// Number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.chunk.classes
    }
    /// RMS of the window, dBFS.
    #[must_use]
    pub fn level_dbfs(&self) -> f32 {
        f32::from_bits(self.chunk.level_dbfs[self.at].load(Relaxed))
    }
    /// Whether the level gate was open.
    #[must_use]
    pub fn gate_open(&self) -> bool {
        self.flag(GATE_OPEN)
    }
    /// Whether audio is missing between this step and the one before.
    #[must_use]
    pub fn after_gap(&self) -> bool {
        self.flag(AFTER_GAP)
    }
    /// Whether an instrument outside of the classes plays, exactly as the engine gave it; nothing where it could not tell.
    #[must_use]
    pub fn another(&self) -> Option<Another> {
        let probability = f32::from_bits(self.chunk.another[self.at].load(Relaxed));
        let instrument = self.chunk.instrument[self.at].load(Relaxed) as usize;
        (!probability.is_nan()).then_some(Another { probability, instrument })
    }
    /// Interval at which steps came then, in hops of 10 ms: the distance from the step before, but after a gap.
    #[must_use]
    pub fn hops(&self) -> u8 {
        self.chunk.hops[self.at].load(Relaxed)
    }
    /// The same moment in the song. The tempo is not kept.
    #[must_use]
    pub fn position(&self) -> SongPosition {
        let some = |bits: &AtomicU64| Some(f64::from_bits(bits.load(Relaxed))).filter(|v| !v.is_nan());
        SongPosition {
            playing: self.flag(PLAYING),
            song_s: some(&self.chunk.song_s[self.at]),
            beats: some(&self.chunk.beats[self.at]),
            bar: self.flag(HAS_BAR).then(|| {
                let bar = self.chunk.bar[self.at].load(Relaxed) as i32;
                (bar, f32::from_bits(self.chunk.bar_beats[self.at].load(Relaxed)))
            }),
            tempo_bpm: None,
        }
    }
    fn flag(&self, bit: u8) -> bool {
        self.chunk.flags[self.at].load(Relaxed) & bit != 0
    }
}

type Chunks = Vec<Arc<Chunk>>;

/// A reader's view of a history, taken at one moment: rows written later are not in it, rows let go later still are.
/// Cheap to take anew each frame.
#[derive(Clone, Debug, Default)]
pub struct History {
    chunks: Arc<Chunks>,
    /// Steps at the moment this view was taken; rows below it are complete.
    end: u64,
}

impl History {
    fn of(chunks: Arc<Chunks>) -> Self {
        let end = chunks.last().map_or(0, |last| last.first + last.len.load(Acquire) as u64);
        Self { chunks, end }
    }
    /// Indices of the rows that are still there, counted since the session began: `start` grows when the oldest are
    /// let go.
    #[must_use]
    pub fn range(&self) -> std::ops::Range<u64> {
        self.chunks.first().map_or(0, |first| first.first)..self.end
    }
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        let range = self.range();
        (range.end - range.start) as usize
    }
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// A row by its index since the session began.
    #[must_use]
    pub fn row(&self, index: u64) -> Option<Row<'_>> {
        let range = self.range();
        if !range.contains(&index) {
            return None;
        }
        let offset = (index - range.start) as usize;
        Some(Row { chunk: &self.chunks[offset / CHUNK_STEPS], at: offset % CHUNK_STEPS })
    }
    /// The rows of a range of indices, oldest first; indices that are not there are left out.
    pub fn rows(&self, range: std::ops::Range<u64>) -> impl DoubleEndedIterator<Item = Row<'_>> {
        let mine = self.range();
        (range.start.max(mine.start)..range.end.min(mine.end)).filter_map(|index| self.row(index))
    }
    /// The newest row.
    #[must_use]
    pub fn last(&self) -> Option<Row<'_>> {
        self.row(self.end.checked_sub(1)?)
    }
    /// Index of the first row whose centre is at `time_s` or later, or the end (binary search).
    #[must_use]
    pub fn index_at(&self, time_s: f64) -> u64 {
        let (mut low, mut high) = (self.range().start, self.end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.row(middle) {
                Some(row) if row.time_s() < time_s => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }
}

/// A reader's end of a history that stands on its own ([`HistoryWriter::reader`]). Clones see the same history.
#[derive(Clone, Debug)]
pub struct HistoryReader(Arc<Shelf>);

impl HistoryReader {
    /// The history as it is now.
    #[must_use]
    pub fn view(&self) -> History {
        self.0.view()
    }
}

/// Where a history is handed over; replaced as a whole when a chunk is added or let go.
#[derive(Debug, Default)]
pub(crate) struct Shelf(ArcSwap<Chunks>);

impl Shelf {
    pub(crate) fn view(&self) -> History {
        History::of(self.0.load_full())
    }
}

/// The one end that appends.
#[derive(Debug)]
pub struct HistoryWriter {
    shelf: Arc<Shelf>,
    chunks: Chunks,
    classes: usize,
}

impl HistoryWriter {
    /// An empty history of its own, for rows of `classes` activities.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self::on(Arc::default(), classes)
    }
    pub(crate) fn on(shelf: Arc<Shelf>, classes: usize) -> Self {
        let mut writer = Self { shelf, chunks: Vec::new(), classes };
        writer.clear(classes);
        writer
    }
    /// Forgets all rows; the next ones have `classes` activities.
    pub fn clear(&mut self, classes: usize) {
        self.classes = classes;
        self.chunks.clear();
        self.publish();
    }
    /// Appends a row; allocates once in [`CHUNK_STEPS`] rows.
    ///
    /// Missing activities count as 0, surplus ones are left out.
    pub fn push(&mut self, row: &RowData<'_>) {
        if self.chunks.last().is_none_or(|last| last.len.load(Relaxed) == CHUNK_STEPS) {
            let first = self.chunks.last().map_or(0, |last| last.first + CHUNK_STEPS as u64);
            if self.chunks.len() == MAX_CHUNKS {
                self.chunks.remove(0);
            }
            let chunk = Arc::new(Chunk::new(first, self.classes));
            chunk.push(row);
            self.chunks.push(chunk);
            self.publish();
        } else if let Some(last) = self.chunks.last() {
            last.push(row);
        }
    }
    /// What a reader would see now.
    #[must_use]
    pub fn view(&self) -> History {
        self.shelf.view()
    }
    /// An end that reads this history from another thread.
    #[must_use]
    pub fn reader(&self) -> HistoryReader {
        HistoryReader(Arc::clone(&self.shelf))
    }
    fn publish(&self) {
        self.shelf.0.store(Arc::new(self.chunks.clone()));
    }
}

//! Writing a pool, unit by unit, so that it can be stopped at any byte and gone on with.

use super::index::{self, PoolError, Row};
use super::{INDEX, MUSIC};
use crate::audio::level::peak;
use crate::base::lock::Lock;
use crate::base::stem::{Kind, Part, SoftLabel, Split};
use rollcall_engine::OPENMIC_CLASSES;
use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

/// A new shard is begun past this many samples: 256 MiB.
const SHARD_SAMPLES: u64 = 128 << 20;
/// Units are put on disk for good in batches of about this many samples (2 minutes of audio): the most that is
/// made anew after a kill.
const BATCH_SAMPLES: usize = 120 * 16_000;

/// The one writer of a pool; holds its lock until it is dropped.
#[derive(Debug)]
pub struct PoolWriter {
    folder: PathBuf,
    done: HashSet<String>,
    shard: u32,
    shard_file: File,
    shard_samples: u64,
    index_file: File,
    audio: Vec<u8>,
    rows: Vec<u8>,
    _lock: Lock,
}

impl PoolWriter {
    /// Opens the pool in `folder` for writing, or begins one. What an earlier writer left half done is cut off.
    ///
    /// # Errors
    /// A file that cannot be read or written, an index that does not parse, or another writer at work.
    pub fn open(folder: &Path) -> Result<Self, PoolError> {
        let lock = Lock::take(folder).map_err(at(folder))?;

        let index_path = folder.join(INDEX);
        let has_header = fs::read(&index_path).is_ok_and(|text| text.contains(&b'\n'));
        if !has_header {
            let mut file = File::create(&index_path).map_err(at(&index_path))?;
            file.write_all(HEADER.as_bytes()).and_then(|()| file.sync_all()).map_err(at(&index_path))?;
        }
        let (rows, end) = index::read_index(&index_path)?;
        let mut index_file = OpenOptions::new().write(true).open(&index_path).map_err(at(&index_path))?;
        index_file.set_len(end).and_then(|()| index_file.seek(SeekFrom::End(0))).map_err(at(&index_path))?;

        let shard = rows.iter().map(|r| r.shard).max().unwrap_or(0);
        let used = rows.iter().filter(|r| r.shard == shard).map(|r| r.offset_samples + r.samples).max();
        let shard_samples = used.unwrap_or(0);
        let shard_file = open_shard(folder, shard, shard_samples)?;
        Ok(Self {
            folder: folder.to_owned(),
            done: rows.iter().map(|r| r.unit().to_owned()).collect(),
            shard,
            shard_file,
            shard_samples,
            index_file,
            audio: Vec::new(),
            rows: Vec::new(),
            _lock: lock,
        })
    }

    /// Whether a unit is in the pool already (or waits to be put on disk).
    #[must_use]
    pub fn has(&self, unit: &str) -> bool {
        self.done.contains(unit)
    }

    /// Adds a unit with its stems. No stems at all is remembered too.
    ///
    /// # Errors
    /// The disk is full or fails; then nothing of the unit is in the pool.
    ///
    /// # Panics
    /// In a debug build, when the unit is there already or a class is unknown.
    pub fn add(&mut self, unit: &str, parts: &[Part]) -> Result<(), PoolError> {
        debug_assert!(!self.has(unit), "unit {unit} is there already");
        debug_assert!(parts.iter().all(|p| crate::base::class::is_label(&p.class)));
        if self.shard_samples + (self.audio.len() / 2) as u64 > SHARD_SAMPLES {
            self.commit()?;
            self.shard += 1;
            self.shard_samples = 0;
            self.shard_file = open_shard(&self.folder, self.shard, 0)?;
        }
        let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let row_count = parts.len().max(1) as u32;
        if parts.is_empty() {
            csv.serialize(self.row(unit, 0, row_count, None)).expect("a row of plain fields");
        }
        for (number, part) in parts.iter().enumerate() {
            csv.serialize(self.row(unit, number as u32, row_count, Some(part)))
                .expect("a row of plain fields");
            for sample in &part.samples {
                let value = (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16;
                self.audio.extend_from_slice(&value.to_le_bytes());
            }
        }
        self.rows.extend(csv.into_inner().expect("writing to memory"));
        self.done.insert(unit.to_owned());
        if self.audio.len() > 2 * BATCH_SAMPLES {
            self.commit()?;
        }
        Ok(())
    }

    fn row(&self, unit: &str, number: u32, parts: u32, part: Option<&Part>) -> Row {
        let peak = part.map_or(0.0, |p| peak(&p.samples));
        let text = |of: fn(&Part) -> &String| part.map_or_else(String::new, |p| of(p).clone());
        Row {
            id: format!("{unit}#{number}"),
            parts,
            shard: self.shard,
            offset_samples: self.shard_samples + (self.audio.len() / 2) as u64,
            samples: part.map_or(0, |p| p.samples.len() as u64),
            kind: part.map_or(Kind::Empty, |p| p.kind),
            class: part.map_or_else(|| crate::base::class::NONE.to_owned(), |p| p.class.clone()),
            source: text(|p| &p.source),
            split: part.map_or(Split::Train, |p| p.split),
            licence: text(|p| &p.licence),
            origin: text(|p| &p.origin),
            peak_dbfs: (200.0 * peak.max(1e-6).log10()).round() / 10.0,
            extra: part.map_or_else(|| "{}".to_owned(), |p| p.extra.to_string()),
        }
    }

    /// Puts everything added so far on disk for good: the audio first, then the rows that name it.
    ///
    /// # Errors
    /// The disk is full or fails; the pool then holds what it held at the last commit.
    pub fn commit(&mut self) -> Result<(), PoolError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let shard_path = index::shard_path(&self.folder, self.shard);
        self.shard_file
            .write_all(&self.audio)
            .and_then(|()| self.shard_file.sync_data())
            .map_err(at(&shard_path))?;
        self.index_file
            .write_all(&self.rows)
            .and_then(|()| self.index_file.sync_data())
            .map_err(at(&self.folder.join(INDEX)))?;
        self.shard_samples += (self.audio.len() / 2) as u64;
        self.audio.clear();
        self.rows.clear();
        Ok(())
    }

    /// Appends soft labels of stems that are in the pool, and puts them on disk.
    ///
    /// # Errors
    /// The disk is full or fails.
    pub fn add_soft_labels(&mut self, labels: &[SoftLabel]) -> Result<(), PoolError> {
        self.commit()?;
        let path = self.folder.join(MUSIC);
        // A cut-off last row of an earlier writer must not swallow the first new one.
        let mut text = fs::read(&path).unwrap_or_default();
        let whole = text.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
        text.truncate(whole);
        let mut csv = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        if whole == 0 {
            let mut header = vec!["id".to_owned(), "start_s".to_owned(), "length_s".to_owned()];
            header.extend(OPENMIC_CLASSES.iter().map(|c| (*c).to_owned()));
            header.extend(OPENMIC_CLASSES.iter().map(|c| format!("{c}_known")));
            csv.write_record(&header).expect("writing to memory");
        }
        for label in labels {
            let mut record = vec![label.id.clone(), label.start_s.to_string(), label.length_s.to_string()];
            record.extend(label.probability.iter().map(|p| format!("{p:.5}")));
            record.extend(label.known.iter().map(|&k| u8::from(k).to_string()));
            csv.write_record(&record).expect("writing to memory");
        }
        let added = csv.into_inner().expect("writing to memory");
        let mut file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
        file.set_len(whole as u64)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .and_then(|_| file.write_all(&added))
            .and_then(|()| file.sync_data())
            .map_err(at(&path))
    }
}

/// The header of `index.csv`: the fields of [`Row`] in their order.
const HEADER: &str =
    "id,parts,shard,offset_samples,samples,kind,class,source,split,licence,origin,peak_dbfs,extra\n";

/// A shard ready to append to, cut to the samples that the index vouches for.
fn open_shard(folder: &Path, shard: u32, samples: u64) -> Result<File, PoolError> {
    let path = index::shard_path(folder, shard);
    let mut file =
        OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
    file.set_len(2 * samples).and_then(|()| file.seek(SeekFrom::End(0))).map_err(at(&path))?;
    Ok(file)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PoolError {
    let path = path.to_owned();
    move |source| PoolError::Io { path, source }
}

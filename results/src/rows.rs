//! The rows of a timeline: in memory while they are few, in an unnamed temporary file when they are many, so that ten
//! hours of audio need no more memory than ten seconds.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;

/// About two minutes of 20 classes at 160 ms. Beyond that, a file.
const IN_MEMORY_BYTES: usize = 64 << 10;
/// Rows are gathered to blocks of this size on their way to the file.
const BLOCK_BYTES: usize = 16 << 10;

/// One step of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Centre of the step in seconds.
    pub time_s: f64,
    /// An activity in 0..=1 for each class; or the numbers of an embedding.
    pub activity: Vec<f32>,
}

/// All steps, written once, read as often as there are formats.
#[derive(Debug)]
pub struct Rows {
    classes: usize,
    count: u64,
    block: Vec<u8>,
    spool: SpooledTempFile,
}

impl Rows {
    /// No rows, of so many classes or other numbers.
    pub fn new(classes: usize) -> Self {
        Self { classes, count: 0, block: Vec::new(), spool: SpooledTempFile::new(IN_MEMORY_BYTES) }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The temporary file cannot be written.
    ///
    /// # Panics
    /// If `activity` has not one number a class.
    pub fn push(&mut self, time_s: f64, activity: &[f32]) -> io::Result<()> {
        assert_eq!(activity.len(), self.classes, "numbers in a row");
        self.block.extend_from_slice(&time_s.to_le_bytes());
        for value in activity {
            self.block.extend_from_slice(&value.to_le_bytes());
        }
        self.count += 1;
        if self.block.len() >= BLOCK_BYTES { self.write_block() } else { Ok(()) }
    }

    /// Rows so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Reads them from the first on.
    ///
    /// # Errors
    /// The temporary file cannot be written or read.
    pub fn read(&mut self) -> io::Result<RowReader<'_>> {
        self.write_block()?;
        self.spool.seek(SeekFrom::Start(0))?;
        Ok(RowReader {
            left: self.count,
            bytes: vec![0; 8 + 4 * self.classes],
            spool: BufReader::with_capacity(BLOCK_BYTES, &mut self.spool),
        })
    }

    fn write_block(&mut self) -> io::Result<()> {
        self.spool.seek(SeekFrom::End(0))?;
        self.spool.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

/// Rows in their order.
pub struct RowReader<'a> {
    left: u64,
    bytes: Vec<u8>,
    spool: BufReader<&'a mut SpooledTempFile>,
}

impl Iterator for RowReader<'_> {
    type Item = io::Result<Row>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(self.spool.read_exact(&mut self.bytes).map(|()| {
            let (time, activity) = self.bytes.split_at(8);
            let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            Row {
                time_s: f64::from_le_bytes(time.try_into().expect("8 bytes")),
                activity: activity.chunks_exact(4).map(number).collect(),
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_went_in_from_memory_and_from_disk() {
        for count in [0_u32, 1, 100, 5_000] {
            let mut rows = Rows::new(3);
            let row = |index: u32| Row {
                time_s: f64::from(index) * 0.16,
                activity: vec![index as f32, 0.1, f32::MIN_POSITIVE],
            };
            for index in 0..count {
                let Row { time_s, activity } = row(index);
                rows.push(time_s, &activity).expect("room");
            }
            for _ in 0..2 {
                let read: Vec<Row> = rows.read().expect("rows").collect::<io::Result<_>>().expect("rows");
                assert_eq!(read, (0..count).map(row).collect::<Vec<_>>());
            }
            assert_eq!(rows.spool.is_rolled(), count == 5_000);
        }
    }
}

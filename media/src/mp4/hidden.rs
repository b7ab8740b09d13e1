//! A view of a file in which the atoms are called `free` that audio does not need: symphonia 0.6 refuses a file for what it
//! finds in them (chapters, covers, tags of every make).

use super::atoms::{Span, children, find};
use crate::bytes::Bytes;
use std::io::{self, Read, Seek, SeekFrom};
use symphonia::core::io::MediaSource;

/// Kinds of atoms that audio does not need, wherever they stand.
const NEEDLESS: [&[u8; 4]; 4] = [b"udta", b"meta", b"tref", b"uuid"];

/// Where the names of atoms stand that are to be hidden.
pub(super) fn places(file: &mut (impl Read + Seek)) -> io::Result<Vec<u64>> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut places = Vec::new();
    let whole = Span { start: 0, end };
    hide(file, whole, &mut places)?;
    let Some(moov) = find(file, whole, b"moov")? else { return Ok(places) };
    hide(file, moov, &mut places)?;
    let is_in_fragments = find(file, moov, b"mvex")?.is_some();
    for (kind, trak) in children(file, moov)? {
        if &kind != b"trak" {
            continue;
        }
        hide(file, trak, &mut places)?;
        // Tracks of text, video and the like; in fragments each track has a counterpart that would stand alone.
        if !is_in_fragments && super::edits::track(file, trak)?.is_none() {
            places.push(name_of(file, trak)?);
        }
    }
    places.sort_unstable();
    Ok(places)
}

fn hide(file: &mut (impl Read + Seek), parent: Span, places: &mut Vec<u64>) -> io::Result<()> {
    for (kind, span) in children(file, parent)? {
        if NEEDLESS.contains(&&kind) {
            places.push(name_of(file, span)?);
        }
    }
    Ok(())
}

/// Where the name of an atom stands, by its body: right before it, or before a size of 64 bits.
fn name_of(file: &mut (impl Read + Seek), body: Span) -> io::Result<u64> {
    let mut head = [0; 8];
    if body.start >= 16 {
        file.seek(SeekFrom::Start(body.start - 16))?;
        file.read_exact(&mut head)?;
        if head[..4] == [0, 0, 0, 1] && head[4..].iter().all(u8::is_ascii_alphanumeric) {
            return Ok(body.start - 12);
        }
    }
    Ok(body.start - 4)
}

/// The file with other names.
pub(super) struct Hidden {
    bytes: Bytes,
    places: Vec<u64>,
}

impl Hidden {
    pub(super) fn new(bytes: Bytes, places: Vec<u64>) -> Self {
        Self { bytes, places }
    }
}

impl Read for Hidden {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = self.bytes.position();
        let count = self.bytes.read(buffer)?;
        let end = start + count as u64;
        let first = self.places.partition_point(|place| place + 4 <= start);
        for &place in self.places[first..].iter().take_while(|place| **place < end) {
            for (letter, at) in b"free".iter().zip(place..).filter(|(_, at)| (start..end).contains(at)) {
                buffer[(at - start) as usize] = *letter;
            }
        }
        Ok(count)
    }
}

impl Seek for Hidden {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

impl MediaSource for Hidden {
    fn is_seekable(&self) -> bool {
        true
    }
    fn byte_len(&self) -> Option<u64> {
        self.bytes.byte_len()
    }
}

//! Uncompressed audio in MOV and MP4: what its numbers are, and where they lie (QuickTime File Format, "Sound Sample
//! Descriptions"; ISO/IEC 23003-5).

use super::atoms::{Span, body, children, find, find_path, u32_at, u64_at};
use crate::blocks::{Number, Shape, pcm};
use std::io::{self, Read, Seek, SeekFrom};
use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};

/// A track of uncompressed audio.
#[derive(Clone, Debug)]
pub(super) struct Track {
    pub(super) id: u32,
    pub(super) shape: Shape,
    /// Of its clock.
    pub(super) ticks_per_s: u32,
    /// Position and bytes of each piece; none where they come in fragments.
    pub(super) pieces: Vec<(u64, u64)>,
}

/// The first audio track, if it is uncompressed.
pub(super) fn track(file: &mut (impl Read + Seek)) -> io::Result<Option<Track>> {
    let end = file.seek(SeekFrom::End(0))?;
    let Some(moov) = find(file, Span { start: 0, end }, b"moov")? else { return Ok(None) };
    for (kind, trak) in children(file, moov)? {
        if &kind != b"trak" {
            continue;
        }
        let Some(id) = super::edits::track(file, trak)? else { continue };
        let Some(table) = find_path(file, trak, &[b"mdia", b"minf", b"stbl"])? else { return Ok(None) };
        let Some(stsd) = find(file, table, b"stsd")? else { return Ok(None) };
        let Some(shape) = shape(&body(file, stsd)?) else { return Ok(None) };
        let ticks_per_s = match find_path(file, trak, &[b"mdia", b"mdhd"])? {
            Some(mdhd) => super::edits::time_scale(&body(file, mdhd)?).unwrap_or(0),
            None => 0,
        };
        let ticks_per_s = if ticks_per_s == 0 { shape.rate_hz } else { ticks_per_s };
        let pieces = pieces(file, table, shape.bytes)?.unwrap_or_default();
        return Ok(Some(Track { id, shape, ticks_per_s, pieces }));
    }
    Ok(None)
}

/// What the first sample description says.
fn shape(stsd: &[u8]) -> Option<Shape> {
    let length = u32_at(stsd, 8)? as usize;
    let entry = stsd.get(8..(8 + length).min(stsd.len()))?;
    let kind: [u8; 4] = entry.get(4..8)?.try_into().ok()?;
    let short = |at: usize| Some(u16::from_be_bytes(entry.get(at..at + 2)?.try_into().ok()?));
    let version = short(16)?;
    let mut channels = usize::from(short(24)?);
    let mut bits = u64::from(short(26)?);
    let mut rate_hz = f64::from(u32_at(entry, 32)?) / 65_536.0;
    let mut flags = None;
    let inner = match version {
        0 => 36,
        1 => {
            // Bytes of a sample: they hold where a description of old says 16 bits whatever there is.
            bits = Some(u64::from(u32_at(entry, 40)?))
                .filter(|bytes| (1..=8).contains(bytes))
                .map_or(bits, |bytes| bytes * 8);
            52
        }
        2 => {
            rate_hz = f64::from_bits(u64_at(entry, 40)?);
            channels = u32_at(entry, 48)? as usize;
            bits = u64::from(u32_at(entry, 56)?);
            flags = u32_at(entry, 60);
            72
        }
        _ => return None,
    };
    let inner = entry.get(inner..).unwrap_or_default();
    let is_little = || {
        let within = child(inner, b"wave").unwrap_or(inner);
        child(within, b"enda")
            .or_else(|| child(inner, b"enda"))
            .is_some_and(|enda| enda.get(..2) == Some(&[0, 1]))
    };
    let samples = |number, bytes, is_big| pcm(number, bytes, is_big).map(|codec| (codec, bytes));
    let (codec, bytes) = match &kind {
        b"sowt" => samples(Number::Signed, bits.div_ceil(8), false),
        b"twos" => samples(Number::Signed, bits.div_ceil(8), true),
        b"raw " | b"NONE" if bits <= 8 => samples(Number::Unsigned, 1, true),
        b"raw " | b"NONE" => samples(Number::Signed, bits.div_ceil(8), true),
        b"in24" => samples(Number::Signed, 3, !is_little()),
        b"in32" => samples(Number::Signed, 4, !is_little()),
        b"fl32" => samples(Number::Float, 4, !is_little()),
        b"fl64" => samples(Number::Float, 8, !is_little()),
        b"alaw" => Some((CODEC_ID_PCM_ALAW, 1)),
        b"ulaw" => Some((CODEC_ID_PCM_MULAW, 1)),
        b"lpcm" => {
            let flags = flags?;
            let number = match flags & 5 {
                flags if flags & 1 != 0 => Number::Float,
                4 => Number::Signed,
                _ => Number::Unsigned,
            };
            samples(number, bits.div_ceil(8), flags & 2 != 0)
        }
        b"ipcm" | b"fpcm" => {
            let config = child(inner, b"pcmC")?;
            let number = if &kind == b"fpcm" { Number::Float } else { Number::Signed };
            samples(number, u64::from(*config.get(5)?).div_ceil(8), config.get(4)? & 1 == 0)
        }
        _ => None,
    }?;
    let is_rate = rate_hz.is_finite() && (1.0..=f64::from(u32::MAX)).contains(&rate_hz);
    Shape::pcm(codec, rate_hz.round() as u32, channels, bytes).filter(|_| is_rate)
}

/// The body of the first atom of a kind among those that stand here.
fn child<'a>(mut atoms: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    loop {
        let length = u32_at(atoms, 0)? as usize;
        let atom = atoms.get(..length.min(atoms.len())).filter(|atom| length >= 8 && atom.len() >= 8)?;
        if &atom[4..8] == kind {
            return Some(&atom[8..]);
        }
        atoms = &atoms[atom.len()..];
    }
}

/// Where the audio lies, neighbours joined.
fn pieces(
    file: &mut (impl Read + Seek),
    table: Span,
    frame_bytes: u64,
) -> io::Result<Option<Vec<(u64, u64)>>> {
    let mut atom = |kind: &[u8; 4]| -> io::Result<Option<Vec<u8>>> {
        find(file, table, kind)?.map(|span| body(file, span)).transpose()
    };
    let (Some(sizes), Some(runs)) = (atom(b"stsz")?, atom(b"stsc")?) else { return Ok(None) };
    let (offsets, width) = match (atom(b"stco")?, atom(b"co64")?) {
        (Some(offsets), _) => (offsets, 4),
        (None, Some(offsets)) => (offsets, 8),
        _ => return Ok(None),
    };
    Ok(joined(&sizes, &runs, &offsets, width, frame_bytes))
}

fn joined(
    sizes: &[u8],
    runs: &[u8],
    offsets: &[u8],
    width: usize,
    frame_bytes: u64,
) -> Option<Vec<(u64, u64)>> {
    let size = u64::from(u32_at(sizes, 4)?);
    let mut left = u64::from(u32_at(sizes, 8)?);
    // Of old a size of 1 stands for a frame, however large.
    let unit = if size > 1 && size % frame_bytes == 0 { size } else { frame_bytes };
    let listed = |index: u64| u32_at(sizes, 12 + 4 * index as usize).map(u64::from);
    let mut runs = runs.get(8..)?.chunks_exact(12).map(|run| (u32_at(run, 0), u32_at(run, 4))).peekable();
    let (mut samples, mut sample) = (0, 0);
    let mut pieces: Vec<(u64, u64)> = Vec::new();
    let count = u32_at(offsets, 4)?;
    for (number, offset) in (1..=count).zip(offsets.get(8..)?.chunks_exact(width)) {
        while let Some(run) = runs.next_if(|run| run.0.is_some_and(|first| first <= number)) {
            samples = u64::from(run.1?);
        }
        let there = samples.min(left);
        left -= there;
        let bytes = if size == 0 {
            (sample..sample + there).map_while(listed).sum()
        } else {
            there.checked_mul(unit)?
        };
        sample += there;
        let offset = if width == 4 { u64::from(u32_at(offset, 0)?) } else { u64_at(offset, 0)? };
        match pieces.last_mut() {
            Some(last) if last.0.checked_add(last.1)? == offset => last.1 += bytes,
            _ if bytes > 0 => pieces.push((offset, bytes)),
            _ => {}
        }
    }
    Some(pieces)
}

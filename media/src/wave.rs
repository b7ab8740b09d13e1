//! WAV as it is in the field: RIFF, RIFX, RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088), Sony's Wave64, headers of recordings
//! that were never finished or came through a pipe, and chunks whose sizes are wrong.

mod chunk;
mod format;
mod size;

use crate::{
    DecodeError,
    blocks::{self, Place},
    bytes::Bytes,
    demuxer::Opened,
    mpeg,
};
use chunk::{is_chunk, is_known, is_name};
use format::{Codec, Format};
use size::Size;

/// All chunks before the audio; real ones hold kilobytes, even with pictures not more than this.
const MAX_HEADER_BYTES: u64 = 64 << 20;
/// How far beyond a chunk of wrong size the next one is looked for.
const MAX_SEARCH_BYTES: usize = 1 << 20;
const WAVE64_HEAD_BYTES: u64 = 24;

/// Opens RIFF and its relatives.
pub(crate) fn open(mut bytes: Bytes) -> Result<Opened, DecodeError> {
    let head = take(&mut bytes, 12)?;
    let is_big = head.starts_with(b"RIFX");
    let is_large = !head.starts_with(b"RIF");
    let riff_bytes = number(&head[4..8], is_big);
    let (mut format, mut large_data_bytes, mut told_frames) = (None, 0, None);
    loop {
        let at = bytes.position();
        let chunk = take(&mut bytes, 8)?;
        let (name, stated) = ([chunk[0], chunk[1], chunk[2], chunk[3]], number(&chunk[4..8], is_big));
        match &name {
            b"data" => {
                let size = Size { stated, riff_bytes, large: is_large.then_some(large_data_bytes) };
                return data(bytes, format, size, told_frames);
            }
            b"ds64" if stated >= 24 => {
                let body = bytes.peek(24).map_err(DecodeError::Open)?;
                large_data_bytes =
                    body.get(8..16).map_or(0, |size| u64::from_le_bytes(size.try_into().expect("8 bytes")));
            }
            b"fmt " => {
                let body = bytes.peek(stated.min(64) as usize).map_err(DecodeError::Open)?.to_vec();
                format =
                    Some(Format::read(&body, is_big).ok_or_else(|| header(at, "its format makes no sense"))?);
            }
            b"fact" if stated >= 4 => {
                let body = bytes.peek(4).map_err(DecodeError::Open)?;
                told_frames = (body.len() == 4).then(|| number(body, is_big));
            }
            _ => {}
        }
        pass(&mut bytes, at, stated)?;
    }
}

/// Passes over a chunk's body to where the next one begins: at its padded end, at its end where whoever wrote it did not know
/// of padding, or wherever audio or its format are found near by.
fn pass(bytes: &mut Bytes, at: u64, stated: u64) -> Result<(), DecodeError> {
    let is_sound = at + stated <= MAX_HEADER_BYTES;
    if is_sound {
        let ends = [stated + (stated & 1), stated];
        // No more than that: a live stream may not have more yet.
        let window = bytes.peek(ends[0] as usize + 4).map_err(DecodeError::Open)?;
        let find = |is_one: fn(&[u8]) -> bool| {
            let is_there = |from: &u64| window.get(*from as usize..*from as usize + 4).is_some_and(is_one);
            ends.into_iter().find(is_there)
        };
        if let Some(from) = find(is_known).or_else(|| find(is_name)) {
            bytes.skip(from).map_err(DecodeError::Open)?;
            return Ok(());
        }
    }
    let reach = if is_sound { stated as usize } else { 0 } + MAX_SEARCH_BYTES;
    let window = bytes.peek(reach).map_err(DecodeError::Open)?;
    let Some(from) = window.windows(4).position(|four| matches!(four, b"data" | b"fmt ")) else {
        return Err(header(at, "the file ends before the audio begins"));
    };
    bytes.skip(from as u64).map_err(DecodeError::Open)?;
    Ok(())
}

/// Opens Sony's Wave64: chunks are named by GUIDs, their sizes have 64 bits and count the head.
pub(crate) fn open_wave64(mut bytes: Bytes) -> Result<Opened, DecodeError> {
    take(&mut bytes, 40)?;
    let (mut format, mut told_frames) = (None, None);
    loop {
        let at = bytes.position();
        let head = take(&mut bytes, WAVE64_HEAD_BYTES as usize)?;
        let size = u64::from_le_bytes(head[16..24].try_into().expect("8 bytes"));
        let stated = size.saturating_sub(WAVE64_HEAD_BYTES);
        match &head[..4] {
            b"data" => {
                let is_known = size > WAVE64_HEAD_BYTES && size < i64::MAX as u64;
                let length = is_known.then_some(stated);
                return audio("w64", bytes, format, length, told_frames, None);
            }
            b"fmt " => {
                let body = bytes.peek(stated.min(64) as usize).map_err(DecodeError::Open)?.to_vec();
                format =
                    Some(Format::read(&body, false).ok_or_else(|| header(at, "its format makes no sense"))?);
            }
            b"fact" => {
                let body = bytes.peek(4).map_err(DecodeError::Open)?;
                told_frames = (body.len() == 4).then(|| number(body, false));
            }
            _ => {}
        }
        if stated > MAX_HEADER_BYTES {
            return Err(header(at, &format!("a chunk of {stated} bytes before the audio")));
        }
        bytes.skip(stated.next_multiple_of(8)).map_err(DecodeError::Open)?;
    }
}

/// What stands in the data chunk of a RIFF.
fn data(
    mut bytes: Bytes,
    format: Option<Format>,
    size: Size,
    told_frames: Option<u64>,
) -> Result<Opened, DecodeError> {
    let (length, note) = size.length(&mut bytes).map_err(DecodeError::Open)?;
    audio("wave", bytes, format, length, told_frames, note)
}

fn audio(
    container: &'static str,
    mut bytes: Bytes,
    format: Option<Format>,
    length: Option<u64>,
    told_frames: Option<u64>,
    note: Option<String>,
) -> Result<Opened, DecodeError> {
    let format = format.ok_or_else(|| header(bytes.position(), "the audio comes before its format"))?;
    let opened = match format.codec {
        Codec::Blocks(shape) => {
            let there = length.map(|length| length / shape.bytes * shape.frames);
            // Of compressed kinds `fact` tells how much of the last block is audio.
            let told =
                there.zip(told_frames).filter(|(there, told)| told <= there && told + shape.frames > *there);
            let frames = told.map_or(there, |(_, told)| Some(told));
            // A stream does not tell how much of it there is.
            let may_wrap = container == "wave" && shape.frames == 1 && !bytes.is_file();
            let place = match length {
                Some(length) if may_wrap && length > 0 => Place::Stream(length, is_chunk),
                length => Place::Here(length),
            };
            blocks::open(container, bytes, shape, place, frames)
        }
        Codec::Mpeg => {
            if let Some(length) = length {
                bytes.limit(length);
            }
            let first = bytes.peek(mpeg::MAX_FRAME_BYTES).map_err(DecodeError::Open)?;
            let start = (0..first.len()).find(|&at| mpeg::likeness(&first[at..]).is_some()).unwrap_or(0);
            bytes.skip(start as u64).map_err(DecodeError::Open)?;
            mpeg::open(bytes, Some(container))?
        }
        Codec::Unknown(feature) => return Err(DecodeError::Unsupported { feature }),
    };
    Ok(Opened { note: note.or(opened.note), ..opened })
}

fn take(bytes: &mut Bytes, count: usize) -> Result<Vec<u8>, DecodeError> {
    let at = bytes.position();
    bytes.exactly(count).map_err(|_| header(at, "the file ends before the audio begins"))
}

fn header(byte: u64, reason: &str) -> DecodeError {
    DecodeError::Header { byte, reason: reason.into() }
}

fn number(bytes: &[u8], is_big: bool) -> u64 {
    let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
    u64::from(if is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

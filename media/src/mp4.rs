//! MP4 and MOV (ISO/IEC 14496-12, Apple's QuickTime File Format): which part is to be heard, uncompressed audio, and a view of
//! the file without what symphonia 0.6 stumbles over.

mod atoms;
mod edits;
mod hidden;
mod pcm;

pub(crate) use edits::Edit;

use crate::DecodeError;
use crate::blocks::{self, Place};
use crate::bytes::Bytes;
use crate::demuxer::{Foreign, Opened};
use crate::extent::Extent;
use crate::probe::symphonia_reader;
use hidden::Hidden;
use std::io::Seek;

/// Whether a file begins so.
pub(crate) fn is_mp4(first: &[u8]) -> bool {
    first.len() >= 8
        && matches!(
            &first[4..8],
            b"ftyp" | b"moov" | b"mdat" | b"wide" | b"free" | b"skip" | b"pnot" | b"styp"
        )
}

/// Opens a file; a stream is copied to a temporary one: what tells where the audio is may stand behind it.
pub(crate) fn open(bytes: Bytes) -> Result<Opened, DecodeError> {
    let mut bytes = bytes.spooled().map_err(DecodeError::Open)?;
    // What cannot be walked is symphonia's to report.
    let edits = edits::edits(&mut bytes).unwrap_or_default();
    let pcm = pcm::track(&mut bytes).unwrap_or_default();
    bytes.rewind().map_err(DecodeError::Open)?;
    if let Some(track) = pcm.as_ref().filter(|track| !track.pieces.is_empty()) {
        let media: u64 = track.pieces.iter().map(|piece| piece.1 / track.shape.bytes).sum();
        let clock = (f64::from(track.shape.rate_hz), f64::from(track.ticks_per_s));
        let extent = Extent::edited(clock, Some(media), edits.get(&track.id), 0);
        // The table tells each piece's length: what is not there is missing.
        let promised = extent.frames.map(|frames| frames.min(media.saturating_sub(extent.skip)));
        let opened = blocks::open("isomp4", bytes, track.shape, Place::Pieces(track.pieces.clone()), None);
        return Ok(Opened { extent: Extent { promised, ..extent }, ..opened });
    }
    let hidden = hidden::places(&mut bytes).unwrap_or_default();
    bytes.rewind().map_err(DecodeError::Open)?;
    let counter = bytes.counter();
    let reader = symphonia_reader(Box::new(Hidden::new(bytes, hidden)), &counter)?;
    let mut foreign = Foreign::new(reader);
    if let (Some(pcm), Some(parameters)) = (pcm, foreign.parameters()) {
        // Pieces of a film that comes in fragments: symphonia finds them, and takes their numbers for little-endian.
        parameters.for_codec(pcm.shape.codec);
    }
    Ok(Opened::foreign(foreign, &edits))
}

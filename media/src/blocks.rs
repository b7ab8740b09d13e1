//! Audio in blocks of one size, as it stands in WAV, Wave64, AIFF, CAF, AU and MOV: samples as they are (PCM), or ADPCM.

use crate::{
    bytes::Bytes,
    demuxer::{self, Demuxer, Opened},
    extent::Extent,
};
use std::io;
use symphonia::core::{
    codecs::audio::{AudioCodecId, well_known::*},
    errors::Error,
    formats::Track,
    packet::Packet,
    units::{Duration, Timestamp},
};

/// Frames in a packet, about: nothing depends on it.
const PACKET_FRAMES: u64 = 4_096;

/// Sizes of 32 bits begin again here.
pub(crate) const WRAP: u64 = 1 << 32;
/// A stream that goes on for so long behind its stated end, and not with another chunk, has a size that has wrapped: then at least
/// 4 GiB follow. What else stands behind audio is shorter.
const MUCH: usize = 16 << 20;
/// What is to be said of it.
pub(crate) const WRAPPED: &str =
    "its size does not fit into its header (WAV ends at 4 GiB): all of it was read";

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) codec: AudioCodecId,
    pub(crate) rate_hz: u32,
    pub(crate) channels: usize,
    /// Bytes of a block.
    pub(crate) bytes: u64,
    /// Frames of a block: 1 of PCM.
    pub(crate) frames: u64,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Signed,
    Unsigned,
    Float,
}

/// The codec of samples of so many bytes.
pub(crate) fn pcm(number: Number, bytes: u64, is_big: bool) -> Option<AudioCodecId> {
    let pick = |little, big| Some(if is_big { big } else { little });
    match (number, bytes) {
        (Number::Signed, 1) => Some(CODEC_ID_PCM_S8),
        (Number::Signed, 2) => pick(CODEC_ID_PCM_S16LE, CODEC_ID_PCM_S16BE),
        (Number::Signed, 3) => pick(CODEC_ID_PCM_S24LE, CODEC_ID_PCM_S24BE),
        (Number::Signed, 4) => pick(CODEC_ID_PCM_S32LE, CODEC_ID_PCM_S32BE),
        (Number::Unsigned, 1) => Some(CODEC_ID_PCM_U8),
        (Number::Unsigned, 2) => pick(CODEC_ID_PCM_U16LE, CODEC_ID_PCM_U16BE),
        (Number::Unsigned, 3) => pick(CODEC_ID_PCM_U24LE, CODEC_ID_PCM_U24BE),
        (Number::Unsigned, 4) => pick(CODEC_ID_PCM_U32LE, CODEC_ID_PCM_U32BE),
        (Number::Float, 4) => pick(CODEC_ID_PCM_F32LE, CODEC_ID_PCM_F32BE),
        (Number::Float, 8) => pick(CODEC_ID_PCM_F64LE, CODEC_ID_PCM_F64BE),
        _ => None,
    }
}

impl Shape {
    /// Samples of `sample_bytes` each.
    pub(crate) fn pcm(codec: AudioCodecId, rate_hz: u32, channels: usize, sample_bytes: u64) -> Option<Self> {
        let is_sound = (1..=1024).contains(&channels) && (1..=8).contains(&sample_bytes) && rate_hz > 0;
        is_sound.then_some(Self {
            codec,
            rate_hz,
            channels,
            bytes: sample_bytes * channels as u64,
            frames: 1,
        })
    }
}

/// Where blocks lie.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// From here on, so many bytes, or to the end.
    Here(Option<u64>),
    /// From here on in a stream: so many bytes, and 4 GiB more as often as audio goes on behind them. The function knows how other
    /// chunks begin.
    Stream(u64, fn(&[u8]) -> bool),
    /// In pieces of a file: position and bytes of each.
    Pieces(Vec<(u64, u64)>),
}

struct Blocks {
    container: &'static str,
    bytes: Bytes,
    shape: Shape,
    track: Track,
    /// Position and bytes of each piece; one without a known end has the most there can be.
    pieces: Vec<(u64, u64)>,
    piece: usize,
    /// Of this piece, taken.
    taken: u64,
    /// Blocks taken.
    count: u64,
    /// How the chunk begins that ends the only piece, where its stated end may not be one.
    is_chunk: Option<fn(&[u8]) -> bool>,
    note: Option<String>,
}

/// Opens blocks. `frames` is what the headers promise.
pub(crate) fn open(
    container: &'static str,
    mut bytes: Bytes,
    shape: Shape,
    place: Place,
    frames: Option<u64>,
) -> Opened {
    let (track, mut parameters) = demuxer::track(shape.codec, shape.rate_hz, shape.channels);
    let blocks = (PACKET_FRAMES / shape.frames.max(1)).max(1);
    parameters.with_max_frames_per_packet(blocks * shape.frames).with_frames_per_block(shape.frames);
    let is_chunk = if let Place::Stream(_, is_chunk) = &place { Some(*is_chunk) } else { None };
    let pieces = match place {
        Place::Stream(length, _) => vec![(bytes.position(), length)],
        Place::Here(length) => {
            if let Some(length) = length {
                bytes.limit(length);
            }
            vec![(bytes.position(), length.unwrap_or(u64::MAX))]
        }
        Place::Pieces(pieces) => pieces,
    };
    let track = demuxer::with(track, parameters);
    let known = frames.or_else(|| bytes.left().map(|left| left / shape.bytes * shape.frames));
    let extent = Extent {
        limit: frames.filter(|_| is_chunk.is_none()),
        promised: frames,
        frames: known,
        ..Extent::default()
    };
    let blocks =
        Blocks { container, bytes, shape, track, pieces, piece: 0, taken: 0, count: 0, is_chunk, note: None };
    Opened { demuxer: Box::new(blocks), extent, note: None }
}

impl Blocks {
    /// Up to so many whole blocks of the piece that is next; none at the end.
    fn take(&mut self, most: u64) -> io::Result<Vec<u8>> {
        loop {
            let Some(&(start, length)) = self.pieces.get(self.piece) else { return Ok(Vec::new()) };
            let blocks = ((length - self.taken) / self.shape.bytes).min(most);
            let at = start.saturating_add(self.taken);
            if blocks == 0 {
                if !self.goes_on(length)? {
                    (self.piece, self.taken) = (self.piece + 1, 0);
                }
                continue;
            }
            if self.bytes.position() != at {
                self.bytes.go_to(at)?;
            }
            let there =
                self.bytes.peek((blocks * self.shape.bytes) as usize)?.len() as u64 / self.shape.bytes;
            if there == 0 {
                // The file ends here.
                self.piece = self.pieces.len();
                continue;
            }
            self.taken += there * self.shape.bytes;
            self.count += there;
            return self.bytes.exactly((there * self.shape.bytes) as usize);
        }
    }
}

impl Blocks {
    /// Whether audio goes on behind the stated end of a stream. Then the piece is as much longer as sizes of 32 bits hide.
    fn goes_on(&mut self, length: u64) -> io::Result<bool> {
        let Some(is_chunk) = self.is_chunk else { return Ok(false) };
        let left = (length - self.taken) as usize;
        let window = self.bytes.peek(left + MUCH)?;
        let behind = &window[left.min(window.len())..];
        if behind.len() < MUCH || is_chunk(behind) || is_chunk(&behind[1..]) {
            return Ok(false);
        }
        self.pieces[self.piece].1 += WRAP;
        self.note = Some(WRAPPED.into());
        Ok(true)
    }
}

impl Demuxer for Blocks {
    fn container(&self) -> &'static str {
        self.container
    }

    fn track(&self) -> Option<&Track> {
        Some(&self.track)
    }

    fn next(&mut self) -> Result<Option<Packet>, Error> {
        let first = self.count * self.shape.frames;
        let data = self.take((PACKET_FRAMES / self.shape.frames).max(1))?;
        if data.is_empty() {
            return Ok(None);
        }
        let frames = self.count * self.shape.frames - first;
        Ok(Some(Packet::new(self.track.id, Timestamp::new(first as i64), Duration::new(frames), data)))
    }

    fn note(&mut self) -> Option<String> {
        self.note.take()
    }

    fn seek(&mut self, frame: u64) -> Result<Option<u64>, Error> {
        let goal = frame / self.shape.frames;
        while self.count < goal {
            let Some(&(start, length)) = self.pieces.get(self.piece) else { break };
            let blocks = ((length - self.taken) / self.shape.bytes).min(goal - self.count);
            if blocks == 0 {
                if !self.goes_on(length)? {
                    (self.piece, self.taken) = (self.piece + 1, 0);
                }
                continue;
            }
            let at = start.saturating_add(self.taken);
            if self.bytes.position() != at {
                self.bytes.go_to(at)?;
            }
            let skipped = self.bytes.skip(blocks * self.shape.bytes)? / self.shape.bytes;
            self.taken += skipped * self.shape.bytes;
            self.count += skipped;
            if skipped < blocks {
                break;
            }
        }
        Ok(Some(self.count * self.shape.frames))
    }
}

//! CAF with uncompressed audio (Apple, Core Audio Format 1.0), and Sun's AU. Other codecs in CAF are left to symphonia.

use crate::{
    DecodeError,
    blocks::{self, Number, Place, Shape, pcm},
    bytes::Bytes,
    demuxer::Opened,
};
use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};

const MAX_CHUNK_BYTES: u64 = 64 << 20;

/// The description of CAF's audio, at the beginning of each file: what of it is read here.
pub(crate) fn shape(first: &[u8]) -> Option<Shape> {
    let word = |at: usize| Some(u32::from_be_bytes(first.get(at..at + 4)?.try_into().ok()?));
    if first.get(8..12)? != b"desc" {
        return None;
    }
    let rate_hz = f64::from_be_bytes(first.get(20..28)?.try_into().ok()?).round();
    let (flags, packet, channels) = (word(32)?, u64::from(word(36)?), word(44)? as usize);
    let bytes = packet.checked_div(channels as u64)?;
    let codec = match first.get(28..32)? {
        b"lpcm" => pcm(if flags & 1 != 0 { Number::Float } else { Number::Signed }, bytes, flags & 2 == 0)?,
        b"alaw" => CODEC_ID_PCM_ALAW,
        b"ulaw" => CODEC_ID_PCM_MULAW,
        _ => return None,
    };
    let is_rate = (1.0..=f64::from(u32::MAX)).contains(&rate_hz);
    Shape::pcm(codec, rate_hz as u32, channels, bytes).filter(|_| is_rate)
}

/// Opens a file whose [`shape`] is known.
pub(crate) fn open(mut bytes: Bytes, shape: Shape) -> Result<Opened, DecodeError> {
    take(&mut bytes, 8)?;
    loop {
        let at = bytes.position();
        let head = take(&mut bytes, 12)?;
        let size = i64::from_be_bytes(head[4..12].try_into().expect("8 bytes"));
        if &head[..4] == b"data" {
            // The number of edits comes first. A size of -1 is unknown: to the end.
            take(&mut bytes, 4)?;
            let length = u64::try_from(size).ok().map(|size| size.saturating_sub(4));
            let frames = length.map(|length| length / shape.bytes);
            return Ok(blocks::open("caf", bytes, shape, Place::Here(length), frames));
        }
        let size = u64::try_from(size).ok().filter(|size| *size <= MAX_CHUNK_BYTES);
        let size = size.ok_or_else(|| header(at, "a chunk before the audio has no sensible size"))?;
        bytes.skip(size).map_err(DecodeError::Open)?;
    }
}

/// Opens Sun's AU.
pub(crate) fn open_au(mut bytes: Bytes) -> Result<Opened, DecodeError> {
    let head = take(&mut bytes, 24)?;
    let word = |index: usize| {
        u32::from_be_bytes([head[4 * index], head[4 * index + 1], head[4 * index + 2], head[4 * index + 3]])
    };
    let (start, size, encoding) = (u64::from(word(1)), word(2), word(3));
    let samples = |number, bytes| pcm(number, bytes, true).map(|codec| (codec, bytes));
    let codec = match encoding {
        1 => Some((CODEC_ID_PCM_MULAW, 1)),
        2..=5 => samples(Number::Signed, u64::from(encoding) - 1),
        6 => samples(Number::Float, 4),
        7 => samples(Number::Float, 8),
        27 => Some((CODEC_ID_PCM_ALAW, 1)),
        _ => None,
    };
    let (codec, sample_bytes) = codec
        .ok_or_else(|| DecodeError::Unsupported { feature: format!("AU with the encoding {encoding}") })?;
    let shape = Shape::pcm(codec, word(4), word(5) as usize, sample_bytes)
        .ok_or_else(|| header(0, "its format makes no sense"))?;
    bytes.skip(start.saturating_sub(24)).map_err(DecodeError::Open)?;
    let length = (size != u32::MAX).then_some(u64::from(size));
    let frames = length.map(|length| length / shape.bytes);
    Ok(blocks::open("au", bytes, shape, Place::Here(length), frames))
}

fn take(bytes: &mut Bytes, count: usize) -> Result<Vec<u8>, DecodeError> {
    let at = bytes.position();
    bytes.exactly(count).map_err(|_| header(at, "the file ends before the audio begins"))
}

fn header(byte: u64, reason: &str) -> DecodeError {
    DecodeError::Header { byte, reason: reason.into() }
}

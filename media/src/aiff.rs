//! AIFF and AIFF-C (Apple, 1989 and 1991): chunks in any order, numbers with the high byte first.

use crate::{
    DecodeError,
    blocks::{self, Number, Place, Shape, pcm},
    bytes::Bytes,
    demuxer::Opened,
};
use symphonia::core::codecs::audio::well_known::{CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW};

/// Sizes that say "unknown", as streaming writers leave them.
const UNKNOWN: [u32; 3] = [0, 0x7fff_ffff, u32::MAX];
const MAX_CHUNK_BYTES: u32 = 64 << 20;

/// What the common chunk says.
struct Common {
    shape: Shape,
    /// 0 where it was never filled in.
    frames: u64,
}

/// Opens a file; a stream whose audio comes before its format is copied to a temporary file.
pub(crate) fn open(mut bytes: Bytes) -> Result<Opened, DecodeError> {
    take(&mut bytes, 12)?;
    let (mut common, mut sound) = (None, None);
    loop {
        let at = bytes.position();
        let is_early = common.is_none() && bytes.peek(4).map_err(DecodeError::Open)? == b"SSND";
        if is_early && !bytes.is_file() {
            // What comes before it is none of the audio's: a file that begins here is enough.
            bytes = bytes.spooled().map_err(DecodeError::Open)?;
        }
        let at = if is_early { bytes.position() } else { at };
        let head = take(&mut bytes, 8)?;
        let stated = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        match &head[..4] {
            b"COMM" => {
                let body = bytes.peek(stated.min(64) as usize).map_err(DecodeError::Open)?.to_vec();
                common = Some(Common::read(&body, at)?);
            }
            b"SSND" => {
                let head = take(&mut bytes, 8)?;
                let offset = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
                let length =
                    stated.checked_sub(offset.saturating_add(8)).filter(|_| !UNKNOWN.contains(&stated));
                sound = Some((at + 16 + u64::from(offset), length.map(u64::from)));
                if common.is_none() {
                    let length = length.ok_or_else(|| header(at, "the audio comes before its format"))?;
                    bytes.skip(u64::from(length) + u64::from(offset)).map_err(DecodeError::Open)?;
                    bytes.skip(u64::from(stated & 1)).map_err(DecodeError::Open)?;
                    continue;
                }
                bytes.skip(offset.into()).map_err(DecodeError::Open)?;
            }
            _ => {}
        }
        if let (Some(common), Some((start, length))) = (&common, sound) {
            if bytes.position() != start {
                bytes.go_to(start).map_err(DecodeError::Open)?;
            }
            return Ok(common.open(bytes, length));
        }
        if stated > MAX_CHUNK_BYTES {
            return Err(header(at, &format!("a chunk of {stated} bytes before the audio")));
        }
        bytes.skip(u64::from(stated) + u64::from(stated & 1)).map_err(DecodeError::Open)?;
    }
}

impl Common {
    fn read(body: &[u8], at: u64) -> Result<Self, DecodeError> {
        let wrong = || header(at, "its format makes no sense");
        let short = |at: usize| body.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
        let (channels, bits) = (short(0).ok_or_else(wrong)?, short(6).ok_or_else(wrong)?);
        let frames = u64::from(short(2).ok_or_else(wrong)?) << 16 | u64::from(short(4).ok_or_else(wrong)?);
        let rate_hz = extended(body.get(8..18).ok_or_else(wrong)?).ok_or_else(wrong)?;
        let kind: [u8; 4] = body.get(18..22).map_or(*b"NONE", |kind| kind.try_into().expect("4 bytes"));
        let bytes = u64::from(bits.div_ceil(8));
        let samples = |number, bytes, is_big| pcm(number, bytes, is_big).map(|codec| (codec, bytes));
        let codec = match &kind {
            b"NONE" | b"twos" => samples(Number::Signed, bytes, true),
            b"sowt" => samples(Number::Signed, bytes, false),
            b"in16" => samples(Number::Signed, 2, true),
            b"in24" => samples(Number::Signed, 3, true),
            b"in32" => samples(Number::Signed, 4, true),
            b"42ni" => samples(Number::Signed, 3, false),
            b"23ni" => samples(Number::Signed, 4, false),
            b"raw " => samples(Number::Unsigned, 1, true),
            b"fl32" | b"FL32" => samples(Number::Float, 4, true),
            b"fl64" | b"FL64" => samples(Number::Float, 8, true),
            b"alaw" | b"ALAW" => Some((CODEC_ID_PCM_ALAW, 1)),
            b"ulaw" | b"ULAW" => Some((CODEC_ID_PCM_MULAW, 1)),
            _ => None,
        };
        let (codec, bytes) = codec.ok_or_else(|| DecodeError::Unsupported {
            feature: format!("AIFF-C with {bits} bits of `{}`", String::from_utf8_lossy(&kind)),
        })?;
        let shape = Shape::pcm(codec, rate_hz, channels.into(), bytes).ok_or_else(wrong)?;
        Ok(Self { shape, frames })
    }

    fn open(&self, bytes: Bytes, length: Option<u64>) -> Opened {
        let there = length.map(|length| length / self.shape.bytes);
        // Both tell it; where one was never filled in, the other does, and the shorter one is never wrong.
        let told = Some(self.frames).filter(|frames| *frames > 0);
        let frames = match (there, told) {
            (Some(there), Some(told)) => Some(there.min(told)),
            (None, Some(told)) if told >= u64::from(u32::MAX / 2) => None,
            (there, told) => there.or(told),
        };
        let length = frames.map(|frames| frames * self.shape.bytes);
        blocks::open("aiff", bytes, self.shape, Place::Here(length), frames)
    }
}

/// A rate as a number of 80 bits (IEEE 754 extended).
fn extended(bytes: &[u8]) -> Option<u32> {
    let exponent = i32::from(u16::from_be_bytes([bytes[0], bytes[1]])) - 16_383;
    let mantissa = u64::from_be_bytes(bytes[2..10].try_into().ok()?);
    let value = mantissa as f64 * 2_f64.powi(exponent - 63);
    (1.0..=f64::from(u32::MAX)).contains(&value).then(|| value.round() as u32)
}

fn take(bytes: &mut Bytes, count: usize) -> Result<Vec<u8>, DecodeError> {
    let at = bytes.position();
    bytes.exactly(count).map_err(|_| header(at, "the file ends before the audio begins"))
}

fn header(byte: u64, reason: &str) -> DecodeError {
    DecodeError::Header { byte, reason: reason.into() }
}

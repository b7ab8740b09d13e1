//! The chunk that says what the audio of a WAV is (`WAVEFORMATEX`, `WAVEFORMATEXTENSIBLE`).

use crate::blocks::{Number, Shape, pcm};
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_MULAW,
};

/// What a WAV holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Format {
    pub(super) codec: Codec,
}

/// How it is coded.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Codec {
    Blocks(Shape),
    /// MPEG audio, frame by frame.
    Mpeg,
    /// Nothing that is read here: what, in words.
    Unknown(String),
}

/// The format behind this number stands in a GUID.
const EXTENSIBLE: u16 = 0xfffe;

impl Format {
    /// Reads the chunk's body; `None` if it makes no sense.
    pub(super) fn read(body: &[u8], is_big: bool) -> Option<Self> {
        let short = |at: usize| {
            let bytes = body.get(at..at + 2)?.try_into().ok()?;
            Some(if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
        };
        let (low, high) = if is_big { (short(6)?, short(4)?) } else { (short(4)?, short(6)?) };
        let rate_hz = u32::from(high) << 16 | u32::from(low);
        let (tag, channels) = (short(0)?, usize::from(short(2)?));
        let (block, bits) = (u64::from(short(12)?), u64::from(short(14).unwrap_or(0)));
        let tag = if tag == EXTENSIBLE { short(24).unwrap_or(1) } else { tag };
        if channels == 0 || rate_hz == 0 {
            return None;
        }
        // Samples stand in whole bytes, the most significant bits first.
        let bytes = match block / channels as u64 {
            bytes @ 1..=8 if bytes * 8 >= bits => bytes,
            _ => bits.div_ceil(8),
        };
        let unknown = |what: &str| Some(Codec::Unknown(format!("WAV with {what}")));
        let samples = |number| match pcm(number, bytes, is_big) {
            Some(codec) => Shape::pcm(codec, rate_hz, channels, bytes).map(Codec::Blocks),
            None => unknown(&format!("samples of {bits} bits")),
        };
        let law = |codec| Shape::pcm(codec, rate_hz, channels, 1).map(Codec::Blocks);
        let adpcm = |codec, head: u64, first: u64| {
            let data = block.checked_sub(head * channels as u64)?;
            let frames = data * 2 / channels as u64 + first;
            let shape = Shape { codec, rate_hz, channels, bytes: block, frames };
            if channels > 2 { unknown("ADPCM of more than two channels") } else { Some(Codec::Blocks(shape)) }
        };
        let codec = match tag {
            1 if bytes == 1 => samples(Number::Unsigned),
            1 => samples(Number::Signed),
            2 => adpcm(CODEC_ID_ADPCM_MS, 7, 2),
            3 => samples(Number::Float),
            6 => law(CODEC_ID_PCM_ALAW),
            7 => law(CODEC_ID_PCM_MULAW),
            0x11 => adpcm(CODEC_ID_ADPCM_IMA_WAV, 4, 1),
            0x50 | 0x55 => Some(Codec::Mpeg),
            0x31 => unknown("GSM 6.10"),
            0x160..=0x163 => unknown("Windows Media audio"),
            0x2000 => unknown("AC-3"),
            0x2001 => unknown("DTS"),
            0xff | 0x1600 | 0x1610 => unknown("AAC"),
            tag => unknown(&format!("the codec {tag:#06x}")),
        }?;
        Some(Self { codec })
    }
}

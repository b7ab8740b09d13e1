//! The tag in a first frame: Xing or Info with LAME's extension, or Fraunhofer's VBRI.

use super::header::Header;

/// A decoder of layer 3 is behind by this many samples: a hybrid filter bank's delay of 528, and one.
const DECODER_DELAY: u32 = 529;

/// What a tag says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Info {
    /// Frames of audio that follow it; 0 where it does not say.
    pub(super) frames: u64,
    /// Samples at the start that are none of the audio.
    pub(super) delay: u32,
    /// Samples at the end that are none of the audio.
    pub(super) padding: u32,
    /// Whether an encoder wrote it that is known to write the truth, with a checksum that is right.
    pub(super) is_sure: bool,
}

impl Info {
    /// The tag in a frame, if it holds one instead of audio.
    pub(super) fn read(header: &Header, frame: &[u8]) -> Option<Self> {
        if header.layer != 3 {
            return None;
        }
        let quiet_from = if header.has_crc { 6 } else { 4 };
        let is_quiet =
            |to: usize| frame.get(quiet_from..to).is_some_and(|side| side.iter().all(|&byte| byte == 0));
        let xing = 4 + header.side_bytes();
        match frame.get(xing..xing + 4)? {
            b"Xing" | b"Info" if is_quiet(xing) => Self::xing(frame, xing),
            _ if frame.get(36..40) == Some(b"VBRI") && is_quiet(36) => {
                Some(Self { frames: u32_at(frame, 50)?.into(), ..Self::default() })
            }
            _ => None,
        }
    }

    fn xing(frame: &[u8], at: usize) -> Option<Self> {
        let flags = u32_at(frame, at + 4)?;
        let frames = if flags & 1 != 0 { u32_at(frame, at + 8)? } else { 0 };
        let fields = [(1, 4), (2, 4), (4, 100), (8, 4)];
        let lame: usize = at
            + 8
            + fields.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, bytes)| bytes).sum::<usize>();
        let mut info = Self { frames: frames.into(), ..Self::default() };
        let is_known =
            frame.get(lame..lame + 4).is_some_and(|encoder| matches!(encoder, b"LAME" | b"Lavf" | b"Lavc"));
        let Some(&[high, both, low]) = frame.get(lame + 21..lame + 24).filter(|_| is_known) else {
            return Some(info);
        };
        let crc = frame.get(lame + 34..lame + 36).map_or(0, |crc| u16::from_be_bytes([crc[0], crc[1]]));
        if crc != 0 && crc != checksum(&frame[..lame + 34]) && crc != libavs_checksum(frame, lame + 34) {
            return Some(info);
        }
        info.delay = DECODER_DELAY + (u32::from(high) << 4 | u32::from(both >> 4));
        info.padding = (u32::from(both & 0xf) << 8 | u32::from(low)).saturating_sub(DECODER_DELAY);
        info.is_sure = true;
        Some(info)
    }

    /// Samples that the piece has, by its frames.
    pub(super) fn length(&self, frames: u64, header: &Header) -> u64 {
        (frames * u64::from(header.samples())).saturating_sub(u64::from(self.delay) + u64::from(self.padding))
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// libavformat sums 190 bytes whatever comes before the checksum, which is 0 by then: that is too many but for MPEG 1, stereo.
fn libavs_checksum(frame: &[u8], at: usize) -> u16 {
    let mut bytes = frame[..frame.len().min(190)].to_vec();
    bytes.iter_mut().skip(at).take(2).for_each(|byte| *byte = 0);
    checksum(&bytes)
}

/// CRC-16 with the polynomial 0x8005, bits reflected: the tag's own.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte), |crc, _| if crc & 1 != 0 { crc >> 1 ^ 0xa001 } else { crc >> 1 })
    })
}

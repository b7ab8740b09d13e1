//! The four bytes that each frame begins with (ISO/IEC 11172-3, 2.4.1.3; 13818-3, 2.4.1.3; MPEG 2.5 halves the rates again).

/// The longest frame: layer 2 at 160 kbit/s and 8 kHz.
pub(crate) const MAX_FRAME_BYTES: usize = 2_881;

/// Kilobits a second by layer, of MPEG 1; index 0 is a free bit rate.
const RATES_1: [[u32; 15]; 3] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
/// The same of MPEG 2 and 2.5: layer 1, and layers 2 and 3.
const RATES_2: [[u32; 15]; 2] = [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// What a frame's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// 1, 2 or 3.
    pub(super) layer: u8,
    pub(super) is_mpeg1: bool,
    pub(super) rate_hz: u32,
    pub(super) is_mono: bool,
    pub(super) has_crc: bool,
    /// Length of the frame with its header.
    pub(super) bytes: usize,
}

impl Header {
    /// The header that begins here, unless its bit rate is free.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let word = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
        let bits = |from: u32, count: u32| word >> from & ((1 << count) - 1);
        let (version, layer) = (bits(19, 2), bits(17, 2));
        if bits(21, 11) != 0x7ff || version == 1 || layer == 0 || bits(10, 2) == 3 {
            return None;
        }
        let (is_mpeg1, layer) = (version == 3, 4 - layer as u8);
        let table =
            if is_mpeg1 { &RATES_1[usize::from(layer) - 1] } else { &RATES_2[usize::from(layer > 1)] };
        let bits_per_s = 1_000 * *table.get(bits(12, 4) as usize).filter(|rate| **rate > 0)?;
        let halved = match version {
            3 => 0,
            2 => 1,
            _ => 2,
        };
        let rate_hz = [44_100, 48_000, 32_000][bits(10, 2) as usize] >> halved;
        let padding = bits(9, 1);
        let bytes = match layer {
            1 => (12 * bits_per_s / rate_hz + padding) * 4,
            3 if !is_mpeg1 => 72 * bits_per_s / rate_hz + padding,
            _ => 144 * bits_per_s / rate_hz + padding,
        };
        Some(Self {
            layer,
            is_mpeg1,
            rate_hz,
            is_mono: bits(6, 2) == 3,
            has_crc: bits(16, 1) == 0,
            bytes: bytes as usize,
        })
    }

    /// Whether one decoder serves both.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (self.layer, self.is_mpeg1, self.rate_hz, self.is_mono)
            == (other.layer, other.is_mpeg1, other.rate_hz, other.is_mono)
    }

    /// Frames of audio in it, one sample a channel.
    pub(super) fn samples(&self) -> u32 {
        match self.layer {
            1 => 384,
            3 if !self.is_mpeg1 => 576,
            _ => 1_152,
        }
    }

    /// Length of the side information of layer 3.
    pub(super) fn side_bytes(&self) -> usize {
        match (self.is_mpeg1, self.is_mono) {
            (true, false) => 32,
            (false, true) => 9,
            _ => 17,
        }
    }

    pub(super) fn channels(&self) -> usize {
        if self.is_mono { 1 } else { 2 }
    }
}

/// Length of the frame that begins here, and what all frames of its stream have in common.
pub(crate) fn likeness(bytes: &[u8]) -> Option<(usize, u32)> {
    let header = Header::read(bytes)?;
    Some((header.bytes, header.rate_hz << 4 | u32::from(header.layer) << 1 | u32::from(header.is_mono)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_version_and_layer() {
        let read =
            |word: u32| Header::read(&word.to_be_bytes()).map(|h| (h.layer, h.rate_hz, h.samples(), h.bytes));
        assert_eq!(read(0xfffb_9064), Some((3, 44_100, 1_152, 417)));
        assert_eq!(read(0xfffb_9264), Some((3, 44_100, 1_152, 418)));
        assert_eq!(read(0xfff3_4064), Some((3, 22_050, 576, 104)));
        assert_eq!(read(0xffe3_4864), Some((3, 8_000, 576, 288)));
        assert_eq!(read(0xfffd_8004), Some((2, 44_100, 1_152, 417)));
        assert_eq!(read(0xffff_8004), Some((1, 44_100, 384, 278 / 4 * 4)));
        // A free bit rate, reserved numbers, no sync.
        for word in [0xfffb_0064, 0xfffb_f064, 0xfffb_9c64, 0xffeb_9064, 0xfff9_9064, 0xfefb_9064] {
            assert_eq!(read(word), None, "{word:x}");
        }
    }
}

//! The header that each FLAC frame begins with, and its two checksums (RFC 9639, 9.1).

/// The longest header.
pub(super) const MAX_HEADER_BYTES: usize = 16;

/// What a frame's header says; what it leaves to the stream is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Frames of audio, one sample a channel.
    pub(super) samples: u32,
    pub(super) rate_hz: Option<u32>,
    pub(super) channels: u8,
    pub(super) bits: Option<u8>,
    /// Number of the frame, or of its first sample.
    pub(super) number: u64,
    /// Whether `number` counts samples, by the header's own word.
    pub(super) counts_samples: bool,
}

impl Header {
    /// The header that begins here, if its checksum is right.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let head = bytes.get(..4)?;
        if head[0] != 0xff || head[1] & 0xfe != 0xf8 || head[3] & 1 != 0 {
            return None;
        }
        let mut at = 4;
        let number = number(bytes, &mut at)?;
        let mut field = |count: usize| {
            let value =
                bytes.get(at..at + count)?.iter().fold(0, |value, byte| value << 8 | u32::from(*byte));
            at += count;
            Some(value)
        };
        let samples = match head[2] >> 4 {
            0 => return None,
            1 => 192,
            size @ 2..=5 => 576 << (size - 2),
            6 => field(1)? + 1,
            7 => field(2)? + 1,
            size => 256 << (size - 8),
        };
        let rate_hz = match head[2] & 0xf {
            0 => None,
            12 => Some(field(1)? * 1_000),
            13 => Some(field(2)?),
            14 => Some(field(2)? * 10),
            15 => return None,
            index => Some(
                [88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
                    [usize::from(index) - 1],
            ),
        };
        let channels = match head[3] >> 4 {
            independent @ 0..=7 => independent + 1,
            8..=10 => 2,
            _ => return None,
        };
        let bits = match head[3] >> 1 & 7 {
            0 => None,
            3 => return None,
            index => Some([0, 8, 12, 0, 16, 20, 24, 32][usize::from(index)]),
        };
        let is_right = checksum8(bytes.get(..at)?) == *bytes.get(at)?;
        let counts_samples = head[1] & 1 != 0;
        (is_right && rate_hz != Some(0)).then_some(Self {
            samples,
            rate_hz,
            channels,
            bits,
            number,
            counts_samples,
        })
    }
}

/// A number of up to 36 bits, coded as UTF-8 does it.
fn number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let first = *bytes.get(*at)?;
    let more = match first.leading_ones() {
        0 => 0,
        ones @ 2..=7 => ones as usize - 1,
        _ => return None,
    };
    let mut value = u64::from(first) & (0x7f_u64 >> if more == 0 { 0 } else { more + 1 });
    for &byte in bytes.get(*at + 1..*at + 1 + more)? {
        if byte & 0xc0 != 0x80 {
            return None;
        }
        value = value << 6 | u64::from(byte & 0x3f);
    }
    *at += 1 + more;
    Some(value)
}

fn checksum8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 != 0 { crc << 1 ^ 0x07 } else { crc << 1 })
    })
}

/// The checksum over a whole frame, which its last two bytes make 0.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Checksum(u16);

impl Checksum {
    const TABLE: [u16; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let (mut crc, mut bit) = ((index as u16) << 8, 0);
            while bit < 8 {
                crc = if crc & 0x8000 != 0 { crc << 1 ^ 0x8005 } else { crc << 1 };
                bit += 1;
            }
            table[index] = crc;
            index += 1;
        }
        table
    };

    pub(super) fn add(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0 << 8 ^ Self::TABLE[usize::from((self.0 >> 8) as u8 ^ byte)];
        }
    }

    pub(super) fn is_right(self) -> bool {
        self.0 == 0
    }
}

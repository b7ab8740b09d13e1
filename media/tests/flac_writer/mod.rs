//! FLAC written by hand: frames of verbatim samples of 16 bits, with whatever oddity a test asks for.

/// What a frame's header says, and its samples.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// Whether it says that its number counts samples.
    pub(crate) counts_samples: bool,
    pub(crate) number: u8,
    /// Code of the rate: 9 is 44,100 Hz, 10 is 48,000 Hz.
    pub(crate) rate: u8,
    pub(crate) channels: usize,
    pub(crate) interleaved: &'a [i16],
}

/// A CRC of up to 16 bits, the highest bit first.
fn checksum(bytes: &[u8], polynomial: u32, bits: u32) -> u32 {
    let mask = (1 << bits) - 1;
    bytes.iter().fold(0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << (bits - 8), |crc, _| {
            (if crc >> (bits - 1) & 1 != 0 { crc << 1 ^ polynomial } else { crc << 1 }) & mask
        })
    })
}

pub(crate) fn frame(frame: Frame<'_>) -> Vec<u8> {
    let samples = frame.interleaved.len() / frame.channels;
    assert!(frame.number < 0x80 && samples <= 256, "one byte each");
    let mut bytes = vec![
        0xff,
        0xf8 | u8::from(frame.counts_samples),
        6 << 4 | frame.rate,
        (frame.channels as u8 - 1) << 4 | 4 << 1,
        frame.number,
        (samples - 1) as u8,
    ];
    bytes.push(checksum(&bytes, 0x07, 8) as u8);
    for channel in 0..frame.channels {
        bytes.push(1 << 1);
        for sample in frame.interleaved.iter().skip(channel).step_by(frame.channels) {
            bytes.extend(sample.to_be_bytes());
        }
    }
    bytes.extend((checksum(&bytes, 0x8005, 16) as u16).to_be_bytes());
    bytes
}

/// Mark and description, with blocks between them and the audio.
pub(crate) fn head(
    blocks: (u16, u16),
    rate_hz: u64,
    channels: u64,
    samples: u64,
    others: &[(u8, &[u8])],
) -> Vec<u8> {
    let mut info = [blocks.0.to_be_bytes(), blocks.1.to_be_bytes()].concat();
    info.extend([0; 6]);
    info.extend((rate_hz << 44 | (channels - 1) << 41 | 15 << 36 | samples).to_be_bytes());
    info.extend([0; 16]);
    let mut bytes = b"fLaC".to_vec();
    let all: Vec<(u8, &[u8])> = [(0, &info[..])].into_iter().chain(others.iter().copied()).collect();
    for (index, (kind, body)) in all.iter().enumerate() {
        let last = if index + 1 == all.len() { 0x80 } else { 0 };
        bytes.push(kind | last);
        bytes.extend(&(body.len() as u32).to_be_bytes()[1..]);
        bytes.extend(*body);
    }
    bytes
}

//! WAV headers as they are in the field: RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088), and recordings whose sizes were
//! never filled in. They are rewritten, byte for byte as long, into the one form that symphonia reads to the end of
//! the stream; the true length of the data is kept beside it.

use super::DecodeError;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use symphonia::core::io::MediaSource;

/// All chunks before the audio; real ones hold kilobytes, even with pictures not more than this.
const MAX_HEADER_BYTES: u64 = 64 << 20;
/// A size that says "unknown": until the end of the stream.
const UNKNOWN: u32 = u32::MAX;

/// A rewritten header.
#[derive(Debug)]
pub(super) struct Header {
    /// Everything up to the first byte of audio, all sizes that matter unknown.
    bytes: Vec<u8>,
    /// Bytes of audio, if the header knows.
    data_bytes: Option<u64>,
    /// Frames of PCM audio, if the header knows; of compressed kinds nothing is promised.
    pub(super) frames: Option<u64>,
}

/// Whether a stream that begins so is for [`Header::read`].
pub(super) fn is_wave(first: &[u8]) -> bool {
    first.len() >= 12 && matches!(&first[..4], b"RIFF" | b"RF64" | b"BW64") && &first[8..12] == b"WAVE"
}

impl Header {
    /// Reads up to the first byte of audio.
    pub(super) fn read(stream: &mut dyn Read) -> Result<Self, DecodeError> {
        let mut bytes = Vec::new();
        take(stream, &mut bytes, 12)?;
        bytes[..4].copy_from_slice(b"RIFF");
        bytes[4..8].copy_from_slice(&UNKNOWN.to_le_bytes());
        let (mut block_bytes, mut large_data_bytes) = (None, None);
        loop {
            let at = bytes.len();
            take(stream, &mut bytes, 8)?;
            let stated_bytes = u32_at(&bytes, at + 4);
            if &bytes[at..at + 4] == b"data" {
                bytes[at + 4..].copy_from_slice(&UNKNOWN.to_le_bytes());
                let data_bytes = match stated_bytes {
                    UNKNOWN => large_data_bytes,
                    // Streaming writers leave 0 (or, as sox does, almost 2 GiB) where they cannot go back.
                    0 | 0x7fff_f000..=0x7fff_ffff => None,
                    known => Some(u64::from(known)),
                };
                let frames = data_bytes.zip(block_bytes).map(|(data, block): (u64, u64)| data / block);
                return Ok(Self { bytes, data_bytes, frames });
            }
            let body = at + 8;
            take(stream, &mut bytes, u64::from(stated_bytes) + u64::from(stated_bytes & 1))?;
            match &bytes[at..at + 4] {
                b"fmt " if stated_bytes >= 16 => {
                    let is_pcm = matches!(u16_at(&bytes, body), 1 | 3 | 0xfffe);
                    block_bytes =
                        Some(u64::from(u16_at(&bytes, body + 12))).filter(|&block| is_pcm && block > 0);
                }
                b"ds64" if stated_bytes >= 24 => {
                    let low_high = (u32_at(&bytes, body + 8), u32_at(&bytes, body + 12));
                    large_data_bytes = Some(u64::from(low_high.0) | u64::from(low_high.1) << 32);
                    bytes[at..at + 4].copy_from_slice(b"JUNK");
                }
                _ => {}
            }
        }
    }

    /// The stream, from its first byte, as symphonia shall see it. `rest` stands behind the header.
    pub(super) fn attach<S: Read>(self, rest: S) -> Rewritten<S> {
        let end = self.data_bytes.map_or(u64::MAX, |data| data.saturating_add(self.bytes.len() as u64));
        Rewritten { header: Cursor::new(self.bytes), rest, position: 0, end }
    }
}

fn take(stream: &mut dyn Read, into: &mut Vec<u8>, bytes: u64) -> Result<(), DecodeError> {
    let at = into.len() as u64;
    let header = |reason: String| DecodeError::Header { byte: at, reason };
    if at.saturating_add(bytes) > MAX_HEADER_BYTES {
        return Err(header(format!("a chunk of {bytes} bytes before the audio")));
    }
    match stream.take(bytes).read_to_end(into) {
        Ok(read) if read as u64 == bytes => Ok(()),
        Ok(_) => Err(header(String::from("the file ends before the audio begins"))),
        Err(error) => Err(header(error.to_string())),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// A header of ours before a stream of theirs, cut off after the audio, so that chunks behind it are never heard.
pub(super) struct Rewritten<S> {
    header: Cursor<Vec<u8>>,
    rest: S,
    position: u64,
    end: u64,
}

impl<S: Read> Read for Rewritten<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.position.min(self.end)).unwrap_or(usize::MAX);
        let room = buffer.len().min(left);
        let buffer = &mut buffer[..room];
        let in_header = self.position < self.header.get_ref().len() as u64;
        let read = if in_header { self.header.read(buffer)? } else { self.rest.read(buffer)? };
        self.position += read as u64;
        Ok(read)
    }
}

impl<S: Read + Seek> Seek for Rewritten<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.rest.seek(SeekFrom::End(0))?.min(self.end).checked_add_signed(by),
        }
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        // The rewritten header is as long as the original, so that positions are those of the file.
        self.header.set_position(position);
        self.rest.seek(SeekFrom::Start(position.max(self.header.get_ref().len() as u64)))?;
        self.position = position;
        Ok(position)
    }
}

impl<S: Read + Seek + Send + Sync> MediaSource for Rewritten<S> {
    fn is_seekable(&self) -> bool {
        true
    }
    fn byte_len(&self) -> Option<u64> {
        None
    }
}

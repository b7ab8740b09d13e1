//! FLAC by itself (RFC 9639): frames one after another behind a description of the stream.
//!
//! Frames do not tell their length: one ends where its checksum is right and the next begins, or the file ends. What stands
//! between description and audio is passed over by its length, whatever is in it; what stands behind the audio is not heard.
//! A file whose rate or channels change, or that is several joined ones, is several pieces.

mod frame;

use crate::{
    DecodeError,
    bytes::Bytes,
    demuxer::{self, Demuxer, Opened},
    extent::Extent,
    tag,
};
use frame::{Checksum, Header, MAX_HEADER_BYTES};
use std::io;
use symphonia::core::{
    codecs::audio::{VerificationCheck, well_known::CODEC_ID_FLAC},
    errors::Error,
    formats::Track,
    packet::Packet,
    units::{Duration, Timestamp},
};

/// The largest frame: 65,535 samples of 8 channels and 32 bits, and a little.
const MAX_FRAME_BYTES: usize = 65_535 * 8 * 4 + (64 << 10);
/// Header, one subframe of one byte, checksum.
const MIN_FRAME_BYTES: usize = 8;
/// Bytes looked at at first for a frame's end.
const WINDOW: usize = 16 << 10;
const STREAM_INFO_BYTES: usize = 34;
/// Zeros and tags between frames or behind them; more than this is damage.
const MAX_JUNK_BYTES: u64 = 64 << 20;

/// The description of a stream (RFC 9639, 8.2).
#[derive(Clone)]
struct StreamInfo {
    bytes: [u8; STREAM_INFO_BYTES],
    rate_hz: u32,
    channels: u8,
    bits: u8,
    /// 0 where it does not say.
    samples: u64,
}

struct Flac {
    bytes: Bytes,
    info: StreamInfo,
    track: Track,
    /// Samples of this piece up to the next frame, counted from the number of its first frame.
    at: Option<u64>,
    /// Frames of this piece that were read.
    count: u64,
    /// The same over all pieces.
    position: u64,
    is_reset: bool,
}

/// Opens a stream that begins with `fLaC`.
pub(crate) fn open(mut bytes: Bytes) -> Result<Opened, DecodeError> {
    let info = read_info(&mut bytes)?;
    let promised = Some(info.samples).filter(|&samples| samples > 0);
    let track = info.track(true);
    let flac = Flac { bytes, info, track, at: None, count: 0, position: 0, is_reset: false };
    // What is missing the demuxer knows best: there may be more pieces than the first.
    let extent = Extent { frames: promised, ..Extent::default() };
    Ok(Opened { demuxer: Box::new(flac), extent, note: None })
}

/// Reads the description, and passes over everything else up to the first frame.
fn read_info(bytes: &mut Bytes) -> Result<StreamInfo, DecodeError> {
    let header = |byte: u64, reason: &str| DecodeError::Header { byte, reason: reason.into() };
    let cut = |byte: u64| move |_: io::Error| header(byte, "the file ends before the audio begins");
    bytes.exactly(4).map_err(cut(0))?;
    let mut info = None;
    loop {
        let at = bytes.position();
        let head = bytes.exactly(4).map_err(cut(at))?;
        let length = u64::from(u32::from_be_bytes([0, head[1], head[2], head[3]]));
        if head[0] & 0x7f == 0 && info.is_none() && length >= STREAM_INFO_BYTES as u64 {
            let body = bytes.exactly(STREAM_INFO_BYTES).map_err(cut(at))?;
            info = Some(StreamInfo::read(&body).ok_or_else(|| header(at, "its description makes no sense"))?);
            bytes.skip(length - STREAM_INFO_BYTES as u64).map_err(cut(at))?;
        } else if bytes.skip(length).map_err(cut(at))? < length {
            return Err(header(at, "the file ends before the audio begins"));
        }
        if head[0] & 0x80 != 0 {
            return info.ok_or_else(|| header(at, "there is no description of the stream"));
        }
    }
}

impl StreamInfo {
    fn read(body: &[u8]) -> Option<Self> {
        let bytes: [u8; STREAM_INFO_BYTES] = body.try_into().ok()?;
        let fields = u64::from_be_bytes(bytes[10..18].try_into().ok()?);
        let info = Self {
            rate_hz: (fields >> 44) as u32,
            channels: (fields >> 41 & 7) as u8 + 1,
            bits: (fields >> 36 & 31) as u8 + 1,
            samples: fields & 0xf_ffff_ffff,
            bytes,
        };
        (info.rate_hz > 0).then_some(info)
    }

    /// As a frame says that it goes on.
    fn like(&self, header: &Header) -> Self {
        let rate_hz = header.rate_hz.unwrap_or(self.rate_hz);
        let bits = header.bits.unwrap_or(self.bits);
        let mut bytes = self.bytes;
        let fields =
            u64::from(rate_hz) << 44 | u64::from(header.channels - 1) << 41 | u64::from(bits - 1) << 36;
        bytes[10..18].copy_from_slice(&fields.to_be_bytes());
        bytes[18..].fill(0);
        Self { bytes, rate_hz, channels: header.channels, bits, samples: 0 }
    }

    /// Frames of audio in a block of fixed size.
    fn block_samples(&self) -> u64 {
        u64::from(u16::from_be_bytes([self.bytes[2], self.bytes[3]]))
    }

    fn is_like(&self, header: &Header) -> bool {
        self.channels == header.channels
            && header.rate_hz.is_none_or(|rate_hz| rate_hz == self.rate_hz)
            && header.bits.is_none_or(|bits| bits == self.bits)
    }

    /// The checksum over all of the audio is only of use if all of it is heard with one decoder.
    fn track(&self, is_checked: bool) -> Track {
        let (mut track, mut parameters) =
            demuxer::track(CODEC_ID_FLAC, self.rate_hz, usize::from(self.channels));
        // The largest block decides how much the decoder has room for; encoders of old wrote it too small.
        let mut bytes = self.bytes;
        bytes[2..4].copy_from_slice(&u16::MAX.to_be_bytes());
        let smallest = u16::from_be_bytes([bytes[0], bytes[1]]).max(16);
        bytes[..2].copy_from_slice(&smallest.to_be_bytes());
        // Sizes of frames: nobody needs them.
        bytes[4..10].fill(0);
        if !is_checked {
            bytes[18..].fill(0);
        }
        let md5: [u8; 16] = bytes[18..].try_into().expect("16 bytes");
        if md5 != [0; 16] {
            parameters.with_verification_code(VerificationCheck::Md5(md5));
        }
        parameters.with_extra_data(Box::from(&bytes[..])).with_bits_per_sample(u32::from(self.bits));
        if self.samples > 0 {
            track.with_num_frames(self.samples);
        }
        demuxer::with(track, parameters)
    }
}

impl Flac {
    /// Another piece begins.
    fn begin(&mut self, info: StreamInfo, is_checked: bool) {
        self.track = info.track(is_checked);
        self.info = info;
        (self.at, self.count, self.is_reset) = (None, 0, true);
    }

    /// Goes to the next frame; `None` at the end.
    fn locate(&mut self) -> Result<Option<Header>, Error> {
        let mut junk = 0;
        loop {
            let first = self.bytes.peek(MAX_HEADER_BYTES.max(32))?;
            if first.len() < 6 || junk > MAX_JUNK_BYTES {
                return Ok(None);
            }
            if let Some(header) = Header::read(first) {
                return Ok(Some(header));
            }
            let is_over = self.info.samples > 0 && self.at >= Some(self.info.samples);
            if first.starts_with(b"fLaC") {
                match read_info(&mut self.bytes) {
                    Ok(info) => self.begin(info, true),
                    Err(_) => return Err(Error::DecodeError("another stream begins here, but is cut short")),
                }
                continue;
            }
            let is_old_tag = first.starts_with(b"TAG");
            let passed = match tag::tag_length(first) {
                Some(length) => self.bytes.skip(length)?,
                None if is_old_tag => self.bytes.skip(128)?,
                // The audio is complete: whatever this is, it is not of it.
                None if is_over => return Ok(None),
                None => self.bytes.skip(1)?,
            };
            junk += passed;
        }
    }

    /// Length of the frame that begins here with `header`: up to where its checksum is right and something else begins.
    fn length(&mut self, header: &Header) -> Result<usize, Error> {
        let next_numbers = [header.number + 1, header.number + u64::from(header.samples)];
        let mut window = WINDOW;
        let (mut checksum, mut summed) = (Checksum::default(), 0);
        // Where the checksum was right: before something that may stand behind audio, and before anything else.
        let (mut before_tag, mut before_junk) = (None, None);
        loop {
            let bytes = self.bytes.peek(window + MAX_HEADER_BYTES)?;
            let is_end = bytes.len() < window + MAX_HEADER_BYTES;
            let last = if is_end { bytes.len() } else { window };
            while summed < last {
                checksum.add(&bytes[summed..=summed]);
                summed += 1;
                let rest = &bytes[summed..];
                if checksum.is_right() && summed > MIN_FRAME_BYTES {
                    if rest.is_empty() || Header::read(rest).is_some() || rest.starts_with(b"fLaC") {
                        return Ok(summed);
                    }
                    let is_tag = tag::is_tag(rest) || rest.iter().take(16).all(|&byte| byte == 0);
                    *(if is_tag { before_tag.get_or_insert(summed) } else { before_junk.insert(summed) }) =
                        summed;
                } else if rest.first() == Some(&0xff)
                    && Header::read(rest).is_some_and(|next| next_numbers.contains(&next.number))
                {
                    return Err(Error::DecodeError("the checksum of a frame is wrong"));
                }
            }
            // A decoder passes over what stands behind a frame, so that the last place is never wrong.
            if is_end || window >= MAX_FRAME_BYTES {
                return before_tag.or(before_junk).ok_or(if is_end {
                    Error::IoError(io::ErrorKind::UnexpectedEof.into())
                } else {
                    Error::DecodeError("a frame does not end")
                });
            }
            window = (window * 2).min(MAX_FRAME_BYTES);
        }
    }

    /// First sample of a frame in its piece, by its number: of old, a fixed size was only a matter of the description.
    fn first_sample(&self, header: &Header) -> u64 {
        let by_frame = header.number.saturating_mul(self.info.block_samples());
        match self.at {
            _ if header.counts_samples => header.number,
            // The number counts samples, whatever the header's word for that is.
            Some(at) if at == header.number && at != by_frame => header.number,
            // It counts frames, and the description is wrong about their size.
            Some(at) if header.number == self.count => at,
            _ => by_frame,
        }
    }
}

impl Flac {
    /// The next frame: where it begins in its piece, and its length in samples and bytes.
    fn frame(&mut self) -> Result<Option<(u64, u32, usize)>, Error> {
        let Some(header) = self.locate()? else { return Ok(None) };
        if !self.info.is_like(&header) {
            self.begin(self.info.like(&header), false);
        }
        if std::mem::take(&mut self.is_reset) {
            return Err(Error::ResetRequired);
        }
        let first = self.first_sample(&header);
        let bytes = self.length(&header)?;
        self.count += 1;
        self.at = Some(first + u64::from(header.samples));
        Ok(Some((first, header.samples, bytes)))
    }
}

impl Demuxer for Flac {
    fn container(&self) -> &'static str {
        "flac"
    }

    fn track(&self) -> Option<&Track> {
        Some(&self.track)
    }

    fn next(&mut self) -> Result<Option<Packet>, Error> {
        let before = self.at;
        let Some((first, samples, bytes)) = self.frame()? else { return Ok(None) };
        // What is missing shows as a leap in time.
        let gap = before.map_or(0, |before| first as i64 - before as i64);
        let pts = Timestamp::new(self.position as i64 + gap);
        self.position += u64::from(samples);
        let data = self.bytes.exactly(bytes)?;
        Ok(Some(Packet::new(self.track.id, pts, Duration::new(samples.into()), data)))
    }

    fn seek(&mut self, frame: u64) -> Result<Option<u64>, Error> {
        loop {
            let Some(header) = self.locate()? else { return Ok(Some(self.position)) };
            if self.is_reset
                || !self.info.is_like(&header)
                || self.position + u64::from(header.samples) > frame
            {
                return Ok(Some(self.position));
            }
            if let Some((_, samples, bytes)) = self.frame()? {
                self.bytes.skip(bytes as u64)?;
                self.position += u64::from(samples);
            }
        }
    }

    fn missing(&self) -> u64 {
        self.info.samples.saturating_sub(self.at.unwrap_or(0))
    }
}

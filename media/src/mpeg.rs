//! MPEG audio, layers 1 to 3, as it stands in files and in WAV: frames one after another (ISO/IEC 11172-3, 13818-3).
//!
//! The audio decides how long it is. A tag in its first frame (Xing, Info, VBRI) is no audio, and may tell how much of both ends
//! is the encoder's delay and padding, no more. Files that were joined end to end have such a tag each: they are pieces, each
//! with a decoder of its own, as where the rate or the channels change.

mod header;
mod info;

pub(crate) use header::{MAX_FRAME_BYTES, likeness};

use crate::{
    DecodeError,
    bytes::Bytes,
    demuxer::{self, Demuxer, Opened},
    extent::Extent,
    tag,
};
use header::Header;
use info::Info;
use std::{collections::VecDeque, io};
use symphonia::core::{
    codecs::audio::well_known::{CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3},
    errors::Error,
    formats::Track,
    packet::{Packet, PacketBuilder},
    units::{Duration, Timestamp},
};

/// Frames that must follow one another to be believed where others were before, or nothing that is known.
const CHANGE: usize = 3;
/// ID3v1 (id3.org, ID3v1).
const ID3V1_BYTES: u64 = 128;

/// Frames in order.
struct Mpeg {
    container: Option<&'static str>,
    bytes: Bytes,
    track: Track,
    piece: Piece,
    /// Frames of this piece, held back as long as they may be padding.
    held: VecDeque<Vec<u8>>,
    /// What comes after the frames that are held.
    next: Next,
    /// Whether bytes were passed over that are no frame.
    is_lost: bool,
    position: u64,
}

/// Frames that one decoder takes.
#[derive(Clone, Copy)]
struct Piece {
    header: Header,
    info: Option<Info>,
    /// Frames that were read.
    count: u64,
    /// Samples still to be dropped at its start.
    skip: u64,
}

enum Next {
    More,
    Piece(Piece),
    End,
}

/// Opens a stream whose first frame was found ([`crate::kind::find`]); `container` where it stands in another.
pub(crate) fn open(mut bytes: Bytes, container: Option<&'static str>) -> Result<Opened, DecodeError> {
    let header = Header::read(bytes.peek(4).map_err(DecodeError::Open)?)
        .ok_or_else(|| DecodeError::Unsupported { feature: "its frames make no MPEG audio".into() })?;
    let mut mpeg = Mpeg {
        container,
        track: track(&header),
        bytes,
        piece: Piece::new(header, None),
        held: VecDeque::new(),
        next: Next::More,
        is_lost: false,
        position: 0,
    };
    mpeg.fill().map_err(DecodeError::Open)?;
    if mpeg.held.is_empty()
        && let Next::Piece(piece) = mpeg.next
    {
        mpeg.begin(piece);
        mpeg.fill().map_err(DecodeError::Open)?;
    }
    if mpeg.held.is_empty() && container.is_none() {
        let reason = "the file ends before the audio begins".into();
        return Err(DecodeError::Header { byte: mpeg.bytes.position(), reason });
    }
    // A guess from the first bit rate is worse than none: much music begins with silence, which costs few bits.
    let told = mpeg.piece.info.filter(|info| info.frames > 0);
    let frames = told.map(|info| info.length(info.frames, &mpeg.piece.header));
    let extent = Extent { frames, ..Extent::default() };
    Ok(Opened { demuxer: Box::new(mpeg), extent, note: None })
}

fn track(header: &Header) -> Track {
    let codec = [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3][usize::from(header.layer) - 1];
    let (track, parameters) = demuxer::track(codec, header.rate_hz, header.channels());
    demuxer::with(track, parameters)
}

impl Piece {
    fn new(header: Header, info: Option<Info>) -> Self {
        Self { header, info, count: 0, skip: info.map_or(0, |info| info.delay.into()) }
    }

    /// At its end: samples of its last frames that are padding. A tag that is wrong about the number of frames (but for
    /// itself, which some count and some do not) is not believed about them either.
    fn padding(&self) -> u64 {
        let Some(info) = self.info else { return 0 };
        match info.frames {
            0 => 0,
            told if told <= self.count && self.count <= told + 1 => info.padding.into(),
            told if told > self.count => {
                let there = info.length(self.count, &self.header) + u64::from(info.padding);
                there.saturating_sub(info.length(told, &self.header))
            }
            _ => 0,
        }
    }
}

impl Mpeg {
    fn begin(&mut self, piece: Piece) {
        self.track = track(&piece.header);
        self.piece = piece;
        self.next = Next::More;
    }

    /// Frames that may be padding, of whom one more is held.
    fn padding_frames(&self) -> usize {
        let padding = self.piece.info.map_or(0, |info| info.padding);
        padding.div_ceil(self.piece.header.samples()) as usize
    }

    /// Reads until enough frames are held that the first of them is no padding, or the piece ends.
    fn fill(&mut self) -> io::Result<()> {
        while matches!(self.next, Next::More) && self.held.len() <= self.padding_frames() {
            let Some(header) = self.locate()? else {
                self.next = Next::End;
                break;
            };
            let frame = self.bytes.peek(header.bytes)?;
            if let Some(info) = Info::read(&header, frame) {
                self.bytes.skip(header.bytes as u64)?;
                self.next = Next::Piece(Piece::new(header, Some(info)));
            } else if header.is_like(&self.piece.header) {
                self.held.push_back(self.bytes.exactly(header.bytes)?);
                self.piece.count += 1;
            } else {
                self.next = Next::Piece(Piece::new(header, None));
            }
        }
        Ok(())
    }

    /// Goes to the next whole frame.
    fn locate(&mut self) -> io::Result<Option<Header>> {
        loop {
            let first = self.bytes.peek(32)?;
            if first.len() < 4 {
                return Ok(None);
            }
            let tag = if first.starts_with(b"TAG") { Some(ID3V1_BYTES) } else { tag::tag_length(first) };
            if let Some(header) = Header::read(first) {
                let is_known = header.is_like(&self.piece.header) && !self.is_lost;
                if is_known || self.is_believed(&header)? {
                    let is_whole = self.bytes.peek(header.bytes)?.len() == header.bytes;
                    self.is_lost = false;
                    return Ok(is_whole.then_some(header));
                }
            }
            match tag {
                Some(length) => drop(self.bytes.skip(length)?),
                None => {
                    self.is_lost = true;
                    let window = self.bytes.peek(MAX_FRAME_BYTES)?;
                    let sync = window[1..].iter().position(|&byte| byte == 0xff);
                    let junk = sync.map_or(window.len(), |at| at + 1);
                    self.bytes.skip(junk as u64)?;
                }
            }
        }
    }

    /// Whether frames like this one follow, up to the end if that is near.
    fn is_believed(&mut self, header: &Header) -> io::Result<bool> {
        let window = self.bytes.peek(CHANGE * MAX_FRAME_BYTES + 4)?;
        let (mut at, mut count) = (0, 0);
        while count < CHANGE {
            let rest = &window[at.min(window.len())..];
            if rest.len() < 4 || tag::is_tag(rest) {
                return Ok(count > 1);
            }
            match Header::read(rest) {
                Some(next) if next.is_like(header) => (at, count) = (at + next.bytes, count + 1),
                _ => return Ok(false),
            }
        }
        Ok(true)
    }
}

impl Demuxer for Mpeg {
    fn container(&self) -> &'static str {
        self.container.unwrap_or(["mp1", "mp2", "mp3"][usize::from(self.piece.header.layer) - 1])
    }

    fn track(&self) -> Option<&Track> {
        Some(&self.track)
    }

    fn next(&mut self) -> Result<Option<Packet>, Error> {
        self.fill()?;
        let samples = u64::from(self.piece.header.samples());
        let Some(frame) = self.held.pop_front() else {
            return match self.next {
                Next::Piece(piece) => {
                    self.begin(piece);
                    Err(Error::ResetRequired)
                }
                _ => Ok(None),
            };
        };
        let start = self.piece.skip.min(samples);
        self.piece.skip -= start;
        let after = self.held.len() as u64 * samples;
        let padding = if matches!(self.next, Next::More) { 0 } else { self.piece.padding() };
        let end = padding.saturating_sub(after).min(samples - start);
        let packet = PacketBuilder::new()
            .track_id(self.track.id)
            .pts(Timestamp::new(self.position as i64))
            .dur(Duration::new(samples - start - end))
            .trim_start(Duration::new(start))
            .trim_end(Duration::new(end))
            .data(frame)
            .build();
        self.position += samples - start - end;
        Ok(Some(packet))
    }

    fn missing(&self) -> u64 {
        let Piece { header, info, count, .. } = &self.piece;
        let Some(info) = info.filter(|info| info.is_sure) else { return 0 };
        let there = (count * u64::from(header.samples())).saturating_sub(info.delay.into());
        info.length(info.frames, header).saturating_sub(there)
    }
}

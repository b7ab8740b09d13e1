//! The decoder loop: packets -> frames; trimmed, counted, checked.

use crate::bytes::Bytes;
use crate::demuxer::{Demuxer, Opened};
use crate::error::unsupported;
use crate::extent::Extent;
use crate::open::{self, decoder, is_ogg_vorbis};
use crate::tail::Tail;
use crate::time::clock;
use crate::{DecodeError, Place};
use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use symphonia::core::{
    codecs::{
        CodecParameters,
        audio::{
            AudioDecoder,
            well_known::{CODEC_ID_AAC, CODEC_ID_MP3},
        },
    },
    errors::Error,
    formats::Track,
    packet::Packet,
};

/// Packets that a decoder may fail on before its first frame: an MP3 cut out of a longer one refers to bytes that are
/// not there (511 at most: ISO/IEC 11172-3, 2.4.1.7, `main_data_begin`), a few packets at the lowest bit rates.
const PARDONED_PACKETS: u32 = 4;
/// A tail shorter than this is missed by nobody: one window of the network (paper, section 2.1). What was decoded is heard,
/// and a note says what is not there.
const WINDOW_S: f64 = 0.96;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Frames a second.
    pub sample_rate_hz: u32,
    /// Samples a frame.
    pub channels: usize,
    /// Length in frames, as far as the headers say it: nothing for MP3 without a tag, and for most streams.
    pub frames: Option<u64>,
    /// Container and codec, as `wave/pcm_s16le`.
    pub codec: String,
}

/// Frames of one audio file or stream, encoder delay and padding removed.
///
/// The first frame that [`Audio::next_block`] gives is the first one that went into the encoder, for WAV, RF64, AIFF,
/// CAF, FLAC, ALAC, Ogg Vorbis, Opus, MP3 with a LAME tag, and MP4 with an edit list or `iTunSMPB`. A bare AAC stream
/// (ADTS) or an MP3 without a tag does not say how long its delay is: there it stays.
pub struct Audio {
    demuxer: Box<dyn Demuxer>,
    decoder: Box<dyn AudioDecoder>,
    container: &'static str,
    format: Format,
    extent: Extent,
    byte: Arc<AtomicU64>,
    /// Interleaved frames of the newest packet.
    block: Vec<f32>,
    /// Whether `block` was decoded but not yet handed out.
    is_pending: bool,
    /// Frames up to the end of `block`.
    position: u64,
    /// Time stamp that the next packet must have where a jump means that something is lost (FLAC).
    expected_ts: Option<i64>,
    pardons: u32,
    /// Where the end is cut off here and not by the decoder.
    tail: Option<Tail>,
    /// Whether all of it went through the decoder, so that a checksum over all of it can be checked (FLAC).
    is_whole: bool,
    /// Nothing comes any more.
    is_over: bool,
    notes: Vec<String>,
}

impl Audio {
    /// Opens a file, or whatever else has a path, and decodes its first packet.
    ///
    /// # Errors
    /// Every [`DecodeError`] that shows until then.
    pub fn open(path: &Path) -> Result<Self, DecodeError> {
        let file = File::open(path).map_err(DecodeError::Open)?;
        let metadata = file.metadata().map_err(DecodeError::Open)?;
        if metadata.is_dir() {
            return Err(DecodeError::Folder);
        }
        // A pipe cannot go back.
        let is_file = metadata.is_file();
        Self::new(if is_file {
            Bytes::file(file).map_err(DecodeError::Open)?
        } else {
            Bytes::stream(Box::new(file))
        })
    }

    /// Opens a stream, such as standard input. What cannot be read without going back is copied to an unnamed temporary file
    /// first: MP4, and CAF with compressed audio, whose index may stand at their end.
    ///
    /// # Errors
    /// Every [`DecodeError`] that shows until its first packet is decoded.
    pub fn from_stream(stream: Box<dyn Read + Send + Sync>) -> Result<Self, DecodeError> {
        Self::new(Bytes::stream(stream))
    }

    fn new(bytes: Bytes) -> Result<Self, DecodeError> {
        let byte = bytes.counter();
        let Opened { demuxer, extent, note } = open::open(bytes)?;
        let container = demuxer.container();
        let track = demuxer.track().ok_or_else(|| unsupported("it holds no audio track that is known"))?;
        let decoder = decoder(track, container)?;
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Err(unsupported("its codec is unknown"));
        };
        let sample_rate_hz = parameters.sample_rate.unwrap_or(0);
        let channels = parameters.channels.as_ref().map_or(0, |channels| channels.count());
        let codec = format!("{container}/{}", decoder.codec_info().short_name);
        let (pardons, tail) = (pardons(track), tail(track, container));
        let mut audio = Self {
            container,
            format: Format { sample_rate_hz, channels, frames: extent.frames, codec },
            extent,
            byte,
            block: Vec::new(),
            is_pending: false,
            position: 0,
            expected_ts: None,
            pardons,
            tail,
            is_whole: true,
            is_over: false,
            notes: note.into_iter().collect(),
            demuxer,
            decoder,
        };
        // Headers may be silent or wrong about rate and channels (HE-AAC states twice the rate that its core has).
        audio.is_pending = audio.decode()?;
        if audio.format.sample_rate_hz == 0 || audio.format.channels == 0 {
            return Err(unsupported("it does not tell its sample rate and channels"));
        }
        Ok(audio)
    }

    /// What is to be said about the file though it was read: a tail that is missing, a size that cannot be. Complete at the
    /// end.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What the file holds.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// Frames handed out or skipped so far.
    pub fn position(&self) -> u64 {
        self.position - if self.is_pending { self.block_frames() } else { 0 }
    }

    /// The next interleaved frames, at least one; `None` at the end.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`], [`DecodeError::Damaged`], [`DecodeError::FormatChange`], [`DecodeError::Read`]:
    /// everything handed out before it is sound.
    pub fn next_block(&mut self) -> Result<Option<&[f32]>, DecodeError> {
        let is_ready = std::mem::take(&mut self.is_pending) || self.decode()?;
        Ok(is_ready.then_some(&self.block[..]))
    }

    /// Goes on with frame `frame` of the file, exactly. Only goes forward.
    ///
    /// Passes over what is before it where the frames after it do not depend on that (uncompressed audio, FLAC), and decodes
    /// it elsewhere.
    ///
    /// # Errors
    /// [`DecodeError::StartBeyondEnd`], or whatever is wrong with the file before `frame`.
    pub fn skip_to(&mut self, frame: u64) -> Result<(), DecodeError> {
        // Where an edit list shifts the audio, what the demuxer counts is something else.
        if frame > self.position && self.extent.skip == 0 && !self.is_over {
            self.seek(frame)?;
        }
        while self.position <= frame {
            let dropped = self.position;
            if !self.decode()? {
                let rate = f64::from(self.format.sample_rate_hz);
                let (start_s, length_s) = (frame as f64 / rate, dropped as f64 / rate);
                return Err(DecodeError::StartBeyondEnd { start_s, length_s });
            }
        }
        let keep = ((self.position - frame) as usize).min(self.block.len() / self.format.channels);
        self.block.drain(..self.block.len() - keep * self.format.channels);
        self.is_pending = true;
        Ok(())
    }

    fn seek(&mut self, frame: u64) -> Result<(), DecodeError> {
        let reached = self.demuxer.seek(frame).map_err(|error| self.broken(error))?;
        if let Some(reached) = reached {
            self.decoder.reset();
            self.position = reached;
            self.expected_ts = None;
            self.is_whole = false;
        }
        Ok(())
    }

    fn block_frames(&self) -> u64 {
        (self.block.len() / self.format.channels.max(1)) as u64
    }

    fn place(&self) -> Place {
        Place {
            time_s: self.position as f64 / f64::from(self.format.sample_rate_hz.max(1)),
            byte: self.byte.load(Ordering::Relaxed),
        }
    }

    /// Fills `block` with at least one frame; `false` at the end.
    fn decode(&mut self) -> Result<bool, DecodeError> {
        while !self.is_over {
            if self.extent.limit.is_some_and(|limit| self.position >= limit) {
                return self.finish();
            }
            let packet = match self.demuxer.next() {
                Ok(Some(packet)) => packet,
                Ok(None) => return self.finish(),
                Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => return self.cut(),
                Err(Error::ResetRequired) => {
                    self.chain()?;
                    continue;
                }
                Err(error) => return Err(self.broken(error)),
            };
            self.check_order(&packet)?;
            if let Err(error) = self.decode_packet(&packet) {
                // A packet that is cut is the last one.
                let may_be_cut = matches!(error, DecodeError::Damaged { .. }) && self.position > 0;
                return if may_be_cut && self.is_last() { self.cut() } else { Err(error) };
            }
            self.trim();
            if !self.block.is_empty() {
                self.position += self.block_frames();
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn decode_packet(&mut self, packet: &Packet) -> Result<(), DecodeError> {
        match self.decoder.decode(packet) {
            Ok(buffer) => {
                let (rate, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
                buffer.copy_to_vec_interleaved(&mut self.block);
                if self.block.is_empty() {
                    return Ok(());
                }
                self.pardons = 0;
                let is_first = self.position == 0;
                let is_mixed =
                    channels != self.format.channels && (channels == 1 || self.format.channels == 1);
                if !is_first && is_mixed && rate == self.format.sample_rate_hz {
                    // The engine hears the mean of the channels: one is as good as several that are alike.
                    self.remix(channels);
                    return Ok(());
                }
                if !is_first && (rate, channels) != (self.format.sample_rate_hz, self.format.channels) {
                    let name = |rate, channels| format!("{rate} Hz, {channels} channels");
                    return Err(DecodeError::FormatChange {
                        place: self.place(),
                        from: name(self.format.sample_rate_hz, self.format.channels),
                        to: name(rate, channels),
                    });
                }
                if let Some(tail) = &mut self.tail {
                    tail.cut((packet.trim_start.get(), packet.trim_end.get()), channels, &mut self.block);
                }
                if is_first && rate != self.format.sample_rate_hz {
                    self.extent.rescale(self.format.sample_rate_hz, rate);
                    self.format.frames = self.extent.frames;
                }
                (self.format.sample_rate_hz, self.format.channels) = (rate, channels);
                Ok(())
            }
            Err(Error::DecodeError(_)) if self.pardons > 0 && self.format.channels > 0 => {
                self.pardons -= 1;
                self.block.clear();
                self.block.resize(packet.dur.get() as usize * self.format.channels, 0.0);
                Ok(())
            }
            Err(error) => Err(self.broken(error)),
        }
    }

    /// Brings `block` from other channels to those of the first packet, where one of both is mono.
    fn remix(&mut self, from: usize) {
        let to = self.format.channels;
        let mixed: Vec<f32> = if to == 1 {
            self.block.chunks_exact(from).map(|frame| frame.iter().sum::<f32>() / from as f32).collect()
        } else {
            self.block.iter().flat_map(|&sample| std::iter::repeat_n(sample, to)).collect()
        };
        self.block = mixed;
    }

    /// Cuts what an MP4 says is not to be heard; every other container's demuxer has told its decoder.
    fn trim(&mut self) {
        let channels = self.format.channels.max(1);
        let skipped = self.extent.skip.min(self.block_frames());
        self.extent.skip -= skipped;
        self.block.drain(..skipped as usize * channels);
        if let Some(limit) = self.extent.limit {
            let left = usize::try_from(limit - self.position.min(limit)).unwrap_or(usize::MAX);
            self.block.truncate(left.saturating_mul(channels));
        }
    }

    fn check_order(&mut self, packet: &Packet) -> Result<(), DecodeError> {
        if self.container != "flac" {
            return Ok(());
        }
        let (found, duration) = (packet.pts.get(), packet.dur.get() as i64);
        if let Some(expected) = self.expected_ts.replace(found + duration)
            && expected != found
        {
            let reason = format!("frames {expected} to {found} are missing");
            return Err(DecodeError::Damaged { place: self.place(), reason });
        }
        Ok(())
    }

    /// The next piece of a file that is several: a link of a chained Ogg stream, joined MP3s or FLACs. Its first packet shows
    /// whether it goes on like the one before ([`DecodeError::FormatChange`]).
    fn chain(&mut self) -> Result<(), DecodeError> {
        let track = self.demuxer.track().ok_or_else(|| unsupported("its next piece holds no audio"))?;
        self.decoder = decoder(track, self.container)?;
        (self.pardons, self.tail) = (pardons(track), tail(track, self.container));
        Ok(())
    }

    /// Whether no packet follows.
    fn is_last(&mut self) -> bool {
        match self.demuxer.next() {
            Ok(None) => true,
            Err(Error::IoError(error)) => error.kind() == ErrorKind::UnexpectedEof,
            _ => false,
        }
    }

    /// The demuxer's regular end.
    fn finish(&mut self) -> Result<bool, DecodeError> {
        let promised = self.extent.promised.map_or(0, |promised| promised.saturating_sub(self.position));
        match promised.max(self.demuxer.missing()) {
            0 => {}
            missing => return self.end_early(Some(self.position + missing)),
        }
        if self.is_whole && self.decoder.finalize().verify_ok == Some(false) {
            let reason = "the audio differs from its own MD5 checksum; where, it does not say".into();
            return Err(DecodeError::Damaged { place: self.place(), reason });
        }
        Ok(self.end())
    }

    /// The file ends in the middle of something.
    fn cut(&mut self) -> Result<bool, DecodeError> {
        let promised =
            [self.extent.promised, self.extent.frames, Some(self.position + self.demuxer.missing())];
        let expected = promised.into_iter().flatten().max().filter(|&frames| frames > self.position);
        // What was written to a pipe has no end of its own: it ends where it was ended.
        if expected.is_none() && self.position > 0 && self.container == "matroska" {
            return Ok(self.end());
        }
        self.end_early(expected)
    }

    /// Ends at less than the file promised: `expected` frames, if it said how many.
    fn end_early(&mut self, expected: Option<u64>) -> Result<bool, DecodeError> {
        let rate = f64::from(self.format.sample_rate_hz.max(1));
        let missing_s = expected.map(|frames| frames.saturating_sub(self.position) as f64 / rate);
        if self.position == 0 || missing_s.is_some_and(|missing_s| missing_s >= WINDOW_S) {
            let expected_s = expected.map(|frames| frames as f64 / rate);
            return Err(DecodeError::Truncated { place: self.place(), expected_s });
        }
        let end = clock(self.position as f64 / rate, 3);
        self.notes.push(match missing_s {
            Some(missing_s) if missing_s >= 0.001 => {
                format!("the file ends at {end}, {:.0} ms before the end that it tells", missing_s * 1e3)
            }
            Some(_) => {
                format!("the file ends at {end}, less than a millisecond before the end that it tells")
            }
            None => format!("the file ends at {end}, in the middle of a packet"),
        });
        Ok(self.end())
    }

    fn end(&mut self) -> bool {
        self.notes.extend(self.demuxer.note());
        self.block.clear();
        self.is_over = true;
        false
    }

    fn broken(&self, error: Error) -> DecodeError {
        let place = self.place();
        match error {
            Error::IoError(source) => DecodeError::Read { place, source },
            Error::DecodeError(reason) => DecodeError::Damaged { place, reason: reason.into() },
            other => DecodeError::Damaged { place, reason: other.to_string() },
        }
    }
}

/// Packets that may fail at the beginning of a track.
fn pardons(track: &Track) -> u32 {
    match &track.codec_params {
        Some(CodecParameters::Audio(parameters))
            if [CODEC_ID_MP3, CODEC_ID_AAC].contains(&parameters.codec) =>
        {
            PARDONED_PACKETS
        }
        _ => 0,
    }
}

/// Keeps the end of a track that its decoder leaves whole.
fn tail(track: &Track, container: &str) -> Option<Tail> {
    match &track.codec_params {
        Some(CodecParameters::Audio(parameters)) => is_ogg_vorbis(parameters, container).then(Tail::default),
        _ => None,
    }
}

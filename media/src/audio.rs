//! The decoder loop: packets -> frames; trimmed, counted, checked.

use super::{
    DecodeError, Place,
    extent::Extent,
    origin::Origin,
    probe::{decoder, is_ogg_vorbis, probe, unsupported},
    tail::Tail,
};
use std::{
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
    errors::{Error, SeekErrorKind},
    formats::{FormatReader, SeekMode, SeekTo, Track, TrackType},
    packet::Packet,
    units::Timestamp,
};

/// Packets that a decoder may fail on before its first frame: an MP3 cut out of a longer one refers to bytes that are
/// not there (511 at most: ISO/IEC 11172-3, 2.4.1.7, `main_data_begin`), a few packets at the lowest bit rates.
const PARDONED_PACKETS: u32 = 4;

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format {
    /// Frames a second.
    pub sample_rate_hz: u32,
    /// Samples a frame.
    pub channels: usize,
    /// Length in frames, as far as the headers say it: an estimate for MP3 without a tag, nothing for most streams.
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
    demuxer: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
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
}

impl Audio {
    /// Opens a file, and decodes its first packet.
    ///
    /// # Errors
    /// Every [`DecodeError`] that shows until then.
    pub fn open(path: &Path) -> Result<Self, DecodeError> {
        Self::new(Origin::path(path)?)
    }

    /// Opens a stream, such as standard input. MP4 and CAF are copied to an unnamed temporary file first: their index
    /// may stand at their end.
    ///
    /// # Errors
    /// Every [`DecodeError`] that shows until its first packet is decoded.
    pub fn from_stream(stream: Box<dyn Read + Send + Sync>) -> Result<Self, DecodeError> {
        Self::new(Origin::stream(stream)?)
    }

    fn new(origin: Origin) -> Result<Self, DecodeError> {
        let Origin { source, position: byte, frames, edits, first } = origin;
        let demuxer = probe(source, &first, &byte)?;
        let container = demuxer.format_info().short_name;
        let track = demuxer.default_track(TrackType::Audio);
        let track = track.ok_or_else(|| unsupported("it holds no audio track that is known"))?;
        let decoder = decoder(track, container)?;
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Err(unsupported("its codec is unknown"));
        };
        let sample_rate_hz = parameters.sample_rate.unwrap_or(0);
        let channels = parameters.channels.as_ref().map_or(0, |channels| channels.count());
        let extent = Extent::of(container, track, parameters, frames, edits.get(&track.id));
        let codec = format!("{container}/{}", decoder.codec_info().short_name);
        let pardons =
            if [CODEC_ID_MP3, CODEC_ID_AAC].contains(&parameters.codec) { PARDONED_PACKETS } else { 0 };
        let tail = tail(track, container);
        let mut audio = Self {
            track: track.id,
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
    /// Seeks where the frames after a seek are those of an unbroken decoding (WAV, FLAC), and decodes all before it
    /// elsewhere.
    ///
    /// # Errors
    /// [`DecodeError::StartBeyondEnd`], or whatever is wrong with the file before `frame`.
    pub fn skip_to(&mut self, frame: u64) -> Result<(), DecodeError> {
        let is_seekable =
            matches!(self.container, "wave" | "flac") && self.extent.promised.is_some_and(|end| frame < end);
        if is_seekable && frame > self.position {
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
        let to = SeekTo::Timestamp { ts: Timestamp::new(frame as i64), track_id: self.track };
        match self.demuxer.seek(SeekMode::Accurate, to) {
            Ok(reached) => {
                self.decoder.reset();
                self.position = reached.actual_ts.get().max(0) as u64;
                self.expected_ts = Some(reached.actual_ts.get());
                self.is_whole = false;
                Ok(())
            }
            Err(Error::SeekError(SeekErrorKind::Unseekable | SeekErrorKind::ForwardOnly)) => Ok(()),
            Err(error) => Err(self.broken(error)),
        }
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
        loop {
            if self.extent.limit.is_some_and(|limit| self.position >= limit) {
                return self.finish();
            }
            let packet = match self.demuxer.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return self.finish(),
                // The rewritten header says "until the end of the stream", and this is it.
                Err(Error::IoError(error))
                    if error.kind() == ErrorKind::UnexpectedEof && self.container == "wave" =>
                {
                    return self.finish();
                }
                Err(Error::ResetRequired) => {
                    self.chain()?;
                    continue;
                }
                Err(error) => return Err(self.broken(error)),
            };
            if packet.track_id != self.track {
                continue;
            }
            self.check_order(&packet)?;
            self.decode_packet(&packet)?;
            self.trim();
            if !self.block.is_empty() {
                self.position += self.block_frames();
                return Ok(true);
            }
        }
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

    /// The next link of a chained Ogg stream: same rate and channels, or [`DecodeError::FormatChange`] at its first packet.
    fn chain(&mut self) -> Result<(), DecodeError> {
        let track = self.demuxer.default_track(TrackType::Audio);
        let track = track.ok_or_else(|| unsupported("its next link holds no audio"))?;
        self.decoder = decoder(track, self.container)?;
        self.track = track.id;
        self.tail = tail(track, self.container);
        Ok(())
    }

    fn finish(&mut self) -> Result<bool, DecodeError> {
        if let Some(promised) = self.extent.promised.filter(|&promised| self.position < promised) {
            let expected_s = Some(promised as f64 / f64::from(self.format.sample_rate_hz.max(1)));
            return Err(DecodeError::Truncated { place: self.place(), expected_s });
        }
        if self.is_whole && self.decoder.finalize().verify_ok == Some(false) {
            let reason = "the audio differs from its own MD5 checksum; where, it does not say".into();
            return Err(DecodeError::Damaged { place: self.place(), reason });
        }
        self.block.clear();
        Ok(false)
    }

    fn broken(&self, error: Error) -> DecodeError {
        let place = self.place();
        match error {
            Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
                let expected_s = self.extent.frames.filter(|&frames| frames > self.position);
                let expected_s =
                    expected_s.map(|frames| frames as f64 / f64::from(self.format.sample_rate_hz.max(1)));
                DecodeError::Truncated { place, expected_s }
            }
            Error::IoError(source) => DecodeError::Read { place, source },
            Error::DecodeError(reason) => DecodeError::Damaged { place, reason: reason.into() },
            other => DecodeError::Damaged { place, reason: other.to_string() },
        }
    }
}

/// Keeps the end of a track that its decoder leaves whole.
fn tail(track: &Track, container: &str) -> Option<Tail> {
    match &track.codec_params {
        Some(CodecParameters::Audio(parameters)) => is_ogg_vorbis(parameters, container).then(Tail::default),
        _ => None,
    }
}

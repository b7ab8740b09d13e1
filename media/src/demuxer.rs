//! What takes a container apart: ours where the field's files need it, symphonia's elsewhere.

use crate::extent::Extent;
use symphonia::core::{
    audio::{Channels, Position},
    codecs::{
        CodecParameters,
        audio::{AudioCodecId, AudioCodecParameters},
    },
    errors::Error,
    formats::{FormatReader, Track, TrackType},
    packet::Packet,
};

/// Packets of one audio track, in order.
pub(crate) trait Demuxer: Send + Sync {
    /// Its name, as in `wave/pcm_s16le`.
    fn container(&self) -> &'static str;

    /// The track that is heard now.
    fn track(&self) -> Option<&Track>;

    /// The next packet of that track; [`Error::ResetRequired`] where another begins.
    fn next(&mut self) -> Result<Option<Packet>, Error>;

    /// Goes on with the packet that holds a frame, and tells the first frame of it; `None` where only decoding leads there.
    fn seek(&mut self, _frame: u64) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    /// At the end: frames that its headers promised for the track that was heard last, and that did not come.
    fn missing(&self) -> u64 {
        0
    }

    /// At the end: what is to be said that was not known at the beginning.
    fn note(&mut self) -> Option<String> {
        None
    }
}

/// An opened container.
pub(crate) struct Opened {
    pub(crate) demuxer: Box<dyn Demuxer>,
    pub(crate) extent: Extent,
    /// What is to be said about it, if anything.
    pub(crate) note: Option<String>,
}

/// A demuxer of symphonia.
pub(crate) struct Foreign {
    reader: Box<dyn FormatReader>,
    track: Option<Track>,
}

impl Foreign {
    /// Of its first audio track.
    pub(crate) fn new(reader: Box<dyn FormatReader>) -> Self {
        let mut foreign = Self { reader, track: None };
        foreign.choose();
        foreign
    }

    pub(crate) fn reader(&self) -> &dyn FormatReader {
        &*self.reader
    }

    /// The track that is heard, and what is known of its codec.
    pub(crate) fn audio(&self) -> Option<(&Track, &AudioCodecParameters)> {
        let track = self.track.as_ref()?;
        match &track.codec_params {
            Some(CodecParameters::Audio(parameters)) => Some((track, parameters)),
            _ => None,
        }
    }

    /// What is known of the codec, to be corrected.
    pub(crate) fn parameters(&mut self) -> Option<&mut AudioCodecParameters> {
        match self.track.as_mut()?.codec_params.as_mut() {
            Some(CodecParameters::Audio(parameters)) => Some(parameters),
            _ => None,
        }
    }

    /// Frames by what the container says of all its tracks.
    pub(crate) fn told_frames(&self, rate_hz: u32) -> Option<u64> {
        let info = self.reader.media_info();
        let base = info.time_base?;
        let seconds = info.duration?.get() as f64 * f64::from(base.numer.get()) / f64::from(base.denom.get());
        Some((seconds * f64::from(rate_hz)).round() as u64)
    }

    fn choose(&mut self) {
        self.track = self.reader.default_track(TrackType::Audio).cloned();
    }
}

impl Demuxer for Foreign {
    fn container(&self) -> &'static str {
        self.reader.format_info().short_name
    }

    fn track(&self) -> Option<&Track> {
        self.track.as_ref()
    }

    fn next(&mut self) -> Result<Option<Packet>, Error> {
        loop {
            match self.reader.next_packet() {
                Ok(Some(packet)) if self.track.as_ref().is_some_and(|track| track.id == packet.track_id) => {
                    return Ok(Some(packet));
                }
                Ok(Some(_)) => {}
                Err(Error::ResetRequired) => {
                    self.choose();
                    return Err(Error::ResetRequired);
                }
                other => return other,
            }
        }
    }
}

/// A track of its own, number 0.
pub(crate) fn track(codec: AudioCodecId, rate_hz: u32, channels: usize) -> (Track, AudioCodecParameters) {
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(codec).with_sample_rate(rate_hz).with_channels(channel_set(channels));
    (Track::new(0), parameters)
}

/// Completes a track with its parameters.
pub(crate) fn with(mut track: Track, parameters: AudioCodecParameters) -> Track {
    track.with_codec_params(CodecParameters::Audio(parameters));
    track
}

/// So many channels, wherever their loudspeakers stand.
pub(crate) fn channel_set(count: usize) -> Channels {
    match count {
        1 => Channels::Positioned(Position::FRONT_LEFT),
        2 => Channels::Positioned(Position::FRONT_LEFT | Position::FRONT_RIGHT),
        _ => Channels::Discrete(u16::try_from(count).unwrap_or(u16::MAX)),
    }
}

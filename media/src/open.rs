//! Opening: what the bytes are, who takes the container apart, who decodes it.

use crate::error::unsupported;
use crate::probe::symphonia_reader;
use crate::{
    DecodeError, aiff,
    bytes::Bytes,
    caf,
    demuxer::{Foreign, Opened},
    extent::{Extent, OPUS_PRE_SKIP},
    flac,
    kind::{self, Kind},
    mp4::{self, Edit},
    mpeg,
    registry::CODECS,
    wave,
};
use std::collections::BTreeMap;
use symphonia::core::{
    codecs::{
        CodecParameters,
        audio::{
            AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
            well_known::{CODEC_ID_AAC, CODEC_ID_OPUS, CODEC_ID_VORBIS},
        },
    },
    formats::Track,
    io::{MediaSource, ReadOnlySource},
};

/// Opus is always decoded at this rate, whatever a header states (RFC 7845, 5.1: that is the rate of what was encoded).
const OPUS_RATE_HZ: u32 = 48_000;

/// Opens whatever it is.
pub(crate) fn open(mut bytes: Bytes) -> Result<Opened, DecodeError> {
    match kind::find(&mut bytes)? {
        Kind::Wave => wave::open(bytes),
        Kind::Wave64 => wave::open_wave64(bytes),
        Kind::Aiff => aiff::open(bytes),
        Kind::Au => caf::open_au(bytes),
        Kind::Flac => flac::open(bytes),
        Kind::Mpeg => mpeg::open(bytes, None),
        Kind::Mp4 => mp4::open(bytes),
        Kind::Caf => match caf::shape(bytes.peek(64).map_err(DecodeError::Open)?) {
            Some(shape) => caf::open(bytes, shape),
            // What tells where the audio is may stand behind it: it must be a file.
            None => foreign(bytes.spooled().map_err(DecodeError::Open)?),
        },
        Kind::Adts => {
            let counter = bytes.counter();
            let source = Box::new(ReadOnlySource::new(bytes));
            Ok(Opened::foreign(Foreign::new(symphonia_reader(source, &counter)?), &BTreeMap::new()))
        }
        Kind::Ogg | Kind::Matroska => foreign(bytes),
    }
}

fn foreign(bytes: Bytes) -> Result<Opened, DecodeError> {
    let counter = bytes.counter();
    let source: Box<dyn MediaSource> =
        if bytes.is_file() { Box::new(bytes) } else { Box::new(ReadOnlySource::new(bytes)) };
    Ok(Opened::foreign(Foreign::new(symphonia_reader(source, &counter)?), &BTreeMap::new()))
}

impl Opened {
    /// A container that symphonia takes apart.
    pub(crate) fn foreign(foreign: Foreign, edits: &BTreeMap<u32, Edit>) -> Self {
        let container = foreign.reader().format_info().short_name;
        let extent = match foreign.audio() {
            Some((track, parameters)) => {
                let extent = Extent::of(container, track, parameters, edits.get(&track.id));
                let frames = extent.frames.or_else(|| foreign.told_frames(parameters.sample_rate?));
                Extent { frames, ..extent }
            }
            None => Extent::default(),
        };
        Self { demuxer: Box::new(foreign), extent, note: None }
    }
}

/// A decoder for a track of a container.
pub(crate) fn decoder(track: &Track, container: &str) -> Result<Box<dyn AudioDecoder>, DecodeError> {
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(unsupported("its codec is unknown"));
    };
    let mut parameters = parameters.clone();
    if parameters.codec == CODEC_ID_OPUS {
        parameters.with_sample_rate(OPUS_RATE_HZ);
        // libopus' adapter drops the pre-skip by itself, but takes the big-endian one of MP4 for little-endian: there it is
        // part of the extent.
        if container == "isomp4"
            && let Some(pre_skip) =
                parameters.extra_data.as_mut().and_then(|head| head.get_mut(OPUS_PRE_SKIP))
        {
            pre_skip.fill(0);
        }
    }
    #[cfg(feature = "opus")]
    if parameters.codec == CODEC_ID_OPUS
        && parameters.channels.as_ref().is_some_and(|channels| channels.count() > 2)
        && let Some(surround) = crate::surround::Surround::new(&parameters)
    {
        return Ok(Box::new(surround));
    }
    let options = AudioDecoderOptions::default().verify(true).gapless(!is_ogg_vorbis(&parameters, container));
    CODECS.make_audio_decoder(&parameters, &options).map_err(|error| {
        let channels = parameters.channels.as_ref().map_or(0, |channels| channels.count());
        match parameters.codec {
            CODEC_ID_AAC if channels > 2 => unsupported(&format!("AAC of {channels} channels")),
            _ => unsupported(&error.to_string()),
        }
    })
}

/// Vorbis in Ogg, whose end must not be left to symphonia ([`crate::tail::Tail`]).
pub(crate) fn is_ogg_vorbis(parameters: &AudioCodecParameters, container: &str) -> bool {
    container == "ogg" && parameters.codec == CODEC_ID_VORBIS
}

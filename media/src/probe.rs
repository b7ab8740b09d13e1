//! Finding out what a stream is, and who decodes it.

use super::{DecodeError, extent::OPUS_PRE_SKIP, mp4, registry::CODECS};
use std::{
    io::ErrorKind,
    sync::atomic::{AtomicU64, Ordering},
};
use symphonia::core::{
    codecs::{
        CodecParameters,
        audio::{
            AudioCodecParameters, AudioDecoder, AudioDecoderOptions,
            well_known::{CODEC_ID_OPUS, CODEC_ID_VORBIS},
        },
    },
    errors::Error,
    formats::{FormatOptions, FormatReader, Track, probe::Hint},
    io::{MediaSource, MediaSourceStream},
};

/// The container. The name is no evidence: the content alone decides.
pub(super) fn probe(
    source: Box<dyn MediaSource>,
    first: &[u8],
    position: &AtomicU64,
) -> Result<Box<dyn FormatReader>, DecodeError> {
    let stream = MediaSourceStream::new(source, Default::default());
    symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), Default::default())
        .map_err(|error| unopened(error, first, position.load(Ordering::Relaxed)))
}

/// A decoder for a track of a container.
pub(super) fn decoder(track: &Track, container: &str) -> Result<Box<dyn AudioDecoder>, DecodeError> {
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(unsupported("its codec is unknown"));
    };
    let mut parameters = parameters.clone();
    // libopus' adapter drops the pre-skip by itself, but takes the big-endian one of MP4 for little-endian: there it is
    // part of the extent.
    if parameters.codec == CODEC_ID_OPUS
        && container == "isomp4"
        && let Some(pre_skip) = parameters.extra_data.as_mut().and_then(|head| head.get_mut(OPUS_PRE_SKIP))
    {
        pre_skip.fill(0);
    }
    let options = AudioDecoderOptions::default().verify(true).gapless(!is_ogg_vorbis(&parameters, container));
    CODECS.make_audio_decoder(&parameters, &options).map_err(|error| unsupported(&error.to_string()))
}

/// Vorbis in Ogg, whose end must not be left to symphonia ([`super::tail::Tail`]).
pub(super) fn is_ogg_vorbis(parameters: &AudioCodecParameters, container: &str) -> bool {
    container == "ogg" && parameters.codec == CODEC_ID_VORBIS
}

pub(super) fn unsupported(feature: &str) -> DecodeError {
    DecodeError::Unsupported { feature: feature.trim_start_matches("unsupported feature: ").into() }
}

/// No kind of audio file is shorter.
const MARK_BYTES: usize = 16;

/// What a failed probe means: a known container with something wrong in it, or nothing known at all.
fn unopened(error: Error, first: &[u8], byte: u64) -> DecodeError {
    let marks: [&[u8]; 10] = [
        b"RIFF",
        b"FORM",
        b"fLaC",
        b"OggS",
        b"caff",
        b"ID3",
        b"\x1a\x45\xdf\xa3",
        b"\xff\xfb",
        b"\xff\xf1",
        b"\xff\xf9",
    ];
    // RIFF is a family: a film (AVI) or a score (RMID) is no broken WAV.
    let is_other_riff = first.starts_with(b"RIFF") && first.len() >= 12 && &first[8..12] != b"WAVE";
    let is_marked = marks.iter().any(|mark| first.starts_with(mark)) && !is_other_riff;
    let is_known = is_marked || mp4::is_mp4(first);
    match error {
        Error::IoError(error) if error.kind() != ErrorKind::UnexpectedEof => DecodeError::Open(error),
        _ if !is_known => {
            let first = first.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
            DecodeError::Unknown { first }
        }
        Error::IoError(_) => {
            DecodeError::Header { byte, reason: "the file ends before the audio begins".into() }
        }
        _ if first.len() < MARK_BYTES => {
            DecodeError::Header { byte, reason: "the file ends before the audio begins".into() }
        }
        Error::DecodeError(reason) => DecodeError::Header { byte, reason: reason.into() },
        Error::Unsupported(reason) if reason.contains("probe") => {
            DecodeError::Header { byte, reason: "it begins like audio, but none follows".into() }
        }
        other => unsupported(&other.to_string()),
    }
}

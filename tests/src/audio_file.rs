//! Audio files: reading whole ones, at the session's rate; writing the plugin's output.

use crate::trouble::Trouble;
use rubato::{Fft, FixedSync, Resampler, audioadapter_buffers::direct::SequentialSliceOfVecs};
use std::path::Path;
use symphonia::core::{
    codecs::{CodecParameters, audio::AudioDecoderOptions},
    errors::Error,
    formats::{FormatOptions, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

/// A whole file.
#[derive(Clone, Debug, Default)]
pub struct Audio {
    /// Frames a second.
    pub rate_hz: u32,
    /// Samples by channel; all have the same length.
    pub channels: Vec<Vec<f32>>,
}

/// Decodes all of a file.
///
/// # Errors
/// It cannot be opened, is of no known kind, or is damaged.
pub fn read(path: &Path) -> Result<Audio, Trouble> {
    let wrong = |why: String| Trouble::File { path: path.to_owned(), why };
    let file = std::fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|extension| extension.to_str()) {
        hint.with_extension(extension);
    }
    let probe = symphonia::default::get_probe();
    let mut demuxer = probe
        .probe(&hint, stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|error| wrong(error.to_string()))?;
    let track =
        demuxer.default_track(TrackType::Audio).ok_or_else(|| wrong("it holds no audio".to_owned()))?;
    let id = track.id;
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(wrong("its codec is unknown".to_owned()));
    };
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(parameters, &AudioDecoderOptions::default())
        .map_err(|error| wrong(error.to_string()))?;
    let mut audio = Audio::default();
    let mut interleaved: Vec<f32> = Vec::new();
    loop {
        let packet = match demuxer.next_packet() {
            Ok(Some(packet)) if packet.track_id == id => packet,
            Ok(Some(_)) => continue,
            Ok(None) => break,
            Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(wrong(error.to_string())),
        };
        let decoded = decoder.decode(&packet).map_err(|error| wrong(error.to_string()))?;
        let channels = decoded.spec().channels().count();
        audio.rate_hz = decoded.spec().rate();
        audio.channels.resize(channels, Vec::new());
        decoded.copy_to_vec_interleaved(&mut interleaved);
        for frame in interleaved.chunks_exact(channels.max(1)) {
            audio.channels.iter_mut().zip(frame).for_each(|(channel, sample)| channel.push(*sample));
        }
    }
    if audio.rate_hz == 0 || audio.channels.is_empty() {
        return Err(wrong("it holds no frames".to_owned()));
    }
    Ok(audio)
}

/// Frames in one block of the resampler, about.
const CHUNK: usize = 1024;

/// The same audio at another rate, as a host converts a file to its session's: it begins at the same instant and has
/// `frames * to / from` frames, rounded up. Equal rates change no bit. (The trainer does the same to what it hears; the harness names no room
/// of ours.)
///
/// # Errors
/// A rate that is no whole number of frames a second.
pub fn at_rate(audio: Audio, to_hz: f64) -> Result<Audio, String> {
    let no = |why: &dyn std::fmt::Display| format!("{} Hz cannot become {to_hz} Hz: {why}", audio.rate_hz);
    if f64::from(audio.rate_hz) == to_hz {
        return Ok(audio);
    }
    if to_hz.fract() != 0.0 || !(1.0..=1e7).contains(&to_hz) {
        return Err(no(&"a file is converted to whole rates only"));
    }
    let (channels, frames) = (audio.channels.len(), audio.channels[0].len());
    let (from, to) = (audio.rate_hz as usize, to_hz as usize);
    let mut resampler =
        Fft::<f32>::new(from, to, CHUNK, channels, FixedSync::Input).map_err(|error| no(&error))?;
    let input = SequentialSliceOfVecs::new(&audio.channels, channels, frames).map_err(|error| no(&error))?;
    let output = resampler.process_all(&input, frames, None).map_err(|error| no(&error))?;
    let interleaved = output.take_data();
    // rubato rounds its length up from a quotient that may be a hair too large.
    let length = (frames * to).div_ceil(from);
    let channel = |n: usize| interleaved.iter().skip(n).step_by(channels).take(length).copied().collect();
    Ok(Audio { rate_hz: to as u32, channels: (0..channels).map(channel).collect() })
}

/// Opens a 32-bit float WAV file for the plugin's output.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn writer(
    path: &Path,
    channels: usize,
    rate_hz: f64,
) -> Result<hound::WavWriter<std::io::BufWriter<std::fs::File>>, Trouble> {
    let spec = hound::WavSpec {
        channels: channels as u16,
        sample_rate: rate_hz as u32,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    hound::WavWriter::create(path, spec)
        .map_err(|error| Trouble::File { path: path.to_owned(), why: error.to_string() })
}

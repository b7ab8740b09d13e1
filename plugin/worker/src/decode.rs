//! A dropped file -> interleaved frames. Containers and codecs are symphonia's, encoder delays trimmed as it does.

use std::{fs::File, path::Path};
use symphonia::core::{
    codecs::{
        CodecParameters,
        audio::{AudioDecoder, AudioDecoderOptions},
    },
    errors::Error,
    formats::{FormatOptions, FormatReader, TrackType, probe::Hint},
    io::MediaSourceStream,
};

/// An open file.
pub(crate) struct Audio {
    demuxer: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    block: Vec<f32>,
    is_pending: bool,
    pub rate_hz: u32,
    pub channels: usize,
    /// Length as far as the header says it.
    pub frames: Option<u64>,
}

impl Audio {
    /// Opens a file and decodes its first packet, which alone knows rate and channels for sure.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let demuxer = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, FormatOptions::default(), Default::default())
            .map_err(|_| "it is no audio file of a known kind".to_owned())?;
        let track = demuxer.default_track(TrackType::Audio).ok_or("it holds no audio")?;
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Err("its codec is unknown".into());
        };
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| error.to_string())?;
        let (id, frames) = (track.id, track.num_frames);
        let mut audio = Self {
            demuxer,
            decoder,
            track: id,
            block: Vec::new(),
            is_pending: false,
            rate_hz: 0,
            channels: 0,
            frames,
        };
        audio.is_pending = audio.decode()?;
        if audio.is_pending { Ok(audio) } else { Err("it holds no audio".into()) }
    }

    /// The next interleaved frames; none at the end.
    ///
    /// # Errors
    /// The file is damaged from here on.
    pub(crate) fn next(&mut self) -> Result<Option<&[f32]>, String> {
        let more = std::mem::take(&mut self.is_pending) || self.decode()?;
        Ok(more.then_some(self.block.as_slice()))
    }

    fn decode(&mut self) -> Result<bool, String> {
        loop {
            let packet = match self.demuxer.next_packet() {
                Ok(Some(packet)) if packet.track_id == self.track => packet,
                Ok(Some(_)) => continue,
                Ok(None) => return Ok(false),
                Err(error) => return Err(error.to_string()),
            };
            let buffer = match self.decoder.decode(&packet) {
                Ok(buffer) => buffer,
                // One bad packet is no reason to lose the rest.
                Err(Error::DecodeError(_)) => continue,
                Err(error) => return Err(error.to_string()),
            };
            let (rate_hz, channels) = (buffer.spec().rate(), buffer.spec().channels().count());
            buffer.copy_to_vec_interleaved(&mut self.block);
            if self.block.is_empty() {
                continue;
            }
            if self.rate_hz != 0 && (rate_hz, channels) != (self.rate_hz, self.channels) {
                return Err("its sample rate or its channels change on the way".into());
            }
            (self.rate_hz, self.channels) = (rate_hz, channels);
            return Ok(true);
        }
    }
}

//! Opus of more than two channels: a packet holds several streams (RFC 7845, 5.1.1), each of which libopus decodes by itself.

use crate::{demuxer::channel_set, registry::CODECS};
use symphonia::core::{
    audio::{AsGenericAudioBufferRef, AudioBuffer, AudioMut, AudioSpec, GenericAudioBufferRef},
    codecs::{
        CodecInfo,
        audio::{
            AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
            well_known::CODEC_ID_OPUS,
        },
    },
    errors::{Error, Result},
    packet::PacketRef,
};

/// Opus is decoded at this rate.
const RATE_HZ: u32 = 48_000;
/// A channel that is silent.
const SILENT: u8 = 255;

pub(crate) struct Surround {
    parameters: AudioCodecParameters,
    /// The coupled ones, of two channels, come first.
    streams: Vec<Box<dyn AudioDecoder>>,
    coupled: usize,
    /// For each channel that is heard, the decoded one.
    mapping: Vec<u8>,
    /// Frames still to be dropped at the start.
    skip: usize,
    buffer: AudioBuffer<f32>,
}

impl Surround {
    /// By the header's table of channels; `None` if there is none, or it makes no sense.
    pub(crate) fn new(parameters: &AudioCodecParameters) -> Option<Self> {
        let head = parameters.extra_data.as_ref()?;
        let channels = usize::from(*head.get(9)?);
        let (streams, coupled) = (usize::from(*head.get(19)?), usize::from(*head.get(20)?));
        let mapping = head.get(21..21 + channels)?.to_vec();
        let is_sound = channels > 0
            && streams > 0
            && coupled <= streams
            && *head.get(18)? > 0
            && mapping.iter().all(|&from| from == SILENT || usize::from(from) < streams + coupled);
        let stream = |index: usize| {
            let mut parameters = AudioCodecParameters::new();
            let channels = if index < coupled { 2 } else { 1 };
            parameters
                .for_codec(CODEC_ID_OPUS)
                .with_sample_rate(RATE_HZ)
                .with_channels(channel_set(channels));
            CODECS.make_audio_decoder(&parameters, &AudioDecoderOptions::default()).ok()
        };
        if !is_sound {
            return None;
        }
        Some(Self {
            parameters: parameters.clone(),
            streams: (0..streams).map(stream).collect::<Option<_>>()?,
            coupled,
            mapping,
            skip: usize::from(u16::from_le_bytes([*head.get(10)?, *head.get(11)?])),
            buffer: AudioBuffer::new(AudioSpec::new(RATE_HZ, channel_set(channels)), 0),
        })
    }

    fn decode_all(&mut self, packet: &PacketRef<'_>) -> Result<()> {
        let mut rest = packet.data;
        let mut decoded = Vec::new();
        let last = self.streams.len() - 1;
        for (index, stream) in self.streams.iter_mut().enumerate() {
            let own = if index == last {
                rest.to_vec()
            } else {
                let (own, taken) =
                    undelimited(rest).ok_or(Error::DecodeError("opus: a stream's packet is cut"))?;
                rest = &rest[taken..];
                own
            };
            let mut samples = Vec::new();
            let one = stream.decode_ref(&PacketRef::new(0, packet.pts, packet.dur, &own))?;
            one.copy_to_vec_interleaved(&mut samples);
            decoded.push(samples);
        }
        let coupled = self.coupled;
        let width = |stream: usize| if stream < coupled { 2 } else { 1 };
        let frames = decoded.iter().enumerate().map(|(stream, samples)| samples.len() / width(stream)).min();
        let frames = frames.unwrap_or(0);
        self.buffer = AudioBuffer::new(AudioSpec::new(RATE_HZ, channel_set(self.mapping.len())), frames);
        self.buffer.render_uninit(Some(frames));
        for (channel, &from) in self.mapping.iter().enumerate() {
            let Some(plane) = self.buffer.plane_mut(channel) else { continue };
            if from == SILENT {
                plane.fill(0.0);
                continue;
            }
            // The channels of the coupled streams come first, two of each.
            let from = usize::from(from);
            let (stream, within) =
                if from < 2 * coupled { (from / 2, from % 2) } else { (from - coupled, 0) };
            let samples = decoded[stream].iter().skip(within).step_by(width(stream));
            plane.iter_mut().zip(samples).for_each(|(to, from)| *to = *from);
        }
        let skipped = self.skip.min(frames);
        self.skip -= skipped;
        self.buffer.trim(packet.trim_start.get() as usize + skipped, packet.trim_end.get() as usize);
        Ok(())
    }
}

impl AudioDecoder for Surround {
    fn codec_info(&self) -> &CodecInfo {
        self.streams[0].codec_info()
    }

    fn reset(&mut self) {
        self.streams.iter_mut().for_each(|stream| stream.reset());
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.parameters
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.decode_all(packet)?;
        Ok(self.buffer.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.buffer.as_generic_audio_buffer_ref()
    }
}

/// A packet that tells its own length, as one that does not (RFC 6716, appendix B), and how many bytes it took.
fn undelimited(data: &[u8]) -> Option<(Vec<u8>, usize)> {
    let toc = *data.first()?;
    let mut at = 1;
    let mut packet = vec![toc];
    let payload = match toc & 3 {
        0 => length(data, &mut at)?,
        1 => 2 * length(data, &mut at)?,
        2 => {
            let from = at;
            let first = length(data, &mut at)?;
            packet.extend(&data[from..at]);
            first + length(data, &mut at)?
        }
        _ => {
            let counts = *data.get(at)?;
            packet.push(counts);
            at += 1;
            let mut padding = 0;
            // Padding's length: bytes of 255 stand for 254 and say that one more follows.
            let mut more = if counts & 0x40 == 0 { 0 } else { 255 };
            while more == 255 {
                more = *data.get(at)?;
                packet.push(more);
                at += 1;
                padding += usize::from(more.min(254));
            }
            let frames = usize::from(counts & 0x3f);
            if frames == 0 {
                return None;
            }
            let audio = if counts & 0x80 != 0 {
                let from = at;
                let mut sum = 0;
                for _ in 1..frames {
                    sum += length(data, &mut at)?;
                }
                packet.extend(&data[from..at]);
                sum + length(data, &mut at)?
            } else {
                frames * length(data, &mut at)?
            };
            audio + padding
        }
    };
    packet.extend(data.get(at..at + payload)?);
    Some((packet, at + payload))
}

/// The length of a frame, in one or two bytes (RFC 6716, 3.2.1).
fn length(data: &[u8], at: &mut usize) -> Option<usize> {
    let first = usize::from(*data.get(*at)?);
    *at += 1;
    if first < 252 {
        return Some(first);
    }
    let second = usize::from(*data.get(*at)?);
    *at += 1;
    Some(4 * second + first)
}

#[cfg(test)]
mod tests {
    use super::{SILENT, Surround, undelimited};
    use crate::registry::CODECS;
    use symphonia::core::{
        codecs::{
            CodecParameters,
            audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known::CODEC_ID_OPUS},
        },
        formats::{FormatOptions, TrackType, probe::Hint},
        io::MediaSourceStream,
        packet::{Packet, PacketRef},
    };

    /// 5.1 in the order of Vorbis: the streams are front, back, centre, low.
    #[test]
    fn six_channels_are_what_each_stream_gives_by_itself() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/opus.opus");
        let stream =
            MediaSourceStream::new(Box::new(std::fs::File::open(path).expect("a file")), Default::default());
        let mut ogg = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, FormatOptions::default(), Default::default())
            .expect("Ogg");
        let track = ogg.default_track(TrackType::Audio).expect("a track");
        let Some(CodecParameters::Audio(stereo)) = track.codec_params.clone() else { panic!("audio") };
        let mut head = stereo.extra_data.clone().expect("a header").into_vec();
        head.truncate(18);
        head[9] = 7;
        head[10..12].fill(0);
        head.extend([1, 4, 2, 0, 4, 1, 2, 3, 5, SILENT]);
        let mut parameters = stereo.clone();
        parameters.with_extra_data(head.into_boxed_slice());
        let mut surround = Surround::new(&parameters).expect("a table of channels");
        let alone = |channels| {
            let mut parameters = AudioCodecParameters::new();
            let set = crate::demuxer::channel_set(channels);
            parameters.for_codec(CODEC_ID_OPUS).with_sample_rate(48_000).with_channels(set);
            CODECS.make_audio_decoder(&parameters, &AudioDecoderOptions::default()).expect("Opus")
        };
        let (mut two, mut one) = (alone(2), alone(1));
        let mut packets = Vec::new();
        while let Ok(Some(packet)) = ogg.next_packet() {
            packets.push(packet);
        }
        assert!(packets.len() > 20);
        for Packet { pts, dur, data, .. } in packets {
            assert_eq!(data[0] & 3, 0, "one frame a packet");
            let length = data.len() - 1;
            let coded = if length < 252 {
                vec![length as u8]
            } else {
                vec![252 + (length % 4) as u8, ((length - 252) / 4) as u8]
            };
            let delimited = [&data[..1], &coded, &data[1..]].concat();
            let whole = [delimited.repeat(3), data.to_vec()].concat();
            let (mut all, mut stereo, mut mono) = (Vec::<f32>::new(), Vec::<f32>::new(), Vec::<f32>::new());
            surround
                .decode_ref(&PacketRef::new(0, pts, dur, &whole))
                .expect("a packet")
                .copy_to_vec_interleaved(&mut all);
            two.decode_ref(&PacketRef::new(0, pts, dur, &data))
                .expect("a packet")
                .copy_to_vec_interleaved(&mut stereo);
            one.decode_ref(&PacketRef::new(0, pts, dur, &data))
                .expect("a packet")
                .copy_to_vec_interleaved(&mut mono);
            assert_eq!((all.len() / 7, stereo.len() / 2), (mono.len(), mono.len()));
            for (frame, (stereo, &mono)) in all.chunks(7).zip(stereo.chunks(2).zip(&mono)) {
                let (left, right) = (stereo[0], stereo[1]);
                assert_eq!(frame, [left, mono, right, left, right, mono, 0.0]);
            }
        }
    }

    #[test]
    fn packets_of_every_code_lose_their_length_and_nothing_else() {
        let cases: [(&[u8], &[u8]); 6] = [
            (&[0x08, 2, 7, 8], &[0x08, 7, 8]),
            (&[0x09, 2, 1, 2, 3, 4], &[0x09, 1, 2, 3, 4]),
            (&[0x0a, 1, 2, 7, 8, 9], &[0x0a, 1, 7, 8, 9]),
            // Three frames of one size; two of different sizes, with two bytes of padding.
            (&[0x0b, 3, 1, 7, 8, 9], &[0x0b, 3, 7, 8, 9]),
            (&[0x0b, 0xc2, 2, 1, 2, 7, 8, 9, 0, 0], &[0x0b, 0xc2, 2, 1, 7, 8, 9, 0, 0]),
            (&[0x08, 0], &[0x08]),
        ];
        for (delimited, expected) in cases {
            let data = [delimited, &[0xaa, 0xbb]].concat();
            assert_eq!(undelimited(&data), Some((expected.to_vec(), delimited.len())), "{delimited:?}");
            for cut in 0..delimited.len() {
                assert_eq!(undelimited(&delimited[..cut]), None, "{delimited:?} cut at {cut}");
            }
        }
        let long = [&[0x08, 252, 1][..], &[5; 256]].concat();
        assert_eq!(undelimited(&long).expect("256 bytes").0.len(), 257);
    }
}

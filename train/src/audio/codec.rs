//! Lossy coding as an effect: into Ogg Vorbis or Opus and back, as most music that is analysed has been.

use anyhow::{Result, anyhow};
use opusic_c::{Application, Bitrate, Channels, Decoder, Encoder, ErrorCode, SampleRate};
use rollcall_engine::SAMPLE_RATE_HZ;
use std::{
    io::Cursor,
    num::{NonZeroU8, NonZeroU32},
};
use vorbis_rs::{VorbisBitrateManagementStrategy, VorbisDecoder, VorbisEncoderBuilder, VorbisError};

const MONO: NonZeroU8 = NonZeroU8::MIN;

/// Samples of a frame of Opus: 20 ms, its usual length.
const FRAME: usize = SAMPLE_RATE_HZ as usize / 50;
/// A frame is never longer than this, in bytes (RFC 6716, section 3.2.1, doubled for two in a packet).
const LONGEST_FRAME: usize = 2 * 1_275;

/// Codes mono samples at 16 kHz with Opus at a rate in bits a second, 6,000 (worst) to 128,000, and decodes them again, in
/// time and at the same length.
///
/// # Errors
/// The encoder refuses the rate.
pub fn through_opus(samples: &[f32], bits_per_second: u32) -> Result<Vec<f32>> {
    let failed = |code: ErrorCode| anyhow!("libopus: {}", code.message());
    let mut encoder =
        Encoder::new(Channels::Mono, SampleRate::Hz16000, Application::Audio).map_err(failed)?;
    encoder.set_bitrate(Bitrate::Value(bits_per_second)).map_err(failed)?;
    let mut decoder = Decoder::new(Channels::Mono, SampleRate::Hz16000).map_err(failed)?;
    let late = encoder.get_look_ahead().map_err(failed)? as usize;
    let mut padded = samples.to_vec();
    padded.resize((samples.len() + late).next_multiple_of(FRAME), 0.0);
    let mut decoded = vec![0.0; padded.len()];
    let mut packet = [0; LONGEST_FRAME];
    for (frame, out) in padded.chunks_exact(FRAME).zip(decoded.chunks_exact_mut(FRAME)) {
        let length = encoder.encode_float_to_slice(frame, &mut packet).map_err(failed)?;
        decoder.decode_float_to_slice(&packet[..length], out, false).map_err(failed)?;
    }
    decoded.drain(..late);
    decoded.truncate(samples.len());
    Ok(decoded)
}

/// Codes mono samples at 16 kHz at a Vorbis quality of -0.2 (worst) to 1 and decodes them again, at the same length.
///
/// # Errors
/// The encoder refuses the quality.
pub fn through_vorbis(samples: &[f32], quality: f32) -> Result<Vec<f32>, VorbisError> {
    let mut decoder = VorbisDecoder::<Cursor<Vec<u8>>>::new(Cursor::new(vorbis(samples, quality)?))?;
    let mut decoded = Vec::with_capacity(samples.len());
    while let Some(block) = decoder.decode_audio_block()? {
        decoded.extend_from_slice(block.samples()[0]);
    }
    decoded.resize(samples.len(), 0.0);
    Ok(decoded)
}

/// Mono samples at 16 kHz as an Ogg Vorbis file, at a quality of -0.2 (worst) to 1.
///
/// # Errors
/// The encoder refuses the quality.
pub fn vorbis(samples: &[f32], quality: f32) -> Result<Vec<u8>, VorbisError> {
    let rate = NonZeroU32::new(SAMPLE_RATE_HZ).expect("it is not zero");
    let mut encoder = VorbisEncoderBuilder::new_with_serial(rate, MONO, Vec::new(), 0)
        .bitrate_management_strategy(VorbisBitrateManagementStrategy::QualityVbr { target_quality: quality })
        .build()?;
    encoder.encode_audio_block([samples])?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::level::rms;
    use crate::mix::effects;

    /// Noise of a falling spectrum, an odd number of samples.
    fn noise() -> Vec<f32> {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut samples = effects::noise(SAMPLE_RATE_HZ as usize * 3 + 77, 0.9, &mut rng);
        samples.iter_mut().for_each(|s| *s *= 0.1);
        samples
    }

    /// What coding changes, as a share of the samples' level.
    fn off(samples: &[f32], coded: &[f32]) -> f32 {
        assert_eq!(coded.len(), samples.len());
        let difference: Vec<f32> = samples.iter().zip(coded).map(|(a, b)| a - b).collect();
        rms(&difference) / rms(samples)
    }

    #[test]
    fn what_comes_back_is_as_long_and_in_time_and_worse_at_a_worse_quality() {
        let samples = noise();
        let vorbis = [1.0, -0.1].map(|quality| through_vorbis(&samples, quality).unwrap());
        let opus = [128_000, 12_000].map(|rate| through_opus(&samples, rate).unwrap());
        for [good, bad] in [vorbis, opus] {
            let (at_best, at_worst) = (off(&samples, &good), off(&samples, &bad));
            assert!(
                at_best < 0.3 && at_worst > 1.5 * at_best,
                "{at_best} at the best, {at_worst} at the worst"
            );
            // Moved by half a millisecond either way, it fits worse.
            let (early, late) = (&samples[8..], &samples[..samples.len() - 8]);
            assert!(off(early, &good[..good.len() - 8]) > 1.5 * at_best);
            assert!(off(late, &good[8..]) > 1.5 * at_best);
        }
    }
}

//! Lossy coding as an effect: into Ogg Vorbis and back, as most music that is analysed has been.

use rollcall_engine::SAMPLE_RATE_HZ;
use std::{
    io::Cursor,
    num::{NonZeroU8, NonZeroU32},
};
use vorbis_rs::{VorbisBitrateManagementStrategy, VorbisDecoder, VorbisEncoderBuilder, VorbisError};

const MONO: NonZeroU8 = NonZeroU8::MIN;

/// Codes mono samples at 16 kHz at a Vorbis quality of -0.2 (worst) to 1 and decodes them again, at the same length.
///
/// # Errors
/// The encoder refuses the quality.
pub fn through_vorbis(samples: &[f32], quality: f32) -> Result<Vec<f32>, VorbisError> {
    let rate = NonZeroU32::new(SAMPLE_RATE_HZ).expect("it is not zero");
    let mut encoder = VorbisEncoderBuilder::new_with_serial(rate, MONO, Vec::new(), 0)
        .bitrate_management_strategy(VorbisBitrateManagementStrategy::QualityVbr { target_quality: quality })
        .build()?;
    encoder.encode_audio_block([samples])?;
    let mut decoder = VorbisDecoder::<Cursor<Vec<u8>>>::new(Cursor::new(encoder.finish()?))?;
    let mut decoded = Vec::with_capacity(samples.len());
    while let Some(block) = decoder.decode_audio_block()? {
        decoded.extend_from_slice(block.samples()[0]);
    }
    decoded.resize(samples.len(), 0.0);
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::effects;

    #[test]
    fn what_comes_back_is_as_long_and_in_time_and_worse_at_a_worse_quality() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut samples = effects::noise(SAMPLE_RATE_HZ as usize * 3, 0.9, &mut rng);
        samples.iter_mut().for_each(|s| *s *= 0.1);
        let off = |quality: f32| {
            let coded = through_vorbis(&samples, quality).unwrap();
            assert_eq!(coded.len(), samples.len());
            let difference: Vec<f32> = samples.iter().zip(&coded).map(|(a, b)| a - b).collect();
            effects::rms(&difference) / effects::rms(&samples)
        };
        let (good, bad) = (off(1.0), off(-0.1));
        assert!(good < 0.1, "a shift in time would leave more than {good}");
        assert!(bad > 2.0 * good, "{bad} at the worst quality, {good} at the best");
    }
}

//! A short fine-tuning through the rounding: the weights learn to give in bytes the embedding that they gave in floats. No label is asked, so
//! that nothing is learned but to bear the rounding.

use super::calibration::{Calibrated, Heard};
use super::fake::{All, Fake};
use crate::base::threads::{parallel_with, sharded};
use crate::mix::length::SKIP_COLUMNS;
use crate::nn::adam::{Adam, StepSize};
use crate::nn::conv::Scratch;
use crate::nn::vggish::Vggish;
use anyhow::Result;

/// How long and how fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// Steps.
    pub steps: usize,
    /// Spectrograms a step.
    pub batch: usize,
    /// Adam's rate at the start, which falls to 0 in a straight line.
    pub rate: f32,
}

/// Tunes weights and biases, and rounds them; ranges and scales stay. `said` is told of each step: its number, and the ratio of the error's
/// power to the embedding's.
///
/// # Errors
/// A bias that 32 bits do not hold.
pub fn tune(
    net: &Vggish,
    values: &[f32],
    calibrated: &Calibrated,
    heard: &Heard<'_>,
    tuning: Tuning,
    said: &mut dyn FnMut(usize, f64),
) -> Result<Calibrated> {
    let prepared = net.prepare(values);
    let floats: Vec<Vec<f32>> = parallel_with(heard.len(), |i, scratch: &mut Scratch| {
        net.forward(values, &prepared, heard[i], SKIP_COLUMNS, scratch).top.embedding().to_vec()
    });
    let mut tuned = calibrated.corrected(net, values);
    let mut adam = Adam::new(&net.layout);
    let mut rng = fastrand::Rng::with_seed(1);
    let mut order: Vec<usize> = Vec::new();
    for step in 0..tuning.steps {
        while order.len() < tuning.batch {
            let mut more: Vec<usize> = (0..heard.len()).collect();
            rng.shuffle(&mut more);
            order.extend(more);
        }
        let batch: Vec<usize> = order.drain(..tuning.batch).collect();
        let fake = Fake::new(net, &tuned, calibrated, &All);
        let power: f64 = batch.iter().flat_map(|i| &floats[*i]).map(|x| f64::from(*x).powi(2)).sum();
        let mut gradient = vec![0.0; tuned.len()];
        let errors = sharded(batch.len(), &mut gradient, |at, gradient, scratch: &mut Scratch| {
            let trace = fake.forward(heard[batch[at]], scratch);
            let change: Vec<f32> =
                trace.embedding.iter().zip(&floats[batch[at]]).map(|(byte, float)| byte - float).collect();
            let error: f64 = change.iter().map(|d| f64::from(*d).powi(2)).sum();
            let upstream = change.iter().map(|d| (2.0 * f64::from(*d) / power.max(1e-12)) as f32).collect();
            fake.backward(&trace, upstream, gradient, scratch);
            error
        });
        said(step, errors.iter().sum::<f64>() / power.max(1e-12));
        let rate = tuning.rate * (1.0 - step as f32 / tuning.steps as f32);
        adam.step(&mut tuned, &gradient, StepSize { rate, decay: 0.0, clip_norm: 1.0 });
    }
    calibrated.with(net, &tuned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantise::fake::tests::small;
    use crate::quantise::{Ranges, calibrate};

    #[test]
    fn the_bytes_come_nearer_to_the_floats_and_the_scales_stay() {
        let (net, values, heard) = small();
        let heard: Vec<&[f32]> = heard.iter().map(Vec::as_slice).collect();
        let calibrated = calibrate(&net, &values, &heard, Ranges::Error).unwrap();
        let run = |from: &Calibrated, steps: usize| {
            let mut errors = Vec::new();
            let tuning = Tuning { steps, batch: 2, rate: 1e-3 };
            let said = &mut |_: usize, error: f64| errors.push(error);
            let tuned = tune(&net, &values, from, &heard, tuning, said).unwrap();
            (tuned, errors)
        };
        // It begins where calibration ended, and nothing learned is nothing changed.
        let (_, errors) = run(&calibrated, 1);
        let told = 10.0 * errors[0].log10();
        assert!((told + calibrated.told.last().unwrap().1).abs() < 1e-3, "{told} dB");
        assert!(calibrated.layers().eq(run(&calibrated, 0).0.layers()));

        let mut worse = calibrated.clone();
        worse.convolutions[2].bias.iter_mut().for_each(|bias| *bias += 1_000);
        let (tuned, errors) = run(&worse, 100);
        assert_eq!(errors.len(), 100);
        let end = errors[90..].iter().sum::<f64>() / 10.0;
        assert!(end < 0.3 * errors[0], "{} to {end}", errors[0]);
        for (before, after) in worse.layers().zip(tuned.layers()) {
            assert_eq!(
                (&before.scales, before.input, before.output),
                (&after.scales, after.input, after.output)
            );
        }
        assert!(worse.layers().zip(tuned.layers()).any(|(a, b)| a.weights != b.weights));
    }
}

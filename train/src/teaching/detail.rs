//! The detail layer of a package: principal directions of what its columns hold, so that heads of a user's classes see more than the
//! embedding, which was trained to tell the 20 classes. They are those of the teacher's embedding, as far as the columns tell it: what does not
//! matter to a teacher of 527 sounds moves none of them.

use crate::audio::log_mel::log_mel;
use crate::base::seed::{self, Chance};
use crate::base::stem::Split;
use crate::base::threads::parallel;
use crate::mix::Mixer;
use crate::mix::length::Length;
use crate::nn::gemm::{Mat, multiply};
use crate::nn::params::normal;
use crate::pool::Pool;
use anyhow::{Context, Result, ensure};
use rollcall_engine::package::DETAIL;
use rollcall_engine::{COLUMN_HOPS, MEL_BANDS, Model, OPENMIC_CLASSES};
use rollcall_import::{Dense, detail_onnx, onnx::Storage};
use std::{fs, path::Path};

/// Columns of a clip.
const COLUMNS: usize = 24;
/// Windows that are taken of each clip.
const WINDOWS: usize = 4;
/// How many play.
const PLAYERS: [usize; 8] = [1, 2, 1, 3, 1, 2, 1, 4];
/// Turns of the orthogonal iteration (Golub and Van Loan 2013, section 8.2.4): of the greatest directions, which decide, more change no digit
/// that 16 bits hold.
const TURNS: usize = 30;
/// Added to the deviation in each direction before it is divided by it, so that what hardly varies is not blown up: less than the least of 256
/// directions has (13.9 to .14; with .3, which holds half of them down, a harp was told from others in music less well).
const DAMPING: f32 = 0.05;
/// Deviations to either side that 0..1 holds.
const SPREAD: f32 = 4.0;

/// Hears `clips` clips of the training part of a pool, instruments outside of the 20 too, and writes a layer of `outputs` numbers for the
/// package into the folder `out`.
///
/// # Errors
/// The pool or the package cannot be read, or the file written.
pub fn write(
    pool: &Path,
    (package, out): (&Path, &Path),
    through: &Dense,
    clips: usize,
    outputs: usize,
    seed: u64,
) -> Result<()> {
    let pool = Pool::open(pool).with_context(|| pool.display().to_string())?;
    let mixer = Mixer::new(pool, Split::Train, OPENMIC_CLASSES.len(), Length { columns: COLUMNS }, true)?;
    let model = Model::load(rollcall_models::read_dir(package)?)?;
    let heard = parallel(clips, |number| hear(&model, &mixer, seed, number));
    let rows: Vec<Vec<f32>> = heard.into_iter().collect::<Result<Vec<_>>>()?.concat();
    let inputs = rows.first().context("the package is of kind `patch`, which has no columns")?.len();
    ensure!(
        through.inputs == inputs,
        "the run's columns have {} numbers, but those of the package {inputs}",
        through.inputs
    );
    ensure!(
        outputs <= inputs.min(rows.len() / 4),
        "{} windows are too few for {outputs} numbers",
        rows.len()
    );
    let bands = MEL_BANDS / COLUMN_HOPS;
    let told: Vec<Vec<f32>> = rows.iter().map(|row| apply(through, row)).collect();
    let layer = composed(&principal(&told, outputs, seed), through);
    // The engine's columns are ordered as band, channel; a graph's as channel, band.
    let channels = inputs / bands;
    let turned =
        |row: &[f32]| -> Vec<f32> { (0..inputs).map(|at| row[at % bands * channels + at / bands]).collect() };
    let weight = layer.weight.chunks_exact(inputs).flat_map(turned).collect();
    let bytes = detail_onnx(&Dense { weight, ..layer }, channels, bands, Storage::Half);
    let path = out.join(DETAIL);
    fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))
}

fn apply(layer: &Dense, x: &[f32]) -> Vec<f32> {
    let rows = layer.weight.chunks_exact(layer.inputs).zip(&layer.bias);
    rows.map(|(row, bias)| bias + row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>()).collect()
}

/// One layer that does what `first` and then `second` do.
fn composed(second: &Dense, first: &Dense) -> Dense {
    let mut weight = vec![0.0; second.outputs * first.inputs];
    let outer = Mat::new(&second.weight, second.outputs, second.inputs);
    multiply(&mut weight, outer, Mat::new(&first.weight, first.outputs, first.inputs), false);
    Dense { inputs: first.inputs, outputs: second.outputs, weight, bias: apply(second, &first.bias) }
}

fn hear(model: &Model, mixer: &Mixer, seed: u64, number: usize) -> Result<Vec<Vec<f32>>> {
    let mut rng = seed::rng(seed, &format!("detail/{number}"));
    let mut samples = mixer.compose(PLAYERS[number % PLAYERS.len()], &mut rng)?.samples;
    let gain = 10.0_f32.powf(rng.between(-18.0, 0.0) / 20.0);
    samples.iter_mut().for_each(|x| *x *= gain);
    let means = model.column_means(log_mel(&samples).as_chunks().0)?;
    let every = means.len().div_ceil(WINDOWS).max(1);
    Ok(means.into_iter().step_by(every).collect())
}

/// The layer that gives the first `outputs` principal directions of `rows`, each in deviations, so that 0.5 is the mean and 0 and 1 are
/// [`SPREAD`] deviations from it.
fn principal(rows: &[Vec<f32>], outputs: usize, seed: u64) -> Dense {
    let (count, inputs) = (rows.len(), rows[0].len());
    let mut mean = vec![0.0_f32; inputs];
    rows.iter().for_each(|row| mean.iter_mut().zip(row).for_each(|(m, x)| *m += x / count as f32));
    let centred: Vec<f32> = rows.iter().flat_map(|row| row.iter().zip(&mean).map(|(x, m)| x - m)).collect();
    let centred = Mat::new(&centred, count, inputs);
    let mut rng = fastrand::Rng::with_seed(seed);
    // [outputs, inputs], a direction a row.
    let mut directions: Vec<f32> = (0..outputs * inputs).map(|_| normal(&mut rng)).collect();
    let mut shadows = vec![0.0; count * outputs];
    for _ in 0..TURNS {
        orthonormalise(&mut directions, inputs);
        multiply(&mut shadows, centred, Mat::new(&directions, outputs, inputs).t(), false);
        multiply(&mut directions, Mat::new(&shadows, count, outputs).t(), centred, false);
    }
    orthonormalise(&mut directions, inputs);
    multiply(&mut shadows, centred, Mat::new(&directions, outputs, inputs).t(), false);
    let mut bias = vec![0.5; outputs];
    for (output, direction) in directions.chunks_exact_mut(inputs).enumerate() {
        let power: f32 = shadows.iter().skip(output).step_by(outputs).map(|x| x * x).sum();
        let scale = 1.0 / (2.0 * SPREAD * ((power / count as f32).sqrt() + DAMPING));
        direction.iter_mut().for_each(|w| *w *= scale);
        bias[output] -= direction.iter().zip(&mean).map(|(w, m)| w * m).sum::<f32>();
    }
    Dense { inputs, outputs, weight: directions, bias }
}

/// Gram and Schmidt, twice, which is enough (Giraud and others 2005).
fn orthonormalise(rows: &mut [f32], length: usize) {
    for at in 0..rows.len() / length {
        let (before, rest) = rows.split_at_mut(at * length);
        let row = &mut rest[..length];
        for _ in 0..2 {
            for other in before.chunks_exact(length) {
                let share: f32 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                row.iter_mut().zip(other).for_each(|(a, b)| *a -= share * b);
            }
            let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-20);
            row.iter_mut().for_each(|x| *x /= norm);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_layer_does_what_two_do() {
        let mut rng = fastrand::Rng::with_seed(2);
        let mut layer = |inputs: usize, outputs: usize| {
            let mut numbers = |count: usize| (0..count).map(|_| normal(&mut rng)).collect::<Vec<f32>>();
            Dense { inputs, outputs, weight: numbers(inputs * outputs), bias: numbers(outputs) }
        };
        let (first, second) = (layer(5, 4), layer(4, 3));
        let x = [0.3, -0.2, 0.9, 0.0, 1.4];
        let both = apply(&second, &apply(&first, &x));
        for (one, two) in apply(&composed(&second, &first), &x).iter().zip(both) {
            assert!((one - two).abs() < 1e-5, "{one} {two}");
        }
    }

    #[test]
    fn the_greatest_directions_come_first_and_in_deviations() {
        let mut rng = fastrand::Rng::with_seed(1);
        let row = |rng: &mut fastrand::Rng| -> Vec<f32> {
            let (a, b) = (30.0 * normal(rng), 10.0 * normal(rng));
            vec![5.0 + a, 5.0 - a, b, normal(rng) * 0.1]
        };
        let rows: Vec<Vec<f32>> = (0..4000).map(|_| row(&mut rng)).collect();
        let layer = principal(&rows, 2, 1);
        let of = |x: &[f32], output: usize| {
            let row = &layer.weight[output * 4..][..4];
            layer.bias[output] + row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>()
        };
        // 30 along (1, -1) is a deviation along it, an eighth of 0..1; so is 10 along the third.
        for (x, output) in [([35.0, -25.0, 0.0, 0.0], 0), ([5.0, 5.0, 10.0, 0.0], 1)] {
            let far = of(&x, output) - 0.5;
            assert!((far.abs() - 0.125).abs() < 0.01, "{far}");
            assert!((of(&x, 1 - output) - 0.5).abs() < 0.01, "the other does not move");
        }
    }
}

//! How far a score may be trusted: the percentile bootstrap (Efron and Tibshirani, "An introduction to the bootstrap",
//! 1993, section 13.3).

/// How to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// Sets that are drawn; 1,000 give the ends of a 95 % interval to about a twentieth of its width.
    pub rounds: usize,
    /// Share of the drawn scores inside the interval, 0..1.
    pub level: f64,
    /// The same seed draws the same sets.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { rounds: 1_000, level: 0.95, seed: 0 }
    }
}

/// Where the middle `level` of the drawn scores lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// Draws `examples` of `examples` with replacement, again and again, and asks for the scores of each draw.
///
/// `scores` is given the indices drawn and returns any number of scores, always as many and in the same order; they get one
/// interval each, from the rounds in which they are defined, `None` if there are none. What belongs together must be one
/// example: resampling the seconds of a song instead of songs makes intervals that are far too narrow.
pub fn bootstrap(
    examples: usize,
    settings: &Bootstrap,
    mut scores: impl FnMut(&[usize]) -> Vec<Option<f64>>,
) -> Vec<Option<Interval>> {
    let mut rng = fastrand::Rng::with_seed(settings.seed);
    let mut drawn: Vec<Vec<f64>> = Vec::new();
    let mut indices = vec![0; examples];
    for _ in 0..settings.rounds {
        // There is nothing to draw from nothing; its scores are asked for all the same, for their number.
        indices.fill_with(|| rng.usize(..examples));
        let round = scores(&indices);
        drawn.resize_with(round.len(), Vec::new);
        for (values, score) in drawn.iter_mut().zip(round) {
            values.extend(score);
        }
    }
    drawn.into_iter().map(|values| interval(values, settings.level)).collect()
}

fn interval(mut values: Vec<f64>, level: f64) -> Option<Interval> {
    values.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level.clamp(0.0, 1.0)) / 2.0;
    Some(Interval { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
}

/// Linear between neighbours, as NumPy's `quantile`.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[below] + (sorted[above] - sorted[below]) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_the_one_of_theory() {
        // Of 400 coins with half heads, the mean's standard error is 0.025: 1.96 of it on both sides.
        let mean = |indices: &[usize]| {
            vec![Some(indices.iter().filter(|&&index| index < 200).count() as f64 / indices.len() as f64)]
        };
        let settings = Bootstrap { rounds: 4_000, ..Bootstrap::default() };
        let Interval { low, high } = bootstrap(400, &settings, mean)[0].unwrap();
        // The ends of 4,000 rounds wander by about 0.001 (the quantile's own standard error); 4 of those.
        assert!((low - (0.5 - 0.049)).abs() < 0.004 && (high - (0.5 + 0.049)).abs() < 0.004, "{low} {high}");
        assert_eq!(bootstrap(400, &settings, mean), bootstrap(400, &settings, mean), "one seed, one result");
        let other = Bootstrap { seed: 1, ..settings };
        assert_ne!(
            bootstrap(400, &settings, |i| vec![Some(i[0] as f64)]),
            bootstrap(400, &other, |i| vec![Some(i[0] as f64)])
        );
    }

    #[test]
    fn what_is_never_defined_has_no_interval() {
        let both = bootstrap(3, &Bootstrap::default(), |_| vec![None, Some(1.0)]);
        assert_eq!(both, [None, Some(Interval { low: 1.0, high: 1.0 })]);
        assert_eq!(bootstrap(0, &Bootstrap::default(), |_| vec![None]), [None]);
    }

    #[test]
    fn quantiles_are_numpys() {
        // numpy.quantile([1, 2, 4, 8], [0, .25, .5, 1]) = [1, 1.75, 3, 8]
        let values = [1.0, 2.0, 4.0, 8.0];
        let of = |share| quantile(&values, share).unwrap();
        assert_eq!([of(0.0), of(0.25), of(0.5), of(1.0)], [1.0, 1.75, 3.0, 8.0]);
    }
}

//! How far a figure may be trusted: intervals over sources, for a hundred clips of one library are one player.

use rollcall_metrics::{Bootstrap, Interval, bootstrap};
use std::collections::BTreeMap;

/// Sets that are drawn.
const ROUNDS: usize = 500;
/// With fewer sources there is no saying what another one would give.
const ENOUGH_SOURCES: usize = 2;

/// 95 % intervals of figures over the sources of the examples: `sources[i]` are those that example `i` is made of, and `figures` is given indices
/// of examples. `None` for a figure that is defined in no drawn set, and for all where there is but one source.
///
/// Sources are drawn with replacement, and an example comes as often as the product of how often its sources were drawn (Owen, "The pigeonhole bootstrap",
/// 2007): with one source an example, that is the bootstrap of clusters.
pub fn over_sources(
    sources: &[Vec<String>],
    mut figures: impl FnMut(&[usize]) -> Vec<Option<f64>>,
) -> Vec<Option<Interval>> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for name in sources.iter().flatten() {
        let next = numbers.len();
        numbers.entry(name).or_insert(next);
    }
    if numbers.len() < ENOUGH_SOURCES {
        let everything: Vec<usize> = (0..sources.len()).collect();
        return figures(&everything).into_iter().map(|_| None).collect();
    }
    let of: Vec<Vec<usize>> =
        sources.iter().map(|names| names.iter().map(|n| numbers[n.as_str()]).collect()).collect();
    let settings = Bootstrap { rounds: ROUNDS, ..Bootstrap::default() };
    bootstrap(numbers.len(), &settings, |drawn| {
        let mut times = vec![0usize; numbers.len()];
        drawn.iter().for_each(|&source| times[source] += 1);
        let repeats = |example: usize| of[example].iter().map(|&source| times[source]).product::<usize>();
        let indices: Vec<usize> =
            (0..of.len()).flat_map(|example| std::iter::repeat_n(example, repeats(example))).collect();
        figures(&indices)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(of: impl Iterator<Item = usize>) -> Vec<Vec<String>> {
        of.map(|source| vec![source.to_string()]).collect()
    }

    /// Share of the examples below 200 that are drawn.
    fn share(indices: &[usize]) -> Vec<Option<f64>> {
        let below = indices.iter().filter(|&&i| i < 200).count();
        vec![(!indices.is_empty()).then(|| below as f64 / indices.len() as f64)]
    }

    #[test]
    fn a_hundred_clips_of_a_library_are_one() {
        // 400 coins, half of them heads: as clips the error is 0.025, as 4 libraries of 100 alike it is 0.25.
        let width = |sources: &[Vec<String>]| {
            let Interval { low, high } = over_sources(sources, share)[0].unwrap();
            high - low
        };
        let (clips, libraries) = (width(&sources(0..400)), width(&sources((0..400).map(|i| i / 100))));
        assert!((0.08..0.12).contains(&clips), "{clips}");
        assert!(libraries > 0.7, "{libraries}");
    }

    #[test]
    fn one_source_has_no_interval() {
        assert_eq!(over_sources(&sources((0..400).map(|_| 0)), share), [None]);
        assert_eq!(over_sources(&[], share), [None]);
    }

    #[test]
    fn an_example_of_two_sources_needs_both() {
        let both = vec![vec!["a".to_owned(), "b".to_owned()]];
        let counts = over_sources(&both, |indices| vec![Some(indices.len() as f64)]);
        // a and b once each, or one of them twice and the other never.
        assert_eq!(counts, [Some(Interval { low: 0.0, high: 1.0 })]);
    }
}

//! What a figure shows, in numbers: bars a class, and a box for all classes.

use super::runs::{Runs, Summary, class, summary};

/// A figure of the paper: F1 of both classes, per instrument (left) and overall (right).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    /// Above it.
    pub(super) title: String,
    /// Instruments, in order.
    pub(super) classes: Vec<String>,
    /// Representations, in order.
    pub(super) series: Vec<Series>,
}

/// One representation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    /// In the legend.
    pub(super) label: String,
    /// F1 of both classes for each instrument, over the seeds.
    pub(super) bars: Vec<Option<Summary>>,
    /// Where the instruments' F1 lie, all seeds together.
    pub(super) box_plot: Option<BoxPlot>,
    /// Macro F1 over the seeds.
    pub(super) macro_f1: Option<Summary>,
}

/// Five numbers of a box plot: whiskers reach the furthest values within 1.5 box heights (Tukey 1977).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BoxPlot {
    pub(super) whiskers: (f64, f64),
    pub(super) quartiles: (f64, f64),
    pub(super) median: f64,
}

impl Figure {
    /// Figure 2 (networks without a first stage of ours, and Log-Mel) or 3 (objectives of the first stage); `None` where no
    /// representation of it has run.
    pub(super) fn of(runs: &Runs, number: u8) -> Option<Self> {
        let classes: Vec<String> = runs.classes().into_iter().map(str::to_owned).collect();
        let series: Vec<Series> = runs
            .each()
            .filter(|(_, _, figure, _)| *figure == number)
            .map(|(_, label, _, outcomes)| Series {
                label: label.into(),
                bars: (0..classes.len()).map(|c| class(outcomes, c, |s| s.f1_both)).collect(),
                box_plot: BoxPlot::of(
                    outcomes.iter().flat_map(|o| &o.test.classes).filter_map(|c| c.f1_both).collect(),
                ),
                macro_f1: summary(outcomes.iter().map(|o| o.test.macro_f1_both)),
            })
            .collect();
        let what = if number == 2 { "representations" } else { "objectives of the first stage" };
        let title = format!("F1 (both classes) per instrument and overall: {what}");
        (!series.is_empty()).then_some(Self { title, classes, series })
    }
}

impl BoxPlot {
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (low, high) = (quantile(&values, 0.25)?, quantile(&values, 0.75)?);
        let reach = 1.5 * (high - low);
        let inside = |v: &&f64| (low - reach..=high + reach).contains(*v);
        let (first, last) = (values.iter().find(inside)?, values.iter().rev().find(inside)?);
        let median = quantile(&values, 0.5)?;
        Some(Self { whiskers: (*first, *last), quartiles: (low, high), median })
    }
}

/// Linear between neighbours (NumPy's default).
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len().checked_sub(1)?) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_of_a_worked_example() {
        // numpy.percentile([1, 2, 3, 4, 100], [25, 50, 75]) = [2, 3, 4]; 100 is beyond 4 + 3.
        let found = BoxPlot::of(vec![100.0, 3.0, 1.0, 4.0, 2.0]).unwrap();
        assert_eq!(found, BoxPlot { whiskers: (1.0, 4.0), quartiles: (2.0, 4.0), median: 3.0 });
        assert_eq!(BoxPlot::of(vec![]), None);
    }
}

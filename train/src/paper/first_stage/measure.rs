//! How often a model puts what is there before what is not.

/// Of all pairs of a true and a false entry in the same column, the share in which the true one scores higher, ties
/// half: the mean over columns of the area under the ROC curve. Columns, not rows, so that knowing what is frequent is worth nothing.
/// `scores` and `truth` are `[rows, columns]`; from 0.5 on an entry counts as true. 0.5 where no column has both.
pub(super) fn pairs_in_order(scores: &[f32], truth: &[f32], columns: usize) -> f64 {
    let (mut sum, mut counted) = (0.0, 0u32);
    for column in 0..columns {
        let of = |wanted: bool| {
            let entries = scores.iter().zip(truth).skip(column).step_by(columns);
            entries.filter(move |(_, t)| (**t >= 0.5) == wanted).map(|(s, _)| *s)
        };
        let (there, absent): (Vec<f32>, Vec<f32>) = (of(true).collect(), of(false).collect());
        if there.is_empty() || absent.is_empty() {
            continue;
        }
        let wins: f64 = there
            .iter()
            .flat_map(|t| {
                absent.iter().map(move |a| {
                    if t > a {
                        1.0
                    } else if t == a {
                        0.5
                    } else {
                        0.0
                    }
                })
            })
            .sum();
        sum += wins / (there.len() * absent.len()) as f64;
        counted += 1;
    }
    if counted == 0 { 0.5 } else { sum / f64::from(counted) }
}

#[cfg(test)]
mod tests {
    use super::pairs_in_order;

    #[test]
    fn worked_examples() {
        // scikit-learn: roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.75
        assert_eq!(pairs_in_order(&[0.1, 0.4, 0.35, 0.8], &[0.0, 0.0, 1.0, 1.0], 1), 0.75);
        // The first column is right, the second wrong, the third says nothing.
        let scores = [0.9, 0.1, 0.5, 0.1, 0.9, 0.5];
        let truth = [1.0, 1.0, 1.0, 0.0, 0.0, 1.0];
        assert_eq!(pairs_in_order(&scores, &truth, 3), 0.5);
        assert_eq!(pairs_in_order(&[0.3], &[1.0], 1), 0.5);
    }
}

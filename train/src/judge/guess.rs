//! The first guess, by one definition for validation and `compare`: is the likeliest class one that plays?

/// Classes that must be known to be silent before a guess can be wrong: as many as the longest list of guesses.
const ENOUGH_ABSENT: usize = 3;

/// How often somebody who plays is the first guess, or among the first three.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guesses {
    /// Share whose first guess plays, 0..=1.
    pub first: f64,
    /// Share with one who plays among the first three guesses, 0..=1.
    pub first_three: f64,
    /// Examples that count.
    pub counted: usize,
}

/// How many silent classes are at least as likely as the likeliest one that plays; 0: the first guess is right, below 3: one of the
/// first three is.
///
/// `scores` are posteriors or logits, one a class; `truth` says whether each class plays, `None` where nobody knows. Classes of which
/// nothing is known are passed over, neither right nor wrong, and a tie counts as wrong. `None` where no guess could be right (nobody is known to play) or
/// wrong (fewer than three classes are known to be silent): such an example says nothing.
#[must_use]
pub fn rank(scores: &[f32], truth: &[Option<bool>]) -> Option<usize> {
    let of = |plays: bool| {
        scores.iter().zip(truth).filter(move |(_, t)| **t == Some(plays)).map(|(score, _)| *score)
    };
    let likeliest = of(true).max_by(f32::total_cmp)?;
    (of(false).count() >= ENOUGH_ABSENT)
        .then(|| of(false).filter(|score| score.total_cmp(&likeliest).is_ge()).count())
}

/// The guesses over pairs of scores and truths as in [`rank`]; `None` where no example counts.
#[must_use]
pub fn first_guess<'a>(pairs: impl IntoIterator<Item = (&'a [f32], &'a [Option<bool>])>) -> Option<Guesses> {
    let ranks: Vec<usize> = pairs.into_iter().filter_map(|(scores, truth)| rank(scores, truth)).collect();
    let share = |below: usize| ranks.iter().filter(|rank| **rank < below).count() as f64 / ranks.len() as f64;
    (!ranks.is_empty()).then(|| Guesses { first: share(1), first_three: share(3), counted: ranks.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYS: Option<bool> = Some(true);
    const SILENT: Option<bool> = Some(false);

    #[test]
    fn what_nobody_knows_of_is_neither_right_nor_wrong() {
        let scores = [0.9, 0.5, 0.4, 0.3, 0.2];
        assert_eq!(rank(&scores, &[None, PLAYS, SILENT, SILENT, SILENT]), Some(0));
        assert_eq!(rank(&scores, &[SILENT, PLAYS, SILENT, SILENT, None]), Some(1));
        assert_eq!(rank(&scores, &[SILENT, SILENT, SILENT, SILENT, PLAYS]), Some(4));
    }

    #[test]
    fn where_no_guess_can_be_right_or_wrong_nothing_is_said() {
        let scores = [0.9, 0.5, 0.4, 0.3, 0.2];
        assert_eq!(rank(&scores, &[SILENT; 5]), None);
        assert_eq!(rank(&scores, &[PLAYS, None, None, None, None]), None);
        assert_eq!(rank(&scores, &[PLAYS, SILENT, SILENT, None, None]), None);
        let pair: (&[f32], &[Option<bool>]) = (&scores, &[SILENT; 5]);
        assert_eq!(first_guess([pair]), None);
    }

    #[test]
    fn a_tie_is_no_guess_and_one_of_several_players_is_enough() {
        assert_eq!(rank(&[0.5; 4], &[PLAYS, SILENT, SILENT, SILENT]), Some(3));
        assert_eq!(rank(&[0.1, 0.9, 0.5, 0.2, 0.2], &[PLAYS, PLAYS, SILENT, SILENT, SILENT]), Some(0));
    }

    #[test]
    fn shares_are_of_those_that_count() {
        let truth = [PLAYS, SILENT, SILENT, SILENT];
        let pairs: [(&[f32], &[Option<bool>]); 4] = [
            (&[0.9, 0.1, 0.2, 0.3], &truth),
            (&[0.2, 0.1, 0.2, 0.3], &truth),
            (&[0.0, 0.1, 0.2, 0.3], &truth),
            (&[0.0, 0.1, 0.2, 0.3], &[None; 4]),
        ];
        let guesses = first_guess(pairs).unwrap();
        assert_eq!((guesses.first, guesses.first_three, guesses.counted), (1.0 / 3.0, 2.0 / 3.0, 3));
    }
}

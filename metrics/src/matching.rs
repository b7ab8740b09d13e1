//! As many pairs as possible: a maximum matching in a graph of two sides, by augmenting paths found breadth first.

use std::collections::VecDeque;

/// How many of the left side can be paired, each with one of its `candidates` on a right side of `rights`, no right twice.
pub(crate) fn matched(candidates: &[Vec<usize>], rights: usize) -> usize {
    let mut left_of: Vec<Option<usize>> = vec![None; rights];
    let mut right_of: Vec<Option<usize>> = vec![None; candidates.len()];
    (0..candidates.len()).filter(|&left| augment(left, candidates, &mut left_of, &mut right_of)).count()
}

/// Pairs `left`, moving others to other rights where need be; false if that cannot be.
fn augment(
    left: usize,
    candidates: &[Vec<usize>],
    left_of: &mut [Option<usize>],
    right_of: &mut [Option<usize>],
) -> bool {
    let mut reached_from: Vec<Option<usize>> = vec![None; left_of.len()];
    let mut queue = VecDeque::from([left]);
    while let Some(from) = queue.pop_front() {
        for &right in &candidates[from] {
            if reached_from[right].is_some() {
                continue;
            }
            reached_from[right] = Some(from);
            let Some(owner) = left_of[right] else {
                take(right, &reached_from, left_of, right_of);
                return true;
            };
            queue.push_back(owner);
        }
    }
    false
}

/// Flips the path that ends at the free `right`.
fn take(
    mut right: usize,
    reached_from: &[Option<usize>],
    left_of: &mut [Option<usize>],
    right_of: &mut [Option<usize>],
) {
    while let Some(left) = reached_from[right] {
        left_of[right] = Some(left);
        match right_of[left].replace(right) {
            Some(before) => right = before,
            None => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most pairs, by trying everything.
    fn best(candidates: &[Vec<usize>], taken: u32) -> usize {
        let Some((first, rest)) = candidates.split_first() else { return 0 };
        let free = first.iter().filter(|&&right| taken & (1 << right) == 0);
        free.map(|&right| 1 + best(rest, taken | 1 << right)).chain([best(rest, taken)]).max().unwrap_or(0)
    }

    #[test]
    fn no_pairing_is_better() {
        let mut rng = fastrand::Rng::with_seed(7);
        for round in 0..2_000 {
            let (lefts, rights) = (rng.usize(0..7), rng.usize(1..7));
            let candidates: Vec<Vec<usize>> =
                (0..lefts).map(|_| (0..rights).filter(|_| rng.u8(..) < 90).collect()).collect();
            assert_eq!(matched(&candidates, rights), best(&candidates, 0), "round {round}: {candidates:?}");
        }
    }
}

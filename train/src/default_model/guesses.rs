//! First guesses of a network in training on real recordings: those of its head, and those of AudioSet's classes as they are mapped
//! to the 20.

use super::network::Network;
use super::validation::answer;
use crate::audio::log_mel::log_mel;
use crate::judge::guess::Guesses;
use crate::judge::pages::{Piece, guesses};
use crate::nn::loss::sigmoid;
use crate::nn::stack::{BANDS, COLUMN_HOPS};
use crate::teacher::ClassTable;
use rayon::prelude::*;

/// Guesses by the head, and by the greatest of each class's AudioSet classes; `None` without a piece that counts.
#[must_use]
pub fn first_guesses(
    net: &Network,
    values: &[f32],
    pieces: &[Piece],
    table: &ClassTable,
) -> Option<(Guesses, Guesses)> {
    let running = net.running(values);
    let heard: Vec<(Vec<f32>, Vec<f32>)> = pieces
        .par_iter()
        .map(|piece| {
            let mut picture = log_mel(&piece.samples);
            picture.truncate(picture.len() / (COLUMN_HOPS * BANDS) * COLUMN_HOPS * BANDS);
            let (said, _) = net.forward(values, &[&picture], Some(&running));
            let said = &said[0];
            let of = |logits: &[f32]| -> Vec<f32> { logits.iter().map(|x| sigmoid(*x)).collect() };
            let head = answer(&of(&said.activity), &of(&said.attention), net.shape.classes).clip;
            let mapped = table.greatest(&said.events).map(|member| said.events[member]);
            (head, mapped.to_vec())
        })
        .collect();
    let (head, mapped): (Vec<_>, Vec<_>) = heard.into_iter().unzip();
    Some((guesses(pieces, &head)?, guesses(pieces, &mapped)?))
}

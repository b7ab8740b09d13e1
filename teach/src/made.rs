//! Bags that tests teach by.

use crate::bags::{Bag, Scene};
use fastrand::Rng;
use half::f16;
use rollcall_engine::EMBEDDING;

/// Bags of three steps; a class that plays adds its own direction.
pub(crate) fn bags(count: usize, seed: u64) -> Vec<Bag> {
    let mut rng = Rng::with_seed(seed);
    let one = |i: usize| {
        let truth = [i.is_multiple_of(3), i % 3 == 1];
        let mut x = || (0..EMBEDDING).map(|_| rng.f32() * 0.5).collect::<Vec<f32>>();
        let mut steps = [x(), x(), x()].concat();
        for step in steps.chunks_exact_mut(EMBEDDING) {
            (0..2).filter(|class| truth[*class]).for_each(|class| {
                step[class * 20..class * 20 + 10].iter_mut().for_each(|x| *x += 0.3);
            });
        }
        Bag {
            width: EMBEDDING,
            embeddings: steps.into_iter().map(f16::from_f32).collect(),
            truth: truth.map(Some).to_vec(),
            scene: Scene::Alone,
            source: i,
            fold: Some(i % 4),
            unit: i,
            span_s: (0.0, 0.5),
        }
    };
    (0..count).map(one).collect()
}

//! Gradients summed over the samples of a batch, on all cores, with the same result on any number of them.

use crate::fit::trainer::parallel;
use crate::nn::conv::Scratch;

/// Parts of a batch that are summed apart and then in order. Fixed: a sum of floats depends on its grouping.
const SHARDS: usize = 4;

/// Runs `work(sample, gradient, scratch)` for each sample, each shard adding to a gradient of its own of `gradient`'s
/// length; then adds these up into `gradient`, shard by shard.
pub(crate) fn sharded<T: Send>(
    samples: usize,
    gradient: &mut [f32],
    work: impl Fn(usize, &mut [f32], &mut Scratch) -> T + Sync,
) -> Vec<T> {
    let per_shard = samples.div_ceil(SHARDS).max(1);
    let shards = parallel(samples.div_ceil(per_shard), |shard, scratch| {
        let mut own = vec![0.0; gradient.len()];
        let range = shard * per_shard..((shard + 1) * per_shard).min(samples);
        let results: Vec<T> = range.map(|i| work(i, &mut own, scratch)).collect();
        (own, results)
    });
    let mut all = Vec::with_capacity(samples);
    for (own, results) in shards {
        gradient.iter_mut().zip(own).for_each(|(g, o)| *g += o);
        all.extend(results);
    }
    all
}

//! Work on all cores whose results do not depend on how many there are.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Runs `work(i)` for `0..count` on all cores and gathers the results in order.
pub fn parallel<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    parallel_with(count, |i, (): &mut ()| work(i))
}

/// The same with memory that a thread keeps from one piece of work to the next: `work(i, scratch)`.
pub fn parallel_with<S: Default, T: Send>(count: usize, work: impl Fn(usize, &mut S) -> T + Sync) -> Vec<T> {
    let (next, threads) = (AtomicUsize::new(0), thread::available_parallelism().map_or(1, usize::from));
    let mut results: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(count))
            .map(|_| {
                scope.spawn(|| {
                    let (mut scratch, mut done) = (S::default(), Vec::new());
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        if i >= count {
                            return done;
                        }
                        done.push((i, work(i, &mut scratch)));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|w| w.join().expect("a worker's panic goes on")).collect()
    });
    results.sort_by_key(|r| r.0);
    results.into_iter().map(|r| r.1).collect()
}

/// Parts of a batch that are summed apart and then in order. Fixed: a sum of floats depends on its grouping.
const SHARDS: usize = 4;

/// Runs `work(sample, gradient, scratch)` for each sample, each shard adding to a gradient of its own of `gradient`'s
/// length; then adds these up into `gradient`, shard by shard.
pub fn sharded<S: Default, T: Send>(
    samples: usize,
    gradient: &mut [f32],
    work: impl Fn(usize, &mut [f32], &mut S) -> T + Sync,
) -> Vec<T> {
    let per_shard = samples.div_ceil(SHARDS).max(1);
    let shards = parallel_with(samples.div_ceil(per_shard), |shard, scratch| {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_sums_in_shards() {
        assert_eq!(parallel(100, |i| 2 * i), (0..100).map(|i| 2 * i).collect::<Vec<_>>());
        assert!(parallel(0, |i| i).is_empty());
        let mut sum = [1.0];
        let done = sharded(9, &mut sum, |i, own, scratch: &mut Vec<usize>| {
            scratch.push(i);
            own[0] += i as f32;
            i
        });
        assert_eq!((done, sum), ((0..9).collect(), [37.0]));
    }
}

//! Attention over time, as running sums: any number of steps in constant memory.

use super::step::HeadStep;

/// Pools steps one by one: `sum_t w_t a_t / sum_t w_t` for each class, `w` the attention and `a` the activity.
///
/// The sums are kept relative to the greatest weight so far, so that attentions of 1e-30 pool as well as those of 1.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    classes: Vec<ClassPool>,
}

#[derive(Clone, Copy, Debug)]
struct ClassPool {
    /// Logarithm of the greatest weight.
    greatest: f64,
    /// Sum of the weights over the greatest.
    weights: f64,
    /// Sum of weight times activity over the greatest weight.
    gated: f64,
}

const EMPTY: ClassPool = ClassPool { greatest: f64::NEG_INFINITY, weights: 0.0, gated: 0.0 };

impl Pool {
    pub(crate) fn new(classes: usize) -> Self {
        Self { classes: vec![EMPTY; classes] }
    }

    /// Forgets every step.
    pub(crate) fn clear(&mut self) {
        self.classes.fill(EMPTY);
    }

    /// Adds one step.
    pub(crate) fn add(&mut self, step: &HeadStep) {
        for ((pool, log_weight), activity) in
            self.classes.iter_mut().zip(&step.log_attention).zip(&step.activity)
        {
            let log_weight = f64::from(*log_weight);
            if log_weight > pool.greatest {
                let shrink = libm::exp(pool.greatest - log_weight);
                pool.weights *= shrink;
                pool.gated *= shrink;
                pool.greatest = log_weight;
            }
            let weight = libm::exp(log_weight - pool.greatest);
            pool.weights += weight;
            pool.gated += weight * f64::from(*activity);
        }
    }

    /// The posterior of each class: hard tanh of the pooled activity (paper, section 2.3), 0 before the first step.
    pub(crate) fn posterior(&self) -> impl Iterator<Item = f32> {
        self.classes.iter().map(|pool| match pool.weights {
            0.0 => 0.0,
            weights => (pool.gated / weights).clamp(0.0, 1.0) as f32,
        })
    }

    /// The normalised attention weight of each class for one of the added steps.
    pub(crate) fn attention(&self, step: &HeadStep) -> impl Iterator<Item = f32> {
        self.classes.iter().zip(&step.log_attention).map(|(pool, log_weight)| {
            (libm::exp(f64::from(*log_weight) - pool.greatest) / pool.weights).clamp(0.0, 1.0) as f32
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(log_attention: f32, activity: f32) -> HeadStep {
        HeadStep { activity: [activity].into(), log_attention: [log_attention].into() }
    }

    #[test]
    fn pools_by_weight_whatever_the_scale_and_order() {
        // Weights 1 : 3, whatever they are scaled by.
        for scale in [0.0, -60.0, -80.0] {
            let (a, b) = (step(scale + 0.25_f32.ln(), 1.0), step(scale + 0.75_f32.ln(), 0.2));
            for order in [[&a, &b], [&b, &a]] {
                let mut pool = Pool::new(1);
                order.iter().for_each(|s| pool.add(s));
                let posterior = pool.posterior().next().unwrap();
                // The logarithms are rounded to f32: 4e-6 at 80.
                assert!((posterior - 0.4).abs() < 1e-5, "{posterior}");
                let weights: f32 = order.iter().flat_map(|s| pool.attention(s)).sum();
                assert!((weights - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn nothing_heard_is_nothing_there() {
        let mut pool = Pool::new(1);
        assert_eq!(pool.posterior().next(), Some(0.0));
        pool.add(&step(-1.0, 0.7));
        assert_eq!(pool.posterior().next(), Some(0.7));
        pool.clear();
        assert_eq!(pool.posterior().next(), Some(0.0));
    }
}

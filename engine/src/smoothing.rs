//! Attack and release: how fast a meter follows.

/// One first-order low-pass filter a class, with one time constant up and another down.
///
/// Each step moves the state by `1 - exp(-dt / tau)` of the way to the target, which is the exact solution of
/// `tau y' = x - y` for a target that holds still during the step: after `tau` seconds of a jump, however
/// they are cut into steps, 63.2 % of the way is done. A time constant of 0 follows at once.
#[derive(Clone, Debug)]
pub struct AttackRelease {
    rise: f32,
    fall: f32,
    state: Vec<f32>,
}

impl AttackRelease {
    /// A filter at 0 for `classes` values, with time constants and the length of a step in seconds.
    pub fn new(classes: usize, attack_s: f32, release_s: f32, step_s: f64) -> Self {
        let mut filter = Self { rise: 1.0, fall: 1.0, state: vec![0.0; classes] };
        filter.set_times(attack_s, release_s, step_s);
        filter
    }

    /// Changes the time constants; the state goes on from where it is.
    pub fn set_times(&mut self, attack_s: f32, release_s: f32, step_s: f64) {
        self.rise = coefficient(attack_s, step_s);
        self.fall = coefficient(release_s, step_s);
    }

    /// One step towards `targets`, one a class; returns the smoothed values.
    pub fn step(&mut self, targets: impl IntoIterator<Item = f32>) -> &[f32] {
        for (value, target) in self.state.iter_mut().zip(targets) {
            let share = if target > *value { self.rise } else { self.fall };
            // A full step is spelt out: `value + (target - value)` may miss the target by a rounding.
            *value = if share == 1.0 { target } else { *value + share * (target - *value) };
        }
        &self.state
    }

    /// Back to the state after `new`.
    pub fn reset(&mut self) {
        self.state.fill(0.0);
    }
}

/// Share of the way that a step of `step_s` seconds goes with a time constant of `tau_s` seconds, 0..=1.
fn coefficient(tau_s: f32, step_s: f64) -> f32 {
    // `expm1` keeps its digits where the step is short against the time constant. -inf for 0 s gives 1.
    if tau_s <= 0.0 { 1.0 } else { -libm::expm1(-step_s / f64::from(tau_s)) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_followed_by_the_closed_form() {
        for (step_s, steps) in [(0.16, 10), (0.96, 3)] {
            let mut filter = AttackRelease::new(1, 0.5, 2.0, step_s);
            let mut up = 0.0;
            for n in 1..=steps {
                up = filter.step([1.0])[0];
                let expected = 1.0 - (-f64::from(n) * step_s / 0.5).exp();
                // Each step rounds twice to f32 (6e-8 each), and what an earlier one rounded fades.
                assert!((f64::from(up) - expected).abs() < f64::from(n) * 1.2e-7, "step {n}: {up}");
            }
            let down = filter.step([0.0])[0];
            assert!((f64::from(down / up) - (-step_s / 2.0).exp()).abs() < 3e-7);
        }
    }

    #[test]
    fn zero_follows_at_once_and_exactly() {
        let mut filter = AttackRelease::new(2, 0.0, 0.0, 0.16);
        assert_eq!(filter.step([0.1, 0.9]), [0.1, 0.9]);
        assert_eq!(filter.step([0.7, 0.3]), [0.7, 0.3]);
        filter.reset();
        assert_eq!(filter.state, [0.0, 0.0]);
    }

    #[test]
    fn rising_and_falling_have_their_own_times() {
        let mut filter = AttackRelease::new(1, 0.0, 1.0, 0.16);
        assert_eq!(filter.step([1.0]), [1.0]);
        let after_one = filter.step([0.0])[0];
        assert!((after_one - (-0.16_f32).exp()).abs() < 1e-6);
        filter.set_times(0.0, 0.0, 0.16);
        assert_eq!(filter.step([0.0]), [0.0]);
    }
}

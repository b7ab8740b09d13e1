//! Chance that depends on the seed and on the name of the work alone, never on what was made before it.

/// The generator for one unit of work: same seed and key, same stream, on any machine and in any order of work.
#[must_use]
pub fn rng(seed: u64, key: &str) -> fastrand::Rng {
    // FNV-1a (offset basis and prime from the IETF draft `draft-eastlake-fnv`), started from the seed.
    let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hash = key.bytes().fold(start, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
    fastrand::Rng::with_seed(hash)
}

/// Chance in the terms that phrases and mixes are described in.
pub trait Chance {
    /// Uniform in `low..high`.
    fn between(&mut self, low: f32, high: f32) -> f32;
    /// True with probability `p`.
    fn with(&mut self, p: f32) -> bool;
    /// One element of a slice that is not empty.
    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T;
    /// Normal with mean 0 and deviation 1, near enough: the sum of 12 uniforms less 6, so never beyond 6.
    fn normal(&mut self) -> f32;
}

impl Chance for fastrand::Rng {
    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.f32()
    }

    fn with(&mut self, p: f32) -> bool {
        self.f32() < p
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.usize(..of.len())]
    }

    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.f32()).sum::<f32>() - 6.0
    }
}

#[cfg(test)]
mod tests {
    use super::rng;

    #[test]
    fn depends_on_seed_and_key() {
        let draw = |seed, key| rng(seed, key).u64(..);
        assert_eq!(draw(7, "a/1"), draw(7, "a/1"));
        assert_ne!(draw(7, "a/1"), draw(8, "a/1"));
        assert_ne!(draw(7, "a/1"), draw(7, "a/2"));
    }
}

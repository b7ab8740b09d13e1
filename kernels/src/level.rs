//! Which instructions there are on this machine.

use std::fmt;

/// The instructions that a [`crate::Layer`] or a [`crate::QuantisedLayer`] is computed with.
///
/// A value other than [`Level::PORTABLE`] exists only where the machine has the instructions: the unsafe calls in this
/// crate rest on that.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Level(pub(crate) Kind);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX2's floats; products of bytes.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX-512's floats; products of bytes.
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// NEON's floats; products of bytes.
    #[cfg(target_arch = "aarch64")]
    NeonDot,
}

impl Level {
    /// What every machine has.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// The fastest that this machine has.
    pub fn best() -> Self {
        *Self::all().last().expect("the portable level is always there")
    }

    /// All that this machine has, slowest first.
    pub fn all() -> Vec<Self> {
        #[cfg_attr(
            not(any(target_arch = "x86_64", target_arch = "aarch64")),
            allow(unused_mut, reason = "there is but one elsewhere")
        )]
        let mut levels = vec![Self::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
        {
            levels.push(Self(Kind::Avx2));
            if is_x86_feature_detected!("avxvnni") {
                levels.push(Self(Kind::AvxVnni));
            }
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
                levels.push(Self(Kind::Avx512));
                if is_x86_feature_detected!("avx512vnni") {
                    levels.push(Self(Kind::Avx512Vnni));
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            levels.push(Self(Kind::Neon));
            if std::arch::is_aarch64_feature_detected!("dotprod") {
                levels.push(Self(Kind::NeonDot));
            }
        }
        levels
    }

    /// Whether 16-bit weights are widened as they are read, by an instruction.
    pub(crate) fn widens(self) -> bool {
        self != Self::PORTABLE
    }
}

impl fmt::Debug for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Kind::AvxVnni => "AVX-VNNI",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512Vnni => "AVX-512 VNNI",
            #[cfg(target_arch = "aarch64")]
            Kind::Neon => "NEON",
            #[cfg(target_arch = "aarch64")]
            Kind::NeonDot => "NEON with dot products",
        })
    }
}

//! Weights in memory: in large pages, where there are many of them and the system has such pages.
//!
//! Weights that are read once for each window come no faster than memory gives them, and for each page of 4 KiB the processor
//! has to look up where it lies. In pages of 2 MiB it hardly ever has to.

use crate::tiles::Weights;
use bytemuck::{Pod, cast_slice, cast_slice_mut};
use memmap2::MmapMut;
use std::ops::{Deref, Range};

/// What a large page holds; smaller weights are not worth one.
const LARGE: usize = 2 << 20;

/// A sequence of weights that does not change.
pub(crate) enum Pages<W> {
    /// Some bytes of the mapping.
    Large(MmapMut, Range<usize>),
    Small(Vec<Weights<W>>),
}

impl<W> From<Vec<Weights<W>>> for Pages<W>
where
    Weights<W>: Pod,
{
    fn from(weights: Vec<Weights<W>>) -> Self {
        Self::large(&weights).unwrap_or(Self::Small(weights))
    }
}

impl<W> Pages<W>
where
    Weights<W>: Pod,
{
    /// None where it does not pay or cannot be had.
    fn large(weights: &[Weights<W>]) -> Option<Self> {
        let bytes = size_of_val(weights);
        if bytes < LARGE {
            return None;
        }
        // A large page begins at a multiple of its size, which the mapping need not.
        let mut map = MmapMut::map_anon(bytes + LARGE).ok()?;
        #[cfg(target_os = "linux")]
        map.advise(memmap2::Advice::HugePage).ok()?;
        let at = map.as_ptr().align_offset(LARGE);
        let place = at..at + bytes;
        cast_slice_mut(map.get_mut(place.clone())?).copy_from_slice(weights);
        Some(Self::Large(map, place))
    }
}

impl<W> Deref for Pages<W>
where
    Weights<W>: Pod,
{
    type Target = [Weights<W>];

    fn deref(&self) -> &[Weights<W>] {
        match self {
            Self::Large(map, place) => cast_slice(&map[place.clone()]),
            Self::Small(weights) => weights,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiles::PANEL;

    #[test]
    fn what_goes_in_comes_out() {
        for count in [0, 1, 16_383, 16_384, 40_000] {
            let weights: Vec<_> = (0..count).map(|i| Weights([i as f32; PANEL])).collect();
            let pages = Pages::from(weights.clone());
            assert!(pages.iter().zip(&weights).all(|(a, b)| a.0 == b.0) && pages.len() == count);
            assert!(matches!(pages, Pages::Small(_)) || size_of_val(&weights[..]) >= LARGE);
        }
    }
}

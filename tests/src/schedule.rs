//! How a host cuts its audio into blocks.

use serde::{Deserialize, Serialize};

/// A rule that gives one block size after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocks {
    /// All alike.
    Fixed(u32),
    /// Anything from `min` to `max`, small ones as likely as large ones (log-uniform).
    Random {
        /// Smallest, may be 0.
        min: u32,
        /// Largest.
        max: u32,
    },
    /// As hosts that split at automation and loop points do (FL Studio, Bitwig): full blocks, one in six cut in two, one in
    /// forty a single frame, one in fifty empty (VST3 hosts flush parameters so).
    HostLike(u32),
    /// These, over and over.
    List(Vec<u32>),
}

/// Sizes by a rule and a seed.
#[derive(Debug)]
pub struct Sizes {
    blocks: Blocks,
    random: fastrand::Rng,
    turn: usize,
    rest: u32,
}

impl Blocks {
    /// Most frames that a block may have.
    pub fn max_frames(&self) -> u32 {
        match self {
            Self::Fixed(frames) | Self::HostLike(frames) => *frames,
            Self::Random { max, .. } => *max,
            Self::List(list) => list.iter().copied().max().unwrap_or(0),
        }
        .max(1)
    }

    /// The sizes for a seed.
    pub fn sizes(&self, seed: u64) -> Sizes {
        Sizes { blocks: self.clone(), random: fastrand::Rng::with_seed(seed), turn: 0, rest: 0 }
    }
}

impl Iterator for Sizes {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.turn += 1;
        Some(match &self.blocks {
            Blocks::Fixed(frames) => *frames,
            Blocks::Random { min, max } => {
                let (low, high) = (f64::from(*min) + 1.0, f64::from(*max) + 2.0);
                ((low.ln() + self.random.f64() * (high / low).ln()).exp() as u32 - 1).clamp(*min, *max)
            }
            Blocks::HostLike(frames) => self.host_like(*frames),
            Blocks::List(list) => list.get((self.turn - 1) % list.len().max(1)).copied().unwrap_or(1),
        })
    }
}

impl Sizes {
    fn host_like(&mut self, frames: u32) -> u32 {
        if self.rest > 0 {
            return std::mem::take(&mut self.rest);
        }
        let first = match self.random.u32(0..600) {
            0..12 => return 0,
            12..27 => 1,
            27..127 => self.random.u32(1..=frames),
            _ => frames,
        };
        self.rest = frames - first;
        first
    }
}

/// `512`, `random:1-2048`, `host:512`, or `64,1,333`.
impl std::str::FromStr for Blocks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no block schedule: 512, random:1-2048, host:512 or 64,1,333");
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| bad());
        if let Some(range) = text.strip_prefix("random:") {
            let (min, max) = range.split_once('-').ok_or_else(bad)?;
            let (min, max) = (number(min)?, number(max)?);
            return if min <= max && max > 0 { Ok(Self::Random { min, max }) } else { Err(bad()) };
        }
        if let Some(frames) = text.strip_prefix("host:") {
            return Ok(Self::HostLike(number(frames)?.max(1)));
        }
        let list = text.split(',').map(number).collect::<Result<Vec<_>, _>>()?;
        match list[..] {
            [] | [0] => Err(bad()),
            [one] => Ok(Self::Fixed(one)),
            _ if list.iter().all(|frames| *frames == 0) => Err(bad()),
            _ => Ok(Self::List(list)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_stays_in_its_bounds_and_repeats_by_its_seed() {
        for text in ["512", "random:0-4096", "host:512", "64,1,0,333"] {
            let blocks: Blocks = text.parse().expect(text);
            let sizes: Vec<u32> = blocks.sizes(7).take(10_000).collect();
            assert!(sizes.iter().all(|size| *size <= blocks.max_frames()), "{text}");
            assert_eq!(sizes, blocks.sizes(7).take(10_000).collect::<Vec<_>>(), "{text}");
            assert!(sizes.iter().any(|size| *size > 0));
        }
        let host: Vec<u32> = Blocks::HostLike(512).sizes(1).take(5_000).collect();
        assert!(host.contains(&0) && host.contains(&1) && host.contains(&512));
        let random: Vec<u32> = Blocks::Random { min: 0, max: 4_096 }.sizes(1).take(20_000).collect();
        assert!(random.contains(&0) && random.iter().any(|size| *size > 4_000));
        assert!("0".parse::<Blocks>().is_err() && "random:9-3".parse::<Blocks>().is_err());
    }
}

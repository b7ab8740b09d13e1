//! How long the audio of a WAV is: by its size where that can be, by what follows where it cannot.

use crate::{
    blocks::{WRAP, WRAPPED},
    bytes::Bytes,
};
use std::io;

/// Sizes that programs write to pipes, where they cannot go back to fill them in: nearly 2 and nearly 4 GiB (sox 0x7FFFF000,
/// arecord 0x80000000, ffmpeg 0xFFFFFFFF, with and without what their headers take).
const UNKNOWN: [std::ops::RangeInclusive<u64>; 2] = [0x7fff_0000..=0x8000_ffff, 0xffff_0000..=0xffff_ffff];
/// More than this behind a stream's audio, and no chunk: its size has wrapped.
const MUCH: usize = 64 << 10;

/// What a header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Of the data chunk.
    pub(super) stated: u64,
    pub(super) riff_bytes: u64,
    /// Of RF64 and BW64: the 64-bit size, 0 if it was not filled in.
    pub(super) large: Option<u64>,
}

impl Size {
    /// Bytes of audio from here on, `None` for all that follow; and what is to be said about it.
    pub(super) fn length(self, bytes: &mut Bytes) -> io::Result<(Option<u64>, Option<String>)> {
        let left = bytes.left();
        match (self.stated, self.large) {
            (_, Some(large)) if large > 0 => Ok((Some(large), None)),
            (0xffff_ffff, Some(_)) => Ok((None, None)),
            (0, _) => Ok((self.is_empty(bytes)?.then_some(0), None)),
            (stated, _)
                if UNKNOWN.iter().any(|range| range.contains(&stated))
                    && left.is_none_or(|left| left != stated) =>
            {
                Ok((left.filter(|left| *left > stated && left - stated < MUCH as u64).map(|_| stated), None))
            }
            (stated, _) => match left {
                Some(left) if left >= stated + WRAP => {
                    let length = stated + (left - stated) / WRAP * WRAP;
                    Ok((Some(length), Some(WRAPPED.into())))
                }
                _ => Ok((Some(stated), None)),
            },
        }
    }

    /// Whether nothing is said to be there, and so it is: another chunk follows (one of the field, or one that ends with the
    /// file), or the file ends.
    fn is_empty(self, bytes: &mut Bytes) -> io::Result<bool> {
        let left = bytes.left();
        let behind = bytes.position();
        let head = bytes.peek(8)?;
        if head.len() < 8 {
            return Ok(true);
        }
        let size = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let is_known = super::chunk::is_known(&head[..4]);
        let is_name = super::chunk::is_name(&head[..4]);
        let ends_with = |end: u64| behind + 8 + size <= end && end <= behind + 8 + size + 1;
        let fits = left.is_some_and(|left| size + 8 <= left);
        Ok((is_known && (left.is_none() || fits)) || (is_name && ends_with(self.riff_bytes + 8)))
    }
}

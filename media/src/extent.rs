//! Which frames of a file are to be heard, and how many there must be.

use super::mp4::Edit;
use std::ops::Range;
use symphonia::core::{
    codecs::audio::{AudioCodecParameters, well_known::CODEC_ID_OPUS},
    formats::Track,
};

/// All in frames at the rate that the headers state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    /// To be dropped in front, beyond what the demuxer tells its decoder to drop.
    pub(super) skip: u64,
    /// Nothing is heard after this many.
    pub(super) limit: Option<u64>,
    /// Fewer than this many means that the file was cut.
    pub(super) promised: Option<u64>,
    /// The best guess at the length, for progress.
    pub(super) frames: Option<u64>,
}

impl Extent {
    /// Of a container that symphonia reads; `edit` is what an MP4 says of this track.
    pub(super) fn of(
        container: &str,
        track: &Track,
        parameters: &AudioCodecParameters,
        edit: Option<&Edit>,
    ) -> Self {
        if container != "isomp4" {
            return Self { frames: track.num_frames, ..Self::default() };
        }
        let ticks_per_s =
            track.time_base.map_or(1.0, |base| f64::from(base.denom.get()) / f64::from(base.numer.get()));
        let rate = f64::from(parameters.sample_rate.unwrap_or(0));
        let media = track.duration.map(|ticks| (ticks.get() as f64 * rate / ticks_per_s).round() as u64);
        let pre_skip = opus_pre_skip(parameters).unwrap_or(0);
        Self::edited((rate, ticks_per_s), media.filter(|&frames| frames > 0), edit, pre_skip)
    }

    /// Of so many frames of media with an edit list, or with a delay of their own.
    pub(super) fn edited(
        (rate, ticks_per_s): (f64, f64),
        media: Option<u64>,
        edit: Option<&Edit>,
        pre_skip: u64,
    ) -> Self {
        let (delay, heard) = match edit {
            None => (pre_skip, media.map(|media| media.saturating_sub(pre_skip))),
            Some(&Edit::Itunes { delay, frames }) => (delay, Some(frames)),
            Some(&Edit::List { start_ticks, length_s, resolution_s }) => {
                let delay = (start_ticks as f64 * rate / ticks_per_s).round() as u64;
                let rest = media.map(|media| media.saturating_sub(delay));
                // The list's length is rounded to the movie's clock (often a millisecond): the samples' own durations
                // are exact, and hold unless the list clearly ends before them.
                let listed = (length_s > 0.0).then(|| (length_s * rate).round() as u64);
                let slack = (resolution_s * rate).ceil() as u64;
                match (listed, rest) {
                    (Some(listed), Some(rest)) if listed + slack >= rest => (delay, Some(rest)),
                    (listed, rest) => (delay, listed.or(rest)),
                }
            }
        };
        Self { skip: delay, limit: heard, promised: None, frames: heard }
    }

    /// The decoder turns out to run at another rate than the headers state (HE-AAC's core).
    pub(super) fn rescale(&mut self, from_hz: u32, to_hz: u32) {
        if from_hz == 0 {
            return;
        }
        let ratio = f64::from(to_hz) / f64::from(from_hz);
        let scale = |frames: &mut u64| *frames = (*frames as f64 * ratio).round() as u64;
        [&mut self.limit, &mut self.promised, &mut self.frames].into_iter().flatten().for_each(scale);
        scale(&mut self.skip);
    }
}

/// The pre-skip of Opus in MP4: `dOps` is big-endian ("Encapsulation of Opus in ISO Base Media File Format", 4.3.2),
/// where the header in Ogg is little-endian; symphonia hands it on as it is.
fn opus_pre_skip(parameters: &AudioCodecParameters) -> Option<u64> {
    let head = parameters.extra_data.as_ref().filter(|_| parameters.codec == CODEC_ID_OPUS)?;
    let bytes = head.get(OPUS_PRE_SKIP)?;
    Some(u64::from(u16::from_be_bytes([bytes[0], bytes[1]])))
}

/// Where the pre-skip stands in an Opus header with its magic (RFC 7845, 5.1).
pub(super) const OPUS_PRE_SKIP: Range<usize> = 10..12;

//! Where a Vorbis stream in Ogg ends.
//!
//! The last page's granule position says how much of its last packets is padding (Vorbis I, A.2). symphonia 0.6 cuts any
//! page at its granule position, but encoders of the field (libvorbis, where a page ends with a short block after a long
//! one) state up to 448 frames too much on one page and so too few on the next: frames in the middle of the music would
//! be lost. Here what a packet is to lose at its end is held back, and comes after all if anything is to be heard later.

/// Frames held back. A page has 255 packets at most, so they are few.
#[derive(Debug, Default)]
pub(super) struct Tail {
    held: Vec<f32>,
}

impl Tail {
    /// Cuts so many frames off the start and the end of a packet's frames, and puts before them what was held back.
    pub(super) fn cut(&mut self, (start, end): (u64, u64), channels: usize, block: &mut Vec<f32>) {
        let samples = |frames: u64| usize::try_from(frames).unwrap_or(usize::MAX).saturating_mul(channels);
        block.drain(..samples(start).min(block.len()));
        let held = block.split_off(block.len() - samples(end).min(block.len()));
        if !block.is_empty() && !self.held.is_empty() {
            block.splice(..0, self.held.drain(..));
        }
        self.held.extend(held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_goes_and_what_only_looked_like_it_stays() {
        let mut tail = Tail::default();
        let mut cut = |start: u64, end: u64, samples: &[f32]| {
            let mut block = samples.to_vec();
            tail.cut((start, end), 1, &mut block);
            block
        };
        assert!(cut(2, 0, &[9.0, 9.0]).is_empty());
        assert_eq!(cut(0, 1, &[1.0, 2.0, 3.0]), [1.0, 2.0]);
        assert!(cut(0, 2, &[4.0, 5.0]).is_empty());
        assert_eq!(cut(0, 0, &[6.0]), [3.0, 4.0, 5.0, 6.0]);
        assert_eq!(cut(0, 1, &[7.0, 8.0]), [7.0]);
        // What is held at the end of the stream was padding: nobody asks for it.
        assert_eq!(tail.held, [8.0]);
    }
}

//! A host that lets a plugin sleep: it stops calling one that has nothing to do, as the plugin itself says.

/// What a plugin answered to a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To be called on, whatever comes out.
    Continue,
    /// To be called on unless its output is quiet. VST3 knows no other answer: there the tail counts too.
    #[default]
    IfNotQuiet,
    /// To be called on until its tail is over.
    Tail,
    /// Not to be called until something comes.
    Sleep,
}

/// Below this, -120 dBFS, a sample is quiet.
const QUIET: f32 = 1e-6;

/// Whether it is.
pub(crate) fn is_quiet(samples: &[f32]) -> bool {
    samples.iter().all(|sample| sample.abs() <= QUIET)
}

/// Watches one instance.
#[derive(Debug, Default)]
pub(crate) struct Sleeper {
    asleep: bool,
    /// Frames since an input was last not quiet.
    quiet_frames: u64,
}

impl Sleeper {
    /// Whether a block may be kept from the plugin: it sleeps, and nothing wakes it.
    pub(crate) fn skips(&mut self, is_input_quiet: bool, has_changes: bool) -> bool {
        self.asleep &= is_input_quiet && !has_changes;
        self.asleep
    }

    /// A block was processed.
    pub(crate) fn processed(
        &mut self,
        frames: u32,
        (is_input_quiet, is_output_quiet): (bool, bool),
        wish: Wish,
        tail_frames: u32,
    ) {
        self.quiet_frames = if is_input_quiet { self.quiet_frames + u64::from(frames) } else { 0 };
        let is_over = tail_frames != u32::MAX && self.quiet_frames > u64::from(tail_frames);
        self.asleep = is_input_quiet
            && match wish {
                Wish::Continue => false,
                Wish::IfNotQuiet => is_output_quiet && is_over,
                Wish::Tail => is_over,
                Wish::Sleep => true,
            };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sleeps_as_it_was_told_and_wakes_for_sound_and_changes() {
        let after = |wish, tail_frames, is_output_quiet| {
            let mut sleeper = Sleeper::default();
            sleeper.processed(64, (true, is_output_quiet), wish, tail_frames);
            sleeper.skips(true, false)
        };
        assert!(after(Wish::IfNotQuiet, 0, true) && after(Wish::Sleep, u32::MAX, false));
        assert!(!after(Wish::IfNotQuiet, 0, false) && !after(Wish::IfNotQuiet, 64, true));
        assert!(!after(Wish::Continue, 0, true) && !after(Wish::Tail, u32::MAX, true));
        let mut sleeper = Sleeper::default();
        sleeper.processed(64, (true, true), Wish::Sleep, 0);
        assert!(sleeper.skips(true, false) && !sleeper.skips(true, true), "a change wakes it");
        assert!(!sleeper.skips(true, false), "and it stays awake until it says otherwise");
    }
}

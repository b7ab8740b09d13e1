//! What the head says of one step.

use std::ops::Range;

/// What the head says of one step, one value a class.
#[derive(Clone, Debug)]
pub(crate) struct HeadStep {
    /// `sigmoid` of the activity logit, 0..=1.
    pub(crate) activity: Box<[f32]>,
    /// `ln sigmoid` of the attention logit, at most 0.
    pub(crate) log_attention: Box<[f32]>,
}

/// The values of some classes in it.
pub(super) struct StepPart<'a> {
    pub(super) activity: &'a mut [f32],
    pub(super) log_attention: &'a mut [f32],
}

impl HeadStep {
    pub(super) fn part(&mut self, classes: Range<usize>) -> StepPart<'_> {
        StepPart {
            activity: &mut self.activity[classes.clone()],
            log_attention: &mut self.log_attention[classes],
        }
    }

    /// Whether no weight was so great that a sum overflowed.
    pub(crate) fn is_finite(&self) -> bool {
        self.activity.iter().chain(&self.log_attention).all(|x| x.is_finite())
    }

    pub(crate) fn new(classes: usize) -> Self {
        let zeros = vec![0.0; classes].into_boxed_slice();
        Self { activity: zeros.clone(), log_attention: zeros }
    }
}

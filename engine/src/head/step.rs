//! What the head says of one step.

/// What the head says of one step, one value a class.
#[derive(Clone, Debug)]
pub(crate) struct HeadStep {
    /// `sigmoid` of the activity logit, 0..=1.
    pub(crate) activity: Box<[f32]>,
    /// `ln sigmoid` of the attention logit, at most 0.
    pub(crate) log_attention: Box<[f32]>,
}

impl HeadStep {
    /// Whether no weight was so great that a sum overflowed.
    pub(crate) fn is_finite(&self) -> bool {
        self.activity.iter().chain(&self.log_attention).all(|x| x.is_finite())
    }

    pub(crate) fn new(classes: usize) -> Self {
        let zeros = vec![0.0; classes].into_boxed_slice();
        Self { activity: zeros.clone(), log_attention: zeros }
    }
}

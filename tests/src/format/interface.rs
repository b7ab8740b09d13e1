//! What a plugin of either format is to this program.

use super::Buffers;
use crate::{
    plan::Setup,
    record::{Description, Sent},
    sleep::Wish,
    transport::SongTime,
    trouble::Trouble,
};

/// A plugin file that is open.
pub(crate) trait Library {
    /// Makes an instance of the plugin with this id or name, or of the first one.
    fn make(&self, id: Option<&str>) -> Result<Box<dyn Plugin>, Trouble>;
}

/// An instance, on the main thread.
pub(crate) trait Plugin {
    fn describe(&mut self) -> Description;
    /// Normalised values in the order of the description's parameters.
    fn values(&mut self) -> Vec<f64>;
    /// A text as a normalised value, by the plugin's own reading.
    fn value_of(&mut self, param: u32, text: &str) -> Option<f64>;
    /// Sets parameters (normalised) while it is not processing.
    fn set(&mut self, changes: &[(u32, f64)]) -> Result<(), Trouble>;
    fn activate(&mut self, setup: &Setup) -> Result<Ready, Trouble>;
    fn deactivate(&mut self);
    /// The part that goes to the audio thread. It comes back by being dropped.
    fn processor(&mut self) -> Result<Box<dyn Processor>, Trouble>;
    fn save(&mut self) -> Result<Vec<u8>, Trouble>;
    fn load(&mut self, state: &[u8]) -> Result<(), Trouble>;
    /// Serves what the plugin asked of the main thread.
    fn idle(&mut self);
    /// Tells the controller of parameter changes, where the format has one; says whether it has.
    fn tell(&mut self, changes: &[(u32, f64)]) -> bool;
    /// What it says of its layouts, and of its parameters' units, that contradicts itself, while it is inactive.
    fn contradictions(&mut self) -> Vec<String>;
    /// What it did to its host so far.
    fn manners(&self) -> Manners;
}

/// How it was made ready.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ready {
    pub(crate) latency_frames: u32,
    pub(crate) inputs: Vec<u32>,
    pub(crate) outputs: Vec<u32>,
}

/// What a plugin did to its host, unasked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manners {
    pub(crate) edits: u32,
    pub(crate) log: Vec<String>,
    pub(crate) misuse: Vec<String>,
}

/// An active instance, on the audio thread.
pub(crate) trait Processor: Send {
    fn begin(&mut self) -> Result<(), Trouble>;
    fn process(&mut self, block: &mut Block<'_>) -> Call;
    fn reset(&mut self);
    fn end(&mut self);
    /// How long it goes on after its input has fallen silent, in frames, as far as this answer to the last block does not say
    /// so itself: the greatest number for ever.
    fn tail_frames(&mut self, wish: Wish) -> u32;
    /// Whether a block of no frames comes without buffers.
    fn flushes_without_buffers(&self) -> bool;
}

/// A block as it is given.
pub(crate) struct Block<'a> {
    pub(crate) frames: u32,
    pub(crate) buffers: &'a mut Buffers,
    pub(crate) time: &'a SongTime,
    /// Parameter changes: (frame of the block, id, normalised value), in order.
    pub(crate) changes: &'a [(u32, u32, f64)],
    /// What the plugin sends: (frame of the block, what).
    pub(crate) sent: &'a mut Vec<(u32, Sent)>,
}

/// What the plugin's own call came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Call {
    pub(crate) took_ns: u64,
    pub(crate) allocations: u64,
    pub(crate) failed: bool,
    pub(crate) wish: Wish,
}

/// Calls the plugin's `process`, which answers with a wish or fails: nothing of the host's own is in the time and the count.
pub(crate) fn measure(call: impl FnOnce() -> Option<Wish>) -> Call {
    let ((took, wish), allocations) = crate::counting::during(|| {
        let began = std::time::Instant::now();
        let wish = call();
        (began.elapsed(), wish)
    });
    Call {
        took_ns: took.as_nanos() as u64,
        allocations,
        failed: wish.is_none(),
        wish: wish.unwrap_or_default(),
    }
}

//! What the instance and its part on the audio thread share: a parameter's change as an event, and the way back.

use super::host::Host;
use clack_host::{
    events::{Pckn, event_types::ParamValueEvent},
    prelude::*,
    utils::ClapId,
};
use std::sync::{Arc, Mutex};

/// Where the audio thread leaves its part when it is done.
pub(super) type Slot = Arc<Mutex<Option<StoppedPluginAudioProcessor<Host>>>>;

/// A plain value as a share of its range.
pub(super) fn to_normal(value: f64, (min, max): (f64, f64)) -> f64 {
    if max > min { (value - min) / (max - min) } else { 0.0 }
}

/// A normalised change as an event.
pub(super) fn event(id: u32, value: f64, range: (f64, f64), at: u32) -> Option<ParamValueEvent> {
    let plain = range.0 + value * (range.1 - range.0);
    let id = ClapId::from_raw(id)?;
    Some(ParamValueEvent::new(at, id, Pckn::match_all(), plain))
}

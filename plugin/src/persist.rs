//! What the state keeps besides parameters, and what is made sound before a state is taken over.

use nice_plug::{params::persist::PersistentField, plugin::ParamValue, prelude::PluginState};
use rollcall_worker::{ModelChoice, ModelSlot};
use std::sync::Arc;

/// The chosen model as a field of the state.
#[derive(Default)]
pub(crate) struct Model(pub Arc<ModelSlot>);

impl PersistentField<'_, ModelChoice> for Model {
    fn set(&self, choice: ModelChoice) {
        self.0.restore(choice);
    }
    fn map<F: Fn(&ModelChoice) -> R, R>(&self, f: F) -> R {
        f(&self.0.get())
    }
}

/// Takes out numbers that no version ever wrote: an infinite one parses from a forged `1e39`.
pub(crate) fn make_sound(state: &mut PluginState) {
    state.params.retain(|_, value| !matches!(value, ParamValue::F32(number) if !number.is_finite()));
}

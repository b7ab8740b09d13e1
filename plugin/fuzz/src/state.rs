//! The plugin's state, as a host hands it back: through the CLAP entry, into one instance after the other state.
#![expect(unsafe_code, reason = "the plugin's entry point is a C symbol")]

use clack_extensions::{
    params::{ParamInfoBuffer, PluginParams},
    state::PluginState,
};
use clack_host::{entry::EntryDescriptor, prelude::*};
use std::cell::RefCell;

struct Shared;

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {}
}

struct Host;

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

thread_local! {
    static INSTANCE: RefCell<PluginInstance<Host>> = RefCell::new(instance());
}

fn instance() -> PluginInstance<Host> {
    // Named so that the library, and with it the symbol, is linked in.
    let _ = rollcall_plugin::CHANNEL;
    unsafe extern "C" {
        static clap_entry: EntryDescriptor;
    }
    // SAFETY: nice-plug exports the symbol with this type; it is what every host loads.
    let entry = unsafe { PluginEntry::load_from_raw(&clap_entry, c"") }.expect("an entry");
    let info = HostInfo::new("Rollcall's fuzzer", "Rollcall", "", "1").expect("text");
    PluginInstance::new(|_| Shared, |_| (), &entry, c"org.rollcall.rollcall", &info).expect("an instance")
}

/// Restores the bytes as the text of a state. It is refused, or every parameter lies in its range, and what the plugin would
/// save then is a state that it restores to the same.
pub fn state(data: &[u8]) {
    INSTANCE.with_borrow_mut(|instance| {
        // nice-plug puts the length of the text before it, in eight bytes.
        let framed = [&(data.len() as u64).to_le_bytes(), data].concat();
        if !load(instance, &framed) {
            return;
        }
        check_values(instance);
        let saved = save(instance);
        assert!(load(instance, &saved), "{}", String::from_utf8_lossy(&saved));
        check_values(instance);
        let again = save(instance);
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&again), text(&saved));
    });
}

fn load(instance: &mut PluginInstance<Host>, bytes: &[u8]) -> bool {
    let state: PluginState = instance.plugin_shared_handle().get_extension().expect("a state");
    state.load(&instance.plugin_handle(), &mut &bytes[..]).is_ok()
}

fn save(instance: &mut PluginInstance<Host>) -> Vec<u8> {
    let state: PluginState = instance.plugin_shared_handle().get_extension().expect("a state");
    let mut bytes = Vec::new();
    state.save(&instance.plugin_handle(), &mut bytes).expect("a state can be saved");
    bytes
}

fn check_values(instance: &mut PluginInstance<Host>) {
    let params: PluginParams = instance.plugin_shared_handle().get_extension().expect("parameters");
    let handle = instance.plugin_handle();
    let mut buffer = ParamInfoBuffer::new();
    for index in 0..params.count(&handle) {
        let info = params.get_info(&handle, index, &mut buffer).expect("a parameter");
        let (name, range) =
            (String::from_utf8_lossy(info.name).into_owned(), info.min_value..=info.max_value);
        let value = params.get_value(&handle, info.id).expect("a value");
        assert!(range.contains(&value), "{name} is {value}, but must be in {range:?}");
    }
}

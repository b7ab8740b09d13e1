//! A CLAP instance on the main thread.

use super::change::{Slot, event, to_normal};
use super::host::{Host, Main, Shared};
use super::listed::Listed;
use super::process::ClapProcessor;
use crate::format::{Manners, Plugin, Processor, Ready};
use crate::plan::{Mode, Setup};
use crate::record::{Description, Param, Port};
use crate::trouble::Trouble;
use clack_extensions::{
    audio_ports::{AudioPortFlags, AudioPortInfoBuffer, PluginAudioPorts},
    audio_ports_config::{AudioPortsConfigBuffer, PluginAudioPortsConfig},
    latency::PluginLatency,
    note_ports::PluginNotePorts,
    params::{ParamInfoBuffer, ParamInfoFlags, PluginParams},
    render::{PluginRender, RenderMode},
    state::PluginState,
    tail::PluginTail,
};
use clack_host::{prelude::*, utils::ClapId};
use std::{
    collections::HashMap,
    ffi::CString,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

struct ClapPlugin {
    instance: PluginInstance<Host>,
    listed: Listed,
    in_file: Vec<(String, String)>,
    /// Range of each parameter.
    ranges: HashMap<u32, (f64, f64)>,
    stopped: Slot,
    /// Changes that came while it was active: they go with the next block.
    pending: Vec<(u32, f64)>,
    manners: Arc<Mutex<Manners>>,
}

pub(super) fn make(
    entry: &PluginEntry,
    listed: &Listed,
    plugins: &[Listed],
) -> Result<Box<dyn Plugin>, Trouble> {
    let manners = Arc::new(Mutex::new(Manners::default()));
    let info = HostInfo::new("rollcall-host", "Rollcall", "", env!("CARGO_PKG_VERSION"))
        .map_err(|error| Trouble::Plan(error.to_string()))?;
    let shared = Shared::new(Arc::clone(&manners));
    let instance =
        PluginInstance::<Host>::new(|_| shared, |shared| Main::new(shared), entry, &listed.id, &info)
            .map_err(|error| Trouble::refused(format!("to be made: {error}")))?;
    let in_file =
        plugins.iter().map(|one| (one.id.to_string_lossy().into_owned(), one.name.clone())).collect();
    let mut plugin = ClapPlugin {
        instance,
        listed: listed.clone(),
        in_file,
        ranges: HashMap::new(),
        stopped: Slot::default(),
        pending: Vec::new(),
        manners,
    };
    let ranges = plugin.params().into_iter().map(|param| (param.id, param.range)).collect();
    plugin.ranges = ranges;
    Ok(Box::new(plugin))
}

impl ClapPlugin {
    fn ports(&mut self, is_input: bool) -> Vec<Port> {
        let shared = self.instance.plugin_shared_handle();
        let Some(ports) = shared.get_extension::<PluginAudioPorts>() else { return Vec::new() };
        let handle = self.instance.plugin_handle();
        let mut buffer = AudioPortInfoBuffer::new();
        (0..ports.count(&handle, is_input))
            .filter_map(|index| {
                let port = ports.get(&handle, index, is_input, &mut buffer)?;
                Some(Port {
                    name: String::from_utf8_lossy(port.name).into_owned(),
                    channels: port.channel_count,
                    main: port.flags.contains(AudioPortFlags::IS_MAIN),
                })
            })
            .collect()
    }

    /// Every layout: (id, main inputs, main outputs, number of inputs, how it reads).
    fn layouts(&mut self) -> Vec<(ClapId, u32, u32, u32, String)> {
        let shared = self.instance.plugin_shared_handle();
        let Some(configs) = shared.get_extension::<PluginAudioPortsConfig>() else { return Vec::new() };
        let handle = self.instance.plugin_handle();
        let mut buffer = AudioPortsConfigBuffer::new();
        (0..configs.count(&handle))
            .filter_map(|index| {
                let config = configs.get(&handle, index, &mut buffer)?;
                let input = config.main_input.map_or(0, |port| port.channel_count);
                let output = config.main_output.map_or(0, |port| port.channel_count);
                let name = String::from_utf8_lossy(config.name);
                let inputs = config.input_port_count;
                Some((
                    config.id,
                    input,
                    output,
                    inputs,
                    format!("{name} ({input} in, {output} out, {inputs} inputs)"),
                ))
            })
            .collect()
    }

    fn params(&mut self) -> Vec<Param> {
        let shared = self.instance.plugin_shared_handle();
        let Some(params) = shared.get_extension::<PluginParams>() else { return Vec::new() };
        let handle = self.instance.plugin_handle();
        let mut buffer = ParamInfoBuffer::new();
        let mut text = [0_u8; 128];
        (0..params.count(&handle))
            .filter_map(|index| {
                let info = params.get_info(&handle, index, &mut buffer)?;
                let has = |flag| info.flags.contains(flag);
                let range = (info.min_value, info.max_value);
                let (id, default) = (info.id, to_normal(info.default_value, range));
                let steps = if has(ParamInfoFlags::IS_STEPPED) { (range.1 - range.0) as u32 } else { 0 };
                let param = Param {
                    id: id.get(),
                    name: String::from_utf8_lossy(info.name).into_owned(),
                    range,
                    default,
                    value: 0.0,
                    text: String::new(),
                    steps,
                    automatable: has(ParamInfoFlags::IS_AUTOMATABLE),
                    read_only: has(ParamInfoFlags::IS_READONLY),
                    hidden: has(ParamInfoFlags::IS_HIDDEN),
                    bypass: has(ParamInfoFlags::IS_BYPASS),
                };
                let value = params.get_value(&handle, id).unwrap_or(f64::NAN);
                let shown = params.value_to_text(&handle, id, value, &mut text);
                let text = shown.map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
                Some(Param { value: to_normal(value, range), text, ..param })
            })
            .collect()
    }

    fn select(&mut self, setup: &Setup) -> Result<(), Trouble> {
        let Some(channels) = setup.channels else { return Ok(()) };
        let now = (self.ports(true), self.ports(false));
        let width = |ports: &[Port]| ports.first().map_or(0, |port| port.channels);
        let layouts = self.layouts();
        let fits = |inputs: u32| (inputs > 1) == setup.sidechain;
        let exact =
            layouts.iter().find(|(_, i, o, inputs, _)| *i == channels && *o == channels && fits(*inputs));
        let near = || layouts.iter().find(|(_, i, o, ..)| *i == channels && *o == channels);
        match exact.or_else(near) {
            Some((id, ..)) => {
                let configs = self.instance.plugin_shared_handle().get_extension::<PluginAudioPortsConfig>();
                let handle = self.instance.plugin_handle();
                let chosen = configs.is_some_and(|configs| configs.select(&handle, *id).is_ok());
                if chosen {
                    Ok(())
                } else {
                    Err(Trouble::refused(format!("a layout of {channels} channels")))
                }
            }
            None if width(&now.0) == channels && width(&now.1) == channels => Ok(()),
            None => {
                let there: Vec<&str> = layouts.iter().map(|(.., name)| name.as_str()).collect();
                Err(Trouble::refused(format!(
                    "{channels} channels: it has {} in and {} out{}{}",
                    width(&now.0),
                    width(&now.1),
                    if there.is_empty() { "" } else { ", and offers " },
                    there.join("; ")
                )))
            }
        }
    }
}

impl Plugin for ClapPlugin {
    fn describe(&mut self) -> Description {
        let mut extensions = Vec::new();
        let shared = self.instance.plugin_shared_handle();
        let mut has = |name: &str, there: bool| {
            if there {
                extensions.push(name.to_owned());
            }
        };
        has("audio-ports", shared.get_extension::<PluginAudioPorts>().is_some());
        has("audio-ports-config", shared.get_extension::<PluginAudioPortsConfig>().is_some());
        has("latency", shared.get_extension::<PluginLatency>().is_some());
        has("note-ports", shared.get_extension::<PluginNotePorts>().is_some());
        has("params", shared.get_extension::<PluginParams>().is_some());
        has("render", shared.get_extension::<PluginRender>().is_some());
        has("state", shared.get_extension::<PluginState>().is_some());
        has("tail", shared.get_extension::<PluginTail>().is_some());
        let notes = shared.get_extension::<PluginNotePorts>();
        let handle = self.instance.plugin_handle();
        let note_ports = |is_input| notes.map_or(0, |notes| notes.count(&handle, is_input));
        let (event_inputs, event_outputs) = (note_ports(true), note_ports(false));
        Description {
            format: "clap".to_owned(),
            id: self.listed.id.to_string_lossy().into_owned(),
            name: self.listed.name.clone(),
            vendor: self.listed.vendor.clone(),
            version: self.listed.version.clone(),
            features: self.listed.features.clone(),
            in_file: self.in_file.clone(),
            inputs: self.ports(true),
            outputs: self.ports(false),
            layouts: self.layouts().into_iter().map(|(.., name)| name).collect(),
            event_inputs,
            event_outputs,
            params: self.params(),
            extensions,
        }
    }

    fn values(&mut self) -> Vec<f64> {
        self.params().into_iter().map(|param| param.value).collect()
    }

    fn value_of(&mut self, param: u32, text: &str) -> Option<f64> {
        let range = *self.ranges.get(&param)?;
        let params = self.instance.plugin_shared_handle().get_extension::<PluginParams>()?;
        let (id, text) = (ClapId::from_raw(param)?, CString::new(text).ok()?);
        let value = params.text_to_value(&self.instance.plugin_handle(), id, &text)?;
        Some(to_normal(value, range))
    }

    fn set(&mut self, changes: &[(u32, f64)]) -> Result<(), Trouble> {
        let params = self.instance.plugin_shared_handle().get_extension::<PluginParams>();
        let params = params.ok_or_else(|| Trouble::refused("parameters: it has none"))?;
        let Some(mut handle) = self.instance.inactive_plugin_handle() else {
            self.pending.extend_from_slice(changes);
            return Ok(());
        };
        let mut events = EventBuffer::new();
        for (id, value) in changes {
            let range = self.ranges.get(id).copied().unwrap_or((0.0, 1.0));
            event(*id, *value, range, 0).inspect(|event| events.push(event));
        }
        params.flush(&mut handle, &events.as_input(), &mut OutputEvents::void());
        Ok(())
    }

    fn activate(&mut self, setup: &Setup) -> Result<Ready, Trouble> {
        self.deactivate();
        self.select(setup)?;
        let render = self.instance.plugin_shared_handle().get_extension::<PluginRender>();
        if let Some(render) = render {
            let mode = if setup.mode == Mode::Offline { RenderMode::Offline } else { RenderMode::Realtime };
            let answer = render.set(&self.instance.plugin_handle(), mode);
            answer.map_err(|error| Trouble::refused(format!("render mode {mode:?}: {error}")))?;
        }
        let config = PluginAudioConfiguration {
            sample_rate: setup.rate_hz,
            min_frames_count: 1,
            max_frames_count: setup.max_frames,
        };
        let stopped = self.instance.activate(|_, _| (), config).map_err(|error| {
            Trouble::refused(format!("{} Hz with {} frames: {error}", setup.rate_hz, setup.max_frames))
        })?;
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(stopped);
        let latency = self.instance.plugin_shared_handle().get_extension::<PluginLatency>();
        let latency_frames = latency.map_or(0, |latency| latency.get(&self.instance.plugin_handle()));
        let widths = |ports: Vec<Port>| ports.into_iter().map(|port| port.channels).collect();
        Ok(Ready { latency_frames, inputs: widths(self.ports(true)), outputs: widths(self.ports(false)) })
    }

    fn deactivate(&mut self) {
        if let Some(stopped) = self.stopped.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.instance.deactivate(stopped);
        }
    }

    fn processor(&mut self) -> Result<Box<dyn Processor>, Trouble> {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stopped =
            stopped.ok_or_else(|| Trouble::Plan("blocks before the plugin was activated".to_owned()))?;
        let pending = std::mem::take(&mut self.pending);
        Ok(Box::new(ClapProcessor::new(stopped, Arc::clone(&self.stopped), self.ranges.clone(), pending)))
    }

    fn save(&mut self) -> Result<Vec<u8>, Trouble> {
        let state = self.instance.plugin_shared_handle().get_extension::<PluginState>();
        let state = state.ok_or_else(|| Trouble::refused("to save: it has no state"))?;
        let mut bytes = Vec::new();
        let saved = state.save(&self.instance.plugin_handle(), &mut bytes);
        saved.map_err(|error| Trouble::refused(format!("to save its state: {error}")))?;
        Ok(bytes)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let state = self.instance.plugin_shared_handle().get_extension::<PluginState>();
        let state = state.ok_or_else(|| Trouble::refused("to load: it has no state"))?;
        state
            .load(&self.instance.plugin_handle(), &mut &*bytes)
            .map_err(|error| Trouble::refused(format!("a state of {} bytes: {error}", bytes.len())))
    }

    fn idle(&mut self) {
        let wanted =
            self.instance.access_shared_handler(|shared| shared.callback.swap(false, Ordering::AcqRel));
        if wanted {
            self.instance.call_on_main_thread_callback();
        }
    }

    fn tell(&mut self, _: &[(u32, f64)]) -> bool {
        false
    }

    fn contradictions(&mut self) -> Vec<String> {
        self.deactivate();
        let mut found = Vec::new();
        for (id, input, output, inputs, name) in self.layouts() {
            let configs = self.instance.plugin_shared_handle().get_extension::<PluginAudioPortsConfig>();
            if configs.is_none_or(|configs| configs.select(&self.instance.plugin_handle(), id).is_err()) {
                found.push(format!("layout `{name}`: offered, but not taken"));
                continue;
            }
            let ports = (self.ports(true), self.ports(false));
            let width = |ports: &[Port]| ports.iter().find(|port| port.main).map_or(0, |port| port.channels);
            let is = (width(&ports.0), width(&ports.1), ports.0.len() as u32);
            if is != (input, output, inputs) {
                found.push(format!(
                    "layout `{name}`: taken, but it is {} in, {} out, {} inputs",
                    is.0, is.1, is.2
                ));
            }
        }
        // Hosts that select none get the first.
        if let Some((id, ..)) = self.layouts().first() {
            let configs = self.instance.plugin_shared_handle().get_extension::<PluginAudioPortsConfig>();
            let _ = configs.map(|configs| configs.select(&self.instance.plugin_handle(), *id));
        }
        found
    }

    fn manners(&self) -> Manners {
        self.manners.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ClapPlugin {
    fn drop(&mut self) {
        self.deactivate();
    }
}

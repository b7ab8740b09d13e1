//! A VST3 instance on the main thread: component and controller.

use super::module::{Listed, Module, hex, wide_text};
use super::objects::{Application, Handler, MemoryStream};
use super::process::Vst3Processor;
use super::{arrangements, audio, units};
use crate::format::{Manners, Plugin, Processor, Ready};
use crate::plan::{Mode, Setup};
use crate::record::{Description, Param};
use crate::trouble::Trouble;
use std::{
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
};
use vst3::{
    ComPtr, ComWrapper, Interface,
    Steinberg::{Vst::*, *},
};

/// Before a state that holds a controller's part as well.
const BOTH: &[u8] = b"rollcall-host vst3 ";

struct Vst3Plugin {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    controller: ComPtr<IEditController>,
    /// Whether the controller is an object of its own, which must be ended too.
    is_split: bool,
    listed: Listed,
    in_file: Vec<(String, String)>,
    is_active: bool,
    setup: Option<Setup>,
    pending: Vec<(u32, f64)>,
    manners: Arc<Mutex<Manners>>,
    /// What the plugin may hold pointers to until it is gone.
    _host: (ComWrapper<Application>, ComWrapper<Handler>),
    /// Last, so that the code is there until all else is gone.
    _module: Rc<Module>,
}

/// Makes an object of the module.
fn create<I: Interface>(module: &Module, cid: &TUID) -> Option<ComPtr<I>> {
    let factory = module.factory.as_ref()?;
    let mut object = std::ptr::null_mut();
    // SAFETY: the class and interface ids have 16 bytes each; the object is released by the pointer that owns it.
    unsafe {
        factory.createInstance(cid.as_ptr().cast(), I::IID.as_ptr().cast(), &mut object);
        ComPtr::from_raw(object.cast())
    }
}

pub(super) fn make(
    module: &Rc<Module>,
    listed: &Listed,
    plugins: &[Listed],
) -> Result<Box<dyn Plugin>, Trouble> {
    let refused = |what: &str| Trouble::refused(format!("to be made: {what}"));
    let manners = Arc::new(Mutex::new(Manners::default()));
    let (application, handler) =
        (ComWrapper::new(Application), ComWrapper::new(Handler(Arc::clone(&manners))));
    let context = application.as_com_ref::<IHostApplication>().map_or(std::ptr::null_mut(), |a| a.as_ptr());
    let component: ComPtr<IComponent> = create(module, &listed.cid).ok_or_else(|| refused("no component"))?;
    // SAFETY: component and controller are alive, the host's objects outlive them, and each call is given room for what
    // it writes.
    unsafe {
        if component.initialize(context.cast()) != kResultOk {
            return Err(refused("the component's initialize"));
        }
        let processor = component.cast().ok_or_else(|| refused("it processes no audio"))?;
        let (controller, is_split) = match component.cast::<IEditController>() {
            Some(controller) => (controller, false),
            None => {
                let mut cid: TUID = [0; 16];
                if component.getControllerClassId(&mut cid) != kResultOk {
                    return Err(refused("it names no controller"));
                }
                let controller: ComPtr<IEditController> =
                    create(module, &cid).ok_or_else(|| refused("no controller"))?;
                if controller.initialize(context.cast()) != kResultOk {
                    return Err(refused("the controller's initialize"));
                }
                (controller, true)
            }
        };
        if let Some(handler) = handler.as_com_ref::<IComponentHandler>() {
            controller.setComponentHandler(handler.as_ptr());
        }
        if is_split {
            let ends = (component.cast::<IConnectionPoint>(), controller.cast::<IConnectionPoint>());
            if let (Some(a), Some(b)) = ends {
                a.connect(b.as_ptr());
                b.connect(a.as_ptr());
            }
        }
        let mut plugin = Vst3Plugin {
            component,
            processor,
            controller,
            is_split,
            listed: listed.clone(),
            in_file: plugins.iter().map(|one| (hex(&one.cid), one.name.clone())).collect(),
            is_active: false,
            setup: None,
            pending: Vec::new(),
            manners,
            _host: (application, handler),
            _module: Rc::clone(module),
        };
        // A controller of its own begins with the component's state (VST3 SDK, "Persistence").
        if is_split && let Ok(state) = plugin.component_state() {
            plugin.tell_controller(&state);
        }
        Ok(Box::new(plugin))
    }
}

impl Vst3Plugin {
    fn component_state(&mut self) -> Result<Vec<u8>, Trouble> {
        let stream = MemoryStream::new(&[]);
        let pointer = stream.as_com_ref::<IBStream>().map_or(std::ptr::null_mut(), |s| s.as_ptr());
        // SAFETY: component and stream are alive.
        if unsafe { self.component.getState(pointer) } != kResultOk {
            return Err(Trouble::refused("to save its state"));
        }
        Ok(stream.bytes.borrow().clone())
    }

    fn tell_controller(&mut self, state: &[u8]) {
        let stream = MemoryStream::new(state);
        let pointer = stream.as_com_ref::<IBStream>().map_or(std::ptr::null_mut(), |s| s.as_ptr());
        // SAFETY: controller and stream are alive. Many controllers do not implement it: the answer says nothing.
        unsafe { self.controller.setComponentState(pointer) };
    }

    fn param(&self, index: i32) -> Option<Param> {
        // SAFETY: the controller is alive, and each call is given room for what it writes.
        unsafe {
            let mut info: ParameterInfo = std::mem::zeroed();
            if self.controller.getParameterInfo(index, &mut info) != kResultOk {
                return None;
            }
            let value = self.controller.getParamNormalized(info.id);
            let mut text: String128 = [0; 128];
            self.controller.getParamStringByValue(info.id, value, &mut text);
            use ParameterInfo_::ParameterFlags_ as flag;
            let has = |flag: i32| info.flags & flag != 0;
            Some(Param {
                id: info.id,
                name: wide_text(&info.title),
                range: (0.0, 1.0),
                default: info.defaultNormalizedValue,
                value,
                text: wide_text(&text),
                steps: info.stepCount.max(0) as u32,
                automatable: has(flag::kCanAutomate),
                read_only: has(flag::kIsReadOnly),
                hidden: has(flag::kIsHidden),
                bypass: has(flag::kIsBypass),
            })
        }
    }

    fn params(&self) -> Vec<Param> {
        // SAFETY: the controller is alive.
        let count = unsafe { self.controller.getParameterCount() };
        (0..count).filter_map(|index| self.param(index)).collect()
    }
}

impl Plugin for Vst3Plugin {
    fn describe(&mut self) -> Description {
        let mut extensions = vec!["IComponent".to_owned(), "IAudioProcessor".to_owned()];
        if self.is_split {
            extensions.push("IEditController apart".to_owned());
        }
        if self.component.cast::<IProcessContextRequirements>().is_some() {
            extensions.push("IProcessContextRequirements".to_owned());
        }
        if self.controller.cast::<IMidiMapping>().is_some() {
            extensions.push("IMidiMapping".to_owned());
        }
        if self.controller.cast::<IUnitInfo>().is_some() {
            extensions.push("IUnitInfo".to_owned());
        }
        Description {
            format: "vst3".to_owned(),
            id: hex(&self.listed.cid),
            name: self.listed.name.clone(),
            vendor: self.listed.vendor.clone(),
            version: self.listed.version.clone(),
            features: self
                .listed
                .categories
                .split('|')
                .filter(|c| !c.is_empty())
                .map(str::to_owned)
                .collect(),
            in_file: self.in_file.clone(),
            inputs: audio::ports(&self.component, true),
            outputs: audio::ports(&self.component, false),
            layouts: Vec::new(),
            event_inputs: audio::event_ports(&self.component, true),
            event_outputs: audio::event_ports(&self.component, false),
            params: self.params(),
            extensions,
        }
    }

    fn values(&mut self) -> Vec<f64> {
        self.params().into_iter().map(|param| param.value).collect()
    }

    fn value_of(&mut self, param: u32, text: &str) -> Option<f64> {
        let mut wide: Vec<TChar> = text.encode_utf16().chain([0]).collect();
        let mut value = 0.0;
        // SAFETY: the controller is alive, the text ends with a 0.
        let answer = unsafe { self.controller.getParamValueByString(param, wide.as_mut_ptr(), &mut value) };
        (answer == kResultOk).then_some(value)
    }

    fn set(&mut self, changes: &[(u32, f64)]) -> Result<(), Trouble> {
        self.tell(changes);
        // The component hears of it with its next block, as from any host.
        self.pending.extend_from_slice(changes);
        Ok(())
    }

    fn activate(&mut self, setup: &Setup) -> Result<Ready, Trouble> {
        self.deactivate();
        audio::arrange(&self.component, &self.processor, setup)?;
        let mode = match setup.mode {
            Mode::Realtime => ProcessModes_::kRealtime,
            Mode::Offline => ProcessModes_::kOffline,
        };
        let mut process = ProcessSetup {
            processMode: mode as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: setup.max_frames as i32,
            sampleRate: setup.rate_hz,
        };
        let what = format!("{} Hz with {} frames", setup.rate_hz, setup.max_frames);
        // SAFETY: component and processor are alive.
        unsafe {
            if self.processor.setupProcessing(&mut process) != kResultOk {
                return Err(Trouble::refused(what));
            }
            if self.component.setActive(1) != kResultOk {
                return Err(Trouble::refused(format!("to become active at {what}")));
            }
        }
        self.is_active = true;
        self.setup = Some(setup.clone());
        let widths =
            |is_input| audio::ports(&self.component, is_input).iter().map(|port| port.channels).collect();
        // SAFETY: the processor is alive.
        let latency_frames = unsafe { self.processor.getLatencySamples() };
        Ok(Ready { latency_frames, inputs: widths(true), outputs: widths(false) })
    }

    fn deactivate(&mut self) {
        if std::mem::take(&mut self.is_active) {
            // SAFETY: the component is alive, and its processor was dropped, which ended its processing.
            unsafe { self.component.setActive(0) };
        }
    }

    fn processor(&mut self) -> Result<Box<dyn Processor>, Trouble> {
        let setup = self.setup.as_ref().filter(|_| self.is_active);
        let setup =
            setup.ok_or_else(|| Trouble::Plan("blocks before the plugin was activated".to_owned()))?;
        let pending = std::mem::take(&mut self.pending);
        Ok(Box::new(Vst3Processor::new(self.processor.clone(), setup.mode, pending)))
    }

    fn save(&mut self) -> Result<Vec<u8>, Trouble> {
        let state = self.component_state()?;
        let stream = MemoryStream::new(&[]);
        let pointer = stream.as_com_ref::<IBStream>().map_or(std::ptr::null_mut(), |s| s.as_ptr());
        // SAFETY: controller and stream are alive. Only a controller of its own has a state of its own.
        let has_own = self.is_split && unsafe { self.controller.getState(pointer) } == kResultOk;
        let own = stream.bytes.borrow();
        if !has_own || own.is_empty() {
            return Ok(state);
        }
        Ok([BOTH, &(state.len() as u64).to_le_bytes(), &state, &own].concat())
    }

    fn load(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let (component, own) = match bytes.strip_prefix(BOTH).and_then(|rest| rest.split_first_chunk::<8>()) {
            Some((length, rest)) => rest.split_at((u64::from_le_bytes(*length) as usize).min(rest.len())),
            None => (bytes, &[][..]),
        };
        let stream = MemoryStream::new(component);
        let pointer = stream.as_com_ref::<IBStream>().map_or(std::ptr::null_mut(), |s| s.as_ptr());
        // SAFETY: component and stream are alive.
        if unsafe { self.component.setState(pointer) } != kResultOk {
            return Err(Trouble::refused(format!("a state of {} bytes", component.len())));
        }
        self.tell_controller(component);
        if !own.is_empty() {
            let stream = MemoryStream::new(own);
            let pointer = stream.as_com_ref::<IBStream>().map_or(std::ptr::null_mut(), |s| s.as_ptr());
            // SAFETY: controller and stream are alive.
            unsafe { self.controller.setState(pointer) };
        }
        Ok(())
    }

    fn idle(&mut self) {}

    fn tell(&mut self, changes: &[(u32, f64)]) -> bool {
        for (id, value) in changes {
            // SAFETY: the controller is alive.
            unsafe { self.controller.setParamNormalized(*id, *value) };
        }
        true
    }

    fn contradictions(&mut self) -> Vec<String> {
        self.deactivate();
        let mut found = arrangements::contradictions(&self.component, &self.processor);
        found.extend(units::contradictions(&self.controller));
        found
    }

    fn manners(&self) -> Manners {
        self.manners.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Vst3Plugin {
    fn drop(&mut self) {
        self.deactivate();
        // SAFETY: both are alive; this is the order that the VST3 SDK's own host keeps.
        unsafe {
            self.controller.setComponentHandler(std::ptr::null_mut());
            if self.is_split {
                let ends =
                    (self.component.cast::<IConnectionPoint>(), self.controller.cast::<IConnectionPoint>());
                if let (Some(a), Some(b)) = ends {
                    a.disconnect(b.as_ptr());
                    b.disconnect(a.as_ptr());
                }
                self.controller.terminate();
            }
            self.component.terminate();
        }
    }
}

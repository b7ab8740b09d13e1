//! A host with one window, and the plugin's in it: loaded through its CLAP entry point, as any host does.

use super::screen::{Picture, Screen};
use clack_extensions::{
    gui::{GuiApiType, GuiConfiguration, GuiSize, HostGui, HostGuiImpl, PluginGui, Window as Parent},
    params::PluginParams,
    state::PluginState,
};
use clack_host::{
    entry::EntryDescriptor,
    events::{
        EventFlags, EventHeader,
        event_types::{TransportEvent, TransportFlags},
        spaces::CoreEventSpace,
    },
    prelude::*,
    utils::{BeatTime, SecondsTime},
};
use rollcall_worker::Recording;
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};
use x11rb::{
    connection::Connection,
    protocol::xproto::{
        ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, GetGeometryReply, Window, WindowClass,
    },
    wrapper::ConnectionExt as _,
};

/// What the plugin asks of its host, from any thread.
#[derive(Default)]
pub(crate) struct Shared {
    callback: AtomicBool,
    resize: Mutex<Option<GuiSize>>,
}

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {
        self.callback.store(true, Relaxed);
    }
}

impl HostGuiImpl for Shared {
    fn resize_hints_changed(&self) {}
    fn request_resize(&self, size: GuiSize) -> Result<(), HostError> {
        *self.resize.lock().expect("no panic") = Some(size);
        Ok(())
    }
    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }
    fn closed(&self, _: bool) {}
}

pub(crate) struct StageHost;

impl HostHandlers for StageHost {
    type Shared<'a> = Shared;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();

    fn declare_extensions(builder: &mut HostExtensions<Self>, _: &Shared) {
        builder.register::<HostGui>();
    }
}

/// How fast audio comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speed {
    Live,
    AsFastAsItGoes,
}

/// One instance of the plugin, its window in a parent at the screen's upper left corner.
pub(crate) struct Stage<'a> {
    screen: &'a Screen,
    instance: PluginInstance<StageHost>,
    gui: PluginGui,
    parent: Option<Window>,
    rate_hz: u32,
    audio: Option<StoppedPluginAudioProcessor<StageHost>>,
    at: usize,
    /// Hosts take their time between making the window and showing it.
    pub(crate) before_show: Duration,
}

fn entry() -> PluginEntry {
    // Named so that the library, and with it the symbol, is linked in.
    let _ = rollcall_plugin::CHANNEL;
    unsafe extern "C" {
        static clap_entry: EntryDescriptor;
    }
    // SAFETY: nice-plug exports the symbol with this type; it is what every host loads.
    unsafe { PluginEntry::load_from_raw(&clap_entry, c"") }.expect("an entry")
}

impl<'a> Stage<'a> {
    /// An instance without a window, at the rate of the audio that it will hear.
    pub(crate) fn new(screen: &'a Screen, rate_hz: u32) -> Self {
        let info = HostInfo::new("Rollcall's stage", "Rollcall", "", "1").expect("text");
        let id = c"org.rollcall.rollcall";
        let instance = PluginInstance::<StageHost>::new(|()| Shared::default(), |_| (), &entry(), id, &info);
        let instance = instance.expect("an instance");
        let gui = instance.plugin_shared_handle().get_extension().expect("a window");
        Self {
            screen,
            instance,
            gui,
            parent: None,
            rate_hz,
            audio: None,
            at: 0,
            before_show: Duration::from_millis(40),
        }
    }

    /// Gestures on parameters that the plugin sends when it is asked: each says that the project has changed.
    pub(crate) fn gestures(&mut self) -> usize {
        let params: PluginParams = self.instance.plugin_shared_handle().get_extension().expect("parameters");
        let mut handle = self.instance.inactive_plugin_handle().expect("it is inactive");
        let mut events = EventBuffer::new();
        params.flush(&mut handle, &InputEvents::empty(), &mut events.as_output());
        let ends =
            |event: &&UnknownEvent| matches!(event.as_core_event(), Some(CoreEventSpace::ParamGestureEnd(_)));
        events.iter().filter(ends).count()
    }

    pub(crate) fn save(&mut self) -> String {
        let state: PluginState = self.instance.plugin_shared_handle().get_extension().expect("a state");
        let mut bytes = Vec::new();
        state.save(&self.instance.plugin_handle(), &mut bytes).expect("saved");
        String::from_utf8(bytes[8..].to_vec()).expect("JSON")
    }

    /// Puts other values into the fields that the plugin saves beside its parameters.
    pub(crate) fn remember(&mut self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut whole: serde_json::Value = serde_json::from_str(&self.save()).expect("JSON");
        let view = whole["fields"]["view"].as_str().expect("a view").to_owned();
        let mut view: serde_json::Value = serde_json::from_str(&view).expect("JSON");
        change(&mut view);
        whole["fields"]["view"] = view.to_string().into();
        let text = whole.to_string();
        // nice-plug puts the length of the text before it, in eight bytes.
        let bytes = [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
        let state: PluginState = self.instance.plugin_shared_handle().get_extension().expect("a state");
        state.load(&self.instance.plugin_handle(), &mut &bytes[..]).expect("loaded");
    }

    /// A parameter's normalised value, by name.
    pub(crate) fn value(&mut self, name: &str) -> f64 {
        let params: PluginParams = self.instance.plugin_shared_handle().get_extension().expect("parameters");
        let handle = self.instance.plugin_handle();
        let mut buffer = clack_extensions::params::ParamInfoBuffer::new();
        for index in 0..params.count(&handle) {
            let info = params.get_info(&handle, index, &mut buffer).expect("a parameter");
            let id = info.id;
            if info.name == name.as_bytes() {
                return params.get_value(&handle, id).expect("a value");
            }
        }
        panic!("no parameter is called {name}")
    }

    /// Opens the window as a host does: as large as the plugin says, or as `size` says.
    pub(crate) fn open(&mut self, size: Option<(u32, u32)>) {
        let handle = self.instance.plugin_handle();
        let api = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };
        assert!(self.gui.is_api_supported(&handle, api));
        self.gui.create(&handle, api).expect("a window");
        let wanted = self.gui.get_size(&handle).expect("a size");
        let (width, height) = size.unwrap_or((wanted.width, wanted.height));
        let x = &self.screen.x;
        let parent = x.generate_id().expect("X");
        let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
        let aux = CreateWindowAux::new().background_pixel(0);
        let (root, class) = (self.screen.root, WindowClass::INPUT_OUTPUT);
        x.create_window(depth, parent, root, 0, 0, width as u16, height as u16, 0, class, visual, &aux)
            .expect("X");
        x.map_window(parent).expect("X");
        // The plugin has a connection of its own: the window must be there before it is named to it.
        x.sync().expect("X");
        self.parent = Some(parent);
        let handle = self.instance.plugin_handle();
        // SAFETY: the window lives until `close` has destroyed the plugin's.
        unsafe { self.gui.set_parent(&handle, Parent::from_x11_handle(parent.into())) }.expect("a parent");
        if size.is_some() {
            self.gui.set_size(&handle, GuiSize { width, height }).expect("a size");
        }
        thread::sleep(self.before_show);
        self.gui.show(&handle).expect("shown");
    }

    pub(crate) fn hide(&mut self) {
        self.gui.hide(&self.instance.plugin_handle()).expect("hidden");
    }
    pub(crate) fn show(&mut self) {
        self.gui.show(&self.instance.plugin_handle()).expect("shown");
    }
    pub(crate) fn close(&mut self) {
        self.close_and(|| {});
    }
    /// Looks at something when the plugin's window is closed and the host's is still there.
    pub(crate) fn close_and(&mut self, look: impl FnOnce()) {
        self.gui.destroy(&self.instance.plugin_handle());
        look();
        if let Some(parent) = self.parent.take() {
            self.screen.x.destroy_window(parent).expect("X");
            self.screen.x.sync().expect("X");
        }
    }

    /// The plugin's own window.
    pub(crate) fn child(&self) -> Window {
        let tree = self.screen.x.query_tree(self.parent.expect("open")).expect("X").reply().expect("X");
        *tree.children.first().expect("the plugin's window")
    }
    pub(crate) fn geometry(&self, window: Window) -> GetGeometryReply {
        self.screen.x.get_geometry(window).expect("X").reply().expect("X")
    }

    /// Does for a while what a host's main thread does.
    pub(crate) fn idle(&mut self, time: Duration) {
        let began = Instant::now();
        loop {
            self.turn();
            if began.elapsed() >= time {
                break;
            }
            thread::sleep(Duration::from_millis(4));
        }
    }

    /// Waits for something that the window or the worker does.
    pub(crate) fn until(&mut self, what: &str, mut is_so: impl FnMut(&mut Self) -> bool) {
        let began = Instant::now();
        while !is_so(self) {
            if began.elapsed() > Duration::from_secs(60) {
                let picture = self.picture();
                let drawn = picture.pixels.iter().filter(|pixel| **pixel != [0; 3]).count();
                let of = picture.pixels.len();
                panic!(
                    "waited too long for {what}; {drawn} of {of} pixels are drawn; state: {}",
                    self.save()
                );
            }
            self.idle(Duration::from_millis(30));
        }
    }

    fn turn(&mut self) {
        let (callback, resize) = self.instance.access_shared_handler(|shared| {
            (shared.callback.swap(false, Relaxed), shared.resize.lock().expect("no panic").take())
        });
        if let (Some(size), Some(parent)) = (resize, self.parent) {
            let aux = ConfigureWindowAux::new().width(size.width).height(size.height);
            self.screen.x.configure_window(parent, &aux).expect("X");
            self.screen.x.sync().expect("X");
        }
        if callback {
            self.instance.call_on_main_thread_callback();
        }
    }

    /// The parent's picture.
    pub(crate) fn picture(&self) -> Picture {
        let size = self.geometry(self.parent.expect("open"));
        self.screen.picture(size.width, size.height)
    }

    /// Plays the next seconds of a recording; from the start again after its end.
    pub(crate) fn play(&mut self, recording: &Recording, seconds: f64, speed: Speed) {
        const BLOCK: usize = 512;
        let config = PluginAudioConfiguration {
            sample_rate: f64::from(self.rate_hz),
            min_frames_count: 1,
            max_frames_count: BLOCK as u32,
        };
        let audio = match self.audio.take() {
            Some(audio) => audio,
            None => self.instance.activate(|_, ()| (), config).expect("active"),
        };
        let mut audio = audio.start_processing().expect("started");
        let mut ports = (AudioPorts::with_capacity(4, 2), AudioPorts::with_capacity(2, 1));
        let (began, mut done) = (Instant::now(), 0_usize);
        while (done as f64) < seconds * f64::from(self.rate_hz) {
            let sample = |channel: usize, frame: usize| {
                let channel = &recording.channels[channel.min(recording.channels.len() - 1)];
                channel[(self.at + frame) % channel.len()]
            };
            let mut main: Vec<Vec<f32>> =
                (0..2).map(|c| (0..BLOCK).map(|f| sample(c, f)).collect()).collect();
            let mut side = vec![vec![0.0_f32; BLOCK]; 2];
            let mut out = side.clone();
            let inputs = ports.0.with_input_buffers([&mut main, &mut side].map(|bus| AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_input_only(bus.iter_mut().map(InputChannel::variable)),
            }));
            let mut outputs = ports.1.with_output_buffers([AudioPortBuffer {
                latency: 0,
                channels: AudioPortBufferType::f32_output_only(out.iter_mut().map(Vec::as_mut_slice)),
            }]);
            let transport = transport(self.at as f64 / f64::from(self.rate_hz));
            audio
                .process(
                    &inputs,
                    &mut outputs,
                    &InputEvents::empty(),
                    &mut OutputEvents::void(),
                    None,
                    Some(&transport),
                )
                .expect("processed");
            self.at += BLOCK;
            done += BLOCK;
            if speed == Speed::Live {
                let due = Duration::from_secs_f64(done as f64 / f64::from(self.rate_hz));
                self.turn();
                thread::sleep(due.saturating_sub(began.elapsed()));
            }
        }
        self.audio = Some(audio.stop_processing());
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        if self.parent.is_some() {
            self.close();
        }
        if let Some(audio) = self.audio.take() {
            self.instance.deactivate(audio);
        }
    }
}

/// A song in 4/4 at 96 beats a minute.
fn transport(song_s: f64) -> TransportEvent {
    let beats = song_s * 96.0 / 60.0;
    let bar = (beats / 4.0).floor();
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags: TransportFlags::HAS_TEMPO
            | TransportFlags::HAS_BEATS_TIMELINE
            | TransportFlags::HAS_SECONDS_TIMELINE
            | TransportFlags::HAS_TIME_SIGNATURE
            | TransportFlags::IS_PLAYING,
        song_pos_beats: BeatTime::from_float(beats),
        song_pos_seconds: SecondsTime::from_float(song_s),
        tempo: 96.0,
        tempo_inc: 0.0,
        loop_start_beats: BeatTime::from_int(0),
        loop_end_beats: BeatTime::from_int(0),
        loop_start_seconds: SecondsTime::from_int(0),
        loop_end_seconds: SecondsTime::from_int(0),
        bar_start: BeatTime::from_float(bar * 4.0),
        bar_number: bar as i32,
        time_signature_numerator: 4,
        time_signature_denominator: 4,
    }
}

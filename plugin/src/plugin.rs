//! The plugin: its description, its life, and its blocks.

use crate::ear::Ear;
use crate::midi::MidiOut;
use crate::params::RollcallParams;
use crate::shared::Shared;
use crate::tail::{Seen, Tail};
use crate::window::Window;
use nice_plug::prelude::*;
use rollcall_board::{Board, Input, Settings, board};
use rollcall_worker::Worker;
use std::sync::Arc;

/// One instance. Its worker thread lives as long as it does.
pub struct Rollcall {
    params: Arc<RollcallParams>,
    board: Board,
    window: Arc<Shared>,
    /// None if the system gave no thread: audio passes all the same.
    worker: Option<Worker>,
    /// Between activation and deactivation, at a rate that can be analysed.
    ear: Option<Ear>,
    /// Of the stream that `ear` hears.
    tail: Tail,
    midi: MidiOut,
    /// Settings that the window was told of.
    shown: Option<Settings>,
}

impl Default for Rollcall {
    fn default() -> Self {
        let (writer, board, inbox) = board();
        let params = Arc::new(RollcallParams::default());
        let window = Arc::new(Shared::default());
        let told = Arc::clone(&window);
        let worker = Worker::spawn(writer, inbox, params.models(), Box::new(move || told.news())).ok();
        Self {
            params,
            board,
            window,
            worker,
            ear: None,
            tail: Tail::new(1.0),
            midi: MidiOut::default(),
            shown: None,
        }
    }
}

impl Rollcall {
    /// What the instance hears, for those that run it in their own process.
    pub fn board(&self) -> &Board {
        &self.board
    }
    /// The editor; no window is opened yet.
    pub fn window(&self) -> Window {
        Window::new(self.board.clone(), Arc::clone(&self.params), Arc::clone(&self.window))
    }

    /// Begins to listen to a stream. At a rate that can't be analysed (below 8 kHz, above 384 kHz) audio passes all the
    /// same.
    pub fn start(&mut self, rate_hz: f64, most_frames: u32) {
        // The old tap goes first: both may be large.
        self.ear = None;
        let worker = self.worker.as_ref();
        self.ear = worker.and_then(|worker| {
            let writer = worker.open(rate_hz, most_frames as usize).ok()?;
            Some(Ear::new(writer, Arc::clone(worker.link()), rate_hz))
        });
        self.tail = Tail::new(rate_hz);
        self.midi.set_rate(rate_hz);
    }

    /// How the host processes the block that comes next: it may change its mind between any two.
    pub fn say(&mut self, mode: ProcessMode) {
        if let Some(ear) = &mut self.ear {
            ear.say(mode == ProcessMode::Offline);
        }
    }

    /// Listens to a block; the audio is read alone. Neither allocates nor locks; waits only where the host renders
    /// faster than real time.
    pub fn listen(
        &mut self,
        main: &[&mut [f32]],
        sidechain: &[&mut [f32]],
        frames: usize,
        transport: &Transport,
    ) {
        let settings = self.params.settings();
        if self.shown != Some(settings) {
            self.shown = Some(settings);
            self.window.news();
        }
        let Some(ear) = &mut self.ear else { return };
        let heard = match settings.input {
            Input::Main => main,
            Input::Sidechain => sidechain,
        };
        ear.hear(heard, frames, &settings, self.params.reset.value(), transport);
        if settings.bypass {
            self.tail.pass(frames);
        } else {
            self.tail.hear(heard, frames);
        }
    }

    /// What the host is told of the block before: whether there is still something to come.
    pub fn status(&self) -> ProcessStatus {
        let Some(ear) = &self.ear else { return ProcessStatus::Normal };
        let settings = self.params.settings();
        let seen = Seen {
            waiting_frames: ear.waiting_frames(),
            is_quiet: self.board.outputs().is_quiet() && self.midi.is_quiet(),
        };
        match self.tail.goes_on(&settings, seen) {
            true => ProcessStatus::Tail(self.tail.frames(&settings)),
            false => ProcessStatus::Normal,
        }
    }

    /// Frames after the last sound in which something is still to come; none where nothing is heard.
    fn tail_frames(&self) -> Option<u32> {
        Some(self.ear.as_ref().map_or(0, |_| self.tail.frames(&self.params.settings())))
    }

    /// Hands over what goes out as MIDI with a block of so many frames; `send` says whether there was room.
    pub fn tell(&mut self, frames: usize, send: &mut impl FnMut(NoteEvent<()>) -> bool) {
        self.midi.send(self.board.outputs(), &self.params.settings(), frames, send);
    }

    /// The stream ends; what has come is heard to its end.
    pub fn stop(&mut self) {
        self.ear = None;
    }
}

/// As many channels in as out, with a sidechain of so many, or without.
macro_rules! layout {
    ($channels:literal) => {
        AudioIOLayout {
            main_input_channels: NonZeroU32::new($channels),
            main_output_channels: NonZeroU32::new($channels),
            ..AudioIOLayout::const_default()
        }
    };
    ($channels:literal, $sidechain:literal) => {
        AudioIOLayout {
            aux_input_ports: &[new_nonzero_u32($sidechain)],
            names: PortNames { aux_inputs: &["Sidechain"], ..PortNames::const_default() },
            ..layout!($channels)
        }
    };
}

/// For each number of channels: a sidechain of as many, none, one in stereo, and one in mono.
macro_rules! layouts {
    ($($channels:literal)*) => {
        &[
            layout!(2, 2),
            layout!(2),
            layout!(2, 1),
            layout!(1, 1),
            layout!(1),
            layout!(1, 2),
            $(
                layout!($channels, $channels),
                layout!($channels),
                layout!($channels, 2),
                layout!($channels, 1),
            )*
        ]
    };
}

impl Plugin for Rollcall {
    const NAME: &'static str = "Rollcall";
    const VENDOR: &'static str = "Rollcall";
    const URL: &'static str = env!("CARGO_PKG_HOMEPAGE");
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    // Stereo first: it is what hosts take by default. The framework wants them counted out: every bed up to 9.1.6, 22.2, and
    // ambisonics up to the sixth order.
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] =
        layouts!(3 4 5 6 7 8 9 10 11 12 13 14 15 16 24 25 36 49);
    const MIDI_OUTPUT: MidiConfig = MidiConfig::MidiCCs;

    type Editor = Window;
    type SysExMessage = ();
    // nice-plug's background tasks share one thread among all instances and wake it by a syscall: the worker does
    // everything instead.
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        Arc::clone(&self.params) as Arc<dyn Params>
    }

    fn editor(&mut self, _: AsyncExecutor<Self>) -> Option<Self::Editor> {
        Some(self.window())
    }

    fn filter_state(state: &mut PluginState) {
        crate::persist::make_sound(state);
    }

    fn activate(
        &mut self,
        _: &AudioIOLayout,
        buffers: &BufferConfig,
        _: &mut impl ActivateContext<Self>,
    ) -> bool {
        // Each block says its own mode.
        self.start(f64::from(buffers.sample_rate), buffers.max_buffer_size);
        true
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        let frames = buffer.samples();
        let sidechain = aux.inputs.first().map_or(&[][..], |bus| bus.as_slice_immutable());
        self.listen(buffer.as_slice_immutable(), sidechain, frames, context.transport());
        self.tell(frames, &mut |event| context.try_send_event(event).is_ok());
        self.status()
    }

    fn reset(&mut self) {
        self.midi.forget();
    }

    fn deactivate(&mut self) {
        self.stop();
    }
}

impl ClapPlugin for Rollcall {
    const CLAP_ID: &'static str = "org.rollcall.rollcall";
    const CLAP_DESCRIPTION: Option<&'static str> = Some("Shows which of 20 instruments play");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[
        ClapFeature::AudioEffect,
        ClapFeature::Analyzer,
        ClapFeature::Utility,
        ClapFeature::Mono,
        ClapFeature::Stereo,
        ClapFeature::Surround,
    ];

    fn block_process_mode(&mut self, mode: ProcessMode) {
        self.say(mode);
    }

    fn tail_samples(&self) -> Option<u32> {
        self.tail_frames()
    }
}

impl Vst3Plugin for Rollcall {
    const VST3_CLASS_ID: [u8; 16] = *b"RollcallWhoPlays";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] = &[Vst3SubCategory::Fx, Vst3SubCategory::Analyzer];
    // `listen` tells the window itself, with a store.
    const NOTIFY_EDITOR_OF_AUTOMATION: bool = false;

    fn block_process_mode(&mut self, mode: ProcessMode) {
        self.say(mode);
    }

    fn tail_samples(&self) -> Option<u32> {
        self.tail_frames()
    }
}

//! A host around the plugin in this process, and an allocator that counts.
#![allow(dead_code, reason = "each test uses its part")]
#![expect(unsafe_code, reason = "an allocator, and nice-plug's raw buffers and parameters")]

use nice_plug::{context::process::SendEventError, midi::PluginNoteEvent, prelude::*};
use rollcall_board::Board;
use rollcall_plugin::Rollcall;
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    time::{Duration, Instant},
};

thread_local! {
    static COUNTING: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

fn note() {
    // The allocator may be called while the thread's variables are being torn down.
    let _ = COUNTING.try_with(|counting| {
        if counting.get() {
            COUNT.with(|count| count.set(count.get() + 1));
        }
    });
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note();
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations and releases of this thread while `work` runs; with the feature `rtsan`, whatever a real-time thread must
/// not do ends the program.
pub(crate) fn count<R>(work: impl FnOnce() -> R) -> (R, usize) {
    #[cfg(feature = "rtsan")]
    rtsan_standalone::ensure_initialized();
    COUNT.set(0);
    COUNTING.set(true);
    #[cfg(feature = "rtsan")]
    let _real_time = rtsan_standalone::ScopedSanitizeRealtime::default();
    let result = work();
    COUNTING.set(false);
    (result, COUNT.get())
}

/// What the host says of its transport.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Playing {
    Unknown,
    Stopped,
    At(f64),
}

/// What came of a block.
pub(crate) struct Block {
    pub(crate) status: ProcessStatus,
    pub(crate) allocations: usize,
    pub(crate) changed_samples: usize,
}

/// One instance and what surrounds it.
pub(crate) struct Host {
    pub(crate) plugin: Rollcall,
    pub(crate) transport: Playing,
    layout: AudioIOLayout,
    rate_hz: f32,
    mode: ProcessMode,
    sent: usize,
}

struct Context {
    api: PluginApi,
    transport: Transport,
    sent: usize,
}

impl ActivateContext<Rollcall> for Context {
    fn plugin_api(&self) -> PluginApi {
        self.api
    }
    fn execute(&self, (): ()) {}
    fn set_latency_samples(&self, samples: u32) {
        assert_eq!(samples, 0, "the plugin has no latency");
    }
    fn set_current_voice_capacity(&self, _: u32) {}
}

impl ProcessContext<Rollcall> for Context {
    fn plugin_api(&self) -> PluginApi {
        self.api
    }
    fn execute_background(&self, (): ()) {}
    fn execute_gui(&self, (): ()) {}
    fn transport(&self) -> &Transport {
        &self.transport
    }
    fn next_event(&mut self) -> Option<PluginNoteEvent<Rollcall>> {
        None
    }
    fn try_send_event(
        &mut self,
        _: PluginNoteEvent<Rollcall>,
    ) -> Result<(), (PluginNoteEvent<Rollcall>, SendEventError)> {
        self.sent += 1;
        Ok(())
    }
    fn set_latency_samples(&self, samples: u32) {
        assert_eq!(samples, 0, "the plugin has no latency");
    }
    fn request_restart(&self) {}
    fn set_current_voice_capacity(&self, _: u32) {}
}

impl Host {
    /// Number of layouts there are.
    pub(crate) fn layouts() -> usize {
        Rollcall::AUDIO_IO_LAYOUTS.len()
    }

    pub(crate) fn new(layout: usize) -> Self {
        Self {
            plugin: Rollcall::default(),
            transport: Playing::Unknown,
            layout: Rollcall::AUDIO_IO_LAYOUTS[layout],
            rate_hz: 48_000.0,
            mode: ProcessMode::Realtime,
            sent: 0,
        }
    }

    pub(crate) fn activate(
        &mut self,
        rate_hz: f32,
        max_buffer_size: u32,
        process_mode: ProcessMode,
        api: PluginApi,
    ) {
        (self.rate_hz, self.mode) = (rate_hz, process_mode);
        let config =
            BufferConfig { sample_rate: rate_hz, min_buffer_size: Some(1), max_buffer_size, process_mode };
        let mut context = Context { api, transport: Transport::new(rate_hz), sent: 0 };
        assert!(self.plugin.activate(&self.layout, &config, &mut context));
        self.plugin.reset();
    }

    /// How the host processes the blocks that come next: as it was activated until it says otherwise.
    pub(crate) fn say(&mut self, mode: ProcessMode) {
        self.mode = mode;
    }

    /// Sets a parameter as automation does.
    pub(crate) fn set(&self, id: &str, normalized: f32) {
        let params = self.plugin.params();
        let (_, param, _) = params.param_map().into_iter().find(|param| param.0 == id).expect("a parameter");
        // SAFETY: `params` lives as long as the plugin, and with it the parameter.
        unsafe { param._internal_set_normalized_value(normalized) };
    }

    /// Another value for each parameter, bypass and freeze among them.
    pub(crate) fn turn_parameters(&self, turn: usize) {
        for (index, (id, _, _)) in self.plugin.params().param_map().into_iter().enumerate() {
            self.set(&id, ((turn * (index + 3)) % 5) as f32 / 4.0);
        }
    }

    /// Events that went out so far.
    pub(crate) fn events(&self) -> usize {
        self.sent
    }

    /// A block in place, every sample made by `sample(channel, frame)`.
    pub(crate) fn process(&mut self, frames: usize, sample: impl Fn(usize, usize) -> f32) -> Block {
        let make = |channels: usize, first: usize| -> Vec<Vec<f32>> {
            (first..first + channels).map(|c| (0..frames).map(|f| sample(c, f)).collect()).collect()
        };
        let channels = self.layout.main_input_channels.map_or(0, |n| n.get() as usize);
        let mut main = make(channels, 0);
        let mut side: Vec<Vec<Vec<f32>>> =
            self.layout.aux_input_ports.iter().map(|n| make(n.get() as usize, channels)).collect();
        let before = main.clone();
        let mut transport = Transport::new(self.rate_hz);
        if !matches!(self.transport, Playing::Unknown) {
            transport.tempo = Some(97.0);
            (transport.time_sig_numerator, transport.time_sig_denominator) = (Some(3), Some(4));
        }
        if let Playing::At(song_s) = self.transport {
            transport.playing = true;
            transport.pos_seconds = Some(song_s);
            transport.pos_beats = Some(song_s * 97.0 / 60.0);
        }
        let mut context = Context { api: PluginApi::Clap, transport, sent: 0 };
        let (status, allocations) = {
            let mut buffer = Buffer::default();
            // SAFETY: `main` outlives the buffer, and all of its channels have `frames` samples.
            unsafe { buffer.set_slices(frames, |s| *s = main.iter_mut().map(Vec::as_mut_slice).collect()) };
            let mut inputs: Vec<Buffer<'_>> = side
                .iter_mut()
                .map(|bus| {
                    let mut buffer = Buffer::default();
                    // SAFETY: as above, of `side`.
                    unsafe {
                        buffer.set_slices(frames, |s| *s = bus.iter_mut().map(Vec::as_mut_slice).collect())
                    };
                    buffer
                })
                .collect();
            let mut aux = AuxiliaryBuffers { inputs: &mut inputs, outputs: &mut [] };
            count(|| {
                // As both formats' wrappers do before each block.
                Vst3Plugin::block_process_mode(&mut self.plugin, self.mode);
                self.plugin.process(&mut buffer, &mut aux, &mut context)
            })
        };
        self.sent += context.sent;
        let pairs = main.iter().flatten().zip(before.iter().flatten());
        let changed_samples = pairs.filter(|(now, then)| now.to_bits() != then.to_bits()).count();
        Block { status, allocations, changed_samples }
    }

    pub(crate) fn wait(&self, what: &str, mut until: impl FnMut(&Board) -> bool) {
        let began = Instant::now();
        while !until(self.plugin.board()) {
            assert!(began.elapsed() < Duration::from_secs(120), "waited too long for {what}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

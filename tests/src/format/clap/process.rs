//! A CLAP instance on the audio thread.

use super::change::{Slot, event, to_normal};
use super::host::{Host, IS_AUDIO};
use crate::counting;
use crate::format::{Block, Call, Processor, measure};
use crate::record::Sent;
use crate::sleep::Wish;
use crate::transport::SongTime;
use crate::trouble::Trouble;
use clack_extensions::tail::{PluginTail, TailLength};
use clack_host::{
    events::{
        EventHeader,
        event_types::{TransportEvent, TransportFlags},
        io::{OutputEventBuffer, TryPushError},
        spaces::CoreEventSpace,
    },
    prelude::*,
    utils::{BeatTime, SecondsTime},
};
use clap_sys::audio_buffer::clap_audio_buffer;
use std::{collections::HashMap, sync::PoisonError};

/// The running part, and where it goes when it is done.
pub(super) struct ClapProcessor {
    /// One of the two is there, from beginning to end.
    stopped: Option<StoppedPluginAudioProcessor<Host>>,
    started: Option<StartedPluginAudioProcessor<Host>>,
    home: Slot,
    ranges: HashMap<u32, (f64, f64)>,
    pending: Vec<(u32, f64)>,
    events: EventBuffer,
    inputs: Vec<clap_audio_buffer>,
    outputs: Vec<clap_audio_buffer>,
}

impl ClapProcessor {
    pub(super) fn new(
        stopped: StoppedPluginAudioProcessor<Host>,
        home: Slot,
        ranges: HashMap<u32, (f64, f64)>,
        pending: Vec<(u32, f64)>,
    ) -> Self {
        Self {
            stopped: Some(stopped),
            started: None,
            home,
            ranges,
            pending,
            events: EventBuffer::with_capacity(1_024),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }
}

/// Takes what the plugin sends, without the host's allocations being counted.
struct EventSink<'a> {
    sent: &'a mut Vec<(u32, Sent)>,
    ranges: &'a HashMap<u32, (f64, f64)>,
}

impl OutputEventBuffer for EventSink<'_> {
    fn try_push(&mut self, event: &UnknownEvent) -> Result<(), TryPushError> {
        counting::paused(|| {
            let at = event.header().time();
            self.sent.push((at, read(event, self.ranges)));
        });
        Ok(())
    }
}

fn read(event: &UnknownEvent, ranges: &HashMap<u32, (f64, f64)>) -> Sent {
    let key = |value: i16| value.clamp(0, 127) as u8;
    let id = |id: Option<clack_host::utils::ClapId>| id.map_or(u32::MAX, |id| id.get());
    match event.as_core_event() {
        Some(CoreEventSpace::Midi(midi)) => from_midi(midi.data()),
        Some(CoreEventSpace::NoteOn(note)) => {
            let pckn = note.pckn();
            Sent::NoteOn(key(pckn.raw_channel()) + 1, key(pckn.raw_key()), note.velocity() as f32)
        }
        Some(CoreEventSpace::NoteOff(note)) => {
            Sent::NoteOff(key(note.pckn().raw_channel()) + 1, key(note.pckn().raw_key()))
        }
        Some(CoreEventSpace::ParamValue(value)) => {
            let param = id(value.param_id());
            let range = ranges.get(&param).copied().unwrap_or((0.0, 1.0));
            Sent::Param(param, to_normal(value.value(), range))
        }
        Some(CoreEventSpace::ParamGestureBegin(gesture)) => Sent::Gesture(id(gesture.param_id()), true),
        Some(CoreEventSpace::ParamGestureEnd(gesture)) => Sent::Gesture(id(gesture.param_id()), false),
        _ => Sent::Other(u32::from(event.header().type_id())),
    }
}

/// A MIDI 1.0 message.
fn from_midi(data: [u8; 3]) -> Sent {
    let (channel, [_, first, second]) = ((data[0] & 0x0f) + 1, data);
    match data[0] & 0xf0 {
        0xb0 => Sent::Cc(channel, first, second),
        0x90 if second > 0 => Sent::NoteOn(channel, first, f32::from(second) / 127.0),
        0x80 | 0x90 => Sent::NoteOff(channel, first),
        _ => Sent::Midi(data),
    }
}

fn transport(time: &SongTime) -> TransportEvent {
    let mut flags = TransportFlags::HAS_TEMPO
        | TransportFlags::HAS_BEATS_TIMELINE
        | TransportFlags::HAS_SECONDS_TIMELINE
        | TransportFlags::HAS_TIME_SIGNATURE;
    flags.set(TransportFlags::IS_PLAYING, time.playing);
    flags.set(TransportFlags::IS_LOOP_ACTIVE, time.loop_s.is_some());
    let (bar_number, bar_start) = time.bar();
    let (loop_start_s, loop_end_s) = time.loop_s.unwrap_or_default();
    TransportEvent {
        header: EventHeader::new_core(0, clack_host::events::EventFlags::IS_LIVE),
        flags,
        song_pos_beats: BeatTime::from_float(time.beats),
        song_pos_seconds: SecondsTime::from_float(time.song_s),
        tempo: time.tempo_bpm,
        tempo_inc: 0.0,
        loop_start_beats: BeatTime::from_float(time.to_beats(loop_start_s)),
        loop_end_beats: BeatTime::from_float(time.to_beats(loop_end_s)),
        loop_start_seconds: SecondsTime::from_float(loop_start_s),
        loop_end_seconds: SecondsTime::from_float(loop_end_s),
        bar_start: BeatTime::from_float(bar_start),
        bar_number,
        time_signature_numerator: time.signature.0,
        time_signature_denominator: time.signature.1,
    }
}

impl Processor for ClapProcessor {
    fn begin(&mut self) -> Result<(), Trouble> {
        IS_AUDIO.set(true);
        let Some(stopped) = self.stopped.take() else { return Ok(()) };
        match stopped.start_processing() {
            Ok(started) => self.started = Some(started),
            Err(error) => {
                let why = Trouble::refused(format!("to start processing: {error}"));
                self.stopped = Some(error.into_stopped_processor());
                return Err(why);
            }
        }
        Ok(())
    }

    fn process(&mut self, block: &mut Block<'_>) -> Call {
        let Some(started) = &mut self.started else { return Call { failed: true, ..Call::default() } };
        self.events.clear();
        let pending = self.pending.drain(..).map(|(id, value)| (0, id, value));
        for (at, id, value) in pending.chain(block.changes.iter().copied()) {
            let range = self.ranges.get(&id).copied().unwrap_or((0.0, 1.0));
            if let Some(event) = event(id, value, range, at) {
                self.events.push(&event);
            }
        }
        raw(&mut self.inputs, &mut block.buffers.inputs);
        raw(&mut self.outputs, &mut block.buffers.outputs);
        let transport = block.time.known.then(|| transport(block.time));
        let mut sink = EventSink { sent: block.sent, ranges: &self.ranges };
        // SAFETY: the buffers are as wide as their ports and have room for at least `frames` samples a channel; nothing
        // else touches them until the call returns.
        let inputs = unsafe { InputAudioBuffers::from_raw_buffers(&self.inputs, block.frames) };
        // SAFETY: as above. In place, an output's channels are an input's: CLAP allows that.
        let mut outputs = unsafe { OutputAudioBuffers::from_raw_buffers(&mut self.outputs, block.frames) };
        let (input_events, mut output_events) =
            (InputEvents::from_buffer(&self.events), OutputEvents::from_buffer(&mut sink));
        measure(|| {
            let answer = started.process(
                &inputs,
                &mut outputs,
                &input_events,
                &mut output_events,
                Some(block.time.frame),
                transport.as_ref(),
            );
            answer.ok().map(|status| match status {
                ProcessStatus::Continue => Wish::Continue,
                ProcessStatus::ContinueIfNotQuiet => Wish::IfNotQuiet,
                ProcessStatus::Tail => Wish::Tail,
                ProcessStatus::Sleep => Wish::Sleep,
            })
        })
    }

    fn reset(&mut self) {
        if let Some(started) = &mut self.started {
            started.reset();
        }
    }

    fn end(&mut self) {
        if let Some(started) = self.started.take() {
            self.stopped = Some(started.stop_processing());
        }
        IS_AUDIO.set(false);
    }

    fn tail_frames(&mut self, wish: Wish) -> u32 {
        // The tail is for plugins that say so; the other answers are whole by themselves.
        let Some(started) = self.started.as_mut().filter(|_| wish == Wish::Tail) else { return 0 };
        let handle = started.plugin_handle();
        match handle.get_extension::<PluginTail>().map(|tail| tail.get(&handle)) {
            Some(TailLength::Finite(frames)) => frames,
            Some(TailLength::Infinite) => u32::MAX,
            None => 0,
        }
    }

    fn flushes_without_buffers(&self) -> bool {
        false
    }
}

fn raw(raw: &mut Vec<clap_audio_buffer>, ports: &mut [crate::format::buffers::Port]) {
    raw.clear();
    raw.extend(ports.iter_mut().map(|port| clap_audio_buffer {
        data32: port.pointers.as_mut_ptr(),
        data64: std::ptr::null_mut(),
        channel_count: port.pointers.len() as u32,
        latency: 0,
        constant_mask: port.silence(),
    }));
}

impl Drop for ClapProcessor {
    fn drop(&mut self) {
        self.end();
        *self.home.lock().unwrap_or_else(PoisonError::into_inner) = self.stopped.take();
    }
}

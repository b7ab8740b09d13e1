//! A VST3 instance on the audio thread.

use super::objects::{Changes, Events};
use crate::format::{Block, Call, Processor, measure};
use crate::plan::Mode;
use crate::record::Sent;
use crate::sleep::Wish;
use crate::transport::SongTime;
use crate::trouble::Trouble;
use vst3::{
    ComPtr, ComWrapper,
    Steinberg::{Vst::*, *},
};

/// The running part.
pub(super) struct Vst3Processor {
    processor: ComPtr<IAudioProcessor>,
    mode: Mode,
    is_running: bool,
    pending: Vec<(u32, f64)>,
    changes_in: ComWrapper<Changes>,
    changes_out: ComWrapper<Changes>,
    events_in: ComWrapper<Events>,
    events_out: ComWrapper<Events>,
    inputs: Vec<AudioBusBuffers>,
    outputs: Vec<AudioBusBuffers>,
}

// SAFETY: it is moved to the audio thread whole and used by one thread at a time; the plugin's processor is made to be
// called from there, and nothing else holds the lists.
unsafe impl Send for Vst3Processor {}

impl Vst3Processor {
    pub(super) fn new(processor: ComPtr<IAudioProcessor>, mode: Mode, pending: Vec<(u32, f64)>) -> Self {
        let changes = || ComWrapper::new(Changes::default());
        let events = || ComWrapper::new(Events::default());
        Self {
            processor,
            mode,
            is_running: false,
            pending,
            changes_in: changes(),
            changes_out: changes(),
            events_in: events(),
            events_out: events(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    fn run(&mut self, is_running: bool) {
        if self.is_running != is_running {
            self.is_running = is_running;
            // SAFETY: the processor is alive and active. Many answer `kNotImplemented`: it is optional.
            unsafe { self.processor.setProcessing(TBool::from(is_running)) };
        }
    }
}

/// Flags as the context has them: their own type has a sign where the SDK's compiler gives enumerations one, which is on Windows.
fn bits(flags: impl Into<i64>) -> u32 {
    flags.into() as u32
}

fn context(time: &SongTime) -> ProcessContext {
    use ProcessContext_::StatesAndFlags_ as flag;
    // SAFETY: all of its fields are numbers.
    let mut context: ProcessContext = unsafe { std::mem::zeroed() };
    context.sampleRate = time.rate_hz;
    context.continousTimeSamples = time.frame as i64;
    context.state = bits(flag::kContTimeValid);
    if !time.known {
        return context;
    }
    context.state |= bits(
        flag::kProjectTimeMusicValid
            | flag::kTempoValid
            | flag::kTimeSigValid
            | flag::kBarPositionValid
            | flag::kCycleValid,
    );
    if time.playing {
        context.state |= bits(flag::kPlaying);
    }
    context.projectTimeSamples = (time.song_s * time.rate_hz).round() as i64;
    context.projectTimeMusic = time.beats;
    context.barPositionMusic = time.bar().1;
    context.tempo = time.tempo_bpm;
    (context.timeSigNumerator, context.timeSigDenominator) =
        (i32::from(time.signature.0), i32::from(time.signature.1));
    if let Some((start_s, end_s)) = time.loop_s {
        context.state |= bits(flag::kCycleActive);
        (context.cycleStartMusic, context.cycleEndMusic) = (time.to_beats(start_s), time.to_beats(end_s));
    }
    context
}

fn read(event: &Event) -> Sent {
    let channel = |channel: i16| channel.clamp(0, 15) as u8 + 1;
    let key = |key: i16| key.clamp(0, 127) as u8;
    use Event_::EventTypes_ as kind;
    // SAFETY: the type says which field of the union is there.
    unsafe {
        match Event_::EventTypes::from(event.r#type) {
            kind::kNoteOnEvent => {
                let note = event.__field0.noteOn;
                Sent::NoteOn(channel(note.channel), key(note.pitch), note.velocity)
            }
            kind::kNoteOffEvent => {
                let note = event.__field0.noteOff;
                Sent::NoteOff(channel(note.channel), key(note.pitch))
            }
            kind::kLegacyMIDICCOutEvent => {
                let cc = event.__field0.midiCCOut;
                Sent::Cc(channel(i16::from(cc.channel)), cc.controlNumber, cc.value as u8)
            }
            _ => Sent::Other(event.r#type.into()),
        }
    }
}

fn raw(raw: &mut Vec<AudioBusBuffers>, ports: &mut [crate::format::buffers::Port]) {
    raw.clear();
    raw.extend(ports.iter_mut().map(|port| AudioBusBuffers {
        numChannels: port.pointers.len() as i32,
        silenceFlags: port.silence(),
        __field0: AudioBusBuffers__type0 { channelBuffers32: port.pointers.as_mut_ptr() },
    }));
}

/// A list as the plugin gets it: borrowed for the call.
macro_rules! lend {
    ($object:expr, $interface:ty) => {
        $object.as_com_ref::<$interface>().map_or(std::ptr::null_mut(), |object| object.as_ptr())
    };
}

impl Processor for Vst3Processor {
    fn begin(&mut self) -> Result<(), Trouble> {
        self.run(true);
        Ok(())
    }

    fn process(&mut self, block: &mut Block<'_>) -> Call {
        self.changes_in.clear();
        self.changes_out.clear();
        self.events_out.list.borrow_mut().clear();
        for (id, value) in self.pending.drain(..) {
            self.changes_in.add(id, 0, value);
        }
        for (at, id, value) in block.changes {
            self.changes_in.add(*id, *at as i32, *value);
        }
        raw(&mut self.inputs, &mut block.buffers.inputs);
        raw(&mut self.outputs, &mut block.buffers.outputs);
        let mut context = context(block.time);
        let mode = match self.mode {
            Mode::Realtime => ProcessModes_::kRealtime,
            Mode::Offline => ProcessModes_::kOffline,
        };
        let mut data = ProcessData {
            processMode: mode as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: block.frames as i32,
            numInputs: self.inputs.len() as i32,
            numOutputs: self.outputs.len() as i32,
            inputs: self.inputs.as_mut_ptr(),
            outputs: self.outputs.as_mut_ptr(),
            inputParameterChanges: lend!(self.changes_in, IParameterChanges),
            outputParameterChanges: lend!(self.changes_out, IParameterChanges),
            inputEvents: lend!(self.events_in, IEventList),
            outputEvents: lend!(self.events_out, IEventList),
            processContext: &mut context,
        };
        let call = measure(|| {
            // SAFETY: the processor is alive and active; the buffers are as wide as their buses and have room for `numSamples`
            // samples a channel; lists and context outlive the call.
            let answer = unsafe { self.processor.process(&mut data) };
            (answer == kResultOk).then_some(Wish::IfNotQuiet)
        });
        for event in self.events_out.list.borrow().iter() {
            block.sent.push((event.sampleOffset.max(0) as u32, read(event)));
        }
        self.changes_out.each(|at, id, value| block.sent.push((at.max(0) as u32, Sent::Param(id, value))));
        call
    }

    fn reset(&mut self) {
        self.run(false);
        self.run(true);
    }

    fn end(&mut self) {
        self.run(false);
    }

    fn tail_frames(&mut self, _: Wish) -> u32 {
        // SAFETY: the processor is alive.
        unsafe { self.processor.getTailSamples() }
    }

    fn flushes_without_buffers(&self) -> bool {
        true
    }
}

impl Drop for Vst3Processor {
    fn drop(&mut self) {
        self.end();
    }
}

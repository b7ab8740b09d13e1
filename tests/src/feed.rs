//! The audio thread of the child: cuts the stream into blocks, feeds them, and measures what comes back.

use crate::format::{Block, Buffers, Processor, Ready};
use crate::pace::Pacer;
use crate::plan::{Process, Setup};
use crate::progress::Progress;
use crate::record::{Event, PassThrough, Sent, Stretch, Times};
use crate::signal::Source;
use crate::sleep::Sleeper;
use crate::transport::Playhead;
use crate::trouble::Trouble;
use crate::{audio_file, counting};
use std::{
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::Sender,
    },
    time::Instant,
};

/// Events that are kept; what comes after is counted.
const MOST_EVENTS: usize = 1 << 18;
/// Empty blocks in a row after which a schedule is taken for one that never ends.
const MOST_EMPTY: u32 = 10_000;
/// Where sound begins: -100 dBFS.
const SOUND: f32 = 1e-5;

/// What a stretch needs besides its processors.
pub(crate) struct Feed<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) ready: &'a Ready,
    pub(crate) process: &'a Process,
    pub(crate) seed: u64,
    /// Parameter changes: (frame of the stream, id, normalised value), in order.
    pub(crate) automation: &'a [(u64, u32, f64)],
    pub(crate) source: Source,
    pub(crate) progress: &'a Progress,
    /// Frames fed so far, for the main thread.
    pub(crate) position: &'a AtomicU64,
    /// Parameters that the plugin has sent, for a controller that lives on the main thread.
    pub(crate) told: Sender<(u32, f64)>,
}

/// What is added up over the blocks.
struct Tally {
    pass: PassThrough,
    non_finite: u64,
    peak: f32,
    first_sound_frame: Option<u64>,
    hash: u64,
    overruns: u64,
    slept: u64,
    errors: (u64, Option<u64>),
    allocations: (u64, u64, Option<u64>),
    calls: Vec<(u64, u32)>,
    events: Vec<Event>,
    events_dropped: u64,
}

impl Feed<'_> {
    /// Feeds the whole stretch to all instances.
    ///
    /// # Errors
    /// The plugin does not start, or the output cannot be written.
    pub(crate) fn run(self, processors: &mut [Box<dyn Processor>]) -> Result<Stretch, Trouble> {
        for processor in processors.iter_mut() {
            processor.begin()?;
        }
        let result = self.blocks(processors);
        processors.iter_mut().for_each(|processor| processor.end());
        result
    }

    fn blocks(&self, processors: &mut [Box<dyn Processor>]) -> Result<Stretch, Trouble> {
        let rate_hz = self.setup.rate_hz;
        let total = (self.process.seconds * rate_hz).round() as u64;
        let max = self.setup.max_frames;
        let mut buffers: Vec<Buffers> = processors
            .iter()
            .map(|_| Buffers::new(&self.ready.inputs, &self.ready.outputs, max, self.process.in_place))
            .collect();
        let mut writer = match &self.process.write {
            Some(path) => Some(audio_file::writer(path, buffers[0].main_output().len(), rate_hz)?),
            None => None,
        };
        let mut tally = Tally::new();
        let mut sizes = self.process.blocks.sizes(self.seed);
        let mut playhead = Playhead::new(self.process.transport.clone(), rate_hz);
        let mut pacer = Pacer::new(self.process.pace, rate_hz);
        let (mut fed, mut number, mut empty) = (0_u64, 0_u64, 0_u32);
        let mut sent: Vec<(u32, Sent)> = Vec::with_capacity(1_024);
        let mut changes: Vec<(u32, u32, f64)> = Vec::with_capacity(64);
        let mut automation = self.automation;
        let mut sleepers: Vec<Sleeper> = processors.iter().map(|_| Sleeper::default()).collect();
        let began = Instant::now();
        while fed < total {
            let wanted = u64::from(sizes.next().unwrap_or(1).min(max));
            let frames = wanted.min(total - fed).min(playhead.room_frames()) as u32;
            empty = if frames == 0 { empty + 1 } else { 0 };
            if empty > MOST_EMPTY {
                return Err(Trouble::Plan(format!("{MOST_EMPTY} empty blocks in a row")));
            }
            let due = automation.partition_point(|(at, ..)| *at < fed + u64::from(frames.max(1)));
            changes.clear();
            // What falls into an empty block is told with it, at its only place.
            let place = |at: u64| (at.saturating_sub(fed) as u32).min(frames.saturating_sub(1));
            changes.extend(automation[..due].iter().map(|(at, id, value)| (place(*at), *id, *value)));
            automation = &automation[due..];
            pacer.wait(fed);
            self.progress.block(number, fed);
            let instances = processors.iter_mut().zip(&mut buffers).zip(&mut sleepers);
            for (instance, ((processor, buffers), sleeper)) in instances.enumerate() {
                buffers
                    .fill(frames as usize, |channel, frame| self.source.sample(channel, fed + frame as u64));
                let is_input_quiet = self.process.sleeps && buffers.are_quiet(frames as usize).0;
                if self.process.sleeps && sleeper.skips(is_input_quiet, !changes.is_empty()) {
                    tally.slept += 1;
                    continue;
                }
                sent.clear();
                let time = playhead.now();
                let mut block = Block { frames, buffers, time, changes: &changes, sent: &mut sent };
                let call = processor.process(&mut block);
                if call.failed {
                    tally.errors = (tally.errors.0 + 1, tally.errors.1.or(Some(number)));
                }
                if call.allocations > 0 {
                    let (all, blocks, first) = tally.allocations;
                    tally.allocations = (all + call.allocations, blocks + 1, first.or(Some(number)));
                }
                tally.calls.push((call.took_ns, frames));
                if self.process.sleeps {
                    let is_quiet = (is_input_quiet, buffers.are_quiet(frames as usize).1);
                    let tail_frames = processor.tail_frames(call.wish);
                    sleeper.processed(frames, is_quiet, call.wish, tail_frames);
                }
                tally.overruns += buffers.overruns(frames as usize);
                self.compare(&mut tally, buffers, frames as usize, fed, number);
                if instance == 0 {
                    tally.hear(buffers, frames as usize, fed);
                    tally.keep(&sent, fed, number, &self.told);
                    if let Some(writer) = &mut writer {
                        write(writer, buffers.main_output(), frames as usize)?;
                    }
                }
            }
            playhead.advance(frames);
            fed += u64::from(frames);
            number += 1;
            self.position.store(fed, Ordering::Relaxed);
        }
        if let Some(writer) = writer {
            writer.finalize().map_err(wav)?;
        }
        Ok(self.stream(tally, fed, number, began.elapsed().as_secs_f64()))
    }

    fn stream(&self, tally: Tally, frames: u64, blocks: u64, took_s: f64) -> Stretch {
        Stretch {
            setup: self.setup.clone(),
            signal: self.process.signal.clone(),
            latency_frames: self.ready.latency_frames,
            inputs: self.ready.inputs.clone(),
            outputs: self.ready.outputs.clone(),
            frames,
            blocks,
            slept_blocks: tally.slept,
            pass: tally.pass,
            non_finite: tally.non_finite,
            peak: tally.peak,
            first_sound_frame: tally.first_sound_frame,
            output_hash: tally.hash,
            overruns: tally.overruns,
            errors: tally.errors,
            times: Times::of(&tally.calls, self.setup.rate_hz),
            allocations: counting::is_installed().then_some(tally.allocations),
            events: tally.events,
            events_dropped: tally.events_dropped,
            meters: Vec::new(),
            took_s,
        }
    }

    /// The main output against the main input, the reported latency earlier.
    fn compare(&self, tally: &mut Tally, buffers: &Buffers, frames: usize, fed: u64, number: u64) {
        if self.ready.inputs.first() != self.ready.outputs.first() {
            return;
        }
        let latency = u64::from(self.ready.latency_frames);
        for (channel, samples) in buffers.main_output().iter().enumerate() {
            for (frame, out) in samples[..frames].iter().enumerate() {
                let at = fed + frame as u64;
                let wanted = if at < latency { 0.0 } else { self.source.sample(channel, at - latency) };
                if out.to_bits() != wanted.to_bits() {
                    tally.pass.changed += 1;
                    let place = (number, channel as u32, at, wanted.to_bits(), out.to_bits());
                    tally.pass.first.get_or_insert(place);
                }
            }
            tally.pass.compared += frames as u64;
        }
    }
}

impl Tally {
    fn new() -> Self {
        Self {
            pass: PassThrough::default(),
            non_finite: 0,
            peak: 0.0,
            first_sound_frame: None,
            // FNV-1a's offset basis.
            hash: 0xcbf2_9ce4_8422_2325,
            overruns: 0,
            slept: 0,
            errors: (0, None),
            allocations: (0, 0, None),
            calls: Vec::new(),
            events: Vec::new(),
            events_dropped: 0,
        }
    }

    fn hear(&mut self, buffers: &Buffers, frames: usize, fed: u64) {
        for samples in buffers.all_outputs() {
            for sample in &samples[..frames] {
                if sample.is_finite() {
                    self.peak = self.peak.max(sample.abs());
                } else {
                    self.non_finite += 1;
                }
            }
        }
        let main = buffers.main_output();
        for frame in 0..frames {
            for channel in main {
                // FNV-1a, a word at a time.
                self.hash = (self.hash ^ u64::from(channel[frame].to_bits())).wrapping_mul(0x0100_0000_01b3);
            }
        }
        if self.first_sound_frame.is_none() {
            let sounds = |frame: &usize| main.iter().any(|channel| channel[*frame].abs() > SOUND);
            self.first_sound_frame = (0..frames).find(sounds).map(|frame| fed + frame as u64);
        }
    }

    fn keep(&mut self, sent: &[(u32, Sent)], fed: u64, block: u64, told: &Sender<(u32, f64)>) {
        for (at, what) in sent {
            if self.events.len() < MOST_EVENTS {
                self.events.push(Event { frame: fed + u64::from(*at), block, what: *what });
            } else {
                self.events_dropped += 1;
            }
            if let Sent::Param(id, value) = what {
                // The main thread listens as long as this one runs.
                let _ = told.send((*id, *value));
            }
        }
    }
}

fn write<W: std::io::Write + std::io::Seek>(
    writer: &mut hound::WavWriter<W>,
    channels: &[Vec<f32>],
    frames: usize,
) -> Result<(), Trouble> {
    for frame in 0..frames {
        for channel in channels {
            writer.write_sample(channel[frame]).map_err(wav)?;
        }
    }
    Ok(())
}

fn wav(error: hound::Error) -> Trouble {
    Trouble::Io { what: "writing the plugin's output".to_owned(), source: std::io::Error::other(error) }
}

//! What `process` does with a block besides passing it on: everything for the worker goes through here.

use crate::{pace::Pace, transport::Watch};
use nice_plug::prelude::Transport;
use rollcall_board::{Channels, Settings};
use rollcall_tap::Pick;
use rollcall_worker::{Link, Mark, TapWriter};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Changed settings are told no closer than this, so that a ramp in blocks of one frame can't flood the ring.
const CLOSEST_S: f64 = 0.010;
/// An offline render waits so long for a worker that takes nothing at all: longer than any model takes to load.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the waiting render sleeps between looks.
const NAP: Duration = Duration::from_millis(1);

/// The audio thread's end of the analysis, from activation to deactivation.
pub(crate) struct Ear {
    writer: TapWriter,
    link: Arc<Link>,
    pace: Pace,
    was_free: bool,
    transport: Watch,
    told: Option<(u64, Settings)>,
    closest_frames: u64,
    was_reset: bool,
    reset_due: bool,
    /// What the worker had taken when the render lost patience: until it takes more, nothing waits for it again.
    gave_up: Option<u64>,
}

impl Ear {
    pub(crate) fn new(writer: TapWriter, link: Arc<Link>, rate_hz: f64, is_offline: bool) -> Self {
        Self {
            writer,
            link,
            pace: Pace::new(rate_hz, is_offline),
            was_free: is_offline,
            transport: Watch::new(rate_hz),
            told: None,
            closest_frames: (rate_hz * CLOSEST_S) as u64,
            // A project saved with the button down does not reset when it is opened.
            was_reset: true,
            reset_due: false,
            gave_up: None,
        }
    }

    /// What the host says of the block that comes next.
    pub(crate) fn say(&mut self, is_offline: bool) {
        self.pace.say(is_offline);
    }

    /// Takes a block. Never allocates or locks; waits only where the host renders faster than real time.
    pub(crate) fn hear<C: AsRef<[f32]>>(
        &mut self,
        channels: &[C],
        frames: usize,
        settings: &Settings,
        reset: bool,
        transport: &Transport,
    ) {
        self.pace.block(frames, Instant::now);
        if self.pace.is_free() != self.was_free {
            self.was_free = !self.was_free;
            self.link.set_freewheeling(self.was_free);
        }
        self.tell(settings, reset, transport);
        if settings.bypass {
            self.writer.skip(frames);
            return;
        }
        if self.was_free {
            self.wait_for_room(frames);
        }
        self.writer.write(channels, frames, pick(settings.channels));
    }

    /// Everything that is said at the block's first frame. What finds no room is said with a later block.
    fn tell(&mut self, settings: &Settings, reset: bool, transport: &Transport) {
        let frame = self.writer.frames();
        let is_due = match self.told {
            None => true,
            Some((told_frame, told)) => {
                // A bypass is told at once: its frames are not to be heard.
                told != *settings
                    && (frame - told_frame >= self.closest_frames || told.bypass != settings.bypass)
            }
        };
        if is_due && self.writer.mark(Mark::Settings(*settings)) {
            self.told = Some((frame, *settings));
        }
        self.reset_due |= reset && !self.was_reset;
        self.was_reset = reset;
        if self.reset_due && self.writer.mark(Mark::Reset) {
            self.reset_due = false;
        }
        let writer = &mut self.writer;
        self.transport.look(transport, frame, &mut |mark| writer.mark(Mark::Transport(mark)));
    }

    /// For a render that is not heard as it is made: lets the worker catch up, within bounds.
    fn wait_for_room(&mut self, frames: usize) {
        let needed = frames.min(self.writer.capacity_frames());
        if self.writer.vacant_frames() >= needed {
            return;
        }
        let mut taken = self.link.taken_frames();
        if self.gave_up == Some(taken) {
            return;
        }
        self.gave_up = None;
        let began = Instant::now();
        let mut moved = began;
        while self.writer.vacant_frames() < needed {
            thread::sleep(NAP);
            let now_taken = self.link.taken_frames();
            if now_taken != taken {
                taken = now_taken;
                moved = Instant::now();
            } else if moved.elapsed() > PATIENCE {
                self.gave_up = Some(taken);
                break;
            }
        }
        self.pace.waited(began.elapsed());
    }
}

fn pick(channels: Channels) -> Pick {
    match channels {
        Channels::MonoSum => Pick::Mono,
        Channels::Left => Pick::Left,
        Channels::Right => Pick::Right,
        Channels::Mid => Pick::Mid,
        Channels::Side => Pick::Side,
    }
}

//! What `process` does with a block besides passing it on: everything for the worker goes through here.

use crate::{render_watch::RenderWatch, transport::Watch};
use nice_plug::prelude::Transport;
use rollcall_board::{Channels, Settings};
use rollcall_tap::Pick;
use rollcall_worker::{Link, Mark, TapWriter};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// Changed settings are told no closer than this, so that a ramp in blocks of one frame can't flood the ring of events.
const CLOSEST_S: f64 = 0.010;
/// An offline render waits so long for a worker that takes nothing at all: longer than any model takes to load.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the waiting render sleeps between looks.
const NAP: Duration = Duration::from_millis(1);

/// The audio thread's end of the analysis, from activation to deactivation.
pub(crate) struct Ear {
    writer: TapWriter,
    link: Arc<Link>,
    render: RenderWatch,
    was_free: bool,
    /// No block has come yet.
    is_new: bool,
    transport: Watch,
    told: Option<(u64, Settings)>,
    closest_frames: u64,
    was_reset: bool,
    reset_due: bool,
    /// What the worker had taken when the render lost patience: until it takes more, nothing waits for it again.
    gave_up: Option<u64>,
}

impl Ear {
    pub(crate) fn new(writer: TapWriter, link: Arc<Link>, rate_hz: f64) -> Self {
        Self {
            writer,
            link,
            render: RenderWatch::new(rate_hz),
            was_free: false,
            is_new: true,
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
        self.render.say(is_offline);
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
        self.render.block(frames, Instant::now);
        if std::mem::take(&mut self.is_new) {
            // A render that is said to be one is a session of its own.
            self.reset_due = self.render.is_said();
        }
        if self.render.is_free() != self.was_free {
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
        if is_due && self.mark(Mark::Settings(*settings)) {
            self.told = Some((frame, *settings));
        }
        self.reset_due |= reset && !self.was_reset;
        self.was_reset = reset;
        if self.reset_due && self.mark(Mark::Reset) {
            self.reset_due = false;
        }
        let mut watch = self.transport;
        watch.look(transport, frame, &mut |mark| self.mark(Mark::Transport(mark)));
        self.transport = watch;
    }

    /// Marks this frame; returns whether there was room. A render waits for it as it does for its samples, so that no
    /// machine's load moves a mark.
    fn mark(&mut self, mark: Mark) -> bool {
        let mut is_taken = self.writer.mark(mark);
        if !is_taken && self.was_free {
            self.wait_until(|writer| {
                is_taken = writer.mark(mark);
                is_taken
            });
        }
        is_taken
    }

    /// For a render that is not heard as it is made: lets the worker catch up, within bounds.
    fn wait_for_room(&mut self, frames: usize) {
        let needed = frames.min(self.writer.capacity_frames());
        if self.writer.vacant_frames() < needed {
            self.wait_until(|writer| writer.vacant_frames() >= needed);
        }
    }

    fn wait_until(&mut self, mut is_there: impl FnMut(&mut TapWriter) -> bool) {
        let mut taken = self.link.taken();
        if self.gave_up == Some(taken) {
            return;
        }
        self.gave_up = None;
        let began = Instant::now();
        let mut moved = began;
        while !is_there(&mut self.writer) {
            thread::sleep(NAP);
            let now_taken = self.link.taken();
            if now_taken != taken {
                taken = now_taken;
                moved = Instant::now();
            } else if moved.elapsed() > PATIENCE {
                self.gave_up = Some(taken);
                break;
            }
        }
        self.render.waited(began.elapsed());
    }

    /// Frames that wait for the worker, at most.
    pub(crate) fn waiting_frames(&self) -> usize {
        self.writer.capacity_frames().saturating_sub(self.writer.vacant_frames())
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

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_board::board;
    use rollcall_worker::{ModelSlot, Worker};

    /// A bounce comes as fast as it can, with more automation than the ring of events holds while the worker is busy: each change
    /// is told with its own block all the same.
    #[test]
    fn a_bounce_tells_each_change_at_its_own_frame() {
        let (writer, _board, inbox) = board();
        let worker = Worker::spawn(writer, inbox, Arc::new(ModelSlot::default()), Box::new(|| {}));
        let worker = worker.expect("a thread");
        let tap = worker.open(48_000.0, 480).expect("a rate");
        let mut ear = Ear::new(tap, Arc::clone(worker.link()), 48_000.0);
        ear.say(true);
        let block = [vec![0.0_f32; 480]];
        for number in 0..700_u64 {
            let settings = Settings { hold_s: 0.001 * number as f32, ..Settings::default() };
            ear.hear(&block, 480, &settings, false, &Transport::new(48_000.0));
            assert_eq!(ear.told, Some((number * 480, settings)), "block {number}");
        }
    }
}

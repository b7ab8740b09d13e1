//! Activities as MIDI, so that a host can read them without the window and without an edit to the project.
//!
//! On channel 16, out of the way of instruments. Class by number, in the model's order (for OpenMIC-2018's 20:
//! accordion banjo bass cello clarinet cymbals drums flute guitar mallet_percussion mandolin organ piano saxophone
//! synthesizer trombone trumpet ukulele violin voice):
//!
//! | classes | controllers | notes |
//! | --- | --- | --- |
//! | 0 to 11 | CC 20 to 31 | 36 (C2) to 47 |
//! | 12 to 19 | CC 102 to 109 | 48 to 55 |
//!
//! Both ranges of controllers are undefined in MIDI 1.0 and so free to use. A controller is the activity, 0 to 127. A
//! note is on while its instrument plays (threshold, sensitivity and hold counted in); its velocity is the activity at
//! the start.

use nice_plug::{
    midi::{Channel, Key, VoiceID},
    prelude::NoteEvent,
};
use rollcall_board::{Outputs, Settings};

/// MIDI channel from 0: channel 16.
pub const CHANNEL: u8 = 15;
/// Note of the first class.
pub const FIRST_NOTE: u8 = 36;
/// Classes that have a controller and a note.
const CLASSES: usize = 20;
/// Time between two looks at the activities: the rate limit of each controller, well under MIDI's 3,125 bytes/s.
const LOOK_S: f64 = 0.020;

/// Controller of a class, if it has one.
pub fn controller(class: usize) -> Option<u8> {
    match class {
        0..12 => Some(20 + class as u8),
        12..CLASSES => Some(102 + (class - 12) as u8),
        _ => None,
    }
}

/// What was sent last.
#[derive(Debug, Default)]
pub(crate) struct MidiOut {
    controllers: [Option<u8>; CLASSES],
    notes: [bool; CLASSES],
    /// Notes that were on when the receiver may have forgotten them: they end before anything else.
    stale: [bool; CLASSES],
    look_frames: usize,
    since_look: usize,
}

impl MidiOut {
    pub(crate) fn set_rate(&mut self, rate_hz: f64) {
        self.look_frames = (rate_hz * LOOK_S) as usize;
        self.since_look = self.look_frames;
    }

    /// The receiver may have forgotten all, or nothing: controllers are sent again, and notes that were on end and, where
    /// their instruments still play, begin anew.
    pub(crate) fn forget(&mut self) {
        self.controllers = [None; CLASSES];
        for (stale, note) in self.stale.iter_mut().zip(&mut self.notes) {
            *stale |= std::mem::take(note);
        }
        self.since_look = self.look_frames;
    }

    /// Whether the receiver was told that nobody plays.
    pub(crate) fn is_quiet(&self) -> bool {
        let is_on = self.notes.iter().chain(&self.stale).any(|&is_on| is_on);
        !is_on && self.controllers.iter().all(|value| value.is_none_or(|value| value == 0))
    }

    /// Sends what has changed, at the start of a block; `send` says whether there was room.
    pub(crate) fn send(
        &mut self,
        outputs: &Outputs,
        settings: &Settings,
        frames: usize,
        send: &mut impl FnMut(NoteEvent<()>) -> bool,
    ) {
        self.since_look = self.since_look.saturating_add(frames);
        if self.since_look < self.look_frames {
            return;
        }
        self.since_look = 0;
        if !settings.midi_cc {
            self.controllers = [None; CLASSES];
        }
        for class in 0..CLASSES {
            // A class that there is no longer falls to 0.
            let is_known =
                class < outputs.classes() || self.controllers[class].is_some_and(|value| value > 0);
            if settings.midi_cc && is_known {
                self.send_controller(class, outputs.activity(class), send);
            }
            if self.stale[class] && send(note(class, false, 0.0)) {
                self.stale[class] = false;
            }
            let is_on = settings.midi_notes && outputs.active(class);
            if is_on != self.notes[class]
                && !self.stale[class]
                && send(note(class, is_on, outputs.activity(class)))
            {
                self.notes[class] = is_on;
            }
        }
    }

    fn send_controller(&mut self, class: usize, activity: f32, send: &mut impl FnMut(NoteEvent<()>) -> bool) {
        let Some(cc) = controller(class) else { return };
        // `as` clips, and takes NaN to 0.
        let value = (activity.clamp(0.0, 1.0) * 127.0 + 0.5) as u8;
        let event = NoteEvent::MidiCC { timing: 0, channel: CHANNEL, cc, value: f32::from(value) / 127.0 };
        if self.controllers[class] != Some(value) && send(event) {
            self.controllers[class] = Some(value);
        }
    }
}

fn note(class: usize, is_on: bool, velocity: f32) -> NoteEvent<()> {
    let (timing, voice_id) = (0, VoiceID::Wildcard);
    let (channel, key) = (Channel::Number(CHANNEL), Key::Number(FIRST_NOTE + class as u8));
    if is_on {
        // A velocity of 0 would be an end.
        NoteEvent::NoteOn { timing, voice_id, channel, key, velocity: velocity.clamp(1.0 / 127.0, 1.0) }
    } else {
        NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_board::{Meter, board};

    #[test]
    fn controllers_are_twenty_and_undefined_in_midi() {
        let all: std::collections::BTreeSet<u8> = (0..CLASSES).filter_map(controller).collect();
        assert_eq!(all.len(), 20);
        assert!(all.iter().all(|cc| (20..=31).contains(cc) || (102..=119).contains(cc)));
        assert_eq!(controller(20), None);
    }

    #[test]
    fn only_changes_go_out_and_nothing_is_forgotten() {
        let (mut writer, board, _) = board();
        let show = |writer: &mut rollcall_board::Writer, activity: f32| {
            let meter = Meter { activity, active: activity > 0.5, ..Meter::default() };
            writer.set_outputs(&[meter; 20]);
        };
        let mut midi = MidiOut::default();
        midi.set_rate(48_000.0);
        let settings = Settings { midi_cc: true, midi_notes: true, ..Settings::default() };
        let mut count = |settings: &Settings, frames: usize, room: usize| {
            let mut sent = 0;
            midi.send(board.outputs(), settings, frames, &mut |_| {
                sent += 1;
                sent <= room
            });
            sent
        };
        assert_eq!(count(&settings, 64, 99), 0, "no model, no classes");
        show(&mut writer, 0.75);
        assert_eq!(count(&settings, 64, 99), 0, "not yet time to look");
        assert_eq!(count(&settings, 960, 10), 40, "tries all");
        assert_eq!(count(&settings, 960, 99), 30, "what found no room comes later");
        assert_eq!(count(&settings, 960, 99), 0);
        show(&mut writer, 0.751);
        assert_eq!(count(&settings, 960, 99), 0, "the same of 127");
        show(&mut writer, 0.25);
        assert_eq!(count(&settings, 960, 99), 40);
        show(&mut writer, 0.75);
        assert_eq!(count(&settings, 960, 99), 40);
        let off = Settings::default();
        assert_eq!(count(&off, 960, 99), 20, "notes end when the option is switched off");
        assert_eq!(count(&off, 960, 99), 0);
    }

    fn sent(midi: &mut MidiOut, outputs: &Outputs, settings: &Settings) -> Vec<NoteEvent<()>> {
        let mut sent = Vec::new();
        midi.send(outputs, settings, 960, &mut |event| {
            sent.push(event);
            true
        });
        sent
    }

    /// After a host's reset whoever plays is told again, also to a receiver that had forgotten nothing; and a model that is
    /// gone leaves neither a note nor a controller behind.
    #[test]
    fn a_reset_and_a_lost_model_leave_no_note_stuck_and_none_missing() {
        let (mut writer, board, _) = board();
        let mut meters = [Meter::default(); 20];
        meters[3] = Meter { activity: 0.75, active: true, ..Meter::default() };
        writer.set_outputs(&meters);
        let mut midi = MidiOut::default();
        midi.set_rate(48_000.0);
        let settings = Settings { midi_cc: true, midi_notes: true, ..Settings::default() };
        assert_eq!(sent(&mut midi, board.outputs(), &settings).len(), 21);
        assert!(!midi.is_quiet());
        midi.forget();
        let again = sent(&mut midi, board.outputs(), &settings);
        let notes: Vec<_> = again.iter().filter(|event| !matches!(event, NoteEvent::MidiCC { .. })).collect();
        assert!(matches!(notes[..], [NoteEvent::NoteOff { .. }, NoteEvent::NoteOn { .. }]), "{notes:?}");
        // Nobody plays any more when the receiver is reset: the end of the note is told all the same.
        midi.forget();
        writer.set_outputs(&[]);
        let end = sent(&mut midi, board.outputs(), &settings);
        assert!(matches!(end[..], [NoteEvent::NoteOff { .. }]), "{end:?}");
        // The model goes while its note is on.
        writer.set_outputs(&meters);
        sent(&mut midi, board.outputs(), &settings);
        writer.set_outputs(&[]);
        let gone = sent(&mut midi, board.outputs(), &settings);
        let is_end = |event: &NoteEvent<()>| match event {
            NoteEvent::MidiCC { value, .. } => *value == 0.0,
            event => matches!(event, NoteEvent::NoteOff { .. }),
        };
        assert!(gone.len() == 2 && gone.iter().all(is_end), "{gone:?}");
        assert!(midi.is_quiet() && board.outputs().is_quiet());
    }
}

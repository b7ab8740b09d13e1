//! The editor's parameters are the host's.

use crate::params::{ChannelsParam, InputParam, RollcallParams, to_db, update_index};
use nice_plug::prelude::{Param, ParamSetter};
use rollcall_board::{Change, Channels, Gesture, Input, Panel, Settings};

/// Parameters over the host, for one frame of the window.
pub(crate) struct HostPanel<'a> {
    pub params: &'a RollcallParams,
    pub setter: ParamSetter<'a>,
}

impl Panel for HostPanel<'_> {
    fn settings(&self) -> Settings {
        self.params.settings()
    }

    fn change(&self, change: Change, gesture: Gesture) {
        let p = self.params;
        match change {
            Change::Bypass(on) => self.set(&p.bypass, on, gesture),
            Change::Input(input) => {
                let input = match input {
                    Input::Main => InputParam::Main,
                    Input::Sidechain => InputParam::Sidechain,
                };
                self.set(&p.input, input, gesture);
            }
            Change::Channels(channels) => {
                let channels = match channels {
                    Channels::MonoSum => ChannelsParam::MonoSum,
                    Channels::Left => ChannelsParam::Left,
                    Channels::Right => ChannelsParam::Right,
                    Channels::Mid => ChannelsParam::Mid,
                    Channels::Side => ChannelsParam::Side,
                };
                self.set(&p.channels, channels, gesture);
            }
            Change::MemoryS(seconds) => self.set(&p.memory_s, seconds, gesture),
            Change::AttackMs(ms) => self.set(&p.attack_ms, ms, gesture),
            Change::ReleaseMs(ms) => self.set(&p.release_ms, ms, gesture),
            Change::UpdateMs(ms) => self.set(&p.update, update_index(ms as f32), gesture),
            Change::Sensitivity(factor) => self.set(&p.sensitivity_db, to_db(factor), gesture),
            Change::HoldS(seconds) => self.set(&p.hold_s, seconds, gesture),
            Change::Freeze(on) => self.set(&p.freeze, on, gesture),
            Change::ResetOnPlay(on) => self.set(&p.reset_on_play, on, gesture),
            Change::MidiCc(on) => self.set(&p.midi_cc, on, gesture),
            Change::MidiNotes(on) => self.set(&p.midi_notes, on, gesture),
            Change::KeepAudio(on) => self.set(&p.keep_audio, on, gesture),
        }
    }
}

impl HostPanel<'_> {
    /// Tells the host that the project has changed beside its parameters: it would close it without asking. nice-plug 0.4.2 has
    /// no word for that, so a parameter is set to what it is; `Reset`, since another model begins a new session.
    pub(crate) fn mark_as_changed(&self) {
        self.set(&self.params.reset, self.params.reset.value(), Gesture::Whole);
    }

    fn set<P: Param>(&self, param: &P, value: P::Plain, gesture: Gesture) {
        if matches!(gesture, Gesture::Whole | Gesture::Begin) {
            self.setter.begin_set_parameter(param);
        }
        self.setter.set_parameter(param, value);
        if matches!(gesture, Gesture::Whole | Gesture::End) {
            self.setter.end_set_parameter(param);
        }
    }
}

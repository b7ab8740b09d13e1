//! Parameters: names, units, ranges, texts. Ids and enum ids never change: projects refer to them.

use crate::persist::Model;
use nice_plug::prelude::*;
use rollcall_board::{
    ATTACK_MS, Channels, HOLD_S, Input, MEMORY_S, RELEASE_MS, SENSITIVITY, Settings, UPDATE_MS,
};
use rollcall_editor::ViewSettings;
use rollcall_worker::ModelSlot;
use std::{
    ops::RangeInclusive,
    sync::{Arc, PoisonError, RwLock},
};

/// Which bus is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum InputParam {
    #[id = "main"]
    Main,
    #[id = "sidechain"]
    Sidechain,
}

/// Which of its channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum ChannelsParam {
    #[id = "mono"]
    #[name = "Mono sum"]
    MonoSum,
    #[id = "left"]
    Left,
    #[id = "right"]
    Right,
    #[id = "mid"]
    Mid,
    #[id = "side"]
    Side,
}

/// Everything that the host sees and saves.
#[derive(Params)]
pub(crate) struct RollcallParams {
    #[persist = "model"]
    model: Model,
    #[persist = "view"]
    view: Arc<RwLock<ViewSettings>>,

    #[id = "bypass"]
    pub bypass: BoolParam,
    #[id = "input"]
    pub input: EnumParam<InputParam>,
    #[id = "channels"]
    pub channels: EnumParam<ChannelsParam>,
    #[id = "memory"]
    pub memory_s: FloatParam,
    #[id = "attack"]
    pub attack_ms: FloatParam,
    #[id = "release"]
    pub release_ms: FloatParam,
    #[id = "update"]
    pub update: IntParam,
    #[id = "sensitivity"]
    pub sensitivity_db: FloatParam,
    #[id = "hold"]
    pub hold_s: FloatParam,
    #[id = "freeze"]
    pub freeze: BoolParam,
    #[id = "reset"]
    pub reset: BoolParam,
    #[id = "reset_on_play"]
    pub reset_on_play: BoolParam,
    #[id = "midi_cc"]
    pub midi_cc: BoolParam,
    #[id = "midi_notes"]
    pub midi_notes: BoolParam,
    #[id = "keep_audio"]
    pub keep_audio: BoolParam,
}

impl Default for RollcallParams {
    fn default() -> Self {
        let default = Settings::default();
        let ms = -1.0;
        Self {
            model: Model::default(),
            view: Arc::default(),
            bypass: BoolParam::new("Bypass analysis", default.bypass).make_bypass(),
            input: EnumParam::new("Input", InputParam::Main),
            channels: EnumParam::new("Channels", ChannelsParam::MonoSum),
            memory_s: float("Memory", default.memory_s, MEMORY_S, 0.0, " s", 1),
            attack_ms: float("Attack", default.attack_ms, ATTACK_MS, ms, " ms", 0),
            release_ms: float("Release", default.release_ms, RELEASE_MS, ms, " ms", 0),
            update: IntParam::new(
                "Update interval",
                0,
                IntRange::Linear { min: 0, max: UPDATE_MS.len() as i32 - 1 },
            )
            .with_value_to_string(Arc::new(|index| format!("{} ms", update_ms(index))))
            .with_string_to_value(Arc::new(|text| Some(update_index(number(text, "ms")?)))),
            sensitivity_db: float(
                "Sensitivity",
                0.0,
                to_db(*SENSITIVITY.start())..=to_db(*SENSITIVITY.end()),
                0.0,
                " dB",
                1,
            ),
            hold_s: float("Hold", default.hold_s, HOLD_S, 0.0, " s", 1),
            freeze: BoolParam::new("Freeze", default.freeze),
            reset: BoolParam::new("Reset", false)
                .with_value_to_string(Arc::new(|on| if on { "Reset" } else { "Ready" }.to_owned()))
                .with_string_to_value(Arc::new(|text| match text.trim().to_ascii_lowercase().as_str() {
                    "reset" | "on" | "true" | "1" => Some(true),
                    "ready" | "off" | "false" | "0" => Some(false),
                    _ => None,
                })),
            reset_on_play: BoolParam::new("Reset on play", default.reset_on_play),
            midi_cc: BoolParam::new("MIDI controllers out", default.midi_cc),
            midi_notes: BoolParam::new("MIDI notes out", default.midi_notes),
            keep_audio: BoolParam::new("Keep the last minute", default.keep_audio),
        }
    }
}

impl RollcallParams {
    /// The chosen model, shared with the worker.
    pub(crate) fn models(&self) -> Arc<ModelSlot> {
        Arc::clone(&self.model.0)
    }

    /// What the window is to look like, as the state has it.
    pub(crate) fn remembered(&self) -> ViewSettings {
        self.view.read().unwrap_or_else(PoisonError::into_inner).clone().checked()
    }
    /// Puts into the state what the window looks like, unless the state no longer says what it said `before`: then one was
    /// loaded meanwhile, and stands. Says whether it did.
    pub(crate) fn remember(&self, before: &ViewSettings, view: ViewSettings) -> bool {
        let mut state = self.view.write().unwrap_or_else(PoisonError::into_inner);
        let stands = state.clone().checked() == *before;
        if stands {
            *state = view;
        }
        stands
    }

    /// All values now; safe on the audio thread.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            bypass: self.bypass.value(),
            input: match self.input.value() {
                InputParam::Main => Input::Main,
                InputParam::Sidechain => Input::Sidechain,
            },
            channels: match self.channels.value() {
                ChannelsParam::MonoSum => Channels::MonoSum,
                ChannelsParam::Left => Channels::Left,
                ChannelsParam::Right => Channels::Right,
                ChannelsParam::Mid => Channels::Mid,
                ChannelsParam::Side => Channels::Side,
            },
            memory_s: clip(self.memory_s.value(), MEMORY_S),
            attack_ms: clip(self.attack_ms.value(), ATTACK_MS),
            release_ms: clip(self.release_ms.value(), RELEASE_MS),
            update_ms: update_ms(self.update.value()),
            sensitivity: from_db(self.sensitivity_db.value()),
            hold_s: clip(self.hold_s.value(), HOLD_S),
            freeze: self.freeze.value(),
            reset_on_play: self.reset_on_play.value(),
            midi_cc: self.midi_cc.value(),
            midi_notes: self.midi_notes.value(),
            keep_audio: self.keep_audio.value(),
        }
    }
}

/// A float with its unit in its text, rounded to `digits`. `skew` of -1 gives small values more room, 0 none.
fn float(
    name: &str,
    default: f32,
    range: RangeInclusive<f32>,
    skew: f32,
    unit: &'static str,
    digits: usize,
) -> FloatParam {
    let (min, max) = range.into_inner();
    let range = if skew == 0.0 {
        FloatRange::Linear { min, max }
    } else {
        FloatRange::Skewed { min, max, factor: FloatRange::skew_factor(skew) }
    };
    FloatParam::new(name, default, range)
        .with_unit(unit)
        .with_step_size(10.0_f32.powi(-(digits as i32)))
        .with_value_to_string(formatters::v2s_f32_rounded(digits))
        .with_string_to_value(Arc::new(move |text| number(text, unit.trim())))
}

/// A number with or without its unit.
fn number(text: &str, unit: &str) -> Option<f32> {
    let text = text.trim();
    let bare = text.get(text.len().saturating_sub(unit.len())..).filter(|end| end.eq_ignore_ascii_case(unit));
    let bare = bare.map_or(text, |end| &text[..text.len() - end.len()]);
    bare.trim().parse().ok().filter(|value: &f32| value.is_finite())
}

fn update_ms(index: i32) -> u32 {
    UPDATE_MS[(index.max(0) as usize).min(UPDATE_MS.len() - 1)]
}

/// Index of the nearest interval.
pub(crate) fn update_index(ms: f32) -> i32 {
    let distance = |index: &usize| (UPDATE_MS[*index] as f32 - ms).abs();
    (0..UPDATE_MS.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0) as i32
}

/// Also of what a host sets in spite of the range.
fn clip(value: f32, range: RangeInclusive<f32>) -> f32 {
    if value.is_nan() { *range.start() } else { value.clamp(*range.start(), *range.end()) }
}

/// A factor in dB; 1 is 0 dB exactly, and back.
pub(crate) fn to_db(factor: f32) -> f32 {
    20.0 * factor.log10()
}

fn from_db(db: f32) -> f32 {
    clip(10.0_f32.powf(db / 20.0), SENSITIVITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_board_s() {
        assert_eq!(RollcallParams::default().settings(), Settings::default());
    }

    /// A view that changes in the very moment in which a state is loaded does not overwrite it.
    #[test]
    fn a_state_that_was_loaded_meanwhile_stands() {
        let params = RollcallParams::default();
        let before = params.remembered();
        let zoomed = |zoom: f32| ViewSettings { zoom, ..before.clone() };
        assert!(params.remember(&before, zoomed(1.25)));
        // A state with another zoom is loaded; the window still knows the one before.
        *params.view.write().expect("a lock") = zoomed(1.5);
        assert!(!params.remember(&zoomed(1.25), zoomed(0.75)));
        assert_eq!(params.remembered().zoom, 1.5);
    }

    #[test]
    fn texts_go_both_ways() {
        let params = RollcallParams::default();
        for (param, text, same) in [
            (&params.memory_s, "4.5 s", "4.5"),
            (&params.release_ms, "1200", "1200 MS"),
            (&params.sensitivity_db, "-6 dB", "-6.0"),
        ] {
            let value = param.string_to_normalized_value(text).expect(text);
            assert_eq!(param.string_to_normalized_value(same), Some(value));
            let shown = param.normalized_value_to_string(value, true);
            let again = param.string_to_normalized_value(&shown).expect("own text");
            assert_eq!(param.normalized_value_to_string(again, true), shown);
            assert_eq!(param.string_to_normalized_value("much"), None);
            assert_eq!(param.string_to_normalized_value("NaN"), None);
        }
        let update = &params.update;
        assert_eq!(
            update.normalized_value_to_string(
                update.string_to_normalized_value("500").expect("a number"),
                true
            ),
            "480 ms"
        );
        assert_eq!(number("12é", "ms"), None);
    }

    #[test]
    fn sensitivity_of_0_db_changes_nothing() {
        assert_eq!(from_db(0.0), 1.0);
        assert_eq!(from_db(f32::NAN), *SENSITIVITY.start());
    }
}

//! What buttons and keys do.

use crate::advice::Remedy;
use egui::{Context, Key, Modifiers};

/// A page of the drawer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Settings,
    Export,
    Open,
    Teach,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Freeze,
    Reset,
    Sort,
    Appearance,
    Attention,
    Axis,
    Zoom(ZoomStep),
    Toggle(Page),
    CloseDrawer,
    BackToLive,
    Apply(Remedy),
}

/// A step of the size of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ZoomStep {
    In,
    Out,
    One,
}

impl ZoomStep {
    /// The next size.
    pub(crate) fn from(self, zoom: f32) -> f32 {
        let step = match self {
            Self::In => zoom * 1.1,
            Self::Out => zoom / 1.1,
            Self::One => 1.0,
        };
        // Through 1.0 exactly, on the way up and down.
        let step = if (step - 1.0).abs() < 0.04 { 1.0 } else { step };
        step.clamp(*crate::settings::ZOOM.start(), *crate::settings::ZOOM.end())
    }
}

const PLAIN: [(Key, Action); 13] = [
    (Key::F, Action::Freeze),
    (Key::R, Action::Reset),
    (Key::S, Action::Sort),
    (Key::T, Action::Appearance),
    (Key::A, Action::Attention),
    (Key::B, Action::Axis),
    (Key::E, Action::Toggle(Page::Export)),
    (Key::O, Action::Toggle(Page::Open)),
    (Key::X, Action::Toggle(Page::Teach)),
    (Key::L, Action::BackToLive),
    (Key::Plus, Action::Zoom(ZoomStep::In)),
    (Key::Equals, Action::Zoom(ZoomStep::In)),
    (Key::Minus, Action::Zoom(ZoomStep::Out)),
];

/// What the pressed keys ask for. Nothing while text is being edited.
pub(crate) fn pressed(ctx: &Context) -> Vec<Action> {
    if ctx.text_edit_focused() {
        return Vec::new();
    }
    ctx.input_mut(|input| {
        let mut actions = Vec::new();
        for (key, action) in PLAIN {
            if input.consume_key(Modifiers::NONE, key) {
                actions.push(action);
            }
        }
        for (key, step) in [
            (Key::Plus, ZoomStep::In),
            (Key::Equals, ZoomStep::In),
            (Key::Minus, ZoomStep::Out),
            (Key::Num0, ZoomStep::One),
        ] {
            if input.consume_key(Modifiers::COMMAND, key) || input.consume_key(Modifiers::SHIFT, key) {
                actions.push(Action::Zoom(step));
            }
        }
        if input.consume_key(Modifiers::NONE, Key::Num0) {
            actions.push(Action::Zoom(ZoomStep::One));
        }
        if input.consume_key(Modifiers::COMMAND, Key::Comma) || input.consume_key(Modifiers::NONE, Key::Comma)
        {
            actions.push(Action::Toggle(Page::Settings));
        }
        actions
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a press asks for.
    fn asked(events: Vec<egui::Event>) -> Vec<Action> {
        let ctx = Context::default();
        crate::look::install_fonts(&ctx);
        let mut actions = Vec::new();
        let input = egui::RawInput { events, ..egui::RawInput::default() };
        ctx.run_ui(input, |ui| actions.extend(pressed(ui.ctx()))).drop_without_applying_deltas();
        actions
    }

    #[test]
    fn signs_count_once_with_their_text_beside_them() {
        let key = egui::Event::Key {
            key: Key::Plus,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: Modifiers::SHIFT,
        };
        let once = [Action::Zoom(ZoomStep::In)];
        assert_eq!(asked(vec![key.clone()]), once);
        assert_eq!(asked(vec![key, egui::Event::Text("+".into())]), once);
    }

    #[test]
    fn zoom_steps_pass_through_one_and_stay_in_range() {
        assert_eq!(ZoomStep::Out.from(ZoomStep::In.from(1.0)), 1.0);
        assert_eq!(ZoomStep::One.from(3.3), 1.0);
        let mut zoom = 1.0;
        for _ in 0..100 {
            zoom = ZoomStep::In.from(zoom);
        }
        assert_eq!(zoom, *crate::settings::ZOOM.end());
    }
}

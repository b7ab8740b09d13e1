//! What happens to the window, gathered for egui's next frame.

use crate::{drop, keys};
use baseview::{EventStatus, MouseButton, MouseEvent, ScrollDelta, WindowEvent};
use egui::{
    Event, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, RawInput, Rect, TouchPhase, Vec2,
};
use keyboard_types::KeyboardEvent;
use std::time::Instant;

/// Of one window.
pub(crate) struct Input {
    began: Instant,
    raw: RawInput,
    held: Modifiers,
    /// None while it is elsewhere.
    pointer: Option<Pos2>,
}

impl Input {
    pub(crate) fn new(max_texture_side: usize) -> Self {
        let raw = RawInput { max_texture_side: Some(max_texture_side), ..RawInput::default() };
        Self { began: Instant::now(), raw, held: Modifiers::default(), pointer: None }
    }

    /// Everything since the last frame. `points` is the window's size, `scale` the system's pixels for each point before any zoom.
    pub(crate) fn take(&mut self, points: Vec2, scale: f64) -> RawInput {
        let whole = Rect::from_min_size(Pos2::ZERO, points);
        self.raw.time = Some(self.began.elapsed().as_secs_f64());
        self.raw.screen_rect = Some(whole);
        let focused = self.raw.focused;
        let viewport = self.raw.viewports.entry(self.raw.viewport_id).or_default();
        viewport.native_pixels_per_point = Some(scale as f32);
        viewport.inner_rect = Some(whole);
        viewport.focused = Some(focused);
        self.raw.take()
    }

    /// None if it changes nothing that egui draws.
    pub(crate) fn mouse(&mut self, event: &MouseEvent, pixels_per_point: f32) -> Option<EventStatus> {
        match event {
            MouseEvent::CursorMoved { position, modifiers } => {
                self.hold(*modifiers);
                let at = Pos2::new(position.x as f32, position.y as f32) / pixels_per_point;
                self.pointer = Some(at);
                self.raw.events.push(Event::PointerMoved(at));
            }
            MouseEvent::CursorLeft => {
                self.pointer = None;
                self.raw.events.push(Event::PointerGone);
            }
            MouseEvent::ButtonPressed { button, modifiers } => self.button(*button, *modifiers, true),
            MouseEvent::ButtonReleased { button, modifiers } => self.button(*button, *modifiers, false),
            MouseEvent::WheelScrolled { delta, modifiers } => {
                self.hold(*modifiers);
                let (unit, delta) = match *delta {
                    ScrollDelta::Lines { x, y } => (MouseWheelUnit::Line, Vec2::new(x, y)),
                    ScrollDelta::Pixels { x, y } => {
                        (MouseWheelUnit::Point, Vec2::new(x, y) / pixels_per_point)
                    }
                };
                self.raw.events.push(Event::MouseWheel {
                    unit,
                    delta,
                    phase: TouchPhase::Move,
                    source: MouseWheelSource::Unknown,
                    modifiers: self.held,
                });
            }
            MouseEvent::DragEntered { data, .. } | MouseEvent::DragMoved { data, .. } => {
                self.raw.hovered_files = drop::hovered(data);
                return Some(drop::answer(data));
            }
            MouseEvent::DragLeft => self.raw.hovered_files.clear(),
            MouseEvent::DragDropped { data, .. } => {
                self.raw.hovered_files.clear();
                self.raw.dropped_files.extend(drop::dropped(data));
                return Some(drop::answer(data));
            }
            _ => return None,
        }
        Some(EventStatus::Captured)
    }

    pub(crate) fn key(&mut self, event: &KeyboardEvent, paste: impl FnOnce() -> Option<String>) {
        self.hold(event.modifiers);
        self.raw.events.extend(keys::events(event, paste));
    }

    pub(crate) fn focus(&mut self, event: &WindowEvent) {
        let focused = match event {
            WindowEvent::Focused => true,
            WindowEvent::Unfocused => false,
            _ => return,
        };
        self.raw.focused = focused;
        self.raw.events.push(Event::WindowFocused(focused));
    }

    fn button(&mut self, button: MouseButton, modifiers: keyboard_types::Modifiers, pressed: bool) {
        self.hold(modifiers);
        let button = match button {
            MouseButton::Left => PointerButton::Primary,
            MouseButton::Right => PointerButton::Secondary,
            MouseButton::Middle => PointerButton::Middle,
            MouseButton::Back => PointerButton::Extra1,
            MouseButton::Forward => PointerButton::Extra2,
            _ => return,
        };
        if let Some(pos) = self.pointer {
            self.raw.events.push(Event::PointerButton { pos, button, pressed, modifiers: self.held });
        }
    }

    fn hold(&mut self, modifiers: keyboard_types::Modifiers) {
        let held = keys::modifiers(modifiers);
        if held != self.held {
            self.held = held;
            self.raw.events.push(Event::ModifiersChanged(held));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baseview::{DropData, DropEffect, dpi::PhysicalPosition};
    use keyboard_types::Modifiers as Held;

    fn moved(x: f64, y: f64) -> MouseEvent {
        MouseEvent::CursorMoved { position: PhysicalPosition::new(x, y), modifiers: Held::empty() }
    }

    #[test]
    fn a_press_lies_where_the_pointer_was_in_points() {
        let mut input = Input::new(1_024);
        let press = MouseEvent::ButtonPressed { button: MouseButton::Left, modifiers: Held::SHIFT };
        input.mouse(&press, 2.0);
        input.mouse(&moved(30.0, 50.0), 2.0);
        input.mouse(&press, 2.0);
        let events = input.take(Vec2::new(100.0, 80.0), 2.0).events;
        let held = Modifiers::SHIFT;
        let press = Event::PointerButton {
            pos: Pos2::new(15.0, 25.0),
            button: PointerButton::Primary,
            pressed: true,
            modifiers: held,
        };
        // The first was made before anybody knew where the pointer is.
        assert_eq!(events.iter().filter(|event| matches!(event, Event::PointerButton { .. })).count(), 1);
        assert!(events.contains(&press) && events.contains(&Event::ModifiersChanged(held)), "{events:?}");
        assert!(input.take(Vec2::ZERO, 2.0).events.is_empty(), "told once");
    }

    #[test]
    fn dragged_files_hover_until_they_leave_or_are_dropped() {
        let mut input = Input::new(1_024);
        let (position, modifiers) = (PhysicalPosition::new(1.0, 1.0), Held::empty());
        let data = DropData::Files(vec!["/a/song.flac".into()]);
        let accepted = Some(EventStatus::AcceptDrop(DropEffect::Copy));
        let entered = MouseEvent::DragEntered { position, modifiers, data: data.clone() };
        assert_eq!(input.mouse(&entered, 1.0), accepted);
        let hovers = |input: &mut Input| input.take(Vec2::ZERO, 1.0).hovered_files.len();
        assert_eq!((hovers(&mut input), hovers(&mut input)), (1, 1), "as long as they hover");
        input.mouse(&MouseEvent::DragLeft, 1.0);
        assert_eq!(hovers(&mut input), 0);
        assert_eq!(input.mouse(&entered, 1.0), accepted);
        assert_eq!(input.mouse(&MouseEvent::DragDropped { position, modifiers, data }, 1.0), accepted);
        let raw = input.take(Vec2::ZERO, 1.0);
        assert_eq!((raw.hovered_files.len(), raw.dropped_files.len()), (0, 1));
        assert_eq!(input.take(Vec2::ZERO, 1.0).dropped_files.len(), 0, "dropped once");
    }
}

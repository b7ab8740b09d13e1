//! Keys as egui knows them, and what some of them do to a text.

use egui::{Event, Key, Modifiers};
use keyboard_types::{Code, KeyState, KeyboardEvent};

/// What a key is for a text that has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Cut,
    Copy,
    Paste,
}

pub(crate) fn modifiers(held: keyboard_types::Modifiers) -> Modifiers {
    let is_mac = cfg!(target_os = "macos");
    let mac_cmd = is_mac && held.meta();
    let command = if is_mac { mac_cmd } else { held.ctrl() };
    Modifiers { alt: held.alt(), ctrl: held.ctrl(), shift: held.shift(), mac_cmd, command }
}

/// What a key says to egui; `paste` is asked for the clipboard's text only where one is wanted.
pub(crate) fn events(key: &KeyboardEvent, paste: impl FnOnce() -> Option<String>) -> Vec<Event> {
    let (held, is_down) = (modifiers(key.modifiers), key.state == KeyState::Down);
    let physical_key = by_place(key.code);
    // A keyboard without Latin letters still has the place where one would be.
    let named = Key::from_name(&key.key.to_string()).or(physical_key);
    let edit = named.and_then(|named| edit(named, held));
    match edit {
        Some(Edit::Cut) if is_down => return vec![Event::Cut],
        Some(Edit::Copy) if is_down => return vec![Event::Copy],
        Some(Edit::Paste) if is_down => return paste().map(Event::Paste).into_iter().collect(),
        _ => {}
    }
    let pressed = |named| Event::Key {
        key: named,
        physical_key,
        pressed: is_down,
        repeat: key.repeat,
        modifiers: held,
    };
    let mut events: Vec<Event> = named.map(pressed).into_iter().collect();
    if let keyboard_types::Key::Character(text) = &key.key {
        let is_written = is_down && !held.ctrl && !held.command && !text.contains(char::is_control);
        events.extend(is_written.then(|| Event::Text(text.clone())));
    }
    events
}

/// By its place on the keyboard: `KeyC` is C, `Digit1` is 1.
fn by_place(code: Code) -> Option<Key> {
    let name = code.to_string();
    let sign = ["Key", "Digit", "Numpad"].iter().find_map(|kind| name.strip_prefix(kind));
    Key::from_name(sign.unwrap_or(&name))
}

/// The two ways of every system but macOS, which has the first.
fn edit(key: Key, held: Modifiers) -> Option<Edit> {
    match key {
        Key::X if held.command => Some(Edit::Cut),
        Key::C if held.command => Some(Edit::Copy),
        Key::V if held.command => Some(Edit::Paste),
        Key::Delete if held.shift => Some(Edit::Cut),
        Key::Insert if held.ctrl => Some(Edit::Copy),
        Key::Insert if held.shift => Some(Edit::Paste),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keyboard_types::{Key as Pressed, Modifiers as Held, NamedKey};

    fn press(key: Pressed, code: Code, held: Held) -> Vec<Event> {
        let event =
            KeyboardEvent { state: KeyState::Down, key, code, modifiers: held, ..KeyboardEvent::default() };
        events(&event, || Some("from elsewhere".to_owned()))
    }

    fn sign(sign: &str, code: Code, held: Held) -> Vec<Event> {
        press(Pressed::Character(sign.to_owned()), code, held)
    }

    fn key(events: &[Event]) -> Option<Key> {
        events.iter().find_map(|event| if let Event::Key { key, .. } = event { Some(*key) } else { None })
    }

    #[test]
    fn every_sign_that_egui_has_a_key_for_comes_as_one_and_as_text() {
        for (written, code, wanted) in [
            ("t", Code::KeyT, Key::T),
            ("T", Code::KeyT, Key::T),
            ("+", Code::BracketRight, Key::Plus),
            ("-", Code::Minus, Key::Minus),
            ("?", Code::Slash, Key::Questionmark),
            (" ", Code::Space, Key::Space),
            ("7", Code::Digit7, Key::Num7),
        ] {
            let events = sign(written, code, Held::empty());
            assert_eq!(key(&events), Some(wanted), "{written}");
            assert!(events.contains(&Event::Text(written.to_owned())), "{written}");
        }
        for (named, wanted) in [
            (NamedKey::ArrowDown, Key::ArrowDown),
            (NamedKey::Escape, Key::Escape),
            (NamedKey::PageUp, Key::PageUp),
            (NamedKey::F11, Key::F11),
        ] {
            assert_eq!(key(&press(Pressed::Named(named), Code::F24, Held::empty())), Some(wanted));
        }
    }

    #[test]
    fn commands_edit_the_text_and_write_nothing() {
        assert_eq!(sign("c", Code::KeyC, Held::CONTROL), [Event::Copy]);
        assert_eq!(sign("x", Code::KeyX, Held::CONTROL), [Event::Cut]);
        assert_eq!(sign("v", Code::KeyV, Held::CONTROL), [Event::Paste("from elsewhere".into())]);
        // Russian, with the keys where English has them.
        assert_eq!(sign("с", Code::KeyC, Held::CONTROL), [Event::Copy]);
        let events = sign("a", Code::KeyA, Held::CONTROL);
        assert_eq!((key(&events), events.len()), (Some(Key::A), 1), "no text is written by a command");
        assert_eq!(
            press(Pressed::Named(NamedKey::Insert), Code::Insert, Held::SHIFT),
            [Event::Paste("from elsewhere".into())]
        );
    }
}

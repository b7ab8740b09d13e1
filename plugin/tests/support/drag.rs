//! A file manager that drags something onto a window: the source's half of XDND.

use super::screen::Screen;
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};
use x11rb::{
    CURRENT_TIME,
    connection::Connection,
    protocol::{
        Event,
        xproto::{
            Atom, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
            SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
        },
    },
    wrapper::ConnectionExt as _,
};

/// Drags a path to the middle of `target`, and drops it there after `hover` has been called.
pub(crate) fn drop_file(screen: &Screen, target: Window, path: &Path, hover: impl FnOnce()) {
    let drag = Drag::begin(screen, target, path);
    let uri_list = drag.atom("text/uri-list");
    drag.send("XdndEnter", [drag.source, 5 << 24, uri_list, 0, 0]);
    let copy = drag.atom("XdndActionCopy");
    drag.send("XdndPosition", [drag.source, 0, (200 << 16) | 200, CURRENT_TIME, copy]);
    let accepted = drag.wait("XdndStatus");
    assert_eq!(accepted[1] & 1, 1, "the window takes files");
    // The position again: by now the window knows what is dragged.
    drag.send("XdndPosition", [drag.source, 0, (210 << 16) | 210, CURRENT_TIME, copy]);
    drag.wait("XdndStatus");
    hover();
    drag.send("XdndDrop", [drag.source, 0, CURRENT_TIME, 0, 0]);
    let finished = drag.wait("XdndFinished");
    assert_eq!(finished[1] & 1, 1, "the window has taken the file");
}

struct Drag<'a> {
    screen: &'a Screen,
    source: Window,
    target: Window,
    uri: String,
}

impl<'a> Drag<'a> {
    fn begin(screen: &'a Screen, target: Window, path: &Path) -> Self {
        let x = &screen.x;
        let source = x.generate_id().expect("X");
        let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
        let (class, aux) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
        x.create_window(depth, source, screen.root, 0, 0, 1, 1, 0, class, visual, &aux).expect("X");
        let drag = Self { screen, source, target, uri: format!("file://{}\r\n", path.display()) };
        x.set_selection_owner(source, drag.atom("XdndSelection"), CURRENT_TIME).expect("X");
        x.sync().expect("X");
        drag
    }

    fn atom(&self, name: &str) -> Atom {
        self.screen.x.intern_atom(false, name.as_bytes()).expect("X").reply().expect("X").atom
    }

    fn send(&self, kind: &str, data: [u32; 5]) {
        let message = ClientMessageEvent::new(32, self.target, self.atom(kind), data);
        self.screen.x.send_event(false, self.target, EventMask::NO_EVENT, message).expect("X");
        self.screen.x.sync().expect("X");
    }

    /// Answers requests for the data until a message of this kind comes.
    fn wait(&self, kind: &str) -> [u32; 5] {
        let kind_atom = self.atom(kind);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(20) {
            match self.screen.x.poll_for_event().expect("X") {
                Some(Event::SelectionRequest(request)) => self.answer(&request),
                Some(Event::ClientMessage(message)) if message.type_ == kind_atom => {
                    return message.data.as_data32();
                }
                Some(_) => {}
                None => thread::sleep(Duration::from_millis(2)),
            }
        }
        panic!("no {kind} from the window")
    }

    fn answer(&self, request: &SelectionRequestEvent) {
        let x = &self.screen.x;
        let (to, property, target) = (request.requestor, request.property, request.target);
        x.change_property8(PropMode::REPLACE, to, property, target, self.uri.as_bytes()).expect("X");
        let notice = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: to,
            selection: request.selection,
            target,
            property,
        };
        x.send_event(false, to, EventMask::NO_EVENT, notice).expect("X");
        x.sync().expect("X");
    }
}

impl Drop for Drag<'_> {
    fn drop(&mut self) {
        // The screen may be going.
        let _ = self.screen.x.destroy_window(self.source);
    }
}

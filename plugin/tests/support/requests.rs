//! What clients ask of the X server, as its RECORD extension sees it.

use super::screen::Screen;
use std::{sync::mpsc, thread};
use x11rb::{
    connection::Connection,
    protocol::{
        record::{self, ConnectionExt as _, Range, Range8},
        xproto::GET_INPUT_FOCUS_REQUEST,
    },
    wrapper::ConnectionExt as _,
};

/// Each is four bytes long.
const LENGTH: usize = 4;

/// Times that any client waits for the server while `work` runs on this thread: Xlib and XCB ask for the focus to have something
/// answered.
pub(crate) fn waits(screen: &Screen, work: impl FnOnce()) -> usize {
    let (records, _) = x11rb::connect(None).expect("an X server");
    let context = screen.x.generate_id().expect("X");
    let only = Range8 { first: GET_INPUT_FOCUS_REQUEST, last: GET_INPUT_FOCUS_REQUEST };
    let range = Range { core_requests: only, ..Range::default() };
    let all = [record::CS::ALL_CLIENTS.into()];
    screen.x.record_create_context(context, 0, &all, &[range]).expect("X").check().expect("RECORD");
    thread::scope(|scope| {
        let (began, begins) = mpsc::channel();
        let counting = scope.spawn(move || {
            let replies = records.record_enable_context(context).expect("X");
            let mut bytes = 0;
            for reply in replies {
                let reply = reply.expect("X");
                // The first says that it begins, the last that it ends.
                match reply.category {
                    4 => began.send(()).expect("the other end waits"),
                    1 => bytes += reply.data.len(),
                    _ => {}
                }
            }
            bytes / LENGTH
        });
        begins.recv().expect("it begins");
        work();
        screen.x.record_disable_context(context).expect("X");
        screen.x.sync().expect("X");
        counting.join().expect("counted")
    })
}

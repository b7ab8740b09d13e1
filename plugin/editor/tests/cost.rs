//! What the window costs: frames and texels when nothing moves, and what is left when it is closed.

#[path = "support/session.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod session;

#[path = "support/headless.rs"]
mod headless;

use egui::Context;
use headless::Headless;
use rollcall_board::WorkerState;
use rollcall_editor::{EditorView, ViewSettings};
use session::Session;
use std::time::Duration;

#[test]
fn nothing_is_drawn_while_nothing_moves() {
    let mut session = Session::new();
    session.play(30.0);
    session.status.state = WorkerState::Idle;
    session.show_status();
    let mut window = Headless::open(&session);
    for _ in 0..200 {
        window.frame(&session, 1.0 / 60.0);
    }
    assert!(window.frame(&session, 1.0 / 60.0) > Duration::from_secs(60), "idle: no next frame is wanted");

    session.status.state = WorkerState::Live;
    session.play(0.16);
    let delay = window.frame(&session, 1.0 / 60.0);
    assert!(delay < Duration::from_millis(100), "new values move: {delay:?}");
    for _ in 0..200 {
        window.frame(&session, 1.0 / 60.0);
    }
    assert!(
        window.frame(&session, 1.0 / 60.0) > Duration::from_secs(60),
        "and come to rest when no more come"
    );
}

#[test]
fn closing_and_opening_again_leaves_nothing() {
    let mut session = Session::new();
    session.play(20.0);
    let mut view = EditorView::new(session.board.clone(), ViewSettings::default());
    for round in 0..60 {
        let ctx = Context::default();
        view.build(&ctx);
        let mut window = Headless { ctx: ctx.clone(), view, time: 0.0 };
        for _ in 0..3 {
            window.frame(&session, 1.0 / 60.0);
        }
        let textures = ctx.tex_manager().read().num_allocated();
        assert_eq!(textures, 3, "round {round}: font, history, log-mel");
        view = window.view;
        view.closed();
        assert_eq!(ctx.tex_manager().read().num_allocated(), 1, "round {round}: the font's alone is left");
    }
}

/// A font's texture that is too full is drawn anew every frame, which costs 50 ms: no window may come to that.
#[test]
fn a_still_window_changes_no_texture_at_any_size() {
    let mut session = Session::new();
    for seconds in [31.0, 40.0, 60.0, 79.0] {
        session.play(seconds);
        session.status.state = WorkerState::Idle;
        session.show_status();
        for scale in [1.0, 1.5, 2.0, 3.0] {
            let mut window = Headless::open(&session);
            // As a person drags the corner, and back.
            for i in (0..40).chain((0..40).rev()) {
                let size = [420.0 + 38.0 * i as f32, 320.0 + 22.0 * i as f32];
                for _ in 0..3 {
                    window.frame_of(&session, 0.1, size, scale);
                }
                for _ in 0..if i % 13 == 0 { 60 } else { 0 } {
                    window.frame_of(&session, 0.1, size, scale);
                }
                let changed = window.frame_of(&session, 0.1, size, scale).1;
                let ratio = window.ctx.fonts(|fonts| fonts.font_atlas_fill_ratio());
                assert!(
                    changed < 200_000,
                    "{size:?} at {scale} x: {changed} texels changed, atlas {ratio:.2} full"
                );
                if i % 13 == 0 {
                    assert_eq!(changed, 0, "{size:?} at {scale} x stands still; atlas {ratio:.2} full");
                }
            }
        }
    }
}

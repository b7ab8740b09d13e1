//! The bottom line: model, speed, losses, level. The least important parts give way in a narrow window.

use crate::look::{Theme, size, space, strong, text};
use egui::{Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use rollcall_board::{Latest, ModelState, Status, WorkerState};

/// Height of the status line.
pub(crate) const HEIGHT: f32 = 28.0;

struct Part {
    label: String,
    colour: Color32,
    help: String,
    /// Lower ones stay longer.
    rank: u8,
}

/// Draws the status line.
pub(crate) fn show(ui: &Ui, theme: &Theme, rect: Rect, status: &Status, latest: &Latest) {
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, theme.panel);
    painter.hline(rect.x_range(), rect.top() + 0.5, egui::Stroke::new(1.0, theme.line));
    let (word, colour, help) = state(theme, status);
    let left = rect.left() + space::L;
    let middle = rect.center().y + 0.5;
    painter.circle_filled(pos2(left + 4.0, middle), 4.0, colour);
    let galley = painter.layout_no_wrap(word.into(), strong(12.0), theme.text);
    let place = Rect::from_min_size(pos2(left, rect.top()), vec2(14.0 + galley.size().x, rect.height()));
    painter.galley(pos2(left + 14.0, middle - galley.size().y / 2.0), galley, theme.text);
    said(ui, place, word, help);

    let laid = |part: Part| (painter.layout_no_wrap(part.label.clone(), text(12.0), part.colour), part);
    let mut parts: Vec<_> = parts(theme, status, latest).into_iter().map(laid).collect();
    let room = rect.right() - space::L - place.right() - space::S;
    while parts.iter().map(|(galley, _)| galley.size().x + space::L).sum::<f32>() > room {
        let Some(least) = (0..parts.len()).max_by_key(|&i| parts[i].1.rank) else { break };
        parts.remove(least);
    }
    let mut left = place.right() + space::L;
    for (galley, part) in parts {
        let size = galley.size();
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(size.x, rect.height()));
        painter.galley(pos2(left, middle - size.y / 2.0), galley, part.colour);
        said(ui, place, &part.label, &part.help);
        left = place.right() + space::L;
    }
}

fn said(ui: &Ui, place: Rect, label: &str, help: &str) {
    let response = ui.interact(place, ui.scope_id().with(("status", help)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, label));
    response.on_hover_ui(|ui| {
        ui.set_max_width(280.0);
        ui.label(egui::RichText::new(help).size(size::BODY));
    });
}

fn state(theme: &Theme, status: &Status) -> (&'static str, Color32, &'static str) {
    match (&status.model, status.state) {
        (ModelState::Failed(_), _) => ("No model", theme.bad, "Nothing is analysed until a model is loaded."),
        (ModelState::Loading, _) => ("Loading", theme.warn, "The model is being loaded; audio waits for it."),
        (_, WorkerState::Idle) => {
            ("Idle", theme.faint, "The host sends no audio. Press play, or open an audio file (O).")
        }
        (_, WorkerState::Live) => ("Live", theme.good, "Listening to the host's audio."),
        (_, WorkerState::Offline) => {
            ("Offline render", theme.good, "The host renders; every frame is analysed.")
        }
        (_, WorkerState::Bypassed) => {
            ("Bypassed", theme.warn, "Nothing is analysed. Switch the bypass off to go on.")
        }
        (_, WorkerState::Frozen) => {
            ("Frozen", theme.accent, "The shown values stand still; the analysis goes on.")
        }
    }
}

fn parts(theme: &Theme, status: &Status, latest: &Latest) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut part = |rank, label: String, colour, help: String| parts.push(Part { label, colour, help, rank });
    if let ModelState::Ready(model) = &status.model {
        let name = format!("{} {}", model.name, model.version);
        let hash = model.sha256.get(..12).unwrap_or(&model.sha256);
        part(3, name, theme.muted, format!("The model that listens. SHA-256 {hash}\u{2026}"));
    }
    if status.interval_s > 0.0 {
        let slow = status.interval_s > status.asked_interval_s * 1.05;
        let colour = if slow { theme.warn } else { theme.muted };
        let label = format!("every {:.0} ms", status.interval_s * 1e3);
        let help = format!(
            "Time between two updates; {:.0} ms are asked for. Values are known {:.1} s after the sound.",
            status.asked_interval_s * 1e3,
            status.lookahead_s
        );
        part(2, label, colour, help);
    }
    if status.inference_ms > 0.0 {
        let label =
            format!("{:.1} ms inference, {:.0} % of a core", status.inference_ms, status.load * 100.0);
        part(5, label, theme.muted, "Work for one update, and its share of real time.".into());
    }
    if let Some(stream) = status.stream {
        let rate = f64::from(stream.sample_rate_hz);
        let lost = status.counters.gap_frames + status.counters.skipped_frames;
        let (label, colour) = if lost == 0 {
            ("no gaps".to_owned(), theme.muted)
        } else {
            (format!("{:.2} s lost", lost as f64 / rate), theme.warn)
        };
        let help = format!(
            "Audio that was not analysed since the session began: {} frames did not fit the queue, {} were left out to \
             catch up. The sound itself is never touched.",
            status.counters.gap_frames, status.counters.skipped_frames
        );
        part(1, label, colour, help);
    }
    if latest.steps > 0 {
        let level = if latest.level_dbfs.is_finite() {
            format!("{:.0} dB", latest.level_dbfs).replace('-', "\u{2212}")
        } else {
            "\u{2212}\u{221e} dB".to_owned()
        };
        let gate = if latest.gate_open { "gate open" } else { "gate closed" };
        let help = "Level of the last second, relative to full scale. Below the gate it is too quiet to tell who plays.";
        part(4, format!("{level}, {gate}"), theme.muted, help.into());
    }
    parts
}

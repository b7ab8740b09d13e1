//! The session as a picture: drawn like the window, and saved as a PNG file. Takes up to a second or two: never on the window's thread.

use crate::{
    errand::Cancelled,
    look::{Theme, Tint, display, install_fonts, size, strong, text},
    raster::{Pixels, Raster},
    settings::{Axis, ViewSettings},
    stage::{AXIS, HeatLook, Lanes, LanesInput, Ticks, clock_text},
};
use egui::{Align2, Context, Id, Pos2, RawInput, Rect, Ui, Vec2, pos2, vec2};
use rollcall_board::{Board, History, ModelState, Subject};
use rollcall_classes::{Family, display_name, screen_order};
use rollcall_files::AtomicFile;
use std::{
    io::{self, Write},
    path::Path,
};

/// Ending of the file.
pub(crate) const ENDING: &str = "png";
const WIDTH: f32 = 1_600.0;
const MARGIN: f32 = 40.0;
const HEAD: f32 = 96.0;
const ROW: f32 = 30.0;
const NAMES: f32 = 190.0;
const SHARES: f32 = 110.0;
const SCALE: f32 = 1.5;

/// What a poster shows.
pub(crate) struct Content {
    pub(crate) title: String,
    pub(crate) below: String,
    pub(crate) classes: Vec<String>,
    /// Family and colour of each.
    pub(crate) tints: Vec<Tint>,
    pub(crate) thresholds: Vec<f32>,
    pub(crate) history: History,
    pub(crate) view: ViewSettings,
}

/// What comes of a picture that nobody waits for any more.
pub(crate) const CANCELLED: &str = "it was cancelled";

/// What is known now; its title is to come.
pub(crate) fn content(board: &Board, view: &ViewSettings, subject: Subject) -> Content {
    let status = board.status();
    let latest = board.latest();
    let file = board.file().filter(|_| subject == Subject::File);
    let history = file.as_ref().map_or_else(|| board.history(), |job| job.history.view());
    let model = match &status.model {
        ModelState::Ready(model) => format!(" \u{b7} model {} {}", model.name, model.version),
        ModelState::Loading | ModelState::Failed(_) => String::new(),
    };
    let of = file.map_or_else(
        || "Session".to_owned(),
        |job| job.path.file_name().unwrap_or(job.path.as_os_str()).to_string_lossy().into_owned(),
    );
    let last_s = history.last().map_or(0.0, |row| row.time_s());
    Content {
        title: String::new(),
        below: format!("{of} of {}{model} \u{b7} Rollcall", clock_text(last_s, false)),
        classes: status.classes.to_vec(),
        tints: Tint::of_all(&status.classes, &status.looks),
        thresholds: (0..status.classes.len())
            .map(|class| latest.meters.get(class).map_or(0.5, |meter| meter.threshold))
            .collect(),
        history,
        view: view.clone(),
    }
}

/// Draws and writes it: whole or not at all, never over another file, and not at all once it is cancelled. Errors say what to do.
pub(crate) fn save(content: &Content, path: &Path, cancelled: &Cancelled) -> Result<(), String> {
    let pixels = draw(content, cancelled).ok_or(CANCELLED)?;
    write(&pixels, path, cancelled)
}

fn write(pixels: &Pixels, path: &Path, cancelled: &Cancelled) -> Result<(), String> {
    let bytes = pixels.to_png().map_err(|error| format!("it can't be encoded: {error}"))?;
    let hint = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => format!("{} is there already. Choose another name", path.display()),
        _ => format!("{}: {error}. Choose another folder or name", path.display()),
    };
    if cancelled.is_so() {
        return Err(CANCELLED.into());
    }
    let write = || {
        let mut file = AtomicFile::create(path, false)?;
        file.write_all(&bytes)?;
        file.commit()
    };
    write().map_err(hint)
}

/// Draws it; none if it was cancelled.
fn draw(content: &Content, cancelled: &Cancelled) -> Option<Pixels> {
    let theme = Theme::of(content.view.appearance);
    let points = vec2(WIDTH, HEAD + ROW * content.classes.len().max(1) as f32 + AXIS + 2.0 * MARGIN);
    let ctx = Context::default();
    install_fonts(&ctx);
    theme.apply(&ctx);
    let mut lanes = Lanes::new(60.0);
    let mut raster = Raster::default();
    let input = RawInput {
        screen_rect: Some(Rect::from_min_size(Pos2::ZERO, points)),
        viewports: [(
            egui::ViewportId::ROOT,
            egui::ViewportInfo { native_pixels_per_point: Some(SCALE), ..egui::ViewportInfo::default() },
        )]
        .into_iter()
        .collect(),
        ..RawInput::default()
    };
    let mut output = ctx.run_ui(input, |ui| paint(ui, &theme, content, points, &mut lanes));
    raster.update(&mut output.textures_delta);
    let primitives = ctx.tessellate(output.shapes, output.pixels_per_point);
    raster.draw_unless(&primitives, points, output.pixels_per_point, theme.ground, &|| cancelled.is_so())
}

fn paint(ui: &Ui, theme: &Theme, content: &Content, points: Vec2, lanes: &mut Lanes) {
    let painter = ui.painter();
    painter.rect_filled(Rect::from_min_size(Pos2::ZERO, points), 0.0, theme.ground);
    painter.text(pos2(MARGIN, MARGIN), Align2::LEFT_TOP, &content.title, display(38.0), theme.text);
    painter.text(
        pos2(MARGIN, MARGIN + 50.0),
        Align2::LEFT_TOP,
        &content.below,
        text(size::TITLE),
        theme.muted,
    );
    let right = points.x - MARGIN;
    let caption = "above threshold";
    let top = MARGIN + HEAD;
    painter.text(pos2(right, top - 18.0), Align2::RIGHT_TOP, caption, text(size::BODY), theme.muted);

    let families: Vec<Family> = content.tints.iter().map(|tint| tint.family).collect();
    let order = screen_order(&content.classes, &families);
    let shares = shares(content);
    let area = Rect::from_min_max(
        pos2(MARGIN + NAMES, top),
        pos2(right - SHARES, top + ROW * order.len() as f32 + AXIS),
    );
    let mut rows = Vec::with_capacity(order.len());
    for (i, &class) in order.iter().enumerate() {
        let middle = top + (i as f32 + 0.5) * ROW;
        let heard = shares[class] > 0.0;
        let colour = theme.tint(content.tints[class]);
        let spine = Rect::from_min_size(pos2(MARGIN, middle - ROW / 2.0 + 1.0), vec2(4.0, ROW - 2.0));
        painter.rect_filled(spine, 2.0, colour);
        let (font, written) = if heard { (strong(17.0), theme.text) } else { (text(17.0), theme.faint) };
        let name = display_name(&content.classes[class]);
        painter.text(pos2(MARGIN + 16.0, middle), Align2::LEFT_CENTER, name, font, written);
        if heard {
            let share = format!("{:.0} %", (shares[class] * 100.0).max(1.0));
            painter.text(pos2(right, middle), Align2::RIGHT_CENTER, share, text(17.0), theme.text);
        }
        let lane = pos2(area.left(), middle - ROW / 2.0 + 1.0);
        rows.push((class, Rect::from_min_size(lane, vec2(area.width(), ROW - 2.0))));
    }
    let last_s = content.history.last().map_or(0.0, |row| row.time_s());
    let first_s = content.history.row(content.history.range().start).map_or(0.0, |row| row.time_s());
    lanes.window.set_span(last_s - first_s);
    lanes.columns.update(&content.history, 1, lanes.window.span_s(), 2_048);
    let look = HeatLook {
        theme: *theme,
        colours: content.view.heat,
        classes: content.tints.iter().copied().zip(content.thresholds.iter().copied()).collect(),
    };
    lanes.heat.prepare(ui.ctx(), &lanes.columns, look, lanes.window.range(last_s));
    let input = LanesInput {
        theme: *theme,
        area,
        axis: Rect::from_min_max(pos2(area.left(), area.bottom() - AXIS), area.max),
        lanes: &rows,
        classes: &content.classes,
        tints: &content.tints,
        thresholds: &content.thresholds,
        active: &[],
        history: &content.history,
        now_s: last_s,
        ticks: if content.view.axis == Axis::Bars { Ticks::Bars } else { Ticks::Time },
        attention: None,
        subject: "History",
        selects: false,
        selected_s: None,
        kept_s: None,
    };
    lanes.show(ui, Id::unique("rollcall poster"), &input);
}

/// Share of the steps in which each class is at or above its threshold.
fn shares(content: &Content) -> Vec<f32> {
    let mut counts = vec![0_u64; content.classes.len()];
    for row in content.history.rows(content.history.range()) {
        for (class, count) in counts.iter_mut().enumerate() {
            *count += u64::from(row.activity(class) >= content.thresholds[class]);
        }
    }
    counts.into_iter().map(|count| count as f32 / content.history.len().max(1) as f32).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use rollcall_board::{HistoryWriter, RowData, SongPosition};
    use std::{fs, sync::Barrier, thread};

    pub(crate) fn content() -> Content {
        let mut writer = HistoryWriter::new(2);
        for i in 0..200_u32 {
            let position = SongPosition::default();
            let activity = [if i >= 100 { 1.0 } else { 0.0 }, 0.0];
            let time_s = 0.48 + f64::from(i) * 0.16;
            let row = RowData {
                time_s,
                position,
                level_dbfs: -20.0,
                gate_open: true,
                after_gap: false,
                another: None,
                hops: 16,
                activity: &activity,
            };
            writer.push(&row);
        }
        Content {
            title: "take".into(),
            below: "Session".into(),
            classes: vec!["piano".into(), "violin".into()],
            tints: Tint::of_all(&["piano".into(), "violin".into()], &[]),
            thresholds: vec![0.5, 0.5],
            history: writer.view(),
            view: ViewSettings::default(),
        }
    }

    #[test]
    fn a_poster_shows_what_was_heard_and_when() {
        let content = content();
        let pixels = draw(&content, &Cancelled::default()).expect("nobody cancels it");
        assert_eq!(pixels.width, (WIDTH * SCALE) as usize);
        let lane = ((MARGIN + HEAD + ROW / 2.0) * SCALE) as usize;
        let (left, right) = (MARGIN + NAMES, WIDTH - MARGIN - SHARES);
        let at = |t: f32| pixels.at(((left + (right - left) * t) * SCALE) as usize, lane);
        assert_eq!(at(0.75), Theme::DARK.family(Family::Keys), "the piano plays in the second half");
        assert_ne!(at(0.25), at(0.75));
        assert_eq!(shares(&content), [0.5, 0.0]);
    }

    #[test]
    fn saving_is_whole_or_not_at_all() -> Result<(), Box<dyn std::error::Error>> {
        let folder = std::env::temp_dir().join(format!("rollcall-poster-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let on = Cancelled::default();
        let pixels = draw(&content(), &on).ok_or("nobody cancels it")?;
        write(&pixels, &folder.join("a.png"), &on)?;
        assert_eq!(fs::read_dir(&folder)?.count(), 1);
        let why = write(&pixels, &folder.join("a.png"), &on);
        assert!(why.is_err_and(|why| why.contains("Choose another name")), "what is there stays");
        // A file where the folder should be.
        let why = write(&pixels, &folder.join("a.png/b.png"), &on);
        assert!(why.is_err_and(|why| why.contains("Choose another folder")));
        let off = Cancelled::now();
        assert!(draw(&content(), &off).is_none());
        assert_eq!(write(&pixels, &folder.join("c.png"), &off), Err(CANCELLED.into()));
        assert_eq!(fs::read_dir(&folder)?.count(), 1, "nothing of what was cancelled");
        fs::remove_dir_all(&folder)?;
        Ok(())
    }

    /// Two windows save under one name at the same moment: one of them does, and the other is told.
    #[test]
    fn of_two_who_take_a_name_one_has_it() -> Result<(), Box<dyn std::error::Error>> {
        let folder = std::env::temp_dir().join(format!("rollcall-race-{}", std::process::id()));
        let pixels = Pixels { width: 2, height: 2, data: vec![egui::Color32::BLACK; 4] };
        for round in 0..200 {
            let path = folder.join(format!("{round}.png"));
            let both = Barrier::new(2);
            let take = || {
                both.wait();
                write(&pixels, &path, &Cancelled::default())
            };
            let (one, other) = thread::scope(|scope| {
                let other = scope.spawn(take);
                (take(), other.join())
            });
            let other = other.expect("no panic");
            assert!(one.is_ok() != other.is_ok(), "{round}: {one:?} {other:?}");
        }
        fs::remove_dir_all(&folder)?;
        Ok(())
    }
}

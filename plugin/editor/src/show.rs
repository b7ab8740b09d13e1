//! Drawing the view: the head, the meters and the history, each from the scene of this frame.

use crate::{
    Axis, EditorView,
    action::{Action, Page},
    advice::silence,
    chrome,
    frame::{Frame, History as Place},
    look::{Theme, size, space, text},
    scene::{Scene, Snapshot},
    stage::{
        AXIS, HeatLook, LanesInput, Name, Reset, RowsInput, RowsOutput, Ticks, Titles, Words, clipped_text,
    },
    view::newest_s,
};
use egui::{Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use rollcall_board::{Command, FileState, Selected, Stretch};

/// Most columns across the history.
const COLUMNS: usize = 1_024;

impl EditorView {
    #[allow(clippy::too_many_arguments, reason = "the parts of one frame, each used once")]
    pub(crate) fn show_head(
        &mut self,
        ui: &Ui,
        theme: &Theme,
        frame: &Frame,
        snapshot: &Snapshot,
        scene: &Scene,
        dt_s: f32,
        actions: &mut Vec<Action>,
    ) {
        let mut right = frame.caption.right();
        let middle = frame.caption.center().y;
        let lanes = if self.on_file { &self.file } else { &self.live };
        if !lanes.window.follows() && !snapshot.frozen() {
            let id = ui.scope_id().with("back to live");
            let (response, left) = chrome::chip(ui, theme, id, right, middle, "Back to live", theme.accent);
            if response.clicked() {
                actions.push(Action::BackToLive);
            }
            right = left - space::S;
        }
        if snapshot.file.is_some() {
            let label = if self.on_file { "Show session" } else { "Show file" };
            let id = ui.scope_id().with("file or session");
            let (response, left) = chrome::chip(ui, theme, id, right, middle, label, theme.accent);
            if response.clicked() {
                self.on_file = !self.on_file;
            }
            right = left - space::S;
        }
        self.show_caption(ui, theme, frame, scene, right);
        let job = snapshot.file.as_ref().filter(|_| self.on_file);
        if let Some(FileState::Running(share)) = job.map(|job| &job.state) {
            let line = Rect::from_min_size(frame.caption.left_bottom(), vec2(frame.caption.width(), 3.0));
            ui.painter().rect_filled(line, 1.5, theme.track);
            let done = vec2(line.width() * share.clamp(0.0, 1.0), line.height());
            ui.painter().rect_filled(Rect::from_min_size(line.min, done), 1.5, theme.accent);
        }

        let names: Vec<Name<'_>> = self
            .roster
            .by_family()
            .iter()
            .map(|&class| Name {
                class,
                text: &self.names[class],
                tint: self.tints[class],
                active: scene.meters[class].active,
                shown: self.shown[class],
            })
            .collect();
        let otherwise = if scene.past {
            ("Nobody", "None of the instruments was above its threshold.")
        } else {
            silence(&snapshot.status, &snapshot.latest)
        };
        let perhaps = scene.perhaps.as_ref().map(|other| format!("perhaps: {other}"));
        let perhaps = perhaps.as_deref();
        self.headline.paint(ui.painter(), theme, frame.headline, &names, Words { perhaps, otherwise }, dt_s);
        let playing = names.iter().filter(|name| name.active).map(|name| name.text).chain(perhaps);
        let playing: Vec<&str> = playing.collect();
        let spoken = if playing.is_empty() { otherwise.0.to_owned() } else { playing.join(", ") };
        let response = ui.interact(frame.headline, ui.scope_id().with("headline"), Sense::hover());
        response
            .widget_info(|| WidgetInfo::labeled(Role::Status, true, format!("{}: {spoken}", scene.caption)));

        if let Some(rect) = frame.picture {
            ui.painter().rect_filled(rect, 4.0, theme.panel);
            self.spectrum.paint(ui, rect, theme, &snapshot.picture.log_mel);
            let response = ui.interact(rect, ui.scope_id().with("log-mel"), Sense::hover());
            response.widget_info(|| {
                WidgetInfo::labeled(Role::Image, true, "Log-mel spectrogram of the last 3 s")
            });
            response.on_hover_text(
                "What the network hears: the last 3 s as 64 mel bands from 125 Hz (bottom) to 7.5 kHz (top).",
            );
        }
    }

    fn show_caption(&self, ui: &Ui, theme: &Theme, frame: &Frame, scene: &Scene, right: f32) {
        if frame.caption.height() < 12.0 {
            return;
        }
        let colour = if scene.past { theme.accent } else { theme.muted };
        let span = (frame.caption.left(), right);
        clipped_text(ui.painter(), frame.caption, span, &scene.caption, text(size::BODY), colour);
    }

    pub(crate) fn show_stage(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
        frame: &Frame,
        snapshot: &Snapshot,
        scene: &Scene,
        dt_s: f32,
    ) {
        if !scene.past && !snapshot.frozen() {
            self.roster.observe(&scene.meters, dt_s, self.pointer_on_rows);
        }
        let beside = frame.history == Place::Beside;
        let room = frame.meters.height() / (self.classes.len() + 6) as f32;
        let titles = if room < 14.0 { Titles::Folded } else { Titles::All };
        let (places, total) = self.roster.places(self.view.sort, titles, &self.view.folded, dt_s);
        let mut area = frame.meters;
        if beside {
            area.max.y -= AXIS;
        }
        let meters_width = (area.width() * 0.36).clamp(250.0, 900.0);
        let output = self.rows.show(
            ui,
            &self.roster,
            &RowsInput {
                theme: *theme,
                area,
                beside: beside.then_some(area.left() + meters_width),
                names: &self.names,
                tints: &self.tints,
                meters: &scene.meters,
                shown: &self.shown,
                past: scene.past,
                places: &places,
                total,
            },
        );
        self.pointer_on_rows = output.hovered;
        let history = match (frame.history, frame.below) {
            (Place::Beside, _) => {
                let left = frame.meters.left() + meters_width;
                Some((Rect::from_min_max(pos2(left, frame.meters.top()), frame.meters.max), None))
            }
            (Place::Below, Some(below)) => Some((below, Some(even_lanes(below, &output.lanes)))),
            _ => None,
        };
        if let Some((rect, even)) = history {
            let lanes = even.as_deref().unwrap_or(&output.lanes);
            self.show_history(ui, theme, rect, lanes, snapshot, scene);
        }
        self.use_rows(&output);
    }

    fn use_rows(&mut self, output: &RowsOutput) {
        if let Some(family) = output.fold
            && !self.view.folded.remove(&family)
        {
            self.view.folded.insert(family);
        }
        if let Some(reset) = output.reset {
            self.board.send(match reset {
                Reset::Peak(class) => Command::ResetPeak(class),
                Reset::AllPeaks => Command::ResetPeaks,
            });
        }
    }

    fn show_history(
        &mut self,
        ui: &Ui,
        theme: &Theme,
        area: Rect,
        rows: &[(usize, Rect)],
        snapshot: &Snapshot,
        scene: &Scene,
    ) {
        let file = snapshot.file.as_ref().filter(|_| self.on_file);
        let (history, now_s, key) = match file {
            Some(job) => {
                let view = job.history.view();
                let now_s = newest_s(&view);
                (view, now_s, self.file_key.0 | 1 << 63)
            }
            None => (snapshot.session.clone(), self.now_s(ui.ctx(), snapshot), snapshot.status.session),
        };
        let lanes = if file.is_some() { &mut self.file } else { &mut self.live };
        lanes.columns.update(&history, key, lanes.window.span_s(), COLUMNS);
        let thresholds = snapshot.thresholds();
        let look = HeatLook {
            theme: *theme,
            colours: self.view.heat,
            classes: self.tints.iter().copied().zip(thresholds.iter().copied()).collect(),
        };
        lanes.heat.prepare(ui.ctx(), &lanes.columns, look, lanes.window.range(now_s));
        let axis = Rect::from_min_max(pos2(area.left(), area.bottom() - AXIS), area.max);
        let active: Vec<bool> = scene.meters.iter().map(|meter| meter.active).collect();
        let attention = file.is_none() && self.view.attention && lanes.window.picked_s().is_none();
        let input = LanesInput {
            theme: *theme,
            area,
            axis,
            lanes: rows,
            classes: &self.classes,
            tints: &self.tints,
            thresholds: &thresholds,
            active: &active,
            history: &history,
            now_s,
            ticks: if self.view.axis == Axis::Bars { Ticks::Bars } else { Ticks::Time },
            attention: attention.then_some(&snapshot.picture.attention),
            subject: if file.is_some() { "History of the file" } else { "History" },
            selects: file.is_none(),
            selected_s: selected_s(snapshot).filter(|_| file.is_none()),
            kept_s: snapshot
                .status
                .kept_s
                .filter(|_| file.is_none() && self.drawer.page == Some(Page::Teach)),
        };
        lanes.show(ui, Id::unique("rollcall history").with(file.is_some()), &input);
        if let Some((begin_s, end_s)) = lanes.newly_selected_s() {
            let session = snapshot.status.session;
            self.board.send(Command::Select(Stretch { session, begin_s, end_s }));
            self.drawer.page = Some(Page::Teach);
        }
        if file.is_none() && !self.on_attention {
            self.view.span_s = lanes.window.span_s();
        }
    }
}

/// The stretch that is selected of the session that is shown.
fn selected_s(snapshot: &Snapshot) -> Option<(f64, f64)> {
    let Selected::Ready(selection) = &snapshot.status.selected else { return None };
    let stretch = Some(selection.stretch).filter(|stretch| stretch.session == snapshot.status.session)?;
    Some((stretch.begin_s, stretch.end_s))
}

/// Lanes of equal height under the meters, in the meters' order.
fn even_lanes(below: Rect, rows: &[(usize, Rect)]) -> Vec<(usize, Rect)> {
    let room = Rect::from_min_max(below.min, pos2(below.right(), below.bottom() - AXIS));
    let each = room.height() / rows.len().max(1) as f32;
    let gap = if each > 5.0 { 1.0 } else { 0.0 };
    let lane = |i: usize| {
        Rect::from_min_size(pos2(room.left(), room.top() + i as f32 * each), vec2(room.width(), each - gap))
    };
    rows.iter().enumerate().map(|(i, &(class, _))| (class, lane(i))).collect()
}

//! The whole view: takes what the board says, lays it out, and does what is asked of it.

use crate::{
    Appearance, Family,
    action::{Action, pressed},
    advice::advice,
    chrome::{self, Drawer, DrawerInput, ToolBar},
    drops::Drops,
    frame::{Frame, Wishes},
    look::{Theme, Tint, install_fonts},
    scene::{Peaks, Scene, Snapshot},
    settings::ViewSettings,
    stage::{Headline, Lanes, Roster, Rows, Spectrum},
};
use egui::{Context, Key, Ui};
use rollcall_board::{Board, History, Panel, WorkerState};
use rollcall_classes::{Look, display_name};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Time constant of the bars' motion in seconds: a step of 160 ms becomes a smooth move.
const BALLISTICS_S: f32 = 0.05;

/// The editor's view: made once per plugin instance, shown in any number of windows one after the other.
pub struct EditorView {
    pub(crate) board: Board,
    pub(crate) view: ViewSettings,
    /// Theme and zoom that the window wears; `None` in a new window.
    pub(crate) worn: Option<(Appearance, f32)>,
    pub(crate) classes: Vec<String>,
    looks: Arc<[Look]>,
    /// How each class is written on the screen, and its family and colour.
    pub(crate) names: Vec<String>,
    pub(crate) tints: Vec<Tint>,
    pub(crate) roster: Roster,
    pub(crate) rows: Rows,
    pub(crate) headline: Headline,
    pub(crate) spectrum: Spectrum,
    pub(crate) live: Lanes,
    pub(crate) file: Lanes,
    pub(crate) file_key: (u64, PathBuf),
    pub(crate) file_peaks: Peaks,
    /// Whether the file is looked at instead of the session.
    pub(crate) on_file: bool,
    pub(crate) drawer: Drawer,
    drops: Drops,
    pub(crate) shown: Vec<f32>,
    pub(crate) session: u64,
    pub(crate) was_frozen: bool,
    /// Whether the history is zoomed in on the attention.
    pub(crate) on_attention: bool,
    /// Number of rows in the history, and when the newest arrived, seconds of the window's clock.
    pub(crate) arrival: (u64, f64),
    pub(crate) pointer_on_rows: bool,
}

impl std::fmt::Debug for EditorView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EditorView").field("view", &self.view).finish_non_exhaustive()
    }
}

impl EditorView {
    /// A view over a board, with what was remembered of an earlier one.
    #[must_use]
    pub fn new(board: Board, view: ViewSettings) -> Self {
        let view = view.checked();
        Self {
            board,
            worn: None,
            classes: Vec::new(),
            looks: Arc::from([]),
            names: Vec::new(),
            tints: Vec::new(),
            roster: Roster::default(),
            rows: Rows::default(),
            headline: Headline::default(),
            spectrum: Spectrum::default(),
            live: Lanes::new(view.span_s),
            file: Lanes::new(view.span_s),
            file_key: (0, PathBuf::new()),
            file_peaks: Peaks::default(),
            on_file: false,
            drawer: Drawer::default(),
            drops: Drops::default(),
            shown: Vec::new(),
            session: 0,
            was_frozen: false,
            on_attention: false,
            arrival: (0, 0.0),
            pointer_on_rows: false,
            view,
        }
    }

    /// What is to be remembered.
    #[must_use]
    pub fn settings(&self) -> &ViewSettings {
        &self.view
    }
    /// Takes over what was remembered, as when the host loads a state.
    pub fn set_settings(&mut self, view: ViewSettings) {
        self.view = view.checked();
        self.live.window.set_span(self.view.span_s);
        self.on_attention = false;
        self.worn = None;
    }

    /// Dresses a new window. Call it once for each, before its first frame.
    pub fn build(&mut self, ctx: &Context) {
        install_fonts(ctx);
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        self.closed();
        self.wear(ctx);
    }
    /// Lets go what belongs to the window that was closed.
    pub fn closed(&mut self) {
        self.worn = None;
        self.spectrum = Spectrum::default();
        self.live.heat = Default::default();
        self.file.heat = Default::default();
    }
    /// Remembers the window's size, in points at a zoom of 1.
    pub fn resized(&mut self, width: f32, height: f32) {
        self.view.size = [width, height];
        self.view = std::mem::take(&mut self.view).checked();
    }

    /// Whether text is being edited: the host should then let every key through to the window.
    #[must_use]
    pub fn wants_all_keys(ctx: &Context) -> bool {
        ctx.text_edit_focused()
    }

    /// Draws a frame and does what is asked. `ui` covers the whole window.
    ///
    /// Asks for the next frame by itself only while something moves; on new data the worker asks for one.
    pub fn ui(&mut self, ui: &mut Ui, panel: &dyn Panel) {
        self.wear(ui.ctx());
        let theme = Theme::of(self.view.appearance);
        let snapshot = Snapshot::take(&self.board, panel);
        let mut actions = pressed(ui.ctx());
        self.escape(ui.ctx(), &mut actions);
        self.take_drops(ui.ctx());
        self.keep_up(ui.ctx(), &snapshot);

        let scene = self.scene(&snapshot);
        let advice = advice(&snapshot.status, &snapshot.latest, &snapshot.settings, snapshot.file.as_deref());
        let window = ui.max_rect();
        let most = if window.height() < 520.0 { 1 } else { 2 };
        let frame = Frame::of(
            window,
            Wishes {
                banners: advice.len().min(most),
                picture: self.view.picture,
                placement: self.view.placement,
                drawer: self.drawer.page.is_some(),
                caption: scene.past || snapshot.file.is_some() || snapshot.frozen(),
            },
        );
        ui.painter().rect_filled(window, 0.0, theme.ground);
        let bar = ToolBar {
            sort: self.view.sort,
            frozen: snapshot.frozen(),
            attention: self.view.attention,
            page: self.drawer.page,
        };
        chrome::show_tool_bar(ui, &theme, frame.tool_bar, &bar, &mut actions);
        for (i, (rect, advice_line)) in frame.banners.iter().zip(&advice).enumerate() {
            let more = if i + 1 == frame.banners.len() { advice.len() - frame.banners.len() } else { 0 };
            chrome::show_banner(ui, &theme, *rect, advice_line, more, &mut actions);
        }
        let dt_s = ui.ctx().input(|i| i.stable_dt).min(0.25);
        let settled = self.follow_bars(&scene, dt_s);
        self.show_head(ui, &theme, &frame, &snapshot, &scene, dt_s, &mut actions);
        self.show_stage(ui, &theme, &frame, &snapshot, &scene, dt_s);
        chrome::show_status(ui, &theme, frame.status, &snapshot.status, &snapshot.latest);
        if let Some(rect) = frame.drawer {
            let mut input = DrawerInput {
                theme,
                board: &self.board,
                panel,
                view: &mut self.view,
                status: &snapshot.status,
                file: snapshot.file.as_ref(),
                actions: &mut actions,
            };
            self.drawer.show(ui, rect, &mut input);
        }
        chrome::show_drop(ui, &theme, window, &mut self.drops);
        for action in actions {
            self.act(&action, &snapshot, panel);
        }
        self.next_frame(ui.ctx(), &snapshot, window.width(), settled);
    }

    fn wear(&mut self, ctx: &Context) {
        let wanted = (self.view.appearance, self.view.zoom);
        if self.worn == Some(wanted) {
            return;
        }
        Theme::of(self.view.appearance).apply(ctx);
        if ctx.zoom_factor() != self.view.zoom {
            ctx.set_zoom_factor(self.view.zoom);
        }
        self.worn = Some(wanted);
    }

    /// Escape closes the drawer, else the picked moment.
    fn escape(&self, ctx: &Context, actions: &mut Vec<Action>) {
        let editing = ctx.text_edit_focused() || ctx.any_popup_open();
        if !editing && ctx.input(|i| i.key_pressed(Key::Escape)) {
            actions.push(if self.drawer.page.is_some() { Action::CloseDrawer } else { Action::BackToLive });
        }
    }

    /// Analyses a dropped audio file, or loads a dropped folder as a model package. One at a time: of several the first.
    fn take_drops(&mut self, ctx: &Context) {
        let dropped = ctx.input(|i| i.raw.dropped_files.first().map(|file| file.path().to_owned()));
        if let Some(path) = dropped {
            self.drops.take(path, &self.board);
        }
    }

    /// Follows sessions, models, files and the freeze.
    fn keep_up(&mut self, ctx: &Context, snapshot: &Snapshot) {
        let status = &snapshot.status;
        if self.classes[..] != status.classes[..] || self.looks != status.looks {
            self.classes = status.classes.to_vec();
            self.looks = Arc::clone(&status.looks);
            self.names = self.classes.iter().map(|class| display_name(class)).collect();
            self.tints = Tint::of_all(&self.classes, &self.looks);
            let families: Vec<Family> = self.tints.iter().map(|tint| tint.family).collect();
            self.roster.set_classes(&self.classes, &families, &self.view.folded);
        }
        if self.session != status.session {
            self.session = status.session;
            self.live.window.follow();
        }
        self.zoom_on_attention(snapshot.settings.memory_s);
        let frozen = snapshot.frozen();
        if frozen != self.was_frozen {
            self.was_frozen = frozen;
            if frozen {
                self.live.window.hold(newest_s(&snapshot.session));
            } else {
                self.live.window.follow();
            }
        }
        match &snapshot.file {
            Some(job) => {
                if job.path != self.file_key.1 {
                    self.file_key = (self.file_key.0 + 1, job.path.clone());
                    self.file_peaks = Peaks::default();
                    self.file.window.follow();
                    self.on_file = true;
                }
                self.file_peaks.update(&job.history.view());
                if let Some(duration_s) = job.duration_s {
                    self.file.window.set_span(duration_s.min(600.0));
                }
            }
            None => {
                self.on_file = false;
                self.file_key.1 = PathBuf::new();
            }
        }
        let rows = snapshot.session.range().end;
        if rows != self.arrival.0 {
            self.arrival = (rows, ctx.time());
        }
    }

    /// The attention reaches over the memory alone: the history zooms in on it, and back.
    fn zoom_on_attention(&mut self, memory_s: f32) {
        if self.view.attention != self.on_attention {
            self.on_attention = self.view.attention;
            self.live.window.follow();
            self.live.window.set_span(if self.on_attention {
                f64::from(memory_s) * 2.0
            } else {
                self.view.span_s
            });
        }
    }

    /// The right end of the live history: glides on between two steps.
    pub(crate) fn now_s(&self, ctx: &Context, snapshot: &Snapshot) -> f64 {
        let running = matches!(snapshot.status.state, WorkerState::Live | WorkerState::Offline);
        let since_s = if running { (ctx.time() - self.arrival.1).max(0.0) } else { 0.0 };
        newest_s(&snapshot.session) + since_s.min(f64::from(snapshot.status.interval_s))
    }

    fn scene(&self, snapshot: &Snapshot) -> Scene {
        match snapshot.file.as_ref().filter(|_| self.on_file) {
            Some(job) => {
                let picked_s = self.file.window.picked_s();
                Scene::file(snapshot, job, &self.file_peaks, picked_s, self.file.columns.duration_s())
            }
            None => Scene::live(snapshot, self.live.window.picked_s(), self.live.columns.duration_s()),
        }
    }

    /// Moves the bars towards their values; whether they have arrived.
    fn follow_bars(&mut self, scene: &Scene, dt_s: f32) -> bool {
        self.shown.resize(scene.meters.len(), 0.0);
        let step = 1.0 - (-dt_s / BALLISTICS_S).exp();
        let mut settled = true;
        for (shown, meter) in self.shown.iter_mut().zip(&scene.meters) {
            *shown += (meter.activity - *shown) * step;
            if (meter.activity - *shown).abs() < 0.002 {
                *shown = meter.activity;
            } else {
                settled = false;
            }
        }
        settled
    }

    /// Asks for the next frame while something moves: at once, or when the history has moved by half a pixel.
    fn next_frame(&mut self, ctx: &Context, snapshot: &Snapshot, width: f32, settled: bool) {
        let saving = self.drawer.saving.poll();
        if !settled || self.roster.moving() || self.headline.moving() {
            ctx.request_repaint();
            return;
        }
        if saving {
            ctx.request_repaint_after(Duration::from_millis(50));
        }
        let running = matches!(snapshot.status.state, WorkerState::Live | WorkerState::Offline);
        if running && !self.on_file && self.live.window.follows() {
            let pixels = f64::from(width * ctx.pixels_per_point()).max(1.0);
            let half_a_pixel_s = self.live.window.span_s() / pixels / 2.0;
            let since_s = ctx.time() - self.arrival.1;
            if since_s < f64::from(snapshot.status.interval_s) {
                ctx.request_repaint_after(Duration::from_secs_f64(half_a_pixel_s.clamp(1.0 / 60.0, 1.0)));
            }
        }
    }
}

/// Centre of the newest row.
pub(crate) fn newest_s(history: &History) -> f64 {
    history.last().map_or(0.0, |row| row.time_s())
}

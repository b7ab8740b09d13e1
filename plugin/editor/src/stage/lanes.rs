//! The history on screen: lanes, axis, the picked moment; and what pointer and keys do to them.

use super::{
    across::{time_at, x_at},
    attention,
    axis::{Tick, Ticks, bar_text, clock_text, ticks},
    columns::Columns,
    heat::HeatMap,
    selecting::{self, Selecting},
    window::Window,
};
use crate::look::{Theme, Tint, lerp, size, strong, text};
use egui::{
    Align2, Color32, EventFilter, Id, Key, Painter, PointerButton, Rect, Response, Role, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};
use rollcall_board::{Attention, History};
use rollcall_classes::display_name;

/// Height of the axis under the lanes.
pub(crate) const AXIS: f32 = 24.0;
/// Least distance of two labels on the axis.
const APART: f32 = 68.0;

/// What the history shows and where.
pub(crate) struct LanesInput<'a> {
    pub(crate) theme: Theme,
    /// Lanes and axis together.
    pub(crate) area: Rect,
    /// The axis, below the lanes.
    pub(crate) axis: Rect,
    /// Class and lane of each row that is in sight.
    pub(crate) lanes: &'a [(usize, Rect)],
    pub(crate) classes: &'a [String],
    pub(crate) tints: &'a [Tint],
    pub(crate) thresholds: &'a [f32],
    /// Which classes play now.
    pub(crate) active: &'a [bool],
    pub(crate) history: &'a History,
    /// The newest moment: the right end while following.
    pub(crate) now_s: f64,
    pub(crate) ticks: Ticks,
    /// Weights to draw, if they are wanted.
    pub(crate) attention: Option<&'a Attention>,
    /// What the history is of, for screen readers.
    pub(crate) subject: &'a str,
    /// Whether a stretch can be selected.
    pub(crate) selects: bool,
    /// The stretch that is selected, if one is.
    pub(crate) selected_s: Option<(f64, f64)>,
    /// Where a stretch can be selected, if that is to be seen.
    pub(crate) kept_s: Option<(f64, f64)>,
}

/// The history's columns, texture and the stretch of time on screen.
pub(crate) struct Lanes {
    pub(crate) window: Window,
    pub(crate) columns: Columns,
    pub(crate) heat: HeatMap,
    /// Whether the focus came by a click: then it needs no ring.
    clicked: bool,
    selecting: Selecting,
}

impl Lanes {
    pub(crate) fn new(span_s: f64) -> Self {
        Self {
            window: Window::new(span_s),
            columns: Columns::default(),
            heat: HeatMap::default(),
            clicked: false,
            selecting: Selecting::default(),
        }
    }

    /// Draws the history and lets it be used. The heat map must have been prepared for [`Window::range`].
    pub(crate) fn show(&mut self, ui: &Ui, id: Id, input: &LanesInput<'_>) -> Response {
        let response = ui.interact(input.area, id, Sense::click_and_drag());
        self.point(ui, &response, input);
        if response.has_focus() {
            self.keys(ui, id, input);
        } else {
            self.clicked = false;
        }
        let range = self.window.range(input.now_s);
        let painter = ui.painter_at(input.area);
        let empty = lerp(input.theme.ground, input.theme.track, 0.35);
        // Rows that are scrolled out of sight have lanes beyond the ends of these.
        let above_axis = ui.painter_at(input.area.with_max_y(input.axis.top()));
        for &(_, lane) in input.lanes {
            above_axis.rect_filled(lane, 0.0, empty);
        }
        self.heat.paint(&above_axis, &self.columns, input.lanes, range);
        let seconds_a_point = self.window.span_s() / f64::from(input.area.width().max(1.0));
        let (_, mut marks) = ticks(input.ticks, input.history, range, seconds_a_point * f64::from(APART));
        if input.lanes.is_empty() {
            marks.clear();
        }
        paint_axis(&painter, input, range, &marks);
        if let Some(weights) = input.attention {
            for &(class, lane) in input.lanes.iter().filter(|(_, lane)| lane.height() >= 6.0) {
                let active = input.active.get(class).copied().unwrap_or(false);
                let colour = if active { input.theme.text } else { input.theme.faint };
                attention::paint(&above_axis, colour, input.theme.appearance, weights, class, lane, range);
            }
            paint_memory(&painter, input, weights, range);
        }
        self.paint_overview(&painter, input);
        if let Some(kept_s) = input.kept_s {
            selecting::paint_kept(&painter, &input.theme, (input.area, input.axis), range, kept_s);
        }
        if let Some(stretch_s) = self.selecting.drawn_s().or(input.selected_s) {
            selecting::paint(&painter, &input.theme, (input.area, input.axis), range, stretch_s);
        }
        if let Some(picked_s) = self.window.picked_s() {
            paint_moment(&painter, input, range, picked_s, true);
        }
        if let Some(pointer) = response.hover_pos().filter(|_| !response.dragged()) {
            let time_s = time_at(input.area, range, pointer.x);
            paint_moment(&painter, input, range, time_s, false);
            self.tooltip(&response, input, pointer, time_s);
        }
        if response.has_focus() && !self.clicked {
            let ring = Stroke::new(1.5, input.theme.accent);
            painter.rect_stroke(input.area.shrink(1.0), 4.0, ring, StrokeKind::Inside);
        }
        response.widget_info(|| WidgetInfo {
            value: Some(self.window.picked_s().unwrap_or(input.now_s)),
            ..WidgetInfo::labeled(Role::Slider, true, format!("{}: {}", input.subject, self.spoken(input)))
        });
        response
    }

    /// The stretch that was selected just now, once; in seconds.
    pub(crate) fn newly_selected_s(&mut self) -> Option<(f64, f64)> {
        self.selecting.take()
    }

    fn spoken(&self, input: &LanesInput<'_>) -> String {
        let (begin_s, end_s) = self.window.range(input.now_s);
        let picked =
            self.window.picked_s().map_or(String::new(), |s| format!(", reading {}", clock_text(s, true)));
        format!("{} to {}{picked}", clock_text(begin_s, false), clock_text(end_s, false))
    }

    fn first_s(input: &LanesInput<'_>) -> f64 {
        input.history.row(input.history.range().start).map_or(0.0, |row| row.time_s())
    }

    fn point(&mut self, ui: &Ui, response: &Response, input: &LanesInput<'_>) {
        let first_s = Self::first_s(input);
        let seconds_a_point = self.window.span_s() / f64::from(input.area.width().max(1.0));
        if input.selects && self.selecting.drag(ui, response, &mut self.window, input.area, input.now_s) {
            return;
        }
        if response.dragged_by(PointerButton::Primary) {
            self.window.scroll(-f64::from(response.drag_delta().x) * seconds_a_point, first_s, input.now_s);
        }
        if response.double_clicked() {
            self.window.follow();
        } else if response.clicked()
            && let Some(pointer) = response.interact_pointer_pos()
        {
            response.request_focus();
            self.clicked = true;
            let time_s = time_at(input.area, self.window.range(input.now_s), pointer.x);
            self.pick(time_s, input);
        }
        if let Some(pointer) = response.hover_pos() {
            let (scroll, zoom) = ui.ctx().input(|i| (i.smooth_scroll_delta(), i.zoom_delta()));
            let along = if scroll.x.abs() > scroll.y.abs() { scroll.x } else { scroll.y };
            if zoom != 1.0 {
                let around = (pointer.x - input.area.left()) / input.area.width();
                self.window.zoom(1.0 / f64::from(zoom), f64::from(around), first_s, input.now_s);
            } else if along != 0.0 {
                self.window.scroll(-f64::from(along) * seconds_a_point, first_s, input.now_s);
            }
        }
    }

    fn keys(&mut self, ui: &Ui, id: Id, input: &LanesInput<'_>) {
        let lock = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.ctx().memory_mut(|memory| memory.set_focus_lock_filter(id, lock));
        let pressed = |key| ui.ctx().input(|i| i.key_pressed(key));
        let far = if ui.ctx().input(|i| i.modifiers.shift) { 10.0 } else { 1.0 };
        let step_s = self.columns.duration_s() * far;
        let from_s = self.window.picked_s().unwrap_or(input.now_s);
        if pressed(Key::ArrowLeft) {
            self.pick(from_s - step_s, input);
        } else if pressed(Key::ArrowRight) {
            self.pick(from_s + step_s, input);
        } else if pressed(Key::Home) {
            self.pick(Self::first_s(input), input);
        } else if pressed(Key::End) || pressed(Key::Escape) {
            self.window.follow();
        }
    }

    fn pick(&mut self, time_s: f64, input: &LanesInput<'_>) {
        let last_s = input.history.last().map_or(0.0, |row| row.time_s());
        if !input.history.is_empty() {
            self.window.pick(time_s.clamp(Self::first_s(input), last_s), input.now_s);
        }
    }

    /// A line under the axis: the whole session, and the part of it on screen.
    fn paint_overview(&self, painter: &Painter, input: &LanesInput<'_>) {
        let (begin_s, end_s) = self.window.range(input.now_s);
        let first_s = Self::first_s(input);
        if self.window.follows() && first_s >= begin_s {
            return;
        }
        let whole_s = (input.now_s - first_s).max(1e-3);
        let line = Rect::from_min_max(pos2(input.axis.left(), input.axis.bottom() - 3.0), input.axis.max);
        let x =
            |time_s: f64| line.left() + ((time_s - first_s) / whole_s).clamp(0.0, 1.0) as f32 * line.width();
        painter.rect_filled(line, 1.5, input.theme.track);
        let right = x(end_s).max(line.left() + 12.0);
        let part =
            Rect::from_min_max(pos2(x(begin_s).min(right - 12.0), line.top()), pos2(right, line.bottom()));
        painter.rect_filled(part, 1.5, input.theme.faint);
    }

    fn tooltip(&self, response: &Response, input: &LanesInput<'_>, pointer: egui::Pos2, time_s: f64) {
        let Some(row) = nearest(input.history, time_s, self.columns.duration_s()) else { return };
        let under =
            input.lanes.iter().find(|(_, lane)| lane.y_range().contains(pointer.y)).map(|&(class, _)| class);
        response.clone().on_hover_ui_at_pointer(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.spacing_mut().interact_size.y = 14.0;
            let mut when = clock_text(row.time_s(), true);
            if let Some(bar) = row.position().bar.filter(|_| row.position().playing) {
                when.push_str(&format!("  \u{b7}  bar {}", bar_text(bar)));
            }
            ui.label(egui::RichText::new(when).font(strong(size::BODY)));
            if !row.gate_open() {
                ui.label("Too quiet to tell: the level gate was closed");
            }
            let mut playing: Vec<usize> = (0..input.classes.len())
                .filter(|&class| {
                    let threshold = input.thresholds.get(class).copied().unwrap_or(0.5);
                    row.activity(class) >= threshold || under == Some(class)
                })
                .collect();
            playing.sort_by(|&a, &b| row.activity(b).total_cmp(&row.activity(a)));
            for class in playing {
                let colour = input.tints.get(class).map_or(input.theme.muted, |&tint| input.theme.tint(tint));
                ui.horizontal(|ui| {
                    let (dot, _) = ui.allocate_exact_size(vec2(8.0, 14.0), Sense::hover());
                    ui.painter().circle_filled(dot.center(), 4.0, colour);
                    let name = display_name(&input.classes[class]);
                    ui.label(format!("{name}  {:.0} %", row.activity(class) * 100.0));
                });
            }
        });
    }
}

/// The row whose centre is nearest to a moment, unless none is near.
pub(crate) fn nearest(history: &History, time_s: f64, within_s: f64) -> Option<rollcall_board::Row<'_>> {
    let after = history.index_at(time_s);
    let far = |row: &rollcall_board::Row<'_>| (row.time_s() - time_s).abs();
    let candidates = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|i| history.row(i));
    candidates.min_by(|a, b| far(a).total_cmp(&far(b))).filter(|row| far(row) <= within_s.max(1.0))
}

fn paint_axis(painter: &Painter, input: &LanesInput<'_>, range: (f64, f64), marks: &[Tick]) {
    let theme = &input.theme;
    let grid = Color32::from_rgba_unmultiplied(theme.text.r(), theme.text.g(), theme.text.b(), 18);
    let top = input.lanes.iter().map(|(_, lane)| lane.top()).fold(f32::MAX, f32::min).max(input.area.top());
    for tick in marks {
        let x = x_at(input.area, range, tick.time_s).round() + 0.5;
        if top < input.axis.top() {
            painter.vline(x, top..=input.axis.top(), Stroke::new(1.0, grid));
        }
        painter.vline(x, input.axis.top()..=(input.axis.top() + 4.0), Stroke::new(1.0, theme.faint));
        let at = pos2(x, input.axis.top() + 5.0);
        let galley = painter.layout_no_wrap(tick.label.clone(), text(size::CAPTION), theme.muted);
        // A label at the end moves in rather than being cut.
        let half = galley.size().x / 2.0;
        let left =
            (at.x - half).clamp(input.axis.left(), (input.axis.right() - 2.0 * half).max(input.axis.left()));
        painter.galley(pos2(left, at.y), galley, theme.muted);
    }
}

/// A line through all lanes at a moment; the picked one has its time on the axis.
fn paint_moment(painter: &Painter, input: &LanesInput<'_>, range: (f64, f64), time_s: f64, picked: bool) {
    let x = x_at(input.area, range, time_s);
    let theme = &input.theme;
    let colour = if picked { theme.accent } else { theme.faint };
    painter.vline(
        x,
        input.area.top()..=input.axis.top(),
        Stroke::new(if picked { 2.0 } else { 1.0 }, colour),
    );
    if picked {
        let font = strong(size::CAPTION);
        let galley = painter.layout_no_wrap(clock_text(time_s, true), font, theme.on_accent());
        let wide = galley.size() + vec2(10.0, 4.0);
        let left =
            (x - wide.x / 2.0).clamp(input.axis.left(), (input.axis.right() - wide.x).max(input.axis.left()));
        let chip = Rect::from_min_size(pos2(left, input.axis.top() + 2.0), wide);
        painter.rect_filled(chip, 4.0, theme.accent);
        painter.galley(chip.min + vec2(5.0, 2.0), galley, theme.on_accent());
    }
}

/// The stretch that the attention pools over.
fn paint_memory(painter: &Painter, input: &LanesInput<'_>, attention: &Attention, range: (f64, f64)) {
    let (Some(&first), Some(&last)) = (attention.times_s.first(), attention.times_s.last()) else { return };
    let (left, right) = (x_at(input.area, range, first), x_at(input.area, range, last));
    let y = input.axis.top() + 1.0;
    painter.hline(left..=right, y, Stroke::new(2.0, input.theme.accent));
    if right - left > 90.0 {
        let label = format!("attention over {:.1} s", last - first);
        let at = pos2((left + right) / 2.0, y + 4.0);
        let galley = painter.layout_no_wrap(label, text(size::CAPTION), input.theme.accent);
        let rect = Align2::CENTER_TOP.anchor_size(at, galley.size());
        painter.rect_filled(rect.expand2(vec2(4.0, 0.0)), 3.0, input.theme.ground);
        painter.galley(rect.min, galley, input.theme.accent);
    }
}

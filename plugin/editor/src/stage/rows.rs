//! The meters in their rows: one column with the history beside, or several columns.

use super::{
    meter::{Instrument, MeterLook, Title, header_row, meter_row},
    roster::{Place, Roster, Row},
};
use crate::{
    Family,
    look::{Theme, Tint, size, strong},
};
use egui::{Id, Rect, Response, RichText, Ui, UiBuilder, pos2, vec2};
use rollcall_board::Meter;
use rollcall_classes::Look;

/// Least and greatest height of a row.
const HEIGHT: (f32, f32) = (12.0, 84.0);
/// Width that a column of meters needs.
const COLUMN: f32 = 186.0;
/// Distance between two columns.
const GUTTER: f32 = 14.0;

/// What the rows show and where.
pub(crate) struct RowsInput<'a> {
    pub(crate) theme: Theme,
    pub(crate) area: Rect,
    /// Right end of the meters where lanes lie beside them.
    pub(crate) beside: Option<f32>,
    pub(crate) names: &'a [String],
    pub(crate) tints: &'a [Tint],
    pub(crate) meters: &'a [Meter],
    pub(crate) shown: &'a [f32],
    pub(crate) past: bool,
    /// The rows, and the height of them all.
    pub(crate) places: &'a [Place],
    pub(crate) total: f32,
}

/// Which peaks are to fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reset {
    Peak(usize),
    AllPeaks,
}

/// What happened to the rows.
#[derive(Default)]
pub(crate) struct RowsOutput {
    pub(crate) fold: Option<Family>,
    pub(crate) reset: Option<Reset>,
    /// Class and row of each instrument in sight, and of each member of a folded family.
    pub(crate) lanes: Vec<(usize, Rect)>,
    pub(crate) hovered: bool,
}

/// How far the rows are scrolled, where they do not fit.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    scrolled: f32,
}

impl Rows {
    /// Draws the rows and lets them be used.
    pub(crate) fn show(&mut self, ui: &mut Ui, roster: &Roster, input: &RowsInput<'_>) -> RowsOutput {
        let area = input.area;
        let meters = Rect::from_min_max(area.min, pos2(input.beside.unwrap_or(area.right()), area.bottom()));
        let columns = if input.beside.is_some() { 1 } else { columns(meters, input.total) };
        let starts = column_starts(input.places, input.total, columns);
        let tallest = starts.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f32::max).max(1.0);
        let height = (area.height() / tallest).clamp(HEIGHT.0, HEIGHT.1);
        // Less than a point is rounding.
        let overflow = Some(tallest * height - area.height()).filter(|&over| over >= 1.0).unwrap_or(0.0);
        let hovered = ui.rect_contains_pointer(meters);
        if hovered {
            self.scrolled -= ui.ctx().input(|i| i.smooth_scroll_delta().y);
        }
        self.scrolled = self.scrolled.clamp(0.0, overflow);

        let mut rows_ui = ui.new_child(UiBuilder::new().id_salt("rows").max_rect(area));
        rows_ui.set_clip_rect(area.expand2(vec2(4.0, 0.0)).intersect(ui.clip_rect()));
        let width = (meters.width() - GUTTER * (columns - 1) as f32) / columns as f32;
        let mut output = RowsOutput { hovered, ..RowsOutput::default() };
        for place in input.places {
            let column = (0..columns).rev().find(|&i| place.target >= starts[i] - 1e-3).unwrap_or(0);
            let left = meters.left() + column as f32 * (width + GUTTER);
            // Between columns nothing glides: it would cross the others.
            let top = if columns == 1 { place.top } else { place.target };
            let top = area.top() + (top - starts[column]) * height - self.scrolled;
            let rect = Rect::from_min_size(pos2(left, top), vec2(width, place.height * height));
            let response = row(&rows_ui, roster, input, place, rect, &mut output);
            if response.gained_focus() {
                self.bring_into_sight(rect, area);
            }
        }
        if overflow > 0.0 {
            paint_scroll_bar(&rows_ui, &input.theme, meters, self.scrolled, overflow);
        }
        output
    }

    /// The tabulator reaches rows that are out of sight.
    fn bring_into_sight(&mut self, rect: Rect, area: Rect) {
        if rect.top() < area.top() {
            self.scrolled -= area.top() - rect.top();
        } else if rect.bottom() > area.bottom() {
            self.scrolled += rect.bottom() - area.bottom();
        }
    }
}

fn row_id(ui: &Ui, row: Row) -> Id {
    match row {
        Row::Title(family) => ui.scope_id().with(("family", family.index())),
        Row::Instrument(class) => ui.scope_id().with(("instrument", class)),
    }
}

/// As few columns as give readable rows.
fn columns(area: Rect, total: f32) -> usize {
    const READABLE: f32 = 15.0;
    let most = (((area.width() + GUTTER) / (COLUMN + GUTTER)) as usize).clamp(1, 4);
    (1..most).find(|&n| area.height() * n as f32 / total.max(1.0) >= READABLE).unwrap_or(most)
}

/// Where each column begins, in rows; and the end. A title goes with what follows it.
fn column_starts(places: &[Place], total: f32, columns: usize) -> Vec<f32> {
    let mut starts = vec![0.0];
    for column in 1..columns {
        let ideal = total * column as f32 / columns as f32;
        let mut at = places.iter().position(|place| place.target >= ideal - 0.02).unwrap_or(places.len());
        if at > 0 && matches!(places.get(at - 1).map(|place| place.row), Some(Row::Title(_))) {
            at -= 1;
        }
        starts.push(places.get(at).map_or(total, |place| place.target));
    }
    starts.push(total);
    starts
}

fn row(
    ui: &Ui,
    roster: &Roster,
    input: &RowsInput<'_>,
    place: &Place,
    rect: Rect,
    output: &mut RowsOutput,
) -> Response {
    let look = look(input, rect);
    let lane = |rect: Rect| match input.beside {
        Some(left) => Rect::from_min_max(pos2(left, rect.top()), pos2(input.area.right(), rect.bottom())),
        None => rect,
    };
    let id = row_id(ui, place.row);
    match place.row {
        Row::Instrument(class) => {
            let meter = input.meters.get(class).copied().unwrap_or_default();
            let instrument = Instrument {
                name: input.names.get(class).map_or("", String::as_str),
                tint: input.tints.get(class).copied().unwrap_or_else(|| Tint::of("", Look::default())),
                meter: &meter,
                shown: input.shown.get(class).copied().unwrap_or(0.0),
                past: input.past,
            };
            let response = meter_row(ui, &look, id, rect, &instrument);
            if response.clicked() && !input.past {
                let all = ui.ctx().input(|i| i.modifiers.shift);
                output.reset = Some(if all { Reset::AllPeaks } else { Reset::Peak(class) });
            }
            let response = card(response, &instrument);
            let gap = if rect.height() > 16.0 { 1.0 } else { 0.5 };
            output.lanes.push((class, lane(rect.shrink2(vec2(0.0, gap)))));
            response
        }
        Row::Title(family) => {
            let members: Vec<usize> = roster.members(family).collect();
            let playing: Vec<&str> = members
                .iter()
                .filter(|&&class| input.meters.get(class).is_some_and(|meter| meter.active))
                .filter_map(|&class| input.names.get(class).map(String::as_str))
                .collect();
            let shown =
                members.iter().filter_map(|&class| input.shown.get(class)).fold(0.0, |a: f32, &b| a.max(b));
            let open = roster.openness(family);
            let title = Title { family, open, shown, playing: &playing };
            let response = header_row(ui, &look, id, rect, &title);
            if response.clicked() {
                output.fold = Some(family);
            }
            if open < 0.5 && input.beside.is_some() {
                let each = (rect.height() - 2.0) / members.len().max(1) as f32;
                for (i, class) in members.into_iter().enumerate() {
                    let top = rect.top() + 1.0 + i as f32 * each;
                    let part = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), each));
                    output.lanes.push((class, lane(part)));
                }
            }
            response
        }
    }
}

fn look(input: &RowsInput<'_>, rect: Rect) -> MeterLook {
    let width = rect.width();
    let inset = if input.beside.is_some() { 6.0 } else { 4.0 };
    let numbers = (width >= 170.0).then_some(rect.right() - 8.0);
    let right = if numbers.is_some() { rect.right() - 40.0 } else { rect.right() - 6.0 };
    let names = (width * 0.45).clamp(86.0, 320.0);
    let left = rect.left() + inset;
    MeterLook { theme: input.theme, names: (left, left + names - 8.0), bars: (left + names, right), numbers }
}

fn paint_scroll_bar(ui: &Ui, theme: &Theme, area: Rect, scrolled: f32, overflow: f32) {
    let share = area.height() / (area.height() + overflow);
    let top = area.top() + scrolled / (area.height() + overflow) * area.height();
    // Between the numbers and the history.
    let bar = Rect::from_min_size(pos2(area.right() - 5.0, top), vec2(3.0, area.height() * share));
    ui.painter().rect_filled(bar, 1.5, theme.faint);
}

/// Numbers on hover.
fn card(response: Response, instrument: &Instrument<'_>) -> Response {
    let Instrument { name, meter, past, .. } = *instrument;
    response.on_hover_ui(|ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.spacing_mut().interact_size.y = 14.0;
        ui.label(RichText::new(name).font(strong(size::BODY)));
        let percent = |value: f32| format!("{:.0} %", value * 100.0);
        let mut lines = vec![("Activity", percent(meter.activity)), ("Threshold", percent(meter.threshold))];
        if !past {
            if meter.threshold != meter.shipped_threshold {
                lines.push(("Threshold as shipped", percent(meter.shipped_threshold)));
            }
            lines.push(("Peak", percent(meter.peak)));
            lines.push(("Over the memory", percent(meter.posterior)));
            lines.push(("This second alone", percent(meter.instant)));
            lines.push(("Last heard", heard(meter.since_active_s)));
        }
        egui::Grid::new("card").num_columns(2).spacing(vec2(16.0, 3.0)).show(ui, |ui| {
            for (what, value) in lines {
                ui.weak(what);
                ui.label(value);
                ui.end_row();
            }
        });
        if !past {
            ui.weak("Click: reset the peak. Shift+click: all peaks");
        }
    })
}

fn heard(since_s: f32) -> String {
    if since_s <= 0.0 {
        "now".into()
    } else if since_s.is_finite() {
        format!("{since_s:.1} s ago")
    } else {
        "not yet".into()
    }
}

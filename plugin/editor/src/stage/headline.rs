//! Who plays, in letters that are read from two metres.

use super::meter::clipped_text;
use crate::look::{Theme, Tint, display, lerp, size, text};
use egui::{Align2, Color32, Painter, Rect, pos2, vec2};

/// Sizes of type, the largest that fits is taken. Cap height at 44 points is 8.5 mm on a 96 dpi screen, which is
/// 14.6 minutes of arc at two metres: three times what normal vision resolves (5', Snellen 20/20).
const SIZES: [f32; 15] =
    [160.0, 136.0, 116.0, 100.0, 84.0, 72.0, 64.0, 56.0, 50.0, 44.0, 38.0, 32.0, 27.0, 22.0, 18.0];
/// Largest type in physical pixels: letters must not fill the font's texture.
const LARGEST_PX: f32 = 220.0;
/// Names are measured at this size alone: laying text out draws its letters into the font's texture at that size.
const MEASURE: f32 = 32.0;
/// Height of a name with the line under it, in type of one point.
const NAME: f32 = 1.32;
/// Height of the quiet line under the names.
const ASIDE: f32 = size::BODY * 1.5 + 4.0;
/// Seconds to fade in or out.
const FADE_S: f32 = 0.18;
/// Seconds that a larger size must fit before it is taken: no pumping with every entry.
const PATIENCE_S: f32 = 1.2;

/// One name.
pub(crate) struct Name<'a> {
    pub(crate) class: usize,
    pub(crate) text: &'a str,
    pub(crate) tint: Tint,
    pub(crate) active: bool,
    pub(crate) shown: f32,
}

/// What is said beside names.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    /// The quiet line: another instrument, if there is one.
    pub(crate) perhaps: Option<&'a str>,
    /// A few words where nobody plays, and a line that explains them.
    pub(crate) otherwise: (&'a str, &'a str),
}

/// Fades and the size of type.
#[derive(Default)]
pub(crate) struct Headline {
    opacity: Vec<f32>,
    /// Index into [`SIZES`].
    at: usize,
    room: Option<(f32, f32)>,
    /// The line under the names, which stays while it fades.
    aside: String,
    aside_opacity: f32,
    waited_s: f32,
    moving: bool,
}

/// Where a name goes: index, place, width.
type Spot = (usize, egui::Vec2, f32);

impl Headline {
    /// Whether anything still moves.
    pub(crate) fn moving(&self) -> bool {
        self.moving
    }

    /// Draws the names that play, in the order given, with the quiet line under them; or, where nobody does, that line, or what
    /// stands there otherwise.
    pub(crate) fn paint(
        &mut self,
        painter: &Painter,
        theme: &Theme,
        rect: Rect,
        names: &[Name<'_>],
        words: Words<'_>,
        dt_s: f32,
    ) {
        let Words { perhaps, otherwise } = words;
        self.moving = false;
        let most = names.iter().map(|name| name.class + 1).max().unwrap_or(0);
        self.opacity.resize(most.max(self.opacity.len()), 0.0);
        let step = dt_s / FADE_S;
        for name in names {
            let opacity = &mut self.opacity[name.class];
            let target = if name.active { 1.0 } else { 0.0 };
            if *opacity != target {
                *opacity = if name.active { (*opacity + step).min(1.0) } else { (*opacity - step).max(0.0) };
                self.moving = *opacity != target || self.moving;
            }
        }
        let seen: Vec<&Name<'_>> = names.iter().filter(|name| self.opacity[name.class] > 0.0).collect();
        if seen.is_empty() {
            self.aside_opacity = 0.0;
            match perhaps.map(begin_with_capital) {
                Some(words) => paint_otherwise(painter, theme, rect, (&words, ANOTHER)),
                None => paint_otherwise(painter, theme, rect, otherwise),
            }
            self.at = 0;
            self.room = None;
            return;
        }
        let whole = rect;
        let rect = self.beside_aside(rect, perhaps.filter(|_| rect.height() >= 2.2 * ASIDE), dt_s);
        let widths: Vec<f32> = seen.iter().map(|name| width(painter, name.text)).collect();
        let fit = (0..SIZES.len()).find_map(|at| {
            let drawable = SIZES[at] * painter.pixels_per_point() <= LARGEST_PX;
            Some((at, flow(&widths, SIZES[at], rect).filter(|_| drawable)?))
        });
        let Some((largest, spots)) = fit else {
            self.paint_list(painter, theme, rect, &seen);
            self.paint_aside(painter, theme, whole.with_min_y(rect.bottom()));
            return;
        };
        let spots = self.patiently(&widths, rect, largest, spots, dt_s);
        let points = SIZES[self.at];
        let bottom = spots.last().map_or(rect.bottom(), |spot| rect.top() + spot.1.y + points * NAME);
        self.paint_aside(painter, theme, whole.with_min_y(bottom));
        for (i, offset, width) in spots {
            let name = seen[i];
            let opacity = self.opacity[name.class];
            let at = rect.min + offset;
            let colour = lerp(theme.ground, theme.text, opacity);
            painter.text(at, Align2::LEFT_TOP, name.text, display(points), colour);
            let line =
                Rect::from_min_size(at + vec2(0.0, points * 1.2), vec2(width, (points * 0.09).max(3.0)));
            let family = theme.tint(name.tint);
            painter.rect_filled(line, line.height() / 2.0, lerp(theme.ground, theme.track, opacity));
            let filled =
                Rect::from_min_size(line.min, vec2(width * name.shown.clamp(0.0, 1.0), line.height()));
            painter.rect_filled(filled, line.height() / 2.0, lerp(theme.ground, family, opacity));
        }
    }

    /// The room that is left to the names by the quiet line under them.
    fn beside_aside(&mut self, rect: Rect, perhaps: Option<&str>, dt_s: f32) -> Rect {
        let step = dt_s / FADE_S;
        let target = if let Some(words) = perhaps {
            words.clone_into(&mut self.aside);
            self.aside_opacity = (self.aside_opacity + step).min(1.0);
            1.0
        } else {
            self.aside_opacity = (self.aside_opacity - step).max(0.0);
            0.0
        };
        self.moving |= self.aside_opacity != target;
        if self.aside_opacity == 0.0 { rect } else { rect.with_max_y(rect.bottom() - ASIDE) }
    }

    /// The quiet line, at the top of the room under the names.
    fn paint_aside(&self, painter: &Painter, theme: &Theme, room: Rect) {
        if self.aside_opacity > 0.0 {
            let colour = lerp(theme.ground, theme.muted, self.aside_opacity);
            let line = Rect::from_min_max(
                pos2(room.left(), room.top() + 4.0),
                pos2(room.right(), room.top() + ASIDE),
            );
            let span = (line.left(), line.right());
            clipped_text(painter, line, span, &self.aside, text(size::BODY), colour);
        }
    }

    /// Shrinks at once, grows only after a while.
    fn patiently(
        &mut self,
        widths: &[f32],
        rect: Rect,
        largest: usize,
        spots: Vec<Spot>,
        dt_s: f32,
    ) -> Vec<Spot> {
        let room = Some((rect.width(), rect.height()));
        if self.room != room || largest >= self.at {
            self.room = room;
            self.waited_s = 0.0;
            self.at = largest;
            return spots;
        }
        self.waited_s += dt_s;
        if self.waited_s >= PATIENCE_S {
            self.at = largest;
            self.waited_s = 0.0;
            return spots;
        }
        self.moving = true;
        flow(widths, SIZES[self.at], rect).unwrap_or(spots)
    }

    /// All names as running text, cut off where even the smallest size does not fit.
    fn paint_list(&self, painter: &Painter, theme: &Theme, rect: Rect, seen: &[&Name<'_>]) {
        let list = seen.iter().map(|name| name.text).collect::<Vec<_>>().join(" \u{b7} ");
        let mut job = egui::text::LayoutJob::simple(list, text(size::TITLE), theme.text, rect.width());
        job.wrap.max_rows = ((rect.height() / (size::TITLE * 1.3)) as usize).max(1);
        let galley = painter.layout_job(job);
        painter.galley(rect.min, galley, Color32::PLACEHOLDER);
    }
}

/// What explains the quiet line where it stands alone.
const ANOTHER: &str = "Another instrument explains the sound better than any of those below.";

fn begin_with_capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What stands there while nobody plays: a few words, and a line that explains them where there is room.
fn paint_otherwise(painter: &Painter, theme: &Theme, rect: Rect, (words, line): (&str, &str)) {
    let points = (rect.height() * 0.5).min(84.0).min(rect.width() / 14.0).max(14.0);
    let words = painter.layout(words.to_owned(), display(points), theme.faint, rect.width());
    let line = painter.layout(line.to_owned(), text(size::BODY), theme.muted, rect.width());
    let both = words.size().y + line.size().y <= rect.height();
    let height = words.size().y + if both { line.size().y } else { 0.0 };
    let at = rect.left_center() - vec2(0.0, height / 2.0);
    let below = at + vec2(0.0, words.size().y);
    painter.galley(at, words, theme.faint);
    if both {
        painter.galley(below, line, theme.muted);
    }
}

/// How wide a name is in type of one point.
fn width(painter: &Painter, name: &str) -> f32 {
    painter.layout_no_wrap(name.to_owned(), display(MEASURE), Color32::PLACEHOLDER).size().x / MEASURE
}

/// Places names, so wide in type of one point, from left to right and from line to line, centred upright; `None` if they do
/// not fit.
fn flow(widths: &[f32], points: f32, rect: Rect) -> Option<Vec<Spot>> {
    let (line, gap) = (points * 1.5, points * 0.62);
    let mut spots: Vec<Spot> = Vec::with_capacity(widths.len());
    let mut at = vec2(0.0, 0.0);
    for (i, width) in widths.iter().enumerate() {
        let width = width * points;
        if width > rect.width() {
            return None;
        }
        if at.x > 0.0 && at.x + width > rect.width() {
            at = vec2(0.0, at.y + line);
        }
        spots.push((i, at, width));
        at.x += width + gap;
    }
    let height = at.y + points * NAME;
    let down = pos2(0.0, (rect.height() - height) / 2.0).to_vec2();
    (height <= rect.height()).then(|| spots.into_iter().map(|(i, at, width)| (i, at + down, width)).collect())
}

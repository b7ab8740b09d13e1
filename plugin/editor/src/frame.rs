//! Where the parts of the window are, for every size of it.

use crate::{chrome, look::space, settings::Placement};
use egui::{Rect, pos2};

/// Windows smaller than this in one direction are laid out tightly.
const TIGHT: (f32, f32) = (560.0, 460.0);
/// The history lies beside the meters from this width on.
const BESIDE: f32 = 640.0;
/// Lower than this the meters need several columns.
const LOW: f32 = 290.0;
/// Width from which an open drawer makes room instead of covering the stage.
const ROOMY: f32 = 900.0;

/// Where the history is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum History {
    Beside,
    Below,
    Hidden,
}

/// The parts of the window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) tight: bool,
    pub(crate) tool_bar: Rect,
    pub(crate) banners: Vec<Rect>,
    /// The line over the headline: what it is about.
    pub(crate) caption: Rect,
    pub(crate) headline: Rect,
    pub(crate) picture: Option<Rect>,
    /// Meters, and the history where it lies beside them.
    pub(crate) meters: Rect,
    pub(crate) history: History,
    /// The history under the meters.
    pub(crate) below: Option<Rect>,
    pub(crate) status: Rect,
    pub(crate) drawer: Option<Rect>,
}

/// What the layout depends on, besides the size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes {
    pub(crate) banners: usize,
    pub(crate) picture: bool,
    pub(crate) placement: Placement,
    pub(crate) drawer: bool,
    /// Whether the caption says more than "now": a small window does without it else.
    pub(crate) caption: bool,
}

impl Frame {
    pub(crate) fn of(window: Rect, wishes: Wishes) -> Self {
        let tight = window.width() < TIGHT.0 || window.height() < TIGHT.1;
        let (tool_bar, rest) = window.split_top_bottom_at_y(window.top() + chrome::TOOL_BAR);
        let (rest, status) = rest.split_top_bottom_at_y(rest.bottom() - chrome::STATUS);
        let drawer = wishes.drawer.then(|| {
            let width = chrome::DRAWER.min(rest.width());
            Rect::from_min_max(pos2(rest.right() - width, rest.top()), rest.max)
        });
        let rest = match drawer {
            Some(drawer) if window.width() >= ROOMY => {
                Rect::from_min_max(rest.min, pos2(drawer.left(), rest.bottom()))
            }
            _ => rest,
        };
        let margin = if tight { space::S } else { space::L };
        let mut area = rest.shrink2(egui::vec2(margin, 0.0));
        area.min.y += if tight { space::XS } else { space::M };
        area.max.y -= if tight { space::XS } else { space::S };
        let mut banners = Vec::new();
        for _ in 0..wishes.banners {
            let (banner, below) = area.split_top_bottom_at_y(area.top() + chrome::BANNER);
            banners.push(banner);
            area = below;
            area.min.y += space::S;
        }
        let head_height = if tight {
            let share = if wishes.caption { 0.26 } else { 0.2 };
            (area.height() * share).clamp(44.0, 110.0)
        } else {
            (area.height() * 0.25).clamp(92.0, 480.0)
        };
        let (head, mut area) = area.split_top_bottom_at_y(area.top() + head_height);
        area.min.y += if tight { space::XS } else { space::M };
        let (words, picture) = if wishes.picture && window.width() >= TIGHT.0 {
            let width = (head.height() * 1.9).min(head.width() * 0.27);
            let (words, picture) = head.split_left_right_at_x(head.right() - width);
            (words.with_max_x(words.right() - space::L), Some(picture))
        } else {
            (head, None)
        };
        let caption_height = match (tight, wishes.caption) {
            (true, false) => 0.0,
            (true, true) => 18.0,
            (false, _) => 20.0,
        };
        let (caption, headline) = words.split_top_bottom_at_y(words.top() + caption_height);
        let history = match wishes.placement {
            Placement::Hidden => History::Hidden,
            Placement::Below => History::Below,
            Placement::Beside if area.width() >= 400.0 => History::Beside,
            Placement::Auto if area.width() >= BESIDE && area.height() >= LOW => History::Beside,
            Placement::Auto | Placement::Beside => History::Below,
        };
        let (meters, below) = if history == History::Below {
            let share = if tight { 0.66 } else { 0.6 };
            let (meters, mut below) = area.split_top_bottom_at_y(area.top() + area.height() * share);
            below.min.y += space::XS;
            (meters, Some(below))
        } else {
            (area, None)
        };
        Self { tight, tool_bar, banners, caption, headline, picture, meters, history, below, status, drawer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::{Pos2, vec2};

    #[test]
    fn nothing_overlaps_or_leaves_the_window_at_any_size() {
        for (width, height) in [
            (420.0, 320.0),
            (420.0, 1_600.0),
            (560.0, 460.0),
            (1_020.0, 700.0),
            (3_840.0, 2_160.0),
            (3_840.0, 320.0),
        ] {
            for banners in 0..=2 {
                for placement in [Placement::Auto, Placement::Beside, Placement::Below, Placement::Hidden] {
                    for drawer in [false, true] {
                        let window = Rect::from_min_size(Pos2::ZERO, vec2(width, height));
                        let frame = Frame::of(
                            window,
                            Wishes { banners, picture: true, placement, drawer, caption: true },
                        );
                        let mut parts =
                            vec![frame.tool_bar, frame.caption, frame.headline, frame.meters, frame.status];
                        parts.extend(&frame.banners);
                        parts.extend(frame.picture);
                        parts.extend(frame.below);
                        for (i, a) in parts.iter().enumerate() {
                            assert!(window.contains_rect(*a), "{width} x {height}: {a:?}");
                            assert!(
                                a.width() > 30.0 && a.height() > 10.0,
                                "{width} x {height}, {banners}: {a:?}"
                            );
                            for b in &parts[..i] {
                                assert!(
                                    !a.shrink(0.01).intersects(b.shrink(0.01)),
                                    "{width} x {height}: {a:?} {b:?}"
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

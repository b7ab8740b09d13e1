//! Which rows there are and where: sorting without jumping about, folding, and the motion between.

use crate::{Family, settings::Sort};
use rollcall_board::Meter;
use rollcall_classes::screen_order;
use std::collections::BTreeSet;

/// Seconds over which the order by activity remembers.
const MEMORY_S: f32 = 2.5;
/// A row overtakes its neighbour only if it leads by this much.
const LEAD: f32 = 0.12;
/// Least seconds between two changes of the order.
const REST_S: f32 = 1.0;
/// Time constant of every motion in seconds.
const GLIDE_S: f32 = 0.09;
/// Height of a family's title, in rows.
const TITLE: f32 = 0.9;

/// A row of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// A family's title; its bar is shown while the family is folded.
    Title(Family),
    /// A class.
    Instrument(usize),
}

/// Which families have a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Titles {
    All,
    /// Only those that are folded, so that they can be unfolded: for small windows.
    Folded,
}

/// Where a row is, in rows from the top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) row: Row,
    /// As shown, on its way to `target`.
    pub(crate) top: f32,
    pub(crate) target: f32,
    pub(crate) height: f32,
}

/// The order of the rows and its motion.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    classes: Vec<String>,
    families: Vec<Family>,
    by_family: Vec<usize>,
    by_activity: Vec<usize>,
    score: Vec<f32>,
    rested_s: f32,
    /// Openness of each family, 0..=1.
    open: [f32; 7],
    /// Tops as shown: of each class, then of each title. `NaN`: not shown yet.
    tops: Vec<f32>,
    moving: bool,
}

impl Roster {
    /// Takes over the model's classes and the family of each, if they changed.
    pub(crate) fn set_classes(&mut self, classes: &[String], families: &[Family], folded: &BTreeSet<Family>) {
        if self.classes == classes && self.families == families {
            return;
        }
        let by_family = screen_order(classes, families);
        *self = Self {
            classes: classes.to_vec(),
            families: families.to_vec(),
            by_activity: by_family.clone(),
            by_family,
            score: vec![0.0; classes.len()],
            rested_s: REST_S,
            open: Family::ALL.map(|family| if folded.contains(&family) { 0.0 } else { 1.0 }),
            tops: vec![f32::NAN; classes.len() + Family::ALL.len()],
            moving: false,
        };
    }
    pub(crate) fn family(&self, class: usize) -> Family {
        self.families.get(class).copied().unwrap_or(Family::Other)
    }
    /// Classes by family, as on screen.
    pub(crate) fn by_family(&self) -> &[usize] {
        &self.by_family
    }
    /// How far open a family is: 1 open, 0 folded.
    pub(crate) fn openness(&self, family: Family) -> f32 {
        self.open[family.index()]
    }
    /// Classes of a family, as on screen.
    pub(crate) fn members(&self, family: Family) -> impl Iterator<Item = usize> + '_ {
        self.by_family.iter().copied().filter(move |&class| self.family(class) == family)
    }
    /// Whether anything still moves.
    pub(crate) fn moving(&self) -> bool {
        self.moving
    }

    /// Follows the activities. `still`: the pointer is over the rows, which must not move under it.
    pub(crate) fn observe(&mut self, meters: &[Meter], dt_s: f32, still: bool) {
        let keep = (-dt_s / MEMORY_S).exp();
        for (score, meter) in self.score.iter_mut().zip(meters) {
            let now = if meter.active { 1.0 + meter.activity } else { meter.activity };
            // Up at once, down slowly: who just played stays near the top.
            *score = now.max(now + (*score - now) * keep);
        }
        self.rested_s += dt_s;
        if self.rested_s < REST_S || still {
            return;
        }
        let mut changed = false;
        for i in 1..self.by_activity.len() {
            let mut at = i;
            while at > 0 && self.score[self.by_activity[at]] > self.score[self.by_activity[at - 1]] + LEAD {
                self.by_activity.swap(at, at - 1);
                at -= 1;
                changed = true;
            }
        }
        if changed {
            self.rested_s = 0.0;
        }
    }

    /// The rows from the top down and the height of them all, in rows; moves them on by `dt_s`.
    pub(crate) fn places(
        &mut self,
        sort: Sort,
        titles: Titles,
        folded: &BTreeSet<Family>,
        dt_s: f32,
    ) -> (Vec<Place>, f32) {
        let step = 1.0 - (-dt_s / GLIDE_S).exp();
        self.moving = false;
        for family in Family::ALL {
            let target = if sort == Sort::Family && folded.contains(&family) { 0.0 } else { 1.0 };
            glide(&mut self.open[family.index()], target, step, &mut self.moving);
        }
        let mut rows: Vec<(Row, f32)> = Vec::with_capacity(self.tops.len());
        match sort {
            Sort::Activity => {
                rows.extend(self.by_activity.iter().map(|&class| (Row::Instrument(class), 1.0)))
            }
            Sort::Family => {
                for family in Family::ALL {
                    let mut members = self.members(family).peekable();
                    if members.peek().is_some() {
                        let open = self.open[family.index()];
                        let title = if titles == Titles::All { 1.0 } else { 1.0 - open };
                        rows.push((Row::Title(family), TITLE * title));
                        rows.extend(members.map(|class| (Row::Instrument(class), open)));
                    }
                }
            }
        }
        let mut top = 0.0;
        let mut places = Vec::with_capacity(rows.len());
        for (row, height) in rows {
            let shown = &mut self.tops[match row {
                Row::Instrument(class) => class,
                Row::Title(family) => self.classes.len() + family.index(),
            }];
            if shown.is_nan() {
                *shown = top;
            }
            glide(shown, top, step, &mut self.moving);
            if height > 0.01 {
                places.push(Place { row, top: *shown, target: top, height });
            }
            top += height;
        }
        (places, top)
    }
}

/// Moves a value on; arrives exactly.
fn glide(value: &mut f32, target: f32, step: f32, moving: &mut bool) {
    *value += (target - *value) * step;
    if (*value - target).abs() < 0.004 {
        *value = target;
    } else {
        *moving = true;
    }
}

#[cfg(test)]
#[path = "roster_tests.rs"]
mod tests;

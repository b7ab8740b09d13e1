//! The top of a picture: which file, and who plays in it, in large letters.

use super::page::{Area, FINE, MARGIN, Page, WIDTH};
use crate::picture::{
    palette::mix,
    sheet::Lane,
    text::{self, Anchor},
};
use anyhow::Result;

const NAME_EM: f64 = 30.0;
const GAP: i32 = 26;
const ROW: i32 = 50;
const ROWS: i32 = 2;
/// Where the first row of names stands.
const TOP: i32 = 92;

/// Places of the names.
pub(super) struct Header<'a> {
    names: Vec<(&'a Lane, (i32, i32), i32)>,
    more: Option<(String, (i32, i32))>,
    pub(super) height: i32,
}

/// As many names as fit into two rows, and how many more there are.
pub(super) fn lay_out<'a>(page: &Page<'a>) -> Header<'a> {
    let heard = page.sheet.heard();
    let (mut x, mut row) = (MARGIN, 0);
    let mut header = Header { names: Vec::new(), more: None, height: 0 };
    for (index, lane) in heard.iter().enumerate() {
        let width = text::width(&lane.name, NAME_EM, true).ceil() as i32;
        let is_last = row + 1 == ROWS;
        let reserve = if is_last && index + 1 < heard.len() { 90 } else { 0 };
        if x + width + reserve > WIDTH - MARGIN {
            if is_last {
                header.more = Some((format!("+ {}", heard.len() - index), (x, TOP + row * ROW)));
                break;
            }
            (x, row) = (MARGIN, row + 1);
        }
        header.names.push((lane, (x, TOP + row * ROW), width));
        x += width + GAP;
    }
    header.height = TOP + (row + 1) * ROW + 2;
    header
}

pub(super) fn draw(page: &Page<'_>, header: &Header<'_>, area: &Area<'_>) -> Result<()> {
    let palette = page.palette;
    // The program's mark: three bars, as in the plugin's window.
    for (index, (width, family)) in [(14, 1), (9, 2), (11, 3)].into_iter().enumerate() {
        let top = 29 + 5 * index as i32;
        let corners = [(MARGIN * FINE, top * FINE), ((MARGIN + width) * FINE, (top + 3) * FINE)];
        page.fill(area, corners, palette.families[family])?;
    }
    let room = f64::from(WIDTH - 2 * MARGIN - 60);
    let title = fitted(&page.sheet.title, 17.0, room * 0.6);
    page.text(area, &title, (MARGIN + 24, 36), (17.0, true, palette.text), Anchor::Left)?;
    page.text(area, &page.sheet.facts, (WIDTH - MARGIN, 36), (12.5, false, palette.muted), Anchor::Right)?;
    if let Some(warning) = &page.sheet.warning {
        let text = fitted(warning, 12.5, room);
        page.text(area, &text, (MARGIN, 60), (12.5, false, palette.warn), Anchor::Left)?;
    }
    if header.names.is_empty() {
        let text = "No instrument above its threshold";
        page.text(area, text, (MARGIN, TOP), (24.0, true, palette.faint), Anchor::Left)?;
    }
    for &(lane, (x, y), width) in &header.names {
        page.text(area, &lane.name, (x, y), (NAME_EM, true, palette.text), Anchor::Left)?;
        // How much of the file it plays.
        let colour = palette.families[lane.family];
        let bar = |width: i32, colour| {
            page.fill(area, [(x * FINE, (y + 21) * FINE), (x * FINE + width, (y + 24) * FINE)], colour)
        };
        bar(width * FINE, mix(palette.ground, palette.track, 0.9))?;
        bar((f64::from(width * FINE) * page.sheet.share(lane)).round() as i32, colour)?;
    }
    if let Some((text, at)) = &header.more {
        page.text(area, text, *at, (20.0, true, palette.faint), Anchor::Left)?;
    }
    Ok(())
}

/// The text, cut in its middle if it is wider than the room: both ends of a file's name matter.
fn fitted(text: &str, em: f64, room: f64) -> String {
    let letters: Vec<char> = text.chars().collect();
    let cut = |keep: usize| -> String {
        let (head, tail) = (keep.div_ceil(2), keep / 2);
        letters[..head].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
    };
    if text::width(text, em, true) <= room {
        return text.to_owned();
    }
    (0..letters.len()).rev().map(cut).find(|text| text::width(text, em, true) <= room).unwrap_or_default()
}

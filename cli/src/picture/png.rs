//! A sheet as PNG: the SVG's pixels by resvg, twice as fine as its units.

use super::palette::Theme;
use super::pixels::encode;
use super::sheet::Sheet;
use super::svg::page::{FINE, Image};
use super::svg::{Drawn, draw};
use super::text::{REGULAR, STRONG};
use anyhow::{Context, Result};
use resvg::{tiny_skia, usvg};
use std::{io::Write, sync::Arc};

/// Writes a PNG file of 2,400 pixels from left to right.
///
/// # Errors
/// `out` cannot be written.
pub fn write_png(sheet: &Sheet, theme: Theme, out: &mut dyn Write) -> Result<()> {
    let Drawn { svg, size, image } = draw(sheet, theme)?;
    let mut pixels = render(&svg, size)?;
    if let Some((image, place)) = image {
        stretch(&image, place.into(), &mut pixels);
    }
    let (width, height) = (pixels.width(), pixels.height());
    out.write_all(&encode(width, height, pixels.data(), png::ColorType::Rgba)?)?;
    Ok(())
}

/// The pixels of an SVG document of so many units. Nothing in it is see-through.
pub(super) fn render(svg: &str, size: (u32, u32)) -> Result<tiny_skia::Pixmap> {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(STRONG.to_vec());
    // Names of files may hold letters that Inter has not: then whatever this system has.
    if svg.chars().any(|letter| u32::from(letter) > 0x24F && !"…·–—’“”".contains(letter)) {
        fonts.load_system_fonts();
    }
    let options = usvg::Options {
        fontdb: Arc::new(fonts),
        font_family: "Inter".to_owned(),
        ..usvg::Options::default()
    };
    let tree =
        usvg::Tree::from_str(svg, &options).context("the picture cannot be drawn; please report this")?;
    let fine = FINE as u32;
    let mut pixels = tiny_skia::Pixmap::new(size.0 * fine, size.1 * fine)
        .context("the picture is too large for the memory")?;
    let scale = tiny_skia::Transform::from_scale(FINE as f32, FINE as f32);
    resvg::render(&tree, scale, &mut pixels.as_mut());
    Ok(pixels)
}

/// Lays an image over its place, which is as wide as the image in pixels or wider.
fn stretch(image: &Image, [left, top, width, height]: [i32; 4], pixels: &mut tiny_skia::Pixmap) {
    let [left, top, width, height] = [left, top, width, height].map(|units| (units * FINE) as usize);
    let row = pixels.width() as usize;
    let data = pixels.data_mut();
    for y in 0..height {
        let from_y = y * image.height as usize / height;
        for x in 0..width {
            let from = 3 * (from_y * image.width as usize + x * image.width as usize / width);
            let to = 4 * ((top + y) * row + left + x);
            data[to..to + 3].copy_from_slice(&image.rgb[from..from + 3]);
            data[to + 3] = u8::MAX;
        }
    }
}

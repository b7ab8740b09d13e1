//! egui meshes -> pixels, without a GPU: for the PNG export, and for tests that look at the window.

use egui::{
    ClippedPrimitive, Color32, Mesh, Pos2, Rect, TextureId, TexturesDelta,
    epaint::{ImageData, Primitive, Vertex},
    pos2,
};
use std::collections::HashMap;

/// An opaque picture, row by row from the top left.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `width * height` colours.
    pub data: Vec<Color32>,
}

impl Pixels {
    /// Colour of a pixel.
    ///
    /// # Panics
    /// Outside the picture.
    #[must_use]
    pub fn at(&self, x: usize, y: usize) -> Color32 {
        assert!(
            x < self.width && y < self.height,
            "({x}, {y}) lies outside {} x {}",
            self.width,
            self.height
        );
        self.data[y * self.width + x]
    }

    /// The picture as a PNG file, opaque RGB.
    ///
    /// # Errors
    /// A picture without pixels, or one that is too large for the format.
    pub fn to_png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut encoder = png::Encoder::new(&mut bytes, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let rgb: Vec<u8> = self.data.iter().flat_map(|c| [c.r(), c.g(), c.b()]).collect();
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&rgb)?;
        writer.finish()?;
        Ok(bytes)
    }
}

struct Texture {
    width: usize,
    height: usize,
    pixels: Vec<Color32>,
    linear: bool,
}

impl Texture {
    fn at(&self, x: isize, y: isize) -> [f32; 4] {
        let clamp = |v: isize, n: usize| v.clamp(0, n as isize - 1) as usize;
        let i = clamp(y, self.height) * self.width + clamp(x, self.width);
        self.pixels.get(i).copied().unwrap_or_default().to_array().map(f32::from)
    }
    /// Premultiplied colour at texture coordinates in 0..=1, clamped to the edge.
    fn sample(&self, u: f32, v: f32) -> [f32; 4] {
        let (x, y) = (u * self.width as f32, v * self.height as f32);
        if !self.linear {
            return self.at(x.floor() as isize, y.floor() as isize);
        }
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (fx, fy) = (x - left, y - top);
        let (left, top) = (left as isize, top as isize);
        let [a, b, c, d] =
            [self.at(left, top), self.at(left + 1, top), self.at(left, top + 1), self.at(left + 1, top + 1)];
        std::array::from_fn(|i| {
            let (upper, lower) = (a[i] + (b[i] - a[i]) * fx, c[i] + (d[i] - c[i]) * fx);
            upper + (lower - upper) * fy
        })
    }
}

/// Keeps the textures of one egui context and draws its output.
#[derive(Default)]
pub struct Raster {
    textures: HashMap<TextureId, Texture>,
}

impl std::fmt::Debug for Raster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Raster").field("textures", &self.textures.len()).finish()
    }
}

impl Raster {
    /// Takes over changed textures. Call it with every pass's delta.
    pub fn update(&mut self, delta: &mut TexturesDelta) {
        for (id, images) in delta.set.drain() {
            for image in images {
                let ImageData::Color(source) = &image.image;
                let [width, height] = source.size;
                let linear = image.options.magnification == egui::TextureFilter::Linear;
                match (image.pos, self.textures.get_mut(&id)) {
                    (Some([left, top]), Some(texture)) => {
                        for y in 0..height {
                            let to = (top + y) * texture.width + left;
                            texture.pixels[to..to + width]
                                .copy_from_slice(&source.pixels[y * width..(y + 1) * width]);
                        }
                    }
                    _ => {
                        let texture = Texture { width, height, pixels: source.pixels.clone(), linear };
                        self.textures.insert(id, texture);
                    }
                }
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    /// Draws what [`egui::Context::tessellate`] made, over `ground`. Paint callbacks are left out.
    #[must_use]
    pub fn draw(
        &self,
        primitives: &[ClippedPrimitive],
        points: egui::Vec2,
        scale: f32,
        ground: Color32,
    ) -> Pixels {
        self.draw_unless(primitives, points, scale, ground, &|| false).expect("nobody cancels it")
    }

    /// The same; none if `is_cancelled` says so, which is asked before each triangle.
    pub(crate) fn draw_unless(
        &self,
        primitives: &[ClippedPrimitive],
        points: egui::Vec2,
        scale: f32,
        ground: Color32,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Option<Pixels> {
        let (width, height) = ((points.x * scale).round() as usize, (points.y * scale).round() as usize);
        let mut pixels = Pixels { width, height, data: vec![ground; width * height] };
        for clipped in primitives {
            if let Primitive::Mesh(mesh) = &clipped.primitive {
                let clip = Rect::from_min_max(
                    (clipped.clip_rect.min.to_vec2() * scale).round().to_pos2(),
                    (clipped.clip_rect.max.to_vec2() * scale).round().to_pos2(),
                );
                let Some(texture) = self.textures.get(&mesh.texture_id) else { continue };
                for corners in triangles(mesh) {
                    if is_cancelled() {
                        return None;
                    }
                    draw_triangle(corners, texture, clip, scale, &mut pixels);
                }
            }
        }
        (!is_cancelled()).then_some(pixels)
    }
}

fn triangles(mesh: &Mesh) -> impl Iterator<Item = [Vertex; 3]> {
    mesh.indices.chunks_exact(3).map(|corners| [0, 1, 2].map(|i| mesh.vertices[corners[i] as usize]))
}

fn draw_triangle(corners: [Vertex; 3], texture: &Texture, clip: Rect, scale: f32, to: &mut Pixels) {
    let [a, b, c] = corners.map(|v| pos2(v.pos.x * scale, v.pos.y * scale));
    let area = cross(a, b, c);
    if area == 0.0 || !area.is_finite() {
        return;
    }
    let low =
        |p: f32, q: f32, r: f32, bound: f32| (p.min(q).min(r) - 0.5).ceil().max(bound).max(0.0) as usize;
    let high = |p: f32, q: f32, r: f32, bound: f32, n: usize| {
        ((p.max(q).max(r) - 0.5).floor().min(bound - 1.0) + 1.0).clamp(0.0, n as f32) as usize
    };
    let (left, right) = (low(a.x, b.x, c.x, clip.min.x), high(a.x, b.x, c.x, clip.max.x, to.width));
    let (top, bottom) = (low(a.y, b.y, c.y, clip.min.y), high(a.y, b.y, c.y, clip.max.y, to.height));
    let colours = corners.map(|v| v.color.to_array().map(f32::from));
    let flat = corners[0].color == corners[1].color && corners[1].color == corners[2].color;
    let plain = corners[0].uv == corners[1].uv && corners[1].uv == corners[2].uv;
    let only = plain.then(|| texture.sample(corners[0].uv.x, corners[0].uv.y));
    for y in top..bottom {
        for x in left..right {
            let p = pos2(x as f32 + 0.5, y as f32 + 0.5);
            let weights = [cross(b, c, p) / area, cross(c, a, p) / area, cross(a, b, p) / area];
            if !covers(weights, [(b, c), (c, a), (a, b)], area) {
                continue;
            }
            let mix = |values: [f32; 3]| values.iter().zip(weights).map(|(v, w)| v * w).sum::<f32>();
            let colour =
                if flat { colours[0] } else { std::array::from_fn(|i| mix(colours.map(|colour| colour[i]))) };
            let texel = only.unwrap_or_else(|| {
                texture.sample(mix(corners.map(|v| v.uv.x)), mix(corners.map(|v| v.uv.y)))
            });
            // Premultiplied, blended in gamma space: as egui's own backends do.
            let source: [f32; 4] = std::array::from_fn(|i| colour[i] * texel[i] / 255.0);
            let under = &mut to.data[y * to.width + x];
            let keep = 1.0 - source[3] / 255.0;
            let over = |i: usize, below: u8| (source[i] + f32::from(below) * keep + 0.5) as u8;
            *under = Color32::from_rgb(over(0, under.r()), over(1, under.g()), over(2, under.b()));
        }
    }
}

fn cross(a: Pos2, b: Pos2, p: Pos2) -> f32 {
    (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)
}

/// Whether a pixel's centre belongs to the triangle. One on an edge belongs to one of the two triangles that share it:
/// blending it twice would show.
fn covers(weights: [f32; 3], edges: [(Pos2, Pos2); 3], area: f32) -> bool {
    weights.iter().zip(edges).all(|(&weight, (from, to))| {
        let (from, to) = if area > 0.0 { (from, to) } else { (to, from) };
        weight > 0.0 || (weight == 0.0 && (to.y < from.y || (to.y == from.y && to.x > from.x)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quad(rect: Rect, colour: Color32) -> ClippedPrimitive {
        let mut mesh = Mesh::default();
        mesh.add_colored_rect(rect, colour);
        ClippedPrimitive {
            clip_rect: Rect::from_min_size(Pos2::ZERO, egui::vec2(8.0, 8.0)),
            primitive: Primitive::Mesh(mesh),
        }
    }
    fn raster() -> Raster {
        let white = Texture { width: 1, height: 1, pixels: vec![Color32::WHITE], linear: false };
        Raster { textures: [(TextureId::default(), white)].into() }
    }

    #[test]
    fn a_translucent_square_covers_each_pixel_once() {
        let rect = Rect::from_min_max(pos2(2.0, 2.0), pos2(6.0, 6.0));
        let half = Color32::from_rgba_premultiplied(100, 0, 0, 128);
        let pixels = raster().draw(&[quad(rect, half)], egui::vec2(8.0, 8.0), 1.0, Color32::WHITE);
        for y in 0..8 {
            for x in 0..8 {
                let inside = (2..6).contains(&x) && (2..6).contains(&y);
                let expected = if inside { Color32::from_rgb(227, 127, 127) } else { Color32::WHITE };
                assert_eq!(pixels.at(x, y), expected, "at ({x}, {y})");
            }
        }
    }

    #[test]
    fn what_is_clipped_away_is_not_drawn() {
        let mut primitive = quad(Rect::from_min_max(pos2(0.0, 0.0), pos2(8.0, 8.0)), Color32::RED);
        primitive.clip_rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(3.0, 8.0));
        let pixels = raster().draw(&[primitive], egui::vec2(8.0, 8.0), 2.0, Color32::BLACK);
        assert_eq!((pixels.width, pixels.at(5, 4), pixels.at(6, 4)), (16, Color32::RED, Color32::BLACK));
    }

    #[test]
    fn a_picture_becomes_a_png() -> Result<(), Box<dyn std::error::Error>> {
        let pixels = Pixels { width: 2, height: 1, data: vec![Color32::RED, Color32::from_rgb(1, 2, 3)] };
        let bytes = pixels.to_png()?;
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info()?;
        let mut back = vec![0; 6];
        reader.next_frame(&mut back)?;
        assert_eq!(back, [255, 0, 0, 1, 2, 3]);
        Ok(())
    }
}

//! Pixels as a PNG file.

use anyhow::Result;

/// A PNG file of 8 bits a channel.
pub(super) fn encode(width: u32, height: u32, data: &[u8], colour: png::ColorType) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(colour);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish()?;
    Ok(file)
}

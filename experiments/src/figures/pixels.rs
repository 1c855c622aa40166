//! A drawn scene as a smooth PNG.
//!
//! The raster backend of kuva 0.6 leaves the edges of areas and of rotated text jagged, so it draws finer than asked
//! and each final pixel is the mean of a square of `FINENESS` by `FINENESS` fine pixels.

use std::io::Cursor;

use kuva::RasterBackend;
use kuva::render::render::{Primitive, Scene};

use super::FigureError;

const FINENESS: usize = 3;
/// Bytes of a fine pixel, red, green, blue and opacity. The background is opaque, and so is everything on it.
const RGBA: usize = 4;

/// The scene as PNG, `scale` pixels per unit of the scene.
pub(super) fn png(mut scene: Scene, scale: usize) -> Result<Vec<u8>, FigureError> {
    let fine_scale = (scale * FINENESS) as f32;
    lengthen_dashes(&mut scene, fine_scale);
    let fine = RasterBackend::new().with_scale(fine_scale).render_scene(&scene);
    let mut reader =
        png::Decoder::new(Cursor::new(fine.map_err(|reason| FigureError::Draw { reason })?)).read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().unwrap_or_default()];
    let info = reader.next_frame(&mut bytes)?;
    let (width, height) = (info.width as usize / FINENESS, info.height as usize / FINENESS);
    pack(&means(&bytes, info.line_size, width, height), width as u32, height as u32)
}

/// The raster backend counts dashes in pixels, the SVG backend in units of the scene.
fn lengthen_dashes(scene: &mut Scene, factor: f32) {
    for element in &mut scene.elements {
        if let Primitive::PolyLine { stroke_dasharray: Some(dashes), .. } = element {
            let lengths = dashes.split_whitespace().filter_map(|dash| dash.parse::<f32>().ok());
            *dashes = lengths.map(|length| (factor * length).to_string()).collect::<Vec<_>>().join(" ");
        }
    }
}

/// Red, green and blue of each final pixel.
fn means(fine: &[u8], line: usize, width: usize, height: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(3 * width * height);
    for row in 0..height {
        for column in 0..width {
            for color in 0..3 {
                let first = row * FINENESS * line + column * FINENESS * RGBA + color;
                let sum: usize = (0..FINENESS * FINENESS)
                    .map(|fine_pixel| first + fine_pixel / FINENESS * line + fine_pixel % FINENESS * RGBA)
                    .map(|at| usize::from(fine[at]))
                    .sum();
                // The sum is at most 255 per fine pixel, so its rounded mean fits.
                bytes.push(((sum + FINENESS * FINENESS / 2) / (FINENESS * FINENESS)) as u8);
            }
        }
    }
    bytes
}

fn pack(bytes: &[u8], width: u32, height: u32) -> Result<Vec<u8>, FigureError> {
    let mut packed = Vec::new();
    let mut encoder = png::Encoder::new(&mut packed, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    writer.finish()?;
    Ok(packed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_pixel_is_the_mean_of_its_square() {
        // Two squares side by side: one black but for one white pixel, one all white.
        let line = 2 * FINENESS * RGBA;
        let mut fine = vec![255; FINENESS * line];
        for row in 0..FINENESS {
            fine[row * line..row * line + FINENESS * RGBA].fill(0);
        }
        fine[line..line + RGBA].fill(255);
        // 255 / 9 = 28.3
        assert_eq!(means(&fine, line, 2, 1), [28, 28, 28, 255, 255, 255]);
    }
}

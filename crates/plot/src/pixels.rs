//! Renders a scene as PNG with smooth edges.
//!
//! The raster backend of kuva 0.6 leaves jagged edges at areas and rotated text. The scene is therefore rendered `FINENESS` times
//! finer, and each final pixel is the mean of `FINENESS` x `FINENESS` fine pixels.

use std::io::Cursor;

use kuva::RasterBackend;
use kuva::render::render::{Primitive, Scene};

use crate::PlotError;

const FINENESS: usize = 3;
/// Bytes of a fine pixel: red, green, blue and opacity. All pixels are opaque.
const RGBA: usize = 4;

/// Renders `scene` as PNG with `scale` pixels per unit.
///
/// # Errors
/// Returns an error if rendering or PNG encoding fails.
pub fn png(mut scene: Scene, scale: usize) -> Result<Vec<u8>, PlotError> {
    let fine_scale = (scale * FINENESS) as f32;
    cut_dashes(&mut scene);
    let fine = RasterBackend::new().with_scale(fine_scale).render_scene(&scene);
    let mut reader = png::Decoder::new(Cursor::new(fine.map_err(|reason| PlotError::Draw { reason })?)).read_info()?;
    let mut bytes = vec![0; reader.output_buffer_size().unwrap_or_default()];
    let info = reader.next_frame(&mut bytes)?;
    let (width, height) = (info.width as usize / FINENESS, info.height as usize / FINENESS);
    pack(&means(&bytes, info.line_size, width, height), width as u32, height as u32)
}

/// Replaces dashed lines by one line per dash: the raster backend measures dashes in pixels and restarts at every point.
fn cut_dashes(scene: &mut Scene) {
    let elements = std::mem::take(&mut scene.elements);
    scene.elements = elements
        .into_iter()
        .flat_map(|element| match element {
            Primitive::PolyLine { points, stroke, stroke_width, stroke_dasharray: Some(dashes) } => {
                let lengths: Vec<f64> = dashes.split([' ', ',']).filter_map(|dash| dash.parse().ok()).collect();
                let line = |points| Primitive::PolyLine {
                    points,
                    stroke: stroke.clone(),
                    stroke_width,
                    stroke_dasharray: None,
                };
                cut(&points, &lengths, stroke_width).into_iter().map(line).collect()
            }
            other => vec![other],
        })
        .collect();
}

/// Returns the dashes of a line; `lengths` alternates between dash and gap. Round caps lengthen a dash by the stroke width, so the
/// dash is shortened by that much.
fn cut(points: &[(f64, f64)], lengths: &[f64], stroke_width: f64) -> Vec<Vec<(f64, f64)>> {
    if lengths.len() < 2 || lengths.iter().any(|length| *length <= 0.0) {
        return vec![points.to_vec()];
    }
    let length = |index: usize| {
        let ends = if index.is_multiple_of(2) { -stroke_width } else { stroke_width };
        (lengths[index % lengths.len()] + ends).max(0.1)
    };
    let (mut dashes, mut dash) = (Vec::new(), points.first().map_or_else(Vec::new, |first| vec![*first]));
    let (mut index, mut left) = (0usize, length(0));
    for pair in points.windows(2) {
        let (mut from, to) = (pair[0], pair[1]);
        loop {
            let way = (to.0 - from.0).hypot(to.1 - from.1);
            if way <= left {
                left -= way;
                break;
            }
            let share = left / way;
            from = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            if index.is_multiple_of(2) {
                dash.push(from);
                dashes.push(std::mem::take(&mut dash));
            } else {
                dash = vec![from];
            }
            index += 1;
            left = length(index);
        }
        if index.is_multiple_of(2) {
            dash.push(to);
        }
    }
    if index.is_multiple_of(2) && dash.len() > 1 {
        dashes.push(dash);
    }
    dashes
}

/// Averages fine pixels; returns red, green and blue of each final pixel.
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

fn pack(bytes: &[u8], width: u32, height: u32) -> Result<Vec<u8>, PlotError> {
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

    /// Dashes of 5 with gaps of 4 begin every 9 units, corners or not; round ends of half a unit are part of them.
    #[test]
    fn dashes_continue_around_corners() {
        let corner = [(0.0, 0.0), (7.0, 0.0), (10.0, 0.0), (10.0, 20.0)];
        let dashes = cut(&corner, &[5.0, 4.0], 1.0);
        assert_eq!(dashes[0], [(0.0, 0.0), (4.0, 0.0)]);
        assert_eq!(dashes[1], [(9.0, 0.0), (10.0, 0.0), (10.0, 3.0)]);
        assert_eq!(dashes.len(), 4);
        assert_eq!(cut(&corner, &[], 1.0), [corner.to_vec()]);
    }

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

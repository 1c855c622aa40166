//! Renders a finished SVG figure as PNG.
//!
//! The text is set in the embedded DejaVu Sans, so the pixels do not depend on the fonts of the machine.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use crate::PlotError;

/// Renders `svg` as PNG with `scale` pixels per unit, on white.
///
/// # Errors
/// Returns an error if the figure has no area or PNG encoding fails.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>, PlotError> {
    let tree = Tree::from_str(svg, options()).map_err(|error| PlotError::Draw { reason: error.to_string() })?;
    let [width, height] = [tree.size().width(), tree.size().height()].map(|units| (units * scale).ceil() as u32);
    let mut pixels = Pixmap::new(width, height).ok_or(PlotError::Size { width, height })?;
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| PlotError::Pack { reason: error.to_string() })
}

/// Returns the options of all figures: the embedded fonts alone.
fn options() -> &'static Options<'static> {
    static OPTIONS: OnceLock<Options> = OnceLock::new();
    OPTIONS.get_or_init(|| {
        let mut fonts = Database::new();
        for font in [dejavu::sans::regular(), dejavu::sans::bold()] {
            fonts.load_font_source(Source::Binary(Arc::new(font)));
        }
        Options { fontdb: Arc::new(fonts), font_family: "DejaVu Sans".to_owned(), ..Options::default() }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns red, green and blue of every pixel.
    fn pixels(svg: &str, scale: f32) -> (u32, Vec<[u8; 3]>) {
        let drawn = Pixmap::decode_png(&png(svg, scale).expect("a figure")).expect("a PNG");
        let color = |pixel: &resvg::tiny_skia::PremultipliedColorU8| {
            assert!(pixel.is_opaque());
            [pixel.red(), pixel.green(), pixel.blue()]
        };
        (drawn.width(), drawn.pixels().iter().map(color).collect())
    }

    #[test]
    fn a_unit_has_scale_pixels() {
        let square = r##"<rect x="1" y="0" width="1" height="1" fill="#000000"/>"##;
        let svg =
            format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="2" height="1" viewBox="0 0 2 1">{square}</svg>"#);
        let (white, black) = ([255; 3], [0; 3]);
        assert_eq!(pixels(&svg, 2.0), (4, [white, white, black, black].repeat(2)));
    }

    /// Any font of the list gives the embedded one: a machine without fonts draws the same text.
    #[test]
    fn text_needs_no_fonts_of_the_machine() {
        let of = |family: &str, weight: &str| {
            let text = format!(
                r#"<text x="2" y="15" font-family="{family}" font-size="14" font-weight="{weight}">σ_init, µS</text>"#
            );
            pixels(&format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20">{text}</svg>"#), 2.0).1
        };
        let dark = |pixels: &[[u8; 3]]| pixels.iter().filter(|pixel| pixel[0] < 128).count();
        let regular = of("DejaVu Sans", "normal");
        assert_eq!(regular, of(crate::vector::FONTS, "normal"));
        assert!(dark(&regular) > 300, "{} dark pixels", dark(&regular));
        assert!(dark(&of("DejaVu Sans", "bold")) > dark(&regular) + 100);
    }

    #[test]
    fn a_figure_without_area_is_refused() {
        assert!(png(r#"<svg xmlns="http://www.w3.org/2000/svg" width="0" height="5"/>"#, 2.0).is_err());
    }
}

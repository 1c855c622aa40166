//! A drawn scene as SVG that scales to any width.

use kuva::backend::svg::SvgBackend;
use kuva::render::render::Scene;

/// The SVG of `scene`. Its text is set in DejaVu Sans, or the next sans serif at hand.
pub fn svg(scene: &Scene) -> String {
    let svg = SvgBackend::new().with_pretty(true).render_scene(scene);
    // Without a view box a viewer that shows the figure smaller cuts it off instead of shrinking it.
    let view = format!(r#"<svg viewBox="0 0 {} {}" "#, scene.width, scene.height);
    svg.replacen("<svg ", &view, 1)
}

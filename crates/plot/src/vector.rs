//! Renders a scene as SVG that scales to any width.

use std::fmt::Write;

use kuva::backend::svg::SvgBackend;
use kuva::render::render::Scene;

/// Fonts of all figures; PNGs embed the first.
pub(crate) const FONTS: &str = "DejaVu Sans, Verdana, Liberation Sans, Arial, sans-serif";

/// Renders `scene` as SVG. Text uses DejaVu Sans or the next available sans serif font.
///
/// Path data is rounded to 0.1 units, a tenth of a pixel at the usual size, and written with relative steps: large figures shrink
/// to a third.
pub fn svg(scene: &Scene) -> String {
    let svg = SvgBackend::new().with_pretty(true).render_scene(scene);
    // Without a view box a viewer crops a figure that does not fit instead of scaling it.
    let view = format!(r#"<svg viewBox="0 0 {} {}" "#, scene.width, scene.height);
    compact(&svg.replacen("<svg ", &view, 1))
}

/// Shortens the data of every path in `svg`.
fn compact(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len() / 2);
    let mut rest = svg;
    while let Some((before, after)) = rest.split_once(r#"<path d=""#) {
        let (data, end) = after.split_once('"').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(r#"<path d=""#);
        out.push_str(&subpaths(data).map_or_else(|| data.trim().to_owned(), |paths| relative(&paths)));
        out.push('"');
        rest = end;
    }
    out.push_str(rest);
    out
}

/// Corners of a subpath in tenths of a unit, and whether it is closed.
type Subpath = (Vec<(i64, i64)>, bool);

/// Parses path data of the commands M, L, l and Z; none for any other command.
fn subpaths(data: &str) -> Option<Vec<Subpath>> {
    let mut commands: Vec<(char, String)> = Vec::new();
    for letter in data.chars() {
        match commands.last_mut() {
            _ if letter.is_ascii_alphabetic() => commands.push((letter, String::new())),
            Some((_, numbers)) => numbers.push(letter),
            None => return None,
        }
    }
    let mut paths: Vec<Subpath> = Vec::new();
    let mut at = (0.0, 0.0);
    for (letter, numbers) in commands {
        let numbers: Vec<f64> = numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        match (letter, &numbers[..]) {
            ('Z', []) => paths.last_mut()?.1 = true,
            ('M' | 'L' | 'l', &[x, y]) => {
                at = if letter == 'l' { (at.0 + x, at.1 + y) } else { (x, y) };
                if letter == 'M' {
                    paths.push((Vec::new(), false));
                }
                paths.last_mut()?.0.push(((10.0 * at.0).round() as i64, (10.0 * at.1).round() as i64));
            }
            _ => return None,
        }
    }
    Some(paths)
}

/// Writes subpaths with relative commands; merges steps along an axis.
fn relative(paths: &[Subpath]) -> String {
    let mut data = String::new();
    let mut at: Option<(i64, i64)> = None;
    for (corners, closed) in paths {
        let Some(&start) = corners.first() else { continue };
        let _ = match at {
            None => write!(data, "M{}", pair(start.0, start.1)),
            Some((x, y)) => write!(data, "m{}", pair(start.0 - x, start.1 - y)),
        };
        let corners = merged(corners);
        for step in corners.windows(2) {
            let (dx, dy) = (step[1].0 - step[0].0, step[1].1 - step[0].1);
            let _ = match (dx, dy) {
                (dx, 0) => write!(data, "h{}", tenths(dx)),
                (0, dy) => write!(data, "v{}", tenths(dy)),
                (dx, dy) => write!(data, "l{}", pair(dx, dy)),
            };
        }
        if *closed {
            data.push('Z');
        }
        at = if *closed { Some(start) } else { corners.last().copied() };
    }
    data
}

/// Drops corners that repeat or that continue a horizontal or vertical step in the same direction.
fn merged(corners: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut kept: Vec<(i64, i64)> = Vec::new();
    for &corner in corners {
        if kept.last() == Some(&corner) {
            continue;
        }
        if let [.., before, last] = kept[..] {
            let along = |a: i64, b: i64, c: i64| (b - a).signum() == (c - b).signum();
            let level = before.1 == last.1 && last.1 == corner.1 && along(before.0, last.0, corner.0);
            let upright = before.0 == last.0 && last.0 == corner.0 && along(before.1, last.1, corner.1);
            if level || upright {
                kept.pop();
            }
        }
        kept.push(corner);
    }
    kept
}

/// Formats two numbers with the shortest separator.
fn pair(x: i64, y: i64) -> String {
    format!("{}{}{}", tenths(x), if y < 0 { "" } else { " " }, tenths(y))
}

/// Formats tenths without superfluous zeros.
fn tenths(value: i64) -> String {
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    match (size / 10, size % 10) {
        (whole, 0) => format!("{sign}{whole}"),
        (0, part) => format!("{sign}.{part}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_keep_their_corners_to_a_tenth() {
        let of = |data: &str| compact(&format!(r#"<path d="{data}" fill="none" />"#));
        assert_eq!(of("M 1 2 L 3.04 2 L 5 2 L 5 2 L 4.5 1.5 "), r#"<path d="M1 2h4l-.5-.5" fill="none" />"#);
        assert_eq!(of("M1 1l2 0l0 2ZM4.0 0.96l1 1Z"), r#"<path d="M1 1h2v2Zm3 0l1 1Z" fill="none" />"#);
        assert_eq!(of("M 0 0 C 1 1 2 2 3 3"), r#"<path d="M 0 0 C 1 1 2 2 3 3" fill="none" />"#);
    }
}

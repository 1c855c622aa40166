//! Mean outcome over one numeric setting: a curve with a marker per mean, and the intervals of the means as a band.
//!
//! Outcomes are shares in [0, 1], drawn in percent on an axis that always shows all of 0 to 100 %, so that figures
//! compare at a glance. Curves differ by colour and by marker, so that they stay apart in grey and for every eye.

use kuva::plot::scatter::MarkerShape;
use kuva::plot::{BandPlot, LegendEntry, LegendShape, LinePlot, ScatterPlot};
use kuva::render::color::Color;
use kuva::render::layout::{ComputedLayout, Layout, TickFormat};
use kuva::render::plots::Plot;
use kuva::render::render::{Primitive, Scene, TextAnchor, render_multiple};

use super::FigureError;
use super::axis::Axis;
use super::{pixels, vector};

/// The colours of Okabe and Ito (2008), without their yellow, which is faint on white.
const COLORS: [&str; 7] = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"];
/// Markers of about equal area with their sizes; their period differs from that of the colours.
const MARKERS: [(MarkerShape, f64); 5] = [
    (MarkerShape::Circle, 4.0),
    (MarkerShape::Square, 3.6),
    (MarkerShape::Triangle, 4.8),
    (MarkerShape::Diamond, 3.9),
    (MarkerShape::TriangleDown, 4.8),
];
const GRID_COLOR: &str = "#E6E6E6";
const CHANCE_COLOR: &str = "#666666";
const BAND_OPACITY: f64 = 0.18;
/// Size of the area inside the axes, in units of the SVG.
const AREA: (f64, f64) = (480.0, 320.0);
/// Width right of the axes that the chance label needs.
const CHANCE_WIDTH: f64 = 100.0;
const PNG_SCALE: usize = 2;

/// One mean of a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Value of the setting, in the unit that the title of the x axis names.
    pub x: f64,
    /// Mean outcome, a share in [0, 1].
    pub mean: f64,
    /// Lower and upper end of the 95 % interval of the mean; `None` where a single trial leaves no spread to judge.
    pub interval: Option<(f64, f64)>,
}

/// One curve of the figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Text in the legend.
    pub label: String,
    /// Means in any order. A point that is not finite is left out.
    pub points: Vec<Point>,
}

/// An outcome over one numeric setting.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveFigure {
    /// Text above the axes; empty for a figure whose caption stands elsewhere.
    pub title: String,
    /// Title of the x axis with its unit: `write noise (µS)`.
    pub x_label: String,
    /// Title of the y axis, which counts in percent: `test accuracy (%)`.
    pub y_label: String,
    /// Outcome of guessing, a share in [0, 1], drawn as a dashed line.
    pub chance: Option<f64>,
    /// Curves in the order of the legend.
    pub series: Vec<Series>,
}

impl CurveFigure {
    /// The figure as SVG that scales to any width.
    pub fn svg(&self) -> String {
        vector::svg(&self.scene())
    }

    /// The figure as PNG with two pixels per unit of the SVG, set in the DejaVu Sans that the program carries.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        pixels::png(self.scene(), PNG_SCALE)
    }

    fn scene(&self) -> Scene {
        let xs: Vec<f64> = self.series.iter().flat_map(drawable).map(|point| point.x).collect();
        let axis = Axis::of(&xs);
        let layout = self.layout(&axis);
        let computed = ComputedLayout::from_layout(&layout);
        let mut scene = render_multiple(self.plots(&axis), layout);
        // Everything lies inside the axes as it is, and a clip would halve the markers at 0 and 100 %. Its name also
        // counts the figures that the process has drawn, which would change the bytes.
        scene.elements.retain(|element| !matches!(element, Primitive::ClipStart { .. } | Primitive::ClipEnd));
        scene.defs.clear();
        scene.elements.extend(self.chance.map(|chance| chance_label(chance, &computed)));
        scene
    }

    fn layout(&self, axis: &Axis) -> Layout {
        let mut layout = Layout::new((axis.low, axis.high), (0.0, 100.0))
            .with_show_grid(false)
            .with_title_size(16)
            .with_title_wrap(60)
            .with_x_label(&self.x_label)
            .with_x_label_wrap(60)
            .with_y_label(&self.y_label)
            .with_y_label_wrap(40)
            .with_x_axis_min(axis.low)
            .with_x_axis_max(axis.high)
            .with_x_tick_step(axis.step)
            .with_x_tick_format(TickFormat::Fixed(axis.decimals))
            .with_y_axis_min(0.0)
            .with_y_axis_max(100.0)
            .with_y_tick_step(20.0)
            .with_y_tick_format(TickFormat::Integer)
            .with_legend_entries(self.legend())
            .with_legend_box(false)
            .with_legend_wrap(34);
        layout.title = Some(self.title.clone()).filter(|title| !title.is_empty());
        layout.legend_width = layout.legend_width.max(CHANCE_WIDTH);
        // The margins follow from the text, so the area inside the axes is the same in every figure.
        let margins = ComputedLayout::from_layout(&layout);
        layout
            .with_width((margins.margin_left + AREA.0 + margins.margin_right).ceil())
            .with_height((margins.margin_top + AREA.1 + margins.margin_bottom).ceil())
    }

    fn legend(&self) -> Vec<LegendEntry> {
        let entry = |(index, series): (usize, &Series)| LegendEntry {
            label: series.label.clone(),
            color: color(index).into(),
            shape: LegendShape::Marker(marker(index).0),
            dasharray: None,
        };
        self.series.iter().enumerate().map(entry).collect()
    }

    /// Everything inside the axes, from back to front.
    fn plots(&self, axis: &Axis) -> Vec<Plot> {
        let grid = [20.0, 40.0, 60.0, 80.0, 100.0];
        let mut plots: Vec<Plot> = grid.map(|percent| level(axis, percent, GRID_COLOR).into()).into();
        plots.extend(self.chance.map(|chance| level(axis, 100.0 * chance, CHANCE_COLOR).with_dashed().into()));
        plots.extend(self.series.iter().enumerate().flat_map(|(index, series)| intervals(series, color(index))));
        plots.extend(self.series.iter().enumerate().flat_map(|(index, series)| means(series, index)));
        plots
    }
}

fn color(index: usize) -> &'static str {
    COLORS[index % COLORS.len()]
}

fn marker(index: usize) -> (MarkerShape, f64) {
    MARKERS[index % MARKERS.len()]
}

/// The finite points from left to right.
fn drawable(series: &Series) -> Vec<&Point> {
    let mut points: Vec<&Point> = series.points.iter().filter(|point| (point.x + point.mean).is_finite()).collect();
    points.sort_by(|left, right| left.x.total_cmp(&right.x));
    points
}

/// A thin line across the figure, which begins beside the line of the y axis to leave it whole.
fn level(axis: &Axis, percent: f64, color: &str) -> LinePlot {
    let first = axis.low + 0.003 * (axis.high - axis.low);
    LinePlot::new().with_data([(first, percent), (axis.high, percent)]).with_color(color).with_stroke_width(1.0)
}

/// The curve and its markers.
fn means(series: &Series, index: usize) -> [Plot; 2] {
    let means: Vec<(f64, f64)> = drawable(series).iter().map(|point| (point.x, 100.0 * point.mean)).collect();
    let (shape, size) = marker(index);
    let curve = LinePlot::new().with_data(means.clone()).with_color(color(index)).with_stroke_width(1.8);
    let markers = ScatterPlot::new().with_data(means).with_color(color(index)).with_marker(shape).with_size(size);
    [curve.into(), markers.into()]
}

/// One band per run of neighbours that have an interval.
fn intervals(series: &Series, color: &str) -> Vec<Plot> {
    let ends: Vec<Option<[f64; 3]>> = drawable(series).into_iter().map(interval).collect();
    ends.split(Option::is_none)
        .map(|run| run.iter().copied().flatten().collect::<Vec<_>>())
        .filter(|run| !run.is_empty())
        .map(|run| band(&run, color))
        .collect()
}

/// Place of a point and its interval in percent, cut where the axis ends.
fn interval(point: &Point) -> Option<[f64; 3]> {
    let (low, high) = point.interval.filter(|(low, high)| low.is_finite() && high.is_finite())?;
    Some([point.x, 100.0 * low.clamp(0.0, 1.0), 100.0 * high.clamp(0.0, 1.0)])
}

/// The band over `[x, low, high]` of each point; a point on its own has no width and gets a bar.
fn band(run: &[[f64; 3]], color: &str) -> Plot {
    if let [[x, low, high]] = *run {
        return LinePlot::new().with_data([(x, low), (x, high)]).with_color(color).with_stroke_width(1.2).into();
    }
    let column = |index: usize| run.iter().map(move |end| end[index]);
    BandPlot::new(column(0), column(1), column(2)).with_color(color).with_opacity(BAND_OPACITY).into()
}

/// The label stands right of the axes, where it cannot meet a curve that has fallen to chance.
fn chance_label(chance: f64, computed: &ComputedLayout) -> Primitive {
    let size = computed.tick_size;
    Primitive::Text {
        x: computed.width - computed.margin_right + 8.0,
        // Capitals and digits are about 0.7 of the font size high.
        y: computed.map_y(100.0 * chance) + 0.35 * f64::from(size),
        content: format!("chance {} %", (1000.0 * chance).round() / 10.0),
        size,
        anchor: TextAnchor::Start,
        rotate: None,
        bold: false,
        color: Some(Color::from(CHANCE_COLOR)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f64, mean: f64, half_width: Option<f64>) -> Point {
        Point { x, mean, interval: half_width.map(|half| (mean - half, mean + half)) }
    }

    fn figure(series: Vec<(&str, Vec<Point>)>) -> CurveFigure {
        CurveFigure {
            title: "Accuracy under write noise".into(),
            x_label: "write noise (µS)".into(),
            y_label: "test accuracy (%)".into(),
            chance: Some(0.1),
            series: series.into_iter().map(|(label, points)| Series { label: label.into(), points }).collect(),
        }
    }

    fn two_curves() -> CurveFigure {
        let robust = vec![point(0.0, 0.97, Some(0.01)), point(5.0, 0.9, Some(0.02)), point(10.0, 0.6, Some(0.05))];
        let fragile = vec![point(0.0, 0.95, None), point(5.0, 0.5, None), point(10.0, 0.12, None)];
        figure(vec![("80:20 excitatory:inhibitory", robust), ("n = 1 & <raw>", fragile)])
    }

    #[test]
    fn a_second_drawing_has_the_same_bytes() {
        assert_eq!(two_curves().svg(), two_curves().svg());
        assert_eq!(two_curves().png().unwrap(), two_curves().png().unwrap());
    }

    #[test]
    fn every_text_stands_in_the_svg() {
        let svg = two_curves().svg();
        for text in ["Accuracy under write noise", "write noise (µS)", "test accuracy (%)", "chance 10 %", ">100<"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(svg.contains("80:20 excitatory:inhibitory") && svg.contains("n = 1 &amp; &lt;raw&gt;"));
    }

    #[test]
    fn png_has_twice_the_size_of_the_svg() {
        let figure = two_curves();
        let scene = figure.scene();
        let png = figure.png().unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        // Width and height are the first two numbers of the header chunk, which starts at byte 16.
        assert_eq!(png[16..20], (2 * scene.width as u32).to_be_bytes());
        assert_eq!(png[20..24], (2 * scene.height as u32).to_be_bytes());
    }

    #[test]
    fn the_area_inside_the_axes_does_not_depend_on_the_text() {
        let short = ComputedLayout::from_layout(&figure(vec![("a", vec![])]).layout(&Axis::of(&[])));
        let long = ComputedLayout::from_layout(&two_curves().layout(&Axis::of(&[])));
        // Each side of the figure is rounded up to a whole unit.
        assert!((short.plot_width() - long.plot_width()).abs() < 1.0);
        assert!(short.width < long.width);
    }

    #[test]
    fn bands_break_where_an_interval_is_missing() {
        let half_widths = [Some(0.1), Some(0.1), None, Some(0.1), None, None];
        let points = half_widths.iter().zip(0..).map(|(half, x)| point(f64::from(x), 0.5, *half)).collect();
        let plots = intervals(&Series { label: String::new(), points }, "black");
        assert!(matches!(plots.as_slice(), [Plot::Band(_), Plot::Line(_)]));
    }

    #[test]
    fn intervals_end_where_the_axis_ends() {
        assert_eq!(interval(&point(3.0, 0.99, Some(0.02))).map(|ends| ends[2]), Some(100.0));
        assert_eq!(interval(&point(3.0, 0.01, Some(0.02))).map(|ends| ends[1]), Some(0.0));
        assert_eq!(interval(&point(3.0, 0.5, Some(f64::NAN))), None);
    }

    #[test]
    fn points_that_are_not_finite_are_left_out() {
        let points = vec![point(2.0, 0.5, None), point(1.0, f64::NAN, None), point(0.0, 0.9, None)];
        let xs: Vec<f64> = drawable(&Series { label: String::new(), points }).iter().map(|point| point.x).collect();
        assert_eq!(xs, [0.0, 2.0]);
    }

    #[test]
    fn a_figure_without_series_still_draws() {
        let empty = CurveFigure { title: String::new(), chance: None, ..figure(vec![]) };
        assert!(empty.svg().contains("write noise (µS)"));
        assert!(empty.png().is_ok());
    }
}

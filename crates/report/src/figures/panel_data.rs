//! The numbers of a figure of panels, as CSV.

use ohmspike_plot::PanelFigure;

use super::Data;

/// Returns one row per point: panel, curve, quantity and value of both axes, and the ends of the band. Curves without a label
/// belong to the one before. Empty where a curve has no band.
pub fn panel_csv(figure: &PanelFigure) -> String {
    let mut data = Data::new(["panel", "curve", "x_axis", "x", "y_axis", "y", "band_low", "band_high"]);
    for panel in &figure.panels {
        let mut name = String::new();
        for curve in &panel.curves {
            name = curve.label.clone().unwrap_or(name);
            for (number, (x, y)) in curve.points.iter().enumerate() {
                let band = curve.band.get(number).filter(|band| band[0] == *x);
                let end = |end: usize| band.map_or_else(String::new, |band| band[end].to_string());
                data.rows.push(vec![
                    panel.title.clone(),
                    name.clone(),
                    panel.x.label.to_owned(),
                    x.to_string(),
                    panel.y.label.to_owned(),
                    y.to_string(),
                    end(1),
                    end(2),
                ]);
            }
        }
    }
    data.csv()
}

#[cfg(test)]
mod tests {
    use ohmspike_plot::panel::{Curve, GREY, Panel, PanelAxis, Stroke};

    use super::*;

    #[test]
    fn every_point_is_a_row() {
        let mut banded = Curve::new("law, all", GREY, Stroke::Solid, vec![(1.0, 2.0), (3.0, 4.5)]);
        banded.band = vec![[1.0, 1.5, 2.5], [3.0, 4.0, 5.0]];
        let more = Curve::new("", GREY, Stroke::Thin, vec![(1.0, 7.0)]);
        let axis = |label| PanelAxis { label, log: false };
        let panel = Panel {
            title: "drift".to_owned(),
            x: axis("time (s)"),
            y: axis("G (µS)"),
            percent: None,
            curves: vec![banded, more],
        };
        let figure = PanelFigure { title: String::new(), panels: vec![panel], caption: String::new() };
        assert_eq!(
            panel_csv(&figure),
            "panel,curve,x_axis,x,y_axis,y,band_low,band_high\n\
             drift,\"law, all\",time (s),1,G (µS),2,1.5,2.5\n\
             drift,\"law, all\",time (s),3,G (µS),4.5,4,5\n\
             drift,\"law, all\",time (s),1,G (µS),7,,\n"
        );
    }
}

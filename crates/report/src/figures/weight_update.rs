//! One weight update in five histograms: weights before, gradient, after the step, noise, after noise and clipping; one row per connection.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_plot::grid::Grid;
use ohmspike_plot::palette::Look;
use ohmspike_plot::plot::{Plot, PlotAxis};
use ohmspike_plot::scale::Scale;
use ohmspike_study::details::{Details, Histogram, UpdateAnatomy};
use ohmspike_study::record::Record;
use ohmspike_study::run::Trial;
use ohmspike_study::store::StoreError;
use ohmspike_study::success::succeeded;

use super::bars::{bars, label, largest, rows, unit};
use super::chosen::Chosen;
use super::figure::{Data, Figure};

/// Noise level of the published figure, % of sigma_init.
const LEVEL_PERCENT: f64 = 20.0;
const HEIGHT: f64 = 130.0;

/// Title of the histogram of the gradient.
const GRADIENT: &str = "gradient";

/// Returns the figure; none without details of an update with noise.
pub(super) fn figure(recorded: Recorded) -> Result<Option<Figure>, StoreError> {
    let Some(chosen) = Chosen::nearest(recorded, rank, has_noise)? else { return Ok(None) };
    Ok(chosen.details.update.as_ref().map(|layers| drawn(recorded, &chosen, layers)))
}

/// Ranks by distance to the published level, then successful networks first.
fn rank(trial: &Trial, record: &Record) -> [f64; 2] {
    [(trial.settings.noise.level_percent - LEVEL_PERCENT).abs(), f64::from(u8::from(!succeeded(record)))]
}

fn has_noise(details: &Details) -> bool {
    details.update.as_ref().is_some_and(|layers| layers.iter().any(|layer| !layer.noise.counts.is_empty()))
}

fn drawn(recorded: Recorded, chosen: &Chosen, layers: &[UpdateAnatomy]) -> Figure {
    let grid = Grid {
        title: format!("{}: one weight update", recorded.study.name),
        entries: Vec::new(),
        rows: layers.iter().map(plots).collect(),
    };
    let count = |layer: &UpdateAnatomy| format!("{} weights of {}", layer.before.count(), layer.connection);
    let counts: Vec<String> = layers.iter().map(count).collect();
    let caption = format!(
        "The weight update that would follow the last epoch: weights before, gradient of the loss (mean over a batch), weights after the \
         gradient step, noise, and weights after noise and clipping. Rows: {}. The count axis is logarithmic; the black bar counts values of exactly \
         0. Selected trial: closest to 80:20, then closest to a noise of {LEVEL_PERCENT} % of σ_init, successful if possible: {}.",
        counts.join(", "),
        chosen.words(recorded.study)
    );
    let mut data = Data::new(["connection", "histogram", "unit", "low", "high", "count"]);
    for layer in layers {
        for (histogram, words) in parts(layer) {
            let unit = if words == GRADIENT { "1/threshold" } else { "thresholds" };
            let row = |[low, high, count]: [String; 3]| {
                vec![layer.connection.clone(), words.to_owned(), unit.to_owned(), low, high, count]
            };
            data.rows.extend(rows(histogram).into_iter().map(row));
        }
    }
    Figure::wide("weight-update".to_owned(), caption, grid, &data)
}

/// Returns the histograms of a layer with their titles.
fn parts(layer: &UpdateAnatomy) -> [(&Histogram, &'static str); 5] {
    [
        (&layer.before, "before"),
        (&layer.gradient, GRADIENT),
        (&layer.stepped, "after the step"),
        (&layer.noise, "noise"),
        (&layer.after, "after noise and clipping"),
    ]
}

fn plots(layer: &UpdateAnatomy) -> Vec<Plot> {
    let weights = [&layer.before, &layer.stepped, &layer.after];
    let plot = |(number, (histogram, words)): (usize, (&Histogram, &str))| {
        let is_weight = weights.iter().any(|weight| std::ptr::eq(*weight, histogram));
        let (together, quantity, of): (&[&Histogram], _, _) = match words {
            GRADIENT => (&[histogram], GRADIENT, "per threshold"),
            "noise" => (&[histogram], "noise", "thresholds"),
            _ => (&weights, "weight", "thresholds"),
        };
        let unit = unit(together.iter().map(|histogram| largest(histogram)).fold(0.0, f64::max));
        let ends = together.iter().flat_map(|part| [part.low, part.high]).map(|end| f64::from(end) / unit);
        let x = Scale::linear_few(&ends.chain([0.0]).collect::<Vec<f64>>());
        let most = histogram.counts.iter().copied().chain([histogram.zeros, 1]).max().unwrap_or(1);
        // Room for a label above the highest bar.
        let y = Scale::log(&[0.7, 12.0 * most as f64]);
        let (low, high) = x.ends();
        let color = Look::new(if is_weight { 0 } else { 1 }).color;
        Plot {
            title: words.to_owned(),
            marks: bars(histogram, unit, &y, color, (low + high) / 2.0),
            x: PlotAxis { label: label(quantity, unit, of), scale: x },
            y: PlotAxis {
                label: if number == 0 { format!("weights in {}", layer.connection) } else { String::new() },
                scale: y,
            },
            height: HEIGHT,
        }
    };
    parts(layer).into_iter().enumerate().map(plot).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(noise: &[f32]) -> UpdateAnatomy {
        let of = |values: &[f32]| Histogram::from_values(values.iter().copied());
        UpdateAnatomy {
            connection: "hidden-1".to_owned(),
            before: of(&[0.0, 0.001, 0.002]),
            gradient: of(&[-3.0, 0.0, 2.0]),
            stepped: of(&[0.0, 0.004, -0.001]),
            noise: of(noise),
            after: of(&[0.0, 0.0, 0.005]),
        }
    }

    #[test]
    fn weights_share_an_axis_and_every_histogram_is_drawn() {
        let plots = plots(&layer(&[0.1, -0.1]));
        let titles: Vec<&str> = plots.iter().map(|plot| plot.title.as_str()).collect();
        assert_eq!(titles, ["before", "gradient", "after the step", "noise", "after noise and clipping"]);
        assert_eq!((&plots[0].x, &plots[0].x), (&plots[2].x, &plots[4].x));
        assert_eq!(plots[0].x.label, "weight (10⁻³ thresholds)");
        assert_eq!(plots[1].x.label, "gradient (per threshold)");
        let words = |plot: &Plot| {
            plot.marks.iter().find_map(|mark| match mark {
                ohmspike_plot::mark::Mark::Words { content, .. } => Some(content.clone()),
                _ => None,
            })
        };
        assert_eq!(words(&plots[0]).as_deref(), Some("33 % are 0"));
        assert_eq!(words(&plots[4]).as_deref(), Some("67 % are 0"));
        assert_eq!(words(&super::plots(&layer(&[]))[3]).as_deref(), Some("none"));
    }
}

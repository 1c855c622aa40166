//! Relaxation and drift from conductances at several times after a write.
//!
//! ```text
//! power      ln G = a - nu ln t          nu per series; mean and standard deviation over series, in bins of R
//! log-time   G = a + k ln t              k per series; m = mean of k, b = its standard deviation
//! ```
//!
//! The variance of an exponent over series is that of its estimates minus their regression errors. With the conductance
//! right after the write, the reference time is where the lines cross it. AIC decides between the laws, unless cells rise for
//! which a device has no power law.

mod bounds;
mod lack_of_fit;
mod lines;
mod log_time;
mod noise;
mod of_cells;
mod outliers;
mod power;
mod retained;
mod sign;
mod trend;
mod visible;

use ohmspike_crossbar::device::{DriftBounds, DriftLaw, DriftSpec};

pub(crate) use retained::retained;

use crate::options::FitOptions;
use crate::outcome::Outcome;
use crate::report::Candidate;
use crate::sample::Sample;
use crate::table::Table;
use lack_of_fit::lack_of_fit;
use lines::{Found, Series, series};
use outliers::{Scale, regular, regular_of_both};
use visible::no_drift;

/// Smallest number of series.
const MIN_SERIES: usize = 5;

/// Fits drift to a table of retention, or to a table of writes with later values `after` s; `window` and range of `writes` in µS.
pub(crate) fn fit_drift(
    table: &Table,
    after: Option<f64>,
    (window, writes): ((f64, f64), [Option<f64>; 2]),
    options: &FitOptions,
    sample: &Sample,
) -> Outcome<DriftSpec> {
    if options.drift_law == Some(DriftLaw::None) {
        return Err("`none` was chosen as law".to_owned());
    }
    let Found { series, clipped, lost, outside } = series(table, after, window, sample);
    if series.len() < MIN_SERIES {
        return Err(format!(
            "expected at least {MIN_SERIES} series with two times after the write, or one time and the value right \
             after the write, got {}",
            series.len()
        ));
    }
    if series.iter().all(Series::is_constant) {
        return Err("no value changes with time".to_owned());
    }
    let all = series.len();
    // An outlier of one law that the other one takes for drift would choose the other law: both are compared on the same series.
    let (law, mut candidates, mut notes) = choose(&regular_of_both(&series), options.drift_law);
    let mut kept = regular(series.clone(), if law == DriftLaw::LogTime { Scale::Linear } else { Scale::Ln });
    if let Some(reason) = no_drift(&kept) {
        return Err(reason);
    }
    let power = (law != DriftLaw::LogTime).then(|| power::fit(&kept, sample));
    let mut fitted = match power {
        Some(Ok(fitted)) => fitted,
        Some(Err(reason)) if options.drift_law.is_some() || !log_time::describes(&kept) => return Err(reason),
        rejected => {
            if let Some(Err(reason)) = rejected {
                notes.push(format!("{reason}; the log-time law describes them"));
                candidates.iter_mut().for_each(|candidate| candidate.chosen = !candidate.chosen);
                kept = regular(series, Scale::Linear);
            }
            log_time::fit(&kept, sample)?
        }
    };
    let (bounds, note) = bounds::bounds((outside, clipped), &fitted.section, window, writes);
    // Without a choice, a power law has the default and its note on clipped series.
    if fitted.section.law == DriftLaw::LogTime || bounds == DriftBounds::Zero {
        fitted.section.bounds = Some(bounds);
        notes.push(note);
    }
    if kept.len() < all {
        let left_out = all - kept.len();
        notes.push(format!("{left_out} series with a value far from those of the others are outliers and left out"));
    }
    notes.extend(clipped_note(clipped, lost));
    notes.extend(lack_of_fit(&kept, scale_of(&fitted.section)));
    fitted.fit.candidates = candidates;
    fitted.fit.notes.extend(notes);
    Ok(fitted)
}

/// Returns the scale of the lines of a law.
fn scale_of(section: &DriftSpec) -> Scale {
    if section.law == DriftLaw::LogTime { Scale::Linear } else { Scale::Ln }
}

/// Returns a note on series that reach an end of the window, of which some are `lost`.
fn clipped_note(clipped: usize, lost: usize) -> Option<String> {
    let lost = match lost {
        0 => String::new(),
        _ => format!(
            ", and {lost} of them have too few values before it and are left out: the fastest drift may be missing"
        ),
    };
    (clipped > 0)
        .then(|| format!("{clipped} series reach an end of the window; their values from there on are left out{lost}"))
}

/// Chooses the law with the smaller AIC.
fn choose(series: &[Series], forced: Option<DriftLaw>) -> (DriftLaw, Vec<Candidate>, Vec<String>) {
    if let Some(forced) = forced {
        return (forced, Vec::new(), Vec::new());
    }
    let points: f64 = series.iter().map(|series| series.points as f64).sum();
    let squares = |of: fn(&Series) -> f64| series.iter().map(of).sum::<f64>().max(1e-14 * points);
    // Two parameters per series in both laws.
    let aic = |squares: f64| points * (squares / points).ln() + 4.0 * series.len() as f64;
    let (power, log_time) = (aic(squares(|one| one.power.residual)), aic(squares(|one| one.linear.residual)));
    // Without a third time, both laws pass through all points.
    let undecided = series.iter().all(|series| series.points < 3);
    let offset = undecided && series.iter().all(|series| series.start.is_some()) && power::rises(series);
    let law =
        if (undecided && offset) || (!undecided && log_time < power) { DriftLaw::LogTime } else { DriftLaw::Power };
    let candidate = |word, of, value| Candidate { law: word, criterion: "AIC", value, chosen: law == of };
    let candidates =
        vec![candidate("power", DriftLaw::Power, power), candidate("log-time", DriftLaw::LogTime, log_time)];
    let note = "fewer than three times per series do not decide between the laws of drift".to_owned();
    (law, if undecided { Vec::new() } else { candidates }, if undecided { vec![note] } else { Vec::new() })
}

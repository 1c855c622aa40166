//! Steps of single pulses from pulse trains.
//!
//! ```text
//! x = (G - Gmin) / (Gmax - Gmin)      state before a pulse
//! y = step of the pulse towards its end, as a fraction of the window
//! curve       least squares of the mean of y in bins of x, weighted with their standard errors; up and down apart
//! noise       half the mean square of successive residuals, which contain no difference between cells, less read noise
//! gains       least-squares factor of each cell on the curve; their variance minus that of the noise
//! ```
//!
//! An error of the read before a pulse is in x and, with the opposite sign, in y: bins of a noisy x bend the curve, most where
//! many pulses start near one state. If reads are noisy, bins are those of x as the curve foresees it from the read before
//! that, an instrument (Wald, 1940): the errors of x and y in a bin have a mean of 0.
//!
//! Constant, linear, soft-bounds and piecewise linear curves are linear in their parameters; the others are fitted by
//! Levenberg-Marquardt. BIC decides.

mod cell_gains;
mod curve;
mod cycle;
mod gain_errors;
mod gains;
mod likelihood;
mod noise;
mod own_curves;
mod pairs;
mod profile;
mod read_noise;
mod rounding;
mod section;
mod spikes;
mod spread;
mod steps;

use ohmspike_crossbar::device::{DeviceToDeviceSpec, PulseKind, PulsesSpec};

use crate::interval::{Scale, degrees, with_interval};
use crate::normal::fisher;
use crate::options::{FitOptions, Mechanism};
use crate::outcome::{Fitted, Outcome};
use crate::quality::quality;
use crate::report::{Bin, Candidate, Curve, FittedNumber, MechanismFit, Plot};
use crate::sample::{Sample, standard_deviation};
use crate::table::Table;
use cell_gains::{CellGains, Gains};
use curve::{Fit, KINDS, fit_both, word};
use gains::gains;
use likelihood::Likely;
use noise::{Noise, NoiseSums, noise};
use profile::Profile;
use steps::{BinSums, Step, Steps, Trains, bin_means};

/// Smallest number of steps in each direction.
const MIN_STEPS: usize = 20;
/// Relative distance of values at one end of the window; smallest number of them, and smallest fraction of all values.
const AT_END: f64 = 1e-6;
const MIN_AT_END: usize = 10;
const FRACTION_AT_END: f64 = 0.005;
/// Squared differences of successive values have two thirds of the information of independent values (von Neumann, 1941).
const EFFICIENCY: f64 = 2.0 / 3.0;
/// Rounds of states foreseen by curves that follow from such states.
const ROUNDS_OF_STATES: usize = 4;
/// Difference of log-likelihoods from which gains differ under noisy reads: three standard errors.
const EVIDENCE_OF_GAINS: f64 = 4.5;
/// Rounds of curves and gains; each reduces their error by the relative variance of the gains.
const ROUNDS: usize = 4;

/// Fitted pulses and the variation of their gains.
#[derive(Clone, Debug)]
pub(crate) struct PulseSections {
    /// Pulses.
    pub pulses: PulsesSpec,
    /// Variation of gains; none if they do not differ visibly.
    pub variation: Option<DeviceToDeviceSpec>,
    /// Largest standard deviation of gains that the noise allows (95 %); none for too few cells.
    pub most_gain: Option<f64>,
}

/// Returns the lowest and highest conductance of a table of pulses, µS, without outliers. An end at which several trains stop is
/// the end of the window; others have 1 % of the distance of the ends as head-room.
pub(crate) fn extremes(table: &Table) -> Option<(f64, f64)> {
    let by_pulse = |row: usize| f64::from(table.pulse[row]);
    let mut values = Vec::with_capacity(table.rows());
    for rows in table.series(Some(&by_pulse)) {
        let of_train: Vec<f64> = rows.iter().map(|&row| table.value[row as usize]).collect();
        let spikes = spikes::spikes(&of_train);
        values
            .extend(of_train.into_iter().zip(spikes).filter(|(value, spike)| *value > 0.0 && !spike).map(|one| one.0));
    }
    let (low, high) =
        values.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &value| (low.min(value), high.max(value)));
    let is_end = |end: f64| {
        let at = values.iter().filter(|value| (*value / end - 1.0).abs() < AT_END).count();
        at >= MIN_AT_END.max((FRACTION_AT_END * values.len() as f64) as usize)
    };
    let room = 0.01 * (high - low);
    let (to_low, to_high) = (if is_end(low) { 0.0 } else { room }, if is_end(high) { 0.0 } else { room });
    (high > low).then(|| ((low - to_low).max(0.5 * low), high + to_high))
}

/// Fits the steps of pulse trains; `window` in µS.
pub(crate) fn fit_pulses(
    table: &Table,
    window: (f64, f64),
    options: &FitOptions,
    sample: &Sample,
) -> Outcome<PulseSections> {
    let Fitting { steps, rounds, noise } = fitting(table, window, options, sample)?;
    let Rounds { normalised, kind, fits, candidates, found: gains::Found { gains, most } } = rounds;
    let by_group = normalised.sums(|_| true);
    let all = normalised.total(&by_group, &vec![1.0; sample.groups]);
    let curves = |drawn: &[f64]| both(&normalised.total(&by_group, drawn), kind);
    let final_gains = gains.as_ref().map(|gains| gains.drawn(&vec![1.0; sample.groups]));
    let estimate = |drawn: &[f64]| {
        let fits = curves(drawn)?;
        let gains = gains.as_ref().map(|gains| gains.drawn(drawn));
        let noise = noise.drawn(drawn, &fits);
        // Steps are divided by the gains of the sample, with a mean difference that varies from draw to draw as well.
        let difference = |of: &Option<Gains>| of.as_ref().map_or(0.0, |gains| gains.difference);
        Some(values(&fits, &noise, (gains.as_ref(), difference(&gains) - difference(&final_gains))))
    };
    let draws = sample.bootstrap(estimate);
    let sigma = noise.drawn(&vec![1.0; sample.groups], &fits);
    let found = values(&fits, &sigma, (final_gains.as_ref(), 0.0));
    let names = names(kind, &steps, &sigma, final_gains.as_ref());
    let mut numbers = numbers(&names, (&found, &draws), &steps, sample);
    if kind == PulseKind::Exponential {
        let designs = design_effects(&normalised, (&all, &fits), &by_group, sample);
        let centre = final_gains.as_ref().map_or(1.0, |gains| gains.centre);
        exponential_intervals(&mut numbers, (&all, &fits), centre, designs);
    }
    let unbounded = ["up", "down"].into_iter().zip(&fits).filter(|(_, fit)| fit.is_unbounded());
    let unbounded: Vec<&str> = unbounded.map(|(direction, _)| direction).collect();
    remove_intervals(&mut numbers, &unbounded);
    let mut notes = notes(&steps, &fits, (gains.as_ref(), most));
    notes.extend(cycle::read_note(&sigma, steps.rounding, options.window.is_none()));
    cycle::unite(&mut numbers, &noise, sample, curves);
    let own = noise.likely.as_ref().and_then(|model| own_curves::spread(&steps, &fits, (model, noise.additive)));
    let (sigma, told) = cycle::state(&mut numbers, sigma, &noise, own);
    notes.extend(told);
    let quality = held_out(&normalised, kind, (&noise, gains.as_ref()), sample);
    notes.extend(quality.as_ref().and_then(crate::report::Quality::far));
    let fit = MechanismFit {
        mechanism: Mechanism::Pulses,
        law: word(kind),
        method: "least squares of mean steps over the state, up and down apart; cycle-to-cycle noise from successive \
                 residuals; intervals by bootstrap over cells"
            .to_owned(),
        numbers,
        candidates,
        quality,
        plot: Some(plot(&all, &fits)),
        notes,
    };
    let pulses = section::pulses(kind, &fits, &sigma, final_gains.as_ref());
    let variation = final_gains.map(|gains| section::device_to_device(&gains));
    Ok(Fitted { fit, section: PulseSections { pulses, variation, most_gain: most }, withheld: None })
}

/// Steps, curves, gains and noise.
struct Fitting {
    steps: Steps,
    rounds: Rounds,
    noise: NoiseSums,
}

/// Fits curves and noise: from the states as read, and, if reads are noisy, from states as foreseen.
fn fitting(table: &Table, window: (f64, f64), options: &FitOptions, sample: &Sample) -> Result<Fitting, String> {
    let trains = Trains::new(table, window, sample);
    let mut steps = trains.steps();
    check(&steps)?;
    let mut rounds = rounds_of(&steps, options, sample, None)?;
    let mut noise = noise(&steps, &rounds.fits, rounds.found.gains.as_ref(), false);
    if noise.likely.is_some() {
        for round in 1..=ROUNDS_OF_STATES {
            let Rounds { fits, found, .. } = &rounds;
            let next = |step: &Step| {
                let gain = found.gains.as_ref().map_or(1.0, |gains| gains.of(step));
                let size = gain * fits[usize::from(!step.up)].at(step.x);
                step.x + if step.up { size } else { -size }
            };
            steps = trains.foreseen(next);
            check(&steps)?;
            rounds = rounds_of(&steps, options, sample, noise.likely.as_ref().map(|likely| (likely, noise.additive)))?;
            noise = noise::noise(&steps, &rounds.fits, rounds.found.gains.as_ref(), round == ROUNDS_OF_STATES);
        }
        // Noise that is too small by chance makes gains, which then take the rest of it.
        if noise.of_gains.is_some_and(|evidence| evidence < EVIDENCE_OF_GAINS) {
            let most = rounds.found.most;
            rounds = equal_cells(&steps, options, sample)?;
            rounds.found.most = most;
            noise = noise::noise(&steps, &rounds.fits, None, true);
        }
    }
    Ok(Fitting { steps, rounds, noise })
}

/// Refuses too few steps, and steps against their direction.
fn check(steps: &Steps) -> Result<(), String> {
    for (up, name) in [(true, "up"), (false, "down")] {
        let count = steps.count(up);
        if count < MIN_STEPS {
            return Err(format!(
                "expected at least {MIN_STEPS} {name} pulses between values of successive pulse numbers, got {count}"
            ));
        }
        if steps.mean(up) < 0.0 {
            let change = if up { "lower" } else { "raise" };
            return Err(format!("{name} pulses {change} the conductance on average: is the direction reversed?"));
        }
    }
    Ok(())
}

/// Returns properties of the data and of the fit that the reader should know.
fn notes(steps: &Steps, fits: &[Fit; 2], (gains, most): (Option<&CellGains>, Option<f64>)) -> Vec<String> {
    let mut notes = steps.notes();
    match (gains, most) {
        (None, None) => {
            notes.push("too few cells with enough steps in both directions to tell how gains differ".to_owned())
        }
        (None, Some(most)) => notes.push(format!(
            "gains of cells do not differ by more than the noise of their pulses: their spread is below {:.2} % (95 %)",
            100.0 * most
        )),
        (Some(gains), _) if gains.unknown > 0 => notes.push(format!(
            "{} cells have too few steps away from the ends for a gain: gains vary at least as much as stated",
            gains.unknown
        )),
        (Some(_), _) => {}
    }
    for (fit, direction) in fits.iter().zip(["up", "down"]) {
        if fit.is_beyond_range() {
            notes.push(format!("{direction}_slope lies outside 0 to 1; the device file states the nearer end"));
        }
        if fit.is_unbounded() {
            notes.push(format!("the {direction} steps do not bound the steepness of an exponential curve"));
        }
    }
    notes
}

/// Returns for both directions the variance over cells of a common factor of all steps, over that from the errors of bins, at least
/// 1.
fn design_effects(
    steps: &Steps,
    (all, fits): (&[Vec<BinSums>; 2], &[Fit; 2]),
    by_group: &[BinSums],
    sample: &Sample,
) -> [f64; 2] {
    let means = [bin_means(&all[0]), bin_means(&all[1])];
    let squares = |direction: usize| {
        let of = |mean: &steps::BinMean| (fits[direction].at(mean.x) / mean.error).powi(2);
        means[direction].iter().map(of).sum::<f64>()
    };
    let factors = sample.bootstrap(|drawn| {
        let sums = steps.total(by_group, drawn);
        let factor = |direction: usize| {
            let terms = bin_means(&sums[direction]).into_iter().map(|mean| {
                let (curve, weight) = (fits[direction].at(mean.x), mean.error.powi(-2));
                (weight * curve * mean.y, weight * curve * curve)
            });
            let (above, below) = terms.fold((0.0, 0.0), |sum, term| (sum.0 + term.0, sum.1 + term.1));
            above / below
        };
        Some(vec![factor(0), factor(1)])
    });
    [0, 1].map(|direction| {
        let factors: Vec<f64> = factors.iter().map(|draw| draw[direction]).collect();
        (standard_deviation(&factors).powi(2) * squares(direction)).max(1.0)
    })
}

/// Replaces the intervals of exponential curves by those of their profile; `designs` are the design effects.
fn exponential_intervals(
    numbers: &mut [FittedNumber],
    (all, fits): (&[Vec<BinSums>; 2], &[Fit; 2]),
    centre: f64,
    designs: [f64; 2],
) {
    for (direction, name) in ["up", "down"].into_iter().enumerate() {
        let means = bin_means(&all[direction]);
        let parameters = &fits[direction].parameters;
        let profile = Profile::new(&means, direction == 0, parameters[2].signum());
        let keys = ["step_percent_of_window", "amplitude", "steepness"];
        for (index, key) in keys.into_iter().enumerate() {
            let key = format!("write.pulses.{name}_{key}");
            let found = numbers.iter_mut().find(|number| number.key == key && number.cells >= 2);
            let Some(number) = found else { continue };
            let unit = if index == 0 { 100.0 * centre } else { 1.0 };
            let interval = |level: f64| {
                let rise = 3.0 * designs[direction] * fisher(3.0, degrees(number.cells, usize::MAX), level);
                let (low, high) =
                    profile.interval(index, if index == 2 { parameters[2].abs() } else { parameters[index] }, rise);
                Some((unit * low, unit * high))
            };
            (number.interval_95, number.interval_99) = (interval(0.95), interval(0.99));
        }
    }
}

/// Removes the intervals of the curves of `directions` whose parameters the data do not bound.
fn remove_intervals(numbers: &mut [FittedNumber], directions: &[&str]) {
    let of_curve = |key: &str| directions.iter().any(|name| key.starts_with(&format!("write.pulses.{name}_")));
    for number in numbers.iter_mut().filter(|number| of_curve(&number.key)) {
        (number.interval_95, number.interval_99) = (None, None);
    }
}

/// Curves of a nominal cell, and the gains of cells.
struct Rounds {
    normalised: Steps,
    kind: PulseKind,
    fits: [Fit; 2],
    candidates: Vec<Candidate>,
    found: gains::Found,
}

/// Fits curves and gains in turn. Cells with large gains are near the ends more often, so they bend the mean curve of
/// all cells; steps divided by the gains of their cells do not.
fn rounds_of(
    steps: &Steps,
    options: &FitOptions,
    sample: &Sample,
    model: Option<(&Likely, bool)>,
) -> Result<Rounds, String> {
    let everyone = vec![1.0; sample.groups];
    let fit = |steps: &Steps| choose(&steps.total(&steps.sums(|_| true), &everyone), options.pulse_law);
    let mut normalised = steps.clone();
    let (mut kind, mut fits, mut candidates) = fit(&normalised)?;
    let mut found = gains(steps, &fits, model);
    for _ in 0..ROUNDS {
        let Some(gains_of_cells) = &found.gains else { break };
        normalised = steps.divided_by(|step| gains_of_cells.of(step));
        (kind, fits, candidates) = fit(&normalised)?;
        found = gains(steps, &fits, model);
    }
    Ok(Rounds { normalised, kind, fits, candidates, found })
}

/// Fits the curves of cells without gains of their own.
fn equal_cells(steps: &Steps, options: &FitOptions, sample: &Sample) -> Result<Rounds, String> {
    let all = steps.total(&steps.sums(|_| true), &vec![1.0; sample.groups]);
    let (kind, fits, candidates) = choose(&all, options.pulse_law)?;
    Ok(Rounds { normalised: steps.clone(), kind, fits, candidates, found: gains::Found { gains: None, most: None } })
}

/// Fits a curve of `kind` to both directions; up first.
fn both(sums: &[Vec<BinSums>; 2], kind: PulseKind) -> Option<[Fit; 2]> {
    fit_both(&bin_means(&sums[0]), &bin_means(&sums[1]), kind)
}

/// Chooses the law with the smallest BIC.
fn choose(
    sums: &[Vec<BinSums>; 2],
    forced: Option<PulseKind>,
) -> Result<(PulseKind, [Fit; 2], Vec<Candidate>), String> {
    let mut found: Vec<(PulseKind, [Fit; 2], f64)> = Vec::new();
    let bins = bin_means(&sums[0]).len() + bin_means(&sums[1]).len();
    for kind in KINDS.into_iter().filter(|kind| forced.is_none_or(|forced| forced == *kind)) {
        if let Some(fits) = both(sums, kind) {
            let parameters: usize = fits.iter().map(|fit| fit.parameters.len()).sum();
            let squares: f64 = fits.iter().map(|fit| fit.squares).sum();
            found.push((kind, fits, squares + parameters as f64 * (bins as f64).ln()));
        }
    }
    let best = found.iter().min_by(|a, b| a.2.total_cmp(&b.2)).ok_or("no law fits the steps")?;
    let candidate = |other: &(PulseKind, [Fit; 2], f64)| Candidate {
        law: word(other.0),
        criterion: "BIC",
        value: other.2,
        chosen: other.0 == best.0,
    };
    Ok((best.0, best.1.clone(), found.iter().map(candidate).collect()))
}

/// Returns the estimates in the order of [`names`]; the mean gain of up steps is larger by `difference`, and that of down steps smaller.
fn values(fits: &[Fit; 2], noise: &Noise, (gains, difference): (Option<&Gains>, f64)) -> Vec<f64> {
    let centre = gains.map_or(1.0, |gains| gains.centre);
    let mut values: Vec<f64> = Vec::new();
    for (fit, sign) in fits.iter().zip([1.0, -1.0]) {
        values.push(100.0 * fit.parameters[0] * (centre + sign * difference));
        values.extend(fit.shape());
    }
    values.extend(noise.sigma.map(|sigma| 100.0 * sigma));
    values.extend(gains.into_iter().flat_map(|gains| [gains.sigma, gains.asymmetry]));
    values
}

/// Returns keys, units and scales of the estimates.
fn names(kind: PulseKind, steps: &Steps, noise: &Noise, gains: Option<&Gains>) -> Vec<(String, &'static str, Scale)> {
    let mut names = Vec::new();
    for direction in ["up", "down"] {
        names.push((format!("write.pulses.{direction}_step_percent_of_window"), "% of window", Scale::Log));
        let further: &[&str] = match kind {
            PulseKind::Linear => &["slope"],
            PulseKind::Exponential => &["amplitude", "steepness"],
            PulseKind::Power => &["exponent"],
            PulseKind::PiecewiseLinear => &["nodes[0]", "nodes[1]", "nodes[2]", "nodes[3]", "nodes[4]"],
            _ => &[],
        };
        names.extend(further.iter().map(|key| (format!("write.pulses.{direction}_{key}"), "", Scale::Linear)));
    }
    for key in ["cycle_sigma_percent_of_step", "down_cycle_sigma_percent_of_step"] {
        let direction = usize::from(key.starts_with("down"));
        let scale = Scale::spread(EFFICIENCY * steps.count(direction == 0) as f64, 1e4 * noise.subtracted[direction]);
        names.push((format!("write.pulses.{key}"), "% of step", scale));
    }
    for (place, key) in ["step_gain_sigma", "up_down_sigma"].into_iter().enumerate() {
        let scale = gains.map(|gains| Scale::spread(gains.cells[place] - 1.0, gains.noise[place]));
        names.extend(scale.map(|scale| (format!("device_to_device.{key}"), "", scale)));
    }
    names
}

fn numbers(
    names: &[(String, &'static str, Scale)],
    (values, draws): (&[f64], &[Vec<f64>]),
    steps: &Steps,
    sample: &Sample,
) -> Vec<FittedNumber> {
    let number = |(index, (key, unit, scale)): (usize, &(String, &'static str, Scale))| {
        let draws: Vec<f64> = draws.iter().map(|draw| draw[index]).collect();
        let n = steps.count(!key.contains(".down_"));
        with_interval((key, *unit), values[index], &draws, *scale, (n, sample.group.len()))
    };
    names.iter().enumerate().map(number).collect()
}

/// Tests the curve of the other cells on those that were held out.
fn held_out(
    steps: &Steps,
    kind: PulseKind,
    (noise, gains): (&NoiseSums, Option<&CellGains>),
    sample: &Sample,
) -> Option<crate::report::Quality> {
    let training = steps.sums(|cell| !sample.held_out[cell]);
    let everyone = vec![1.0; sample.groups];
    let fits = both(&steps.total(&training, &everyone), kind)?;
    let sigma = noise.drawn(&everyone, &fits);
    let held = steps.all.iter().filter(|step| sample.held_out[step.cell as usize]);
    let z = held.map(|step| {
        let fit = &fits[usize::from(!step.up)];
        let gain = gains.map_or(1.0, |gains| gains.of(step));
        (step.cell, (step.y - fit.at(step.x)) / sigma.deviation(fit, step, gain))
    });
    quality(z.collect(), sample.held_out.iter().filter(|held| **held).count())
}

fn plot(sums: &[Vec<BinSums>; 2], fits: &[Fit; 2]) -> Plot {
    let curve = |direction: usize, name: &str| {
        let bin = |mean: &steps::BinMean| {
            let half = 1.96 * mean.error;
            let percent = |y: f64| 100.0 * y;
            Bin { x: mean.x, y: percent(mean.y), low: percent(mean.y - half), high: percent(mean.y + half), n: mean.n }
        };
        let bins = bin_means(&sums[direction]).iter().map(bin).collect();
        let law = (0..=50).map(|step| f64::from(step) / 50.0).map(|x| (x, 100.0 * fits[direction].at(x)));
        Curve { name: name.to_owned(), bins, law: law.collect() }
    };
    Plot {
        x_label: "State (fraction of the window)",
        y_label: "Step (% of window)",
        x_log: false,
        y_log: false,
        curves: vec![curve(0, "up"), curve(1, "down")],
    }
}

//! Relaxation and drift: the conductance some time after a write.
//!
//! ```text
//! t, t_ref, t_latest   seconds after the write; the reference and the latest time of the law
//! L  = ln(t / t_ref)   with t held within t_ref .. t_latest
//! xi = a standard normal, drawn once per cell and write
//!
//! power      G(t) = G exp(-nu L) = G (t / t_ref)^-nu       nu = |mu(R) + s(R) xi|, R = 10^6 / G in ohm
//! log-time   G(t) = G + m L + (b L + c) xi, at least 0     m, b in µS per unit of ln t, c in µS
//! ```
//!
//! mu and s are linear in ln R between the points of a table and constant beyond its ends. One draw per write
//! determines the whole trajectory of a cell, so reads at t1 and t2 lie on the same path. Before the reference time the
//! state is constant: as written for the power law, relaxed by c xi for log-time. A cell at 0 µS stays at 0. A read
//! stays inside the window of its cell, or only above 0 with `bounds` = `zero`. Use `zero` if the window is the range of
//! writes and cells drift on beyond it, and for a fit that adds a write offset to the state.
//!
//! Sources: power law with an exponent for every device and state, Joshi et al., Nat. Commun. 11, 2473 (2020),
//! phase-change memory. Log-time: Falcone et al., arXiv 2502.04524 (2025), conductive metal oxide on HfOx; the example
//! uses their fit after programming.
//!
//! ```
//! use ohmspike_crossbar::device::{Drift, DriftBounds, DriftTimes, LogTimeDrift};
//!
//! let (times, bounds) = (DriftTimes { reference: 1.0, latest: 1e7 }, DriftBounds::Window);
//! let drift = Drift::LogTime(LogTimeDrift { times, mean: -0.089, sigma: 0.042, sigma_at_reference: 0.412, bounds });
//! // Through an hour a cell at 50 µS loses 0.73 µS on average, with a spread of 0.76 µS.
//! assert!((drift.conductance(50.0, 0.0, 3600.0) - 49.271).abs() < 1e-3);
//! assert!((drift.conductance(50.0, 1.0, 3600.0) - 50.027).abs() < 1e-3);
//! ```

use ohmspike_simd::{Block, LANES, exp, ln};
use serde::Deserialize;

use super::curve::{Curve, check_resistances, interpolated};
use super::drift_spec::{DriftBounds, DriftLaw, DriftPoint, DriftSpec};
use super::number::{EXPONENT, MICROSIEMENS_PER_LN, SECONDS, SIGMA_MICROSIEMENS};
use super::refusal::{Problem, SpecError, refuse_foreign, required};

/// Times between which a law applies, seconds after the write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DriftTimes {
    /// Start, s.
    pub reference: f64,
    /// End, s; at or after the reference. The state is constant afterwards.
    pub latest: f64,
}

/// Power law with at least one point and rising resistances.
#[derive(Clone, Debug, PartialEq)]
pub struct PowerDrift {
    times: DriftTimes,
    points: Vec<DriftPoint>,
    bounds: DriftBounds,
}

/// Shift proportional to the logarithm of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogTimeDrift {
    /// Times between which the law applies.
    pub times: DriftTimes,
    /// Mean shift per unit of ln t, µS.
    pub mean: f64,
    /// Growth of the standard deviation per unit of ln t, µS.
    pub sigma: f64,
    /// Standard deviation at the reference time, µS.
    pub sigma_at_reference: f64,
    /// Limits of a drifting conductance.
    pub bounds: DriftBounds,
}

/// Law of drift.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(try_from = "DriftSpec")]
pub enum Drift {
    /// No drift.
    #[default]
    None,
    /// Power law.
    Power(PowerDrift),
    /// Shift proportional to the logarithm of time.
    LogTime(LogTimeDrift),
}

impl Drift {
    /// Returns true if cells do not drift.
    pub fn is_off(&self) -> bool {
        *self == Drift::None
    }

    /// Returns true if drifting conductances stay inside the window.
    pub(crate) fn stays_in_window(&self) -> bool {
        self.bounds() == DriftBounds::Window
    }

    /// Returns the limits of drifting conductances.
    pub fn bounds(&self) -> DriftBounds {
        match self {
            Drift::None => DriftBounds::Window,
            Drift::Power(law) => law.bounds,
            Drift::LogTime(law) => law.bounds,
        }
    }

    /// Returns the conductance `seconds` after a write that left `written`, both µS; `draw` is the standard normal of
    /// that write.
    pub fn conductance(&self, written: f64, draw: f64, seconds: f64) -> f64 {
        match self {
            Drift::None => written,
            _ if written == 0.0 => 0.0,
            Drift::Power(law) => {
                let (mean, sigma) = law.exponent(1e6 / written);
                written * libm::exp(-(mean + sigma * draw).abs() * law.times.elapsed(seconds))
            }
            Drift::LogTime(law) => {
                let (shift, spread) = law.at(seconds);
                let shifted = written + shift + spread * draw;
                if shifted < 0.0 { 0.0 } else { shifted }
            }
        }
    }

    /// Evaluates the law `seconds` after the write, for blocks of cells.
    pub(crate) fn at(&self, seconds: f64) -> DriftAt {
        match self {
            Drift::None => DriftAt::Written,
            Drift::Power(law) => {
                let curve = |y: fn(&DriftPoint) -> f64| {
                    Curve::through(law.points.iter().map(|point| (libm::log(point.resistance_ohm), y(point))))
                };
                let (mean, sigma) = (curve(|point| point.exponent), curve(|point| point.exponent_sigma));
                DriftAt::Power { elapsed: law.times.elapsed(seconds) as f32, mean, sigma }
            }
            Drift::LogTime(law) => {
                let (shift, spread) = law.at(seconds);
                DriftAt::LogTime { shift: shift as f32, spread: spread as f32 }
            }
        }
    }
}

impl DriftTimes {
    /// Returns L, the logarithm of the time over the reference time; NaN for NaN.
    fn elapsed(self, seconds: f64) -> f64 {
        libm::log(seconds.clamp(self.reference, self.latest) / self.reference)
    }
}

impl PowerDrift {
    /// Creates the law through `points`, with the limits `bounds`.
    ///
    /// # Errors
    /// Returns the key and the problem if the table is empty, its resistances do not rise, or a number is out of range.
    pub fn new(times: DriftTimes, points: Vec<DriftPoint>, bounds: DriftBounds) -> Result<PowerDrift, SpecError> {
        check_resistances(&points.iter().map(|point| point.resistance_ohm).collect::<Vec<_>>())?;
        for (number, point) in points.iter().enumerate() {
            EXPONENT.check(&format!("points[{number}].exponent"), point.exponent)?;
            EXPONENT.check(&format!("points[{number}].exponent_sigma"), point.exponent_sigma)?;
        }
        Ok(PowerDrift { times, points, bounds })
    }

    /// Times between which the law applies.
    pub fn times(&self) -> DriftTimes {
        self.times
    }

    /// Returns the points in order of rising resistance.
    pub fn points(&self) -> &[DriftPoint] {
        &self.points
    }

    /// Returns mean and standard deviation of the exponent at `resistance`, ohm, before the absolute value is taken.
    pub fn exponent(&self, resistance: f64) -> (f64, f64) {
        let mean = interpolated(&self.points, resistance, |point| (point.resistance_ohm, point.exponent));
        let sigma = interpolated(&self.points, resistance, |point| (point.resistance_ohm, point.exponent_sigma));
        (mean, sigma)
    }
}

impl LogTimeDrift {
    /// Returns mean and standard deviation of the shift `seconds` after the write, µS.
    fn at(self, seconds: f64) -> (f64, f64) {
        let elapsed = self.times.elapsed(seconds);
        (self.mean * elapsed, self.sigma * elapsed + self.sigma_at_reference)
    }
}

/// Drift law at one time after the write, for blocks of cells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum DriftAt {
    /// No drift.
    Written,
    /// Power law: `elapsed` is L; mean and standard deviation of the exponent over ln G.
    Power { elapsed: f32, mean: Curve, sigma: Curve },
    /// Shift and its standard deviation, µS.
    LogTime { shift: f32, spread: f32 },
}

impl DriftAt {
    /// Returns the conductances of sixteen cells that were `written`, µS, with the standard normals of their writes.
    #[inline(always)]
    pub(crate) fn conductance(&self, written: &Block, draw: &Block) -> Block {
        match self {
            DriftAt::Written => *written,
            DriftAt::Power { elapsed, mean, sigma } => {
                // `ohmspike_simd::ln` is finite at 0, and 0 times any factor stays 0.
                let ln_conductance = written.map(ln);
                let (mean, sigma) = (mean.at(&ln_conductance), sigma.at(&ln_conductance));
                let mut drifted = Block::ZERO;
                for lane in 0..LANES {
                    let exponent = (mean[lane] + sigma[lane] * draw[lane]).abs();
                    drifted[lane] = written[lane] * exp(-(exponent * elapsed));
                }
                drifted
            }
            DriftAt::LogTime { shift, spread } => {
                let mut drifted = Block::ZERO;
                for lane in 0..LANES {
                    let shifted = written[lane] + shift + spread * draw[lane];
                    let shifted = if shifted < 0.0 { 0.0 } else { shifted };
                    drifted[lane] = if written[lane] == 0.0 { 0.0 } else { shifted };
                }
                drifted
            }
        }
    }
}

impl DriftSpec {
    /// Returns the checked times of `law`.
    fn times(&self, law: &'static str) -> Result<DriftTimes, SpecError> {
        let key = "reference_seconds";
        let reference = SECONDS.check(key, required(key, self.reference_seconds, law)?)?;
        let latest = SECONDS.check("latest_seconds", self.latest_seconds.unwrap_or(SECONDS.high))?;
        if latest < reference {
            return Err(SpecError::at("latest_seconds", Problem::BeforeReference { latest, reference }));
        }
        Ok(DriftTimes { reference, latest })
    }
}

impl TryFrom<DriftSpec> for Drift {
    type Error = SpecError;

    fn try_from(spec: DriftSpec) -> Result<Drift, SpecError> {
        let (law, takes) = spec.law.word_and_keys();
        let numbers = [
            ("mean_microsiemens_per_ln", spec.mean_microsiemens_per_ln, MICROSIEMENS_PER_LN),
            ("sigma_microsiemens_per_ln", spec.sigma_microsiemens_per_ln, SIGMA_MICROSIEMENS),
            ("sigma_microsiemens_at_reference", spec.sigma_microsiemens_at_reference, SIGMA_MICROSIEMENS),
        ];
        let mut keys = numbers.map(|(key, value, _)| (key, value.is_some())).to_vec();
        keys.push(("reference_seconds", spec.reference_seconds.is_some()));
        keys.push(("latest_seconds", spec.latest_seconds.is_some()));
        keys.push(("points", spec.points.is_some()));
        keys.push(("bounds", spec.bounds.is_some()));
        refuse_foreign(&keys, law, takes)?;
        match spec.law {
            DriftLaw::None => Ok(Drift::None),
            DriftLaw::Power => {
                let times = spec.times(law)?;
                let points = required("points", spec.points, law)?;
                Ok(Drift::Power(PowerDrift::new(times, points, spec.bounds.unwrap_or_default())?))
            }
            DriftLaw::LogTime => {
                let times = spec.times(law)?;
                let mut checked = [0.0; 3];
                for (checked, (key, value, allowed)) in checked.iter_mut().zip(numbers) {
                    *checked = allowed.check(key, required(key, value, law)?)?;
                }
                let ([mean, sigma, sigma_at_reference], bounds) = (checked, spec.bounds.unwrap_or_default());
                Ok(Drift::LogTime(LogTimeDrift { times, mean, sigma, sigma_at_reference, bounds }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ohmspike_rng::Seed;

    use super::*;

    const TIMES: DriftTimes = DriftTimes { reference: 20.0, latest: 1e7 };

    /// Exponents of Joshi et al. with g = G / 25 µS: mean -0.0155 ln g + 0.0244 within 0.049 .. 0.1, standard deviation
    /// -0.0125 ln g - 0.0059 within 0.008 .. 0.045. Both are straight lines in ln R between their corners.
    fn phase_change() -> Drift {
        let [mean, sigma] = [|ln_g: f64| -0.0155 * ln_g + 0.0244, |ln_g: f64| -0.0125 * ln_g - 0.0059];
        let corners = [(0.008 + 0.0059) / -0.0125, (0.049 - 0.0244) / -0.0155];
        let low_corners = [(0.045 + 0.0059) / -0.0125, (0.1 - 0.0244) / -0.0155];
        let point = |ln_g: f64| DriftPoint {
            resistance_ohm: 1e6 / (25.0 * libm::exp(ln_g)),
            exponent: mean(ln_g).clamp(0.049, 0.1),
            exponent_sigma: sigma(ln_g).clamp(0.008, 0.045),
        };
        let points = [corners, low_corners].concat().into_iter().map(point).collect();
        Drift::Power(PowerDrift::new(TIMES, points, DriftBounds::Window).unwrap())
    }

    fn metal_oxide() -> Drift {
        let (times, bounds) = (DriftTimes { reference: 1.0, latest: 1e5 }, DriftBounds::Window);
        Drift::LogTime(LogTimeDrift { times, mean: -0.089, sigma: 0.042, sigma_at_reference: 0.412, bounds })
    }

    fn normals(count: usize) -> Vec<Block> {
        let mut draws = vec![Block::ZERO; count];
        Seed::new(17).normals().fill(&mut draws);
        draws
    }

    #[test]
    fn the_power_law_starts_at_the_written_conductance() {
        let drift = phase_change();
        for seconds in [0.0, 1.0, 20.0] {
            let at = drift.at(seconds);
            for draw in normals(100) {
                let written = draw.map(|z| 10.0 * exp(z));
                assert_eq!(at.conductance(&written, &draw), written);
                assert_eq!(drift.conductance(3.7, f64::from(draw[0]), seconds), 3.7);
            }
        }
    }

    #[test]
    fn two_reads_lie_on_one_path() {
        let drift = phase_change();
        for (written, draw) in [(20.0, -0.3), (2.0, 1.5), (0.5, -4.0)] {
            let [first, second] = [1e3, 1e6].map(|seconds| drift.conductance(written, draw, seconds));
            let exponent = libm::log(written / first) / libm::log(1e3 / 20.0);
            let extended = written * libm::pow(1e6 / 20.0, -exponent);
            // A dozen roundings of the logarithm of a ratio that differs from 1 by at least 0.02.
            assert!((second / extended - 1.0).abs() < 1e-12);
        }
        let drift = metal_oxide();
        let [start, first, second] = [1.0, 10.0, 100.0].map(|seconds| drift.conductance(30.0, 0.7, seconds));
        assert!((second - first - (first - start)).abs() < 1e-12);
    }

    #[test]
    fn the_state_is_constant_after_the_latest_time() {
        for (drift, latest) in [(phase_change(), 1e7), (metal_oxide(), 1e5)] {
            let held = drift.conductance(9.0, 1.0, latest);
            assert_eq!(drift.conductance(9.0, 1.0, 10.0 * latest), held);
            assert_eq!(drift.conductance(9.0, 1.0, f64::INFINITY), held);
            assert_eq!(drift.at(10.0 * latest), drift.at(latest));
            assert!(drift.conductance(9.0, 1.0, f64::NAN).is_nan());
        }
    }

    /// Per step of the power law, in units of f32 at 1: ln G within 2 of at most 5, its two roundings in the curve at
    /// most 14, times slopes below 0.02; an exponent below 0.1 + 0.045 x 6.7 < 0.5 of ten roundings; L < 14. The error of
    /// the power is that of exponent x L: 14 x (0.02 x 24 + 0.5 x 10) < 77, and that of exp and the product less than 3.
    /// Log-time: four roundings of at most 60 µS.
    #[test]
    fn blocks_agree_with_the_scalar_form() {
        let unit = f64::from(f32::EPSILON);
        for (drift, relative, absolute) in [(phase_change(), 80.0, 0.0), (metal_oxide(), 0.0, 4.0 * 60.0)] {
            for seconds in [0.5, 30.0, 86_400.0, 1e9] {
                let at = drift.at(seconds);
                for draw in normals(500) {
                    let written = draw.map(|z| exp(0.6 * z + 1.0));
                    let drifted = at.conductance(&written, &draw);
                    for lane in 0..LANES {
                        let exact = drift.conductance(f64::from(written[lane]), f64::from(draw[lane]), seconds);
                        let bound = unit * (relative * exact + absolute);
                        assert!((f64::from(drifted[lane]) - exact).abs() <= bound, "{seconds} s: {exact} µS");
                    }
                }
            }
        }
    }

    #[test]
    fn open_cells_stay_open_and_no_conductance_is_negative() {
        for drift in [phase_change(), metal_oxide(), Drift::None] {
            for draw in [-5.0, 0.0, 5.0] {
                assert_eq!(drift.conductance(0.0, draw, 1e6), 0.0);
                let block = drift.at(1e6).conductance(&Block::ZERO, &Block::splat(draw as f32));
                assert_eq!(block, Block::ZERO);
            }
        }
        assert_eq!(metal_oxide().conductance(0.1, -5.0, 1e4), 0.0);
        assert_eq!(metal_oxide().at(1e4).conductance(&Block::splat(0.1), &Block::splat(-5.0)), Block::ZERO);
    }

    /// Mean and variance over 2^17 writes match the law within five standard errors of a normal.
    #[test]
    fn statistics_match_the_law() {
        let draws = normals(1 << 13);
        let n = (draws.len() * LANES) as f64;
        let elapsed = libm::log(1e6 / 20.0);
        // At 8 µS, ln g = -1.139434, the exponent is six deviations above 0: its sign never needs to be dropped.
        let (mean, sigma) = (0.049, 0.0125 * 1.139_434 - 0.0059);
        let power: (Drift, f32, f64, f64) = (phase_change(), 8.0, -mean * elapsed, sigma * elapsed);
        let oxide_elapsed = libm::log(3600.0);
        let log_time = (metal_oxide(), 50.0, -0.089 * oxide_elapsed, 0.042 * oxide_elapsed + 0.412);
        for ((drift, written, mean, sigma), (seconds, is_power)) in [(power, (1e6, true)), (log_time, (3600.0, false))]
        {
            let at = drift.at(seconds);
            let (mut sum, mut squares) = (0.0, 0.0);
            for draw in &draws {
                for drifted in at.conductance(&Block::splat(written), draw).0.map(f64::from) {
                    let written = f64::from(written);
                    let shift = if is_power { libm::log(drifted / written) } else { drifted - written };
                    sum += (shift - mean) / sigma;
                    squares += ((shift - mean) / sigma).powi(2);
                }
            }
            assert!((sum / n).abs() < 5.0 / n.sqrt(), "mean off by {} sigma", sum / n);
            assert!((squares / n - 1.0).abs() < 5.0 * (2.0 / n).sqrt(), "variance {} of {sigma}²", squares / n);
        }
    }
}

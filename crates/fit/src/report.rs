//! Result of a fit.

use ohmspike_crossbar::device::Device;

use crate::device_file::DeviceFile;
use crate::input::Role;
use crate::likely_window::unlikely_window;
use crate::options::Mechanism;

/// Distance between the distributions of held-out data and of their law that is far: a standard deviation wrong by a half.
const FAR: f64 = 0.08;

/// First words of the note on such a distance.
const FAR_WORDS: &str = "held-out cells lie far";
/// First words of the note on drift that no law describes.
pub(crate) const MISFIT_WORDS: &str = "the law of drift does not describe these cells";

/// A file that entered the fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// What it holds.
    pub role: Role,
    /// Name.
    pub name: String,
    /// SHA-256, in hexadecimal.
    pub sha256: String,
    /// Number of values.
    pub values: usize,
    /// Number of cells.
    pub cells: usize,
}

/// An estimated number with its confidence intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedNumber {
    /// Key of the device file, for example `write.points[0].sigma_ln_resistance`; empty for a number without a key.
    pub key: String,
    /// What the number is, if the device file does not state it; none for a number of the file.
    pub unstated: Option<String>,
    /// Estimate, in the unit of the key.
    pub value: f64,
    /// Unit, empty for a pure number.
    pub unit: &'static str,
    /// Two-sided 95 % interval; none if the number is a choice. The upper end is infinite if the data bound the number from below only.
    pub interval_95: Option<(f64, f64)>,
    /// Two-sided 99 % interval.
    pub interval_99: Option<(f64, f64)>,
    /// Number of values it is based on.
    pub n: usize,
    /// Number of cells it is based on.
    pub cells: usize,
}

impl FittedNumber {
    /// Whether the device file states the number.
    pub fn is_stated(&self) -> bool {
        self.unstated.is_none()
    }

    /// Returns the key of a number of the device file, or else what the number is.
    pub fn name(&self) -> &str {
        self.unstated.as_deref().unwrap_or(&self.key)
    }
}

/// A bin of the data, for plots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Position, in the unit of the x axis.
    pub x: f64,
    /// Value, in the unit of the y axis.
    pub y: f64,
    /// 95 % interval of the value.
    pub low: f64,
    /// 95 % interval of the value.
    pub high: f64,
    /// Number of values in the bin.
    pub n: usize,
}

/// Points of a fitted law, for plots.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Name of the curve, for a legend; empty for a single curve.
    pub name: String,
    /// Data.
    pub bins: Vec<Bin>,
    /// Fitted law: x and y.
    pub law: Vec<(f64, f64)>,
}

/// Data and law of a mechanism, for a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Label of the x axis with unit.
    pub x_label: &'static str,
    /// Label of the y axis with unit.
    pub y_label: &'static str,
    /// Whether the x axis is logarithmic.
    pub x_log: bool,
    /// Whether the y axis is logarithmic.
    pub y_log: bool,
    /// Data and law, for example for up and down pulses.
    pub curves: Vec<Curve>,
}

/// Values of cells some time after writes to one state, for plots.
#[derive(Clone, Debug, PartialEq)]
pub struct Retained {
    /// Geometric mean of the first values, µS.
    pub conductance: f64,
    /// Time of the first values, s; 0 right after the write.
    pub first_seconds: f64,
    /// Number of series.
    pub n: usize,
    /// Some of the series: times above 0 s, rising, and conductances over the first value.
    pub series: Vec<Vec<(f64, f64)>>,
}

/// A law that was considered.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Word of the device file, for example `table`, or `table of one point`.
    pub law: &'static str,
    /// Name of the criterion: `AIC` or `BIC`.
    pub criterion: &'static str,
    /// Value of the criterion; the smallest is chosen.
    pub value: f64,
    /// Whether the law is in the device file.
    pub chosen: bool,
}

/// A point of a quantile-quantile plot: residuals of held-out cells over their law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QqPoint {
    /// Quantile of the fitted law, standard deviations.
    pub law: f64,
    /// Quantile of the held-out data, standard deviations.
    pub data: f64,
    /// Pointwise 95 % envelope of the data under the law.
    pub low: f64,
    /// Pointwise 95 % envelope of the data under the law.
    pub high: f64,
}

/// Error of a quantile of held-out data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileError {
    /// Probability of the quantile, 0 to 1.
    pub probability: f64,
    /// Quantile of the law, standard deviations.
    pub law: f64,
    /// Quantile of the data, standard deviations.
    pub data: f64,
}

impl QuantileError {
    /// Returns the error of the law, standard deviations.
    pub fn error(&self) -> f64 {
        self.law - self.data
    }
}

/// Test of a law on cells that were held out.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// Number of held-out values.
    pub n: usize,
    /// Number of held-out cells.
    pub cells: usize,
    /// Number of independent values as good as these: those of one cell may be alike.
    pub independent: f64,
    /// Largest distance between the empirical distribution and the law, 0 to 1.
    pub distance: f64,
    /// Errors of the 1, 5, 50, 95 and 99 % quantiles.
    pub quantiles: Vec<QuantileError>,
    /// Quantile-quantile plot.
    pub qq: Vec<QqPoint>,
}

impl Quality {
    /// Returns a sentence if the held-out data are so far from the law that it does not describe them; the distance of two
    /// distributions of n independent values is below 2 / sqrt(n) with a probability of 99.9 % (Kolmogorov, 1933).
    pub fn far(&self) -> Option<String> {
        let [low, high] = [self.quantiles.first()?.data, self.quantiles.last()?.data];
        (self.distance > FAR.max(2.0 / self.independent.sqrt())).then(|| {
            format!(
                "{FAR_WORDS} from the law: the distributions are {:.1} % apart, and 98 % of the values between \
                 {low:.1} and {high:.1} standard deviations, not -2.3 and 2.3",
                100.0 * self.distance
            )
        })
    }
}

/// Fit of one mechanism.
#[derive(Clone, Debug, PartialEq)]
pub struct MechanismFit {
    /// Mechanism.
    pub mechanism: Mechanism,
    /// Chosen law, a word of the device file; empty if the mechanism has only one.
    pub law: &'static str,
    /// Estimator, in one sentence.
    pub method: String,
    /// Estimates.
    pub numbers: Vec<FittedNumber>,
    /// Laws that were compared.
    pub candidates: Vec<Candidate>,
    /// Test on held-out cells.
    pub quality: Option<Quality>,
    /// Data and law for a plot.
    pub plot: Option<Plot>,
    /// Properties of the data that the reader should know, one sentence each.
    pub notes: Vec<String>,
}

impl MechanismFit {
    /// Adds a note if the held-out data are far from the law.
    pub(crate) fn note_distance(&mut self) {
        let far = self.quality.as_ref().and_then(Quality::far);
        self.notes.extend(far.filter(|far| !self.notes.contains(far)));
    }
}

/// A mechanism that the data do not determine, or numbers of a fitted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// Mechanism.
    pub mechanism: Mechanism,
    /// Reason, in one sentence.
    pub reason: String,
}

/// Result of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct FitReport {
    /// Files.
    pub files: Vec<SourceFile>,
    /// Fitted mechanisms, in the order of a device file.
    pub mechanisms: Vec<MechanismFit>,
    /// Mechanisms that the data do not determine, and numbers of fitted ones.
    pub withheld: Vec<Withheld>,
    /// Measured retention of up to three states.
    pub retained: Vec<Retained>,
    /// Properties of the data that suggest a mistake, with a hint each.
    pub(crate) cautions: Vec<String>,
    /// Measured targets of working cells, µS, rising; of many, those of the bins.
    pub(crate) targets: Vec<f64>,
    /// Device file.
    pub(crate) file: DeviceFile,
    /// Device of that file.
    pub device: Device,
}

impl FitReport {
    /// Returns the fit of `mechanism`.
    pub fn mechanism(&self, mechanism: Mechanism) -> Option<&MechanismFit> {
        self.mechanisms.iter().find(|fit| fit.mechanism == mechanism)
    }

    /// Returns the estimate that the device file states for `key`.
    pub fn number(&self, key: &str) -> Option<&FittedNumber> {
        self.mechanisms.iter().flat_map(|fit| &fit.numbers).find(|number| number.is_stated() && number.key == key)
    }

    /// Returns what a user must know before the device is used: mechanisms that the tables should have shown, writes that suggest
    /// another option or unit, and a window that suggests a wrong unit.
    pub fn cautions(&self) -> Vec<String> {
        let mut all = self.cautions.clone();
        for (role, mechanism, noun) in
            [(Role::Writes, Mechanism::Writes, "write noise"), (Role::Pulses, Mechanism::Pulses, "law of pulses")]
        {
            let withheld = self.withheld.iter().find(|withheld| withheld.mechanism == mechanism);
            let has_table = self.files.iter().any(|file| file.role == role);
            if let Some(withheld) = withheld.filter(|_| has_table && self.mechanism(mechanism).is_none()) {
                all.push(format!("the device has no {noun}: {}", withheld.reason));
            }
        }
        // Writes with an offset, or verified ones, are far from a law without it.
        let explained = |fit: &&MechanismFit| fit.mechanism == Mechanism::Writes && !self.cautions.is_empty();
        for fit in self.mechanisms.iter().filter(|fit| !explained(fit)) {
            let is_far = |note: &&String| note.starts_with(FAR_WORDS) || note.starts_with(MISFIT_WORDS);
            let of = if fit.mechanism == Mechanism::Pulses { String::new() } else { format!("{}: ", fit.mechanism) };
            all.extend(fit.notes.iter().filter(is_far).map(|note| format!("{of}{note}")));
        }
        if let Some(fit) = self.mechanism(Mechanism::Pulses) {
            all.extend(fit.notes.iter().filter(|note| note.starts_with("the cycle noise of")).cloned());
        }
        let window = (f64::from(self.device.window.low()), f64::from(self.device.window.high()));
        let unlikely = unlikely_window(window).map(|[problem, hint]| format!("{problem}\n\nhint: {hint}"));
        all.into_iter().chain(unlikely).collect()
    }

    /// Returns the measured targets of writes, µS, rising: of many, the outermost two and the centres of bins between them.
    pub fn targets(&self) -> &[f64] {
        &self.targets
    }

    /// Returns the device file as JSON, with provenance.
    pub fn device_json(&self) -> String {
        self.file.json()
    }
}

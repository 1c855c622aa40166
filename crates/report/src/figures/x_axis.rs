//! Chooses the x axes of a study and their values.

use ohmspike_analysis::recorded::Recorded;
use ohmspike_analysis::sweep::{longest, swept_axis};
use ohmspike_plot::scale::Scale;
use ohmspike_study::axis_value::is_seed;
use ohmspike_study::axis_value::{is_numeric, number};
use ohmspike_study::key_label::{FRACTION, NOISE, SPREAD_SCALE, axis_label};
use ohmspike_study::noise_unit::{NoiseUnit, first_write};
use ohmspike_study::prepare::Prepared;
use ohmspike_study::study::{Axis, Study, canonical};

use super::FigureError;

/// Choice of the x axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AxisChoice {
    /// Key of the only x axis; by default every numeric axis has a figure, that of the answer first.
    pub x: Option<String>,
    /// Unit of write noise; by default the unit of its key.
    pub noise_unit: Option<NoiseUnit>,
}

/// A swept axis used as x axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct XAxis {
    /// Index of the axis.
    pub(super) axis: usize,
    unit: Option<NoiseUnit>,
}

impl AxisChoice {
    /// Checks the choice before any trial runs.
    ///
    /// # Errors
    /// [`FigureError::Axis`] if the study does not sweep the key, [`FigureError::NoNoise`] if it sweeps no write noise, and
    /// [`FigureError::NoCells`] if a unit needs cells that the study does not have.
    pub fn check(&self, study: &Study, prepared: &Prepared) -> Result<(), FigureError> {
        let swept = || study.axes.iter().map(|axis| axis.key.clone());
        if let Some(key) = &self.x
            && !swept().any(|known| known == canonical(key))
        {
            return Err(FigureError::Axis { key: key.clone(), swept: swept().collect() });
        }
        let Some(unit) = self.noise_unit else { return Ok(()) };
        let noise = |axis: &Axis| has_unit(&axis.key) && self.x.as_ref().is_none_or(|x| canonical(x) == axis.key);
        let Some(axis) = study.axes.iter().find(|axis| noise(axis)) else { return Err(FigureError::NoNoise { unit }) };
        // Digital weights have noise in % of sigma_init; all other units need cells.
        if axis.key == NOISE && unit == NoiseUnit::PercentOfSigmaInit {
            return Ok(());
        }
        let digital_weights = study.conditions.iter().find(|condition| {
            let device = prepared.device(&condition.settings);
            device.is_none_or(|loaded| first_write(&condition.settings, &loaded.device).is_none())
        });
        match digital_weights {
            Some(condition) => Err(FigureError::NoCells { unit, device: condition.settings.hardware.device.clone() }),
            None => Ok(()),
        }
    }

    /// Returns the axes with a figure: the chosen one; or the axis that the answer sweeps and all other numeric axes except
    /// excitatory fraction and seeds; or the longest axis of strings; or any axis.
    pub(super) fn axes(&self, study: &Study) -> Vec<XAxis> {
        let of = |axis: usize| XAxis { axis, unit: self.noise_unit.filter(|_| has_unit(&study.axes[axis].key)) };
        let those = |wanted: &dyn Fn(&Axis) -> bool| -> Vec<XAxis> {
            (0..study.axes.len()).filter(|&axis| wanted(&study.axes[axis])).map(of).collect()
        };
        if let Some(key) = &self.x {
            return those(&|axis| axis.key == canonical(key));
        }
        let varied = |axis: &Axis| axis.values.len() > 1 && !is_seed(axis);
        let mut numeric = those(&|axis| varied(axis) && is_numeric(axis) && axis.key != FRACTION);
        let swept = swept_axis(&study.axes);
        numeric.sort_by_key(|x| Some(x.axis) != swept);
        if !numeric.is_empty() {
            return numeric;
        }
        let ranks: [&dyn Fn(&Axis) -> bool; 4] =
            [&|axis| varied(axis) && axis.key != FRACTION, &varied, &|axis| !is_seed(axis), &|_| true];
        let longest_of = |wanted| longest(&study.axes, those(wanted).into_iter().map(|x| x.axis));
        ranks.into_iter().find_map(longest_of).map(of).into_iter().collect()
    }
}

impl XAxis {
    /// Returns the key of the axis.
    pub(super) fn key<'a>(&self, study: &'a Study) -> &'a str {
        &study.axes[self.axis].key
    }

    /// Returns the value of a condition; none if it is not a number.
    pub(super) fn value(&self, recorded: Recorded, condition: usize) -> Option<f64> {
        let stated = number(recorded.value(condition, self.axis));
        let Some(unit) = self.unit else { return stated };
        let settings = &recorded.study.conditions[condition].settings;
        match recorded.prepared.device(settings) {
            Some(loaded) => unit.of(&first_write(settings, &loaded.device)?),
            None => stated,
        }
    }

    /// Returns the title with unit.
    pub(super) fn label(&self, study: &Study) -> String {
        match self.unit {
            Some(unit) => format!("noise of one write at the mean initial weight ({})", unit.symbol()),
            // Ticks of times state their unit.
            None if self.is_time(study) => ohmspike_study::key_label::words_and_unit(self.key(study)).0,
            None => axis_label(self.key(study)),
        }
    }

    /// Returns the name of its table column.
    pub(super) fn column(&self, study: &Study) -> String {
        self.unit.map_or_else(|| self.key(study).to_owned(), |unit| unit.column().to_owned())
    }

    /// Returns the scale that fits `values`.
    pub(super) fn scale(&self, study: &Study, values: &[f64]) -> Scale {
        if self.is_time(study) && self.unit.is_none() { Scale::times(values) } else { Scale::fitting(values) }
    }

    /// Returns a sentence on the weight at which a converted unit is valid; empty for the unit of the key.
    pub(super) fn note(&self, recorded: Recorded) -> String {
        if self.unit.is_none() {
            return String::new();
        }
        let conditions = recorded.study.conditions.iter().map(|condition| &*condition.settings);
        let at = |settings| {
            let row = first_write(settings, &recorded.prepared.device(settings)?.device)?;
            Some(ohmspike_study::significant::significant(row.conductance_microsiemens))
        };
        let mut conductances: Vec<String> = each_once(conditions.filter_map(at));
        let last = conductances.pop().unwrap_or_default();
        let first = if conductances.is_empty() { String::new() } else { conductances.join(", ") + " and " };
        format!(
            " The noise is that of one write at the mean initial hidden weight, sigma_init sqrt(2/pi), a conductance of \
             {first}{last} µS."
        )
    }

    fn is_time(&self, study: &Study) -> bool {
        let axis = &study.axes[self.axis];
        let seconds: Vec<f64> = axis.values.iter().filter_map(number).filter(|seconds| *seconds > 0.0).collect();
        let (low, high) =
            seconds.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &value| (low.min(value), high.max(value)));
        axis.key.ends_with("_seconds") && high / low > 10.0
    }
}

fn has_unit(key: &str) -> bool {
    key == NOISE || key == SPREAD_SCALE
}

/// Removes duplicates and keeps the order.
fn each_once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut once = Vec::new();
    for text in texts {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use ohmspike_analysis::fixture::Fixture;

    use super::super::study_figures;
    use super::*;

    fn choice(x: Option<&str>, noise_unit: Option<NoiseUnit>) -> AxisChoice {
        AxisChoice { x: x.map(str::to_owned), noise_unit }
    }

    fn refused(text: &str, choice: &AxisChoice) -> String {
        let fixture = Fixture::new(text, |_, _| Some(0.5));
        fixture.see(|recorded| study_figures(recorded, choice, None).expect_err("refused").to_string())
    }

    fn keys(text: &str, choice: &AxisChoice) -> Vec<String> {
        Fixture::new(text, |_, _| None)
            .see(|recorded| choice.axes(recorded.study).iter().map(|x| x.key(recorded.study).to_owned()).collect())
    }

    #[test]
    fn noise_comes_first_and_fractions_are_curves() {
        let all = "[network]\nhidden = [10, 20]\nexcitatory_fraction = [0.5, 1.0]\n[noise]\nlevel_percent = [1, 2]\n";
        assert_eq!(keys(all, &choice(None, None)), ["noise.level_percent", "network.hidden"]);
        assert_eq!(keys(all, &choice(Some(FRACTION), None)), [FRACTION]);
        let fractions = "[network]\nexcitatory_fraction = [0.5, 1.0]\n";
        assert_eq!(keys(fractions, &choice(None, None)), [FRACTION]);
        let texts = format!("{fractions}[hardware]\ndevice = [\"none\", \"ideal\"]\n");
        assert_eq!(keys(&texts, &choice(None, None)), ["hardware.device"]);
    }

    #[test]
    fn rejects_axes_that_the_study_lacks() {
        let noise = "[noise]\nlevel_percent = [1, 20]\n";
        assert_eq!(
            refused(noise, &choice(Some("network.hidden"), None)),
            "--x-axis: this study does not sweep `network.hidden`; expected `noise.level_percent`\n\n\
             hint: to sweep a key, set a list of values: `--set 'network.hidden=[...]'`"
        );
        let cells = refused(noise, &choice(None, Some(NoiseUnit::Microsiemens)));
        assert!(cells.starts_with(
            "--noise-unit: `microsiemens` needs a device with known write noise, got hardware.device = `none`"
        ));
        let none = refused("[network]\nhidden = [10, 20]\n", &choice(None, Some(NoiseUnit::Microsiemens)));
        assert!(none.ends_with("hint: set `noise.level_percent` or `hardware.write_spread_scale` to a list of values"));
        assert!(
            Fixture::new(noise, |_, _| None)
                .see(|recorded| choice(None, Some(NoiseUnit::PercentOfSigmaInit))
                    .check(recorded.study, recorded.prepared))
                .is_ok()
        );
    }

    /// 20 % of sigma_init 0.001 in a window of 999 µS that holds weights up to 1 are 0.1998 µS.
    #[test]
    fn levels_of_cells_use_the_requested_unit() {
        let text = "[noise]\nlevel_percent = [10, 20]\n[hardware]\ndevice = \"study-1k-1m\"\n";
        let fixture = Fixture::new(text, |_, _| Some(0.5));
        let unit = choice(None, Some(NoiseUnit::Microsiemens));
        let figures = fixture.see(|recorded| study_figures(recorded, &unit, None).expect("figures"));
        let second = figures[0].csv.lines().nth(3).expect("a row");
        let cells: Vec<&str> = second.split(',').collect();
        assert!((cells[1].parse::<f64>().expect("a number") - 0.1998).abs() < 1e-6, "{second}");
        assert!(figures[0].csv.starts_with("mark,write_noise_microsiemens,seed,"));
        assert!(figures[0].svg.contains("noise of one write at the mean initial weight (µS)"));
        assert!(figures[0].caption.ends_with("a conductance of 1.80 µS."), "{}", figures[0].caption);
    }
}

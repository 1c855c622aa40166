//! Compares forward pass, loss and both gradients with float64 autograd.
//!
//! `data/oracle_cases.json` was computed with PyTorch in float64 from the published equations, independently of this
//! code. The variable `OHMSPIKE_AUTOGRAD_CASES` names another file in the same format. The bound on the difference
//! between float32 and float64 is derived in `dense.rs`, which the cases test too.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::dense::{Loss, Network, Response, Sample, Surrogate};
use crate::number::Number;
use crate::spiking::{Spiking, assert_same_gradient, assert_same_response};

/// A case: a network, a batch, and the results of autograd.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    seed: u64,
    /// Samples x steps x units, whole numbers.
    input_spikes: Vec<Vec<Vec<f64>>>,
    labels: Vec<usize>,
    w1: Vec<Vec<f64>>,
    w2: Vec<Vec<f64>>,
    excitatory_hidden: usize,
    /// Decay factor of the synaptic current per step.
    alpha: f64,
    /// Decay factor of the membrane voltage per step.
    beta: f64,
    threshold: f64,
    loss: LossName,
    surrogate: SurrogateName,
    surrogate_slope: f64,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LossName {
    Max,
    PerStep,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SurrogateName {
    FastSigmoid,
    Exponential,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    loss: f64,
    hidden_spikes: Vec<Vec<Vec<f64>>>,
    membrane: Vec<Vec<Vec<f64>>>,
    readout: Vec<Vec<Vec<f64>>>,
    grad_w1: Vec<Vec<f64>>,
    grad_w2: Vec<Vec<f64>>,
    /// Smallest distance of a membrane voltage from the threshold.
    threshold_margin: f64,
}

/// A case and its dense network.
struct Solved {
    what: String,
    case: Case,
    network: Network,
    samples: Vec<Sample>,
    responses: Vec<Response>,
}

/// Parses and checks the cases in `text`; `file` is its name in messages.
fn parse(file: &str, text: &str) -> Result<Vec<Case>, String> {
    let cases: Vec<Case> =
        serde_json::from_str(text).map_err(|error| format!("{file}: invalid autograd cases: {error}"))?;
    if cases.is_empty() {
        return Err(format!("{file}: no cases; expected at least 1"));
    }
    for (number, case) in cases.iter().enumerate() {
        case.check().map_err(|problem| format!("{file}: case {number}: {problem}"))?;
    }
    Ok(cases)
}

impl Case {
    fn check(&self) -> Result<(), String> {
        let (samples, inputs, hidden) = (self.input_spikes.len(), self.w1.len(), self.w2.len());
        let classes = self.w2.first().map_or(0, Vec::len);
        let steps = self.input_spikes.first().map_or(0, Vec::len);
        if [samples, inputs, hidden, classes, steps].contains(&0) {
            return Err("expected at least 1 sample, step, input, hidden neuron and class".to_owned());
        }
        let expected = &self.expected;
        cube("input_spikes", &self.input_spikes, [samples, steps, inputs])?;
        matrix("w1", &self.w1, [inputs, hidden])?;
        matrix("w2", &self.w2, [hidden, classes])?;
        cube("expected.hidden_spikes", &expected.hidden_spikes, [samples, steps, hidden])?;
        cube("expected.membrane", &expected.membrane, [samples, steps, hidden])?;
        cube("expected.readout", &expected.readout, [samples, steps + 1, classes])?;
        matrix("expected.grad_w1", &expected.grad_w1, [inputs, hidden])?;
        matrix("expected.grad_w2", &expected.grad_w2, [hidden, classes])?;
        if self.labels.len() != samples || self.labels.iter().any(|&label| label >= classes) {
            return Err(format!("labels: expected {samples} numbers below {classes}, got {:?}", self.labels));
        }
        if self.excitatory_hidden > hidden {
            return Err(format!("excitatory_hidden: expected at most {hidden}, got {}", self.excitatory_hidden));
        }
        if self.threshold != 1.0 {
            return Err(format!("threshold: expected 1 (the unit of voltage), got {}", self.threshold));
        }
        Ok(())
    }

    fn solve(self, file: &str, number: usize) -> Solved {
        let network = Network {
            w1: self.w1.clone(),
            w2: self.w2.clone(),
            synapse_decay: self.alpha,
            membrane_decay: self.beta,
            loss: match self.loss {
                LossName::Max => Loss::Max,
                LossName::PerStep => Loss::PerStep,
            },
            surrogate: match self.surrogate {
                SurrogateName::FastSigmoid => Surrogate::FastSigmoid(self.surrogate_slope),
                SurrogateName::Exponential => Surrogate::Exponential(self.surrogate_slope),
            },
        };
        let spiking = |row: &Vec<f64>| row.iter().map(|&spikes| spikes as u32).collect();
        let sample =
            |(spikes, &label): (&Vec<Vec<f64>>, &usize)| Sample { spikes: spikes.iter().map(spiking).collect(), label };
        let samples: Vec<Sample> = self.input_spikes.iter().zip(&self.labels).map(sample).collect();
        let responses = samples.iter().map(|sample| network.respond(sample)).collect();
        let what = format!("{file}: case {number} (seed {})", self.seed);
        Solved { what, case: self, network, samples, responses }
    }
}

fn matrix(what: &str, rows: &[Vec<f64>], [height, width]: [usize; 2]) -> Result<(), String> {
    if rows.len() != height || rows.iter().any(|row| row.len() != width) {
        return Err(format!("{what}: expected {height} x {width} numbers"));
    }
    Ok(())
}

fn cube(what: &str, layers: &[Vec<Vec<f64>>], [depth, height, width]: [usize; 3]) -> Result<(), String> {
    if layers.len() != depth {
        return Err(format!("{what}: expected {depth} x {height} x {width} numbers"));
    }
    layers
        .iter()
        .try_for_each(|rows| matrix(what, rows, [height, width]))
        .map_err(|problem| problem + " in each sample")
}

/// Returns the cases of the repository and those of `OHMSPIKE_AUTOGRAD_CASES`.
fn solved() -> Vec<Solved> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("validation/data/oracle_cases.json");
    // Cargo runs tests in the folder of their package, but the variable is relative to the root.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let further = std::env::var_os("OHMSPIKE_AUTOGRAD_CASES").map(|file| root.join(PathBuf::from(file)));
    let read = |path: PathBuf| {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read `{file}`: {error}"));
        let cases = parse(&file, &text).unwrap_or_else(|problem| panic!("{problem}"));
        cases.into_iter().enumerate().map(move |(number, case)| case.solve(&file, number)).collect::<Vec<_>>()
    };
    [own].into_iter().chain(further).flat_map(read).collect()
}

/// Both sides are float64. Rounding errors of 1e-16 over some hundred steps, amplified by the surrogate derivative (k
/// up to 100), reach some 1e-12 relative to the largest number of a kind. The tolerance is a thousand times that.
fn assert_close(what: &str, dense: impl Iterator<Item = f64>, expected: impl Iterator<Item = f64>) {
    let (dense, expected): (Vec<f64>, Vec<f64>) = (dense.collect(), expected.collect());
    assert_eq!(dense.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-12, |largest: f64, x| largest.max(x.abs()));
    for (dense, expected) in dense.iter().zip(&expected) {
        assert!((dense - expected).abs() <= 1e-9 * largest, "{what}: expected {expected:e}, got {dense:e}");
    }
}

fn values<'a>(rows: impl IntoIterator<Item = &'a Vec<Number>> + 'a) -> impl Iterator<Item = f64> + 'a {
    rows.into_iter().flatten().map(|number| number.value)
}

#[test]
fn autograd_agrees_with_the_dense_network() {
    for Solved { what, case, network, samples, responses } in solved() {
        let expected = &case.expected;
        let mut margin = f64::INFINITY;
        for (number, response) in responses.iter().enumerate() {
            let what = format!("{what}: sample {number}");
            let spikes = response.hidden_spikes.iter().flatten().map(|&spiked| f64::from(u8::from(spiked)));
            assert!(spikes.eq(expected.hidden_spikes[number].iter().flatten().copied()), "{what}: hidden spikes");
            assert_close(&what, values(&response.membrane), expected.membrane[number].iter().flatten().copied());
            assert_close(&what, values(&response.readout), expected.readout[number].iter().flatten().copied());
            margin = values(&response.membrane).map(|v| (v - 1.0).abs()).fold(margin, f64::min);
        }
        let gradient = network.differentiate(&samples, &responses);
        let scalars = [gradient.loss.value, margin].into_iter();
        assert_close(&what, scalars, [expected.loss, expected.threshold_margin].into_iter());
        assert_close(&what, values(&gradient.w1), expected.grad_w1.iter().flatten().copied());
        assert_close(&what, values(&gradient.w2), expected.grad_w2.iter().flatten().copied());
    }
}

#[test]
fn spikes_voltages_and_readout_agree_with_autograd() {
    for Solved { what, case, network, samples, responses } in solved() {
        let spiking = Spiking::new(&network, &samples, case.excitatory_hidden);
        for (number, response) in responses.iter().enumerate() {
            let what = format!("{what}: sample {number}");
            assert!(response.decided, "{what}: a voltage too close to the threshold for float32");
            assert_same_response(&what, response, &spiking.trace(number));
        }
    }
}

#[test]
fn loss_and_gradients_agree_with_autograd() {
    for Solved { what, case, network, samples, responses } in solved() {
        let spiking = Spiking::new(&network, &samples, case.excitatory_hidden);
        assert_same_gradient(&what, &network.differentiate(&samples, &responses), &spiking.gradient());
    }
}

#[test]
fn rejects_malformed_autograd_cases() {
    let own = include_str!("data/oracle_cases.json");
    assert!(parse("cases.json", own).is_ok());
    let refused = |text: &str| parse("cases.json", text).err().unwrap_or_else(|| panic!("accepted: {text:.60}"));
    assert!(refused("[{]").starts_with("cases.json: invalid autograd cases: "));
    assert!(refused(r#"[{"seed": 1}]"#).contains("missing field `input_spikes`"));
    assert_eq!(refused("[]"), "cases.json: no cases; expected at least 1");
    let changed = |key: &str, value: serde_json::Value| {
        let mut cases: serde_json::Value = serde_json::from_str(own).expect("parsed above");
        cases[1][key] = value;
        refused(&cases.to_string())
    };
    assert_eq!(
        changed("threshold", 0.5.into()),
        "cases.json: case 1: threshold: expected 1 (the unit of voltage), got 0.5"
    );
    assert_eq!(
        changed("labels", [0, 9, 1].as_slice().into()),
        "cases.json: case 1: labels: expected 3 numbers below 4, got [0, 9, 1]"
    );
    assert_eq!(
        changed("w1", serde_json::json!([[1.0]])),
        "cases.json: case 1: input_spikes: expected 40 x 1 numbers in each sample"
    );
}

//! Deployed networks: accuracy over chips at each time, and the loss per mechanism.

use maud::{Markup, html};
use ohmspike_answers::deploy::{
    Deployment, DeploymentCell, DeploymentTime, ExactMemory, MIN_CHIPS, MechanismLoss, NetworkFacts, Yield,
};
use ohmspike_datasets::counted;
use ohmspike_plot::time_span::TimeSpan;
use ohmspike_study::significant::significant;

use super::figures::main_figure;
use super::number::{percent, points};
use super::table::table;
use crate::figures::Figure;

/// In place of an accuracy that says nothing.
pub const WITHHELD: &str = "withheld";

/// Renders the answer of a deployment.
pub fn section(deployment: &Deployment, figures: &[Figure]) -> Markup {
    html! {
        @for cell in &deployment.cells { p.answer { (sentence(deployment, cell)) } }
        @for caution in &deployment.cautions { p.caution { (caution) "." } }
        @if let Some(overrides) = overrides_words(deployment) { p { (overrides) "." } }
        @for figure in figures { (main_figure(figure)) }
        p.method { (method(deployment)) }
        @for cell in deployment.cells.iter().filter(|cell| !cell.times.is_empty()) {
            h3 { (name(deployment, cell)) }
            (times(cell))
            @if let Some(sigma) = sigma_words(cell) { p { (sigma) "." } }
            @if let Some(clipped) = clipping_words(cell) { p { (clipped) "." } }
            @if !cell.mechanisms.is_empty() { (mechanisms(cell)) }
        }
        @if deployment.cells.len() > 1 { (matrix(deployment)) }
    }
}

/// Formats the mean accuracy over chips with its 95 % interval, in percent.
pub fn accuracy_words(time: &DeploymentTime) -> String {
    match time.ci95 {
        Some((low, high)) => format!("{} ({} to {})", percent(time.mean), percent(low), percent(high)),
        None => percent(time.mean),
    }
}

/// Formats a yield with its exact 95 % interval, in percent.
pub fn yield_words(passed: &Yield) -> String {
    let Yield { chips, fraction, low, high } = passed;
    format!("{} % ({} to {}), {}", percent(*fraction), percent(*low), percent(*high), counted(*chips as usize, "chip"))
}

fn span(seconds: f64) -> String {
    TimeSpan { seconds }.to_string()
}

fn name(deployment: &Deployment, cell: &DeploymentCell) -> String {
    format!("{} on {}", deployment.networks[cell.network].name, deployment.devices[cell.device])
}

/// Formats the data and the accuracy of a network with digital weights.
pub fn exact_words(exact: &ExactMemory) -> String {
    let ExactMemory { correct, samples, data, .. } = exact;
    format!("{:.2} % with digital weights ({correct} of {samples} test samples of {data})", 100.0 * exact.accuracy())
}

/// Says why an answer is withheld, given what is wrong with the network.
pub fn withheld_words(broken: &str) -> String {
    format!("withheld: the network itself {broken}, and its accuracy on chips would say nothing about them")
}

/// Formats the write noise that a noise level adds; none without one.
pub fn sigma_words(cell: &DeploymentCell) -> Option<String> {
    let sigma = significant(cell.write_sigma);
    (cell.write_sigma > 0.0).then(|| format!("write noise of `noise.level_percent`: sigma {sigma} thresholds"))
}

/// Lists the keys that were set for a deployment, and the write passes; none if nothing differs from the network file.
pub fn overrides_words(deployment: &Deployment) -> Option<String> {
    let mut passes: Vec<u32> = deployment.cells.iter().map(|cell| cell.programming.write_passes).collect();
    passes.dedup();
    let passes = passes.into_iter().filter(|passes| *passes > 1).map(|passes| format!("{passes} write passes"));
    let all: Vec<String> = deployment.overrides.iter().cloned().chain(passes).collect();
    (!all.is_empty()).then(|| format!("set: {}", all.join("; ")))
}

/// Says what clipped weights cost; none if no weight is clipped or it was not measured.
pub fn clipping_words(cell: &DeploymentCell) -> Option<String> {
    let clipped: u64 = cell.scales.iter().map(|scale| scale.clipped).sum();
    let loss = cell.exact.accuracy() - cell.window_correct? as f64 / cell.exact.samples.max(1) as f64;
    Some(format!(
        "{} beyond full scale cost {} points on a chip without any mechanism; losses alone are relative to that chip",
        counted(clipped as usize, "weight"),
        points(loss)
    ))
}

/// The answer for the last time, in one sentence; without numbers for a network that works in no memory.
fn sentence(deployment: &Deployment, cell: &DeploymentCell) -> String {
    if let Some(broken) = &cell.exact.broken {
        return format!("{}: {}.", name(deployment, cell), withheld_words(broken));
    }
    let Some(last) = cell.times.last() else { return String::new() };
    let interval = last.ci95.map(|(low, high)| format!(" (95 % interval {} to {} %)", percent(low), percent(high)));
    format!(
        "{}: {} % accuracy{} on average over {}, {} after programming, compared with {} % with digital weights; {} of the chips \
         are above {} %.",
        name(deployment, cell),
        percent(last.mean),
        interval.unwrap_or_default(),
        counted(deployment.chips as usize, "chip"),
        span(last.seconds),
        percent(cell.exact.accuracy()),
        format_args!(
            "{} % ({} to {} %)",
            percent(last.passed.fraction),
            percent(last.passed.low),
            percent(last.passed.high)
        ),
        percent(cell.yield_above),
    )
}

fn method(deployment: &Deployment) -> String {
    let of_network = |(number, network): (usize, &NetworkFacts)| {
        let cells = deployment.cells.iter().filter(|cell| cell.network == number);
        let mut data: Vec<String> =
            cells.map(|cell| format!("{} test samples of {}", cell.exact.samples, cell.exact.data)).collect();
        data.dedup();
        format!("{} ({}, {})", network.name, network.sizes(), data.join(", "))
    };
    let networks: Vec<String> = deployment.networks.iter().enumerate().map(of_network).collect();
    format!(
        "Networks: {}. Each of {} has its own device-to-device variation, faults and write noise (seed {}). Its cells start \
         erased, are written through the write scheme of the device, and read the test set at each time with read noise. \
         Nothing is trained. Intervals of means are Student's t over chips, intervals of yields are exact (Clopper and Pearson); \
         both are for these test samples, and other samples would shift all chips together.",
        networks.join(", "),
        counted(deployment.chips as usize, "chip"),
        deployment.seed
    )
}

fn times(cell: &DeploymentCell) -> Markup {
    let above = format!("chips above {} %", percent(cell.yield_above));
    let head = ["after", "mean accuracy, %", "5th percentile, %", "median, %", "lowest, %", "highest, %", &above];
    let row = |time: &DeploymentTime| {
        let percentile5 = time.percentile5.map_or_else(|| format!("needs {MIN_CHIPS} chips"), percent);
        let quantiles = [time.median, time.lowest, time.highest].map(percent);
        let start = vec![span(time.seconds), accuracy_words(time), percentile5];
        [start, quantiles.to_vec(), vec![yield_words(&time.passed)]].concat()
    };
    let rows: Vec<Vec<String>> = cell.times.iter().map(row).collect();
    table("Accuracy over chips by time after programming", &head, &rows)
}

fn mechanisms(cell: &DeploymentCell) -> Markup {
    let words = |mean: f64, interval: Option<(f64, f64)>| match interval {
        Some((low, high)) => format!("{} ({} to {})", points(mean), points(low), points(high)),
        None => points(mean),
    };
    let row = |loss: &MechanismLoss| {
        let gain = words(loss.gain_without, loss.gain_without_ci95);
        vec![loss.mechanism.to_string(), span(loss.seconds), gain, words(loss.loss_alone, loss.loss_alone_ci95)]
    };
    let head = ["mechanism", "after", "gain without it, points", "loss alone, points"];
    let rows: Vec<Vec<String>> = cell.mechanisms.iter().map(row).collect();
    table("Accuracy per mechanism, paired chip by chip, with 95 % intervals", &head, &rows)
}

/// Networks by devices, at the last time.
fn matrix(deployment: &Deployment) -> Markup {
    let last = deployment.after_seconds.last().copied().unwrap_or(0.0);
    let head: Vec<&str> = ["network"].into_iter().chain(deployment.devices.iter().map(String::as_str)).collect();
    let row = |number: usize| {
        let cell = |device: usize| {
            let cell = deployment.cell(number, device);
            cell.map(|cell| cell.times.last().map_or_else(|| WITHHELD.to_owned(), accuracy_words)).unwrap_or_default()
        };
        let name = deployment.networks[number].name.clone();
        [name].into_iter().chain((0..deployment.devices.len()).map(cell)).collect::<Vec<String>>()
    };
    let rows: Vec<Vec<String>> = (0..deployment.networks.len()).map(row).collect();
    table(&format!("Mean accuracy over chips {} after programming, %", span(last)), &head, &rows)
}

#[cfg(test)]
pub(crate) mod tests {
    use ohmspike_answers::deploy::{NetworkFacts, Programming, SCHEMA};

    use super::*;

    /// A deployment of one network onto `devices` devices, ten chips at two times.
    pub(crate) fn deployment(devices: usize) -> Deployment {
        let time = |seconds: f64, low: u64| {
            DeploymentTime::new(seconds, (0..10).map(|chip| low + 2 * chip).collect(), 100, 0.8)
        };
        let cell = |device: usize| DeploymentCell {
            network: 0,
            device,
            sha256: String::new(),
            exact: ExactMemory {
                data: "fashion-mnist-subset".to_owned(),
                data_sha256: String::new(),
                samples: 100,
                classes: 10,
                chance: 0.1,
                correct: 91,
                stored_correct: None,
                hidden_spikes: 50.0,
                broken: None,
            },
            yield_above: 0.8,
            write_sigma: 0.0,
            scales: Vec::new(),
            programming: Programming::default(),
            times: vec![time(1.0, 72), time(3600.0, 70)],
            mechanisms: Vec::new(),
            window_correct: None,
        };
        Deployment {
            schema: SCHEMA,
            number: 1,
            program: "ohmspike".to_owned(),
            seed: 1,
            chips: 10,
            after_seconds: vec![1.0, 3600.0],
            overrides: Vec::new(),
            networks: vec![NetworkFacts {
                name: "net".to_owned(),
                file: "net.npz".to_owned(),
                weights_sha256: String::new(),
                layers: vec![784, 100, 10],
                recurrent: Vec::new(),
                signed_rows: true,
                trained_on: None,
                trained_outcome: None,
            }],
            devices: ["ideal", "other"][..devices].iter().map(|&name| name.to_owned()).collect(),
            cells: (0..devices).map(cell).collect(),
            cautions: Vec::new(),
        }
    }

    #[test]
    fn the_sentence_has_number_interval_and_yield() {
        let html = section(&deployment(1), &[]).into_string();
        let sentence = "net on ideal: 79.0 % accuracy (95 % interval 74.7 to 83.3 %) on average over 10 chips, 1 h after \
                        programming, compared with 91.0 % with digital weights; 40.0 % (12.2 to 73.8 %) of the chips are above 80.0 %.";
        assert!(html.contains(sentence), "{html}");
        assert!(html.contains("784-100-10, 100 test samples of fashion-mnist-subset"));
        assert!(!html.contains("Mean accuracy over chips 1 h"));
        assert!(
            section(&deployment(2), &[]).into_string().contains("Mean accuracy over chips 1 h after programming, %")
        );
    }

    #[test]
    fn a_broken_network_has_no_sentence_and_cautions_are_shown() {
        let mut answer = deployment(1);
        answer.cells[0].exact.broken = Some("is at chance (9.8 % accuracy)".to_owned());
        answer.cells[0].times.clear();
        answer.cautions.push("--after: no effect".to_owned());
        let html = section(&answer, &[]).into_string();
        let told = "net on ideal: withheld: the network itself is at chance (9.8 % accuracy), and its accuracy on chips would say nothing";
        assert!(html.contains(told) && !html.contains("on average over 10 chips"), "{html}");
        assert!(html.contains("<p class=\"caution\">--after: no effect.</p>"), "{html}");
    }

    #[test]
    fn data_and_noise_of_every_cell_are_shown() {
        let mut answer = deployment(2);
        answer.cells[1].exact = ExactMemory { samples: 50, data: "other".to_owned(), ..answer.cells[1].exact.clone() };
        answer.cells[1].write_sigma = 0.0125;
        let html = section(&answer, &[]).into_string();
        assert!(html.contains("100 test samples of fashion-mnist-subset, 50 test samples of other"), "{html}");
        assert!(html.contains("sigma 0.0125 thresholds"), "{html}");
    }
}

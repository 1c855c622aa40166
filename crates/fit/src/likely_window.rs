//! Whether a window suggests that the numbers of a table are in another unit than its columns.

/// Conductances that are likely for a memristive device, µS: 1 Gohm to 10 ohm. Numbers in siemens or in ohm are far outside.
const MIN_LIKELY_MICROSIEMENS: f64 = 1e-3;
const MAX_LIKELY_MICROSIEMENS: f64 = 1e5;

/// Returns the problem and the advice if the window from `low` to `high`, µS, suggests numbers in another unit.
pub(crate) fn unlikely_window((low, high): (f64, f64)) -> Option<[String; 2]> {
    let [most, least] = [low, high].map(|conductance| 1e6 / conductance);
    (low < MIN_LIKELY_MICROSIEMENS || high > MAX_LIKELY_MICROSIEMENS).then(|| {
        [
            format!("the window is {least:.3e} to {most:.3e} ohm; most memristive devices have 10 ohm to 1 Gohm"),
            "check that the unit in the names of the columns is that of the numbers".to_owned(),
        ]
    })
}

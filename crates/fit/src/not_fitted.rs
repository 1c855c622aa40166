//! Keys of a device file that no fit determines.

/// A key of a device file, or a section, that a fit leaves at its default or takes from the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFitted {
    /// Key or section.
    pub key: &'static str,
    /// Reason, and what to do.
    pub reason: &'static str,
}

const fn not(key: &'static str, reason: &'static str) -> NotFitted {
    NotFitted { key, reason }
}

/// Reason of keys that describe each cell's own window.
const OWN_ENDS: &str = "a fit gives all cells the same window";
/// Reason of keys that a curve has in another form.
const OTHER_FORM: &str = "another form of the same curve: the fit uses a scale of -0.5 and no offset";
/// Reason of keys of the controller.
const CONTROLLER: &str = "a setting of the controller, not a property of cells; edit the file";

const NOT_FITTED: [NotFitted; 23] = [
    not("device_to_device.ends", OWN_ENDS),
    not("device_to_device.low_resistance_sigma_ln", OWN_ENDS),
    not("device_to_device.high_resistance_sigma_ln", OWN_ENDS),
    not("device_to_device.slope_sigma", "a fit gives all cells the same curve, up to a gain"),
    not("device_to_device.down_gain_factor", "a fit gives up and down steps of a cell the same variation"),
    not("device_to_device.write_spread_sigma_ln", "a fit gives all cells the same write noise"),
    not("write.verify.tries", CONTROLLER),
    not("write.verify.direction", CONTROLLER),
    not("write.verify.initial_action", CONTROLLER),
    not("write.verify.after_failed_write", CONTROLLER),
    not("write.verify.approach", CONTROLLER),
    not("write.pulses.state", OWN_ENDS),
    not("write.pulses.reference_state", OWN_ENDS),
    not("write.pulses.state_scale", OTHER_FORM),
    not("write.pulses.state_offset", OTHER_FORM),
    not("write.pulses.max_pulses", CONTROLLER),
    not("drift.latest_seconds", "the latest time in the data; the law is not extrapolated"),
    not("read.volts", "the voltage of the measurement, from --read-volts"),
    not("read.nonlinearity", "needs currents at several voltages, which the tables do not hold"),
    not("reference_branch", "a choice of the circuit; edit the file"),
    not("energy", "needs currents and pulse widths, which the tables do not hold"),
    not("converters", "a choice of the circuit; edit the file"),
    not("wires", "a property of the array, not of its cells; edit the file"),
];

/// Returns the keys of a device file that no fit determines, with reasons.
pub fn not_fitted() -> &'static [NotFitted] {
    &NOT_FITTED
}

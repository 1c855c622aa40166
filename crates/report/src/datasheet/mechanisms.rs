//! Describes each mechanism of a device in a line or two; missing mechanisms are off.

use ohmspike_crossbar::device::{
    Acceptance, Adc, AdcCodes, AdcRange, AfterFailedWrite, ArrayWires, Convention, Device, Drift, DriftBounds,
    DriftTimes, EndsKind, Energy, InitialAction, LevelSpacing, Levels, Nonlinearity, PulseLaw, PulseState, Pulses,
    ReferenceBranch, Scheme, StepGain, Telegraph, Verify, VerifyDirection, WhiteNoise, WriteNoise, WrittenCells,
};
use ohmspike_crossbar::wires::{Access, Feed};
use ohmspike_study::significant::{percent, short, stated};

/// Name and description of a mechanism.
pub(super) type Told = (&'static str, String);

/// Describes all mechanisms in file order.
pub(super) fn mechanisms(device: &Device) -> Vec<Told> {
    vec![
        ("device-to-device", device_to_device(device)),
        ("scheme", scheme(&device.write.scheme)),
        ("write noise", write_noise(device)),
        ("levels", levels(device)),
        ("drift", drift(&device.drift)),
        ("read noise", white(&device.read.white)),
        ("RTN", device.read.rtn.telegraph().map_or_else(off, telegraph)),
        (
            "read voltage",
            device.read.volts.map_or_else(|| "not specified".to_owned(), |volts| format!("{} V", short(volts))),
        ),
        ("I-V", nonlinearity(device)),
        ("reference", reference(device)),
        ("faults", faults(device)),
        ("tiles", tiles(device)),
        ("DAC", dac(device)),
        ("ADC", device.converters.adc.as_ref().map_or_else(off, adc)),
        ("wires", device.wires.as_ref().map_or_else(off, wires)),
        ("energy", energy(device)),
        ("area", area(&device.energy)),
    ]
}

/// Returns the name of the write scheme.
pub(super) fn scheme_word(scheme: &Scheme) -> &'static str {
    match scheme {
        Scheme::Add => "add",
        Scheme::Pulsed(_) => "pulsed",
        Scheme::Verify(_) => "verify",
    }
}

fn off() -> String {
    "off".to_owned()
}

/// Returns whether a description says that the mechanism is off.
pub(super) fn is_off(told: &str) -> bool {
    told.split(':').next() == Some("off")
}

/// Joins the existing `parts`; `off` without any.
fn joined(parts: Vec<Option<String>>) -> String {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { off() } else { parts.join("; ") }
}

fn device_to_device(device: &Device) -> String {
    let spread = &device.device_to_device;
    let sigma = |what: &str, sigma: Option<f32>| sigma.map(|sigma| format!("{what} {}", stated(sigma)));
    let ends = match spread.ends {
        EndsKind::LogNormal => "sigma of ln R",
        EndsKind::Normal => "normal, sigma of G over its mean",
    };
    joined(vec![
        sigma(&format!("{ends} of the fully-on end"), spread.low_resistance),
        sigma(&format!("{ends} of the fully-off end"), spread.high_resistance),
        spread.step_gain.map(|gain| match gain {
            StepGain::Normal { sigma } => format!("step gain normal, sigma {}", stated(sigma)),
            StepGain::LogNormal { sigma } => format!("step gain log-normal, sigma of ln {}", stated(sigma)),
        }),
        sigma("up-down asymmetry sigma", spread.up_down),
        sigma("gain down times", spread.down_gain),
        sigma("slope sigma", spread.slope),
        sigma("sigma of ln of the factor on write noise", spread.write_spread),
    ])
}

fn scheme(scheme: &Scheme) -> String {
    let how = match scheme {
        Scheme::Add => "one write adds the requested step".to_owned(),
        Scheme::Pulsed(pulses) => pulsed(pulses),
        Scheme::Verify(verify) => verified(verify),
    };
    format!("{}: {how}", scheme_word(scheme))
}

fn pulsed(pulses: &Pulses) -> String {
    let law = match &pulses.law {
        PulseLaw::Constant => "constant steps".to_owned(),
        PulseLaw::Linear { up: 1.0, down: 1.0 } => "soft-bounds steps".to_owned(),
        PulseLaw::Linear { up, down } => format!("linear steps, slope {} up and {} down", stated(*up), stated(*down)),
        PulseLaw::Exponential { up, down, scale, offset } => format!(
            "exponential steps, A {} and gamma {} up, {} and {} down, a {}, b {}",
            stated(up.0),
            stated(up.1),
            stated(down.0),
            stated(down.1),
            stated(*scale),
            stated(*offset)
        ),
        PulseLaw::Power { up, down } => format!("power steps, exponent {} up and {} down", stated(*up), stated(*down)),
        PulseLaw::PiecewiseLinear { up, down } => {
            let nodes = |nodes: &[f32]| nodes.iter().map(|node| stated(*node)).collect::<Vec<_>>().join(" ");
            format!("piecewise-linear steps, times {} up and {} down from floor to ceiling", nodes(up), nodes(down))
        }
    };
    let [up, down] = [pulses.up_step, pulses.down_step].map(|step| percent(f64::from(step)));
    let state = match pulses.state {
        PulseState::OwnWindow => String::new(),
        PulseState::NominalWindow => " over the nominal window".to_owned(),
        PulseState::OwnEnd => format!(" from {} of the window to the end of the cell", share(pulses.reference)),
        PulseState::OwnSpan => format!(" about {} of the window", share(pulses.reference)),
    };
    let cycle = cycle_noise(pulses);
    format!(
        "{law}{state}; {up} of the window up and {down} down; {cycle}; at most {} pulses per write",
        pulses.max_pulses
    )
}

fn share(of_window: f32) -> String {
    percent(f64::from(of_window))
}

/// Describes pulse-to-pulse noise.
fn cycle_noise(pulses: &Pulses) -> String {
    let kind = if pulses.additive { "additive" } else { "multiplicative" };
    match pulses.cycle_sigma {
        [0.0, 0.0] => "no pulse-to-pulse noise".to_owned(),
        [up, down] if up == down => format!("pulse-to-pulse sigma {} of a step, {kind}", share(up)),
        [up, down] => {
            format!("pulse-to-pulse sigma {} of an up step and {} of a down step, {kind}", share(up), share(down))
        }
    }
}

fn verified(verify: &Verify) -> String {
    let window = match verify.acceptance {
        Acceptance::Microsiemens(width) => format!("±{} µS", stated(width)),
        Acceptance::Fraction(fraction) => format!("±{} of the target", percent(f64::from(fraction))),
    };
    let direction = match verify.direction {
        VerifyDirection::Both => "in both directions",
        VerifyDirection::Up => "upwards only",
        VerifyDirection::Down => "downwards only",
    };
    let way = match verify.approach {
        1.0 => "the full step".to_owned(),
        share => format!("{} of the step", percent(f64::from(share))),
    };
    let first = if verify.initial_action == InitialAction::Read { "; reads first" } else { "" };
    let after = if verify.after_failed_write == AfterFailedWrite::Leave {
        "; leaves cells as they are after the last try"
    } else {
        ""
    };
    format!("accepts {window}, at most {} tries, {direction}, each try aims at {way}{first}{after}", verify.tries)
}

fn convention(convention: Convention) -> &'static str {
    match convention {
        Convention::MedianPreserving => "median-preserving",
        Convention::MeanPreserving => "mean-preserving",
    }
}

fn write_noise(device: &Device) -> String {
    let noise = match &device.write.noise {
        WriteNoise::None => return off(),
        WriteNoise::FromStudy => "from-study: set by the study in % of sigma_init".to_owned(),
        WriteNoise::Constant { sigma } => format!("constant, sigma {} µS", stated(*sigma)),
        WriteNoise::Relative { fraction } => format!("relative, sigma {} of G", percent(f64::from(*fraction))),
        WriteNoise::Table(table) => format!(
            "table of {} points of sigma of ln R over R, {}",
            table.points().len(),
            convention(table.convention())
        ),
    };
    let cells = match device.write.cells {
        WrittenCells::All => "each update writes all cells",
        WrittenCells::Changed => "an update writes only cells with a nonzero step",
    };
    format!("{noise}; {cells}")
}

fn levels(device: &Device) -> String {
    match &device.levels {
        Levels::Continuous => "off: any conductance in the window".to_owned(),
        Levels::Even { count, spacing } => {
            let even = match spacing {
                LevelSpacing::Conductance => "G",
                LevelSpacing::LnConductance => "ln G",
            };
            format!("{count}, even in {even}")
        }
        Levels::Listed(levels) => {
            let levels: Vec<String> = levels.iter().map(|level| short(*level)).collect();
            format!("{} µS", levels.join(", "))
        }
    }
}

/// Formats the time range of a drift law.
fn between(times: DriftTimes) -> String {
    let from = format!("from {} s", short(times.reference));
    // The largest allowed time means no end.
    if times.latest >= 1e12 { format!("{from} on") } else { format!("{from} to {} s", short(times.latest)) }
}

fn drift(drift: &Drift) -> String {
    match drift {
        Drift::None => off(),
        Drift::Power(law) => {
            let exponents: Vec<String> = law
                .points()
                .iter()
                .map(|point| {
                    let (exponent, sigma) = (short(point.exponent), short(point.exponent_sigma));
                    format!("{exponent} ±{sigma} at {} ohm", short(point.resistance_ohm))
                })
                .collect();
            let leaves = if drift.bounds() == DriftBounds::Zero { ", which may leave the window" } else { "" };
            format!("power of time {}{leaves}, exponent {}", between(law.times()), exponents.join(", "))
        }
        Drift::LogTime(law) => format!(
            "log-time {}, mean {} µS and sigma {} µS per ln t, sigma {} µS at the start",
            between(law.times),
            short(law.mean),
            short(law.sigma),
            short(law.sigma_at_reference),
        ),
    }
}

fn white(white: &WhiteNoise) -> String {
    match white {
        WhiteNoise::None => off(),
        WhiteNoise::Constant { sigma } => format!("constant, sigma {} µS", stated(*sigma)),
        WhiteNoise::Relative { fraction } => format!("relative, sigma {} of G", percent(f64::from(*fraction))),
        WhiteNoise::Table(table) => format!("table of {} points of sigma of ln R over R", table.points().len()),
    }
}

fn telegraph(noise: Telegraph) -> String {
    format!(
        "in {} of the cells; {} flips per second and a step of {} of G at {} ohm, which grow with R to the \
         power of {} and {}",
        percent(noise.fraction_of_cells),
        short(noise.rate),
        percent(noise.amplitude),
        short(noise.reference_resistance),
        short(noise.rate_exponent),
        short(noise.amplitude_exponent),
    )
}

fn nonlinearity(device: &Device) -> String {
    let Some(bent) = &device.read.nonlinearity else { return "off: ohmic".to_owned() };
    let points: Vec<String> = bent
        .points()
        .iter()
        .map(|point| {
            let (q, c) = (short(point.quadratic_per_volt), short(point.cubic_per_square_volt));
            format!("{q} / V and {c} / V² at {} ohm", short(point.resistance_ohm))
        })
        .collect();
    format!(
        "G (1 + q V + c V²), conductances given at {} V{}; q and c: {}",
        short(bent.reference_volts()),
        fitted_up_to(device, bent),
        points.join(", ")
    )
}

/// Formats the highest fitted voltage, and whether the read voltage exceeds it.
fn fitted_up_to(device: &Device, bent: &Nonlinearity) -> String {
    let Some(highest) = bent.highest_volts() else { return ", highest fitted voltage not specified".to_owned() };
    match device.read.volts.and_then(|volts| bent.held(volts).map(|_| volts)) {
        Some(volts) => {
            format!(", fitted up to {} V; the read voltage of {} V is held at it", short(highest), short(volts))
        }
        None => format!(", fitted up to {} V", short(highest)),
    }
}

fn reference(device: &Device) -> String {
    match device.reference_branch {
        ReferenceBranch::Ideal => "an exact reference at the floor".to_owned(),
        ReferenceBranch::Cell { sigma } => format!("a cell at the floor, sigma of ln R {}", stated(sigma)),
    }
}

fn faults(device: &Device) -> String {
    let faults = &device.faults;
    if faults.is_none() {
        return off();
    }
    let stuck = [faults.low_resistance_conductance(&device.window), faults.high_resistance_conductance(&device.window)];
    let [low, high] = stuck.map(|conductance| short(1e6 / f64::from(conductance)));
    let share = |what: &str, p: f64| (p > 0.0).then(|| format!("{} {what}", percent(p)));
    joined(vec![
        share(&format!("of the cells stuck at {low} ohm"), faults.low_resistance),
        share(&format!("of the cells stuck at {high} ohm"), faults.high_resistance),
        share("of the cells stuck at random in the window", faults.stuck_random),
        share("of the rows dead", faults.dead_row),
        share("of the columns dead", faults.dead_column),
        share(
            &format!("of the columns with {} of their cells stuck", percent(faults.cluster_fraction)),
            faults.cluster,
        ),
    ])
}

fn tiles(device: &Device) -> String {
    let lines =
        |lines: Option<usize>, of: &str| lines.map_or_else(|| format!("all {of}"), |lines| format!("{lines} {of}"));
    match (device.converters.tile_rows, device.converters.tile_columns) {
        (None, None) => "off: one tile per array".to_owned(),
        (rows, columns) => format!("{} x {}", lines(rows, "rows"), lines(columns, "columns")),
    }
}

fn dac(device: &Device) -> String {
    device
        .converters
        .dac
        .as_ref()
        .map_or_else(off, |dac| format!("{} bits, gain sigma {}", dac.bits, percent(f64::from(dac.gain_sigma))))
}

fn wires(wires: &ArrayWires) -> String {
    let ArrayWires { circuit: wires, refresh_updates, column_gain } = wires;
    let access = match wires.access {
        Access::Gated => "gated by spikes",
        Access::Driven => "driven word lines",
    };
    let drivers = if wires.feed == Feed::Both { "drivers at both ends" } else { "drivers" };
    let refresh = match (wires.access, refresh_updates) {
        (Access::Gated, _) => String::new(),
        (Access::Driven, None) => "; solved exactly at the end of each epoch".to_owned(),
        (Access::Driven, Some(updates)) => {
            format!("; solved exactly every {updates} updates and at the end of each epoch")
        }
    };
    let gain = if *column_gain { "; calibrated gain per column" } else { "" };
    format!(
        "{access}; {} ohm per cell on word or source lines, {} ohm on bit lines; {drivers} {} ohm, sense amplifiers {} \
         ohm{refresh}{gain}",
        short(wires.word_line_ohm_per_cell),
        short(wires.bit_line_ohm_per_cell),
        short(wires.driver_ohm),
        short(wires.sense_ohm)
    )
}

fn adc(adc: &Adc) -> String {
    let codes = match adc.codes {
        AdcCodes::Signed => "signed",
        AdcCodes::Unsigned => "unsigned",
    };
    let range = match adc.range {
        AdcRange::Fixed { full_scale } => format!("full scale {} µA", short(full_scale)),
        AdcRange::Calibrated => "full scale calibrated on a batch".to_owned(),
    };
    let (gain, offset) = (percent(f64::from(adc.gain_sigma)), percent(f64::from(adc.offset_sigma)));
    format!("{} bits, {codes}, {range}, gain sigma {gain}, offset sigma {offset} of full scale", adc.bits)
}

/// Describes the energy of single events at both ends of the window, as far as the file specifies it.
fn energy(device: &Device) -> String {
    let energy = &device.energy;
    let ends = [device.window.low(), device.window.high()].map(f64::from);
    // Energy of one pulse at the floor and at the ceiling, pJ.
    let pulse = |what: &str, microjoules: &dyn Fn(f64) -> Option<f64>| {
        let [low, high] = ends.map(|end| microjoules(end).map(|energy| short(1e6 * energy)));
        Some(format!("{what} {} pJ at the floor, {} pJ at the ceiling", low?, high?))
    };
    let told = joined(vec![
        pulse("write pulse", &|conductance| energy.write_microjoules(conductance)),
        pulse("read pulse", &|conductance| energy.read_microjoules(device.read.volts?, conductance)),
        energy.adc_picojoules.map(|energy| format!("conversion {} pJ", short(energy))),
        energy.dac_picojoules.map(|energy| format!("driver pulse {} pJ", short(energy))),
    ]);
    if told == off() { "not specified".to_owned() } else { told }
}

fn area(energy: &Energy) -> String {
    let area = |what: &str, area: Option<f64>| area.map(|area| format!("{what} {} µm²", short(area)));
    let told = joined(vec![
        area("cell", energy.cell_square_micrometres),
        area("column converter", energy.adc_square_micrometres),
    ]);
    if told == off() { "not specified".to_owned() } else { told }
}

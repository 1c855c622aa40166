//! The section `write` of the device file.

use ohmspike_crossbar::device::{
    AfterFailedWrite, Convention, InitialAction, SchemeKind, SpreadPoint, VerifyDirection, VerifySpec, WriteNoiseKind,
    WriteSpec, WrittenCells,
};

use super::law::{Kind, Law};
use crate::options::{AcceptanceWindow, FitOptions};

/// Tries of a verified write; the data do not show them.
const TRIES: f64 = 100.0;

/// Returns the section of `law`.
pub(super) fn section(law: &Law, options: &FitOptions) -> WriteSpec {
    let mut section = WriteSpec { cells: WrittenCells::Changed, ..WriteSpec::default() };
    match law.kind {
        Kind::Constant => {
            section.noise = WriteNoiseKind::Constant;
            section.sigma_microsiemens = Some(law.parameters[0]);
        }
        Kind::Relative => {
            section.noise = WriteNoiseKind::Relative;
            section.sigma_percent_of_conductance = Some(100.0 * law.parameters[0]);
        }
        Kind::OnePoint | Kind::Table => {
            section.noise = WriteNoiseKind::Table;
            let convention =
                if law.mean_preserving { Convention::MeanPreserving } else { Convention::MedianPreserving };
            section.convention = Some(convention);
            let targets = if law.kind == Kind::Table { law.targets.clone() } else { vec![middle(&law.targets)] };
            let point = |(target, &sigma): (&f64, &f64)| SpreadPoint {
                resistance_ohm: 1e6 / target,
                sigma_ln_resistance: sigma,
            };
            section.points = Some(targets.iter().zip(&law.parameters).rev().map(point).collect());
        }
    }
    if let Some(acceptance) = options.acceptance {
        section.scheme = SchemeKind::Verify;
        section.verify = Some(verify(acceptance));
    }
    section
}

fn verify(acceptance: AcceptanceWindow) -> VerifySpec {
    let (microsiemens, percent) = match acceptance {
        AcceptanceWindow::Microsiemens(width) => (Some(width), None),
        AcceptanceWindow::PercentOfTarget(percent) => (None, Some(percent)),
    };
    VerifySpec {
        window_microsiemens: microsiemens,
        window_percent_of_target: percent,
        tries: TRIES,
        direction: VerifyDirection::default(),
        initial_action: InitialAction::default(),
        after_failed_write: AfterFailedWrite::default(),
        approach: 1.0,
    }
}

/// Returns the geometric mean of the smallest and largest target.
fn middle(targets: &[f64]) -> f64 {
    (targets[0] * targets[targets.len() - 1]).sqrt()
}

//! Builds the parts of an array from a device and the parameters of the array.

use ohmspike_rng::Seed;
use ohmspike_simd::{LANES, Matrix};

use crate::array_params::{ArrayParams, NoisyRows};
use crate::branch_cells::{BranchCells, Scheme};
use crate::cells::Cells;
use crate::chip::{self, Side};
use crate::device::{AfterFailedWrite, Device, Scheme as DeviceScheme};
use crate::fault_map::FaultMap;
use crate::mapping::PairMapping;
use crate::pair::PairKind;
use crate::pulsed::PulsedWrite;
use crate::read_spread::ReadSpread;
use crate::verified::VerifiedWrite;

/// Returns the faults of a chip in its noisy rows: measured ones, or ones drawn from the probabilities of the
/// device.
pub(crate) fn faults(device: &Device, params: &ArrayParams, [rows, columns]: [usize; 2], chip: Seed) -> FaultMap {
    let drawn = || device.faults.draw(&device.window, rows, columns, chip.named("faults"));
    let all = params.faults.cloned().unwrap_or_else(drawn);
    if params.noisy_rows == NoisyRows::All {
        return all;
    }
    all.in_rows(|row| params.noisy_rows.contains(params.branches[row].sign()))
}

/// Writes the cells of all other rows exactly.
fn write_others_exactly(cells: &mut Cells, params: &ArrayParams, columns: usize) {
    if params.noisy_rows == NoisyRows::All {
        return;
    }
    let factor = |row: usize| f32::from(u8::from(params.noisy_rows.contains(params.branches[row].sign())));
    let drawn = cells.spread.take();
    let of = |row: usize, column: usize| drawn.as_ref().map_or(1.0, |drawn| drawn[(row, column)]);
    let spread = Matrix::from_fn(params.branches.len(), columns, |row, column| factor(row) * of(row, column));
    cells.spread = Some(spread);
}

/// Creates the unprogrammed branches of a chip: the main one, and the opposite one if it has cells.
pub(crate) fn branches(
    device: &Device,
    params: &ArrayParams,
    signs: &[f32],
    faults: &FaultMap,
    [rows, columns]: [usize; 2],
    chip: Seed,
    every_cell: bool,
) -> (BranchCells, Option<BranchCells>) {
    let once_an_update = every_cell && device.write.scheme == DeviceScheme::Add;
    let counted = !once_an_update || params.pair == PairKind::PotentiationOnly;
    let leaves = device.write.verify().is_some_and(|verify| verify.after_failed_write == AfterFailedWrite::Leave);
    let moves = !device.drift.is_off();
    let branch = |g_above_min: Matrix, chip: Seed| {
        // The drift path of the first write is drawn with the chip.
        let relaxation = moves.then(|| chip::first_paths(rows, columns, chip.named("relaxation")));
        let seen = moves || device.read.nonlinearity.is_some();
        let mut cells = chip::cells(device, rows, columns, chip);
        write_others_exactly(&mut cells, params, columns);
        BranchCells {
            cells,
            relaxation,
            visible: seen.then(|| Matrix::zeros(rows, columns)),
            left: leaves.then(|| vec![false; g_above_min.blocks().len() * LANES]),
            pulses: counted.then(|| vec![0; g_above_min.blocks().len() * LANES]),
            g_above_min,
        }
    };
    let mut main = branch(Matrix::zeros(rows, columns), chip);
    let mut other = match params.pair {
        PairKind::OneBranch if !params.either_sign => {
            let reference = device.reference_branch.g_above_min(&device.window, rows, columns, chip.named("parked"));
            reference.map(|g_above_min| {
                let cells = chip::reference_cells(&device.window, rows, columns, moves);
                BranchCells { cells, ..branch(g_above_min, chip.named("opposite")) }
            })
        }
        PairKind::OneBranch | PairKind::PushPull | PairKind::PotentiationOnly => {
            Some(branch(Matrix::zeros(rows, columns), chip.named("opposite")))
        }
    };
    let floor = device.window.low();
    main.stick(faults, Side::Main, signs, floor, other.is_none());
    if let Some(other) = &mut other {
        other.stick(faults, Side::Opposite, signs, floor, false);
    }
    (main, other)
}

/// Returns the sign of every row times the `gains` of its driver; 0 in `dead` rows.
pub(crate) fn driven_rows(signs: &[f32], gains: Option<&[f32]>, dead: &[usize]) -> Vec<f32> {
    let gain = |row: usize| gains.map_or(1.0, |gains| gains[row]);
    let mut driven: Vec<f32> = signs.iter().enumerate().map(|(row, sign)| sign * gain(row)).collect();
    for &row in dead {
        driven[row] = 0.0;
    }
    driven
}

/// Creates the write scheme of `device`; verify reads have the noise `read`, and `spread_scale` multiplies the cycle
/// noise of pulses.
pub(crate) fn scheme(device: &Device, mapping: &PairMapping, read: &Option<ReadSpread>, spread_scale: f32) -> Scheme {
    let window = mapping.window();
    match &device.write.scheme {
        DeviceScheme::Add => Scheme::Add,
        DeviceScheme::Pulsed(pulses) => {
            Scheme::Pulsed(PulsedWrite::new(pulses, window.span(), window.low(), spread_scale))
        }
        DeviceScheme::Verify(verify) => Scheme::Verified(VerifiedWrite::new(*verify, read.clone())),
    }
}

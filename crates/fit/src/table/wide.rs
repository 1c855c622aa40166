//! Wide tables: one column per target, one row per cell and cycle.
//!
//! ```text
//! cell,10_microsiemens,50_microsiemens
//! 1,9.8,51.2                                   empty cells are missing values
//! ```

use super::Table;
use super::column::Column;
use super::read::{Row, Sign};
use crate::error::FitError;

/// Adds every value of `row`.
pub(super) fn push(row: &Row<'_>, table: &mut Table) -> Result<(), FitError> {
    for (index, &column) in row.header.columns.iter().enumerate() {
        let Column::State(unit, target) = column else { continue };
        if row.record[index].trim_ascii().is_empty() {
            continue;
        }
        row.push_keys(table)?;
        table.target.push(target);
        table.value.push(row.conductance(index, unit, Sign::OrZero)?);
    }
    Ok(())
}

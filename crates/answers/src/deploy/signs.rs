//! Which branch of its pairs holds the weights of a row.

use ohmspike_crossbar::Branch;
use ohmspike_simd::Matrix;
use ohmspike_snn::connection::Connection;
use ohmspike_snn::hardware::branch_of;
use ohmspike_snn::network::Network;

use super::DeployError;

/// What is known about the signs of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Its settings give every row a sign.
    OfSettings,
    /// Every row must have one sign, whichever.
    PerRow,
    /// Weights have any sign.
    Unconstrained,
    /// Nothing: rows with one sign each make signed rows, others do not.
    Unknown,
}

/// Branch of every row of every matrix; `None` if every pair must hold either sign.
pub type Branches = Option<Vec<Vec<Branch>>>;

/// Returns the branches of a network.
///
/// # Errors
/// [`DeployError::MixedSigns`] if rows must have one sign and one has two.
pub fn branches(
    demand: Demand,
    network: &Network,
    matrices: &[(Connection, Matrix)],
    file: &str,
) -> Result<Branches, DeployError> {
    if demand == Demand::Unconstrained {
        return Ok(None);
    }
    if demand == Demand::OfSettings {
        let of = |(connection, _): &(Connection, Matrix)| {
            network.signs(*connection).into_iter().map(branch_of).collect::<Option<Vec<Branch>>>()
        };
        return Ok(matrices.iter().map(of).collect());
    }
    let mut all = Vec::new();
    for (connection, matrix) in matrices {
        let mut rows = Vec::new();
        for row in 0..matrix.rows() {
            match branch_of_row(matrix, row) {
                Ok(branch) => rows.push(branch),
                Err(_) if demand == Demand::Unknown => return Ok(None),
                Err(columns) => {
                    let [first, second] = columns.map(|column| matrix[(row, column)]);
                    let array = ohmspike_study::settings::connection_name(*connection);
                    let file = file.to_owned();
                    return Err(DeployError::MixedSigns { file, array, row, columns, first, second });
                }
            }
        }
        all.push(rows);
    }
    Ok(Some(all))
}

/// Returns the branch that holds the weights of a row, or the columns of two weights with different signs.
fn branch_of_row(matrix: &Matrix, row: usize) -> Result<Branch, [usize; 2]> {
    let find = |is: fn(f32) -> bool| (0..matrix.columns()).find(|column| is(matrix[(row, *column)]));
    match (find(|weight| weight > 0.0), find(|weight| weight < 0.0)) {
        (Some(one), Some(other)) => Err([one, other]),
        (None, Some(_)) => Ok(Branch::Minus),
        (_, None) => Ok(Branch::Plus),
    }
}

/// Returns the number of weights of a matrix whose sign is not that of their row.
pub fn wrong_signs(matrix: &Matrix, branches: &[Branch]) -> u64 {
    let of_row = |(row, branch): (usize, &Branch)| {
        (0..matrix.columns()).filter(|column| branch.sign() * matrix[(row, *column)] < 0.0).count() as u64
    };
    branches.iter().enumerate().map(of_row).sum()
}

/// Returns a matrix with 0 in place of weights whose sign is not that of their row.
pub fn projected(matrix: &Matrix, branches: &[Branch]) -> Matrix {
    let weight = |row: usize, column: usize| {
        let weight = matrix[(row, column)];
        if branches[row].sign() * weight < 0.0 { 0.0 } else { weight }
    };
    Matrix::from_fn(matrix.rows(), matrix.columns(), weight)
}

#[cfg(test)]
mod tests {
    use ohmspike_snn::network::Dynamics;

    use super::*;

    fn of(demand: Demand, rows: [[f32; 2]; 2]) -> Result<Branches, DeployError> {
        let network = Network::new(2, 2, 2, 0.5, 10, &Dynamics::default()).expect("valid");
        let matrix = Matrix::from_fn(2, 2, |row, column| rows[row][column]);
        branches(demand, &network, &[(Connection::Readout, matrix)], "net.npz")
    }

    #[test]
    fn rows_of_one_sign_make_signed_rows() {
        let signed = [[0.0, 1.0], [-1.0, -0.5]];
        assert_eq!(of(Demand::Unknown, signed).expect("valid"), Some(vec![vec![Branch::Plus, Branch::Minus]]));
        assert_eq!(of(Demand::Unconstrained, signed).expect("valid"), None);
        assert_eq!(of(Demand::Unknown, [[0.5, -1.0], [1.0, 1.0]]).expect("valid"), None);
        // The settings decide, not the weights.
        let of_settings = of(Demand::OfSettings, [[0.5, -1.0], [1.0, 1.0]]).expect("valid");
        assert_eq!(of_settings, Some(vec![vec![Branch::Plus, Branch::Minus]]));
        let matrix = Matrix::from_fn(2, 2, |row, column| [[0.5, -1.0], [1.0, 1.0]][row][column]);
        assert_eq!(wrong_signs(&matrix, &[Branch::Plus, Branch::Minus]), 3);
        let held = projected(&matrix, &[Branch::Plus, Branch::Minus]);
        assert_eq!(held.cells().collect::<Vec<f32>>(), [0.5, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn names_two_weights_of_a_mixed_row() {
        let error = of(Demand::PerRow, [[1.0, 1.0], [0.25, -0.5]]).expect_err("mixed").to_string();
        let expected = "net.npz: readout: expected weights of one sign per row (`network.signs = \"constrained\"`), got 0.25 in \
                        column 0 and -0.5 in column 1 of row 1";
        assert!(error.starts_with(expected), "{error}");
    }
}

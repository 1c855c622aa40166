//! Program the same weights into a noisy and an ideal array, and compare their column sums.

#![allow(clippy::print_stdout)]

use ohmspike::prelude::*;

/// Size of the arrays.
const ROWS: usize = 64;
const COLUMNS: usize = 16;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = Matrix::from_fn(ROWS, COLUMNS, |row, column| 0.1 + 0.8 * ((row * 7 + column * 3) % 11) as f32 / 10.0);
    let ideal = programmed("ideal", &target)?;
    let noisy = programmed("illustrative-oxide", &target)?;
    println!("{ROWS} x {COLUMNS} weights of 0.1 to 0.9; Gmax is a weight of 1");
    println!("root mean square error of a weight: {:.4}", rms(&ideal, &noisy));

    // Every fourth row has a spike in this time step.
    let active: Vec<usize> = (0..ROWS).step_by(4).collect();
    println!("\ncolumn   ideal sum   noisy sum ± standard deviation of one read");
    for column in 0..4 {
        let sum = |array: &CrossbarArray| active.iter().map(|&row| array.weights()[(row, column)]).sum::<f32>();
        println!(
            "{column:>6}   {:>9.3}   {:>9.3} ± {:.3}",
            sum(&ideal),
            sum(&noisy),
            read_sigma(&noisy, &active, column)
        );
    }
    Ok(())
}

/// Returns an array of the built-in device `name`, programmed to `target` within its noise.
fn programmed(name: &str, target: &Matrix) -> Result<CrossbarArray, Box<dyn std::error::Error>> {
    let device = Device::built_in(name).ok_or("not built in")?;
    let branches = [Branch::Plus; ROWS];
    let half = Matrix::from_fn(ROWS, COLUMNS, |_, _| 0.5);
    let mut array = CrossbarArray::new(&device, ArrayParams::new(1.0, &branches), &half, Seed::new(1).named("chip"))?;
    // Writes every cell once, with the write noise of the device.
    let step = Matrix::from_fn(ROWS, COLUMNS, |row, column| target[(row, column)] - 0.5);
    array.update(&step, Seed::new(1).named("write"))?;
    Ok(array)
}

fn rms(one: &CrossbarArray, other: &CrossbarArray) -> f64 {
    let cells = (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column)));
    let squares = cells.map(|cell| f64::from(one.weights()[cell] - other.weights()[cell]).powi(2));
    (squares.sum::<f64>() / (ROWS * COLUMNS) as f64).sqrt()
}

/// Standard deviation of one column read: the variances of the cells add up.
fn read_sigma(array: &CrossbarArray, active: &[usize], column: usize) -> f32 {
    let Some(variance) = array.read_variance() else { return 0.0 };
    active.iter().map(|&row| variance[(row, column)]).sum::<f32>().sqrt()
}

//! One read of 784 x 100 pairs with 300 active rows: the Rust side of python/benches/read.py, with the same array, spikes
//! and draws. The fastest of some repeats, so that other work on the machine counts little.

#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use benches::test_mode;
use ohmspike_crossbar::device::Device;
use ohmspike_crossbar::{ArrayParams, Branch, ColumnRead, CrossbarArray};
use ohmspike_rng::Seed;
use ohmspike_simd::Matrix;

const ROWS: usize = 784;
const COLUMNS: usize = 100;

fn main() {
    let device = Device::built_in("illustrative-oxide").expect("built in");
    let weights = Matrix::from_fn(ROWS, COLUMNS, |row, column| ((row * 7 + column * 3) % 11) as f32 / 11.0 - 0.5);
    let params = ArrayParams { either_sign: true, ..ArrayParams::new(1.0, &[Branch::Plus; ROWS]) };
    let blank = Matrix::zeros(ROWS, COLUMNS);
    let seed = Seed::new(1);
    let mut array = CrossbarArray::new(&device, params, &blank, seed.named("chip")).expect("a valid array");
    array.program(&weights, 1, seed.named("write").numbered(0)).expect("weights of the same size");
    let active: Vec<usize> = (0..ROWS).filter(|row| row * 37 % ROWS < 300).collect();
    assert_eq!(active.len(), 300);

    let (repeats, calls) = if test_mode() { (1, 10) } else { (7, 20_000) };
    let mut read = ColumnRead::new(COLUMNS);
    let mut fastest = f64::INFINITY;
    for _ in 0..repeats {
        let start = Instant::now();
        for call in 0..calls {
            let mut normals = seed.named("read").numbered(call).normals();
            read.sample_tiles(&array, black_box(&active), &mut normals);
            black_box(read.current());
        }
        fastest = fastest.min(start.elapsed().as_secs_f64() / calls as f64);
    }
    println!("one step: {:.2} µs per read", 1e6 * fastest);
}

//! Write a cell to 100 µS several times, read it, and let it drift for an hour.

#![allow(clippy::print_stdout)]

use ohmspike::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::built_in("illustrative-oxide").ok_or("not built in")?;
    let one_hour = Some(3600.0);
    let sampling = Sampling { cycles: 5, reads: 3, after_seconds: one_hour, ..Sampling::new(&device, 100.0) };
    println!("{}: {} to {} µS", device.name, device.window.low(), device.window.high());
    println!("write   target µS   written µS   after 1 h µS   three reads µS");
    for cycle in sampling.cycles(&device)? {
        let after = cycle.after.as_ref().map_or(f32::NAN, |after| after[0]);
        let reads: Vec<String> = cycle.reads.iter().map(|read| format!("{:.2}", read[0])).collect();
        let (number, target, written) = (cycle.number, cycle.target, cycle.written[0]);
        println!("{number:>5}   {target:>9}   {written:>10.2}   {after:>12.2}   {}", reads.join(", "));
    }
    Ok(())
}

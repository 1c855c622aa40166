//! A trial-epoch: one epoch of training and a test, on one thread. Plan the duration of studies in this unit.
//!
//! The bench uses all of Fashion-MNIST if it is installed, else the embedded subset. Epochs follow one another as in a
//! trial: every sample is the next epoch of the same weights.

use std::time::Duration;

use benches::{Stage, largest_data_set, test_mode};
use criterion::{Criterion, SamplingMode, Throughput};
use ohmspike_crossbar::device::Device;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let stage = Stage::new(largest_data_set());
    let mut group = criterion.benchmark_group(format!("trial-epoch of {}", stage.settings.data.set));
    group.throughput(Throughput::Elements((stage.training_images() + stage.test_images()) as u64));
    group.sample_size(10).sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_secs(15));
    for (name, device) in [
        ("abstract noise", None),
        ("study-1k-1m", Some("study-1k-1m")),
        ("illustrative-oxide, read noise", Some("illustrative-oxide")),
    ] {
        let device = device.map(|name| Device::built_in(name).expect("a built-in device"));
        // The first epochs are faster, because few neurons spike yet.
        let mut learner = stage.learner(device.as_ref(), if test_mode() { 0 } else { 2 });
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                learner.train();
                learner.test()
            });
        });
    }
    group.finish();
    criterion.final_summary();
}

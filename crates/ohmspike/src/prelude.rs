//! The most used items: `use ohmspike::prelude::*;`.

pub use ohmspike_analysis::{Summary, summarise};
pub use ohmspike_crossbar::device::{Device, DeviceSpec};
pub use ohmspike_crossbar::{ArrayParams, Branch, ColumnRead, CrossbarArray};
pub use ohmspike_experiments::presets::PRESETS;
pub use ohmspike_report::device_sample::Sampling;
pub use ohmspike_rng::Seed;
pub use ohmspike_simd::Matrix;
pub use ohmspike_study::record::Record;
pub use ohmspike_study::run::{EpochReport, Shard, Trial};
pub use ohmspike_study::run_study::{
    Finished, Plan, RunOptions, RunWarning, StudyObserver, Trained, each_trial, run_study, train,
};
pub use ohmspike_study::settings::Settings;
pub use ohmspike_study::study::{Override, Study};
pub use ohmspike_study::study_file::StudyFile;
pub use ohmspike_study::{Results, RunError};

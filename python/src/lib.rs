//! The extension `ohmspike._ohmspike`: the libraries of Ohmspike for Python.
//!
//! It translates arguments and results, releases the GIL while Rust computes, and passes on Ctrl-C and progress. Everything
//! else is in the libraries, which the command line uses too, so both give the same bits.
//!
//! - arrays and devices: [`crossbar`], [`crossbar_arguments`], [`reader`], [`inputs`], [`device`], [`seed`];
//! - studies: [`results`], [`trained`], [`deploy`], [`limit`], [`ablate`], [`fit`], [`nir`], [`data`];
//! - between both languages: [`arrays`], [`values`], [`table`], [`interruptible`], [`errors`];
//! - the program: [`command`].

mod ablate;
mod answer;
mod arrays;
mod command;
mod crossbar;
mod crossbar_arguments;
mod data;
mod deploy;
mod device;
mod errors;
mod figure;
mod fit;
mod inputs;
mod interruptible;
mod limit;
mod nir;
mod reader;
mod results;
mod seed;
mod study;
mod table;
mod trained;
mod values;
mod write_report;

/// The extension.
#[pyo3::pymodule]
mod _ohmspike {
    #[pymodule_export]
    use super::ablate::ablate;
    #[pymodule_export]
    use super::answer::Answer;
    #[pymodule_export]
    use super::command::run_command;
    #[pymodule_export]
    use super::crossbar::Crossbar;
    #[pymodule_export]
    use super::data::load_data;
    #[pymodule_export]
    use super::deploy::deploy_networks;
    #[pymodule_export]
    use super::device::Device;
    #[pymodule_export]
    use super::errors::{OhmspikeError, OhmspikeWarning};
    #[pymodule_export]
    use super::figure::Figure;
    #[pymodule_export]
    use super::fit::{Fit, fit_device};
    #[pymodule_export]
    use super::limit::find_limit;
    #[pymodule_export]
    use super::nir::{export_nir, import_nir};
    #[pymodule_export]
    use super::results::{Results, open_results, run};
    #[pymodule_export]
    use super::seed::Seed;
    #[pymodule_export]
    use super::table::Table;
    #[pymodule_export]
    use super::trained::{Trained, train};
    #[pymodule_export]
    use super::write_report::WriteReport;

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

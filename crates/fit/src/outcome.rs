//! Result of the estimators of one mechanism.

use crate::report::MechanismFit;

/// A fitted mechanism and its section of the device file.
#[derive(Clone, Debug)]
pub(crate) struct Fitted<S> {
    /// Report.
    pub fit: MechanismFit,
    /// Section of the device file.
    pub section: S,
    /// Reason why the section lacks numbers that other data would determine.
    pub withheld: Option<String>,
}

/// Fit of a mechanism, or the reason why the data do not determine it.
pub(crate) type Outcome<S> = Result<Fitted<S>, String>;

//! Imports of files of every format, and refusals.

mod hdf5;
mod hostile;
mod import;
mod import_refused;
mod import_refused_dense;
mod made;
mod notes;
mod same_content;
mod store_dense;

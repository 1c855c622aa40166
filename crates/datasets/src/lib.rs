//! Reads data set files into samples.
//!
//! Parts, in the order of data flow:
//! - [`Name`]: the built-in image sets; [`status()`] lists their locations;
//! - [`locate()`] finds the folder with the files; [`fetch()`] downloads them if there is none;
//! - [`locate_shd()`], [`fetch_shd()`] and [`read_shd()`] do the same for Spiking Heidelberg Digits;
//! - [`import_events()`] and [`import_dense()`] convert other files (npy, npz, CSV, HDF5, IDX) to a [`Dataset`];
//!   [`store()`] writes it to the cache folder, [`store_dense()`] does both, [`imported()`] lists what is stored;
//! - [`read_arrays()`] and [`write_arrays()`] exchange arrays of numbers with NumPy as npz files;
//! - [`read_hdf5()`] reads an HDF5 file of any structure as a tree of groups, numbers and text;
//! - [`load()`] returns a [`Dataset`] by name: training and test samples of one kind (bytes, numbers or events) with a
//!   digest of the content; [`ImportedSet`] reads an imported one in pieces, [`identity()`] names the content.
//!
//! | quantity | unit |
//! |---|---|
//! | pixel | 0 (background) to 255 |
//! | value | 0 to 1, dimensionless |
//! | label | class number, from 0 |
//! | event time | s from the start of the recording |
//!
//! This crate does not shuffle or encode samples (the network does) and does not print. Built-in names always mean the
//! published files. Only [`fetch()`] and [`fetch_shd()`] open network connections. Only these two, [`store()`], [`store_dense()`],
//! [`write_arrays()`], [`persist`] and [`same_kind`] write files. Errors in a file state the position and what is allowed. Memory use is bounded; sizes in
//! headers are not trusted.
//!
//! ```
//! let data = ohmspike_datasets::load("fashion-mnist-subset", None)?;
//! assert_eq!((data.train.len(), data.test.len(), data.class_names.len()), (5120, 1024, 10));
//! let images = data.train.images().expect("the set contains images");
//! assert_eq!((images.image(0).len(), images.labels[0], data.class_names[9].as_str()), (28 * 28, 9, "Ankle boot"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod catalogue;
mod checksums;
mod client;
mod column;
mod counted;
mod csv_table;
mod dataset;
mod dense;
mod download;
mod encoded_folders;
mod event_columns;
mod event_file;
mod event_table;
mod events;
mod fetch;
mod fetch_shd;
mod file;
mod float_layout;
mod gzip;
mod hdf5;
mod hdf5_filter;
mod hdf5_tree;
mod hdf5_type;
mod identity;
mod idx;
mod image_set;
mod import;
mod imported;
mod imported_set;
mod labels;
mod load;
mod locate;
#[cfg(all(test, feature = "download"))]
#[allow(clippy::unwrap_used)]
mod loopback;
mod measure;
mod name;
mod note;
mod npy;
mod npz;
mod number_arrays;
pub mod persist;
mod reason;
pub mod regular;
mod repeated;
mod runs;
pub mod same_kind;
mod sample_numbers;
mod shd;
mod shown;
mod source;
mod split;
mod status;
mod store_dense;
mod stored;
mod time_unit;
mod value_set;

pub use checksums::{Algorithm, ChecksumError};
pub use counted::counted;
pub use csv_table::CsvError;
pub use dataset::{Dataset, Part};
pub use dense::{DenseError, Scale};
pub use download::{DownloadError, Progress};
pub use encoded_folders::encoded_folders;
pub use event_columns::{ColumnsError, EventForm};
pub use event_file::EventFileError;
pub use events::{EventSet, EventsError};
pub use fetch::{FASHION_MNIST_ADDRESS, FetchError, Fetched, FetchedFile, fetch};
pub use fetch_shd::{FetchShdError, FetchedRecordings, FetchedShd, Origin, SHD_ADDRESS, ShdFrom, fetch_shd};
pub use file::FileError;
pub use hdf5::Hdf5Error;
pub use hdf5_tree::{Hdf5Object, Hdf5Tree, parse_hdf5, read_hdf5, starts_as_hdf5};
pub use identity::identity;
pub use idx::IdxError;
pub use image_set::{ImageSet, ImageSetError};
pub use import::{DenseImport, EventImport, Import, ImportError, Test, import_dense, import_events, store};
pub use imported::{Content, Imported, imported, imported_content, is_name};
pub use imported_set::{ImportedSet, Pieces};
pub use labels::LabelsError;
pub use load::{LoadError, load};
pub use locate::{ENVIRONMENT_VARIABLE, Looked, NotFound, Place, locate};
pub use name::{Name, UnknownName};
pub use note::Note;
pub use npy::NpyError;
pub use npz::NpzError;
pub use number_arrays::{ArrayContent, NumberArray, NumberArraysError, read_arrays, write_arrays};
pub use reason::{reason, write_reason};
pub use repeated::{RepeatedSamples, repeated_samples};
pub use shd::{SHD_CLASSES, SHD_NAME, SHD_SECONDS, SHD_UNITS, ShdError, ShdFiles, ShdNotFound, locate_shd, read_shd};
pub use shown::{excerpt, is_control, shown, shown_path};
pub use source::SourceError;
pub use status::{Status, status};
pub use store_dense::{StoredImport, store_dense};
pub use stored::StoredError;
pub use time_unit::TimeUnit;
pub use value_set::ValueSet;

/// Runs the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

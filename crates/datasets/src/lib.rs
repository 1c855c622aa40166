//! Files of data sets to samples.
//!
//! Parts, in the order in which data meets them:
//! - [`Name`]: the published image sets that are known; [`status()`] tells where each is;
//! - [`locate()`]: the folder that holds the files; [`fetch()`]: downloads them where no folder does;
//! - [`locate_shd()`], [`fetch_shd()`] and [`read_shd()`]: the same for the files of Spiking Heidelberg Digits;
//! - [`import_events()`] and [`import_dense()`]: files of any other origin (npy, npz, CSV, HDF5, IDX) to a [`Dataset`], which
//!   [`store()`] puts into the cache folder; [`imported()`]: those that are there;
//! - [`load()`]: from a name to a [`Dataset`], training and test samples of one kind (bytes, numbers or events) with a digest that
//!   says what they are.
//!
//! | quantity | unit |
//! |---|---|
//! | pixel | 0 (background) to 255 |
//! | value | 0 to 1 |
//! | label | number of the class, from 0 |
//! | time of an event | s from the start of its recording |
//!
//! What it deliberately does not do: shuffle or encode (the network does), hold other files than the published ones under
//! their name, print. Only [`fetch()`] and [`fetch_shd()`] open connections, and only these two, [`store()`] and [`persist`] write. A malformed file
//! is an error that says where and what is allowed; none takes memory on the word of its header.
//!
//! ```
//! let data = ohmspike_datasets::load("fashion-mnist-subset", None)?;
//! assert_eq!((data.train.len(), data.test.len(), data.class_names.len()), (5120, 1024, 10));
//! let images = data.train.images().expect("it holds images");
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
mod event_columns;
mod event_file;
mod event_table;
mod events;
mod fetch;
mod fetch_shd;
mod file;
mod float_layout;
mod hdf5;
mod hdf5_filter;
mod hdf5_type;
mod idx;
mod image_set;
mod import;
mod imported;
mod labels;
mod load;
mod locate;
#[cfg(all(test, feature = "download"))]
#[allow(clippy::unwrap_used)]
mod loopback;
mod name;
mod note;
mod npy;
mod npz;
pub mod persist;
mod reason;
pub mod regular;
mod shd;
mod shown;
mod source;
mod split;
mod status;
mod stored;
mod time_unit;
mod value_set;

pub use checksums::{Algorithm, ChecksumError};
pub use counted::counted;
pub use csv_table::CsvError;
pub use dataset::{Dataset, Part};
pub use dense::{DenseError, Scale};
pub use download::{DownloadError, Progress};
pub use event_columns::{ColumnsError, EventForm};
pub use event_file::EventFileError;
pub use events::{EventSet, EventsError};
pub use fetch::{FASHION_MNIST_ADDRESS, FetchError, Fetched, FetchedFile, fetch};
pub use fetch_shd::{FetchShdError, FetchedRecordings, FetchedShd, Origin, SHD_ADDRESS, ShdFrom, fetch_shd};
pub use file::FileError;
pub use hdf5::Hdf5Error;
pub use idx::IdxError;
pub use image_set::{ImageSet, ImageSetError};
pub use import::{DenseImport, EventImport, Import, ImportError, Test, import_dense, import_events, store};
pub use imported::{Content, Imported, imported, imported_content, is_name};
pub use labels::LabelsError;
pub use load::{LoadError, load};
pub use locate::{ENVIRONMENT_VARIABLE, Looked, NotFound, Place, locate};
pub use name::{Name, UnknownName};
pub use note::Note;
pub use npy::NpyError;
pub use npz::NpzError;
pub use reason::{reason, write_reason};
pub use shd::{SHD_CLASSES, SHD_NAME, SHD_SECONDS, SHD_UNITS, ShdError, ShdFiles, ShdNotFound, locate_shd, read_shd};
pub use shown::{excerpt, is_control, shown, shown_path};
pub use source::SourceError;
pub use status::{Status, status};
pub use stored::StoredError;
pub use time_unit::TimeUnit;
pub use value_set::ValueSet;

/// Runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

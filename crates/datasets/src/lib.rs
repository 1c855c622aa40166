//! Files of data sets to samples.
//!
//! Parts, in the order in which data meets them:
//! - [`Name`]: the data sets that there are; [`status()`] tells where each is;
//! - [`locate()`]: the folder that holds the files; [`fetch()`]: downloads them where no folder does;
//! - the reader of gzip IDX files, whose complaints are [`IdxError`], and the check that they are the published ones;
//! - [`load()`]: from a name to a [`Dataset`], two [`ImageSet`]s of bytes with a digest that says what they are;
//! - [`locate_shd()`] and [`read_shd()`]: the files of Spiking Heidelberg Digits, which have no [`Name`] yet, to an
//!   [`EventSet`].
//!
//! | quantity | unit |
//! |---|---|
//! | pixel | 0 (background) to 255 |
//! | label | number of the class, from 0 |
//! | time of an event | s from the start of its recording |
//!
//! What it deliberately does not do: scale, shuffle, split or encode (the network does), hold other files than the
//! published ones under their name, print. Only [`fetch()`] opens connections, and only [`fetch()`] writes.
//!
//! ```
//! use datasets::{Name, load};
//!
//! let name: Name = "fashion-mnist-subset".parse()?;
//! let data = load(name, None)?;
//! assert_eq!((data.train.len(), data.test.len(), data.classes), (5120, 1024, 10));
//! let boot = data.train.image(0);
//! assert_eq!((boot.len(), data.train.labels[0]), (28 * 28, 9));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod catalogue;
mod dataset;
mod download;
mod events;
mod fetch;
mod file;
mod hdf5;
mod idx;
mod image_set;
mod load;
mod locate;
#[cfg(test)]
mod loopback;
mod name;
mod shd;
mod status;

pub use dataset::Dataset;
pub use download::{DownloadError, Progress};
pub use events::{EventSet, EventsError};
pub use fetch::{FASHION_MNIST_ADDRESS, FetchError, Fetched, FetchedFile, fetch};
pub use file::FileError;
pub use hdf5::Hdf5Error;
pub use idx::IdxError;
pub use image_set::{ImageSet, ImageSetError};
pub use load::{LoadError, load};
pub use locate::{ENVIRONMENT_VARIABLE, Looked, NotFound, Place, locate};
pub use name::{Name, UnknownName};
pub use shd::{SHD_CLASSES, SHD_UNITS, ShdError, ShdFiles, ShdNotFound, locate_shd, read_shd};
pub use status::{Status, status};

//! Dense samples that are imported straight into a file.

use std::fs;
use std::path::PathBuf;

use ohmspike_datasets::{DenseImport, Import, Scale, Test, import_dense, store, store_dense};

use crate::made::{Folder, npy, shipped, zip};

fn import(samples: PathBuf, labels: PathBuf, test: Test, scale: Option<Scale>) -> DenseImport {
    DenseImport { samples, labels, test, classes: 3, scale }
}

/// Imports in both ways and returns the digest.
fn compare(import: &DenseImport) -> String {
    let [whole, pieces] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let Import { data, notes } = import_dense("mine", import, None).expect("valid files");
    let path = store(&data, Some(whole.path()), false).expect("a writable folder");
    let stored = store_dense("mine", import, None, Some(pieces.path()), false).expect("valid files");
    assert_eq!(fs::read(&stored.path).expect("a file"), fs::read(path).expect("a file"));
    assert_eq!((stored.digest.as_str(), &stored.notes), (data.digest.as_str(), &notes));
    assert_eq!([stored.train, stored.test, stored.units], [data.train.len(), data.test.len(), data.train.units()]);
    assert_eq!(stored.class_names, data.class_names);
    stored.digest
}

#[test]
fn the_file_is_that_of_an_import_in_memory() {
    for (samples, labels) in
        [("images.npy", "labels.npy"), ("numbers.npy", "labels.npy"), ("images.idx.gz", "labels.idx")]
    {
        compare(&import(shipped(samples), shipped(labels), Test::Fraction(0.4), None));
        let itself = Test::Files { samples: shipped(samples), labels: Some(shipped(labels)) };
        compare(&import(shipped(samples), shipped(labels), itself, None));
    }
    for scale in [Scale::MinMax, Scale::MinMaxEach] {
        compare(&import(shipped("features.npy"), shipped("labels.npy"), Test::Fraction(0.4), Some(scale)));
    }
}

/// A large array is read in windows, an archive with the same array as a whole.
#[test]
fn a_large_array_is_read_in_windows() {
    let folder = Folder::new();
    let labels: Vec<u8> = (0..17_000).map(|sample| (sample % 3) as u8).collect();
    let bytes: Vec<u8> = (0..17_000 * 2000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let floats: Vec<u8> =
        bytes.iter().take(4300 * 2000).flat_map(|&byte| (f32::from(byte) * 0.37 - 5.0).to_le_bytes()).collect();
    for (descr, samples, bytes, scale) in
        [("'|u1'", 17_000, &bytes, None), ("'<f4'", 4300, &floats, Some(Scale::MinMaxEach))]
    {
        let array = npy(descr, &format!("({samples}, 2000)"), bytes);
        let labels = npy("'|u1'", &format!("({samples},)"), &labels[..samples]);
        let archive = folder.write("x.npz", zip(&[("samples", array.clone())]));
        let (array, labels) = (folder.write("x.npy", array), folder.write("y.npy", labels));
        let of = |samples| compare(&import(samples, labels.clone(), Test::Fraction(0.1), scale));
        assert_eq!(of(array), of(archive), "{descr}");
    }
}

#[test]
fn keeps_another_data_set_of_the_name() {
    let cache = tempfile::tempdir().unwrap();
    let of = |samples: &str, replace| {
        let import = import(shipped(samples), shipped("labels.npy"), Test::Fraction(0.4), None);
        store_dense("mine", &import, None, Some(cache.path()), replace)
    };
    let first = of("images.npy", false).unwrap();
    assert_eq!(of("images.npy", false).unwrap(), first);
    let message = of("numbers.npy", false).unwrap_err().to_string();
    assert!(message.contains(&format!("exists (digest `{}`; new digest `", first.digest)), "{message}");
    assert_eq!(of("images.npy", false).unwrap(), first, "the first set is still there");
    let second = of("numbers.npy", true).unwrap();
    assert_ne!(second.digest, first.digest);
    assert_eq!(fs::read_dir(first.path.parent().unwrap()).unwrap().count(), 1, "no unfinished file is left");
    // An error in the samples leaves the file as it is.
    let wrong = import(shipped("features.npy"), shipped("labels.npy"), Test::Fraction(0.4), None);
    assert!(store_dense("mine", &wrong, None, Some(cache.path()), true).is_err());
    assert_eq!(of("numbers.npy", false).unwrap(), second);
}

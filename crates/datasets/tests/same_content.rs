//! Files that hold the same content in another form give the same data set.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use ohmspike_datasets::{Dataset, DenseImport, EventImport, Note, Test, import_dense, import_events};

use crate::made::{Folder, floats, form, integers, npy, zip};

fn events(content: impl AsRef<[u8]>, labels: Option<&[u8]>) -> Dataset {
    let folder = Folder::new();
    let labels = labels.map(|labels| folder.write("labels", labels));
    let import = EventImport { events: folder.write("a", content), labels, test: Test::Fraction(0.5), form: form() };
    import_events("mine", &import, None).expect("a valid file").data
}

fn dense(samples: &[u8], labels: &[u8]) -> (Dataset, Vec<Note>) {
    let folder = Folder::new();
    let (samples, labels) = (folder.write("a", samples), folder.write("labels", labels));
    let import = DenseImport { samples, labels, test: Test::Fraction(0.5), classes: 2, scale: None };
    let import = import_dense("mine", &import, None).expect("a valid file");
    (import.data, import.notes)
}

fn column(labels: &[i64]) -> Vec<u8> {
    let bytes: Vec<u8> = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
    npy("'<i8'", &format!("({}, 1)", labels.len()), &bytes)
}

#[test]
fn labels_may_be_a_column() {
    let samples = npy("'|u1'", "(4, 1)", &[0, 50, 100, 255]);
    let row = integers(&[0, 0, 1, 1]);
    let column = column(&[0, 0, 1, 1]);
    assert_eq!(dense(&samples, &row), dense(&samples, &column));
    assert_eq!(dense(&samples, &row), dense(&samples, &zip(&[("labels", column.clone())])));
    let table = "sample,time,unit\n0,0.1,1\n1,0.1,1\n2,0.1,1\n3,0.1,1\n";
    assert_eq!(events(table, Some(&row)), events(table, Some(&column)));
    let archive = |labels: &[u8]| {
        let numbers = [("sample", integers(&[0, 1, 2, 3])), ("time", floats(&[0.1; 4])), ("unit", integers(&[1; 4]))];
        zip(&[&numbers[..], &[("labels", labels.to_vec())]].concat())
    };
    assert_eq!(events(archive(&row), None), events(archive(&column), None));
}

/// pandas writes integers with gaps as floats.
#[test]
fn whole_numbers_may_be_written_as_floats() {
    let plain = "sample,time,unit,label\n0,0.1,1,0\n1,0.2,3,0\n2,0.1,0,1\n3,0.1,2,1\n";
    let as_floats = "sample,time,unit,label\n0.0,0.1,1.0,0\n1,0.2,3.00,0.0\n2,0.1,0.,1\n3e0,0.1,2,1.0\n";
    assert_eq!(events(plain, None), events(as_floats, None));
}

/// Names of classes are often saved with the samples.
#[test]
fn arrays_that_are_not_read_may_hold_anything() {
    let samples = || npy("'|u1'", "(4, 1)", &[0, 50, 100, 255]);
    let names = npy("'<U1'", "(2,)", &[b'a', 0, 0, 0, b'b', 0, 0, 0]);
    let objects = npy("'|O'", "(2,)", b"a pickle of any length");
    let archive =
        zip(&[("class_names", names), ("labels", integers(&[0, 0, 1, 1])), ("meta", objects), ("samples", samples())]);
    let folder = Folder::new();
    let path = folder.write("a", archive);
    let import =
        DenseImport { samples: path.clone(), labels: path, test: Test::Fraction(0.5), classes: 2, scale: None };
    let import = import_dense("mine", &import, None).expect("a valid archive");
    assert_eq!(import.data, dense(&samples(), &integers(&[0, 0, 1, 1])).0);
    let told: Vec<String> = import.notes.iter().map(Note::to_string).collect();
    assert!(told.len() == 1 && told[0].starts_with("not imported: arrays `class_names`, `meta` of `"), "{told:?}");
}

/// RFC 1952: a gzip file is a series of members, and its content that of all members.
#[test]
fn gzip_files_of_several_members_are_read_whole() {
    let pack = |content: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).expect("writing to memory succeeds");
        encoder.finish().expect("writing to memory succeeds")
    };
    let table = b"sample,time,unit,label\n0,0.1,1,0\n1,0.2,3,0\n2,0.1,0,1\n3,0.1,2,1\n";
    for cut in [0, 1, 30, table.len()] {
        let packed = [pack(&table[..cut]), pack(&table[cut..])].concat();
        assert_eq!(events(packed, None), events(table, None), "cut at {cut}");
    }
    // Images in the format of MNIST.
    let images = [&[0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2][..], &[0, 255, 1, 2, 3, 4, 5, 6]].concat();
    let labels = integers(&[0, 0, 1, 1]);
    let packed: Vec<u8> = images.chunks(7).flat_map(pack).collect();
    assert_eq!(dense(&packed, &pack(&labels)), dense(&images, &labels));
}

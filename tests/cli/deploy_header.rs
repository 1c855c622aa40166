//! `ohmspike deploy` of networks with a header that does not match their weights.

use ohmspike_datasets::{ArrayContent, read_arrays, write_arrays};

use crate::deploy::save_trained;
use crate::ohmspike::{Answer, Folder};

/// Changes header and weights of `trained.npz`, and deploys it.
struct Resaved<'a> {
    folder: &'a Folder,
    header: serde_json::Value,
    weights: [(Vec<usize>, Vec<f32>); 2],
}

impl Resaved<'_> {
    fn of(folder: &Folder) -> Resaved<'_> {
        let arrays = read_arrays(&folder.path("trained.npz")).expect("a network file");
        let weights = ["w0", "w1"]
            .map(|name| (arrays[name].shape.clone(), arrays[name].numbers.iter().map(|n| *n as f32).collect()));
        let header: String = arrays["header"].numbers.iter().map(|byte| char::from(*byte as u8)).collect();
        Resaved { folder, header: serde_json::from_str(&header).expect("JSON"), weights }
    }

    fn deploy(&self) -> Answer {
        let text = self.header.to_string();
        let weights = |number: usize| {
            let (shape, floats) = &self.weights[number];
            (format!("w{number}"), shape.clone(), ArrayContent::Floats(floats))
        };
        let header = ("header".to_owned(), vec![text.len()], ArrayContent::Bytes(text.as_bytes()));
        write_arrays(&self.folder.path("trained.npz"), &[weights(0), weights(1), header]).expect("the folder is ours");
        self.folder.run(&["deploy", "trained.npz", "--device", "ideal", "--chips", "1"])
    }
}

#[test]
fn populations_that_contradict_the_weights_are_named() {
    let folder = Folder::new();
    save_trained(&folder, "plain.npz");
    let mut resaved = Resaved::of(&folder);
    resaved.deploy().succeeds();
    resaved.header["excitatory"] = [0].as_slice().into();
    let contradicted = resaved.deploy();
    assert_eq!((contradicted.status, contradicted.stdout.as_str()), (Some(2), ""), "{contradicted:#?}");
    let start = "error: trained.npz: weights with the sign of the other population: ";
    let told = contradicted.stderr.strip_prefix(start).expect("the cause");
    assert!(told.contains(" of 120 in readout; with 0 in their place, the network itself is at chance ("), "{told}");
    assert!(told.contains("\n\nhint: correct `excitatory` in the header"), "{told}");
    resaved.header["excitatory"] = [13].as_slice().into();
    let outside = resaved.deploy();
    let told = "error: trained.npz: header: excitatory[0]: expected 0 to 12, the columns of `w0`, got 13";
    assert!(outside.stderr.starts_with(told), "{outside:#?}");
}

#[test]
fn a_network_far_below_the_outcome_of_its_training_is_told() {
    let folder = Folder::new();
    save_trained(&folder, "plain.npz");
    let mut resaved = Resaved::of(&folder);
    let unchanged = resaved.deploy().succeeds();
    assert!(!unchanged.stderr.contains("outcome of the training"), "{unchanged:#?}");
    let outcome = 100.0 * resaved.header["outcome"].as_f64().expect("a trained network");
    // Half of the inputs in reverse order: the network works worse than it was trained.
    let columns = resaved.weights[0].0[1];
    resaved.weights[0].1[..392 * columns].reverse();
    let reordered = resaved.deploy().succeeds();
    let told =
        format!(" % with digital weights; the outcome of the training was {outcome:.1} %\n\nhint: check whether");
    assert!(reordered.stderr.contains(&told), "{reordered:#?}");
    // All inputs: the network fails, and its training did not.
    resaved.weights[0].1.rotate_left(300 * columns);
    resaved.weights[1].1.reverse();
    let broken = resaved.deploy();
    let told = format!("); the outcome of its training was {outcome:.1} %; its accuracy on chips would say nothing");
    assert!(broken.stderr.contains(&told), "{broken:#?}");
}

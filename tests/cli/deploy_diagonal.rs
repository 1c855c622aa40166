//! `ohmspike deploy` of small networks, of which every unit drives the one with its number.

use ohmspike_datasets::{ArrayContent, write_arrays};

use crate::deploy::{ON_FOUR, import_four};
use crate::ohmspike::Folder;

/// Saves a network of matrices with a weight on the diagonal.
fn save_diagonal(folder: &Folder, name: &str, matrices: &[([usize; 2], f32)]) {
    let diagonal = |&([rows, columns], weight): &([usize; 2], f32)| {
        let cells = (0..rows * columns).map(|place| if place / columns == place % columns { weight } else { 0.0 });
        cells.collect::<Vec<f32>>()
    };
    let cells: Vec<Vec<f32>> = matrices.iter().map(diagonal).collect();
    let of = |(number, (shape, _)): (usize, &([usize; 2], f32))| {
        (format!("w{number}"), shape.to_vec(), ArrayContent::Floats(&cells[number]))
    };
    let arrays: Vec<_> = matrices.iter().enumerate().map(of).collect();
    write_arrays(&folder.path(name), &arrays).expect("the folder is ours");
}

fn answer_in(folder: &Folder, results: &str) -> serde_json::Value {
    serde_json::from_str(&folder.text(&format!("{results}/deployment.json"))).expect("JSON")
}

/// Nothing is trained, so 40 training samples need not fill a batch of 256. Converters are calibrated on all of them.
#[test]
fn fewer_training_samples_than_a_batch_are_enough() {
    let folder = Folder::new();
    import_four(&folder, 80, |number| number % 4);
    save_diagonal(&folder, "net.npz", &[([4, 5], 2.0), ([5, 4], 1.0)]);
    let times = |more: &[&str], out: &str| {
        let deploy = ["deploy", "net.npz", "--device", "illustrative-oxide", "--chips", "2", "--out", out];
        let more = [&["--set", "data.set=four"], more].concat();
        folder.run(&[&deploy[..], &more].concat()).succeeds();
        answer_in(&folder, out)["cells"][0]["times"].clone()
    };
    assert_eq!(times(&[], "all"), times(&["--set", "training.batch=40"], "forty"));
}

/// The second hidden layer has weights of 0, so all spikes are those of the first.
#[test]
fn hidden_spikes_are_those_of_all_layers() {
    let folder = Folder::new();
    import_four(&folder, 80, |number| number % 4);
    save_diagonal(&folder, "one.npz", &[([4, 5], 2.0), ([5, 4], 1.0)]);
    folder.run(&[&["deploy", "one.npz"], &ON_FOUR[..]].concat()).succeeds();
    let spikes = answer_in(&folder, "results/one-deploy")["cells"][0]["exact"]["hidden_spikes"].clone();
    let spikes = spikes.as_f64().expect("a number");
    assert!(spikes >= 1.0, "{spikes}");
    save_diagonal(&folder, "two.npz", &[([4, 5], 2.0), ([5, 5], 0.0), ([5, 4], 1.0)]);
    let told = folder.run(&[&["deploy", "two.npz"], &ON_FOUR[..]].concat()).stderr;
    let expected = format!("is at chance (25.0 % accuracy, chance 25.0 %, {spikes:.0} hidden spikes per sample)");
    assert!(told.contains(&expected), "{told}");
}

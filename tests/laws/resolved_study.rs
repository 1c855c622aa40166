//! A resolved study is equivalent to the original: every trial has the same settings.

use std::fs;
use std::path::Path;

use ohmspike_experiments::presets::PRESETS;
use ohmspike_study::resolved_study::write_study;
use ohmspike_study::study::{Override, Study};
use ohmspike_study::study_file::StudyFile;

/// Writes `study` to a results folder and reads it back, twice.
fn written_and_read(study: &Study) -> (String, Study) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    write_study(study, folder.path(), folder.path()).expect("a writable folder");
    let first = fs::read_to_string(folder.path().join("study.toml")).expect("written");
    let read = StudyFile::open_with(&PRESETS, folder.path(), &[]).unwrap_or_else(|error| panic!("{error}\n{first}"));
    write_study(&read.study, folder.path(), folder.path()).expect("a writable folder");
    let second = fs::read_to_string(folder.path().join("study.toml")).expect("written");
    assert_eq!(first, second, "rewriting changes the file");
    (first, read.study)
}

fn assert_same(study: &Study) {
    let (text, read) = written_and_read(study);
    let of = |study: &Study| (study.name.clone(), study.question.clone(), study.axes.clone(), study.seeds.clone());
    assert_eq!(of(&read), of(study), "{text}");
    assert_eq!((&read.baseline, &read.replicates), (&study.baseline, &study.replicates));
    assert_eq!((read.details, read.details_given), (study.details, study.details_given));
    assert_eq!(read.conditions.len(), study.conditions.len());
    for (one, other) in study.conditions.iter().zip(&read.conditions) {
        assert_eq!(one.values, other.values);
        assert_eq!(one.settings.resolved(), other.settings.resolved(), "{text}");
    }
}

#[test]
fn the_studies_of_the_repository_round_trip() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = ["experiments/studies", "docs/physics/studies"].map(|folder| root.join(folder));
    let mut seen = 0;
    for entry in folders.iter().flat_map(|folder| fs::read_dir(folder).expect("the studies").flatten()) {
        if entry.path().extension().is_some_and(|extension| extension == "toml") {
            let file = StudyFile::open_with(&PRESETS, &entry.path(), &[]).expect("a study");
            assert_same(&file.study);
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} studies");
}

#[test]
fn overrides_axes_seeds_and_device_keys_round_trip() {
    let text = "name = \"odd\"\nquestion = \"is \\\"this\\\" kept?\"\n[network]\nhidden = [7, 8]\n[noise]\nlevel_percent = [0, 2.5]\n\
                [hardware]\ndevice = [\"ideal\", \"study-1k-1m\"]\n[seeds]\nchip = [18446744073709551615, 3]\n\
                [device]\nread.white.noise = \"relative\"\nread.white.sigma_percent_of_conductance = [0.5, 1]\n";
    for sets in
        [&[][..], &["repeats.seeds=[4, 18446744073709551615]", "training.learning_rate=1e-7"], &["observe.details=all"]]
    {
        let overrides: Vec<Override> = sets.iter().map(|set| Override::parse(set).expect("valid overrides")).collect();
        let text = if sets.is_empty() { text.to_owned() } else { text.replace("[0, 2.5]", "0") };
        assert_same(&Study::parse("odd.toml", &text, &overrides).expect("a study"));
    }
}

/// Every entry of `[[layer]]` with and without own keys, with and without numbers in place of `auto`: the results folder
/// describes the same trials.
#[test]
fn layers_without_own_keys_round_trip() {
    let own = ["", "hidden = 5\n", "excitatory_fraction = 0.5\nsigma_init = 0.2\n"];
    for layers in 1..=4u32 {
        for choice in 0..own.len().pow(layers) {
            let entries =
                (0..layers).map(|layer| format!("[[layer]]\n{}", own[choice / own.len().pow(layer) % own.len()]));
            let entries: String = entries.collect();
            for further in ["", "[noise]\nlevel_percent = [0, 5]\n"] {
                let sigma = if entries.starts_with("[[layer]]\nexc") { "" } else { "[weights]\nsigma_init = 0.1\n" };
                for sigma in [sigma, ""] {
                    let text = format!("name = 'layers'\n[network]\nsteps = 9\n{sigma}{further}{entries}");
                    assert_same_layers(&text, layers as usize);
                }
            }
        }
    }
    assert_same_layers("name = 'l'\n[weights]\nsigma_init = 'auto'\n[[layer]]\n[[layer]]\n", 2);
    let open = "[[layer]]\n[[layer]]\nsigma_init = 'auto'\nweight_at_gmax = 'auto'\n[[layer]]\n";
    assert_same_layers(&format!("name = 'l'\n[hardware]\ndevice = 'ideal'\n{open}"), 3);
}

fn assert_same_layers(text: &str, layers: usize) {
    let study = Study::parse("layers.toml", text, &[]).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(study.conditions.iter().all(|condition| condition.settings.hidden_layers().len() == layers), "{text}");
    assert_same(&study);
    let (_, read) = written_and_read(&study);
    for (one, other) in study.conditions.iter().zip(&read.conditions) {
        assert_eq!(one.auto, other.auto, "{text}");
    }
}

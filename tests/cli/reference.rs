//! `ohmspike keys` and `ohmspike generate`: the reference is complete, and the pages in `docs/reference` are current.
//!
//! `UPDATE_DOCS=1` rewrites the pages; review the difference.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::ohmspike::Folder;

/// The files in a folder by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("text"))
    };
    entries.map(file).collect()
}

#[test]
fn reference_pages_are_current() {
    let folder = Folder::new();
    folder.run(&["generate", "markdown", "pages"]).succeeds();
    let generated = files(&folder.path("pages"));
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::create_dir_all(&committed).expect("the repository");
        for (name, text) in &generated {
            fs::write(committed.join(name), text).expect("the repository");
        }
    }
    let mut committed = files(&committed);
    // Generated from the stubs of the Python package, and checked by its tests.
    assert!(committed.remove("python.md").is_some());
    // Written by hand.
    assert!(committed.remove("fit.md").is_some());
    assert_eq!(committed.keys().collect::<Vec<_>>(), generated.keys().collect::<Vec<_>>());
    for (name, text) in &generated {
        let line = committed[name].lines().zip(text.lines()).find(|(old, new)| old != new);
        assert!(
            committed[name] == *text,
            "docs/reference/{name} is out of date: {line:?}\n\nhint: UPDATE_DOCS=1 cargo test -p ohmspike-cli --test cli \
             reference_pages_are_current"
        );
    }
}

#[test]
fn pages_are_plain_markdown() {
    let folder = Folder::new();
    folder.run(&["generate", "markdown", "pages"]).succeeds();
    for (name, text) in files(&folder.path("pages")) {
        assert_eq!(text.lines().filter(|line| line.starts_with("# ")).count(), 1, "{name}: one title");
        assert!(!text.contains("\n\n\n") && text.ends_with('\n') && !text.ends_with("\n\n"), "{name}: empty lines");
        let mut columns = 0;
        for line in text.lines() {
            let bars = line.replace("\\|", "").matches('|').count();
            if line.starts_with('|') {
                columns = if columns == 0 { bars } else { columns };
                assert!(bars == columns && bars <= 6, "{name}: {line}");
            } else {
                columns = 0;
            }
        }
    }
}

#[test]
fn keys_are_listed_and_explained() {
    let folder = Folder::new();
    let all = folder.run(&["keys"]).succeeds().stdout;
    for wanted in ["[training]", "training.epochs", "repeats.seeds", "device.KEY"] {
        assert!(all.contains(wanted), "{wanted} is missing");
    }
    let one = folder.run(&["keys", "network.neuron"]).succeeds().stdout;
    assert!(one.contains("izhikevich") && one.contains("--set network.neuron="), "{one}");
    folder.run(&["keys", "training.epoch"]).refuses_with(
        "error: unknown section or key `training.epoch`\n\nhint: the nearest name is `training.epochs`\n",
    );
}

#[test]
fn completions_and_man_pages_cover_every_command() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = folder.run(&["generate", "completions", shell]).succeeds().stdout;
        assert!(script.contains("max-trials") && script.contains("completions"), "{shell}");
    }
    folder.run(&["generate", "man", "man"]).succeeds();
    let pages = files(&folder.path("man"));
    for page in ["ohmspike.1", "ohmspike-run.1", "ohmspike-device-show.1"] {
        assert!(pages.contains_key(page), "{page} is missing in {:?}", pages.keys());
    }
    folder.write("file", "");
    let answer = folder.run(&["generate", "man", "file"]);
    assert!(answer.stderr.starts_with("error: cannot write `file`: "), "{}", answer.stderr);
}

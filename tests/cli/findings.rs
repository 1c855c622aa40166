//! The pages of `experiments/findings`: `ohmspike report` gives every one of them again, byte for byte.

use std::fs;
use std::path::Path;

use crate::ohmspike::Folder;

const FINDINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments/findings");

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a temporary folder");
    for entry in fs::read_dir(from).expect("the findings") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &target),
            false => _ = fs::copy(&path, &target).expect("a file"),
        }
    }
}

/// Rewrites the pages with `UPDATE_GOLDEN=1`.
#[test]
fn the_committed_pages_follow_from_the_records() {
    let folder = Folder::new();
    // Pages name the folder as it was given, and studies are compared with their neighbours.
    let copied = folder.path("experiments/findings");
    copy(Path::new(FINDINGS), &copied);
    let with_page = |name: &String| copied.join(name).join("report.html").exists();
    let names = fs::read_dir(&copied).expect("the copy").map(|entry| entry.expect("an entry").file_name());
    let names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).filter(with_page).collect();
    assert!(names.len() > 5, "{names:?}");
    let mut differing = Vec::new();
    for name in names {
        let page = copied.join(&name).join("report.html");
        let committed = fs::read(&page).expect("a page");
        folder.run(&["report", &format!("experiments/findings/{name}")]).succeeds();
        if fs::read(&page).expect("a page") != committed {
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::copy(&page, Path::new(FINDINGS).join(&name).join("report.html")).expect("the page");
            }
            differing.push(name);
        }
    }
    assert_eq!(differing, Vec::<String>::new(), "rewrite pages with UPDATE_GOLDEN=1, and look at them");
}

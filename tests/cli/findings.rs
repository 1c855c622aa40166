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

/// The folders with a page in `folder`, some of them one level below.
fn with_page(folder: &Path, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).expect("the copy") {
        let path = entry.expect("an entry").path();
        let name = format!("{prefix}{}", path.file_name().expect("a name").to_string_lossy());
        if path.join("report.html").exists() {
            names.push(name);
        } else if path.is_dir() && prefix.is_empty() {
            names.extend(with_page(&path, &format!("{name}/")));
        }
    }
    names
}

/// Rewrites the pages with `UPDATE_GOLDEN=1`.
#[test]
fn the_committed_pages_follow_from_the_records() {
    let folder = Folder::new();
    // Pages name the folder as it was given, and studies are compared with their neighbours.
    let copied = folder.path("experiments/findings");
    copy(Path::new(FINDINGS), &copied);
    let names = with_page(&copied, "");
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

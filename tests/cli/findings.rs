//! The pages of `experiments/findings`: `ohmspike report` gives every one of them again, byte for byte, and the figures of the
//! summary are those of the pages.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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

/// The SVG of the figure `name` that `page` contains, in the layout of a file.
fn embedded(page: &str, name: &str) -> Option<String> {
    const URI: &str = "data:image/svg+xml";
    let figure = &page[page.find(&format!("id=\"figure-{name}\""))?..];
    let uri = &figure[figure.find(URI)? + URI.len()..];
    let uri = &uri[..uri.find('"')?];
    match uri.strip_prefix(";base64,") {
        Some(packed) => String::from_utf8(STANDARD.decode(packed).ok()?).ok(),
        None => {
            let escapes =
                [("%3C", "<"), ("%3E", ">"), ("%26", "&"), ("%22", "\""), ("%0A", "\n"), ("%23", "#"), ("%25", "%")];
            let plain = uri.strip_prefix(',')?.to_owned();
            Some(escapes.iter().fold(plain, |text, (escape, letter)| text.replace(escape, letter)))
        }
    }
}

/// Rewrites the figures with `UPDATE_GOLDEN=1`. To add one, write an empty file with its name.
#[test]
fn the_committed_figures_are_those_of_the_pages() {
    let mut differing = Vec::new();
    let mut found = 0;
    for name in with_page(Path::new(FINDINGS), "") {
        let folder = Path::new(FINDINGS).join(name);
        let page = fs::read_to_string(folder.join("report.html")).expect("a page");
        let Ok(figures) = fs::read_dir(folder.join("figures")) else { continue };
        for path in figures.map(|entry| entry.expect("a figure").path()) {
            if path.extension().is_none_or(|kind| kind != "svg") {
                continue;
            }
            found += 1;
            let stem = path.file_stem().expect("a name").to_string_lossy();
            let drawn = embedded(&page, &stem).unwrap_or_else(|| panic!("{} is on its page", path.display()));
            if fs::read_to_string(&path).expect("a figure") != drawn {
                if std::env::var_os("UPDATE_GOLDEN").is_some() {
                    fs::write(&path, drawn).expect("a figure");
                }
                differing.push(path);
            }
        }
    }
    assert!(found >= 10, "{found} figures");
    assert_eq!(differing, Vec::<std::path::PathBuf>::new(), "rewrite figures with UPDATE_GOLDEN=1, and look at them");
}

//! Checks that everything named in the documents exists.

use crate::repository::{crates, read, root, shown};

/// Returns the text between single backticks in `text`, outside fenced blocks.
fn quoted(text: &str) -> Vec<&str> {
    let outside = |(number, part)| (number % 2 == 0).then_some(part);
    let prose = text.split("```").enumerate().filter_map(outside);
    prose.flat_map(|part| part.lines().flat_map(|line| line.split('`').skip(1).step_by(2))).collect()
}

/// Returns the targets of Markdown links within the repository.
fn linked(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://")).collect()
}

/// Returns whether the text looks like a path of the repository: path characters only, with a folder, and not
/// generated.
fn is_repository_path(text: &str) -> bool {
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    let made = ["results/", "target/", "/", "../", "./"];
    text.contains('/')
        && text.chars().all(letters)
        && !text.contains("//")
        && !made.iter().any(|made| text.starts_with(made))
}

#[test]
fn paths_named_in_the_documents_exist() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = read(&root().join(document));
        let named: Vec<&str> = quoted(&text).into_iter().filter(|text| is_repository_path(text)).collect();
        assert!(!named.is_empty(), "{document}: no paths of the repository");
        for path in named.into_iter().chain(linked(&text)) {
            assert!(root().join(path).exists(), "{document}: `{path}` does not exist");
        }
    }
}

/// ARCHITECTURE.md stays short, because newcomers read it first.
#[test]
fn architecture_document_is_short() {
    const MAX_BYTES: usize = 10_000;
    let bytes = read(&root().join("ARCHITECTURE.md")).len();
    assert!(bytes <= MAX_BYTES, "ARCHITECTURE.md: expected at most {MAX_BYTES} bytes, got {bytes}");
}

#[test]
fn every_decision_is_in_the_index() {
    let folder = root().join("docs/decisions");
    let index = read(&folder.join("README.md"));
    for path in crate::repository::entries(&folder) {
        let name = path.file_name().expect("files have names").to_string_lossy().into_owned();
        assert!(name == "README.md" || index.contains(&format!("]({name})")), "{}: missing in the index", shown(&path));
    }
    for target in linked(&index) {
        assert!(folder.join(target).exists(), "docs/decisions/README.md: `{target}` does not exist");
    }
}

#[test]
fn physics_pages_name_tests_and_pictures_that_exist() {
    let folder = root().join("docs/physics");
    for page in crate::repository::entries(&folder) {
        if page.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let (text, page) = (read(&page), shown(&page));
        for target in linked(&text) {
            assert!(folder.join(target).exists(), "{page}: `{target}` does not exist");
        }
        let tests = text.split("\n## Tests\n").nth(1).unwrap_or_default();
        assert!(!tests.is_empty() || page.ends_with("index.md"), "{page}: names no test");
        for item in tests.split("\n- ").filter(|item| item.contains('`')) {
            let quoted: Vec<&str> = item.split('`').skip(1).step_by(2).collect();
            let source = read(&root().join(quoted[0]));
            for test in &quoted[1..] {
                assert!(source.contains(&format!("fn {test}(")), "{page}: `{}` has no test `{test}`", quoted[0]);
            }
        }
    }
}

#[test]
fn device_files_of_the_physics_pages_are_valid() {
    for file in crate::repository::entries(&root().join("docs/physics/devices")) {
        let device = ohmspike_crossbar::device::Device::from_json(&read(&file));
        assert!(device.is_ok(), "{}: {}", shown(&file), device.unwrap_err());
    }
}

#[test]
fn every_crate_has_its_licences() {
    for folder in crates() {
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            let ours = read(&root().join(licence));
            assert!(
                read(&folder.join(licence)) == ours,
                "{}: differs from ../../{licence}",
                shown(&folder.join(licence))
            );
        }
    }
}

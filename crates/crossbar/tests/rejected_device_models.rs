//! Rejects every file of `tests/device_models/rejected/` with the message in its `.error` file. `UPDATE_GOLDEN=1`
//! rewrites the messages; read them before you commit.

#![allow(clippy::disallowed_methods)] // The crate touches no files; these tests compare with some.

use std::fs;
use std::path::PathBuf;

use ohmspike_crossbar::device::Device;

#[test]
fn rejects_bad_files_with_their_message() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/device_models/rejected");
    let mut examples = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        examples += 1;
        let text = fs::read_to_string(&path).unwrap();
        let error = Device::from_json(&text).map(|device| device.name).expect_err(&path.display().to_string());
        let file = path.file_name().expect("a file has a name").to_string_lossy();
        let message = format!("{}\n", error.in_file(&file));
        let golden = path.with_extension("error");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &message).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(message, expected, "{}", path.display());
    }
    assert!(examples >= 20, "{examples} examples in {}", folder.display());
}

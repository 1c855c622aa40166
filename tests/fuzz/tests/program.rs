//! Runs the program.

use std::process::Command;

#[test]
fn every_parser_gets_inputs_and_none_fails() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let mut program = Command::new(env!("CARGO_BIN_EXE_fuzz"));
    let ended = program.args(["all", "2", "--out"]).arg(out.path()).output().expect("the program starts");
    let printed = String::from_utf8(ended.stdout).expect("UTF-8");
    assert!(ended.status.success(), "{printed}");
    let (parsers, last) = printed.trim_end().rsplit_once('\n').expect("several lines");
    assert!(parsers.lines().all(|line| line.ends_with(", 0 failed")), "{printed}");
    assert_eq!(last, format!("{} passed, 0 failed", parsers.lines().count()));
}

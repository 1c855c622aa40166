//! Passes the commit of the source and its date to the program, for the provenance of reports.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Both files change with a commit or a checkout.
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", file]) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    // A package from a registry has no history.
    if let Some(commit) = git(&["log", "-1", "--format=%h, %cs"]) {
        println!("cargo:rustc-env=OHMSPIKE_COMMIT={commit}");
    }
}

/// Returns the first line that git prints; none without git or outside a repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    let line = String::from_utf8(output.stdout).ok()?.lines().next()?.trim().to_owned();
    Some(line).filter(|line| !line.is_empty())
}

//! `ohmspike generate`: shell completions, man pages and the reference pages of the documentation.

mod command_page;
mod csv_page;
mod keys_page;
mod markdown;
mod records_page;

use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_complete::Shell;

use super::file_error::WriteError;
use super::terminal::print_file;
use super::{ExitCode, Failure};

/// Generate shell completions, man pages or reference pages
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print a completion script for a shell
    ///
    /// For bash: ohmspike generate completions bash > ~/.local/share/bash-completion/completions/ohmspike
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write one man page per command to a folder
    Man {
        /// Folder for the pages; created if missing
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Write the reference pages of the documentation to a folder
    Markdown {
        /// Folder for the pages; created if missing
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// A page of the reference.
struct Page {
    /// Name of the file.
    file: &'static str,
    /// One line for the index.
    about: &'static str,
    text: String,
}

/// Runs the command.
pub fn run(command: &Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut crate::Arguments::command(), "ohmspike", &mut script);
            print_file(&script)?;
        }
        Command::Man { folder } => {
            create(folder)?;
            clap_mangen::generate_to(crate::Arguments::command(), folder)
                .map_err(|source| WriteError { path: folder.clone(), source })?;
        }
        Command::Markdown { folder } => write_pages(folder)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write_pages(folder: &Path) -> Result<(), WriteError> {
    create(folder)?;
    let pages = [command_page::page(), keys_page::study(), keys_page::device(), records_page::page(), csv_page::page()];
    let index = index(&pages);
    for Page { file, text, .. } in pages.iter().chain([&index]) {
        let path = folder.join(file);
        fs::write(&path, format!("{}\n", text.trim_end())).map_err(|source| WriteError { path, source })?;
    }
    Ok(())
}

fn index(pages: &[Page]) -> Page {
    let mut text = markdown::title(
        "Reference",
        "All pages but the last are generated from the program, so they match it exactly.",
    );
    for Page { file, about, text: page } in pages {
        text += &format!("- [{}]({file}): {about}\n", markdown::title_of(page));
    }
    text += "- [Python](python.md): every class and function of the Python package.\n";
    text += "- [What a fit says](fit.md): how a device fit estimates each number, and where it can be wrong.\n";
    Page { file: "index.md", about: "", text }
}

fn create(folder: &Path) -> Result<(), WriteError> {
    fs::create_dir_all(folder).map_err(|source| WriteError { path: folder.to_owned(), source })
}

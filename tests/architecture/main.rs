//! The rules of the repository, as checks.
//!
//! - `arrows`: which crate may depend on which; `dependencies`: why an outside crate is there;
//! - `cycles`: no source files that need each other; `shape`: how large files and functions are, and where modules live;
//! - `surroundings`: libraries don't print, exit or read the environment; `bits`: what could round differently elsewhere;
//! - `documents`: paths that the documents name exist;
//! - `repository`, `code`, `modules`: reading the sources.

mod arrows;
mod bits;
mod code;
mod cycles;
mod dependencies;
mod documents;
mod modules;
mod repository;
mod shape;
mod surroundings;

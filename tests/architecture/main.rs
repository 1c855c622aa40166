//! Checks the rules of the repository.
//!
//! - `arrows`: dependencies between crates; `dependencies`: reasons of external dependencies;
//! - `cycles`: no cyclic source files; `shape`: sizes of files and functions, and places of modules;
//! - `surroundings`: libraries don't print, exit or read the environment; `bits`: no operations that round differently
//!   elsewhere;
//! - `documents`: paths in the documents exist;
//! - `repository`, `code`, `modules`: read the sources.

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

//! Sizes of memory and files in words.

/// Writes a number of bytes in MB, or in GB from 10 GB on.
pub fn bytes_words(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes >= 10_000.0 { format!("{:.1} GB", megabytes / 1e3) } else { format!("{} MB", megabytes.ceil()) }
}

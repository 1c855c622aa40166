//! Layout of a file of encoded spikes.
//!
//! ```text
//! ohmspike-spikes-1                  format
//! {"key":{...}, ...}                 one line of JSON: what decides the spikes, counts, checksums
//! 0123...                            SHA-256 of the line of JSON
//! spaces                             up to 4096 bytes
//! labels                             u8 per sample
//! starts                             u32 per step of each sample, then the number of spikes
//! units of the spikes                u16 per spike
//! ```
//! Each list starts at a multiple of 64 bytes. Numbers have the byte order of the machine, which the key names.

use std::ops::Range;

use ohmspike_snn::spikes::Binned;
use serde::{Deserialize, Serialize};

use crate::sha256::sha256;

/// First line of a file.
pub(super) const FORM: &str = "ohmspike-spikes-1";
/// Length of the header, bytes: a page.
pub(super) const BYTES: usize = 4096;
/// Alignment of each list, bytes.
const ALIGNED: u64 = 64;

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// Name of the data set, for people.
    pub name: String,
    /// Everything that decides the spikes, as JSON.
    pub key: String,
    /// SHA-256 of the decoded data set, in hexadecimal.
    pub sha256: String,
    pub classes: usize,
    pub units: usize,
    pub steps: usize,
    pub samples: usize,
    pub spikes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binned: Option<Binned>,
    /// CRC-32 of labels, starts and units of the spikes.
    pub checksums: [u32; 3],
}

/// Positions of the lists in a file, bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub labels: Range<u64>,
    pub starts: Range<u64>,
    pub spikes: Range<u64>,
}

impl Places {
    pub fn new(samples: usize, steps: usize, spikes: usize) -> Places {
        let (samples, steps, spikes) = (samples as u64, steps as u64, spikes as u64);
        let after = |end: u64, bytes: u64| {
            let start = end.div_ceil(ALIGNED).saturating_mul(ALIGNED);
            start..start.saturating_add(bytes)
        };
        let labels = after(BYTES as u64, samples);
        let starts = after(labels.end, samples.saturating_mul(steps).saturating_add(1).saturating_mul(4));
        let spikes = after(starts.end, spikes.saturating_mul(2));
        Places { labels, starts, spikes }
    }
}

impl Header {
    pub fn places(&self) -> Places {
        Places::new(self.samples, self.steps, self.spikes)
    }

    /// Returns the first bytes of the file; none if the header is too long, as with an unusual name.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let line = serde_json::to_string(self).expect("a header is JSON");
        let mut bytes = format!("{FORM}\n{line}\n{}\n", sha256(line.as_bytes())).into_bytes();
        let fits = bytes.len() <= BYTES;
        bytes.resize(BYTES, b' ');
        fits.then_some(bytes)
    }

    /// Reads the first bytes of a file; none if they are not those of a header.
    pub fn parse(bytes: &[u8]) -> Option<Header> {
        let text = std::str::from_utf8(bytes.get(..BYTES)?).ok()?;
        let mut lines = text.split('\n');
        let [form, line, hash] = [lines.next()?, lines.next()?, lines.next()?];
        let whole = form == FORM && hash == sha256(line.as_bytes()) && lines.next()?.trim() == "";
        if whole { serde_json::from_str(line).ok() } else { None }
    }
}

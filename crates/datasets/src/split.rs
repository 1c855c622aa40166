//! Splits off test samples.
//!
//! ```text
//! of the n samples of a class, round(share n), at least 1 and at most n - 1, are test samples:
//! those with the smallest SHA-256 of their index (u64, little-endian)
//! ```
//!
//! The only sample of a class is for training. The choice is the same on every machine and independent of the order of
//! speakers or sessions in the file.

use sha2::{Digest, Sha256};

/// Returns the indices of the training and test samples in ascending order; `share` is from 0 to 1.
pub(crate) fn split(labels: &[u8], fraction: f64) -> (Vec<usize>, Vec<usize>) {
    let mut of_class = vec![Vec::new(); 1 << u8::BITS];
    for (sample, &label) in labels.iter().enumerate() {
        of_class[usize::from(label)].push(sample);
    }
    let mut chosen = vec![false; labels.len()];
    for samples in &mut of_class {
        samples.sort_by_cached_key(|&sample| <[u8; 32]>::from(Sha256::digest((sample as u64).to_le_bytes())));
        let count = match samples.len() {
            // A fraction of 0 or 1 is exact.
            all if fraction <= 0.0 || fraction >= 1.0 => (fraction * all as f64).round() as usize,
            0 | 1 => 0,
            all => ((fraction * all as f64).round() as usize).clamp(1, all - 1),
        };
        samples.iter().take(count).for_each(|&sample| chosen[sample] = true);
    }
    (0..labels.len()).partition(|&sample| !chosen[sample])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_share_of_every_class() {
        let labels: Vec<u8> = (0..100).map(|sample| if sample < 70 { 3 } else { 200 }).collect();
        let (train, test) = split(&labels, 0.3);
        let of = |samples: &[usize], label| samples.iter().filter(|&&sample| labels[sample] == label).count();
        assert_eq!([of(&test, 3), of(&test, 200), of(&train, 3), of(&train, 200)], [21, 9, 49, 21]);
        let mut all = [train, test].concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn small_classes_are_in_both_parts() {
        for (samples, fraction, tested) in [(2, 0.1, 1), (3, 0.1, 1), (3, 0.9, 2), (1, 0.4, 0), (1, 0.9, 0)] {
            let (train, test) = split(&vec![7; samples], fraction);
            assert_eq!((train.len(), test.len()), (samples - tested, tested), "{fraction} of {samples}");
        }
    }

    /// `sha256sum` of the eight bytes of 0 to 4 starts with af, 7c, d8, 35 and f0.
    #[test]
    fn takes_the_smallest_hashes() {
        assert_eq!(split(&[0; 5], 0.4), (vec![0, 2, 4], vec![1, 3]));
        assert_eq!(split(&[0; 5], 0.0), (vec![0, 1, 2, 3, 4], vec![]));
        assert_eq!(split(&[0; 5], 1.0), (vec![], vec![0, 1, 2, 3, 4]));
    }
}

//! Numbers in memory, or in a file that the system pages in and out.

use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::sync::Arc;

use bytemuck::Pod;

/// The content of a file, mapped into memory. Clones share the mapping.
///
/// The system reads a page when it is touched and may drop it at any time, so a file may be larger than the memory.
#[derive(Clone, Debug)]
pub struct MappedFile(Arc<memmap2::Mmap>);

impl MappedFile {
    /// Maps `file`, which must not change as long as the mapping exists.
    ///
    /// Ohmspike maps only files that it writes completely before they get their name, and never writes to them again. A
    /// deleted file stays readable. If another program shortens a mapped file, the system ends this process.
    ///
    /// # Errors
    /// Returns the error of the operating system.
    pub fn new(file: &File) -> io::Result<MappedFile> {
        // SAFETY: nothing in this program writes to a mapped file. Every bit pattern is a valid number, so bytes that
        // another program changes become other numbers.
        #[allow(unsafe_code)]
        let map = unsafe { memmap2::Mmap::map(file) }?;
        Ok(MappedFile(Arc::new(map)))
    }

    /// Returns the bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the numbers in `bytes`; none if the range ends after the file, or if it does not consist of whole and
    /// aligned numbers.
    pub fn numbers<T: Pod>(&self, bytes: Range<usize>) -> Option<Numbers<T>> {
        let is_whole = bytemuck::try_cast_slice::<u8, T>(self.0.get(bytes.clone())?).is_ok();
        is_whole.then(|| Numbers::Mapped(self.clone(), bytes))
    }
}

/// A list of numbers in memory or in a mapped file.
#[derive(Clone, Debug)]
pub enum Numbers<T> {
    /// In memory.
    Owned(Vec<T>),
    /// The bytes of this range of a file, checked by [`MappedFile::numbers`].
    Mapped(MappedFile, Range<usize>),
}

impl<T: Pod> Numbers<T> {
    /// Returns the list in memory, copied from the file first if necessary.
    pub fn to_mut(&mut self) -> &mut Vec<T> {
        if let Numbers::Mapped(..) = self {
            *self = Numbers::Owned(self.to_vec());
        }
        match self {
            Numbers::Owned(numbers) => numbers,
            Numbers::Mapped(..) => unreachable!("copied into memory"),
        }
    }

    /// Returns whether the numbers are in a file.
    pub fn is_mapped(&self) -> bool {
        matches!(self, Numbers::Mapped(..))
    }
}

impl<T: Pod> Deref for Numbers<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        match self {
            Numbers::Owned(numbers) => numbers,
            Numbers::Mapped(file, bytes) => bytemuck::cast_slice(&file.bytes()[bytes.clone()]),
        }
    }
}

impl<T: Pod + PartialEq> PartialEq for Numbers<T> {
    fn eq(&self, other: &Numbers<T>) -> bool {
        **self == **other
    }
}

impl<T: Pod + Eq> Eq for Numbers<T> {}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn mapped(bytes: &[u8]) -> MappedFile {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(bytes).expect("the file is ours");
        MappedFile::new(&file).expect("a regular file")
    }

    #[test]
    fn numbers_of_a_file_equal_those_in_memory() {
        let numbers = [7_u16, 0, 65_535, 300];
        let file = mapped(&numbers.map(u16::to_ne_bytes).concat());
        let mut of_file: Numbers<u16> = file.numbers(2..8).expect("three numbers");
        assert_eq!(of_file[..], numbers[1..]);
        assert_eq!(of_file, Numbers::Owned(numbers[1..].to_vec()));
        assert!(of_file.clone().is_mapped());
        of_file.to_mut().push(9);
        assert_eq!((of_file.is_mapped(), &of_file[..]), (false, &[0, 65_535, 300, 9][..]));
        assert_eq!(file.numbers::<u16>(8..8).expect("no number").len(), 0);
    }

    #[test]
    fn rejects_parts_of_numbers_and_ranges_after_the_end() {
        let file = mapped(&[0; 12]);
        assert!(file.numbers::<u32>(0..12).is_some() && file.numbers::<u16>(2..4).is_some());
        for bytes in [0..13, 0..3, 1..3, 12..14] {
            assert_eq!(file.numbers::<u16>(bytes.clone()), None, "{bytes:?}");
        }
        assert_eq!(file.numbers::<u32>(2..6), None, "an unaligned number");
    }
}

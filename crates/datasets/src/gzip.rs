//! Decompresses gzip files of one or several members (RFC 1952, section 2.2), such as those of `cat a.gz b.gz`.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

/// The first two bytes of a member (RFC 1952, section 2.3.1).
pub(crate) const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The content of all members, one after the other.
pub(crate) struct Members<'a>(GzDecoder<&'a [u8]>);

impl<'a> Members<'a> {
    /// Opens the members in `packed`.
    pub(crate) fn new(packed: &'a [u8]) -> Members<'a> {
        Members(GzDecoder::new(packed))
    }

    /// Returns the bytes after those that have been read: after the end of the content, the bytes after the last member.
    pub(crate) fn left(&self) -> &'a [u8] {
        let left: &&'a [u8] = self.0.get_ref();
        left
    }
}

impl Read for Members<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.0.read(into)?;
            if count > 0 || into.is_empty() || !self.left().starts_with(&MAGIC) {
                return Ok(count);
            }
            *self = Members::new(self.left());
        }
    }
}

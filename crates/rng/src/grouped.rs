//! A stream that makes its blocks in groups and hands them out in any number.

use ohmspike_simd::{Block, LANES, note_work};

/// Blocks made at a time: sixteen counters of four words.
pub const GROUP: usize = 4;

/// Fills groups from the counters `first` on of the stream at `place` under `key`.
pub(crate) type Fill = fn(key: [u32; 2], place: [u32; 2], first: u64, groups: &mut [[Block; GROUP]]);

/// Where a stream of blocks is, and the group of which some blocks are handed out.
#[derive(Clone, Debug)]
pub(crate) struct Grouped {
    key: [u32; 2],
    place: [u32; 2],
    next_counter: u64,
    group: [Block; GROUP],
    taken: usize,
}

impl Grouped {
    /// The start of the stream at `place`.
    pub(crate) fn new(key: [u32; 2], place: [u32; 2]) -> Grouped {
        Grouped { key, place, next_counter: 0, group: [Block::ZERO; GROUP], taken: GROUP }
    }

    /// The stream, which must be at its start, after so many groups.
    pub(crate) fn after_groups(self, groups: usize) -> Grouped {
        debug_assert_eq!((self.next_counter, self.taken), (0, GROUP));
        Grouped { next_counter: (groups * LANES) as u64, ..self }
    }

    /// Fills `blocks` with the next of the stream that `make` makes; how the stream is cut into calls changes no draw.
    pub(crate) fn fill(&mut self, blocks: &mut [Block], make: Fill) {
        let ready = (GROUP - self.taken).min(blocks.len());
        let (head, rest) = blocks.split_at_mut(ready);
        head.copy_from_slice(&self.group[self.taken..self.taken + ready]);
        self.taken += ready;

        let (whole, tail) = rest.as_chunks_mut::<GROUP>();
        self.make(whole, make);
        if !tail.is_empty() {
            let mut group = [[Block::ZERO; GROUP]];
            self.make(&mut group, make);
            self.group = group[0];
            self.taken = tail.len();
            tail.copy_from_slice(&self.group[..self.taken]);
        }
    }

    fn make(&mut self, groups: &mut [[Block; GROUP]], make: Fill) {
        if !groups.is_empty() {
            note_work(|work| work.drawn += (groups.len() * GROUP) as u64);
            make(self.key, self.place, self.next_counter, groups);
            self.next_counter += (groups.len() * LANES) as u64;
        }
    }
}

//! A stream that computes blocks in groups and returns any number of them.

use ohmspike_simd::{Block, LANES, note_work};

/// Blocks computed together: four words of sixteen counters.
pub const GROUP: usize = 4;

/// Fills groups with the counters from `first` on of the stream at `place` with the key `key`.
pub(crate) type Fill = fn(key: [u32; 2], place: [u32; 2], first: u64, groups: &mut [[Block; GROUP]]);

/// Position in a stream of blocks, with the partly consumed group.
#[derive(Clone, Debug)]
pub(crate) struct Grouped {
    key: [u32; 2],
    place: [u32; 2],
    next_counter: u64,
    group: [Block; GROUP],
    taken: usize,
}

impl Grouped {
    /// Starts the stream at `place`.
    pub(crate) fn new(key: [u32; 2], place: [u32; 2]) -> Grouped {
        Grouped { key, place, next_counter: 0, group: [Block::ZERO; GROUP], taken: GROUP }
    }

    /// Skips `groups` groups of a stream at its start.
    pub(crate) fn after_groups(self, groups: usize) -> Grouped {
        debug_assert_eq!((self.next_counter, self.taken), (0, GROUP));
        Grouped { next_counter: (groups * LANES) as u64, ..self }
    }

    /// Fills `blocks` with the next blocks of the stream, computed by `make`. The draws do not depend on the sizes of
    /// the calls.
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

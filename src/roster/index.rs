//! Finds a row by the hash of its key: four bytes a slot, at most half of the slots in use.
//!
//! It keeps neither keys nor hashes; the caller knows how to compare and to hash a row.

const FREE: u32 = u32::MAX;
const SLOTS_MIN: usize = 16;

/// An open-addressed table of rows with linear probing.
#[derive(Debug, Default)]
pub(super) struct Index {
    slots: Vec<u32>,
    used: usize,
}

impl Index {
    /// The row with this hash that `is` accepts.
    pub(super) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mut slot = self.first_slot(hash);
        loop {
            match self.slots[slot] {
                FREE => return None,
                row if is(row) => return Some(row),
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        }
    }

    /// Adds a row that is not in the table; `hash_of` gives the hash of rows that are.
    pub(super) fn insert(&mut self, row: u32, hash: u64, hash_of: impl Fn(u32) -> u64) {
        if (self.used + 1) * 2 > self.slots.len() {
            let length = (self.slots.len() * 2).max(SLOTS_MIN);
            let rows = std::mem::replace(&mut self.slots, vec![FREE; length]);
            for row in rows.into_iter().filter(|row| *row != FREE) {
                self.place(row, hash_of(row));
            }
        }
        self.place(row, hash);
        self.used += 1;
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>()
    }

    fn place(&mut self, row: u32, hash: u64) {
        let mut slot = self.first_slot(hash);
        while self.slots[slot] != FREE {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = row;
    }

    /// The length is a power of two, so the mask keeps the low bits.
    fn first_slot(&self, hash: u64) -> usize {
        let mask = self.slots.len() as u64 - 1;
        usize::try_from(hash & mask).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_also_when_all_hashes_are_equal() {
        for spread in [0_u64, 1, 0x9E37_79B9_7F4A_7C15] {
            let hash = |row: u32| u64::from(row).wrapping_mul(spread);
            let mut index = Index::default();
            assert_eq!(index.find(0, |_| true), None);
            for row in 0..500 {
                index.insert(row, hash(row), hash);
            }
            for row in 0..500 {
                assert_eq!(index.find(hash(row), |r| r == row), Some(row));
            }
            assert_eq!(index.find(hash(7), |r| r == 500), None);
        }
    }
}

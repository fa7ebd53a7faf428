//! For each row of a table a list of numbers, in two allocations.

/// Lists of numbers by row: `items[starts[row]..starts[row + 1]]`.
#[derive(Debug, Default)]
pub(super) struct Rows {
    starts: Box<[u32]>,
    items: Box<[u32]>,
}

impl Rows {
    /// The lists of `rows` rows from (row, item) pairs. Each list is sorted and holds an item once.
    ///
    /// There are fewer pairs than `u32::MAX`: the builder's limits see to that.
    pub(super) fn from_pairs(rows: usize, mut pairs: Vec<(u32, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = Vec::with_capacity(rows + 1);
        let mut next = 0;
        for (at, (row, _)) in (0_u32..).zip(&pairs) {
            while next <= *row {
                starts.push(at);
                next += 1;
            }
        }
        let end = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
        starts.resize(rows + 1, end);
        Self { starts: starts.into_boxed_slice(), items: pairs.into_iter().map(|(_, item)| item).collect() }
    }

    /// The list of a row.
    pub(super) fn of(&self, row: u32) -> &[u32] {
        let row = row as usize;
        &self.items[self.starts[row] as usize..self.starts[row + 1] as usize]
    }

    /// The items of all rows.
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        (self.starts.len() + self.items.len()) * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_and_hold_an_item_once_and_may_be_empty() {
        let rows = Rows::from_pairs(5, vec![(3, 9), (1, 7), (3, 8), (1, 7), (3, 9)]);
        let lists: Vec<&[u32]> = (0..5).map(|row| rows.of(row)).collect();
        assert_eq!(lists, [&[][..], &[7], &[], &[8, 9], &[]]);
        assert_eq!(rows.len(), 3);
        assert_eq!(Rows::from_pairs(1, Vec::new()).of(0), [0_u32; 0]);
    }
}

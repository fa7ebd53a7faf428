//! How many publications each kind of listener is owed so far. Pure.

use crate::flows::REGION;
use crate::school::Part;

/// Per channel: what students may see, and what teachers may.
#[derive(Debug)]
pub(crate) struct Dues {
    classes: Vec<[u64; 2]>,
    region: [u64; 2],
}

impl Dues {
    /// For so many classes, nothing being owed.
    pub(crate) fn new(classes: usize) -> Self {
        Self { classes: vec![[0; 2]; classes], region: [0; 2] }
    }

    /// Publications were taken in a channel.
    pub(crate) fn add(&mut self, channel: u32, teachers_only: bool, count: u64) {
        let sums = match channel {
            REGION => Some(&mut self.region),
            class => self.classes.get_mut(class as usize),
        };
        if let Some([students, teachers]) = sums {
            *teachers += count;
            *students += if teachers_only { 0 } else { count };
        }
    }

    /// What a listener of a channel is owed since the beginning. Guardians and operators see what students see.
    pub(crate) fn of(&self, channel: u32, part: Part) -> u64 {
        let sums = match channel {
            REGION => Some(&self.region),
            class => self.classes.get(class as usize),
        };
        sums.map_or(0, |[students, teachers]| if part == Part::Teacher { *teachers } else { *students })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_are_not_owed_what_is_for_teachers() {
        let mut dues = Dues::new(2);
        dues.add(1, false, 3);
        dues.add(1, true, 1);
        dues.add(REGION, false, 2);
        assert_eq!((dues.of(1, Part::Student), dues.of(1, Part::Teacher)), (3, 4));
        assert_eq!((dues.of(0, Part::Student), dues.of(REGION, Part::Student)), (0, 2));
        assert_eq!(dues.of(7, Part::Student), 0);
    }
}

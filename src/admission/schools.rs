//! Seats and evictions by school, for operators: nothing is decided by them.
//!
//! Whoever sits counts at no school until it was said at which. A seat that is only reserved is nobody's here.

use std::collections::HashMap;

use super::{Class, PerClass, Step};
use crate::base::{OrgId, limits};

/// A school's place here; by default that of those who are of none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct SchoolNumber(u16);

/// What is counted of one school.
#[derive(Debug, Default)]
pub(super) struct School {
    /// Which; none for those who are of none.
    pub(super) name: Option<OrgId>,
    /// Seats that are taken or rest, by class.
    pub(super) seats: PerClass<u32>,
    /// How many were sent away so far, in the order of [`Step::ALL`].
    pub(super) evicted: [u64; Step::ALL.len()],
}

/// All schools of which somebody came.
#[derive(Debug)]
pub(super) struct Schools {
    numbers: HashMap<OrgId, SchoolNumber>,
    /// By number; the first is none.
    all: Vec<School>,
}

impl Default for Schools {
    fn default() -> Self {
        Self { numbers: HashMap::new(), all: vec![School::default()] }
    }
}

impl Schools {
    /// The number of a school. Beyond [`limits::SCHOOLS_COUNTED_MAX`] it is that of none.
    pub(super) fn number(&mut self, school: Option<&OrgId>) -> SchoolNumber {
        let Some(school) = school else { return SchoolNumber::default() };
        if let Some(number) = self.numbers.get(school) {
            return *number;
        }
        match u16::try_from(self.all.len()) {
            Ok(next) if self.numbers.len() < limits::SCHOOLS_COUNTED_MAX => {
                self.all.push(School { name: Some(school.clone()), ..School::default() });
                self.numbers.insert(school.clone(), SchoolNumber(next));
                SchoolNumber(next)
            }
            _ => SchoolNumber::default(),
        }
    }

    /// Somebody of a school has a seat more, in a class.
    pub(super) fn add(&mut self, school: SchoolNumber, class: Class) {
        if let Some(school) = self.all.get_mut(usize::from(school.0)) {
            school.seats[class.index()] += 1;
        }
    }

    /// A seat less.
    pub(super) fn remove(&mut self, school: SchoolNumber, class: Class) {
        if let Some(school) = self.all.get_mut(usize::from(school.0)) {
            let seats = &mut school.seats[class.index()];
            *seats = seats.saturating_sub(1);
        }
    }

    /// One more of a school was sent away.
    pub(super) fn evict(&mut self, school: SchoolNumber, step: Step) {
        if let Some(school) = self.all.get_mut(usize::from(school.0)) {
            school.evicted[step as usize] += 1;
        }
    }

    /// The schools, those who are of none first.
    pub(super) fn all(&self) -> &[School] {
        &self.all
    }
}

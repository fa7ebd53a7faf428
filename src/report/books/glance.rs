//! The books at one glance, for whoever looks often: counts alone, without the rows of each school.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Books;
use crate::base::{OrgId, Role};
use crate::report::row::{ByRole, Row};

/// The whole region now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Today.
    pub date: Date,
    /// The counts of today so far.
    pub row: Row,
    /// Who is here.
    pub here: ByRole<u32>,
}

/// One school now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Glance {
    /// Who is here, of all roles.
    pub connections: u32,
    /// Requests for a seat since the start, but for those outside their window.
    pub asked: u64,
    /// Those of them that were answered without a seat.
    pub turned_away: u64,
    /// Pupils who asked for a seat today.
    pub pupils_tried: u32,
    /// Those of them who had it at the first try.
    pub pupils_at_first_try: u32,
}

// What docs/LIMITS.md says of a school.
const _: () = assert!(size_of::<Glance>() <= 32);

impl Books {
    /// The whole region now.
    pub fn region(&self) -> Region {
        let open = self.open();
        let here = open.presence.counts.first().copied().unwrap_or_default();
        Region { date: open.today.day.date, row: open.today.day.region.clone(), here }
    }

    /// Every school now that somebody came from: of many at most so many, by their identifiers.
    pub fn glances(&self, max: usize) -> BTreeMap<OrgId, Glance> {
        let open = self.open();
        let mut glances: BTreeMap<OrgId, Glance> = BTreeMap::new();
        for (school, here) in open.presence.schools.iter().zip(open.presence.counts.iter().skip(1)) {
            glances.entry(school.clone()).or_default().connections =
                Role::ALL.iter().map(|role| here.of(*role)).sum();
        }
        for (school, answers) in &open.answers {
            let Some(school) = school else { continue };
            let glance = glances.entry(school.clone()).or_default();
            for ((_, answer), count) in answers {
                match *answer {
                    "suspended" | "kicked" => {}
                    "entered" => glance.asked += count,
                    _ => {
                        glance.asked += count;
                        glance.turned_away += count;
                    }
                }
            }
        }
        for (school, row) in &open.today.day.schools {
            let glance = glances.entry(school.clone()).or_default();
            glance.pupils_tried = row.pupils_tried;
            glance.pupils_at_first_try = row.pupils_at_first_try;
        }
        while glances.len() > max {
            glances.pop_last();
        }
        glances
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::base::{AccountId, MachineTime, SessionId};
    use crate::report::{Asked, Today};

    #[test]
    fn a_glance_counts_who_is_here_and_who_was_turned_away() {
        let books = Books::new(Today::new(date(2026, 3, 27), [7; 32]));
        let school = OrgId::parse("lycee").unwrap();
        for (number, asked) in [
            (0, Asked::Entered),
            (1, Asked::Waits),
            (2, Asked::Outside),
            (3, Asked::Kicked),
            (4, Asked::Refused("closed")),
        ] {
            let pupil = AccountId::parse(&format!("s{number}")).unwrap();
            books.asked(&pupil, Role::Student, Some(&school), asked, MachineTime(5));
        }
        books.joined(SessionId(1), Role::Student, Some(&school));
        books.joined(SessionId(2), Role::Teacher, Some(&school));
        books.joined(SessionId(3), Role::Operator, None);
        let expected =
            Glance { connections: 2, asked: 3, turned_away: 2, pupils_tried: 3, pupils_at_first_try: 1 };
        assert_eq!(books.glances(9)[&school], expected);
        assert!(books.glances(0).is_empty());
        let region = books.region();
        assert_eq!((region.here.student, region.here.teacher, region.here.operator), (1, 1, 1));
        assert_eq!(region.row, books.today().region);
    }
}

//! Which group each school is told under: metrics and operators see groups, so that the rows are few however many schools
//! there are.

use std::collections::BTreeMap;

use crate::base::{OrgId, limits};
use crate::roster::{OrgKind, Roster};

/// The group of schools that are in none, and of those who are of no school.
pub(super) const OTHER: &str = "other";

/// Schools by the name of their group.
pub type SchoolGroups = BTreeMap<String, Vec<OrgId>>;

/// The group of each school: the configured one; without any, its own, if there are few.
pub struct Grouping(BTreeMap<String, String>);

impl Grouping {
    /// The groups of the schools of a roster.
    pub fn of(groups: &SchoolGroups, roster: &Roster) -> Self {
        if !groups.is_empty() {
            let pairs = groups.iter().flat_map(|(group, schools)| {
                schools.iter().map(move |school| (school.as_str().to_owned(), group.clone()))
            });
            return Self(pairs.collect());
        }
        let schools = roster.orgs().filter(|org| org.kind() == OrgKind::School);
        let own: Vec<_> = schools.take(limits::SCHOOL_GROUPS_MAX).map(|org| org.id().to_owned()).collect();
        let is_few = own.len() < limits::SCHOOL_GROUPS_MAX;
        Self(own.into_iter().filter(|_| is_few).map(|id| (id.clone(), id)).collect())
    }

    /// A school's group, or that of those who are of none.
    pub fn group(&self, school: Option<&OrgId>) -> &str {
        school.and_then(|school| self.0.get(school.as_str())).map_or(OTHER, String::as_str)
    }
}

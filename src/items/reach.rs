//! How many people an item reaches, before it is sent: each once, in however many of its channels they are.
//!
//! Guardians are reached through the pupils of a class, level, school or region, where their link says that they are written
//! to; in a bulletin, as its readers. Operators follow every school and are counted only where all of them are meant.

use std::collections::HashSet;

use crate::base::{Audience, Channel, ReceiptBy, Role};
use crate::roster::{Account, Class, Roster};

/// How many people an item reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// By role, in the order of [`Role::ALL`].
    pub by_role: [usize; Role::ALL.len()],
    /// How many receipts there can be, if some are asked for.
    pub receipts: Option<usize>,
}

impl Reach {
    /// All.
    pub fn total(&self) -> usize {
        self.by_role.iter().sum()
    }

    /// Of one role.
    pub fn of(&self, role: Role) -> usize {
        self.by_role[role as usize]
    }
}

/// How many people the roster has in these places, of an audience, and how many receipts that makes. Who sends it counts
/// like anybody.
pub fn reach(roster: &Roster, places: &[Channel], audience: Audience, receipt: Option<ReceiptBy>) -> Reach {
    let sought = Sought::of(places);
    let mut counted =
        Counted { sought, audience, seen: HashSet::new(), by_role: [0; Role::ALL.len()], students: 0 };
    match counted.sought.only_classes(roster) {
        Some(classes) => classes.into_iter().flat_map(people).for_each(|account| counted.count(account)),
        None => roster.accounts().for_each(|account| counted.count(account)),
    }
    let Counted { by_role, students, .. } = counted;
    let receipts = receipt.map(|by| match by {
        ReceiptBy::Student => students,
        ReceiptBy::Account => by_role.iter().sum(),
    });
    Reach { by_role, receipts }
}

/// Whoever a class may reach; some of them twice.
fn people(class: Class<'_>) -> impl Iterator<Item = Account<'_>> {
    let guardians = class.students().flat_map(|student| student.guardians().map(|link| link.account));
    class.people().chain(guardians)
}

/// The places, ready to be asked about many accounts.
struct Sought<'a> {
    is_region: bool,
    is_region_bulletin: bool,
    schools: HashSet<&'a str>,
    bulletins: HashSet<&'a str>,
    levels: HashSet<(&'a str, &'a str)>,
    classes: HashSet<&'a str>,
}

impl<'a> Sought<'a> {
    fn of(places: &'a [Channel]) -> Self {
        let mut sought = Self {
            is_region: false,
            is_region_bulletin: false,
            schools: HashSet::new(),
            bulletins: HashSet::new(),
            levels: HashSet::new(),
            classes: HashSet::new(),
        };
        for place in places {
            match place {
                Channel::Region => sought.is_region = true,
                Channel::RegionBulletin => sought.is_region_bulletin = true,
                Channel::School(school) => drop(sought.schools.insert(school.as_str())),
                Channel::Bulletin(school) => drop(sought.bulletins.insert(school.as_str())),
                Channel::Level(school, grade) => {
                    sought.levels.insert((school.as_str(), grade.as_str()));
                }
                Channel::Class(class) => drop(sought.classes.insert(class.as_str())),
                // Nobody sends items there.
                Channel::Account(_) => {}
            }
        }
        sought
    }

    /// The classes, if there is nothing else.
    fn only_classes<'r>(&self, roster: &'r Roster) -> Option<Vec<Class<'r>>> {
        let is_wide = self.is_region || self.is_region_bulletin;
        let has_more = !(self.schools.is_empty() && self.bulletins.is_empty() && self.levels.is_empty());
        (!is_wide && !has_more).then(|| self.classes.iter().filter_map(|id| roster.class(id)).collect())
    }

    /// Whether the places reach an account itself.
    fn reaches(&self, account: Account<'_>) -> bool {
        if self.is_region_bulletin {
            return true;
        }
        match account.role() {
            Role::Guardian => {
                let is_in = |schools: &HashSet<&str>| account.schools().any(|org| schools.contains(org.id()));
                is_in(&self.bulletins)
                    || account.children().any(|link| link.terms.receives && self.holds(link.account))
            }
            Role::Operator => self.is_region || self.has_class_of(account),
            Role::Staff => {
                self.is_region
                    || self.has_class_of(account)
                    || account.schools().any(|org| {
                        let is_level_of = |(school, _): &(&str, &str)| *school == org.id();
                        self.schools.contains(org.id())
                            || self.bulletins.contains(org.id())
                            || self.levels.iter().any(is_level_of)
                    })
            }
            Role::Teacher | Role::Student => {
                self.holds(account) || account.schools().any(|org| self.bulletins.contains(org.id()))
            }
        }
    }

    /// Whether a teacher or pupil is in one of the places that are no bulletins.
    fn holds(&self, account: Account<'_>) -> bool {
        self.is_region
            || self.has_class_of(account)
            || (!self.schools.is_empty() && account.schools().any(|org| self.schools.contains(org.id())))
            || (!self.levels.is_empty()
                && account.levels().any(|level| self.levels.contains(&(level.school.id(), level.grade))))
    }

    fn has_class_of(&self, account: Account<'_>) -> bool {
        !self.classes.is_empty() && account.classes().any(|e| self.classes.contains(e.class.id()))
    }
}

/// What was counted so far.
struct Counted<'a> {
    sought: Sought<'a>,
    audience: Audience,
    seen: HashSet<u32>,
    by_role: [usize; Role::ALL.len()],
    students: usize,
}

impl Counted<'_> {
    fn count(&mut self, account: Account<'_>) {
        if !self.seen.insert(account.number()) || !self.sought.reaches(account) {
            return;
        }
        let role = account.role();
        if self.audience.includes(role) {
            self.by_role[role as usize] += 1;
        }
        // A student stands for its guardians too: one receipt, whoever of them reads it.
        let is_answered_for = || {
            let is_read = account.guardians().any(|link| link.terms.receives);
            self.audience.includes(Role::Student) || (self.audience.includes(Role::Guardian) && is_read)
        };
        if role == Role::Student && is_answered_for() {
            self.students += 1;
        }
    }
}

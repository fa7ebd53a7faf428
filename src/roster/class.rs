//! Views of one class, and of one school or other body.

use std::fmt;

use super::Roster;
use super::account::Account;
use super::kind::{ClassKind, EnrolmentRole, OrgKind, unpack_role};
use super::tables::{ClassRow, OrgRow};
use super::text::Text;

/// One class or group of a roster.
#[derive(Clone, Copy)]
pub struct Class<'a> {
    roster: &'a Roster,
    row: u32,
}

impl<'a> Class<'a> {
    pub(super) fn new(roster: &'a Roster, row: u32) -> Self {
        Self { roster, row }
    }

    pub(super) fn row(&self) -> u32 {
        self.row
    }

    /// Its identifier.
    pub fn id(&self) -> &'a str {
        self.roster.texts.get(self.columns().id)
    }

    /// What it is called. May be empty.
    pub fn title(&self) -> &'a str {
        self.roster.texts.get(self.columns().title)
    }

    /// What is taught. May be empty.
    pub fn subject(&self) -> &'a str {
        self.roster.texts.get(self.columns().subject)
    }

    /// Whether it is a class or a group.
    pub fn kind(&self) -> ClassKind {
        self.columns().kind
    }

    /// The school it is part of.
    pub fn school(&self) -> Org<'a> {
        Org::new(self.roster, self.columns().school)
    }

    /// The grades it is for.
    pub fn grades(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let roster = self.roster;
        let places = roster.class_grades.of(self.row);
        places.iter().map(move |place| roster.texts.get(Text(*place)))
    }

    /// How many enrolments it has, of all roles.
    pub fn members(&self) -> usize {
        self.roster.members.of(self.row).len()
    }

    /// Who attends it.
    pub fn students(&self) -> impl Iterator<Item = Account<'a>> + use<'a> {
        self.enrolled(EnrolmentRole::Student)
    }

    /// Who teaches it.
    pub fn teachers(&self) -> impl Iterator<Item = Account<'a>> + use<'a> {
        self.enrolled(EnrolmentRole::Teacher)
    }

    /// Who is enrolled in it, as whatever.
    pub fn people(&self) -> impl Iterator<Item = Account<'a>> + use<'a> {
        let roster = self.roster;
        let members = roster.members.of(self.row).iter();
        members.map(move |packed| Account::new(roster, unpack_role(*packed).0))
    }

    fn enrolled(&self, wanted: EnrolmentRole) -> impl Iterator<Item = Account<'a>> + use<'a> {
        let roster = self.roster;
        roster.members.of(self.row).iter().filter_map(move |packed| {
            let (row, role) = unpack_role(*packed);
            (role == wanted).then(|| Account::new(roster, row))
        })
    }

    fn columns(&self) -> &'a ClassRow {
        &self.roster.classes[self.row as usize]
    }
}

impl fmt::Debug for Class<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Class({})", self.id())
    }
}

/// One school or other body of a roster.
#[derive(Clone, Copy)]
pub struct Org<'a> {
    roster: &'a Roster,
    row: u32,
}

impl<'a> Org<'a> {
    pub(super) fn new(roster: &'a Roster, row: u32) -> Self {
        Self { roster, row }
    }

    pub(super) fn row(&self) -> u32 {
        self.row
    }

    /// Its identifier.
    pub fn id(&self) -> &'a str {
        self.roster.texts.get(self.columns().id)
    }

    /// What it is called. May be empty.
    pub fn name(&self) -> &'a str {
        self.roster.texts.get(self.columns().name)
    }

    /// What it is.
    pub fn kind(&self) -> OrgKind {
        self.columns().kind
    }

    fn columns(&self) -> &'a OrgRow {
        &self.roster.orgs[self.row as usize]
    }
}

impl fmt::Debug for Org<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Org({})", self.id())
    }
}

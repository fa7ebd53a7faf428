//! A view of one account: who it is, where it belongs, what it teaches or attends, whose guardian it is.

use std::fmt;

use super::Roster;
use super::class::{Class, Org};
use super::kind::{EnrolmentRole, LinkTerms, OrgKind, unpack_role};
use super::tables::AccountRow;
use super::text::Text;
use crate::base::Role;

/// One account of a roster.
#[derive(Clone, Copy)]
pub struct Account<'a> {
    roster: &'a Roster,
    row: u32,
}

/// A class, and what the account is in it.
#[derive(Debug, Clone, Copy)]
pub struct Enrolment<'a> {
    /// The class.
    pub class: Class<'a>,
    /// What the account is in it.
    pub role: EnrolmentRole,
}

/// A grade of one school.
#[derive(Debug, Clone, Copy)]
pub struct Level<'a> {
    /// The school.
    pub school: Org<'a>,
    /// The grade's name, usable in a channel's name.
    pub grade: &'a str,
}

/// The other end of a link between a guardian and a student.
#[derive(Debug, Clone, Copy)]
pub struct Link<'a> {
    /// The student, seen from the guardian; the guardian, seen from the student.
    pub account: Account<'a>,
    /// What the link says.
    pub terms: LinkTerms,
}

impl<'a> Account<'a> {
    pub(super) fn new(roster: &'a Roster, row: u32) -> Self {
        Self { roster, row }
    }

    pub(super) fn row(&self) -> u32 {
        self.row
    }

    /// Its number in this roster, by which it is told apart from others there.
    pub fn number(&self) -> u32 {
        self.row
    }

    /// Its identifier.
    pub fn id(&self) -> &'a str {
        self.roster.texts.get(self.columns().id)
    }

    /// What it is.
    pub fn role(&self) -> Role {
        self.roster.roles[self.row as usize]
    }

    /// The person's given name. May be empty.
    pub fn given_name(&self) -> &'a str {
        self.roster.texts.get(self.columns().given_name)
    }

    /// The person's family name. May be empty.
    pub fn family_name(&self) -> &'a str {
        self.roster.texts.get(self.columns().family_name)
    }

    /// The person's e-mail address. Several accounts may share one: it identifies nobody.
    pub fn email(&self) -> Option<&'a str> {
        let email = self.roster.texts.get(self.columns().email);
        (!email.is_empty()).then_some(email)
    }

    /// The schools it belongs to. A guardian belongs to the schools of the linked students, and to no other.
    pub fn schools(&self) -> impl Iterator<Item = Org<'a>> + use<'a> {
        self.orgs().filter(|org| org.kind() == OrgKind::School)
    }

    /// Whether [`Account::schools`] holds the school.
    pub fn belongs_to(&self, school_id: &str) -> bool {
        self.schools().any(|school| school.id() == school_id)
    }

    /// The classes it is enrolled in.
    pub fn classes(&self) -> impl Iterator<Item = Enrolment<'a>> + use<'a> {
        let roster = self.roster;
        roster.enrolments.of(self.row).iter().map(move |packed| {
            let (class, role) = unpack_role(*packed);
            Enrolment { class: Class::new(roster, class), role }
        })
    }

    /// Whether it teaches the class.
    pub fn teaches(&self, class_id: &str) -> bool {
        self.is_enrolled(class_id, EnrolmentRole::Teacher)
    }

    /// Whether it is a student of the class.
    pub fn attends(&self, class_id: &str) -> bool {
        self.is_enrolled(class_id, EnrolmentRole::Student)
    }

    /// The levels it has: a student's own grades in each of its schools; for who teaches, the grades of those classes.
    /// In no order, each once.
    pub fn levels(&self) -> impl Iterator<Item = Level<'a>> + use<'a> {
        let roster = self.roster;
        let mut levels: Vec<(u32, u32)> = Vec::new();
        if self.role() == Role::Student {
            for school in self.schools() {
                let grades = roster.account_grades.of(self.row);
                levels.extend(grades.iter().map(|grade| (school.row(), *grade)));
            }
        }
        for taught in self.classes().filter(|e| e.role == EnrolmentRole::Teacher) {
            let school = taught.class.school().row();
            let grades = roster.class_grades.of(taught.class.row());
            levels.extend(grades.iter().map(|grade| (school, *grade)));
        }
        levels.sort_unstable();
        levels.dedup();
        levels.into_iter().map(move |(school, grade)| Level {
            school: Org::new(roster, school),
            grade: roster.texts.get(Text(grade)),
        })
    }

    /// Whether [`Account::levels`] holds the grade of the school.
    pub fn has_level(&self, school_id: &str, grade: &str) -> bool {
        self.levels().any(|level| level.school.id() == school_id && level.grade == grade)
    }

    /// The students that the account is a guardian of. A link that is cut is not there, nor one to a student of age who
    /// wants the family to get nothing.
    pub fn children(&self) -> impl Iterator<Item = Link<'a>> + use<'a> {
        let row = self.row;
        let links = links(self.roster, self.roster.children.of(row));
        links.filter(move |link| !link.account.roster.hidden.hides(row, link.account.row))
    }

    /// The students of age whose guardian the account is by a link that is not cut, and who want the family to get nothing
    /// about them: what is for their whole school it still gets.
    pub fn silent_children(&self) -> impl Iterator<Item = Link<'a>> + use<'a> {
        let row = self.row;
        let links = links(self.roster, self.roster.children.of(row));
        links.filter(move |link| {
            let hidden = &link.account.roster.hidden;
            hidden.is_stopped(link.account.row) && !hidden.is_cut(row, link.account.row)
        })
    }

    /// The guardians of the student, but those whose links are not there. One guardian is never shown to another.
    pub fn guardians(&self) -> impl Iterator<Item = Link<'a>> + use<'a> {
        let row = self.row;
        let links = links(self.roster, self.roster.guardians.of(row));
        links.filter(move |link| !link.account.roster.hidden.hides(link.account.row, row))
    }

    /// Whether it is a student of age.
    pub fn is_adult(&self) -> bool {
        self.roster.adults.binary_search(&self.row).is_ok()
    }

    /// Whether it is a student of age who wants the family to get nothing.
    pub fn stops_family(&self) -> bool {
        self.roster.hidden.is_stopped(self.row)
    }

    /// A number that changes when what the account may do changes: role, schools, grades, enrolments with the school
    /// and grades of their classes, links. Not with names or addresses. It holds within one process only.
    pub(super) fn fingerprint(&self) -> u64 {
        self.roster.fingerprints[self.row as usize]
    }

    fn orgs(&self) -> impl Iterator<Item = Org<'a>> + use<'a> {
        let roster = self.roster;
        let rows = roster.hidden.orgs(self.row).unwrap_or_else(|| roster.account_orgs.of(self.row));
        rows.iter().map(move |row| Org::new(roster, *row))
    }

    fn is_enrolled(&self, class_id: &str, role: EnrolmentRole) -> bool {
        self.classes().any(|e| e.role == role && e.class.id() == class_id)
    }

    fn columns(&self) -> &'a AccountRow {
        &self.roster.accounts[self.row as usize]
    }
}

fn links<'a>(roster: &'a Roster, packed: &'a [u32]) -> impl Iterator<Item = Link<'a>> + use<'a> {
    packed.iter().map(move |packed| {
        let (row, terms) = LinkTerms::unpack(*packed);
        Link { account: Account::new(roster, row), terms }
    })
}

/// The identifier and role only: names stay out of logs.
impl fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({}, {})", self.id(), self.role().as_str())
    }
}

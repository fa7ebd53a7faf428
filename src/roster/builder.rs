//! Makes a roster: bodies first, then accounts and classes, then enrolments and links, each by its identifier.
//!
//! Whatever it accepts is consistent: identifiers are unique and usable in channel names, references lead somewhere,
//! a link joins a guardian and a student.

use std::sync::Arc;

use super::Roster;
use super::index::Index;
use super::kind::{EnrolmentRole, LinkTerms, OrgKind, pack_role};
use super::new::{NewAccount, NewClass, NewLink, NewOrg};
use super::rows::Rows;
use super::tables::{AccountRow, ClassRow, OrgRow, Tables};
use super::text::{Text, TextsBuilder, hash};
use crate::base::{IdError, Role, ids, limits};

/// `bulletin:region` names the region's bulletin, so no school may be called that.
const RESERVED_ORG_ID: &str = "region";
/// Departments within departments that are followed up to their school.
const DEPARTMENT_DEPTH_MAX: usize = 8;

/// Why the builder refuses something. Nothing of it was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The identifier, or a grade, can't stand in a channel's name.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A school's identifier has another meaning in channel names.
    #[error("this identifier is reserved")]
    Reserved,
    /// The identifier was given before.
    #[error("the identifier is taken")]
    Duplicate,
    /// No such school or other body was added before.
    #[error("the org is unknown")]
    UnknownOrg,
    /// The body is neither a school nor a department of one.
    #[error("the org is not a school")]
    NotASchool,
    /// No such account was added before.
    #[error("the account is unknown")]
    UnknownAccount,
    /// No such class was added before.
    #[error("the class is unknown")]
    UnknownClass,
    /// The account's role does not allow this place in a class: only students attend, neither students nor guardians
    /// have any other place.
    #[error("the account's role does not allow this enrolment")]
    EnrolmentRole,
    /// The adult's account is no guardian, or the other one no student.
    #[error("a link joins a guardian and a student")]
    LinkRoles,
    /// The account is no student: of others nobody says whether they are of age.
    #[error("only students are marked as of age")]
    Adult,
    /// A name is longer than [`limits::ROSTER_TEXT_BYTES_MAX`].
    #[error("a text is at most {} bytes long", limits::ROSTER_TEXT_BYTES_MAX)]
    TextTooLong,
    /// A list of schools or grades is longer than [`limits::ROSTER_LIST_MAX`].
    #[error("a list has at most {} entries", limits::ROSTER_LIST_MAX)]
    ListTooLong,
    /// The roster has no room for more.
    #[error("a roster holds at most {max} {what}")]
    Full {
        /// What is counted.
        what: &'static str,
        /// The bound.
        max: usize,
    },
}

/// A roster in the making.
#[derive(Debug)]
pub struct RosterBuilder {
    texts: TextsBuilder,
    accounts: Vec<AccountRow>,
    roles: Vec<Role>,
    account_index: Index,
    classes: Vec<ClassRow>,
    class_index: Index,
    orgs: Vec<OrgRow>,
    parents: Vec<Option<u32>>,
    org_index: Index,
    /// (account, org)
    account_orgs: Vec<(u32, u32)>,
    /// (account, grade)
    account_grades: Vec<(u32, u32)>,
    /// (class, grade)
    class_grades: Vec<(u32, u32)>,
    /// (account, class and role)
    enrolments: Vec<(u32, u32)>,
    /// guardian, student
    links: Vec<(u32, u32, LinkTerms)>,
    adults: Vec<u32>,
}

impl Default for RosterBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl RosterBuilder {
    /// A roster of nobody.
    pub fn new() -> Self {
        Self {
            texts: TextsBuilder::new(),
            accounts: Vec::new(),
            roles: Vec::new(),
            account_index: Index::default(),
            classes: Vec::new(),
            class_index: Index::default(),
            orgs: Vec::new(),
            parents: Vec::new(),
            org_index: Index::default(),
            account_orgs: Vec::new(),
            account_grades: Vec::new(),
            class_grades: Vec::new(),
            enrolments: Vec::new(),
            links: Vec::new(),
            adults: Vec::new(),
        }
    }

    /// Adds a school or other body.
    ///
    /// # Errors
    /// [`BuildError::Id`], [`BuildError::Reserved`], [`BuildError::Duplicate`], [`BuildError::TextTooLong`],
    /// [`BuildError::Full`].
    pub fn org(&mut self, new: NewOrg<'_>) -> Result<(), BuildError> {
        ids::check(new.id)?;
        if new.id == RESERVED_ORG_ID {
            return Err(BuildError::Reserved);
        }
        if self.find_org(new.id).is_ok() {
            return Err(BuildError::Duplicate);
        }
        let row = next_row(self.orgs.len(), "orgs", limits::ROSTER_ORGS_MAX)?;
        let (id, name) = (self.texts.intern(new.id)?, self.texts.intern(new.name)?);
        let kind = new.kind;
        self.orgs.push(OrgRow { id, name, kind });
        self.parents.push(None);
        let hash_of = |row: u32| hash(self.texts.get(self.orgs[row as usize].id));
        self.org_index.insert(row, hash(new.id), hash_of);
        Ok(())
    }

    /// Says that one body is part of another. This matters for departments, which stand for their school.
    ///
    /// # Errors
    /// [`BuildError::UnknownOrg`].
    pub fn org_parent(&mut self, org: &str, parent: &str) -> Result<(), BuildError> {
        let (org, parent) = (self.find_org(org)?, self.find_org(parent)?);
        self.parents[org as usize] = Some(parent);
        Ok(())
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`BuildError::Id`], [`BuildError::Duplicate`], [`BuildError::UnknownOrg`], [`BuildError::ListTooLong`],
    /// [`BuildError::TextTooLong`], [`BuildError::Full`].
    pub fn account(&mut self, new: NewAccount<'_>) -> Result<(), BuildError> {
        ids::check(new.id)?;
        if self.find_account(new.id).is_ok() {
            return Err(BuildError::Duplicate);
        }
        let row = next_row(self.accounts.len(), "accounts", limits::ROSTER_ACCOUNTS_MAX)?;
        let columns = AccountRow {
            id: self.texts.intern(new.id)?,
            given_name: self.texts.intern(new.given_name)?,
            family_name: self.texts.intern(new.family_name)?,
            email: self.texts.intern(new.email)?,
        };
        let orgs = if new.role == Role::Guardian { &[] } else { new.orgs };
        list_fits(orgs)?;
        let orgs: Vec<u32> = orgs.iter().map(|org| self.find_org(org)).collect::<Result<_, _>>()?;
        let grades = self.grades(new.grades)?;
        self.account_orgs.extend(orgs.into_iter().map(|org| (row, org)));
        self.account_grades.extend(grades.into_iter().map(|grade| (row, grade)));
        self.accounts.push(columns);
        self.roles.push(new.role);
        let hash_of = |row: u32| hash(self.texts.get(self.accounts[row as usize].id));
        self.account_index.insert(row, hash(new.id), hash_of);
        Ok(())
    }

    /// Adds a class. Departments must have their parents by now.
    ///
    /// # Errors
    /// [`BuildError::Id`], [`BuildError::Duplicate`], [`BuildError::UnknownOrg`], [`BuildError::NotASchool`],
    /// [`BuildError::ListTooLong`], [`BuildError::TextTooLong`], [`BuildError::Full`].
    pub fn class(&mut self, new: NewClass<'_>) -> Result<(), BuildError> {
        ids::check(new.id)?;
        if self.find_class(new.id).is_ok() {
            return Err(BuildError::Duplicate);
        }
        let row = next_row(self.classes.len(), "classes", limits::ROSTER_CLASSES_MAX)?;
        let school = self.school_of(self.find_org(new.school)?);
        if self.orgs[school as usize].kind != OrgKind::School {
            return Err(BuildError::NotASchool);
        }
        let columns = ClassRow {
            id: self.texts.intern(new.id)?,
            title: self.texts.intern(new.title)?,
            subject: self.texts.intern(new.subject)?,
            school,
            kind: new.kind,
        };
        let grades = self.grades(new.grades)?;
        self.class_grades.extend(grades.into_iter().map(|grade| (row, grade)));
        self.classes.push(columns);
        let hash_of = |row: u32| hash(self.texts.get(self.classes[row as usize].id));
        self.class_index.insert(row, hash(new.id), hash_of);
        Ok(())
    }

    /// Enrols an account in a class. To do it twice changes nothing.
    ///
    /// # Errors
    /// [`BuildError::UnknownClass`], [`BuildError::UnknownAccount`], [`BuildError::EnrolmentRole`],
    /// [`BuildError::Full`].
    pub fn enrol(&mut self, class: &str, account: &str, role: EnrolmentRole) -> Result<(), BuildError> {
        let class = self.find_class(class)?;
        let account = self.find_account(account)?;
        let is_student = role == EnrolmentRole::Student;
        let allowed = match self.roles[account as usize] {
            Role::Student => is_student,
            Role::Guardian => false,
            Role::Teacher | Role::Staff | Role::Operator => !is_student,
        };
        if !allowed {
            return Err(BuildError::EnrolmentRole);
        }
        next_row(self.enrolments.len(), "enrolments", limits::ROSTER_ENROLMENTS_MAX)?;
        self.enrolments.push((account, pack_role(class, role)));
        Ok(())
    }

    /// Links a guardian and a student.
    ///
    /// # Errors
    /// [`BuildError::UnknownAccount`], [`BuildError::LinkRoles`], [`BuildError::Full`].
    pub fn link(&mut self, new: NewLink<'_>) -> Result<(), BuildError> {
        let guardian = self.find_account(new.guardian)?;
        let student = self.find_account(new.student)?;
        let roles = (self.roles[guardian as usize], self.roles[student as usize]);
        if roles != (Role::Guardian, Role::Student) {
            return Err(BuildError::LinkRoles);
        }
        next_row(self.links.len(), "links", limits::ROSTER_LINKS_MAX)?;
        self.links.push((guardian, student, new.terms));
        Ok(())
    }

    /// Says that a student is of age.
    ///
    /// # Errors
    /// [`BuildError::UnknownAccount`], [`BuildError::Adult`].
    pub fn adult(&mut self, account: &str) -> Result<(), BuildError> {
        let account = self.find_account(account)?;
        if self.roles[account as usize] != Role::Student {
            return Err(BuildError::Adult);
        }
        self.adults.push(account);
        Ok(())
    }

    /// What an org is, if it was added.
    pub(super) fn org_kind(&self, org: &str) -> Option<OrgKind> {
        let row = self.find_org(org).ok()?;
        Some(self.orgs[row as usize].kind)
    }

    /// What an account is, if it was added.
    pub(super) fn role_of(&self, account: &str) -> Option<Role> {
        let row = self.find_account(account).ok()?;
        Some(self.roles[row as usize])
    }

    /// The roster as it stays.
    pub fn build(mut self) -> Roster {
        // Stable, and the last of equal pairs holds.
        self.links.sort_by_key(|(guardian, student, _)| (*guardian, *student));
        self.links.dedup_by(|later, kept| {
            let same = (later.0, later.1) == (kept.0, kept.1);
            if same {
                kept.2 = later.2;
            }
            same
        });
        let account_orgs = self.resolved_orgs();
        let members = self.enrolments.iter().map(|(account, packed)| {
            let (class, role) = super::kind::unpack_role(*packed);
            (class, pack_role(*account, role))
        });
        let children = self.links.iter().map(|(g, s, terms)| (*g, terms.pack(*s)));
        let guardians = self.links.iter().map(|(g, s, terms)| (*s, terms.pack(*g)));
        let (accounts, classes) = (self.accounts.len(), self.classes.len());
        self.adults.sort_unstable();
        let tables = Tables {
            members: Rows::from_pairs(classes, members.collect()),
            children: Rows::from_pairs(accounts, children.collect()),
            guardians: Rows::from_pairs(accounts, guardians.collect()),
            account_orgs: Rows::from_pairs(accounts, account_orgs),
            account_grades: Rows::from_pairs(accounts, self.account_grades),
            enrolments: Rows::from_pairs(accounts, self.enrolments),
            class_grades: Rows::from_pairs(classes, self.class_grades),
            texts: self.texts.finish(),
            accounts: self.accounts.into_boxed_slice(),
            roles: self.roles.into_boxed_slice(),
            account_index: self.account_index,
            classes: self.classes.into_boxed_slice(),
            class_index: self.class_index,
            orgs: self.orgs.into_boxed_slice(),
            org_index: self.org_index,
            adults: self.adults.into_boxed_slice(),
        };
        let roster = Roster { tables: Arc::new(tables), ..Roster::default() };
        Roster { fingerprints: super::changes::fingerprints(&roster), ..roster }
    }

    /// Each account's bodies: departments replaced by their schools, guardians given the schools of their students.
    fn resolved_orgs(&self) -> Vec<(u32, u32)> {
        let mut pairs: Vec<(u32, u32)> =
            self.account_orgs.iter().map(|(account, org)| (*account, self.school_of(*org))).collect();
        let own = Rows::from_pairs(self.accounts.len(), pairs.clone());
        for (guardian, student, _) in &self.links {
            pairs.extend(own.of(*student).iter().map(|org| (*guardian, *org)));
        }
        pairs
    }

    /// The school that a department is part of; any other body itself.
    fn school_of(&self, org: u32) -> u32 {
        let mut above = org;
        for _ in 0..DEPARTMENT_DEPTH_MAX {
            if self.orgs[above as usize].kind != OrgKind::Department {
                return above;
            }
            match self.parents[above as usize] {
                Some(parent) => above = parent,
                None => return org,
            }
        }
        org
    }

    fn grades(&mut self, grades: &[&str]) -> Result<Vec<u32>, BuildError> {
        list_fits(grades)?;
        for grade in grades {
            ids::check(grade)?;
        }
        grades.iter().map(|grade| self.texts.intern(grade).map(|Text(place)| place)).collect()
    }

    fn find_account(&self, id: &str) -> Result<u32, BuildError> {
        let is = |row: u32| self.texts.get(self.accounts[row as usize].id) == id;
        self.account_index.find(hash(id), is).ok_or(BuildError::UnknownAccount)
    }

    fn find_class(&self, id: &str) -> Result<u32, BuildError> {
        let is = |row: u32| self.texts.get(self.classes[row as usize].id) == id;
        self.class_index.find(hash(id), is).ok_or(BuildError::UnknownClass)
    }

    fn find_org(&self, id: &str) -> Result<u32, BuildError> {
        let is = |row: u32| self.texts.get(self.orgs[row as usize].id) == id;
        self.org_index.find(hash(id), is).ok_or(BuildError::UnknownOrg)
    }
}

fn list_fits(list: &[&str]) -> Result<(), BuildError> {
    if list.len() > limits::ROSTER_LIST_MAX {
        return Err(BuildError::ListTooLong);
    }
    Ok(())
}

/// The number of the next row of a table that holds `length` rows.
fn next_row(length: usize, what: &'static str, max: usize) -> Result<u32, BuildError> {
    let full = BuildError::Full { what, max };
    if length >= max {
        return Err(full);
    }
    u32::try_from(length).map_err(|_| full)
}

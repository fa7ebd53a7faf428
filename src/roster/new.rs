//! What a builder can add to a roster. References are by identifier; the builder checks them.

use super::kind::{ClassKind, LinkTerms, OrgKind};
use crate::base::Role;

/// A school or other body to add.
#[derive(Debug, Clone, Copy)]
pub struct NewOrg<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// What it is.
    pub kind: OrgKind,
}

/// An account to add.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// What it is.
    pub role: Role,
    /// The person's given name. May be empty.
    pub given_name: &'a str,
    /// The person's family name. May be empty.
    pub family_name: &'a str,
    /// The person's e-mail address, or nothing.
    pub email: &'a str,
    /// The bodies it belongs to. Ignored for a guardian, who belongs where the linked students do.
    pub orgs: &'a [&'a str],
    /// A student's grades.
    pub grades: &'a [&'a str],
}

/// A class to add.
#[derive(Debug, Clone, Copy)]
pub struct NewClass<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// What it is called. May be empty.
    pub title: &'a str,
    /// What is taught. May be empty.
    pub subject: &'a str,
    /// Whether it is a class or a group.
    pub kind: ClassKind,
    /// The school it is part of.
    pub school: &'a str,
    /// The grades it is for.
    pub grades: &'a [&'a str],
}

/// A link to add between a guardian and a student.
#[derive(Debug, Clone, Copy)]
pub struct NewLink<'a> {
    /// The adult's account.
    pub guardian: &'a str,
    /// The student's account.
    pub student: &'a str,
    /// What the link says. The last one given for the same pair holds.
    pub terms: LinkTerms,
}

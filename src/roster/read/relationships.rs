//! Who answers for whom: `agentSourcedIds` of `users.csv`, and `relationships.csv`, which says more and wins.
//!
//! `relationships.csv` has the columns of Microsoft's School Data Sync 2.1; `metadata.legal` and `metadata.receives`
//! are ours, for what OneRoster can't say: parental authority, and whether to write to this adult.

use std::collections::HashMap;

use super::bundle::Bundle;
use super::field::{self, dangling, flag, word};
use super::table::{Layout, Need, Row, columns};
use super::{Absence, At, Code, Reading};
use crate::base::{Role, limits};
use crate::roster::builder::BuildError;
use crate::roster::kind::{LinkKind, LinkTerms};
use crate::roster::new::NewLink;

columns! {
    Status = "status" Optional,
    Student = "userSourcedId" Required,
    Adult = "relationshipUserSourcedId" Required,
    Kind = "relationshipRole" Required,
    Legal = "metadata.legal" Optional,
    Receives = "metadata.receives" Optional,
}

static LAYOUT: Layout = Layout {
    file: "relationships.csv",
    need: Need::Optional,
    rows_max: limits::ROSTER_LINKS_MAX,
    columns: COLUMNS,
};

const KINDS: [(&str, LinkKind); 6] = [
    ("parent", LinkKind::Parent),
    ("guardian", LinkKind::Guardian),
    ("relative", LinkKind::Relative),
    ("aide", LinkKind::Aide),
    ("doctor", LinkKind::Doctor),
    ("other", LinkKind::Other),
];

/// What `users.csv` says about links, until all users are known.
#[derive(Debug, Default)]
pub(super) struct Agents {
    pairs: Vec<Pair>,
    /// What each guardian is to students, by the word of its role.
    kinds: HashMap<Box<str>, LinkKind>,
    pairs_max: usize,
    full: bool,
}

#[derive(Debug)]
struct Pair {
    user: Box<str>,
    agent: Box<str>,
    at: At,
}

impl Agents {
    /// Nothing yet; at most so many pairs.
    pub(super) fn new(pairs_max: usize) -> Self {
        Self { pairs_max, ..Self::default() }
    }

    /// Keeps what a row says.
    pub(super) fn note<'t>(
        &mut self,
        user: &str,
        kind: Option<LinkKind>,
        agents: impl Iterator<Item = &'t str>,
        at: At,
    ) {
        if let Some(kind) = kind {
            self.kinds.insert(user.into(), kind);
        }
        for agent in agents {
            if self.pairs.len() == self.pairs_max {
                self.full = true;
                return;
            }
            self.pairs.push(Pair { user: user.into(), agent: agent.into(), at });
        }
    }

    /// Adds the links. Both ends may name each other: it is one link.
    pub(super) fn link(self, reading: &mut Reading<'_>) {
        if self.full {
            let (what, max) = ("links", self.pairs_max);
            reading.refused(BuildError::Full { what, max }, At::file("users.csv"));
        }
        for Pair { user, agent, at } in &self.pairs {
            let guardian_first = reading.builder.role_of(user) == Some(Role::Guardian);
            let (guardian, student) = if guardian_first { (user, agent) } else { (agent, user) };
            let kind = self.kinds.get(guardian).copied().unwrap_or(LinkKind::Guardian);
            let terms = LinkTerms::by_default(kind);
            let new = NewLink { guardian, student, terms };
            add(new, agent, *at, reading);
        }
    }
}

/// Adds the links of `relationships.csv`.
pub(super) fn read(bundle: &mut Bundle, reading: &mut Reading<'_>) {
    let Some(mut table) = reading.open(bundle, &LAYOUT) else {
        return;
    };
    while let Some(row) = table.next(&mut reading.report) {
        // A row that is left out says so itself; nothing refers to it.
        let _: Result<(), Absence> = relate(&row, reading);
        reading.advance(table.progress());
    }
    reading.tell(table.progress());
}

fn relate(row: &Row<'_>, reading: &mut Reading<'_>) -> Result<(), Absence> {
    field::active(row, Column::Status, reading)?;
    let report = &mut reading.report;
    let student = row.required(Column::Student, report);
    let guardian = row.required(Column::Adult, report);
    let kind = word(row, Column::Kind, &KINDS, report)?;
    let legal = flag(row, Column::Legal, kind.is_legal_by_default(), report);
    let receives = flag(row, Column::Receives, kind.is_legal_by_default(), report);
    let (student, guardian) = (student.ok_or(Absence::Faulty)?, guardian.ok_or(Absence::Faulty)?);
    let terms =
        LinkTerms { kind, legal: legal.ok_or(Absence::Faulty)?, receives: receives.ok_or(Absence::Faulty)? };
    let new = NewLink { guardian, student, terms };
    let unknown = if reading.builder.role_of(student).is_none() {
        (student, row.at(Column::Student))
    } else {
        (guardian, row.at(Column::Adult))
    };
    add(new, unknown.0, unknown.1, reading);
    Ok(())
}

/// Adds a link; `other` at `at` is the end that may be unknown.
fn add(new: NewLink<'_>, other: &str, at: At, reading: &mut Reading<'_>) {
    match reading.builder.link(new) {
        Ok(()) => (),
        Err(BuildError::UnknownAccount) => {
            dangling(other, &reading.absent_users, at, "users.csv", &mut reading.report);
        }
        Err(BuildError::LinkRoles) => {
            let expected = "a student on one side, a guardian on the other";
            reading.report.add(Code::LinkIgnored, at, expected);
        }
        Err(error) => reading.refused(error, at),
    }
}

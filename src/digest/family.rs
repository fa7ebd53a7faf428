//! Whose children a guardian gets to read of, and in which channels that stands. It follows the roster in force: a link
//! that was cut is not there.

use crate::base::{AccountId, Channel, ClassId, OrgId};
use crate::roster::{Account, EnrolmentRole, Roster};

/// A guardian with the children that the guardian is written to about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) guardian: AccountId,
    /// At least one.
    pub(super) children: Vec<Child>,
    /// Their schools and the region, each once.
    pub(super) shared: Vec<Channel>,
    /// Their schools, by name: the first is the one whose clock counts.
    pub(super) schools: Vec<Box<str>>,
}

/// A child, and the channels that are the child's but not the whole school's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Child {
    pub(super) account: AccountId,
    pub(super) channels: Vec<Channel>,
}

impl Family {
    /// The family of a guardian; none if there is neither a child to write about nor a school.
    pub(super) fn of(roster: &Roster, guardian: &AccountId) -> Option<Self> {
        let account = roster.account(guardian.as_str())?;
        let mut family = Self {
            guardian: guardian.clone(),
            children: Vec::new(),
            shared: Vec::new(),
            schools: Vec::new(),
        };
        let children = account.children().map(|link| (link, Child::of(link.account)));
        // Of who is of age and wants the family to get nothing, the school's own news stays.
        let silent = account.silent_children().map(|link| (link, None));
        for (link, child) in children.chain(silent).filter(|(link, _)| link.terms.receives) {
            family.children.extend(child);
            for school in link.account.schools() {
                if !family.schools.iter().any(|known| &**known == school.id()) {
                    family.schools.push(school.id().into());
                    family.shared.extend(OrgId::parse(school.id()).map(Channel::School));
                }
            }
        }
        family.shared.push(Channel::Region);
        (!family.schools.is_empty()).then_some(family)
    }

    /// Every channel that something for the guardian may stand in.
    pub(super) fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.children.iter().flat_map(|child| &child.channels).chain(&self.shared)
    }
}

impl Child {
    fn of(student: Account<'_>) -> Option<Self> {
        let classes = student.classes().filter(|enrolment| enrolment.role == EnrolmentRole::Student);
        let classes = classes.filter_map(|enrolment| ClassId::parse(enrolment.class.id()).ok());
        let levels = student.levels().filter_map(|level| {
            let school = OrgId::parse(level.school.id()).ok()?;
            Some(Channel::Level(school, ClassId::parse(level.grade).ok()?))
        });
        let channels = classes.map(Channel::Class).chain(levels).collect();
        Some(Self { account: AccountId::parse(student.id()).ok()?, channels })
    }
}

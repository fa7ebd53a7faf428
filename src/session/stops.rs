//! Where posting is stopped: a class, or a whole school. The switch for the day on which something goes wrong in one.
//!
//! One set for sockets and HTTP alike, asked for every publish: what is stopped is stopped for the next message, wherever it
//! comes in. Operators may still announce, since somebody must say why. Remembering it over a restart is
//! not its business.

use std::collections::BTreeSet;

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};

use crate::access::Identity;
use crate::base::{Channel, ClassId, OrgId, Role};
use crate::roster::Roster;

/// Where posting can be stopped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// In one class.
    Class(ClassId),
    /// In all channels of a school, its classes' included.
    School(OrgId),
}

/// Where posting is stopped. Readers never wait.
#[derive(Debug, Default)]
pub struct Stops {
    current: ArcSwap<BTreeSet<Scope>>,
}

impl Stops {
    /// Stops posting. Whether it was not stopped there.
    pub fn stop(&self, scope: &Scope) -> bool {
        let before = self.current.rcu(|scopes| {
            let mut scopes = BTreeSet::clone(scopes);
            scopes.insert(scope.clone());
            scopes
        });
        !before.contains(scope)
    }

    /// Allows posting again. Whether it was stopped there.
    pub fn allow(&self, scope: &Scope) -> bool {
        let before = self.current.rcu(|scopes| {
            let mut scopes = BTreeSet::clone(scopes);
            scopes.remove(scope);
            scopes
        });
        before.contains(scope)
    }

    /// Where posting is stopped, in order.
    pub fn list(&self) -> Vec<Scope> {
        self.current.load().iter().cloned().collect()
    }

    /// Whether what somebody publishes in a channel is refused.
    pub fn refuse(&self, roster: &Roster, who: &Identity, channel: &Channel) -> bool {
        let scopes = self.current.load();
        if scopes.is_empty() || who.role == Role::Operator {
            return false;
        }
        let is_stopped = |school: &OrgId| scopes.contains(&Scope::School(school.clone()));
        match channel {
            Channel::Class(class) => {
                let school =
                    roster.class(class.as_str()).and_then(|class| OrgId::parse(class.school().id()).ok());
                scopes.contains(&Scope::Class(class.clone()))
                    || school.is_some_and(|school| is_stopped(&school))
            }
            Channel::School(school) | Channel::Level(school, _) | Channel::Bulletin(school) => {
                is_stopped(school)
            }
            Channel::Region | Channel::RegionBulletin | Channel::Account(_) => false,
        }
    }
}

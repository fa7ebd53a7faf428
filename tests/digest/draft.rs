//! What people send, and the words of each version of it.

use preau::access::Identity;
use preau::base::body::{Announcement, Assignment};
use preau::base::{Audience, Kind, Role};
use preau::items::Content;

use crate::world::account;

/// Who sends items.
pub(crate) const AUTHORS: [&str; 2] = ["teacher", "operator"];

/// What somebody sends.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) places: Vec<&'static str>,
    pub(crate) is_for_guardians: bool,
    pub(crate) is_urgent: bool,
    /// Of an assignment.
    pub(crate) due: String,
}

impl Draft {
    /// Work is given by the teacher of the classes, everything else by an operator, who may announce anywhere.
    pub(crate) fn author(&self) -> Identity {
        let (name, role) = match self.kind {
            Kind::Assignment => (AUTHORS[0], Role::Teacher),
            _ => (AUTHORS[1], Role::Operator),
        };
        Identity { account: account(name), role }
    }

    pub(crate) fn audience(&self) -> Audience {
        let audience = Audience::of(&[Role::Student, Role::Teacher]).unwrap();
        if self.is_for_guardians { audience.with(Role::Guardian) } else { audience }
    }

    pub(crate) fn content(&self, version: u32) -> Content {
        let text = words(&self.id, version);
        match self.kind {
            Kind::Assignment => Content::Assignment(Box::new(Assignment {
                title: self.id.clone(),
                text,
                due: self.due.clone(),
                subject: String::new(),
                links: Vec::new(),
                item: None,
                version: 1,
                earlier: false,
            })),
            _ => Content::Announcement(Box::new(Announcement::new(&self.id, &text))),
        }
    }
}

/// What a version of an item says: its name and the version.
pub(crate) fn words(id: &str, version: u32) -> String {
    format!("{id} says {version}")
}

//! When whom the doors are open to, and what is out of school time, asked for an account or a channel of the roster.

use crate::admission::Window;
use crate::base::{Channel, OrgId, Role, SchoolTime};
use crate::calendar::Late;
use crate::roster::{Account, Roster};

/// The calendar in force.
pub trait Windows: Send + Sync + 'static {
    /// Whether a role of a school may come in; of no school in particular for who belongs to none, as operators do.
    fn window(&self, role: Role, school: Option<&str>, at: SchoolTime) -> Window;

    /// Whether what is published now reaches a school out of its time; of no school, the schools without days of their own.
    fn late(&self, school: Option<&str>, at: SchoolTime) -> Option<Late>;
}

/// An account's window: open if that of one of its schools is, else opening with the first of them.
pub fn window_of(windows: &dyn Windows, account: &Account<'_>, at: SchoolTime) -> Window {
    let mut all = account.schools().map(|school| windows.window(account.role(), Some(school.id()), at));
    let first = all.next().unwrap_or_else(|| windows.window(account.role(), None, at));
    all.fold(first, sooner)
}

/// The school that an account counts for in reports: the first of its own.
pub fn school_of(account: &Account<'_>) -> Option<OrgId> {
    account.schools().next().and_then(|school| OrgId::parse(school.id()).ok())
}

/// The school by whose days and clock a channel goes: none for what is for several schools, or for nobody any more.
pub fn school_of_channel<'a>(roster: &'a Roster, channel: &'a Channel) -> Option<&'a str> {
    match channel {
        Channel::School(school) | Channel::Level(school, _) | Channel::Bulletin(school) => {
            Some(school.as_str())
        }
        Channel::Class(class) => Some(roster.class(class.as_str())?.school().id()),
        Channel::Account(account) => Some(roster.account(account.as_str())?.schools().next()?.id()),
        Channel::Region | Channel::RegionBulletin => None,
    }
}

fn sooner(one: Window, other: Window) -> Window {
    match (one, other) {
        (Window::Open, _) | (_, Window::Open) => Window::Open,
        (Window::Opened { at: one }, Window::Opened { at: other }) => Window::Opened { at: one.min(other) },
        (opened @ Window::Opened { .. }, _) | (_, opened @ Window::Opened { .. }) => opened,
        (Window::Closed { opens_at: Some(one) }, Window::Closed { opens_at: Some(other) }) => {
            Window::Closed { opens_at: Some(one.min(other)) }
        }
        (known @ Window::Closed { opens_at: Some(_) }, _) | (_, known) => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::{NewAccount, NewOrg, OrgKind, RosterBuilder};

    /// The schools that are closed, and until when.
    struct Closed(&'static [(&'static str, Option<i64>)]);

    impl Windows for Closed {
        fn window(&self, _: Role, school: Option<&str>, _: SchoolTime) -> Window {
            let until = self.0.iter().find(|(id, _)| Some(*id) == school);
            until.map_or(Window::Open, |(_, at)| Window::Closed { opens_at: at.map(SchoolTime) })
        }

        fn late(&self, _: Option<&str>, _: SchoolTime) -> Option<Late> {
            None
        }
    }

    #[test]
    fn one_open_school_is_enough_and_else_the_first_to_open_counts() {
        let mut builder = RosterBuilder::new();
        for id in ["a", "b", "c"] {
            builder.org(NewOrg { id, name: id, kind: OrgKind::School }).unwrap();
        }
        builder.org(NewOrg { id: "ara", name: "ara", kind: OrgKind::State }).unwrap();
        let accounts: [(&str, &[&str]); 2] = [("head", &["a", "b", "c"]), ("operator", &["ara"])];
        for (id, orgs) in accounts {
            let (given_name, family_name, email) = ("", "", "");
            let role = if id == "head" { Role::Staff } else { Role::Operator };
            builder
                .account(NewAccount { id, role, given_name, family_name, email, orgs, grades: &[] })
                .unwrap();
        }
        let roster = builder.build();
        let of = |id: &str, closed| window_of(&Closed(closed), &roster.account(id).unwrap(), SchoolTime(0));
        assert_eq!(of("head", &[("a", Some(9)), ("b", Some(5))]), Window::Open, "c is open");
        let until = |at| Window::Closed { opens_at: Some(SchoolTime(at)) };
        assert_eq!(of("head", &[("a", Some(9)), ("b", Some(5)), ("c", None)]), until(5));
        assert_eq!(of("head", &[("a", None), ("b", None), ("c", Some(7))]), until(7));
        assert_eq!(of("head", &[("a", None), ("b", None), ("c", None)]), Window::Closed { opens_at: None });
        assert_eq!(of("operator", &[("ara", Some(5))]), Window::Open, "a region is no school");
    }
}

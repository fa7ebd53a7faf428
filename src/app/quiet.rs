//! Quiet hours, as the calendar in force has them for whoever a channel is for.
//!
//! A channel of a school goes by that school's days and zone, what is for several schools by those of all others. A person's
//! own channel goes by their school. It must not know what is sent, nor decide what waits: `session::deferral` does.

use std::sync::Arc;

use super::windows::CivilWindows;
use crate::base::{Channel, SchoolTime};
use crate::calendar::SchoolRef;
use crate::http::windows::school_of_channel;
use crate::roster::Directory;
use crate::session::Quiet;

/// The calendar in force and the roster that says which school a class is of.
pub(super) struct QuietHours {
    pub(super) windows: Arc<CivilWindows>,
    pub(super) directory: Arc<Directory>,
}

impl Quiet for QuietHours {
    fn quiet(&self, channel: &Channel, at: SchoolTime) -> Option<SchoolTime> {
        let roster = self.directory.current();
        let school = school_of_channel(&roster, channel).map_or(SchoolRef::NONE, SchoolRef::id);
        let answer = self.windows.calendar().quiet(school, at);
        // Quiet hours that nobody sees end keep nothing: what waited for them would be lost.
        if answer.open { None } else { answer.changes_at }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::base::Role;
    use crate::calendar::{Calendar, CalendarConfig, Preset};
    use crate::roster::{ClassKind, NewAccount, NewClass, NewOrg, OrgKind, Roster, RosterBuilder};

    fn roster() -> Roster {
        let mut builder = RosterBuilder::new();
        for id in ["paris", "reunion"] {
            builder.org(NewOrg { id, name: id, kind: OrgKind::School }).unwrap();
            let class = format!("{id}-2a");
            let (title, subject, kind) = ("2nde A", "", ClassKind::Homeroom);
            let new = NewClass { id: &class, title, subject, kind, school: id, grades: &["2nde"] };
            builder.class(new).unwrap();
            let (account, email) = (format!("pupil-{id}"), "ada@lycee.test");
            let (given_name, family_name, role) = ("Ada", "Petit", Role::Student);
            let orgs = &[id];
            let new = NewAccount { id: &account, role, given_name, family_name, email, orgs, grades: &[] };
            builder.account(new).unwrap();
        }
        builder.build()
    }

    fn hours(calendar: &Calendar) -> QuietHours {
        QuietHours {
            windows: Arc::new(CivilWindows::new(calendar.clone())),
            directory: Arc::new(Directory::new(roster())),
        }
    }

    /// Deliveries from 07:00 to 20:00 everywhere, by the clock of Paris but for one school.
    fn national() -> Calendar {
        let school = serde_json::from_str(r#"{"id":"reunion","zone":"Indian/Reunion"}"#).unwrap();
        let presets = vec![Preset::National];
        let config = CalendarConfig { presets, schools: vec![school], ..CalendarConfig::default() };
        Calendar::new(&config, "Europe/Paris", &BTreeMap::new())
    }

    fn instant(text: &str) -> SchoolTime {
        SchoolTime(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_channel_is_quiet_by_the_clock_of_its_school() {
        let hours = hours(&national());
        // A Tuesday: 18:00 in Paris, 21:00 on Réunion.
        let at = instant("2026-11-24T17:00:00Z");
        let morning = instant("2026-11-25T03:00:00Z");
        let quiet = |name: &str, at| hours.quiet(&Channel::parse(name).unwrap(), at);
        let there = ["school:reunion", "level:reunion/2nde", "bulletin:reunion", "class:reunion-2a"];
        for name in there.into_iter().chain(["account:pupil-reunion"]) {
            assert_eq!(quiet(name, at), Some(morning), "{name}");
            assert_eq!(quiet(name, morning), None, "{name}");
        }
        let here = ["school:paris", "class:paris-2a", "account:pupil-paris", "region", "bulletin:region"];
        for name in here.into_iter().chain(["class:gone", "account:gone"]) {
            assert_eq!(quiet(name, at), None, "{name}");
            assert_eq!(quiet(name, morning), Some(instant("2026-11-25T06:00:00Z")), "{name}");
        }
    }

    #[test]
    fn without_rules_no_hour_is_quiet() {
        let hours = hours(&Calendar::none());
        assert_eq!(hours.quiet(&Channel::Region, instant("2026-11-24T23:00:00Z")), None);
    }
}

//! What operators can see and move, as the edge sees it. Implemented by the composition root; tests script it.

use crate::admission::{Settings, Snapshot, Trial};
use crate::base::{MachineTime, OrgId, Role};
use crate::calendar::{Alarm, Calendar, Override};
use crate::roster::Decision;
use crate::session::News;

/// What the operators' surface rests on.
pub trait Operate: Send + Sync + 'static {
    /// The gate at this moment.
    fn snapshot(&self, now: MachineTime) -> Snapshot;

    /// The gate's settings in force.
    fn settings(&self) -> Settings;

    /// Puts other settings in force. They hold no mistakes.
    fn change(&self, settings: Settings, now: MachineTime);

    /// Tries other settings on the people of now.
    fn trial(&self, settings: &Settings, now: MachineTime) -> Trial;

    /// Puts overrides over the calendar's rules in force, in the place of all earlier ones; the newest is the last.
    fn override_windows(&self, overrides: &[Override]);

    /// The calendar in force.
    fn calendar(&self) -> std::sync::Arc<Calendar>;

    /// What operators should know about the calendar.
    fn alarm(&self, now: crate::base::SchoolTime) -> Option<Alarm> {
        self.calendar().alarm(now)
    }

    /// Puts a decision about links in force, on open connections too.
    fn decide(&self, decision: Decision);

    /// Tells every shard.
    fn tell(&self, news: News);

    /// Open connections of a role, of one school's accounts or of all.
    fn connections(&self, role: Role, school: Option<&OrgId>) -> u32;

    /// Ends the process as SIGTERM does.
    fn drain(&self);
}

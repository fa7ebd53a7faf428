//! What operators can see and move, as the edge sees it. Implemented by the composition root; tests script it.

use serde_json::Value;

use super::calendar::CalendarRefused;
use super::journal::JournalError;
use super::status::Swept;
use super::watch::Vitals;
use super::webhooks::EndpointView;
use crate::admission::{Request, Settings, Snapshot, Standing, Trial};
use crate::base::{AccountId, MachineTime, OrgId, Role, SchoolTime};
use crate::calendar::{Alarm, Calendar, Override};
use crate::roster::Decision;
use crate::session::News;

/// What the operators' surface rests on.
pub trait Operate: Send + Sync + 'static {
    /// The gate at this moment.
    fn snapshot(&self, now: MachineTime) -> Snapshot;

    /// How somebody stands at the gate who would ask now. Nothing is taken.
    fn standing(&self, request: &Request<'_>, now: MachineTime, school: SchoolTime) -> Standing;

    /// What was measured since this was last asked; `None` if nothing was.
    fn vitals(&self) -> Option<Vitals>;

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

    /// Reads the calendar's files again, and puts nothing in force. Waits for the disk.
    ///
    /// # Errors
    /// See [`CalendarRefused`].
    fn read_calendar(&self) -> Result<Calendar, CalendarRefused>;

    /// Puts other rules in force, under the overrides that hold.
    fn put_calendar(&self, calendar: Calendar);

    /// What operators should know about the calendar.
    fn alarm(&self, now: SchoolTime) -> Option<Alarm> {
        self.calendar().alarm(now)
    }

    /// Puts a decision about links in force, on open connections too.
    fn decide(&self, decision: Decision);

    /// Writes down whether a student wants the family to get nothing, and puts it in force. Waits for the disk.
    ///
    /// # Errors
    /// See [`JournalError`]; nothing has changed.
    fn stop_family(&self, student: AccountId, is_stopped: bool, now: SchoolTime) -> Result<(), JournalError>;

    /// Everything that is kept about an account. Waits for the disk.
    ///
    /// # Errors
    /// See [`JournalError`].
    fn export(&self, account: &AccountId) -> Result<Value, JournalError>;

    /// Erases what is kept about an account; what that changed, by what it is. Waits for the disk.
    ///
    /// # Errors
    /// See [`JournalError`]. To try again is safe.
    fn erase(&self, account: &AccountId) -> Result<Value, JournalError>;

    /// How the endpoints of webhooks stand, by name.
    fn endpoints(&self) -> Vec<EndpointView>;

    /// Has an endpoint of webhooks called again.
    fn resume_endpoint(&self, name: &str);

    /// What retention did last.
    fn swept(&self) -> Option<Swept>;

    /// Tells every shard.
    fn tell(&self, news: News);

    /// Open connections of a role, of one school's accounts or of all.
    fn connections(&self, role: Role, school: Option<&OrgId>) -> u32;

    /// Ends the process as SIGTERM does.
    fn drain(&self);
}

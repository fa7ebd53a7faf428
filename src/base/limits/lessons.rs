//! The bounds of lessons.

use std::time::Duration;

/// Lessons at once. More: `busy`.
pub const LESSONS_MAX: usize = 16_384;
/// Characters of a question, and of what a poll asks. Longer: `invalid_body`.
pub const QUESTION_TEXT_CHARS_MAX: usize = 500;
/// Seconds of slow mode. More: `invalid_body`.
pub const SLOW_MODE_SECONDS_MAX: u16 = 300;
/// Raised hands of a lesson. More: `busy`.
pub const HANDS_MAX: usize = 256;
/// Lowered hands of a lesson whose raising is remembered by its name. More: those lowered longest ago are forgotten; one that
/// is asked for again after that goes up.
pub const HANDS_LOWERED_MAX: usize = 256;
/// Questions of a lesson that are counted, whatever became of them. More: those that are no longer open are forgotten first,
/// then the oldest; they stay in the feed.
pub const QUESTIONS_MAX: usize = 128;
/// Proposals of a lesson that wait for the teacher. More: `busy`.
pub const PROPOSALS_MAX: usize = 64;
/// Proposals of one student among them. More: `rate_limited`.
pub const PROPOSALS_PER_STUDENT_MAX: usize = 3;
/// Characters of a proposal that its author is told again while it waits. Longer: cut, with an ellipsis.
pub const PROPOSAL_TOLD_CHARS_MAX: usize = 500;
/// Reported words of a lesson that are remembered. More: those reported longest ago are forgotten; they stand in the log.
pub const REPORTED_MAX: usize = 64;
/// Publications of a lesson whose author is remembered, so that it may take its own words back. More: the oldest are the
/// teacher's alone to delete.
pub const LESSON_AUTHORS_MAX: usize = 512;
/// Students of a lesson whom the hub remembers one by one: votes, mutes, slow mode, who is there. More: `busy`.
pub const LESSON_PEOPLE_MAX: usize = 1_024;
/// Changes of who is there that a lesson remembers. More: whoever is further back is told the whole.
pub const PRESENCE_CHANGES_MAX: usize = 256;
/// Deeds of a lesson whose answer is remembered, for who asks again. More: the oldest are judged anew.
pub const DEEDS_REMEMBERED_MAX: usize = 32;
/// Reports of one student in a lesson. More: `rate_limited`.
pub const REPORTS_PER_STUDENT_MAX: usize = 5;
/// The least time between two messages about the same lesson to the same connection.
pub const PULSE_INTERVAL: Duration = Duration::from_secs(1);
/// The same while the hub is loaded (level 2 and above).
pub const PULSE_INTERVAL_LOADED: Duration = Duration::from_secs(5);
/// Classes whose pulse a shard tells in one go, which is thirty-five sends for each. More: the next go tells them after
/// [`PULSES_REST`], those first that have waited for longest. What is said meanwhile waits for one go at most.
pub const PULSES_PER_GO: usize = 10;
/// Between two such goes.
pub const PULSES_REST: Duration = Duration::from_millis(20);
/// How long somebody whose line is lost is still taken to be there, and keeps a raised hand.
pub const PRESENCE_GRACE: Duration = Duration::from_secs(15);
/// How long a lesson goes on without any of its teachers. Then the hub ends it.
pub const LESSON_WITHOUT_TEACHER: Duration = Duration::from_mins(15);
/// After a restart of the hub, how long a lesson goes on without any of its teachers at least, however long they had been away.
pub const LESSON_RETURN: Duration = Duration::from_mins(3);
/// How long a lesson lasts at most. Then the hub ends it.
pub const LESSON_LENGTH_MAX: Duration = Duration::from_hours(8);
/// Between two looks for lessons that are to end.
pub const LESSONS_CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// Hosts that links may lead to, in the configuration. More: a mistake of the configuration.
pub const LINK_HOSTS_MAX: usize = 256;

//! Who may do what on which channel. Pure rules over the roster in force; no state, no clock.
//!
//! [`may`] is the only way to make an [`Authorised`], and what acts on channels takes nothing else: a check can't be
//! forgotten. Rights are asked anew for each request and after each roster change, never remembered.
//!
//! | channel | who follows and reads it | who publishes there |
//! |---|---|---|
//! | `region` | everybody but guardians | operators |
//! | `school:` | who belongs to the school, but guardians; operators | the school's staff; operators |
//! | `level:` | who has that level there; the school's staff; operators | the school's staff; operators |
//! | `class:` | who is enrolled | its teachers; its students: posts and questions, and what a lesson makes of them |
//! | `account:` | that account | nobody |
//! | `bulletin:` | who belongs to the school; operators | the school's staff; operators |
//! | `bulletin:region` | everybody | operators |
//!
//! An announcement may be *urgent* if it comes from the school's staff or an operator: it passes quiet hours, is written
//! into the audit log with its reason, and has a rate. The roster tells heads from other staff in words that differ from
//! export to export, so all staff may. Urgent is for whoever the channel is for: guardians read it in a bulletin.
//!
//! A student's post is for everyone in the class: it has no narrower audience, so that the teacher sees it.
//! In a lesson whose teacher reads first, a student's words go to the teachers alone as a proposal, and a teacher publishes
//! them in the student's name ([`may_release`]).
//! What a guardian reads of a past digest follows the family as it is now ([`seen`]).
//! Posts live in class feeds only, and assignments are given by teachers in their classes only; everything else that is
//! published is an announcement.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::base::{
    AccountId, Audience, Body, Channel, ClassId, Kind, MessageId, NewPublication, OrgId, Role, SchoolTime,
    Urgent,
};
use crate::roster::{Account, ClassKind, OrgKind, Roster};

mod sight;
#[cfg(test)]
mod tests;

pub use sight::seen;

/// An account of the roster, with the role that it had when it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub account: AccountId,
    /// Its role.
    pub role: Role,
}

impl Identity {
    /// The identity that the roster gives an account; `None` if it holds no such account.
    pub fn of(roster: &Roster, account: &AccountId) -> Option<Self> {
        let role = roster.account(account.as_str())?.role();
        Some(Self { account: account.clone(), role })
    }
}

/// A request that the rules allowed. Only [`may`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorised<T>(T);

impl<T> Authorised<T> {
    /// The request.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// The request, to carry it out.
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// The rules do not allow it. Says nothing about whether the channel exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this account has no such right on that channel")]
pub struct NotAllowed;

/// Whom a student's proposals and reports are for.
pub const TEACHERS: Audience = Audience::only(Role::Teacher);

/// Following a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe {
    /// The channel.
    pub channel: Channel,
}

/// Reading a channel's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadHistory {
    /// The channel.
    pub channel: Channel,
}

/// Publishing. The author must be who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish(pub NewPublication);

impl Publish {
    /// What somebody would publish: in their own name, and for themselves too, since an author gets its own publication
    /// as any subscriber does. Without an audience it is for everyone.
    pub fn by(
        who: &Identity,
        channel: Channel,
        message_id: MessageId,
        audience: Option<Audience>,
        body: Body,
        published_at: SchoolTime,
    ) -> Self {
        let author = who.account.clone();
        let audience = audience.unwrap_or(Audience::EVERYONE).with(who.role);
        Self(NewPublication {
            channel,
            author,
            message_id,
            audience,
            body,
            published_at,
            deliver_at: None,
            urgent: None,
        })
    }

    /// The same as an urgent one, if it is.
    #[must_use]
    pub fn urgent(mut self, urgent: Option<Urgent>) -> Self {
        self.0.urgent = urgent;
        self
    }

    /// The same, to be published later, if at all.
    #[must_use]
    pub fn at(mut self, deliver_at: Option<SchoolTime>) -> Self {
        self.0.deliver_at = deliver_at;
        self
    }
}

/// What somebody wants to do on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Follow it, or read its past.
    Read,
    /// Publish something of this kind.
    Publish(Kind),
}

/// A request that the rules can judge.
pub trait Request {
    /// What it would do.
    fn verb(&self) -> Verb;
    /// Where.
    fn channel(&self) -> &Channel;
    /// What it would publish, if anything.
    fn publication(&self) -> Option<&NewPublication> {
        None
    }
}

impl Request for Subscribe {
    fn verb(&self) -> Verb {
        Verb::Read
    }
    fn channel(&self) -> &Channel {
        &self.channel
    }
}

impl Request for ReadHistory {
    fn verb(&self) -> Verb {
        Verb::Read
    }
    fn channel(&self) -> &Channel {
        &self.channel
    }
}

impl Request for Publish {
    fn verb(&self) -> Verb {
        Verb::Publish(self.0.body.kind())
    }
    fn channel(&self) -> &Channel {
        &self.0.channel
    }
    fn publication(&self) -> Option<&NewPublication> {
        Some(&self.0)
    }
}

/// Judges a request by the roster in force.
///
/// # Errors
/// [`NotAllowed`], also when the account has left the roster, has another role than `who` says, or publishes in another's
/// name.
pub fn may<T: Request>(roster: &Roster, who: &Identity, request: T) -> Result<Authorised<T>, NotAllowed> {
    let account = roster.account(who.account.as_str()).filter(|account| account.role() == who.role);
    let account = account.ok_or(NotAllowed)?;
    if let Some(publication) = request.publication() {
        // A pupil's post is for the whole class: nothing is said there that the teacher does not see.
        let whole = if is_for_teachers(publication.body.kind()) { TEACHERS } else { Audience::EVERYONE };
        let hides = account.role() == Role::Student && publication.audience != whole;
        if publication.author != who.account || hides || !may_be_urgent(account.role(), publication) {
            return Err(NotAllowed);
        }
    }
    let allowed = match request.verb() {
        Verb::Read => may_read(roster, &account, request.channel()),
        Verb::Publish(kind) => may_publish(roster, &account, request.channel(), kind),
    };
    if allowed { Ok(Authorised(request)) } else { Err(NotAllowed) }
}

/// Urgent are announcements alone, for now, and of whoever may announce to a whole school or more. It admits nobody.
fn may_be_urgent(role: Role, publication: &NewPublication) -> bool {
    let may = matches!(role, Role::Staff | Role::Operator)
        && publication.body.kind() == Kind::Announcement
        && publication.deliver_at.is_none();
    publication.urgent.is_none() || may
}

fn may_read(roster: &Roster, account: &Account<'_>, channel: &Channel) -> bool {
    let role = account.role();
    let is_guardian = role == Role::Guardian;
    match channel {
        Channel::Region => !is_guardian,
        Channel::School(school) => !is_guardian && within(roster, account, school),
        Channel::Level(school, grade) => match role {
            Role::Teacher | Role::Student => account.has_level(school.as_str(), grade.as_str()),
            Role::Staff | Role::Operator => within(roster, account, school),
            Role::Guardian => false,
        },
        Channel::Class(class) => enrolled(account, class),
        Channel::Account(owner) => owner.as_str() == account.id(),
        Channel::Bulletin(school) => within(roster, account, school),
        Channel::RegionBulletin => true,
    }
}

fn may_publish(roster: &Roster, account: &Account<'_>, channel: &Channel, kind: Kind) -> bool {
    let role = account.role();
    if !Kind::SENT.contains(&kind) && !is_of_lessons(kind) {
        return false;
    }
    match channel {
        Channel::Class(class) => match role {
            Role::Teacher => kind != Kind::Proposal && account.teaches(class.as_str()),
            Role::Student => {
                kind != Kind::Announcement && kind != Kind::Assignment && account.attends(class.as_str())
            }
            Role::Staff | Role::Operator => {
                let school =
                    roster.class(class.as_str()).and_then(|class| OrgId::parse(class.school().id()).ok());
                kind == Kind::Announcement && school.is_some_and(|school| within(roster, account, &school))
            }
            Role::Guardian => false,
        },
        Channel::School(school) | Channel::Level(school, _) | Channel::Bulletin(school) => {
            let leads = matches!(role, Role::Staff | Role::Operator);
            kind == Kind::Announcement && leads && within(roster, account, school)
        }
        Channel::Region | Channel::RegionBulletin => kind == Kind::Announcement && role == Role::Operator,
        Channel::Account(_) => false,
    }
}

/// Whether it is what a lesson consists of, besides what is said. The hub makes these of what people do.
fn is_of_lessons(kind: Kind) -> bool {
    matches!(kind, Kind::Lesson | Kind::Proposal | Kind::Deletion)
}

/// Whether a student says it to the teachers alone.
fn is_for_teachers(kind: Kind) -> bool {
    matches!(kind, Kind::Lesson | Kind::Proposal)
}

/// Judges whether a teacher may publish a student's words in the student's name: both are of the class, and the words are
/// for everybody.
///
/// # Errors
/// [`NotAllowed`].
pub fn may_release(
    roster: &Roster,
    who: &Identity,
    words: Publish,
) -> Result<Authorised<Publish>, NotAllowed> {
    let teacher = roster.account(who.account.as_str()).filter(|account| account.role() == Role::Teacher);
    let author = Identity::of(roster, &words.0.author).filter(|author| author.role == Role::Student);
    let (Some(teacher), Some(author), Channel::Class(class)) = (teacher, author, &words.0.channel) else {
        return Err(NotAllowed);
    };
    if teacher.teaches(class.as_str()) { may(roster, &author, words) } else { Err(NotAllowed) }
}

/// Whether the school is one of the account's own; for operators, whether it is a school of the region.
fn within(roster: &Roster, account: &Account<'_>, school: &OrgId) -> bool {
    if account.role() == Role::Operator {
        return roster.org(school.as_str()).is_some_and(|org| org.kind() == OrgKind::School);
    }
    account.belongs_to(school.as_str())
}

fn enrolled(account: &Account<'_>, class: &ClassId) -> bool {
    match account.role() {
        Role::Teacher => account.teaches(class.as_str()),
        Role::Student => account.attends(class.as_str()),
        // OneRoster also enrols administrators and proctors.
        Role::Staff | Role::Operator => {
            account.classes().any(|enrolment| enrolment.class.id() == class.as_str())
        }
        Role::Guardian => false,
    }
}

/// A number for the class where an account mostly is, its homeroom if it has one: the same for everybody of that class.
pub fn home(roster: &Roster, who: &Identity) -> Option<u64> {
    let account = roster.account(who.account.as_str())?;
    let homeroom = account.classes().find(|enrolment| enrolment.class.kind() == ClassKind::Homeroom);
    let class = homeroom.or_else(|| account.classes().next())?.class;
    let mut hasher = DefaultHasher::new();
    class.id().hash(&mut hasher);
    Some(hasher.finish())
}

/// Every channel that an account may follow, except the schools' channels of an operator, which are all there are.
pub fn channels_of(roster: &Roster, who: &Identity) -> Vec<Channel> {
    let Some(account) = roster.account(who.account.as_str()) else {
        return Vec::new();
    };
    let mut channels = vec![Channel::Account(who.account.clone()), Channel::RegionBulletin, Channel::Region];
    for school in account.schools().filter(|org| org.kind() == OrgKind::School) {
        if let Ok(id) = OrgId::parse(school.id()) {
            channels.extend([Channel::Bulletin(id.clone()), Channel::School(id)]);
        }
    }
    for level in account.levels() {
        if let (Ok(school), Ok(grade)) = (OrgId::parse(level.school.id()), ClassId::parse(level.grade)) {
            channels.push(Channel::Level(school, grade));
        }
    }
    for enrolment in account.classes() {
        if let Ok(id) = ClassId::parse(enrolment.class.id()) {
            channels.push(Channel::Class(id));
        }
    }
    channels.retain(|channel| may_read(roster, &account, channel));
    channels
}

//! The session's machine, branch by branch.

use super::super::machine::{Around, Session, Step};
use super::super::speech::Floor;
use super::super::{LinkHosts, NeverQuiet, Rates, Scope, Stops, TokenOf, Visitor};
use super::Gatehouse;
use crate::access::Identity;
use crate::admission::{Level, Permit};
use crate::base::{AccountId, Channel, ClassId, MachineTime, OrgId, Role, SchoolTime, SessionId, limits};
use crate::lesson::Lessons;
use crate::protocol::{CloseCode, ErrorCode, ServerMessage};
use crate::roster::{ClassKind, EnrolmentRole, NewAccount, NewClass, NewOrg, OrgKind, Roster, RosterBuilder};

const RATES: Rates = Rates { messages_per_second: 20, publishes_per_second: 10 };

fn roster() -> Roster {
    let mut builder = RosterBuilder::new();
    builder.org(NewOrg { id: "lycee", name: "", kind: OrgKind::School }).unwrap();
    for (id, role) in [("student", Role::Student), ("guardian", Role::Guardian)] {
        let new = NewAccount {
            id,
            role,
            given_name: "",
            family_name: "",
            email: "",
            orgs: &["lycee"],
            grades: &[],
        };
        builder.account(new).unwrap();
    }
    let kind = ClassKind::Homeroom;
    builder.class(NewClass { id: "2a", title: "", subject: "", kind, school: "lycee", grades: &[] }).unwrap();
    builder.enrol("2a", "student", EnrolmentRole::Student).unwrap();
    builder.build()
}

struct World {
    roster: Roster,
    session: Session,
    stops: Stops,
    lessons: Lessons,
    links: LinkHosts,
    level: Level,
    now: MachineTime,
}

impl World {
    fn of(name: &str) -> Self {
        let roster = roster();
        let identity = Identity::of(&roster, &AccountId::parse(name).unwrap()).unwrap();
        let now = MachineTime(1_000_000);
        let visitor = Visitor {
            permit: Permit::unbound(SessionId(1)),
            lease_until: MachineTime(u64::MAX),
            identity,
            token_expires_at: MachineTime(2_000_000),
            home: None,
            following: None,
        };
        Self {
            roster,
            session: Session::new(visitor, now),
            stops: Stops::default(),
            lessons: Lessons::new(1, MachineTime::default()),
            links: LinkHosts::default(),
            level: Level::Normal,
            now,
        }
    }

    fn take(&mut self, text: &str) -> Step {
        let Self { roster, stops, lessons, links, level, now, .. } = self;
        let floor = Floor { lessons, links, level: *level, now: *now, school_time: SchoolTime(7) };
        let around = Around { floor, roster, stops, rates: RATES, quiet: &NeverQuiet };
        self.session.take(text, around)
    }

    /// The error that a message is answered with: its id and code.
    fn error(&mut self, text: &str) -> (Option<u32>, ErrorCode) {
        match self.take(text) {
            Step::Reply(ServerMessage::Error { id, code, .. }) => (id, code),
            step => panic!("{text} gave {step:?}"),
        }
    }
}

fn post(id: u32) -> String {
    format!(
        r#"{{"type":"publish","id":{id},"channel":"class:2a","kind":"post","message_id":"m{id}","body":{{"text":"t"}}}}"#
    )
}

#[test]
fn what_is_allowed_becomes_a_step_with_its_proof() {
    let mut world = World::of("student");
    let Step::Publish { request, publish } = world.take(&post(1)) else { panic!("no publish") };
    assert_eq!((request.id, request.message_id.as_str(), request.held), (1, "m1", false));
    let new = &publish.get().0;
    assert_eq!((new.author.as_str(), new.published_at), ("student", SchoolTime(7)));
    let subscribe = r#"{"type":"subscribe","id":2,"channel":"class:2a","from":"now"}"#;
    assert!(matches!(world.take(subscribe), Step::Subscribe { id: 2, .. }));
    let unsubscribe = r#"{"type":"unsubscribe","id":3,"channel":"class:2a"}"#;
    assert!(matches!(world.take(unsubscribe), Step::Unsubscribe { id: 3, .. }));
    let pong = ServerMessage::Pong { id: 4, server_time: 1_000_000, school_time: SchoolTime(7) };
    assert_eq!(world.take(r#"{"type":"ping","id":4}"#), Step::Reply(pong));
}

#[test]
fn what_is_not_allowed_or_not_understood_is_answered() {
    let mut world = World::of("guardian");
    assert_eq!(world.error(&post(1)), (Some(1), ErrorCode::NotAllowed));
    let subscribe = r#"{"type":"subscribe","id":2,"channel":"class:2a","from":"now"}"#;
    assert_eq!(world.error(subscribe), (Some(2), ErrorCode::NotAllowed));
    assert_eq!(world.error("{"), (None, ErrorCode::Malformed));
    assert_eq!(world.error(r#"{"type":"dance","id":3}"#), (Some(3), ErrorCode::UnknownType));
}

#[test]
fn nobody_posts_where_posting_is_stopped() {
    let mut world = World::of("student");
    let school = Scope::School(OrgId::parse("lycee").unwrap());
    let class = Scope::Class(ClassId::parse("2a").unwrap());
    for scope in [school, class] {
        assert!(world.stops.stop(&scope) && !world.stops.stop(&scope));
        assert_eq!(world.error(&post(1)), (Some(1), ErrorCode::PostingStopped), "{scope:?}");
        let subscribe = r#"{"type":"subscribe","id":2,"channel":"class:2a","from":"now"}"#;
        assert!(matches!(world.take(subscribe), Step::Subscribe { .. }), "reading goes on");
        assert_eq!(world.stops.list(), std::slice::from_ref(&scope));
        assert!(world.stops.allow(&scope) && !world.stops.allow(&scope));
        assert!(matches!(world.take(&post(3)), Step::Publish { .. }), "{scope:?}");
    }
    for elsewhere in
        [Scope::School(OrgId::parse("other").unwrap()), Scope::Class(ClassId::parse("2b").unwrap())]
    {
        world.stops.stop(&elsewhere);
        assert!(matches!(world.take(&post(4)), Step::Publish { .. }), "{elsewhere:?}");
    }
}

#[test]
fn a_school_that_is_stopped_is_stopped_in_all_its_channels_but_not_for_operators() {
    let roster = roster();
    let stops = Stops::default();
    stops.stop(&Scope::School(OrgId::parse("lycee").unwrap()));
    let refused = |role, channel: &str| {
        let who = Identity { account: AccountId::parse("x").unwrap(), role };
        stops.refuse(&roster, &who, &Channel::parse(channel).unwrap())
    };
    for channel in ["class:2a", "school:lycee", "level:lycee/2nde", "bulletin:lycee"] {
        assert!(refused(Role::Staff, channel), "{channel}");
        assert!(!refused(Role::Operator, channel), "{channel}");
    }
    for channel in ["region", "bulletin:region", "school:other", "class:unknown"] {
        assert!(!refused(Role::Staff, channel), "{channel}");
    }
}

#[test]
fn too_many_messages_wait_and_publishes_have_a_rate_of_their_own() {
    let mut world = World::of("student");
    for id in 0..20 {
        assert!(matches!(world.take(&post(id)), Step::Publish { .. }), "{id}");
    }
    assert_eq!(world.error(&post(20)), (Some(20), ErrorCode::RateLimited));
    let ping = r#"{"type":"ping","id":1}"#;
    for _ in 0..19 {
        assert!(matches!(world.take(ping), Step::Reply(ServerMessage::Pong { .. })));
    }
    let Step::Reply(ServerMessage::Error { id, code, retry_after_ms, .. }) = world.take(ping) else {
        panic!("the burst is forty messages")
    };
    assert_eq!((id, code, retry_after_ms), (Some(1), ErrorCode::RateLimited, Some(50)));
    world.now.0 += 50;
    assert!(matches!(world.take(ping), Step::Reply(ServerMessage::Pong { .. })));
}

#[test]
fn commits_that_do_not_come_hold_further_publishes_up() {
    let mut world = World::of("student");
    world.session.in_flight = u8::try_from(limits::PUBLISHES_IN_FLIGHT_MAX).unwrap();
    assert_eq!(world.error(&post(1)), (Some(1), ErrorCode::RateLimited));
}

#[test]
fn whoever_only_sends_what_is_refused_is_closed() {
    let mut world = World::of("student");
    for _ in 0..2 * limits::REFUSALS_PER_SECOND {
        world.error("{");
    }
    assert_eq!(world.take("{"), Step::Close(CloseCode::Abuse));

    let mut clumsy = World::of("student");
    for _ in 0..10 * limits::REFUSALS_PER_SECOND {
        clumsy.now.0 += 1_000 / u64::from(limits::REFUSALS_PER_SECOND);
        clumsy.error("{");
    }
}

#[test]
fn pings_cost_as_much_as_messages() {
    let mut world = World::of("student");
    let free = 2 * RATES.messages_per_second + 2 * limits::REFUSALS_PER_SECOND;
    for number in 0..free {
        assert!(world.session.take_control(world.now, RATES), "{number}");
    }
    assert!(!world.session.take_control(world.now, RATES));
    world.now.0 += 1_000;
    assert!(world.session.take_control(world.now, RATES));
}

#[test]
fn a_refreshed_token_must_name_the_same_account() {
    let mut world = World::of("student");
    let token = |account: &str| {
        Ok(TokenOf { account: AccountId::parse(account).unwrap(), expires_at: MachineTime(9_000_000) })
    };
    let code = |message| match message {
        ServerMessage::Error { id: Some(1), code, .. } => Some(code),
        _ => None,
    };
    let now = world.now;
    let mut refreshed = |checked| world.session.refreshed(1, checked, now, &Gatehouse::default());
    assert_eq!(code(refreshed(Err(ErrorCode::TokenExpired))), Some(ErrorCode::TokenExpired));
    assert_eq!(code(refreshed(token("guardian"))), Some(ErrorCode::OtherAccount));
    assert_eq!(world.session.token_expires_at, MachineTime(2_000_000));
    let ServerMessage::Refreshed { id: 1, token_expires_at: 9_000_000, .. } =
        world.session.refreshed(1, token("student"), now, &Gatehouse::default())
    else {
        panic!("it is the account's own")
    };
    assert_eq!(world.session.token_expires_at, MachineTime(9_000_000));
}

/// Tens of thousands of these rest in memory; `docs/LIMITS.md` says how large they are.
#[test]
fn a_session_at_rest_is_small() {
    // Eight bytes of them give the seat back.
    assert!(size_of::<Session>() <= 104, "{}", size_of::<Session>());
    let with_slot = size_of::<Option<(crate::hub::Slot, Session)>>();
    assert!(with_slot <= 112, "{with_slot}");
}

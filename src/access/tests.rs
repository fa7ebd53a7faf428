//! Every role, every verb, every kind of channel, as one table.

use super::*;
use crate::base::{Audience, Body, MessageId, SchoolTime};
use crate::roster::{
    ClassKind, EnrolmentRole, LinkKind, LinkTerms, NewAccount, NewClass, NewLink, NewOrg, OrgKind,
    RosterBuilder,
};

/// Two schools; in the first a class of a teacher and a student, whose guardian, head and operator exist.
fn roster() -> Roster {
    let mut builder = RosterBuilder::new();
    for (id, kind) in
        [("region-ara", OrgKind::District), ("lycee", OrgKind::School), ("other", OrgKind::School)]
    {
        builder.org(NewOrg { id, name: id, kind }).unwrap();
    }
    let accounts = [
        ("teacher", Role::Teacher, "lycee", &[][..]),
        ("student", Role::Student, "lycee", &["2nde"][..]),
        ("guardian", Role::Guardian, "", &[][..]),
        ("staff", Role::Staff, "lycee", &[][..]),
        ("operator", Role::Operator, "region-ara", &[][..]),
        ("stranger", Role::Student, "other", &["2nde"][..]),
    ];
    for (id, role, org, grades) in accounts {
        let orgs: Vec<&str> = if org.is_empty() { Vec::new() } else { vec![org] };
        let new = NewAccount { id, role, given_name: "", family_name: "", email: "", orgs: &orgs, grades };
        builder.account(new).unwrap();
    }
    for (id, school) in [("2a", "lycee"), ("other-2a", "other")] {
        let kind = ClassKind::Homeroom;
        builder.class(NewClass { id, title: id, subject: "", kind, school, grades: &["2nde"] }).unwrap();
    }
    builder.enrol("2a", "teacher", EnrolmentRole::Teacher).unwrap();
    builder.enrol("2a", "student", EnrolmentRole::Student).unwrap();
    let terms = LinkTerms::by_default(LinkKind::Parent);
    builder.link(NewLink { guardian: "guardian", student: "student", terms }).unwrap();
    builder.build()
}

fn identity(name: &str) -> Identity {
    Identity::of(&roster(), &AccountId::parse(name).unwrap()).unwrap()
}

fn publication(author: &str, channel: &str, kind: Kind) -> Publish {
    let body = match kind {
        Kind::Post | Kind::Question => r#"{"text":"t"}"#,
        Kind::Lesson => r#"{"event":"ended"}"#,
        Kind::Proposal => r#"{"kind":"post","text":"t","message_id":"m"}"#,
        Kind::Deletion => r#"{"at":{"epoch":"00000001","offset":1}}"#,
        Kind::Announcement => r#"{"title":"t","text":"t"}"#,
        Kind::Assignment => r#"{"title":"t","text":"t","due":"2026-11-30"}"#,
        _ => r#"{"item":"i"}"#,
    };
    Publish(NewPublication {
        channel: Channel::parse(channel).unwrap(),
        author: AccountId::parse(author).unwrap(),
        message_id: MessageId::parse("m").unwrap(),
        audience: Audience::EVERYONE,
        body: Body::parse(kind, body).unwrap(),
        published_at: SchoolTime(0),
        deliver_at: None,
        urgent: None,
    })
}

/// Per channel: who reads, posts, announces, assigns. T teacher, S student, G guardian, A staff, O operator.
const RULES: [(&str, &str, &str, &str, &str); 17] = [
    ("region", "TSAO", "", "O", ""),
    ("school:lycee", "TSAO", "", "AO", ""),
    ("school:other", "O", "", "O", ""),
    ("school:nowhere", "", "", "", ""),
    ("school:region-ara", "", "", "", ""),
    ("level:lycee/2nde", "TSAO", "", "AO", ""),
    ("level:lycee/1ere", "AO", "", "AO", ""),
    ("level:other/2nde", "O", "", "O", ""),
    ("class:2a", "TS", "TS", "TAO", "T"),
    ("class:other-2a", "", "", "O", ""),
    ("class:nowhere", "", "", "", ""),
    ("account:teacher", "T", "", "", ""),
    ("account:student", "S", "", "", ""),
    ("account:guardian", "G", "", "", ""),
    ("bulletin:lycee", "TSGAO", "", "AO", ""),
    ("bulletin:other", "O", "", "O", ""),
    ("bulletin:region", "TSGAO", "", "O", ""),
];

#[test]
fn each_role_may_do_on_each_channel_what_the_table_says_and_nothing_else() {
    let roster = roster();
    let who = [('T', "teacher"), ('S', "student"), ('G', "guardian"), ('A', "staff"), ('O', "operator")];
    for (channel, read, post, announce, assign) in RULES {
        for (letter, name) in who {
            let identity = identity(name);
            let named = Channel::parse(channel).unwrap();
            let subscribe = may(&roster, &identity, Subscribe { channel: named.clone() });
            assert_eq!(subscribe.is_ok(), read.contains(letter), "{name} follows {channel}");
            let history = may(&roster, &identity, ReadHistory { channel: named });
            assert_eq!(history.is_ok(), read.contains(letter), "{name} reads {channel}");
            for (kind, allowed) in
                [(Kind::Post, post), (Kind::Announcement, announce), (Kind::Assignment, assign)]
            {
                let publish = may(&roster, &identity, publication(name, channel, kind));
                assert_eq!(
                    publish.is_ok(),
                    allowed.contains(letter),
                    "{name} sends a {} to {channel}",
                    kind.as_str()
                );
            }
            let withdrawal = may(&roster, &identity, publication(name, channel, Kind::Withdrawal));
            assert_eq!(withdrawal, Err(NotAllowed), "{name} speaks as the hub in {channel}");
        }
    }
}

#[test]
fn nobody_publishes_in_anothers_name() {
    let roster = roster();
    let publish = publication("student", "class:2a", Kind::Post);
    assert_eq!(may(&roster, &identity("teacher"), publish), Err(NotAllowed));
}

#[test]
fn a_role_that_the_roster_no_longer_gives_allows_nothing() {
    let roster = roster();
    let was_operator = Identity { role: Role::Operator, ..identity("student") };
    assert_eq!(may(&roster, &was_operator, Subscribe { channel: Channel::RegionBulletin }), Err(NotAllowed));
    let gone = Identity { account: AccountId::parse("gone").unwrap(), role: Role::Student };
    assert_eq!(may(&roster, &gone, Subscribe { channel: Channel::RegionBulletin }), Err(NotAllowed));
    assert_eq!(Identity::of(&roster, &gone.account), None);
}

#[test]
fn the_list_of_channels_is_what_may_be_followed() {
    let roster = roster();
    let names = |name: &str| -> Vec<String> {
        let mut names: Vec<_> =
            channels_of(&roster, &identity(name)).iter().map(ToString::to_string).collect();
        names.sort();
        names
    };
    let of_class =
        ["bulletin:lycee", "bulletin:region", "class:2a", "level:lycee/2nde", "region", "school:lycee"];
    for name in ["teacher", "student"] {
        let own = format!("account:{name}");
        assert_eq!(names(name), [&[own.as_str()][..], &of_class].concat());
    }
    assert_eq!(names("guardian"), ["account:guardian", "bulletin:lycee", "bulletin:region"]);
    assert_eq!(
        names("staff"),
        ["account:staff", "bulletin:lycee", "bulletin:region", "region", "school:lycee"]
    );
    assert_eq!(names("operator"), ["account:operator", "bulletin:region", "region"]);
}

#[test]
fn a_pupil_says_nothing_that_the_teacher_does_not_see() {
    let roster = roster();
    let for_pupils = Audience::of(&[Role::Student]).unwrap();
    let publish = |name: &str| {
        let Publish(new) = publication(name, "class:2a", Kind::Post);
        let (message_id, body) = (new.message_id, new.body);
        Publish::by(&identity(name), new.channel, message_id, Some(for_pupils), body, SchoolTime(0))
    };
    assert_eq!(may(&roster, &identity("student"), publish("student")), Err(NotAllowed));
    let by_teacher = may(&roster, &identity("teacher"), publish("teacher")).unwrap().into_inner();
    assert_eq!(by_teacher.0.audience, for_pupils.with(Role::Teacher), "and who sends it sees it");
}

#[test]
fn who_shares_a_class_shares_a_home() {
    let roster = roster();
    let home_of = |name: &str| home(&roster, &identity(name));
    assert_eq!(home_of("teacher"), home_of("student"));
    assert!(home_of("student").is_some());
    assert_eq!((home_of("guardian"), home_of("stranger")), (None, None));
}

#[test]
fn urgent_are_announcements_of_staff_and_operators_for_now() {
    let urgent = |who: &str, channel: &str, kind, deliver_at| {
        let reason = crate::base::Reason::parse("a pipe has burst").unwrap();
        let at = crate::base::MachineTime(1);
        let request = publication(who, channel, kind).at(deliver_at).urgent(Some(Urgent { reason, at }));
        may(&roster(), &identity(who), request).is_ok()
    };
    let announcement = Kind::Announcement;
    assert!(urgent("staff", "bulletin:lycee", announcement, None));
    assert!(urgent("staff", "school:lycee", announcement, None));
    assert!(urgent("operator", "region", announcement, None));
    assert!(!urgent("operator", "region", announcement, Some(SchoolTime(5))), "it never waits");
    assert!(!urgent("staff", "school:other", announcement, None));
    for kind in Kind::SENT {
        assert!(!urgent("teacher", "class:2a", kind, None));
        assert!(!urgent("student", "class:2a", kind, None));
    }
}

#[test]
fn a_student_says_to_the_teachers_what_is_theirs_to_judge_and_they_publish_it_in_its_name() {
    let to = |kind, audience| {
        let mut words = publication("student", "class:2a", kind);
        words.0.audience = audience;
        may(&roster(), &identity("student"), words).is_ok()
    };
    for kind in [Kind::Proposal, Kind::Lesson] {
        assert!(to(kind, TEACHERS) && !to(kind, Audience::EVERYONE), "{kind:?}");
    }
    for kind in [Kind::Question, Kind::Deletion] {
        assert!(!to(kind, TEACHERS) && to(kind, Audience::EVERYONE), "{kind:?}");
    }
    let release = |who: &str, author: &str, channel: &str| {
        may_release(&roster(), &identity(who), publication(author, channel, Kind::Post)).is_ok()
    };
    assert!(release("teacher", "student", "class:2a"));
    assert!(!release("student", "student", "class:2a") && !release("staff", "student", "class:2a"));
    assert!(!release("teacher", "teacher", "class:2a") && !release("teacher", "student", "school:lycee"));
}

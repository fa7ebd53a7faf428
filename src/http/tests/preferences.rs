//! What guardians choose of their digests, and that nobody else has anything to choose.

use serde_json::json;

use super::desk::{Desk, refused};

const PREFERENCES: &str = "/v1/preferences";

#[tokio::test]
async fn a_guardian_who_chose_nothing_has_the_default_and_may_change_a_part_of_it() {
    let desk = Desk::new();
    let answer = desk.ask("parent", "GET", PREFERENCES, "").await;
    let expected = json!({"digest": "daily", "mail": false, "urgent_mail": true, "language": "fr"});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    let answer = desk.ask("parent", "PUT", PREFERENCES, r#"{"digest":"weekly","language":"pt-BR"}"#).await;
    let expected = json!({"digest": "weekly", "mail": false, "urgent_mail": true, "language": "pt-BR"});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    let answer =
        desk.ask("parent", "PUT", PREFERENCES, r#"{"mail":true,"urgent_mail":false,"unknown":1}"#).await;
    let expected = json!({"digest": "weekly", "mail": true, "urgent_mail": false, "language": "pt-BR"});
    assert_eq!(answer.json(), expected);
    assert_eq!(desk.ask("parent", "GET", PREFERENCES, "").await.json(), expected);
}

#[tokio::test]
async fn who_is_no_guardian_has_no_digests_and_what_is_no_choice_changes_nothing() {
    let desk = Desk::new();
    for account in ["pupil", "teacher", "operator"] {
        for (method, body) in [("GET", ""), ("PUT", r#"{"digest":"off"}"#)] {
            let answer = desk.ask(account, method, PREFERENCES, body).await;
            assert_eq!(answer.problem(), refused(403, "not_allowed"), "{account}");
        }
    }
    assert_eq!(desk.plain("GET", PREFERENCES, "").await.problem(), refused(401, "token_missing"));
    for wrong in [r#"{"digest":"hourly"}"#, r#"{"mail":"yes"}"#, r#"{"language":"french"}"#, "[]", ""] {
        let answer = desk.ask("parent", "PUT", PREFERENCES, wrong).await;
        assert_eq!(answer.problem(), refused(400, "malformed"), "{wrong}");
    }
    let answer = desk.ask("parent", "GET", PREFERENCES, "").await;
    assert_eq!(
        answer.json(),
        json!({"digest": "daily", "mail": false, "urgent_mail": true, "language": "fr"})
    );
}

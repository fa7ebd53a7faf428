//! What the people of a class are called, and who may know.

use serde_json::json;

use super::desk::{Desk, refused};
use super::gate::AFTER_OPENING;

const PEOPLE: &str = "/v1/classes/2a/people";

#[tokio::test]
async fn who_is_of_a_class_knows_what_its_people_are_called_and_nothing_else() {
    let desk = Desk::new();
    let expected = json!({"class": "2a", "title": "2nde A", "people": [
        {"account": "teacher", "role": "teacher", "given_name": "Ada", "family_name": "teacher"},
        {"account": "pupil", "role": "student", "given_name": "Ada", "family_name": "pupil"},
    ]});
    for account in ["pupil", "teacher"] {
        let answer = desk.ask(account, "GET", PEOPLE, "").await;
        assert_eq!((answer.status.as_u16(), answer.json()), (200, expected.clone()), "{account}");
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert!(!answer.text.contains('@'), "{}", answer.text);
    }
}

#[tokio::test]
async fn nobody_else_knows_and_whether_the_class_exists_is_not_said() {
    let desk = Desk::new();
    desk.clock.advance(AFTER_OPENING);
    for account in ["neighbour", "parent", "operator"] {
        let answer = desk.ask(account, "GET", PEOPLE, "").await;
        assert_eq!(answer.problem(), refused(403, "not_allowed"), "{account}");
        let missing = desk.ask(account, "GET", "/v1/classes/9z/people", "").await;
        assert_eq!((missing.problem(), &missing.text), (answer.problem(), &answer.text), "{account}");
        for name in ["Ada", "2nde"] {
            assert!(!answer.text.contains(name), "{}", answer.text);
        }
    }
    // A parent knows no more of the child's class than anybody.
    for account in ["pupil", "teacher", "parent", "operator"] {
        let answer = desk.ask(account, "GET", "/v1/classes/2b/people", "").await;
        assert_eq!(answer.problem(), refused(403, "not_allowed"), "{account}");
    }
    let neighbour = desk.ask("neighbour", "GET", "/v1/classes/2b/people", "").await;
    assert_eq!(neighbour.json()["people"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn without_a_token_or_with_a_name_that_is_none_there_is_no_answer() {
    let desk = Desk::new();
    assert_eq!(desk.plain("GET", PEOPLE, "").await.problem(), refused(401, "token_missing"));
    assert_eq!(desk.ask("ghost", "GET", PEOPLE, "").await.problem(), refused(403, "unknown_account"));
    let answer = desk.ask("pupil", "GET", "/v1/classes/secret%20a/people", "").await;
    assert_eq!(answer.problem(), refused(400, "malformed"));
    assert!(!answer.text.contains("secret"), "{}", answer.text);
    assert_eq!(desk.ask("pupil", "POST", PEOPLE, "").await.problem(), refused(405, "method_not_allowed"));
}

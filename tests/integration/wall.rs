//! Logging in at the operators' listener, whose page shares the cookies of the hub's host.

use reqwest::Method;
use serde_json::json;

use crate::support::workspace::{Browser, Seen, Workspace};

/// What the operators' page asks of its own listener.
async fn at_wall(browser: &mut Browser, wall: &str, path: &str) -> Seen {
    let headers = [("preau-page", "1"), ("origin", wall), ("sec-fetch-site", "same-origin")];
    browser.ask(Method::POST, &format!("{wall}{path}"), &headers, None).await
}

#[tokio::test]
async fn an_operator_logs_in_at_the_operators_listener() {
    let space = Workspace::start().await;
    let (wall, _) = space.hub.operators();
    let mut operator = Browser::new();
    let how = operator.open(&format!("{wall}/v1/login/how")).await.json();
    assert_eq!(how, json!({"kind": "oidc", "address": space.public}));
    assert_eq!(at_wall(&mut operator, &wall, "/v1/login/token").await.refusal().0, 401);
    let back = operator.until_callback(&format!("{wall}/v1/login"), "operator").await;
    assert!(back.starts_with(&space.public), "one address is registered: {back}");
    assert_eq!(operator.open(&back).await.location.unwrap(), format!("{wall}/"));
    let given = at_wall(&mut operator, &wall, "/v1/login/token").await.json();
    assert_eq!(given["account"], "operator");
    let limits = |token: &str| {
        let (url, bearer) = (format!("{wall}/v1/operator/limits"), format!("Bearer {token}"));
        async move { Browser::new().ask(Method::GET, &url, &[("authorization", bearer.as_str())], None).await }
    };
    let token = given["token"].as_str().unwrap();
    assert_eq!(limits(token).await.status, 200);
    // Everybody's page has the same log-in, since the host is the same.
    assert_eq!(operator.page(&space, "/v1/login/token", None).await.status, 200);
    assert_eq!(at_wall(&mut operator, &wall, "/v1/logout").await.json()["ended"], 1);
    assert_eq!(limits(token).await.refusal(), (401, "token_expired".into()));

    let mut pupil = Browser::new();
    pupil.log_in(&space, "s-a-00", "/").await;
    let given = at_wall(&mut pupil, &wall, "/v1/login/token").await.json();
    let refused = limits(given["token"].as_str().unwrap()).await;
    assert_eq!(refused.refusal(), (403, "not_allowed".into()), "logged in, and no operator");
}

#[tokio::test]
async fn the_operators_listener_sends_nobody_to_another_host() {
    let space = Workspace::start().await;
    let (wall, _) = space.hub.operators();
    let begin = |host: &'static str| {
        let url = format!("{wall}/v1/login");
        async move { Browser::new().ask(Method::GET, &url, &[("host", host)], None).await }
    };
    for host in ["evil.example", "127.0.0.1@evil.example", "localhost:1", "evil.example:80", "127.0.0.1:1/x"]
    {
        let seen = begin(host).await;
        assert!(matches!(seen.status, 400 | 403), "{host}: {} {:?}", seen.status, seen.location);
        assert!(seen.location.is_none() && seen.given().is_empty(), "{host}");
    }
    // What leads back stands in the sealed cookie alone: no parameter changes it.
    let mut browser = Browser::new();
    let start = format!("{wall}/v1/login?return_to=//evil.example");
    let back = browser.until_callback(&start, "operator").await;
    assert_eq!(browser.open(&back).await.location.unwrap(), format!("{wall}/"));
    // A page of another origin gets no token here, as nowhere.
    let headers = [("preau-page", "1"), ("origin", space.public.as_str()), ("sec-fetch-site", "same-site")];
    let url = format!("{wall}/v1/login/token");
    assert_eq!(browser.ask(Method::POST, &url, &headers, None).await.refusal(), (403, "not_allowed".into()));
}

//! Logging in with a real identity provider: the whole way, and everything that somebody might try on it.

use reqwest::{Method, Url};
use serde_json::json;

use crate::support::client::{Client, End};
use crate::support::hub::Hub;
use crate::support::workspace::{Browser, Seen, Workspace};

const TOKEN_EXPIRED: u16 = 4001;

/// An address with one of its parameters replaced.
fn with(url: &str, name: &str, value: &str) -> String {
    let mut url = Url::parse(url).unwrap();
    let pairs: Vec<(String, String)> =
        url.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
    url.query_pairs_mut().clear().extend_pairs(pairs).append_pair(name, value);
    url.into()
}

fn parameter(url: &str, name: &str) -> String {
    let url = Url::parse(url).unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("{url} has no {name}"))
}

fn expired(end: &End) -> bool {
    matches!(end, End::Closed(TOKEN_EXPIRED, reason) if reason.contains("token_expired"))
}

#[tokio::test]
async fn a_browser_logs_in_is_live_and_logs_out() {
    let space = Workspace::start().await;
    let mut browser = Browser::new();
    assert_eq!(browser.open(&space.at("/v1/login/how")).await.json(), json!({"kind": "oidc"}));
    assert_eq!(browser.page(&space, "/v1/login/token", None).await.refusal(), (401, "token_missing".into()));
    let back = browser.until_callback(&space.at("/v1/login?return_to=/class"), "s-a-00").await;
    let seen = browser.open(&back).await;
    assert_eq!((seen.status, seen.location.as_deref()), (303, Some("/class")));
    let given = seen.given().into_iter().find(|cookie| cookie.starts_with("preau-session=")).unwrap();
    for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=43200"] {
        assert!(given.contains(part), "{given}");
    }
    assert!(
        seen.given().iter().any(|cookie| cookie.starts_with("preau-login=;") && cookie.contains("Max-Age=0"))
    );
    let answer = browser.page(&space, "/v1/login/token", None).await.json();
    assert_eq!(answer["account"], "s-a-00");
    let token = answer["token"].as_str().unwrap().to_owned();
    // The cookie opens nothing else.
    assert_eq!(browser.page(&space, "/v1/seat", None).await.refusal(), (401, "token_missing".into()));
    let (status, me) = space.hub.request(Method::GET, "/v1/me", &token, None).await;
    assert_eq!((status, &me["account"]), (200, &json!("s-a-00")));
    let mut client = Client::try_join(&space.hub, &token).await.unwrap();
    // Renewed in place.
    let refreshed = client.ask(json!({"type": "refresh", "token": browser.token(&space).await})).await;
    assert_eq!(refreshed["type"], "refreshed");

    let seat = space.hub.seat(&token).await.unwrap();
    let out = browser.page(&space, "/v1/logout", None).await;
    assert_eq!((out.status, &out.json()["ended"]), (200, &json!(1)));
    assert!(out.json()["leave"].as_str().unwrap().starts_with(&space.issuer));
    assert!(!browser.cookies.contains_key("preau-session"));
    assert!(expired(&client.end().await), "its connections end");
    let (status, refused) = space.hub.request(Method::GET, "/v1/me", &token, None).await;
    assert_eq!((status, &refused["code"]), (401, &json!("token_expired")), "at once, whatever its exp says");
    let late = space.hub.socket_url(&seat).replacen("ws", "http", 1);
    let handshake = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("sec-websocket-protocol", "preau.v1"),
    ];
    let refused = Browser::new().ask(Method::GET, &late, &handshake, None).await;
    assert_eq!(refused.refusal(), (403, "seat_expired".into()), "a seat of before opens nothing");
    assert!(!space.hub.log().contains(&token), "no log holds a token");
}

#[tokio::test]
async fn a_log_in_is_new_each_time_and_ends_the_one_before() {
    let space = Workspace::start().await;
    let mut browser = Browser::new();
    // Somebody else has planted a cookie of theirs.
    let mut stranger = Browser::new();
    stranger.log_in(&space, "t-b", "/").await;
    let planted = stranger.cookies["preau-session"].clone();
    browser.cookies.insert("preau-session".into(), planted.clone());
    assert_eq!(browser.log_in(&space, "s-a-00", "/").await, "/");
    let first = browser.cookies["preau-session"].clone();
    assert_ne!(first, planted);
    assert_eq!(browser.page(&space, "/v1/login/token", None).await.json()["account"], "s-a-00");
    assert_eq!(stranger.page(&space, "/v1/login/token", None).await.refusal(), (401, "token_expired".into()));
    browser.log_in(&space, "s-a-00", "/").await;
    assert_ne!(browser.cookies["preau-session"], first);
    let mut old = Browser::new();
    old.cookies.insert("preau-session".into(), first);
    assert_eq!(old.page(&space, "/v1/login/token", None).await.refusal(), (401, "token_expired".into()));
    for nonsense in ["", "x", "AAAA", "A".repeat(43).as_str()] {
        old.cookies.insert("preau-session".into(), nonsense.into());
        assert_eq!(old.page(&space, "/v1/login/token", None).await.status, 401, "{nonsense}");
    }
}

#[tokio::test]
async fn an_answer_counts_once_and_in_the_browser_that_asked() {
    let space = Workspace::start().await;
    let start = space.at("/v1/login");
    let mut browser = Browser::new();
    let back = browser.until_callback(&start, "s-a-00").await;
    assert_eq!(parameter(&back, "iss"), space.issuer);
    // Another browser is led to it (log-in CSRF): it has no attempt, or another one.
    let mut victim = Browser::new();
    assert_eq!(victim.open(&back).await.location.unwrap(), "/?login=again");
    victim.until_callback(&start, "s-a-01").await;
    assert_eq!(victim.open(&back).await.location.unwrap(), "/?login=again");
    assert!(!victim.cookies.contains_key("preau-session"));
    // Another issuer's answer, and one that does not say whose it is.
    let again = browser.cookies.clone();
    for other in [with(&back, "iss", "https://evil.example"), back.replace("iss=", "was=")] {
        let mut tried = Browser::new();
        let state = tried.until_callback(&start, "s-a-00").await;
        let other = with(&other, "state", &parameter(&state, "state"));
        assert_eq!(tried.open(&other).await.location.unwrap(), "/?login=again", "{other}");
    }
    assert_eq!(browser.open(&back).await.location.unwrap(), "/");
    // The same answer once more, with the cookie that it came with: its state is spent.
    let mut replayed = Browser::new();
    replayed.cookies = again;
    assert_eq!(replayed.open(&back).await.location.unwrap(), "/?login=again");
    // Its code once more, in a fresh attempt: the provider refuses it.
    let fresh = replayed.until_callback(&start, "s-a-00").await;
    let stolen = with(&fresh, "code", &parameter(&back, "code"));
    assert_eq!(replayed.open(&stolen).await.location.unwrap(), "/?login=again");
    assert!(!replayed.cookies.contains_key("preau-session"));
}

#[tokio::test]
async fn a_token_for_another_attempt_logs_nobody_in() {
    let space = Workspace::start().await;
    let mut browser = Browser::new();
    let to = browser.open(&space.at("/v1/login")).await.location.unwrap();
    for (name, value) in
        [("response_type", "code"), ("code_challenge_method", "S256"), ("client_id", "preau")]
    {
        assert_eq!(parameter(&to, name), value);
    }
    let back = browser.until_callback(&with(&to, "nonce", "another-nonce-of-somebody"), "s-a-00").await;
    assert_eq!(browser.open(&back).await.location.unwrap(), "/?login=again");
    // The verifier is the attempt's own: a code that another challenge was sent for is not redeemed.
    let to = browser.open(&space.at("/v1/login")).await.location.unwrap();
    let other = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let back = browser.until_callback(&with(&to, "code_challenge", other), "s-a-00").await;
    assert_eq!(browser.open(&back).await.location.unwrap(), "/?login=again");
    assert!(!browser.cookies.contains_key("preau-session"));
}

#[tokio::test]
async fn who_may_not_come_in_is_told_why() {
    let space = Workspace::start().await;
    let mut browser = Browser::new();
    assert_eq!(browser.log_in(&space, "nobody", "/").await, "/?login=unknown");
    // Somebody presses "cancel" at the provider: it says so with the attempt's state.
    let mut shy = Browser::new();
    let to = shy.open(&space.at("/v1/login")).await.location.unwrap();
    let state = parameter(&to, "state");
    let said = format!("/v1/login/callback?error=access_denied&state={state}&iss={}", space.issuer);
    assert_eq!(shy.open(&space.at(&said)).await.location.unwrap(), "/?login=denied");
    assert_eq!(
        shy.open(&space.at("/v1/login/callback?error=access_denied")).await.location.unwrap(),
        "/?login=again"
    );
    assert_eq!(
        shy.open(&space.at("/v1/login/callback?state=a&state=b&code=c")).await.location.unwrap(),
        "/?login=again"
    );
}

#[tokio::test]
async fn nobody_is_led_elsewhere() {
    let space = Workspace::start().await;
    for evil in [
        "//evil.example",
        "/%5Cevil.example",
        "https:evil.example",
        "https://evil.example/",
        "%2F%2Fevil.example",
        "/%09/evil.example",
        "/%0d%0aset-cookie:%20a=b",
        "%252F%252Fevil.example",
        "/v1/logout",
    ] {
        let mut browser = Browser::new();
        assert_eq!(browser.log_in(&space, "s-a-00", evil).await, "/", "{evil}");
    }
}

#[tokio::test]
async fn the_providers_keys_change_while_the_hub_runs_and_it_may_be_away() {
    let mut space = Workspace::start().await;
    let mut browser = Browser::new();
    browser.log_in(&space, "s-a-00", "/").await;
    let changes = async |space: &Workspace| space.hub.gauge("provider_key_changes_total").await;
    assert_eq!(changes(&space).await, 1);
    space.tell("rotate").await;
    assert_eq!(Browser::new().log_in(&space, "s-a-01", "/").await, "/", "by a key that is asked for then");
    assert_eq!(changes(&space).await, 2);

    let mut late = Browser::new();
    let back = late.until_callback(&space.at("/v1/login"), "s-a-02").await;
    space.tell("away").await;
    assert_eq!(late.open(&back).await.location.unwrap(), "/?login=away");
    // Whoever is in stays in.
    let token = browser.token(&space).await;
    assert_eq!(space.hub.request(Method::GET, "/v1/me", &token, None).await.0, 200);
    assert!(space.hub.metrics().await.contains(r#"preau_provider_failures_total{code="token"} 1"#));
    space.hub.terminate().await;
    space.hub.restart().await;
    space.lead_to_the_hub();
    assert_eq!(late.open(&space.at("/v1/login")).await.location.unwrap(), "/?login=away", "nothing is known");
    assert_eq!(space.hub.gauge("provider_known").await, 0);
    let token = browser.token(&space).await;
    assert_eq!(
        space.hub.request(Method::GET, "/v1/me", &token, None).await.0,
        200,
        "a restart ends no log-in"
    );
    space.tell("back").await;
    space.is_known(1).await;
    assert_eq!(late.log_in(&space, "s-a-02", "/").await, "/");
    assert!(space.hub.log().contains("the identity provider is away"));
}

#[tokio::test]
async fn the_provider_ends_a_log_in_and_its_open_sockets() {
    let space = Workspace::start().await;
    let (mut browser, mut other) = (Browser::new(), Browser::new());
    browser.log_in(&space, "s-a-00", "/").await;
    other.log_in(&space, "s-a-01", "/").await;
    let (token, others) = (browser.token(&space).await, other.token(&space).await);
    let mut client = Client::try_join(&space.hub, &token).await.unwrap();
    let mut stays = Client::try_join(&space.hub, &others).await.unwrap();
    for (form, code) in [
        ("", (400, "malformed")),
        ("logout_token=nonsense", (400, "malformed")),
        (&format!("logout_token={token}"), (400, "malformed")),
    ] {
        let refused = Browser::new().send(&space.at("/v1/login/backchannel"), form).await;
        assert_eq!(refused.refusal(), (code.0, code.1.into()), "{form}");
    }
    // Out at the provider, as its person does it there.
    let page = browser.open(&format!("{}/session/end", space.issuer)).await;
    let secret = page.text.split(r#"name="xsrf" value=""#).nth(1).and_then(|rest| rest.split('"').next());
    let form = format!("xsrf={}&logout=yes", secret.expect("the provider asks first"));
    let out = browser.send(&format!("{}/session/end/confirm", space.issuer), &form).await;
    assert!(matches!(out.status, 302 | 303), "{} {}", out.status, out.text);
    assert!(expired(&client.end().await));
    assert_eq!(browser.page(&space, "/v1/login/token", None).await.refusal(), (401, "token_expired".into()));
    let (status, refused) = space.hub.request(Method::GET, "/v1/me", &token, None).await;
    assert_eq!((status, &refused["code"]), (401, &json!("token_expired")));
    assert_eq!(stays.ask(json!({"type": "ping"})).await["type"], "pong");
    assert!(space.hub.metrics().await.contains(r#"preau_logouts_total{code="provider"} 1"#));
}

#[tokio::test]
async fn out_everywhere_holds_in_every_browser_and_over_a_restart() {
    let mut space = Workspace::start().await;
    let (mut desk, mut phone) = (Browser::new(), Browser::new());
    desk.log_in(&space, "t-a", "/").await;
    phone.log_in(&space, "t-a", "/").await;
    let tokens = [desk.token(&space).await, phone.token(&space).await];
    let mut clients = Vec::new();
    for token in &tokens {
        clients.push(Client::try_join(&space.hub, token).await.unwrap());
    }
    let out = desk.page(&space, "/v1/logout", Some(json!({"everywhere": true}))).await;
    assert_eq!((out.status, &out.json()["ended"]), (200, &json!(2)));
    for mut client in clients {
        assert!(expired(&client.end().await));
    }
    assert_eq!(phone.page(&space, "/v1/login/token", None).await.refusal(), (401, "token_expired".into()));
    space.hub.kill().await;
    space.hub.restart().await;
    space.lead_to_the_hub();
    for token in &tokens {
        let (status, refused) = space.hub.request(Method::GET, "/v1/me", token, None).await;
        assert_eq!(
            (status, &refused["code"]),
            (401, &json!("token_expired")),
            "a restart gives nothing back"
        );
    }
    assert_eq!(phone.page(&space, "/v1/login/token", None).await.refusal(), (401, "token_expired".into()));
}

#[tokio::test]
async fn another_sites_page_can_use_no_cookie() {
    let space = Workspace::start().await;
    let mut browser = Browser::new();
    browser.log_in(&space, "s-a-00", "/").await;
    let own = space.public.clone();
    for path in ["/v1/login/token", "/v1/logout"] {
        for headers in [
            &[("origin", own.as_str())][..],
            &[("preau-page", "1")],
            &[("preau-page", "1"), ("origin", "https://evil.example")],
            &[("preau-page", "1"), ("origin", "null")],
            &[("preau-page", "1"), ("origin", "http://127.0.0.1:1")],
            &[("preau-page", "1"), ("origin", own.as_str()), ("sec-fetch-site", "cross-site")],
            &[("preau-page", "1"), ("origin", own.as_str()), ("sec-fetch-site", "same-site")],
            &[("preau-page", "1"), ("sec-fetch-site", "none")],
        ] {
            let seen = browser.ask(Method::POST, &space.at(path), headers, None).await;
            assert_eq!(seen.refusal(), (403, "not_allowed".into()), "{path} {headers:?}");
        }
        let form = browser.send(&space.at(path), "everywhere=true").await;
        assert_eq!(form.refusal(), (403, "not_allowed".into()));
        assert_eq!(
            browser.open(&space.at(path)).await.status,
            405,
            "{path}: no link, image or redirect either"
        );
        let asked = [
            ("origin", "https://evil.example"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "preau-page"),
        ];
        let asked = browser.ask(Method::OPTIONS, &space.at(path), &asked, None).await;
        assert_eq!(
            asked.headers.get("access-control-allow-origin"),
            None,
            "nobody is ever allowed the header"
        );
    }
    assert_eq!(browser.page(&space, "/v1/login/token", None).await.status, 200, "nothing has ended");
}

/// Asks until it is put off, which is soon.
async fn put_off(browser: &mut Browser, url: &str) -> Seen {
    for _ in 0..1_000 {
        let seen = browser.open(url).await;
        if seen.status == 429 {
            return seen;
        }
        assert_eq!(seen.status, 303);
    }
    panic!("{url} is never put off");
}

#[tokio::test]
async fn too_many_log_ins_are_put_off_before_they_cost_anything() {
    let space = Workspace::start_with("per_address_per_second = 1\nproxies = [\"127.0.0.1\"]\n").await;
    let mut browser = Browser::new();
    for path in ["/v1/login", "/v1/login/callback"] {
        let seen = put_off(&mut browser, &space.at(path)).await;
        assert!(seen.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
        assert!(seen.headers["refresh"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
        assert!(seen.given().is_empty(), "{path} begins nothing");
    }
    let mut words = 0;
    let word = loop {
        let word = browser.send(&space.at("/v1/login/backchannel"), "logout_token=x").await;
        if word.status == 429 {
            break word;
        }
        words += 1;
        assert!(words < 1_000, "the provider's words are put off as well");
    };
    assert_eq!(word.refusal(), (429, "rate_limited".into()));
    assert!(word.headers.contains_key("retry-after"));
    let mut asked = 0;
    while browser.page(&space, "/v1/login/token", None).await.status != 429 {
        asked += 1;
        assert!(asked < 1_000, "tokens are put off as well");
    }
    assert!(asked >= 10, "and later than log-ins: {asked}");
    let elsewhere = [("x-forwarded-for", "192.0.2.7")];
    let seen = browser.ask(Method::GET, &space.at("/v1/login"), &elsewhere, None).await;
    assert_eq!(seen.status, 303, "another address behind our proxy has its own allowance");
}

#[tokio::test]
async fn a_hub_without_a_provider_logs_nobody_in() {
    let (plain, demo) = (Hub::start().await, Hub::demo().await);
    for (hub, kind) in [(&plain, "none"), (&demo, "demo")] {
        let mut browser = Browser::new();
        let at = |path: &str| format!("{}{path}", hub.address());
        assert_eq!(browser.open(&at("/v1/login/how")).await.json(), json!({ "kind": kind }));
        for path in ["/v1/login", "/v1/login/callback?code=a&state=b"] {
            assert_eq!(browser.open(&at(path)).await.refusal(), (404, "not_found".into()), "{path}");
        }
        for path in ["/v1/login/token", "/v1/logout", "/v1/login/backchannel"] {
            let own = [("preau-page", "1"), ("origin", hub.address())];
            let seen = browser.ask(Method::POST, &at(path), &own, None).await;
            assert_eq!(seen.refusal(), (404, "not_found".into()), "{path}");
        }
    }
}

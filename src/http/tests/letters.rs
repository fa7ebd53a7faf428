//! Where letters lead: a page that changes nothing, and a button that does.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::desk::Desk;
use crate::http::unsubscribe::{Reply, Unsubscribe};

/// Knows the key `good`, and counts who was stopped. A key `ill` can't be written down.
#[derive(Clone, Default)]
pub(super) struct Farewells(Arc<AtomicUsize>);

impl Unsubscribe for Farewells {
    fn ask(&self, key: &str, language: &str) -> Reply {
        let page = format!("<html lang=\"{language}\">?</html>");
        if key == "good" { Reply::Fine(page) } else { Reply::Wrong(page) }
    }

    fn stop<'a>(
        &'a self,
        key: &'a str,
        language: &'a str,
    ) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>> {
        Box::pin(async move {
            if key == "ill" {
                return Reply::Later(String::new());
            }
            let reply = self.ask(key, language);
            self.0.fetch_add(usize::from(matches!(reply, Reply::Fine(_))), Ordering::SeqCst);
            reply
        })
    }
}

#[tokio::test]
async fn looking_changes_nothing_and_one_click_does() {
    let desk = Desk::new();
    let stopped = || desk.farewells.0.load(Ordering::SeqCst);
    let path = "/v1/unsubscribe?key=good&language=en";
    let page = desk.plain("GET", path, "").await;
    assert_eq!((page.status.as_u16(), stopped()), (200, 0));
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.text.contains("lang=\"en\""));
    // As RFC 8058 §3.1 has a mailbox ask: no log-in, a form that says what it wants.
    let done = desk.plain("POST", path, "List-Unsubscribe=One-Click").await;
    assert_eq!((done.status.as_u16(), stopped()), (200, 1));
    assert_eq!(desk.plain("HEAD", path, "").await.status, 200);
    assert_eq!(stopped(), 1);
}

#[tokio::test]
async fn a_key_that_is_none_gets_a_page_and_changes_nothing() {
    let desk = Desk::new();
    for path in ["/v1/unsubscribe?key=bad", "/v1/unsubscribe", "/v1/unsubscribe?language=fr"] {
        for method in ["GET", "POST"] {
            let page = desk.plain(method, path, "").await;
            assert_eq!(
                (page.status.as_u16(), page.header("content-type")),
                (400, "text/html; charset=utf-8")
            );
        }
    }
    assert_eq!(desk.plain("POST", "/v1/unsubscribe?key=ill", "").await.status, 503);
    assert_eq!(desk.farewells.0.load(Ordering::SeqCst), 0);
    assert_eq!(desk.plain("DELETE", "/v1/unsubscribe?key=good", "").await.status, 405);
}

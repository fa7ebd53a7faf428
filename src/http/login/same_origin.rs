//! Whether a request that a cookie speaks for was made by a page of ours.
//!
//! Three walls, of which each would do: the browser's own word on where the request comes from (Fetch Metadata, and
//! `Origin`), and a header that neither a form nor a page of another site can send without being allowed to, which nobody
//! ever is here. What says nothing of where it comes from is refused: programs have no cookie, and bring a token.

use axum::http::{HeaderMap, HeaderName, header};
use url::Url;

use crate::http::handshake::is_own_origin;
use crate::http::problem::Problem;
use crate::protocol::ErrorCode;

/// A form can't send it.
const PAGE: HeaderName = HeaderName::from_static("preau-page");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what another site's page may have made.
///
/// # Errors
/// `not_allowed`.
pub(super) fn check(headers: &HeaderMap, public: &Url) -> Result<(), Problem> {
    let refuse = |detail| Err(Problem::new(ErrorCode::NotAllowed).because(detail));
    if !headers.contains_key(PAGE) {
        return refuse("a page of the hub's own sends the header preau-page");
    }
    let is_public = |origin: &str| public.origin().ascii_serialization() == origin;
    let mut vouched = false;
    for origin in headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if !is_own_origin(headers, origin) && !is_public(origin) {
            return refuse("pages of that origin may not ask here");
        }
        vouched = true;
    }
    for site in headers.get_all(FETCH_SITE) {
        if site != "same-origin" {
            return refuse("pages of another site may not ask here");
        }
        vouched = true;
    }
    if vouched { Ok(()) } else { refuse("the request does not say which page it comes from") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_with(pairs: &[(&'static str, &'static str)]) -> bool {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let headers = pairs.collect::<HeaderMap>();
        check(&headers, &Url::parse("https://preau.test/").unwrap()).is_ok()
    }

    #[test]
    fn a_page_of_ours_may_ask_and_nobody_else() {
        const PAGE: (&str, &str) = ("preau-page", "1");
        const HOST: (&str, &str) = ("host", "hub.test:8080");
        for good in [
            &[PAGE, HOST, ("origin", "http://hub.test:8080")][..],
            &[PAGE, HOST, ("origin", "https://preau.test")],
            &[PAGE, HOST, ("sec-fetch-site", "same-origin")],
            &[PAGE, HOST, ("origin", "http://hub.test:8080"), ("sec-fetch-site", "same-origin")],
        ] {
            assert!(check_with(good), "{good:?}");
        }
        for bad in [
            &[HOST, ("origin", "http://hub.test:8080")][..],
            &[PAGE, HOST],
            &[PAGE, HOST, ("origin", "null")],
            &[PAGE, HOST, ("origin", "http://hub.test:9090")],
            &[PAGE, HOST, ("origin", "https://evil.example")],
            &[PAGE, HOST, ("origin", "https://preau.test.evil.example")],
            &[PAGE, HOST, ("origin", "http://hub.test:8080"), ("sec-fetch-site", "same-site")],
            &[PAGE, HOST, ("origin", "http://hub.test:8080"), ("sec-fetch-site", "cross-site")],
            &[PAGE, HOST, ("sec-fetch-site", "none")],
        ] {
            assert!(!check_with(bad), "{bad:?}");
        }
    }
}

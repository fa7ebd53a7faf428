//! The web app's files, which stand in the binary; a plain page that says what to do if they were not built.
//!
//! There are two sites: everybody's, and the operators' on their own listener. Neither has the other's files.
//! The build leaves a compressed copy beside each text. Whoever takes one gets it as it lies (RFC 9110 §12.5.3): on a poor line
//! that is the difference between two seconds and six.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;
use crate::protocol::ErrorCode;

/// What `npm run build` leaves. Absent if it never ran: `cargo build` alone needs no Node.
#[derive(RustEmbed)]
#[folder = "web/app/dist"]
#[allow_missing = true]
struct Dist;

/// The same for operators.
#[derive(RustEmbed)]
#[folder = "web/app/dist-operations"]
#[allow_missing = true]
struct OperationsDist;

const INDEX: &str = "index.html";
/// The page of operators, which is the index of their site.
const OPERATIONS_INDEX: &str = "operations.html";
/// Vite names these files by their content.
const HASHED: &str = "assets/";
/// Codings that the build makes, the smaller one first, with what their files' names end in.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Only our own files run, and nobody frames them. A body of a publication is shown as text, so this is the second wall.
const CONTENT_SECURITY_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);

const NOT_BUILT: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>préau</title>
<h1>The hub is running. Its pages are not built.</h1>
<p>This binary was built without the web app. <code>make run</code> builds both; <code>npm ci &amp;&amp; npm run build</code>
in <code>web/app</code> builds the pages, and the next <code>cargo build</code> takes them in.</p>
<p>Everything else works: <a href="/v1/openapi.json">the HTTP interface</a>, <a href="/readyz">readiness</a>,
<a href="/metrics">metrics</a>.</p>
</html>
"#;

/// Everybody's site.
pub(super) async fn pages(request: Request) -> Response {
    answer(&request, INDEX, Dist::get)
}

/// The operators' site.
pub(super) async fn operations(request: Request) -> Response {
    answer(&request, OPERATIONS_INDEX, OperationsDist::get)
}

fn answer(request: &Request, index: &str, file: fn(&str) -> Option<EmbeddedFile>) -> Response {
    let path = request.uri().path();
    if is_interface(path) {
        return Problem::new(ErrorCode::NotFound).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(ErrorCode::MethodNotAllowed)
            .with_header(header::ALLOW, HeaderValue::from_static("GET, HEAD"))
            .into_response();
    }
    respond(index, path, request.headers(), |name| {
        file(name).map(|file| (file.metadata.mimetype().to_owned(), file.data.into_owned()))
    })
}

/// Addresses that are no page's, whether or not they exist.
fn is_interface(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/")
}

fn respond(
    index: &str,
    path: &str,
    headers: &HeaderMap,
    file: impl Fn(&str) -> Option<(String, Vec<u8>)>,
) -> Response {
    let name = path.trim_start_matches('/');
    let name = if name.is_empty() { index } else { name };
    let is_copy = CODINGS.iter().any(|(_, end)| name.ends_with(end));
    if let Some(found) = file(name).filter(|_| !is_copy) {
        return page(name, found, headers, file);
    }
    // A last part with a dot is a file that is missing; anything else is an address of the app's own.
    let is_file = name.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if is_file && name != index {
        return Problem::new(ErrorCode::NotFound).into_response();
    }
    let found = file(index).unwrap_or_else(|| ("text/html".into(), NOT_BUILT.as_bytes().to_vec()));
    page(index, found, headers, file)
}

fn page(
    name: &str,
    (mime, bytes): (String, Vec<u8>),
    asked: &HeaderMap,
    file: impl Fn(&str) -> Option<(String, Vec<u8>)>,
) -> Response {
    let takes =
        |coding: &str| asked.get_all(header::ACCEPT_ENCODING).iter().any(|value| accepts(value, coding));
    let mut copies = CODINGS.iter().filter(|(coding, _)| takes(coding));
    let copy = copies.find_map(|(coding, end)| Some((*coding, file(&format!("{name}{end}"))?.1)));
    let (coding, bytes) = copy.map_or((None, bytes), |(coding, bytes)| (Some(coding), bytes));
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::OK;
    let is_text = mime.starts_with("text/") || mime.ends_with("javascript") || mime.ends_with("json");
    let mime = if is_text { format!("{mime}; charset=utf-8") } else { mime };
    let headers = response.headers_mut();
    if let Ok(mime) = HeaderValue::from_str(&mime) {
        headers.insert(header::CONTENT_TYPE, mime);
    }
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let caching = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    response
}

/// Whether a list of codings names this one and does not weigh it with nothing.
fn accepts(list: &HeaderValue, coding: &str) -> bool {
    let mut named = list.to_str().unwrap_or_default().split(',').map(|one| one.split(';').map(str::trim));
    named.any(|mut one| {
        let is_named = one.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        is_named && !one.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(name: &str) -> Option<(String, Vec<u8>)> {
        match name {
            INDEX => Some(("text/html".into(), b"index".to_vec())),
            "assets/a-1f.js" => Some(("text/javascript".into(), b"script".to_vec())),
            "assets/a-1f.js.br" => Some(("application/octet-stream".into(), b"brotli".to_vec())),
            "assets/a-1f.js.gz" => Some(("application/gzip".into(), b"gzip".to_vec())),
            "assets/b-2e.js" => Some(("text/javascript".into(), b"short".to_vec())),
            _ => None,
        }
    }

    async fn get(path: &str, file: impl Fn(&str) -> Option<(String, Vec<u8>)>) -> (u16, String, String) {
        let response = respond(INDEX, path, &HeaderMap::new(), file);
        let status = response.status().as_u16();
        let caching = response.headers().get(header::CACHE_CONTROL).cloned();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let caching = caching.map(|value| value.to_str().unwrap().to_owned());
        (status, String::from_utf8(body.to_vec()).unwrap(), caching.unwrap_or_default())
    }

    #[tokio::test]
    async fn files_are_served_and_the_apps_own_addresses_get_the_index() {
        assert_eq!(get("/", built).await, (200, "index".into(), "no-cache".into()));
        assert_eq!(get("/class/3a", built).await.1, "index");
        let (status, body, caching) = get("/assets/a-1f.js", built).await;
        assert_eq!((status, body.as_str()), (200, "script"));
        assert!(caching.contains("immutable"));
        assert_eq!(get("/assets/gone.js", built).await.0, 404);
    }

    #[tokio::test]
    async fn whoever_takes_a_compressed_copy_gets_it() {
        for (accepted, coding, expected) in [
            ("gzip, deflate, br", Some("br"), "brotli"),
            ("gzip;q=1.0, BR; q=0", Some("gzip"), "gzip"),
            ("deflate", None, "script"),
            ("brown", None, "script"),
        ] {
            let asked = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            let response = respond(INDEX, "/assets/a-1f.js", &asked, built);
            let headers = response.headers().clone();
            assert_eq!(headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap()), coding);
            assert_eq!(headers[header::CONTENT_TYPE], "text/javascript; charset=utf-8");
            assert_eq!(headers[header::VARY], "accept-encoding");
            let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
            assert_eq!(body, expected, "{accepted}");
            let short = respond(INDEX, "/assets/b-2e.js", &asked, built);
            assert_eq!(short.headers().get(header::CONTENT_ENCODING), None);
        }
        assert_eq!(get("/assets/a-1f.js.br", built).await.0, 404);
    }

    #[tokio::test]
    async fn without_the_web_app_a_page_says_what_to_do() {
        let (status, body, _) = get("/", |_| None).await;
        assert_eq!(status, 200);
        assert!(body.contains("make run"));
        assert_eq!(get("/favicon.ico", |_| None).await.0, 404);
    }
}

//! The web app's files, which stand in the binary; a plain page that says what to do if they were not built.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use rust_embed::RustEmbed;

use super::problem::Problem;
use crate::protocol::ErrorCode;

/// What `npm run build` leaves. Absent if it never ran: `cargo build` alone needs no Node.
#[derive(RustEmbed)]
#[folder = "web/app/dist"]
#[allow_missing = true]
struct Dist;

const INDEX: &str = "index.html";
/// Vite names these files by their content.
const HASHED: &str = "assets/";

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

pub(super) async fn pages(request: Request) -> Response {
    let path = request.uri().path();
    if is_interface(path) {
        return Problem::new(ErrorCode::NotFound).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(ErrorCode::MethodNotAllowed)
            .with_header(header::ALLOW, HeaderValue::from_static("GET, HEAD"))
            .into_response();
    }
    respond(request.uri(), |name| {
        Dist::get(name).map(|file| (file.metadata.mimetype().to_owned(), file.data.into_owned()))
    })
}

/// Addresses that are no page's, whether or not they exist.
fn is_interface(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/")
}

fn respond(uri: &Uri, file: impl Fn(&str) -> Option<(String, Vec<u8>)>) -> Response {
    let name = uri.path().trim_start_matches('/');
    let name = if name.is_empty() { INDEX } else { name };
    if let Some(found) = file(name) {
        return page(name, found);
    }
    // A last part with a dot is a file that is missing; anything else is an address of the app's own.
    let is_file = name.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if is_file && name != INDEX {
        return Problem::new(ErrorCode::NotFound).into_response();
    }
    let index = file(INDEX);
    page(INDEX, index.unwrap_or_else(|| ("text/html".into(), NOT_BUILT.as_bytes().to_vec())))
}

fn page(name: &str, (mime, bytes): (String, Vec<u8>)) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::OK;
    let is_text = mime.starts_with("text/") || mime.ends_with("javascript") || mime.ends_with("json");
    let mime = if is_text { format!("{mime}; charset=utf-8") } else { mime };
    let headers = response.headers_mut();
    if let Ok(mime) = HeaderValue::from_str(&mime) {
        headers.insert(header::CONTENT_TYPE, mime);
    }
    let caching = if name.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(name: &str) -> Option<(String, Vec<u8>)> {
        match name {
            INDEX => Some(("text/html".into(), b"index".to_vec())),
            "assets/a-1f.js" => Some(("text/javascript".into(), b"script".to_vec())),
            _ => None,
        }
    }

    async fn get(path: &str, file: impl Fn(&str) -> Option<(String, Vec<u8>)>) -> (u16, String, String) {
        let response = respond(&path.parse().unwrap(), file);
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
    async fn without_the_web_app_a_page_says_what_to_do() {
        let (status, body, _) = get("/", |_| None).await;
        assert_eq!(status, 200);
        assert!(body.contains("make run"));
        assert_eq!(get("/favicon.ico", |_| None).await.0, 404);
    }
}

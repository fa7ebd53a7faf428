//! `GET /v1/openapi.json`: the description of this interface, made from the handlers themselves.
//!
//! An address can't be routed without its description, since both come from one list (`edge::addresses`). The file
//! `docs/openapi.json` is the same text; a test holds them together.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};

use super::problem::Problem;
use super::{edge, operations};
use crate::protocol::ErrorCode;

/// The document before its addresses.
pub(super) fn frame() -> OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = ComponentsBuilder::new().security_scheme("bearer", SecurityScheme::Http(bearer));
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("préau")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "The HTTP interface of the hub. Refusals are RFC 9457 problems whose `code` is that of the socket's \
                     table of errors (docs/PROTOCOL.md). A request with a token is refused as a seat would be: `suspended`, `kicked` \
                     or, at load level 4, `closed`; what is answered all the same is told there too. Addresses under /v1/demo exist in a demo only.",
                ))
                .license(Some(
                    LicenseBuilder::new()
                        .name("Apache-2.0")
                        .identifier(Some("Apache-2.0"))
                        .build(),
                ))
                .build(),
        )
        .components(Some(components.build()))
        .build()
}

/// The whole document, a demo's addresses included.
///
/// # Errors
/// Only if the document can't be written as JSON.
pub fn document() -> Result<String, serde_json::Error> {
    let (_, document) =
        edge::addresses().merge(edge::demo_addresses()).merge(operations::addresses()).split_for_parts();
    Ok(document.to_pretty_json()? + "\n")
}

/// Gives this document.
#[utoipa::path(
    get, path = "/v1/openapi.json", tag = "operations",
    responses((status = 200, description = "This document.", content_type = "application/json"))
)]
pub(super) async fn openapi() -> Result<Response, Problem> {
    let text = document().map_err(|_| Problem::new(ErrorCode::Internal))?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], text).into_response())
}

//! The operators' surface: a listener of its own, so that it answers when nobody else gets in.
//!
//! Metrics and health stand here too, since they are nobody's business outside. Whoever changes something says who they are
//! and why. Operators in the roster show their token; on the machine itself the secret in the data folder is enough:
//! whoever can read that could read the store as well.

mod accounts;
mod act;
mod audit;
mod calendar;
mod conduct;
mod explain;
pub(in crate::http) mod gauges;
mod grouping;
mod journal;
mod kicks;
mod limits;
mod links;
pub(in crate::http) mod notice;
mod office;
mod officer;
mod openings;
mod operate;
mod report;
mod status;
pub(in crate::http) mod watch;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(in crate::http) use act::Signed;
pub use calendar::CalendarRefused;
pub use grouping::{Grouping, SchoolGroups};
pub use journal::{Entry, Journal, JournalError, NewEntry, Outcome};
pub(in crate::http) use links::LinkRequest;
pub use links::{CUT, Link};
pub(in crate::http) use office::{Change, at_office};
pub use office::{Instruments, Office};
pub use officer::Secret;
pub use operate::Operate;
pub use report::Archive;
pub use status::Swept;
pub use watch::{MemorySum, Vitals};
pub use webhooks::{EndpointState, EndpointView};

use super::edge::Edge;
use super::{demo, guard, health, login, metrics, pages};

/// Every address that the operators' listener answers, with its place in the OpenAPI document.
pub(super) fn addresses() -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::new()
        .routes(routes!(metrics::metrics))
        .routes(routes!(status::status))
        .routes(routes!(explain::explain))
        .routes(routes!(watch::stream))
        .routes(routes!(limits::limits, limits::change_limits))
        .routes(routes!(openings::windows, openings::set_window))
        .routes(routes!(openings::withdraw_window))
        .routes(routes!(openings::suspend))
        .routes(routes!(calendar::reload_calendar))
        .routes(routes!(webhooks::resume_webhook))
        .routes(routes!(notice::set_notice))
        .routes(routes!(kicks::kick))
        .routes(routes!(kicks::lift_kick))
        .routes(routes!(links::link))
        .routes(routes!(accounts::export))
        .routes(routes!(accounts::erase))
        .routes(routes!(conduct::posting))
        .routes(routes!(conduct::drain))
        .routes(routes!(audit::audit))
        .routes(routes!(report::report))
        .layer(middleware::from_fn(guard::deadline))
}

/// Everything that the operators' listener answers, with the checks that every request passes.
pub(super) fn router(edge: Arc<Edge>) -> Router {
    let shared = OpenApiRouter::new().routes(routes!(health::healthz)).routes(routes!(health::readyz));
    let (mut router, _) = addresses().merge(shared).split_for_parts();
    // The same addresses as everybody's, and no others in the document.
    router = router.merge(login::at_wall().layer(middleware::from_fn(guard::deadline)));
    if edge.parts.demo.is_some() {
        let demo = Router::new()
            .route("/v1/demo", get(demo::operators_demo))
            .route("/v1/demo/login", post(demo::operators_login));
        router = router.merge(demo.layer(middleware::from_fn(guard::deadline)));
    }
    router
        .fallback(pages::operations)
        .method_not_allowed_fallback(guard::method_not_allowed)
        .layer(DefaultBodyLimit::max(crate::base::limits::MESSAGE_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&edge), guard::guard))
        .with_state(edge)
}

//! What every request may use, and the table of addresses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use jiff::tz::TimeZone;
use prometheus_client::registry::Registry;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::admit::Admit;
use super::bulletins::Bulletins;
use super::demo::Demo;
use super::entrance::Entrance;
use super::login::Login;
use super::operations::gauges::Gauges;
use super::operations::watch::Watch;
use super::operations::{Office, SchoolGroups, Secret, notice};
use super::operator::Reload;
use super::rate::Allowances;
use super::unsubscribe::{self, Unsubscribe};
use super::windows::Windows;
use super::{
    advice, announcements, assignments, batches, bulletin, demo, events, extensions, family, guard, health,
    history, items, login, marks, me, openapi, operator, pages, people, preferences, publish, reach,
    receipts, scheduled, seat, socket,
};
use crate::base::drain::DrainSignal;
use crate::base::metrics::Metrics;
use crate::base::{AccountId, Clock, SessionId, limits};
use crate::broker::{Broker, Sink};
use crate::identity::{Resumes, Seats, Verifier};
use crate::items::Publisher;
use crate::ledger::Ledger;
use crate::lesson::Lessons;
use crate::report::Books;
use crate::roster::Directory;
use crate::session::{LinkHosts, Quiet, Rates, Stops};

/// The parts that the edge rests on. Made once by the composition root.
pub struct Parts {
    /// Both times.
    pub clock: Arc<dyn Clock>,
    /// The roster in force.
    pub directory: Arc<Directory>,
    /// Checks bearer tokens.
    pub verifier: Arc<Verifier>,
    /// Gives and takes seats.
    pub seats: Seats,
    /// Decides who enters.
    pub gate: Box<dyn Admit>,
    /// When whom the doors are open to.
    pub windows: Arc<dyn Windows>,
    /// Reads resume tokens.
    pub resumes: Arc<Resumes>,
    /// Where publications go and come from.
    pub broker: Arc<dyn Broker>,
    /// Carries announcements and assignments to their channels.
    pub items: Arc<Publisher>,
    /// Accounts that may send in others' names.
    pub on_behalf: Vec<AccountId>,
    /// What is remembered besides publications.
    pub ledger: Arc<dyn Ledger>,
    /// Where upgraded sockets go.
    pub entrance: Box<dyn Entrance>,
    /// What operators see and decide.
    pub office: Arc<Office>,
    /// Schools whose metrics are joined.
    pub school_groups: SchoolGroups,
    /// What the report counts.
    pub books: Arc<Books>,
    /// What opens the operators' surface on the machine itself.
    pub operators: Secret,
    /// Replaces the roster in force.
    pub reload: Box<dyn Reload>,
    /// The schools' time zone.
    pub zone: TimeZone,
    /// The counters.
    pub metrics: Metrics,
    /// Raised when the hub shuts down.
    pub drain: DrainSignal,
    /// Pages on other hosts that may open sockets, as `scheme://host[:port]`.
    pub allowed_origins: Vec<String>,
    /// Random bytes for a seat's nonce, others each time; `None` if the operating system has none to give.
    pub nonce: fn() -> Option<[u8; 16]>,
    /// The schools' quiet hours.
    pub quiet: Arc<dyn Quiet>,
    /// What an account may ask for over HTTP.
    pub rates: Rates,
    /// Where posting is stopped.
    pub stops: Arc<Stops>,
    /// Stops letters.
    pub unsubscribe: Box<dyn Unsubscribe>,
    /// All lessons.
    pub lessons: Arc<Lessons>,
    /// Where links in classes may lead to.
    pub links: Arc<LinkHosts>,
    /// What logging in rests on, if this hub logs anybody in.
    pub login: Option<Box<Login>>,
    /// Whether browsers reach the hub over https.
    pub is_https: bool,
    /// What only a demo has.
    pub demo: Option<Demo>,
}

/// The parts, and what the edge itself keeps.
pub struct Edge {
    pub(super) parts: Parts,
    pub(super) registry: Registry,
    pub(super) allowances: Allowances,
    pub(super) bulletins: Arc<Bulletins>,
    pub(super) watch: Watch,
    next_session: AtomicU64,
}

impl Edge {
    /// The edge on these parts.
    pub fn new(parts: Parts) -> Arc<Self> {
        let mut registry = parts.metrics.registry();
        registry.register_collector(Box::new(Gauges {
            office: Arc::clone(&parts.office),
            books: Arc::clone(&parts.books),
            directory: Arc::clone(&parts.directory),
            groups: parts.school_groups.clone(),
        }));
        let allowances = Allowances::new(parts.rates, limits::HTTP_ACCOUNTS_RATED_MAX);
        let bulletins = Arc::new(Bulletins::default());
        parts.broker.attach(Arc::clone(&bulletins) as Arc<dyn Sink>);
        let (watch, next_session) = (Watch::default(), AtomicU64::new(1));
        Arc::new(Self { parts, registry, allowances, bulletins, watch, next_session })
    }

    /// What opens the operators' surface.
    pub fn operators(&self) -> &Secret {
        &self.parts.operators
    }

    /// The number of the next session.
    pub(super) fn next_session(&self) -> SessionId {
        SessionId(self.next_session.fetch_add(1, Ordering::Relaxed))
    }
}

/// Every address that `serve` answers, with its place in the OpenAPI document.
pub(super) fn addresses() -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(seat::seat))
        .routes(routes!(notice::notice))
        .routes(routes!(socket::socket))
        .routes(routes!(events::stream))
        .routes(routes!(me::me))
        .routes(routes!(people::people))
        .routes(routes!(preferences::preferences, preferences::put_preferences))
        .routes(routes!(family::family, family::change_family))
        .routes(routes!(family::change_link))
        .routes(routes!(publish::publish, history::history))
        .routes(routes!(scheduled::scheduled))
        .routes(routes!(scheduled::cancel))
        .routes(routes!(announcements::send))
        .routes(routes!(announcements::edit, announcements::withdraw))
        .routes(routes!(assignments::send))
        .routes(routes!(assignments::edit, assignments::withdraw))
        .routes(routes!(items::own))
        .routes(routes!(items::item))
        .routes(routes!(reach::reach))
        .routes(routes!(batches::batch).layer(DefaultBodyLimit::max(limits::BATCH_BYTES_MAX)))
        .routes(routes!(bulletin::bulletin))
        .routes(routes!(receipts::give))
        .routes(routes!(receipts::receipts))
        .routes(routes!(marks::put_done, marks::done))
        .routes(routes!(marks::marks))
        .routes(routes!(extensions::extend))
        .routes(routes!(advice::advice))
        .routes(routes!(unsubscribe::ask, unsubscribe::stop))
        .merge(login::addresses())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(openapi::openapi))
        .layer(middleware::from_fn(guard::deadline))
        // Below the deadline: a region's roster takes longer to read than a request may take.
        .routes(routes!(operator::reload_roster))
}

/// What only a demo answers.
pub(super) fn demo_addresses() -> OpenApiRouter<Arc<Edge>> {
    OpenApiRouter::new()
        .routes(routes!(demo::demo))
        .routes(routes!(demo::login))
        .routes(routes!(demo::clock))
        .layer(middleware::from_fn(guard::deadline))
}

/// Everything that the edge answers, with the checks that every request passes.
pub fn router(edge: Arc<Edge>) -> Router {
    let mut addresses = addresses();
    if edge.parts.demo.is_some() {
        addresses = addresses.merge(demo_addresses());
    }
    let (router, _) = addresses.split_for_parts();
    router
        .fallback(pages::pages)
        .method_not_allowed_fallback(guard::method_not_allowed)
        .layer(DefaultBodyLimit::max(limits::MESSAGE_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&edge), guard::guard))
        .with_state(edge)
}

//! What the tests of the edge stand on: a small roster, a broker that answers as told, a clock that moves by hand.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bytes::Bytes;
use serde_json::Value;
use tower::ServiceExt as _;

use super::broker::Scripted;
use super::gate::{Evening, ScriptedGate};
use super::letters::Farewells;
use super::office::{Empty, Notebook, ScriptedHub};
use super::school::{Night, roster};
use crate::base::clock::{DemoClock, ManualClock};
use crate::base::drain::{self, Drain};
use crate::base::metrics::Metrics;
use crate::base::{AccountId, Clock, Epoch, MachineTime, OrgId, SchoolTime, SessionId, limits};
use crate::broker::Broker;
use crate::engine::Frame;
use crate::http::demo::Demo;
use crate::http::edge::{Edge, Parts, router};
use crate::http::entrance::Entrance;
use crate::http::operations::{self, Instruments, Office, Secret};
use crate::http::operator::{Reload, ReloadError, ReloadRefused, Reloaded};
use crate::hub::Overloaded;
use crate::identity::{Issuer, KeySet, Resumes, Seats, Terms, Verifier};
use crate::items::{Ground, Publisher};
use crate::ledger::{self, Ledger, Rendering};
use crate::protocol::server::OwnMark;
use crate::report::{Books, Today};
use crate::roster::{Changes, Directory, Shrink};
use crate::session::{Quiet as _, Rates, Stops, Visitor};
use crate::store::{Settings, Store};

pub(super) const NOW: u64 = 1_800_000_000_000;
/// Rates that no test reaches by chance: the clock moves only by hand.
const GENEROUS: Rates = Rates { messages_per_second: 1_000, publishes_per_second: 1_000 };
/// What opens the operators' surface on the machine itself.
pub(super) const SECRET: &str = "0505050505050505050505050505050505050505050505050505050505050505";
pub(super) const TTL: Duration = Duration::from_mins(10);

/// Keeps the visitors that were let in, with their sockets.
#[derive(Clone, Default)]
pub(super) struct Hall {
    pub(super) visitors: Arc<Mutex<Vec<(TcpStream, Bytes, Visitor)>>>,
    pub(super) replaced: Arc<Mutex<Vec<SessionId>>>,
    pub(super) logged_out: Arc<Mutex<Vec<AccountId>>>,
    pub(super) marked: Arc<Mutex<Vec<(AccountId, OwnMark)>>>,
    pub(super) is_full: Arc<AtomicBool>,
}

impl Entrance for Hall {
    fn join(
        &self,
        socket: TcpStream,
        leftover: Bytes,
        answer: Option<Frame>,
        visitor: Visitor,
    ) -> Result<(), Overloaded<TcpStream>> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(Overloaded(socket));
        }
        if let Some(answer) = answer {
            (&socket).write_all(answer.bytes()).unwrap();
        }
        self.visitors.lock().unwrap().push((socket, leftover, visitor));
        Ok(())
    }

    fn replace(&self, session: SessionId) {
        self.replaced.lock().unwrap().push(session);
    }

    fn log_out(&self, account: &AccountId) {
        self.logged_out.lock().unwrap().push(account.clone());
    }

    fn mark(&self, account: &AccountId, mark: OwnMark) {
        self.marked.lock().unwrap().push((account.clone(), mark));
    }
}

/// Reloads if that is allowed to shrink; is busy while the test holds the lock on `reading`, but for the first.
#[derive(Clone, Default)]
pub(super) struct ScriptedReload {
    pub(super) reading: Arc<Mutex<()>>,
    pub(super) asked: Arc<AtomicUsize>,
}

impl Reload for ScriptedReload {
    fn reload(&self, shrink: Shrink) -> Result<Reloaded, ReloadError> {
        if self.asked.fetch_add(1, Ordering::SeqCst) == 0 {
            drop(self.reading.lock().unwrap());
        } else if self.reading.try_lock().is_err() {
            return Err(ReloadError::Busy);
        }
        if shrink == Shrink::Refused {
            return Err(ReloadError::Refused(ReloadRefused {
                detail: "the roster has errors".into(),
                diagnostics: BTreeMap::from([("unknown_org".to_owned(), 2)]),
            }));
        }
        let changed = [AccountId::parse("pupil").unwrap()];
        Ok(Reloaded {
            counts: roster().counts(),
            changes: Arc::new(Changes::Accounts(changed.into_iter().collect())),
        })
    }
}

/// A whole edge with everything around it at hand.
pub(super) struct Desk {
    pub(super) edge: Arc<Edge>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) broker: Arc<Scripted>,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) gate: ScriptedGate,
    pub(super) hall: Hall,
    pub(super) reload: ScriptedReload,
    pub(super) drain: Drain,
    pub(super) metrics: Metrics,
    pub(super) notebook: Notebook,
    pub(super) hub: ScriptedHub,
    pub(super) farewells: Farewells,
    issuer: Issuer,
    _folder: tempfile::TempDir,
}

/// Nonces that do not repeat in this process.
#[expect(clippy::unnecessary_wraps, reason = "stands where a machine may have none to give")]
fn nonce() -> Option<[u8; 16]> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Some(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes())
}

fn instruments(
    hub: &ScriptedHub,
    notebook: &Notebook,
    clock: &Arc<ManualClock>,
    stops: &Arc<Stops>,
) -> Instruments {
    Instruments {
        operate: Box::new(hub.clone()),
        journal: Box::new(notebook.clone()),
        archive: Box::new(Empty),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        stops: Arc::clone(stops),
        zone: jiff::tz::TimeZone::get("Indian/Reunion").unwrap(),
    }
}

fn publisher(
    clock: &Arc<ManualClock>,
    directory: &Arc<Directory>,
    ledger: &Arc<dyn Ledger>,
    broker: &Arc<Scripted>,
) -> Publisher {
    Publisher::new(Ground {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        directory: Arc::clone(directory),
        ledger: Arc::clone(ledger),
        broker: Arc::clone(broker) as Arc<dyn Broker>,
        quiet: Box::new(|channel, at| Night.quiet(channel, at)),
        rendering: Rendering::default(),
        has_relay: false,
    })
}

pub(super) fn terms() -> Terms {
    Terms { issuer: "https://login.test".into(), audience: "preau".into(), leeway: limits::TOKEN_LEEWAY }
}

/// An answer, read whole.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answered {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The status and code of a problem, whose other fields are checked on the way.
    pub(super) fn problem(&self) -> (u16, String) {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.text);
        let problem = self.json();
        let code = problem["code"].as_str().unwrap();
        assert_eq!(problem["type"], format!("urn:preau:problem:{code}"));
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        let until_open = || problem["opens_at"].as_i64().zip(problem["school_time"].as_i64());
        let until_open_ms = || until_open().map(|(opens_at, now)| u64::try_from(opens_at - now).unwrap_or(0));
        let retry_after_ms = problem["retry_after_ms"].as_u64().or_else(until_open_ms);
        let retry_after = retry_after_ms.map(|ms| ms.div_ceil(1000).to_string());
        let header = self.headers.get(header::RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header, retry_after);
        (self.status.as_u16(), code.to_owned())
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A ledger over a store of its own.
fn ledger_in(folder: &tempfile::TempDir) -> Arc<dyn Ledger> {
    let store = Store::open(folder.path(), Settings { fresh_epoch: Epoch(7), pages_max: None }).unwrap();
    Arc::new(ledger::Local::start(&store).unwrap())
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with(None, GENEROUS, nonce)
    }

    /// A desk whose operators have decided something before.
    pub(super) fn after(decided: Vec<(String, Value)>) -> Self {
        Self::deciding(decided, None, GENEROUS, nonce)
    }

    pub(super) fn with_rates(messages_per_second: u32, publishes_per_second: u32) -> Self {
        Self::with(None, Rates { messages_per_second, publishes_per_second }, nonce)
    }

    pub(super) fn demo() -> Self {
        let demo = Demo {
            clock: Arc::new(DemoClock::start(Some(SchoolTime(1_000)), 1)),
            issuer: Issuer::generate().unwrap(),
            terms: terms(),
            accounts: ["teacher", "parent", "operator"].map(|id| AccountId::parse(id).unwrap()).into(),
        };
        Self::with(Some(demo), GENEROUS, nonce)
    }

    /// A machine that has run out of random numbers.
    pub(super) fn without_entropy() -> Self {
        Self::with(None, GENEROUS, || None)
    }

    fn with(demo: Option<Demo>, rates: Rates, nonce: fn() -> Option<[u8; 16]>) -> Self {
        Self::deciding(Vec::new(), demo, rates, nonce)
    }

    fn deciding(
        decided: Vec<(String, Value)>,
        demo: Option<Demo>,
        rates: Rates,
        nonce: fn() -> Option<[u8; 16]>,
    ) -> Self {
        let issuer = match &demo {
            Some(demo) => Issuer::from_pkcs8(demo.issuer.pkcs8()).unwrap(),
            None => Issuer::generate().unwrap(),
        };
        let clock = Arc::new(ManualClock::at(NOW));
        let (hall, reload, metrics) = (Hall::default(), ScriptedReload::default(), Metrics::default());
        let (gate, broker) = (ScriptedGate::new(), Arc::new(Scripted::new()));
        let (drain, signal) = drain::drain();
        let (stops, notebook) = (Arc::<Stops>::default(), Notebook::default());
        let hub = ScriptedHub::new(Arc::clone(&gate.real));
        let instruments = instruments(&hub, &notebook, &clock, &stops);
        let folder = tempfile::tempdir().unwrap();
        let (ledger, directory) = (ledger_in(&folder), Arc::new(Directory::new(roster())));
        let (today, farewells) = (Today::new(jiff::civil::date(2027, 1, 15), [4; 32]), Farewells::default());
        let edge = Edge::new(Parts {
            stops,
            office: Arc::new(Office::open(decided, instruments)),
            school_groups: [("nord".to_owned(), vec![OrgId::parse("lycee").unwrap()])].into(),
            books: Arc::new(Books::new(today)),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            items: Arc::new(publisher(&clock, &directory, &ledger, &broker)),
            directory,
            on_behalf: vec![AccountId::parse("operator").unwrap()],
            verifier: Arc::new(Verifier::new(terms(), KeySet::parse(issuer.jwks().as_bytes()).unwrap())),
            seats: Seats::new(&[9; 32]),
            gate: Box::new(gate.clone()),
            windows: Arc::new(Evening),
            resumes: Arc::new(Resumes::new(&[6; 32])),
            broker: Arc::clone(&broker) as Arc<dyn Broker>,
            ledger: Arc::clone(&ledger),
            entrance: Box::new(hall.clone()),
            operators: Secret::of(&[5; 32]),
            reload: Box::new(reload.clone()),
            zone: jiff::tz::TimeZone::get("Indian/Reunion").unwrap(),
            metrics: metrics.clone(),
            drain: signal,
            allowed_origins: vec!["https://app.test".into()],
            nonce,
            quiet: Arc::new(Night),
            rates,
            unsubscribe: Box::new(farewells.clone()),
            lessons: Arc::new(crate::lesson::Lessons::new(1, MachineTime::default())),
            links: Arc::default(),
            login: None,
            is_https: false,
            demo,
        });
        Self {
            edge,
            clock,
            broker,
            ledger,
            gate,
            hall,
            reload,
            drain,
            metrics,
            notebook,
            hub,
            farewells,
            issuer,
            _folder: folder,
        }
    }

    pub(super) fn router(&self) -> Router {
        router(Arc::clone(&self.edge))
    }

    pub(super) fn token(&self, account: &str) -> String {
        let account = AccountId::parse(account).unwrap();
        self.issuer.token(&account, &terms(), MachineTime(NOW), TTL).unwrap().0
    }

    /// An operator's token that lasts until then.
    pub(super) fn token_until(&self, until: MachineTime) -> String {
        let account = AccountId::parse("operator").unwrap();
        let from = self.clock.machine();
        self.issuer.token(&account, &terms(), from, until.since(from)).unwrap().0
    }

    /// Sends a request to whichever of the two listeners has its address.
    pub(super) async fn send(&self, request: Request<Body>) -> Answered {
        Self::answer(self.router(), request).await
    }

    /// The same on the operators' listener.
    pub(super) async fn send_inside(&self, request: Request<Body>) -> Answered {
        Self::answer(operations::router(Arc::clone(&self.edge)), request).await
    }

    async fn answer(router: Router, request: Request<Body>) -> Answered {
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 22).await.unwrap();
        Answered {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// A request in an account's name.
    pub(super) async fn ask(&self, account: &str, method: &str, path: &str, body: &str) -> Answered {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token(account)))
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.send(request).await
    }

    /// A request in nobody's name.
    pub(super) async fn plain(&self, method: &str, path: &str, body: &str) -> Answered {
        let request = Request::builder().method(method).uri(path);
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

pub(super) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

//! What a commit costs (target P12), against a bare `fdatasync` and against SQLite alone, on the same disk and in the
//! same run.
//!
//! `cargo bench --bench log_append [-- FOLDER]`; the folder decides which disk is measured. Quiet publications are
//! interleaved one by one with the two baselines, so that a busy neighbour slows all three.
#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on ends")]
#![expect(clippy::print_stdout, reason = "its result is printed")]
#![expect(clippy::disallowed_methods, reason = "it measures time, which is no part of the hub")]

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use flume::Sender;
use preau::base::metrics::Metrics;
use preau::base::{AccountId, Audience, Body, Channel, Epoch, MessageId, NewPublication, SchoolTime};
use preau::broker::{Broker, Local};
use preau::store::{Settings, Store};
use rusqlite::{Connection, params};

const ROUNDS: usize = 5;
const QUIET: usize = 400;
const PUBLISHERS: usize = 64;
/// Publications that a pipelining publisher keeps in flight; the protocol allows more.
const IN_FLIGHT: usize = 8;
const CROWD: usize = 20_000;
const TEXT: &str =
    "Bring your books tomorrow: we read chapter four together, then you write half a page on it.";

fn main() {
    // Cargo passes `--bench`; what is no option is the folder.
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let folder = folder.map_or_else(tempfile::tempdir, tempfile::tempdir_in).unwrap();
    println!("{ROUNDS} rounds: {QUIET} quiet publications each, then {CROWD} by {PUBLISHERS} publishers");
    let rounds: Vec<Round> = (0..ROUNDS)
        .map(|number| {
            let home = folder.path().join(format!("round-{number}"));
            std::fs::create_dir(&home).unwrap();
            Round::run(&home)
        })
        .collect();
    report("fdatasync alone, p50, µs", &rounds, |round| round.bare.at(0.5));
    report("fdatasync alone, p99, µs", &rounds, |round| round.bare.at(0.99));
    report("SQLite alone, one row, p50, µs", &rounds, |round| round.alone.at(0.5));
    report("SQLite alone, one row, p99, µs", &rounds, |round| round.alone.at(0.99));
    report("quiet publication, p50, µs", &rounds, |round| round.quiet.at(0.5));
    report("quiet publication, p99, µs", &rounds, |round| round.quiet.at(0.99));
    report("SQLite's batches of 64, rows/s", &rounds, |round| round.same_batch);
    report("SQLite's best batch, rows/s", &rounds, |round| round.best_batch);
    report("64 publishers, publications/s", &rounds, |round| round.crowd);
    report("the same, 8 in flight each", &rounds, |round| round.pipelined);
    report("P12a  p50 ÷ fdatasync p50        (≤ 2)", &rounds, |r| r.quiet.at(0.5) / r.bare.at(0.5));
    report("P12b  p99 ÷ SQLite alone p99     (≤ 1.5)", &rounds, |r| r.quiet.at(0.99) / r.alone.at(0.99));
    report("P12c  64 publishers ÷ best batch (≥ 0.5)", &rounds, |r| r.crowd / r.best_batch);
    report("      8 in flight each ÷ best batch", &rounds, |r| r.pipelined / r.best_batch);
    report("      64 publishers ÷ its batches of 64", &rounds, |r| r.crowd / r.same_batch);
}

struct Round {
    bare: Times,
    alone: Times,
    quiet: Times,
    same_batch: f64,
    best_batch: f64,
    crowd: f64,
    pipelined: f64,
}

impl Round {
    fn run(home: &Path) -> Self {
        let mut bare = Bare::open(&home.join("bare"));
        let mut alone = Alone::open(&home.join("alone.db"));
        let settings = Settings { fresh_epoch: Epoch(1), pages_max: None };
        let store = Store::open(&home.join("store"), settings).unwrap();
        let broker: Arc<dyn Broker> = Arc::new(Local::start(&store, Metrics::default()).unwrap());
        // Both logs are written round once before they are measured: their files have their size then.
        let mut number = 0;
        for _ in 0..QUIET {
            number += 1;
            alone.insert(number, 1);
            publish(&broker, number);
        }
        let mut round = Self {
            bare: Times::default(),
            alone: Times::default(),
            quiet: Times::default(),
            same_batch: 0.0,
            best_batch: 0.0,
            crowd: 0.0,
            pipelined: 0.0,
        };
        for _ in 0..QUIET {
            number += 1;
            round.bare.time(|| bare.write());
            round.alone.time(|| alone.insert(number, 1));
            round.quiet.0.push(publish(&broker, number));
        }
        for rows in [PUBLISHERS, 256, 1_024] {
            let begin = Instant::now();
            for _ in 0..CROWD / rows {
                number += rows;
                alone.insert(number, rows);
            }
            let rate = (CROWD / rows * rows) as f64 / begin.elapsed().as_secs_f64();
            round.best_batch = round.best_batch.max(rate);
            if rows == PUBLISHERS {
                round.same_batch = rate;
            }
        }
        round.crowd = crowd(&broker, 1);
        round.pipelined = crowd(&broker, IN_FLIGHT);
        broker.shut_down();
        round
    }
}

/// Latencies of one kind.
#[derive(Default)]
struct Times(Vec<Duration>);

impl Times {
    fn time(&mut self, work: impl FnOnce()) {
        let begin = Instant::now();
        work();
        self.0.push(begin.elapsed());
    }

    /// A quantile in microseconds.
    fn at(&self, quantile: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of a length")]
        let index = ((sorted.len() - 1) as f64 * quantile).round() as usize;
        sorted[index].as_secs_f64() * 1e6
    }
}

/// A file of fixed size, one page of which is written and synced each time.
struct Bare {
    file: File,
    page: u64,
}

impl Bare {
    const PAGES: u64 = 1_000;

    fn open(path: &Path) -> Self {
        let file = File::create(path).unwrap();
        for page in 0..Self::PAGES {
            file.write_all_at(&[1; 4_096], page * 4_096).unwrap();
        }
        file.sync_all().unwrap();
        Self { file, page: 0 }
    }

    fn write(&mut self) {
        self.page = (self.page + 1) % Self::PAGES;
        self.file.write_all_at(&[2; 4_096], self.page * 4_096).unwrap();
        self.file.sync_data().unwrap();
    }
}

/// SQLite with the same settings and a row of the same size and keys, without anything around it.
struct Alone(Connection);

impl Alone {
    fn open(path: &Path) -> Self {
        let db = Connection::open(path).unwrap();
        db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        db.pragma_update(None, "synchronous", "FULL").unwrap();
        db.execute_batch(
            "CREATE TABLE row (channel INTEGER, offset INTEGER, kind INTEGER, audience INTEGER, author INTEGER,
                published_at INTEGER, checksum INTEGER, message_id TEXT, body TEXT,
                PRIMARY KEY (channel, offset)) STRICT, WITHOUT ROWID;
             CREATE UNIQUE INDEX row_key ON row (author, channel, message_id);
             CREATE INDEX row_age ON row (kind, published_at);",
        )
        .unwrap();
        Self(db)
    }

    /// Inserts rows that end with the given number, as one transaction.
    fn insert(&mut self, last: usize, rows: usize) {
        let transaction = self.0.transaction().unwrap();
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO row VALUES (?1, ?2, 0, 31, ?1, ?2, 1, ?3, ?4)")
                .unwrap();
            for number in last + 1 - rows..=last {
                let row = i64::try_from(number).unwrap();
                insert.execute(params![row % 64, row, format!("message-{number}"), TEXT]).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
}

fn publication(number: usize) -> NewPublication {
    NewPublication {
        channel: Channel::parse(&format!("class:{}", number % PUBLISHERS)).unwrap(),
        author: AccountId::parse(&format!("teacher-{}", number % PUBLISHERS)).unwrap(),
        message_id: MessageId::parse(&format!("message-{number}")).unwrap(),
        audience: Audience::EVERYONE,
        body: Body::post(TEXT).unwrap(),
        published_at: SchoolTime(i64::try_from(number).unwrap()),
        deliver_at: None,
        urgent: None,
    }
}

/// Publishes and returns the time until the answer.
fn publish(broker: &Arc<dyn Broker>, number: usize) -> Duration {
    let (answer, answered) = flume::bounded(1);
    let new = publication(number);
    let begin = Instant::now();
    let done = Box::new(move |ack: Result<_, _>| answer.send(ack.map(|_| begin.elapsed())).unwrap());
    broker.publish(new, done).unwrap();
    answered.recv().unwrap().unwrap()
}

/// Publications per second by publishers of which each keeps so many in flight: an acknowledgement starts the next.
fn crowd(broker: &Arc<dyn Broker>, in_flight: usize) -> f64 {
    let next = Arc::new(AtomicUsize::new(0));
    let (done, all_done) = flume::bounded(PUBLISHERS * in_flight);
    // Above the numbers of earlier publications: each is new.
    let first = 1_000_000 * in_flight;
    let begin = Instant::now();
    for _ in 0..PUBLISHERS * in_flight {
        go_on(Arc::clone(broker), first, Arc::clone(&next), done.clone());
    }
    for _ in 0..PUBLISHERS * in_flight {
        all_done.recv().unwrap();
    }
    CROWD as f64 / begin.elapsed().as_secs_f64()
}

fn go_on(broker: Arc<dyn Broker>, first: usize, next: Arc<AtomicUsize>, done: Sender<()>) {
    let number = next.fetch_add(1, Ordering::Relaxed);
    if number >= CROWD {
        return done.send(()).unwrap();
    }
    let asked = Arc::clone(&broker);
    let answer = Box::new(move |ack: Result<_, _>| {
        ack.unwrap();
        go_on(broker, first, next, done);
    });
    asked.publish(publication(first + number), answer).unwrap();
}

fn report(what: &str, rounds: &[Round], figure: impl Fn(&Round) -> f64) {
    let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
    figures.sort_unstable_by(f64::total_cmp);
    let (least, most) = (figures[0], figures[figures.len() - 1]);
    println!("{what:<42} {:>10.2}   ({least:.2} … {most:.2})", figures[figures.len() / 2]);
}

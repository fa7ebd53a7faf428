//! Mail, end to end: digests that stand in guardians' channels leave by a real relay, once each, whatever is killed meanwhile.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use jiff::civil::Date;
use preau::base::body::{Body, ChildSection, Digest, DigestEntry};
use preau::base::clock::SystemClock;
use preau::base::metrics::Metrics;
use preau::base::{
    AccountId, Audience, Channel, Clock, Epoch, Kind, Language, MessageId, NewPublication, SchoolTime,
};
use preau::broker::{self, Broker};
use preau::ledger::{
    self, About, Digests, Letter, LetterEnd, LetterState, Letters, NewLetter, PreferenceChange,
};
use preau::store::{Settings, Store};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::relay::{Mood, Relay};
use crate::support::bundle::{Bundle, child, family};
use crate::support::client::PATIENCE;
use crate::support::hub::{Hub, Options};

const EVENING: Date = jiff::civil::date(2026, 11, 30);
const FAMILIES: usize = 5_000;
/// How long five thousand letters may take on a slow and busy machine.
const LONG: Duration = Duration::from_mins(5);

/// A hub whose schools lie where it is noon now, so that letters may leave whenever the test runs.
pub(crate) fn options(families: usize, mail: &str) -> Options {
    let now = SystemClock::start().machine().unix_seconds();
    let east = 12 - i64::try_from(now / 3_600 % 24).unwrap();
    let zone = format!("Etc/GMT{:+}", -east);
    let sections = format!(
        "[mail]\nhost = \"127.0.0.1\"\nfrom = \"ecole@preau.test\"\nname = \"École du Test\"\n\
         public_url = \"https://preau.test\"\nhours = [\"07:00-20:00\"]\nretry_seconds = 1\n{mail}"
    );
    Options { families, zone, sections, ..Options::default() }
}

pub(crate) fn address(number: usize) -> String {
    format!("{}@maison.test", family(number))
}

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

fn digest(number: usize, date: Date) -> NewPublication {
    let entry = DigestEntry {
        item: None,
        channel: Channel::parse("school:lycee").unwrap(),
        kind: Kind::Announcement,
        author: account("staff"),
        published_at: SchoolTime(0),
        title: "Réunion d’été".to_owned(),
        text: format!("Pour la famille {number}.\n.\nÀ 18 h, salle « Ada »."),
        due: None,
        subject: None,
        links: Vec::new(),
        receipt: None,
    };
    let children = vec![ChildSection { child: account(&child(number)), entries: vec![entry] }];
    let digest = Digest { date, language: Language::french(), children, school: Vec::new(), left_out: 0 };
    NewPublication {
        channel: Channel::Account(account(&family(number))),
        author: AccountId::hub(),
        message_id: MessageId::parse(&format!("digest.{date}")).unwrap(),
        audience: Audience::EVERYONE,
        body: Body::of(&digest).unwrap(),
        published_at: SystemClock::start().school(),
        deliver_at: None,
        urgent: None,
    }
}

/// The store of a hub that does not run.
pub(crate) struct Shelf {
    broker: broker::local::Local,
    ledger: ledger::Local,
}

impl Shelf {
    fn of(hub: &Hub) -> Self {
        let settings = Settings { fresh_epoch: Epoch(1), pages_max: None };
        let store = Store::open(&hub.path("data"), settings).unwrap();
        let ledger = ledger::Local::start(&store).unwrap();
        Self { broker: broker::local::Local::start(&store, Metrics::default()).unwrap(), ledger }
    }

    /// Leaves everything as it must be once the evening's digests of these families are published: in their channels, wanted
    /// by mail, and with their letters asked for.
    fn publish(&self, families: std::ops::Range<usize>, date: Date) {
        let numbers: Vec<usize> = families.collect();
        for numbers in numbers.chunks(500) {
            all(numbers, |number, answer| {
                let outcome = Box::new(move |outcome: Result<_, _>| answer.send(outcome.is_ok()).unwrap());
                self.broker.publish(digest(number, date), outcome).unwrap();
            });
            all(numbers, |number, answer| {
                let (guardian, wish) = (account(&family(number)), PreferenceChange::of_mail(true));
                let outcome = Box::new(move |outcome: Result<_, _>| answer.send(outcome.is_ok()).unwrap());
                self.ledger.change_preference(guardian, wish, outcome).unwrap();
            });
            let letter =
                |number: &usize| NewLetter { to: account(&family(*number)), about: About::Digest(date) };
            let (letters, now) = (numbers.iter().map(letter).collect(), SystemClock::start().machine());
            assert_eq!(self.ask(|ledger, answer| ledger.put_letters(letters, now, answer)), numbers.len());
        }
    }

    fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&ledger::Local, ledger::Answer<T>) -> Result<(), ledger::Busy>,
    ) -> T {
        let (answer, answered) = flume::bounded(1);
        ask(&self.ledger, Box::new(move |outcome| answer.send(outcome).unwrap())).unwrap();
        answered.recv_timeout(PATIENCE).unwrap().unwrap()
    }

    pub(crate) fn letters(&self, number: usize) -> Vec<Letter> {
        self.ask(|ledger, answer| ledger.letters_of(account(&family(number)), answer))
    }

    fn wants_mail(&self, number: usize) -> bool {
        self.ask(|ledger, answer| ledger.preferences(vec![account(&family(number))], answer))[0].mail
    }
}

/// Asks for something for each number at once, and waits until all of it is done.
fn all(numbers: &[usize], ask: impl Fn(usize, flume::Sender<bool>)) {
    let (answer, answered) = flume::bounded(numbers.len());
    for number in numbers {
        ask(*number, answer.clone());
    }
    assert!(numbers.iter().all(|_| answered.recv_timeout(PATIENCE).unwrap()));
}

/// Works on the store of a hub that does not run.
pub(crate) async fn on_shelf<T: Send + 'static>(
    hub: &Hub,
    work: impl FnOnce(&Shelf) -> T + Send + 'static,
) -> T {
    let shelf = Shelf::of(hub);
    let work = move || {
        let outcome = work(&shelf);
        shelf.broker.shut_down();
        outcome
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_nine_in_the_middle_of_five_thousand_letters_loses_none_and_shows_none_twice() {
    let mut relay = Relay::start();
    let mail = format!("port = {}\ntls = \"none\"\nper_second = 1000\nconnections = 8\n", relay.port());
    let mut hub = Hub::start_with(options(FAMILIES, &mail)).await;
    assert!(hub.terminate().await);
    on_shelf(&hub, |shelf| shelf.publish(0..FAMILIES, EVENING)).await;
    // A relay as they are: some letters it puts off, and now and then it takes nothing at all.
    relay.set_mood(&address(40), Mood::AtRecipient(451), 2);
    relay.set_mood(&address(60), Mood::AtEnd(452), 1);
    relay.set_mood(&address(80), Mood::HangsUpInWords, 1);
    relay.set_mood("*", Mood::AtSender(450), 2);
    let mut kills = 0;
    for kill_at in [1, 700, 1_500, 2_200, 3_100, 4_400] {
        hub.restart().await;
        relay.wait_for(kill_at, LONG).await;
        hub.kill().await;
        kills += 1;
    }
    // The relay is away when the hub comes back, and then is there again.
    relay.go_down().await;
    hub.restart().await;
    relay.set_mood("*", Mood::HangsUpAfterwards, 3);
    relay.go_up();
    relay.wait_for(FAMILIES, LONG).await;
    until_none_waits(&hub, LONG).await;
    let ambiguous_last = hub.gauge("letters_ambiguous_total").await;
    assert!(hub.terminate().await);
    let kept = relay.kept();
    assert_eq!(kept.len(), FAMILIES, "by Message-ID: none is missing and none is there twice");
    let readers: BTreeSet<&String> = kept.values().map(|letter| &letter.to).collect();
    assert_eq!(readers.len(), FAMILIES, "each family has its own");
    let again: usize = kept.values().map(|letter| letter.copies - 1).sum();
    println!("{kills} kills: {again} of {FAMILIES} letters were handed over again under their name");
    assert!(relay.lines_max() <= 2 * 8, "a hub has 8, and those of one that was killed may linger");
    assert!(again <= kills * 8 + 3 + 1, "at most one for each line that broke: {again}");
    assert!(ambiguous_last >= 3, "lines that broke after the words are counted: {ambiguous_last}");
    let ends = on_shelf(&hub, |shelf| {
        let ends = (0..FAMILIES).map(|number| shelf.letters(number));
        ends.filter(|letters| letters.len() == 1 && letters[0].state == LetterState::Ended(LetterEnd::Sent))
            .count()
    });
    assert_eq!(ends.await, FAMILIES, "the ledger says so too");
}

/// A page of the hub's, without a log-in; status and text.
async fn page(hub: &Hub, method: Method, path: &str) -> (u16, String) {
    let url = format!("{}{path}", hub.address());
    let answer = reqwest::Client::new().request(method, url).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Waits until no letter waits any more.
pub(crate) async fn until_none_waits(hub: &Hub, patience: Duration) {
    let reached = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        while hub.gauge("letters_waiting").await > 0 {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(patience, reached).await.expect("letters still wait");
}

/// A mail server that we did not write.
struct Foreign {
    _child: Child,
    lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    port: u16,
}

impl Foreign {
    async fn start(folder: &Path) -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = project.join(".cache/venv/bin/python");
        assert!(python.exists(), "run `make setup` first");
        let (certificate, key) = (folder.join("relay.pem"), folder.join("relay.key"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output();
        let made = made.await.expect("run `make setup` first");
        assert!(made.status.success(), "{made:?}");
        let mut child = Command::new(python)
            .arg(project.join("tests/foreign/mailbox.py"))
            .arg(certificate)
            .arg(key)
            .args(["hub", "très secret"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first =
            tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("it starts").unwrap().unwrap();
        let port = first.strip_prefix("ready ").unwrap().parse().unwrap();
        Self { _child: child, lines, port }
    }

    async fn letter(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await.expect("a letter comes");
        serde_json::from_str(&line.unwrap().expect("it goes on")).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_is_read_by_others_and_its_link_stops_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut foreign = Foreign::start(folder.path()).await;
    let password = folder.path().join("password");
    std::fs::write(&password, "très secret\n").unwrap();
    let mail = format!(
        "port = {}\ntls = \"starttls\"\nuser = \"hub\"\npassword_file = \"{}\"\n",
        foreign.port,
        password.display()
    );
    let mut options = options(3, &mail);
    let trusted = folder.path().join("relay.pem").display().to_string();
    options.environment = vec![("SSL_CERT_FILE".to_owned(), trusted)];
    let mut hub = Hub::start_with(options).await;
    assert!(hub.terminate().await);
    on_shelf(&hub, |shelf| shelf.publish(0..1, EVENING)).await;
    hub.restart().await;
    let letter = foreign.letter().await;
    check(&letter);
    let link = letter["headers"]["list-unsubscribe"].as_str().unwrap();
    let link = link.strip_prefix("<https://preau.test").and_then(|link| link.strip_suffix('>')).unwrap();
    let (status, asked) = page(&hub, Method::GET, link).await;
    let is_page = asked.contains("<form method=\"post\"") && asked.contains("lang=\"fr\"");
    assert!(status == 200 && is_page, "{asked}");
    assert!(hub.terminate().await);
    assert!(on_shelf(&hub, |shelf| shelf.wants_mail(0)).await, "looking changes nothing");
    hub.restart().await;
    assert_eq!(page(&hub, Method::POST, link).await.0, 200);
    assert_eq!(page(&hub, Method::POST, link).await.0, 200, "again is no error");
    assert_eq!(page(&hub, Method::POST, &link.replace("key=", "key=A")).await.0, 400);
    assert!(hub.terminate().await);
    let next = EVENING.tomorrow().unwrap();
    let wanted = on_shelf(&hub, move |shelf| {
        let wanted = shelf.wants_mail(0);
        shelf.publish(1..2, next);
        let (now, to) = (SystemClock::start().machine(), account(&family(0)));
        let letters = vec![NewLetter { to, about: About::Digest(next) }];
        shelf.ask(|ledger, answer| ledger.put_letters(letters, now, answer));
        wanted
    });
    assert!(!wanted.await);
    hub.restart().await;
    let other = foreign.letter().await;
    assert_eq!(other["envelope"]["to"][0], address(1));
    until_none_waits(&hub, PATIENCE).await;
    assert!(hub.terminate().await);
    let state = on_shelf(&hub, |shelf| shelf.letters(0).last().unwrap().state).await;
    assert_eq!(state, LetterState::Ended(LetterEnd::Unwanted));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_whose_only_child_has_stopped_it_gets_no_digest_by_mail() {
    let mut relay = Relay::start();
    let mail = format!("port = {}\ntls = \"none\"\n", relay.port());
    let mut hub = Hub::start_with(options(2, &mail)).await;
    hub.write_roster(&Bundle { families: 2, adults: vec![child(1)], ..Bundle::default() });
    let reload = "/v1/operator/roster/reload";
    let (status, answer) = hub.request(Method::POST, reload, &hub.token("operator"), Some(json!({}))).await;
    assert_eq!(status, 200, "{answer}");
    let stop = Some(json!({"stopped": true}));
    let (status, answer) = hub.request(Method::PUT, "/v1/family", &hub.token(&child(1)), stop).await;
    assert_eq!(status, 200, "{answer}");
    assert!(hub.terminate().await);
    on_shelf(&hub, |shelf| shelf.publish(0..2, EVENING)).await;
    hub.restart().await;
    relay.wait_for(1, PATIENCE).await;
    until_none_waits(&hub, PATIENCE).await;
    assert!(hub.terminate().await);
    let to: Vec<String> = relay.kept().into_values().map(|letter| letter.to).collect();
    assert_eq!(to, [address(0)]);
    let state = on_shelf(&hub, |shelf| shelf.letters(1)[0].state).await;
    assert_eq!(state, LetterState::Ended(LetterEnd::Empty), "also of one that was published already");
}

/// What Python's `email` package must make of the letter of the first family.
fn check(letter: &Value) {
    assert_eq!(letter["parts"], serde_json::json!(["multipart/alternative", "text/plain", "text/html"]));
    assert_eq!(letter["defects"], serde_json::json!([]));
    assert_eq!((&letter["encrypted"], &letter["authenticated"]), (&Value::Bool(true), &Value::Bool(true)));
    assert_eq!(letter["from_name"], "École du Test");
    assert_eq!(letter["envelope"]["from"], "ecole@preau.test");
    assert_eq!(letter["envelope"]["to"], serde_json::json!([address(0)]));
    let headers = &letter["headers"];
    assert_eq!(headers["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
    assert_eq!(headers["auto-submitted"], "auto-generated");
    assert_eq!(headers["list-id"], "<preau.preau.test>");
    assert_eq!(headers["subject"], "École : les nouvelles du lundi 30 novembre 2026");
    let id = headers["message-id"].as_str().unwrap();
    assert!(id.starts_with("<digest.2026-11-30.") && !id.contains(&family(0)), "{id}");
    let (text, html) = (letter["text"].as_str().unwrap(), letter["html"].as_str().unwrap());
    let words = "Pour la famille 0.\n  .\n  À 18 h, salle « Ada ».";
    assert!(text.replace("\r\n", "\n").contains(words), "{text}");
    assert!(html.contains("Réunion d’été") && html.contains("<html lang=\"fr\">"), "{html}");
}

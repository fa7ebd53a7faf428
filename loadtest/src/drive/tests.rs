//! Workers are scripts that speak the lines; the server is a shell that waits.

use std::process::{Child, Command, Stdio};

use super::*;
use crate::histograms::encoded;
use crate::orders::TokenKey;

/// Answers as a worker that has three clients would, with one publication per phase.
fn worker(ended: &str) -> String {
    let tick = r#"{"news":"tick","of":{"at_ns":1,"connected":3,"on_their_way":0,"deliveries":3,"acknowledged":1,"errors":0,"latencies":{}}}"#;
    format!(
        r#"while read -r line; do
            phase=$(printf %s "$line" | sed -n 's/.*"phase":\([0-9]*\),"at_ns.*/\1/p')
            case $line in
                *'"order":"plan"'*) echo '{{"news":"ready"}}' ;;
                *'"order":"seats"'*) phase=0; {ended} ;;
                *'"order":"begin"'*) echo '{tick}'; {ended} ;;
                *'"order":"settle"'*'"last":3'*) echo '{{"news":"done","of":{{"judged":9,"gaps":1,"duplicates":0,"disorders":0,"leaks":0,"examples":["x"]}}}}' ;;
            esac
        done"#
    )
}

fn tally() -> String {
    let latencies = encoded(&[250; 3]);
    format!(
        r#"echo '{{"news":"ended","of":{{"phase":'$phase',"tally":{{"connected":3,"lost":0,"published":1,"acknowledged":1,"refused":0,"deliveries":3,"delivered_bytes":9,"expected":3,"worker_cpu_ns":5,"first_delivery_ns":1,"last_delivery_ns":2,"latencies":{{"class/student":"{latencies}"}},"errors":{{"reset":1}},"streams":{{"7":{{"last":'$((phase+1))',"refused":[1]}}}}}}}}}}'"#
    )
}

/// A server of which only the process matters.
struct Idle(Child);

impl Idle {
    fn start() -> Self {
        Self(Command::new("/bin/sh").args(["-c", "read x"]).stdin(Stdio::piped()).spawn().unwrap())
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn drive_with(script: String, stop: bool, server: &Idle) -> Result<Pass, DriveError> {
    drive_to(None, script, stop, server)
}

fn drive_to(tokens: Option<TokenKey>, script: String, stop: bool, server: &Idle) -> Result<Pass, DriveError> {
    let scenario = crate::scenario::read(&crate::scenario::find("mixed").unwrap()).unwrap();
    let mut scenario = scenario.scaled(0.01);
    scenario.phases[0].seconds = 0.1;
    scenario.arrivals.seats_first = true;
    let launch = Launch { program: "/bin/sh".into(), arguments: vec!["-c".into(), script], cpus: Vec::new() };
    let target =
        Target { dialect: "none".into(), address: ([127, 0, 0, 1], 9).into(), publish_address: None, tokens };
    let course = Course {
        scenario: &scenario,
        target,
        pids: vec![server.0.id()],
        operators: None,
        seed: 1,
        launch: &launch,
        workers: 2,
        witnessed: Vec::new(),
        stop: Arc::new(AtomicBool::new(stop)),
    };
    drive(&course, &mut Progress::new("test".into(), scenario.phases.len()))
}

#[test]
fn two_workers_go_through_all_phases_and_are_added_up() {
    let pass = drive_with(worker(&tally()), false, &Idle::start()).unwrap();
    let names: Vec<&str> = pass.phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(names, ["arrivals", "quiet", "announced"]);
    let planned: Vec<u64> = pass.phases.iter().map(|phase| phase.planned).collect();
    assert_eq!(planned, [0, 2, 3]);
    for phase in &pass.phases {
        assert_eq!((phase.sum(|tally| tally.deliveries), phase.standing), (6, 6));
        assert_eq!(phase.latencies.get("class/student").unwrap().len(), 6);
        assert_eq!(phase.errors()["reset"], 2);
        assert!(phase.before.rss_bytes > 0 && phase.before.at_ns <= phase.after.at_ns);
    }
    assert_eq!((pass.verdict.judged, pass.verdict.gaps, pass.verdict.examples.len()), (18, 2, 2));
    assert_eq!(pass.ticks.len(), 6);
}

#[test]
fn where_seats_come_first_they_are_phases_of_their_own() {
    let key = || "k".to_owned();
    let tokens = Some(TokenKey { pkcs8: key(), kid: key(), issuer: key(), audience: key() });
    let pass = drive_to(tokens, worker(&tally()), false, &Idle::start()).unwrap();
    let names: Vec<&str> = pass.phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(names, ["seats", "seats_alone", "arrivals", "quiet", "announced"]);
    assert_eq!(pass.began_ns, pass.phases[0].began_ns);
}

#[test]
fn a_worker_out_of_turn_ends_the_run() {
    let early = "while read -r line; do echo '{\"news\":\"ended\",\"of\":{\"phase\":0,\"tally\":{}}}'; done";
    assert!(matches!(
        drive_with(early.into(), false, &Idle::start()),
        Err(DriveError::Crew(CrewError::Garbled { .. }))
    ));
    let twice = worker("echo '{\"news\":\"ready\"}'");
    assert!(matches!(drive_with(twice, false, &Idle::start()), Err(DriveError::OutOfTurn { .. })));
}

#[test]
fn a_worker_that_dies_a_server_that_is_gone_and_an_interruption_end_the_run() {
    let dies = worker("exit 3");
    let error = drive_with(dies, false, &Idle::start()).unwrap_err();
    assert!(matches!(&error, DriveError::Crew(CrewError::Ended { .. } | CrewError::Deaf { .. })), "{error}");
    let mut gone = Idle::start();
    gone.0.kill().unwrap();
    gone.0.wait().unwrap();
    assert!(matches!(
        drive_with(worker(&tally()), false, &gone),
        Err(DriveError::Sample(SampleError::Gone { .. }))
    ));
    assert!(matches!(drive_with(worker("read x"), true, &Idle::start()), Err(DriveError::Interrupted)));
}

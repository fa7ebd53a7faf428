//! Workers that are scripts of a few lines.

use super::*;
use crate::moment::now_ns;

const PATIENCE: Duration = Duration::from_secs(20);

fn scripts(script: &str, count: u32) -> Crew {
    let arguments = vec!["-c".into(), script.into()];
    Crew::start(&Launch { program: "/bin/sh".into(), arguments, cpus: Vec::new() }, count).unwrap()
}

#[test]
fn each_worker_is_told_and_heard() {
    let script = "while read -r line; do case $line in *begin*) echo '{\"news\":\"ready\"}';; esac; done";
    let mut crew = scripts(script, 3);
    crew.tell_all(&Order::Begin { phase: 0, at_ns: 1 }).unwrap();
    let mut heard: Vec<usize> = (0..3).map(|_| crew.hear(PATIENCE).unwrap().unwrap().0).collect();
    heard.sort_unstable();
    assert_eq!(heard, [0, 1, 2]);
    assert!(crew.hear(Duration::ZERO).unwrap().is_none());
    crew.dismiss();
}

#[test]
fn a_worker_may_end_once_it_is_done() {
    let done =
        r#"{"news":"done","of":{"judged":1,"gaps":0,"duplicates":0,"disorders":0,"leaks":0,"examples":[]}}"#;
    let mut crew = scripts(&format!("echo '{done}'"), 1);
    assert!(matches!(crew.hear(PATIENCE).unwrap(), Some((0, News::Done(_)))));
    assert!(crew.hear(PATIENCE).unwrap().is_none(), "its silence is no news");
}

#[test]
fn a_worker_that_ends_gives_up_or_babbles_is_told_apart() {
    let ended = scripts("exit 7", 1).hear(PATIENCE).unwrap_err();
    assert!(matches!(&ended, CrewError::Ended { worker: 0, status } if status.contains('7')), "{ended}");
    let gave_up = scripts(r#"echo '{"news":"failed","of":{"reason":"no port"}}'; read x"#, 1)
        .hear(PATIENCE)
        .unwrap_err();
    assert!(matches!(&gave_up, CrewError::GaveUp { reason, .. } if reason == "no port"), "{gave_up}");
    let garbled = scripts("echo hello; read x", 1).hear(PATIENCE).unwrap_err();
    assert!(matches!(&garbled, CrewError::Garbled { line, .. } if line == "hello"), "{garbled}");
    let launch = Launch { program: "/none".into(), arguments: Vec::new(), cpus: Vec::new() };
    assert!(matches!(Crew::start(&launch, 1), Err(CrewError::Start { worker: 0, .. })));
}

#[test]
fn nobody_outlives_the_crew_though_it_ignores_its_pipe_and_fills_the_queue() {
    let mut crew = scripts("trap '' TERM; while :; do echo '{\"news\":\"ready\"}'; done", 2);
    assert!(crew.hear(PATIENCE).unwrap().is_some());
    let pids: Vec<u32> = crew.workers.iter().map(|worker| worker.child.id()).collect();
    let before = now_ns();
    drop(crew);
    assert!(now_ns() - before < 20_000_000_000);
    assert!(pids.iter().all(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists()));
}

#[test]
fn workers_start_on_their_cpu() {
    let script = "exit $(grep -c '^Cpus_allowed_list:.0$' /proc/self/status)";
    let launch =
        Launch { program: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()], cpus: vec![0] };
    let mut crew = Crew::start(&launch, 1).unwrap();
    let ended = crew.hear(PATIENCE).unwrap_err();
    assert!(matches!(&ended, CrewError::Ended { status, .. } if status.contains('1')), "{ended}");
}

#[test]
fn a_scenario_gets_as_many_workers_and_addresses_as_its_files_and_ports_ask_for() {
    let path = crate::scenario::find("classroom").unwrap();
    let mut scenario = crate::scenario::read(&path).unwrap();
    assert_eq!(workers(&scenario, None).unwrap(), 1);
    assert_eq!(workers(&scenario, Some(4)).unwrap(), 4);
    let mut probed = scenario.clone();
    probed.school.probe_classes = 1;
    assert_eq!(workers(&probed, None).unwrap(), 2, "a probe has a process of its own");
    assert_eq!(
        sources(&scenario, 0, 1, 28_232),
        ["127.0.1.1", "127.0.1.2"].map(|a| a.parse::<Ipv4Addr>().unwrap())
    );
    assert_eq!(sources(&scenario, 1, 2, 28_232).len(), 1);
    scenario.school.classes = 600;
    assert_eq!(workers(&scenario, None).unwrap(), 2);
    scenario.school.classes = 60_000;
    assert!(matches!(workers(&scenario, None), Err(CrewError::TooMany { .. })));
}

//! The work of `benches/codec.rs` and `benches/fanout.rs` in instructions, counted by valgrind's callgrind: the same on a
//! busy machine as on a quiet one, so that a change of one per cent can be seen.
//!
//! The program runs itself under callgrind, once for each case, and counts what happens inside [`measured`] alone. Without
//! valgrind it says so and ends well: it is a tool for whoever changes this code, and no test.
#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on ends")]
#![expect(clippy::print_stdout, reason = "its result is printed")]

#[path = "cases/codec.rs"]
mod codec;
#[path = "cases/crowd.rs"]
mod crowd;

use std::hint::black_box;
use std::process::Command;

use crowd::Crowd;

/// What the count is divided by in each case.
const CASES: [(&str, u64); 9] = [
    ("decode ping", 1),
    ("decode subscribe", 1),
    ("decode acknowledge", 1),
    ("decode publish", 1),
    ("encode publication", 1),
    ("unmask 1000 B", 1),
    ("deliver 1 to 35", 35),
    ("deliver 1 to 1000", 1_000),
    ("deliver 8 to 1000", 8_000),
];

fn main() {
    // Cargo passes `--bench`; what is no option is a case, asked for by the program itself.
    match std::env::args().skip(1).find(|argument| !argument.starts_with("--")) {
        Some(case) => run(&case),
        None => count_all(),
    }
}

fn count_all() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed: nothing was counted");
        return;
    }
    println!("{:<22} {:>12} {:>10}", "case", "instructions", "each");
    for (case, parts) in CASES {
        let count = count(case);
        println!("{case:<22} {count:>12} {:>10}", count / parts);
    }
}

/// The instructions that callgrind collected.
fn count(case: &str) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*measured*"])
        .arg(std::env::current_exe().unwrap())
        .arg(case)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count);
    let count = collected.and_then(|count| count.trim().parse().ok()).unwrap_or(0);
    assert!(output.status.success() && count > 0, "{case}: {said}");
    count
}

fn run(case: &str) {
    if let Some(name) = case.strip_prefix("decode ") {
        let (_, text) = codec::MESSAGES.into_iter().find(|(known, _)| *known == name).unwrap();
        measured(|| drop(black_box(codec::decode(black_box(text)))));
    } else if case == "encode publication" {
        let publication = codec::publication();
        measured(|| drop(black_box(codec::encode(black_box(&publication)))));
    } else if case == "unmask 1000 B" {
        let mut frame = codec::masked(1_000);
        measured(|| assert_eq!(codec::unmask(black_box(&mut frame)), 1_000));
    } else {
        let numbers: Vec<usize> = case.split(' ').filter_map(|word| word.parse().ok()).collect();
        let mut crowd = Crowd::of(numbers[1]);
        // The second time finds the tables as large as they need to be.
        let (first, second) = (crowd.publications(numbers[0]), crowd.publications(numbers[0]));
        crowd.deliver(&first);
        crowd.drain();
        measured(|| crowd.deliver(&second));
        assert!(crowd.drain() > 0);
    }
}

/// Callgrind finds this function by its name.
#[inline(never)]
fn measured(work: impl FnOnce()) {
    black_box(work)();
}

//! What a delivery costs the hub itself: one publication, and eight at once, to classes of 35, 1,000 and 18,000 whose
//! sockets lie in memory. The kernel's share is not in it; the load test measures both against a bare loop of sends.
#![expect(clippy::unwrap_used, reason = "a benchmark that can't go on ends")]
#![expect(clippy::disallowed_methods, reason = "it measures time, which is no part of the hub")]

#[path = "cases/crowd.rs"]
mod crowd;

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crowd::Crowd;

fn fanout(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("fanout");
    group.sample_size(10);
    for pupils in [35, 1_000, 18_000] {
        let mut crowd = Crowd::of(pupils);
        for burst in [1, 8] {
            group.throughput(Throughput::Elements((pupils * burst) as u64));
            group.bench_function(format!("{burst} to {pupils}"), |run| {
                run.iter_custom(|times| (0..times).map(|_| one(&mut crowd, burst)).sum());
            });
        }
    }
    group.finish();
}

/// One burst; what the sockets received is taken away outside the measured time.
fn one(crowd: &mut Crowd, burst: usize) -> Duration {
    let publications = crowd.publications(burst);
    let begin = Instant::now();
    crowd.deliver(&publications);
    let took = begin.elapsed();
    crowd.drain();
    took
}

criterion_group!(benches, fanout);
criterion_main!(benches);
